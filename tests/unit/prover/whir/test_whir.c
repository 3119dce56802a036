/* The commitment end to end at small parameters: what is true is accepted whatever kernels and
 * threads proved it, and everything else is refused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/verify/labels.h"
#include "whir_fixture.h"

static struct fixture fix;

static struct whir_params test_params(uint32_t n_vars)
{
    struct whir_params p;
    ck_assert_int_eq(whir_params_test(n_vars, &p), ERR_OK);
    return p;
}

static void small_fixture(void)
{
    struct whir_params p = test_params(10);
    fixture_init(&fix, &p, 6, 0x5eed0100);
    printf("test_whir: seed %llx\n", (unsigned long long)fix.seed);
    fixture_prove(&fix, KBV_PORTABLE, 1, NULL);
}

static void free_fixture(void)
{
    fixture_free(&fix);
}

static enum err verify_now(void)
{
    return fixture_verify(&fix, fix.proof, fix.proof_len, NULL);
}

START_TEST(true_claims_of_every_prefix_length_are_accepted)
{
    ck_assert_int_eq(verify_now(), ERR_OK);
}
END_TEST

START_TEST(every_size_of_the_test_set_proves_and_verifies)
{
    for (uint32_t n = 10; n <= 16; n++) {
        struct fixture f;
        struct whir_params p = test_params(n);
        fixture_init(&f, &p, n % 2 == 0 ? FIX_MAX_CLAIMS : 0, n);
        fixture_prove(&f, KBV_PORTABLE, 1, NULL);
        ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, NULL), ERR_OK);
        if (n <= 13) ck_assert_uint_le(f.proof_len, 6000);
        fixture_free(&f);
    }
}
END_TEST

START_TEST(proof_bytes_depend_on_neither_kernels_nor_threads)
{
    struct whir_params p = test_params(14);
    struct fixture f;
    p.rounds[0].query_grind = 13;
    p.rounds[1].fold_grind = 5;
    fixture_init(&f, &p, 5, 0x5eed0200);
    fixture_prove(&f, KBV_PORTABLE, 1, NULL);
    ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, NULL), ERR_OK);
    uint8_t *want = malloc(f.proof_len);
    size_t len = f.proof_len;
    memcpy(want, f.proof, len);
    for (int isa = 0; isa < KBV_N_ISA; isa++)
        for (size_t threads = 1; threads <= 3; threads++) {
            if (kbv_ops_for((enum kbv_isa)isa) == NULL) continue;
            fixture_prove(&f, (enum kbv_isa)isa, threads, NULL);
            ck_assert_uint_eq(f.proof_len, len);
            ck_assert_mem_eq(f.proof, want, len);
        }
    free(want);
    fixture_free(&f);
}
END_TEST

START_TEST(every_flipped_bit_of_every_byte_is_refused)
{
    for (size_t i = 0; i < fix.proof_len; i++)
        for (int bit = 0; bit < 8; bit += 7) {
            fix.proof[i] ^= (uint8_t)(1 << bit);
            ck_assert_msg(verify_now() == ERR_PROOF, "byte %zu bit %d", i, bit);
            fix.proof[i] ^= (uint8_t)(1 << bit);
        }
    ck_assert_int_eq(verify_now(), ERR_OK);
}
END_TEST

START_TEST(adding_the_modulus_to_an_element_is_refused)
{
    /* The OOD answer, right after the cap: the same value, not canonical. */
    size_t at = (size_t)32 << fix.params.rounds[0].cap_log;
    for (size_t i = 0; i < KB5_DEGREE; i++, at += 4) {
        uint8_t old[4];
        memcpy(old, fix.proof + at, 4);
        uint32_t x = (uint32_t)old[0] << 24 | (uint32_t)old[1] << 16 | (uint32_t)old[2] << 8 |
                     old[3];
        x += KB_P;
        for (int b = 0; b < 4; b++)
            fix.proof[at + (size_t)b] = (uint8_t)(x >> (24 - 8 * b));
        ck_assert_int_eq(verify_now(), ERR_PROOF);
        memcpy(fix.proof + at, old, 4);
    }
}
END_TEST

