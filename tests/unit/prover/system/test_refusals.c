/* What the verifier refuses, and by which check. Linked with a verifier whose checks can be switched
 * off one by one: each refusal below must then turn into something else, so no check is idle.
 *
 * Two checks cannot fail in a proof of the right length: VERIFY_END (the program fixes every count)
 * and, except with probability 2^-150, VERIFY_PUBLIC_DENOMINATOR; the latter's formula has a test of
 * its own. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/prove/system_prove.h"
#include "prover/verify/system_parts.h"
#include "prover/verify/system_verify.h"
#include "tests/unit/prover/system/toy.h"

int verify_mutant; /* the hook of system_parts.h; 0 = all checks stand */

enum { NONE_OFF = 0, ALL_OFF = -1 };

static struct toy toy;
static struct program *program;
static struct bytes_buf proof;
static uint8_t *bytes; /* a copy to damage */
static uint32_t publics[2];

static void setup(void)
{
    verify_mutant = NONE_OFF;
    toy = toy_fib(4);
    struct whir_params params;
    ck_assert_int_eq(whir_params_test(10, &params), ERR_OK);
    params.logup_grind = 5;
    params.rounds[0].queries = 2; /* keeps the proof within 6 KB */
    params.rounds[1].queries = 1;
    params.rounds[2].queries = 1;
    ck_assert_int_eq(program_new_untargeted(toy.s, &params, &program), ERR_OK);
    bytes_buf_init(&proof, 1u << 20);
    ck_assert_int_eq(system_prove(program, toy.tr, &proof, NULL), ERR_OK);
    bytes = malloc(proof.len + 1);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, proof.data, proof.len);
    bytes[proof.len] = 0;
    memcpy(publics, toy.tr->publics, sizeof publics);
}

static void teardown(void)
{
    free(bytes);
    bytes_buf_deinit(&proof);
    program_free(program);
    toy_free(&toy);
}

static enum verify_check check_len(size_t len)
{
    struct verify_report r = {0};
    enum err err = system_verify(program, publics, bytes, len, &r);
    ck_assert_int_eq(err == ERR_OK, r.failed == VERIFY_NONE);
    ck_assert(err == ERR_OK || err == ERR_PROOF);
    return r.failed;
}

static enum verify_check check(void)
{
    return check_len(proof.len);
}

/* Refused by this check and, with the check switched off, not by it. */
static void refused_only_by(enum verify_check want, size_t len)
{
    verify_mutant = NONE_OFF;
    enum verify_check got = check_len(len);
    ck_assert_msg(got == want, "refused by %s, not by %s", verify_check_name(got),
                  verify_check_name(want));
    if (want == VERIFY_LENGTH) return; /* reading past the end is no mutant to run */
    verify_mutant = (int)want;
    got = check_len(len);
    ck_assert_msg(got != want, "%s still refuses when switched off", verify_check_name(want));
    verify_mutant = NONE_OFF;
}

static size_t section_at(enum program_section section)
{
    size_t at = 0;
    for (int k = 0; k < (int)section; k++)
        at += program_section_len(program, (enum program_section)k);
    return at;
}

static uint32_t word_at(size_t at)
{
    return (uint32_t)bytes[at] << 24 | (uint32_t)bytes[at + 1] << 16 |
           (uint32_t)bytes[at + 2] << 8 | bytes[at + 3];
}

static void word_put(size_t at, uint32_t v)
{
    bytes[at] = (uint8_t)(v >> 24);
    bytes[at + 1] = (uint8_t)(v >> 16);
    bytes[at + 2] = (uint8_t)(v >> 8);
    bytes[at + 3] = (uint8_t)v;
}

START_TEST(the_proof_is_small_and_accepted)
{
    ck_assert_uint_le(proof.len, 6144);
    ck_assert_uint_eq(proof.len, program->proof_len);
    ck_assert_int_eq(check(), VERIFY_NONE);
}
END_TEST

