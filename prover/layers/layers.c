#include "prover/recursion/layers.h"

#include "common/base/require.h"
#include "prover/layers/keys.h"

const struct program *layer_program(enum layer layer)
{
    REQUIRE((unsigned)layer < LAYER_COUNT);
    return family_product()->program[layer];
}

const struct program_key *layer_key(enum layer layer)
{
    REQUIRE((unsigned)layer < LAYER_COUNT);
    return layer < LAYER_LIFT1 ? NULL : &LAYER_KEYS.key[layer];
}

const uint32_t *layer_keys_root(void)
{
    return LAYER_KEYS.root;
}

enum err layer_verify(const struct layer_proof *p, enum verify_check *failed)
{
    return family_verify(family_product(), &LAYER_KEYS, p, failed);
}
