#ifndef COMMON_FIELD_KB_H
#define COMMON_FIELD_KB_H
/* The KoalaBear prime field F_p, p = 2^31 - 2^24 + 1, in Montgomery form (R = 2^32).
 *
 * A `kb` always holds x * 2^32 mod p, fully reduced (< p), so equality is equality of words.
 * A plain uint32_t in an interface is the canonical number x < p: what files, proofs, hashes and
 * traces hold. Never hash or store the Montgomery form.
 *
 * Threads: pure functions. Time: constant in the values (no data-dependent branch) except kb_pow,
 * whose time depends on the exponent.
 * Source: docs/protocol/proof.md section 1; numbers recomputed in tests/unit/common/field. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KB_P 0x7f000001u      /* p = 127 * 2^24 + 1 */
#define KB_P_INV 0x81000001u  /* p^-1 mod 2^32 */
#define KB_R2 0x17f7efe4u     /* 2^64 mod p */
#define KB_TWO_ADICITY 24     /* 2^24 divides p - 1 */
#define KB_GENERATOR 3u       /* canonical; generates the multiplicative group */
/* The Montgomery form of a canonical constant, as a constant expression. */
#define KB_MONT(x) ((kb)((((uint64_t)(x)) << 32) % KB_P))

typedef uint32_t kb;

static const kb kb_zero = 0;
static const kb kb_one = KB_MONT(1);

/* t * 2^-32 mod p for t < p * 2^32, fully reduced. */
static inline kb kb_reduce(uint64_t t)
{
    uint32_t q = (uint32_t)t * KB_P_INV;
    uint32_t hi = (uint32_t)(t >> 32);
    uint32_t m = (uint32_t)(((uint64_t)q * KB_P) >> 32);
    uint32_t d = hi - m;
    return d + (KB_P & (0u - (uint32_t)(hi < m)));
}

static inline kb kb_add(kb a, kb b)
{
    uint32_t s = a + b, t = s - KB_P;
    return s < t ? s : t; /* t wraps above s exactly when s < p */
}

static inline kb kb_sub(kb a, kb b)
{
    uint32_t s = a - b, t = s + KB_P;
    return s < t ? s : t;
}

static inline kb kb_neg(kb a)
{
    return kb_sub(0, a);
}

static inline kb kb_double(kb a)
{
    return kb_add(a, a);
}

static inline kb kb_mul(kb a, kb b)
{
    return kb_reduce((uint64_t)a * b);
}

static inline kb kb_sqr(kb a)
{
    return kb_mul(a, a);
}

/* a / 2. */
static inline kb kb_half(kb a)
{
    return (a >> 1) + ((KB_P + 1) / 2 & (0u - (a & 1)));
}

/* Any 32-bit number, reduced mod p. Callers that must refuse x >= p use kb_is_canonical first. */
static inline kb kb_from_u32(uint32_t x)
{
    return kb_reduce((uint64_t)x * KB_R2);
}

static inline kb kb_from_u64(uint64_t x)
{
    return kb_from_u32((uint32_t)(x % KB_P));
}

/* x mod p of a signed number. */
static inline kb kb_from_i64(int64_t x)
{
    return x < 0 ? kb_neg(kb_from_u64(0u - (uint64_t)x)) : kb_from_u64((uint64_t)x);
}

/* The canonical number, < p. */
static inline uint32_t kb_to_u32(kb a)
{
    return kb_reduce(a);
}

static inline bool kb_is_canonical(uint32_t x)
{
    return x < KB_P;
}

/* a^e; 0^0 = 1. */
static inline kb kb_pow(kb a, uint64_t e)
{
    kb r = kb_one;
    for (; e != 0; e >>= 1) {
        if (e & 1) r = kb_mul(r, a);
        a = kb_sqr(a);
    }
    return r;
}

/* a^(p-2): the inverse, and 0 for a = 0. */
static inline kb kb_inv(kb a)
{
    return kb_pow(a, KB_P - 2);
}

/* The root of unity of order 2^log, 3^((p-1)/2^log); log <= KB_TWO_ADICITY. */
static inline kb kb_root(uint32_t log)
{
    return kb_pow(KB_MONT(KB_GENERATOR), (uint64_t)(KB_P - 1) >> log);
}

/* 4 bytes big-endian, canonical. */
static inline void kb_to_bytes(uint8_t out[4], kb a)
{
    uint32_t x = kb_to_u32(a);
    out[0] = (uint8_t)(x >> 24);
    out[1] = (uint8_t)(x >> 16);
    out[2] = (uint8_t)(x >> 8);
    out[3] = (uint8_t)x;
}

/* False, and *out untouched, when the four bytes are not below p. */
static inline bool kb_from_bytes(kb *out, const uint8_t in[4])
{
    uint32_t x = (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
    if (!kb_is_canonical(x)) return false;
    *out = kb_from_u32(x);
    return true;
}

#endif
