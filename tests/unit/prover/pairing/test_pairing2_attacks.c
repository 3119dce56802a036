/* Attacks on the pairing program. Each forged trace is right but for one rule: its faults are that rule's
 * constraint or bus and nothing else, so without the rule it would be accepted. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "core/op/amount.h"
#include "core/op/order.h"
#include "core/op/packed.h"
#include "prover/air/pairing.h"
#include "prover/trace/pairing_internal.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/air/faults.h"

static const struct pairing_size SIZE = {.pairs = 3, .absorb = 7, .packed = 5, .muldiv = 4};
static struct ir_system *sys;
static struct ir_trace *tr;
static struct pairing_slice in;
static struct pairing_side *sides;

enum { SIDES = 3, NOW = 0x12345678 };

static void setup(void)
{
    sys = pairing2_system_new(&SIZE);
    sides = calloc(SIDES, sizeof *sides);
    REQUIRE(sides != NULL);
}

static void teardown(void)
{
    ir_trace_free(tr);
    tr = NULL;
    free(sides);
    ir_system_free(sys);
}

/* ---- a slice by hand ---- */

static void begin(uint32_t n_sides)
{
    memset(sides, 0, SIDES * sizeof *sides);
    in = (struct pairing_slice){.time = NOW, .n_sides = n_sides, .sides = sides};
    for (uint32_t i = 0; i < 8; i++)
        in.dep[i] = 100 + i;
    for (uint32_t i = 0; i < n_sides; i++)
        sides[i].chain = (uint16_t)(3 * i);
}

/* Appends pair x: a swap of `a0` from one side to another; r0, r1 reserves. */
static void add_swap(uint32_t x, uint32_t from, uint32_t to, struct swap_order o, struct amount r0,
                     struct amount r1, struct amount a1)
{
    struct pairing_side *s = &sides[from], *t = &sides[to];
    struct pool_half a = {s->chain, 7, 1, t->chain, 9, 2, 30, 2000, 0};
    struct pool_half b = {t->chain, 9, 2, s->chain, 7, 1, 30, 2000, 0};
    struct op in_op = {.code = OP_SWAP_IN}, out_op = {.code = OP_SWAP_OUT};
    o.chain = s->chain;
    o.to_chain = t->chain;
    in_op.u.swap_in.x = out_op.u.swap_out.x = x;
    in_op.u.swap_in.order = o;
    in_op.u.swap_in.pool = a;
    in_op.u.swap_in.reserve = r0;
    out_op.u.swap_out = (struct op_swap_out){.x = x,
                                             .pool_id = 9,
                                             .to = o.to_account,
                                             .slot = o.to_slot,
                                             .pool = b,
                                             .reserve = r1,
                                             .amount = a1,
                                             .to_owner = o.to_owner};
    order_swap_digest(&out_op.u.swap_out.order_hash, in.dep, &o);
    s->orders[s->n_tuples] = o;
    tuple_from_op(&s->tuples[s->n_tuples++], in.dep, s->chain, &in_op, &o.to_owner);
    tuple_from_op(&t->tuples[t->n_tuples++], in.dep, t->chain, &out_op, NULL);
}

static struct swap_order order(void)
{
    struct swap_order o = {.auth = {.account = 3, .changes = 1, .leaf = 5, .deadline = NOW},
                           .slot_in = 2,
                           .pool_in = 7,
                           .token_in = 1,
                           .token_out = 2,
                           .amount = packed_amount_floor(amount_from_u64(100000)),
                           .to_account = 4,
                           .to_slot = 200,
                           .minimum = amount_from_u64(90661)};
    memset(o.to_owner.bytes, 0xab, 20);
    return o;
}

/* 99700 * 1000000 / 1099700 = 90661.09.. */
static void add_fair_swap(uint32_t x, uint32_t from, uint32_t to)
{
    struct amount r = amount_from_u64(1000000);
    add_swap(x, from, to, order(), r, r, amount_from_u64(90661));
}

/* Pair x: shares added on two sides. */
static void add_liquidity(uint32_t x, uint32_t a, uint32_t b)
{
    const uint32_t side[2] = {a, b};
    for (uint32_t role = 0; role < 2; role++) {
        struct pairing_side *s = &sides[side[role]];
        uint32_t *e = s->tuples[s->n_tuples++].e;
        e[TUPLE_X] = x;
        e[TUPLE_KIND] = OP_ADD;
        e[TUPLE_ROLE] = role;
        for (uint32_t i = 0; i < 2; i++) {
            uint32_t *pool = e + (i == role ? TUPLE_OWN : TUPLE_OTHER);
            pool[0] = sides[side[i]].chain;
            pool[1] = 11 + i;
            pool[2] = 1 + i;
        }
        e[TUPLE_FEE] = 30;
        e[TUPLE_CAP] = 2000;
        e[TUPLE_ORDER] = 77 + x;
        e[TUPLE_AMOUNT] = 500 + role;
        e[TUPLE_READ] = 1000;
        e[TUPLE_DEBITED] = 9;
    }
}

