/* The quintic extension against plain polynomial arithmetic on canonical numbers. */
#include <check.h>
#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/kb5.h"

/* ---- reference: schoolbook products of GMP integers, reduced by X^5 + X^2 - 1 ---- */
struct poly {
    mpz_t c[5];
};

static void poly_init(struct poly *a)
{
    for (int i = 0; i < 5; i++)
        mpz_init(a->c[i]);
}

static void poly_clear(struct poly *a)
{
    for (int i = 0; i < 5; i++)
        mpz_clear(a->c[i]);
}

static void poly_set(struct poly *a, kb5 v)
{
    for (int i = 0; i < 5; i++)
        mpz_set_ui(a->c[i], kb_to_u32(v.c[i]));
}

static kb5 poly_get(const struct poly *a)
{
    kb5 r;
    for (int i = 0; i < 5; i++)
        r.c[i] = kb_from_u32((uint32_t)mpz_get_ui(a->c[i]));
    return r;
}

static void poly_mul(struct poly *r, const struct poly *a, const struct poly *b)
{
    mpz_t h[9];
    for (int i = 0; i < 9; i++)
        mpz_init(h[i]);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++)
            mpz_addmul(h[i + j], a->c[i], b->c[j]);
    for (int k = 8; k >= 5; k--) { /* X^k = X^(k-5) - X^(k-3) */
        mpz_add(h[k - 5], h[k - 5], h[k]);
        mpz_sub(h[k - 3], h[k - 3], h[k]);
    }
    for (int i = 0; i < 5; i++)
        mpz_fdiv_r_ui(r->c[i], h[i], KB_P);
    for (int i = 0; i < 9; i++)
        mpz_clear(h[i]);
}

static void poly_pow(struct poly *r, const struct poly *a, const mpz_t e)
{
    struct poly acc;
    poly_init(&acc);
    mpz_set_ui(acc.c[0], 1);
    for (size_t bit = mpz_sizeinbase(e, 2); bit-- > 0;) {
        poly_mul(&acc, &acc, &acc);
        if (mpz_tstbit(e, bit)) poly_mul(&acc, &acc, a);
    }
    for (int i = 0; i < 5; i++)
        mpz_set(r->c[i], acc.c[i]);
    poly_clear(&acc);
}

static uint64_t rng_state;

static uint32_t rng_word(void)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng_state >> 32);
}

/* Mostly uniform coefficients, now and then an edge value. */
static kb5 rng_kb5(void)
{
    static const uint32_t edges[] = {0, 1, KB_P - 1, KB_P - 2};
    kb5 r;
    for (int i = 0; i < 5; i++) {
        uint32_t w = rng_word();
        r.c[i] = w % 5 == 0 ? kb_from_u32(edges[w / 5 % 4]) : kb_from_u32(rng_word());
    }
    return r;
}

static void rng_seed(void)
{
    rng_state = 0x5eed0005;
    printf("test_kb5: seed %llx\n", (unsigned long long)rng_state);
}

START_TEST(products_agree_with_gmp_polynomials)
{
    struct poly a, b, c;
    poly_init(&a), poly_init(&b), poly_init(&c);
    rng_seed();
    for (int i = 0; i < 20000; i++) {
        kb5 x = rng_kb5(), y = rng_kb5();
        poly_set(&a, x), poly_set(&b, y);
        poly_mul(&c, &a, &b);
        kb5 z = kb5_mul(x, y);
        for (int j = 0; j < 5; j++)
            ck_assert_uint_lt(z.c[j], KB_P);
        ck_assert(kb5_eq(z, poly_get(&c)));
        ck_assert(kb5_eq(kb5_mul_base(x, y.c[0]), kb5_mul(x, kb5_from_kb(y.c[0]))));
        ck_assert(kb5_eq(kb5_lerp(x, y, kb5_zero()), x));
        ck_assert(kb5_eq(kb5_lerp(x, y, kb5_one()), y));
    }
    poly_clear(&a), poly_clear(&b), poly_clear(&c);
}
END_TEST

START_TEST(all_coefficients_at_the_top_multiply_without_overflow)
{
    struct poly a, c;
    poly_init(&a), poly_init(&c);
    /* Montgomery words 0 and p - 1 in every combination, on both sides. */
    for (uint32_t m = 0; m < 32; m++)
        for (uint32_t n = 0; n < 32; n++) {
            kb5 x, y;
            struct poly b;
            poly_init(&b);
            for (uint32_t j = 0; j < 5; j++) {
                x.c[j] = m >> j & 1 ? KB_P - 1 : 0;
                y.c[j] = n >> j & 1 ? KB_P - 1 : 0;
            }
            poly_set(&a, x), poly_set(&b, y);
            poly_mul(&c, &a, &b);
            ck_assert(kb5_eq(kb5_mul(x, y), poly_get(&c)));
            poly_clear(&b);
        }
    poly_clear(&a), poly_clear(&c);
}
END_TEST

