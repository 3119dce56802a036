/* Soundness of the recursion machine's rows: what a lying prover may change without being noticed, cell
 * by cell and pair by pair; every value of the key; random programs; sizes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/verify/program.h"
#include "rec_row.h"

static uint32_t rows_used(const struct fx *f, uint32_t table)
{
    const struct rec *r = f->r;
    const uint32_t used[REC_N_TABLES] = {r->hash.n, r->mac.n,  r->pow.n, r->fold.n, r->pack.n,
                                         1u << 30,  r->bits.n, 1u << 30, 1u << 30};
    return used[table];
}

/* Why a changed cell may pass, or NULL: what the row's tables say about free columns. */
static const char *free_cell(const struct fx *f, const struct row *r, uint32_t table,
                             uint32_t column)
{
    const bool padding = r->number >= rows_used(f, table);
    const uint32_t *pre = r->cell + r->t->n_columns;
    switch (table) {
    case REC_POW:
        if (padding && column < POW_Z) return "reads what it writes; nobody else does";
        break;
    case REC_PACK:
        if (pre[PACK_E_MULT + column / 5] == 0 && pre[PACK_A_MULT] == 0 && pre[PACK_B_MULT] == 0)
            return "says nothing";
        if (column >= 5 && pre[PACK_E_MULT + column / 5] == 0 && pre[PACK_B_MULT] == 0 &&
            column >= 8)
            return "part of B, which nobody reads";
        break;
    case REC_BITS:
        if (column == BITS_INV && r->cell[BITS_IDX] == 0) return "idx = 0: g may be anything";
        break;
    default:
        break;
    }
    return NULL;
}

static const uint32_t deltas[] = {1, IR_P - 1, 1 << 16, 123456789};

struct tally {
    uint32_t changes, passed;
};

/* One change (of one or two cells, already made): noticed, or allowed. */
static bool change_noticed(struct row *r, uint64_t says)
{
    row_eval(r);
    return !row_constraints_hold(r) || row_says(r) != says;
}

/* Rows to look at: of poseidon one of each kind, for they are long; else all that are used, and
 * padding. */
static bool row_chosen(const struct fx *f, const struct ir_trace *tr, uint32_t table, uint32_t row,
                       uint32_t *seen)
{
    uint32_t rows = 1u << tr->tables[table].log_height, used = rows_used(f, table);
    if (row == rows - 1 || row == used) return true;
    if (table != REC_POSEIDON) return row < used && row < 64;
    const uint32_t *const *pre = tr->tables[table].pre;
    uint32_t kind = (pre[POSEIDON_KAPPA][row] != 0) |
                    (uint32_t)(pre[POSEIDON_EXPECT][row] != 0) << 1 |
                    (uint32_t)(tr->tables[table].columns[POSEIDON_TURN][row] != 0) << 2 |
                    (uint32_t)(pre[POSEIDON_RIGHT_MULT][row] != 0) << 3 |
                    (uint32_t)(pre[POSEIDON_RIGHT_MULT][row] == IR_P - 1) << 4;
    bool fresh = (*seen >> kind & 1) == 0;
    *seen |= 1u << kind;
    return row < used && fresh;
}

static void every_cell_of(const struct fx *f, const struct ir_trace *tr, uint32_t table,
                          uint32_t number, struct tally *tally)
{
    struct row r;
    row_load(&r, tr, table, number);
    uint64_t says = row_says(&r);
    ck_assert(row_constraints_hold(&r));
    for (uint32_t c = 0; c < r.t->n_columns; c++)
        for (uint32_t d = 0; d < ARRAY_LEN(deltas) + 2; d++) {
            uint32_t old = r.cell[c];
            const char *reason = free_cell(f, &r, table, c);
            r.cell[c] =
                d < ARRAY_LEN(deltas) ? p_add(old, deltas[d]) : d - (uint32_t)ARRAY_LEN(deltas);
            if (r.cell[c] != old) {
                tally->changes++;
                bool noticed = change_noticed(&r, says);
                tally->passed += !noticed;
                ck_assert_msg(noticed || reason != NULL, "table %s row %u column %s unnoticed",
                              r.t->name, (unsigned)number, r.t->column_names[c]);
            }
            r.cell[c] = old;
        }
    row_drop(&r);
}

