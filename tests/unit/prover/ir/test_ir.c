/* The constraint language: builder, mock checker, lint. The toy system computes Fibonacci numbers
 * through bus messages: row i receives (i, a, b) and sends (i+1, b, a+b); the public messages open
 * the chain at (0, 0, 1) and close it at (2^h, x, y). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/ir/ir.h"
#include "prover/ir/ir_prog.h"

enum { LOG_H = 5, BUS_FIB = 1, BUS_RANGE = 2 };

struct toy {
    struct ir_system *s;
    struct ir_table *fib, *range;
    uint32_t a, b, small, mult;
    struct ir_trace *tr;
};

static uint32_t mod_add(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}

static struct toy toy_make(void)
{
    struct toy y = {0};
    y.s = ir_system_new("toy-fib", 1, 2);
    y.fib = ir_table_new(y.s, "fib", LOG_H);
    y.a = ir_column(y.fib, "a");
    y.b = ir_column(y.fib, "b");
    y.small = ir_column(y.fib, "small");
    struct ir_table *t = y.fib;
    ir_x i = ir_idx(t, 0, LOG_H), one = ir_const(t, 1);
    ir_x in[3] = {i, ir_col(t, y.a), ir_col(t, y.b)};
    ir_x out[3] = {ir_add(t, i, one), ir_col(t, y.b), ir_add(t, ir_col(t, y.a), ir_col(t, y.b))};
    ir_receive(t, BUS_FIB, one, in, 3, "in");
    ir_send(t, BUS_FIB, one, out, 3, "out");
    ir_x small = ir_col(t, y.small);
    ir_send(t, BUS_RANGE, one, &small, 1, "range");
    /* small = bit 0 of the row, twice: by its index and by a pattern */
    ir_assert_eq(t, small, ir_idx(t, 0, 1), "small is bit 0");
    uint32_t pattern[2] = {0, 1};
    ir_assert_eq(t, small, ir_fixed(t, 1, pattern), "small is the pattern");
    ir_assert_bool(t, small, "small is a bit");

    y.range = ir_table_new(y.s, "range", 2);
    y.mult = ir_column(y.range, "mult");
    ir_x v = ir_idx(y.range, 0, 2);
    ir_receive(y.range, BUS_RANGE, ir_col(y.range, y.mult), &v, 1, "value");

    struct ir_public_field first[3] = {{true, 0}, {true, 0}, {true, 1}};
    struct ir_public_field last[3] = {{true, 1u << LOG_H}, {false, 0}, {false, 1}};
    ir_public_send(y.s, BUS_FIB, first, 3, "first");
    ir_public_receive(y.s, BUS_FIB, last, 3, "last");
    ir_system_finish(y.s);

    y.tr = ir_trace_new(y.s);
    ck_assert_ptr_nonnull(y.tr);
    uint32_t a = 0, b = 1;
    for (uint32_t row = 0; row < 1u << LOG_H; row++) {
        y.tr->tables[0].columns[y.a][row] = a;
        y.tr->tables[0].columns[y.b][row] = b;
        y.tr->tables[0].columns[y.small][row] = row & 1;
        uint32_t c = mod_add(a, b);
        a = b;
        b = c;
    }
    y.tr->tables[1].columns[y.mult][0] = 1u << (LOG_H - 1);
    y.tr->tables[1].columns[y.mult][1] = 1u << (LOG_H - 1);
    y.tr->publics[0] = a;
    y.tr->publics[1] = b;
    return y;
}

static void toy_free(struct toy *y)
{
    ir_trace_free(y->tr);
    ir_system_free(y->s);
}

START_TEST(honest_trace_passes_and_ends_in_fibonacci)
{
    struct toy y = toy_make();
    char text[512];
    ck_assert_msg(ir_mock_check(y.tr, text, sizeof text) == ERR_OK, "%s", text);
    ck_assert_uint_eq(y.tr->publics[0], 2178309 % IR_P); /* F(32) */
    ck_assert_uint_eq(y.tr->publics[1], 3524578 % IR_P); /* F(33) */
    toy_free(&y);
}
END_TEST

