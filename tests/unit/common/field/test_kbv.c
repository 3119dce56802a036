/* Every kernel of every instruction set against loops over the scalar field, with lengths that do
 * and do not fill a register, and words at the edges of the range. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/kbv.h"

enum { MAX_N = 300 };

static const size_t lengths[] = {0, 1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 100, 128, 129};
#define N_LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

static uint64_t rng_state;

static kb rng_kb(void)
{
    static const kb edges[] = {0, 1, KB_P - 1, KB_P - 2};
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    uint32_t w = (uint32_t)(rng_state >> 32);
    return w % 4 == 0 ? edges[w / 4 % 4] : w % KB_P;
}

static kb5 rng_kb5(void)
{
    kb5 r;
    for (int i = 0; i < KB5_DEGREE; i++)
        r.c[i] = rng_kb();
    return r;
}

struct vec {
    kb words[KB5_DEGREE][MAX_N];
    struct kb5v v;
};

static void vec_fill(struct vec *a)
{
    for (int j = 0; j < KB5_DEGREE; j++) {
        a->v.c[j] = a->words[j];
        for (int i = 0; i < MAX_N; i++)
            a->words[j][i] = rng_kb();
    }
}

static struct vec va, vb, vc;
static kb base[MAX_N], base_out[MAX_N];

static void fill_all(void)
{
    vec_fill(&va), vec_fill(&vb), vec_fill(&vc);
    for (int i = 0; i < MAX_N; i++)
        base[i] = rng_kb();
}

static void seed(void)
{
    rng_state = 0x5eed0b0b;
    printf("test_kbv: seed %llx\n", (unsigned long long)rng_state);
}

/* Calls check for each instruction set present here. */
static void each_isa(void (*check)(const struct kbv_ops *ops, size_t n))
{
    seed();
    ck_assert_ptr_nonnull(kbv_ops_for(KBV_PORTABLE));
    for (int isa = 0; isa < KBV_N_ISA; isa++) {
        const struct kbv_ops *ops = kbv_ops_for((enum kbv_isa)isa);
        if (ops == NULL) continue;
        for (size_t i = 0; i < N_LENGTHS; i++) {
            fill_all();
            check(ops, lengths[i]);
        }
    }
}

static void check_axpy(const struct kbv_ops *ops, size_t n)
{
    kb5 s = rng_kb5();
    struct vec before = va;
    ops->axpy_ext(va.v, s, vb.v, n);
    for (size_t i = 0; i < MAX_N; i++) {
        for (int j = 0; j < KB5_DEGREE; j++)
            before.v.c[j] = before.words[j];
        kb5 want = kb5v_get(before.v, i);
        if (i < n) want = kb5_add(want, kb5_mul(s, kb5v_get(vb.v, i)));
        ck_assert_msg(kb5_eq(kb5v_get(va.v, i), want), "%s axpy_ext %zu", ops->name, i);
    }
    before = va;
    ops->axpy_base(va.v, s, base, n);
    for (size_t i = 0; i < MAX_N; i++) {
        for (int j = 0; j < KB5_DEGREE; j++)
            before.v.c[j] = before.words[j];
        kb5 want = kb5v_get(before.v, i);
        if (i < n) want = kb5_add(want, kb5_mul_base(s, base[i]));
        ck_assert_msg(kb5_eq(kb5v_get(va.v, i), want), "%s axpy_base %zu", ops->name, i);
    }
    ops->scale_ext(va.v, s, vb.v, n);
    for (size_t i = 0; i < n; i++)
        ck_assert(kb5_eq(kb5v_get(va.v, i), kb5_mul(s, kb5v_get(vb.v, i))));
}

START_TEST(axpy_and_scale_agree_with_the_scalar_field)
{
    each_isa(check_axpy);
}
END_TEST

static void check_dots(const struct kbv_ops *ops, size_t n)
{
    kb5 b = kb5_zero(), e = kb5_zero();
    for (size_t i = 0; i < n; i++) {
        b = kb5_add(b, kb5_mul_base(kb5v_get(va.v, i), base[i]));
        e = kb5_add(e, kb5_mul(kb5v_get(va.v, i), kb5v_get(vb.v, i)));
    }
    ck_assert_msg(kb5_eq(ops->dot_base(base, va.v, n), b), "%s dot_base %zu", ops->name, n);
    ck_assert_msg(kb5_eq(ops->dot_ext(va.v, vb.v, n), e), "%s dot_ext %zu", ops->name, n);
}

START_TEST(dot_products_agree_with_the_scalar_field)
{
    each_isa(check_dots);
}
END_TEST

