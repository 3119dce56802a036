#include "common/field/poseidon16.h"

#include <string.h>

#include "common/field/kb.h"
#include "common/field/poseidon16_constants.h"
#ifdef KBV_X86
#include "common/field/poseidon16_avx512.h"
#endif

/* Bodies are inlined into one function per instruction set. */
#define INLINE static inline __attribute__((always_inline))

INLINE kb cube(kb x)
{
    return kb_mul(kb_sqr(x), x);
}

/* x mod p for x < 2^42: p = 2^31 - (2^24 - 1), so 2^31 = 2^24 - 1. Two folds leave less than
 * 2^31 + 2^29 < 2p. */
INLINE uint32_t fold42(uint64_t x)
{
    x = (x & 0x7fffffff) + (x >> 31) * 0xffffff;
    x = (x & 0x7fffffff) + (x >> 31) * 0xffffff;
    uint32_t r = (uint32_t)x, t = r - KB_P;
    return r < t ? r : t;
}

/* The circulant; entries are small integers, so sums stay below 16 * 101 * 2^31 < 2^42. */
INLINE void mds(kb s[16])
{
    /* twice the column, so that row i is a plain window of it */
    static const uint32_t window[32] = {1, 3, 13, 22, 67, 2, 15, 63, 101, 1, 2, 17, 11, 1, 51, 1,
                                        1, 3, 13, 22, 67, 2, 15, 63, 101, 1, 2, 17, 11, 1, 51, 1};
    uint64_t acc[16] = {0};
    for (int j = 0; j < 16; j++)
        for (int i = 0; i < 16; i++)
            acc[i] += (uint64_t)window[16 - j + i] * s[j];
    for (int i = 0; i < 16; i++)
        s[i] = fold42(acc[i]);
}

/* Sums of at most four products stay below 2^64; after a cut, below p 2^32. */
INLINE uint64_t cut(uint64_t sum)
{
    const uint64_t top = (uint64_t)KB_P << 32;
    return sum - (top & (0u - (uint64_t)(sum >= top)));
}
INLINE uint64_t dot3(const uint32_t *a, const kb *b)
{
    return (uint64_t)a[0] * b[0] + (uint64_t)a[1] * b[1] + (uint64_t)a[2] * b[2];
}
/* a[1] b[1] + .. + a[15] b[15] below p 2^32: what does not wait for the S-box. */
INLINE uint64_t dot_rest(const uint32_t *a, const kb *b)
{
    uint64_t x = cut(cut(dot3(a + 1, b + 1)) + cut(dot3(a + 4, b + 4)));
    uint64_t y = cut(cut(dot3(a + 7, b + 7)) + cut(dot3(a + 10, b + 10)));
    return cut(cut(x + y) + cut(dot3(a + 13, b + 13)));
}

INLINE void full_round(kb s[16], const kb k[16])
{
    for (int i = 0; i < 16; i++)
        s[i] = cube(kb_add(s[i], k[i]));
    mds(s);
}

INLINE void keep(uint32_t *steps, const kb *s, int n)
{
    for (int i = 0; i < n; i++)
        steps[i] = kb_to_u32(s[i]);
}

/* steps: NULL, or where poseidon16_permute_steps wants them; known at compile time. */
INLINE void permute_body(uint32_t state[POSEIDON_STATE], uint32_t *steps)
{
    enum { HALF = POSEIDON16_HALF_FULL_ROUNDS, PARTIAL = POSEIDON16_PARTIAL_ROUNDS };
    uint32_t *const cubes = steps == NULL ? NULL : steps + (ptrdiff_t)16 * HALF;
    uint32_t *const later = steps == NULL ? NULL : cubes + PARTIAL;
    kb s[16], t[16];
    for (int i = 0; i < 16; i++)
        s[i] = kb_from_u32(state[i]);
    for (int r = 0; r < HALF; r++) {
        full_round(s, POSEIDON16_FULL[r]);
        if (steps != NULL) keep(steps + (ptrdiff_t)16 * r, s, 16);
    }
    for (int r = 0; r < PARTIAL; r++) {
        const uint32_t *row = POSEIDON16_SPARSE_ROW[r];
        uint64_t rest = dot_rest(row, s);
        s[0] = cube(kb_add(s[0], POSEIDON16_SPARSE_K[r]));
        if (steps != NULL) keep(cubes + r, s, 1);
        kb first = kb_reduce(cut(rest + (uint64_t)row[0] * s[0]));
        for (int i = 1; i < 16; i++)
            s[i] = kb_add(s[i], kb_mul(POSEIDON16_SPARSE_COL[r][i - 1], s[0]));
        s[0] = first;
    }
    for (int i = 0; i < 16; i++) {
        const uint32_t *row = POSEIDON16_DENSE[i];
        t[i] = kb_reduce(cut(dot_rest(row, s) + (uint64_t)row[0] * s[0]));
    }
    full_round(t, POSEIDON16_AFTER);
    for (int r = HALF; r < 2 * HALF - 1; r++) {
        if (steps != NULL) keep(later + (ptrdiff_t)16 * (r - HALF), t, 16);
        full_round(t, POSEIDON16_FULL[r]);
    }
    for (int i = 0; i < 16; i++)
        state[i] = kb_to_u32(t[i]);
}

void poseidon16_permute_portable(uint32_t state[POSEIDON_STATE])
{
    permute_body(state, NULL);
}

#ifdef KBV_X86
__attribute__((target("avx2,bmi2"))) static void permute_avx2(uint32_t state[POSEIDON_STATE])
{
    permute_body(state, NULL);
}
__attribute__((target("avx2,bmi2"))) static void permute_steps_avx2(uint32_t *state, uint32_t *steps)
{
    permute_body(state, steps);
}
#endif

