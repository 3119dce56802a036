/* No check of the recursion's verifier is idle: a recording without it takes a proof that it alone
 * refuses, or leaves the refusal to another. Linked with recordings whose checks can be left out. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/prove/system_prove.h"
#include "prover/recursion/rec_transcript.h"
#include "prover/recursion/rec_verify.h"
#include "prover/verify/system_parts.h"
#include "tests/unit/prover/system/toy.h"

int verify_mutant; /* the hook of rec_parts.h; VERIFY_NONE = all checks stand */

static const struct rec_shape SHAPE = {.poseidon = 11,
                                       .ext = 12,
                                       .pow = 8,
                                       .fold = 6,
                                       .pack = 9,
                                       .split = 9,
                                       .bits = 6,
                                       .constant = 9};

static struct toy toy;
static struct program *program;
static struct bytes_buf proof;

static void setup(void)
{
    struct whir_params params;
    toy = toy_fib(4);
    ck_assert_int_eq(whir_params_test_poseidon(10, &params), ERR_OK);
    params.logup_grind = 4;
    ck_assert_int_eq(program_new_untargeted(toy.s, &params, &program), ERR_OK);
    bytes_buf_init(&proof, 1u << 20);
    ck_assert_int_eq(system_prove(program, toy.tr, &proof, NULL), ERR_OK);
}

static void teardown(void)
{
    bytes_buf_deinit(&proof);
    program_free(program);
    toy_free(&toy);
}

static struct rec *record(enum verify_check without)
{
    rec_word publics, zero;
    struct rec *r = rec_new(&SHAPE);
    verify_mutant = (int)without;
    zero = rec_const_word(r, (uint32_t[8]){0});
    rec_compress_advice(r, zero, &publics);
    rec_verify_proof(r, program, zero, &publics);
    for (uint32_t i = 0; i < REC_PUBLIC_WORDS; i++)
        rec_public(r, i, zero);
    rec_finish(r);
    verify_mutant = VERIFY_NONE;
    return r;
}

/* The check by which this recording refuses the proof; VERIFY_NONE if it takes it. */
static enum verify_check verdict(const struct rec *r)
{
    const size_t len = rec_advice_len(program);
    uint32_t *advice = calloc(8 + len, sizeof *advice);
    struct ir_trace *tr = NULL;
    char check[64] = "";
    ck_assert_ptr_nonnull(advice);
    memcpy(advice, toy.tr->publics, 2 * sizeof *advice);
    advice[2] = rec_transcript_mark(LABEL_PUBLIC, 2);
    ck_assert_int_eq(rec_advice_of_proof(program, proof.data, proof.len, advice + 8, NULL), ERR_OK);
    /* without the opening the rest of the advice is not read */
    const size_t n = rec_rows(r).advice;
    ck_assert_uint_le(n, 8 + len);
    enum err err = rec_run(r, advice, n, &tr, check, sizeof check);
    ck_assert_int_eq(err, check[0] == 0 ? ERR_OK : ERR_PROOF);
    ir_trace_free(tr);
    free(advice);
    for (int k = VERIFY_NONE + 1; k < VERIFY_CHECK_COUNT; k++)
        if (strcmp(check, verify_check_name((enum verify_check)k)) == 0)
            return (enum verify_check)k;
    ck_assert_str_eq(check, "");
    return VERIFY_NONE;
}

static size_t section_at(enum program_section section)
{
    size_t at = 0;
    for (int k = 0; k < (int)section; k++)
        at += program_section_len(program, (enum program_section)k);
    return at;
}

/* Refused by `check`; a recording without it refuses by `next` or not at all. */
static void needed(enum verify_check check, enum verify_check next)
{
    struct rec *whole = record(VERIFY_NONE), *mutant = record(check);
    enum verify_check got = verdict(whole);
    ck_assert_msg(got == check, "refused by %s, not by %s", verify_check_name(got),
                  verify_check_name(check));
    got = verdict(mutant);
    ck_assert_msg(got == next, "without %s: %s", verify_check_name(check), verify_check_name(got));
    rec_free(whole);
    rec_free(mutant);
}

START_TEST(a_good_proof_is_accepted_by_all_recordings)
{
    for (int k = VERIFY_NONE; k < VERIFY_CHECK_COUNT; k++) {
        struct rec *r = record((enum verify_check)k);
        ck_assert_int_eq(verdict(r), VERIFY_NONE);
        rec_free(r);
    }
}
END_TEST

START_TEST(logup_grinding_is_needed)
{
    uint8_t *nonce = proof.data + section_at(SECTION_LOGUP);
    struct rec *r = record(VERIFY_NONE);
    nonce[3] ^= 1; /* each other nonce fails with 15 of 16 */
    for (int i = 0; i < 64 && verdict(r) != VERIFY_LOGUP_GRIND; i++)
        nonce[3]++;
    rec_free(r);
    needed(VERIFY_LOGUP_GRIND, VERIFY_BALANCE);
}
END_TEST

START_TEST(the_top_denominator_is_needed)
{
    memset(proof.data + section_at(SECTION_GKR), 0, 64 * KB5_BYTES);
    needed(VERIFY_TOP_DENOMINATOR, VERIFY_GKR_LAYER);
}
END_TEST

START_TEST(the_balance_is_needed)
{
    proof.data[section_at(SECTION_GKR) + 19] ^= 1;
    needed(VERIFY_BALANCE, VERIFY_GKR_LAYER);
}
END_TEST

START_TEST(a_layer_is_needed)
{
    proof.data[section_at(SECTION_GKR) + 64 * KB5_BYTES + 19] ^= 1;
    needed(VERIFY_GKR_LAYER, VERIFY_CONSTRAINTS);
}
END_TEST

START_TEST(the_constraints_are_needed)
{
    proof.data[section_at(SECTION_COLUMNS) + 19] ^= 1;
    needed(VERIFY_CONSTRAINTS, VERIFY_OPENING);
}
END_TEST

START_TEST(the_opening_is_needed)
{
    for (size_t at = section_at(SECTION_WHIR); at < proof.len; at += proof.len / 16) {
        proof.data[at + 3] ^= 1;
        needed(VERIFY_OPENING, VERIFY_NONE);
        proof.data[at + 3] ^= 1;
    }
}
END_TEST

/* A false public denominator cannot be had (probability 2^-150): that its rows are there is shown by
 * what the recording without them lacks. */
START_TEST(the_public_denominator_is_recorded)
{
    struct rec *whole = record(VERIFY_NONE), *mutant = record(VERIFY_PUBLIC_DENOMINATOR);
    ck_assert_uint_eq(rec_rows(whole).ext, rec_rows(mutant).ext + 1);
    rec_free(whole);
    rec_free(mutant);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/recursion/mutants");
    TCase *tc = tcase_create("mutants");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_good_proof_is_accepted_by_all_recordings);
    tcase_add_test(tc, logup_grinding_is_needed);
    tcase_add_test(tc, the_top_denominator_is_needed);
    tcase_add_test(tc, the_balance_is_needed);
    tcase_add_test(tc, a_layer_is_needed);
    tcase_add_test(tc, the_constraints_are_needed);
    tcase_add_test(tc, the_opening_is_needed);
    tcase_add_test(tc, the_public_denominator_is_recorded);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
