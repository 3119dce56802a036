/* The recursion's verifier against the native one, on toy programs of the Poseidon profile. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"
#include "prover/prove/system_prove.h"
#include "prover/recursion/rec_transcript.h"
#include "prover/recursion/rec_verify.h"
#include "tests/unit/prover/system/toy.h"
#include "tests/unit/prover/system/toy_pre.h"

static const struct rec_shape SHAPE = {.poseidon = 11,
                                       .ext = 12,
                                       .pow = 8,
                                       .fold = 6,
                                       .pack = 9,
                                       .split = 9,
                                       .bits = 6,
                                       .constant = 9};

/* One proof of a child and the recording that verifies it. */
struct child {
    const struct program *p;
    const struct program_key *key;
    const uint32_t *publics;
    struct bytes_buf proof;
    struct rec *r;
    uint32_t *advice;
    size_t n_head, n_advice; /* key and publics, then the proof */
    char check[64];
};

static uint32_t word_of(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Words of the publics, with the mark where they do not fill the last one. */
static size_t public_words(const struct child *c)
{
    return (c->p->system->n_public + POSEIDON_DIGEST - 1) / POSEIDON_DIGEST;
}

static void child_record(struct child *c)
{
    rec_word key, publics[8], zero;
    c->r = rec_new(&SHAPE);
    zero = rec_const_word(c->r, (uint32_t[8]){0});
    rec_compress_advice(c->r, zero, &key);
    for (size_t i = 0; i < public_words(c); i++)
        rec_compress_advice(c->r, zero, &publics[i]);
    rec_verify_proof(c->r, c->p, key, publics);
    for (uint32_t i = 0; i < REC_PUBLIC_WORDS; i++)
        rec_public(c->r, i, zero);
    rec_finish(c->r);
    c->n_head = POSEIDON_DIGEST * (1 + public_words(c));
    c->n_advice = c->n_head + rec_advice_len(c->p);
    ck_assert_uint_eq(rec_rows(c->r).advice, c->n_advice);
    c->advice = calloc(c->n_advice, sizeof *c->advice);
    ck_assert_ptr_nonnull(c->advice);
}

static void child_head(struct child *c, const uint32_t *publics)
{
    const uint32_t n = c->p->system->n_public;
    memset(c->advice, 0, c->n_head * sizeof *c->advice);
    for (size_t i = 0; c->key != NULL && i < POSEIDON_DIGEST; i++)
        c->advice[i] = word_of(c->key->cap + 4 * i);
    memcpy(c->advice + POSEIDON_DIGEST, publics, n * sizeof *publics);
    if (n % POSEIDON_DIGEST != 0)
        c->advice[POSEIDON_DIGEST + n] = rec_transcript_mark(LABEL_PUBLIC, n);
}

/* Runs; the name of the check that failed, "" if none did. */
static const char *child_run(struct child *c, bool mock)
{
    enum verify_check failed;
    struct ir_trace *tr = NULL;
    c->check[0] = 0;
    enum err err =
        rec_advice_of_proof(c->p, c->proof.data, c->proof.len, c->advice + c->n_head, &failed);
    if (err != ERR_OK) {
        ck_assert_int_eq(err, ERR_PROOF);
        ck_assert_int_eq(rec_check_where(failed) == REC_CHECK_ROWS,
                         failed == VERIFY_LOGUP_GRIND || failed == VERIFY_OPENING);
        return verify_check_name(failed);
    }
    err = rec_run(c->r, c->advice, c->n_advice, &tr, c->check, sizeof c->check);
    ck_assert_int_eq(err == ERR_OK, c->check[0] == 0);
    ck_assert(err == ERR_OK || err == ERR_PROOF);
    if (mock && err == ERR_OK) {
        char text[512];
        ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
    }
    ir_trace_free(tr);
    return c->check;
}

static const char *native_run(const struct child *c, const uint32_t *publics)
{
    struct verify_report report = {0};
    enum err err = system_verify_key(c->p, c->key, publics, c->proof.data, c->proof.len, &report);
    return err == ERR_OK ? "" : verify_check_name(report.failed);
}

static void child_prove(struct child *c, const struct program *p, const struct proving_key *key,
                        const struct ir_trace *tr)
{
    *c = (struct child){.p = p, .key = key == NULL ? NULL : &key->verify, .publics = tr->publics};
    bytes_buf_init(&c->proof, 1u << 24);
    ck_assert_int_eq(system_prove_key(p, key, tr, &c->proof, NULL), ERR_OK);
    ck_assert_str_eq(native_run(c, c->publics), "");
    child_record(c);
    child_head(c, c->publics);
}

static void child_free(struct child *c)
{
    bytes_buf_deinit(&c->proof);
    rec_free(c->r);
    free(c->advice);
}

static void print_rows(const char *name, const struct rec *r)
{
    struct rec_counts n = rec_rows(r);
    printf(
        "%s: poseidon %u ext %u pow %u fold %u pack %u split %u bits %u constant %u advice %zu\n",
        name, (unsigned)n.poseidon, (unsigned)n.ext, (unsigned)n.pow, (unsigned)n.fold,
        (unsigned)n.pack, (unsigned)n.split, (unsigned)n.bits, (unsigned)n.constant, n.advice);
}

START_TEST(good_proofs_of_plain_programs_are_accepted)
{
    for (uint32_t k = 0; k < 4; k++) {
        struct toy y = k == 0 ? toy_single() : k == 1 ? toy_mixed(5) : toy_fib(2 * k - 1);
        struct program *p = NULL;
        struct child c;
        ck_assert_int_eq(program_new_test_poseidon(y.s, &p), ERR_OK);
        child_prove(&c, p, NULL, y.tr);
        print_rows(y.s->name, c.r);
        ck_assert_str_eq(child_run(&c, true), "");
        child_free(&c);
        program_free(p);
        toy_free(&y);
    }
}
END_TEST

/* A toy with preprocessed columns, its parameters ground everywhere. */
struct pre_child {
    struct toy_pre y;
    struct program *p;
    struct proving_key *key;
    struct child c;
};

static void pre_child_init(struct pre_child *x, bool ground)
{
    static const struct toy_pre_shape shape = {3, 3, 2, 3, 2, 5};
    struct whir_params params;
    toy_pre_init(&x->y, &shape, 7);
    ck_assert_int_eq(program_new_test_poseidon(x->y.s, &x->p), ERR_OK);
    params = x->p->params;
    if (ground) {
        program_free(x->p);
        params.logup_grind = 3;
        for (uint32_t i = 0; i < params.n_rounds; i++) {
            params.rounds[i].query_grind = (uint8_t)(2 + 3 * i);
            params.rounds[i].fold_grind = (uint8_t)(i == 1 ? 2 : 0);
            params.rounds[i].queries = (uint16_t)(i == 0 ? 2 : 1);
        }
        ck_assert_int_eq(program_new_untargeted(x->y.s, &params, &x->p), ERR_OK);
    }
    ck_assert_int_eq(proving_key_new(x->p, x->y.pre, 2, &x->key), ERR_OK);
    child_prove(&x->c, x->p, x->key, x->y.tr);
}

static void pre_child_free(struct pre_child *x)
{
    child_free(&x->c);
    proving_key_free(x->key);
    program_free(x->p);
    toy_pre_free(&x->y);
}

START_TEST(good_proofs_with_preprocessed_columns_are_accepted)
{
    for (int ground = 0; ground < 2; ground++) {
        struct pre_child x;
        pre_child_init(&x, ground == 1);
        print_rows("preprocessed", x.c.r);
        ck_assert_str_eq(child_run(&x.c, true), "");
        pre_child_free(&x);
    }
}
END_TEST

START_TEST(every_flipped_byte_is_refused_by_the_check_that_the_native_verifier_names)
{
    struct pre_child x;
    pre_child_init(&x, true);
    bool seen[VERIFY_CHECK_COUNT] = {false};
    for (size_t i = 0; i < x.c.proof.len; i++) {
        const uint8_t mask = (uint8_t)(i % 4 == 0 ? 0x80 : 1u << i % 7);
        x.c.proof.data[i] ^= mask;
        const char *want = native_run(&x.c, x.c.publics), *got = child_run(&x.c, false);
        ck_assert_msg(strcmp(want, got) == 0, "byte %zu: %s, native %s", i, got, want);
        ck_assert_str_ne(want, "");
        for (int k = 0; k < VERIFY_CHECK_COUNT; k++)
            if (strcmp(want, verify_check_name((enum verify_check)k)) == 0) seen[k] = true;
        x.c.proof.data[i] ^= mask;
    }
    ck_assert_str_eq(child_run(&x.c, false), "");
    printf("%zu bytes flipped\n", x.c.proof.len);
    for (int k = VERIFY_NONE + 1; k < VERIFY_CHECK_COUNT; k++)
        if (!seen[k]) printf("not met: %s\n", verify_check_name((enum verify_check)k));
    pre_child_free(&x);
}
END_TEST

START_TEST(another_key_and_other_publics_are_refused)
{
    struct pre_child x;
    pre_child_init(&x, false);
    for (size_t i = 0; i < x.c.n_head; i++) {
        child_head(&x.c, x.c.publics);
        x.c.advice[i] = (x.c.advice[i] + 1) % IR_P;
        ck_assert_msg(child_run(&x.c, false)[0] != 0, "element %zu", i);
    }
    child_head(&x.c, x.c.publics);
    ck_assert_str_eq(child_run(&x.c, false), "");
    pre_child_free(&x);
}
END_TEST

START_TEST(proofs_of_other_lengths_are_refused)
{
    struct pre_child x;
    pre_child_init(&x, false);
    const size_t lens[4] = {0, 4, x.c.proof.len - 4, x.c.proof.len - 1};
    for (int i = 0; i < 4; i++) {
        enum verify_check failed;
        ck_assert_int_eq(
            rec_advice_of_proof(x.p, x.c.proof.data, lens[i], x.c.advice + x.c.n_head, &failed),
            ERR_PROOF);
        ck_assert_int_eq(failed, VERIFY_LENGTH);
    }
    pre_child_free(&x);
}
END_TEST

START_TEST(every_check_of_the_native_verifier_has_its_place)
{
    int rows = 0;
    for (int k = VERIFY_NONE + 1; k < VERIFY_CHECK_COUNT; k++)
        rows += rec_check_where((enum verify_check)k) == REC_CHECK_ROWS;
    ck_assert_int_eq(rows, 7);
    ck_assert_int_eq(VERIFY_CHECK_COUNT - 1 - rows, 6);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/recursion/verify");
    TCase *tc = tcase_create("verify");
    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, good_proofs_of_plain_programs_are_accepted);
    tcase_add_test(tc, good_proofs_with_preprocessed_columns_are_accepted);
    tcase_add_test(tc, every_flipped_byte_is_refused_by_the_check_that_the_native_verifier_names);
    tcase_add_test(tc, another_key_and_other_publics_are_refused);
    tcase_add_test(tc, proofs_of_other_lengths_are_refused);
    tcase_add_test(tc, every_check_of_the_native_verifier_has_its_place);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
