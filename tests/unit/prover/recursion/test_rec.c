/* The recursion machine's builder: every call against plain computation, clean under the mock checker;
 * assertions that fail name their check. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"
#include "rec_fixture.h"

/* The program holds for its advice; with the last advice element changed it does not. */
static void holds_and_notices(struct fx *f)
{
    fx_finish(f);
    ck_assert_msg(fx_run(f, NULL) == ERR_OK, "check %s", f->check);
    uint32_t *last = &f->advice[f->n - 1];
    *last = (*last + 1) % IR_P;
    ck_assert_int_eq(fx_run(f, NULL), ERR_PROOF);
    fx_deinit(f);
}

START_TEST(arithmetic_is_that_of_the_field)
{
    struct fx f;
    fx_init(&f, &FX_SHAPE, 1);
    for (int i = 0; i < 10; i++) {
        kb5 x = fx_random_ext(&f), y = fx_random_ext(&f), z = fx_random_ext(&f);
        rec_ext a = fx_ext(&f, x), b = fx_ext(&f, y), d = fx_ext(&f, z);
        fx_expect_ext(&f, rec_mac(f.r, a, b, d), kb5_add(kb5_mul(x, y), z));
        fx_expect_ext(&f, rec_mul(f.r, a, b), kb5_mul(x, y));
        fx_expect_ext(&f, rec_add(f.r, a, b), kb5_add(x, y));
        fx_expect_ext(&f, rec_sub(f.r, a, b), kb5_sub(x, y));
        fx_expect_ext(&f, rec_lerp(f.r, a, b, d), kb5_lerp(x, y, z));
        fx_expect_ext(&f, rec_inverse(f.r, a), kb5_inv(x));
        fx_expect_ext(&f, rec_const(f.r, (uint32_t)i), kb5_from_u32((uint32_t)i));
        rec_assert_zero(f.r, rec_sub(f.r, a, a));
    }
    holds_and_notices(&f);
}
END_TEST

START_TEST(hashing_is_compress)
{
    struct fx f;
    fx_init(&f, &FX_SHAPE, 2);
    uint32_t a[8], b[8], c[8], out[8];
    fx_random_word(&f, a);
    fx_random_word(&f, b);
    fx_random_word(&f, c);
    rec_word wa = fx_word(&f, a), wb = fx_word(&f, b), right;
    rec_word h = rec_compress(f.r, wa, wb);
    poseidon_compress(out, a, b);
    fx_expect_word(&f, h, out);
    rec_compress_expect(f.r, wa, wb, h);
    rec_word g = rec_compress_advice(f.r, wb, &right);
    fx_put(&f, c, 8);
    rec_assert_word_eq(f.r, right, fx_word(&f, c));
    poseidon_compress(out, b, c);
    rec_assert_word_eq(f.r, rec_const_word(f.r, out), g);
    ck_assert_uint_eq(rec_const_word(f.r, out).a, rec_const_word(f.r, out).a);
    poseidon_compress(out, out, out);
    fx_expect_word(&f, rec_compress(f.r, g, g), out);
    holds_and_notices(&f);
}
END_TEST

