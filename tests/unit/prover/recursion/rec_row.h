#ifndef TESTS_UNIT_PROVER_RECURSION_REC_ROW_H
#define TESTS_UNIT_PROVER_RECURSION_REC_ROW_H
/* One row of a trace by itself: a change in one row of a clean trace is noticed iff a constraint of that
 * row fails or its messages, taken together, are another multiset than before. */
#include "prover/recursion/rec_internal.h"
#include "rec_fixture.h"

uint32_t p_add(uint32_t a, uint32_t b);

/* A row as cells: columns, then preprocessed columns; value: of every node after row_eval. */
struct row {
    const struct ir_table *t;
    uint32_t number, *cell, *value;
};
void row_load(struct row *r, const struct ir_trace *tr, uint32_t table, uint32_t number);
void row_drop(struct row *r);
void row_eval(struct row *r);
bool row_constraints_hold(const struct row *r);
/* Linear fingerprint of the multiset of messages, modulo p twice. */
uint64_t row_says(const struct row *r);

/* A program with one of everything, and rows left over in every table. */
void make_program(struct fx *f);
#endif
