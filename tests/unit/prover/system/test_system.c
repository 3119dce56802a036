/* Proofs of whole systems: honest traces are accepted, anything else is refused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/prove/system_prove.h"
#include "prover/verify/system_verify.h"
#include "tests/unit/prover/system/toy.h"

struct proved {
    struct toy y;
    struct program *p;
    struct bytes_buf proof;
};

static struct proved prove(struct toy y)
{
    struct proved v = {.y = y};
    char text[512];
    ck_assert_msg(ir_mock_check(y.tr, text, sizeof text) == ERR_OK, "%s", text);
    ck_assert_int_eq(program_new_test(y.s, &v.p), ERR_OK);
    bytes_buf_init(&v.proof, 1u << 24);
    ck_assert_int_eq(system_prove(v.p, y.tr, &v.proof, NULL), ERR_OK);
    return v;
}

static void proved_free(struct proved *v)
{
    bytes_buf_deinit(&v->proof);
    program_free(v->p);
    toy_free(&v->y);
}

static enum verify_check refused_by(const struct proved *v)
{
    struct verify_report r = {0};
    enum err err = system_verify(v->p, v->y.tr->publics, v->proof.data, v->proof.len, &r);
    ck_assert_int_eq(err == ERR_OK, r.failed == VERIFY_NONE);
    return r.failed;
}

START_TEST(honest_proofs_are_accepted)
{
    for (uint32_t k = 0; k < 8; k++) {
        struct toy y = k == 0   ? toy_single()
                       : k == 1 ? toy_mixed(1)
                       : k == 7 ? toy_bulk(6, 3, 10, 2)
                                : toy_fib(2 * k - 2);
        struct proved v = prove(y);
        enum verify_check c = refused_by(&v);
        ck_assert_msg(c == VERIFY_NONE, "system %u: %s", (unsigned)k, verify_check_name(c));
        ck_assert_uint_eq(v.proof.len, v.p->proof_len);
        proved_free(&v);
    }
}
END_TEST

START_TEST(the_proof_depends_on_neither_threads_nor_instructions)
{
    struct proved v = prove(toy_mixed(3));
    for (unsigned k = 0; k < 4; k++) {
        struct bytes_buf again;
        bytes_buf_init(&again, 1u << 24);
        struct prove_report r = {.threads = 1 + k % 2 * 2, .portable = k >= 2};
        ck_assert_int_eq(system_prove(v.p, v.y.tr, &again, &r), ERR_OK);
        ck_assert_uint_eq(again.len, v.proof.len);
        ck_assert_mem_eq(again.data, v.proof.data, again.len);
        bytes_buf_deinit(&again);
    }
    proved_free(&v);
}
END_TEST

static enum verify_check prove_and_verify(const struct program *p, const struct ir_trace *tr)
{
    struct bytes_buf proof;
    bytes_buf_init(&proof, 1u << 24);
    ck_assert_int_eq(system_prove(p, tr, &proof, NULL), ERR_OK);
    struct verify_report r = {0};
    enum err err = system_verify(p, tr->publics, proof.data, proof.len, &r);
    ck_assert_int_eq(err == ERR_OK, r.failed == VERIFY_NONE);
    bytes_buf_deinit(&proof);
    return r.failed;
}

/* Every cell of the Fibonacci system is bound; the proof of a trace with one cell off by one is
 * refused, by the balance or by the constraints. */
START_TEST(proofs_of_false_traces_are_refused)
{
    struct proved v = prove(toy_fib(3));
    const struct ir_system *s = v.y.s;
    uint32_t by_balance = 0, by_constraints = 0;
    for (uint32_t t = 0; t < s->n_tables; t++)
        for (uint32_t c = 0; c < s->tables[t]->n_columns; c++)
            for (uint32_t row = 0; row < 1u << s->tables[t]->log_height; row++) {
                uint32_t *cell = &v.y.tr->tables[t].columns[c][row], old = *cell;
                *cell = (old + 1) % IR_P;
                enum verify_check check = prove_and_verify(v.p, v.y.tr);
                ck_assert_msg(check == VERIFY_BALANCE || check == VERIFY_CONSTRAINTS,
                              "table %u column %u row %u: %s", (unsigned)t, (unsigned)c,
                              (unsigned)row, verify_check_name(check));
                by_balance += check == VERIFY_BALANCE;
                by_constraints += check == VERIFY_CONSTRAINTS;
                *cell = old;
            }
    ck_assert_uint_gt(by_balance, 0);
    ck_assert_uint_gt(by_constraints, 0);
    for (uint32_t i = 0; i < s->n_public; i++) {
        v.y.tr->publics[i] ^= 1;
        ck_assert_int_eq(prove_and_verify(v.p, v.y.tr), VERIFY_BALANCE);
        v.y.tr->publics[i] ^= 1;
    }
    ck_assert_int_eq(prove_and_verify(v.p, v.y.tr), VERIFY_NONE);
    proved_free(&v);
}
END_TEST