/* The trace, also when the witness could not answer a lookup. */
static void fill(void)
{
    struct witness *w;
    for (uint32_t i = 0; i < in.n_sides; i++)
        tuples_digest(&sides[i].digest, sides[i].tuples, sides[i].n_tuples);
    ir_trace_free(tr);
    REQUIRE(witness_new(&w, sys) == ERR_OK);
    pairing_fill_rows(w, &in);
    ck_assert_msg(!w_failed(w), "%s", witness_error_text(w));
    enum err err = pairing_fill_answers(w);
    ck_assert_msg(err == ERR_OK || err == ERR_RANGE || err == ERR_MISMATCH, "%s",
                  witness_error_text(w));
    tr = w->tr;
    w->tr = NULL;
    witness_free(w);
}

/* ---- cells ---- */

static uint32_t *column(const char *table, const char *name)
{
    uint32_t t = ir_table_find(sys, table);
    REQUIRE(t != UINT32_MAX && ir_column_find(sys->tables[t], name) != UINT32_MAX);
    return tr->tables[t].columns[ir_column_find(sys->tables[t], name)];
}

static void put(const char *table, uint32_t row, const char *name, uint32_t v)
{
    column(table, name)[row] = v;
}

/* The one rule that is broken: a constraint "table: name", or a bus. */
static void only(const char *what, const char *constraint, uint16_t bus)
{
    struct faults f;
    char text[4096], name[160] = "";
    faults_recount_range16(tr);
    faults_find(&f, tr);
    ck_assert_msg(ir_mock_check(tr, text, sizeof text) != ERR_OK, "%s is accepted", what);
    if (f.n_constraints > 0)
        snprintf(name, sizeof name, "%s: %s", f.constraint[0][0], f.constraint[0][1]);
    ck_assert_msg(f.n_constraints == (constraint != NULL) && f.n_buses == (bus != 0),
                  "%s: %u constraints (%s), %u buses (%u): %s", what, (unsigned)f.n_constraints,
                  name, (unsigned)f.n_buses, (unsigned)f.bus[0], text);
    if (constraint != NULL) ck_assert_str_eq(name, constraint);
    if (bus != 0) ck_assert_uint_eq(f.bus[0], bus);
}

static void accept(void)
{
    struct faults f;
    char text[4096];
    ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
    faults_find(&f, tr);
    ck_assert_uint_eq(f.n_constraints + f.n_buses, 0);
}

/* Rows of a table that are in use and say `from`: their flag becomes 0. */
static void switch_off(const char *table, const char *flag, const char *key, uint32_t from)
{
    uint32_t t = ir_table_find(sys, table), *on = column(table, flag), *k = column(table, key);
    for (uint32_t row = 0; row < 1u << sys->tables[t]->log_height; row++)
        if (on[row] == 1 && k[row] == from) on[row] = 0;
}

static void clear(const char *table)
{
    struct ir_trace_table *tt = &tr->tables[ir_table_find(sys, table)];
    for (uint32_t c = 0; c < tt->n_columns; c++)
        memset(tt->columns[c], 0, sizeof(uint32_t) << tt->log_height);
}

/* ---- attacks ---- */

/* create + remove - add has the kind of a swap (6 + 9 - 8 = 7), and no rule of a swap is looked at: any
 * amount is paid out. Pools with equal reserves pass as "the same shares". */
START_TEST(a_swap_is_no_mixture_of_other_kinds)
{
    struct amount r = amount_from_u64(1000000);
    begin(2);
    add_swap(0, 0, 1, order(), r, r, amount_from_u64(999999));
    fill();
    put("pair", 0, "swap", 0);
    put("pair", 0, "create", 1);
    put("pair", 0, "remove", 1);
    put("pair", 0, "add", IR_P - 1);
    const char *const borrows[] = {"deadline_borrow", "slot_of_owner"};
    for (uint32_t i = 0; i < 2; i++)
        put("pair", 0, borrows[i], 0);
    clear("muldiv");
    switch_off("absorb", "active", "id", 0);
    uint32_t *packed = column("packed", "asked");
    for (uint32_t row = 0; row < 1u << SIZE.packed; row++)
        packed[row] = 0;
    only("a swap as creation and removal less addition", "pair: add is boolean", 0);
}
END_TEST

