/* Every constraint and lookup of the leaf-blob program (the leaf's and horner's), one by one, as if it
 * were missing: do rows of real batches then let cells move that nothing else holds? If not: does it
 * follow from the others, or does the static pass (tests/unit/prover/determinacy) miss it? */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"
#include "tests/unit/prover/air/certificate.h"
#include "tests/unit/prover/air/independence.h"
#include "tests/unit/prover/determinacy/specs.h"
#include "tests/unit/prover/leaf/leaf_fill.h"

static const uint64_t SEED = 20260107;
enum { BATCHES = 4 };

/* What the rules below do not show, and why it is nevertheless noticed or not needed. cells: values
 * that break this constraint alone in some row. An entry that a rule shows is stale. */
static const struct listed {
    const char *table, *name;
    uint32_t n_cells;
    struct {
        const char *column;
        int32_t value;
    } cells[4];
    const char *reason;
} LISTED[] = {
    {"auth", "lane 1 is boolean", 3, {{"lane 1", -2}, {"lane 2", 1}, {"lane 3", 1}}, "needed"},
    {"auth", "lane 2 is boolean", 3, {{"lane 1", 1}, {"lane 2", -2}, {"lane 3", 1}}, "needed"},
    {"auth", "lane 3 is boolean", 3, {{"lane 1", 1}, {"lane 2", 1}, {"lane 3", -2}}, "needed"},
    {"bytes",
     "end 0 is boolean",
     0,
     {{NULL, 0}},
     "one case: end 0 = 1 or 0 less full and the other ends; padding 0: 128 end 0 is a byte or 0"},
    {"bytes",
     "length in the last word",
     0,
     {{NULL, 0}},
     "needed: air/test_bytes, every_row_has_exactly_one_layout_for_a_length"},
    {"bytes", "length in the last block", 0, {{NULL, 0}}, "needed: the same"},
    {"bytes", "case by L", 0, {{NULL, 0}}, "needed: the same"},
    {"change_key",
     "root_below_top 0 or x is zero",
     0,
     {{NULL, 0}},
     "not needed: 0 where the top byte is below 127 only asks for more (root below p)"},
    {"change_key", "root_below_top 1 or x is zero", 0, {{NULL, 0}}, "the same"},
    {"change_key", "root_below_top 2 or x is zero", 0, {{NULL, 0}}, "the same"},
    {"change_key", "root_below_top 3 or x is zero", 0, {{NULL, 0}}, "the same"},
    {"change_key", "root_below_top 4 or x is zero", 0, {{NULL, 0}}, "the same"},
    {"header",
     "fee_used_3 is x * inverse",
     0,
     {{NULL, 0}},
     "built by one loop with those of tokens 0 to 2, which rows show; no batch here has four"},
    {"header", "fee slot 3 is in 2 .. 127", 0, {{NULL, 0}}, "the same"},
    {"priority",
     "code 4: accounts are full",
     0,
     {{NULL, 0}},
     "needed: ops/test_outcomes, room_for_accounts_cannot_be_denied_or_claimed"},
    {"priority",
     "pool is found",
     0,
     {{NULL, 0}},
     "needed: ops/test_outcomes, an_account_that_exists_cannot_be_denied"},
    /* |top| < 5 255^2 257 < p / 16 - 2^12: see prover/air/packed.c */
    {"packed", "carry 6", 0, {{NULL, 0}}, "carry 6 = -top, which `carry times 16 6` bounds alone"},
    {"packed", "carry times 16 6", 0, {{NULL, 0}}, "carry 6 = -top, which `carry 6` bounds alone"},
    /* each of them: an equation of products wraps around p without it */
    {"muldiv", "carry from below", 0, {{NULL, 0}}, "needed: leaf/test_muldiv_wrap"},
    {"muldiv", "carry from above", 0, {{NULL, 0}}, "needed: leaf/test_muldiv_wrap"},
    {"horner", "first is row 0", 0, {{NULL, 0}}, "needed: air/test_horner_forgeries, layouts"},
    {"horner",
     "no element past L",
     0,
     {{NULL, 0}},
     "needed: air/test_horner_forgeries, all_elements_up_to_L_and_no_more"},
    {"horner", "all elements up to L", 0, {{NULL, 0}}, "needed: the same"},
};
enum { N_LISTED = sizeof LISTED / sizeof LISTED[0] };

/* The name, or the name and a number. */
static bool is_named(const char *pattern, const char *name)
{
    size_t n = strlen(pattern);
    return strncmp(pattern, name, n) == 0 &&
           (name[n] == 0 ||
            (name[n] == ' ' && strspn(name + n + 1, "0123456789") == strlen(name + n + 1)));
}

static const struct listed *find_listed(const char *table, const char *name)
{
    for (size_t i = 0; i < N_LISTED; i++)
        if (strcmp(LISTED[i].table, table) == 0 && is_named(LISTED[i].name, name))
            return &LISTED[i];
    return NULL;
}