START_TEST(the_modulus_polynomial_is_irreducible)
{
    /* Degree 5 is prime: X^(p^5) = X and no root of X^p - X shared, i.e. X^p - X invertible. */
    struct poly x, y;
    mpz_t e;
    poly_init(&x), poly_init(&y);
    mpz_init(e);
    mpz_set_ui(x.c[1], 1);
    mpz_ui_pow_ui(e, KB_P, 5);
    poly_pow(&y, &x, e);
    kb5 gx = poly_get(&x);
    ck_assert(kb5_eq(poly_get(&y), gx));
    mpz_set_ui(e, KB_P);
    poly_pow(&y, &x, e);
    /* gcd(X^p - X, f) = 1 iff (X^p - X)^(p^5 - 1) = 1 in the quotient ring. */
    mpz_sub_ui(y.c[1], y.c[1], 1);
    mpz_fdiv_r_ui(y.c[1], y.c[1], KB_P);
    mpz_ui_pow_ui(e, KB_P, 5);
    mpz_sub_ui(e, e, 1);
    poly_pow(&y, &y, e);
    ck_assert(kb5_eq(poly_get(&y), kb5_one()));
    poly_clear(&x), poly_clear(&y);
    mpz_clear(e);
}
END_TEST

START_TEST(frobenius_is_the_p_th_power)
{
    struct poly a, b;
    mpz_t e;
    poly_init(&a), poly_init(&b);
    mpz_init_set_ui(e, KB_P);
    rng_seed();
    for (int i = 0; i < 50; i++) {
        kb5 x = i < 5 ? kb5_zero() : rng_kb5();
        if (i < 5) x.c[i] = kb_one; /* the monomials: the table itself */
        poly_set(&a, x);
        poly_pow(&b, &a, e);
        ck_assert(kb5_eq(kb5_frobenius(x), poly_get(&b)));
    }
    poly_clear(&a), poly_clear(&b);
    mpz_clear(e);
}
END_TEST

START_TEST(an_element_times_its_inverse_is_one)
{
    rng_seed();
    for (int i = 0; i < 5000; i++) {
        kb5 x = rng_kb5();
        if (kb5_is_zero(x)) continue;
        ck_assert(kb5_eq(kb5_mul(x, kb5_inv(x)), kb5_one()));
    }
    ck_assert(kb5_is_zero(kb5_inv(kb5_zero())));
}
END_TEST

START_TEST(powers_add_in_the_exponent)
{
    rng_seed();
    for (int i = 0; i < 200; i++) {
        kb5 x = rng_kb5();
        uint64_t m = rng_word(), n = rng_word();
        ck_assert(kb5_eq(kb5_mul(kb5_pow(x, m), kb5_pow(x, n)), kb5_pow(x, m + n)));
    }
    ck_assert(kb5_eq(kb5_pow(kb5_zero(), 0), kb5_one()));
}
END_TEST

START_TEST(the_codec_is_a_big_endian_160_bit_integer)
{
    uint8_t b[20], want[20] = {0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1};
    kb5 x, y;
    for (uint32_t i = 0; i < 5; i++)
        x.c[i] = kb_from_u32(i + 1);
    kb5_to_bytes(b, x);
    ck_assert_mem_eq(b, want, 20);
    ck_assert(kb5_from_bytes(&y, b));
    ck_assert(kb5_eq(x, y));
    for (int i = 0; i < 5; i++) {
        memcpy(b, want, 20);
        memcpy(b + 4 * i, "\x7f\x00\x00\x00", 4);
        ck_assert(kb5_from_bytes(&y, b));
        b[4 * i + 3] = 1; /* p itself */
        ck_assert(!kb5_from_bytes(&y, b));
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("kb5");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, products_agree_with_gmp_polynomials);
    tcase_add_test(tc, all_coefficients_at_the_top_multiply_without_overflow);
    tcase_add_test(tc, the_modulus_polynomial_is_irreducible);
    tcase_add_test(tc, frobenius_is_the_p_th_power);
    tcase_add_test(tc, an_element_times_its_inverse_is_one);
    tcase_add_test(tc, powers_add_in_the_exponent);
    tcase_add_test(tc, the_codec_is_a_big_endian_160_bit_integer);
    Suite *s = suite_create("kb5");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
