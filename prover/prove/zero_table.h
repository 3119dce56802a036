#ifndef PROVER_PROVE_ZERO_TABLE_H
#define PROVER_PROVE_ZERO_TABLE_H
/* One table's share of the zerocheck: A_t split into an affine part (one extension vector) and the
 * weighted expressions of higher degree, evaluated from the columns they use.
 *
 * Threads:   one table at a time; loops run on the prover's workers.
 * Lifetime:  init, then rounds h times, then columns, then deinit. */
#include "prover/prove/prove_parts.h"

/* Tables of at most this degree and at least this many variables have their first two bound at once. */
enum { ZERO_GRID_DEGREE = 3, ZERO_GRID_VARS = 3 };

struct zero_table {
    struct prover *pr;
    const struct prover_table *pt;
    uint32_t h;            /* variables of the table */
    uint32_t bound;        /* variables bound so far */
    uint32_t degree;       /* of A_t, at least 1 */
    struct planes affine;  /* 2^(h - bound) values */
    struct ir_prog prog;   /* expressions of degree >= 2 */
    kb5 *coef;             /* of each expression */
    bool *used;            /* by input of prog */
    struct planes *folded; /* inputs after it; only the used ones */
    kb5 claim;             /* sum over the free variables of eq * A_t */
    kb5 start[2];          /* of the first round: values at 0 and 1 */
    bool gridded;          /* the first two rounds come from grid, not from start */
    kb5 grid[ZERO_GRID_DEGREE + 1][ZERO_GRID_DEGREE + 1]; /* by first, second variable */
    kb5 second, first;     /* the second variable's coordinate of r'; what the first is bound to */
};

/* Base-field values of an input of the program. */
const kb *zero_table_input(const struct zero_table *z, uint32_t i);
/* Sums of eq * A_t over all variables but the first two, for x1, x2 = 0 .. degree (zero_grid.c).
 * ERR_NOMEM. */
MUST_CHECK enum err zero_grid_sums(struct zero_table *z, const struct eq_tower *eq,
                                   kb5 g[ZERO_GRID_DEGREE + 1][ZERO_GRID_DEGREE + 1]);

/* Splits A_t with the challenges and computes its sum (claim). eq: tables of suffixes of the point
 * r'; r: its coordinates, H of them. e: weights of all blocks. ERR_NOMEM. */
MUST_CHECK enum err zero_table_init(struct zero_table *z, struct prover *pr, uint32_t table,
                                    const struct bus_challenges *b, const kb5 *e, kb5 beta, kb5 a,
                                    const struct eq_tower *eq, const kb5 *r);
void zero_table_deinit(struct zero_table *z);

/* The round polynomial of the next free variable: coefficients c[0 .. degree] (r is that variable's
 * coordinate of r'). ERR_NOMEM, ERR_INTERNAL. */
MUST_CHECK enum err zero_table_round(struct zero_table *z, const struct eq_tower *eq, kb5 r,
                                     kb5 *c);
/* Binds that variable to s; c as zero_table_round gave it. ERR_NOMEM. */
MUST_CHECK enum err zero_table_bind(struct zero_table *z, const kb5 *c, kb5 s);
/* After all variables are bound to y: the values of all columns at y, the
 * preprocessed ones last. ERR_NOMEM. */
MUST_CHECK enum err zero_table_columns(struct zero_table *z, const kb5 *y, kb5 *out);

#endif
