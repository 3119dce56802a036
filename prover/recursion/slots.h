#ifndef PROVER_RECURSION_SLOTS_H
#define PROVER_RECURSION_SLOTS_H
/* The join programs: what each layer from LIFT1 on states, as a recording; the keys that follow; and
 * the joining of proofs.
 *
 * Threads:   objects are immutable once made and may be used by many.
 * Source:    docs/protocol/recursion.md section 4. */
#include "common/base/err.h"
#include "prover/prove/proving_key.h"
#include "prover/recursion/family.h"
#include "prover/recursion/rec.h"

/* Records the program of a layer, LIFT1 .. TERMINAL. keys: SHRINK needs the root K, TERMINAL the key of
 * SHRINK and K; others nothing (may be NULL). Free with rec_free. */
struct rec *slot_record(const struct family *f, const struct family_keys *keys, enum layer layer);

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
