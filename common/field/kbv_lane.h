#ifndef COMMON_FIELD_KBV_LANE_H
#define COMMON_FIELD_KBV_LANE_H
/* Field arithmetic on a register full of KoalaBear words, for kernels that are compiled once for
 * each instruction set. The including file defines KBV_ISA first:
 *   0 portable (one lane), 1 AVX2 (8 lanes), 2 AVX-512F (16 lanes)
 * and is compiled with the matching -m options. All three give the same words.
 *
 * lv: reduced Montgomery words. la: 64-bit sums of products, split into even and odd lanes, kept
 * below p * 2^32 by la_trim so that lv_reduce may be applied. */
#include "common/field/kb5.h"

#ifndef KBV_ISA
#error "define KBV_ISA before including common/field/kbv_lane.h"
#endif

#if KBV_ISA == 0

enum { KBV_LANES = 1 };
typedef kb lv;
typedef struct {
    uint64_t e;
} la;

static inline lv lv_load(const kb *p) { return *p; }
static inline void lv_store(kb *p, lv v) { *p = v; }
static inline lv lv_set1(kb x) { return x; }
static inline lv lv_add(lv a, lv b) { return kb_add(a, b); }
static inline lv lv_sub(lv a, lv b) { return kb_sub(a, b); }
/* Elements 0, 2, .. and 1, 3, .. of the 2 * KBV_LANES words a | b. */
static inline lv lv_even(lv a, lv b) { (void)b; return a; }
static inline lv lv_odd(lv a, lv b) { (void)a; return b; }
static inline la la_zero(void) { return (la){0}; }
static inline la la_mul(lv a, lv b) { return (la){(uint64_t)a * b}; }
static inline la la_add(la a, la b) { return (la){a.e + b.e}; }
/* Subtracts p * 2^32 where that is possible: below 2 p 2^32 becomes below p 2^32. */
static inline la la_trim(la a)
{
    const uint64_t top = (uint64_t)KB_P << 32;
    return (la){a.e - (top & (0u - (uint64_t)(a.e >= top)))};
}
static inline lv lv_reduce(la a) { return kb_reduce(a.e); }
/* Sum of all lanes. */
static inline kb lv_sum(lv a) { return a; }
static inline uint32_t lv_swap_bytes(uint32_t x) { return __builtin_bswap32(x); }

#elif KBV_ISA == 1

#include <immintrin.h>

enum { KBV_LANES = 8 };
typedef __m256i lv;
typedef struct {
    __m256i e, o;
} la;

static inline lv lv_load(const kb *p) { return _mm256_loadu_si256((const void *)p); }
static inline void lv_store(kb *p, lv v) { _mm256_storeu_si256((void *)p, v); }
static inline lv lv_set1(kb x) { return _mm256_set1_epi32((int)x); }
static inline lv lv_add(lv a, lv b)
{
    lv s = _mm256_add_epi32(a, b);
    return _mm256_min_epu32(s, _mm256_sub_epi32(s, lv_set1(KB_P)));
}
static inline lv lv_sub(lv a, lv b)
{
    lv s = _mm256_sub_epi32(a, b);
    return _mm256_min_epu32(s, _mm256_add_epi32(s, lv_set1(KB_P)));
}
static inline lv lv_even(lv a, lv b)
{
    __m256 s = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(s), 0xd8);
}
static inline lv lv_odd(lv a, lv b)
{
    __m256 s = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0xdd);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(s), 0xd8);
}
static inline la la_zero(void) { return (la){_mm256_setzero_si256(), _mm256_setzero_si256()}; }
static inline la la_mul(lv a, lv b)
{
    return (la){_mm256_mul_epu32(a, b),
                _mm256_mul_epu32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32))};
}
static inline la la_add(la a, la b)
{
    return (la){_mm256_add_epi64(a.e, b.e), _mm256_add_epi64(a.o, b.o)};
}
static inline la la_trim(la a)
{
    /* p in the high halves only: the low halves stay as they are. */
    const __m256i top = _mm256_set1_epi64x((long long)((uint64_t)KB_P << 32));
    return (la){_mm256_min_epu32(a.e, _mm256_sub_epi32(a.e, top)),
                _mm256_min_epu32(a.o, _mm256_sub_epi32(a.o, top))};
}
static inline lv lv_reduce(la a)
{
    const __m256i p = lv_set1(KB_P), mu = lv_set1(KB_P_INV);
    __m256i te = _mm256_mul_epu32(_mm256_mul_epu32(a.e, mu), p);
    __m256i to = _mm256_mul_epu32(_mm256_mul_epu32(a.o, mu), p);
    __m256i hi = _mm256_blend_epi32(_mm256_srli_epi64(a.e, 32), a.o, 0xaa);
    __m256i th = _mm256_blend_epi32(_mm256_srli_epi64(te, 32), to, 0xaa);
    __m256i d = _mm256_sub_epi32(hi, th);
    return _mm256_min_epu32(d, _mm256_add_epi32(d, p));
}
static inline kb lv_sum(lv a)
{
    kb w[8], s = 0;
    lv_store(w, a);
    for (int i = 0; i < 8; i++)
        s = kb_add(s, w[i]);
    return s;
}
static inline lv lv_swap_bytes(lv a)
{
    const __m256i order =
        _mm256_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 3, 2, 1, 0, 7, 6, 5,
                         4, 11, 10, 9, 8, 15, 14, 13, 12);
    return _mm256_shuffle_epi8(a, order);
}

