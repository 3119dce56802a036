# Helpers that every folder's CMakeLists.txt uses.

# hawser_library(NAME hawser_core_state SOURCES a.c b.c [LIBS other dep_uv ...])
# One static library. LIBS are PUBLIC: whoever links the library gets them too.
function(hawser_library)
    cmake_parse_arguments(ARG "" "NAME" "SOURCES;LIBS" ${ARGN})
    if(NOT ARG_NAME OR NOT ARG_SOURCES OR ARG_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "hawser_library(NAME n SOURCES ... [LIBS ...]): ${ARGN}")
    endif()
    add_library(${ARG_NAME} STATIC ${ARG_SOURCES})
    if(ARG_LIBS)
        target_link_libraries(${ARG_NAME} PUBLIC ${ARG_LIBS})
    endif()
endfunction()

# hawser_program(NAME hawser-oracle SOURCES main.c [LIBS ...]): an executable in build/<preset>/bin.
function(hawser_program)
    cmake_parse_arguments(ARG "" "NAME" "SOURCES;LIBS" ${ARGN})
    if(NOT ARG_NAME OR NOT ARG_SOURCES OR ARG_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "hawser_program(NAME n SOURCES ... [LIBS ...]): ${ARGN}")
    endif()
    add_executable(${ARG_NAME} ${ARG_SOURCES})
    target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LIBS})
    set_target_properties(${ARG_NAME} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endfunction()

# hawser_test(NAME unit_hex SOURCES test_hex.c LIBS hawser_common [LABELS long] [TIMEOUT 120])
# A Check program, registered with ctest and labelled with its folder below tests/ (unit/common).
# Label `long` keeps it out of `./dev test` unless --long is given. Working directory: repo root.
# RUN_SERIAL keeps it from running beside other tests (fixed ports, heavy load).
function(hawser_test)
    cmake_parse_arguments(ARG "RUN_SERIAL" "NAME;TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
    if(NOT ARG_NAME OR NOT ARG_SOURCES OR ARG_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "hawser_test(NAME n SOURCES ... LIBS ...): ${ARGN}")
    endif()
    add_executable(${ARG_NAME} ${ARG_SOURCES})
    target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LIBS} dep_check)
    # Check declares its test functions without a prototype of their own.
    target_compile_options(${ARG_NAME} PRIVATE -Wno-missing-prototypes)
    set_target_properties(${ARG_NAME} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
    hawser_test_properties_("${ARG_NAME}" "${ARG_TIMEOUT}" "${ARG_RUN_SERIAL}" ${ARG_LABELS})
endfunction()

# hawser_script_test(NAME contracts_forge COMMAND bash tests/contracts/run.sh [LABELS ..]
#                    [TIMEOUT 600] [RUN_SERIAL])
# Any command as a test. It must print a line `N passed, N failed` that ./dev test adds up, and
# exit non-zero on a failure. HAWSER_BUILD_DIR names the build directory for it.
function(hawser_script_test)
    cmake_parse_arguments(ARG "RUN_SERIAL" "NAME;TIMEOUT" "COMMAND;LABELS" ${ARGN})
    if(NOT ARG_NAME OR NOT ARG_COMMAND OR ARG_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "hawser_script_test(NAME n COMMAND ...): ${ARGN}")
    endif()
    add_test(NAME ${ARG_NAME} COMMAND ${ARG_COMMAND})
    hawser_test_properties_("${ARG_NAME}" "${ARG_TIMEOUT}" "${ARG_RUN_SERIAL}" ${ARG_LABELS})
endfunction()

# hawser_fuzz(NAME fuzz_json SOURCES fuzz_json.c CORPUS corpus/json [LIBS ...])
# A fuzz target (tests/support/fuzz.h) run on its corpus and on seeded mutations for two seconds;
# HAWSER_FUZZ_SECONDS makes it longer; NAME_long (label `long`) is the same for 30 seconds.
# CORPUS: folder relative to the calling CMakeLists.txt.
function(hawser_fuzz)
    cmake_parse_arguments(ARG "" "NAME;CORPUS" "SOURCES;LIBS" ${ARGN})
    if(NOT ARG_NAME OR NOT ARG_SOURCES OR NOT ARG_CORPUS OR ARG_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "hawser_fuzz(NAME n SOURCES ... CORPUS folder LIBS ...): ${ARGN}")
    endif()
    add_executable(${ARG_NAME} ${ARG_SOURCES} "${CMAKE_SOURCE_DIR}/tests/support/fuzz_main.c")
    target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LIBS} hawser_common_base)
    set_target_properties(${ARG_NAME} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    add_test(NAME ${ARG_NAME}
        COMMAND ${ARG_NAME} "${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS}")
    hawser_test_properties_("${ARG_NAME}" "" "")
    add_test(NAME ${ARG_NAME}_long
        COMMAND ${ARG_NAME} "${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS}")
    hawser_test_properties_("${ARG_NAME}_long" "" "" long)
    set_property(TEST ${ARG_NAME}_long APPEND PROPERTY ENVIRONMENT "HAWSER_FUZZ_SECONDS=30")
endfunction()

function(hawser_test_properties_ name timeout serial)
    file(RELATIVE_PATH folder "${CMAKE_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
    string(REGEX REPLACE "^tests/" "" folder "${folder}")
    if(NOT timeout)
        set(timeout 120)
    endif()
    set_tests_properties(${name} PROPERTIES
        WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}"
        LABELS "${folder};${ARGN}"
        TIMEOUT ${timeout}
        ENVIRONMENT "HAWSER_BUILD_DIR=${CMAKE_BINARY_DIR};HAWSER_SOURCE_DIR=${CMAKE_SOURCE_DIR};UBSAN_OPTIONS=print_stacktrace=1")
    if(serial)
        set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
    endif()
endfunction()
