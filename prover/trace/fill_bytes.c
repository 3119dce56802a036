#include <stdio.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/trace/witness_internal.h"

static const uint32_t K256[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
static const uint32_t IV256[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static uint32_t rotr(uint32_t x, uint32_t n)
{
    return x >> n | x << (32 - n);
}

/* The bits of a word into 32 columns that begin with "<kind><i> bit 0". */
static void put_bits(struct witness *w, uint32_t table, uint32_t row, const char *kind, int32_t i,
                     uint32_t value)
{
    char name[48];
    uint32_t bits[32];
    for (uint32_t b = 0; b < 32; b++)
        bits[b] = value >> b & 1;
    snprintf(name, sizeof name, "%s%d bit 0", kind, (int)i);
    w_set_n(w, table, row, w_column(w, table, name), bits, 32);
}

/* Two columns "<kind><i> lo", "<kind><i> hi". */
static void put_limbs(struct witness *w, uint32_t table, uint32_t row, const char *kind, int32_t i,
                      uint32_t value)
{
    char name[48];
    uint32_t limbs[2] = {value & 0xffff, value >> 16};
    snprintf(name, sizeof name, "%s%d lo", kind, (int)i);
    w_set_n(w, table, row, w_column(w, table, name), limbs, 2);
}

/* Carries of a sum of words (as many as n_plus) less one word, as bits of value + offset. */
static void put_carries(struct witness *w, uint32_t table, uint32_t row, const char *kind,
                        int32_t i, const uint32_t *plus, uint32_t n_plus, uint32_t minus,
                        uint32_t bits, int64_t offset)
{
    int64_t lo = -(int64_t)(minus & 0xffff), hi = -(int64_t)(minus >> 16);
    for (uint32_t k = 0; k < n_plus; k++) {
        lo += plus[k] & 0xffff;
        hi += plus[k] >> 16;
    }
    int64_t carry[2] = {(lo + 65536 * 8) / 65536 - 8, 0};
    hi += carry[0];
    carry[1] = (hi + 65536 * 8) / 65536 - 8;
    static const char *const limb[2] = {"lo", "hi"};
    for (uint32_t h = 0; h < 2; h++) {
        REQUIRE(carry[h] + offset >= 0 && carry[h] + offset < 1 << bits);
        for (uint32_t b = 0; b < bits; b++) {
            char name[48];
            snprintf(name, sizeof name, "%s%d carry %s %u", kind, (int)i, limb[h], (unsigned)b);
            w_put(w, table, row, name, (uint32_t)(carry[h] + offset) >> b & 1);
        }
    }
}

static uint32_t sigma0(uint32_t x)
{
    return rotr(x, 7) ^ rotr(x, 18) ^ x >> 3;
}

static uint32_t sigma1(uint32_t x)
{
    return rotr(x, 17) ^ rotr(x, 19) ^ x >> 10;
}

/* Rounds of one block from `hash` on; returns the working variables after round 63. */
static void fill_block(struct witness *w, uint32_t table, uint32_t block, uint32_t per_row,
                       const uint32_t words[16], const uint32_t hash[8], uint32_t after[8])
{
    uint32_t W[64], a[68], e[68]; /* a[t + 4] = A of round t */
    for (uint32_t t = 0; t < 64; t++)
        W[t] = t < 16 ? words[t] : sigma1(W[t - 2]) + W[t - 7] + sigma0(W[t - 15]) + W[t - 16];
    for (uint32_t i = 0; i < 4; i++) {
        a[3 - i] = hash[i];
        e[3 - i] = hash[4 + i];
    }
    for (uint32_t t = 0; t < 64; t++) {
        uint32_t k = t % per_row, row = (64 * block + t) / per_row;
        int32_t ki = (int32_t)k;
        uint32_t A = a[t + 3], E = e[t + 3];
        uint32_t ch = (E & e[t + 2]) ^ (~E & e[t + 1]);
        uint32_t maj = (A & a[t + 2]) ^ (A & a[t + 1]) ^ (a[t + 2] & a[t + 1]);
        uint32_t plus_e[6] = {a[t], e[t], rotr(E, 6) ^ rotr(E, 11) ^ rotr(E, 25), ch, K256[t], W[t]};
        e[t + 4] = 0;
        for (uint32_t i = 0; i < 6; i++)
            e[t + 4] += plus_e[i];
        uint32_t plus_a[3] = {e[t + 4], rotr(A, 2) ^ rotr(A, 13) ^ rotr(A, 22), maj};
        a[t + 4] = plus_a[0] + plus_a[1] + plus_a[2] - a[t];
        if (k == 0) {
            put_limbs(w, table, row, "A", -4, a[t]);
            put_limbs(w, table, row, "E", -4, e[t]);
            for (int32_t i = -3; i < 0; i++) {
                put_bits(w, table, row, "A", i, a[(int32_t)t + 4 + i]);
                put_bits(w, table, row, "E", i, e[(int32_t)t + 4 + i]);
            }
        }
        if (k + 1 < per_row) {
            put_bits(w, table, row, "A", ki, a[t + 4]);
            put_bits(w, table, row, "E", ki, e[t + 4]);
        }
        put_bits(w, table, row, "W", ki, W[t]);
        put_carries(w, table, row, "E", ki, plus_e, 6, 0, 3, 0);
        put_carries(w, table, row, "A", ki, plus_a, 3, a[t], 2, 1);
        if (t >= 16) {
            uint32_t plus_w[4] = {sigma1(W[t - 2]), W[t - 7], sigma0(W[t - 15]), W[t - 16]};
            static const char *const kind[4] = {"sigma1", "W7", "sigma0", "W16"};
            for (uint32_t i = 0; i < 4; i++)
                put_limbs(w, table, row, kind[i], ki, plus_w[i]);
            put_carries(w, table, row, "W", ki, plus_w, 4, 0, 2, 0);
        }
    }
    for (uint32_t i = 0; i < 4; i++) {
        after[i] = a[67 - i];
        after[4 + i] = e[67 - i];
    }
}

static void fill_sha256(struct witness *w, const uint32_t *words, uint32_t last_block)
{
    uint32_t table = w_table(w, "sha256"), blocks = w_table(w, "blocks");
    if (table == NO_TABLE || blocks == NO_TABLE) return;
    uint32_t n_blocks = 1u << (w->system->tables[blocks]->log_height - 3);
    uint32_t per_row = 64 * n_blocks / (1u << w->system->tables[table]->log_height);
    uint32_t hash[8];
    memcpy(hash, IV256, sizeof hash);
    for (uint32_t b = 0; b < n_blocks; b++) {
        uint32_t after[8];
        fill_block(w, table, b, per_row, words + 16 * b, hash, after);
        for (uint32_t i = 0; i < 8; i++) {
            uint32_t row = 8 * b + i, lo = (hash[i] & 0xffff) + (after[i] & 0xffff);
            w_put(w, blocks, row, "used", b <= last_block);
            w_put(w, blocks, row, "last", b == last_block);
            w_put(w, blocks, row, "before lo", hash[i] & 0xffff);
            w_put(w, blocks, row, "before hi", hash[i] >> 16);
            w_put(w, blocks, row, "after lo", after[i] & 0xffff);
            w_put(w, blocks, row, "after hi", after[i] >> 16);
            w_put(w, blocks, row, "carry lo", lo >> 16);
            w_put(w, blocks, row, "carry hi", ((hash[i] >> 16) + (after[i] >> 16) + (lo >> 16)) >> 16);
            hash[i] += after[i];
        }
    }
}

void fill_bytes(struct witness *w, const struct chain_trace *trace)
{
    uint32_t table = w_table(w, "bytes");
    if (table == NO_TABLE) return;
    uint32_t rows = 1u << w->system->tables[table]->log_height, length = trace->n_bytes;
    if (length + 9 > 4 * rows) {
        w_fail(w, ERR_FULL, "table bytes: %u bytes and their padding exceed %u", (unsigned)length,
               (unsigned)(4 * rows));
        return;
    }
    uint32_t last_block = (length + 8) / 64, words[(BATCH_BYTES_MAX + 9) / 4];
    REQUIRE(rows <= ARRAY_LEN(words));
    for (uint32_t r = 0; r < rows; r++) {
        uint32_t b[4];
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t pos = 4 * r + k;
            b[k] = pos < length ? trace->bytes[pos] : pos == length ? 0x80 : 0;
        }
        bool is_length = r == 16 * last_block + 15;
        if (is_length) {
            b[2] = 8 * length >> 8;
            b[3] = 8 * length & 0xff;
        }
        words[r] = b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
        w_put_n(w, table, r, "byte", b, 4);
        w_put(w, table, r, "full", 4 * r + 4 <= length);
        if (4 * r <= length && length < 4 * r + 4)
            w_set(w, table, r, w_column(w, table, "end 0") + length % 4, 1);
        w_put(w, table, r, "length", is_length);
        w_put(w, table, r, "L", length);
    }
    fill_sha256(w, words, last_block);
}
