/* Soundness of the recursion machine's rows: what a lying prover may change without being noticed, cell
 * by cell and pair by pair; every value of the key; the canonical decomposition; forced runs. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"
#include "prover/recursion/rec_internal.h"
#include "prover/verify/program.h"
#include "rec_fixture.h"

/* ---- one row ---- */

static uint32_t p_add(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}

static uint32_t p_mul(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % IR_P);
}

/* A row as cells: columns, then preprocessed columns. */
struct row {
    const struct ir_table *t;
    uint32_t number, *cell, *value;
};

static void row_eval(struct row *r)
{
    const struct ir_table *t = r->t;
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *n = &t->nodes[i];
        uint32_t *v = r->value;
        switch (n->op) {
        case IR_CONST:
            v[i] = n->a;
            break;
        case IR_COL:
            v[i] = r->cell[n->a];
            break;
        case IR_PRE:
            v[i] = r->cell[t->n_columns + n->a];
            break;
        case IR_IDX:
            v[i] = (r->number >> n->a) & ((1u << n->b) - 1u);
            break;
        case IR_ADD:
            v[i] = p_add(v[n->a], v[n->b]);
            break;
        case IR_SUB:
            v[i] = p_add(v[n->a], IR_P - v[n->b]);
            break;
        case IR_MUL:
            v[i] = p_mul(v[n->a], v[n->b]);
            break;
        default:
            ck_abort_msg("op");
        }
    }
}

static bool row_constraints_hold(const struct row *r)
{
    for (uint32_t i = 0; i < r->t->n_constraints; i++)
        if (r->value[r->t->constraints[i].x] != 0) return false;
    return true;
}

/* Linear fingerprint of the multiset of messages, modulo p twice. */
static uint64_t row_says(const struct row *r)
{
    uint32_t sum[2] = {0, 0};
    for (uint32_t i = 0; i < r->t->n_messages; i++) {
        const struct ir_message *m = &r->t->messages[i];
        uint32_t mult = r->value[m->mult], n = m->n_fields;
        if (mult == 0) continue;
        if (m->sign < 0) mult = IR_P - mult;
        while (n > 0 && r->value[m->fields[n - 1]] == 0)
            n--;
        uint64_t h = m->tag * 0x9e3779b97f4a7c15u;
        for (uint32_t k = 0; k < n; k++) {
            h ^= r->value[m->fields[k]] + ((uint64_t)(k + 1) << 40);
            h *= 0xff51afd7ed558ccdu;
            h ^= h >> 29;
        }
        sum[0] = p_add(sum[0], p_mul(mult, (uint32_t)(h & 0x3fffffff)));
        sum[1] = p_add(sum[1], p_mul(mult, (uint32_t)(h >> 34)));
    }
    return (uint64_t)sum[0] << 32 | sum[1];
}

static void row_load(struct row *r, const struct ir_trace *tr, uint32_t table, uint32_t number)
{
    const struct ir_trace_table *tt = &tr->tables[table];
    r->t = tr->system->tables[table];
    r->number = number;
    r->cell = malloc((r->t->n_columns + r->t->n_pre) * sizeof *r->cell);
    r->value = malloc(r->t->n_nodes * sizeof *r->value);
    ck_assert(r->cell != NULL && r->value != NULL);
    for (uint32_t c = 0; c < r->t->n_columns; c++)
        r->cell[c] = tt->columns[c][number];
    for (uint32_t c = 0; c < r->t->n_pre; c++)
        r->cell[r->t->n_columns + c] = tt->pre[c][number];
    row_eval(r);
}

static void row_drop(struct row *r)
{
    free(r->cell);
    free(r->value);
}

/* ---- a program with one of everything, and rows left over in every table ---- */

static void make_program(struct fx *f)
{
    fx_init(f, &FX_SHAPE, 1000);
    struct rec *r = f->r;
    rec_check(r, "sample");
    uint32_t(*nodes)[8] = fx_tree(f, 7), w[8];
    fx_random_word(f, w);
    w[3] = 0x5a5a5a5a;
    rec_word word = fx_word(f, w), root = fx_word(f, nodes[1]);
    rec_base v = rec_element_base(r, word, 3);
    rec_word leaf = fx_word(f, nodes[128 + (w[3] & 127)]);
    rec_end end = rec_path(r, leaf, rec_index_of(r, v, 7), root);
    fx_put_path(f, nodes, 7, w[3] & 127);
    rec_ext e[3], z[3], c = rec_challenge(r, word);
    rec_word packed[2];
    rec_pack(r, e, (bool[3]){true, true, true}, 99, packed);
    for (int i = 0; i < 15; i++)
        fx_put(f, &(uint32_t){fx_random(f)}, 1);
    rec_word sum = rec_compress(r, rec_compress(r, root, packed[0]), packed[1]);
    z[0] = c;
    z[1] = e[1];
    z[2] = rec_lerp(r, e[0], e[1], e[2]);
    rec_ext p = rec_pow(r, end, z, 3), q = rec_fold8(r, word, c, e[0], e[1]);
    rec_assert_eq(r, rec_mul(r, p, q), rec_mul(r, q, p));
    rec_mul(r, rec_inverse(r, rec_mac(r, p, q, c)), rec_end_y(r, end));
    rec_assert_low_bits_zero(r, fx_base(f, 1u << 20, 0), 20);
    rec_assert_low_bits_zero(r, fx_base(f, 3u << 5, 1), 5);
    /* slot 5 = 101 of a tree of depth 3, bit 1 free */
    uint32_t(*keys)[8] = fx_tree(f, 3);
    rec_word key = fx_word(f, keys[8 + 5]), k_root = fx_word(f, keys[1]);
    rec_path_slots(r, key, 3, 5, 2, k_root);
    for (uint32_t s = 0, at = 13; s < 3; s++, at /= 2) {
        fx_put(f, keys[at ^ 1], 8);
        if (s == 1) fx_put(f, &(uint32_t){at & 1}, 1);
    }
    rec_public(r, 4, sum);
    f->public_done[4] = true;
    fx_finish(f);
    free(nodes);
    free(keys);
}

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
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
            ck_assert_msg(strstr(line, " fields, ") != NULL, "%s", line);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recursion machine: soundness of rows");
    TCase *t = tcase_create("machine");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, every_cell_is_bound_or_free_for_a_reason);
    tcase_add_test(t, every_pair_in_a_row_is_bound_or_free_for_a_reason);
    tcase_add_test(t, every_value_of_the_key_matters);
    tcase_add_test(t, a_number_has_one_index);
    tcase_add_test(t, a_path_of_another_index_is_refused);
    tcase_add_test(t, forgeries_of_an_index_meet_one_constraint);
    tcase_add_test(t, forced_traces_are_refused);
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
