/* The pairing program: what the executor makes passes, every forged half fails, for any
 * number of chains. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/batch/publics.h"
#include "core/op/amount.h"
#include "core/op/order.h"
#include "core/op/packed.h"
#include "prover/air/pairing.h"
#include "prover/trace/pairing_trace.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

static struct ir_system *sys, *small;
static const struct pairing_size SMALL = {.pairs = 3, .absorb = 7, .packed = 5, .muldiv = 4};

enum { SIDES = 2 };

/* A slice and room for its sides; sides without tuples take no part. */
struct slice {
    uint32_t dep[8], time;
    struct pairing_side side[SIDES];
};

static void setup(void)
{
    sys = pairing2_system_new(&PAIRING_SIZE_64);
    small = pairing2_system_new(&SMALL);
}

static void teardown(void)
{
    ir_system_free(sys);
    ir_system_free(small);
}

/* Up to two pairs take a small system. */
static enum err fill(struct ir_trace **tr, const struct slice *in, char *text, size_t n)
{
    struct pairing_side *sides = malloc(SIDES * sizeof *sides);
    struct pairing_slice s = {.time = in->time, .sides = sides};
    memcpy(s.dep, in->dep, sizeof s.dep);
    for (uint32_t i = 0; i < SIDES; i++)
        if (in->side[i].n_tuples > 0) sides[s.n_sides++] = in->side[i];
    uint32_t tuples = in->side[0].n_tuples + in->side[1].n_tuples;
    enum err err = pairing_slice_fill(tr, tuples > 4 ? sys : small, &s, text, n);
    free(sides);
    return err;
}

/* Whether the input has an accepted trace; text = why not. */
static bool accepted(const struct slice *in, char *text, size_t n)
{
    struct ir_trace *tr = NULL;
    if (fill(&tr, in, text, n) != ERR_OK) return false;
    bool ok = ir_mock_check(tr, text, n) == ERR_OK;
    ir_trace_free(tr);
    return ok;
}

/* The leaf's part of a forgery: a list of tuples always has its own digest. */
static void rehash(struct slice *in)
{
    for (int s = 0; s < SIDES; s++)
        tuples_digest(&in->side[s].digest, in->side[s].tuples, in->side[s].n_tuples);
}

static bool sealed_pairs(struct world *w, uint32_t n, struct slice *in)
{
    struct sealed_batch s;
    ck_assert(world_seal_random(w, n, &s));
    memset(in, 0, sizeof *in);
    deployment_elements(in->dep, s.traces[0]->deployment_id);
    in->time = s.traces[0]->time;
    for (uint32_t i = 0; i < s.n_segments; i++)
        pairing_side_from_trace(&in->side[i], s.traces[i]);
    sealed_batch_deinit(&s);
    return in->side[0].n_tuples + in->side[1].n_tuples > 0;
}

START_TEST(batches_of_the_executor_are_accepted)
{
    struct rng rng;
    struct slice *in = malloc(sizeof *in);
    char text[512];
    uint32_t tuples = 0;
    check_seed(&rng);
    for (int world = 0; world < 3; world++) {
        uint64_t seed = rng_u64(&rng);
        struct world *w = world_new(seed, false);
        world_warm_up(w);
        for (int i = 0; i < 4; i++) {
            if (!sealed_pairs(w, 40, in)) continue;
            ck_assert_msg(accepted(in, text, sizeof text), "seed %lu: %s", (unsigned long)seed,
                          text);
            tuples += in->side[0].n_tuples + in->side[1].n_tuples;
        }
        world_free(w);
    }
    ck_assert_uint_gt(tuples, 60);
    free(in);
}
END_TEST

/* A batch of one swap from chain 0 to chain 1: tuples in->side[0].tuples[0], in->side[1].tuples[0]. */
static void one_swap(struct slice *in)
{
    struct pool_half a = {0, 7, 1, 1, 9, 2, 30, 2000, 0}, b = {1, 9, 2, 0, 7, 1, 30, 2000, 0};
    memset(in, 0, sizeof *in);
    for (uint32_t i = 0; i < 8; i++)
        in->dep[i] = 100 + i;
    in->time = 0x12345678;
    in->side[1].chain = 1;
    struct swap_order *o = &in->side[0].orders[0];
    *o = (struct swap_order){
        .auth = {.account = 3, .changes = 1, .lane = 1, .leaf = 5, .deadline = 0x12345678},
        .chain = 0,
        .slot_in = 2,
        .pool_in = 7,
        .token_in = 1,
        .token_out = 2,
        .amount = packed_amount_floor(amount_from_u64(100000)),
        .to_chain = 1,
        .to_account = 4,
        .to_slot = 200,
        .minimum = amount_from_u64(90661)};
    memset(o->to_owner.bytes, 0xab, 20);
    struct op in_op = {.code = OP_SWAP_IN}, out_op = {.code = OP_SWAP_OUT};
    in_op.u.swap_in.order = *o;
    in_op.u.swap_in.pool = a;
    in_op.u.swap_in.reserve = amount_from_u64(1000000);
    out_op.u.swap_out = (struct op_swap_out){.pool_id = 9,
                                             .to = 4,
                                             .slot = 200,
                                             .pool = b,
                                             .reserve = amount_from_u64(1000000),
                                             .to_owner = o->to_owner};
    order_swap_digest(&out_op.u.swap_out.order_hash, in->dep, o);
    /* 99700 * 1000000 / 1099700 = 90661.09.. */
    out_op.u.swap_out.amount = amount_from_u64(90661);
    tuple_from_op(&in->side[0].tuples[0], in->dep, 0, &in_op, &o->to_owner);
    tuple_from_op(&in->side[1].tuples[0], in->dep, 1, &out_op, NULL);
    in->side[0].n_tuples = in->side[1].n_tuples = 1;
    rehash(in);
}

