/* Forgeries against the recursion machine: a number has one index; paths of another index, forged over
 * several rows; runs whose assertions fail. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"
#include "rec_row.h"

/* ---- the canonical decomposition ---- */

/* Would a row of bits take j for v mod 2^n, with whatever h, g and inv? */
static bool bits_row_takes(struct row *r, uint32_t n, uint32_t v, uint32_t j)
{
    kb down = kb_inv(kb_from_u32(1u << n)), idx = kb_mul(kb_from_u32(j), down);
    kb h = kb_sub(kb_mul(kb_from_u32(v), down), idx);
    kb g = kb_sub(kb_mul(kb_from_u32(IR_P - 1), down), h);
    uint32_t hs = kb_to_u32(h), gs = kb_to_u32(g);
    if (hs >> 24 != 0 || gs >> 24 != 0) return false; /* no limbs in range */
    r->cell[BITS_IDX] = kb_to_u32(idx);
    r->cell[BITS_Y] = 1;
    r->cell[BITS_H] = hs & 4095;
    r->cell[BITS_H + 1] = hs >> 12;
    r->cell[BITS_G] = gs & 4095;
    r->cell[BITS_G + 1] = gs >> 12;
    r->cell[BITS_INV] = kb_to_u32(kb_inv(g));
    r->cell[BITS_COLUMNS + BITS_SIZE] = 1u << n;
    row_eval(r);
    const struct ir_message *m = &r->t->messages[0];
    ck_assert_str_eq(m->name, "v");
    return row_constraints_hold(r) && r->value[m->fields[1]] == v;
}

START_TEST(a_number_has_one_index)
{
    struct fx f;
    struct ir_trace *tr = NULL;
    struct row r;
    make_program(&f);
    ck_assert_int_eq(fx_run(&f, &tr), ERR_OK);
    row_load(&r, tr, REC_BITS, 0);
    const uint32_t edge[] = {0,          1,          2,          127,        128,
                             0x00fffffe, 0x00ffffff, 0x01000000, 127u << 24, IR_P - 2,
                             IR_P - 127, IR_P - 128, IR_P - 129, 0x7e000000, 0x7effffff,
                             0x12345678, 0x00123456, 0x007fffff};
    uint32_t tried = 0;
    for (uint32_t n = REC_PATH_LOG_MIN; n <= REC_PATH_LOG_MAX; n++)
        for (uint32_t k = 0; k < ARRAY_LEN(edge) + 20; k++) {
            uint32_t v = k < ARRAY_LEN(edge) ? edge[k] : fx_random(&f) >> (k % 12);
            uint32_t mask = (1u << n) - 1, want = v & mask;
            ck_assert(bits_row_takes(&r, n, v, want));
            /* the index of v + p, neighbours, zero, any */
            uint32_t other[64] = {
                (v + IR_P) & mask,     want ^ 1, want + 1, want - 1, 0, mask, ~want,
                want + (1u << (n - 1))};
            for (uint32_t i = 8; i < ARRAY_LEN(other); i++)
                other[i] = fx_random(&f);
            uint32_t all = n <= 9 ? 1u << n : (uint32_t)ARRAY_LEN(other);
            for (uint32_t i = 0; i < all; i++) {
                uint32_t j = n <= 9 ? i : other[i] & mask;
                if (j == want) continue;
                tried++;
                ck_assert_msg(!bits_row_takes(&r, n, v, j), "v %u n %u index %u", (unsigned)v,
                              (unsigned)n, (unsigned)j);
            }
        }
    printf("indices refused: %u\n", (unsigned)tried);
    row_drop(&r);
    ir_trace_free(tr);
    fx_deinit(&f);
}
END_TEST

/* ---- whole traces ---- */

static enum err mock(const struct ir_trace *tr)
{
    char text[256];
    return ir_mock_check(tr, text, sizeof text);
}

/* A tree of equal leaves: paths of two indices differ in bits, idx and y alone. A trace made of parts of
 * both is refused. */
