#include <stdio.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/air/leaf.h"

/* SHA-256 (FIPS 180-4) over all blocks of the bytes table, R rounds per row; R = 1, 2 or 4.
 * A word is two 16-bit limbs; words that enter Maj, Ch and the Sigmas are kept as bits. Written as
 * two sequences: a = A[t-1], b = A[t-2], c = A[t-3], d = A[t-4]; e..h likewise from E; then
 *   E[t] = d + h + Sigma1(e) + Ch(e,f,g) + K[t] + W[t]
 *   A[t] = E[t] - d + Sigma0(a) + Maj(a,b,c).                                                   */

enum { MAX_R = 4 };

const uint32_t AIR_SHA256_K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
const uint32_t AIR_SHA256_IV[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* One 32-bit word: limbs always, bits where the table has them. */
struct word {
    ir_x lo, hi, bit[32];
    bool has_bits;
};

static ir_x named_col(struct ir_table *t, const char *kind, int32_t i, const char *part)
{
    char name[48];
    snprintf(name, sizeof name, "%s%d %s", kind, (int)i, part);
    return air_col(t, name);
}

static ir_x named_flag(struct ir_table *t, const char *kind, int32_t i, const char *part)
{
    char name[48];
    snprintf(name, sizeof name, "%s%d %s", kind, (int)i, part);
    return air_flag(t, name);
}

static void word_bits(struct ir_table *t, struct word *w, const char *kind, int32_t i)
{
    for (uint32_t b = 0; b < 32; b++) {
        char part[16];
        snprintf(part, sizeof part, "bit %u", (unsigned)b);
        w->bit[b] = named_flag(t, kind, i, part);
    }
    w->lo = ir_pack(t, w->bit, 16, 1);
    w->hi = ir_pack(t, w->bit + 16, 16, 1);
    w->has_bits = true;
}

static ir_x xor2(struct ir_table *t, ir_x a, ir_x b)
{
    return ir_sub(t, ir_add(t, a, b), ir_scale(t, 2, ir_mul(t, a, b)));
}

/* x >>> r for rotations (the bit that comes to position i), or 0 past the end of a shift. */
static ir_x moved(struct ir_table *t, const struct word *w, uint32_t i, uint32_t r, bool shift)
{
    uint32_t from = i + r;
    if (shift && from >= 32) return ir_const(t, 0);
    return w->bit[from % 32];
}

/* (x >>> r0) ^ (x >>> r1) ^ (x >>> or >> r2), as limbs. */
static struct word sigma(struct ir_table *t, const struct word *w, uint32_t r0, uint32_t r1,
                         uint32_t r2, bool shift)
{
    REQUIRE(w->has_bits);
    ir_x bit[32];
    for (uint32_t i = 0; i < 32; i++) {
        ir_x x = xor2(t, moved(t, w, i, r0, false), moved(t, w, i, r1, false));
        bit[i] = xor2(t, x, moved(t, w, i, r2, shift));
    }
    return (struct word){.lo = ir_pack(t, bit, 16, 1), .hi = ir_pack(t, bit + 16, 16, 1)};
}

static struct word choose(struct ir_table *t, const struct word *e, const struct word *f,
                          const struct word *g)
{
    ir_x bit[32];
    for (uint32_t i = 0; i < 32; i++)
        bit[i] = air_select(t, e->bit[i], f->bit[i], g->bit[i]);
    return (struct word){.lo = ir_pack(t, bit, 16, 1), .hi = ir_pack(t, bit + 16, 16, 1)};
}

/* a b + c (a + b - 2 a b) */
static struct word majority(struct ir_table *t, const struct word *a, const struct word *b,
                            const struct word *c)
{
    ir_x bit[32];
    for (uint32_t i = 0; i < 32; i++)
        bit[i] = ir_add(t, ir_mul(t, a->bit[i], b->bit[i]),
                        ir_mul(t, c->bit[i], xor2(t, a->bit[i], b->bit[i])));
    return (struct word){.lo = ir_pack(t, bit, 16, 1), .hi = ir_pack(t, bit + 16, 16, 1)};
}

/* Carry of n boolean columns, less `offset`. */
static ir_x carry_col(struct ir_table *t, const char *kind, int32_t i, const char *limb, uint32_t n,
                      uint32_t offset)
{
    ir_x bits[3];
    for (uint32_t b = 0; b < n; b++) {
        char part[32];
        snprintf(part, sizeof part, "carry %s %u", limb, (unsigned)b);
        bits[b] = named_flag(t, kind, i, part);
    }
    return ir_sub(t, ir_pack(t, bits, n, 1), ir_const(t, offset));
}

/* The sum modulo 2^32, as limbs less their carries. Whoever proves the limbs to be 16-bit (the bits
 * they are compared with) makes the carries unique: they are small integers. */
static struct word sum_words(struct ir_table *t, const struct word *const *plus, uint32_t n,
                             const struct word *minus, const char *kind, int32_t i,
                             uint32_t carry_bits, uint32_t offset)
{
    ir_x lo = ir_const(t, 0), hi = ir_const(t, 0);
    for (uint32_t k = 0; k < n; k++) {
        lo = ir_add(t, lo, plus[k]->lo);
        hi = ir_add(t, hi, plus[k]->hi);
    }
    if (minus != NULL) {
        lo = ir_sub(t, lo, minus->lo);
        hi = ir_sub(t, hi, minus->hi);
    }
    ir_x c_lo = carry_col(t, kind, i, "lo", carry_bits, offset);
    ir_x c_hi = carry_col(t, kind, i, "hi", carry_bits, offset);
    struct word w = {.has_bits = false};
    w.lo = ir_sub(t, lo, ir_scale(t, 1u << 16, c_lo));
    w.hi = ir_sub(t, ir_add(t, hi, c_lo), ir_scale(t, 1u << 16, c_hi));
    return w;
}

static void assert_word(struct ir_table *t, ir_x flag, const struct word *a, const struct word *b,
                        const char *kind, int32_t i)
{
    char name[48];
    snprintf(name, sizeof name, "%s%d low half", kind, (int)i);
    air_when_eq(t, flag, a->lo, b->lo, name);
    snprintf(name, sizeof name, "%s%d high half", kind, (int)i);
    air_when_eq(t, flag, a->hi, b->hi, name);
}

struct rounds {
    struct ir_table *t;
    uint32_t n;        /* rounds per row */
    uint32_t log_rows; /* rows of one block */
    ir_x number[MAX_R]; /* round number over all blocks: 64 block + round */
    ir_x first_row, last_row;
};

/* 1 in the rows whose round k lies in [from, to]. */
static ir_x round_flag(const struct rounds *r, uint32_t k, uint32_t from, uint32_t to)
{
    uint32_t pattern[64];
    for (uint32_t row = 0; row < 64 / r->n; row++) {
        uint32_t round = row * r->n + k;
        pattern[row] = round >= from && round <= to;
    }
    return ir_fixed(r->t, r->log_rows, pattern);
}

static void word_message(const struct rounds *r, bool send, uint16_t bus, ir_x mult, ir_x key,
                         const struct word *w, const char *kind, uint32_t k)
{
    char name[48];
    snprintf(name, sizeof name, "%s %u", kind, (unsigned)k);
    ir_x f[3] = {key, w->lo, w->hi};
    if (send)
        ir_send(r->t, bus, mult, f, 3, name);
    else
        ir_receive(r->t, bus, mult, f, 3, name);
}

/* W of round k: from the bytes table in rounds 0..15, else by the schedule from four earlier words
 * that come by messages with unique round numbers. The received columns are free in rounds 0..15. */
static void schedule(const struct rounds *r, uint32_t k, struct word *w)
{
    static const struct {
        const char *kind;
        uint16_t bus;
        uint32_t back;
    } source[4] = {{"sigma1", BUS_SHA_SIGMA1, 2}, {"W7", BUS_SHA_W7, 7},
                   {"sigma0", BUS_SHA_SIGMA0, 15}, {"W16", BUS_SHA_W16, 16}};
    struct ir_table *t = r->t;
    int32_t ki = (int32_t)k;
    word_bits(t, w, "W", ki);
    struct word s0 = sigma(t, w, 7, 18, 3, true), s1 = sigma(t, w, 17, 19, 10, true);
    const struct word *sent[4] = {&s1, w, &s0, w};
    ir_x given = round_flag(r, k, 0, 15), made = round_flag(r, k, 16, 63);
    word_message(r, false, BUS_WORD, given, ir_add(t, ir_scale(t, 16, ir_idx(t, r->log_rows,
                 t->log_height - r->log_rows)), ir_add(t, ir_scale(t, r->n, ir_idx(t, 0,
                 r->log_rows)), ir_const(t, k))), w, "message word", k);
    struct word got[4];
    const struct word *plus[4];
    for (uint32_t i = 0; i < 4; i++) {
        char name[32];
        got[i].lo = named_col(t, source[i].kind, ki, "lo");
        got[i].hi = named_col(t, source[i].kind, ki, "hi");
        plus[i] = &got[i];
        snprintf(name, sizeof name, "%s in", source[i].kind);
        word_message(r, false, source[i].bus, made,
                     ir_sub(t, r->number[k], ir_const(t, source[i].back)), &got[i], name, k);
        snprintf(name, sizeof name, "%s out", source[i].kind);
        word_message(r, true, source[i].bus,
                     round_flag(r, k, 16 - source[i].back, 63 - source[i].back), r->number[k],
                     sent[i], name, k);
    }
    struct word next = sum_words(t, plus, 4, NULL, "W", ki, 2, 0);
    assert_word(t, made, w, &next, "schedule", ki);
}

/* Message of all eight working variables, linking the rows of a block; at its ends one message per
 * variable to and from the blocks table. */
static void link_rows(const struct rounds *r, const struct word *const in[8],
                      const struct word *const out[8])
{
    struct ir_table *t = r->t;
    ir_x f[17];
    f[0] = ir_idx(t, 0, t->log_height);
    for (uint32_t i = 0; i < 8; i++) {
        f[1 + 2 * i] = in[i]->lo;
        f[2 + 2 * i] = in[i]->hi;
    }
    ir_receive(t, BUS_SHA_STATE, air_not(t, r->first_row), f, 17, "state");
    f[0] = air_plus(t, f[0], 1);
    for (uint32_t i = 0; i < 8; i++) {
        f[1 + 2 * i] = out[i]->lo;
        f[2 + 2 * i] = out[i]->hi;
    }
    ir_send(t, BUS_SHA_STATE, air_not(t, r->last_row), f, 17, "next state");
    ir_x block8 = ir_scale(t, 8, ir_idx(t, r->log_rows, t->log_height - r->log_rows));
    for (uint32_t i = 0; i < 8; i++) {
        word_message(r, false, BUS_SHA_BEGIN, r->first_row, air_plus(t, block8, i), in[i], "begin",
                     i);
        word_message(r, true, BUS_SHA_END, r->last_row, air_plus(t, block8, i), out[i], "end", i);
    }
}

/* ---- sha256: every block of the bytes table, also those after the last one (their result is not
 * used), so the table has no flags: which round a row is follows from its number ----
 * Determinacy: the state by the row before or by the block's hash value; W by the bytes or the
 * schedule; the bits of words by their limbs; carries by the 16-bit limbs of the result (bits in
 * the next row; at the end of a block the range check of the blocks table fixes the word mod 2^32). */
void air_add_sha256_rounds(struct ir_system *s, uint32_t log_blocks, uint32_t rounds_per_row)
{
    REQUIRE(rounds_per_row == 1 || rounds_per_row == 2 || rounds_per_row == 4);
    struct rounds r = {.n = rounds_per_row, .log_rows = 6};
    for (uint32_t n = rounds_per_row; n > 1; n /= 2)
        r.log_rows--;
    struct ir_table *t = r.t = ir_table_new(s, "sha256", log_blocks + r.log_rows);
    for (uint32_t k = 0; k < r.n; k++)
        r.number[k] = air_plus(t, ir_scale(t, r.n, ir_idx(t, 0, t->log_height)), k);
    r.first_row = round_flag(&r, 0, 0, 0);
    r.last_row = round_flag(&r, r.n - 1, 63, 63);

    struct word a[4 + MAX_R], e[4 + MAX_R]; /* a[4 + k] = A of round k of this row */
    for (int32_t i = 0; i < 4 + (int32_t)r.n - 1; i++) {
        if (i == 0) {
            a[0] = (struct word){.lo = named_col(t, "A", -4, "lo"), .hi = named_col(t, "A", -4, "hi")};
            e[0] = (struct word){.lo = named_col(t, "E", -4, "lo"), .hi = named_col(t, "E", -4, "hi")};
        } else {
            word_bits(t, &a[i], "A", i - 4);
            word_bits(t, &e[i], "E", i - 4);
        }
    }
    for (uint32_t k = 0; k < r.n; k++) {
        int32_t ki = (int32_t)k;
        struct word w, constant;
        schedule(&r, k, &w);
        uint32_t lo[64], hi[64];
        for (uint32_t row = 0; row < 64 / r.n; row++) {
            lo[row] = AIR_SHA256_K[row * r.n + k] & 0xffff;
            hi[row] = AIR_SHA256_K[row * r.n + k] >> 16;
        }
        constant.lo = ir_fixed(t, r.log_rows, lo);
        constant.hi = ir_fixed(t, r.log_rows, hi);
        const struct word *d = &a[k], *h = &e[k];
        struct word s1 = sigma(t, &e[k + 3], 6, 11, 25, false);
        struct word ch = choose(t, &e[k + 3], &e[k + 2], &e[k + 1]);
        struct word s0 = sigma(t, &a[k + 3], 2, 13, 22, false);
        struct word maj = majority(t, &a[k + 3], &a[k + 2], &a[k + 1]);
        const struct word *e_terms[6] = {d, h, &s1, &ch, &constant, &w};
        struct word e_new = sum_words(t, e_terms, 6, NULL, "E", ki, 3, 0);
        struct word *e_k = &e[k + 4], *a_k = &a[k + 4];
        bool inside = k + 1 < r.n; /* not the row's last round: the result is kept as bits */
        if (inside)
            assert_word(t, ir_const(t, 1), e_k, &e_new, "E", ki);
        else
            *e_k = e_new;
        const struct word *a_terms[3] = {e_k, &s0, &maj};
        struct word a_new = sum_words(t, a_terms, 3, d, "A", ki, 2, 1);
        if (inside)
            assert_word(t, ir_const(t, 1), a_k, &a_new, "A", ki);
        else
            *a_k = a_new;
    }
    const struct word *in[8] = {&a[3], &a[2], &a[1], &a[0], &e[3], &e[2], &e[1], &e[0]};
    const struct word *out[8] = {&a[3 + r.n], &a[2 + r.n], &a[1 + r.n], &a[r.n],
                                 &e[3 + r.n], &e[2 + r.n], &e[1 + r.n], &e[r.n]};
    link_rows(&r, in, out);
}

/* ---- blocks: word w of block b in row 8 b + w: hash value before + working variable after ----
 * `used` follows from the chain of hash values: it starts at block 0 with the constants and ends
 * at the block that the bytes table names (`last`). Unused blocks start from any value.
 * Determinacy: `before` by the chain, `after` by the rounds, carries by the range check of the sum. */
static void add_blocks(struct ir_system *s, uint32_t log_blocks, uint32_t public_digest)
{
    struct ir_table *t = ir_table_new(s, "blocks", log_blocks + 3);
    ir_x used = air_flag(t, "used"), last = air_flag(t, "last"), one = ir_const(t, 1);
    struct word in = {.lo = air_col(t, "before lo"), .hi = air_col(t, "before hi")};
    struct word end = {.lo = air_col(t, "after lo"), .hi = air_col(t, "after hi")};
    ir_x c_lo = air_flag(t, "carry lo"), c_hi = air_flag(t, "carry hi");
    ir_x row = ir_idx(t, 0, log_blocks + 3), w = ir_idx(t, 0, 3), block = ir_idx(t, 3, log_blocks);
    air_when_zero(t, last, air_not(t, used), "the last block is used");
    ir_x lo = ir_sub(t, ir_add(t, in.lo, end.lo), ir_scale(t, 1u << 16, c_lo));
    ir_x hi = ir_sub(t, ir_add(t, ir_add(t, in.hi, end.hi), c_lo), ir_scale(t, 1u << 16, c_hi));
    air_range16(t, one, lo, "sum lo");
    air_range16(t, one, hi, "sum hi");
    ir_x f[3] = {row, in.lo, in.hi}, g[3] = {row, end.lo, end.hi};
    ir_send(t, BUS_SHA_BEGIN, one, f, 3, "begin");
    ir_receive(t, BUS_SHA_END, one, g, 3, "end");
    ir_receive(t, BUS_SHA_CHAIN, used, f, 3, "hash before");
    ir_x next[3] = {air_plus(t, row, 8), lo, hi}, out[3] = {w, hi, lo};
    ir_send(t, BUS_SHA_CHAIN, ir_mul(t, used, air_not(t, last)), next, 3, "hash after");
    ir_receive(t, BUS_LAST_BLOCK, last, &block, 1, "last block");
    ir_send(t, BUS_SHA_DIGEST, last, out, 3, "digest");
    for (uint32_t i = 0; i < 8; i++) {
        char name[32];
        struct ir_public_field iv[3] = {{.is_const = true, .value = i},
                                        {.is_const = true, .value = AIR_SHA256_IV[i] & 0xffff},
                                        {.is_const = true, .value = AIR_SHA256_IV[i] >> 16}};
        snprintf(name, sizeof name, "initial hash %u", (unsigned)i);
        ir_public_send(s, BUS_SHA_CHAIN, iv, 3, name);
        struct ir_public_field digest[3] = {
            {.is_const = true, .value = i},
            {.is_const = false, .value = public_digest + 2 * i},
            {.is_const = false, .value = public_digest + 2 * i + 1}};
        snprintf(name, sizeof name, "digest word %u", (unsigned)i);
        ir_public_receive(s, BUS_SHA_DIGEST, digest, 3, name);
    }
}

void air_add_sha256(struct ir_system *s, uint32_t log_blocks, uint32_t rounds_per_row,
                    uint32_t public_digest)
{
    air_add_sha256_rounds(s, log_blocks, rounds_per_row);
    add_blocks(s, log_blocks, public_digest);
}

void air_sha256_initial(uint32_t lo[8], uint32_t hi[8])
{
    for (uint32_t i = 0; i < 8; i++) {
        lo[i] = AIR_SHA256_IV[i] & 0xffff;
        hi[i] = AIR_SHA256_IV[i] >> 16;
    }
}