START_TEST(every_cell_and_public_value_is_bound)
{
    struct toy y = toy_make();
    char text[512];
    for (uint32_t t = 0; t < y.s->n_tables; t++)
        for (uint32_t c = 0; c < y.s->tables[t]->n_columns; c++)
            for (uint32_t row = 0; row < 1u << y.s->tables[t]->log_height; row++) {
                uint32_t *cell = &y.tr->tables[t].columns[c][row], old = *cell;
                *cell = mod_add(old, 1);
                ck_assert_msg(ir_mock_check(y.tr, text, sizeof text) == ERR_PROOF,
                              "table %u column %u row %u is free", (unsigned)t, (unsigned)c,
                              (unsigned)row);
                *cell = old;
            }
    for (uint32_t i = 0; i < y.s->n_public; i++) {
        y.tr->publics[i] ^= 1;
        ck_assert(ir_mock_check(y.tr, text, sizeof text) == ERR_PROOF);
        y.tr->publics[i] ^= 1;
    }
    ck_assert(ir_mock_check(y.tr, text, sizeof text) == ERR_OK);
    toy_free(&y);
}
END_TEST

START_TEST(refusal_names_table_row_and_constraint)
{
    struct toy y = toy_make();
    char text[512];
    y.tr->tables[0].columns[y.small][7] = 0;
    ck_assert(ir_mock_check(y.tr, text, sizeof text) == ERR_PROOF);
    ck_assert_ptr_nonnull(strstr(text, "table fib row 7: constraint small is bit 0"));
    toy_free(&y);
}
END_TEST

START_TEST(refusal_names_the_unbalanced_message_and_a_speaker)
{
    struct toy y = toy_make();
    char text[512];
    y.tr->tables[1].columns[y.mult][2] = 3;
    ck_assert(ir_mock_check(y.tr, text, sizeof text) == ERR_PROOF);
    ck_assert_ptr_nonnull(strstr(text, "tag 2 (2) is received 3 times too often"));
    ck_assert_ptr_nonnull(strstr(text, "table range row 2 message value"));
    toy_free(&y);
}
END_TEST

START_TEST(cells_above_p_are_refused)
{
    struct toy y = toy_make();
    char text[512];
    y.tr->tables[0].columns[y.a][0] = IR_P; /* 0 in another spelling */
    ck_assert(ir_mock_check(y.tr, text, sizeof text) == ERR_PROOF);
    ck_assert_ptr_nonnull(strstr(text, "not below p"));
    toy_free(&y);
}
END_TEST

START_TEST(equal_expressions_share_a_node_and_constants_fold)
{
    struct ir_system *s = ir_system_new("x", 1, 0);
    struct ir_table *t = ir_table_new(s, "t", 3);
    uint32_t c = ir_column(t, "c");
    ir_x x = ir_col(t, c), y = ir_idx(t, 0, 2);
    ck_assert_uint_eq(ir_add(t, x, y), ir_add(t, y, x));
    ck_assert_uint_eq(ir_mul(t, x, y), ir_mul(t, y, x));
    ck_assert_uint_ne(ir_sub(t, x, y), ir_sub(t, y, x));
    ck_assert_uint_eq(ir_mul(t, x, ir_const(t, 1)), x);
    ck_assert_uint_eq(ir_mul(t, x, ir_const(t, 0)), ir_const(t, 0));
    ck_assert_uint_eq(ir_add(t, x, ir_const(t, 0)), x);
    ck_assert_uint_eq(ir_sub(t, x, x), ir_const(t, 0));
    ck_assert_uint_eq(ir_idx(t, 1, 0), ir_const(t, 0));
    ck_assert_uint_eq(ir_mul(t, ir_const(t, IR_P - 1), ir_const(t, IR_P - 1)), ir_const(t, 1));
    ck_assert_uint_eq(ir_sub(t, ir_const(t, 2), ir_const(t, 3)), ir_const_neg(t, 1));
    ir_x xs[3] = {x, y, ir_const(t, 1)};
    ir_x packed = ir_pack(t, xs, 3, 8);
    ir_assert_zero(t, packed, "packed");
    ir_system_finish(s);
    struct ir_trace *tr = ir_trace_new(s);
    tr->tables[0].columns[c][5] = 77;
    ck_assert_uint_eq(ir_eval_row(t, &tr->tables[0], packed, 5), 77 + (1u << 8) + (1u << 16));
    ir_trace_free(tr);
    ir_system_free(s);
}
END_TEST

