/* The programs that the recursion starts from: Poseidon profile, 128 bits (docs/protocol/recursion.md). */
#include <pthread.h>

#include "common/base/require.h"
#include "prover/air/batch.h"
#include "prover/air/leaf.h"
#include "prover/air/pairing.h"
#include "prover/programs/programs.h"

enum { RATE_LOG = 2, RATE_LOG_LARGE = 1 };

enum which { LEAF, LEAF_LARGE, PAIRING, PAIRING_LARGE, BATCH, LEAF_BLOB, LEAF_LARGE_BLOB, COUNT };

/* One lock for each, so that who needs one program does not wait for another. */
static pthread_mutex_t locks[COUNT] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                       PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                       PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                       PTHREAD_MUTEX_INITIALIZER};
static struct program *programs[COUNT];

static struct ir_system *system_of(enum which which)
{
    switch (which) {
    case LEAF:
        return leaf_system_sized(&leaf_size_standard);
    case LEAF_LARGE:
        return leaf_system_sized(&leaf_size_large);
    case PAIRING:
        return pairing2_system_new(&PAIRING_SIZE_64);
    case PAIRING_LARGE:
        return pairing2_system_new(&PAIRING_SIZE_512);
    case BATCH:
        return batch_system_new(&BATCH_SIZE);
    case LEAF_BLOB:
        return leaf_system_sized(&leaf_size_blob);
    case LEAF_LARGE_BLOB:
        return leaf_system_sized(&leaf_size_large_blob);
    case COUNT:
        break;
    }
    UNREACHABLE("program");
}

static const struct program *get(enum which which)
{
    const bool large =
        which == LEAF_LARGE || which == PAIRING_LARGE || which == LEAF_LARGE_BLOB;
    REQUIRE(pthread_mutex_lock(&locks[which]) == 0);
    if (programs[which] == NULL)
        REQUIRE(program_new_recursion(system_of(which), 0, large ? RATE_LOG_LARGE : RATE_LOG,
                                      PROFILE_POSEIDON, &programs[which]) == ERR_OK);
    const struct program *p = programs[which];
    REQUIRE(pthread_mutex_unlock(&locks[which]) == 0);
    return p;
}

const struct program *leaf_recursion_program(void)
{
    return get(LEAF);
}

const struct program *leaf_large_program(void)
{
    return get(LEAF_LARGE);
}

const struct program *leaf_blob_program(void)
{
    return get(LEAF_BLOB);
}

const struct program *leaf_large_blob_program(void)
{
    return get(LEAF_LARGE_BLOB);
}

const struct program *pairing2_program(void)
{
    return get(PAIRING);
}

const struct program *pairing_large_program(void)
{
    return get(PAIRING_LARGE);
}

const struct program *batch_program(void)
{
    return get(BATCH);
}
