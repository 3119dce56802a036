/* Every column of every product program is fixed by what comes in, or listed with its reason. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/air/batch.h"
#include "prover/air/leaf.h"
#include "prover/air/pairing.h"
#include "prover/recursion/machine.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/determinacy/specs.h"

static void check(const struct ir_system *s, const struct determinacy_spec *spec)
{
    struct determinacy_counts n = {.columns = 0};
    for (uint32_t i = 0; i < s->n_tables; i++)
        determinacy_table(s->tables[i], spec, &n);
    printf(
        "%s: %u columns of %u tables: %u derived, %u hints, %u given by %u entries, %u missing; %u "
        "cases\n",
        s->name, (unsigned)n.columns, (unsigned)s->n_tables, (unsigned)n.derived, (unsigned)n.hints,
        (unsigned)n.given, (unsigned)spec->n_given, (unsigned)n.missing, (unsigned)n.cases);
    fflush(stdout);
    ck_assert_uint_eq(n.missing, 0);
    ck_assert_uint_eq(determinacy_stale(s, spec), 0);
}

START_TEST(every_column_of_the_leaf_is_fixed_or_listed)
{
    struct ir_system *s = leaf_system_new();
    check(s, &DETERMINACY_LEAF);
    ir_system_free(s);
}
END_TEST

/* The entries of the leaf, for a second table of compressions and four rounds of SHA-256 a row. */
START_TEST(every_column_of_the_large_leaf_is_fixed_or_listed)
{
    struct determinacy_given given[256];
    struct determinacy_spec spec = DETERMINACY_LEAF;
    uint32_t n = 0;
    ck_assert_uint_le(spec.n_given + 2, ARRAY_LEN(given));
    for (uint32_t i = 0; i < spec.n_given; i++) {
        given[n] = spec.given[i];
        const bool carry = strcmp(given[n].table, "sha256") == 0;
        if (carry) given[n].column = given[n].column[0] == 'E' ? "E3 carry*" : "A3 carry*";
        if (carry) given[n].in_row = 16;
        n++;
        if (strcmp(given[n - 1].table, "poseidon") != 0) continue;
        given[n] = given[n - 1];
        given[n++].table = "poseidon2";
    }
    spec.given = given;
    spec.n_given = n;
    struct ir_system *s = leaf_system_sized(&leaf_size_large);
    check(s, &spec);
    ir_system_free(s);
}
END_TEST

/* What a leaf for blobs adds; its other tables are those of the leaf (tests/unit/prover/air). */
START_TEST(every_column_of_horner_is_fixed_or_listed)
{
    struct ir_system *s = ir_system_new("blob", 1, 80);
    air_add_bytes_read(s, leaf_size_blob.blocks + 4);
    air_add_horner(s, leaf_size_blob.horner, 0);
    ir_system_finish(s);
    check(s, &DETERMINACY_BLOB);
    ir_system_free(s);
}
END_TEST

START_TEST(every_column_of_the_pairing_is_fixed_or_listed)
{
    struct ir_system *s = pairing2_system_new(&PAIRING_SIZE_64);
    check(s, &DETERMINACY_PAIRING);
    ir_system_free(s);
}
END_TEST

START_TEST(every_column_of_the_batch_is_fixed_or_listed)
{
    struct ir_system *s = batch_system_new(&BATCH_SIZE);
    check(s, &DETERMINACY_BATCH);
    ir_system_free(s);
}
END_TEST

START_TEST(every_column_of_the_recursion_machine_is_fixed_or_listed)
{
    check(rec_system(&REC_SHAPE_JOIN), &DETERMINACY_MACHINE);
}
END_TEST

/* ---- the pass itself, on a table that needs every rule once ---- */

enum { TOY_IN = 1, TOY_RANGE = 2, TOY_OUT = 3 };
static const struct determinacy_bus TOY_BUSES[] = {
    {NULL, TOY_IN, -1, -1, 0, 0, DET_FS(0, 8), "asked"},
};
static const struct determinacy_range TOY_RANGES[] = {{TOY_RANGE, 0, 1u << 16}};
static const struct determinacy_split TOY_SPLITS[] = {{"toy", "on"}};
static const struct determinacy_given TOY_GIVEN[] = {{"toy", "on", "padding", 0}};

