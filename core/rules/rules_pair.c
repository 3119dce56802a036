/* Operations with two halves, on two chains or both on one: SWAP, ADD, REMOVE, CREATE. Both halves
 * are applied, or none. */
#include <string.h>

#include "core/op/amount.h"
#include "core/op/order.h"
#include "core/op/packed.h"
#include "core/rules/halves.h"
#include "core/rules/rules.h"

enum {
    CALLS_SWAP = (ORDER_SWAP_LEN + 7) / 8,
    CALLS_LIQUIDITY = (ORDER_LIQUIDITY_LEN + 7) / 8,
    CALLS_CREATE = (ORDER_CREATE_LEN + 7) / 8,
    CALLS_HALF = (ORDER_HALF_LEN + 7) / 8,
};

/* A side as one number, for the order of sides. */
static uint64_t side_key(uint32_t chain, uint32_t token)
{
    return (uint64_t)chain << 32 | token;
}

static enum rule_error swap_fields(const struct swap_order *o)
{
    if (o->pool_in > ACCOUNT_MAX || o->to_account > ACCOUNT_MAX) return RULE_MALFORMED;
    if (!amount_is_valid(o->minimum)) return RULE_AMOUNT_RANGE;
    if (o->token_in == 0 || o->token_in >= TOKEN_SHARE_BIT) return RULE_TOKEN;
    if (o->token_out == 0 || o->token_out >= TOKEN_SHARE_BIT) return RULE_TOKEN;
    return RULE_OK;
}

static bool halves_match(const struct pool_half *a, const struct pool_half *b)
{
    return a->other_chain == b->own_chain && a->other_id == b->own_id &&
           a->other_token == b->own_token && b->other_chain == a->own_chain &&
           b->other_id == a->own_id && b->other_token == a->own_token &&
           a->fee_bps == b->fee_bps && a->cap_bps == b->cap_bps && a->flags == b->flags;
}

static enum rule_error swap_output(const struct amm_result *amm, struct amount minimum,
                                   struct amount *out)
{
    *out = amm->a1;
#ifdef CORE_TEST_NO_K_RULE
    /* Only in the library that tests/property/core builds: pays one unit more than the curve. */
    if (amount_add(out, *out, amount_from_u64(1)) != ERR_OK) return RULE_OVERFLOW;
#endif
    if (amount_is_zero(amm->a0_net) || amount_is_zero(*out)) return RULE_OUTPUT_ZERO;
    return amount_cmp(*out, minimum) < 0 ? RULE_MINIMUM : RULE_OK;
}

static enum rule_error swap_apply(struct rules_chain *a, struct rules_chain *b,
                                  struct op_swap_in *in, struct op_swap_out *out)
{
    struct swap_order *order = &in->order;
    struct user_cell signer, recipient;
    struct amm_result amm;
    struct amount amount, r1;
    RULE_TRY(swap_fields(order));
    RULE_TRY(packed_positive(order->amount, &amount));
    RULE_TRY(auth_open(a, &order->auth, OP_SWAP_IN, &signer));
    order_swap_digest(&out->order_hash, a->dep, order);
    RULE_TRY(auth_verify(a, &order->auth, &signer, &out->order_hash, CALLS_SWAP));
    RULE_TRY(pool_open(a, order->pool_in, &in->pool));
    if (in->pool.own_token != order->token_in || in->pool.other_token != order->token_out)
        return RULE_POOL_TOKEN;
    if (in->pool.other_chain != b->chain) return RULE_POOL_PAIR;
    struct half_swap_in half = {.account = order->auth.account, .pool_id = order->pool_in,
                                .slot = order->slot_in, .amount = order->amount,
                                .fee = order->fee};
    RULE_TRY(half_swap_in(a, &half, &in->pool, &in->reserve));

    out->pool_id = in->pool.other_id;
    out->to = order->to_account;
    out->slot = order->to_slot;
    RULE_TRY(pool_open(b, out->pool_id, &out->pool));
    if (!halves_match(&in->pool, &out->pool)) return RULE_POOL_PAIR;
    RULE_TRY(user_open(b, out->to, RULE_RECIPIENT, &recipient));
    out->to_owner = recipient.owner;
    if (!owner_equal(&recipient.owner, &order->to_owner)) return RULE_RECIPIENT_OWNER;
    RULE_TRY(pool_amount_get(b, out->pool_id, SLOT_POOL_RESERVE, &r1));
    if (amm_swap(&amm, amount, in->pool.fee_bps, in->reserve, r1) != ERR_OK) return RULE_OVERFLOW;
    RULE_TRY(swap_output(&amm, order->minimum, &out->amount));
    return half_swap_out(b, out->pool_id, &out->pool, out->to, out->slot, out->amount,
                         owner_equal(&signer.owner, &recipient.owner), &out->reserve);
}

