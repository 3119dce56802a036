/* CREATE half, 34 bytes: code, account 3, step, slot, share slot, token 3, amount 5, s 5, other
 * chain 2, other id 3, other token 3, fee bps 2, cap bps 2, fee 2. */
#include "core/op/op.h"
#include "core/tags.h"
#include "prover/air/op_row.h"

enum {
    SHARES_LOCKED = 1000,
    SHARES_MIN_LO = 1000000 % 65536,
    SHARES_MIN_HI = 1000000 / 65536,
    FEE_MAX = 9999,
    CAP_MAX = 9999 /* 10000 only for a pool on one chain */
};

struct create {
    struct op_row o;
    struct op_signed g;
    ir_x b[34];
    ir_x account, slot, share_slot, token, pf, pa[3], ps[3];
    ir_x amount[AIR_AMOUNT], shares[AIR_AMOUNT];
    ir_x role, id;
    struct air_pool pool;
    ir_x digest[8];
};

static void create_bytes(struct create *c)
{
    struct op_row *o = &c->o;
    struct ir_table *t = o->t;
    ir_x *b = c->b;
    b[0] = ir_const(t, OP_CREATE);
    air_new_cols(t, b + 1, "byte", 33);
    c->account = op_be(o, b + 1, 3);
    c->slot = b[5];
    c->share_slot = b[6];
    c->token = op_be(o, b + 7, 3);
    op_packed_limbs(o, b + 10, c->pa);
    op_packed_limbs(o, b + 15, c->ps);
    c->pf = op_be(o, b + 32, 2);
    op_signed_begin(o, &c->g, ir_const(t, OP_CREATE), false, c->account, b[4]);
    air_bytes(t, o->on, c->g.pos, b, 34, "byte");
    c->role = air_flag(t, "role");
    c->id = air_col(t, "id");
    c->pool = (struct air_pool){.own_chain = c->g.chain,
                                .own_id = c->id,
                                .own_token = c->token,
                                .other_chain = op_be(o, b + 20, 2),
                                .other_id = op_be(o, b + 22, 3),
                                .other_token = op_be(o, b + 25, 3),
                                .fee = op_be(o, b + 28, 2),
                                .cap = op_be(o, b + 30, 2),
                                .flags = ir_const(t, 0)};
}

/* REQ-CELL-4 and the order of the sides: role 0 has the smaller (chain, token), so they differ. */
static void create_rules(struct create *c)
{
    struct op_row *o = &c->o;
    struct ir_table *t = o->t;
    ir_x one_chain = air_flag(t, "one_chain");
    ir_x chains = ir_sub(t, c->pool.other_chain, c->pool.own_chain);
    ir_x tokens = ir_sub(t, c->pool.other_token, c->pool.own_token);
    air_when_zero(t, one_chain, chains, "one chain");
    ir_x apart = air_select(t, one_chain, tokens, chains);
    ir_x sign = air_not(t, ir_scale(t, 2, c->role));
    ir_x high = air_col(t, "side_gap_hi");
    ir_x gap = ir_sub(t, ir_mul(t, sign, apart), ir_const(t, 1));
    air_range16(t, o->on, ir_sub(t, gap, ir_scale(t, 1u << 16, high)), "sides are in order, low");
    air_byte2(t, o->on, high, high, "sides are in order, high");

    air_range16(t, o->on, ir_sub(t, ir_const(t, FEE_MAX), c->pool.fee), "fee below 10000");
    air_range16(t, o->on, ir_sub(t, c->pool.cap, ir_const(t, 1)), "cap is at least 1");
    ir_x cap_max = air_plus(t, one_chain, CAP_MAX);
    air_range16(t, o->on, ir_sub(t, cap_max, c->pool.cap), "no cap only on one chain");
}

/* amount > 0; s >= 10^6; out = s - 1000. */
static void create_amounts(struct create *c, ir_x kept[AIR_AMOUNT])
{
    struct op_row *o = &c->o;
    struct ir_table *t = o->t;
    air_new_cols(t, c->amount, "amount", AIR_AMOUNT);
    air_packed(t, o->on, c->pa, c->amount, "amount");
    op_nonzero(o, o->on, ir_sum(t, c->amount, AIR_AMOUNT), air_col(t, "amount_inverse"),
               "amount is not 0");
    air_new_cols(t, c->shares, "shares", AIR_AMOUNT);
    air_packed(t, o->on, c->ps, c->shares, "shares");

    ir_x b0 = air_flag(t, "shares_borrow_0"), b1 = air_flag(t, "shares_borrow_1");
    ir_x lo = ir_sub(t, c->shares[0], ir_const(t, SHARES_MIN_LO));
    ir_x hi = ir_sub(t, ir_sub(t, c->shares[1], ir_const(t, SHARES_MIN_HI)), b0);
    air_range16(t, o->on, ir_add(t, lo, ir_scale(t, 1u << 16, b0)), "at least 10^6 shares, low");
    air_range16(t, o->on, ir_add(t, hi, ir_scale(t, 1u << 16, b1)), "at least 10^6 shares, high");
    op_nonzero(o, b1, ir_sum(t, c->shares + 2, AIR_AMOUNT - 2), air_col(t, "shares_inverse"),
               "at least 10^6 shares, upper limbs");

    ir_x locked[AIR_AMOUNT];
    op_zeros(o, locked, AIR_AMOUNT);
    locked[0] = ir_const(t, SHARES_LOCKED);
    op_limbs_move(o, o->on, c->shares, locked, ir_const_neg(t, 1), "kept_borrow", kept);
}

