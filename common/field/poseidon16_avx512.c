/* Sixteen permutations in the lanes of AVX-512 registers.
 *
 * A "half" is 8 permutations in 64-bit lanes: the even and the odd words of the 16 registers.
 * - Nothing is repacked between rounds. Values stay signed and lazily reduced; one Montgomery step
 *   is two vpmuldq.
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
 * Bounds on every 64-bit sum are checked when the tables are made. */
#include "common/field/poseidon16_avx512.h"

#include <immintrin.h>
#include <pthread.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/kb.h"
#include "common/field/poseidon16_constants.h"

#define W POSEIDON16_WIDTH
#define PARTIAL POSEIDON16_PARTIAL_ROUNDS
#define HALF_P ((int64_t)(KB_P / 2))

/* ---- tables: numbers mod p here are plain, not Montgomery ---- */

static struct tables {
    _Alignas(64) uint32_t first[W];    /* constants of round 0 */
    int64_t start[7][16];              /* start values of the sums of mds() */
    int64_t last_start[16];            /* the same without constants */
    int64_t s_of_u[PARTIAL][W], s_const[PARTIAL];
    int64_t s_of_d[PARTIAL];           /* by distance r - t >= 2 */
    int64_t out_sum[8][8], out_diff[8][8]; /* from u_i + u_(i+8), u_i - u_(i+8) */
    int64_t out_of_d[W][PARTIAL], out_const[W];
    /* factors of mds(), with both signs where both occur */
    int64_t even[2][4], odd[2][4], both[2][4], four[2][4], two[3], one[2];
} tab;

static uint64_t mm(uint64_t a, uint64_t b)
{
    return a * b % KB_P;
}
static uint64_t power(uint64_t b, uint64_t e)
{
    uint64_t r = 1;
    for (; e != 0; e >>= 1, b = mm(b, b))
        if (e & 1) r = mm(r, b);
    return r;
}
static uint64_t inverse(uint64_t a)
{
    return power(a, KB_P - 2);
}
static uint64_t cube_plain(uint64_t x)
{
    return mm(mm(x, x), x);
}
static int64_t centred(uint64_t a)
{
    return a > KB_P / 2 ? (int64_t)a - (int64_t)KB_P : (int64_t)a;
}
static void mds_plain(uint64_t *s)
{
    uint64_t n[W];
    for (int i = 0; i < W; i++) {
        uint64_t a = 0;
        for (int j = 0; j < W; j++)
            a += POSEIDON16_MDS_COLUMN[(i - j) & 15] * s[j];
        n[i] = a % KB_P;
    }
    memcpy(s, n, sizeof n);
}

static void make_factors(void)
{
    int64_t n[8], d[8], m[4], e[4];
    const uint32_t *col = POSEIDON16_MDS_COLUMN;
    for (int i = 0; i < 8; i++) {
        n[i] = 8 * ((int64_t)col[i] - (int64_t)col[i + 8]);
        d[i] = (int64_t)col[i] + (int64_t)col[i + 8];
    }
    for (int i = 0; i < 4; i++) {
        m[i] = 4 * (d[i] - d[i + 4]);
        e[i] = d[i] + d[i + 4];
    }
    for (int z = 0; z < 2; z++) {
        int64_t sign = z == 1 ? -1 : 1;
        for (int i = 0; i < 4; i++) {
            tab.even[z][i] = sign * n[2 * i];
            tab.odd[z][i] = sign * n[2 * i + 1];
            tab.both[z][i] = sign * (n[2 * i] + n[2 * i + 1]);
            tab.four[z][i] = sign * m[i];
        }
    }
    tab.two[0] = 2 * (e[0] - e[2]);
    tab.two[1] = 2 * (e[1] - e[3]);
    tab.two[2] = -tab.two[1];
    tab.one[0] = e[0] + e[2] + e[1] + e[3];
    tab.one[1] = e[0] + e[2] - e[1] - e[3];
}

