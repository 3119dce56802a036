/* Amounts, packing and the swap formula against plain integers. */
#include <check.h>
#include <stdlib.h>

#include "core/op/amount.h"
#include "core/op/packed.h"
#include "tests/support/check_main.h"

typedef unsigned __int128 u128;

START_TEST(sums_past_2_112_are_refused)
{
    struct amount r;
    ck_assert_err(amount_add(&r, AMOUNT_MAX, amount_from_u64(1)), ERR_OVERFLOW);
    ck_assert_ok(amount_add(&r, AMOUNT_MAX, AMOUNT_ZERO));
    ck_assert(amount_cmp(r, AMOUNT_MAX) == 0);
    ck_assert_err(amount_sub(&r, amount_from_u64(1), amount_from_u64(2)), ERR_OVERFLOW);
    ck_assert_err(amount_from_u128(&r, (u128)1 << 112), ERR_OVERFLOW);
    ck_assert_err(amount_mul_div_floor(&r, NULL, AMOUNT_MAX, AMOUNT_MAX, AMOUNT_ZERO), ERR_DIV_ZERO);
    ck_assert_ok(amount_mul_div_floor(&r, NULL, AMOUNT_MAX, AMOUNT_MAX, AMOUNT_MAX));
    ck_assert(amount_cmp(r, AMOUNT_MAX) == 0);
    ck_assert_err(amount_mul_div_ceil(&r, AMOUNT_MAX, amount_from_u64(2), amount_from_u64(1)),
                  ERR_OVERFLOW);
}
END_TEST

START_TEST(bytes_and_limbs_round_trip)
{
    const u128 values[] = {0, 1, 255, 256, 65535, 65536, (u128)1 << 111, ((u128)1 << 112) - 1};
    const uint32_t lengths[] = {1, 1, 1, 2, 2, 3, 14, 14};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct amount a, b;
        uint8_t bytes[AMOUNT_BYTES];
        uint32_t limbs[AMOUNT_LIMBS];
        ck_assert_ok(amount_from_u128(&a, values[i]));
        amount_to_be(bytes, a);
        amount_from_be(&b, bytes);
        ck_assert(amount_cmp(a, b) == 0);
        ck_assert_uint_eq(amount_to_le(bytes, a), lengths[i]);
        amount_from_le(&b, bytes, lengths[i]);
        ck_assert(amount_cmp(a, b) == 0);
        amount_to_limbs(limbs, a);
        ck_assert_ok(amount_from_limbs(&b, limbs));
        ck_assert(amount_cmp(a, b) == 0);
        limbs[3] = 65536;
        ck_assert_err(amount_from_limbs(&b, limbs), ERR_RANGE);
    }
}
END_TEST

START_TEST(F47_packed_values_above_2_112_are_refused_and_two_encodings_may_be_equal)
{
    struct amount a, b;
    /* 10^33 * 5 < 2^112 = 5.19 * 10^33; mantissa 35 bits: 5192296858 * 10^24 is the greatest. */
    ck_assert_ok(packed_amount_value(&a, (struct packed_amount){(uint64_t)5192296858 << 5 | 24}));
    ck_assert_err(packed_amount_value(&a, (struct packed_amount){(uint64_t)5192296859 << 5 | 24}),
                  ERR_OVERFLOW);
    ck_assert_err(packed_amount_value(&a, (struct packed_amount){((uint64_t)1 << 40) - 1}),
                  ERR_OVERFLOW);
    ck_assert_err(packed_amount_value(&a, (struct packed_amount){(uint64_t)1 << 40}), ERR_RANGE);
    ck_assert_ok(packed_amount_value(&a, (struct packed_amount){10 << 5 | 3}));
    ck_assert_ok(packed_amount_value(&b, (struct packed_amount){1 << 5 | 4}));
    ck_assert(amount_cmp(a, b) == 0);
    ck_assert_uint_eq(a.lo, 10000);
    ck_assert_ok(packed_amount_value(&a, (struct packed_amount){31})); /* 0 * 10^31 */
    ck_assert(amount_is_zero(a));
    ck_assert_ok(packed_fee_value(&a, (struct packed_fee){2047 << 5 | 2}));
    ck_assert_uint_eq(a.lo, 204700);
    ck_assert_err(packed_fee_value(&a, (struct packed_fee){0xffff}), ERR_OVERFLOW);
}
END_TEST

