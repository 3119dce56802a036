#include "tests/unit/prover/system/toy_pre.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/require.h"

enum { BUS_VALUE = 9, FIRST_RESULT = 1 << 20 };
enum { ROM_ADDR, ROM_VALUE, ROM_READS };
enum { OP_A, OP_B, OP_DST, OP_ON, OP_READS, OP_K };

static uint32_t add(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}
static uint32_t mul(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % IR_P);
}

static void ops_table(struct ir_system *s, uint32_t log)
{
    struct ir_table *t = ir_table_new(s, "ops", log);
    const uint32_t x = ir_columns(t, "x", 3), p = ir_pre(t, "a");
    ir_pre(t, "b");
    ir_pre(t, "dst");
    ir_pre(t, "on");
    ir_pre(t, "reads");
    ir_pre(t, "k");
    ir_x a = ir_col(t, x), b = ir_col(t, x + 1), c = ir_col(t, x + 2), on = ir_prec(t, p + OP_ON);
    ir_x want = ir_add(t, ir_mul(t, a, b), ir_mul(t, ir_prec(t, p + OP_K), a));
    ir_assert_zero(t, ir_mul(t, on, ir_sub(t, c, want)), "result");
    ir_x left[2] = {ir_prec(t, p + OP_A), a}, right[2] = {ir_prec(t, p + OP_B), b};
    ir_x out[2] = {ir_prec(t, p + OP_DST), c};
    ir_receive(t, BUS_VALUE, on, left, 2, "left");
    ir_receive(t, BUS_VALUE, on, right, 2, "right");
    ir_send(t, BUS_VALUE, ir_prec(t, p + OP_READS), out, 2, "out");
}

static struct ir_system *make_system(const struct toy_pre_shape *h)
{
    struct ir_system *s = ir_system_new("toy-machine", 1, 1);
    ops_table(s, h->log_ops);
    struct ir_table *rom = ir_table_new(s, "rom", h->log_rom);
    ir_pre(rom, "addr");
    ir_pre(rom, "value");
    ir_pre(rom, "reads");
    ir_x cell[2] = {ir_prec(rom, ROM_ADDR), ir_prec(rom, ROM_VALUE)};
    ir_send(rom, BUS_VALUE, ir_prec(rom, ROM_READS), cell, 2, "constant");
    struct ir_table *wide = ir_table_new(s, "wide", h->log_wide);
    const uint32_t q = ir_column(wide, "q"), w = ir_pres(wide, "w", h->n_wide);
    ir_x sum = ir_const(wide, 0);
    for (uint32_t i = 0; i < h->n_wide; i++)
        sum = ir_add(wide, sum, ir_scale(wide, i + 1, ir_prec(wide, w + i)));
    ir_assert_eq(wide, ir_col(wide, q), ir_mul(wide, sum, sum), "square of the weights");
    struct ir_table *plain = ir_table_new(s, "plain", h->log_plain);
    const uint32_t c = ir_columns(plain, "c", h->n_plain);
    for (uint32_t i = 0; i + 2 < h->n_plain; i += 3) {
        char name[32];
        snprintf(name, sizeof name, "product %u", (unsigned)i);
        ir_assert_eq(plain, ir_col(plain, c + i + 2),
                     ir_mul(plain, ir_col(plain, c + i), ir_col(plain, c + i + 1)), name);
    }
    for (uint32_t i = h->n_plain / 3 * 3; i < h->n_plain; i++) {
        char name[32];
        snprintf(name, sizeof name, "zero %u", (unsigned)i);
        ir_assert_zero(plain, ir_col(plain, c + i), name);
    }
    const uint32_t last = FIRST_RESULT + (1u << h->log_ops) / 2 - 1;
    struct ir_public_field result[2] = {{true, last}, {false, 0}};
    ir_public_receive(s, BUS_VALUE, result, 2, "result");
    ir_system_finish(s);
    return s;
}

static uint32_t random_element(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return (uint32_t)(*x % IR_P);
}