START_TEST(digest_depends_on_every_part_of_the_meaning_and_not_on_names)
{
    uint8_t digests[8][32];
    for (int v = 0; v < 8; v++) {
        struct ir_system *s = ir_system_new("d", v == 1 ? 2 : 1, 1);
        struct ir_table *t = ir_table_new(s, "t", v == 2 ? 4 : 3);
        uint32_t c = ir_column(t, v == 7 ? "renamed" : "c");
        ir_assert_zero(t, ir_mul(t, ir_col(t, c), ir_idx(t, 0, v == 3 ? 1 : 2)), "k");
        ir_x f = ir_col(t, c);
        ir_send(t, v == 4 ? 6 : 5, ir_const(t, 1), &f, 1, "m");
        struct ir_public_field pf = {v == 5, 0};
        if (v == 6)
            ir_public_send(s, 5, &pf, 1, "p");
        else
            ir_public_receive(s, 5, &pf, 1, "p");
        ir_system_finish(s);
        memcpy(digests[v], s->digest, 32);
        ir_system_free(s);
    }
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < i; j++)
            ck_assert_msg(memcmp(digests[i], digests[j], 32) != 0, "%d and %d", i, j);
    ck_assert_mem_eq(digests[0], digests[7], 32);
}
END_TEST

START_TEST(lint_finds_each_kind_of_fault)
{
    struct ir_system *s = ir_system_new("x", 1, 0);
    struct ir_table *t = ir_table_new(s, "t", 3);
    uint32_t c = ir_column(t, "c");
    ir_column(t, "c");
    uint32_t flag = ir_column(t, "flag");
    ir_x x = ir_col(t, c), f = ir_col(t, flag), two[2] = {x, f};
    ir_assert_bool(t, f, "flag");
    ir_send(t, 1, f, &x, 1, "good");
    ir_send(t, 1, x, &x, 1, "free multiplicity");
    ir_receive(t, 1, ir_mul(t, f, ir_sub(t, ir_const(t, 1), f)), two, 2, "wider");
    ir_send(t, 9, f, &x, 1, "lonely");
    ir_system_finish(s);
    char text[2048];
    ck_assert_uint_eq(ir_lint(s, NULL, 0, text, sizeof text), 5);
    ck_assert_ptr_nonnull(strstr(text, "two columns named c"));
    ck_assert_ptr_nonnull(strstr(text, "column c is unused"));
    ck_assert_ptr_nonnull(strstr(text, "multiplicity of message free multiplicity"));
    ck_assert_ptr_nonnull(strstr(text, "tag 1: wider has 2 fields, good has 1"));
    ck_assert_ptr_nonnull(strstr(text, "tag 9 (lonely) is never received"));
    struct ir_lint_allow allow[2] = {{"t", "free multiplicity"}, {"t", "nothing"}};
    ck_assert_uint_eq(ir_lint(s, allow, 2, text, sizeof text), 5);
    ck_assert_ptr_nonnull(strstr(text, "allowance t/nothing matches no message"));
    ir_system_free(s);
    struct toy y = toy_make();
    struct ir_lint_allow side = {"range", "value"};
    ck_assert_msg(ir_lint(y.s, &side, 1, text, sizeof text) == 0, "%s", text);
    toy_free(&y);
}
END_TEST

