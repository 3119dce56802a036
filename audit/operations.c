/* The rules of docs/protocol/state.md section 4, as far as published bytes show them: what only the
 * signature or the order knows (minimum, limit, deadline, recipient's owner) is proven, not seen. */
#include <stdlib.h>
#include <string.h>

#include "audit/ledger_internal.h"

enum { DAY = 86400, LOCKED_SHARES = 1000, FIRST_SHARES_MIN = 1000000 };

bool op_auth(struct ledger *l, const struct auth_fields *a, bool key_change)
{
    struct identity user;
    uint32_t keys[8];
    if (!is_user(l, a->account, &user)) return refuse(l, "account %u is no user", a->account);
    if (user.auth != 1) return refuse(l, "account %u has no key", a->account);
    ledger_cell_read(l, a->account, 1, keys);
    uint32_t next = keys[1 + a->lane];
    uint32_t lane_size = 1u << (user.height - 2);
    uint32_t leaf = a->step == 0 ? a->leaf : next + a->step - 1;
    if (leaf < next) return refuse(l, "account %u: key leaf %u is used", a->account, leaf);
    if (a->step == 0 && leaf - next + 1 <= 63)
        return refuse(l, "account %u: escape for a small step", a->account);
    if (leaf >= lane_size)
        return refuse(l, "account %u: key leaf %u does not exist", a->account, leaf);
    if (leaf == lane_size - 1 && !key_change)
        return refuse(l, "account %u: the last leaf signs key changes only", a->account);
    l->last_lane = a->lane;
    l->last_leaf = leaf;
    keys[1 + a->lane] = leaf + 1;
    if (key_change) {
        if (keys[0] + 1 >= 1u << 24)
            return refuse(l, "account %u: too many key changes", a->account);
        keys[0]++;
        memset(keys + 1, 0, 4 * sizeof keys[0]);
    }
    return cell_write(l, a->account, 1, keys);
}

bool ledger_fee(struct ledger *l, uint32_t account, uint8_t slot, uint32_t token, units fee)
{
    if (fee == 0) return true;
    for (int i = 0; i < LEDGER_FEES; i++) {
        if (l->fees[i].token != token || token == 0) continue;
        return debit(l, account, slot, token, fee) &&
               credit(l, l->fee_account, l->fees[i].slot, token, fee);
    }
    return refuse(l, "no fee is listed in token %u", token);
}

static bool slot_rule(struct ledger *l, uint8_t slot, const uint8_t authorised[20],
                      const uint8_t owner[20])
{
    if (slot < 128 || memcmp(authorised, owner, 20) == 0) return true;
    return refuse(l, "slot %u is credited by its owner only", slot);
}

static uint32_t token_in(const struct ledger *l, uint32_t account, uint8_t slot)
{
    uint32_t cell[8];
    ledger_cell_read(l, account, slot, cell);
    return cell[0];
}

bool op_open(struct ledger *l, const uint8_t owner[20])
{
    struct identity user = {.kind = IDENTITY_USER};
    uint32_t id = 0;
    memcpy(user.owner, owner, 20);
    return account_make(l, &user, &id);
}

bool op_transfer(struct ledger *l, const struct auth_fields *a, uint32_t to, uint8_t slot_from,
                 uint8_t slot_to, units amount, units fee)
{
    struct identity from;
    struct identity recipient;
    if (!op_auth(l, a, false)) return false;
    if (!is_user(l, a->account, &from) || !is_user(l, to, &recipient))
        return refuse(l, "recipient %u is no user", to);
    if (amount == 0) return refuse(l, "amount is zero");
    if (slot_from < 2) return refuse(l, "slot %u is not a balance slot", slot_from);
    uint32_t token = token_in(l, a->account, slot_from);
    return slot_rule(l, slot_to, from.owner, recipient.owner) &&
           debit(l, a->account, slot_from, token, amount) &&
           credit(l, to, slot_to, token, amount) &&
           ledger_fee(l, a->account, slot_from, token, fee);
}

