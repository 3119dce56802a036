/* Rows of the tables sha256 and blocks (FIPS 180-4), for the bytes of a segment and the tape of a
 * batch. */
#include <stdio.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/air/leaf.h"
#include "prover/trace/witness_internal.h"

static uint32_t rotr(uint32_t x, uint32_t n)
{
    return x >> n | x << (32 - n);
}

static uint32_t column_of(const struct sha_fill *s, const char *kind, int32_t i, const char *part)
{
    char name[48];
    int n = snprintf(name, sizeof name, "%s%d %s", kind, (int)i, part);
    REQUIRE(n > 0 && (size_t)n < sizeof name);
    return w_column(s->w, s->table, name);
}

bool sha_fill_init(struct sha_fill *s, struct witness *w)
{
    *s = (struct sha_fill){.w = w, .table = w_table(w, "sha256"), .blocks = w_table(w, "blocks")};
    if (s->table == NO_TABLE || s->blocks == NO_TABLE) return false;
    s->n_blocks = 1u << (w->system->tables[s->blocks]->log_height - 3);
    s->per_row = 64 * s->n_blocks / (1u << w->system->tables[s->table]->log_height);
    REQUIRE(s->per_row <= SHA_FILL_ROUNDS);
    s->a[0] = column_of(s, "A", -4, "lo");
    s->e[0] = column_of(s, "E", -4, "lo");
    for (uint32_t i = 1; i < 3 + s->per_row; i++) {
        s->a[i] = column_of(s, "A", (int32_t)i - 4, "bit 0");
        s->e[i] = column_of(s, "E", (int32_t)i - 4, "bit 0");
    }
    for (uint32_t k = 0; k < s->per_row; k++) {
        int32_t ki = (int32_t)k;
        s->word[k] = column_of(s, "W", ki, "bit 0");
        s->got[k][0] = column_of(s, "sigma1", ki, "lo");
        s->got[k][1] = column_of(s, "W7", ki, "lo");
        s->got[k][2] = column_of(s, "sigma0", ki, "lo");
        s->got[k][3] = column_of(s, "W16", ki, "lo");
        s->carry[k][0] = column_of(s, "E", ki, "carry lo 0");
        s->carry[k][1] = column_of(s, "A", ki, "carry lo 0");
        s->carry[k][2] = column_of(s, "W", ki, "carry lo 0");
    }
    s->before = w_column(w, s->blocks, "before lo");
    s->after = w_column(w, s->blocks, "after lo");
    s->carry_out = w_column(w, s->blocks, "carry lo");
    return true;
}

/* The bits of a word into 32 columns. */
static void put_bits(const struct sha_fill *s, uint32_t row, uint32_t column, uint32_t value)
{
    uint32_t bits[32];
    for (uint32_t b = 0; b < 32; b++)
        bits[b] = value >> b & 1;
    w_set_n(s->w, s->table, row, column, bits, 32);
}

/* Two columns: lo, hi. */
static void put_limbs(const struct sha_fill *s, uint32_t row, uint32_t column, uint32_t value)
{
    const uint32_t limbs[2] = {value & 0xffff, value >> 16};
    w_set_n(s->w, s->table, row, column, limbs, 2);
}

/* Carries of a sum of words (as many as n_plus) less one word, as bits of value + offset: `bits`
 * columns of the low half, then as many of the high half. */
