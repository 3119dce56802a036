/* Every constraint and lookup of the leaf program, one by one, as if it were missing: do rows of real
 * batches then let cells move that nothing else holds? */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"
#include "tests/unit/prover/air/independence.h"
#include "tests/unit/prover/leaf/leaf_fill.h"

static const uint64_t SEED = 20260107;
enum { BATCHES = 4 };

START_TEST(nine_of_ten_constraints_and_lookups_are_missed_when_dropped)
{
    struct ir_system *s = leaf_system_new();
    struct independence *d = calloc(s->n_tables, sizeof *d);
    ck_assert_ptr_nonnull(d);
    for (uint32_t i = 0; i < s->n_tables; i++)
        independence_init(&d[i], s->tables[i]);
    struct world *w = world_new(SEED, true);
    for (uint32_t k = 0; k < BATCHES; k++) {
        struct sealed_batch b;
        if (!world_seal_random(w, 60, &b)) continue;
        for (uint32_t c = 0; c < b.n_segments; c++) {
            struct ir_trace *tr = leaf_fill(s, b.traces[c]);
            ck_assert_ptr_nonnull(tr);
            for (uint32_t i = 0; i < s->n_tables; i++)
                if (strcmp(s->tables[i]->name, "range16") != 0) independence_table(&d[i], &tr->tables[i]);
            ir_trace_free(tr);
        }
        sealed_batch_deinit(&b);
    }
    uint32_t judged = 0, needed = 0, silent = 0, links = 0;
    for (uint32_t i = 0; i < s->n_tables; i++) {
        const struct ir_table *t = s->tables[i];
        for (uint32_t k = 0; k < d[i].n_speakers; k++) {
            links += d[i].kind[k] == SPEAKER_LINK;
            if (d[i].kind[k] == SPEAKER_LINK) continue;
            silent += !d[i].spoke[k];
            judged += d[i].spoke[k];
            needed += d[i].needed[k];
            if (!d[i].needed[k])
                printf("  %s: %s: %s\n", d[i].spoke[k] ? "survivor" : "silent", t->name,
                       independence_name(&d[i], k));
        }
        independence_deinit(&d[i]);
    }
    free(d);
    printf("%u constraints and lookups dropped one by one: %u noticed (%.1f %%); %u more say nothing in "
           "the rows looked at; %u messages link rows\n",
           (unsigned)judged, (unsigned)needed, 100.0 * needed / judged, (unsigned)silent,
           (unsigned)links);
    fflush(stdout);
    ck_assert_uint_ge(100 * needed, 90 * judged);
    world_free(w);
    ir_system_free(s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("leaf_perturbation");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 300);
    printf("seed %llu\n", (unsigned long long)SEED);
    fflush(stdout);
    tcase_add_test(c, nine_of_ten_constraints_and_lookups_are_missed_when_dropped);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return check_main(suite());
}
