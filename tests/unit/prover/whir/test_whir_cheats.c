/* Provers that deviate where flipped bytes cannot reach: what they send is consistent with what they
 * committed to, but that is not what the protocol demands. Uses the
 * prover's own steps (its source is included for its static functions) around one lie.
 *
 * The queries of the small parameters are few, so the lies touch every leaf or every claim: those
 * are caught with probability 1 - 2^-150, not only if queried. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/prove/whir_prove.c"
#include "whir_fixture.h"

enum lie {
    HONEST,
    OTHER_WORD,       /* the code word of another polynomial */
    DOUBLE_DEGREE,    /* a word of twice the degree that the rate allows */
    MOVED_LEAVES,     /* the right leaves at the points y and 1/y exchanged */
    WRONG_FOLD,       /* f_1 is not the fold of f_0 */
    WRONG_FINAL,      /* the final polynomial is not the fold of the last code word */
    WRONG_OOD,        /* answers for another point */
};

static struct fixture fix;
static struct parallel *pool;

static void setup(void)
{
    struct whir_params p;
    ck_assert_int_eq(whir_params_test(10, &p), ERR_OK);
    fixture_init(&fix, &p, 3, 0x5eed0c00);
    printf("test_whir_cheats: seed %llx\n", (unsigned long long)fix.seed);
    pool = parallel_new(1);
}

static void teardown(void)
{
    fixture_free(&fix);
    parallel_free(pool);
}

/* Replaces the code of round 0 by the word of `lie`. */
static void replace_word(struct whir_prover *pr, enum lie lie)
{
    const struct whir_round *rp = &pr->params.rounds[0];
    const uint32_t log_rows = pr->vars - rp->fold;
    const size_t width = (size_t)1 << rp->fold, stride = stride_of(width);
    const uint32_t more = lie == DOUBLE_DEGREE ? 1 : 0;
    uint64_t seed = fix.seed + 1;
    kb *m = calloc(stride << (log_rows + 1), sizeof *m);
    ck_assert_ptr_nonnull(m);
    for (size_t r = 0; r < (size_t)1 << (log_rows + more); r++)
        for (size_t lane = 0; lane < width; lane++)
            m[r * stride + lane] = lie != OTHER_WORD && r < (size_t)1 << log_rows
                                       ? pr->cells[r * width + lane]
                                       : fixture_random_kb(&seed);
    round_code_free(&pr->code);
    pr->code.message = m;
    ck_assert(rs_encode(&pr->code.rs, m, log_rows + more, rp->log_inv_rate - more, width, stride,
                        PROFILE_KECCAK, false, &pr->env));
    if (lie == MOVED_LEAVES) {
        const uint32_t leaf_log = pr->code.rs.tree.leaf_log;
        for (uint32_t n = 1; n < (uint32_t)1 << leaf_log >> 1; n++) {
            uint8_t *a = merkle_leaf_hash(&pr->code.rs.tree, n), t[32];
            uint8_t *b = merkle_leaf_hash(&pr->code.rs.tree, ((uint32_t)1 << leaf_log) - n);
            memcpy(t, a, 32), memcpy(a, b, 32), memcpy(b, t, 32);
        }
        merkle_build(&pr->code.rs.tree, PROFILE_KECCAK, &pr->env);
    }
}

/* commit_round for round 0, with the code replaced. */
static void lying_commit(struct whir_prover *pr, enum lie lie, struct transcript *t,
                         struct proof_writer *w)
{
    const struct whir_round *rp = &pr->params.rounds[0];
    kb5 answers[WHIR_MAX_OOD];
    ck_assert_int_eq(encode_round(pr, 0, &pr->code), ERR_OK);
    if (lie == OTHER_WORD || lie == DOUBLE_DEGREE || lie == MOVED_LEAVES) replace_word(pr, lie);
    pr->committed = true;
    const uint8_t *cap = merkle_cap(&pr->code.rs.tree, rp->cap_log);
    proof_write_bytes(w, cap, (size_t)32 << rp->cap_log);
    transcript_absorb_bytes(t, LABEL_ROOT, cap, (size_t)32 << rp->cap_log);
    for (uint32_t j = 0; j < rp->ood; j++) {
        pr->ood_point[j] = transcript_sample_ext(t);
        kb5 z = pr->ood_point[j];
        if (lie == WRONG_OOD) z = kb5_add(z, kb5_one());
        ck_assert_int_eq(
            weights_eval_pow(pr->cells, pr->f[0], pr->vars, z, &pr->env, &answers[j]), ERR_OK);
    }
    proof_say_ext(w, t, LABEL_OOD, answers, rp->ood);
}

