/* The kernels of every instruction set against kb5 arithmetic, element by element. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/prove/kernels.h"
#include "prover/prove/prove_parts.h"

static kb random_kb(void)
{
    static const uint32_t edge[4] = {0, 1, KB_P - 1, KB_P - 2};
    if (rand() % 4 == 0) return edge[rand() % 4];
    return (kb)(((uint64_t)rand() << 16 ^ (uint64_t)rand()) % KB_P);
}

static kb5 random_ext(void)
{
    return (kb5){{random_kb(), random_kb(), random_kb(), random_kb(), random_kb()}};
}

static struct planes random_planes(size_t n)
{
    struct planes v = planes_new(n);
    ck_assert_ptr_nonnull(v.p);
    for (size_t i = 0; i < n; i++) {
        kb5 x = random_ext();
        planes_set(v, i, &x);
    }
    return v;
}

static void expect(struct planes v, size_t i, kb5 want, const char *what, const char *isa)
{
    ck_assert_msg(kb5_eq(planes_get(v, i), want), "%s %s at %zu", isa, what, i);
}

static void check_folds(const struct kernels *k, size_t half)
{
    struct planes src = random_planes(2 * half), dst = planes_new(half), base = planes_new(half);
    kb *v = calloc(2 * half + KERNEL_LANES, sizeof *v);
    kb5 s = random_ext();
    for (size_t i = 0; i < 2 * half; i++)
        v[i] = random_kb();
    k->fold(dst, src, half, 0, half, &s);
    k->fold_base(base, v, half, 0, half, &s);
    for (size_t i = 0; i < half; i++) {
        expect(dst, i, kb5_lerp(planes_get(src, i), planes_get(src, half + i), s), "fold", k->name);
        expect(base, i, kb5_lerp(kb5_from_kb(v[i]), kb5_from_kb(v[half + i]), s), "fold_base",
               k->name);
    }
    k->fold(src, src, half, 0, half, &s);
    for (size_t i = 0; i < half; i++)
        expect(src, i, planes_get(dst, i), "fold in place", k->name);
    const size_t quarter = half / 2;
    const kb5 w[4] = {random_ext(), random_ext(), random_ext(), random_ext()};
    k->fold_quarters(base, v, quarter, 0, quarter, w);
    for (size_t i = 0; i < quarter; i++) {
        kb5 want = kb5_zero();
        for (size_t j = 0; j < 4; j++)
            want = kb5_add(want, kb5_mul_base(w[j], v[j * quarter + i]));
        expect(base, i, want, "fold_quarters", k->name);
    }
    kb *line = calloc(half + KERNEL_LANES, sizeof *line);
    for (uint32_t x = 1; x <= 5; x++) {
        k->line(line, v, v + half, x, half);
        for (size_t i = 0; i < half; i++) {
            kb d = kb_sub(v[half + i], v[i]);
            ck_assert_uint_eq(line[i], kb_add(v[i], kb_mul(kb_from_u32(x), d)));
        }
    }
    free(line);
    free(v);
    prove_free(src.p);
    prove_free(dst.p);
    prove_free(base.p);
}

static void check_gkr(const struct kernels *k, size_t half)
{
    struct planes v[4], eq = random_planes(half), p = planes_new(half), q = planes_new(half);
    for (int i = 0; i < 4; i++)
        v[i] = random_planes(2 * half);
    kb5 out[2] = {kb5_one(), kb5_one()}, want[2] = {kb5_one(), kb5_one()};
    k->gkr_round(v, eq, half, 0, half, out);
    k->gkr_combine(v, p, q, 0, half);
    for (size_t i = 0; i < half; i++) {
        kb5 lo[4], d[4];
        for (int j = 0; j < 4; j++) {
            lo[j] = planes_get(v[j], i);
            d[j] = kb5_sub(planes_get(v[j], half + i), lo[j]);
        }
        kb5 e = planes_get(eq, i);
        kb5 g = kb5_add(kb5_mul(lo[0], lo[1]), kb5_mul(lo[2], lo[3]));
        expect(p, i, g, "combine p", k->name);
        expect(q, i, kb5_mul(lo[3], lo[1]), "combine q", k->name);
        want[0] = kb5_add(want[0], kb5_mul(e, g));
        g = kb5_add(kb5_mul(d[0], d[1]), kb5_mul(d[2], d[3]));
        want[1] = kb5_add(want[1], kb5_mul(e, g));
    }
    ck_assert(kb5_eq(out[0], want[0]));
    ck_assert(kb5_eq(out[1], want[1]));
    for (int i = 0; i < 4; i++)
        prove_free(v[i].p);
    prove_free(eq.p);
    prove_free(p.p);
    prove_free(q.p);
}

static void check_sums(const struct kernels *k, size_t n)
{
    struct planes a = random_planes(n), eq = random_planes(n), b = random_planes(n);
    kb *v = calloc(n + KERNEL_LANES, sizeof *v), *w = calloc(n + KERNEL_LANES, sizeof *w);
    for (size_t i = 0; i < n; i++) {
        v[i] = random_kb();
        w[i] = random_kb();
    }
    kb5 c[2] = {random_ext(), random_ext()}, got[4] = {0}, want[4] = {0};
    const kb *base[2] = {v, w};
    struct planes_in ext[2] = {{a.p, a.stride}, {b.p, b.stride}};
    k->dot(a, eq, 0, n, &got[0]);
    k->dot_base(v, eq, 0, n, &got[1]);
    k->combine(ext, c, 2, eq, n, &got[2]);
    k->combine_base(base, c, 2, eq, n, &got[3]);
    for (size_t i = 0; i < n; i++) {
        kb5 e = planes_get(eq, i), x = planes_get(a, i), y = planes_get(b, i);
        want[0] = kb5_add(want[0], kb5_mul(x, e));
        want[1] = kb5_add(want[1], kb5_mul_base(e, v[i]));
        x = kb5_add(kb5_mul(c[0], x), kb5_mul(c[1], y));
        want[2] = kb5_add(want[2], kb5_mul(x, e));
        x = kb5_add(kb5_mul_base(c[0], v[i]), kb5_mul_base(c[1], w[i]));
        want[3] = kb5_add(want[3], kb5_mul(x, e));
    }
    for (int i = 0; i < 4; i++)
        ck_assert_msg(kb5_eq(got[i], want[i]), "%s sum %d of %zu", k->name, i, n);
    struct planes before = planes_new(n);
    memcpy(before.p, a.p, 5 * a.stride * sizeof *a.p);
    k->axpy_base(a, v, 0, n, &c[0]);
    for (size_t i = 0; i < n; i++)
        expect(a, i, kb5_add(planes_get(before, i), kb5_mul_base(c[0], v[i])), "axpy_base",
               k->name);
    prove_free(a.p);
    prove_free(b.p);
    prove_free(eq.p);
    prove_free(before.p);
    free(v);
    free(w);
}

START_TEST(kernels_compute_what_kb5_computes)
{
    srand(5);
    for (const struct kernels *const *k = kernels_all(); *k != NULL; k++)
        for (size_t log = 0; log <= 8; log++) {
            check_folds(*k, (size_t)1 << log);
            check_gkr(*k, (size_t)1 << log);
            check_sums(*k, (size_t)1 << log);
        }
}
END_TEST

START_TEST(eq_towers_are_products_of_coordinates)
{
    kb5 point[9];
    for (int i = 0; i < 9; i++)
        point[i] = random_ext();
    for (const struct kernels *const *k = kernels_all(); *k != NULL; k++) {
        struct eq_tower e;
        ck_assert_int_eq(eq_tower_init(&e, *k, point, 9, 8), ERR_OK);
        for (uint32_t n = 0; n <= 8; n++) {
            for (uint32_t x = 0; x < 1u << n; x++)
                expect(e.level[n], x, eq_bits(x, point + 9 - n, n), "eq", (*k)->name);
            for (uint32_t x = 1u << n; x < 16; x++)
                expect(e.level[n], x, kb5_zero(), "padding", (*k)->name);
        }
        eq_tower_deinit(&e);
    }
}
END_TEST

START_TEST(programs_over_extension_rows_agree_with_node_evaluation)
{
    srand(9);
    struct ir_system *s = ir_system_new("r", 1, 0);
    struct ir_table *t = ir_table_new(s, "t", 6);
    uint32_t c0 = ir_columns(t, "c", 6);
    ir_x pool[80];
    for (uint32_t i = 0; i < 6; i++)
        pool[i] = ir_col(t, c0 + i);
    pool[6] = ir_const(t, 3);
    pool[7] = ir_const(t, IR_P - 1);
    for (int i = 8; i < 80; i++) {
        ir_x a = pool[rand() % i], b = pool[rand() % i];
        int op = rand() % 3;
        pool[i] = op == 0 ? ir_add(t, a, b) : op == 1 ? ir_sub(t, a, b) : ir_mul(t, a, b);
    }
    ir_assert_zero(t, pool[0], "z");
    ir_system_finish(s);
    struct ir_prog p;
    ir_prog_init(&p, t, pool, 80);
    struct planes col[6];
    struct planes_in in[6];
    for (int i = 0; i < 6; i++) {
        col[i] = random_planes(KERNEL_BLOCK);
        in[i] = (struct planes_in){col[i].p, col[i].stride};
    }
    kb *regs = calloc((size_t)p.n_regs * 5 * KERNEL_BLOCK, sizeof *regs);
    kb5 *node = malloc(t->n_nodes * sizeof *node), columns[6], y[6] = {{{0}}};
    for (const struct kernels *const *k = kernels_all(); *k != NULL; k++) {
        (*k)->run_ext(&p, in, regs, KERNEL_BLOCK);
        for (uint32_t row = 0; row < KERNEL_BLOCK; row++) {
            for (int i = 0; i < 6; i++)
                columns[i] = planes_get(col[i], row);
            table_nodes(t, columns, y, node);
            for (uint32_t o = 0; o < 80; o++) {
                if (p.outs[o].is_const) continue;
                uint32_t v = p.outs[o].v;
                struct planes at =
                    v < p.n_inputs
                        ? col[v]
                        : (struct planes){regs + (size_t)(v - p.n_inputs) * 5 * KERNEL_BLOCK,
                                          KERNEL_BLOCK};
                expect(at, row, node[pool[o]], "run_ext", (*k)->name);
            }
        }
    }
    for (int i = 0; i < 6; i++)
        prove_free(col[i].p);
    free(regs);
    free(node);
    ir_prog_deinit(&p);
    ir_system_free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/kernels");
    TCase *tc = tcase_create("kernels");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, kernels_compute_what_kb5_computes);
    tcase_add_test(tc, eq_towers_are_products_of_coordinates);
    tcase_add_test(tc, programs_over_extension_rows_agree_with_node_evaluation);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
