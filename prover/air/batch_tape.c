/* Tables `words` and `blocks`: SHA-256 of several messages on one tape. */
#include <stdio.h>

#include "common/base/require.h"
#include "prover/air/batch.h"
#include "prover/air/leaf.h"

/* ---- words: row r is word r of the tape, halves 2 r and 2 r + 1 ----
 * `end` is the half of the tape that holds the byte 0x80 of the block's message: FRAME gives the
 * same value in all 16 rows of a block. A row lies before the end (full), holds it in its first or
 * second half (end 0, end 1), or lies beyond; which of them is fixed by `end`: the cases exclude one
 * another by the range check.
 * In the lower half of the tape preimages have an even number of bytes and the end is the half
 * 0x8000; in the upper half (pubdata) an odd one, and the end is a data half (byte | 0x80).
 * Data halves come by HALF where `take` is set, else they are free: a half that some table sends
 * must be taken, so free is exactly what no table sends (chains.c lists it).
 * Halves beyond the end are 0 but in the row `length`, the last word of the last block: row = 15 mod
 * 16 and 0 <= 2 r - 3 - end < 32, which holds for one row; that it is there LENGTH requires: the
 * block's message can not go on or end elsewhere. Lengths stay below 2^16 bits.
 * Ranges: every half is compared with bits in sha256. */
static void words_table_build(struct ir_system *s, const struct batch_size *size)
{
    struct ir_table *t = ir_table_new(s, "words", size->blocks + 4u);
    ir_x one = ir_const(t, 1), at = ir_scale(t, 2, ir_idx(t, 0, t->log_height));
    ir_x block = ir_idx(t, 4, size->blocks), odd = ir_idx(t, t->log_height - 1, 1);
    ir_x half[2], ends[2], take[2];
    air_new_cols(t, half, "half", 2);
    ir_x end = air_col(t, "end"), full = air_flag(t, "full");
    ends[0] = air_flag(t, "end 0");
    ends[1] = air_flag(t, "end 1");
    ir_x length = air_flag(t, "length");
    take[0] = air_flag(t, "take 0");
    take[1] = air_flag(t, "take 1");

    ir_x beyond = ir_sub(t, air_not(t, full), ir_add(t, ends[0], ends[1]));
    ir_assert_bool(t, beyond, "one case");
    ir_x left = ir_sub(t, end, at); /* halves from here to the end */
    air_when_zero(t, ends[0], left, "the end is the first half");
    air_when_eq(t, ends[1], left, one, "the end is the second half");
    ir_x more = ir_mul(t, full, ir_sub(t, left, ir_const(t, 2)));
    ir_x past = ir_mul(t, beyond, ir_sub(t, ir_const_neg(t, 1), left));
    air_range16(t, one, ir_add(t, more, past), "case by the end");
    air_when_zero(t, length, air_not(t, beyond), "length only beyond the end");
    air_when_eq(t, length, ir_idx(t, 0, 4), ir_const(t, 15), "length in the last word");
    ir_x room = ir_scale(t, 2048, ir_sub(t, ir_const_neg(t, 3), left));
    air_range16(t, length, room, "length in the last block");

    ir_x data[2] = {ir_add(t, full, ir_add(t, ends[1], ir_mul(t, odd, ends[0]))),
                    ir_add(t, full, ir_mul(t, odd, ends[1]))};
    air_when_zero(t, take[0], air_not(t, data[0]), "only data is taken 0");
    air_when_zero(t, take[1], air_not(t, data[1]), "only data is taken 1");
    ir_x even = air_not(t, odd);
    ir_x pad0 = ir_mul(t, air_not(t, data[0]), half[0]);
    ir_x pad1 = ir_mul(t, ir_sub(t, air_not(t, data[1]), length), half[1]);
    ir_assert_eq(t, pad0, ir_scale(t, 0x8000, ir_mul(t, even, ends[0])), "padding 0");
    ir_assert_eq(t, pad1, ir_scale(t, 0x8000, ir_mul(t, even, ends[1])), "padding 1");

    for (uint32_t i = 0; i < 2; i++) {
        ir_x f[2] = {air_plus(t, at, i), half[i]};
        ir_receive(t, BUS_HALF, take[i], f, 2, i == 0 ? "half 0" : "half 1");
    }
    ir_x frame[2] = {block, end}, bits[2] = {block, half[1]};
    ir_send(t, BUS_FRAME, one, frame, 2, "frame");
    ir_send(t, BUS_SHA_LENGTH, ir_scale(t, 8, length), bits, 2, "length in bits");
    ir_x word[3] = {ir_idx(t, 0, t->log_height), half[1], half[0]};
    ir_send(t, BUS_WORD, one, word, 3, "word");
}

