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
enum { BATCHES = 4, ROWS_PER_TABLE = 32 };

/* Is the column held to 0 or 1: some constraint's square term is this column alone? By name. */
static bool is_flag(const struct ir_table *t, uint32_t column)
{
    char name[160];
    snprintf(name, sizeof name, "%s is boolean", t->column_names[column]);
    for (uint32_t i = 0; i < t->n_constraints; i++)
        if (strcmp(t->constraints[i].name, name) == 0) return true;
    return false;
}

/* The flags of a row: rows that play different parts differ here. */
static uint64_t pattern(const struct ir_trace_table *tt, const uint8_t *flag, uint32_t row)
{
    uint64_t h = 0x9e3779b97f4a7c15u;
    for (uint32_t c = 0; c < tt->n_columns; c++) {
        if (!flag[c]) continue;
        h = (h ^ tt->columns[c][row]) * 0xff51afd7ed558ccdu;
        h ^= h >> 31;
    }
    return h;
}

/* Rows with different flags, up to two of each, from both ends inwards. */
static void look_at(struct independence *d, struct ir_trace_table *tt)
{
    const struct ir_table *t = d->t;
    uint32_t rows = 1u << t->log_height, n = 0, budget = t->n_columns > 200 ? 6 : ROWS_PER_TABLE;
    uint64_t seen[ROWS_PER_TABLE];
    uint8_t flag[IR_MAX_COLUMNS];
    for (uint32_t c = 0; c < t->n_columns; c++)
        flag[c] = is_flag(t, c);
    for (uint32_t k = 0; k < rows && n < budget; k++) {
        uint32_t row = k % 2 == 0 ? k / 2 : rows - 1 - k / 2;
        uint64_t p = pattern(tt, flag, row);
        uint32_t known = 0;
        for (uint32_t i = 0; i < n; i++)
            known += seen[i] == p;
        if (known == 2) continue;
        seen[n++] = p;
        independence_row(d, tt, row);
        independence_flips(d, tt, row);
    }
}

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
        for (uint32_t c = 0; c < b.n_participants; c++) {
            struct ir_trace *tr = leaf_fill(s, b.traces[c]);
            ck_assert_ptr_nonnull(tr);
            for (uint32_t i = 0; i < s->n_tables; i++)
                if (strcmp(s->tables[i]->name, "range16") != 0) look_at(&d[i], &tr->tables[i]);
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
