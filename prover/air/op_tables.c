#include "prover/air/op_tables.h"

#include "prover/air/op_row.h"

void op_tables_build(struct ir_system *s)
{
    header_table_build(s);
    transfer_table_build(s);
    withdraw_table_build(s);
    open_table_build(s);
    change_key_table_build(s);
    create_table_build(s);
    swap_in_table_build(s);
    swap_out_table_build(s);
    liquidity_table_build(s);
    priority_table_build(s);
    preamble_table_build(s);
    fee_table_build(s);
    shares_table_build(s);
    muldiv_table_build(s, OP_LOG_HELPER);
}
