#ifndef PROVER_PROVE_ISA_KERNELS_ISA_H
#define PROVER_PROVE_ISA_KERNELS_ISA_H
/* LANES base-field elements in one register: the only part of the kernels that knows the
 * instruction set. Included by kernels.c alone, which is compiled once per set.
 *
 * V: elements; S: the same split for widening products; W: sums of products below 2^64 each. */
#include "common/field/kb5.h"

#define KI static inline __attribute__((always_inline))

#ifdef KERNEL_AVX512
#include <immintrin.h>

enum { LANES = 16 };
typedef __m512i V;
typedef struct {
    __m512i e, o; /* even lanes, odd lanes; the high halves are ignored */
} S;
typedef struct {
    __m512i e, o;
} W;

KI V v_load(const kb *p)
{
    return _mm512_loadu_si512(p);
}
KI void v_store(kb *p, V v)
{
    _mm512_storeu_si512(p, v);
}
KI V v_set(kb x)
{
    return _mm512_set1_epi32((int)x);
}
KI V v_add(V a, V b)
{
    V s = _mm512_add_epi32(a, b);
    return _mm512_min_epu32(s, _mm512_sub_epi32(s, v_set(KB_P)));
}
KI V v_sub(V a, V b)
{
    V s = _mm512_sub_epi32(a, b);
    return _mm512_min_epu32(s, _mm512_add_epi32(s, v_set(KB_P)));
}
KI S s_split(V a)
{
    return (S){a, _mm512_srli_epi64(a, 32)};
}
KI W w_mul(S a, S b)
{
    return (W){_mm512_mul_epu32(a.e, b.e), _mm512_mul_epu32(a.o, b.o)};
}
KI W w_add(W a, W b)
{
    return (W){_mm512_add_epi64(a.e, b.e), _mm512_add_epi64(a.o, b.o)};
}
/* Subtracts p 2^32 where that does not go below zero. */
KI W w_cut(W a)
{
    const __m512i top = _mm512_set1_epi64((long long)((uint64_t)KB_P << 32));
    return (W){_mm512_min_epu64(a.e, _mm512_sub_epi64(a.e, top)),
               _mm512_min_epu64(a.o, _mm512_sub_epi64(a.o, top))};
}
/* Montgomery reduction of sums below p 2^32. */
KI V w_reduce(W a)
{
    const __m512i pinv = v_set(KB_P_INV), p = v_set(KB_P);
    __m512i qe = _mm512_mul_epu32(_mm512_mul_epu32(a.e, pinv), p);
    __m512i qo = _mm512_mul_epu32(_mm512_mul_epu32(a.o, pinv), p);
    __m512i hi = _mm512_mask_mov_epi32(_mm512_srli_epi64(a.e, 32), 0xaaaa, a.o);
    __m512i m = _mm512_mask_mov_epi32(_mm512_srli_epi64(qe, 32), 0xaaaa, qo);
    __m512i d = _mm512_sub_epi32(hi, m);
    return _mm512_min_epu32(d, _mm512_add_epi32(d, p));
}
KI kb v_sum(V a)
{
    kb x[16], s = 0;
    v_store(x, a);
    for (int i = 0; i < 16; i++)
        s = kb_add(s, x[i]);
    return s;
}
#else
/* One lane: plain C, which the compiler may vectorise for the instruction set it was given. */
enum { LANES = 1 };
typedef kb V;
typedef kb S;
typedef uint64_t W;

KI V v_load(const kb *p)
{
    return *p;
}
KI void v_store(kb *p, V v)
{
    *p = v;
}
KI V v_set(kb x)
{
    return x;
}
KI V v_add(V a, V b)
{
    return kb_add(a, b);
}
KI V v_sub(V a, V b)
{
    return kb_sub(a, b);
}
KI S s_split(V a)
{
    return a;
}
KI W w_mul(S a, S b)
{
    return (uint64_t)a * b;
}
KI W w_add(W a, W b)
{
    return a + b;
}
KI W w_cut(W a)
{
    const uint64_t top = (uint64_t)KB_P << 32;
    return a - (top & (0u - (uint64_t)(a >= top)));
}
KI V w_reduce(W a)
{
    return kb_reduce(a);
}
KI kb v_sum(V a)
{
    return a;
}
#endif

KI V v_mul(V a, V b)
{
    return w_reduce(w_mul(s_split(a), s_split(b)));
}

/* ---- extension elements, LANES at a time ---- */

typedef struct {
    V c[5];
} E;

/* The right factor of a product: b and the four differences of kb5_mul, split. */
typedef struct {
    S b[5], d14, d03, d42, e;
} F;

