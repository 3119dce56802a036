/* The batch program: random valid batches are accepted and state what core's statement code says. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/batch/batch.h"
#include "prover/air/batch.h"
#include "prover/trace/batch_trace.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/batch/fixture.h"

static void accept_case(const struct ir_system *sys, const struct batch_size *size,
                        const struct batch_case *c)
{
    struct ir_trace *tr = NULL;
    char text[512];
    uint32_t want[BATCH_N_PUBLIC];
    ck_assert_msg(batch_trace_fill(&tr, sys, size, &c->in, text, sizeof text) == ERR_OK, "%s",
                  text);
    ck_assert_ok(batch_publics(want, &c->in));
    ck_assert_mem_eq(tr->publics, want, sizeof want);
    ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
    ir_trace_free(tr);
}

START_TEST(random_batches_state_what_core_says)
{
    struct rng rng;
    struct ir_system *sys = batch_system_new(&BATCH_SIZE_SMALL);
    struct batch_case *c = malloc(sizeof *c);
    check_seed(&rng);
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t chains = 1 + (uint32_t)rng_below(&rng, 6);
        batch_case_random(c, &rng, chains, 1 + (uint32_t)rng_below(&rng, i < 4 ? 2 : 7));
        accept_case(sys, &BATCH_SIZE_SMALL, c);
    }
    free(c);
    ir_system_free(sys);
}
END_TEST

START_TEST(the_full_size_takes_its_limits)
{
    struct rng rng;
    struct ir_system *sys = batch_system_new(&BATCH_SIZE);
    struct batch_case *c = malloc(sizeof *c);
    check_seed(&rng);
    batch_case_random(c, &rng, 16, 8); /* 64 segments of 16 chains */
    printf("%u segments, %u pairings\n", (unsigned)c->in.n_segments, (unsigned)c->in.n_pairings);
    accept_case(sys, &BATCH_SIZE, c);
    const char *plan[BATCH_LEAVES_MAX];
    for (uint32_t i = 0; i < BATCH_LEAVES_MAX; i++)
        plan[i] = i % 2 == 0 ? "t" : "p";
    batch_case_plan(c, &rng, 1, plan, BATCH_LEAVES_MAX); /* all 64 of one chain, 32 pairings */
    accept_case(sys, &BATCH_SIZE, c);
    for (uint32_t i = 0; i < 32; i++)
        plan[i] = "tt";
    batch_case_plan(c, &rng, 2, plan, 32); /* all facts of a tree: 64 and 32 */
    ck_assert_uint_eq(c->in.n_segments + c->in.n_pairings, 96);
    accept_case(sys, &BATCH_SIZE, c);
    batch_case_blob(c, &rng, 0); /* 64 blob leaves */
    batch_case_blob(c, &rng, 1);
    accept_case(sys, &BATCH_SIZE, c);
    free(c);
    ir_system_free(sys);
}
END_TEST

enum { SLICES = 24 };

/* 64 segments of 16 chains, with as many blocks of pubdata as there can be: a blob part of an odd number
 * of segments n takes n / 2 + 2.5, calldata of an even number n / 2 + 1. */
static void most_blocks(struct batch_case *c, struct rng *rng, uint32_t blobs)
{
    char text[SLICES][BATCH_LIST_MAX];
    const char *plan[SLICES];
    uint32_t of[BATCH_LIST_MAX], sum = 0;
    for (uint32_t i = 0; i < 16; i++)
        sum += of[i] = i < blobs ? 3 : 2;
    of[0] += (64 - sum) & ~1u;
    of[15] += (64 - sum) & 1;
    for (uint32_t s = 0; s < SLICES; s++) {
        for (uint32_t i = 0; i < 16; i++)
            text[s][i] = s >= of[i] ? '-' : s % 2 == 0 ? 't' : 'p';
        plan[s] = text[s];
    }
    batch_case_plan(c, rng, 16, plan, SLICES);
    for (uint32_t i = 0; i < blobs; i++)
        batch_case_blob(c, rng, i);
}

START_TEST(eleven_blob_parts_always_fit_and_twelve_may_not)
{
    struct rng rng;
    struct ir_system *sys = batch_system_new(&BATCH_SIZE);
    struct batch_case *c = malloc(sizeof *c);
    struct ir_trace *tr = NULL;
    char text[128];
    check_seed(&rng);
    most_blocks(c, &rng, BATCH_BLOB_PARTICIPANTS_MAX);
    ck_assert_uint_eq(c->in.n_segments, 64);
    accept_case(sys, &BATCH_SIZE, c);
    most_blocks(c, &rng, BATCH_BLOB_PARTICIPANTS_MAX + 1);
    ck_assert_err(batch_trace_fill(&tr, sys, &BATCH_SIZE, &c->in, text, sizeof text), ERR_FULL);
    ck_assert_str_eq(text, "SHA-256 blocks of pubdata: 66, at most 64");
    free(c);
    ir_system_free(sys);
}
END_TEST

START_TEST(any_shape_of_the_tree_is_accepted)
{
    struct rng rng;
    struct ir_system *sys = batch_system_new(&BATCH_SIZE_SMALL);
    struct batch_case *c = malloc(sizeof *c);
    check_seed(&rng);
    batch_case_random(c, &rng, 3, 3);
    uint32_t n = c->in.n_segments + c->in.n_pairings, live[96], n_live = n;
    for (uint32_t i = 0; i < n; i++)
        live[i] = i;
    while (n_live > 1) { /* any two become one */
        uint32_t a = (uint32_t)rng_below(&rng, n_live), b = (uint32_t)rng_below(&rng, n_live);
        if (a == b) continue;
        uint32_t i = c->tree.n_nodes++;
        c->tree.nodes[i].left = (uint16_t)live[a];
        c->tree.nodes[i].right = (uint16_t)live[b];
        live[a] = n + i;
        live[b] = live[--n_live];
    }
    c->in.tree = &c->tree;
    accept_case(sys, &BATCH_SIZE_SMALL, c);
    free(c);
    ir_system_free(sys);
}
END_TEST

