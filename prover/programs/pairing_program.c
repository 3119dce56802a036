#include <pthread.h>

#include "common/base/require.h"
#include "prover/air/pairing.h"
#include "prover/programs/programs.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct program *program;

static void build(void)
{
    enum err err = program_new_l1(pairing_system_new(), &program);
    REQUIRE(err == ERR_OK);
}

const struct program *pairing_program(void)
{
    REQUIRE(pthread_once(&once, build) == 0);
    return program;
}