/* The value at an address, counting the read. */
static uint32_t read_value(struct toy_pre *y, uint32_t address)
{
    if (address < FIRST_RESULT) {
        y->values[TOY_PRE_ROM][ROM_READS][address]++;
        return y->values[TOY_PRE_ROM][ROM_VALUE][address];
    }
    y->values[TOY_PRE_OPS][OP_READS][address - FIRST_RESULT]++;
    return y->tr->tables[TOY_PRE_OPS].columns[2][address - FIRST_RESULT];
}

static void fill_machine(struct toy_pre *y, uint64_t *x)
{
    uint32_t **rom = y->values[TOY_PRE_ROM], **ops = y->values[TOY_PRE_OPS];
    uint32_t **cells = y->tr->tables[TOY_PRE_OPS].columns;
    const uint32_t n_rom = 1u << y->shape.log_rom, n_ops = (1u << y->shape.log_ops) / 2;
    for (uint32_t i = 0; i < n_rom; i++) {
        rom[ROM_ADDR][i] = i;
        rom[ROM_VALUE][i] = random_element(x);
    }
    for (uint32_t i = 0; i < n_ops; i++) {
        for (int side = 0; side < 2; side++) {
            const uint32_t from_rom = random_element(x) % n_rom;
            const uint32_t back = i == 0 ? 0 : FIRST_RESULT + random_element(x) % i;
            const uint32_t address = i == 0 || random_element(x) % 3 == 0 ? from_rom : back;
            ops[side][i] = address;
            cells[side][i] = read_value(y, address);
        }
        ops[OP_DST][i] = FIRST_RESULT + i;
        ops[OP_ON][i] = 1;
        ops[OP_K][i] = random_element(x);
        cells[2][i] = add(mul(cells[0][i], cells[1][i]), mul(ops[OP_K][i], cells[0][i]));
    }
    y->tr->publics[0] = read_value(y, FIRST_RESULT + n_ops - 1);
    /* rows that are off may hold anything */
    for (uint32_t i = n_ops; i < 2 * n_ops; i++)
        cells[2][i] = random_element(x);
}

void toy_pre_init(struct toy_pre *y, const struct toy_pre_shape *shape, uint32_t seed)
{
    uint64_t x = 88172645463325252u + seed;
    *y = (struct toy_pre){.shape = *shape, .s = make_system(shape)};
    for (uint32_t t = 0; t < TOY_PRE_TABLES; t++) {
        const uint32_t n = y->s->tables[t]->n_pre;
        y->values[t] = calloc(n + 1u, sizeof *y->values[t]);
        REQUIRE(y->values[t] != NULL);
        for (uint32_t c = 0; c < n; c++) {
            y->values[t][c] = calloc((size_t)1 << y->s->tables[t]->log_height, sizeof(uint32_t));
            REQUIRE(y->values[t][c] != NULL);
        }
        y->pre[t] = (const uint32_t *const *)(void *)y->values[t];
    }
    y->tr = ir_trace_new_pre(y->s, y->pre);
    REQUIRE(y->tr != NULL);
    fill_machine(y, &x);
    for (uint32_t row = 0; row < 1u << shape->log_wide; row++) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < shape->n_wide; i++) {
            y->values[TOY_PRE_WIDE][i][row] = random_element(&x);
            sum = add(sum, mul(i + 1, y->values[TOY_PRE_WIDE][i][row]));
        }
        y->tr->tables[TOY_PRE_WIDE].columns[0][row] = mul(sum, sum);
    }
    uint32_t **c = y->tr->tables[TOY_PRE_PLAIN].columns;
    for (uint32_t row = 0; row < 1u << shape->log_plain; row++)
        for (uint32_t i = 0; i < shape->n_plain; i++)
            c[i][row] = i >= shape->n_plain / 3 * 3 ? 0
                        : i % 3 == 2                ? mul(c[i - 2][row], c[i - 1][row])
                                                    : random_element(&x);
}

void toy_pre_free(struct toy_pre *y)
{
    for (uint32_t t = 0; t < TOY_PRE_TABLES; t++) {
        for (uint32_t c = 0; c < y->s->tables[t]->n_pre; c++)
            free(y->values[t][c]);
        free(y->values[t]);
    }
    ir_trace_free(y->tr);
    ir_system_free(y->s);
}