START_TEST(pack_and_split_keep_the_order_of_coefficients)
{
    struct fx f;
    fx_init(&f, &FX_SHAPE, 3);
    for (int kind = 0; kind < 4; kind++) {
        kb5 v[3];
        uint32_t flat[16];
        rec_ext e[3];
        bool advice[3];
        for (int k = 0; k < 3; k++) {
            v[k] = fx_random_ext(&f);
            advice[k] = (kind >> k & 1) == 0; /* kind 3: two that are read */
            if (kind == 2 && k == 1) v[k] = kb5_from_u32(77);
            if (advice[k]) continue;
            e[k] = kind == 2 ? rec_const(f.r, 77) : fx_ext(&f, v[k]);
        }
        rec_word out[2];
        rec_pack(f.r, e, advice, 12345, out);
        for (int k = 0; k < 3; k++) {
            uint32_t c[5];
            for (int i = 0; i < 5; i++)
                c[i] = kb_to_u32(v[k].c[i]);
            memcpy(flat + (ptrdiff_t)5 * k, c, sizeof c);
            if (advice[k]) fx_put(&f, c, 5);
        }
        flat[15] = 12345;
        fx_expect_word(&f, out[0], flat);
        fx_expect_word(&f, out[1], flat + 8);
        for (int k = 0; k < 3; k++)
            fx_expect_ext(&f, e[k], v[k]);
        fx_expect_ext(&f, rec_challenge(f.r, out[0]), v[0]);
        for (uint32_t i = 0; i < 8; i++)
            fx_expect_ext(&f, rec_element(f.r, out[1], i), kb5_from_u32(flat[8 + i]));
    }
    holds_and_notices(&f);
}
END_TEST

START_TEST(fold_is_the_multilinear_value)
{
    struct fx f;
    fx_init(&f, &FX_SHAPE, 4);
    for (int n = 0; n < 4; n++) {
        uint32_t x[8];
        kb5 r[3], v[8];
        rec_ext e[3];
        fx_random_word(&f, x);
        for (int k = 0; k < 3; k++) {
            r[k] = fx_random_ext(&f);
            e[k] = fx_ext(&f, r[k]);
        }
        for (int i = 0; i < 8; i++)
            v[i] = kb5_from_u32(x[i]);
        for (int k = 0; k < 3; k++)
            for (int i = 0; i < 4 >> k; i++)
                v[i] = kb5_lerp(v[2 * i], v[2 * i + 1], r[k]);
        fx_expect_ext(&f, rec_fold8(f.r, fx_word(&f, x), e[0], e[1], e[2]), v[0]);
    }
    holds_and_notices(&f);
}
END_TEST

/* Paths of every leaf position's kind; what they end in; powers of it. */
static void path_once(struct fx *f, uint32_t depth, uint32_t v)
{
    uint32_t(*nodes)[8] = fx_tree(f, depth), (*other)[8] = fx_tree(f, depth);
    uint32_t index = v & ((1u << depth) - 1);
    rec_base base = fx_base(f, v, v % 8);
    rec_word root = fx_word(f, nodes[1]), root2 = fx_word(f, other[1]);
    rec_index at = rec_index_of(f->r, base, depth);
    rec_end end = rec_path(f->r, fx_word(f, nodes[(1u << depth) + index]), at, root);
    /* fx_word's advice comes before the path's: arguments are evaluated before the call */
    fx_put_path(f, nodes, depth, index);
    rec_end end2 = rec_path(f->r, fx_word(f, other[(1u << depth) + index]), at, root2);
    fx_put_path(f, other, depth, index);
    kb y = kb_pow(kb_root(depth), index);
    fx_expect_ext(f, rec_end_y(f->r, end), kb5_from_kb(y));
    kb5 z[4], w = kb5_one();
    rec_ext ez[4];
    for (int i = 0; i < 4; i++) {
        z[i] = fx_random_ext(f);
        ez[i] = fx_ext(f, z[i]);
    }
    kb power = y;
    for (int i = 0; i < 4; i++, power = kb_sqr(power)) {
        kb5 term = kb5_mul_base(z[3 - i], kb_sub(power, kb_one));
        w = kb5_mul(w, kb5_add_base(term, kb_one));
    }
    fx_expect_ext(f, rec_pow(f->r, end, ez, 4), w);
    fx_expect_ext(f, rec_pow(f->r, end2, ez, 4), w);
    fx_expect_ext(f, rec_pow(f->r, end2, ez, 0), kb5_one());
    free(nodes);
    free(other);
}

