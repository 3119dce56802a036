/* Batches that are valid but unusual have a trace, and it states what core's statement code says. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/trace/batch_trace.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/batch/fixture.h"

static struct batch_case *c;
static struct rng rng;

static void setup(void)
{
    c = malloc(sizeof *c);
    REQUIRE(c != NULL);
    check_seed(&rng);
}

static void teardown(void)
{
    free(c);
}

static void accept(const struct batch_size *size, const struct ir_system *sys,
                   const struct batch_input *in, const char *what)
{
    struct ir_trace *tr = NULL;
    char text[512];
    uint32_t want[BATCH_N_PUBLIC];
    ck_assert_ok(batch_publics(want, in));
    ck_assert_msg(batch_trace_fill(&tr, sys, size, in, text, sizeof text) == ERR_OK, "%s: %s", what,
                  text);
    ck_assert_mem_eq(tr->publics, want, sizeof want);
    ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s: %s", what, text);
    ir_trace_free(tr);
}

START_TEST(batches_at_the_limits_of_their_lists_are_accepted)
{
    enum { MANY = 32 };
    char lines[MANY][BATCH_LIST_MAX + 1];
    const char *plan[MANY];
    struct ir_system *sys = batch_system_new(&BATCH_SIZE);
    for (uint32_t s = 0; s < MANY; s++) {
        memset(lines[s], 'p', BATCH_LIST_MAX);
        plan[s] = lines[s];
    }
    batch_case_plan(c, &rng, 16, plan, 1); /* deposits alone */
    ck_assert_uint_eq(c->in.n_pairings, 0);
    accept(&BATCH_SIZE, sys, &c->in, "16 chains without a tuple");
    for (uint32_t s = 0; s < MANY; s++)
        memset(lines[s], 't', BATCH_LIST_MAX);
    batch_case_plan(c, &rng, 16, plan, 4);
    ck_assert_uint_eq(c->in.n_segments, 64);
    ck_assert_uint_eq(c->pairings[0].n_sides, 16);
    accept(&BATCH_SIZE, sys, &c->in, "64 segments, 4 pairings of 16 sides");
    batch_case_plan(c, &rng, 2, plan, 32);
    ck_assert_uint_eq(c->in.n_pairings, 32);
    accept(&BATCH_SIZE, sys, &c->in, "64 segments of two chains, 32 pairings");
    memset(lines[0], '-', BATCH_LIST_MAX);
    lines[0][15] = 't';
    batch_case_plan(c, &rng, 16, plan, 1);
    accept(&BATCH_SIZE, sys, &c->in, "the last chain alone");
    ir_system_free(sys);
}
END_TEST

START_TEST(a_batch_of_one_fact_is_accepted)
{
    static const char *const one[1] = {"p"};
    struct ir_system *sys = batch_system_new(&BATCH_SIZE_SMALL);
    batch_case_plan(c, &rng, 1, one, 1);
    ck_assert_uint_eq(c->in.n_segments + c->in.n_pairings, 1);
    accept(&BATCH_SIZE_SMALL, sys, &c->in, "the leaf's fact is the root");
    ir_system_free(sys);
}
END_TEST

static void set_numbers(uint32_t k, uint32_t time)
{
    c->in.k = k;
    c->in.time = time;
    for (uint32_t i = 0; i < c->in.n_segments; i++) {
        uint32_t *p = c->segments[i].publics;
        p[LEAF_K] = k & 0xffff;
        p[LEAF_K + 1] = k >> 16;
        p[LEAF_TIME] = time & 0xffff;
        p[LEAF_TIME + 1] = time >> 16;
    }
    for (uint32_t i = 0; i < c->in.n_pairings; i++)
        c->pairings[i].time = time;
}

START_TEST(numbers_at_their_bounds_are_accepted)
{
    static const char *const plan[2] = {"tpt", "t-t"};
    const uint32_t k[] = {1, 65535, 65536, 65537, UINT32_MAX};
    const uint32_t time[] = {0, 65535, 65536, 1u << 31, UINT32_MAX};
    struct ir_system *sys = batch_system_new(&BATCH_SIZE_SMALL);
    for (uint32_t i = 0; i < 5; i++) {
        batch_case_plan(c, &rng, 3, plan, 2);
        set_numbers(k[i], time[i]);
        accept(&BATCH_SIZE_SMALL, sys, &c->in, "k and T");
    }
    /* ids, indices, hashes, roots, a word of the deployment with all bits */
    batch_case_plan(c, &rng, 3, plan, 2);
    const uint16_t index[3] = {65535, 0, 1},
                   was[3] = {c->chains[0].index, c->chains[1].index, c->chains[2].index};
    for (uint32_t i = 0; i < c->in.n_segments; i++)
        for (uint32_t n = 0; n < 3; n++)
            if (c->segments[i].publics[LEAF_CHAIN] == was[n]) {
                c->segments[i].publics[LEAF_CHAIN] = 100000 + n;
                memset(c->segments[i].publics + LEAF_SHA, 0, 16 * sizeof(uint32_t));
                if (n == 2) c->segments[i].publics[LEAF_SHA + 15] = 0xffff;
            }
    for (uint32_t i = 0; i < c->in.n_pairings; i++)
        for (uint32_t s = 0; s < c->pairings[i].n_sides; s++)
            for (uint32_t n = 0; n < 3; n++)
                if (c->pairings[i].sides[s].chain == was[n])
                    c->pairings[i].sides[s].chain = 100000 + n;
    for (uint32_t i = 0; i < c->in.n_segments; i++)
        c->segments[i].publics[LEAF_CHAIN] = index[c->segments[i].publics[LEAF_CHAIN] - 100000];
    for (uint32_t i = 0; i < c->in.n_pairings; i++)
        for (uint32_t s = 0; s < c->pairings[i].n_sides; s++)
            c->pairings[i].sides[s].chain = index[c->pairings[i].sides[s].chain - 100000];
    const uint64_t id[3] = {0, UINT64_MAX - 1, UINT64_MAX};
    for (uint32_t n = 0; n < 3; n++) {
        c->chains[n].index = index[n];
        c->chains[n].chain_id = id[n];
        c->chains[n].finality = UINT32_MAX;
    }
    accept(&BATCH_SIZE_SMALL, sys, &c->in, "ids and indices");
    ir_system_free(sys);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("unusual batches");
    TCase *tc = tcase_create("unusual");
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, batches_at_the_limits_of_their_lists_are_accepted);
    tcase_add_test(tc, a_batch_of_one_fact_is_accepted);
    tcase_add_test(tc, numbers_at_their_bounds_are_accepted);
    suite_add_tcase(s, tc);
    return check_main(s);
}
