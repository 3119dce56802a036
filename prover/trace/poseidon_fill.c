#include "prover/trace/poseidon_fill.h"

#include <string.h>

#include "common/field/poseidon16.h"
#include "common/field/poseidon16_constants.h"

enum {
    W = POSEIDON16_WIDTH,
    HALF = POSEIDON16_HALF_FULL_ROUNDS,
    PARTIAL = POSEIDON16_PARTIAL_ROUNDS,
    ROWS = 64 /* rows at a time: the state of a block stays in the first cache */
};

#define P      0x7f000001u
#define P_INV  0x81000001u /* p^-1 mod 2^32 */
#define R2     402124772u  /* 2^64 mod p */
#define INLINE static inline __attribute__((always_inline))

/* Montgomery arithmetic as in prover/ir/ir_prog.c, written for the vectoriser. */
INLINE uint32_t lower(uint32_t a)
{
    return a < a - P ? a : a - P;
}
INLINE uint32_t reduce(uint64_t t) /* t < p 2^32 */
{
    const uint32_t q = (uint32_t)t * P_INV;
    const uint32_t d = (uint32_t)(t >> 32) - (uint32_t)(((uint64_t)q * P) >> 32);
    return d < d + P ? d : d + P;
}
INLINE uint32_t mul(uint32_t a, uint32_t b)
{
    return reduce((uint64_t)a * b);
}

/* Cube of each (s + constant), all in Montgomery form. */
INLINE void cube(uint32_t s[ROWS], uint32_t constant)
{
    for (uint32_t r = 0; r < ROWS; r++) {
        const uint32_t x = lower(s[r] + constant);
        s[r] = mul(mul(x, x), x);
    }
}

/* The circulant of small entries: sums of 16 products stay below 2^43. */
INLINE void full_round(uint32_t (*s)[ROWS], const uint32_t constants[W])
{
    uint32_t next[W][ROWS];
    for (uint32_t i = 0; i < W; i++)
        cube(s[i], constants[i]);
    for (uint32_t i = 0; i < W; i++) {
        uint64_t sum[ROWS];
        for (uint32_t r = 0; r < ROWS; r++)
            sum[r] = 0;
        for (uint32_t j = 0; j < W; j++) {
            const uint32_t c = POSEIDON16_MDS_COLUMN[(i + W - j) % W];
            for (uint32_t r = 0; r < ROWS; r++)
                sum[r] += (uint64_t)c * s[j][r];
        }
        for (uint32_t r = 0; r < ROWS; r++)
            next[i][r] = mul(reduce(sum[r]), R2);
    }
    memcpy(s, next, sizeof next);
}

/* Below 2 p 2^32 becomes below p 2^32; so does a sum of four products. */
INLINE uint64_t cut(uint64_t x)
{
    const uint64_t y = x - ((uint64_t)P << 32);
    return x < y ? x : y;
}

/* out = sum a[j] s[j] */
INLINE void dot(uint32_t out[ROWS], const uint32_t a[W], uint32_t (*s)[ROWS])
{
    uint64_t sum[ROWS];
    for (uint32_t r = 0; r < ROWS; r++)
        sum[r] = 0;
    for (uint32_t j = 0; j < W; j += 4)
        for (uint32_t r = 0; r < ROWS; r++) {
            const uint64_t x = (uint64_t)a[j] * s[j][r] + (uint64_t)a[j + 1] * s[j + 1][r] +
                               (uint64_t)a[j + 2] * s[j + 2][r] + (uint64_t)a[j + 3] * s[j + 3][r];
            sum[r] = cut(sum[r] + cut(x));
        }
    for (uint32_t r = 0; r < ROWS; r++)
        out[r] = reduce(sum[r]);
}