/* A half that a leaf exposed and no pair takes: money left or came for nothing. */
START_TEST(no_half_is_left_over)
{
    begin(2);
    add_fair_swap(0, 0, 1);
    add_liquidity(1, 0, 1);
    fill();
    accept();
    put("pair", 1, "on", 0);
    put("pair", 1, "add", 0);
    put("sides", 0, "pairs", 1);
    put("sides", 0, "asked", column("sides", "asked")[0] - 1);
    put("sides", 1, "asked", column("sides", "asked")[1] - 1);
    only("two halves without a pair", NULL, BUS_SPONGE_IN);
}
END_TEST

/* One half stands for two pairs: paid once, credited twice. */
START_TEST(no_half_is_in_two_pairs)
{
    begin(2);
    add_liquidity(0, 0, 1);
    add_liquidity(1, 0, 1);
    fill();
    accept();
    put("pair", 1, "index_0", 0);
    only("the first half again", NULL, BUS_SPONGE_IN);
    /* windows that overlap: 3 chunks behind the first half's start */
    uint64_t seventh = 1;
    while (7 * seventh % IR_P != 1)
        seventh += (IR_P - 1) / 7 + 1 - (seventh == 1);
    put("pair", 1, "index_0", (uint32_t)(3 * seventh % IR_P));
    only("a window over two halves", NULL, BUS_SPONGE_IN);
    put("pair", 1, "index_0", IR_P - 1);
    only("a window before the list", NULL, BUS_SPONGE_IN);
}
END_TEST

START_TEST(halves_go_to_lists_of_participants_alone)
{
    begin(2);
    add_liquidity(0, 0, 1);
    fill();
    accept();
    /* the sponge of the fact itself, one that nobody starts, an order's */
    const uint32_t other[] = {PAIRING_SIDES_MAX, 2, IR_P - SPONGE_ID_TUPLES};
    for (uint32_t i = 0; i < 3; i++) {
        struct faults f;
        put("pair", 0, "side_1", other[i]);
        faults_find(&f, tr);
        ck_assert_uint_eq(f.n_buses, 2); /* the chunks of its own list are missing as well */
        ck_assert(f.bus[0] == BUS_PAIRING_SIDE || f.bus[1] == BUS_PAIRING_SIDE);
    }
    /* a half of one chain in another chain's list, where it has its place */
    begin(2);
    add_liquidity(0, 0, 1);
    sides[1].tuples[0].e[TUPLE_OWN] = sides[0].tuples[0].e[TUPLE_OTHER] = 4;
    fill();
    only("a list of another chain", NULL, BUS_PAIRING_SIDE);
}
END_TEST

START_TEST(chains_are_there_once)
{
    begin(3);
    sides[2].chain = sides[1].chain;
    add_liquidity(0, 0, 1);
    add_liquidity(1, 1, 2);
    fill();
    only("a chain with two lists", NULL, BUS_RANGE16);
    begin(3);
    sides[1].chain = 8;
    add_liquidity(0, 0, 1);
    add_liquidity(1, 1, 2);
    fill();
    only("a list out of order", NULL, BUS_RANGE16);
    put("sides", 2, "chain_before", 3);
    only("a list out of order, the chain before forged", NULL, BUS_PAIRING_LINK);
}
END_TEST

START_TEST(numbers_of_pairs_have_no_gap)
{
    begin(2);
    add_liquidity(0, 0, 1);
    add_liquidity(2, 0, 1);
    fill();
    put("sides", 0, "pairs", 3);
    only("0 and 2", NULL, BUS_PAIRING_X);
    begin(2);
    add_liquidity(1, 0, 1);
    fill();
    put("sides", 0, "pairs", 2);
    only("1", NULL, BUS_PAIRING_X);
}
END_TEST

START_TEST(a_participant_has_tuples)
{
    begin(3);
    add_liquidity(0, 0, 1);
    fill();
    only("a side of count 0", "sides: count is not 0", 0);
}
END_TEST

/* Time and deployment of a pair that are not the slice's: a past deadline, a foreign order. */
START_TEST(time_and_deployment_are_the_slices)
{
    struct amount r = amount_from_u64(1000000);
    struct swap_order o = order();
    o.auth.deadline = NOW - 1;
    begin(2);
    add_swap(0, 0, 1, o, r, r, amount_from_u64(90661));
    fill();
    put("pair", 0, "deadline_borrow", 0);
    only("a deadline one second past", NULL, BUS_RANGE16);
    put("pair", 0, "time[0]", (NOW & 0xffff) - 1);
    only("a deadline that another time keeps", NULL, BUS_PAIRING_SIDE);

    begin(2);
    in.dep[2]++;
    add_fair_swap(0, 0, 1);
    in.dep[2]--;
    fill();
    only("an order of another deployment", NULL, BUS_SPONGE);
}
END_TEST

