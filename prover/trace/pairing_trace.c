#include "prover/trace/pairing_trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "core/op/amount.h"
#include "core/op/order.h"
#include "core/op/packed.h"
#include "core/tags.h"
#include "prover/air/op_row.h"
#include "prover/air/pairing.h"
#include "prover/trace/op_trace.h"
#include "prover/trace/pairing_internal.h"

enum { NO_TUPLE = UINT32_MAX };

/* Where the two halves of a pair lie. */
struct found {
    uint32_t side[2], index[2];
};

void pairing_side_from_trace(struct pairing_side *s, const struct chain_trace *t)
{
    s->chain = t->chain;
    s->n_tuples = tuples_of_trace(s->tuples, t);
    tuples_digest(&s->digest, s->tuples, s->n_tuples);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_ops; i++) {
        if (!op_has_tuple(t->ops[i].code)) continue;
        if (t->ops[i].code == OP_SWAP_IN) s->orders[n] = t->ops[i].u.swap_in.order;
        n++;
    }
}

/* The two tuples of each x < n_pairs. */
static void pairs_find(struct op_fill *f, const struct pairing_slice *in, struct found *pairs,
                       uint32_t n_pairs)
{
    memset(pairs, 0xff, n_pairs * sizeof pairs[0]);
    for (uint32_t s = 0; s < in->n_sides; s++)
        for (uint32_t i = 0; i < in->sides[s].n_tuples; i++) {
            const uint32_t *e = in->sides[s].tuples[i].e;
            uint32_t x = e[TUPLE_X], role = e[TUPLE_ROLE];
            if (x >= n_pairs || role > 1) {
                w_fail(f->w, ERR_MISMATCH, "tuple %u of chain %u: pair %u role %u", (unsigned)i,
                       in->sides[s].chain, (unsigned)x, (unsigned)role);
                return;
            }
            if (pairs[x].index[role] != NO_TUPLE) {
                w_fail(f->w, ERR_MISMATCH, "pair %u has two halves of role %u", (unsigned)x,
                       (unsigned)role);
                return;
            }
            pairs[x].side[role] = s;
            pairs[x].index[role] = i;
        }
    for (uint32_t x = 0; x < n_pairs; x++)
        if ((pairs[x].index[0] == NO_TUPLE) != (pairs[x].index[1] == NO_TUPLE))
            w_fail(f->w, ERR_MISMATCH, "pair %u has one half only", (unsigned)x);
}

static struct amount limbs_amount(const uint32_t *limbs)
{
    struct amount a = AMOUNT_ZERO;
    if (amount_from_limbs(&a, limbs) != ERR_OK) a = AMOUNT_ZERO; /* the checker refuses the limbs */
    return a;
}

static void fill_half(struct op_line *l, const struct found *at, uint32_t role, const uint32_t *e)
{
    static const char *const names[2][8] = {
        {"side_0", "index_0", "chain_0", "id_0", "token_0", "amount_0", "read_0", "debited_0"},
        {"side_1", "index_1", "chain_1", "id_1", "token_1", "amount_1", "read_1", "debited_1"}};
    op_put(l, names[role][0], at->side[role]);
    op_put(l, names[role][1], at->index[role]);
    for (uint32_t i = 0; i < 3; i++)
        op_put(l, names[role][2 + i], e[TUPLE_OWN + i]);
    op_put_n(l, names[role][5], e + TUPLE_AMOUNT, 7);
    op_put_n(l, names[role][6], e + TUPLE_READ, 7);
    op_put_n(l, names[role][7], e + TUPLE_DEBITED, 10);
    if (role == 0) return;
    op_put_n(l, "credited_1", e + TUPLE_CREDITED, 10);
    op_put(l, "credited_account", e[TUPLE_CREDITED_ACCOUNT]);
    op_put(l, "credited_slot", e[TUPLE_CREDITED_SLOT]);
}

