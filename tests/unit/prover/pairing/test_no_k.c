/* A core that pays one unit more than the product rule allows (rules_pair.c built with
 * CORE_TEST_NO_K_RULE): its leaves are in order, only the pairing program refuses. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/air/leaf.h"
#include "prover/air/pairing.h"
#include "prover/trace/leaf_trace.h"
#include "prover/trace/pairing_trace.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

static uint32_t swaps_of(const struct sealed_batch *s)
{
    uint32_t n = 0;
    for (uint32_t p = 0; p < s->n_segments; p++)
        for (uint32_t i = 0; i < s->traces[p]->n_ops; i++)
            n += s->traces[p]->ops[i].code == OP_SWAP_IN;
    return n;
}

/* Up to 16 pairs: one a record. */
static const struct pairing_size SMALL = {.pairs = 4, .absorb = 9, .packed = 5, .muldiv = 5};

/* Whether the pairing takes the batch; refused by the product rule alone, if not. */
static bool paired(const struct ir_system *pairing, const struct sealed_batch *s)
{
    struct pairing_side *sides = malloc(2 * sizeof *sides);
    struct pairing_slice in = {.time = s->traces[0]->time, .sides = sides};
    struct ir_trace *tr = NULL;
    char text[512];
    ck_assert_ptr_nonnull(sides);
    deployment_elements(in.dep, s->traces[0]->deployment_id);
    for (uint32_t p = 0; p < s->n_segments; p++) {
        pairing_side_from_trace(&sides[in.n_sides], s->traces[p]);
        in.n_sides += sides[in.n_sides].n_tuples > 0;
    }
    bool ok = in.n_sides == 0;
    if (!ok) {
        ok = pairing_slice_fill(&tr, pairing, &in, text, sizeof text) == ERR_OK &&
             ir_mock_check(tr, text, sizeof text) == ERR_OK;
        if (!ok) ck_assert_msg(strstr(text, "muldiv") != NULL, "%s", text);
        ir_trace_free(tr);
    }
    free(sides);
    return ok;
}

START_TEST(every_batch_that_breaks_the_product_is_refused)
{
    struct ir_system *pairing = pairing2_system_new(&SMALL);
    uint32_t broken = 0, refused = 0, harmless = 0;
    struct rng rng;
    check_seed(&rng);
    while (broken < NO_K_BATCHES) {
        struct world *w = world_new(rng_u64(&rng), false);
        world_warm_up(w);
        for (int i = 0; i < 20 && broken < NO_K_BATCHES; i++) {
            struct sealed_batch s;
            ck_assert(world_seal_random(w, 16, &s));
            if (swaps_of(&s) > 0) {
                broken++;
                refused += !paired(pairing, &s);
            } else if (harmless < 10) {
                harmless++; /* without a swap nothing is broken */
                ck_assert(paired(pairing, &s));
            }
            sealed_batch_deinit(&s);
        }
        world_free(w);
    }
    printf("%u of %u refused\n", refused, broken);
    ck_assert_uint_eq(refused, broken);
    ir_system_free(pairing);
}
END_TEST

START_TEST(the_leaves_of_such_batches_are_in_order)
{
    struct ir_system *leaf = leaf_system_new();
    struct world *w = world_new(4, true);
    char text[512];
    uint32_t checked = 0;
    world_warm_up(w);
    for (int i = 0; i < 20 && checked < 2; i++) {
        struct sealed_batch s;
        ck_assert(world_seal_random(w, 16, &s));
        if (swaps_of(&s) > 0) {
            checked++;
            for (uint32_t p = 0; p < s.n_segments; p++) {
                struct ir_trace *tr;
                ck_assert_msg(leaf_trace_fill(&tr, leaf, s.traces[p], text, sizeof text) == ERR_OK,
                              "%s", text);
                ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
                ir_trace_free(tr);
            }
        }
        sealed_batch_deinit(&s);
    }
    ck_assert_uint_eq(checked, 2);
    world_free(w);
    ir_system_free(leaf);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pairing without the product rule");
    TCase *tc = tcase_create("no k");
    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, every_batch_that_breaks_the_product_is_refused);
    tcase_add_test(tc, the_leaves_of_such_batches_are_in_order);
    suite_add_tcase(s, tc);
    return check_main(s);
}