/* Splits m = 2^k values into halved sums and differences. */
static void split(const uint64_t *k, uint64_t *diff, uint64_t *sum, int m)
{
    const uint64_t half = inverse(2);
    for (int i = 0; i < m; i++) {
        diff[i] = mm(k[i] + KB_P - k[i + m], half);
        sum[i] = mm(k[i] + k[i + m], half);
    }
}

/* The start values that make mds() add the constants k (and keep every sum positive: offset). */
static void make_starts(const uint64_t *k, int64_t *out, uint64_t offset)
{
    const uint64_t half = inverse(2);
    uint64_t n8[8], c8[8], n4[4], c4[4], n2[2], c2[2], ev[4], od[4], d[4], b[4];
    split(k, n8, c8, 8);
    split(c8, n4, c4, 4);
    split(c4, n2, c2, 2);
    for (int i = 0; i < 4; i++) {
        ev[i] = (KB_P - n8[2 * i]) % KB_P;
        od[i] = n8[2 * i + 1];
        d[i] = (od[i] + KB_P - ev[i]) % KB_P;
    }
    b[3] = mm(d[0] + d[1] + d[2] + d[3], half);
    b[0] = (d[0] + KB_P - b[3]) % KB_P;
    b[1] = (b[0] + d[1]) % KB_P;
    b[2] = (b[1] + d[2]) % KB_P;
    for (int i = 0; i < 4; i++) {
        out[i] = (int64_t)((od[i] + KB_P - b[i]) % KB_P);
        out[4 + i] = (int64_t)b[i];
        out[8 + i] = (int64_t)n4[i];
    }
    out[12] = (int64_t)n2[0];
    out[13] = (int64_t)n2[1];
    out[14] = (int64_t)(mm(c2[0] + c2[1], half) + offset);
    out[15] = (int64_t)mm(c2[0] + KB_P - c2[1], half);
}

/* No 64-bit sum of the partial rounds overflows: bounds on absolute values of all operands. */
static void check_sum(const int64_t *c, int from, int to, const double *bound, double flat)
{
    double v = 0;
    for (int i = from; i < to; i++)
        v += (c[i] < 0 ? -(double)c[i] : (double)c[i]) * (bound == NULL ? flat : bound[i]);
    REQUIRE(v < 0.999 * 9223372036854775808.0);
}

static void check_bounds(void)
{
    const double p = KB_P, b32 = 4294967296.0;
    double su = p / 2 + p / 128, x2 = su * su / b32 + p / 2, bu = x2 * su / b32 + p / 2;
    double bd[PARTIAL], ba = 1073741824.0 + (1 << 25), s = p / 2 + 4096;
    for (int t = 0; t < PARTIAL; t++) {
        x2 = s * s / b32 + p / 2;
        bd[t] = (x2 * s + s * 33554432.0) / b32 + p / 2;
        REQUIRE(s < 2147483647.0);
        REQUIRE(x2 < 2147483647.0);
        REQUIRE(bd[t] < 2147483647.0);
        s = bd[t] + 4096;
    }
    for (int r = 0; r < PARTIAL; r++)
        for (int h = 0; h < W; h += 8)
            check_sum(tab.s_of_u[r], h, h + 8, NULL, bu);
    for (int e = 2; e < PARTIAL; e += 6)
        check_sum(tab.s_of_d, e, e + 6, NULL, bd[PARTIAL - 2]);
    for (int i = 0; i < 8; i++) {
        check_sum(tab.out_sum[i], 0, 8, NULL, ba);
        check_sum(tab.out_diff[i], 0, 8, NULL, ba);
    }
    for (int i = 0; i < W; i++)
        for (int t = 0; t < PARTIAL; t += 5)
            check_sum(tab.out_of_d[i], t, t + 5, bd, 0);
}

/* The scale after a full round on a state of scale l: 16 l^3 / 2^64. */
static uint64_t next_scale(uint64_t l, uint64_t inv_r)
{
    return mm(16, mm(cube_plain(l), mm(inv_r, inv_r)));
}