#elif KBV_ISA == 2

#include <immintrin.h>

enum { KBV_LANES = 16 };
typedef __m512i lv;
typedef struct {
    __m512i e, o;
} la;

static inline lv lv_load(const kb *p) { return _mm512_loadu_si512((const void *)p); }
static inline void lv_store(kb *p, lv v) { _mm512_storeu_si512((void *)p, v); }
static inline lv lv_set1(kb x) { return _mm512_set1_epi32((int)x); }
static inline lv lv_add(lv a, lv b)
{
    lv s = _mm512_add_epi32(a, b);
    return _mm512_min_epu32(s, _mm512_sub_epi32(s, lv_set1(KB_P)));
}
static inline lv lv_sub(lv a, lv b)
{
    lv s = _mm512_sub_epi32(a, b);
    return _mm512_min_epu32(s, _mm512_add_epi32(s, lv_set1(KB_P)));
}
static inline lv lv_even(lv a, lv b)
{
    const __m512i idx =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    return _mm512_permutex2var_epi32(a, idx, b);
}
static inline lv lv_odd(lv a, lv b)
{
    const __m512i idx =
        _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    return _mm512_permutex2var_epi32(a, idx, b);
}
static inline la la_zero(void) { return (la){_mm512_setzero_si512(), _mm512_setzero_si512()}; }
static inline la la_mul(lv a, lv b)
{
    return (la){_mm512_mul_epu32(a, b),
                _mm512_mul_epu32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32))};
}
static inline la la_add(la a, la b)
{
    return (la){_mm512_add_epi64(a.e, b.e), _mm512_add_epi64(a.o, b.o)};
}
static inline la la_trim(la a)
{
    const __m512i top = _mm512_set1_epi64((long long)((uint64_t)KB_P << 32));
    return (la){_mm512_min_epu32(a.e, _mm512_sub_epi32(a.e, top)),
                _mm512_min_epu32(a.o, _mm512_sub_epi32(a.o, top))};
}
static inline lv lv_reduce(la a)
{
    const __m512i p = lv_set1(KB_P), mu = lv_set1(KB_P_INV);
    __m512i te = _mm512_mul_epu32(_mm512_mul_epu32(a.e, mu), p);
    __m512i to = _mm512_mul_epu32(_mm512_mul_epu32(a.o, mu), p);
    __m512i hi = _mm512_mask_mov_epi32(_mm512_srli_epi64(a.e, 32), 0xaaaa, a.o);
    __m512i th = _mm512_mask_mov_epi32(_mm512_srli_epi64(te, 32), 0xaaaa, to);
    __m512i d = _mm512_sub_epi32(hi, th);
    return _mm512_min_epu32(d, _mm512_add_epi32(d, p));
}
static inline kb lv_sum(lv a)
{
    kb w[16], s = 0;
    lv_store(w, a);
    for (int i = 0; i < 16; i++)
        s = kb_add(s, w[i]);
    return s;
}
static inline lv lv_swap_bytes(lv a)
{
    /* rotations by 8 and 24 bits, of which every other byte is right */
    const __m512i mask = _mm512_set1_epi32(0x00ff00ff);
    return _mm512_ternarylogic_epi32(mask, _mm512_rol_epi32(a, 8), _mm512_ror_epi32(a, 8), 0xca);
}

