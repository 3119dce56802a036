/* Every constraint and lookup of pairing version 2, one by one, as if it were missing: do rows of
 * valid slices then let cells move that nothing else holds? */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/air/pairing.h"
#include "prover/trace/pairing_trace.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"
#include "tests/unit/prover/air/independence.h"

/* Implied by the others, or held by messages that link rows, which this test does not drop. */
static const struct {
    const char *table, *name, *reason;
} LISTED[] = {
    {"sides", "on is boolean", "multiplicity of messages that link rows"},
    {"sides", "side 0 is there", "LAST comes from a row that LINK reaches from row 0"},
    {"pair", "on is boolean", "the sum of four flags; x comes once"},
    {"pair", "swap is boolean", "multiplicity of messages that link rows"},
    {"pair", "create is boolean", "the kinds' numbers differ: the tuples say which"},
    {"pair", "add is boolean", "the same"},
    {"pair", "remove is boolean", "the same"},
};

static bool is_listed(const char *table, const char *name)
{
    for (size_t i = 0; i < sizeof LISTED / sizeof LISTED[0]; i++)
        if (strcmp(LISTED[i].table, table) == 0 &&
            strncmp(LISTED[i].name, name, strlen(LISTED[i].name)) == 0)
            return true;
    return false;
}

START_TEST(constraints_and_lookups_of_pairs_are_missed_when_dropped)
{
    struct ir_system *s = pairing2_system_new(&PAIRING_SIZE_64);
    struct independence *d = calloc(s->n_tables, sizeof *d);
    struct pairing_side *sides = malloc(2 * sizeof *sides);
    struct world *w = world_new(20261, false);
    ck_assert_ptr_nonnull(d);
    ck_assert_ptr_nonnull(sides);
    for (uint32_t i = 0; i < s->n_tables; i++)
        independence_init(&d[i], s->tables[i]);
    for (uint32_t k = 0; k < 12; k++) {
        struct pairing_slice in = {.sides = sides};
        struct sealed_batch b;
        struct ir_trace *tr;
        char text[512];
        ck_assert(world_seal_random(w, 40, &b));
        for (uint32_t i = 0; i < b.n_participants; i++) {
            pairing_side_from_trace(&sides[in.n_sides], b.traces[i]);
            in.n_sides += sides[in.n_sides].n_tuples > 0;
        }
        deployment_elements(in.dep, b.traces[0]->deployment_id);
        in.time = b.traces[0]->time;
        sealed_batch_deinit(&b);
        if (in.n_sides == 0) continue;
        ck_assert_msg(pairing_slice_fill(&tr, s, &in, text, sizeof text) == ERR_OK, "%s", text);
        for (uint32_t i = 0; i < s->n_tables; i++)
            if (strcmp(s->tables[i]->name, "sides") == 0 || strcmp(s->tables[i]->name, "pair") == 0)
                independence_table(&d[i], &tr->tables[i]); /* the leaf's test has the others */
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
    free(sides);
    world_free(w);
    ir_system_free(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pairing 2 perturbation");
    TCase *tc = tcase_create("perturbation");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, constraints_and_lookups_of_pairs_are_missed_when_dropped);
    suite_add_tcase(s, tc);
    return check_main(s);
}
