#include "tests/unit/prover/solgen/toys.h"

#include "common/base/require.h"
#include "common/field/kb.h"

enum { TAG_TUPLE = 1, TAG_RANGE = 2, TAG_OPEN = 3, TAG_CLOSE = 4 };
enum { A_LOG = 9, B_LOG = 6, C_LOG = 3, A_ROWS = 1 << A_LOG, B_ROWS = 1 << B_LOG };
enum { A_X, A_Y, A_Z, A_B, A_F, A_L, A_L_COUNT = 9, A_COLUMNS = A_L + A_L_COUNT };
enum { B_I, B_X, B_Y, B_Z, B_F, B_R, B_COLUMNS };

static const uint32_t pattern8[8] = {1, 0, 2, 3, 50000, 6, 7, 2130706432};
static const uint32_t pattern64[64] = {0x428a2f98, 0x71374491, 0x35c0fbcf, 0x69b5dba5, 1,
                                       2,          0,          4,          0x3956c25b, 0x59f111f1,
                                       11,         12,         0,          0,          0x550c7dc3,
                                       16383,      16384,      0x72be5d74, 0x00deb1fe, 0x1bdc06a7};

static uint32_t mul(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % KB_P);
}

static uint32_t add(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % KB_P);
}

static uint32_t sub(uint32_t a, uint32_t b)
{
    return add(a, KB_P - b);
}

/* Column l of the "mixing" columns: a long combination with coefficients of every size. */
static ir_x mix(struct ir_table *t, const ir_x *x, uint32_t l)
{
    ir_x sum = ir_const(t, l);
    for (uint32_t i = 0; i < 5; i++) {
        ir_x term = ir_scale(t, 101 + 13 * i + l, x[i]);
        sum = i % 2 == 0 ? ir_add(t, sum, term) : ir_sub(t, sum, term);
    }
    for (uint32_t i = 0; i < l; i++) /* grows by about 7 bits each time */
        sum = ir_add(t, ir_scale(t, 97, sum), x[i % 5]);
    sum = ir_sub(t, sum, ir_scale(t, 123456789, x[1]));
    return ir_sub(t, ir_const(t, 77), ir_add(t, sum, ir_scale(t, KB_P - 3, x[2])));
}

static uint32_t mix_value(const uint32_t *x, uint32_t l)
{
    uint32_t sum = l;
    for (uint32_t i = 0; i < 5; i++) {
        uint32_t term = mul(101 + 13 * i + l, x[i]);
        sum = i % 2 == 0 ? add(sum, term) : sub(sum, term);
    }
    for (uint32_t i = 0; i < l; i++)
        sum = add(mul(97, sum), x[i % 5]);
    sum = sub(sum, mul(123456789, x[1]));
    return sub(77, sub(sum, mul(3, x[2])));
}

static void table_a(struct ir_system *s)
{
    struct ir_table *t = ir_table_new(s, "a", A_LOG);
    uint32_t first = ir_columns(t, "c", A_COLUMNS);
    REQUIRE(first == 0);
    ir_x c[A_COLUMNS];
    for (uint32_t i = 0; i < A_COLUMNS; i++)
        c[i] = ir_col(t, i);
    ir_x square = ir_mul(t, c[A_X], c[A_X]);
    ir_assert_eq(t, c[A_Y], ir_mul(t, square, c[A_X]), "y is x^3");
    ir_assert_eq(t, c[A_Z], ir_mul(t, ir_mul(t, square, square), c[A_X]), "z is x^5");
    ir_assert_bool(t, c[A_B], "b");
    ir_x f = ir_mul(t, ir_fixed(t, 3, pattern8), c[A_X]);
    f = ir_add(t, f, ir_mul(t, ir_fixed(t, 6, pattern64), c[A_B]));
    f = ir_add(t, f, ir_mul(t, ir_idx(t, 0, A_LOG), ir_idx(t, 2, 5)));
    ir_assert_eq(t, c[A_F], f, "f");
    for (uint32_t l = 0; l < A_L_COUNT; l++)
        ir_assert_eq(t, c[A_L + l], mix(t, c, l), "mix");
    ir_x fields[7] = {ir_idx(t, 0, A_LOG),    c[A_X], c[A_Y], c[A_Z], c[A_F], ir_const(t, 5),
                      ir_const(t, 2000000000)};
    ir_send(t, TAG_TUPLE, c[A_B], fields, 7, "tuple");
    ir_x low[1] = {ir_idx(t, 3, 3)};
    ir_send(t, TAG_RANGE, ir_const(t, 1), low, 1, "range");
}

