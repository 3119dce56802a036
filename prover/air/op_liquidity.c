/* ADD and REMOVE halves, 17 bytes: code, account 3, step, slot, share slot, pool 3, s 5, fee 2. */
#include "core/op/op.h"
#include "core/tags.h"
#include "prover/air/op_row.h"

struct liquidity {
    struct op_row o;
    struct op_signed g;
    ir_x remove; /* 0 = ADD, 1 = REMOVE */
    ir_x account, slot, share_slot, pf, ps[3];
    ir_x shares[AIR_AMOUNT], amount[AIR_AMOUNT], limit[AIR_AMOUNT];
    ir_x role;
    struct air_pool pool;
};

static void liquidity_columns(struct liquidity *l)
{
    struct op_row *o = &l->o;
    struct ir_table *t = o->t;
    ir_x b[17];
    l->remove = air_flag(t, "remove");
    b[0] = air_plus(t, l->remove, OP_ADD);
    air_new_cols(t, b + 1, "byte", 16);
    l->account = op_be(o, b + 1, 3);
    l->slot = b[5];
    l->share_slot = b[6];
    op_packed_limbs(o, b + 10, l->ps);
    l->pf = op_be(o, b + 15, 2);
    op_signed_begin(o, &l->g, b[0], false, l->account, b[4]);
    air_bytes(t, o->on, l->g.pos, b, 17, "byte");
    l->role = air_flag(t, "role");
    op_pool_columns(o, l->g.chain, op_be(o, b + 7, 3), &l->pool);
    air_new_cols(t, l->shares, "shares", AIR_AMOUNT);
    air_packed(t, o->on, l->ps, l->shares, "shares");
    air_new_cols(t, l->amount, "amount", AIR_AMOUNT);
    air_new_cols(t, l->limit, "limit", AIR_AMOUNT);
}

/* ADD: debit amount, credit shares. REMOVE: debit shares, credit amount. */
static void liquidity_memory(struct liquidity *l)
{
    struct op_row *o = &l->o;
    struct ir_table *t = o->t;
    ir_x share = air_plus(t, l->pool.own_id, TOKEN_SHARE_BIT);
    ir_x debit[AIR_AMOUNT], credit[AIR_AMOUNT];
    for (uint32_t i = 0; i < AIR_AMOUNT; i++) {
        debit[i] = air_select(t, l->remove, l->shares[i], l->amount[i]);
        credit[i] = air_select(t, l->remove, l->amount[i], l->shares[i]);
    }
    air_balance(t, o->on, op_time(o, STEP_A), l->account,
                air_select(t, l->remove, l->share_slot, l->slot),
                air_select(t, l->remove, share, l->pool.own_token), ir_const(t, BALANCE_DEBIT),
                debit, "debit");
    air_balance(t, o->on, op_time(o, STEP_B), l->account,
                air_select(t, l->remove, l->slot, l->share_slot),
                air_select(t, l->remove, l->pool.own_token, share), ir_const(t, BALANCE_CREDIT),
                credit, "credit");
    op_shares(o, o->on, op_time(o, STEP_SHARES), l->remove, &l->pool, l->shares, l->amount,
              "pool side");
    op_fee(o, l->account, l->slot, l->pool.own_token, l->pf);
}

/* The limit: maximum of ADD, minimum (before the fee) of REMOVE; more than 0 moves, and so s >
 * 0. */
static void liquidity_limit(struct liquidity *l)
{
    struct op_row *o = &l->o;
    struct ir_table *t = o->t;
    op_nonzero(o, o->on, ir_sum(t, l->amount, AIR_AMOUNT), air_col(t, "amount_inverse"),
               "amount is not 0");
    air_range16_n(t, o->on, l->limit, AIR_AMOUNT, "limit limb");
    ir_x sign = air_not(t, ir_scale(t, 2, l->remove));
    op_limbs_order(o, o->on, l->limit, l->amount, sign, "limit_borrow");
}

static void liquidity_order(struct liquidity *l, ir_x common[AIR_DIGEST])
{
    enum { SIDE = 14 };
    struct op_row *o = &l->o;
    struct ir_table *t = o->t;
    ir_x other[4 + AIR_AMOUNT]; /* account, slot, share slot, pf, limit */
    air_new_cols(t, other, "other_side", 4 + AIR_AMOUNT);
    ir_x own_side[SIDE] = {l->pool.own_chain, l->pool.own_id, l->account, l->pool.own_token,
                           l->slot,           l->share_slot,  l->pf};
    ir_x other_side[SIDE] = {l->pool.other_chain,
                             l->pool.other_id,
                             other[0],
                             l->pool.other_token,
                             other[1],
                             other[2],
                             other[3]};
    for (uint32_t i = 0; i < AIR_AMOUNT; i++) {
        own_side[7 + i] = l->limit[i];
        other_side[7 + i] = other[4 + i];
    }
    ir_x rest[34] = {l->g.kind};
    for (uint32_t i = 0; i < SIDE; i++) {
        rest[1 + i] = air_select(t, l->role, other_side[i], own_side[i]);
        rest[1 + SIDE + i] = air_select(t, l->role, own_side[i], other_side[i]);
    }
    ir_x end[5] = {l->ps[0], l->ps[1], l->ps[2], l->g.deadline[0], l->g.deadline[1]};
    for (uint32_t i = 0; i < 5; i++)
        rest[1 + 2 * SIDE + i] = end[i];
    op_common_order(o, &l->g, TAG_LIQUIDITY, rest, 34, common);
    op_signed_order(o, &l->g, TAG_ORDER_HALF, common, AIR_DIGEST);
}

void liquidity_table_build(struct ir_system *s, uint32_t log_height)
{
    struct liquidity l;
    struct op_row *o = &l.o;
    op_table(o, s, "liquidity", log_height);
    op_seq_take(o);
    ir_x common[AIR_DIGEST];
    liquidity_columns(&l);
    liquidity_memory(&l);
    liquidity_limit(&l);
    liquidity_order(&l, common);

    struct op_seq next = o->seq;
    struct op_tuple u = {.kind = l.g.kind,
                         .role = l.role,
                         .pool = l.pool,
                         .order = common,
                         .amount = l.amount,
                         .read = l.shares,
                         .debited = l.g.owner};
    u.x = op_tuple_x(o, u.role, &next.last);
    op_tuple_send(o, &u);
    next.pos = air_plus(o->t, l.g.pos, 17);
    next.n_tuples = air_plus(o->t, o->seq.n_tuples, 1);
    op_seq_give(o, &next);
}