/* Is there a row in which the listed cells break the constraint and no other? */
static bool cells_break_it(const struct listed *l, const struct ir_table *t,
                           struct ir_trace_table *tt, uint32_t constraint)
{
    for (uint32_t row = 0; row < 1u << t->log_height; row++) {
        uint32_t *cell[4], was[4];
        for (uint32_t i = 0; i < l->n_cells; i++) {
            uint32_t c = ir_column_find(t, l->cells[i].column);
            ck_assert_uint_lt(c, t->n_columns);
            cell[i] = &tt->columns[c][row];
            was[i] = *cell[i];
            *cell[i] = (uint32_t)(((int64_t)l->cells[i].value + IR_P) % IR_P);
        }
        bool only = true;
        for (uint32_t k = 0; k < t->n_constraints && only; k++)
            only = (ir_eval_row(t, tt, t->constraints[k].x, row) != 0) == (k == constraint);
        for (uint32_t i = 0; i < l->n_cells; i++)
            *cell[i] = was[i];
        if (only) return true;
    }
    return false;
}

enum shown { BY_ROWS, BY_IDENTITY, BY_CASES, FREES_COLUMN, OPENS_CASE, IN_LIST, BY_NOTHING };
static const char *const shown_text[] = {
    "noticed in rows of real batches (gradient, or one or two other cells)",
    "redundant: a combination of the table's other constraints",
    "redundant: holds in every case of the table's flags",
    "without it a column is fixed by nothing",
    "without it a case of the table's flags opens",
    "listed with a reason",
    "unexplained"};

static enum shown judge(const struct independence *d, uint32_t speaker, struct ir_trace_table *tt)
{
    const struct ir_table *t = d->t;
    const char *name = independence_name(d, speaker);
    const bool blob = strcmp(t->name, "horner") == 0 || strcmp(t->name, "bytes") == 0;
    struct determinacy_spec spec = blob ? DETERMINACY_BLOB : DETERMINACY_LEAF;
    const bool constraint = speaker < t->n_constraints;
    uint32_t n;
    if (d->needed[speaker]) return BY_ROWS;
    if (constraint && certificate_found(t, speaker, &n)) return BY_IDENTITY;
    spec.without_constraint = constraint ? speaker + 1 : 0;
    spec.without_message = constraint ? 0 : speaker - t->n_constraints + 1;
    switch (determinacy_drop(t, &spec)) {
    case DROPPED_FREES_COLUMN:
        return FREES_COLUMN;
    case DROPPED_OPENS_CASE:
        return OPENS_CASE;
    case DROPPED_IMPLIED:
        return BY_CASES;
    default:
        break;
    }
    const struct listed *l = find_listed(t->name, name);
    if (l == NULL) return BY_NOTHING;
    return l->n_cells == 0 || cells_break_it(l, t, tt, speaker) ? IN_LIST : BY_NOTHING;
}

START_TEST(every_constraint_and_lookup_is_missed_when_dropped_or_redundant)
{
    struct ir_system *s = leaf_system_sized(&leaf_size_blob);
    struct independence *d = calloc(s->n_tables, sizeof *d);
    struct ir_trace *last = NULL;
    ck_assert_ptr_nonnull(d);
    for (uint32_t i = 0; i < s->n_tables; i++)
        independence_init(&d[i], s->tables[i]);
    struct world *w = world_new(SEED, true);
    struct rng rng;
    rng_seed(&rng, SEED);
    for (uint32_t k = 0; k < BATCHES; k++) {
        struct sealed_batch b;
        if (!world_seal_random(w, 60, &b)) continue;
        for (uint32_t c = 0; c < b.n_segments; c++) {
            ir_trace_free(last);
            leaf_set_blob(b.traces[c], &rng);
            last = leaf_fill(s, b.traces[c]);
            ck_assert_ptr_nonnull(last);
            for (uint32_t i = 0; i < s->n_tables; i++)
                if (strcmp(s->tables[i]->name, "range16") != 0)
                    independence_table(&d[i], &last->tables[i]);
        }
        sealed_batch_deinit(&b);
    }
    ck_assert_ptr_nonnull(last);
    uint32_t count[BY_NOTHING + 1] = {0}, links = 0, entries[N_LISTED] = {0}, stale = 0;
    for (uint32_t i = 0; i < s->n_tables; i++) {
        for (uint32_t k = 0; k < d[i].n_speakers; k++) {
            links += d[i].kind[k] == SPEAKER_LINK;
            if (d[i].kind[k] == SPEAKER_LINK) continue;
            const char *table = s->tables[i]->name, *name = independence_name(&d[i], k);
            enum shown is = judge(&d[i], k, &last->tables[i]);
            count[is]++;
            if (is == IN_LIST) entries[find_listed(table, name) - LISTED]++;
            if (is != BY_ROWS) printf("  %s: %s: %s\n", table, name, shown_text[is]);
        }
        independence_deinit(&d[i]);
    }
    free(d);
    for (uint32_t i = 0; i <= BY_NOTHING; i++)
        printf("%4u %s\n", (unsigned)count[i], shown_text[i]);
    printf("%4u messages link rows: without one side honest traces fail\n", (unsigned)links);
    for (uint32_t i = 0; i < N_LISTED; i++) {
        if (entries[i] > 0) continue;
        stale++;
        printf("  stale: %s: %s\n", LISTED[i].table, LISTED[i].name);
    }
    fflush(stdout);
    ck_assert_uint_eq(count[BY_NOTHING], 0);
    ck_assert_uint_eq(stale, 0);
    ir_trace_free(last);
    world_free(w);
    ir_system_free(s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("leaf_perturbation");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 600);
    printf("seed %llu\n", (unsigned long long)SEED);
    fflush(stdout);
    tcase_add_test(c, every_constraint_and_lookup_is_missed_when_dropped_or_redundant);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return check_main(suite());
}