static void make_tables(void)
{
    const uint64_t offset = 8192ull * KB_P, c24 = 1 << 24;
    const uint64_t r1 = ((uint64_t)1 << 32) % KB_P, inv_r = inverse(r1);
    uint64_t k[W], l = 1; /* inputs are canonical */
    make_factors();
    for (int i = 0; i < W; i++)
        tab.first[i] = POSEIDON16_RC[0][i];
    for (int r = 0; r < 3; r++) {
        l = next_scale(l, inv_r);
        for (int i = 0; i < W; i++)
            k[i] = (mm(POSEIDON16_RC[r + 1][i], l) + (r == 2 ? (uint64_t)HALF_P : 0)) % KB_P;
        make_starts(k, tab.start[r], offset);
    }
    const uint64_t lu = mm(cube_plain(l), mm(inv_r, inv_r)), inv_lu = inverse(lu);
    /* the scale nu R after the partial rounds with 16^40 nu^81 R = 1 */
    uint64_t nu = inverse(mm(power(16, 40), r1));
    for (int i = 0; i < 4; i++)
        nu = power(nu, 1420470955); /* cube root */
    const uint64_t lo = mm(nu, r1);
    l = lo;
    for (int r = 0; r < 3; r++) {
        l = next_scale(l, inv_r);
        for (int i = 0; i < W; i++)
            k[i] = mm(POSEIDON16_RC[25 + r][i], l);
        make_starts(k, tab.start[4 + r], offset);
    }
    l = next_scale(l, inv_r);
    REQUIRE(l == 1);
    memset(k, 0, sizeof k);
    make_starts(k, tab.last_start, offset);
    /* first columns of the powers of M */
    uint64_t m[PARTIAL + 2][W] = {{1}};
    for (int e = 1; e < PARTIAL + 2; e++) {
        memcpy(m[e], m[e - 1], sizeof m[0]);
        mds_plain(m[e]);
    }
    uint64_t x[W];
    for (int i = 0; i < W; i++)
        x[i] = POSEIDON16_RC[4][i];
    for (int r = 0; r < PARTIAL; r++) {
        tab.s_const[r] = centred(mm(x[0], mm(r1, r1)));
        mds_plain(x);
        for (int i = 0; i < W; i++) {
            x[i] = (x[i] + POSEIDON16_RC[5 + r][i]) % KB_P;
            tab.s_of_u[r][i] =
                centred(mm(mm(m[r + 1][(16 - i) & 15], inv_lu), mm(mm(r1, r1), c24)));
        }
    }
    for (int e = 2; e < PARTIAL; e++)
        tab.s_of_d[e] = centred(mm(m[e][0], mm(r1, c24)));
    for (int i = 0; i < W; i++) {
        tab.out_const[i] = (int64_t)(mm(x[i], lo) + 2048ull * KB_P);
        for (int t = 0; t < PARTIAL; t++)
            tab.out_of_d[i][t] = centred(mm(m[PARTIAL - t][i], mm(mm(lo, inv_r), c24)));
    }
    const uint64_t g = mm(mm(lo, inv_lu), mm(c24, inverse(2)));
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++) {
            uint64_t a = m[PARTIAL + 1][(i - j) & 15], b = m[PARTIAL + 1][(i - j + 8) & 15];
            tab.out_sum[i][j] = centred(mm(a + b, g));
            tab.out_diff[i][j] = centred(mm(a + KB_P - b, g));
        }
    check_bounds();
}