void poseidon16_permute_steps(uint32_t state[POSEIDON_STATE], uint32_t steps[POSEIDON_STEPS])
{
#ifdef KBV_X86
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) {
        permute_steps_avx2(state, steps);
        return;
    }
#endif
    permute_body(state, steps);
}

void poseidon16_permute(uint32_t state[POSEIDON_STATE])
{
#ifdef KBV_X86
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) {
        permute_avx2(state);
        return;
    }
#endif
    permute_body(state, NULL);
}

/* n <= 16 permutations in the lanes of one call; sixteen take about as long as one in plain C. */
static void permute_group(uint32_t (*states)[POSEIDON_STATE], size_t n)
{
#ifdef KBV_X86
    if (n > 1 && poseidon16_avx512_usable()) {
        _Alignas(64) uint32_t s[POSEIDON_STATE][16] = {{0}};
        for (size_t j = 0; j < n; j++)
            for (int k = 0; k < POSEIDON_STATE; k++)
                s[k][j] = states[j][k];
        poseidon16_permute_lanes(s);
        for (size_t j = 0; j < n; j++)
            for (int k = 0; k < POSEIDON_STATE; k++)
                states[j][k] = s[k][j];
        return;
    }
#endif
    for (size_t j = 0; j < n; j++)
        poseidon16_permute(states[j]);
}

void poseidon16_permute_textbook(uint32_t state[POSEIDON_STATE])
{
    for (int r = 0; r < POSEIDON16_ROUNDS; r++) {
        uint64_t x[16], y[16];
        for (int i = 0; i < 16; i++)
            x[i] = ((uint64_t)state[i] + POSEIDON16_RC[r][i]) % KB_P;
        bool full =
            r < POSEIDON16_HALF_FULL_ROUNDS || r >= POSEIDON16_ROUNDS - POSEIDON16_HALF_FULL_ROUNDS;
        for (int i = 0; i < (full ? 16 : 1); i++)
            x[i] = x[i] * x[i] % KB_P * x[i] % KB_P;
        for (int i = 0; i < 16; i++) {
            y[i] = 0;
            for (int j = 0; j < 16; j++)
                y[i] += POSEIDON16_MDS_COLUMN[(i - j) & 15] * x[j];
        }
        for (int i = 0; i < 16; i++)
            state[i] = (uint32_t)(y[i] % KB_P);
    }
}

void poseidon16_permute_many(uint32_t (*states)[POSEIDON_STATE], size_t n)
{
    for (size_t i = 0; i < n; i += 16)
        permute_group(states + i, n - i < 16 ? n - i : 16);
}

void poseidon_compress(uint32_t out[POSEIDON_DIGEST], const uint32_t left[POSEIDON_DIGEST],
                       const uint32_t right[POSEIDON_DIGEST])
{
    uint32_t s[POSEIDON_STATE];
    memcpy(s, left, 8 * sizeof *s);
    memcpy(s + 8, right, 8 * sizeof *s);
    poseidon16_permute(s);
    for (int i = 0; i < 8; i++)
        out[i] = kb_add(s[i], left[i]); /* canonical numbers add like Montgomery ones */
}

void poseidon_compress_many(uint32_t (*out)[POSEIDON_DIGEST],
                            const uint32_t (*pairs)[POSEIDON_STATE], size_t n)
{
    enum { GROUP = 64 };
    uint32_t s[GROUP][POSEIDON_STATE];
    for (size_t i = 0; i < n; i += GROUP) {
        size_t m = n - i < GROUP ? n - i : GROUP;
        memcpy(s, pairs + i, m * sizeof *s);
        poseidon16_permute_many(s, m);
        for (size_t j = 0; j < m; j++)
            for (int k = 0; k < 8; k++)
                out[i + j][k] = kb_add(s[j][k], pairs[i + j][k]);
    }
}

void poseidon_compress_lanes_n(enum kbv_isa isa, uint32_t s[POSEIDON_DIGEST][POSEIDON_LANES],
                               const uint32_t *const in[POSEIDON_DIGEST], uint32_t n)
{
#ifdef KBV_X86
    if (isa == KBV_AVX512 && n > 1 && poseidon16_avx512_usable()) {
        poseidon16_compress_lanes(s, in);
        return;
    }
#endif
    for (uint32_t lane = 0; lane < n; lane++) {
        uint32_t x[POSEIDON_STATE];
        for (int k = 0; k < POSEIDON_DIGEST; k++) {
            x[k] = s[k][lane];
            x[POSEIDON_DIGEST + k] = in[k][lane];
        }
        if (isa == KBV_PORTABLE)
            poseidon16_permute_portable(x);
        else
            poseidon16_permute(x);
        for (int k = 0; k < POSEIDON_DIGEST; k++)
            s[k][lane] = kb_add(s[k][lane], x[k]);
    }
}

void poseidon_compress_lanes(enum kbv_isa isa, uint32_t s[POSEIDON_DIGEST][POSEIDON_LANES],
                             const uint32_t *const in[POSEIDON_DIGEST])
{
    poseidon_compress_lanes_n(isa, s, in, POSEIDON_LANES);
}

void poseidon_sponge(uint32_t tag, const uint32_t *in, size_t n, uint32_t out[POSEIDON_DIGEST])
{
    uint32_t state[8] = {tag, (uint32_t)n, POSEIDON_SPONGE_VERSION, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < n; i += 8) {
        uint32_t chunk[8] = {0};
        memcpy(chunk, in + i, (n - i < 8 ? n - i : 8) * sizeof *chunk);
        poseidon_compress(state, state, chunk);
    }
    memcpy(out, state, sizeof state);
}