START_TEST(paths_end_at_the_point_of_their_index)
{
    const uint32_t edge[] = {0,          1,   IR_P - 1, IR_P - 2,   127u << 24, (127u << 24) - 1,
                             0x01000000, 127, 128,      0x00ffffff, 0x7effffff, 5};
    for (uint32_t i = 0; i < ARRAY_LEN(edge); i++) {
        struct fx f;
        fx_init(&f, &FX_SHAPE, 100 + i);
        path_once(&f, 7 + i % 4, edge[i] % IR_P);
        path_once(&f, 8, fx_random(&f));
        fx_finish(&f);
        ck_assert_msg(fx_run(&f, NULL) == ERR_OK, "value %u: check %s", (unsigned)edge[i], f.check);
        fx_deinit(&f);
    }
}
END_TEST

START_TEST(low_bits_are_zero_or_refused)
{
    for (uint32_t bits = 0; bits <= 24; bits++)
        for (int k = 0; k < 6; k++) {
            struct fx f;
            fx_init(&f, &FX_TINY, 200 + bits);
            uint32_t v = fx_random(&f) >> bits << bits;
            if (k == 0) v = 0;
            if (k == 1) v = IR_P - 1;
            if (k == 2) v = bits == 0 ? 3 : 1u << (bits - 1); /* refused */
            if (k == 3) v = ((IR_P - 1) >> bits << bits) - (1u << bits);
            if (k == 4) v = 1u << bits;
            rec_check(f.r, "grinding");
            rec_assert_low_bits_zero(f.r, fx_base(&f, v, 7), bits);
            rec_check(f.r, "later");
            fx_finish(&f);
            enum err err = fx_run(&f, NULL);
            if (k == 2 && bits > 0) {
                ck_assert_int_eq(err, ERR_PROOF);
                ck_assert_str_eq(f.check, "grinding");
            } else {
                ck_assert_msg(err == ERR_OK, "bits %u value %u %s", (unsigned)bits, (unsigned)v,
                              f.check);
            }
            fx_deinit(&f);
        }
}
END_TEST

START_TEST(slots_keep_their_fixed_bits)
{
    enum { DEPTH = 3 };
    for (uint32_t mask = 0; mask < 8; mask++)
        for (uint32_t bits = 0; bits < 8; bits++)
            for (uint32_t index = 0; index < 8; index++) {
                struct fx f;
                fx_init(&f, &FX_TINY, 300);
                uint32_t(*nodes)[8] = fx_tree(&f, DEPTH);
                rec_word leaf = fx_word(&f, nodes[8 + index]), root = fx_word(&f, nodes[1]);
                rec_check(f.r, "slot");
                rec_path_slots(f.r, leaf, DEPTH, bits, mask, root);
                for (uint32_t s = 0, at = 8 + index; s < DEPTH; s++, at /= 2) {
                    fx_put(&f, nodes[at ^ 1], 8);
                    if (mask >> s & 1) fx_put(&f, &(uint32_t){at & 1}, 1);
                }
                fx_finish(&f);
                enum err err = fx_run(&f, NULL);
                bool right = ((index ^ bits) & ~mask & 7) == 0;
                ck_assert_msg(err == (right ? ERR_OK : ERR_PROOF), "mask %u bits %u index %u: %s",
                              (unsigned)mask, (unsigned)bits, (unsigned)index, f.check);
                if (!right) ck_assert_str_eq(f.check, "slot");
                free(nodes);
                fx_deinit(&f);
            }
}
END_TEST

