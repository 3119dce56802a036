#include "bench/layers.h"

#include "common/base/require.h"

struct program *layers_leaf_program(struct ir_system *system)
{
    struct program *program = NULL;
    REQUIRE(program_new_recursion(system, 0, 2, PROFILE_POSEIDON, &program) == ERR_OK);
    return program;
}

bool layers_recursion(struct layers_recursion *out)
{
    (void)out;
    return false;
}
