/* What is said of layers and their proofs without any program. */
#include <string.h>

#include "common/base/require.h"
#include "prover/recursion/family.h"
#include "prover/recursion/layers.h"
#include "prover/verify/proof_codec.h"

const char *layer_name(enum layer layer)
{
    static const char *const names[LAYER_COUNT] = {
        "leaf",          "leaf-large",      "leaf-blob", "leaf-large-blob", "pairing",
        "pairing-large", "batch",           "lift1",     "lift2",           "lift-large",
        "lift-blob",     "lift-large-blob", "pair",      "pair-large",      "facts",
        "join-batch",    "range",           "shrink",    "terminal"};
    REQUIRE((unsigned)layer < LAYER_COUNT);
    return names[layer];
}

uint32_t layer_children(enum layer layer)
{
    static const uint8_t n[LAYER_COUNT] = {0, 0, 0, 0, 0, 0, 0, 1, 2, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1};
    REQUIRE((unsigned)layer < LAYER_COUNT);
    return n[layer];
}

bool layer_takes(enum layer layer, uint32_t i, enum layer child)
{
    return family_takes(layer, i, child);
}

void layer_proof_init(struct layer_proof *p, enum layer layer)
{
    memset(p, 0, sizeof *p);
    p->layer = layer;
    bytes_buf_init(&p->proof, PROOF_BYTES_MAX);
}

void layer_proof_deinit(struct layer_proof *p)
{
    bytes_buf_deinit(&p->proof);
}
