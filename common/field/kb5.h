#ifndef COMMON_FIELD_KB5_H
#define COMMON_FIELD_KB5_H
/* The degree-5 extension F = F_p[X] / (X^5 + X^2 - 1) of KoalaBear, |F| about 2^154.94.
 *
 * c[i] is the coefficient of X^i, in Montgomery form, fully reduced; so equality is equality of
 * words. X^5 = 1 - X^2.
 *
 * Threads: pure functions. Time: constant in the values, except kb5_pow (exponent).
 * Source: docs/protocol/proof.md section 1; irreducibility and the Frobenius table are recomputed
 * in tests/unit/common/field/test_kb5.c. */
#include "common/field/kb.h"

enum { KB5_DEGREE = 5, KB5_BYTES = 20 };

typedef struct {
    kb c[KB5_DEGREE];
} kb5;

static inline kb5 kb5_zero(void)
{
    return (kb5){{0, 0, 0, 0, 0}};
}

static inline kb5 kb5_from_kb(kb a)
{
    return (kb5){{a, 0, 0, 0, 0}};
}

static inline kb5 kb5_one(void)
{
    return kb5_from_kb(kb_one);
}

/* x mod p as an extension element. */
static inline kb5 kb5_from_u32(uint32_t x)
{
    return kb5_from_kb(kb_from_u32(x));
}

static inline bool kb5_eq(kb5 a, kb5 b)
{
    uint32_t d = 0;
    for (int i = 0; i < KB5_DEGREE; i++)
        d |= a.c[i] ^ b.c[i];
    return d == 0;
}

static inline bool kb5_is_zero(kb5 a)
{
    return (a.c[0] | a.c[1] | a.c[2] | a.c[3] | a.c[4]) == 0;
}

static inline kb5 kb5_add(kb5 a, kb5 b)
{
    kb5 r;
    for (int i = 0; i < KB5_DEGREE; i++)
        r.c[i] = kb_add(a.c[i], b.c[i]);
    return r;
}

static inline kb5 kb5_sub(kb5 a, kb5 b)
{
    kb5 r;
    for (int i = 0; i < KB5_DEGREE; i++)
        r.c[i] = kb_sub(a.c[i], b.c[i]);
    return r;
}

static inline kb5 kb5_neg(kb5 a)
{
    return kb5_sub(kb5_zero(), a);
}

static inline kb5 kb5_double(kb5 a)
{
    return kb5_add(a, a);
}

static inline kb5 kb5_add_base(kb5 a, kb b)
{
    a.c[0] = kb_add(a.c[0], b);
    return a;
}

static inline kb5 kb5_mul_base(kb5 a, kb b)
{
    kb5 r;
    for (int i = 0; i < KB5_DEGREE; i++)
        r.c[i] = kb_mul(a.c[i], b);
    return r;
}

/* x0 y0 + .. + x4 y4, one Montgomery reduction. Four products stay below 2 * (p * 2^32); after
 * one conditional subtraction there is room for the fifth. */
static inline kb kb_dot5_(kb x0, kb y0, kb x1, kb y1, kb x2, kb y2, kb x3, kb y3, kb x4, kb y4)
{
    const uint64_t top = (uint64_t)KB_P << 32;
    uint64_t s = (uint64_t)x0 * y0 + (uint64_t)x1 * y1 + (uint64_t)x2 * y2 + (uint64_t)x3 * y3;
    s -= top & (0u - (uint64_t)(s >= top));
    s += (uint64_t)x4 * y4;
    s -= top & (0u - (uint64_t)(s >= top));
    return kb_reduce(s);
}