START_TEST(one_unit_of_imbalance_is_refused)
{
    struct proved v = prove(toy_mixed(2));
    uint32_t *count = &v.y.tr->tables[1].columns[0][5];
    *count += 1;
    ck_assert_int_eq(prove_and_verify(v.p, v.y.tr), VERIFY_BALANCE);
    *count -= 2;
    ck_assert_int_eq(prove_and_verify(v.p, v.y.tr), VERIFY_BALANCE);
    proved_free(&v);
}
END_TEST

START_TEST(cells_above_p_are_not_proven)
{
    struct proved v = prove(toy_fib(3));
    struct bytes_buf proof;
    bytes_buf_init(&proof, 1u << 24);
    v.y.tr->tables[0].columns[0][0] = IR_P;
    ck_assert_int_eq(system_prove(v.p, v.y.tr, &proof, NULL), ERR_RANGE);
    v.y.tr->tables[0].columns[0][0] = 0;
    v.y.tr->publics[1] += IR_P;
    ck_assert_int_eq(system_prove(v.p, v.y.tr, &proof, NULL), ERR_RANGE);
    proved_free(&v);
}
END_TEST

START_TEST(layout_follows_the_text)
{
    struct toy y = toy_mixed(1);
    struct program *p;
    ck_assert_int_eq(program_new_test(y.s, &p), ERR_OK);
    /* tall 2^7 x (32+4+1), short 2^3 x (4+1), wide 2^5 x 64, thin 2^5 x 1 */
    const uint32_t want[7][4] = {{0, 0, 5, 7}, {2, 0, 6, 5}, {0, 32, 2, 7}, {0, 36, 0, 7},
                                 {1, 0, 2, 3}, {3, 0, 0, 5}, {1, 4, 0, 3}};
    ck_assert_uint_eq(p->n_chunks, 7);
    uint64_t offset = 0;
    for (uint32_t i = 0; i < 7; i++) {
        const struct program_chunk *k = &p->chunks[i];
        ck_assert_uint_eq(k->table, want[i][0]);
        ck_assert_uint_eq(k->first_column, want[i][1]);
        ck_assert_uint_eq(k->log_columns, want[i][2]);
        ck_assert_uint_eq(k->log_height, want[i][3]);
        ck_assert_uint_eq(k->offset, offset);
        ck_assert_uint_eq(offset % (1u << (k->log_columns + k->log_height)), 0);
        offset += 1u << (k->log_columns + k->log_height);
    }
    ck_assert_uint_eq(offset, 37 * 128 + 64 * 32 + 5 * 8 + 32);
    ck_assert_uint_eq(p->log_stack, 13);
    ck_assert_uint_eq(p->n_blocks, 4); /* wide and empty at 2^7, wide at 2^5, empty at 2^3 */
    ck_assert_uint_eq(p->blocks[2].offset, 256);
    ck_assert_uint_eq(p->blocks[3].offset, 288);
    ck_assert_uint_eq(p->log_fractions, 9);
    ck_assert_uint_eq(p->log_height, 7);
    ck_assert_uint_eq(p->log_columns, 6);
    ck_assert_uint_eq(p->degree, 5);
    program_free(p);
    toy_free(&y);
}
END_TEST