/* Random expressions over every operation: the block program against the row evaluator. */
START_TEST(block_program_agrees_with_the_row_evaluator)
{
    uint32_t seed = 20261121;
    printf("seed %u\n", (unsigned)seed);
    srand(seed);
    for (int round = 0; round < 20; round++) {
        struct ir_system *s = ir_system_new("r", 1, 0);
        struct ir_table *t = ir_table_new(s, "t", 6);
        uint32_t c0 = ir_columns(t, "c", 4), pattern[4] = {5, IR_P - 1, 0, 9};
        uint32_t pre = ir_pres(t, "p", 2), pre_values[2][64];
        for (uint32_t row = 0; row < 128; row++)
            pre_values[row / 64][row % 64] =
                (uint32_t)(((uint64_t)rand() << 16 ^ (uint64_t)rand()) % IR_P);
        const uint32_t *pre_columns[2] = {pre_values[0], pre_values[1]};
        const uint32_t *const *pre_tables[1] = {pre_columns};
        ir_x pool[64];
        for (uint32_t i = 0; i < 4; i++)
            pool[i] = ir_col(t, c0 + i);
        pool[4] = ir_idx(t, 1, 3);
        pool[5] = ir_fixed(t, 2, pattern);
        pool[6] = ir_const(t, 3);
        pool[7] = ir_const(t, IR_P - 1);
        pool[8] = ir_prec(t, pre);
        pool[9] = ir_prec(t, pre + 1);
        for (int i = 10; i < 64; i++) {
            ir_x a = pool[rand() % i], b = pool[rand() % i];
            int op = rand() % 3;
            pool[i] = op == 0 ? ir_add(t, a, b) : op == 1 ? ir_sub(t, a, b) : ir_mul(t, a, b);
        }
        ir_assert_zero(t, pool[0], "z");
        ir_system_finish(s);
        struct ir_trace *tr = ir_trace_new_pre(s, pre_tables);
        uint32_t edge[4] = {0, 1, IR_P - 1, IR_P - 2};
        for (uint32_t i = 0; i < 4; i++)
            for (uint32_t row = 0; row < 64; row++)
                tr->tables[0].columns[i][row] =
                    rand() % 4 == 0
                        ? edge[rand() % 4]
                        : (uint32_t)(((uint64_t)rand() << 16 ^ (uint64_t)rand()) % IR_P);
        struct ir_prog p;
        ir_prog_init(&p, t, pool, 64);
        static uint32_t mont[64][IR_BLOCK], regs[64 * IR_BLOCK];
        const uint32_t *in[64];
        ck_assert_uint_le(p.n_regs, 64);
        for (uint32_t i = 0; i < p.n_inputs; i++) {
            for (uint32_t row = 0; row < 64; row++)
                mont[i][row] =
                    i < 4   ? tr->tables[0].columns[i][row]
                    : i < 6 ? pre_values[i - 4][row]
                            : ir_leaf_value(t, p.derived[i - 6], row);
            ir_block_to_mont(mont[i], mont[i], 64);
            in[i] = mont[i];
        }
        round % 2 == 0 ? ir_prog_run(&p, in, regs, 64) : ir_prog_run_portable(&p, in, regs, 64);
        for (uint32_t o = 0; o < 64; o++)
            for (uint32_t row = 0; row < 64; row++) {
                const uint32_t *v = ir_prog_out_at(&p, in, regs, o);
                uint32_t got = v == NULL ? p.outs[o].v : ir_from_mont(v[row]);
                ck_assert_uint_eq(got, ir_eval_row(t, &tr->tables[0], pool[o], row));
            }
        ir_prog_deinit(&p);
        ir_trace_free(tr);
        ir_system_free(s);
    }
}
END_TEST

/* ---- preprocessed columns: table "cells" sends (address, value) as its key says, and has a table
 * without committed columns for a mate ---- */

enum { PRE_LOG_H = 3, PRE_ROWS = 1 << PRE_LOG_H, BUS_CELL = 7 };

struct pre_toy {
    struct ir_system *s;
    uint32_t addr[PRE_ROWS], count[PRE_ROWS], value[PRE_ROWS], reads[PRE_ROWS];
    const uint32_t *cells[2], *rom[2];
    const uint32_t *const *pre[3];
    struct ir_trace *tr;
};

