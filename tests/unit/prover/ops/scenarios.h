#ifndef TESTS_UNIT_PROVER_OPS_SCENARIOS_H
#define TESTS_UNIT_PROVER_OPS_SCENARIOS_H
/* Batches with every kind of record and outcome. Each sealed chain trace is filled and given to
 * `each`, which owns the leaf trace. */
#include "tests/unit/prover/ops/fixture.h"

typedef void (*each_trace)(struct ir_trace *tr, const struct chain_trace *t);

void scenario_deposits(each_trace each);
void scenario_payments(each_trace each);
void scenario_pools_and_swaps(each_trace each);
void scenario_liquidity(each_trace each);
void scenario_keys(each_trace each);
void scenario_refusals(each_trace each);
void scenario_full(each_trace each); /* no accounts left; skipped key leaves */
#endif
