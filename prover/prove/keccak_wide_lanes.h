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

/* rho and pi of one lane: b[to] = rol(a[from], n). */
#define THETA(i) kw_xor3(a[i], c[((i) + 4) % 5], e[(i) % 5])
#define RP(to, from, n) b[to] = kw_rol(THETA(from), n)

static inline void permute(kw a[25])
{
    for (int round = 0; round < 24; round++) {
        kw b[25], c[5], e[5]; /* theta adds c[x - 1] and e[x] */
        for (int x = 0; x < 5; x++)
            c[x] = kw_xor3(kw_xor3(a[x], a[x + 5], a[x + 10]), a[x + 15], a[x + 20]);
        for (int x = 0; x < 5; x++)
            e[x] = kw_rol(c[(x + 1) % 5], 1);
        b[0] = THETA(0);
        RP(10, 1, 1), RP(20, 2, 62), RP(5, 3, 28), RP(15, 4, 27);
        RP(16, 5, 36), RP(1, 6, 44), RP(11, 7, 6), RP(21, 8, 55), RP(6, 9, 20);
        RP(7, 10, 3), RP(17, 11, 10), RP(2, 12, 43), RP(12, 13, 25), RP(22, 14, 39);
        RP(23, 15, 41), RP(8, 16, 45), RP(18, 17, 15), RP(3, 18, 21), RP(13, 19, 8);
        RP(14, 20, 18), RP(24, 21, 2), RP(9, 22, 61), RP(19, 23, 56), RP(4, 24, 14);
        for (int y = 0; y < 25; y += 5)
            for (int x = 0; x < 5; x++)
                a[y + x] = kw_chi(b[y + x], b[y + (x + 1) % 5], b[y + (x + 2) % 5]);
        a[0] = kw_xor(a[0], kw_set1(round_constants[round]));
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
