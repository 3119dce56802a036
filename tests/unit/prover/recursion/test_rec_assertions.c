/* Mutants of the recorded verifier: for each assertion of a recording, the recording without it. Linked with
 * rec.c and rec_path.c compiled with VERIFY_MUTANT_HOOK.
 *
 * An assertion is killed when a forged proof is refused by it first and, without it, by another or by none;
 * or, where earlier ones always refuse first, when with all others left out it alone refuses. One cannot
 * fail except with probability 2^-150: VERIFY_PUBLIC_DENOMINATOR (test_rec.c: the inverse of zero). */
#define VERIFY_MUTANT_HOOK
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"
#include "prover/prove/system_prove.h"
#include "prover/recursion/rec_internal.h"
#include "prover/recursion/rec_transcript.h"
#include "prover/recursion/rec_verify.h"
#include "tests/unit/prover/system/toy_pre.h"

enum { MAX_ASSERTIONS = 200, NONE = MAX_ASSERTIONS, ACCEPTED = MAX_ASSERTIONS + 1 };

/* ---- the hook: every assertion gets a name of its own ---- */

static enum { STANDS, ONE_OUT, ONE_LEFT, ALL_OUT } mutation;
static uint32_t target, n_assertions;
static char base_name[MAX_ASSERTIONS][REC_CHECK_NAME];

bool rec_leaves_out(struct rec *r)
{
    const uint32_t k = n_assertions++;
    char name[2 * REC_CHECK_NAME];
    ck_assert_uint_lt(k, MAX_ASSERTIONS);
    snprintf(base_name[k], sizeof base_name[k], "%s", r->checks[r->check]);
    base_name[k][strcspn(base_name[k], "#")] = 0;
    snprintf(name, sizeof name, "%s#%u", base_name[k], (unsigned)k);
    rec_check(r, name);
    return mutation == ALL_OUT || (mutation == ONE_OUT && k == target) ||
           (mutation == ONE_LEFT && k != target);
}

/* ---- one child: preprocessed columns, grinding everywhere ---- */

static const struct rec_shape SHAPE = {.poseidon = 11,
                                       .ext = 12,
                                       .pow = 8,
                                       .fold = 6,
                                       .pack = 9,
                                       .split = 9,
                                       .bits = 6,
                                       .constant = 9};
static struct toy_pre toy;
static struct program *program;
static uint32_t *good, *forged, n_advice, n_head;

