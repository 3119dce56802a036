#include "tests/unit/prover/system/toy.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/require.h"

static uint32_t add(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}
static uint32_t mul(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % IR_P);
}

static struct toy finish(struct ir_system *s)
{
    ir_system_finish(s);
    struct toy y = {s, ir_trace_new(s)};
    REQUIRE(y.tr != NULL);
    return y;
}

enum { BUS_FIB = 1, BUS_RANGE = 2, BUS_CUBE = 3, BUS_WIDE = 4, BUS_EMPTY = 5 };

struct toy toy_fib(uint32_t log_fib)
{
    struct ir_system *s = ir_system_new("toy-fib", 1, 2);
    struct ir_table *t = ir_table_new(s, "fib", log_fib);
    uint32_t a = ir_column(t, "a"), b = ir_column(t, "b"), cube = ir_column(t, "cube");
    ir_x i = ir_idx(t, 0, log_fib), one = ir_const(t, 1), ca = ir_col(t, a), cb = ir_col(t, b);
    ir_x in[3] = {i, ca, cb}, out[3] = {ir_add(t, i, one), cb, ir_add(t, ca, cb)};
    ir_receive(t, BUS_FIB, one, in, 3, "in");
    ir_send(t, BUS_FIB, one, out, 3, "out");
    ir_assert_eq(t, ir_col(t, cube), ir_mul(t, ca, ir_mul(t, ca, cb)), "cube");
    uint32_t pattern[4] = {2, 1, 0, 3};
    ir_x p = ir_fixed(t, 2, pattern);
    ir_send(t, BUS_RANGE, one, &p, 1, "range");
    /* bits 0 and 1 of the row name the pattern: a product of two extended leaves */
    ir_assert_zero(
        t, ir_mul(t, ir_sub(t, p, ir_const(t, 3)), ir_mul(t, ir_idx(t, 0, 1), ir_idx(t, 1, 1))),
        "row 3 says 3");

    struct ir_table *r = ir_table_new(s, "range", 2);
    uint32_t mult = ir_column(r, "mult");
    ir_x v = ir_idx(r, 0, 2);
    ir_receive(r, BUS_RANGE, ir_col(r, mult), &v, 1, "value");

    struct ir_table *k = ir_table_new(s, "const", 0);
    uint32_t one_row = ir_column(k, "one");
    ir_assert_eq(k, ir_col(k, one_row), ir_const(k, 1), "is one");
    ir_x kx = ir_col(k, one_row), ky = ir_mul(k, kx, kx);
    ir_send(k, BUS_CUBE, ky, &kx, 1, "hello");
    struct ir_public_field hello = {true, 1};
    ir_public_receive(s, BUS_CUBE, &hello, 1, "hello");

    struct ir_public_field first[3] = {{true, 0}, {true, 0}, {true, 1}};
    struct ir_public_field last[3] = {{true, 1u << log_fib}, {false, 0}, {false, 1}};
    ir_public_send(s, BUS_FIB, first, 3, "first");
    ir_public_receive(s, BUS_FIB, last, 3, "last");
    struct toy y = finish(s);
    uint32_t x0 = 0, x1 = 1;
    for (uint32_t row = 0; row < 1u << log_fib; row++) {
        y.tr->tables[0].columns[a][row] = x0;
        y.tr->tables[0].columns[b][row] = x1;
        y.tr->tables[0].columns[cube][row] = mul(x0, mul(x0, x1));
        uint32_t next = add(x0, x1);
        x0 = x1;
        x1 = next;
    }
    for (uint32_t row = 0; row < 4; row++)
        y.tr->tables[1].columns[mult][row] = 1u << (log_fib - 2);
    y.tr->tables[2].columns[one_row][0] = 1;
    y.tr->publics[0] = x0;
    y.tr->publics[1] = x1;
    return y;
}

struct toy toy_single(void)
{
    struct ir_system *s = ir_system_new("toy-single", 1, 0);
    struct ir_table *t = ir_table_new(s, "t", 0);
    ir_x x = ir_col(t, ir_column(t, "x"));
    ir_assert_eq(t, ir_mul(t, x, x), ir_const(t, 49), "square is 49");
    struct toy y = finish(s);
    y.tr->tables[0].columns[0][0] = 7;
    return y;
}

struct toy toy_mixed(uint32_t seed)
{
    srand(seed);
    struct ir_system *s = ir_system_new("toy-mixed", 1, 0);
    struct ir_table *t = ir_table_new(s, "tall", 7);
    uint32_t c = ir_columns(t, "c", 37);
    for (uint32_t i = 0; i + 5 < 37; i++) {
        char name[32];
        snprintf(name, sizeof name, "quintic %u", (unsigned)i);
        /* c[36] is 0: the products vanish whatever the other columns hold */
        ir_x x = ir_col(t, c + 36);
        for (uint32_t k = 0; k < i % 5; k++)
            x = ir_mul(t, x, ir_add(t, ir_col(t, c + i + k), ir_const(t, k)));
        ir_assert_zero(t, ir_scale(t, 3, ir_sub(t, x, ir_scale(t, 5, ir_col(t, c + 36)))), name);
    }
    ir_x wide[31];
    for (uint32_t i = 0; i < 31; i++)
        wide[i] = ir_add(t, ir_col(t, c + i), ir_mul(t, ir_col(t, c + 31), ir_col(t, c + 32)));
    ir_send(t, BUS_WIDE, ir_col(t, c + 35), wide, 31, "wide");
    ir_send(t, BUS_EMPTY, ir_const(t, 2), NULL, 0, "empty");