START_TEST(limits_give_clear_errors)
{
    struct rng rng;
    struct ir_system *sys = batch_system_new(&BATCH_SIZE_SMALL);
    struct batch_case *c = malloc(sizeof *c);
    struct ir_trace *tr = NULL;
    char text[128];
    check_seed(&rng);
    batch_case_random(c, &rng, 7, 1);
    ck_assert_err(batch_trace_fill(&tr, sys, &BATCH_SIZE_SMALL, &c->in, text, sizeof text),
                  ERR_FULL);
    ck_assert_str_eq(text, "chains: 7, at most 6");
    batch_case_random(c, &rng, 1, 1);
    c->in.n_pairings = 9;
    ck_assert_err(batch_trace_fill(&tr, sys, &BATCH_SIZE_SMALL, &c->in, text, sizeof text),
                  ERR_FULL);
    ck_assert_str_eq(text, "pairings: 9, at most 8");
    c->in.n_pairings = 0;
    c->in.n_segments = 65;
    ck_assert_err(batch_trace_fill(&tr, sys, &BATCH_SIZE_SMALL, &c->in, text, sizeof text),
                  ERR_FULL);
    ck_assert_str_eq(text, "segments: 65, at most 64");
    c->in.n_segments = 0;
    ck_assert_err(batch_trace_fill(&tr, sys, &BATCH_SIZE_SMALL, &c->in, text, sizeof text),
                  ERR_ARG);
    uint32_t publics[BATCH_N_PUBLIC];
    c->in.n_segments = 1;
    c->segments[0].publics[LEAF_TUPLE_COUNT] = IR_P;
    ck_assert_err(batch_trace_fill(&tr, sys, &BATCH_SIZE_SMALL, &c->in, text, sizeof text),
                  ERR_RANGE);
    ck_assert_err(batch_publics(publics, &c->in), ERR_RANGE);
    batch_case_random(c, &rng, 2, 2);
    batch_tree_balanced(&c->tree, c->in.n_segments + c->in.n_pairings);
    c->in.tree = &c->tree;
    c->tree.nodes[0].left = 96; /* not there yet */
    if (c->tree.n_nodes > 0) {
        ck_assert_err(batch_trace_fill(&tr, sys, &BATCH_SIZE_SMALL, &c->in, text, sizeof text),
                      ERR_ARG);
        ck_assert_err(batch_publics(publics, &c->in), ERR_ARG);
    }
    batch_case_random(c, &rng, 2, 1);
    c->chains[1].chain_id = c->chains[0].chain_id;
    ck_assert_err(batch_trace_fill(&tr, sys, &BATCH_SIZE_SMALL, &c->in, text, sizeof text),
                  ERR_ARG);
    free(c);
    ir_system_free(sys);
}
END_TEST

START_TEST(the_system_is_free_of_lint)
{
    struct ir_system *sys = batch_system_new(&BATCH_SIZE);
    char text[4096];
    const struct ir_lint_allow allow[] = {
        {"range16", "range16"}, /* counts askers of a fact about the row number */
        {"range16", "byte2"},
        {"batch", "k, time, deployment"}, /* counts askers; 0 outside row 0 */
        /* constants times flags: one question for each of the 8 rows of a block */
        {"words", "length in bits"},
        {"chain", "pubdata hash"},
        {"batch", "hash of D"},
        {"batch", "hash of stmt"},
        {"batch", "hash of roots before"},
        {"batch", "hash of roots after"},
        {"batch", "hash of chains"},
    };
    uint32_t n = ir_lint(sys, allow, sizeof allow / sizeof allow[0], text, sizeof text);
    ck_assert_msg(n == 0, "%s", text);
    ck_assert_uint_le(sys->max_degree, 3);
    uint64_t cells = 0, columns = 0, constraints = 0, messages = 0;
    for (uint32_t i = 0; i < sys->n_tables; i++) {
        const struct ir_table *t = sys->tables[i];
        printf("%-8s 2^%-2u %4u columns %4u constraints %4u messages\n", t->name,
               (unsigned)t->log_height, (unsigned)t->n_columns, (unsigned)t->n_constraints,
               (unsigned)t->n_messages);
        cells += (uint64_t)t->n_columns << t->log_height;
        columns += t->n_columns;
        constraints += t->n_constraints;
        messages += t->n_messages;
    }
    printf("%llu columns, %llu constraints, %llu messages, %llu cells\n",
           (unsigned long long)columns, (unsigned long long)constraints,
           (unsigned long long)messages, (unsigned long long)cells);
    ck_assert_uint_le(cells, 1u << 21);
    ir_system_free(sys);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch");
    TCase *tc = tcase_create("batch");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, random_batches_state_what_core_says);
    tcase_add_test(tc, the_full_size_takes_its_limits);
    tcase_add_test(tc, eleven_blob_parts_always_fit_and_twelve_may_not);
    tcase_add_test(tc, any_shape_of_the_tree_is_accepted);
    tcase_add_test(tc, limits_give_clear_errors);
    tcase_add_test(tc, the_system_is_free_of_lint);
    suite_add_tcase(s, tc);
    return check_main(s);
}
