/* Sixteen permutations in the lanes of AVX-512 registers.
 *
 * A "half" is 8 permutations in 64-bit lanes: the even and the odd words of the 16 registers.
 * - Nothing is repacked between rounds, values are lazily reduced. Full rounds reduce by Barrett steps
 *   in the low 52 bits (what IFMA reads), partial rounds by signed Montgomery steps, two vpmuldq each.
 * - The matrix of a full round is a circulant: x^16 - 1 is split into (x-1)(x+1)(x^2+1)(x^4+1)(x^8+1)
 *   without halving (the result is 16 times too large), the x^8 + 1 part by one Karatsuba step. The
 *   next round's constants are the start values of the sums. One Barrett step reduces (sums < 2^45).
 * - Stray factors (16, powers of 2^32) are carried as a known scale of the state and put into the
 *   constants; the dense map after the partial rounds takes the scale whose 81st power makes the
 *   last one 1, so inputs and outputs are canonical.
 * - Partial rounds: with d_t = s_t^3 - s_t every round is x <- M (x + d e0), so everything is powers
 *   of M:  s_r = e0 M^(r+1) u + sum_(t<r) (M^(r-t))_00 d_t + k_r   (u: cubes of the 4th round)
 *          out = M^21 u + sum_t M^(20-t) e0 d_t + k
 *   No state is updated inside; sums of 64-bit products are cut by a 2^24 fold: p = 127 * 2^24 + 1.
 * The tables come from tools/gen_poseidon.py, which also checks the bounds on every 64-bit sum. */
#include "common/field/poseidon16_avx512.h"

#include <immintrin.h>

#include "common/field/kb.h"
#include "common/field/poseidon16_avx512_tables.h"
#include "common/field/poseidon16_constants.h"

#define W       POSEIDON16_WIDTH
#define PARTIAL POSEIDON16_PARTIAL_ROUNDS
#define HALF_P  ((int64_t)(KB_P / 2))

typedef __m512i V;
#define KI static inline __attribute__((always_inline))

KI V bc(int64_t x)
{
    return _mm512_set1_epi64(x);
}
KI V mul(V a, V b)
{
    return _mm512_mul_epi32(a, b);
}
KI V add(V a, V b)
{
    return _mm512_add_epi64(a, b);
}
KI V sub(V a, V b)
{
    return _mm512_sub_epi64(a, b);
}
KI V mul_add(V c, V a, V b)
{
    return _mm512_madd52lo_epu64(c, a, b);
}
/* t / 2^32 mod p in the high words, low words 0. */
KI V mont(V t)
{
    return sub(t, mul(mul(t, bc((int64_t)(int32_t)KB_P_INV)), bc(KB_P)));
}
/* High words as 32-bit factors; a shuffle, since shifts issue half as often. */
KI V hi(V t)
{
    return _mm512_castps_si512(_mm512_movehdup_ps(_mm512_castsi512_ps(t)));
}
KI V cube(V x)
{
    V t = mul(hi(mont(mul(x, x))), x);
    return _mm512_srai_epi64(mont(t), 32);
}
KI V mul_high(V a, int64_t b)
{
    return _mm512_madd52hi_epu64(_mm512_setzero_si512(), a, bc(b));
}
/* t mod p, below 1.01 p, in the low 52 bits; what is above them is of no account. t < 2^45 */
KI V barrett(V t)
{
    return mul_add(t, mul_high(t, (int64_t)(((uint64_t)1 << 52) / KB_P)), bc(-(int64_t)KB_P));
}
/* The same for t < 2^63; 2^72 / p, a number of 42 bits. */
KI V reduce(V t)
{
    const int64_t inverse = (int64_t)((((uint64_t)1 << 63) / KB_P << 9) +
                                      (((uint64_t)1 << 63) % KB_P << 9) / KB_P);
    return mul_add(t, mul_high(_mm512_srli_epi64(t, 20), inverse), bc(-(int64_t)KB_P));
}
/* x^3 of the low words, unsigned, as reduce() leaves it: four instructions for a product. */
KI V cube_unsigned(V x)
{
    return reduce(_mm512_mul_epu32(reduce(_mm512_mul_epu32(x, x)), x));
}
KI V dot(const V *x, const int64_t *c, int n)
{
    V s = mul(x[0], bc(c[0]));
#pragma GCC unroll 20
    for (int i = 1; i < n; i++)
        s = add(s, mul(x[i], bc(c[i])));
    return s;
}
/* Adds a sum g = 2^24 a + b to the pair (high a, low b). */
KI void fold24(V *high, V *low, V g)
{
    *high = add(*high, _mm512_srai_epi64(g, 24));
    *low = add(*low, _mm512_and_si512(g, bc(0xffffff)));
}
KI V fold24_end(V high, V low)
{
    return sub(high, mul(low, bc(127)));
}

