#ifndef PROVER_IR_IR_PROG_H
#define PROVER_IR_IR_PROG_H
/* A list of expressions of one table, compiled for evaluation over blocks of rows: dead nodes gone,
 * constants folded into the operations, values kept in few registers. The mock checker and the
 * prover run it; the verifier does not (it evaluates nodes one by one).
 *
 * Threads:   a compiled program is immutable; each thread brings its own registers.
 * Numbers:   base field in Montgomery form (a * 2^32 mod p), canonical, unless said otherwise. */
#include "prover/ir/ir.h"

enum { IR_BLOCK = 256 }; /* rows per call at most */

enum ir_prog_code {
    IRP_ADD,   /* dst = a + b */
    IRP_SUB,   /* dst = a - b */
    IRP_MUL,   /* dst = a * b */
    IRP_ADDC,  /* dst = a + constant */
    IRP_RSUBC, /* dst = constant - a */
    IRP_MULC,  /* dst = a * constant */
};

/* Operands: < n_inputs is an input column, else register (operand - n_inputs). Constants: see b. */
struct ir_prog_op {
    uint32_t code;
    uint32_t dst; /* register */
    uint32_t a;
    uint32_t b; /* operand, or a canonical constant for the C forms */
};

struct ir_prog_out {
    bool is_const;
    uint32_t v; /* canonical constant, or operand */
};

/* Inputs: the table's committed columns, its preprocessed ones, then the IDX and FIXED leaves: input
 * first_derived + k has the values of derived[k]. */
struct ir_prog {
    const struct ir_table *table;
    uint32_t n_inputs, first_derived, n_derived, n_ops, n_regs, n_outs;
    ir_x *derived;
    struct ir_prog_op *ops;
    struct ir_prog_out *outs;
};

/* outs: n expressions of t; the program's outs are in this order. Aborts when memory is short. */
void ir_prog_init(struct ir_prog *p, const struct ir_table *t, const ir_x *outs, uint32_t n);
void ir_prog_deinit(struct ir_prog *p);

/* Canonical value of a derived leaf (IDX or FIXED) on a row. */
uint32_t ir_leaf_value(const struct ir_table *t, ir_x leaf, uint32_t row);

/* Runs over n <= IR_BLOCK rows. in[i]: n values of input i; regs: n_regs * IR_BLOCK values. The value
 * of a non-constant output o is at in[o] or regs + (o - n_inputs) * IR_BLOCK. */
void ir_prog_run(const struct ir_prog *p, const uint32_t *const *in, uint32_t *regs, uint32_t n);
/* The same without vector instructions, whatever the CPU has. */
void ir_prog_run_portable(const struct ir_prog *p, const uint32_t *const *in, uint32_t *regs,
                          uint32_t n);

/* Where output i lies after ir_prog_run; NULL for a constant. */
static inline const uint32_t *ir_prog_out_at(const struct ir_prog *p, const uint32_t *const *in,
                                             const uint32_t *regs, uint32_t i)
{
    if (p->outs[i].is_const) return NULL;
    uint32_t v = p->outs[i].v;
    return v < p->n_inputs ? in[v] : regs + (size_t)(v - p->n_inputs) * IR_BLOCK;
}

/* n canonical values to Montgomery form; out may be in. */
void ir_block_to_mont(uint32_t *out, const uint32_t *in, size_t n);
uint32_t ir_from_mont(uint32_t v);

#endif
