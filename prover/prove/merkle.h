#ifndef PROVER_PROVE_MERKLE_H
#define PROVER_PROVE_MERKLE_H
/* A Merkle tree of either profile with all its levels in memory; digests as in proofs.
 *
 * Use:     merkle_alloc, fill merkle_leaf_hash(t, i) for every leaf, merkle_build, then caps and
 *          paths. Threads: disjoint leaves may be filled at once; a built tree is immutable.
 * Memory:  64 bytes per leaf. Source: docs/protocol/proof.md section 5. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prover/prove/prove_env.h"
#include "prover/verify/labels.h"

enum { MERKLE_MAX_LOG = 28 };

struct merkle_tree {
    uint32_t leaf_log;
    uint8_t *level[MERKLE_MAX_LOG + 1]; /* level[l]: 2^(leaf_log - l) digests; one block */
};

/* False when memory is short. leaf_log <= MERKLE_MAX_LOG. */
bool merkle_alloc(struct merkle_tree *t, uint32_t leaf_log);
void merkle_free(struct merkle_tree *t);

static inline uint8_t *merkle_leaf_hash(const struct merkle_tree *t, size_t i)
{
    return t->level[0] + 32 * i;
}

/* Computes all inner nodes. */
void merkle_build(struct merkle_tree *t, enum proof_profile profile, const struct prove_env *env);
/* The layer of 2^cap_log nodes, contiguous. */
const uint8_t *merkle_cap(const struct merkle_tree *t, uint32_t cap_log);
/* leaf_log - cap_log siblings of 32 bytes, from the leaf upwards. */
void merkle_path(const struct merkle_tree *t, uint32_t leaf, uint32_t cap_log, uint8_t *out);

#endif
