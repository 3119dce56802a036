/* WITHDRAW: marker 0x02 in the stream, 44 bytes in the withdrawal region: account 3, step, slot,
 * token 3, to 20, amount 14, fee 2. */
#include "core/op/op.h"
#include "core/tags.h"
#include "prover/air/op_row.h"

void withdraw_table_build(struct ir_system *s, uint32_t log_height)
{
    struct op_row o;
    op_table(&o, s, "withdraw", log_height);
    struct ir_table *t = o.t;
    op_seq_take(&o);
    ir_x b[44], to[AIR_OWNER], amount[AIR_AMOUNT];
    air_new_cols(t, b, "byte", 44);
    ir_x account = op_be(&o, b, 3), slot = b[4], token = op_be(&o, b + 5, 3);
    ir_x pf = op_be(&o, b + 42, 2);
    op_pairs(&o, b + 8, AIR_OWNER, to);
    op_limbs_be(&o, b + 28, AIR_AMOUNT, amount);

    struct op_signed g;
    op_signed_begin(&o, &g, ir_const(t, OP_WITHDRAW), false, account, b[3]);
    air_byte(t, o.on, g.pos, ir_const(t, OP_WITHDRAW), "marker");
    air_bytes(t, o.on, o.seq.withdrawal_pos, b, 44, "byte");
    op_nonzero(&o, o.on, ir_sum(t, amount, AIR_AMOUNT), air_col(t, "amount_inverse"),
               "amount is not 0");
    air_balance(t, o.on, op_time(&o, STEP_A), account, slot, token, ir_const(t, BALANCE_DEBIT),
                amount, "debit");
    op_fee(&o, account, slot, token, pf);

    ir_x rest[22] = {slot, token};
    for (uint32_t i = 0; i < AIR_AMOUNT; i++)
        rest[2 + i] = amount[i];
    rest[9] = pf;
    for (uint32_t i = 0; i < AIR_OWNER; i++)
        rest[10 + i] = to[i];
    rest[20] = g.deadline[0];
    rest[21] = g.deadline[1];
    op_signed_order(&o, &g, TAG_ORDER_WITHDRAW, rest, 22);

    struct op_seq next = o.seq;
    next.pos = air_plus(t, g.pos, 1);
    next.n_withdrawals = air_plus(t, o.seq.n_withdrawals, 1);
    next.withdrawal_pos = air_plus(t, o.seq.withdrawal_pos, 44);
    op_seq_give(&o, &next);
}
