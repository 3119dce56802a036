/* Random operations on two chains: the executor and the slow model agree on what is allowed, on
 * every root, and on the sums that must not change. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"
#include "core/op/amount.h"
#include "tests/property/core/model.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

/* Changes one field of the request, so that most are refused. */
static void disturb(struct rng *rng, struct request *r)
{
    uint8_t *bytes = (uint8_t *)&r->u;
    size_t n = 0;
    switch (r->kind) {
    case REQUEST_TRANSFER: n = sizeof r->u.transfer; break;
    case REQUEST_WITHDRAW: n = sizeof r->u.withdraw; break;
    case REQUEST_CHANGE_KEY: n = sizeof r->u.change_key; break;
    case REQUEST_SWAP: n = sizeof r->u.swap; break;
    case REQUEST_ADD:
    case REQUEST_REMOVE: n = sizeof r->u.liquidity; break;
    case REQUEST_CREATE: n = sizeof r->u.create; break;
    case REQUEST_PRIORITY: n = sizeof r->u.priority; break;
    default: return;
    }
    bytes[rng_below(rng, n)] ^= (uint8_t)(1u << rng_below(rng, 8));
    /* Fields the executor sets from elsewhere, or that abort it when they are out of their type. */
    if (r->kind == REQUEST_ADD) r->u.liquidity.order.kind = OP_ADD;
    if (r->kind == REQUEST_REMOVE) r->u.liquidity.order.kind = OP_REMOVE;
    if (r->kind == REQUEST_SWAP) r->chain = r->u.swap.chain;
}

/* Deposits minus what leaves, per chain and token. */
struct ledger {
    u128 in[2][5];
};

static void ledger_follow(struct ledger *l, const struct request *r, const struct push_result *res)
{
    if (r->kind == REQUEST_WITHDRAW && r->u.withdraw.token < 5)
        l->in[r->chain][r->u.withdraw.token] -= amount_value(r->u.withdraw.amount);
    if (r->kind != REQUEST_PRIORITY) return;
    const struct op_priority *p = &res->op[0].u.priority;
    if (p->outcome != OUTCOME_APPLIED || p->token >= 5) return;
    if (p->kind == PRIORITY_EXIT) l->in[r->chain][p->token] -= amount_value(p->amount);
    else if (p->kind != PRIORITY_SET_KEY) l->in[r->chain][p->token] += amount_value(p->amount);
}

static void check_sums(const struct model *m, const struct ledger *l, uint64_t seed)
{
    for (uint16_t c = 0; c < 2; c++)
        for (uint32_t t = 1; t < 5; t++)
            ck_assert_msg(model_total(m, c, t) == l->in[c][t],
                          "seed %lu: chain %u token %u is not conserved", (unsigned long)seed, c, t);
    for (uint16_t c = 0; c < 2; c++) /* all shares of a pool plus the locked 1,000 */
        for (uint32_t i = 1; i < m->chain[c].next; i++) {
            const struct model_account *a = &m->chain[c].account[i];
            if (a->kind != 2) continue;
            ck_assert(model_total(m, c, (1u << 24) + i) + 1000 == a->s);
            ck_assert(a->r > 0);
        }
}

static void compare_roots(const struct world *w, const struct model *m, uint64_t seed)
{
    for (uint16_t c = 0; c < 2; c++) {
        struct digest8 root;
        uint32_t want[8];
        ck_assert_ok(cells_root(w->state[c].cells, &root));
        model_root(m, c, want);
        ck_assert_msg(memcmp(root.e, want, sizeof want) == 0, "seed %lu: root of chain %u",
                      (unsigned long)seed, c);
    }
}

/* Builds a random request (as the world would push it) without pushing: a world's push is tried on
 * a copy of the request so that model and executor see the same. */
