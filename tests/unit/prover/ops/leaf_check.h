#ifndef TESTS_UNIT_PROVER_OPS_LEAF_CHECK_H
#define TESTS_UNIT_PROVER_OPS_LEAF_CHECK_H
/* The leaf system for tests, filled from an executor's trace and checked. */
#include "core/batch/chain_trace.h"
#include "prover/ir/ir.h"

/* Built once. */
const struct ir_system *leaf_system(void);
/* Fills and checks with the mock checker; aborts on an error of filling. */
struct ir_trace *leaf_fill(const struct chain_trace *t);
/* true if the trace is clean; prints why not when loud. */
bool leaf_clean(const struct ir_trace *tr, bool loud);
#endif