bool op_withdraw(struct ledger *l, const struct auth_fields *a, uint8_t slot, uint32_t token,
                 units amount, units fee)
{
    if (!op_auth(l, a, false)) return false;
    if (amount == 0) return refuse(l, "amount is zero");
    if (token == 0 || token >= SHARE_TOKEN) return refuse(l, "token %u cannot leave", token);
    return debit(l, a->account, slot, token, amount) &&
           ledger_fee(l, a->account, slot, token, fee);
}

bool op_change_key(struct ledger *l, const struct auth_fields *a, uint8_t auth, uint8_t height,
                   const uint32_t root[5], uint8_t fee_slot, units fee)
{
    struct identity user;
    if (!op_auth(l, a, true) || !is_user(l, a->account, &user)) return false;
    if (auth != 1 || (height != 12 && height != 18)) return refuse(l, "new key is not valid");
    if (memcmp(user.root, root, sizeof user.root) == 0)
        return refuse(l, "new key equals the old one");
    user.auth = auth;
    user.height = height;
    memcpy(user.root, root, sizeof user.root);
    if (!identity_set(l, a->account, &user)) return false;
    if (fee == 0) return true;
    return ledger_fee(l, a->account, fee_slot, token_in(l, a->account, fee_slot), fee);
}

static bool remember(struct ledger *l, const struct half *h)
{
    if (l->n_halves == LEDGER_HALVES_MAX) return refuse(l, "too many half operations");
    if (l->n_halves == l->cap_halves) {
        uint32_t cap = l->cap_halves == 0 ? 64 : 2 * l->cap_halves;
        struct half *grown = realloc(l->halves, cap * sizeof *grown);
        if (grown == NULL) return no_memory(l);
        l->halves = grown;
        l->cap_halves = cap;
    }
    l->halves[l->n_halves++] = *h;
    return true;
}

bool op_create(struct ledger *l, const struct create_fields *c, uint32_t record)
{
    struct identity pool = {.kind = IDENTITY_POOL,
                            .own_chain = l->chain,
                            .own_token = c->token,
                            .other_chain = c->other_chain,
                            .other_id = c->other_id,
                            .other_token = c->other_token,
                            .fee_bps = c->fee_bps,
                            .cap_bps = c->cap_bps};
    uint32_t id = 0;
    uint32_t cell[8];
    if (!op_auth(l, &c->auth, false)) return false;
    bool same_chain = c->other_chain == l->chain;
    if (c->fee_bps >= 10000 || c->cap_bps == 0 || c->cap_bps > 10000 ||
        (c->cap_bps == 10000 && !same_chain))
        return refuse(l, "pool parameters are not allowed");
    if (c->token == 0 || c->token >= SHARE_TOKEN || c->other_token == 0 ||
        c->other_token >= SHARE_TOKEN || (same_chain && c->token == c->other_token))
        return refuse(l, "pool tokens are not allowed");
    if (c->amount == 0 || c->shares < FIRST_SHARES_MIN || c->shares >= UNITS_LIMIT)
        return refuse(l, "first liquidity is too small");
    if (!account_make(l, &pool, &id)) return false;
    pool.own_id = id;
    if (!debit(l, c->auth.account, c->slot, c->token, c->amount)) return false;
    units_cell(cell, c->token, c->amount);
    if (!cell_write(l, id, 2, cell)) return false;
    units_cell(cell, SHARE_TOKEN + id, c->shares);
    if (!cell_write(l, id, 3, cell)) return false;
    return credit(l, c->auth.account, c->share_slot, SHARE_TOKEN + id, c->shares - LOCKED_SHARES) &&
           ledger_fee(l, c->auth.account, c->slot, c->token, c->fee) &&
           remember(l, &(struct half){6, record, pool, c->amount, c->shares, {0}, 0});
}

