#ifndef TESTS_UNIT_PROVER_AIR_SUPPORT_H
#define TESTS_UNIT_PROVER_AIR_SUPPORT_H
/* Small systems around the infrastructure tables: "askers" stand for op tables, and a sparse tree
 * made by definition stands for core's. */
#include "common/base/rng.h"
#include "prover/air/leaf.h"
#include "prover/trace/witness.h"

/* A table whose rows send n fields on `bus`: column "on", then "f[0..n)". */
void add_asker(struct ir_system *s, const char *name, uint16_t bus, uint32_t n,
               uint32_t log_height);
/* The same, receiving. */
void add_taker(struct ir_system *s, const char *name, uint16_t bus, uint32_t n,
               uint32_t log_height);
/* One row that answers with an advice multiplicity: stands for the header. */
void add_lookup(struct ir_system *s, const char *name, uint16_t bus, uint32_t n);
/* Fills the next row of such a table. */
void ask_row(struct witness *w, const struct ir_system *s, const char *name, const uint32_t *f,
             uint32_t n);

/* One leaf of the state tree; untouched cells only give siblings their values. */
struct test_cell {
    uint32_t account, slot;
    uint32_t before[8], after[8];
    bool touched;
};
/* A trace with these cells (distinct addresses; sorted in place), their tree rows and roots. */
struct chain_trace *test_trace(struct test_cell *cells, uint32_t n);
void test_trace_free(struct chain_trace *trace);
void set_roots(struct witness *w, const struct chain_trace *trace, uint32_t old, uint32_t now);

/* Answers, takes the trace and runs the mock checker; on failure prints why. NULL or the trace. */
struct ir_trace *clean_trace(struct witness *w, const struct chain_trace *trace);
#endif