enum rule_error rules_apply_swap(struct rules_chain *a, struct rules_chain *b,
                                 const struct swap_order *order, uint32_t x, struct op *in,
                                 struct op *out)
{
    if (order->chain != a->chain || order->to_chain != b->chain) return RULE_CHAIN;
    struct rules_mark mark_a = rules_mark(a), mark_b = rules_mark(b);
    memset(in, 0, sizeof *in);
    memset(out, 0, sizeof *out);
    in->code = OP_SWAP_IN;
    in->u.swap_in.order = *order;
    in->u.swap_in.x = x;
    out->code = OP_SWAP_OUT;
    out->u.swap_out.x = x;
    enum rule_error e = swap_apply(a, b, &in->u.swap_in, &out->u.swap_out);
    if (e != RULE_OK) {
        rules_rollback(a, mark_a);
        rules_rollback(b, mark_b);
    }
    return e;
}

/* Signature of one side of a two-sided order. */
static enum rule_error side_auth(struct rules_chain *c, struct op_auth *auth, uint8_t kind,
                                 uint32_t account, uint32_t deadline,
                                 const struct digest8 *common, uint32_t common_calls)
{
    struct user_cell signer;
    struct digest8 digest;
    auth->deadline = deadline;
    if (auth->account != account) return RULE_MALFORMED;
    RULE_TRY(auth_open(c, auth, kind, &signer));
    order_half_digest(&digest, c->dep, c->chain, auth, kind, common);
    return auth_verify(c, auth, &signer, &digest, common_calls + CALLS_HALF);
}

static enum rule_error liquidity_fields(const struct liquidity_order *o)
{
    if (o->kind != OP_ADD && o->kind != OP_REMOVE) return RULE_MALFORMED;
    for (int i = 0; i < 2; i++) {
        const struct liquidity_side *s = &o->side[i];
        if (s->pool_id > ACCOUNT_MAX || s->account > ACCOUNT_MAX) return RULE_MALFORMED;
        if (s->token == 0 || s->token >= TOKEN_SHARE_BIT) return RULE_TOKEN;
        if (!amount_is_valid(s->limit)) return RULE_AMOUNT_RANGE;
    }
    if (side_key(o->side[0].chain, o->side[0].token) >= side_key(o->side[1].chain, o->side[1].token))
        return RULE_SIDES;
    return RULE_OK;
}

static enum rule_error liquidity_apply(struct rules_chain *const chains[2],
                                       const struct digest8 *common, struct op halves[2])
{
    struct op_liquidity *h[2] = {&halves[0].u.liquidity, &halves[1].u.liquidity};
    for (int i = 0; i < 2; i++) {
        const struct liquidity_order *order = &h[i]->order;
        const struct liquidity_side *s = &order->side[i];
        RULE_TRY(side_auth(chains[i], &h[i]->auth, order->kind, s->account, order->deadline,
                           common, CALLS_LIQUIDITY));
        RULE_TRY(pool_open(chains[i], s->pool_id, &h[i]->pool));
        if (h[i]->pool.own_token != s->token) return RULE_POOL_TOKEN;
        struct half_liquidity half = {.kind = order->kind, .account = s->account,
                                      .pool_id = s->pool_id, .slot = s->slot,
                                      .share_slot = s->share_slot, .shares = order->shares,
                                      .fee = s->fee, .limit = s->limit};
        RULE_TRY(half_liquidity(chains[i], &half, &h[i]->pool, &h[i]->amount, &h[i]->reserve,
                                &h[i]->supply));
    }
    return halves_match(&h[0]->pool, &h[1]->pool) ? RULE_OK : RULE_POOL_PAIR;
}

/* Rolls both sides back; they may be one chain. */
static void rollback_both(struct rules_chain *const chains[2], const struct rules_mark mark[2])
{
    rules_rollback(chains[0], mark[0]);
    rules_rollback(chains[1], mark[1]);
}

