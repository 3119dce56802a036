/* The pairing program: slices of up to 16 chains. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"
#include "core/op/amount.h"
#include "core/op/order.h"
#include "core/op/packed.h"
#include "prover/air/pairing.h"
#include "prover/trace/pairing_trace.h"
#include "prover/verify/labels.h"
#include "tests/support/check_main.h"

static struct ir_system *sys;

static void setup(void)
{
    sys = pairing2_system_new(&PAIRING_SIZE_64);
}

static void teardown(void)
{
    ir_system_free(sys);
}

enum { MANY = PAIRING_SIDES_MAX };
struct many {
    struct pairing_slice in;
    struct pairing_side sides[MANY];
};

static void append(struct pairing_side *s, const struct op *op, const uint32_t dep[8],
                   const struct owner *signer)
{
    if (op->code == OP_SWAP_IN) s->orders[s->n_tuples] = op->u.swap_in.order;
    tuple_from_op(&s->tuples[s->n_tuples++], dep, s->chain, op, signer);
}

/* Pair x: a swap from a chain into another or the same one. */
static void random_swap(struct many *m, struct rng *rng, uint32_t x, struct pairing_side *from,
                        struct pairing_side *to)
{
    uint16_t a = from->chain, b = to->chain;
    struct pool_half in = {a, 7, 1, b, 9, 2, 30, 2000, 0}, out = {b, 9, 2, a, 7, 1, 30, 2000, 0};
    struct swap_order o = {.auth = {.account = 3, .leaf = x, .deadline = m->in.time + 60},
                           .chain = a,
                           .slot_in = 2,
                           .pool_in = 7,
                           .token_in = 1,
                           .token_out = 2,
                           .to_chain = b,
                           .to_account = 4,
                           .to_slot = 100,
                           .minimum = AMOUNT_ZERO};
    struct amm_result r = {.a1 = AMOUNT_ZERO};
    struct amount r0, r1, a0;
    while (amount_is_zero(r.a1)) {
        r0 = amount_from_u64(1 + rng_u64(rng) / 2);
        r1 = amount_from_u64(1 + rng_u64(rng) / 2);
        o.amount = packed_amount_floor(amount_from_u64(1000 + rng_u64(rng) / 4));
        ck_assert_ok(packed_amount_value(&a0, o.amount));
        ck_assert_ok(amm_swap(&r, a0, 30, r0, r1));
    }
    rng_fill(rng, o.to_owner.bytes, 20);
    struct op in_op = {.code = OP_SWAP_IN}, out_op = {.code = OP_SWAP_OUT};
    in_op.u.swap_in.order = o;
    in_op.u.swap_in.pool = in;
    in_op.u.swap_in.reserve = r0;
    in_op.u.swap_in.x = x;
    out_op.u.swap_out = (struct op_swap_out){.pool_id = 9,
                                             .to = 4,
                                             .slot = 100,
                                             .pool = out,
                                             .reserve = r1,
                                             .to_owner = o.to_owner,
                                             .x = x,
                                             .amount = r.a1};
    order_swap_digest(&out_op.u.swap_out.order_hash, m->in.dep, &o);
    append(from, &in_op, m->in.dep, &o.to_owner);
    append(to, &out_op, m->in.dep, NULL);
}

/* n sides, each with at least one half; n_pairs >= n. */
static struct many *random_slice(struct rng *rng, uint32_t n, uint32_t n_pairs)
{
    struct many *m = calloc(1, sizeof *m);
    uint16_t chain = (uint16_t)rng_below(rng, 1000);
    ck_assert_ptr_nonnull(m);
    for (uint32_t i = 0; i < 8; i++)
        m->in.dep[i] = (uint32_t)rng_below(rng, 1u << 30);
    m->in.time = (uint32_t)rng_u64(rng) / 2;
    m->in.n_sides = n;
    m->in.sides = m->sides;
    for (uint32_t i = 0; i < n; i++) {
        m->sides[i].chain = chain;
        chain = (uint16_t)(chain + 1 + rng_below(rng, 4000));
    }
    for (uint32_t x = 0; x < n_pairs; x++) {
        struct pairing_side *from = &m->sides[x < n ? x : rng_below(rng, n)];
        random_swap(m, rng, x, from, &m->sides[rng_below(rng, n)]);
    }
    for (uint32_t i = 0; i < n; i++)
        tuples_digest(&m->sides[i].digest, m->sides[i].tuples, m->sides[i].n_tuples);
    return m;
}

static bool many_accepted(const struct ir_system *system, const struct many *m, char *text,
                          size_t size)
{
    struct ir_trace *tr = NULL;
    if (pairing_slice_fill(&tr, system, &m->in, text, size) != ERR_OK) return false;
    bool ok = ir_mock_check(tr, text, size) == ERR_OK;
    ir_trace_free(tr);
    return ok;
}

