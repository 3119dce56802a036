/* Record tables against the executor: every kind of record and outcome gives a clean trace, and no
 * single cell of it can be changed. */
#include <check.h>
#include <stdlib.h>

#include "common/base/err.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/air/mutants.h"
#include "tests/unit/prover/ops/scenarios.h"

typedef void (*scenario)(each_trace each);
static const scenario scenarios[] = {
    scenario_deposits,  scenario_payments, scenario_pools_and_swaps,
    scenario_liquidity, scenario_keys,     scenario_refusals,
    scenario_full,
};

static void expect_clean(struct ir_trace *tr, const struct chain_trace *t)
{
    ck_assert_msg(leaf_clean(tr, true), "chain %u, batch %u", t->chain, t->k);
    ir_trace_free(tr);
}

START_TEST(executor_batches_give_clean_traces)
{
    scenarios[_i](expect_clean);
}
END_TEST

/* The exceptions are advice that its row does not need. */
static const char *const tables[] = {"header",   "transfer", "withdraw", "open",      "change_key",
                                     "create",   "swap_in",  "swap_out", "liquidity", "priority",
                                     "preamble", "fee",      "shares",   "muldiv"};
static const struct mutant_allow allowed[] = {
#include "tests/unit/prover/ops/allowed.inc"
};
static uint32_t survivors;

static void run_mutants(struct ir_trace *tr, const struct chain_trace *t)
{
    uint32_t used[ARRAY_LEN(tables)];
    for (uint32_t i = 0; i < ARRAY_LEN(tables); i++) {
        uint32_t n = ir_table_find(tr->system, tables[i]);
        uint32_t on = ir_column_find(tr->system->tables[n], "on");
        used[i] = 0;
        for (uint32_t r = 0; r < 1u << tr->system->tables[n]->log_height; r++)
            used[i] += tr->tables[n].columns[on][r];
    }
    if (t->k > 1) {
        struct mutant_report r = mutants_run(tr, tables, ARRAY_LEN(tables), used, 64, allowed,
                                             ARRAY_LEN(allowed), false);
        mutants_print("records", &r);
        survivors += r.survivors;
    }
    ir_trace_free(tr);
}

START_TEST(no_cell_of_a_record_row_can_be_changed)
{
    scenarios[_i](run_mutants);
    ck_assert_uint_eq(survivors, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("records");
    TCase *tc = tcase_create("clean");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, executor_batches_give_clean_traces, 0, ARRAY_LEN(scenarios));
    suite_add_tcase(suite, tc);
    tc = tcase_create("mutants");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, no_cell_of_a_record_row_can_be_changed, 0, ARRAY_LEN(scenarios));
    suite_add_tcase(suite, tc);
    return check_main(suite);
}