enum rule_error rules_apply_liquidity(struct rules_chain *const chains[2],
                                      const struct liquidity_order *order,
                                      const struct op_auth auth[2], uint32_t x,
                                      struct op halves[2])
{
    struct digest8 common;
    struct rules_mark mark[2] = {rules_mark(chains[0]), rules_mark(chains[1])};
    if (order->side[0].chain != chains[0]->chain || order->side[1].chain != chains[1]->chain)
        return RULE_CHAIN;
    RULE_TRY(liquidity_fields(order));
    order_liquidity_digest(&common, chains[0]->dep, order);
    memset(halves, 0, 2 * sizeof halves[0]);
    for (int i = 0; i < 2; i++) {
        halves[i].code = order->kind;
        halves[i].u.liquidity.auth = auth[i];
        halves[i].u.liquidity.role = (uint8_t)i;
        halves[i].u.liquidity.x = x;
        halves[i].u.liquidity.order = *order;
    }
    enum rule_error e = liquidity_apply(chains, &common, halves);
    if (e != RULE_OK) rollback_both(chains, mark);
    return e;
}

static enum rule_error create_fields(const struct create_order *o)
{
    for (int i = 0; i < 2; i++) {
        const struct create_side *s = &o->side[i];
        if (s->account > ACCOUNT_MAX) return RULE_MALFORMED;
        if (s->token == 0 || s->token >= TOKEN_SHARE_BIT) return RULE_TOKEN;
    }
    if (o->fee_bps >= BPS || o->cap_bps > BPS || o->flags != 0) return RULE_POOL_KIND;
    if (side_key(o->side[0].chain, o->side[0].token) >= side_key(o->side[1].chain, o->side[1].token))
        return RULE_SIDES;
    return RULE_OK;
}

static enum rule_error create_apply(struct rules_chain *const chains[2],
                                    const struct digest8 *common, struct op halves[2])
{
    uint32_t ids[2];
    if (!account_next_peek(chains[0], &ids[0])) return RULE_ACCOUNTS_FULL;
    if (!account_next_peek(chains[1], &ids[1])) return RULE_ACCOUNTS_FULL;
    if (chains[0] == chains[1]) ids[1]++;
    if (ids[1] > ACCOUNT_MAX) return RULE_ACCOUNTS_FULL;
    for (int i = 0; i < 2; i++) {
        struct op_create *h = &halves[i].u.create;
        const struct create_order *order = &h->order;
        const struct create_side *s = &order->side[i], *other = &order->side[1 - i];
        RULE_TRY(side_auth(chains[i], &h->auth, OP_CREATE, s->account, order->deadline, common,
                           CALLS_CREATE));
        h->other_id = ids[1 - i];
        struct half_create half = {.account = s->account, .token = s->token, .slot = s->slot,
                                   .share_slot = s->share_slot, .amount = s->amount,
                                   .shares = order->shares, .fee = s->fee,
                                   .other_chain = other->chain, .other_id = h->other_id,
                                   .other_token = other->token, .fee_bps = order->fee_bps,
                                   .cap_bps = order->cap_bps, .flags = order->flags};
        RULE_TRY(half_create(chains[i], &half, &h->id));
        if (h->id != ids[i]) return RULE_STATE;
    }
    return RULE_OK;
}

enum rule_error rules_apply_create(struct rules_chain *const chains[2],
                                   const struct create_order *order,
                                   const struct op_auth auth[2], uint32_t x, struct op halves[2])
{
    struct digest8 common;
    struct rules_mark mark[2] = {rules_mark(chains[0]), rules_mark(chains[1])};
    if (order->side[0].chain != chains[0]->chain || order->side[1].chain != chains[1]->chain)
        return RULE_CHAIN;
    RULE_TRY(create_fields(order));
    order_create_digest(&common, chains[0]->dep, order);
    memset(halves, 0, 2 * sizeof halves[0]);
    for (int i = 0; i < 2; i++) {
        halves[i].code = OP_CREATE;
        halves[i].u.create.auth = auth[i];
        halves[i].u.create.role = (uint8_t)i;
        halves[i].u.create.x = x;
        halves[i].u.create.order = *order;
    }
    enum rule_error e = create_apply(chains, &common, halves);
    if (e != RULE_OK) rollback_both(chains, mark);
    return e;
}