static void one_world(uint64_t seed, uint32_t n_batches, bool sliced)
{
    struct world *w = world_new(seed, false);
    struct batch_limits limits;
    struct model *m = model_new(), *before = model_new();
    struct ledger ledger;
    struct rng rng;
    uint32_t accepted = 0, refused = 0, disturbed = 0, slices = 0;
    struct request *r = malloc(sizeof *r);
    struct push_result *res = malloc(sizeof *res);
    memset(&ledger, 0, sizeof ledger);
    rng_seed(&rng, seed ^ 0x55);
    world_limits_random(&rng, &limits);
    if (sliced) {
        w->limits = &limits;
        w->slices_max = 1 + (uint32_t)rng_below(&rng, BATCH_SLICES_MAX);
    }
    for (uint32_t i = 0; i < n_batches; i++) {
        struct batch *b = world_begin(w);
        m->time = w->time;
        for (uint16_t c = 0; c < 2; c++) {
            const struct rules_chain *rc = batch_chain(b, c);
            m->chain[c].fee_account = rc->fee_account;
            for (int f = 0; f < 4; f++) {
                m->chain[c].fees[f].token = rc->fee_slots[f].token;
                m->chain[c].fees[f].slot = rc->fee_slots[f].slot;
            }
        }
        bool full = false;
        for (uint32_t n = 0; n < (sliced ? 90 : 30) && !full; n++) {
            bool ok = world_push_random(w, b, &full, r, res);
            if (full) break;
            memcpy(before, m, sizeof *m);
            bool want = model_apply(m, r);
            ck_assert_msg(model_values_kept(before, m), "seed %lu: a pool's shares lost value",
                          (unsigned long)seed);
            ck_assert_msg(ok == want, "seed %lu batch %u: kind %u: core %s, model %d",
                          (unsigned long)seed, i, r->kind, rule_error_name(res->rule), want);
            accepted += ok;
            refused += !ok;
            if (ok) {
                ledger_follow(&ledger, r, res);
                if (r->kind == REQUEST_PRIORITY)
                    ck_assert_uint_eq(res->op[0].u.priority.outcome, m->outcome);
            }
            ck_assert_msg(!m->k_fell, "seed %lu: the product of reserves fell", (unsigned long)seed);
            check_sums(m, &ledger, seed);
            /* The same request again with one bit changed: both must say the same. */
            if (r->kind == REQUEST_OPEN || r->kind == REQUEST_PRIORITY) continue;
            disturb(&rng, r);
            enum rule_error e = batch_push(b, r, res);
            if (rule_error_is_capacity(e)) break;
            want = model_apply(m, r);
            ck_assert_msg((e == RULE_OK) == want, "seed %lu batch %u: disturbed kind %u: %s, %d",
                          (unsigned long)seed, i, r->kind, rule_error_name(e), want);
            disturbed++;
            if (e == RULE_OK) {
                world_follow(w, r, res);
                ledger_follow(&ledger, r, res);
            }
            check_sums(m, &ledger, seed);
        }
        struct sealed_batch s;
        if (batch_count_all_ops(b) > 0) {
            ck_assert_ok(batch_seal(b, &s));
            slices += s.n_slices;
            sealed_batch_deinit(&s);
        }
        batch_free(b);
        compare_roots(w, m, seed);
    }
    printf("seed %lu: %u batches, %u slices, %u accepted, %u refused, %u disturbed\n",
           (unsigned long)seed, n_batches, slices, accepted, refused, disturbed);
    world_free(w);
    free(m);
    free(before);
    free(r);
    free(res);
}

START_TEST(executor_and_model_agree)
{
    struct rng rng;
    check_seed(&rng);
    for (int i = 0; i < 6; i++) one_world(rng_u64(&rng), 25, false);
}
END_TEST

/* The same with small slices: what is allowed does not depend on them. */
START_TEST(executor_and_model_agree_over_slices)
{
    struct rng rng;
    check_seed(&rng);
    for (int i = 0; i < 3; i++) one_world(rng_u64(&rng), 8, true);
}
END_TEST