START_TEST(packing_down_never_exceeds_and_is_nearest)
{
    struct rng rng;
    check_seed(&rng);
    for (int i = 0; i < 20000; i++) {
        u128 v = ((u128)rng_u64(&rng) << 64 | rng_u64(&rng)) >> (16 + rng_below(&rng, 112));
        struct amount a, back;
        ck_assert_ok(amount_from_u128(&a, v));
        struct packed_amount p = packed_amount_floor(a);
        ck_assert_ok(packed_amount_value(&back, p));
        u128 w = amount_value(back), unit = 1;
        for (uint64_t e = p.bits & 31; e > 0; e--) unit *= 10;
        ck_assert(w <= v && v - w < unit);
        ck_assert(v >> 35 || w == v);
        struct packed_fee f = packed_fee_floor(a);
        ck_assert_ok(packed_fee_value(&back, f));
        ck_assert(amount_value(back) <= v);
        ck_assert_int_eq(packed_amount_exact(&p, a) == ERR_OK, w == v);
    }
}
END_TEST

START_TEST(every_swap_on_tiny_reserves_pays_the_most_that_keeps_k)
{
    const uint32_t fees[] = {0, 30, 5000, 9999};
    for (size_t f = 0; f < 4; f++)
        for (uint64_t r0 = 1; r0 <= 40; r0++)
            for (uint64_t r1 = 1; r1 <= 40; r1++)
                for (uint64_t a0 = 1; a0 <= 40; a0++) {
                    struct amm_result r;
                    ck_assert_ok(amm_swap(&r, amount_from_u64(a0), fees[f], amount_from_u64(r0),
                                          amount_from_u64(r1)));
                    uint64_t net = a0 * (10000 - fees[f]) / 10000;
                    uint64_t out = 0; /* by search, not by division */
                    while ((r0 + net) * (r1 - (out + 1)) >= r0 * r1 && out + 1 < r1) out++;
                    ck_assert_uint_eq(r.a0_net.lo, net);
                    ck_assert_uint_eq(r.a1.lo, out);
                    ck_assert((r0 + a0) * (r1 - r.a1.lo) >= r0 * r1);
                    ck_assert_uint_eq(r.a1.lo * (r0 + net) + r.rem.lo, net * r1);
                    ck_assert(r.rem.lo < r0 + net);
                    ck_assert_uint_eq(net * 10000 + r.fee_rem, a0 * (10000 - fees[f]));
                }
}
END_TEST

START_TEST(swaps_at_the_bound_do_not_overflow)
{
    struct amm_result r;
    ck_assert_err(amm_swap(&r, AMOUNT_MAX, 0, AMOUNT_MAX, AMOUNT_MAX), ERR_OVERFLOW);
    ck_assert_ok(amm_swap(&r, AMOUNT_MAX, 0, AMOUNT_ZERO, AMOUNT_MAX));
    ck_assert_ok(amm_swap(&r, amount_from_u64(1), 0, amount_from_u64(1), AMOUNT_MAX));
    ck_assert_err(amm_swap(&r, AMOUNT_ZERO, 0, AMOUNT_ZERO, AMOUNT_MAX), ERR_DIV_ZERO);
    ck_assert_err(amm_swap(&r, AMOUNT_MAX, 10000, AMOUNT_ZERO, AMOUNT_MAX), ERR_RANGE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core amounts");
    TCase *tc = tcase_create("amounts");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, sums_past_2_112_are_refused);
    tcase_add_test(tc, bytes_and_limbs_round_trip);
    tcase_add_test(tc, F47_packed_values_above_2_112_are_refused_and_two_encodings_may_be_equal);
    tcase_add_test(tc, packing_down_never_exceeds_and_is_nearest);
    tcase_add_test(tc, every_swap_on_tiny_reserves_pays_the_most_that_keeps_k);
    tcase_add_test(tc, swaps_at_the_bound_do_not_overflow);
    suite_add_tcase(s, tc);
    return check_main(s);
}
