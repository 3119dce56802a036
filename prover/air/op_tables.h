#ifndef PROVER_AIR_OP_TABLES_H
#define PROVER_AIR_OP_TABLES_H
/* The tables of the leaf program whose rows are records of the published segment, and their
 * helpers: header, transfer, withdraw, open, change_key, create, swap_in, swap_out, liquidity,
 * priority, preamble, fee, shares, muldiv.
 *
 * What they prove: docs/protocol/state.md sections 4 to 6; messages: docs/protocol/leaf.md.
 * A record exists in the proof only if SEQ passes through its row, every published byte is claimed by
 * exactly one record, and kinds of the two regions are reached only through their markers.
 * Threads: building is single-threaded. */
#include "prover/air/leaf.h"

/* Adds all of them in the order above. */
void op_tables_build(struct ir_system *s, const struct leaf_size *size);

void header_table_build(struct ir_system *s, const struct batch_limits *limits);
void transfer_table_build(struct ir_system *s, uint32_t log_height);
void withdraw_table_build(struct ir_system *s, uint32_t log_height);
void open_table_build(struct ir_system *s, uint32_t log_height);
void change_key_table_build(struct ir_system *s, uint32_t log_height);
void create_table_build(struct ir_system *s, uint32_t log_height);
void swap_in_table_build(struct ir_system *s, uint32_t log_height);
void swap_out_table_build(struct ir_system *s, uint32_t log_height);
void liquidity_table_build(struct ir_system *s, uint32_t log_height);
void priority_table_build(struct ir_system *s, uint32_t log_height);
void preamble_table_build(struct ir_system *s, uint32_t log_height);
void fee_table_build(struct ir_system *s, uint32_t log_height);
void shares_table_build(struct ir_system *s, uint32_t log_height);
/* MULDIV(ceil, a 7, b 7, c 7, q 7): q = floor (ceil = 0) or ceil (1) of a b / c, c > 0. */
void muldiv_table_build(struct ir_system *s, uint32_t log_height);

#endif