START_TEST(programs_that_miss_their_target_are_not_built)
{
    struct toy y = toy_mixed(1);
    struct program *p = NULL;
    struct whir_params params;
    ck_assert_int_eq(whir_params_test(13, &params), ERR_OK);
    ck_assert_int_eq(program_new(y.s, &params, &p), ERR_REJECTED);
    ck_assert_int_eq(whir_params_l1(18, &params), ERR_OK);
    ck_assert_int_eq(program_new_untargeted(y.s, &params, &p), ERR_ARG);
    params.rounds[0].queries--;
    ck_assert_int_eq(program_new(y.s, &params, &p), ERR_REJECTED);
    params.rounds[0].queries++;
    ck_assert_int_eq(program_new(y.s, &params, &p), ERR_OK);
    program_free(p);
    ck_assert_int_eq(whir_params_test(12, &params), ERR_OK);
    ck_assert_int_eq(program_new_untargeted(y.s, &params, &p), ERR_ARG); /* 13 variables needed */
    toy_free(&y);
}
END_TEST

/* One message of p terms is none: 127 rows that say it 2^24 times and one that says it once make a
 * lie that no trace check sees, since everything counts modulo p. Such a system is no program. */
START_TEST(multiplicities_that_add_up_to_p_are_not_built)
{
    static const uint32_t log_heavy[2] = {24, 22};
    for (int i = 0; i < 2; i++) {
        struct ir_system *s = ir_system_new("toy-heavy", 1, 0);
        struct ir_table *t = ir_table_new(s, "ask", 7);
        ir_x heavy = ir_col(t, ir_column(t, "heavy")), light = ir_col(t, ir_column(t, "light"));
        ir_x lie = ir_const(t, 1u << 16);
        ir_assert_bool(t, heavy, "heavy is boolean");
        ir_assert_bool(t, light, "light is boolean");
        ir_send(t, 1, ir_scale(t, 1u << log_heavy[i], heavy), &lie, 1, "asks often");
        ir_send(t, 1, light, &lie, 1, "asks once");
        struct ir_table *a = ir_table_new(s, "answer", 4); /* numbers below 16 */
        ir_x number = ir_idx(a, 0, 4);
        ir_receive(a, 1, ir_col(a, ir_column(a, "asked")), &number, 1, "number");
        ir_system_finish(s);
        struct ir_trace *tr = ir_trace_new(s);
        ck_assert_ptr_nonnull(tr);
        for (int row = 0; row < 127; row++)
            tr->tables[0].columns[0][row] = 1;
        tr->tables[0].columns[1][0] = 1;
        char text[256];
        ck_assert_int_eq(ir_mock_check(tr, text, sizeof text), i == 0 ? ERR_OK : ERR_PROOF);
        struct program *p = NULL;
        ck_assert_int_eq(program_new_l1(s, &p), i == 0 ? ERR_TOO_LARGE : ERR_OK);
        program_free(p);
        ir_trace_free(tr);
        ir_system_free(s);
    }
}
END_TEST

/* The full parameters once, at their least size. */
START_TEST(proof_with_the_l1_parameters_is_accepted)
{
    struct toy y = toy_fib(8);
    struct program *p;
    ck_assert_int_eq(program_new_l1(y.s, &p), ERR_OK);
    struct bytes_buf proof;
    bytes_buf_init(&proof, 1u << 24);
    ck_assert_int_eq(system_prove(p, y.tr, &proof, NULL), ERR_OK);
    ck_assert_int_eq(system_verify(p, y.tr->publics, proof.data, proof.len, NULL), ERR_OK);
    proof.data[proof.len / 2] ^= 4;
    ck_assert_int_eq(system_verify(p, y.tr->publics, proof.data, proof.len, NULL), ERR_PROOF);
    bytes_buf_deinit(&proof);
    program_free(p);
    toy_free(&y);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/system");
    TCase *tc = tcase_create("system");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, honest_proofs_are_accepted);
    tcase_add_test(tc, the_proof_depends_on_neither_threads_nor_instructions);
    tcase_add_test(tc, proofs_of_false_traces_are_refused);
    tcase_add_test(tc, one_unit_of_imbalance_is_refused);
    tcase_add_test(tc, cells_above_p_are_not_proven);
    tcase_add_test(tc, layout_follows_the_text);
    tcase_add_test(tc, programs_that_miss_their_target_are_not_built);
    tcase_add_test(tc, multiplicities_that_add_up_to_p_are_not_built);
    tcase_add_test(tc, proof_with_the_l1_parameters_is_accepted);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