/* The rows of "multiply by b" need only four differences besides b's coefficients. */
static inline kb5 kb5_mul(kb5 a, kb5 b)
{
    const kb b0 = b.c[0], b1 = b.c[1], b2 = b.c[2], b3 = b.c[3], b4 = b.c[4];
    const kb d14 = kb_sub(b1, b4), d03 = kb_sub(b0, b3), d42 = kb_sub(b4, b2);
    const kb e = kb_sub(b3, d14);
    const kb a0 = a.c[0], a1 = a.c[1], a2 = a.c[2], a3 = a.c[3], a4 = a.c[4];
    kb5 r;
    r.c[0] = kb_dot5_(a0, b0, a1, b4, a2, b3, a3, b2, a4, d14);
    r.c[1] = kb_dot5_(a0, b1, a1, b0, a2, b4, a3, b3, a4, b2);
    r.c[2] = kb_dot5_(a0, b2, a1, d14, a2, d03, a3, d42, a4, e);
    r.c[3] = kb_dot5_(a0, b3, a1, b2, a2, d14, a3, d03, a4, d42);
    r.c[4] = kb_dot5_(a0, b4, a1, b3, a2, b2, a3, d14, a4, d03);
    return r;
}

static inline kb5 kb5_sqr(kb5 a)
{
    return kb5_mul(a, a);
}

/* a + (b - a) * r: the value at r of the line through a (at 0) and b (at 1). */
static inline kb5 kb5_lerp(kb5 a, kb5 b, kb5 r)
{
    return kb5_add(a, kb5_mul(kb5_sub(b, a), r));
}

/* a^e; 0^0 = 1. */
static inline kb5 kb5_pow(kb5 a, uint64_t e)
{
    kb5 r = kb5_one();
    for (; e != 0; e >>= 1) {
        if (e & 1) r = kb5_mul(r, a);
        a = kb5_sqr(a);
    }
    return r;
}

/* a^p: the coefficients against X^(p i). */
static inline kb5 kb5_frobenius(kb5 a)
{
    static const kb table[4][KB5_DEGREE] = {
        {KB_MONT(1576402667), KB_MONT(1173144480), KB_MONT(1567662457), KB_MONT(1206866823),
         KB_MONT(2428146)},
        {KB_MONT(1680345488), KB_MONT(1381986), KB_MONT(615237464), KB_MONT(1380104858),
         KB_MONT(295431824)},
        {KB_MONT(441230756), KB_MONT(323126830), KB_MONT(704986542), KB_MONT(1445620072),
         KB_MONT(503505220)},
        {KB_MONT(1364444097), KB_MONT(1144738982), KB_MONT(2008416047), KB_MONT(143367062),
         KB_MONT(1027410849)},
    };
    kb5 r;
    for (int i = 0; i < KB5_DEGREE; i++)
        r.c[i] = kb_dot5_(a.c[1], table[0][i], a.c[2], table[1][i], a.c[3], table[2][i], a.c[4],
                          table[3][i], i == 0 ? a.c[0] : 0, kb_one);
    return r;
}

/* The inverse, and 0 for a = 0: the product of the four conjugates over the norm. */
static inline kb5 kb5_inv(kb5 a)
{
    kb5 t = kb5_frobenius(a);                                 /* a^p */
    t = kb5_mul(t, kb5_frobenius(t));                         /* a^(p+p^2) */
    t = kb5_mul(t, kb5_frobenius(kb5_frobenius(t)));          /* a^(p+p^2+p^3+p^4) */
    kb norm = kb5_mul(a, t).c[0];
    return kb5_mul_base(t, kb_inv(norm));
}

/* The big-endian 160-bit integer sum c_i 2^(32 i), canonical. */
static inline void kb5_to_bytes(uint8_t out[KB5_BYTES], kb5 a)
{
    for (int i = 0; i < KB5_DEGREE; i++)
        kb_to_bytes(out + 4 * (KB5_DEGREE - 1 - i), a.c[i]);
}

/* False, and *out unspecified, when a coefficient is not below p. */
static inline bool kb5_from_bytes(kb5 *out, const uint8_t in[KB5_BYTES])
{
    for (int i = 0; i < KB5_DEGREE; i++)
        if (!kb_from_bytes(&out->c[i], in + 4 * (KB5_DEGREE - 1 - i))) return false;
    return true;
}

#endif
