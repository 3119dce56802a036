#include "prover/air/leaf.h"

/* ---- range16: row v says "v is a 16-bit number" and "(v mod 256, v / 256) are two bytes" ----
 * Both are properties of the row number; the two columns only count how often they are asked.
 * Determinacy: a multiplicity is fixed by the senders (sum of all askers is below p: at most
 * 1024 messages of 2^16 rows each). */
void air_add_range16(struct ir_system *s)
{
    struct ir_table *t = ir_table_new(s, "range16", 16);
    ir_x words = air_col(t, "asked"), bytes = air_col(t, "asked as bytes");
    ir_x value = ir_idx(t, 0, 16);
    ir_x pair[2] = {ir_idx(t, 0, 8), ir_idx(t, 8, 8)};
    ir_receive(t, BUS_RANGE16, words, &value, 1, "range16");
    ir_receive(t, BUS_BYTE2, bytes, pair, 2, "byte2");
}