static void create_memory(struct create *c, const ir_x kept[AIR_AMOUNT])
{
    struct op_row *o = &c->o;
    struct ir_table *t = o->t;
    ir_x zero[8], cell[8];
    op_zeros(o, zero, 8);
    op_nonzero(o, o->on, ir_sub(t, c->id, ir_const(t, ACCOUNT_NEW)), air_col(t, "id_inverse"),
               "accounts are not full");
    op_new_account(o, o->on, STEP_A, c->id, air_plus(t, c->id, 1), "counter");
    air_new_cols(t, c->digest, "digest", 8);
    air_pool_hash(t, o->on, &c->pool, c->digest, "new pool");
    air_cell(t, o->on, op_time(o, STEP_B), c->id, ir_const(t, 0), zero, c->digest, "new account");
    air_balance(t, o->on, op_time(o, STEP_C), c->account, c->slot, c->token,
                ir_const(t, BALANCE_DEBIT), c->amount, "debit");
    op_amount_cell(c->token, c->amount, cell);
    air_cell(t, o->on, op_time(o, STEP_D), c->id, ir_const(t, 2), zero, cell, "reserve");
    ir_x share = air_plus(t, c->id, TOKEN_SHARE_BIT);
    op_amount_cell(share, c->shares, cell);
    air_cell(t, o->on, op_time(o, STEP_E), c->id, ir_const(t, 3), zero, cell, "supply");
    air_balance(t, o->on, op_time(o, STEP_F), c->account, c->share_slot, share,
                ir_const(t, BALANCE_CREDIT), kept, "shares credited");
    op_fee(o, c->account, c->slot, c->token, c->pf);
}

/* The common order: this half's side is that of its role. */
static void create_order(struct create *c, ir_x common[AIR_DIGEST])
{
    enum { SIDE = 9 };
    struct op_row *o = &c->o;
    struct ir_table *t = o->t;
    ir_x other[7]; /* account, slot, share slot, pf, pa 3 */
    air_new_cols(t, other, "other_side", 7);
    ir_x own_side[SIDE] = {c->pool.own_chain, c->account, c->token, c->slot, c->share_slot, c->pf,
                           c->pa[0],          c->pa[1],   c->pa[2]};
    ir_x other_side[SIDE] = {c->pool.other_chain,
                             other[0],
                             c->pool.other_token,
                             other[1],
                             other[2],
                             other[3],
                             other[4],
                             other[5],
                             other[6]};
    ir_x rest[27] = {c->g.kind};
    for (uint32_t i = 0; i < SIDE; i++) {
        rest[1 + i] = air_select(t, c->role, other_side[i], own_side[i]);
        rest[1 + SIDE + i] = air_select(t, c->role, own_side[i], other_side[i]);
    }
    ir_x end[8] = {c->ps[0],    c->ps[1],       c->ps[2],         c->pool.fee,
                   c->pool.cap, ir_const(t, 0), c->g.deadline[0], c->g.deadline[1]};
    for (uint32_t i = 0; i < 8; i++)
        rest[1 + 2 * SIDE + i] = end[i];
    op_common_order(o, &c->g, TAG_CREATE, rest, 27, common);
    op_signed_order(o, &c->g, TAG_ORDER_HALF, common, AIR_DIGEST);
}

void create_table_build(struct ir_system *s, uint32_t log_height)
{
    struct create c;
    struct op_row *o = &c.o;
    op_table(o, s, "create", log_height);
    op_seq_take(o);
    ir_x kept[AIR_AMOUNT], common[AIR_DIGEST];
    create_bytes(&c);
    create_rules(&c);
    create_amounts(&c, kept);
    create_memory(&c, kept);
    create_order(&c, common);

    struct op_seq next = o->seq;
    struct op_tuple u = {.kind = c.g.kind,
                         .role = c.role,
                         .pool = c.pool,
                         .order = common,
                         .amount = c.amount,
                         .read = c.shares,
                         .debited = c.g.owner};
    u.x = op_tuple_x(o, u.role, &next.last);
    op_tuple_send(o, &u);
    next.pos = air_plus(o->t, c.g.pos, 34);
    next.n_tuples = air_plus(o->t, o->seq.n_tuples, 1);
    op_seq_give(o, &next);
}