/* ---- the kernel ---- */

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
KI V barrett(V t)
{
    V q = _mm512_madd52hi_epu64(_mm512_setzero_si512(), t, bc((int64_t)(((uint64_t)1 << 52) / KB_P)));
    return mul_add(t, q, bc(-(int64_t)KB_P));
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

KI void mds(const V *y, V *z, const int64_t *k)
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
            s = mul_add(s, b[2 * j], bc(tab.even[i >= j][d]));
            t = mul_add(t, b[2 * j + 1], bc(tab.odd[i >= j][d]));
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
            s = mul_add(s, b[2 * j], bc(tab.both[i < j][(i - j) & 3]));
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
            s = mul_add(s, q[j], bc(tab.four[i < j][(i - j) & 3]));
        n[i] = s;
    }
    V r0 = add(p[0], p[2]), r1 = add(p[1], p[3]), s0 = sub(p[0], p[2]), s1 = sub(p[1], p[3]);
    V f = mul_add(bc(k[14]), add(r0, r1), bc(tab.one[0]));
    V g = mul_add(bc(k[15]), sub(r0, r1), bc(tab.one[1]));
    V n0 = mul_add(mul_add(bc(k[12]), s0, bc(tab.two[0])), s1, bc(tab.two[2]));
    V n1 = mul_add(mul_add(bc(k[13]), s0, bc(tab.two[1])), s1, bc(tab.two[0]));
    V z0 = add(f, g), z1 = sub(f, g);
    V c4[4] = {add(z0, n0), add(z1, n1), sub(z0, n0), sub(z1, n1)};
    for (int i = 0; i < 4; i++) {
        a[i] = add(c4[i], n[i]);
        a[i + 4] = sub(c4[i], n[i]);
    }
    for (int i = 0; i < 4; i++) {
        z[2 * i] = barrett(sub(a[2 * i], am[i]));
        z[2 * i + 8] = barrett(add(a[2 * i], am[i]));
        z[2 * i + 1] = barrett(add(a[2 * i + 1], rm[i]));
        z[2 * i + 9] = barrett(sub(a[2 * i + 1], rm[i]));
    }
}

#define STAGE static __attribute__((noinline)) void

STAGE full(V *x, const int64_t *k)
{
    V y[W];
    for (int i = 0; i < W; i++)
        y[i] = cube(x[i]);
    mds(y, x, k);
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
        V h = bc(tab.s_const[r]), l = _mm512_setzero_si512();
        fold24(&h, &l, dot(u, tab.s_of_u[r], 8));
        fold24(&h, &l, dot(u + 8, tab.s_of_u[r] + 8, 8));
        w[r] = fold24_end(h, l);
    }
    for (int i = 0; i < 8; i++) {
        V a = add(u[i], u[i + 8]), b = sub(u[i], u[i + 8]);
        u[i] = centre(a);
        u[i + 8] = centre(b);
    }
    for (int i = 0; i < 8; i++) {
        V zero = _mm512_setzero_si512(), ch = zero, cl = zero, dh = zero, dl = zero;
        fold24(&ch, &cl, dot(u, tab.out_sum[i], 8));
        fold24(&dh, &dl, dot(u + 8, tab.out_diff[i], 8));
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
                    V c = bc(tab.s_of_d[e]);
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
        V h = add(o[i], bc(tab.out_const[i])), l = _mm512_setzero_si512();
        for (int g = 0; g < PARTIAL; g += 5)
            fold24(&h, &l, dot(d + g, tab.out_of_d[i] + g, 5));
        x[i] = barrett(fold24_end(h, l));
    }
}

static void permute(V *s)
{
    const V p = _mm512_set1_epi32((int)KB_P);
    V x[2][W], w[2][PARTIAL], o[2][W], d[2][PARTIAL];
    for (int i = 0; i < W; i++) {
        V v = _mm512_add_epi32(s[i], _mm512_set1_epi32((int)tab.first[i]));
        v = _mm512_min_epu32(v, _mm512_sub_epi32(v, p));
        x[0][i] = v;
        x[1][i] = hi(v);
    }
    for (int r = 0; r < 3; r++)
        EACH full(x[h], tab.start[r]);
    EACH partial_begin(x[h], w[h], o[h]);
    partial_rounds(w, d);
    EACH partial_end(d[h], o[h], x[h]);
    for (int r = 4; r < 8; r++)
        EACH full(x[h], r < 7 ? tab.start[r] : tab.last_start);
    for (int i = 0; i < W; i++) {
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
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int rc = pthread_once(&once, make_tables);
    REQUIRE(rc == 0);
    V v[W];
    for (int i = 0; i < W; i++)
        v[i] = _mm512_load_si512(s[i]);
    permute(v);
    for (int i = 0; i < W; i++)
        _mm512_store_si512(s[i], v[i]);
}