KI E e_load(const kb *p, size_t stride)
{
    return (E){{v_load(p), v_load(p + stride), v_load(p + 2 * stride), v_load(p + 3 * stride),
                v_load(p + 4 * stride)}};
}
KI void e_store(kb *p, size_t stride, E a)
{
    v_store(p, a.c[0]);
    v_store(p + stride, a.c[1]);
    v_store(p + 2 * stride, a.c[2]);
    v_store(p + 3 * stride, a.c[3]);
    v_store(p + 4 * stride, a.c[4]);
}
KI E e_set(const kb5 *x)
{
    return (E){{v_set(x->c[0]), v_set(x->c[1]), v_set(x->c[2]), v_set(x->c[3]), v_set(x->c[4])}};
}
KI E e_add(E a, E b)
{
    return (E){{v_add(a.c[0], b.c[0]), v_add(a.c[1], b.c[1]), v_add(a.c[2], b.c[2]),
                v_add(a.c[3], b.c[3]), v_add(a.c[4], b.c[4])}};
}
KI E e_sub(E a, E b)
{
    return (E){{v_sub(a.c[0], b.c[0]), v_sub(a.c[1], b.c[1]), v_sub(a.c[2], b.c[2]),
                v_sub(a.c[3], b.c[3]), v_sub(a.c[4], b.c[4])}};
}
KI F f_from(E b)
{
    V d14 = v_sub(b.c[1], b.c[4]);
    F f = {{s_split(b.c[0]), s_split(b.c[1]), s_split(b.c[2]), s_split(b.c[3]), s_split(b.c[4])},
           s_split(d14),
           s_split(v_sub(b.c[0], b.c[3])),
           s_split(v_sub(b.c[4], b.c[2])),
           s_split(v_sub(b.c[3], d14))};
    return f;
}
KI W w_dot5(S x0, S y0, S x1, S y1, S x2, S y2, S x3, S y3, S x4, S y4)
{
    W s = w_add(w_add(w_mul(x0, y0), w_mul(x1, y1)), w_add(w_mul(x2, y2), w_mul(x3, y3)));
    return w_cut(w_add(w_cut(s), w_mul(x4, y4)));
}
/* The five coefficients of a product before reduction, each below p 2^32. */
typedef struct {
    W c[5];
} P5;
KI P5 p5_mul(E x, F f)
{
    S a0 = s_split(x.c[0]), a1 = s_split(x.c[1]), a2 = s_split(x.c[2]), a3 = s_split(x.c[3]),
      a4 = s_split(x.c[4]);
    return (P5){{w_dot5(a0, f.b[0], a1, f.b[4], a2, f.b[3], a3, f.b[2], a4, f.d14),
                 w_dot5(a0, f.b[1], a1, f.b[0], a2, f.b[4], a3, f.b[3], a4, f.b[2]),
                 w_dot5(a0, f.b[2], a1, f.d14, a2, f.d03, a3, f.d42, a4, f.e),
                 w_dot5(a0, f.b[3], a1, f.b[2], a2, f.d14, a3, f.d03, a4, f.d42),
                 w_dot5(a0, f.b[4], a1, f.b[3], a2, f.b[2], a3, f.d14, a4, f.d03)}};
}
KI E p5_reduce(P5 p)
{
    return (E){
        {w_reduce(p.c[0]), w_reduce(p.c[1]), w_reduce(p.c[2]), w_reduce(p.c[3]), w_reduce(p.c[4])}};
}
KI P5 p5_add(P5 a, P5 b)
{
    return (P5){{w_cut(w_add(a.c[0], b.c[0])), w_cut(w_add(a.c[1], b.c[1])),
                 w_cut(w_add(a.c[2], b.c[2])), w_cut(w_add(a.c[3], b.c[3])),
                 w_cut(w_add(a.c[4], b.c[4]))}};
}
KI E e_mulf(E x, F f)
{
    return p5_reduce(p5_mul(x, f));
}
KI E e_mul(E a, E b)
{
    return e_mulf(a, f_from(b));
}
/* base times extension */
KI E e_scale(V x, F f)
{
    S s = s_split(x);
    return (E){{w_reduce(w_mul(s, f.b[0])), w_reduce(w_mul(s, f.b[1])), w_reduce(w_mul(s, f.b[2])),
                w_reduce(w_mul(s, f.b[3])), w_reduce(w_mul(s, f.b[4]))}};
}
KI kb5 e_sum(E a)
{
    return (kb5){{v_sum(a.c[0]), v_sum(a.c[1]), v_sum(a.c[2]), v_sum(a.c[3]), v_sum(a.c[4])}};
}

#endif