START_TEST(every_cell_is_bound_or_free_for_a_reason)
{
    struct fx f;
    struct ir_trace *tr = NULL;
    make_program(&f);
    ck_assert_int_eq(fx_run(&f, NULL), ERR_OK);
    ck_assert_int_eq(fx_run(&f, &tr), ERR_OK);
    struct tally tally = {0, 0};
    for (uint32_t t = 0; t < REC_CONST; t++)
        for (uint32_t i = 0, seen = 0; i < 1u << tr->tables[t].log_height; i++)
            if (row_chosen(&f, tr, t, i, &seen)) every_cell_of(&f, tr, t, i, &tally);
    printf("single cells: %u changes, %u free\n", (unsigned)tally.changes, (unsigned)tally.passed);
    ir_trace_free(tr);
    fx_deinit(&f);
}
END_TEST

/* Columns that take part in pairs: of poseidon not the rounds, which follow from `in`. */
static uint32_t pair_columns(const struct ir_table *t, uint32_t table, uint32_t *out)
{
    static const uint32_t some[] = {0, 1, 7, 8, 9, 15, 16, POSEIDON_TURN, POSEIDON_IDX, POSEIDON_Y};
    if (table == REC_POSEIDON) {
        memcpy(out, some, sizeof some);
        return ARRAY_LEN(some);
    }
    for (uint32_t c = 0; c < t->n_columns; c++)
        out[c] = c;
    return t->n_columns;
}

static void every_pair_of(const struct fx *f, const struct ir_trace *tr, uint32_t table,
                          uint32_t number, struct tally *tally)
{
    struct row r;
    row_load(&r, tr, table, number);
    uint64_t says = row_says(&r);
    uint32_t column[256], n = pair_columns(r.t, table, column);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < i; k++)
            for (uint32_t d = 0; d < 6; d++) {
                uint32_t a = column[i], b = column[k], old_a = r.cell[a], old_b = r.cell[b];
                bool allowed = free_cell(f, &r, table, a) != NULL;
                allowed = allowed && free_cell(f, &r, table, b) != NULL;
                r.cell[a] = d == 0 ? old_b : d == 1 ? 0 : p_add(old_a, deltas[d - 2]);
                r.cell[b] = d == 0 ? old_a : p_add(old_b, d == 2 ? IR_P - 1 : deltas[d % 4]);
                if (d == 5) r.cell[b] = p_add(old_b, 1u << REC_RANGE_LOG);
                if (r.cell[a] != old_a && r.cell[b] != old_b) {
                    tally->changes++;
                    bool noticed = change_noticed(&r, says);
                    tally->passed += !noticed;
                    ck_assert_msg(noticed || allowed, "table %s row %u columns %s, %s unnoticed",
                                  r.t->name, (unsigned)number, r.t->column_names[a],
                                  r.t->column_names[b]);
                }
                r.cell[a] = old_a;
                r.cell[b] = old_b;
            }
    row_drop(&r);
}

START_TEST(every_pair_in_a_row_is_bound_or_free_for_a_reason)
{
    struct fx f;
    struct ir_trace *tr = NULL;
    make_program(&f);
    ck_assert_int_eq(fx_run(&f, &tr), ERR_OK);
    struct tally tally = {0, 0};
    for (uint32_t t = 0; t < REC_CONST; t++)
        for (uint32_t i = 0, seen = 0, n = 0; i < 1u << tr->tables[t].log_height && n < 24; i++)
            if (row_chosen(&f, tr, t, i, &seen)) {
                every_pair_of(&f, tr, t, i, &tally);
                n++;
            }
    printf("pairs: %u changes, %u free\n", (unsigned)tally.changes, (unsigned)tally.passed);
    ir_trace_free(tr);
    fx_deinit(&f);
}
END_TEST