/* The first n (8 or 16) elements of the product, and the next round's constants. */
KI void mds(const V *y, V *z, const int64_t *k, int n_out)
{
    V a[8], b[8], am[4], bm[4], rm[4], p[4], q[4], n[4];
    for (int i = 0; i < 8; i++) {
        a[i] = add(y[i], y[i + 8]);
        b[i] = sub(y[i], y[i + 8]);
    }
    /* x^8 + 1: A = -E e, B = -O o, R = (E + O)(e + o) + A + B, all mod x^4 + 1 */
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        V s = bc(k[i]), t = bc(k[4 + i]);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            int d = (i - j) & 3;
            s = mul_add(s, b[2 * j], bc(LANES_EVEN[i >= j][d]));
            t = mul_add(t, b[2 * j + 1], bc(LANES_ODD[i >= j][d]));
        }
        am[i] = s;
        bm[i] = t;
    }
    for (int j = 0; j < 4; j++)
        b[2 * j] = add(b[2 * j], b[2 * j + 1]);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        V s = add(am[i], bm[i]);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++)
            s = mul_add(s, b[2 * j], bc(LANES_BOTH[i < j][(i - j) & 3]));
        rm[i] = s;
    }
    am[0] = sub(am[0], bm[3]); /* minus the even part */
    for (int i = 1; i < 4; i++)
        am[i] = add(am[i], bm[i - 1]);
    for (int i = 0; i < 4; i++) {
        p[i] = add(a[i], a[i + 4]);
        q[i] = sub(a[i], a[i + 4]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        V s = bc(k[8 + i]);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++)
            s = mul_add(s, q[j], bc(LANES_FOUR[i < j][(i - j) & 3]));
        n[i] = s;
    }
    V r0 = add(p[0], p[2]), r1 = add(p[1], p[3]), s0 = sub(p[0], p[2]), s1 = sub(p[1], p[3]);
    V f = mul_add(bc(k[14]), add(r0, r1), bc(LANES_ONE[0]));
    V g = mul_add(bc(k[15]), sub(r0, r1), bc(LANES_ONE[1]));
    V n0 = mul_add(mul_add(bc(k[12]), s0, bc(LANES_TWO[0])), s1, bc(LANES_TWO[2]));
    V n1 = mul_add(mul_add(bc(k[13]), s0, bc(LANES_TWO[1])), s1, bc(LANES_TWO[0]));
    V z0 = add(f, g), z1 = sub(f, g);
    V c4[4] = {add(z0, n0), add(z1, n1), sub(z0, n0), sub(z1, n1)};
    for (int i = 0; i < 4; i++) {
        a[i] = add(c4[i], n[i]);
        a[i + 4] = sub(c4[i], n[i]);
    }
    for (int i = 0; i < 4; i++) {
        z[2 * i] = barrett(sub(a[2 * i], am[i]));
        z[2 * i + 1] = barrett(add(a[2 * i + 1], rm[i]));
        if (n_out == 8) continue;
        z[2 * i + 8] = barrett(add(a[2 * i], am[i]));
        z[2 * i + 9] = barrett(sub(a[2 * i + 1], rm[i]));
    }
}

#define STAGE static __attribute__((noinline)) void

/* A full round of both halves: the cubes of one overlap the sums of the other. */
KI void full_body(V (*x)[W], const int64_t *k, int n_out)
{
    V y[2][W];
    for (int h = 0; h < 2; h++)
        for (int i = 0; i < W; i++)
            y[h][i] = cube_unsigned(x[h][i]);
    for (int h = 0; h < 2; h++)
        mds(y[h], x[h], k, n_out);
}
STAGE full(V (*x)[W], const int64_t *k)
{
    full_body(x, k, W);
}
STAGE full_last(V (*x)[W], const int64_t *k)
{
    full_body(x, k, 8);
}

/* Brings a sum of two centred values back to the centre. */
KI V centre(V z)
{
    return mul_add(z, _mm512_srai_epi64(add(z, bc(1 << 30)), 31), bc(-(int64_t)KB_P));
}

/* The cubes of the fourth full round, and their shares of s_r and of the result. */
STAGE partial_begin(const V *x, V *w, V *o)
{
    V u[W];
    for (int i = 0; i < W; i++)
        u[i] = cube(sub(x[i], bc(HALF_P)));
    for (int r = 0; r < PARTIAL; r++) {
        V h = bc(LANES_S_CONST[r]), l = _mm512_setzero_si512();
        const int64_t *c = LANES_S_OF_U[r]; /* eight at a time, as the script has checked */
        fold24(&h, &l, add(dot(u, c, 4), dot(u + 8, c + 8, 4)));
        fold24(&h, &l, add(dot(u + 4, c + 4, 4), dot(u + 12, c + 12, 4)));
        w[r] = fold24_end(h, l);
    }
    for (int i = 0; i < 8; i++) {
        V a = add(u[i], u[i + 8]), b = sub(u[i], u[i + 8]);
        u[i] = centre(a);
        u[i + 8] = centre(b);
    }
    for (int i = 0; i < 8; i++) {
        V zero = _mm512_setzero_si512(), ch = zero, cl = zero, dh = zero, dl = zero;
        fold24(&ch, &cl, dot(u, LANES_OUT_SUM[i], 8));
        fold24(&dh, &dl, dot(u + 8, LANES_OUT_DIFF[i], 8));
        V c = fold24_end(ch, cl), d = fold24_end(dh, dl);
        o[i] = add(c, d);
        o[i + 8] = sub(c, d);
    }
}

