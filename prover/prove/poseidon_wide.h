#ifndef PROVER_PROVE_POSEIDON_WIDE_H
#define PROVER_PROVE_POSEIDON_WIDE_H
/* Merkle leaves, nodes and grinding of the Poseidon profile, sixteen at a time; the same digests as
 * prover/verify/merkle_verify.h and transcript.h.
 *
 * Digests here are those of proofs: 8 elements big-endian, 32 bytes.
 * Threads: pure functions; the tables are constants. Source: docs/protocol/recursion.md section 1. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/field/kbv.h"
#include "common/field/poseidon16.h"

/* out[word][lane], canonical. */
typedef uint32_t poseidon_tile[POSEIDON_STATE][POSEIDON_LANES];

struct poseidon_wide_ops {
    const char *name;
    enum kbv_isa isa;
    /* Word w < count <= 16 of lane l < 16, in Montgomery form at rows[l * stride + w]; words from
     * count on are 0. The tile is 64-byte aligned. */
    void (*tile)(poseidon_tile out, const kb *rows, size_t stride, size_t count);
    /* Two digests of lane l at in + 64 l. */
    void (*tile_nodes)(poseidon_tile out, const uint8_t *in);
    /* The digests of all sixteen lanes, one after the other. s is 64-byte aligned. */
    void (*digests)(uint8_t out[32 * POSEIDON_LANES], uint32_t s[POSEIDON_DIGEST][POSEIDON_LANES]);
};

/* NULL when this build or this CPU lacks the instructions. */
const struct poseidon_wide_ops *poseidon_wide_for(enum kbv_isa isa);
const struct poseidon_wide_ops *poseidon_wide_best(void);

/* out[32 i ..] = the digest of the leaf whose `width` words (Montgomery) lie at rows + i * stride, i <
 * n <= 16. ext: extension elements, X^4 first as in proofs; else width is a multiple of 8. */
void poseidon_wide_leaves(const struct poseidon_wide_ops *ops, uint8_t *out, const kb *rows,
                          size_t stride, size_t width, bool ext, size_t n);
/* out[32 i ..] = the node above the two digests at in + 64 i, i < n. */
void poseidon_wide_nodes(const struct poseidon_wide_ops *ops, uint8_t *out, const uint8_t *in,
                         size_t n);
/* The last elements of s after absorbing the sixteen nonces from `nonce` on (all < p). */
void poseidon_wide_grind(const struct poseidon_wide_ops *ops, const uint32_t s[POSEIDON_DIGEST],
                         uint32_t nonce, uint32_t last[POSEIDON_LANES]);

#endif