    struct ir_table *e = ir_table_new(s, "short", 3);
    uint32_t d = ir_columns(e, "d", 5);
    ir_receive(e, BUS_EMPTY, ir_col(e, d), NULL, 0, "empty");
    ir_assert_zero(e, ir_mul(e, ir_col(e, d + 1), ir_sub(e, ir_col(e, d + 2), ir_idx(e, 1, 2))),
                   "index");

    struct ir_table *w = ir_table_new(s, "wide", 5);
    uint32_t g = ir_columns(w, "g", 64);
    ir_x back[31];
    for (uint32_t i = 0; i < 31; i++)
        back[i] = ir_sub(w, ir_col(w, g + i), ir_col(w, g + 33));
    ir_receive(w, BUS_WIDE, ir_mul(w, ir_col(w, g + 31), ir_col(w, g + 32)), back, 31, "wide");
    struct ir_table *o = ir_table_new(s, "thin", 5);
    ir_column(o, "alone");
    ir_assert_zero(o, ir_sub(o, ir_col(o, 0), ir_idx(o, 0, 5)), "counts");

    struct toy y = finish(s);
    for (uint32_t row = 0; row < 128; row++) {
        for (uint32_t i = 0; i < 36; i++)
            y.tr->tables[0].columns[c + i][row] = (uint32_t)rand() % IR_P;
        y.tr->tables[0].columns[c + 35][row] = row % 4 == 1;
    }
    for (uint32_t row = 0; row < 8; row++) {
        y.tr->tables[1].columns[d][row] = row == 0 ? 256 - 21 : 3;
        y.tr->tables[1].columns[d + 1][row] = row == 2 ? 0 : (uint32_t)rand() % IR_P;
        y.tr->tables[1].columns[d + 2][row] = row == 2 ? 99 : row >> 1;
        y.tr->tables[1].columns[d + 3][row] = (uint32_t)rand() % IR_P;
    }
    for (uint32_t k = 0; k < 32; k++) {
        uint32_t **from = y.tr->tables[0].columns, **to = y.tr->tables[2].columns, row = 4 * k + 1;
        uint32_t extra = mul(from[c + 31][row], from[c + 32][row]);
        to[g + 33][k] = (uint32_t)rand() % IR_P;
        to[g + 31][k] = 2;
        to[g + 32][k] = (IR_P + 1) / 2;
        for (uint32_t i = 0; i < 31; i++)
            to[g + i][k] = add(add(from[c + i][row], extra), to[g + 33][k]);
        for (uint32_t i = 34; i < 64; i++)
            to[g + i][k] = (uint32_t)rand() % IR_P;
        y.tr->tables[3].columns[0][k] = k;
    }
    return y;
}

struct toy toy_bulk(uint32_t log_height, uint32_t tables, uint32_t columns, uint32_t messages)
{
    struct ir_system *s = ir_system_new("toy-bulk", 1, 0);
    for (uint32_t k = 0; k < tables; k++) {
        char name[32];
        snprintf(name, sizeof name, "t%u", (unsigned)k);
        struct ir_table *t = ir_table_new(s, name, log_height);
        uint32_t c = ir_columns(t, "c", columns);
        /* c[i+2] = (c[i] + 3) c[i+1] + i: degree 2; every fourth of degree 3 */
        for (uint32_t i = 0; i + 2 < columns; i += 3) {
            snprintf(name, sizeof name, "product %u", (unsigned)i);
            ir_x a = ir_add(t, ir_col(t, c + i), ir_const(t, 3)), b = ir_col(t, c + i + 1);
            ir_x ab = ir_mul(t, a, b);
            if (i % 4 == 0) ab = ir_mul(t, ab, a);
            ir_assert_eq(t, ir_col(t, c + i + 2), ir_add(t, ab, ir_const(t, i)), name);
        }
        for (uint32_t i = 0; i < messages; i++) {
            ir_x f[8];
            for (uint32_t j = 0; j < 8; j++)
                f[j] = ir_col(t, c + (i * 8 + j) % columns);
            snprintf(name, sizeof name, "send %u", (unsigned)i);
            ir_send(t, BUS_WIDE, ir_const(t, 1), f, 8, name);
            snprintf(name, sizeof name, "receive %u", (unsigned)i);
            ir_receive(t, BUS_WIDE, ir_const(t, 1), f, 8, name);
        }
    }
    struct toy y = finish(s);
    uint64_t x = 88172645463325252u;
    for (uint32_t k = 0; k < tables; k++)
        for (uint32_t row = 0; row < 1u << log_height; row++)
            for (uint32_t i = 0; i < columns; i++) {
                uint32_t **col = y.tr->tables[k].columns;
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                col[i][row] = (uint32_t)(x % IR_P);
                if (i % 3 != 2) continue;
                uint32_t a = add(col[i - 2][row], 3), ab = mul(a, col[i - 1][row]);
                if ((i - 2) % 4 == 0) ab = mul(ab, a);
                col[i][row] = add(ab, i - 2);
            }
    return y;
}

void toy_free(struct toy *y)
{
    ir_trace_free(y->tr);
    ir_system_free(y->s);
}
