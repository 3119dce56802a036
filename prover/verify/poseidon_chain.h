#ifndef PROVER_VERIFY_POSEIDON_CHAIN_H
#define PROVER_VERIFY_POSEIDON_CHAIN_H
/* How the Poseidon profile feeds elements into a chain s = compress(s, chunk).
 *
 * Numbers: chains and chunks are canonical; kb and kb5 are Montgomery as everywhere.
 * Threads: pure functions. Source: docs/protocol/recursion.md section 1. */
#include <stddef.h>
#include <string.h>

#include "common/field/kb5.h"
#include "common/field/poseidon16.h"

/* Groups of three extension elements, the missing ones zero, in two chunks each:
 * [e1.0 .. e1.4, e2.0 .. e2.2], [e2.3, e2.4, e3.0 .. e3.4, last]. */
static inline void poseidon_chain_ext(uint32_t s[POSEIDON_DIGEST], const kb5 *v, size_t n,
                                      uint32_t last)
{
    for (size_t i = 0; i < n; i += 3) {
        uint32_t group[2 * POSEIDON_DIGEST] = {0};
        for (size_t j = 0; j < 3 && i + j < n; j++)
            for (size_t k = 0; k < KB5_DEGREE; k++)
                group[KB5_DEGREE * j + k] = kb_to_u32(v[i + j].c[k]);
        group[15] = last;
        poseidon_compress(s, s, group);
        poseidon_compress(s, s, group + POSEIDON_DIGEST);
    }
}

/* A digest of a proof: 8 canonical elements, 4 bytes big-endian each. False when one is not. */
static inline bool poseidon_digest_read(uint32_t out[POSEIDON_DIGEST], const uint8_t in[32])
{
    for (int i = 0; i < POSEIDON_DIGEST; i++) {
        const uint8_t *b = in + 4 * i;
        out[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        if (!kb_is_canonical(out[i])) return false;
    }
    return true;
}

static inline void poseidon_digest_write(uint8_t out[32], const uint32_t in[POSEIDON_DIGEST])
{
    for (int i = 0; i < POSEIDON_DIGEST; i++)
        for (int b = 0; b < 4; b++)
            out[4 * i + b] = (uint8_t)(in[i] >> (24 - 8 * b));
}

#endif