static void order_again(struct slice *in)
{
    struct digest8 d;
    order_swap_digest(&d, in->dep, &in->side[0].orders[0]);
    for (int s = 0; s < 2; s++)
        memcpy(in->side[s].tuples[0].e + TUPLE_ORDER, d.e, sizeof d.e);
    rehash(in);
}

START_TEST(every_element_of_either_half_counts)
{
    struct slice *in = malloc(sizeof *in);
    char text[512];
    for (int s = 0; s < 2; s++)
        for (uint32_t i = 0; i < TUPLE_LEN; i++)
            for (int step = (int)i % 2; step < 2; step += 2) {
                one_swap(in);
                if (s == 0 && i == 0)
                    ck_assert_msg(accepted(in, text, sizeof text), "%s", text);
                uint32_t *e = &in->side[s].tuples[0].e[i];
                uint32_t by = i == TUPLE_READ ? 1000 : 1; /* one unit of a reserve may round away */
                *e = step ? *e + by : (*e ? *e - by : 77);
                rehash(in);
                /* Nothing here reads the debited owner except the slot rule, which applies to the
                 * input half; the output half's is zeros in every leaf. */
                bool free_field = s == 1 && i >= TUPLE_DEBITED && i < TUPLE_CREDITED;
                ck_assert_msg(accepted(in, text, sizeof text) == free_field, "half %d element %u",
                              s, i);
            }
    free(in);
}
END_TEST

START_TEST(one_unit_of_rounding_is_refused)
{
    struct slice *in = malloc(sizeof *in);
    char text[512];
    for (int d = -2; d <= 2; d++) {
        one_swap(in);
        in->side[0].orders[0].minimum = AMOUNT_ZERO;
        amount_to_limbs(in->side[1].tuples[0].e + TUPLE_AMOUNT,
                        amount_from_u64((uint64_t)(90661 + d)));
        order_again(in);
        ck_assert_int_eq(accepted(in, text, sizeof text), d == 0);
    }
    free(in);
}
END_TEST

