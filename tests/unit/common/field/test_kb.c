/* KoalaBear scalars against GMP and against numbers recomputed by hand (prover-note A1). */
#include <check.h>
#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/field/kb.h"

#define ROUNDS 50000

static const uint32_t edges[] = {0, 1, 2, 3, KB_P / 2, KB_P / 2 + 1, KB_P - 3, KB_P - 2, KB_P - 1};
#define N_EDGES (sizeof(edges) / sizeof(edges[0]))

static uint64_t rng_state;

static uint32_t rng_next(void)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng_state >> 33) % KB_P;
}

static void rng_seed(void)
{
    rng_state = 0x5eed0001;
    printf("test_kb: seed %llx\n", (unsigned long long)rng_state);
}

static void compare_pair(uint32_t a, uint32_t b, mpz_t x, mpz_t y)
{
    kb ma = kb_from_u32(a), mb = kb_from_u32(b);
    ck_assert_uint_lt(ma, KB_P);
    ck_assert_uint_eq(kb_to_u32(ma), a);
    mpz_set_ui(x, a);
    mpz_set_ui(y, b);
    mpz_add(x, x, y);
    ck_assert_uint_eq(kb_to_u32(kb_add(ma, mb)), mpz_fdiv_ui(x, KB_P));
    mpz_set_ui(x, a);
    mpz_sub(x, x, y);
    ck_assert_uint_eq(kb_to_u32(kb_sub(ma, mb)), mpz_fdiv_ui(x, KB_P));
    mpz_set_ui(x, a);
    mpz_mul(x, x, y);
    ck_assert_uint_eq(kb_to_u32(kb_mul(ma, mb)), mpz_fdiv_ui(x, KB_P));
    ck_assert_uint_eq(kb_double(kb_half(ma)), ma);
    ck_assert_uint_eq(kb_add(ma, kb_neg(ma)), 0);
}

START_TEST(every_pair_of_edge_values_agrees_with_gmp)
{
    mpz_t x, y;
    mpz_inits(x, y, NULL);
    for (size_t i = 0; i < N_EDGES; i++)
        for (size_t j = 0; j < N_EDGES; j++)
            compare_pair(edges[i], edges[j], x, y);
    mpz_clears(x, y, NULL);
}
END_TEST

START_TEST(random_pairs_agree_with_gmp)
{
    mpz_t x, y;
    mpz_inits(x, y, NULL);
    rng_seed();
    for (int i = 0; i < ROUNDS; i++)
        compare_pair(rng_next(), rng_next(), x, y);
    mpz_clears(x, y, NULL);
}
END_TEST

START_TEST(powers_and_inverses_agree_with_gmp)
{
    mpz_t x, e, m;
    mpz_inits(x, e, m, NULL);
    mpz_set_ui(m, KB_P);
    rng_seed();
    for (int i = 0; i < 2000; i++) {
        uint32_t a = i < (int)N_EDGES ? edges[i] : rng_next();
        uint32_t k = rng_next();
        mpz_set_ui(x, a);
        mpz_powm_ui(e, x, k, m);
        ck_assert_uint_eq(kb_to_u32(kb_pow(kb_from_u32(a), k)), mpz_get_ui(e));
        if (a == 0) {
            ck_assert_uint_eq(kb_inv(0), 0);
            continue;
        }
        mpz_invert(e, x, m);
        ck_assert_uint_eq(kb_to_u32(kb_inv(kb_from_u32(a))), mpz_get_ui(e));
    }
    mpz_clears(x, e, m, NULL);
}
END_TEST

START_TEST(the_modulus_is_prime_and_has_two_adicity_24)
{
    mpz_t p;
    mpz_init_set_ui(p, KB_P);
    ck_assert_int_eq(mpz_probab_prime_p(p, 40), 2);
    ck_assert_uint_eq(KB_P, (1u << 31) - (1u << 24) + 1);
    ck_assert_uint_eq(KB_P - 1, 127u << KB_TWO_ADICITY);
    ck_assert_uint_eq((uint32_t)(KB_P * KB_P_INV), 1);
    mpz_ui_pow_ui(p, 2, 64);
    ck_assert_uint_eq(mpz_fdiv_ui(p, KB_P), KB_R2);
    mpz_clear(p);
}
END_TEST

