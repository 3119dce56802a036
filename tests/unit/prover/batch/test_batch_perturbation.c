/* Every constraint and lookup of the batch program, one by one, as if it were missing: do rows of
 * valid batches then let cells move that nothing else holds? */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/unit/prover/air/independence.h"
#include "tests/unit/prover/batch/fixture.h"

static const uint64_t SEED = 20261123;

/* Implied by the others or by messages that link rows, which this test does not drop; or needed, with a
 * forgery of more cells than two that nothing else refuses. */
static const struct {
    const char *table, *name, *reason;
} LISTED[] = {
    {"words", "full is boolean", "needed: what_lies_behind_a_message_is_its_padding"},
    {"words", "case by the end", "needed: the same"},
    {"words", "length in the last block", "needed: the same"},
    {"chain", "participants are in the list", "needed: a_chain_outside_the_list_takes_no_part"},
    /* -1 would be two other cases at once; the sums are then -3 or two ends contradict each other */
    {"words", "end 0 is boolean", "case by the end"},
    {"words", "end 1 is boolean", "case by the end"},
    /* only full and end 1 at once pass "case by the end", and then the end can not be taken */
    {"words", "one case", "HALF"},
    {"segment", "has tuples is boolean", "count * inverse is 0 or 1"},
    {"chain", "participant is boolean", "SEGMENT and HALF are answered once or not at all"},
};

static bool is_listed(const char *table, const char *name)
{
    for (size_t i = 0; i < sizeof LISTED / sizeof LISTED[0]; i++)
        if (strcmp(LISTED[i].table, table) == 0 &&
            strncmp(LISTED[i].name, name, strlen(LISTED[i].name)) == 0)
            return true;
    return false;
}

START_TEST(constraints_and_lookups_are_missed_when_dropped)
{
    static const char *const plans[2][3] = {{"ttp-tt", "tt--t-", "t-t-tt"}, {"tp-", "-t-", "pt-"}};
    struct ir_system *s = batch_system_new(&BATCH_SIZE_SMALL);
    struct independence *d = calloc(s->n_tables, sizeof *d);
    struct batch_case *c = malloc(sizeof *c);
    struct rng rng;
    ck_assert_ptr_nonnull(d);
    rng_seed(&rng, SEED);
    for (uint32_t i = 0; i < s->n_tables; i++)
        independence_init(&d[i], s->tables[i]);
    for (uint32_t k = 0; k < 4; k++) {
        struct ir_trace *tr;
        char text[512];
        batch_case_plan(c, &rng, k % 2 == 0 ? 6 : 3, plans[k % 2], 3);
        for (uint32_t i = 0; i < k; i++) /* none at first */
            batch_case_blob(c, &rng, i);
        ck_assert_msg(batch_trace_fill(&tr, s, &BATCH_SIZE_SMALL, &c->in, text, sizeof text) ==
                          ERR_OK,
                      "%s", text);
        for (uint32_t i = 0; i < s->n_tables; i++)
            if (strcmp(s->tables[i]->name, "range16") != 0 &&
                strcmp(s->tables[i]->name, "absorb") != 0) /* the pairing's test has it */
                independence_table(&d[i], &tr->tables[i]);
        ir_trace_free(tr);
    }
    uint32_t judged = 0, needed = 0, listed = 0, silent = 0, links = 0;
    for (uint32_t i = 0; i < s->n_tables; i++) {
        const struct ir_table *t = s->tables[i];
        for (uint32_t k = 0; k < d[i].n_speakers; k++) {
            const char *name = independence_name(&d[i], k);
            links += d[i].kind[k] == SPEAKER_LINK;
            if (d[i].kind[k] == SPEAKER_LINK) continue;
            silent += !d[i].spoke[k];
            judged += d[i].spoke[k];
            needed += d[i].needed[k];
            if (!d[i].spoke[k] || d[i].needed[k]) continue;
            if (is_listed(t->name, name))
                listed++;
            else
                printf("  survivor: %s: %s\n", t->name, name);
        }
        independence_deinit(&d[i]);
    }
    printf(
        "%u constraints and lookups dropped one by one: %u noticed, %u listed; %u more say nothing "
        "in the rows looked at; %u messages link rows\n",
        (unsigned)judged, (unsigned)needed, (unsigned)listed, (unsigned)silent, (unsigned)links);
    fflush(stdout);
    ck_assert_uint_eq(needed + listed, judged);
    free(d);
    free(c);
    ir_system_free(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch perturbation");
    TCase *tc = tcase_create("perturbation");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, constraints_and_lookups_are_missed_when_dropped);
    suite_add_tcase(s, tc);
    return check_main(s);
}