START_TEST(a_proof_of_another_length_is_refused)
{
    uint8_t *longer = malloc(fix.proof_len + 1);
    memcpy(longer, fix.proof, fix.proof_len);
    longer[fix.proof_len] = 0;
    ck_assert_int_eq(fixture_verify(&fix, longer, fix.proof_len + 1, NULL), ERR_PROOF);
    for (size_t len = 0; len < fix.proof_len; len += 1 + len / 16)
        ck_assert_int_eq(fixture_verify(&fix, longer, len, NULL), ERR_PROOF);
    free(longer);
}
END_TEST

START_TEST(a_wrong_value_is_refused)
{
    for (size_t i = 0; i < fix.n_claims; i++)
        for (int j = 0; j < KB5_DEGREE; j++) {
            kb *c = &fix.claims[i].value.c[j], old = *c;
            *c = kb_add(*c, kb_one);
            ck_assert_int_eq(verify_now(), ERR_PROOF);
            /* Nor does a proof made for the wrong value help. */
            fixture_prove(&fix, KBV_PORTABLE, 1, NULL);
            ck_assert_int_eq(verify_now(), ERR_PROOF);
            *c = old;
        }
}
END_TEST

START_TEST(a_wrong_point_or_prefix_is_refused)
{
    for (size_t i = 0; i < fix.n_claims; i++) {
        struct whir_claim *c = &fix.claims[i];
        for (uint32_t j = 0; j < fix.params.n_vars - c->prefix_len; j++) {
            kb5 old = fix.points[i][j];
            fix.points[i][j] = kb5_add(old, kb5_one());
            ck_assert_int_eq(verify_now(), ERR_PROOF);
            fix.points[i][j] = old;
        }
        for (uint32_t j = 0; j < c->prefix_len; j++) {
            c->prefix ^= (uint32_t)1 << j;
            ck_assert_int_eq(verify_now(), ERR_PROOF);
            c->prefix ^= (uint32_t)1 << j;
        }
    }
}
END_TEST

START_TEST(claims_in_another_order_or_number_are_refused)
{
    struct whir_claim first = fix.claims[0];
    fix.claims[0] = fix.claims[2];
    fix.claims[2] = first;
    ck_assert_int_eq(verify_now(), ERR_PROOF);
    fix.claims[2] = fix.claims[0];
    fix.claims[0] = first;
    ck_assert_int_eq(verify_now(), ERR_OK);
    fix.n_claims--;
    ck_assert_int_eq(verify_now(), ERR_PROOF);
}
END_TEST

START_TEST(another_program_id_is_refused)
{
    fix.program_id[7] ^= 1;
    ck_assert_int_eq(verify_now(), ERR_PROOF);
}
END_TEST

START_TEST(a_single_round_and_repeated_queries_are_accepted)
{
    /* 2^3 leaves and 40 queries: indices repeat; caps at the leaves make the paths empty. */
    struct whir_params p = {.n_vars = 7, .n_rounds = 1, .regime = WHIR_JOHNSON,
                            .rounds = {{.fold = 5, .log_inv_rate = 1, .cap_log = 3, .ood = 2,
                                        .queries = 40, .query_grind = 3, .fold_grind = 2}}};
    struct fixture f;
    fixture_init(&f, &p, 4, 0x5eed0300);
    fixture_prove(&f, KBV_PORTABLE, 1, NULL);
    ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, NULL), ERR_OK);
    for (size_t i = 0; i < f.proof_len; i += 7) {
        f.proof[i] ^= 0x10;
        ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, NULL), ERR_PROOF);
        f.proof[i] ^= 0x10;
    }
    fixture_free(&f);
}
END_TEST

START_TEST(a_wrong_nonce_is_refused)
{
    struct whir_params p = test_params(10);
    struct fixture f;
    p.rounds[0].fold_grind = 6; /* the first nonce follows the first round's two coefficients */
    fixture_init(&f, &p, 2, 0x5eed0400);
    fixture_prove(&f, KBV_PORTABLE, 1, NULL);
    ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, NULL), ERR_OK);
    uint8_t *nonce = f.proof + whir_commit_size(&p) + 2 * KB5_BYTES;
    /* The nonce is the lowest that holds; any other value has another transcript or no work. */
    for (int i = 0; i < 8; i++) {
        nonce[i] ^= 1;
        ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, NULL), ERR_PROOF);
        nonce[i] ^= 1;
    }
    fixture_free(&f);
}
END_TEST