static void check_pairs(const struct kbv_ops *ops, size_t n)
{
    kb5 want_b[2] = {kb5_zero(), kb5_zero()}, want_e[2] = {kb5_zero(), kb5_zero()}, got[2];
    kb5 r = rng_kb5();
    for (size_t i = 0; i < n; i++) {
        kb5 w0 = kb5v_get(vb.v, 2 * i), dw = kb5_sub(kb5v_get(vb.v, 2 * i + 1), w0);
        kb5 f0 = kb5v_get(va.v, 2 * i), df = kb5_sub(kb5v_get(va.v, 2 * i + 1), f0);
        want_e[0] = kb5_add(want_e[0], kb5_mul(f0, w0));
        want_e[1] = kb5_add(want_e[1], kb5_mul(df, dw));
        want_b[0] = kb5_add(want_b[0], kb5_mul_base(w0, base[2 * i]));
        want_b[1] = kb5_add(want_b[1], kb5_mul_base(dw, kb_sub(base[2 * i + 1], base[2 * i])));
    }
    ops->pair_base(base, vb.v, n, got);
    ck_assert(kb5_eq(got[0], want_b[0]));
    ck_assert(kb5_eq(got[1], want_b[1]));
    ops->pair_ext(va.v, vb.v, n, got);
    ck_assert(kb5_eq(got[0], want_e[0]));
    ck_assert(kb5_eq(got[1], want_e[1]));
    ops->fold_base(vc.v, base, r, n);
    for (size_t i = 0; i < n; i++)
        ck_assert(kb5_eq(kb5v_get(vc.v, i), kb5_lerp(kb5_from_kb(base[2 * i]),
                                                      kb5_from_kb(base[2 * i + 1]), r)));
    ops->fold_ext(vc.v, va.v, r, n);
    for (size_t i = 0; i < n; i++)
        ck_assert(kb5_eq(kb5v_get(vc.v, i),
                         kb5_lerp(kb5v_get(va.v, 2 * i), kb5v_get(va.v, 2 * i + 1), r)));
    ops->fold_ext(va.v, va.v, r, n);
    for (size_t i = 0; i < n; i++)
        ck_assert(kb5_eq(kb5v_get(va.v, i), kb5v_get(vc.v, i)));
}

START_TEST(pair_sums_and_folds_agree_with_the_scalar_field)
{
    each_isa(check_pairs);
}
END_TEST

static void check_words(const struct kbv_ops *ops, size_t n)
{
    kb s = rng_kb();
    uint8_t bytes[4 * MAX_N], want[4];
    ops->scale(base_out, base, s, n);
    for (size_t i = 0; i < n; i++)
        ck_assert_uint_eq(base_out[i], kb_mul(base[i], s));
    ops->to_bytes(bytes, base, n);
    for (size_t i = 0; i < n; i++) {
        kb_to_bytes(want, base[i]);
        ck_assert_mem_eq(bytes + 4 * i, want, 4);
    }
    ops->to_u32(base_out, base, n);
    for (size_t i = 0; i < n; i++)
        ck_assert_uint_eq(base_out[i], kb_to_u32(base[i]));
    ops->from_u32(base_out, base_out, n);
    for (size_t i = 0; i < n; i++)
        ck_assert_uint_eq(base_out[i], base[i]);
}

START_TEST(conversions_agree_with_the_scalar_field)
{
    each_isa(check_words);
}
END_TEST

static uint32_t bit_reverse(uint32_t x, uint32_t bits)
{
    uint32_t r = 0;
    for (uint32_t i = 0; i < bits; i++)
        r |= (x >> i & 1) << (bits - 1 - i);
    return r;
}

START_TEST(the_transform_evaluates_each_column_at_the_powers_of_the_root)
{
    static const size_t strides[] = {1, 5, 16, 20, 32, 48};
    seed();
    for (int isa = 0; isa < KBV_N_ISA; isa++) {
        const struct kbv_ops *ops = kbv_ops_for((enum kbv_isa)isa);
        if (ops == NULL) continue;
        for (uint32_t log = 0; log <= 7; log++)
            for (size_t k = 0; k < sizeof strides / sizeof strides[0]; k++) {
                const size_t n = (size_t)1 << log, width = strides[k];
                kb *x = malloc(n * width * 4), *in = malloc(n * width * 4), tw[64] = {kb_one};
                const kb w = kb_root(log);
                for (size_t i = 1; i < n / 2; i++)
                    tw[i] = kb_mul(tw[i - 1], w);
                for (size_t i = 0; i < n * width; i++)
                    x[i] = in[i] = rng_kb();
                ops->ntt(x, log, width, tw);
                for (uint32_t r = 0; r < n; r++) {
                    const kb y = kb_pow(w, bit_reverse(r, log));
                    for (size_t c = 0; c < width; c++) {
                        kb v = 0;
                        for (size_t i = n; i-- > 0;)
                            v = kb_add(kb_mul(v, y), in[i * width + c]);
                        ck_assert_uint_eq(x[r * width + c], v);
                    }
                }
                free(x);
                free(in);
            }
    }
}
END_TEST

START_TEST(the_best_kernels_exist)
{
    ck_assert_ptr_nonnull(kbv_ops_best());
    ck_assert_ptr_null(kbv_ops_for(KBV_N_ISA));
    printf("test_kbv: best kernels are %s\n", kbv_ops_best()->name);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("kbv");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, axpy_and_scale_agree_with_the_scalar_field);
    tcase_add_test(tc, dot_products_agree_with_the_scalar_field);
    tcase_add_test(tc, pair_sums_and_folds_agree_with_the_scalar_field);
    tcase_add_test(tc, conversions_agree_with_the_scalar_field);
    tcase_add_test(tc, the_transform_evaluates_each_column_at_the_powers_of_the_root);
    tcase_add_test(tc, the_best_kernels_exist);
    Suite *s = suite_create("kbv");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
