/* Re-executes published records: every record becomes an operation again by reading from the state
 * what was not published, and the same rules apply it. */
#include "core/rules/replay.h"

#include <stdlib.h>
#include <string.h>

#include "core/op/amount.h"
#include "core/op/packed.h"
#include "core/rules/halves.h"

/* The leaf that a step byte (or ESCAPE) names. */
static enum rule_error auth_rebuild(const struct rules_chain *c, const struct record_auth *r,
                                    struct op_auth *auth)
{
    uint32_t next[XMSS_LANES];
    if (!rules_peek_user(c, r->account, NULL, NULL, next)) return RULE_ACCOUNT;
    auth->account = r->account;
    auth->lane = r->lane;
    auth->leaf = r->step ? next[r->lane] + r->step - 1 : r->leaf;
    auth->deadline = c->time;
    return RULE_OK;
}

static uint32_t token_at(const struct rules_chain *c, uint32_t account, uint8_t slot)
{
    struct cell cell;
    overlay_peek(c->overlay, account, slot, &cell);
    return slot < SLOT_BALANCE_MIN ? 0 : cell.e[0];
}

/* AUTH of a half without an order. */
static enum rule_error half_auth(struct rules_chain *c, const struct record *r)
{
    struct op_auth auth = {0};
    struct user_cell user;
    struct digest8 none = {{0}};
    RULE_TRY(auth_rebuild(c, &r->auth, &auth));
    RULE_TRY(auth_open(c, &auth, r->code, &user));
    return auth_verify(c, &auth, &user, &none, 0); /* trusted here: counts only */
}

static enum rule_error replay_transfer(struct rules_chain *c, const struct record *r)
{
    struct op op = {.code = OP_TRANSFER};
    struct op_transfer *t = &op.u.transfer;
    struct user_cell to;
    RULE_TRY(auth_rebuild(c, &r->auth, &t->auth));
    if (!rules_peek_user(c, r->u.transfer.to, &to, NULL, NULL)) return RULE_RECIPIENT;
    t->to = r->u.transfer.to;
    t->to_owner = to.owner;
    t->slot_from = r->u.transfer.slot_from;
    t->slot_to = r->u.transfer.slot_to;
    t->token = token_at(c, r->auth.account, t->slot_from);
    t->amount = r->u.transfer.amount;
    t->fee = r->u.transfer.fee;
    return rules_apply_local(c, &op);
}

static enum rule_error replay_withdraw(struct rules_chain *c, const struct record *r)
{
    struct op op = {.code = OP_WITHDRAW};
    struct op_withdraw *w = &op.u.withdraw;
    RULE_TRY(auth_rebuild(c, &r->auth, &w->auth));
    w->slot = r->u.withdraw.slot;
    w->token = r->u.withdraw.token;
    w->to = r->u.withdraw.to;
    w->amount = r->u.withdraw.amount;
    w->fee = r->u.withdraw.fee;
    return rules_apply_local(c, &op);
}

static enum rule_error replay_change_key(struct rules_chain *c, const struct record *r)
{
    struct op op = {.code = OP_CHANGE_KEY};
    struct op_change_key *k = &op.u.change_key;
    struct amount fee;
    RULE_TRY(auth_rebuild(c, &r->auth, &k->auth));
    k->new_auth = r->u.change_key.new_auth;
    k->new_height = r->u.change_key.new_height;
    k->new_root = r->u.change_key.new_root;
    k->fee_slot = r->u.change_key.fee_slot;
    k->fee = r->u.change_key.fee;
    if (packed_fee_value(&fee, k->fee) != ERR_OK) return RULE_AMOUNT_RANGE;
    if (!amount_is_zero(fee)) k->fee_token = token_at(c, r->auth.account, k->fee_slot);
    return rules_apply_local(c, &op);
}

static enum rule_error replay_priority(struct rules_chain *c, const struct record *r)
{
    struct op_priority p = r->u.priority;
    RULE_TRY(rules_apply_priority(c, &p));
    /* What was published about the outcome must be what the state gives. */
    bool same = p.outcome == r->u.priority.outcome;
    if (p.kind == PRIORITY_EXIT)
        same = same && p.token == r->u.priority.token &&
               amount_cmp(p.amount, r->u.priority.amount) == 0;
    return same ? RULE_OK : RULE_STATE;
}

static enum rule_error replay_create(struct rules_chain *c, const struct record *r)
{
    uint32_t id;
    struct half_create half = {.account = r->auth.account, .token = r->u.create.token,
                               .slot = r->u.create.slot, .share_slot = r->u.create.share_slot,
                               .amount = r->u.create.amount, .shares = r->u.create.shares,
                               .fee = r->u.create.fee, .other_chain = r->u.create.other_chain,
                               .other_id = r->u.create.other_id,
                               .other_token = r->u.create.other_token,
                               .fee_bps = r->u.create.fee_bps, .cap_bps = r->u.create.cap_bps};
    RULE_TRY(half_auth(c, r));
    return half_create(c, &half, &id);
}

