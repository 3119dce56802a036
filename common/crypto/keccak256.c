#include "common/crypto/keccak256.h"

#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"

/* Round constants: output of the reference's LFSR (section 1.2). */
static const uint64_t round_constants[24] = {
    UINT64_C(0x0000000000000001), UINT64_C(0x0000000000008082), UINT64_C(0x800000000000808a),
    UINT64_C(0x8000000080008000), UINT64_C(0x000000000000808b), UINT64_C(0x0000000080000001),
    UINT64_C(0x8000000080008081), UINT64_C(0x8000000000008009), UINT64_C(0x000000000000008a),
    UINT64_C(0x0000000000000088), UINT64_C(0x0000000080008009), UINT64_C(0x000000008000000a),
    UINT64_C(0x000000008000808b), UINT64_C(0x800000000000008b), UINT64_C(0x8000000000008089),
    UINT64_C(0x8000000000008003), UINT64_C(0x8000000000008002), UINT64_C(0x8000000000000080),
    UINT64_C(0x000000000000800a), UINT64_C(0x800000008000000a), UINT64_C(0x8000000080008081),
    UINT64_C(0x8000000000008080), UINT64_C(0x0000000080000001), UINT64_C(0x8000000080008008),
};

/* rho: rotation of lane x + 5y; pi: lane x + 5y moves to y + 5(2x + 3y). */
static const uint8_t rotations[25] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                      25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};

static inline uint64_t rotl64(uint64_t v, unsigned n)
{
    return n == 0 ? v : (v << n) | (v >> (64 - n));
}

void keccak_f1600(uint64_t lane[25])
{
    for (unsigned round = 0; round < 24; round++) {
        uint64_t c[5];
        uint64_t b[25];
#pragma GCC unroll 5
        for (unsigned x = 0; x < 5; x++) {
            c[x] = lane[x] ^ lane[x + 5] ^ lane[x + 10] ^ lane[x + 15] ^ lane[x + 20];
        }
#pragma GCC unroll 5
        for (unsigned x = 0; x < 5; x++) {
            uint64_t d = c[(x + 4) % 5] ^ rotl64(c[(x + 1) % 5], 1);
#pragma GCC unroll 5
            for (unsigned y = 0; y < 5; y++) {
                unsigned from = x + 5 * y;
                b[y + 5 * ((2 * x + 3 * y) % 5)] = rotl64(lane[from] ^ d, rotations[from]);
            }
        }
#pragma GCC unroll 5
        for (unsigned y = 0; y < 25; y += 5) {
#pragma GCC unroll 5
            for (unsigned x = 0; x < 5; x++) {
                lane[x + y] = b[x + y] ^ (~b[(x + 1) % 5 + y] & b[(x + 2) % 5 + y]);
            }
        }
        lane[0] ^= round_constants[round];
    }
}

void keccak256_init(struct keccak256 *k)
{
    memset(k, 0, sizeof *k);
}

static void absorb_byte(struct keccak256 *k, size_t pos, uint8_t byte)
{
    k->lane[pos / 8] ^= (uint64_t)byte << (pos % 8 * 8);
}

void keccak256_update(struct keccak256 *k, const void *data, size_t len)
{
    REQUIRE(k->pos < KECCAK256_RATE);
    const uint8_t *p = data;
    while (len > 0) {
        if (k->pos % 8 == 0 && len >= 8) {
            k->lane[k->pos / 8] ^= get_le64(p);
            k->pos += 8;
            p += 8;
            len -= 8;
        } else {
            absorb_byte(k, k->pos, *p);
            k->pos++;
            p++;
            len--;
        }
        if (k->pos == KECCAK256_RATE) {
            keccak_f1600(k->lane);
            k->pos = 0;
        }
    }
}

void keccak256_final(struct keccak256 *k, uint8_t out[KECCAK256_SIZE])
{
    absorb_byte(k, k->pos, 0x01);
    absorb_byte(k, KECCAK256_RATE - 1, 0x80);
    keccak_f1600(k->lane);
    for (size_t i = 0; i < 4; i++)
        put_le64(out + 8 * i, k->lane[i]);
    explicit_bzero(k, sizeof *k);
}

void keccak256(uint8_t out[KECCAK256_SIZE], const void *data, size_t len)
{
    struct keccak256 k;
    keccak256_init(&k);
    keccak256_update(&k, data, len);
    keccak256_final(&k, out);
}
