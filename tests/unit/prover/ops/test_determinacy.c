/* A record's effects follow from what is published, signed and remembered: at every row of clean
 * traces, what a record writes, hands on and tells the other chains can not move while the bytes, the
 * order digests, the cells read and the facts of the header stay. Two things may: x (the pairing
 * program and the order of the stream fix it) and the order that a swap's output names. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/op/op.h"
#include "prover/air/op_row.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/air/independence.h"
#include "tests/unit/prover/ops/scenarios.h"

enum { TABLES_MAX = 16 };

static bool bytes_are_given;
static uint32_t n_moves, n_rows, x_moved, order_moved;
static const char *seen[TABLES_MAX];
static uint32_t n_seen;

static enum field_kind kind_of(const struct ir_message *m, const uint32_t *v, uint32_t field)
{
    switch (m->tag) {
    case BUS_BYTE:
        return bytes_are_given ? FIELD_GIVEN : FIELD_RESULT;
    case BUS_SEQ: /* before, after */
    case BUS_FEE: /* told to the fee table */
        return m->sign < 0 ? FIELD_GIVEN : FIELD_RESULT;
    case BUS_CELL: /* t, account, slot | old 8 | new 8 */
        return field >= 3 && field < 11 ? FIELD_GIVEN : FIELD_RESULT;
    case BUS_USER: /* what is read at t, account */
    case BUS_POOL:
        return field < 2 ? FIELD_RESULT : FIELD_GIVEN;
    case BUS_BALANCE: /* a slot that is emptied says what it held */
        return v[4] == BALANCE_TAKE_ALL && (field == 3 || field >= 5) ? FIELD_GIVEN : FIELD_RESULT;
    case BUS_SHARES: /* t, remove | pool half 8 | s 7 | amount 7, which the table computes */
        if (m->sign < 0) return field < 17 ? FIELD_GIVEN : FIELD_RESULT;
        return field < 2 ? FIELD_RESULT : field < 10 ? FIELD_GIVEN : field < 17 ? FIELD_IGNORED
                                                                                : FIELD_ANSWER;
    case BUS_AUTH_NEW_KEY: /* j, old root | new digest */
        return field < 6 ? FIELD_GIVEN : FIELD_RESULT;
    case BUS_SPONGE_IN: /* of an order: the digest is signed */
        return v[0] == SPONGE_ID_TUPLES ? FIELD_RESULT : FIELD_GIVEN;
    case BUS_SPONGE:
    case BUS_AUTH:
    case BUS_HEADER_PUBLIC:
    case BUS_DEP_PUBLIC:
        return FIELD_GIVEN;
    case BUS_TUPLES_PUBLIC:
        return FIELD_RESULT;
    default:
        return FIELD_IGNORED;
    }
}

/* x in the tuple and, as 2 x + role + 1, in what SEQ hands on. */
static bool is_x(const struct ir_message *m, uint32_t field)
{
    return (strcmp(m->name, "tuple chunk 0") == 0 && field == 2) ||
           (strcmp(m->name, "sequence after") == 0 && field == 6);
}

/* Elements 12 .. 19 of the tuple. */
static bool is_order(const struct ir_table *t, const struct ir_message *m, uint32_t field)
{
    if (strcmp(t->name, "swap_out") != 0) return false;
    return (strcmp(m->name, "tuple chunk 1") == 0 && field >= 6) ||
           (strcmp(m->name, "tuple chunk 2") == 0 && field >= 2 && field < 6);
}

static void moves(const struct ir_table *t, const struct ir_message *m, uint32_t field)
{
    if (is_x(m, field)) {
        x_moved++;
    } else if (is_order(t, m, field)) {
        order_moved++;
    } else {
        n_moves++;
        if (bytes_are_given)
            printf("%s: field %d of %s can move\n", t->name, (int)field, m->name);
    }
}

static void remember(const char *table)
{
    for (uint32_t i = 0; i < n_seen; i++)
        if (strcmp(seen[i], table) == 0) return;
    ck_assert_uint_lt(n_seen, TABLES_MAX);
    seen[n_seen++] = table;
}

static void each(struct ir_trace *tr, const struct chain_trace *trace)
{
    (void)trace;
    for (uint32_t k = 0; k < tr->system->n_tables; k++) {
        const struct ir_table *t = tr->system->tables[k];
        uint32_t on = ir_column_find(t, "on");
        if (on == UINT32_MAX) continue;
        for (uint32_t row = 0; row < 1u << t->log_height; row++) {
            if (tr->tables[k].columns[on][row] == 0) continue;
            independence_results(t, &tr->tables[k], row, kind_of, moves);
            n_rows++;
            remember(t->name);
        }
    }
    ir_trace_free(tr);
}

static void all_scenarios(void)
{
    n_moves = n_rows = x_moved = order_moved = n_seen = 0;
    scenario_deposits(each);
    scenario_payments(each);
    scenario_pools_and_swaps(each);
    scenario_liquidity(each);
    scenario_keys(each);
    scenario_refusals(each);
    scenario_full(each);
}

START_TEST(effects_follow_from_what_is_published_signed_and_remembered)
{
    bytes_are_given = true;
    all_scenarios();
    printf("%u rows of %u tables: x is free in %u fields, the order in %u, nothing else\n",
           (unsigned)n_rows, (unsigned)n_seen, (unsigned)x_moved, (unsigned)order_moved);
    ck_assert_uint_eq(n_moves, 0);
    ck_assert_uint_eq(n_seen, 14); /* every table with a column `on` */
    ck_assert_uint_gt(x_moved, 0);
    ck_assert_uint_gt(order_moved, 0);
}
END_TEST

/* The analysis notices: without the bytes nearly everything moves. */
START_TEST(effects_do_not_follow_without_the_published_bytes)
{
    bytes_are_given = false;
    all_scenarios();
    ck_assert_uint_gt(n_moves, n_rows);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/ops/determinacy");
    TCase *tc = tcase_create("determinacy");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, effects_follow_from_what_is_published_signed_and_remembered);
    tcase_add_test(tc, effects_do_not_follow_without_the_published_bytes);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}