static void pre_toy_make(struct pre_toy *y)
{
    memset(y, 0, sizeof *y);
    y->s = ir_system_new("toy-pre", 1, 0);
    struct ir_table *t = ir_table_new(y->s, "cells", PRE_LOG_H);
    uint32_t addr = ir_pre(t, "addr"), v = ir_column(t, "v"), count = ir_pre(t, "count");
    ir_x cell[2] = {ir_prec(t, addr), ir_col(t, v)};
    ir_send(t, BUS_CELL, ir_prec(t, count), cell, 2, "cell");
    struct ir_table *plain = ir_table_new(y->s, "plain", 1);
    ir_assert_zero(plain, ir_col(plain, ir_column(plain, "z")), "zero");
    struct ir_table *rom = ir_table_new(y->s, "rom", PRE_LOG_H);
    uint32_t value = ir_pres(rom, "x", 2);
    ir_x read[2] = {ir_idx(rom, 0, PRE_LOG_H), ir_prec(rom, value)};
    ir_receive(rom, BUS_CELL, ir_prec(rom, value + 1), read, 2, "read");
    ir_system_finish(y->s);
    for (uint32_t i = 0; i < PRE_ROWS; i++) {
        y->addr[i] = PRE_ROWS - 1 - i;
        y->count[i] = i == 2 ? 0 : i;
        y->value[i] = 100 + i * i;
    }
    for (uint32_t i = 0; i < PRE_ROWS; i++)
        y->reads[y->addr[i]] = y->count[i];
    y->cells[0] = y->addr;
    y->cells[1] = y->count;
    y->rom[0] = y->value;
    y->rom[1] = y->reads;
    y->pre[0] = y->cells;
    y->pre[2] = y->rom;
    y->tr = ir_trace_new_pre(y->s, y->pre);
    ck_assert_ptr_nonnull(y->tr);
    for (uint32_t i = 0; i < PRE_ROWS; i++)
        y->tr->tables[0].columns[0][i] = y->value[y->addr[i]];
}

static void pre_toy_free(struct pre_toy *y)
{
    ir_trace_free(y->tr);
    ir_system_free(y->s);
}

START_TEST(preprocessed_columns_are_read_from_the_key)
{
    struct pre_toy y;
    char text[512];
    pre_toy_make(&y);
    ck_assert_uint_eq(y.s->tables[2]->n_columns, 0);
    ck_assert_uint_eq(y.s->tables[2]->n_pre, 2);
    ck_assert_str_eq(y.s->tables[2]->pre_names[1], "x[1]");
    ck_assert_uint_eq(ir_pre_find(y.s->tables[0], "count"), 1);
    ck_assert_uint_eq(ir_pre_find(y.s->tables[0], "v"), UINT32_MAX);
    ck_assert_msg(ir_mock_check(y.tr, text, sizeof text) == ERR_OK, "%s", text);
    ck_assert_uint_eq(ir_message_count(y.s->tables[0], &y.tr->tables[0], "cell"), PRE_ROWS - 2);
    ck_assert_msg(ir_lint(y.s, NULL, 0, text, sizeof text) == 0, "%s", text);
    pre_toy_free(&y);
}
END_TEST

START_TEST(every_preprocessed_cell_counts)
{
    struct pre_toy y;
    char text[512];
    pre_toy_make(&y);
    uint32_t *columns[4] = {y.addr, y.count, y.value, y.reads};
    for (uint32_t c = 0; c < 4; c++)
        for (uint32_t i = 0; i < PRE_ROWS; i++) {
            /* what nobody reads may be anything */
            if (c == 0 && y.count[i] == 0) continue;
            if (c == 2 && y.reads[i] == 0) continue;
            uint32_t old = columns[c][i];
            columns[c][i] = mod_add(old, 1);
            ck_assert_msg(ir_mock_check(y.tr, text, sizeof text) == ERR_PROOF, "column %u row %u",
                          (unsigned)c, (unsigned)i);
            columns[c][i] = old;
        }
    y.value[0] = IR_P;
    ck_assert(ir_mock_check(y.tr, text, sizeof text) == ERR_PROOF);
    ck_assert_ptr_nonnull(strstr(text, "preprocessed column x[0] holds"));
    pre_toy_free(&y);
}
END_TEST