START_TEST(assertions_name_their_check)
{
    for (int wrong = 0; wrong < 7; wrong++) {
        struct fx f;
        fx_init(&f, &FX_SHAPE, 400);
        uint32_t a[8], b[8];
        fx_random_word(&f, a);
        memcpy(b, a, sizeof b);
        kb5 x = fx_random_ext(&f), y = x;
        rec_ext ex = fx_ext(&f, x);
        if (wrong == 1) y = kb5_add(y, (kb5){{0, 0, 0, 0, 1}});
        rec_check(f.r, "equal elements");
        rec_assert_eq(f.r, ex, fx_ext(&f, y));
        rec_check(f.r, "inverse");
        rec_inverse(f.r, fx_ext(&f, wrong == 2 ? kb5_zero() : x));
        rec_check(f.r, "equal words");
        if (wrong == 3) b[7] ^= 1;
        rec_assert_word_eq(f.r, fx_word(&f, a), fx_word(&f, b));
        rec_check(f.r, "zero");
        rec_assert_zero(f.r, wrong == 4 ? ex : rec_const(f.r, 0));
        rec_check(f.r, "path");
        uint32_t(*nodes)[8] = fx_tree(&f, 7);
        rec_base v = fx_base(&f, 77, 0);
        rec_word leaf = fx_word(&f, nodes[128 + 77]), root = fx_word(&f, nodes[1]);
        rec_path(f.r, leaf, rec_index_of(f.r, v, 7), root);
        if (wrong == 5) nodes[2][0] ^= 1;
        fx_put_path(&f, nodes, 7, 77);
        rec_check(f.r, "equal elements"); /* a name that comes back */
        rec_assert_eq(f.r, ex, wrong == 6 ? rec_const(f.r, 5) : ex);
        fx_finish(&f);
        static const char *const names[] = {
            "", "equal elements", "inverse", "equal words", "zero", "path", "equal elements"};
        ck_assert_int_eq(fx_run(&f, NULL), wrong == 0 ? ERR_OK : ERR_PROOF);
        ck_assert_str_eq(f.check, names[wrong]);
        free(nodes);
        fx_deinit(&f);
    }
}
END_TEST

START_TEST(advice_out_of_range_is_refused)
{
    struct fx f;
    fx_init(&f, &FX_SHAPE, 500);
    uint32_t w[8];
    fx_random_word(&f, w);
    rec_public(f.r, 2, fx_word(&f, w));
    f.public_done[2] = true;
    uint32_t(*nodes)[8] = fx_tree(&f, 1);
    rec_path_slots(f.r, fx_word(&f, nodes[2]), 1, 0, 1, rec_const_word(f.r, nodes[1]));
    fx_put(&f, nodes[3], 8);
    fx_put(&f, (uint32_t[1]){0}, 1);
    fx_finish(&f);
    struct ir_trace *tr = NULL;
    ck_assert_int_eq(fx_run(&f, &tr), ERR_OK);
    ck_assert_mem_eq(tr->publics + 16, w, sizeof w);
    for (int i = 0; i < 16; i++)
        ck_assert_uint_eq(tr->publics[i], 0);
    ir_trace_free(tr);
    f.advice[f.n - 1] = 2; /* no bit */
    ck_assert_int_eq(fx_run(&f, NULL), ERR_RANGE);
    f.advice[f.n - 1] = 1;
    ck_assert_int_eq(fx_run(&f, NULL), ERR_PROOF);
    f.advice[f.n - 1] = 0;
    f.advice[3] = IR_P;
    ck_assert_int_eq(fx_run(&f, NULL), ERR_RANGE);
    f.advice[3] = w[3];
    ck_assert_int_eq(fx_run(&f, NULL), ERR_OK);
    ck_assert_int_eq(rec_run(f.r, f.advice, f.n - 1, &tr, f.check, sizeof f.check), ERR_RANGE);
    free(nodes);
    fx_deinit(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recursion machine: builder");
    TCase *t = tcase_create("builder");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, arithmetic_is_that_of_the_field);
    tcase_add_test(t, hashing_is_compress);
    tcase_add_test(t, pack_and_split_keep_the_order_of_coefficients);
    tcase_add_test(t, fold_is_the_multilinear_value);
    tcase_add_test(t, paths_end_at_the_point_of_their_index);
    tcase_add_test(t, low_bits_are_zero_or_refused);
    tcase_add_test(t, slots_keep_their_fixed_bits);
    tcase_add_test(t, assertions_name_their_check);
    tcase_add_test(t, advice_out_of_range_is_refused);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
