#include <string.h>

#include "common/base/require.h"
#include "prover/air/leaf.h"

/* ---- bytes: word r of the padded segment, four bytes per row ----
 * L is the segment's length, the same in every row by a lookup in the header's only row. A row is
 * full (4r + 4 <= L), has the end at byte k (L = 4r + k: flags end 0..3), or lies beyond; which of
 * them is fixed by L: the three cases exclude one another by a range check on L - 4r.
 * Determinacy: data bytes by BYTE (each position < L is asked exactly once: the row number is the
 * position), the first byte after them is 0x80, all others 0 but in the row `length`, the last word of
 * the last block: row = 15 mod 16 and 0 <= L + 68 - 4r < 64, which holds for one row, and that row
 * must exist since SHA-256's digest needs its block number 8 times (LAST_BLOCK).
 * Every row hands its word to sha256, which takes all words of all blocks. For a blob every position is
 * also read as often as somebody asks: the byte, or 0 from L on (not the padding). */
static void add_bytes(struct ir_system *s, uint32_t log_height, bool read)
{
    REQUIRE(log_height >= 4);
    static const char *const names[4] = {"byte 0", "byte 1", "byte 2", "byte 3"};
    static const char *const ends[4] = {"end 0", "end 1", "end 2", "end 3"};
    static const char *const pads[4] = {"padding 0", "padding 1", "padding 2", "padding 3"};
    static const char *const asked[4] = {"asked 0", "asked 1", "asked 2", "asked 3"};
    static const char *const reads[4] = {"read 0", "read 1", "read 2", "read 3"};
    struct ir_table *t = ir_table_new(s, "bytes", log_height);
    ir_x byte[4], end[4], one = ir_const(t, 1), row = ir_idx(t, 0, log_height);
    air_new_cols(t, byte, "byte", 4);
    ir_x full = air_flag(t, "full");
    for (uint32_t k = 0; k < 4; k++)
        end[k] = air_flag(t, ends[k]);
    ir_x length = air_flag(t, "length"), total = air_col(t, "L");

    ir_x has_end = ir_sum(t, end, 4);
    ir_x beyond = ir_sub(t, air_not(t, full), has_end);
    ir_assert_bool(t, beyond, "one case");
    air_when_zero(t, length, air_not(t, beyond), "length only beyond the data");
    air_when_eq(t, length, ir_idx(t, 0, 4), ir_const(t, 15), "length in the last word");
    ir_send(t, BUS_LENGTH, one, &total, 1, "L");
    ir_x left = ir_sub(t, total, ir_scale(t, 4, row)); /* bytes from here to the end */
    ir_x at = ir_add(t, end[1], ir_add(t, ir_scale(t, 2, end[2]), ir_scale(t, 3, end[3])));
    ir_assert_zero(t, ir_sub(t, ir_mul(t, has_end, left), at), "the end lies here");
    ir_x more = ir_mul(t, full, ir_sub(t, left, ir_const(t, 4)));
    ir_x past = ir_mul(t, beyond, ir_sub(t, ir_const_neg(t, 1), left));
    air_range16(t, one, ir_add(t, more, past), "case by L");
    ir_x room = ir_scale(t, 1024, air_plus(t, left, 68));
    air_range16(t, length, room, "length in the last block");

    air_byte2(t, one, byte[0], byte[1], "bytes 0 1");
    air_byte2(t, one, byte[2], byte[3], "bytes 2 3");
    ir_x data = full;
    for (uint32_t k = 4; k-- > 0;) { /* data = full or the end is at a later byte */
        ir_x pos[2] = {air_plus(t, ir_scale(t, 4, row), k), byte[k]};
        ir_receive(t, BUS_BYTE, data, pos, 2, names[k]);
        if (read) {
            ir_x value[2] = {pos[0], ir_mul(t, data, byte[k])};
            ir_receive(t, BUS_SEGMENT_BYTE, air_col(t, asked[k]), value, 2, reads[k]);
        }
        ir_x pad = air_not(t, data);
        if (k >= 2) pad = ir_sub(t, pad, length);
        ir_assert_eq(t, ir_mul(t, pad, byte[k]), ir_scale(t, 128, end[k]), pads[k]);
        data = ir_add(t, data, end[k]);
    }
    ir_x hi = ir_add(t, ir_scale(t, 256, byte[0]), byte[1]);
    ir_x lo = ir_add(t, ir_scale(t, 256, byte[2]), byte[3]);
    air_when_eq(t, length, lo, ir_scale(t, 8, total), "length in bits");
    ir_x word[3] = {row, lo, hi};
    ir_send(t, BUS_WORD, one, word, 3, "word");
    ir_x block = ir_idx(t, 4, log_height - 4);
    ir_send(t, BUS_LAST_BLOCK, ir_scale(t, 8, length), &block, 1, "last block");
}

void air_add_bytes(struct ir_system *s, uint32_t log_height)
{
    add_bytes(s, log_height, false);
}

void air_add_bytes_read(struct ir_system *s, uint32_t log_height)
{
    add_bytes(s, log_height, true);
}