static void table_b(struct ir_system *s)
{
    struct ir_table *t = ir_table_new(s, "b", B_LOG);
    uint32_t first = ir_columns(t, "c", B_COLUMNS);
    REQUIRE(first == 0);
    ir_x c[B_COLUMNS];
    for (uint32_t i = 0; i < B_COLUMNS; i++)
        c[i] = ir_col(t, i);
    ir_assert_bool(t, c[B_R], "r");
    ir_x fields[7] = {
        c[B_I], c[B_X], c[B_Y], c[B_Z], c[B_F], ir_const(t, 5), ir_const(t, 2000000000)};
    ir_receive(t, TAG_TUPLE, c[B_R], fields, 7, "tuple");
}

static void tables_c_d(struct ir_system *s)
{
    struct ir_table *t = ir_table_new(s, "c", C_LOG);
    ir_x count = ir_col(t, ir_column(t, "count"));
    ir_x value[1] = {ir_idx(t, 0, C_LOG)};
    ir_receive(t, TAG_RANGE, count, value, 1, "range");
    t = ir_table_new(s, "d", 0);
    ir_x u = ir_col(t, ir_column(t, "u")), v = ir_col(t, ir_column(t, "v"));
    ir_x one = ir_const(t, 1);
    ir_x open[3] = {ir_const(t, 7), u, v};
    ir_receive(t, TAG_OPEN, one, open, 3, "open");
    ir_x close[4] = {ir_scale(t, 2, v), ir_sub(t, u, v), ir_const(t, 0), ir_const(t, 20000)};
    ir_send(t, TAG_CLOSE, one, close, 4, "close");
}

struct toy toy_mixed(uint32_t seed)
{
    struct toy toy = {0};
    struct ir_system *s = toy.system = ir_system_new("toy-mixed", 1, 4);
    table_a(s);
    table_b(s);
    tables_c_d(s);
    struct ir_public_field open[3] = {{true, 7}, {false, 0}, {false, 1}};
    struct ir_public_field close[4] = {{false, 2}, {false, 3}, {true, 0}, {true, 20000}};
    ir_public_send(s, TAG_OPEN, open, 3, "open");
    ir_public_receive(s, TAG_CLOSE, close, 4, "close");
    ir_system_finish(s);

    struct ir_trace *tr = toy.trace = ir_trace_new(s);
    REQUIRE(tr != NULL);
    uint32_t **a = tr->tables[0].columns, **b = tr->tables[1].columns, used = 0;
    uint64_t state = seed;
    for (uint32_t i = 0; i < A_ROWS; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        uint32_t x = (uint32_t)((state >> 24) % KB_P), row[A_COLUMNS];
        bool pick = (state >> 60) < 2 && used < B_ROWS;
        row[A_X] = x;
        row[A_Y] = mul(mul(x, x), x);
        row[A_Z] = mul(row[A_Y], mul(x, x));
        row[A_B] = pick;
        row[A_F] = add(mul(pattern8[i % 8], x), mul(pattern64[i % 64], pick));
        row[A_F] = add(row[A_F], mul(i, i >> 2 & 31));
        for (uint32_t l = 0; l < A_L_COUNT; l++)
            row[A_L + l] = mix_value(row, l);
        for (uint32_t k = 0; k < A_COLUMNS; k++)
            a[k][i] = row[k];
        if (!pick) continue;
        b[B_I][used] = i;
        b[B_X][used] = row[A_X];
        b[B_Y][used] = row[A_Y];
        b[B_Z][used] = row[A_Z];
        b[B_F][used] = row[A_F];
        b[B_R][used++] = 1;
    }
    for (uint32_t i = 0; i < 1u << C_LOG; i++)
        tr->tables[2].columns[0][i] = A_ROWS >> C_LOG;
    uint32_t u = (uint32_t)(state >> 33) % KB_P, v = (uint32_t)(state >> 7) % KB_P;
    tr->tables[3].columns[0][0] = u;
    tr->tables[3].columns[1][0] = v;
    tr->publics[0] = u;
    tr->publics[1] = v;
    tr->publics[2] = mul(2, v);
    tr->publics[3] = sub(u, v);
    return toy;
}

