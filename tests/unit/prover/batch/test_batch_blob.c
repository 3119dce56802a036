/* Blob parts in the batch program (docs/protocol/blobs.md section 4): forgeries with one fault each. Chains
 * 0 (three segments) and 1 (two) are blobs, chain 2 (two) is calldata. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/base/require.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/batch/forge.h"

static void setup(void)
{
    struct rng rng;
    forge_setup();
    rng_seed(&rng, 20261126);
    batch_case_blob(&forge_honest, &rng, 0);
    batch_case_blob(&forge_honest, &rng, 1);
    batch_case_copy(&forge_case, &forge_honest);
}

static struct batch_segment *segment(uint32_t chain, uint32_t number)
{
    return batch_case_segment(&forge_case, chain, number);
}

static uint32_t *value(struct witness *w, uint32_t chain, const char *which, uint32_t byte)
{
    char name[16];
    snprintf(name, sizeof name, "%s[%u]", which, (unsigned)byte);
    return forge_cell(w, "chain", name, chain);
}

static void again(void)
{
    batch_case_copy(&forge_case, &forge_honest);
}

START_TEST(the_honest_batch_has_no_fault_and_states_what_core_says)
{
    struct faults f;
    uint32_t want[BATCH_N_PUBLIC];
    forge_fill(NULL);
    faults_find(&f, forge_trace);
    ck_assert_uint_eq(f.n_constraints + f.n_buses, 0);
    ck_assert_ok(batch_publics(want, &forge_case.in));
    ck_assert_mem_eq(forge_trace->publics, want, sizeof want);
}
END_TEST

/* ---- z, a, b run through the segments ---- */

START_TEST(values_are_those_of_the_segments_in_a_row)
{
    const struct {
        uint32_t number, at;
        const char *what;
    } changes[] = {
        {0, LEAF_BLOB_A_BEFORE, "a does not begin at zero"},
        {1, LEAF_BLOB_Z + 7, "z of another blob"},
        {0, LEAF_BLOB_A_AFTER + 3, "a of the first segment is not where the second begins"},
        {1, LEAF_BLOB_B_AFTER, "b of the second segment is not where the third begins"},
        {1, LEAF_BLOB_A_BEFORE + 15, "a is broken"},
    };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        again();
        segment(0, changes[i].number)->publics[changes[i].at] ^= 1;
        forge_fill(NULL);
        forge_only(changes[i].what, NULL, BUS_BLOB, 0);
    }
    /* a and b exchanged in one segment */
    again();
    struct batch_segment *s = segment(0, 1), *from = segment(0, 2);
    memcpy(s->publics + LEAF_BLOB_A_AFTER, from->publics + LEAF_BLOB_B_BEFORE,
           BLOB_LIMBS * sizeof(uint32_t));
    memcpy(s->publics + LEAF_BLOB_B_AFTER, from->publics + LEAF_BLOB_A_BEFORE,
           BLOB_LIMBS * sizeof(uint32_t));
    forge_fill(NULL);
    forge_only("a and b exchanged in a segment", NULL, BUS_BLOB, 0);
    /* the same number, other limbs */
    again();
    segment(0, 2)->publics[LEAF_BLOB_A_BEFORE] += 1;
    segment(0, 2)->publics[LEAF_BLOB_A_BEFORE + 1] =
        f_add(segment(0, 2)->publics[LEAF_BLOB_A_BEFORE + 1], IR_P - 65536);
    forge_fill(NULL);
    forge_only("another form of the same number", NULL, BUS_BLOB, 0);
}
END_TEST