static void fill_order(struct op_line *l, const struct pairing_slice *in,
                       const struct swap_order *order, const uint32_t *out)
{
    uint32_t e[ORDER_LEN_MAX], slot = out[TUPLE_CREDITED_SLOT];
    const uint32_t now[2] = {in->time & 0xffff, in->time >> 16};
    order_swap_elements(e, in->dep, order);
    op_put(l, "order_account", e[9]);
    op_put(l, "order_changes", e[10]);
    op_put(l, "order_lane", e[11]);
    op_put(l, "order_leaf", e[12]);
    op_put(l, "order_slot_in", e[14]);
    op_put_n(l, "order_amount", e + 18, 3);
    op_put(l, "order_fee", e[21]);
    op_put_n(l, "order_minimum", e + 35, 7);
    op_put_n(l, "order_deadline", e + 42, 2);
    op_put(l, "deadline_borrow", e[42] < now[0]);
    op_put(l, "slot_of_owner", slot >= 128);
    op_put_carries(l, "minimum_borrow", limbs_amount(out + TUPLE_AMOUNT), order->minimum, true);
}

static void fill_product(struct op_line *l, const uint32_t *in, const uint32_t *out)
{
    struct amount a0 = limbs_amount(in + TUPLE_AMOUNT), r0 = limbs_amount(in + TUPLE_READ);
    struct amount a1 = limbs_amount(out + TUPLE_AMOUNT), r1 = limbs_amount(out + TUPLE_READ);
    struct amount net = AMOUNT_ZERO, sum = AMOUNT_ZERO;
    struct amount keep = amount_from_u64(10000 - in[TUPLE_FEE] % 10001), all = amount_from_u64(10000);
    if (amount_mul_div_floor(&net, NULL, a0, keep, all) != ERR_OK ||
        amount_add(&sum, r0, net) != ERR_OK) {
        w_fail(l->f->w, ERR_MISMATCH, "pair %u: amounts leave 112 bits", (unsigned)in[TUPLE_X]);
        return;
    }
    op_put_amount(l, "net", net);
    op_put_amount_inverse(l, "net_inverse", net);
    op_put_amount_inverse(l, "out_inverse", a1);
    op_put_carries(l, "sum_carry", r0, net, false);
    op_fill_muldiv(l->f, false, a0, keep, all, net);
    op_fill_muldiv(l->f, false, net, r1, sum, a1);
}

static void fill_pair(struct op_fill *f, const struct pairing_slice *in, uint32_t x,
                      const struct found *at)
{
    const uint32_t *e[2];
    const uint32_t time[2] = {in->time & 0xffff, in->time >> 16};
    for (uint32_t r = 0; r < 2; r++)
        e[r] = in->sides[at->side[r]].tuples[at->index[r]].e;
    struct op_line l = {.f = f, .table = ir_table_find(f->system, "pair"), .row = x};
    uint32_t kind = e[0][TUPLE_KIND];
    op_put(&l, "on", 1);
    op_put(&l, "swap", kind == OP_SWAP_IN);
    op_put(&l, "create", kind == OP_CREATE);
    op_put(&l, "add", kind == OP_ADD);
    op_put(&l, "remove", kind == OP_REMOVE);
    op_put(&l, "fee", e[0][TUPLE_FEE]);
    op_put(&l, "cap", e[0][TUPLE_CAP]);
    op_put(&l, "flags", e[0][TUPLE_FLAGS]);
    op_put_n(&l, "order", e[0] + TUPLE_ORDER, 8);
    op_put_n(&l, "dep", in->dep, 8);
    op_put_n(&l, "time", time, 2);
    fill_half(&l, at, 0, e[0]);
    fill_half(&l, at, 1, e[1]);
    if (kind != OP_SWAP_IN) return;
    fill_order(&l, in, &in->sides[at->side[0]].orders[at->index[0]], e[1]);
    fill_product(&l, e[0], e[1]);
}

/* All pairs; the number of rows in use from 0 on without a gap. */
static uint32_t fill_pairs(struct op_fill *f, const struct pairing_slice *in)
{
    uint32_t n = 1u << f->system->tables[ir_table_find(f->system, "pair")]->log_height, used = 0;
    struct found *pairs = malloc(n * sizeof *pairs);
    if (!pairs) {
        w_fail(f->w, ERR_NOMEM, "pairs");
        return 0;
    }
    pairs_find(f, in, pairs, n);
    for (uint32_t x = 0; x < n && !w_failed(f->w); x++) {
        if (pairs[x].index[0] == NO_TUPLE) continue;
        fill_pair(f, in, x, &pairs[x]);
        used += used == x;
    }
    free(pairs);
    return used;
}

