/* Batches of the executor: its leaf values and pairings are the facts that the batch program takes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "prover/air/leaf.h"
#include "prover/air/pairing.h"
#include "prover/trace/batch_trace.h"
#include "prover/trace/leaf_trace.h"
#include "prover/trace/pairing_trace.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

/* One slice: a segment for each participant, one pairing if there are tuples. */
struct executor_case {
    struct batch_input in;
    struct chain_entry chains[WORLD_CHAINS];
    struct digest8 before[WORLD_CHAINS], after[WORLD_CHAINS];
    struct batch_segment segments[WORLD_CHAINS];
    struct batch_pairing pairing;
    struct pairing_side sides[WORLD_CHAINS];
    struct pairing_slice slice;
};

static void case_of(struct executor_case *e, const struct sealed_batch *b)
{
    const struct chain_trace *first = b->traces[0];
    memset(e, 0, sizeof *e);
    e->in = (struct batch_input){.k = first->k,
                                 .time = first->time,
                                 .n_chains = WORLD_CHAINS,
                                 .n_segments = b->n_segments,
                                 .chains = e->chains,
                                 .roots_before = e->before,
                                 .roots_after = e->after,
                                 .segments = e->segments,
                                 .pairings = &e->pairing};
    memcpy(e->in.deployment_id, first->deployment_id, 32);
    memset(e->in.programs_digest, 0x77, 32);
    memset(e->in.d_from, 0x55, 32);
    for (uint32_t c = 0; c < WORLD_CHAINS; c++) {
        e->chains[c] = (struct chain_entry){.index = (uint16_t)c, .chain_id = 31337 + c};
        e->before[c].e[0] = e->after[c].e[0] = 1 + c; /* any root, if it takes no part */
    }
    e->slice.time = first->time;
    e->slice.sides = e->sides;
    deployment_elements(e->slice.dep, first->deployment_id);
    for (uint32_t p = 0; p < b->n_segments; p++) {
        const struct chain_trace *t = b->traces[p];
        leaf_publics(e->segments[p].publics, t);
        e->before[t->chain] = t->root_before;
        e->after[t->chain] = t->root_after;
        pairing_side_from_trace(&e->sides[e->slice.n_sides], t);
        e->slice.n_sides += t->n_tuples > 0;
    }
    if (e->slice.n_sides == 0) return;
    e->in.n_pairings = 1;
    pairing_slice_pairing(&e->pairing, &e->slice);
}

START_TEST(facts_of_executed_batches_fit_together)
{
    struct ir_system *batch = batch_system_new(&BATCH_SIZE_SMALL);
    struct ir_system *pairing = pairing2_system_new(&PAIRING_SIZE_64);
    struct ir_system *leaf = leaf_system_new();
    struct executor_case *e = malloc(sizeof *e);
    struct rng rng;
    char text[4096];
    uint32_t pairings = 0;
    check_seed(&rng);
    struct world *w = world_new(rng_u64(&rng), true);
    world_warm_up(w);
    for (int i = 0; i < 4; i++) {
        struct sealed_batch b;
        struct ir_trace *tr;
        uint32_t want[BATCH_N_PUBLIC];
        ck_assert(world_seal_random(w, 30, &b));
        case_of(e, &b);
        ck_assert_msg(batch_trace_fill(&tr, batch, &BATCH_SIZE_SMALL, &e->in, text, sizeof text) ==
                          ERR_OK,
                      "%s", text);
        ck_assert_ok(batch_publics(want, &e->in));
        ck_assert_mem_eq(tr->publics, want, sizeof want);
        ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
        ir_trace_free(tr);
        if (e->in.n_pairings > 0) {
            pairings++;
            struct batch_fact fact = batch_fact_pairing(&e->pairing);
            ck_assert_msg(pairing_slice_fill(&tr, pairing, &e->slice, text, sizeof text) == ERR_OK,
                          "%s", text);
            ck_assert_mem_eq(tr->publics, fact.e, sizeof fact.e);
            ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
            ir_trace_free(tr);
        }
        if (i == 0) { /* the leaf's own public values */
            ck_assert_ok(leaf_trace_fill(&tr, leaf, b.traces[0], text, sizeof text));
            ck_assert_mem_eq(tr->publics, e->segments[0].publics, LEAF_PUBLICS * sizeof(uint32_t));
            ir_trace_free(tr);
        }
        sealed_batch_deinit(&b);
    }
    ck_assert_uint_gt(pairings, 0);
    world_free(w);
    free(e);
    ir_system_free(leaf);
    ir_system_free(pairing);
    ir_system_free(batch);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch of the executor");
    TCase *tc = tcase_create("executor");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, facts_of_executed_batches_fit_together);
    suite_add_tcase(s, tc);
    return check_main(s);
}
