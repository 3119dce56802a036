#include <pthread.h>

#include "common/base/require.h"
#include "prover/programs/programs.h"
#include "prover/recursion/family.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct family product;

static const struct program *machine(const struct rec_shape *shape, uint32_t rate,
                                     enum proof_profile profile)
{
    struct program *p = NULL;
    REQUIRE(program_new_recursion(rec_system(shape), 0, rate, profile, &p) == ERR_OK);
    return p;
}

static void build(void)
{
    product.program[LAYER_LEAF] = leaf_recursion_program();
    product.program[LAYER_LEAF_LARGE] = leaf_large_program();
    product.program[LAYER_LEAF_BLOB] = leaf_blob_program();
    product.program[LAYER_LEAF_LARGE_BLOB] = leaf_large_blob_program();
    product.program[LAYER_PAIRING] = pairing2_program();
    product.program[LAYER_PAIRING_LARGE] = pairing_large_program();
    product.program[LAYER_BATCH] = batch_program();
    product.join = REC_SHAPE_JOIN;
    product.shrink = REC_SHAPE_SHRINK;
    product.terminal = REC_SHAPE_TERMINAL;
    const struct program *join = machine(&product.join, FAMILY_RATE_JOIN, PROFILE_POSEIDON);
    for (int layer = LAYER_LIFT1; layer <= LAYER_RANGE; layer++)
        product.program[layer] = join;
    product.program[LAYER_SHRINK] = machine(&product.shrink, FAMILY_RATE_SHRINK, PROFILE_POSEIDON);
    product.program[LAYER_TERMINAL] =
        machine(&product.terminal, FAMILY_RATE_TERMINAL, PROFILE_KECCAK);
}

const struct family *family_product(void)
{
    REQUIRE(pthread_once(&once, build) == 0);
    return &product;
}