#else
#error "KBV_ISA is 0, 1 or 2"
#endif

/* Operands stay in registers; a call would pass an element through memory. */
#define LV_INLINE static inline __attribute__((always_inline))

static inline lv lv_zero(void) { return lv_set1(0); }
static inline lv lv_mul(lv a, lv b) { return lv_reduce(la_mul(a, b)); }

/* ---- the extension, one register per coefficient ---- */

typedef struct {
    lv c[KB5_DEGREE];
} lv5;

static inline lv5 lv5_set1(kb5 x)
{
    lv5 r;
    for (int i = 0; i < KB5_DEGREE; i++)
        r.c[i] = lv_set1(x.c[i]);
    return r;
}

static inline lv5 lv5_zero(void) { return lv5_set1(kb5_zero()); }

static inline lv5 lv5_load(kb *const c[KB5_DEGREE], size_t at)
{
    lv5 r;
    for (int i = 0; i < KB5_DEGREE; i++)
        r.c[i] = lv_load(c[i] + at);
    return r;
}

static inline void lv5_store(kb *const c[KB5_DEGREE], size_t at, lv5 v)
{
    for (int i = 0; i < KB5_DEGREE; i++)
        lv_store(c[i] + at, v.c[i]);
}

static inline lv5 lv5_add(lv5 a, lv5 b)
{
    for (int i = 0; i < KB5_DEGREE; i++)
        a.c[i] = lv_add(a.c[i], b.c[i]);
    return a;
}

static inline lv5 lv5_sub(lv5 a, lv5 b)
{
    for (int i = 0; i < KB5_DEGREE; i++)
        a.c[i] = lv_sub(a.c[i], b.c[i]);
    return a;
}

static inline lv5 lv5_mul_base(lv5 a, lv b)
{
    for (int i = 0; i < KB5_DEGREE; i++)
        a.c[i] = lv_mul(a.c[i], b);
    return a;
}

LV_INLINE la la_dot5_(lv x0, lv y0, lv x1, lv y1, lv x2, lv y2, lv x3, lv y3, lv x4, lv y4)
{
    la s = la_add(la_add(la_mul(x0, y0), la_mul(x1, y1)), la_add(la_mul(x2, y2), la_mul(x3, y3)));
    return la_trim(la_add(la_trim(s), la_mul(x4, y4)));
}

/* As kb5_mul; the sums unreduced, each below p * 2^32. */
LV_INLINE void lv5_mul_wide(la r[KB5_DEGREE], lv5 a, lv5 b)
{
    const lv b0 = b.c[0], b1 = b.c[1], b2 = b.c[2], b3 = b.c[3], b4 = b.c[4];
    const lv d14 = lv_sub(b1, b4), d03 = lv_sub(b0, b3), d42 = lv_sub(b4, b2);
    const lv e = lv_sub(b3, d14);
    const lv a0 = a.c[0], a1 = a.c[1], a2 = a.c[2], a3 = a.c[3], a4 = a.c[4];
    r[0] = la_dot5_(a0, b0, a1, b4, a2, b3, a3, b2, a4, d14);
    r[1] = la_dot5_(a0, b1, a1, b0, a2, b4, a3, b3, a4, b2);
    r[2] = la_dot5_(a0, b2, a1, d14, a2, d03, a3, d42, a4, e);
    r[3] = la_dot5_(a0, b3, a1, b2, a2, d14, a3, d03, a4, d42);
    r[4] = la_dot5_(a0, b4, a1, b3, a2, b2, a3, d14, a4, d03);
}

LV_INLINE lv5 lv5_mul(lv5 a, lv5 b)
{
    la w[KB5_DEGREE];
    lv5 r;
    lv5_mul_wide(w, a, b);
    for (int i = 0; i < KB5_DEGREE; i++)
        r.c[i] = lv_reduce(w[i]);
    return r;
}

static inline kb5 lv5_sum(lv5 a)
{
    kb5 r;
    for (int i = 0; i < KB5_DEGREE; i++)
        r.c[i] = lv_sum(a.c[i]);
    return r;
}

#endif
