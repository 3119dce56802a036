/* Keccak-256 of KW_LANES messages at a time; included by exactly the keccak_wide_<isa>.c files,
 * after they define the type kw and kw_set1, kw_xor, kw_xor3, kw_rol, kw_chi, kw_gather, kw_scatter.
 * Source: the Keccak reference 3.0, section 1.2 (step mappings) and 1.1 (multi-rate padding). */
#include <string.h>

#include "prover/prove/keccak_wide_tables.h"

static const uint64_t round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/* In-place rounds: the five lanes that make up a plane after rho and pi are overwritten by that
 * plane, so 25 registers and ten temporaries suffice. Lane (x, y) then lies at (x, M^r (x, y)) in
 * round r, with M (x, y) = x + 2 y mod 5, which is the identity again after four rounds. */
#define AT0(x, y) ((x) + 5 * (y))
#define AT1(x, y) ((x) + 5 * (((x) + 2 * (y)) % 5))
#define AT2(x, y) ((x) + 5 * ((3 * (x) + 4 * (y)) % 5))
#define AT3(x, y) ((x) + 5 * ((2 * (x) + 3 * (y)) % 5))

/* Plane y of the next round, from the lanes (xj, j) rotated by rj; P and Q place the lanes before
 * and after. */
#define PLANE(P, Q, y, x0, r0, x1, r1, x2, r2, x3, r3, x4, r4)                                     \
    do {                                                                                           \
        const kw b0 = kw_rol(kw_xor(a[P(x0, 0)], d[x0]), r0);                                      \
        const kw b1 = kw_rol(kw_xor(a[P(x1, 1)], d[x1]), r1);                                      \
        const kw b2 = kw_rol(kw_xor(a[P(x2, 2)], d[x2]), r2);                                      \
        const kw b3 = kw_rol(kw_xor(a[P(x3, 3)], d[x3]), r3);                                      \
        const kw b4 = kw_rol(kw_xor(a[P(x4, 4)], d[x4]), r4);                                      \
        a[Q(0, y)] = kw_chi(b0, b1, b2);                                                           \
        a[Q(1, y)] = kw_chi(b1, b2, b3);                                                           \
        a[Q(2, y)] = kw_chi(b2, b3, b4);                                                           \
        a[Q(3, y)] = kw_chi(b3, b4, b0);                                                           \
        a[Q(4, y)] = kw_chi(b4, b0, b1);                                                           \
    } while (0)

#define COLUMN(x) kw_xor3(kw_xor3(a[x], a[(x) + 5], a[(x) + 10]), a[(x) + 15], a[(x) + 20])

#define ROUND(P, Q, constant)                                                                      \
    do {                                                                                           \
        const kw c0 = COLUMN(0), c1 = COLUMN(1), c2 = COLUMN(2), c3 = COLUMN(3), c4 = COLUMN(4);   \
        const kw d[5] = {kw_xor(c4, kw_rol(c1, 1)), kw_xor(c0, kw_rol(c2, 1)),                     \
                         kw_xor(c1, kw_rol(c3, 1)), kw_xor(c2, kw_rol(c4, 1)),                     \
                         kw_xor(c3, kw_rol(c0, 1))};                                               \
        PLANE(P, Q, 0, 0, 0, 1, 44, 2, 43, 3, 21, 4, 14);                                          \
        PLANE(P, Q, 1, 3, 28, 4, 20, 0, 3, 1, 45, 2, 61);                                          \
        PLANE(P, Q, 2, 1, 1, 2, 6, 3, 25, 4, 8, 0, 18);                                            \
        PLANE(P, Q, 3, 4, 27, 0, 36, 1, 10, 2, 15, 3, 56);                                         \
        PLANE(P, Q, 4, 2, 62, 3, 55, 4, 39, 0, 41, 1, 2);                                          \
        a[0] = kw_xor(a[0], kw_set1(constant));                                                    \
    } while (0)

static inline void permute(kw a[25])
{
    for (int r = 0; r < 24; r += 4) {
        ROUND(AT0, AT1, round_constants[r]);
        ROUND(AT1, AT2, round_constants[r + 1]);
        ROUND(AT2, AT3, round_constants[r + 2]);
        ROUND(AT3, AT0, round_constants[r + 3]);
    }
}

enum { RATE = 136, RATE_WORDS = RATE / 8 };

/* KW_LANES messages, all of them present. */
static void hash_full(uint8_t *out, const uint8_t *in, size_t stride, size_t len)
{
    kw a[25];
    for (int i = 0; i < 25; i++)
        a[i] = kw_set1(0);
    size_t at = 0;
    for (; len - at >= RATE; at += RATE) {
        for (size_t i = 0; i < RATE_WORDS; i++)
            a[i] = kw_xor(a[i], kw_gather(in + at + 8 * i, stride));
        permute(a);
    }
    /* The last block: whole words, the bytes after them, the padding. */
    const size_t whole = (len - at) / 8, rest = (len - at) % 8;
    for (size_t i = 0; i < whole; i++)
        a[i] = kw_xor(a[i], kw_gather(in + at + 8 * i, stride));
    uint8_t word[KW_LANES][8];
    for (size_t m = 0; m < KW_LANES; m++) {
        memset(word[m], 0, 8);
        if (rest > 0) memcpy(word[m], in + m * stride + at + 8 * whole, rest);
        word[m][rest] ^= 0x01;
    }
    a[whole] = kw_xor(a[whole], kw_gather(word[0], 8));
    a[RATE_WORDS - 1] = kw_xor(a[RATE_WORDS - 1], kw_set1((uint64_t)0x80 << 56));
    permute(a);
    for (size_t i = 0; i < 4; i++)
        kw_scatter(out + 8 * i, 32, a[i]);
}

static void hash(uint8_t *out, const uint8_t *in, size_t stride, size_t len, size_t n)
{
    size_t i = 0;
    for (; n - i >= KW_LANES; i += KW_LANES)
        hash_full(out + 32 * i, in + i * stride, stride, len);
    if (i < n) keccak_wide_portable()->hash(out + 32 * i, in + i * stride, stride, len, n - i);
}

static const struct keccak_wide_ops ops = {KW_NAME, hash};