/* ---- blocks: word w of block b in row 8 b + w ----
 * A block is a message's first (HASH names it), or goes on from the block before (HASH_CHAIN), or is
 * not used and starts from any value.
 * - HASH is sent 8 times and its block has 8 rows, each takes it at most once: all 8 rows of a block
 *   are first, or none. HASH_CHAIN goes from row to row + 8 with everything that concerns the
 *   message, so `end`, `start`, `to` are the asker's in all its rows.
 * - A used row that is not last sends HASH_CHAIN on; one that is last takes LENGTH, which comes 8
 *   times or never for a block: the 8 rows of a block are last together, in the block that the
 *   padding of words names, and the message has no block after it.
 * - The 8 rows of a block that is not used may differ in `end`; words takes the two of each row.
 * Determinacy: `before` by the chain or the constants, `after` by the rounds, carries by the range
 * check of the sum. */
static void blocks_table_build(struct ir_system *s, const struct batch_size *size)
{
    struct ir_table *t = ir_table_new(s, "blocks", size->blocks + 3u);
    ir_x one = ir_const(t, 1), row = ir_idx(t, 0, t->log_height), w = ir_idx(t, 0, 3);
    ir_x block = ir_idx(t, 3, size->blocks), odd = ir_idx(t, t->log_height - 1, 1);
    ir_x used = air_flag(t, "used"), first = air_flag(t, "first"), last = air_flag(t, "last");
    ir_x end = air_col(t, "end"), start = air_col(t, "start"), to = air_col(t, "to");
    ir_x before[2] = {air_col(t, "before lo"), air_col(t, "before hi")};
    ir_x after[2] = {air_col(t, "after lo"), air_col(t, "after hi")};
    ir_x carry[2] = {air_flag(t, "carry lo"), air_flag(t, "carry hi")};
    air_when_zero(t, first, air_not(t, used), "the first block is used");
    air_when_zero(t, last, air_not(t, used), "the last block is used");
    air_when_eq(t, first, start, block, "the message starts here");
    uint32_t lo[8], hi[8];
    air_sha256_initial(lo, hi);
    air_when_eq(t, first, before[0], ir_fixed(t, 3, lo), "initial hash lo");
    air_when_eq(t, first, before[1], ir_fixed(t, 3, hi), "initial hash hi");
    ir_x sum[2];
    for (uint32_t i = 0; i < 2; i++) {
        sum[i] = ir_add(t, before[i], after[i]);
        if (i > 0) sum[i] = ir_add(t, sum[i], carry[0]);
        sum[i] = ir_sub(t, sum[i], ir_scale(t, 1u << 16, carry[i]));
        air_range16(t, one, sum[i], i == 0 ? "sum lo" : "sum hi");
    }
    ir_x begin[3] = {row, before[0], before[1]}, done[3] = {row, after[0], after[1]};
    ir_send(t, BUS_SHA_BEGIN, one, begin, 3, "begin");
    ir_receive(t, BUS_SHA_END, one, done, 3, "end of rounds");

    ir_x ask[3] = {block, end, to};
    ir_receive(t, BUS_HASH, first, ask, 3, "message");
    ir_x chain[6] = {row, end, start, to, before[0], before[1]};
    ir_receive(t, BUS_HASH_CHAIN, ir_mul(t, used, air_not(t, first)), chain, 6, "hash before");
    ir_x next[6] = {air_plus(t, row, 8), end, start, to, sum[0], sum[1]};
    ir_send(t, BUS_HASH_CHAIN, ir_mul(t, used, air_not(t, last)), next, 6, "hash after");
    ir_x halves = ir_sub(t, end, ir_scale(t, TAPE_BLOCK, start));
    ir_x bits[2] = {block, ir_add(t, ir_scale(t, 16, halves), ir_scale(t, 8, odd))};
    ir_receive(t, BUS_SHA_LENGTH, last, bits, 2, "length in bits");
    ir_x frame[2] = {block, end};
    ir_receive(t, BUS_FRAME, ir_const(t, 2), frame, 2, "frame");
    ir_x pos = ir_add(t, to, ir_scale(t, 2, w)), digest[2] = {sum[1], sum[0]};
    batch_halves(t, last, pos, digest, 2, "digest");
}

void batch_halves(struct ir_table *t, ir_x mult, ir_x pos, const ir_x *xs, uint32_t n,
                  const char *name)
{
    for (uint32_t i = 0; i < n; i++) {
        char label[64];
        op_name_number(label, sizeof label, name, i);
        ir_x f[2] = {air_plus(t, pos, i), xs[i]};
        ir_send(t, BUS_HALF, mult, f, 2, label);
    }
}

void batch_add_tape(struct ir_system *s, const struct batch_size *size)
{
    words_table_build(s, size);
    blocks_table_build(s, size);
    air_add_sha256_rounds(s, size->blocks, size->sha_rounds_per_row);
}