bool op_swap_in(struct ledger *l, const struct auth_fields *a, uint8_t slot, uint32_t pool_id,
                units amount, units fee, uint32_t record)
{
    struct identity pool;
    struct identity user;
    uint32_t cell[8];
    if (!op_auth(l, a, false) || !is_user(l, a->account, &user)) return false;
    if (!is_pool(l, pool_id, &pool)) return refuse(l, "account %u is no pool", pool_id);
    if (amount == 0) return refuse(l, "amount is zero");
    if (!debit(l, a->account, slot, pool.own_token, amount)) return false;
    ledger_cell_read(l, pool_id, 2, cell);
    units reserve = units_of(cell);
    if (reserve + amount >= UNITS_LIMIT) return refuse(l, "pool %u passes 2^112", pool_id);
    units_cell(cell, pool.own_token, reserve + amount);
    struct half half = {
        .code = 7, .record = record, .pool = pool, .amount = amount, .read = reserve};
    memcpy(half.owner, user.owner, 20);
    return cell_write(l, pool_id, 2, cell) &&
           ledger_fee(l, a->account, slot, pool.own_token, fee) && remember(l, &half);
}

/* 10000 (r - a1) >= (10000 - cap) ref; every factor is below 2^126. */
static bool outflow_allowed(units after, units reference, uint32_t cap)
{
    return after * 10000 >= reference * (10000 - cap);
}

bool op_swap_out(struct ledger *l, uint32_t pool_id, uint32_t to, uint8_t slot, units amount,
                 uint32_t record)
{
    struct identity pool;
    struct identity user;
    uint32_t cell[8];
    uint32_t window[8];
    if (!is_pool(l, pool_id, &pool)) return refuse(l, "account %u is no pool", pool_id);
    if (!is_user(l, to, &user)) return refuse(l, "recipient %u is no user", to);
    if (amount == 0) return refuse(l, "amount is zero");
    ledger_cell_read(l, pool_id, 2, cell);
    units reserve = units_of(cell);
    if (amount >= reserve) return refuse(l, "pool %u holds too little", pool_id);
    if (pool.cap_bps < 10000) {
        ledger_cell_read(l, pool_id, 4, window);
        if (window[0] != l->time / DAY) units_cell(window, l->time / DAY, reserve);
        if (!outflow_allowed(reserve - amount, units_of(window), pool.cap_bps))
            return refuse(l, "daily outflow cap of pool %u", pool_id);
        if (!cell_write(l, pool_id, 4, window)) return false;
    }
    units_cell(cell, pool.own_token, reserve - amount);
    struct half half = {.code = 0x20,
                        .record = record,
                        .pool = pool,
                        .amount = amount,
                        .read = reserve,
                        .slot = slot};
    memcpy(half.owner, user.owner, 20);
    return cell_write(l, pool_id, 2, cell) && credit(l, to, slot, pool.own_token, amount) &&
           remember(l, &half);
}

static bool mul_div(units *out, units a, units b, units c, bool up)
{
    struct u256 x = u256_from_u128(a);
    struct u256 y = u256_from_u128(b);
    struct u256 z = u256_from_u128(c);
    struct u256 q;
    unsigned __int128 v = 0;
    enum err err = up ? u256_mul_div_ceil(&q, &x, &y, &z) : u256_mul_div_floor(&q, &x, &y, &z);
    if (err != ERR_OK || u256_to_u128(&v, &q) != ERR_OK || v >= UNITS_LIMIT) return false;
    *out = v;
    return true;
}

/* ref := ceil(ref * new / old). */
static bool window_scale(struct ledger *l, const struct identity *pool, uint32_t pool_id,
                         units supply_new, units supply_old)
{
    uint32_t window[8];
    units scaled = 0;
    if (pool->cap_bps == 10000) return true;
    ledger_cell_read(l, pool_id, 4, window);
    if (cell_empty(window)) return true;
    if (!mul_div(&scaled, units_of(window), supply_new, supply_old, true))
        return refuse(l, "window of pool %u passes 2^112", pool_id);
    units_cell(window, window[0], scaled);
    return cell_write(l, pool_id, 4, window);
}