START_TEST(a_path_of_another_index_is_refused)
{
    enum { DEPTH = 7, PARTS = 4 };
    struct ir_trace *tr[2] = {NULL, NULL};
    struct fx f;
    fx_init(&f, &FX_SHAPE, 1100);
    uint32_t node[8], leaf[8], w[8] = {0x12345678, 2, 3};
    fx_random_word(&f, leaf);
    memcpy(node, leaf, sizeof node);
    rec_word source = fx_word(&f, w);
    rec_base v = rec_element_base(f.r, source, 0);
    rec_word lw = fx_word(&f, leaf);
    uint32_t levels[DEPTH][8];
    for (uint32_t s = 0; s < DEPTH; s++) {
        memcpy(levels[s], node, sizeof node);
        poseidon_compress(node, node, node);
    }
    rec_word root = fx_word(&f, node);
    rec_ext z[2] = {rec_const(f.r, 5), rec_const(f.r, 7)};
    rec_end end = rec_path(f.r, lw, rec_index_of(f.r, v, DEPTH), root);
    for (uint32_t s = 0; s < DEPTH; s++)
        fx_put(&f, levels[s], 8);
    uint32_t last = f.r->bits.at[end.a].hash;
    rec_pow(f.r, end, z, 2);
    fx_finish(&f);
    for (uint32_t k = 0; k < 2; k++) {
        f.advice[0] = k == 0 ? 0x12345678 : 0x12345679 + (3 << 4);
        ck_assert_int_eq(fx_run(&f, &tr[k]), ERR_OK);
        ck_assert_int_eq(mock(tr[k]), ERR_OK);
    }
    for (uint32_t mix = 0; mix < 1u << PARTS; mix++) {
        struct ir_trace *t = NULL;
        f.advice[0] = 0x12345678;
        ck_assert_int_eq(fx_run(&f, &t), ERR_OK);
        for (uint32_t table = 0; table < REC_N_TABLES; table++)
            for (uint32_t row = 0; row < 1u << t->tables[table].log_height; row++) {
                uint32_t part = 0; /* v: its word and its element */
                if (table == REC_POSEIDON && row <= last && row + DEPTH > last) part = 1;
                if (table == REC_BITS || table == REC_T_RANGE) part = 2;
                if (table == REC_POW) part = 3;
                if ((mix >> part & 1) == 0) continue;
                for (uint32_t c = 0; c < t->tables[table].n_columns; c++)
                    t->tables[table].columns[c][row] = tr[1]->tables[table].columns[c][row];
            }
        bool whole = mix == 0 || mix == (1u << PARTS) - 1;
        ck_assert_msg((mock(t) == ERR_OK) == whole, "mix %u", (unsigned)mix);
        ir_trace_free(t);
    }
    ir_trace_free(tr[0]);
    ir_trace_free(tr[1]);
    fx_deinit(&f);
}
END_TEST

/* ---- forgeries over several rows: all buses balance, one constraint alone stands against them ---- */

enum { LEVELS = 8, FORGED_V = 5 };

/* v = FORGED_V, a path of its index in a tree of equal leaves (so that any bits lead to the root) and a
 * product of two factors. */
static struct ir_trace *equal_leaves(struct fx *f)
{
    struct ir_trace *tr = NULL;
    fx_init(f, &FX_SHAPE, 1150);
    uint32_t node[8], siblings[LEVELS][8];
    fx_random_word(f, node);
    rec_base v = fx_base(f, FORGED_V, 3);
    rec_word leaf = fx_word(f, node);
    for (uint32_t s = 0; s < LEVELS; s++) {
        memcpy(siblings[s], node, sizeof node);
        poseidon_compress(node, node, node);
    }
    rec_word root = fx_word(f, node);
    rec_ext z[2] = {rec_const(f->r, 5), rec_const(f->r, 7)};
    rec_end end = rec_path(f->r, leaf, rec_index_of(f->r, v, LEVELS), root);
    fx_put(f, siblings[0], (size_t)8 * LEVELS);
    rec_pow(f->r, end, z, 2);
    fx_finish(f);
    ck_assert_int_eq(fx_run(f, &tr), ERR_OK);
    return tr;
}

/* The path with "bits" b, the row of bits with h, g, inv, and everything that follows from them. */
static void forge(const struct fx *f, struct ir_trace *tr, const kb b[LEVELS], uint32_t h,
                  uint32_t g, uint32_t inv)
{
    uint32_t **c = tr->tables[REC_POSEIDON].columns, row = f->r->bits.at[0].hash - (LEVELS - 1);
    kb idx = 0, y = kb_one;
    for (uint32_t s = 0; s < LEVELS; s++, row++) {
        kb turn = kb_mul(b[s], kb_sub(kb_root(LEVELS - s), kb_one));
        c[POSEIDON_TURN][row] = kb_to_u32(turn);
        c[POSEIDON_IDX][row] = kb_to_u32(idx);
        c[POSEIDON_Y][row] = kb_to_u32(y);
        idx = kb_half(kb_add(idx, b[s]));
        y = kb_mul(y, kb_add(kb_one, turn));
    }
    c = tr->tables[REC_BITS].columns;
    const uint32_t limbs[4] = {h & 4095, h >> 12, g & 4095, g >> 12};
    for (uint32_t i = 0; i < 4; i++) {
        tr->tables[REC_T_RANGE].columns[RANGE_COUNT][c[BITS_H + i][0]]--;
        c[BITS_H + i][0] = limbs[i];
        tr->tables[REC_T_RANGE].columns[RANGE_COUNT][limbs[i]]++;
    }
    c[BITS_IDX][0] = kb_to_u32(idx);
    c[BITS_Y][0] = kb_to_u32(y);
    c[BITS_INV][0] = inv;
    c = tr->tables[REC_POW].columns;
    kb acc = kb_one; /* z is base-valued here, so acc is */
    for (uint32_t i = 0; i < 2; i++, y = kb_sqr(y)) {
        c[POW_Y][i] = kb_to_u32(y);
        c[POW_ACC][i] = kb_to_u32(acc);
        kb z = kb_from_u32(c[POW_Z][i]);
        acc = kb_mul(acc, kb_add(kb_one, kb_mul(z, kb_sub(y, kb_one))));
    }
}

