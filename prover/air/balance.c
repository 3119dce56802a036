#include <stdio.h>
#include <string.h>

#include "prover/air/leaf.h"

enum { N = AIR_AMOUNT };

static void assert_eq_n(struct ir_table *t, ir_x a, ir_x b, const char *name, uint32_t i)
{
    char text[64];
    snprintf(text, sizeof text, "%s %u", name, (unsigned)i);
    ir_assert_eq(t, a, b, text);
}

/* ---- balance: one credit, debit or emptying of a balance cell (REQ-CELL-6) ----
 * old + delta = new (credit) or new + delta = old (debit, take all) in 16-bit limbs with boolean
 * carries; nothing is carried out of the top limb, so no overflow and no negative amount.
 * Ranges: new and delta are looked up here; old was looked up when it was written (every write of
 * a balance goes through this table, the genesis tree is empty).
 * Determinacy: t, account, slot, token, mode, delta by the BALANCE message; old by the memory;
 * `filled` (old cell is not zero) by old's token unless the token is 0; new and carries by the
 * addition; `stays` (new amount is not zero) by new. An empty cell has old = 0 and token 0; a cell
 * with amount 0 is written as zeros. Take all: new = 0, and an empty cell reports token 0.
 * slot >= 2 by a lookup; slot < 256 since the memory knows no other.
 * Padding: active = 0 and no message. */
void air_add_balance(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "balance", log_height);
    ir_x active = air_flag(t, "active"), debit = air_flag(t, "debit");
    ir_x all = air_flag(t, "take all"), filled = air_flag(t, "filled");
    ir_x time = air_col(t, "t"), account = air_col(t, "account"), slot = air_col(t, "slot");
    ir_x token = air_col(t, "token");
    ir_x old[N], now[N], delta[N], carry[N];
    air_new_cols(t, old, "old", N);
    air_new_cols(t, now, "new", N);
    air_new_cols(t, delta, "delta", N);
    for (uint32_t i = 0; i + 1 < N; i++) {
        char name[16];
        snprintf(name, sizeof name, "carry %u", (unsigned)i);
        carry[i] = air_flag(t, name);
    }
    carry[N - 1] = ir_const(t, 0);
    ir_x stays = air_nonzero(t, ir_sum(t, now, N), "stays");

    ir_x less = ir_add(t, debit, all); /* the amount shrinks */
    air_when_zero(t, debit, all, "one mode");
    air_when_zero(t, less, air_not(t, active), "a mode only in active rows");
    air_when_zero(t, all, stays, "take all leaves nothing");
    air_when_zero(t, ir_mul(t, all, air_not(t, filled)), token, "an empty cell has no token");
    for (uint32_t i = 0; i < N; i++) {
        ir_x small = air_select(t, less, now[i], old[i]);
        ir_x large = air_select(t, less, old[i], now[i]);
        ir_x sum = ir_add(t, small, delta[i]);
        if (i > 0) sum = ir_add(t, sum, carry[i - 1]);
        assert_eq_n(t, sum, ir_add(t, large, ir_scale(t, 1u << 16, carry[i])), "addition", i);
        assert_eq_n(t, ir_mul(t, air_not(t, filled), old[i]), ir_const(t, 0),
                    "empty cell holds nothing", i);
    }
    ir_x f[12] = {time, account, slot, token, ir_add(t, debit, ir_scale(t, 2, all))};
    memcpy(f + 5, delta, sizeof delta);
    ir_receive(t, BUS_BALANCE, active, f, 12, "balance");
    ir_x before[8] = {ir_mul(t, filled, token)}, after[8] = {ir_mul(t, stays, token)};
    memcpy(before + 1, old, sizeof old);
    memcpy(after + 1, now, sizeof now);
    air_cell(t, active, time, account, slot, before, after, "cell");
    air_range16_n(t, active, now, N, "new");
    air_range16_n(t, active, delta, N, "delta");
    air_range16(t, active, ir_sub(t, slot, ir_const(t, 2)), "slot");
}
