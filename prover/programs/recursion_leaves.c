/* The programs that the recursion starts from: Poseidon profile, rate 1/4, 128 bits
 * (docs/protocol/recursion.md). */
#include <pthread.h>

#include "common/base/require.h"
#include "prover/air/batch.h"
#include "prover/air/leaf.h"
#include "prover/air/pairing.h"
#include "prover/programs/programs.h"

enum { RATE_LOG = 2 };

static pthread_once_t leaf_once = PTHREAD_ONCE_INIT, pairing_once = PTHREAD_ONCE_INIT;
static pthread_once_t batch_once = PTHREAD_ONCE_INIT;
static struct program *leaf, *pairing, *batch;

static struct program *build(struct ir_system *s)
{
    struct program *p;
    REQUIRE(program_new_recursion(s, 0, RATE_LOG, PROFILE_POSEIDON, &p) == ERR_OK);
    return p;
}

static void build_leaf(void)
{
    leaf = build(leaf_system_new());
}

static void build_pairing(void)
{
    pairing = build(pairing2_system_new(&PAIRING_SIZE_64));
}

static void build_batch(void)
{
    batch = build(batch_system_new(&BATCH_SIZE));
}

const struct program *leaf_recursion_program(void)
{
    REQUIRE(pthread_once(&leaf_once, build_leaf) == 0);
    return leaf;
}

const struct program *pairing2_program(void)
{
    REQUIRE(pthread_once(&pairing_once, build_pairing) == 0);
    return pairing;
}

const struct program *batch_program(void)
{
    REQUIRE(pthread_once(&batch_once, build_batch) == 0);
    return batch;
}
