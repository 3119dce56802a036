/* common/base/u256 against GMP. */
#include <gmp.h>
#include <string.h>

#include "common/base/u256.h"
#include "tests/support/check_main.h"

#define ROUNDS 20000

static void to_gmp(mpz_t out, const struct u256 *a)
{
    mpz_import(out, 4, -1, sizeof a->limb[0], 0, 0, a->limb);
}

static bool equals_gmp(const struct u256 *a, const mpz_t b)
{
    mpz_t v;
    mpz_init(v);
    to_gmp(v, a);
    bool same = mpz_cmp(v, b) == 0;
    mpz_clear(v);
    return same;
}

/* Numbers of every length, often with all-ones or all-zero limbs: where carries go wrong. */
static struct u256 draw(struct rng *rng)
{
    struct u256 v;
    for (int i = 0; i < 4; i++) {
        switch (rng_below(rng, 5)) {
        case 0:
            v.limb[i] = 0;
            break;
        case 1:
            v.limb[i] = UINT64_MAX;
            break;
        case 2:
            v.limb[i] = rng_below(rng, 4) << (rng_below(rng, 2) * 62);
            break;
        default:
            v.limb[i] = rng_u64(rng);
        }
    }
    u256_shr(&v, &v, (unsigned)rng_below(rng, 256));
    return v;
}

static mpz_t limit, ga, gb, gc, gr, gq;

static void setup(void)
{
    mpz_inits(limit, ga, gb, gc, gr, gq, NULL);
    mpz_setbit(limit, 256);
}

static void teardown(void)
{
    mpz_clears(limit, ga, gb, gc, gr, gq, NULL);
}

START_TEST(sums_differences_and_products_equal_gmp_or_are_refused)
{
    struct rng rng;
    check_seed(&rng);
    for (int i = 0; i < ROUNDS; i++) {
        struct u256 a = draw(&rng);
        struct u256 b = draw(&rng);
        struct u256 r = u256_from_u64(99);
        to_gmp(ga, &a);
        to_gmp(gb, &b);
        ck_assert_int_eq(u256_cmp(&a, &b), mpz_cmp(ga, gb) > 0 ? 1 : mpz_cmp(ga, gb) < 0 ? -1 : 0);
        mpz_add(gr, ga, gb);
        if (mpz_cmp(gr, limit) >= 0) {
            ck_assert_err(u256_add(&r, &a, &b), ERR_OVERFLOW);
            ck_assert_uint_eq(r.limb[0], 99);
        } else {
            ck_assert_ok(u256_add(&r, &a, &b));
            ck_assert(equals_gmp(&r, gr));
        }
        r = u256_from_u64(99);
        mpz_sub(gr, ga, gb);
        if (mpz_sgn(gr) < 0) {
            ck_assert_err(u256_sub(&r, &a, &b), ERR_OVERFLOW);
            ck_assert_uint_eq(r.limb[0], 99);
        } else {
            ck_assert_ok(u256_sub(&r, &a, &b));
            ck_assert(equals_gmp(&r, gr));
        }
        r = u256_from_u64(99);
        mpz_mul(gr, ga, gb);
        if (mpz_cmp(gr, limit) >= 0) {
            ck_assert_err(u256_mul(&r, &a, &b), ERR_OVERFLOW);
            ck_assert_uint_eq(r.limb[0], 99);
        } else {
            ck_assert_ok(u256_mul(&r, &a, &b));
            ck_assert(equals_gmp(&r, gr));
        }
    }
}
END_TEST