START_TEST(every_flipped_byte_is_refused)
{
    for (size_t i = 0; i < proof.len; i++) {
        for (uint8_t mask = 1; mask != 0; mask = (uint8_t)(mask == 1 ? 0x80 : 0)) {
            bytes[i] ^= mask;
            ck_assert_msg(check() != VERIFY_NONE, "byte %zu ^ %u", i, (unsigned)mask);
            bytes[i] ^= mask;
        }
    }
    ck_assert_int_eq(check(), VERIFY_NONE);
}
END_TEST

START_TEST(every_word_plus_p_is_refused)
{
    for (size_t i = 0; i + 4 <= proof.len; i += 4) {
        uint32_t v = word_at(i);
        if (v > UINT32_MAX - IR_P) continue; /* no field element: a digest or a nonce */
        word_put(i, v + IR_P);
        ck_assert_msg(check() != VERIFY_NONE, "word at %zu", i);
        word_put(i, v);
    }
}
END_TEST

START_TEST(changed_public_values_are_refused)
{
    for (int i = 0; i < 2; i++) {
        for (uint32_t bit = 0; bit < 31; bit++) {
            publics[i] ^= 1u << bit;
            ck_assert_int_ne(check(), VERIFY_NONE);
            publics[i] ^= 1u << bit;
        }
        publics[i] += IR_P;
        refused_only_by(VERIFY_PUBLIC_CANONICAL, proof.len);
        publics[i] -= IR_P;
    }
}
END_TEST

START_TEST(other_lengths_are_refused)
{
    refused_only_by(VERIFY_LENGTH, proof.len + 1);
    refused_only_by(VERIFY_LENGTH, proof.len - 1);
    refused_only_by(VERIFY_LENGTH, 0);
    refused_only_by(VERIFY_LENGTH, proof.len - 20);
}
END_TEST

START_TEST(commitment_check_is_needed)
{
    size_t at = section_at(SECTION_LOGUP) - 20; /* the last OOD answer */
    word_put(at, word_at(at) + IR_P);
    refused_only_by(VERIFY_COMMIT, proof.len);
}
END_TEST

START_TEST(logup_grinding_check_is_needed)
{
    /* a nonce that does not hold: tried until one is found, each fails with 31 in 32 */
    size_t at = section_at(SECTION_LOGUP);
    for (uint32_t nonce = 0; nonce < 64; nonce++) {
        word_put(at + 4, nonce);
        if (check() == VERIFY_LOGUP_GRIND) {
            refused_only_by(VERIFY_LOGUP_GRIND, proof.len);
            return;
        }
    }
    ck_abort_msg("every nonce holds");
}
END_TEST

START_TEST(gkr_canonical_check_is_needed)
{
    size_t at = section_at(SECTION_GKR) + 64 * 20 + 16; /* first round */
    word_put(at, word_at(at) + IR_P);
    refused_only_by(VERIFY_GKR_CANONICAL, proof.len);
}
END_TEST

START_TEST(zero_top_layer_is_refused_though_it_balances)
{
    memset(bytes + section_at(SECTION_GKR), 0, 64 * 20);
    refused_only_by(VERIFY_TOP_DENOMINATOR, proof.len);
}
END_TEST

START_TEST(balance_check_is_needed)
{
    size_t at = section_at(SECTION_GKR) + 19; /* a numerator */
    bytes[at] ^= 1;
    refused_only_by(VERIFY_BALANCE, proof.len);
}
END_TEST

START_TEST(layer_check_is_needed)
{
    size_t at = section_at(SECTION_GKR) + 64 * 20 + 19;
    bytes[at] ^= 1;
    refused_only_by(VERIFY_GKR_LAYER, proof.len);
}
END_TEST

START_TEST(zerocheck_canonical_check_is_needed)
{
    size_t at = section_at(SECTION_ZERO) + 16;
    word_put(at, word_at(at) + IR_P);
    refused_only_by(VERIFY_ZERO_CANONICAL, proof.len);
}
END_TEST

