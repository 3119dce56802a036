/* The pool's side of ADD, REMOVE and the exit of shares (REQ-OP): S, r and the window's reference
 * move together; amount = ceil(s r / S) in, floor(s r / S) out. */
#include "core/op/op.h"
#include "prover/air/op_row.h"

enum { CAP_NONE = 10000 };

void shares_table_build(struct ir_system *s, uint32_t log_height)
{
    struct op_row o;
    op_table(&o, s, "shares", log_height);
    struct ir_table *t = o.t;
    ir_x time = air_col(t, "t"), remove = air_flag(t, "remove");
    ir_x own_chain = air_col(t, "own_chain"), own_id = air_col(t, "own_id");
    struct air_pool pool;
    op_pool_columns(&o, own_chain, own_id, &pool);
    ir_x moved[AIR_AMOUNT], amount[AIR_AMOUNT], supply[AIR_AMOUNT], reserve[AIR_AMOUNT];
    air_new_cols(t, moved, "shares", AIR_AMOUNT);
    air_new_cols(t, amount, "amount", AIR_AMOUNT);
    air_new_cols(t, supply, "supply", AIR_AMOUNT);
    air_new_cols(t, reserve, "reserve", AIR_AMOUNT);

    ir_x f[10 + 2 * AIR_AMOUNT] = {
        time,          remove,           own_chain, own_id,  pool.own_token, pool.other_chain,
        pool.other_id, pool.other_token, pool.fee,  pool.cap};
    for (uint32_t i = 0; i < AIR_AMOUNT; i++) {
        f[10 + i] = moved[i];
        f[10 + AIR_AMOUNT + i] = amount[i];
    }
    ir_receive(t, BUS_SHARES, o.on, f, 10 + 2 * AIR_AMOUNT, "pool side");

    air_pool(t, o.on, time, &pool, "pool");
    ir_x ceil_amount = air_not(t, remove), one = ir_const(t, 1);
    op_muldiv(&o, o.on, ceil_amount, moved, reserve, supply, amount, "amount of the shares");
    ir_x sign = air_not(t, ir_scale(t, 2, remove));
    ir_x supply_after[AIR_AMOUNT], reserve_after[AIR_AMOUNT], cell[2][8];
    op_limbs_move(&o, o.on, supply, moved, sign, "supply_carry", supply_after);
    op_limbs_move(&o, o.on, reserve, amount, sign, "reserve_carry", reserve_after);
    ir_x share = air_plus(t, own_id, TOKEN_SHARE_BIT);
    op_amount_cell(share, supply, cell[0]);
    op_amount_cell(share, supply_after, cell[1]);
    air_cell(t, o.on, air_plus(t, time, 1), own_id, ir_const(t, 3), cell[0], cell[1], "supply");
    op_amount_cell(pool.own_token, reserve, cell[0]);
    op_amount_cell(pool.own_token, reserve_after, cell[1]);
    air_cell(t, o.on, air_plus(t, time, 2), own_id, ir_const(t, 2), cell[0], cell[1], "reserve");

    /* window: ceil(ref S' / S), also right for an empty cell */
    ir_x off = ir_sub(t, pool.cap, ir_const(t, CAP_NONE)), inverse = air_col(t, "cap_inverse");
    ir_x capped = air_flag(t, "capped");
    air_when_zero(t, air_not(t, o.on), capped, "capped only in a row that is on");
    air_when_zero(t, ir_sub(t, o.on, capped), off, "cap is none unless capped");
    op_nonzero(&o, capped, off, inverse, "cap is set if capped");
    ir_x day = air_col(t, "window_day"), ref[AIR_AMOUNT], ref_after[AIR_AMOUNT];
    air_new_cols(t, ref, "window_ref", AIR_AMOUNT);
    air_new_cols(t, ref_after, "window_ref_after", AIR_AMOUNT);
    op_muldiv(&o, capped, one, ref, supply_after, supply, ref_after, "reference of the window");
    op_amount_cell(day, ref, cell[0]);
    op_amount_cell(day, ref_after, cell[1]);
    air_cell(t, capped, air_plus(t, time, 3), own_id, ir_const(t, 4), cell[0], cell[1], "window");
}