static void exchange(struct witness *w, uint32_t chain, const char *x, uint32_t other,
                     const char *y)
{
    for (uint32_t i = 0; i < 32; i++) {
        uint32_t *p = value(w, chain, x, i), *q = value(w, other, y, i), v = *p;
        *p = *q;
        *q = v;
    }
}
static void a_for_b(struct witness *w)
{
    exchange(w, 0, "a", 0, "b");
}
static void b_of_another_chain(struct witness *w)
{
    exchange(w, 0, "b", 1, "b");
}
static void another_z(struct witness *w)
{
    *value(w, 1, "z", 31) ^= 1;
}
static void values_before_the_last(struct witness *w)
{
    const uint32_t *p = segment(0, 1)->publics;
    for (uint32_t i = 0; i < 16; i++) {
        *value(w, 0, "a", 2 * i) = p[LEAF_BLOB_A_AFTER + i] >> 8;
        *value(w, 0, "a", 2 * i + 1) = p[LEAF_BLOB_A_AFTER + i] & 0xff;
    }
}

START_TEST(the_preimage_holds_the_values_after_the_last_segment)
{
    static const struct {
        void (*edit)(struct witness *);
        const char *what;
    } edits[] = {
        {a_for_b, "a and b exchanged"},
        {b_of_another_chain, "b of another chain"},
        {another_z, "another z"},
        {values_before_the_last, "a before the last segment"},
    };
    for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
        forge_fill(edits[i].edit);
        forge_only(edits[i].what, NULL, BUS_BLOB, 0);
    }
}
END_TEST

/* ---- one form for a part ---- */

static void no_bit_7(struct witness *w)
{
    *forge_cell(w, "segment", "byte before", forge_row_of(0, 0)) -= 128;
}
static void bit_7_of_calldata(struct witness *w)
{
    *forge_cell(w, "segment", "byte before", forge_row_of(2, 0)) += 128;
}
/* As calldata in the statement; the segments stay what they are. */
static void hidden_blob(struct witness *w)
{
    *forge_cell(w, "chain", "blob", 1) = 0;
    no_bit_7(w);
    *forge_cell(w, "segment", "byte before", forge_row_of(0, 0)) += 128;
    *forge_cell(w, "segment", "byte before", forge_row_of(1, 0)) -= 128;
}
/* Calldata leaves as a blob of any values. */
static void invented_blob(struct witness *w)
{
    *forge_cell(w, "chain", "blob", 2) = 1;
    *forge_cell(w, "segment", "byte before", forge_row_of(2, 0)) += 128;
    for (uint32_t i = 0; i < 32; i++)
        *value(w, 2, "b", i) = i;
}

START_TEST(a_part_is_of_one_form)
{
    segment(0, 1)->blob = false;
    forge_fill(NULL);
    forge_only("calldata among the segments of a blob", NULL, BUS_BLOB, 0);
    again();
    segment(2, 0)->blob = true;
    forge_fill(NULL);
    forge_only("a blob among the segments of calldata", NULL, BUS_BLOB, 0);
    again();
    forge_fill(hidden_blob);
    forge_only("a blob as calldata", NULL, BUS_BLOB, 0);
    forge_fill(invented_blob);
    forge_only("calldata as a blob", NULL, BUS_BLOB, 0);
    forge_fill(no_bit_7);
    forge_only("bit 7 is missing", NULL, BUS_SEGMENT, 0);
    forge_fill(bit_7_of_calldata);
    forge_only("bit 7 in the count of calldata", NULL, BUS_SEGMENT, 0);
}
END_TEST

static struct batch_case other; /* whose leaves the tree holds */

/* The tree of facts, and this segment's fact in the row, as if the leaf were of the other form. */
static void fact_of_another_form(struct witness *w)
{
    struct witness *v;
    REQUIRE(witness_new(&v, forge_sys) == ERR_OK);
    batch_fill_rows(v, forge_size, &other.in);
    uint32_t node = w_table(w, "node");
    for (uint32_t i = 0; i < forge_sys->tables[node]->n_columns; i++)
        memcpy(w->tr->tables[node].columns[i], v->tr->tables[node].columns[i],
               sizeof(uint32_t) << forge_sys->tables[node]->log_height);
    for (uint32_t row = 0; row < other.in.n_segments; row++)
        for (uint32_t i = 0; i < 8; i++) {
            char name[16];
            snprintf(name, sizeof name, "fact[%u]", (unsigned)i);
            *forge_cell(w, "segment", name, row) = *forge_cell(v, "segment", name, row);
        }
    for (uint32_t i = 0; i < 8; i++)
        w_public(w, BATCH_PUBLIC_FACTS + i, v->tr->publics[i]);
    witness_free(v);
}

