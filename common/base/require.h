#ifndef COMMON_BASE_REQUIRE_H
#define COMMON_BASE_REQUIRE_H
/* Assertions that stay on in every build.
 *
 * Threads:   any.
 * Use:       for own state and own callers only; corrupt input is an enum err. One condition per
 *            line, so that the message names it. */

#include <stdnoreturn.h>

/* Prints "file:line: function: requirement failed: text" to stderr and aborts. */
noreturn void require_failed(const char *file, int line, const char *function, const char *text);

#define REQUIRE(cond)                                                                              \
    do {                                                                                           \
        if (!(cond)) require_failed(__FILE__, __LINE__, __func__, #cond);                          \
    } while (0)

/* For switch cases and branches that cannot be reached. */
#define UNREACHABLE(text) require_failed(__FILE__, __LINE__, __func__, "unreachable: " text)

#endif