START_TEST(slices_of_any_chains_are_accepted)
{
    struct rng rng;
    char text[4096];
    const uint32_t sizes[][2] = {{1, 1}, {1, 9}, {2, 5}, {3, 64}, {16, 16}, {16, 64}};
    check_seed(&rng);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct many *m = random_slice(&rng, sizes[i][0], sizes[i][1]);
        struct ir_trace *tr = NULL;
        ck_assert_msg(pairing_slice_fill(&tr, sys, &m->in, text, sizeof text) == ERR_OK, "%s",
                      text);
        ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
        /* S by the definition */
        uint32_t e[16 + 16 * MANY] = {0}, want[8];
        memcpy(e, m->in.dep, 32);
        e[8] = m->in.time & 0xffff;
        e[9] = m->in.time >> 16;
        e[10] = m->in.n_sides;
        for (uint32_t s = 0; s < m->in.n_sides; s++) {
            memcpy(e + 16 + 16 * s, m->sides[s].digest.e, 32);
            e[24 + 16 * s] = m->sides[s].chain;
            e[25 + 16 * s] = m->sides[s].n_tuples;
        }
        poseidon_sponge(TAG_FACT_PAIRING, e, 16 + 16 * (size_t)m->in.n_sides, want);
        ck_assert_mem_eq(tr->publics, want, sizeof want);
        tr->publics[i] ^= 1;
        ck_assert(ir_mock_check(tr, text, sizeof text) != ERR_OK);
        ir_trace_free(tr);
        free(m);
    }
    struct many *m = random_slice(&rng, 4, 200);
    ck_assert(!many_accepted(sys, m, text, sizeof text));
    ck_assert_ptr_nonnull(strstr(text, ": pair "));
    struct ir_system *large = pairing2_system_new(&PAIRING_SIZE_512);
    ck_assert_msg(many_accepted(large, m, text, sizeof text), "%s", text);
    ir_system_free(large);
    free(m);
}
END_TEST

START_TEST(sides_are_those_of_the_statement)
{
    struct rng rng;
    char text[4096];
    rng_seed(&rng, 7);
    struct many *m = random_slice(&rng, 3, 6), *bad = malloc(sizeof *bad);
#define SIDES_CASE(change, reason)                                                                 \
    do {                                                                                           \
        *bad = *m;                                                                                 \
        bad->in.sides = bad->sides;                                                                \
        change;                                                                                    \
        ck_assert_msg(!many_accepted(sys, bad, text, sizeof text), #change);                       \
        ck_assert_msg(strstr(text, reason), #change ": %s", text);                                 \
    } while (0)
    ck_assert_msg(many_accepted(sys, m, text, sizeof text), "%s", text);
    struct pairing_side *s = bad->sides;
    /* order and doubles */
    SIDES_CASE((s[2] = m->sides[1], s[1] = m->sides[2]), "sides");
    SIDES_CASE((s[2].chain = s[1].chain), "sides");
    /* a side more: without tuples, with another's, with none that pairs */
    SIDES_CASE((s[3] = s[2], s[3].chain++, s[3].n_tuples = 0, bad->in.n_sides = 4,
                tuples_digest(&s[3].digest, NULL, 0)),
               "count is not 0");
    SIDES_CASE((s[3] = s[2], s[3].chain++, bad->in.n_sides = 4), "two halves");
    /* a side less: its halves are missing */
    SIDES_CASE((bad->in.n_sides = 2), "one half only");
    SIDES_CASE((s[1].digest.e[3] ^= 1), "sides");
    SIDES_CASE((s[1].digest = s[0].digest), "sides");
    SIDES_CASE((s[1].chain++), "asks table sides");
    SIDES_CASE((bad->in.dep[7]++), "order");
#undef SIDES_CASE
    struct ir_trace *tr = NULL;
    *bad = *m;
    bad->in.sides = bad->sides;
    bad->sides[0].tuples[0].e[TUPLE_READ] = IR_P;
    ck_assert_err(pairing_slice_fill(&tr, sys, &bad->in, text, sizeof text), ERR_RANGE);
    bad->in.n_sides = 0;
    ck_assert_err(pairing_slice_fill(&tr, sys, &bad->in, text, sizeof text), ERR_ARG);
    bad->in.n_sides = 17;
    ck_assert_err(pairing_slice_fill(&tr, sys, &bad->in, text, sizeof text), ERR_ARG);
    free(m);
    free(bad);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pairing slices");
    TCase *tc = tcase_create("slices");
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, slices_of_any_chains_are_accepted);
    tcase_add_test(tc, sides_are_those_of_the_statement);
    suite_add_tcase(s, tc);
    return check_main(s);
}
