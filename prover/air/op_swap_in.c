/* SWAP_IN, 16 bytes: code, account 3, step, slot, pool 3, amount 5, fee 2. Tuple role 0.
 * Recipient and minimum are only signed here; the pairing proof opens the order and checks them. */
#include "core/op/op.h"
#include "core/tags.h"
#include "prover/air/op_row.h"

void swap_in_table_build(struct ir_system *s, uint32_t log_height)
{
    struct op_row o;
    op_table(&o, s, "swap_in", log_height);
    struct ir_table *t = o.t;
    op_seq_take(&o);
    ir_x b[16], pa[3], amount[AIR_AMOUNT], reserve[AIR_AMOUNT], after[AIR_AMOUNT];
    b[0] = ir_const(t, OP_SWAP_IN);
    air_new_cols(t, b + 1, "byte", 15);
    ir_x account = op_be(&o, b + 1, 3), slot = b[5], pool_id = op_be(&o, b + 6, 3);
    ir_x pf = op_be(&o, b + 14, 2);
    op_packed_limbs(&o, b + 9, pa);

    struct op_signed g;
    op_signed_begin(&o, &g, ir_const(t, OP_SWAP_IN), false, account, b[4]);
    air_bytes(t, o.on, g.pos, b, 16, "byte");
    air_new_cols(t, amount, "amount", AIR_AMOUNT);
    air_packed(t, o.on, pa, amount, "amount");
    op_nonzero(&o, o.on, ir_sum(t, amount, AIR_AMOUNT), air_col(t, "amount_inverse"),
               "amount is not 0");

    struct air_pool pool;
    op_pool_columns(&o, g.chain, pool_id, &pool);
    air_pool(t, o.on, op_time(&o, STEP_A), &pool, "pool");
    air_balance(t, o.on, op_time(&o, STEP_B), account, slot, pool.own_token,
                ir_const(t, BALANCE_DEBIT), amount, "debit");
    ir_x cell[2][8];
    air_new_cols(t, reserve, "reserve", AIR_AMOUNT);
    op_limbs_move(&o, o.on, reserve, amount, ir_const(t, 1), "reserve_carry", after);
    op_amount_cell(pool.own_token, reserve, cell[0]);
    op_amount_cell(pool.own_token, after, cell[1]);
    air_cell(t, o.on, op_time(&o, STEP_C), pool_id, ir_const(t, 2), cell[0], cell[1], "reserve");
    op_fee(&o, account, slot, pool.own_token, pf);

    ir_x to[AIR_OWNER + 2], minimum[AIR_AMOUNT];
    air_new_cols(t, to, "recipient", AIR_OWNER + 2); /* owner, account, slot */
    air_new_cols(t, minimum, "minimum", AIR_AMOUNT);
    ir_x rest[30] = {slot,  pool_id, pool.own_token,  pool.other_token, pa[0], pa[1],
                     pa[2], pf,      pool.other_chain};
    for (uint32_t i = 0; i < AIR_OWNER + 2; i++)
        rest[9 + i] = to[i];
    for (uint32_t i = 0; i < AIR_AMOUNT; i++)
        rest[21 + i] = minimum[i];
    rest[28] = g.deadline[0];
    rest[29] = g.deadline[1];
    op_signed_order(&o, &g, TAG_ORDER_SWAP, rest, 30);

    struct op_seq next = o.seq;
    struct op_tuple u = {.kind = ir_const(t, OP_SWAP_IN),
                         .role = ir_const(t, 0),
                         .pool = pool,
                         .order = g.digest,
                         .amount = amount,
                         .read = reserve,
                         .debited = g.owner};
    u.x = op_tuple_x(&o, u.role, &next.last);
    op_tuple_send(&o, &u);
    next.pos = air_plus(t, g.pos, 16);
    next.n_tuples = air_plus(t, o.seq.n_tuples, 1);
    op_seq_give(&o, &next);
}
