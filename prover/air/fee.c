/* FEE: a packed fee above 0 moves from the payer's slot to the fee account's slot of that token,
 * which must be listed in the header. One row for every signed record, also when the fee is 0. */
#include "prover/air/op_row.h"

void fee_table_build(struct ir_system *s, uint32_t log_height)
{
    struct op_row o;
    op_table(&o, s, "fee", log_height);
    struct ir_table *t = o.t;
    ir_x f[5], value[AIR_AMOUNT];
    o.seq.j = f[0] = air_col(t, "j");
    ir_x account = f[1] = air_col(t, "account");
    ir_x slot = f[2] = air_col(t, "slot");
    ir_x token = f[3] = air_col(t, "token");
    ir_x pf = f[4] = air_col(t, "packed");
    ir_receive(t, BUS_FEE, o.on, f, 5, "fee");

    air_new_cols(t, value, "value", AIR_AMOUNT);
    ir_x packed[3] = {pf, ir_const(t, 0), ir_const(t, 0)};
    air_packed(t, o.on, packed, value, "fee value");
    ir_x some = air_nonzero(t, ir_sum(t, value, AIR_AMOUNT), "some");
    air_when_zero(t, air_not(t, o.on), some, "a fee only in a row that is on");

    ir_x fee_account = air_col(t, "fee_account"), fee_slot = air_col(t, "fee_slot");
    ir_x listed[3] = {token, fee_account, fee_slot};
    ir_send(t, BUS_FEE_SLOT, some, listed, 3, "listed fee token");
    air_balance(t, some, op_time(&o, STEP_FEE), account, slot, token, ir_const(t, BALANCE_DEBIT),
                value, "fee paid");
    air_balance(t, some, op_time(&o, STEP_FEE + 1), fee_account, fee_slot, token,
                ir_const(t, BALANCE_CREDIT), value, "fee received");
}