/* Everything that the tables say, as a multiset. */
static uint64_t trace_says(const struct ir_trace *tr)
{
    uint32_t sum[2] = {0, 0};
    for (uint32_t t = 0; t < REC_N_TABLES; t++)
        for (uint32_t i = 0; i < 1u << tr->tables[t].log_height; i++) {
            struct row r;
            row_load(&r, tr, t, i);
            uint64_t says = row_says(&r);
            sum[0] = p_add(sum[0], (uint32_t)(says >> 32));
            sum[1] = p_add(sum[1], (uint32_t)says);
            row_drop(&r);
        }
    return (uint64_t)sum[0] << 32 | sum[1];
}

static void forgery_fails_by(const struct fx *f, const kb b[LEVELS], uint32_t h, uint32_t g,
                             uint32_t inv, uint64_t says, const char *constraint)
{
    struct ir_trace *tr = NULL;
    char text[512];
    ck_assert_int_eq(rec_run_forced(f->r, f->advice, f->n, &tr), ERR_OK);
    forge(f, tr, b, h, g, inv);
    enum err err = ir_mock_check(tr, text, sizeof text);
    if (constraint == NULL) {
        ck_assert_msg(err == ERR_OK, "%s", text);
    } else {
        ck_assert_int_eq(err, ERR_PROOF);
        ck_assert_msg(strstr(text, constraint) != NULL, "%s", text);
        ck_assert_msg(trace_says(tr) == says, "buses notice it too: %s", constraint);
    }
    ir_trace_free(tr);
}

static void bits_of(uint32_t j, kb b[LEVELS])
{
    for (uint32_t s = 0; s < LEVELS; s++)
        b[s] = (j >> s & 1) != 0 ? kb_one : 0;
}

START_TEST(forgeries_of_an_index_meet_one_constraint)
{
    struct fx f;
    struct ir_trace *tr = equal_leaves(&f);
    const uint32_t top = (IR_P - 1) >> LEVELS;
    uint64_t says = trace_says(tr);
    ir_trace_free(tr);
    kb b[LEVELS];
    bits_of(FORGED_V, b);
    forgery_fails_by(&f, b, 0, top, kb_to_u32(kb_inv(kb_from_u32(top))), says, NULL);
    /* the right index, but y of none: two steps whose b are no bits */
    b[0] = kb_from_u32(77);
    b[1] = kb_half(kb_sub(kb_from_u32(FORGED_V & 3), b[0]));
    forgery_fails_by(&f, b, 0, top, kb_to_u32(kb_inv(kb_from_u32(top))), says,
                     "turn is 0 or 1/kappa");
    /* the index of v + p */
    bits_of(FORGED_V + 1, b);
    forgery_fails_by(&f, b, top, 0, 0, says, "v is below p");
    /* another index, with an h that is too large */
    uint32_t found = 0;
    for (uint32_t j = 0; j < 1u << LEVELS; j++) {
        kb h = kb_mul(kb_sub(kb_from_u32(FORGED_V), kb_from_u32(j)), kb_inv(KB_MONT(1 << LEVELS)));
        if (j == FORGED_V || kb_to_u32(h) >> 24 != 0) continue;
        bits_of(j, b);
        if (kb_to_u32(h) == top) continue; /* above */
        forgery_fails_by(&f, b, kb_to_u32(h), 1, 1, says, "h is at most");
        found++;
    }
    ck_assert_uint_gt(found, 0);
    fx_deinit(&f);
}
END_TEST

/* What rec_run refuses, the system refuses, and the other way round. */
START_TEST(forced_traces_are_refused)
{
    struct fx f;
    make_program(&f);
    uint32_t refused = 0, tried = 0;
    for (size_t i = 0; i < f.n; i += 1 + i % 3) {
        uint32_t old = f.advice[i];
        if (old < 2) continue; /* the free bit and zeros: test_rec.c */
        f.advice[i] = p_add(old, i % 2 == 0 ? 1 : 7);
        struct ir_trace *tr = NULL;
        enum err plain = rec_run(f.r, f.advice, f.n, &tr, f.check, sizeof f.check);
        ir_trace_free(plain == ERR_OK ? tr : NULL);
        ck_assert_int_eq(rec_run_forced(f.r, f.advice, f.n, &tr), ERR_OK);
        ck_assert_msg(mock(tr) == plain, "advice %zu: run says %s", i, err_name(plain));
        ir_trace_free(tr);
        f.advice[i] = old;
        refused += plain != ERR_OK;
        tried++;
    }
    printf("forced: %u advice changes, %u refused\n", (unsigned)tried, (unsigned)refused);
    ck_assert_uint_gt(refused, 40);
    fx_deinit(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recursion machine: forgeries");
    TCase *t = tcase_create("machine");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_number_has_one_index);
    tcase_add_test(t, a_path_of_another_index_is_refused);
    tcase_add_test(t, forgeries_of_an_index_meet_one_constraint);
    tcase_add_test(t, forced_traces_are_refused);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