START_TEST(roots_of_unity_are_the_published_ones)
{
    ck_assert_uint_eq(kb_to_u32(kb_root(24)), 0x6ac49f88);
    ck_assert_uint_eq(kb_to_u32(kb_root(1)), 0x7f000000);
    ck_assert_uint_eq(kb_to_u32(kb_root(2)), 0x7e010002);
    ck_assert_uint_eq(kb_to_u32(kb_root(3)), 0x6832fe4a);
    ck_assert_uint_eq(kb_to_u32(kb_root(4)), 0x08dbd69c);
    ck_assert_uint_eq(kb_to_u32(kb_root(0)), 1);
    ck_assert_uint_eq(kb_to_u32(kb_pow(kb_root(24), 1u << 23)), KB_P - 1);
    for (uint32_t i = 1; i <= 24; i++)
        ck_assert_uint_eq(kb_sqr(kb_root(i)), kb_root(i - 1));
    /* 3 is a generator: p - 1 = 2^24 * 127. */
    ck_assert_uint_ne(kb_to_u32(kb_pow(kb_from_u32(3), (KB_P - 1) / 2)), 1);
    ck_assert_uint_ne(kb_to_u32(kb_pow(kb_from_u32(3), (KB_P - 1) / 127)), 1);
}
END_TEST

START_TEST(wide_numbers_are_reduced)
{
    mpz_t x;
    mpz_init(x);
    rng_seed();
    for (int i = 0; i < 10000; i++) {
        uint64_t v = (uint64_t)rng_next() << 33 ^ (uint64_t)rng_next() << 3 ^ rng_next();
        mpz_set_ui(x, v);
        ck_assert_uint_eq(kb_to_u32(kb_from_u64(v)), mpz_fdiv_ui(x, KB_P));
        ck_assert_uint_eq(kb_to_u32(kb_from_u32((uint32_t)v)), (uint32_t)v % KB_P);
        mpz_set_si(x, (int64_t)v);
        ck_assert_uint_eq(kb_to_u32(kb_from_i64((int64_t)v)), mpz_fdiv_ui(x, KB_P));
    }
    ck_assert_uint_eq(kb_to_u32(kb_from_i64(INT64_MIN)),
                      (KB_P - (uint32_t)(((uint64_t)1 << 63) % KB_P)) % KB_P);
    mpz_clear(x);
}
END_TEST

START_TEST(the_codec_is_big_endian_and_refuses_the_modulus)
{
    uint8_t b[4];
    kb v = 0;
    kb_to_bytes(b, kb_from_u32(0x01020304));
    ck_assert_mem_eq(b, ((uint8_t[]){1, 2, 3, 4}), 4);
    ck_assert(kb_from_bytes(&v, b));
    ck_assert_uint_eq(kb_to_u32(v), 0x01020304);
    ck_assert(kb_from_bytes(&v, ((uint8_t[]){0x7f, 0, 0, 0})));
    ck_assert(!kb_from_bytes(&v, ((uint8_t[]){0x7f, 0, 0, 1})));
    ck_assert(!kb_from_bytes(&v, ((uint8_t[]){0xff, 0xff, 0xff, 0xff})));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("kb");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, every_pair_of_edge_values_agrees_with_gmp);
    tcase_add_test(tc, random_pairs_agree_with_gmp);
    tcase_add_test(tc, powers_and_inverses_agree_with_gmp);
    tcase_add_test(tc, the_modulus_is_prime_and_has_two_adicity_24);
    tcase_add_test(tc, roots_of_unity_are_the_published_ones);
    tcase_add_test(tc, wide_numbers_are_reduced);
    tcase_add_test(tc, the_codec_is_big_endian_and_refuses_the_modulus);
    Suite *s = suite_create("kb");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
