/* horner and what bytes tells it, against GMP; every change of a cell; every layout of its rows. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/sha256.h"
#include "tests/support/blob_values.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/air/horner_rows.h"
#include "tests/unit/prover/air/mutants.h"
#include "tests/unit/prover/air/support.h"

static const uint64_t SEED = 20261121;

START_TEST(values_of_random_segments_are_gmps)
{
    struct ir_system *s = horner_system();
    struct rng rng;
    rng_seed(&rng, SEED);
    ck_assert_uint_eq(s->max_degree, 3);
    for (uint32_t i = 0; i < 24; i++) {
        struct chain_trace *t = test_trace(NULL, 0);
        uint8_t z[32], a[32], b[32];
        t->n_bytes = i < 4 ? HORNER_ROOM - i : 1 + (uint32_t)rng_below(&rng, HORNER_ROOM);
        if (i == 4) t->n_bytes = 31;
        rng_fill(&rng, t->bytes, t->n_bytes);
        if (i % 3 == 0) memset(t->bytes, 255, t->n_bytes);
        blob_random(z, &rng, true);
        blob_random(a, &rng, true);
        blob_random(b, &rng, true);
        const uint32_t n = blob_elements(t);
        uint32_t head = i % 4 == 0 ? 0 : i % 4 == 1 ? n : (uint32_t)rng_below(&rng, n + 1);
        blob_values_set(t, head, z, a, b);
        struct ir_trace *tr = horner_fill(s, t);
        ck_assert_msg(tr != NULL, "%u bytes, head %u", (unsigned)t->n_bytes, (unsigned)head);
        ir_trace_free(tr);
        test_trace_free(t);
    }
    ir_system_free(s);
}
END_TEST

/* The filler of the tests makes the same rows as the prover's. */
START_TEST(rows_by_gmp_are_the_provers)
{
    struct ir_system *s = horner_system();
    struct chain_trace *t = horner_example(SEED + 1, 130, 2);
    struct ir_trace *tr = horner_fill(s, t), *own = horner_fill(s, t);
    ck_assert(tr != NULL && own != NULL);
    struct horner_rows rows;
    horner_rows_begin(&rows, own, t);
    horner_rows_honest(&rows, t->blob.head);
    horner_rows_end(&rows);
    uint32_t n = ir_table_find(s, "horner");
    for (uint32_t c = 0; c < s->tables[n]->n_columns; c++)
        for (uint32_t row = 0; row < 1u << HORNER_LOG; row++)
            ck_assert_msg(tr->tables[n].columns[c][row] == own->tables[n].columns[c][row],
                          "%s row %u", s->tables[n]->column_names[c], (unsigned)row);
    ck_assert_mem_eq(tr->publics, own->publics, s->n_public * sizeof *tr->publics);
    ir_trace_free(tr);
    ir_trace_free(own);
    test_trace_free(t);
    ir_system_free(s);
}
END_TEST

START_TEST(a_trace_that_names_other_values_is_refused)
{
    struct ir_system *s = horner_system();
    for (uint32_t i = 0; i < 8; i++) {
        struct chain_trace *t = horner_example(SEED + 2, 130, 2);
        struct witness *w;
        enum err want = ERR_MISMATCH;
        switch (i) {
        case 0: t->blob.a_after[31] ^= 1; break;
        case 1: t->blob.b_after[0] ^= 1; break;
        case 2: t->blob.head = 3; break;
        case 3: t->blob.head = 6; break;
        case 4: t->bytes[129] ^= 1; break;
        case 5: t->blob.on = false; break;
        case 6: memset(t->blob.z, 255, 32); break;
        default: want = ERR_OK; break;
        }
        ck_assert_ok(witness_new(&w, s));
        ask_row(w, s, "length", &t->n_bytes, 1);
        enum err err = witness_answer(w, t);
        ck_assert_msg(err == want, "%u: %s %s", (unsigned)i, err_name(err), witness_error_text(w));
        ck_assert((strstr(witness_error_text(w), "table horner") != NULL) == (want != ERR_OK));
        witness_free(w);
        test_trace_free(t);
    }
    ir_system_free(s);
}
END_TEST

START_TEST(every_changed_cell_is_noticed)
{
    struct ir_system *s = horner_system();
    struct chain_trace *t = horner_example(SEED + 3, 130, _i == 0 ? 2 : 5);
    struct ir_trace *tr = horner_fill(s, t);
    ck_assert_ptr_nonnull(tr);
    static const char *const tables[] = {"horner", "bytes"};
    const uint32_t used[2] = {8, 1u << (HORNER_LOG_BLOCKS + 4)};
    /* Free is what says nothing, all of it and nothing else (three values for a cell that is 0): d in the
     * first row; d, q, carries in the two that close; and all these, v, z and L in a row that is off. */
    static const struct mutant_allow allow[] = {
        {"horner", "d[", ROWS_ALL, "no element is taken"},
        {"horner", "q[", ROWS_ALL, "nothing is taken"},
        {"horner", "carry[", ROWS_ALL, "nothing is taken"},
        {"horner", "v[", ROWS_PADDING, "off"},
        {"horner", "z[", ROWS_PADDING, "off"},
        {"horner", "L", ROWS_PADDING, "off"},
    };
    struct mutant_report r = mutants_run(tr, tables, 2, used, 16, allow, ARRAY_LEN(allow), false);
    mutants_print("horner", &r);
    ck_assert_uint_eq(r.survivors, 0);
    ck_assert_uint_eq(r.allowed, 3 * (31 + 2 * (31 + 32 + 16) + (31 + 32 + 16 + 32 + 32 + 1)));
    ir_trace_free(tr);
    test_trace_free(t);
    ir_system_free(s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("air_horner");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 60);
    printf("seed %llu\n", (unsigned long long)SEED);
    fflush(stdout);
    tcase_add_test(c, values_of_random_segments_are_gmps);
    tcase_add_test(c, rows_by_gmp_are_the_provers);
    tcase_add_test(c, a_trace_that_names_other_values_is_refused);
    tcase_add_loop_test(c, every_changed_cell_is_noticed, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return check_main(suite());
}
