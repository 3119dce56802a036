#include "prover/recursion/family.h"

#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"

uint32_t family_slot(enum layer layer)
{
    REQUIRE(layer >= LAYER_LIFT1 && layer <= LAYER_RANGE);
    static const uint8_t slot[LAYER_COUNT] = {[LAYER_LIFT1] = 0,
                                              [LAYER_LIFT2] = 1,
                                              [LAYER_LIFT_LARGE] = 2,
                                              [LAYER_PAIR] = 3,
                                              [LAYER_PAIR_LARGE] = 4,
                                              [LAYER_FACTS] = 5,
                                              [LAYER_LIFT_BLOB] = 6,
                                              [LAYER_LIFT_LARGE_BLOB] = 7,
                                              [LAYER_JOIN_BATCH] = FAMILY_CLAIM_SLOT,
                                              [LAYER_RANGE] = FAMILY_CLAIM_SLOT + 1};
    return slot[layer];
}

void family_key_word(const struct program_key *key, uint32_t word[8])
{
    REQUIRE(key->len == 4 * POSEIDON_DIGEST);
    for (int i = 0; i < POSEIDON_DIGEST; i++) {
        const uint8_t *b = key->cap + 4 * i;
        word[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
}

/* nodes[level][i]; level 0 holds the keys, unused slots are zero. */
static void slot_tree(const struct family_keys *k,
                      uint32_t nodes[FAMILY_SLOTS_LOG + 1][FAMILY_SLOTS][8])
{
    memset(nodes, 0, (FAMILY_SLOTS_LOG + 1) * sizeof *nodes);
    for (int layer = LAYER_LIFT1; layer <= LAYER_RANGE; layer++)
        family_key_word(&k->key[layer], nodes[0][family_slot((enum layer)layer)]);
    for (uint32_t level = 0; level < FAMILY_SLOTS_LOG; level++)
        for (uint32_t i = 0; i < FAMILY_SLOTS / 2u >> level; i++)
            poseidon_compress(nodes[level + 1][i], nodes[level][2 * i], nodes[level][2 * i + 1]);
}

void family_keys_root(const struct family_keys *k, uint32_t root[8])
{
    uint32_t nodes[FAMILY_SLOTS_LOG + 1][FAMILY_SLOTS][8];
    slot_tree(k, nodes);
    memcpy(root, nodes[FAMILY_SLOTS_LOG][0], sizeof nodes[0][0]);
}

void family_slot_path(const struct family_keys *k, uint32_t slot,
                      uint32_t siblings[FAMILY_SLOTS_LOG][8])
{
    uint32_t nodes[FAMILY_SLOTS_LOG + 1][FAMILY_SLOTS][8];
    slot_tree(k, nodes);
    for (uint32_t level = 0; level < FAMILY_SLOTS_LOG; level++)
        memcpy(siblings[level], nodes[level][(slot >> level) ^ 1], sizeof siblings[0]);
}

bool family_takes(enum layer layer, uint32_t i, enum layer child)
{
    const bool facts = child >= LAYER_LIFT1 && child <= LAYER_FACTS;
    const bool claim = child == LAYER_JOIN_BATCH || child == LAYER_RANGE;
    switch (layer) {
    case LAYER_LIFT1:
        return i == 0 && child == LAYER_LEAF;
    case LAYER_LIFT2:
        return i < 2 && child == LAYER_LEAF;
    case LAYER_LIFT_LARGE:
        return i == 0 && child == LAYER_LEAF_LARGE;
    case LAYER_LIFT_BLOB:
        return i == 0 && child == LAYER_LEAF_BLOB;
    case LAYER_LIFT_LARGE_BLOB:
        return i == 0 && child == LAYER_LEAF_LARGE_BLOB;
    case LAYER_PAIR:
        return i == 0 && child == LAYER_PAIRING;
    case LAYER_PAIR_LARGE:
        return i == 0 && child == LAYER_PAIRING_LARGE;
    case LAYER_FACTS:
        return i < 2 && facts;
    case LAYER_JOIN_BATCH:
        return i == 0 ? facts : i == 1 && child == LAYER_BATCH;
    case LAYER_RANGE:
        return i < 2 && claim;
    case LAYER_SHRINK:
        return i == 0 && claim;
    case LAYER_TERMINAL:
        return i == 0 && child == LAYER_SHRINK;
    case LAYER_LEAF:
    case LAYER_LEAF_LARGE:
    case LAYER_LEAF_BLOB:
    case LAYER_LEAF_LARGE_BLOB:
    case LAYER_PAIRING:
    case LAYER_PAIRING_LARGE:
    case LAYER_BATCH:
    case LAYER_COUNT:
        break;
    }
    return false;
}

/* A statement of this family's K and of the layer's kind. */
static bool statement_fits(const struct family_keys *k, enum layer layer, const uint32_t *publics)
{
    static const uint32_t zero[32];
    if (memcmp(publics, k->root, sizeof k->root) != 0) return false;
    if (layer <= LAYER_FACTS) return memcmp(publics + 16, zero, 32 * sizeof *zero) == 0;
    if (memcmp(publics + 8, zero, 8 * sizeof *zero) != 0) return false;
    for (int i = 16; i < 48; i++)
        if (publics[i] > UINT16_MAX) return false;
    return true;
}

enum err family_verify(const struct family *f, const struct family_keys *k,
                       const struct layer_proof *p, enum verify_check *failed)
{
    struct verify_report report = {0};
    if (failed != NULL) *failed = VERIFY_NONE;
    if ((unsigned)p->layer >= LAYER_COUNT) return ERR_PROOF;
    const struct program *program = f->program[p->layer];
    if (p->n_publics != program->system->n_public) return ERR_PROOF;
    const bool join = p->layer >= LAYER_LIFT1;
    enum err err = system_verify_key(program, join ? &k->key[p->layer] : NULL, p->publics,
                                     p->proof.data, p->proof.len, &report);
    if (failed != NULL) *failed = report.failed;
    if (err != ERR_OK) return err;
    return !join || statement_fits(k, p->layer, p->publics) ? ERR_OK : ERR_PROOF;
}