START_TEST(quotients_and_remainders_equal_gmp)
{
    struct rng rng;
    check_seed(&rng);
    for (int i = 0; i < ROUNDS; i++) {
        struct u256 a = draw(&rng);
        struct u256 b = draw(&rng);
        struct u256 q;
        struct u256 r;
        if (u256_is_zero(&b)) {
            ck_assert_err(u256_divmod(&q, &r, &a, &b), ERR_DIV_ZERO);
            continue;
        }
        to_gmp(ga, &a);
        to_gmp(gb, &b);
        mpz_tdiv_qr(gq, gr, ga, gb);
        ck_assert_ok(u256_divmod(&q, &r, &a, &b));
        ck_assert(equals_gmp(&q, gq));
        ck_assert(equals_gmp(&r, gr));
    }
}
END_TEST

START_TEST(mul_div_rounds_as_its_name_says_over_the_full_product)
{
    struct rng rng;
    check_seed(&rng);
    for (int i = 0; i < ROUNDS; i++) {
        struct u256 a = draw(&rng);
        struct u256 b = draw(&rng);
        struct u256 c = draw(&rng);
        struct u256 r;
        if (u256_is_zero(&c)) {
            ck_assert_err(u256_mul_div_floor(&r, &a, &b, &c), ERR_DIV_ZERO);
            ck_assert_err(u256_mul_div_ceil(&r, &a, &b, &c), ERR_DIV_ZERO);
            continue;
        }
        to_gmp(ga, &a);
        to_gmp(gb, &b);
        to_gmp(gc, &c);
        mpz_mul(gr, ga, gb);
        mpz_fdiv_q(gq, gr, gc);
        if (mpz_cmp(gq, limit) >= 0) {
            ck_assert_err(u256_mul_div_floor(&r, &a, &b, &c), ERR_OVERFLOW);
        } else {
            ck_assert_ok(u256_mul_div_floor(&r, &a, &b, &c));
            ck_assert(equals_gmp(&r, gq));
        }
        mpz_cdiv_q(gq, gr, gc);
        if (mpz_cmp(gq, limit) >= 0) {
            ck_assert_err(u256_mul_div_ceil(&r, &a, &b, &c), ERR_OVERFLOW);
        } else {
            ck_assert_ok(u256_mul_div_ceil(&r, &a, &b, &c));
            ck_assert(equals_gmp(&r, gq));
        }
    }
}
END_TEST

START_TEST(shifts_and_bit_length_equal_gmp)
{
    struct rng rng;
    check_seed(&rng);
    for (unsigned n = 0; n < 256; n++) {
        struct u256 a = draw(&rng);
        struct u256 r;
        to_gmp(ga, &a);
        mpz_mul_2exp(gr, ga, n);
        mpz_fdiv_r_2exp(gr, gr, 256);
        u256_shl(&r, &a, n);
        ck_assert(equals_gmp(&r, gr));
        mpz_fdiv_q_2exp(gr, ga, n);
        u256_shr(&r, &a, n);
        ck_assert(equals_gmp(&r, gr));
        ck_assert_uint_eq(u256_bit_length(&a), mpz_sgn(ga) == 0 ? 0 : mpz_sizeinbase(ga, 2));
    }
}
END_TEST

START_TEST(decimal_and_hex_text_equal_gmp_and_come_back)
{
    struct rng rng;
    check_seed(&rng);
    for (int i = 0; i < 2000; i++) {
        struct u256 a = draw(&rng);
        struct u256 back;
        char text[U256_DECIMAL_MAX + 1];
        char expected[128];
        to_gmp(ga, &a);
        ck_assert_uint_eq(u256_to_decimal(text, &a), strlen(text));
        ck_assert_str_eq(text, mpz_get_str(expected, 10, ga));
        ck_assert_ok(u256_from_decimal(&back, text, strlen(text)));
        ck_assert_int_eq(u256_cmp(&back, &a), 0);
        char quantity[67];
        expected[0] = '0';
        expected[1] = 'x';
        mpz_get_str(expected + 2, 16, ga);
        ck_assert_uint_eq(u256_to_quantity(quantity, &a), strlen(quantity));
        ck_assert_str_eq(quantity, expected);
        ck_assert_ok(u256_from_quantity(&back, quantity, strlen(quantity)));
        ck_assert_int_eq(u256_cmp(&back, &a), 0);
        uint8_t be[32];
        u256_to_be(be, &a);
        mpz_import(gb, 32, 1, 1, 0, 0, be);
        ck_assert_int_eq(mpz_cmp(ga, gb), 0);
        ck_assert_ok(u256_from_be(&back, be, 32));
        ck_assert_int_eq(u256_cmp(&back, &a), 0);
    }
}
END_TEST

