#include "common/base/require.h"
#include "tests/unit/prover/solgen/toys.h"

/* Rows of m compute y = k x + sel x^2 with k and sel from the key; every eighth row (sel = 1)
 * sends its number and y to n, whose rows also look up one of the 16 values of the table o in
 * the key. */
enum { TAG_ROW = 1, TAG_VALUE = 2, TAG_FIRST = 3 };
enum { M_LOG = 8, N_LOG = 5, O_LOG = 4, M_ROWS = 1 << M_LOG, N_ROWS = 1 << N_LOG };
enum { M_K, M_SEL, M_ID, M_BIG, M_UNUSED, M_PRE };
enum { M_X, M_Y, M_MORE, M_COLUMNS = 17 };
enum { N_ID, N_TAKES, N_FIRST, N_PRE };
enum { O_VALUE, O_COUNT, O_PRE };

static uint32_t m_pre[M_PRE][M_ROWS], n_pre[N_PRE][N_ROWS], o_pre[O_PRE][1 << O_LOG];
static const uint32_t *const m_columns[M_PRE] = {m_pre[0], m_pre[1], m_pre[2], m_pre[3], m_pre[4]};
static const uint32_t *const n_columns[N_PRE] = {n_pre[0], n_pre[1], n_pre[2]};
static const uint32_t *const o_columns[O_PRE] = {o_pre[0], o_pre[1]};
static const uint32_t *const *const pre_values[3] = {m_columns, n_columns, o_columns};

static void fill_pre(void)
{
    uint64_t state = 5;
    for (uint32_t i = 0; i < M_ROWS; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        m_pre[M_K][i] = (uint32_t)((state >> 24) % IR_P);
        m_pre[M_BIG][i] = (uint32_t)((state >> 31) % IR_P);
        m_pre[M_SEL][i] = i % 8 == 0;
        m_pre[M_ID][i] = i;
        m_pre[M_UNUSED][i] = 7 * i;
    }
    for (uint32_t i = 0; i < N_ROWS; i++) {
        n_pre[N_ID][i] = 8 * i;
        n_pre[N_TAKES][i] = IR_P - 1;
        n_pre[N_FIRST][i] = i == 0;
    }
    for (uint32_t i = 0; i < 1 << O_LOG; i++) {
        o_pre[O_VALUE][i] = 1000 + i;
        o_pre[O_COUNT][i] = N_ROWS >> O_LOG;
    }
}

static void build(struct ir_system *s)
{
    struct ir_table *m = ir_table_new(s, "m", M_LOG);
    uint32_t first = ir_columns(m, "c", M_COLUMNS);
    ir_x x = ir_col(m, first + M_X), y = ir_col(m, first + M_Y);
    first = ir_pres(m, "pre", M_PRE);
    ir_x k = ir_prec(m, first + M_K), sel = ir_prec(m, first + M_SEL);
    ir_x value = ir_add(m, ir_mul(m, k, x), ir_mul(m, sel, ir_mul(m, x, x)));
    ir_assert_eq(m, y, value, "y");
    ir_assert_bool(m, sel, "sel");
    for (uint32_t i = M_MORE; i < M_COLUMNS; i++)
        ir_assert_eq(m, ir_col(m, i), ir_add(m, x, ir_scale(m, i, sel)), "more");
    ir_x big = ir_prec(m, first + M_BIG), unused = ir_prec(m, first + M_UNUSED);
    ir_assert_zero(m, ir_sub(m, ir_mul(m, big, unused), ir_mul(m, unused, big)), "nothing");
    ir_x row[3] = {ir_prec(m, first + M_ID), y, sel};
    ir_send(m, TAG_ROW, sel, row, 3, "row");

    struct ir_table *n = ir_table_new(s, "n", N_LOG);
    ir_x v = ir_col(n, ir_column(n, "v")), w = ir_col(n, ir_column(n, "w"));
    first = ir_pres(n, "pre", N_PRE);
    ir_x takes = ir_prec(n, first + N_TAKES);
    ir_x got[3] = {ir_prec(n, first + N_ID), v, ir_const(n, 1)};
    ir_send(n, TAG_ROW, takes, got, 3, "row");
    ir_send(n, TAG_VALUE, takes, &w, 1, "value");
    ir_x both[2] = {v, w};
    ir_send(n, TAG_FIRST, ir_prec(n, first + N_FIRST), both, 2, "first");

    struct ir_table *o = ir_table_new(s, "o", O_LOG);
    first = ir_pres(o, "pre", O_PRE);
    ir_x known = ir_prec(o, first + O_VALUE);
    ir_send(o, TAG_VALUE, ir_prec(o, first + O_COUNT), &known, 1, "value");
    const struct ir_public_field publics[2] = {{false, 0}, {false, 1}};
    ir_public_receive(s, TAG_FIRST, publics, 2, "first");
    ir_system_finish(s);
}

struct toy toy_pre(uint32_t seed)
{
    struct toy toy = {.system = ir_system_new("toy-pre", 1, 2), .pre = pre_values};
    fill_pre();
    build(toy.system);
    struct ir_trace *tr = toy.trace = ir_trace_new_pre(toy.system, toy.pre);
    REQUIRE(tr != NULL);
    uint64_t state = seed;
    for (uint32_t i = 0; i < M_ROWS; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        const uint64_t x = (state >> 24) % IR_P;
        const uint64_t square = m_pre[M_SEL][i] ? x * x % IR_P : 0;
        tr->tables[0].columns[M_X][i] = (uint32_t)x;
        for (uint32_t c = M_MORE; c < M_COLUMNS; c++)
            tr->tables[0].columns[c][i] = (uint32_t)((x + c * m_pre[M_SEL][i]) % IR_P);
        tr->tables[0].columns[M_Y][i] = (uint32_t)((m_pre[M_K][i] * x + square) % IR_P);
    }
    for (uint32_t i = 0; i < N_ROWS; i++) {
        tr->tables[1].columns[0][i] = tr->tables[0].columns[M_Y][8 * i];
        tr->tables[1].columns[1][i] = 1000 + i / (N_ROWS >> O_LOG);
    }
    tr->publics[0] = tr->tables[1].columns[0][0];
    tr->publics[1] = 1000;
    return toy;
}
