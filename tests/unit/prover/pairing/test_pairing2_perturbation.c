/* Every constraint and lookup of the pairing program, one by one, as if it were missing: do rows of real
 * slices then let cells move that nothing else holds? */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/op/amount.h"
#include "core/op/order.h"
#include "core/op/packed.h"
#include "prover/air/pairing.h"
#include "prover/trace/pairing_trace.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"
#include "tests/unit/prover/air/independence.h"

/* Implied by the others, or held by messages that link rows, which this test does not drop. */
static const struct {
    const char *table, *name, *reason;
} LISTED[] = {
    {"sides", "on is boolean", "LINK: on as often as the row before hands on, row 0 once"},
    {"sides", "side 0 is there", "LAST comes from some side, and LINK leads back to row 0"},
    {"pair", "on is boolean", "X: each number comes once"},
    {"pair", "swap is boolean", "else 0 or less than 0: an order's sponge that takes back a start"},
    /* two other flags less this one: kinds 3, 4, 5, 10, 11, 12, which no tuple has, or a creation or
     * removal (6, 9) with the flag swap, whose digest would have to open as a swap's order */
    {"pair", "create is boolean", "see above"},
    {"pair", "remove is boolean", "see above"},
    /* needed: create + remove - add = swap, which four cells show but not two */
    {"pair", "add is boolean", "test_pairing2_attacks.c has the forgery"},
};

static bool is_listed(const char *table, const char *name)
{
    for (size_t i = 0; i < sizeof LISTED / sizeof LISTED[0]; i++)
        if (strcmp(LISTED[i].table, table) == 0 &&
            strncmp(LISTED[i].name, name, strlen(LISTED[i].name)) == 0)
            return true;
    return false;
}

/* The slice of a random batch; false if it has no tuples. */
static bool random_slice(struct world *w, struct pairing_slice *in, struct pairing_side *sides)
{
    struct sealed_batch b;
    ck_assert(world_seal_random(w, 40, &b));
    *in = (struct pairing_slice){.sides = sides};
    for (uint32_t i = 0; i < b.n_segments; i++) {
        pairing_side_from_trace(&sides[in->n_sides], b.traces[i]);
        in->n_sides += sides[in->n_sides].n_tuples > 0;
    }
    deployment_elements(in->dep, b.traces[0]->deployment_id);
    in->time = b.traces[0]->time;
    sealed_batch_deinit(&b);
    return in->n_sides > 0;
}

/* One swap of amounts that fill all limbs, so that carries of every column of the products move. */
static void great_swap(struct pairing_slice *in, struct pairing_side *sides)
{
    struct swap_order *o = &sides[0].orders[0];
    struct amount half, r0, a0;
    struct amm_result r;
    struct pool_half a = {0, 7, 1, 1, 9, 2, 30, 10000, 0}, b = {1, 9, 2, 0, 7, 1, 30, 10000, 0};
    memset(sides, 0, 2 * sizeof *sides);
    *in = (struct pairing_slice){.time = 5, .n_sides = 2, .sides = sides};
    sides[1].chain = 1;
    sides[0].n_tuples = sides[1].n_tuples = 1;
    ck_assert_ok(amount_from_u128(&half, (unsigned __int128)1 << 111));
    ck_assert_ok(amount_sub(&r0, half, amount_from_u64(12345678901)));
    *o = (struct swap_order){.auth = {.account = 3, .deadline = 5},
                             .slot_in = 2,
                             .pool_in = 7,
                             .token_in = 1,
                             .token_out = 2,
                             .amount = packed_amount_floor(r0),
                             .to_chain = 1,
                             .to_account = 4,
                             .to_slot = 2};
    ck_assert_ok(packed_amount_value(&a0, o->amount));
    ck_assert_ok(amm_swap(&r, a0, 30, r0, AMOUNT_MAX));
    struct op in_op = {.code = OP_SWAP_IN}, out_op = {.code = OP_SWAP_OUT};
    in_op.u.swap_in.order = *o;
    in_op.u.swap_in.pool = a;
    in_op.u.swap_in.reserve = r0;
    out_op.u.swap_out = (struct op_swap_out){
        .pool_id = 9, .to = 4, .slot = 2, .pool = b, .reserve = AMOUNT_MAX, .amount = r.a1};
    order_swap_digest(&out_op.u.swap_out.order_hash, in->dep, o);
    tuple_from_op(&sides[0].tuples[0], in->dep, 0, &in_op, &o->to_owner);
    tuple_from_op(&sides[1].tuples[0], in->dep, 1, &out_op, NULL);
    for (int i = 0; i < 2; i++)
        tuples_digest(&sides[i].digest, sides[i].tuples, 1);
}

START_TEST(constraints_and_lookups_are_missed_when_dropped)
{
    struct ir_system *s = pairing2_system_new(&PAIRING_SIZE_64);
    struct independence *d = calloc(s->n_tables, sizeof *d);
    struct pairing_side *sides = malloc(2 * sizeof *sides);
    struct world *w = world_new(20262, false);
    struct pairing_slice in;
    ck_assert_ptr_nonnull(d);
    for (uint32_t i = 0; i < s->n_tables; i++)
        independence_init(&d[i], s->tables[i]);
    for (uint32_t k = 0; k < 8; k++) {
        struct ir_trace *tr;
        char text[512];
        if (k == 0)
            great_swap(&in, sides);
        else if (!random_slice(w, &in, sides))
            continue;
        ck_assert_msg(pairing_slice_fill(&tr, s, &in, text, sizeof text) == ERR_OK, "%s", text);
        for (uint32_t i = 0; i < s->n_tables; i++)
            if (strcmp(s->tables[i]->name, "range16") != 0)
                independence_table(&d[i], &tr->tables[i]);
        ir_trace_free(tr);
    }
    uint32_t judged = 0, needed = 0, listed = 0, silent = 0, links = 0;
    for (uint32_t i = 0; i < s->n_tables; i++) {
        for (uint32_t k = 0; k < d[i].n_speakers; k++) {
            const char *name = independence_name(&d[i], k);
            links += d[i].kind[k] == SPEAKER_LINK;
            if (d[i].kind[k] == SPEAKER_LINK) continue;
            silent += !d[i].spoke[k];
            if (!d[i].spoke[k]) printf("  silent: %s: %s\n", s->tables[i]->name, name);
            judged += d[i].spoke[k];
            needed += d[i].needed[k];
            if (!d[i].spoke[k] || d[i].needed[k]) continue;
            if (is_listed(s->tables[i]->name, name))
                listed++;
            else
                printf("  survivor: %s: %s\n", s->tables[i]->name, name);
        }
        independence_deinit(&d[i]);
    }
    printf("%u constraints and lookups dropped one by one: %u noticed, %u listed; %u say nothing "
           "in the rows looked at; %u messages link rows\n",
           (unsigned)judged, (unsigned)needed, (unsigned)listed, (unsigned)silent, (unsigned)links);
    fflush(stdout);
    ck_assert_uint_eq(needed + listed, judged);
    ck_assert_uint_eq(silent, 0);
    world_free(w);
    free(sides);
    free(d);
    ir_system_free(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pairing 2 perturbation");
    TCase *tc = tcase_create("perturbation");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, constraints_and_lookups_are_missed_when_dropped);
    suite_add_tcase(s, tc);
    return check_main(s);
}