/* whir_prove_open with a lie about the folded polynomial before one of its steps. */
static void lying_open(struct whir_prover *pr, enum lie lie, struct transcript *t,
                       struct proof_writer *w)
{
    const struct whir_params *p = &pr->params;
    const kb5 gamma = transcript_sample_ext(t);
    ck_assert_int_eq(open_begin(pr, fix.claims, fix.n_claims, gamma, t, w), ERR_OK);
    for (uint32_t i = 0; i < p->n_rounds; i++) { /* open_begin has made the first fold */
        for (uint32_t j = i == 0 ? p->rounds[0].fold : 0; j < p->rounds[i].fold; j++)
            sumcheck_round(pr, p->rounds[i].fold_grind, t, w);
        if ((lie == WRONG_FOLD && i == 0) || (lie == WRONG_FINAL && i + 1u == p->n_rounds)) {
            kb *c = &pr->f[pr->cur_f].c[0][1];
            *c = kb_add(*c, kb_one);
        }
        ck_assert_int_eq(i + 1 < p->n_rounds ? next_code(pr, i, t, w) : final_code(pr, t, w),
                         ERR_OK);
    }
    while (pr->vars > 0)
        sumcheck_round(pr, 0, t, w);
}

static enum err verdict(enum lie lie)
{
    struct transcript t;
    struct proof_writer w;
    struct whir_prover *pr = NULL;
    const struct prove_env env = prove_env_isa(KBV_PORTABLE, pool);
    transcript_init(&t, PROFILE_KECCAK, fix.program_id);
    proof_writer_init(&w);
    ck_assert_int_eq(whir_prover_new(&pr, &fix.params, fix.cells, NULL, &env), ERR_OK);
    lying_commit(pr, lie, &t, &w);
    lying_open(pr, lie, &t, &w);
    whir_prover_free(pr);
    ck_assert_int_eq(w.failed, false);
    enum err err = fixture_verify(&fix, w.data, w.len, NULL);
    proof_writer_free(&w);
    return err;
}

START_TEST(the_same_steps_without_a_lie_are_accepted)
{
    ck_assert_int_eq(verdict(HONEST), ERR_OK);
}
END_TEST

START_TEST(the_word_of_another_polynomial_is_refused)
{
    ck_assert_int_eq(verdict(OTHER_WORD), ERR_PROOF);
}
END_TEST

START_TEST(a_word_of_twice_the_degree_is_refused)
{
    ck_assert_int_eq(verdict(DOUBLE_DEGREE), ERR_PROOF);
}
END_TEST

START_TEST(leaves_at_other_positions_than_their_points_are_refused)
{
    ck_assert_int_eq(verdict(MOVED_LEAVES), ERR_PROOF);
}
END_TEST

START_TEST(a_next_polynomial_that_is_not_the_fold_is_refused)
{
    ck_assert_int_eq(verdict(WRONG_FOLD), ERR_PROOF);
}
END_TEST

START_TEST(a_final_polynomial_that_is_not_the_fold_is_refused)
{
    ck_assert_int_eq(verdict(WRONG_FINAL), ERR_PROOF);
}
END_TEST

START_TEST(answers_for_another_point_are_refused)
{
    ck_assert_int_eq(verdict(WRONG_OOD), ERR_PROOF);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("cheats");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_same_steps_without_a_lie_are_accepted);
    tcase_add_test(tc, the_word_of_another_polynomial_is_refused);
    tcase_add_test(tc, a_word_of_twice_the_degree_is_refused);
    tcase_add_test(tc, leaves_at_other_positions_than_their_points_are_refused);
    tcase_add_test(tc, a_next_polynomial_that_is_not_the_fold_is_refused);
    tcase_add_test(tc, a_final_polynomial_that_is_not_the_fold_is_refused);
    tcase_add_test(tc, answers_for_another_point_are_refused);
    Suite *s = suite_create("whir_cheats");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