/* Why another value of the key may pass with this trace, or NULL. */
static const char *free_pre(const struct row *r, uint32_t table, uint32_t c)
{
    const uint32_t *cell = r->cell, *pre = r->cell + r->t->n_columns;
    switch (table) {
    case REC_POSEIDON:
        if (c == POSEIDON_RIGHT_AT && pre[POSEIDON_RIGHT_MULT] == 0 && pre[POSEIDON_EXPECT] == 0)
            return "nobody speaks there";
        if (c == POSEIDON_KAPPA && cell[POSEIDON_TURN] == 0) return "the bit is 0 for any kappa";
        break;
    case REC_T_EXT:
        if (c == EXT_LERP) {
            bool a_zero = true, d_zero = true;
            for (uint32_t i = 0; i < 5; i++) {
                a_zero = a_zero && cell[EXT_A + i] == 0;
                d_zero = d_zero && cell[EXT_D + i] == 0;
            }
            if (a_zero || d_zero) return "a d = 0";
        }
        break;
    case REC_POW:
        if (c == POW_LAST && cell[POW_Y] == 0) return "y = 0";
        if (c == POW_LAST && pre[POW_MULT] == 0) return "nobody reads the product";
        break;
    case REC_PACK:
        if (c == PACK_LAST && pre[PACK_B_MULT] == 0) return "nobody reads B";
        break;
    case REC_SPLIT:
        if (c == SPLIT_ALL && pre[SPLIT_MULT] == 0) return "nobody reads the output";
        break;
    case REC_CONST:
        if (c < CONST_MULT && pre[CONST_MULT] == 0) return "nobody reads it";
        break;
    default:
        break;
    }
    return NULL;
}

START_TEST(every_value_of_the_key_matters)
{
    struct fx f;
    struct ir_trace *tr = NULL;
    make_program(&f);
    ck_assert_int_eq(fx_run(&f, &tr), ERR_OK);
    struct tally tally = {0, 0};
    for (uint32_t t = 0; t < REC_N_TABLES; t++)
        for (uint32_t i = 0, seen = 0; i < 1u << tr->tables[t].log_height; i++) {
            if (t == REC_CONST ? i > f.r->constant.n : !row_chosen(&f, tr, t, i, &seen)) continue;
            struct row r;
            row_load(&r, tr, t, i);
            uint64_t says = row_says(&r);
            for (uint32_t c = 0; c < r.t->n_pre; c++)
                for (uint32_t d = 0; d < ARRAY_LEN(deltas); d++) {
                    const char *reason = free_pre(&r, t, c);
                    uint32_t *cell = &r.cell[r.t->n_columns + c], old = *cell;
                    *cell = p_add(old, deltas[d]);
                    tally.changes++;
                    bool noticed = change_noticed(&r, says);
                    tally.passed += !noticed;
                    ck_assert_msg(noticed || reason != NULL, "table %s row %u %s unnoticed",
                                  r.t->name, (unsigned)i, r.t->pre_names[c]);
                    *cell = old;
                }
            row_drop(&r);
        }
    printf("key: %u changes, %u free\n", (unsigned)tally.changes, (unsigned)tally.passed);
    ir_trace_free(tr);
    fx_deinit(&f);
}
END_TEST

/* ---- random programs ---- */

static void random_program(struct fx *f, uint32_t steps)
{
    enum { POOL = 16 };
    rec_ext e[POOL];
    rec_word w[POOL];
    uint32_t v[8];
    for (uint32_t i = 0; i < POOL; i++) {
        fx_random_word(f, v);
        w[i] = fx_word(f, v);
        e[i] = i % 2 == 0 ? rec_challenge(f->r, w[i]) : rec_element(f->r, w[i], i % 8);
    }
    for (uint32_t i = 0; i < steps; i++) {
        uint32_t a = fx_random(f) % POOL, b = fx_random(f) % POOL, c = fx_random(f) % POOL;
        rec_ext g[3] = {e[a], e[b], rec_const(f->r, a % 3)};
        bool advice[3] = {a % 2 == 0, b % 2 == 0, false};
        rec_word p[2];
        switch (fx_random(f) % 9) {
        case 0:
            e[a] = rec_mac(f->r, e[a], e[b], e[c]);
            break;
        case 1:
            e[a] = rec_lerp(f->r, e[a], e[b], e[c]);
            break;
        case 2:
            e[a] = rec_inverse(f->r, rec_sub(f->r, e[b], rec_add(f->r, e[c], e[b])));
            break;
        case 3:
            w[a] = rec_compress(f->r, w[b], w[c]);
            break;
        case 4:
            rec_pack(f->r, g, advice, a, p);
            for (uint32_t k = 0; k < 3; k++) {
                fx_random_word(f, v);
                if (advice[k]) fx_put(f, v, 5);
            }
            w[a] = rec_compress(f->r, p[0], p[1]);
            e[b] = g[0];
            break;
        case 5:
            e[a] = rec_fold8(f->r, w[b], e[a], e[b], e[c]);
            break;
        case 6:
            e[a] = rec_challenge(f->r, w[b]);
            break;
        case 7:
            w[a] = rec_compress_advice(f->r, w[b], &w[c]);
            fx_random_word(f, v);
            fx_put(f, v, 8);
            break;
        default:
            rec_assert_eq(f->r, rec_sub(f->r, e[a], e[b]),
                          rec_mul(f->r, rec_const(f->r, IR_P - 1), rec_sub(f->r, e[b], e[a])));
        }
    }
    rec_public(f->r, 0, w[0]);
    f->public_done[0] = true;
}