START_TEST(the_unique_decoding_shape_works_without_ood_samples)
{
    struct whir_params p = test_params(12);
    struct fixture f;
    p.regime = WHIR_UNIQUE;
    for (uint32_t i = 0; i < p.n_rounds; i++) {
        p.rounds[i].ood = 0;
        p.rounds[i].queries = 9;
    }
    fixture_init(&f, &p, 3, 0x5eed0500);
    fixture_prove(&f, KBV_PORTABLE, 1, NULL);
    ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, NULL), ERR_OK);
    f.claims[0].value = kb5_add(f.claims[0].value, kb5_one());
    ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, NULL), ERR_PROOF);
    fixture_free(&f);
}
END_TEST

START_TEST(two_ood_samples_per_round_work)
{
    struct whir_params p = test_params(11);
    struct fixture f;
    for (uint32_t i = 0; i < p.n_rounds; i++)
        p.rounds[i].ood = 2;
    fixture_init(&f, &p, 3, 0x5eed0600);
    fixture_prove(&f, KBV_PORTABLE, 1, NULL);
    ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, NULL), ERR_OK);
    fixture_free(&f);
}
END_TEST

/* ---- transcript shape ---- */

struct seen {
    size_t absorbs[16]; /* by label */
    size_t samples, indices, grinds;
    uint8_t last[32];
};

static void see(void *ctx, enum transcript_event event, uint32_t label, const uint8_t *data,
                size_t len, const uint8_t state[32])
{
    struct seen *s = ctx;
    (void)data, (void)len;
    if (event == TRANSCRIPT_ABSORB) s->absorbs[label]++;
    if (event == TRANSCRIPT_EXT) s->samples++;
    if (event == TRANSCRIPT_INDICES) s->indices++;
    if (event == TRANSCRIPT_GRIND) s->grinds++;
    memcpy(s->last, state, 32);
}

START_TEST(prover_and_verifier_walk_the_same_transcript)
{
    struct seen proved = {0}, verified = {0};
    const struct transcript_observer a = {see, &proved}, b = {see, &verified};
    fixture_prove(&fix, KBV_PORTABLE, 1, &a);
    ck_assert_int_eq(fixture_verify(&fix, fix.proof, fix.proof_len, &b), ERR_OK);
    ck_assert_mem_eq(&proved, &verified, sizeof proved);
    ck_assert_uint_eq(proved.absorbs[LABEL_ROOT], fix.params.n_rounds);
    ck_assert_uint_eq(proved.absorbs[LABEL_OOD], fix.params.n_rounds);
    ck_assert_uint_eq(proved.absorbs[LABEL_WHIR_ROUND], fix.params.n_vars);
    ck_assert_uint_eq(proved.absorbs[LABEL_FINAL_POLY], 1);
    ck_assert_uint_eq(proved.indices, 3 + 2 + 2);
    ck_assert_uint_eq(proved.grinds, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("whir");
    TCase *small = tcase_create("small");
    tcase_add_checked_fixture(small, small_fixture, free_fixture);
    tcase_set_timeout(small, 120);
    tcase_add_test(small, true_claims_of_every_prefix_length_are_accepted);
    tcase_add_test(small, every_flipped_bit_of_every_byte_is_refused);
    tcase_add_test(small, adding_the_modulus_to_an_element_is_refused);
    tcase_add_test(small, a_proof_of_another_length_is_refused);
    tcase_add_test(small, a_wrong_value_is_refused);
    tcase_add_test(small, a_wrong_point_or_prefix_is_refused);
    tcase_add_test(small, claims_in_another_order_or_number_are_refused);
    tcase_add_test(small, another_program_id_is_refused);
    tcase_add_test(small, prover_and_verifier_walk_the_same_transcript);
    suite_add_tcase(s, small);
    TCase *other = tcase_create("other");
    tcase_set_timeout(other, 120);
    tcase_add_test(other, every_size_of_the_test_set_proves_and_verifies);
    tcase_add_test(other, proof_bytes_depend_on_neither_kernels_nor_threads);
    tcase_add_test(other, a_single_round_and_repeated_queries_are_accepted);
    tcase_add_test(other, a_wrong_nonce_is_refused);
    tcase_add_test(other, the_unique_decoding_shape_works_without_ood_samples);
    tcase_add_test(other, two_ood_samples_per_round_work);
    suite_add_tcase(s, other);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
