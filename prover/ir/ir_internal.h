#ifndef PROVER_IR_IR_INTERNAL_H
#define PROVER_IR_IR_INTERNAL_H
/* What the builder keeps beside the public structs. Only prover/ir includes this file. */
#include "prover/ir/ir.h"

struct ir_name_block;

struct ir_table_own {
    struct ir_table t; /* first: the public pointer is this object */
    struct ir_system_own *system;
    uint32_t cap_columns, cap_pre, cap_nodes, cap_constraints, cap_messages, cap_fixed;
    uint32_t *hash; /* node index + 1, open addressing; 0 is empty */
    uint32_t hash_size;
};

struct ir_system_own {
    struct ir_system s; /* first */
    struct ir_name_block *names;
};

static inline uint32_t ir_add_p(uint32_t a, uint32_t b)
{
    uint64_t c = (uint64_t)a + b;
    return (uint32_t)(c >= IR_P ? c - IR_P : c);
}
static inline uint32_t ir_sub_p(uint32_t a, uint32_t b)
{
    return a >= b ? a - b : (uint32_t)((uint64_t)a + IR_P - b);
}
static inline uint32_t ir_mul_p(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % IR_P);
}

/* The value of IDX(lo, n) on a row. */
static inline uint32_t ir_idx_value(uint32_t lo, uint32_t n, uint32_t row)
{
    return (row >> lo) & ((1u << n) - 1u);
}

#endif