enum err pairing_fill_answers(struct witness *w)
{
    witness_count(w, BUS_PAIRING_SIDE);
    struct chain_trace *none = calloc(1, sizeof *none); /* this system has no memory and no bytes */
    enum err err = none ? witness_answer(w, none) : ERR_NOMEM;
    free(none);
    return err;
}

/* Everything that answers; takes the witness over. */
static enum err finish(struct witness *w, struct ir_trace **out, char *text, size_t n)
{
    enum err err = pairing_fill_answers(w);
    if (err == ERR_OK) err = witness_take(w, out);
    if (err != ERR_OK && text != NULL) snprintf(text, n, "%s", witness_error_text(w));
    witness_free(w);
    return err;
}

void pairing_slice_pairing(struct batch_pairing *out, const struct pairing_slice *in)
{
    REQUIRE(in->n_sides <= PAIRING_SIDES_MAX);
    *out = (struct batch_pairing){.time = in->time, .n_sides = in->n_sides};
    memcpy(out->dep, in->dep, sizeof in->dep);
    for (uint32_t s = 0; s < in->n_sides; s++) {
        out->sides[s] = (struct batch_side){.chain = in->sides[s].chain,
                                            .count = in->sides[s].n_tuples};
        memcpy(out->sides[s].digest, in->sides[s].digest.e, sizeof out->sides[s].digest);
    }
}

static void fill_slice_sides(struct op_fill *f, const struct pairing_slice *in, uint32_t n_pairs)
{
    const uint32_t time[2] = {in->time & 0xffff, in->time >> 16};
    struct batch_pairing pairing;
    pairing_slice_pairing(&pairing, in);
    const struct batch_fact fact = batch_fact_pairing(&pairing);
    for (uint32_t i = 0; i < 8; i++)
        w_public(f->w, PAIRING_FACT + i, fact.e[i]);
    for (uint32_t s = 0; s < in->n_sides; s++) {
        const struct pairing_side *side = &in->sides[s];
        struct op_line l = op_line_new(f, "sides");
        op_put(&l, "last", s + 1 == in->n_sides);
        op_put(&l, "chain", side->chain);
        op_put_n(&l, "digest", side->digest.e, 8);
        op_put(&l, "count", side->n_tuples);
        op_put(&l, "count_inverse", f_inv(side->n_tuples));
        op_put(&l, "chain_before", s == 0 ? 0 : in->sides[s - 1].chain);
        op_put_n(&l, "time", time, 2);
        op_put_n(&l, "dep", in->dep, 8);
        if (s > 0) continue;
        op_put(&l, "n", in->n_sides);
        op_put(&l, "pairs", n_pairs);
        op_put_n(&l, "fact", fact.e, 8);
    }
}

static bool canonical(const uint32_t *e, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (e[i] >= IR_P) return false;
    return true;
}

static enum err slice_check(const struct pairing_slice *in)
{
    if (in->n_sides == 0 || in->n_sides > PAIRING_SIDES_MAX) return ERR_ARG;
    if (!canonical(in->dep, 8)) return ERR_RANGE;
    for (uint32_t s = 0; s < in->n_sides; s++) {
        const struct pairing_side *side = &in->sides[s];
        if (side->n_tuples > BATCH_TUPLES_MAX) return ERR_ARG;
        if (!canonical(side->digest.e, 8)) return ERR_RANGE;
        for (uint32_t i = 0; i < side->n_tuples; i++)
            if (!canonical(side->tuples[i].e, TUPLE_LEN)) return ERR_RANGE;
    }
    return ERR_OK;
}

void pairing_fill_rows(struct witness *w, const struct pairing_slice *in)
{
    struct op_fill f = {.w = w, .system = w->system};
    uint32_t n_pairs = fill_pairs(&f, in);
    fill_slice_sides(&f, in, n_pairs);
}

enum err pairing_slice_fill(struct ir_trace **out, const struct ir_system *pairing,
                            const struct pairing_slice *in, char *text, size_t n)
{
    struct witness *w;
    if (text != NULL && n > 0) text[0] = 0;
    ERR_TRY(slice_check(in));
    ERR_TRY(witness_new(&w, pairing));
    pairing_fill_rows(w, in);
    return finish(w, out, text, n);
}