/* The partial rounds of both halves together. The serial part is s -> cube -> next s, one
 * Montgomery step which the linear part enters unreduced; sums over earlier d fill its latency. */
#define EACH for (int h = 0; h < 2; h++)
STAGE partial_rounds(V (*w)[PARTIAL], V (*d)[PARTIAL])
{
    V s[2], t[2], a[2], b[2];
    EACH s[h] = hi(mont(w[h][0]));
#pragma GCC unroll 20
    for (int r = 0; r < PARTIAL; r++) {
        EACH t[h] = mul(s[h], s[h]);
        EACH b[h] = mul(s[h], bc(33554430)); /* 2^32 mod p */
        EACH t[h] = mul(hi(mont(t[h])), s[h]);
        if (r < PARTIAL - 1) {
            EACH a[h] = w[h][r + 1];
            V l[2];
            EACH l[h] = _mm512_setzero_si512();
#pragma GCC unroll 3
            for (int e0 = 14; e0 >= 2; e0 -= 6) {
                if (r == 0 || e0 > r + 1) continue;
                /* terms with distance e = r + 1 - t in e0 .. e0 + 5 */
                V g[2];
                EACH g[h] = _mm512_setzero_si512();
#pragma GCC unroll 6
                for (int e = e0 + 5; e >= e0; e--) {
                    if (e > r + 1) continue;
                    V c = bc(LANES_S_OF_D[e]);
                    EACH g[h] = add(g[h], mul(c, d[h][r + 1 - e]));
                }
                EACH fold24(&a[h], &l[h], g[h]);
            }
            EACH a[h] = r > 0 ? fold24_end(sub(a[h], b[h]), l[h]) : sub(a[h], b[h]);
            EACH s[h] = hi(mont(add(t[h], a[h])));
        }
        EACH d[h][r] = hi(mont(sub(t[h], b[h])));
    }
}

STAGE partial_end(const V *d, const V *o, V *x)
{
    for (int i = 0; i < W; i++) {
        V h = add(o[i], bc(LANES_OUT_CONST[i])), l = _mm512_setzero_si512();
        for (int g = 0; g < PARTIAL; g += 5)
            fold24(&h, &l, dot(d + g, LANES_OUT_OF_D[i] + g, 5));
        x[i] = barrett(fold24_end(h, l));
    }
}

/* The first n_out (8 or 16) elements of the permutation. */
KI void permute(V *s, int n_out)
{
    const V p = _mm512_set1_epi32((int)KB_P);
    V x[2][W], w[2][PARTIAL], o[2][W], d[2][PARTIAL];
    for (int i = 0; i < W; i++) {
        V v = _mm512_add_epi32(s[i], _mm512_set1_epi32((int)POSEIDON16_RC[0][i]));
        v = _mm512_min_epu32(v, _mm512_sub_epi32(v, p));
        x[0][i] = v;
        x[1][i] = hi(v);
    }
    for (int r = 0; r < 3; r++)
        full(x, LANES_START[r]);
    EACH partial_begin(x[h], w[h], o[h]);
    partial_rounds(w, d);
    EACH partial_end(d[h], o[h], x[h]);
    for (int r = 4; r < 7; r++)
        full(x, LANES_START[r]);
    if (n_out == W)
        full(x, LANES_START[7]);
    else
        full_last(x, LANES_START[7]);
    for (int i = 0; i < n_out; i++) {
        V v = _mm512_mask_mov_epi32(x[0][i], 0xaaaa, _mm512_slli_epi64(x[1][i], 32));
        s[i] = _mm512_min_epu32(v, _mm512_sub_epi32(v, p));
    }
}

bool poseidon16_avx512_usable(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512ifma");
}

void poseidon16_permute_lanes(uint32_t s[16][16])
{
    V v[W];
    for (int i = 0; i < W; i++)
        v[i] = _mm512_load_si512(s[i]);
    permute(v, W);
    for (int i = 0; i < W; i++)
        _mm512_store_si512(s[i], v[i]);
}

void poseidon16_compress_lanes(uint32_t s[8][16], const uint32_t *const in[8])
{
    const V p = _mm512_set1_epi32((int)KB_P);
    V v[W];
    for (int i = 0; i < 8; i++) {
        v[i] = _mm512_load_si512(s[i]);
        v[8 + i] = _mm512_load_si512(in[i]);
    }
    permute(v, 8);
    for (int i = 0; i < 8; i++) {
        V sum = _mm512_add_epi32(v[i], _mm512_load_si512(s[i]));
        _mm512_store_si512(s[i], _mm512_min_epu32(sum, _mm512_sub_epi32(sum, p)));
    }
}