START_TEST(a_fact_is_of_the_form_that_the_segment_says)
{
    /* every number of a blob leaf is made up by the row; the proof is one of calldata */
    batch_case_copy(&other, &forge_honest);
    for (uint32_t i = 0; i < 3; i++)
        batch_case_segment(&other, 0, i)->blob = false;
    forge_fill(fact_of_another_form);
    forge_only("calldata leaves in the rows of a blob", NULL, BUS_SPONGE, 0);
    /* a blob leaf whose values nobody looks at */
    batch_case_copy(&other, &forge_honest);
    batch_case_segment(&other, 2, 1)->blob = true;
    forge_fill(fact_of_another_form);
    forge_only("a blob leaf in a row of calldata", NULL, BUS_SPONGE, 0);
    /* the leaf's values are others than the row's */
    batch_case_copy(&other, &forge_honest);
    batch_case_segment(&other, 1, 1)->publics[LEAF_BLOB_B_AFTER + 9] ^= 1;
    forge_fill(fact_of_another_form);
    forge_only("values that the leaf does not state", NULL, BUS_SPONGE, 0);
}
END_TEST

/* ---- limbs ---- */

START_TEST(limbs_of_the_last_values_are_below_2_16)
{
    uint32_t *a = segment(0, 2)->publics + LEAF_BLOB_A_AFTER, to[16];
    REQUIRE((a[2] & 0xff) > 0);
    forge_fill(NULL);
    memcpy(to, forge_trace->publics + BATCH_PUBLIC_D_TO, sizeof to);
    a[2] -= 1; /* the same number in another form: the preimage's halves are the same ones */
    a[3] += 65536;
    forge_fill(NULL);
    ck_assert_mem_eq(forge_trace->publics + BATCH_PUBLIC_D_TO, to, sizeof to);
    forge_only("a limb of 2^16 and more", NULL, BUS_BYTE2, 0);
}
END_TEST

static void blob_of_no_participant(struct witness *w)
{
    *forge_cell(w, "chain", "blob", 3) = 1;
}
static void blob_row_off(struct witness *w)
{
    *forge_cell(w, "segment", "blob", forge_case.in.n_segments) = 1;
}

START_TEST(flags_stand_where_they_belong)
{
    struct faults f;
    void (*const edits[2])(struct witness *) = {blob_of_no_participant, blob_row_off};
    const char *const names[2] = {"a blob is a participant's", "a blob only in a segment"};
    for (uint32_t i = 0; i < 2; i++) {
        forge_fill(edits[i]);
        faults_find(&f, forge_trace);
        ck_assert_uint_eq(f.n_constraints, 1);
        ck_assert_str_eq(f.constraint[0][1], names[i]);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch blobs");
    TCase *tc = tcase_create("blobs");
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, setup, forge_teardown);
    tcase_add_test(tc, the_honest_batch_has_no_fault_and_states_what_core_says);
    tcase_add_test(tc, values_are_those_of_the_segments_in_a_row);
    tcase_add_test(tc, the_preimage_holds_the_values_after_the_last_segment);
    tcase_add_test(tc, a_part_is_of_one_form);
    tcase_add_test(tc, a_fact_is_of_the_form_that_the_segment_says);
    tcase_add_test(tc, limbs_of_the_last_values_are_below_2_16);
    tcase_add_test(tc, flags_stand_where_they_belong);
    suite_add_tcase(s, tc);
    return check_main(s);
}
