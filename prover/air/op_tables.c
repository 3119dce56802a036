#include "prover/air/op_tables.h"

#include "prover/air/op_row.h"

void op_tables_build(struct ir_system *s, const struct leaf_size *size)
{
    header_table_build(s, size->limits);
    transfer_table_build(s, size->transfer);
    withdraw_table_build(s, size->withdraw);
    open_table_build(s, size->open);
    change_key_table_build(s, size->change_key);
    create_table_build(s, size->create);
    swap_in_table_build(s, size->swap_in);
    swap_out_table_build(s, size->swap_out);
    liquidity_table_build(s, size->liquidity);
    priority_table_build(s, size->priority);
    preamble_table_build(s, size->preamble);
    fee_table_build(s, size->fee);
    shares_table_build(s, size->shares);
    muldiv_table_build(s, size->muldiv);
}