static void put_carries(const struct sha_fill *s, uint32_t row, uint32_t column,
                        const uint32_t *plus, uint32_t n_plus, uint32_t minus, uint32_t bits,
                        int64_t offset)
{
    int64_t lo = -(int64_t)(minus & 0xffff), hi = -(int64_t)(minus >> 16);
    for (uint32_t k = 0; k < n_plus; k++) {
        lo += plus[k] & 0xffff;
        hi += plus[k] >> 16;
    }
    int64_t carry[2] = {(lo + 65536 * 8) / 65536 - 8, 0};
    hi += carry[0];
    carry[1] = (hi + 65536 * 8) / 65536 - 8;
    for (uint32_t h = 0; h < 2; h++) {
        REQUIRE(carry[h] + offset >= 0 && carry[h] + offset < 1 << bits);
        for (uint32_t b = 0; b < bits; b++)
            w_set(s->w, s->table, row, column + bits * h + b,
                  (uint32_t)(carry[h] + offset) >> b & 1);
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
static void fill_rounds(const struct sha_fill *s, uint32_t block, const uint32_t words[16],
                        const uint32_t hash[8], uint32_t after[8])
{
    uint32_t W[64], a[68], e[68]; /* a[t + 4] = A of round t */
    for (uint32_t t = 0; t < 64; t++)
        W[t] = t < 16 ? words[t] : sigma1(W[t - 2]) + W[t - 7] + sigma0(W[t - 15]) + W[t - 16];
    for (uint32_t i = 0; i < 4; i++) {
        a[3 - i] = hash[i];
        e[3 - i] = hash[4 + i];
    }
    for (uint32_t t = 0; t < 64; t++) {
        uint32_t k = t % s->per_row, row = (64 * block + t) / s->per_row;
        uint32_t A = a[t + 3], E = e[t + 3];
        uint32_t ch = (E & e[t + 2]) ^ (~E & e[t + 1]);
        uint32_t maj = (A & a[t + 2]) ^ (A & a[t + 1]) ^ (a[t + 2] & a[t + 1]);
        uint32_t plus_e[6] = {a[t], e[t],    rotr(E, 6) ^ rotr(E, 11) ^ rotr(E, 25),
                              ch,   AIR_SHA256_K[t], W[t]};
        e[t + 4] = 0;
        for (uint32_t i = 0; i < 6; i++)
            e[t + 4] += plus_e[i];
        uint32_t plus_a[3] = {e[t + 4], rotr(A, 2) ^ rotr(A, 13) ^ rotr(A, 22), maj};
        a[t + 4] = plus_a[0] + plus_a[1] + plus_a[2] - a[t];
        if (k == 0) {
            put_limbs(s, row, s->a[0], a[t]);
            put_limbs(s, row, s->e[0], e[t]);
            for (uint32_t i = 1; i < 4; i++) {
                put_bits(s, row, s->a[i], a[t + i]);
                put_bits(s, row, s->e[i], e[t + i]);
            }
        }
        if (k + 1 < s->per_row) {
            put_bits(s, row, s->a[4 + k], a[t + 4]);
            put_bits(s, row, s->e[4 + k], e[t + 4]);
        }
        put_bits(s, row, s->word[k], W[t]);
        put_carries(s, row, s->carry[k][0], plus_e, 6, 0, 3, 0);
        put_carries(s, row, s->carry[k][1], plus_a, 3, a[t], 2, 1);
        if (t < 16) continue;
        uint32_t plus_w[4] = {sigma1(W[t - 2]), W[t - 7], sigma0(W[t - 15]), W[t - 16]};
        for (uint32_t i = 0; i < 4; i++)
            put_limbs(s, row, s->got[k][i], plus_w[i]);
        put_carries(s, row, s->carry[k][2], plus_w, 4, 0, 2, 0);
    }
    for (uint32_t i = 0; i < 4; i++) {
        after[i] = a[67 - i];
        after[4 + i] = e[67 - i];
    }
}

void sha_fill_initial(uint32_t hash[8])
{
    memcpy(hash, AIR_SHA256_IV, sizeof AIR_SHA256_IV);
}

void sha_fill_block(const struct sha_fill *s, uint32_t block, const uint32_t words[16],
                    uint32_t hash[8])
{
    uint32_t after[8];
    fill_rounds(s, block, words, hash, after);
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t row = 8 * block + i, lo = (hash[i] & 0xffff) + (after[i] & 0xffff);
        uint32_t hi = (hash[i] >> 16) + (after[i] >> 16) + (lo >> 16);
        const uint32_t before2[2] = {hash[i] & 0xffff, hash[i] >> 16};
        const uint32_t after2[2] = {after[i] & 0xffff, after[i] >> 16};
        const uint32_t carry2[2] = {lo >> 16, hi >> 16};
        w_set_n(s->w, s->blocks, row, s->before, before2, 2);
        w_set_n(s->w, s->blocks, row, s->after, after2, 2);
        w_set_n(s->w, s->blocks, row, s->carry_out, carry2, 2);
        hash[i] += after[i];
    }
}
