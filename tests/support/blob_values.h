#ifndef TESTS_SUPPORT_BLOB_VALUES_H
#define TESTS_SUPPORT_BLOB_VALUES_H
/* A segment's two values at a point by GMP, from the text of docs/protocol/blobs.md sections 1 to 3:
 * what the leaf-blob programs state. Link with dep_gmp. Threads: one. */
#include <gmp.h>
#include <string.h>

#include "common/base/require.h"
#include "common/base/rng.h"
#include "core/batch/chain_trace.h"

#define BLOB_ORDER_HEX "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"

static inline void blob_number(mpz_t out, const uint8_t be[32])
{
    mpz_import(out, 32, 1, 1, 1, 0, be);
}

static inline void blob_bytes(uint8_t be[32], const mpz_t x)
{
    size_t n = (mpz_sizeinbase(x, 2) + 7) / 8;
    REQUIRE(n <= 32);
    memset(be, 0, 32);
    mpz_export(be + 32 - n, NULL, 1, 1, 1, 0, x);
}

static inline uint32_t blob_elements(const struct chain_trace *t)
{
    return (t->n_bytes + 30) / 31;
}

/* Element j: 31 bytes, zero past the end. */
static inline void blob_element(mpz_t out, const struct chain_trace *t, uint32_t j)
{
    uint8_t be[32] = {0};
    for (uint32_t i = 0; i < 31 && 31 * j + i < t->n_bytes; i++)
        be[1 + i] = t->bytes[31 * j + i];
    blob_number(out, be);
}

/* v := v z + x mod r */
static inline void blob_step(mpz_t v, const mpz_t z, const mpz_t x)
{
    mpz_t r;
    mpz_init_set_str(r, BLOB_ORDER_HEX, 16);
    mpz_mul(v, v, z);
    mpz_add(v, v, x);
    mpz_mod(v, v, r);
    mpz_clear(r);
}

/* Sets t->blob: h = head, z and the values before as given, the values after as they follow. */
static inline void blob_values_set(struct chain_trace *t, uint32_t head, const uint8_t z[32],
                                   const uint8_t a_before[32], const uint8_t b_before[32])
{
    mpz_t point, a, b, x;
    mpz_inits(point, a, b, x, NULL);
    t->blob = (struct trace_blob){.on = true, .head = head};
    memcpy(t->blob.z, z, 32);
    memcpy(t->blob.a_before, a_before, 32);
    memcpy(t->blob.b_before, b_before, 32);
    blob_number(point, z);
    blob_number(a, a_before);
    blob_number(b, b_before);
    mpz_setbit(x, 248);
    mpz_add_ui(x, x, t->n_bytes);
    blob_step(a, point, x);
    for (uint32_t j = 0; j < blob_elements(t); j++) {
        blob_element(x, t, j);
        blob_step(j < head ? a : b, point, x);
    }
    blob_bytes(t->blob.a_after, a);
    blob_bytes(t->blob.b_after, b);
    mpz_clears(point, a, b, x, NULL);
}

/* A random number below r; edge: also 0, 1, r - 1. */
static inline void blob_random(uint8_t be[32], struct rng *rng, bool edge)
{
    mpz_t x, r;
    mpz_init(x);
    mpz_init_set_str(r, BLOB_ORDER_HEX, 16);
    rng_fill(rng, be, 32);
    blob_number(x, be);
    mpz_mod(x, x, r);
    uint64_t which = edge ? rng_below(rng, 8) : 7;
    if (which == 0) mpz_set_ui(x, 0);
    if (which == 1) mpz_set_ui(x, 1);
    if (which == 2) mpz_sub_ui(x, r, 1);
    blob_bytes(be, x);
    mpz_clears(x, r, NULL);
}
#endif