/* Takes shares off a half: what it pays; reserve, supply and window move. */
static bool burn(struct ledger *l, const struct identity *pool, uint32_t pool_id, units shares,
                 units *paid)
{
    uint32_t reserve[8];
    uint32_t supply[8];
    ledger_cell_read(l, pool_id, 2, reserve);
    ledger_cell_read(l, pool_id, 3, supply);
    units r = units_of(reserve);
    units s = units_of(supply);
    if (shares > s || !mul_div(paid, shares, r, s, false))
        return refuse(l, "pool %u has fewer shares", pool_id);
    units_cell(reserve, pool->own_token, r - *paid);
    units_cell(supply, SHARE_TOKEN + pool_id, s - shares);
    return cell_write(l, pool_id, 2, reserve) && cell_write(l, pool_id, 3, supply) &&
           window_scale(l, pool, pool_id, s - shares, s);
}

bool op_liquidity(struct ledger *l, const struct liquidity_fields *f, uint32_t record)
{
    struct identity pool;
    uint32_t reserve[8];
    uint32_t supply[8];
    units amount = 0;
    uint32_t account = f->auth.account;
    if (!op_auth(l, &f->auth, false)) return false;
    if (!is_pool(l, f->pool, &pool)) return refuse(l, "account %u is no pool", f->pool);
    if (f->shares == 0) return refuse(l, "shares are zero");
    if (!f->add) {
        if (!debit(l, account, f->share_slot, SHARE_TOKEN + f->pool, f->shares)) return false;
        if (!burn(l, &pool, f->pool, f->shares, &amount)) return false;
        if (amount == 0) return refuse(l, "amount is zero");
        return credit(l, account, f->slot, pool.own_token, amount) &&
               ledger_fee(l, account, f->slot, pool.own_token, f->fee) &&
               remember(l, &(struct half){9, record, pool, amount, f->shares, {0}, 0});
    }
    ledger_cell_read(l, f->pool, 2, reserve);
    ledger_cell_read(l, f->pool, 3, supply);
    units r = units_of(reserve);
    units s = units_of(supply);
    if (s + f->shares >= UNITS_LIMIT || !mul_div(&amount, f->shares, r, s, true) ||
        r + amount >= UNITS_LIMIT)
        return refuse(l, "pool %u passes 2^112", f->pool);
    if (!debit(l, account, f->slot, pool.own_token, amount)) return false;
    units_cell(reserve, pool.own_token, r + amount);
    units_cell(supply, SHARE_TOKEN + f->pool, s + f->shares);
    return cell_write(l, f->pool, 2, reserve) && cell_write(l, f->pool, 3, supply) &&
           window_scale(l, &pool, f->pool, s + f->shares, s) &&
           credit(l, account, f->share_slot, SHARE_TOKEN + f->pool, f->shares) &&
           ledger_fee(l, account, f->slot, pool.own_token, f->fee) &&
           remember(l, &(struct half){8, record, pool, amount, f->shares, {0}, 0});
}

/* ---- priority requests: the outcome must be the one the rules give ---- */

enum { APPLIED = 0, NO_ACCOUNT = 1, NOT_OWNER = 2, BAD_SLOT = 3, FULL = 4, SAME_KEY = 5 };

static bool slot_takes(const struct ledger *l, uint32_t account, uint8_t slot, uint32_t token)
{
    uint32_t cell[8];
    if (slot < 2) return false;
    ledger_cell_read(l, account, slot, cell);
    return cell_empty(cell) || cell[0] == token;
}

