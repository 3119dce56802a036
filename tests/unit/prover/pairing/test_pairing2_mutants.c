/* Every cell of an accepted trace of the pairing program counts, whatever the kind of the pair. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "prover/air/pairing.h"
#include "prover/trace/pairing_trace.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"
#include "tests/unit/prover/air/mutants.h"

static bool has_kind(const struct pairing_slice *in, uint32_t kind)
{
    for (uint32_t s = 0; s < in->n_sides; s++)
        for (uint32_t i = 0; i < in->sides[s].n_tuples; i++)
            if (in->sides[s].tuples[i].e[TUPLE_KIND] == kind) return true;
    return false;
}

START_TEST(no_mutant_of_an_accepted_trace_survives)
{
    struct ir_system *sys = pairing2_system_new(&PAIRING_SIZE_64);
    struct pairing_side *sides = malloc(2 * sizeof *sides);
    struct pairing_slice slice = {.sides = sides}, *in = &slice;
    struct world *w = world_new(20261, false);
    const uint32_t kinds[] = {OP_SWAP_IN, OP_CREATE, OP_ADD, OP_REMOVE};
    uint32_t seen = 0;
    for (int batch = 0; batch < 40 && seen != 15; batch++) {
        struct sealed_batch b;
        struct ir_trace *tr;
        char text[512];
        ck_assert(world_seal_random(w, 40, &b));
        in->n_sides = 0;
        for (uint32_t i = 0; i < b.n_segments; i++) {
            pairing_side_from_trace(&sides[in->n_sides], b.traces[i]);
            in->n_sides += sides[in->n_sides].n_tuples > 0;
        }
        deployment_elements(in->dep, b.traces[0]->deployment_id);
        in->time = b.traces[0]->time;
        sealed_batch_deinit(&b);
        uint32_t here = 0, pairs = 0;
        for (uint32_t k = 0; k < 4; k++)
            if (has_kind(in, kinds[k])) here |= 1u << k;
        if ((here | seen) == seen || in->n_sides == 0) continue;
        seen |= here;
        ck_assert_msg(pairing_slice_fill(&tr, sys, in, text, sizeof text) == ERR_OK, "%s", text);
        ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
        for (uint32_t i = 0; i < in->n_sides; i++)
            pairs += in->sides[i].n_tuples;
        pairs /= 2;
        const char *const tables[] = {"pair", "sides", "muldiv"};
        uint32_t muldiv = 0;
        for (uint32_t s = 0; s < in->n_sides; s++)
            for (uint32_t i = 0; i < in->sides[s].n_tuples; i++)
                muldiv += in->sides[s].tuples[i].e[TUPLE_KIND] == OP_SWAP_IN;
        const uint32_t used[] = {pairs, in->n_sides, muldiv};
        const char *const unused[] = {
            "order_account",   "order_changes", "order_lane",    "order_leaf",     "order_slot_in",
            "order_amount",    "order_fee",     "order_minimum", "order_deadline", "minimum_borrow",
            "deadline_borrow", "net",           "net_inverse",   "sum_carry",      "out_inverse"};
        struct mutant_allow allow[32] = {
            {"pair", "", ROWS_PADDING, "a row that is off says nothing"},
            {"sides", "", ROWS_PADDING, "a row that is off says nothing"},
            {"muldiv", "", ROWS_PADDING, "a row that is off says nothing"},
            {"sides", "n", ROWS_ALL, "row 0 alone uses it"},
            {"sides", "pairs", ROWS_ALL, "row 0 alone uses it"},
            {"sides", "fact", ROWS_ALL, "row 0 alone uses it"},
            {"sides", "chain_before", ROWS_ALL, "row 0 has none before it"}};
        uint32_t n = 7;
        for (size_t i = 0; i < sizeof unused / sizeof unused[0]; i++)
            if (!has_kind(in, OP_SWAP_IN) || here != 1)
                allow[n++] = (struct mutant_allow){"pair", unused[i], ROWS_ALL,
                                                   "not used by a pair that is no swap"};
        struct mutant_report r = mutants_run(tr, tables, 3, used, 40, allow, n, false);
        mutants_print("pairing 2", &r);
        ck_assert_uint_eq(r.survivors, 0);
        ck_assert_uint_gt(r.killed, 100);
        if (has_kind(in, OP_SWAP_IN)) { /* two cells of a row; muldiv's have no allowance */
            const char *const tables2[] = {"sides", "pair", "muldiv"};
            r = mutants_pairs(tr, tables2, 3, used, 1, allow + 3, n - 3);
            mutants_print("pairing 2, two cells", &r);
            ck_assert_uint_eq(r.survivors, 0);
        }
        ir_trace_free(tr);
    }
    ck_assert_uint_eq(seen, 15);
    world_free(w);
    free(sides);
    ir_system_free(sys);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pairing 2 mutants");
    TCase *tc = tcase_create("mutants");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, no_mutant_of_an_accepted_trace_survives);
    suite_add_tcase(s, tc);
    return check_main(s);
}