START_TEST(constraint_check_is_needed)
{
    bytes[section_at(SECTION_ZERO) + 19] ^= 1;
    refused_only_by(VERIFY_CONSTRAINTS, proof.len);
    bytes[section_at(SECTION_ZERO) + 19] ^= 1;
    bytes[section_at(SECTION_COLUMNS) + 19] ^= 1;
    refused_only_by(VERIFY_CONSTRAINTS, proof.len);
}
END_TEST

START_TEST(opening_check_is_needed)
{
    bytes[proof.len - 1] ^= 1;
    refused_only_by(VERIFY_OPENING, proof.len);
}
END_TEST

/* A false column claim that passes the constraint check can only be refused by the opening. */
START_TEST(free_column_claims_are_bound_by_the_opening)
{
    verify_mutant = VERIFY_CONSTRAINTS;
    for (uint32_t c = 0; c < program->n_columns; c++) {
        size_t at = section_at(SECTION_COLUMNS) + c * 20 + 19;
        bytes[at] ^= 1;
        ck_assert_int_eq(check(), VERIFY_OPENING);
        bytes[at] ^= 1;
    }
}
END_TEST

START_TEST(a_zero_public_denominator_shows)
{
    struct bus_challenges b;
    kb5 alpha[PROGRAM_ALPHAS], num, den;
    for (uint32_t i = 0; i < PROGRAM_ALPHAS; i++)
        alpha[i] = kb5_from_u32(3 + i);
    bus_weights(&b, alpha);
    b.c = kb5_from_u32(77);
    public_fraction(toy.s, publics, &b, &num, &den);
    ck_assert(!kb5_is_zero(den));
    /* c = fingerprint of the public message (3; 1): 3 + alpha_0 */
    b.c = kb5_from_u32(3 + 3);
    public_fraction(toy.s, publics, &b, &num, &den);
    ck_assert(kb5_is_zero(den));
}
END_TEST

START_TEST(weights_are_products_of_alphas)
{
    struct bus_challenges b;
    kb5 alpha[PROGRAM_ALPHAS];
    const uint32_t a[PROGRAM_ALPHAS] = {3, 5, 7, 11, 13};
    for (uint32_t i = 0; i < PROGRAM_ALPHAS; i++)
        alpha[i] = kb5_from_u32(a[i]);
    bus_weights(&b, alpha);
    for (uint32_t j = 0; j < PROGRAM_WEIGHTS; j++) {
        uint32_t want = 1;
        for (uint32_t i = 0; i < PROGRAM_ALPHAS; i++)
            if (j >> i & 1) want *= a[i];
        ck_assert(kb5_eq(b.weight[j], kb5_from_u32(want)));
    }
}
END_TEST

/* ---- the transcript sees everything ---- */

enum { LOG_MAX = 1 << 20 };
struct event_log {
    uint8_t *data;
    size_t len;
    size_t absorbed; /* bytes of absorbs, not counting grinding nonces */
};

static void log_event(void *ctx, enum transcript_event event, uint32_t label, const uint8_t *data,
                      size_t len, const uint8_t state[32])
{
    struct event_log *l = ctx;
    (void)state; /* what the challenges show is what counts */
    ck_assert_uint_le(l->len + len + 16, LOG_MAX);
    l->data[l->len++] = (uint8_t)event;
    l->data[l->len++] = (uint8_t)label;
    l->data[l->len++] = (uint8_t)(len >> 8);
    l->data[l->len++] = (uint8_t)len;
    memcpy(l->data + l->len, data, len);
    l->len += len;
    if (event == TRANSCRIPT_ABSORB) l->absorbed += len;
}

static void run_logged(struct event_log *l)
{
    struct transcript_observer o = {.step = log_event, .ctx = l};
    struct verify_report r = {.observer = &o};
    l->len = 0;
    l->absorbed = 0;
    enum err err = system_verify(program, publics, bytes, proof.len, &r);
    (void)err;
}

