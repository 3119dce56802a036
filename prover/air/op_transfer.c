/* TRANSFER, 17 bytes: code, from 3, step, to 3, slot from, slot to, amount 5, fee 2. */
#include "core/op/op.h"
#include "core/tags.h"
#include "prover/air/op_row.h"

void transfer_table_build(struct ir_system *s, uint32_t log_height)
{
    struct op_row o;
    op_table(&o, s, "transfer", log_height);
    struct ir_table *t = o.t;
    op_seq_take(&o);
    ir_x b[17];
    b[0] = ir_const(t, OP_TRANSFER);
    air_new_cols(t, b + 1, "byte", 16);
    ir_x from = op_be(&o, b + 1, 3), to = op_be(&o, b + 5, 3);
    ir_x slot_from = b[8], slot_to = b[9], pf = op_be(&o, b + 15, 2), pa[3];
    op_packed_limbs(&o, b + 10, pa);

    struct op_signed g;
    op_signed_begin(&o, &g, ir_const(t, OP_TRANSFER), false, from, b[4]);
    air_bytes(t, o.on, g.pos, b, 17, "byte");

    ir_x token = air_col(t, "token"), amount[AIR_AMOUNT];
    air_new_cols(t, amount, "amount", AIR_AMOUNT);
    air_packed(t, o.on, pa, amount, "amount");
    op_nonzero(&o, o.on, ir_sum(t, amount, AIR_AMOUNT), air_col(t, "amount_inverse"),
               "amount is not 0");

    struct air_user u = {.auth = air_col(t, "to_auth"), .height = air_col(t, "to_height")};
    air_new_cols(t, u.owner, "to_owner", AIR_OWNER);
    air_new_cols(t, u.root, "to_root", AIR_ROOT);
    air_user(t, o.on, op_time(&o, STEP_A), to, &u, "recipient is a user");

    /* slots from 128 on: only an account of the same owner */
    ir_x guarded = air_flag(t, "guarded");
    ir_x low = ir_sub(t, slot_to, ir_scale(t, 128, guarded));
    air_byte2(t, o.on, low, ir_scale(t, 2, low), "slot below 128, or guarded");
    op_equal_n(&o, guarded, g.owner, u.owner, AIR_OWNER, "guarded slot of the same owner");

    air_balance(t, o.on, op_time(&o, STEP_B), from, slot_from, token, ir_const(t, BALANCE_DEBIT),
                amount, "debit");
    air_balance(t, o.on, op_time(&o, STEP_C), to, slot_to, token, ir_const(t, BALANCE_CREDIT),
                amount, "credit");
    op_fee(&o, from, slot_from, token, pf);

    ir_x rest[20] = {slot_from, token, pa[0], pa[1], pa[2], pf, to};
    for (uint32_t i = 0; i < AIR_OWNER; i++)
        rest[7 + i] = u.owner[i];
    rest[17] = slot_to;
    rest[18] = g.deadline[0];
    rest[19] = g.deadline[1];
    op_signed_order(&o, &g, TAG_ORDER_TRANSFER, rest, 20);

    struct op_seq next = o.seq;
    next.pos = air_plus(t, g.pos, 17);
    op_seq_give(&o, &next);
}