static enum rule_error replay_swap_in(struct rules_chain *c, const struct record *r)
{
    struct pool_half pool;
    struct amount reserve;
    struct half_swap_in half = {.account = r->auth.account, .pool_id = r->u.swap_in.pool,
                                .slot = r->u.swap_in.slot, .amount = r->u.swap_in.amount,
                                .fee = r->u.swap_in.fee};
    RULE_TRY(half_auth(c, r));
    RULE_TRY(pool_open(c, half.pool_id, &pool));
    return half_swap_in(c, &half, &pool, &reserve);
}

static enum rule_error replay_swap_out(struct rules_chain *c, const struct record *r)
{
    struct pool_half pool;
    struct user_cell to;
    struct amount reserve;
    RULE_TRY(pool_open(c, r->u.swap_out.pool, &pool));
    RULE_TRY(user_open(c, r->u.swap_out.to, RULE_RECIPIENT, &to));
    /* Slots from 128 on: the pairing proof has compared the owners. */
    return half_swap_out(c, r->u.swap_out.pool, &pool, r->u.swap_out.to, r->u.swap_out.slot,
                         r->u.swap_out.amount, true, &reserve);
}

static enum rule_error replay_liquidity(struct rules_chain *c, const struct record *r)
{
    struct pool_half pool;
    struct amount moved, reserve, supply;
    struct half_liquidity half = {.kind = r->code, .account = r->auth.account,
                                  .pool_id = r->u.liquidity.pool, .slot = r->u.liquidity.slot,
                                  .share_slot = r->u.liquidity.share_slot,
                                  .shares = r->u.liquidity.shares, .fee = r->u.liquidity.fee,
                                  .limit = r->code == OP_ADD ? AMOUNT_MAX : AMOUNT_ZERO};
    RULE_TRY(half_auth(c, r));
    RULE_TRY(pool_open(c, half.pool_id, &pool));
    return half_liquidity(c, &half, &pool, &moved, &reserve, &supply);
}

static enum rule_error replay_record(struct rules_chain *c, const struct record *r)
{
    struct op op = {.code = OP_OPEN};
    switch (r->code) {
    case OP_PRIORITY: return replay_priority(c, r);
    case OP_WITHDRAW: return replay_withdraw(c, r);
    case OP_TRANSFER: return replay_transfer(c, r);
    case OP_OPEN:
        op.u.open.owner = r->u.open.owner;
        return rules_apply_local(c, &op);
    case OP_CHANGE_KEY: return replay_change_key(c, r);
    case OP_CREATE: return replay_create(c, r);
    case OP_SWAP_IN: return replay_swap_in(c, r);
    case OP_SWAP_OUT: return replay_swap_out(c, r);
    case OP_ADD:
    case OP_REMOVE: return replay_liquidity(c, r);
    default: return RULE_MALFORMED;
    }
}

static enum err cells_apply(struct cells *cells, const struct overlay *o, struct digest8 *root)
{
    for (uint32_t i = 0; i < o->n_cells; i++)
        ERR_TRY(cells_set(cells, o->touched[i].account, o->touched[i].slot, &o->touched[i].after));
    return cells_root(cells, root);
}

enum err replay_segment(struct cells *cells, struct preimages *preimages,
                        const struct segment *segment, struct digest8 *root, uint32_t *record,
                        enum rule_error *rule)
{
    const struct segment_header *h = &segment->header;
    struct overlay *o = malloc(sizeof *o);
    *record = UINT32_MAX;
    *rule = RULE_OK;
    if (!o) return ERR_NOMEM;
    overlay_init(o, cells);
    o->limits = &batch_limits_large;
    struct rules_chain c = {.chain = h->chain, .time = h->time, .fee_account = h->fee_account,
                            .overlay = o, .preimages = preimages, .trust_signatures = true};
    for (int i = 0; i < BATCH_FEE_TOKENS; i++)
        c.fee_slots[i] = (struct fee_slot){h->fees[i].token, h->fees[i].slot};
    if (h->fee_account != 0 && !rules_peek_user(&c, h->fee_account, NULL, NULL, NULL))
        *rule = RULE_ACCOUNT;
    for (uint32_t i = 0; i < segment->n_records && *rule == RULE_OK; i++) {
        *rule = replay_record(&c, &segment->records[i]);
        if (*rule != RULE_OK) *record = i;
    }
    enum err err = *rule == RULE_OK ? cells_apply(cells, o, root)
                   : *rule == RULE_NOMEM ? ERR_NOMEM
                                         : ERR_REJECTED;
    free(o);
    return err;
}