/* 1: the next sample after the first difference differs too; 0: no difference at all; -1: fault. */
static int next_challenge_differs(const struct event_log *a, const struct event_log *b)
{
    size_t i = 0;
    bool absorbed = false;
    while (i < a->len && i < b->len) {
        size_t len = (size_t)a->data[i + 2] << 8 | a->data[i + 3];
        bool same = memcmp(a->data + i, b->data + i, len + 4) == 0;
        if (a->data[i] == TRANSCRIPT_ABSORB)
            absorbed = absorbed || !same;
        else if (absorbed)
            return same ? -1 : 1;
        else if (!same)
            return -1;
        i += len + 4;
    }
    return absorbed ? -1 : 0;
}

START_TEST(every_element_before_the_opening_changes_the_next_challenge)
{
    verify_mutant = ALL_OFF; /* so that refusals do not hide what comes after */
    struct event_log a = {.data = malloc(LOG_MAX)}, b = {.data = malloc(LOG_MAX)};
    run_logged(&a);
    size_t end = section_at(SECTION_WHIR), grind = section_at(SECTION_LOGUP);
    for (size_t i = 0; i < end; i += 4) {
        if (i == grind || i == grind + 4) continue; /* the nonce: its own event */
        bytes[i + 3] ^= 1;
        run_logged(&b);
        ck_assert_msg(next_challenge_differs(&a, &b) == 1, "word at %zu", i);
        bytes[i + 3] ^= 1;
    }
    for (int i = 0; i < 2; i++) {
        publics[i] ^= 1;
        run_logged(&b);
        ck_assert_int_eq(next_challenge_differs(&a, &b), 1);
        publics[i] ^= 1;
    }
    run_logged(&b);
    ck_assert_int_eq(next_challenge_differs(&a, &b), 0);
    free(a.data);
    free(b.data);
}
END_TEST

START_TEST(another_program_refuses_the_proof)
{
    struct toy other = toy_fib(4);
    struct program *p;
    struct whir_params params = program->params;
    params.logup_grind = 4; /* one bit less: the same layout, another id */
    ck_assert_int_eq(program_new_untargeted(other.s, &params, &p), ERR_OK);
    ck_assert_uint_eq(p->proof_len, program->proof_len);
    ck_assert_mem_ne(p->id, program->id, 32);
    ck_assert_int_eq(system_verify(p, publics, bytes, proof.len, NULL), ERR_PROOF);
    program_free(p);
    toy_free(&other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/refusals");
    TCase *tc = tcase_create("refusals");
    tcase_set_timeout(tc, 240);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_proof_is_small_and_accepted);
    tcase_add_test(tc, every_flipped_byte_is_refused);
    tcase_add_test(tc, every_word_plus_p_is_refused);
    tcase_add_test(tc, changed_public_values_are_refused);
    tcase_add_test(tc, other_lengths_are_refused);
    tcase_add_test(tc, commitment_check_is_needed);
    tcase_add_test(tc, logup_grinding_check_is_needed);
    tcase_add_test(tc, gkr_canonical_check_is_needed);
    tcase_add_test(tc, zero_top_layer_is_refused_though_it_balances);
    tcase_add_test(tc, balance_check_is_needed);
    tcase_add_test(tc, layer_check_is_needed);
    tcase_add_test(tc, zerocheck_canonical_check_is_needed);
    tcase_add_test(tc, constraint_check_is_needed);
    tcase_add_test(tc, opening_check_is_needed);
    tcase_add_test(tc, free_column_claims_are_bound_by_the_opening);
    tcase_add_test(tc, a_zero_public_denominator_shows);
    tcase_add_test(tc, weights_are_products_of_alphas);
    tcase_add_test(tc, every_element_before_the_opening_changes_the_next_challenge);
    tcase_add_test(tc, another_program_refuses_the_proof);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
