#ifndef PROVER_SOLGEN_EMIT_TABLE_H
#define PROVER_SOLGEN_EMIT_TABLE_H
/* What the files share that write one table's constraints and messages: emit_plan.c decides what is
 * stored and what is reduced, emit_tables.c writes. */
#include "prover/solgen/emit.h"

enum { INLINE_MAX = 80 }; /* nodes in one expression */

struct node_plan {
    uint32_t uses, product_uses; /* by what is really computed */
    uint32_t linear_uses;        /* of those, as operand of a linear sum, which reads it twice */
    uint32_t size;               /* nodes of the expression when written in line */
    uint64_t raw;                /* greatest lane of the expression */
    uint64_t bound;              /* of the value as used: reduced when stored, if that pays */
    bool stored, done;
    bool red_a, red_b, swap; /* operands to reduce first; exchange factors */
    bool inside;             /* of a linear sum: never computed by itself */
    uint32_t n_terms;        /* of the linear sum that is computed here; 0 = none */
    uint32_t slot, left;
};

/* A linear sum: terms k x with constants of all sizes, added up with two small products each. */
struct linear_term {
    uint32_t k;
    ir_x x; /* UINT32_MAX: the constant k itself */
};
enum { LINEAR_MAX_TERMS = 128, LINEAR_CUT = 15 /* k = high 2^15 + low */ };

struct table_emit {
    struct emit *e;
    const struct ir_table *t;
    uint32_t table;
    struct node_plan *n;
    struct text expr;
    uint32_t *free_slots, n_free, n_slots;
    uint32_t *pending, n_pending;
};

bool node_is_const(const struct ir_table *t, ir_x x, uint32_t *value);
bool node_is_column(const struct ir_table *t, ir_x x);
bool node_is_leaf(const struct ir_table *t, ir_x x);
/* k x as -(p - k) x when that is smaller. */
uint64_t small_factor(uint32_t k, bool *negative);
/* Whether f times lanes up to x, or a multiple of p minus that, stays in the lanes. */
bool scale_fits(uint64_t f, uint64_t x, bool negative);
/* bound, or that of a reduced word if that is less. */
uint64_t lower_bound(uint64_t bound);
/* Fills g->n: uses, bounds, what is stored. */
void plan_table(struct table_emit *g);
/* The terms of the linear sum at x. */
uint32_t linear_terms(const struct table_emit *g, ir_x x,
                      struct linear_term terms[LINEAR_MAX_TERMS]);

#endif