static uint32_t word_of(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t public_words(void)
{
    return (program->system->n_public + POSEIDON_DIGEST - 1) / POSEIDON_DIGEST;
}

static struct rec *record(int how, uint32_t which)
{
    rec_word key, publics[8], zero;
    struct rec *r = rec_new(&SHAPE);
    mutation = how;
    target = which;
    n_assertions = 0;
    zero = rec_const_word(r, (uint32_t[8]){0});
    rec_compress_advice(r, zero, &key);
    for (uint32_t i = 0; i < public_words(); i++)
        rec_compress_advice(r, zero, &publics[i]);
    rec_verify_proof(r, program, key, publics);
    for (uint32_t i = 0; i < REC_PUBLIC_WORDS; i++)
        rec_public(r, i, zero);
    rec_finish(r);
    return r;
}

static void setup(void)
{
    static const struct toy_pre_shape shape = {3, 3, 2, 3, 2, 5};
    struct proving_key *key = NULL;
    struct bytes_buf proof;
    toy_pre_init(&toy, &shape, 7);
    ck_assert_int_eq(program_new_test_poseidon(toy.s, &program), ERR_OK);
    struct whir_params params = program->params;
    program_free(program);
    params.logup_grind = 3;
    for (uint32_t i = 0; i < params.n_rounds; i++) {
        params.rounds[i].query_grind = (uint8_t)(2 + 3 * i);
        params.rounds[i].fold_grind = (uint8_t)(i == 1 ? 2 : 0);
        params.rounds[i].queries = (uint16_t)(i == 0 ? 2 : 1);
    }
    ck_assert_int_eq(program_new_untargeted(toy.s, &params, &program), ERR_OK);
    ck_assert_int_eq(proving_key_new(program, toy.pre, 2, &key), ERR_OK);
    bytes_buf_init(&proof, 1u << 24);
    ck_assert_int_eq(system_prove_key(program, key, toy.tr, &proof, NULL), ERR_OK);
    const uint32_t n = program->system->n_public;
    n_head = POSEIDON_DIGEST * (1 + public_words());
    n_advice = n_head + (uint32_t)rec_advice_len(program);
    good = calloc(n_advice, sizeof *good);
    forged = calloc(n_advice, sizeof *forged);
    ck_assert(good != NULL && forged != NULL);
    for (uint32_t i = 0; i < POSEIDON_DIGEST; i++)
        good[i] = word_of(key->verify.cap + 4 * i);
    memcpy(good + POSEIDON_DIGEST, toy.tr->publics, n * sizeof *good);
    if (n % POSEIDON_DIGEST != 0) good[POSEIDON_DIGEST + n] = rec_transcript_mark(LABEL_PUBLIC, n);
    ck_assert_int_eq(rec_advice_of_proof(program, proof.data, proof.len, good + n_head, NULL),
                     ERR_OK);
    proving_key_free(key);
    bytes_buf_deinit(&proof);
}

static void teardown(void)
{
    program_free(program);
    toy_pre_free(&toy);
    free(good);
    free(forged);
}

/* The number of the assertion that refuses first. */
static uint32_t refused_by(const struct rec *r, const uint32_t *advice, bool mock)
{
    char check[REC_CHECK_NAME] = "", text[256];
    struct ir_trace *tr = NULL;
    enum err err = rec_run(r, advice, n_advice, &tr, check, sizeof check);
    if (err != ERR_OK && err != ERR_PROOF) ck_abort_msg("%s", err_name(err));
    if (err == ERR_PROOF) return (uint32_t)strtoul(strchr(check, '#') + 1, NULL, 10);
    if (mock) ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
    ir_trace_free(tr);
    return ACCEPTED;
}

/* ---- forged proofs ---- */

enum { DELTAS = 3 };

static uint32_t forgeries(void)
{
    return DELTAS * n_advice + 1;
}

static void forge(uint32_t number)
{
    memcpy(forged, good, n_advice * sizeof *good);
    if (number == DELTAS * n_advice) { /* a top layer of zeros balances */
        const uint32_t top = n_head + POSEIDON_DIGEST + 5u * program->params.rounds[0].ood +
                             (program->params.logup_grind > 0 ? REC_NONCE_ADVICE : 0);
        memset(forged + top, 0, (size_t)(5 * 2 << PROGRAM_TOP_LOG) * sizeof *forged);
        return;
    }
    static const uint32_t delta[DELTAS] = {1, 2, IR_P - 1};
    uint32_t *at = &forged[number % n_advice];
    *at = (uint32_t)(((uint64_t)*at + delta[number / n_advice]) % IR_P);
}

struct kill {
    uint32_t first;    /* a forged proof that this assertion refuses first; UINT32_MAX: none */
    bool first_killed; /* another verdict without it */
    bool accepted;     /* accepted without it */
    bool alone;        /* refuses one when all others are left out */
};
static struct kill kills[MAX_ASSERTIONS];

static void find_first(uint32_t n)
{
    struct rec *r = record(STANDS, NONE);
    ck_assert_uint_eq(refused_by(r, good, true), ACCEPTED);
    for (uint32_t k = 0; k < n; k++)
        kills[k].first = UINT32_MAX;
    for (uint32_t f = 0; f < forgeries(); f++) {
        forge(f);
        const uint32_t k = refused_by(r, forged, false);
        if (k == ACCEPTED) ck_abort_msg("forgery %u is accepted", (unsigned)f);
        kills[k].first = f; /* the last one changes the least of what follows */
    }
    rec_free(r);
}

static void kill(uint32_t k)
{
    struct kill *x = &kills[k];
    if (x->first != UINT32_MAX) {
        struct rec *r = record(ONE_OUT, k);
        forge(x->first);
        const uint32_t by = refused_by(r, forged, true);
        x->first_killed = by != k;
        x->accepted = by == ACCEPTED;
        rec_free(r);
        return;
    }
    struct rec *r = record(ONE_LEFT, k);
    ck_assert_uint_eq(refused_by(r, good, false), ACCEPTED);
    for (uint32_t f = 0; f < forgeries() && !x->alone; f += 7) {
        forge(f);
        x->alone = refused_by(r, forged, false) == k;
    }
    rec_free(r);
}

START_TEST(every_assertion_of_the_recorded_verifier_is_needed)
{
    rec_free(record(STANDS, NONE));
    const uint32_t n = n_assertions;
    uint32_t first = 0, accepted = 0, alone = 0, left = 0;
    uint32_t by_check[VERIFY_CHECK_COUNT][2] = {{0}};
    find_first(n);
    for (uint32_t k = 0; k < n; k++) {
        kill(k);
        const bool killed = kills[k].first_killed || kills[k].alone;
        first += kills[k].first_killed;
        accepted += kills[k].accepted;
        alone += kills[k].alone;
        if (!killed) {
            left++;
            ck_assert_msg(strcmp(base_name[k], verify_check_name(VERIFY_PUBLIC_DENOMINATOR)) == 0,
                          "assertion %u of %s is idle", (unsigned)k, base_name[k]);
        }
        for (int c = 0; c < VERIFY_CHECK_COUNT; c++)
            if (strcmp(base_name[k], verify_check_name((enum verify_check)c)) == 0)
                by_check[c][killed]++;
    }
    for (int c = VERIFY_NONE + 1; c < VERIFY_CHECK_COUNT; c++) {
        const bool rows = rec_check_where((enum verify_check)c) == REC_CHECK_ROWS;
        ck_assert_int_eq(rows, by_check[c][0] + by_check[c][1] > 0);
        if (rows)
            printf("%-28s %3u mutants, %3u killed\n", verify_check_name((enum verify_check)c),
                   (unsigned)(by_check[c][0] + by_check[c][1]), (unsigned)by_check[c][1]);
    }
    printf(
        "%u assertions left out one by one: %u killed by a forged proof that they refuse first (%u "
        "of them accepted without), %u when they stand alone, %u cannot fail; %u forged proofs\n",
        (unsigned)n, (unsigned)first, (unsigned)accepted, (unsigned)alone, (unsigned)left,
        (unsigned)forgeries());
    ck_assert_uint_eq(left, 1);
    ck_assert_uint_eq(first + alone + left, n);
}
END_TEST

/* Nothing but these assertions refuses: without them every forged proof is a clean trace. */
START_TEST(without_its_assertions_the_recording_accepts_anything)
{
    struct rec *r = record(ALL_OUT, NONE);
    for (uint32_t f = 0; f < forgeries(); f += 97) {
        forge(f);
        ck_assert_uint_eq(refused_by(r, forged, f % 5 == 0), ACCEPTED);
    }
    rec_free(r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/recursion/assertions");
    TCase *tc = tcase_create("assertions");
    tcase_set_timeout(tc, 240);
    tcase_add_unchecked_fixture(tc, setup, teardown);
    tcase_add_test(tc, every_assertion_of_the_recorded_verifier_is_needed);
    tcase_add_test(tc, without_its_assertions_the_recording_accepts_anything);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