/* A journal of requests gives the same batch, byte for byte, also through their encoding. */
START_TEST(replaying_the_journal_gives_the_same_batch)
{
    struct world *w = world_new(31, false), *again = world_new(31, false);
    struct request *r = malloc(sizeof *r), *back = malloc(sizeof *back);
    for (int i = 0; i < 10; i++) {
        struct batch *a = world_begin(w), *b = world_begin(again);
        struct push_result *res = malloc(sizeof *res);
        bool full = false;
        for (int n = 0; n < 25 && !full; n++) {
            uint8_t bytes[REQUEST_BYTES_MAX];
            size_t len;
            if (!world_push_random(w, a, &full, r, res)) continue;
            ck_assert_ok(request_encode(r, false, bytes, sizeof bytes, &len));
            ck_assert_ok(request_decode(back, bytes, len));
            ck_assert_int_eq(batch_push(b, back, res), RULE_OK);
            world_follow(again, back, res);
        }
        again->rng = w->rng; /* only so that the next world_begin takes the same time */
        struct sealed_batch s, t;
        ck_assert_ok(batch_seal(a, &s));
        ck_assert_ok(batch_seal(b, &t));
        ck_assert_uint_eq(s.n_segments, t.n_segments);
        for (uint32_t p = 0; p < s.n_segments; p++) {
            ck_assert_uint_eq(s.traces[p]->n_bytes, t.traces[p]->n_bytes);
            ck_assert_mem_eq(s.traces[p]->bytes, t.traces[p]->bytes, s.traces[p]->n_bytes);
            ck_assert_mem_eq(&s.traces[p]->root_after, &t.traces[p]->root_after, 32);
            ck_assert_mem_eq(&s.traces[p]->tuple_digest, &t.traces[p]->tuple_digest, 32);
        }
        batch_free(a);
        batch_free(b);
        sealed_batch_deinit(&s);
        sealed_batch_deinit(&t);
        free(res);
    }
    world_free(w);
    world_free(again);
    free(r);
    free(back);
}
END_TEST

/* One-sided exits, swaps and adds in any order never let a holder take more than there is: the
 * product of a holder's parts does not fall by what others do (protocol-decisions.md, "found
 * sound"). Here: r stays positive and shares add up, checked after every operation above; and the
 * tree of cells agrees with one built from scratch under sets and clears. */
START_TEST(tree_of_cells_is_the_tree_built_from_scratch)
{
    struct rng rng;
    struct model *m = model_new();
    check_seed(&rng);
    struct cells *c = cells_new_genesis();
    ck_assert_ptr_nonnull(c);
    for (int i = 0; i < 400; i++) {
        uint32_t id = 1 + (uint32_t)rng_below(&rng, 20);
        uint8_t slot = (uint8_t)(2 + rng_below(&rng, 20));
        struct model_account *a = &m->chain[0].account[id];
        struct cell cell = {{0}};
        u128 v = rng_below(&rng, 3) ? (u128)rng_u64(&rng) << rng_below(&rng, 40) : 0;
        uint32_t at = 0;
        while (at < a->n && a->slots[at].slot != slot) at++;
        if (v == 0 && at < a->n) a->slots[at] = a->slots[--a->n];
        if (v > 0) {
            struct amount amount;
            ck_assert_ok(amount_from_u128(&amount, v));
            cell_of_amount(&cell, 9, amount);
            a->slots[at] = (struct model_slot){slot, 9, v};
            if (at == a->n) a->n++;
        }
        ck_assert_ok(cells_set(c, id, slot, &cell));
        if (i % 10) continue;
        struct cell next = {{21}}, digest;
        m->chain[0].next = 21;
        for (uint32_t k = 1; k < 21; k++) {
            uint32_t e[18] = {1};
            m->chain[0].account[k].kind = 1;
            poseidon_sponge(1, e, 18, digest.e);
            ck_assert_ok(cells_set(c, k, 0, &digest));
        }
        ck_assert_ok(cells_set(c, 0, 2, &next));
        struct digest8 root;
        uint32_t want[8];
        ck_assert_ok(cells_root(c, &root));
        model_root(m, 0, want);
        ck_assert_mem_eq(root.e, want, sizeof want);
    }
    cells_free(c);
    free(m);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core model");
    TCase *tc = tcase_create("model");
    tcase_set_timeout(tc, 110);
    tcase_add_test(tc, executor_and_model_agree);
    tcase_add_test(tc, executor_and_model_agree_over_slices);
    tcase_add_test(tc, replaying_the_journal_gives_the_same_batch);
    tcase_add_test(tc, tree_of_cells_is_the_tree_built_from_scratch);
    suite_add_tcase(s, tc);
    return check_main(s);
}