START_TEST(the_order_is_kept)
{
    struct slice *in = malloc(sizeof *in);
    char text[512];
    struct swap_order *o = &in->side[0].orders[0];
#define CASE(change, want)                                                                         \
    do {                                                                                           \
        one_swap(in);                                                                              \
        change;                                                                                    \
        order_again(in);                                                                           \
        ck_assert_msg(accepted(in, text, sizeof text) == (want), #change ": %s", text);            \
    } while (0)
    CASE((void)o, true);
    CASE(o->minimum = amount_from_u64(90662), false);
    CASE(o->minimum = AMOUNT_MAX, false);
    CASE(o->minimum = AMOUNT_ZERO, true);
    CASE(o->auth.deadline = 0x12345677, false);
    CASE(o->auth.deadline = 0x12340000 + 0xffff, true);
    CASE(o->auth.deadline = 0x1233ffff, false);
    CASE(o->auth.deadline = 0x12350000, true);
    CASE(o->auth.deadline = UINT32_MAX, true);
    CASE(o->amount = packed_amount_floor(amount_from_u64(100001)), false);
    CASE(o->amount.bits = (uint64_t)10000 << 5 | 1, true); /* another form of 100000 */
    CASE(o->to_account = 5, false);
    CASE(o->to_slot = 201, false);
    CASE(o->to_owner.bytes[19] ^= 1, false);
    CASE(o->to_chain = 2, false);
    CASE(o->chain = 1, false);
    CASE(o->pool_in = 8, false);
    CASE(o->token_out = 3, false);
    CASE(o->token_in = 3, false);
    CASE(in->dep[3]++, true); /* everything moved to another deployment */
    CASE(in->side[0].tuples[0].e[TUPLE_DEBITED]++, false); /* N10: slot 200, another owner */
    CASE((in->side[0].tuples[0].e[TUPLE_DEBITED]++, o->to_slot = 127,
          in->side[1].tuples[0].e[TUPLE_CREDITED_SLOT] = 127),
         true);
    CASE((in->side[0].tuples[0].e[TUPLE_DEBITED]++, o->to_slot = 128,
          in->side[1].tuples[0].e[TUPLE_CREDITED_SLOT] = 128),
         false);
#undef CASE
    one_swap(in);
    in->dep[3]++; /* the order of another deployment */
    ck_assert(!accepted(in, text, sizeof text));
    one_swap(in);
    in->time++;
    ck_assert(!accepted(in, text, sizeof text));
    one_swap(in);
    in->side[1].chain = 2; /* the public chain is not the tuple's */
    ck_assert(!accepted(in, text, sizeof text));
    free(in);
}
END_TEST

START_TEST(extreme_amounts_are_right)
{
    struct slice *in = malloc(sizeof *in);
    char text[512];
    struct amount half, near;
    ck_assert_ok(amount_from_u128(&half, (unsigned __int128)1 << 111));
    ck_assert_ok(amount_sub(&near, half, amount_from_u64(1)));
    const struct amount r0s[] = {{1, 0}, near, {65535, 0}, {65536, 0}},
                        r1s[] = {{2, 0}, AMOUNT_MAX, {65536, 0}, {3, 0}};
    const uint64_t a0s[] = {2, 1000000, 65537};
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            for (int k = 0; k < 4; k++) {
                one_swap(in);
                struct swap_order *o = &in->side[0].orders[0];
                struct amm_result r;
                struct amount a0;
                o->amount = k < 3 ? packed_amount_floor(amount_from_u64(a0s[k]))
                                  : packed_amount_floor(near);
                o->minimum = AMOUNT_ZERO;
                ck_assert_ok(packed_amount_value(&a0, o->amount));
                ck_assert_ok(amm_swap(&r, a0, 30, r0s[i], r1s[j]));
                amount_to_limbs(in->side[0].tuples[0].e + TUPLE_AMOUNT, a0);
                amount_to_limbs(in->side[0].tuples[0].e + TUPLE_READ, r0s[i]);
                amount_to_limbs(in->side[1].tuples[0].e + TUPLE_AMOUNT, r.a1);
                amount_to_limbs(in->side[1].tuples[0].e + TUPLE_READ, r1s[j]);
                order_again(in);
                ck_assert_msg(accepted(in, text, sizeof text) == !amount_is_zero(r.a1),
                              "%d %d %d: %s", i, j, k, text);
            }
    free(in);
}
END_TEST

static struct tuple *find(struct slice *in, uint32_t kind, uint32_t role)
{
    for (int s = 0; s < 2; s++)
        for (uint32_t i = 0; i < in->side[s].n_tuples; i++) {
            struct tuple *t = &in->side[s].tuples[i];
            if (t->e[TUPLE_KIND] == kind && t->e[TUPLE_ROLE] == role) return t;
        }
    return NULL;
}

START_TEST(F28_forged_halves_of_real_batches_are_refused)
{
    struct slice *in = malloc(sizeof *in), *bad = malloc(sizeof *bad);
    char text[512];
    uint32_t tried = 0;
    struct world *w = world_new(99, false);
    world_warm_up(w);
    const uint32_t kinds[] = {OP_SWAP_IN, OP_CREATE, OP_ADD, OP_REMOVE};
    const uint32_t fields[] = {TUPLE_X,         TUPLE_KIND,    TUPLE_ROLE,  TUPLE_OWN,
                               TUPLE_OWN + 1,   TUPLE_OWN + 2, TUPLE_OTHER, TUPLE_OTHER + 1,
                               TUPLE_OTHER + 2, TUPLE_FEE,     TUPLE_CAP,   TUPLE_FLAGS,
                               TUPLE_ORDER,     TUPLE_READ};
    for (int batch = 0; batch < 3; batch++) {
        while (!sealed_pairs(w, 40, in))
            continue;
        ck_assert_msg(accepted(in, text, sizeof text), "%s", text);
        for (int k = 0; k < 4; k++)
            for (uint32_t role = 0; role < 2; role++) {
                if (!find(in, kinds[k], role)) continue;
                for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
                    *bad = *in;
                    struct tuple *t = find(bad, kinds[k], role);
                    bool reserve = kinds[k] == OP_SWAP_IN && fields[i] == TUPLE_READ;
                    if (reserve)
                        amount_to_limbs(t->e + TUPLE_READ, amount_from_u64(1));
                    else
                        t->e[fields[i]] += 1;
                    rehash(bad);
                    tried++;
                    ck_assert_msg(!accepted(bad, text, sizeof text), "kind %u role %u element %u",
                                  kinds[k], role, fields[i]);
                }
            }
    }
    ck_assert_uint_gt(tried, 100);
    world_free(w);
    free(in);
    free(bad);
}
END_TEST