static uint8_t expected_outcome(const struct ledger *l, const struct priority_fields *p)
{
    struct identity user;
    uint32_t counter[8];
    bool keyed = p->kind == 2 || p->kind == 3;
    bool deposit = p->kind == 1 || p->kind == 2;
    if (deposit && p->id == ACCOUNT_FRESH) {
        if (p->slot < 2) return BAD_SLOT;
        ledger_cell_read(l, 0, 2, counter);
        return counter[0] >= ACCOUNT_FRESH ? FULL : APPLIED;
    }
    if (!is_user(l, p->id, &user)) return NO_ACCOUNT;
    if (memcmp(user.owner, p->owner, 20) != 0) return NOT_OWNER;
    if (keyed && memcmp(user.root, p->root, sizeof user.root) == 0) return SAME_KEY;
    if (deposit && !slot_takes(l, p->id, p->slot, p->token)) return BAD_SLOT;
    if (p->kind == 4 && p->slot < 2) return BAD_SLOT;
    return APPLIED;
}

static bool key_set(struct ledger *l, const struct priority_fields *p)
{
    struct identity user;
    uint32_t keys[8];
    if (!is_user(l, p->id, &user)) return refuse(l, "account %u is no user", p->id);
    user.auth = p->auth;
    user.height = p->height;
    memcpy(user.root, p->root, sizeof user.root);
    ledger_cell_read(l, p->id, 1, keys);
    keys[0]++;
    memset(keys + 1, 0, 4 * sizeof keys[0]);
    return identity_set(l, p->id, &user) && cell_write(l, p->id, 1, keys);
}

static bool deposit_apply(struct ledger *l, const struct priority_fields *p)
{
    uint32_t id = p->id;
    if (id == ACCOUNT_FRESH) {
        struct identity user = {.kind = IDENTITY_USER};
        memcpy(user.owner, p->owner, 20);
        if (p->kind == 2) {
            user.auth = 1;
            user.height = 12;
            memcpy(user.root, p->root, sizeof user.root);
        }
        if (!account_make(l, &user, &id)) return false;
    } else if (p->kind == 2 && !key_set(l, p)) {
        return false;
    }
    return credit(l, id, p->slot, p->token, p->amount);
}

static bool exit_apply(struct ledger *l, const struct priority_fields *p)
{
    static const uint32_t zero[8];
    uint32_t cell[8];
    ledger_cell_read(l, p->id, p->slot, cell);
    uint32_t token = cell[0];
    units amount = units_of(cell);
    if (!cell_write(l, p->id, p->slot, zero)) return false;
    if (token >= SHARE_TOKEN) {
        struct identity pool;
        uint32_t pool_id = token - SHARE_TOKEN;
        if (!is_pool(l, pool_id, &pool)) return refuse(l, "shares of no pool");
        units shares = amount;
        token = pool.own_token;
        if (!burn(l, &pool, pool_id, shares, &amount)) return false;
    }
    if (p->token != token || p->amount != amount)
        return refuse(l, "exit of account %u slot %u has another result", p->id, p->slot);
    return true; /* the contract pays what stands in the record */
}

bool op_priority(struct ledger *l, const struct priority_fields *p)
{
    uint8_t expected = expected_outcome(l, p);
    if (expected != p->outcome)
        return refuse(l, "outcome %u, but the rules give %u", p->outcome, expected);
    if (p->outcome != APPLIED) {
        if (p->kind == 4 && (p->token != 0 || p->amount != 0))
            return refuse(l, "a refused exit has results");
        return true;
    }
    switch (p->kind) {
    case 1:
    case 2:
        if (p->token == 0 || p->amount == 0) return refuse(l, "empty deposit");
        return deposit_apply(l, p);
    case 3:
        if (p->auth == 1 ? p->height != 12 && p->height != 18 : p->auth != 0 || p->height != 0)
            return refuse(l, "key of kind %u and height %u", p->auth, p->height);
        return key_set(l, p);
    case 4:
        return exit_apply(l, p);
    default:
        return refuse(l, "unknown priority kind %u", p->kind);
    }
}