START_TEST(slots_from_128_on_are_the_owners)
{
    begin(2);
    add_fair_swap(0, 0, 1);
    sides[0].tuples[0].e[TUPLE_DEBITED]++;
    fill();
    only("slot 200 for another owner", "pair: owner of both sides 0", 0);
    put("pair", 0, "slot_of_owner", 0);
    only("as if it were below 128", NULL, BUS_BYTE2);
}
END_TEST

START_TEST(the_minimum_and_the_amount_are_the_orders)
{
    struct amount r = amount_from_u64(1000000);
    struct swap_order o = order();
    begin(2);
    o.minimum = amount_from_u64(90662);
    add_swap(0, 0, 1, o, r, r, amount_from_u64(90661));
    fill();
    for (uint32_t i = 0; i < 6; i++) { /* no borrow at all */
        char name[32];
        snprintf(name, sizeof name, "minimum_borrow[%u]", (unsigned)i);
        put("pair", 0, name, 0);
    }
    only("less than the minimum", NULL, BUS_RANGE16);
    begin(2);
    add_fair_swap(0, 0, 1);
    fill();
    put("pair", 0, "order_minimum[0]", column("pair", "order_minimum[0]")[0] - 1);
    only("another minimum", NULL, BUS_SPONGE_IN);
}
END_TEST

/* ---- unusual slices that must have a proof ---- */

START_TEST(amounts_at_the_bound_and_deadlines_of_now_are_accepted)
{
    struct swap_order o = order();
    struct amm_result res;
    struct amount a0, r0;
    o.minimum = AMOUNT_ZERO;
    o.amount = packed_amount_floor(AMOUNT_MAX);
    o.auth.deadline = UINT32_MAX;
    ck_assert_ok(packed_amount_value(&a0, o.amount));
    ck_assert_ok(amount_sub(&r0, AMOUNT_MAX, a0)); /* r0 + a0 = 2^112 - 1 */
    begin(2);
    in.time = UINT32_MAX;
    ck_assert_ok(amm_swap(&res, a0, 0, r0, AMOUNT_MAX));
    add_swap(0, 0, 1, o, r0, AMOUNT_MAX, res.a1);
    for (uint32_t s = 0; s < 2; s++)
        sides[s].tuples[0].e[TUPLE_FEE] = 0;
    add_liquidity(1, 0, 1);
    for (uint32_t s = 0; s < 2; s++) {
        amount_to_limbs(sides[s].tuples[1].e + TUPLE_AMOUNT, AMOUNT_MAX);
        amount_to_limbs(sides[s].tuples[1].e + TUPLE_READ, AMOUNT_MAX);
    }
    fill();
    accept();
    /* the least there is: something comes out of 1 + 1 */
    begin(1);
    in.time = 0;
    o.auth.deadline = 0;
    o.amount = packed_amount_floor(amount_from_u64(2));
    ck_assert_ok(amm_swap(&res, amount_from_u64(2), 30, amount_from_u64(1), amount_from_u64(2)));
    add_swap(0, 0, 0, o, amount_from_u64(1), amount_from_u64(2), res.a1);
    fill();
    accept();
    /* the greatest chain numbers */
    begin(2);
    sides[0].chain = 65534;
    sides[1].chain = 65535;
    add_fair_swap(0, 1, 0);
    add_fair_swap(1, 1, 1);
    fill();
    accept();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pairing 2 attacks");
    TCase *tc = tcase_create("attacks");
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_swap_is_no_mixture_of_other_kinds);
    tcase_add_test(tc, no_half_is_left_over);
    tcase_add_test(tc, no_half_is_in_two_pairs);
    tcase_add_test(tc, halves_go_to_lists_of_participants_alone);
    tcase_add_test(tc, chains_are_there_once);
    tcase_add_test(tc, numbers_of_pairs_have_no_gap);
    tcase_add_test(tc, a_participant_has_tuples);
    tcase_add_test(tc, time_and_deployment_are_the_slices);
    tcase_add_test(tc, slots_from_128_on_are_the_owners);
    tcase_add_test(tc, the_minimum_and_the_amount_are_the_orders);
    tcase_add_test(tc, amounts_at_the_bound_and_deadlines_of_now_are_accepted);
    suite_add_tcase(s, tc);
    return check_main(s);
}
