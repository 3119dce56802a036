/* What the recorded verifier computes of the product's tables, against the native one, at random values
 * of all columns: a term that no honest trace ever uses (a column of zeros) is there all the same. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "prover/programs/programs.h"
#include "prover/recursion/rec_parts.h"
#include "prover/verify/system_parts.h"
#include "rec_fixture.h"

static const struct rec_shape SHAPE = {.poseidon = 5,
                                       .ext = 16,
                                       .pow = 1,
                                       .fold = 1,
                                       .pack = 12,
                                       .split = 3,
                                       .bits = 1,
                                       .constant = 13};

struct point {
    kb5 *v;
    rec_ext *h;
};

static struct point random_point(struct fx *f, uint32_t n)
{
    struct point p = {calloc(n + 1, sizeof *p.v), calloc(n + 1, sizeof *p.h)};
    ck_assert(p.v != NULL && p.h != NULL);
    for (uint32_t i = 0; i < n; i++)
        p.h[i] = fx_ext(f, p.v[i] = fx_random_ext(f));
    return p;
}

static void point_free(struct point p)
{
    free(p.v);
    free(p.h);
}

struct tally {
    uint32_t tables, constraints, messages, rows;
};

/* wrong: the number of the constraint whose value is expected to be another, or NOTHING. */
enum { NOTHING = UINT32_MAX };

static enum err table_agrees(const struct ir_table *t, uint64_t seed, uint32_t wrong,
                             struct tally *tally)
{
    struct fx f;
    struct rec_arith a;
    fx_init(&f, &SHAPE, seed);
    rec_arith_init(&a, f.r);
    struct point columns = random_point(&f, t->n_columns + t->n_pre);
    struct point y = random_point(&f, t->log_height), acc = random_point(&f, 1);
    kb5 *out = calloc(t->n_nodes + 1u, sizeof *out);
    ck_assert_ptr_nonnull(out);
    table_nodes(t, columns.v, y.v, out);
    struct rec_nodes *nodes = rec_nodes_new(&a, t, columns.h, y.h);
    for (uint32_t i = 0; i < t->n_constraints; i++) {
        const ir_x x = t->constraints[i].x;
        rec_check(f.r, "constraint");
        fx_expect_ext(&f, rec_val_handle(&a, rec_nodes_value(nodes, x)),
                      i == wrong ? kb5_add(out[x], kb5_one()) : out[x]);
    }
    for (uint32_t i = 0; i < t->n_messages; i++) {
        const struct ir_message *m = &t->messages[i];
        rec_check(f.r, "multiplicity");
        for (int subtract = 0; subtract < 2; subtract++) {
            rec_val v = rec_nodes_add(nodes, rec_val_ext(acc.h[0]), m->mult, subtract == 1);
            fx_expect_ext(&f, rec_val_handle(&a, v),
                          subtract == 1 ? kb5_sub(acc.v[0], out[m->mult])
                                        : kb5_add(acc.v[0], out[m->mult]));
        }
        rec_check(f.r, "field");
        for (uint32_t j = 0; j < m->n_fields; j++)
            fx_expect_ext(&f, rec_val_handle(&a, rec_nodes_value(nodes, m->fields[j])),
                          out[m->fields[j]]);
    }
    rec_nodes_free(nodes);
    fx_finish(&f);
    struct ir_trace *tr = NULL;
    enum err err = fx_run(&f, &tr);
    if (err == ERR_OK) ir_trace_free(tr);
    ck_assert_msg(err == ERR_OK || wrong != NOTHING, "%s: %s", t->name, f.check);
    if (tally != NULL) {
        tally->tables++;
        tally->constraints += t->n_constraints;
        tally->messages += t->n_messages;
        tally->rows += rec_rows(f.r).ext;
    }
    rec_arith_deinit(&a);
    fx_deinit(&f);
    point_free(columns);
    point_free(y);
    point_free(acc);
    free(out);
    return err;
}

static void system_agrees(const struct ir_system *s)
{
    struct tally tally = {0};
    for (uint32_t t = 0; t < s->n_tables; t++)
        ck_assert_int_eq(table_agrees(s->tables[t], 2000 + t, NOTHING, &tally), ERR_OK);
    printf("%s: %u tables, %u constraints, %u messages, %u rows\n", s->name, (unsigned)tally.tables,
           (unsigned)tally.constraints, (unsigned)tally.messages, (unsigned)tally.rows);
}

START_TEST(values_of_the_leafs_tables_are_the_native_ones)
{
    system_agrees(leaf_recursion_program()->system);
}
END_TEST

START_TEST(values_of_the_pairings_tables_are_the_native_ones)
{
    system_agrees(pairing2_program()->system);
}
END_TEST

START_TEST(values_of_the_batchs_tables_are_the_native_ones)
{
    system_agrees(batch_program()->system);
}
END_TEST

START_TEST(values_of_the_machines_tables_are_the_native_ones)
{
    const struct ir_system *s = rec_system(&SHAPE);
    system_agrees(s);
    for (uint32_t i = 0; i < 3; i++) /* another value is noticed */
        ck_assert_int_eq(table_agrees(s->tables[0], 7, i, NULL), ERR_PROOF);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/recursion/nodes");
    TCase *tc = tcase_create("nodes");
    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, values_of_the_leafs_tables_are_the_native_ones);
    tcase_add_test(tc, values_of_the_pairings_tables_are_the_native_ones);
    tcase_add_test(tc, values_of_the_batchs_tables_are_the_native_ones);
    tcase_add_test(tc, values_of_the_machines_tables_are_the_native_ones);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