static struct ir_system *toy_new(void)
{
    struct ir_system *s = ir_system_new("toy-determinacy", 1, 1);
    struct ir_table *t = ir_table_new(s, "toy", 4);
    ir_x on = air_flag(t, "on"), in[8], limb[2], one = ir_const(t, 1);
    air_new_cols(t, in, "in", 5);
    /* linear */
    ir_x sum = air_col(t, "sum");
    ir_assert_eq(t, sum, ir_add(t, in[0], ir_mul(t, in[1], in[1])), "sum");
    /* limbs: in[5] is a received field, the limbs' sum */
    air_new_cols(t, limb, "limb", 2);
    ir_send(t, TOY_RANGE, on, &limb[0], 1, "limb 0");
    ir_x top = ir_scale(t, 8, limb[1]);
    ir_send(t, TOY_RANGE, on, &limb[1], 1, "limb 1");
    ir_send(t, TOY_RANGE, on, &top, 1, "limb 1 is below 2^13");
    in[5] = ir_add(t, limb[0], ir_scale(t, 1u << 16, limb[1]));
    /* together: one of three, its number is received */
    ir_x a = air_flag(t, "a"), b = air_flag(t, "b"), c = air_flag(t, "c");
    ir_assert_eq(t, ir_add(t, a, ir_add(t, b, c)), on, "one of three");
    in[6] = ir_add(t, a, ir_add(t, ir_scale(t, 2, b), ir_scale(t, 3, c)));
    /* carry */
    ir_x carry = air_flag(t, "carry");
    ir_x low = ir_sub(t, ir_add(t, in[2], in[3]), ir_scale(t, 1u << 16, carry));
    ir_send(t, TOY_RANGE, on, &low, 1, "low");
    /* flags: x = 0 or not; less or not */
    ir_x nz = air_nonzero(t, in[4], "nz"), less = air_flag(t, "less");
    ir_x gap = ir_sub(t, in[0], in[1]);
    ir_x order = air_select(t, less, ir_sub(t, ir_const_neg(t, 1), gap), gap);
    ir_send(t, TOY_RANGE, on, &order, 1, "order");
    in[7] = one;
    ir_receive(t, TOY_IN, on, in, 8, "in");
    ir_x out[9] = {sum, limb[0], limb[1], a, b, c, carry, nz, less};
    ir_send(t, TOY_OUT, on, out, 9, "out");
    ir_system_finish(s);
    return s;
}

START_TEST(a_column_is_missing_as_soon_as_what_fixes_it_is_dropped)
{
    struct determinacy_spec spec = DETERMINACY_SPEC(TOY, TOY, 0, 0);
    struct ir_system *s = toy_new();
    const struct ir_table *t = s->tables[0];
    struct determinacy_counts n = {.columns = 0};
    determinacy_table(t, &spec, &n);
    ck_assert_uint_eq(n.missing, 0);
    ck_assert_uint_eq(n.given, 1);
    ck_assert_uint_eq(n.hints, 1);
    ck_assert_uint_eq(determinacy_stale(s, &spec), 0);
    for (uint32_t i = 0; i < t->n_constraints + t->n_messages; i++) {
        bool constraint = i < t->n_constraints;
        const char *name =
            constraint ? t->constraints[i].name : t->messages[i - t->n_constraints].name;
        spec.without_constraint = constraint ? i + 1 : 0;
        spec.without_message = constraint ? 0 : i - t->n_constraints + 1;
        uint32_t missing = determinacy_missing(t, &spec);
        printf("without %s: %u missing\n", name, (unsigned)missing);
        ck_assert_msg((missing > 0) == (strcmp(name, "out") != 0), "%s", name);
    }
    ir_system_free(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("prover/determinacy");
    TCase *tc = tcase_create("determinacy");
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, every_column_of_the_leaf_is_fixed_or_listed);
    tcase_add_test(tc, every_column_of_the_large_leaf_is_fixed_or_listed);
    tcase_add_test(tc, every_column_of_horner_is_fixed_or_listed);
    tcase_add_test(tc, every_column_of_the_pairing_is_fixed_or_listed);
    tcase_add_test(tc, every_column_of_the_batch_is_fixed_or_listed);
    tcase_add_test(tc, every_column_of_the_recursion_machine_is_fixed_or_listed);
    tcase_add_test(tc, a_column_is_missing_as_soon_as_what_fixes_it_is_dropped);
    suite_add_tcase(s, tc);
    return check_main(s);
}
