#ifndef PROVER_JOIN_JOIN_H
#define PROVER_JOIN_JOIN_H
/* Keys of the join programs (prover/recursion/slots.h), made from the programs alone, and the joining of
 * proofs.
 *
 * Threads:   objects are immutable once made and may be used by many.
 * Memory:    a slot holds its recording and proving key: about 150 MiB each for the product.
 * Source:    docs/protocol/recursion.md section 4. */
#include "common/base/err.h"
#include "prover/prove/proving_key.h"
#include "prover/recursion/family.h"
#include "prover/recursion/rec.h"

/* A layer ready to prove: its recording and its key. */
struct slot {
    struct rec *r;
    struct proving_key *key;
};
MUST_CHECK enum err slot_new(const struct family *f, const struct family_keys *keys,
                             enum layer layer, unsigned threads, struct slot *out);
void slot_free(struct slot *s);

/* All keys of a family, made from its programs alone. rows: counts per layer for information, may be
 * NULL. ERR_NOMEM. */
MUST_CHECK enum err slots_make_keys(const struct family *f, unsigned threads,
                                    struct family_keys *out, struct rec_counts rows[LAYER_COUNT]);

/* The advice of a join: the children must be of the right number and layers (REQUIRE), but may
 * otherwise be anything. ERR_PROOF with `check` set: a child that cannot be decoded. free() *advice. */
MUST_CHECK enum err slot_advice(const struct family *f, const struct family_keys *keys,
                                enum layer layer, const struct layer_proof *const *children,
                                uint32_t **advice, size_t *n, char *check, size_t check_size);

/* layer_join for any family, with a slot that is ready. */
MUST_CHECK enum err slot_join(const struct family *f, const struct family_keys *keys,
                              const struct slot *s, enum layer layer,
                              const struct layer_proof *const *children, unsigned threads,
                              struct layer_proof *out, char *check, size_t check_size);
#endif