/* After the cube: the sparse matrix of round k. */
INLINE void sparse(uint32_t (*s)[ROWS], uint32_t k)
{
    uint32_t first[ROWS];
    dot(first, POSEIDON16_SPARSE_ROW[k], s);
    for (uint32_t i = 1; i < W; i++)
        for (uint32_t r = 0; r < ROWS; r++)
            s[i][r] = lower(s[i][r] + mul(POSEIDON16_SPARSE_COL[k][i - 1], s[0][r]));
    memcpy(s[0], first, sizeof first);
}

INLINE void dense(uint32_t (*s)[ROWS])
{
    uint32_t next[W][ROWS];
    for (uint32_t i = 0; i < W; i++)
        dot(next[i], POSEIDON16_DENSE[i], s);
    memcpy(s, next, sizeof next);
}

INLINE void write(uint32_t *out, const uint32_t *s, size_t n)
{
    uint32_t v[ROWS];
    for (uint32_t r = 0; r < ROWS; r++)
        v[r] = reduce(s[r]);
    memcpy(out, v, n * sizeof *v);
}

INLINE void block(const uint32_t *const *in, uint32_t *const *steps, uint32_t *const *out,
                  size_t at, size_t n)
{
    uint32_t s[W][ROWS] = {{0}}, first[8][ROWS];
    for (uint32_t i = 0; i < W; i++) {
        memcpy(s[i], in[i] + at, n * sizeof s[i][0]);
        for (uint32_t r = 0; r < ROWS; r++)
            s[i][r] = mul(s[i][r], R2);
    }
    memcpy(first, s, sizeof first);
    for (uint32_t k = 0; k < HALF; k++) {
        full_round(s, POSEIDON16_FULL[k]);
        for (uint32_t i = 0; i < W; i++)
            write(*steps++ + at, s[i], n);
    }
    for (uint32_t k = 0; k < PARTIAL; k++) {
        cube(s[0], POSEIDON16_SPARSE_K[k]);
        write(*steps++ + at, s[0], n);
        sparse(s, k);
    }
    dense(s);
    for (uint32_t k = HALF; k < 2 * HALF - 1; k++) {
        full_round(s, k == HALF ? POSEIDON16_AFTER : POSEIDON16_FULL[k - 1]);
        for (uint32_t i = 0; i < W; i++)
            write(*steps++ + at, s[i], n);
    }
    if (out == NULL) return;
    full_round(s, POSEIDON16_FULL[2 * HALF - 2]);
    for (uint32_t i = 0; i < 8; i++) {
        for (uint32_t r = 0; r < ROWS; r++)
            s[i][r] = lower(s[i][r] + first[i][r]);
        write(out[i] + at, s[i], n);
    }
}

INLINE void rows(const uint32_t *const *in, uint32_t *const *steps, uint32_t *const *out, size_t n)
{
    for (size_t at = 0; at < n; at += ROWS)
        block(in, steps, out, at, n - at < ROWS ? n - at : ROWS);
}

void poseidon_fill_portable(const uint32_t *const in[16], uint32_t *const steps[POSEIDON_STEPS],
                            uint32_t *const out[8], size_t n)
{
    rows(in, steps, out, n);
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("avx2"))) static void
rows_avx2(const uint32_t *const *in, uint32_t *const *steps, uint32_t *const *out, size_t n)
{
    rows(in, steps, out, n);
}
#ifdef __clang__
#define TARGET_AVX512 "avx512f,avx512dq,avx512bw,avx512vl"
#else
#define TARGET_AVX512 "avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512"
#endif
__attribute__((target(TARGET_AVX512))) static void
rows_avx512(const uint32_t *const *in, uint32_t *const *steps, uint32_t *const *out, size_t n)
{
    rows(in, steps, out, n);
}
#endif

void poseidon_fill(const uint32_t *const in[16], uint32_t *const steps[POSEIDON_STEPS],
                   uint32_t *const out[8], size_t n)
{
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
        rows_avx512(in, steps, out, n);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        rows_avx2(in, steps, out, n);
        return;
    }
#endif
    poseidon_fill_portable(in, steps, out, n);
}