START_TEST(digest_and_lint_know_preprocessed_columns)
{
    uint8_t digests[3][32];
    char text[1024];
    for (int v = 0; v < 3; v++) {
        struct ir_system *s = ir_system_new("d", 1, 0);
        struct ir_table *t = ir_table_new(s, "t", 3);
        uint32_t c = ir_column(t, "c"), p = ir_pre(t, "p"), q = ir_pre(t, "q");
        (void)q;
        if (v == 2) ir_pre(t, "p");
        ir_x x = v == 1 ? ir_prec(t, p) : ir_col(t, c);
        ir_assert_zero(t, x, "k");
        ir_x free_mult = ir_mul(t, ir_prec(t, p), ir_col(t, c));
        ir_send(t, 5, free_mult, &x, 1, "m");
        ir_receive(t, 5, ir_sub(t, ir_prec(t, p), ir_const(t, 1)), &x, 1, "n");
        ir_system_finish(s);
        memcpy(digests[v], s->digest, 32);
        ck_assert_uint_eq(ir_lint(s, NULL, 0, text, sizeof text), v == 2 ? 4 : 2);
        ck_assert_ptr_nonnull(strstr(text, "preprocessed column q is unused"));
        ck_assert_ptr_nonnull(strstr(text, "multiplicity of message m is not boolean"));
        if (v == 2) ck_assert_ptr_nonnull(strstr(text, "two preprocessed columns named p"));
        ir_system_free(s);
    }
    ck_assert_mem_ne(digests[0], digests[1], 32);
    ck_assert_mem_ne(digests[0], digests[2], 32);
}
END_TEST

START_TEST(a_trace_without_its_preprocessed_values_aborts)
{
    struct pre_toy y;
    pre_toy_make(&y);
    (void)ir_trace_new(y.s);
}
END_TEST

START_TEST(degrees_above_the_limit_abort)
{
    struct ir_system *s = ir_system_new("x", 1, 0);
    struct ir_table *t = ir_table_new(s, "t", 1);
    ir_x x = ir_col(t, ir_column(t, "c")), y = x;
    for (int i = 1; i <= IR_MAX_DEGREE; i++)
        y = ir_mul(t, y, x);
    ir_assert_zero(t, y, "too high");
    ir_system_finish(s);
}
END_TEST

START_TEST(message_count_counts_rows)
{
    struct toy y = toy_make();
    ck_assert_uint_eq(ir_message_count(y.fib, &y.tr->tables[0], "range"), 1u << LOG_H);
    ck_assert_uint_eq(ir_message_count(y.range, &y.tr->tables[1], "value"), 2);
    toy_free(&y);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/ir");
    TCase *tc = tcase_create("ir");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, honest_trace_passes_and_ends_in_fibonacci);
    tcase_add_test(tc, every_cell_and_public_value_is_bound);
    tcase_add_test(tc, refusal_names_table_row_and_constraint);
    tcase_add_test(tc, refusal_names_the_unbalanced_message_and_a_speaker);
    tcase_add_test(tc, cells_above_p_are_refused);
    tcase_add_test(tc, equal_expressions_share_a_node_and_constants_fold);
    tcase_add_test(tc, digest_depends_on_every_part_of_the_meaning_and_not_on_names);
    tcase_add_test(tc, lint_finds_each_kind_of_fault);
    tcase_add_test(tc, block_program_agrees_with_the_row_evaluator);
    tcase_add_test(tc, message_count_counts_rows);
    tcase_add_test(tc, preprocessed_columns_are_read_from_the_key);
    tcase_add_test(tc, every_preprocessed_cell_counts);
    tcase_add_test(tc, digest_and_lint_know_preprocessed_columns);
    tcase_add_test_raise_signal(tc, a_trace_without_its_preprocessed_values_aborts, 6);
    tcase_add_test_raise_signal(tc, degrees_above_the_limit_abort, 6);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
