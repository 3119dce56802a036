#ifndef PROVER_RECURSION_FAMILY_H
#define PROVER_RECURSION_FAMILY_H
/* The programs of all layers that belong together. The product has one family (layers.h speaks of
 * it); tests make small ones.
 *
 * Threads:   immutable once made. Lifetime: borrows the programs.
 * Source:    docs/protocol/recursion.md sections 3, 4. */
#include "common/base/err.h"
#include "prover/recursion/layers.h"
#include "prover/recursion/rec.h"
#include "prover/verify/program.h"

struct family {
    /* LEAF .. BATCH: any programs of the Poseidon profile without preprocessed columns, with 8 n publics
     * (both pairings 8, BATCH 40). LIFT1 .. RANGE: one and the same. */
    const struct program *program[LAYER_COUNT];
    struct rec_shape join, shrink, terminal;
};

/* What the programs' makers computed: the keys of LIFT1 .. TERMINAL and K. */
struct family_keys {
    struct program_key key[LAYER_COUNT];
    uint32_t root[8];
};

/* The product's family; built on first use, never freed; aborts when it cannot be (a constant). */
const struct family *family_product(void);

/* The rates of the product (log2 of the inverse). */
enum {
    FAMILY_RATE_JOIN = 3,
    FAMILY_RATE_SHRINK = 4,
    FAMILY_RATE_TERMINAL = 6
};

/* The slot of a join layer in K: 0 .. 7 facts, 8 and 9 claims; its top bit is the kind. */
enum { FAMILY_SLOTS_LOG = 4, FAMILY_SLOTS = 1 << FAMILY_SLOTS_LOG, FAMILY_CLAIM_SLOT = 8 };
uint32_t family_slot(enum layer layer);
/* A Poseidon-profile key as a word. */
void family_key_word(const struct program_key *key, uint32_t word[8]);
/* K from the keys of LIFT1 .. RANGE; and the siblings of a slot, from the leaf upwards. */
void family_keys_root(const struct family_keys *k, uint32_t root[8]);
void family_slot_path(const struct family_keys *k, uint32_t slot,
                      uint32_t siblings[FAMILY_SLOTS_LOG][8]);

/* The functions of layers.h for any family. */
bool family_takes(enum layer layer, uint32_t i, enum layer child);
MUST_CHECK enum err family_verify(const struct family *f, const struct family_keys *k,
                                  const struct layer_proof *p, enum verify_check *failed);
#endif