enum { R_LOG = 6, R_INPUTS = 6, R_OUTPUTS = 24, R_NODES = 220 };

static uint32_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static uint32_t random_constant(uint64_t *state)
{
    switch (random_next(state) % 6) {
    case 0:
        return random_next(state) % 4;
    case 1:
        return KB_P - 1 - random_next(state) % 4;
    case 2:
        return random_next(state) % 1024;
    case 3:
        return 1u << random_next(state) % 31;
    case 4:
        return KB_P - (1u << random_next(state) % 30);
    default:
        return random_next(state) % KB_P;
    }
}

struct toy toy_random(uint32_t seed)
{
    struct toy toy = {0};
    uint64_t state = seed;
    ir_x x[R_NODES], one;
    uint32_t degree[R_NODES];
    struct ir_system *s = toy.system = ir_system_new("toy-random", seed, 1);
    struct ir_table *t = ir_table_new(s, "r", R_LOG);
    uint32_t n = 0, first = ir_columns(t, "c", R_INPUTS + R_OUTPUTS);
    REQUIRE(first == 0);
    for (; n < R_INPUTS; n++) {
        x[n] = ir_col(t, n);
        degree[n] = 1;
    }
    x[n] = ir_idx(t, 1, 4);
    degree[n++] = 1;
    x[n] = ir_fixed(t, 3, pattern8);
    degree[n++] = 1;
    while (n < R_NODES) {
        uint32_t a = random_next(&state) % n, b = random_next(&state) % n;
        if (random_next(&state) % 2 == 0) a = n - 1 - random_next(&state) % 8;
        degree[n] = degree[a] > degree[b] ? degree[a] : degree[b];
        switch (random_next(&state) % 8) {
        case 0:
        case 1:
            x[n] = ir_add(t, x[a], x[b]);
            break;
        case 2:
            x[n] = ir_sub(t, x[a], x[b]);
            break;
        case 3:
            x[n] = ir_scale(t, random_constant(&state), x[a]);
            degree[n] = degree[a];
            break;
        case 4:
            x[n] = ir_sub(t, ir_const(t, random_constant(&state)), x[a]);
            degree[n] = degree[a];
            break;
        case 5:
            x[n] = ir_sub(t, x[a], ir_const(t, random_constant(&state)));
            degree[n] = degree[a];
            break;
        default:
            if (degree[a] + degree[b] > IR_MAX_DEGREE) continue;
            x[n] = ir_mul(t, x[a], x[b]);
            degree[n] = degree[a] + degree[b];
        }
        n++;
    }
    one = ir_const(t, 1);
    for (uint32_t i = 0; i < R_OUTPUTS; i++) {
        ir_assert_eq(t, ir_col(t, R_INPUTS + i), x[n - 1 - 3 * i], "output");
        ir_x fields[4] = {x[n - 2 - 3 * i], x[i], x[n - 3 - 3 * i], ir_const(t, 16 + i)};
        ir_send(t, TAG_TUPLE, i % 2 == 0 ? one : x[n - 1 - 3 * i], fields, 4, "there");
        ir_receive(t, TAG_TUPLE, i % 2 == 0 ? one : x[n - 1 - 3 * i], fields, 4, "back");
    }
    ir_system_finish(s);
    struct ir_trace *tr = toy.trace = ir_trace_new(s);
    REQUIRE(tr != NULL);
    for (uint32_t row = 0; row < 1u << R_LOG; row++) {
        for (uint32_t i = 0; i < R_INPUTS; i++)
            tr->tables[0].columns[i][row] = random_constant(&state);
        for (uint32_t i = 0; i < R_OUTPUTS; i++)
            tr->tables[0].columns[R_INPUTS + i][row] =
                ir_eval_row(t, &tr->tables[0], x[n - 1 - 3 * i], row);
    }
    tr->publics[0] = seed;
    return toy;
}

void toy_free(struct toy *t)
{
    ir_trace_free(t->trace);
    ir_system_free(t->system);
}