START_TEST(text_that_is_no_number_in_range_is_refused)
{
    struct u256 v;
    static const char *const bad_decimal[] = {"", "00", "01", "-1", "+1", " 1", "1 ", "1e3", "0x1"};
    for (size_t i = 0; i < ARRAY_LEN(bad_decimal); i++) {
        ck_assert_err(u256_from_decimal(&v, bad_decimal[i], strlen(bad_decimal[i])), ERR_PARSE);
    }
    /* 2^256 - 1 and 2^256 */
    static const char max[] =
        "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    static const char over[] =
        "115792089237316195423570985008687907853269984665640564039457584007913129639936";
    ck_assert_ok(u256_from_decimal(&v, max, strlen(max)));
    ck_assert_uint_eq(u256_bit_length(&v), 256);
    ck_assert_err(u256_from_decimal(&v, over, strlen(over)), ERR_OVERFLOW);
    static const char *const bad_hex[] = {"", "0x", "1", "0X1", "0xg", "0x 1", "x1"};
    for (size_t i = 0; i < ARRAY_LEN(bad_hex); i++) {
        ck_assert_err(u256_from_quantity(&v, bad_hex[i], strlen(bad_hex[i])), ERR_PARSE);
    }
    char long_hex[70];
    memset(long_hex, 'f', sizeof long_hex);
    long_hex[0] = '0';
    long_hex[1] = 'x';
    ck_assert_ok(u256_from_quantity(&v, long_hex, 66));
    ck_assert_err(u256_from_quantity(&v, long_hex, 67), ERR_PARSE);
    uint8_t bytes[33] = {0};
    ck_assert_err(u256_from_be(&v, bytes, 33), ERR_RANGE);
    ck_assert_ok(u256_from_be(&v, bytes, 0));
    ck_assert(u256_is_zero(&v));
}
END_TEST

START_TEST(narrowing_refuses_what_does_not_fit)
{
    struct u256 v = {{UINT64_MAX, 0, 0, 0}};
    uint64_t u64;
    unsigned __int128 u128;
    ck_assert_ok(u256_to_u64(&u64, &v));
    ck_assert_uint_eq(u64, UINT64_MAX);
    v.limb[1] = 1;
    ck_assert_err(u256_to_u64(&u64, &v), ERR_RANGE);
    ck_assert_ok(u256_to_u128(&u128, &v));
    ck_assert(u128 == ((unsigned __int128)1 << 64 | UINT64_MAX));
    v.limb[2] = 1;
    ck_assert_err(u256_to_u128(&u128, &v), ERR_RANGE);
    v = u256_from_u128((unsigned __int128)7 << 100);
    ck_assert_uint_eq(u256_bit_length(&v), 103);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/base/u256");
    TCase *c = tcase_create("against GMP");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, sums_differences_and_products_equal_gmp_or_are_refused);
    tcase_add_test(c, quotients_and_remainders_equal_gmp);
    tcase_add_test(c, mul_div_rounds_as_its_name_says_over_the_full_product);
    tcase_add_test(c, shifts_and_bit_length_equal_gmp);
    tcase_add_test(c, decimal_and_hex_text_equal_gmp_and_come_back);
    tcase_add_test(c, text_that_is_no_number_in_range_is_refused);
    tcase_add_test(c, narrowing_refuses_what_does_not_fit);
    suite_add_tcase(s, c);
    return check_main(s);
}