START_TEST(dropped_doubled_and_swapped_halves_are_refused)
{
    struct slice *in = malloc(sizeof *in);
    char text[512];
    one_swap(in);
    in->side[1].n_tuples = 0; /* the output half is missing */
    rehash(in);
    ck_assert(!accepted(in, text, sizeof text));
    one_swap(in);
    in->side[1].tuples[1] = in->side[1].tuples[0]; /* paid twice */
    in->side[1].n_tuples = 2;
    rehash(in);
    ck_assert(!accepted(in, text, sizeof text));
    in->side[1].tuples[1].e[TUPLE_X] = 1; /* paid for nothing */
    rehash(in);
    ck_assert(!accepted(in, text, sizeof text));
    one_swap(in); /* F25: the other half names another pool */
    in->side[1].tuples[0].e[TUPLE_OWN + 1] = 10;
    rehash(in);
    ck_assert(!accepted(in, text, sizeof text));
    one_swap(in); /* roles exchanged */
    in->side[0].tuples[0].e[TUPLE_ROLE] = 1;
    in->side[1].tuples[0].e[TUPLE_ROLE] = 0;
    rehash(in);
    ck_assert(!accepted(in, text, sizeof text));
    free(in);
}
END_TEST

/* Witnesses that the filler would never write: cells of the trace changed by hand. */
START_TEST(no_cell_of_an_accepted_trace_can_change)
{
    struct slice *in = malloc(sizeof *in);
    struct ir_trace *tr;
    char text[512];
    one_swap(in);
    ck_assert_ok(fill(&tr, in, text, sizeof text));
    ck_assert_ok(ir_mock_check(tr, text, sizeof text));
    const char *const tables[] = {"pair", "sides"};
    uint32_t survivors = 0;
    for (int k = 0; k < 2; k++) {
        uint32_t table = ir_table_find(small, tables[k]);
        const struct ir_table *t = small->tables[table];
        for (uint32_t c = 0; c < t->n_columns; c++) {
            /* side 0 has none before it, a swap of one pair no more */
            if (k == 1 && strcmp(t->column_names[c], "chain_before") == 0) continue;
            uint32_t *cell = &tr->tables[table].columns[c][0], was = *cell;
            *cell = (was + 1) % IR_P;
            if (ir_mock_check(tr, text, sizeof text) == ERR_OK) {
                survivors++;
                ck_assert_msg(false, "table %s column %s", tables[k], t->column_names[c]);
            }
            *cell = was;
        }
    }
    ck_assert_uint_eq(survivors, 0);
    ir_trace_free(tr);
    free(in);
}
END_TEST

START_TEST(the_system_is_free_of_lint)
{
    char text[4096];
    const struct ir_lint_allow allow[] = {
        {"range16", "range16"}, {"range16", "byte2"}, {"packed", "packed"},
        {"pow10", "power"},     {"sides", "side"},
    };
    uint32_t n = ir_lint(sys, allow, sizeof allow / sizeof allow[0], text, sizeof text);
    ck_assert_msg(n == 0, "%s", text);
    ck_assert_uint_le(sys->max_degree, 4);
}
END_TEST

START_TEST(pair_numbers_have_no_gaps)
{
    struct slice *in = malloc(sizeof *in);
    char text[4096];
    one_swap(in);
    ck_assert_msg(accepted(in, text, sizeof text), "%s", text);
    for (uint32_t x = 1; x < 8; x += 3) {
        one_swap(in);
        in->side[0].tuples[0].e[TUPLE_X] = in->side[1].tuples[0].e[TUPLE_X] = x;
        rehash(in);
        ck_assert(!accepted(in, text, sizeof text));
        ck_assert_msg(strstr(text, "next x"), "%s", text);
    }
    free(in);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pairing");
    TCase *tc = tcase_create("pairing");
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, batches_of_the_executor_are_accepted);
    tcase_add_test(tc, pair_numbers_have_no_gaps);
    tcase_add_test(tc, every_element_of_either_half_counts);
    tcase_add_test(tc, one_unit_of_rounding_is_refused);
    tcase_add_test(tc, the_order_is_kept);
    tcase_add_test(tc, extreme_amounts_are_right);
    tcase_add_test(tc, F28_forged_halves_of_real_batches_are_refused);
    tcase_add_test(tc, dropped_doubled_and_swapped_halves_are_refused);
    tcase_add_test(tc, no_cell_of_an_accepted_trace_can_change);
    tcase_add_test(tc, the_system_is_free_of_lint);
    suite_add_tcase(s, tc);
    return check_main(s);
}