START_TEST(random_programs_are_clean)
{
    for (uint32_t seed = 1; seed <= 12; seed++) {
        struct fx f;
        fx_init(&f, &FX_SHAPE, seed);
        random_program(&f, 120);
        fx_finish(&f);
        ck_assert_msg(fx_run(&f, NULL) == ERR_OK, "seed %u: %s", (unsigned)seed, f.check);
        fx_deinit(&f);
    }
}
END_TEST

START_TEST(tables_may_be_full_or_empty)
{
    for (uint32_t full = 0; full < 2; full++) {
        struct fx f;
        fx_init(&f, &FX_TINY, 1200);
        rec_ext e = rec_const(f.r, 3);
        rec_word w = rec_const_word(f.r, (uint32_t[8]){1, 2, 3, 4, 5, 6, 7, 8});
        while (full && rec_rows(f.r).ext < 1u << FX_TINY.ext)
            e = rec_mac(f.r, e, e, e);
        while (full && rec_rows(f.r).poseidon < (1u << FX_TINY.poseidon) - 12)
            w = rec_compress(f.r, w, w);
        while (full && rec_rows(f.r).fold < 1u << FX_TINY.fold)
            e = rec_fold8(f.r, w, e, e, e);
        /* elements 1, 1, then whole words: split has one row for each element */
        for (uint32_t i = 0; full && i < 8; i++)
            e = i == 1 || i == 6 ? rec_element(f.r, w, i) : rec_challenge(f.r, w);
        fx_finish(&f);
        ck_assert_int_eq(program_multiplicities(rec_system(&FX_TINY), rec_preprocessed(f.r)),
                         ERR_OK);
        if (full) ck_assert_uint_eq(rec_rows(f.r).poseidon, 1u << FX_TINY.poseidon);
        ck_assert_int_eq(fx_run(&f, NULL), ERR_OK);
        fx_deinit(&f);
    }
}
END_TEST

START_TEST(the_systems_are_small_and_of_degree_three)
{
    const struct rec_shape *shapes[] = {&REC_SHAPE_JOIN, &REC_SHAPE_TERMINAL};
    for (uint32_t k = 0; k < 2; k++) {
        const struct ir_system *s = rec_system(shapes[k]);
        ck_assert_ptr_eq(s, rec_system(shapes[k]));
        size_t cells = 0, pre = 0, columns = 0, key = 0, messages = 0;
        for (uint32_t t = 0; t < s->n_tables; t++) {
            cells += (size_t)s->tables[t]->n_columns << s->tables[t]->log_height;
            pre += (size_t)s->tables[t]->n_pre << s->tables[t]->log_height;
            columns += s->tables[t]->n_columns;
            key += s->tables[t]->n_pre;
            messages += s->tables[t]->n_messages;
        }
        printf("%zu columns, %zu preprocessed, %zu messages; %zu cells, %zu of the key\n", columns,
               key, messages, cells, pre);
        ck_assert_uint_eq(s->max_degree, 3);
        ck_assert_uint_le(cells, (size_t)1 << (22 - k));
        const struct ir_lint_allow allow = {"range", "range"};
        char text[4096];
        ir_lint(s, &allow, 1, text, sizeof text);
        /* messages of one bus differ in length on purpose: zeros behind */
        for (char *line = text, *end; *line != 0; line = end) {
            end = line + strcspn(line, "\n");
            if (*end != 0) *end++ = 0;
            ck_assert_msg(*line == 0 || strstr(line, " fields, ") != NULL, "%s", line);
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recursion machine: rows");
    TCase *t = tcase_create("machine");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, every_cell_is_bound_or_free_for_a_reason);
    tcase_add_test(t, every_pair_in_a_row_is_bound_or_free_for_a_reason);
    tcase_add_test(t, every_value_of_the_key_matters);
    tcase_add_test(t, random_programs_are_clean);
    tcase_add_test(t, tables_may_be_full_or_empty);
    tcase_add_test(t, the_systems_are_small_and_of_degree_three);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
