#include "core/rules/halves.h"

#include "core/op/amount.h"
#include "core/op/packed.h"

bool pool_half_is_valid(const struct pool_half *p)
{
    bool same_chain = p->own_chain == p->other_chain;
    if (p->own_token == 0 || p->own_token >= TOKEN_SHARE_BIT) return false;
    if (p->other_token == 0 || p->other_token >= TOKEN_SHARE_BIT) return false;
    if (same_chain && p->own_token == p->other_token) return false;
    if (p->fee_bps >= BPS || p->flags != 0) return false;
    return (p->cap_bps >= 1 && p->cap_bps < BPS) || (p->cap_bps == BPS && same_chain);
}

static enum rule_error of_err(enum err err)
{
    return err == ERR_OK ? RULE_OK : RULE_OVERFLOW;
}

enum rule_error half_swap_in(struct rules_chain *c, const struct half_swap_in *h,
                             const struct pool_half *pool, struct amount *reserve_before)
{
    struct amount amount, reserve;
    RULE_TRY(packed_positive(h->amount, &amount));
    RULE_TRY(balance_debit(c, h->account, h->slot, pool->own_token, amount));
    RULE_TRY(pool_amount_get(c, h->pool_id, SLOT_POOL_RESERVE, reserve_before));
    RULE_TRY(of_err(amount_add(&reserve, *reserve_before, amount)));
    RULE_TRY(pool_amount_set(c, h->pool_id, SLOT_POOL_RESERVE, pool->own_token, reserve));
    c->count.tuples++;
    c->count.poseidon += POSEIDON_TUPLE;
    return fee_take(c, h->account, h->slot, pool->own_token, h->fee);
}

/* The outflow window: 10000 (r - a1) >= (10000 - cap) ref, ref = the reserve when the day began. */
static enum rule_error window_check(struct rules_chain *c, uint32_t pool_id,
                                    const struct pool_half *pool, struct amount reserve,
                                    struct amount after)
{
    struct cell cell;
    struct amount ref;
    uint32_t today = c->time / DAY_SECONDS;
    if (pool->cap_bps == BPS) return RULE_OK;
    overlay_peek(c->overlay, pool_id, SLOT_POOL_WINDOW, &cell);
    if (cell_amount(&ref, &cell) != ERR_OK) return RULE_STATE;
    if (cell.e[0] != today) ref = reserve;
    cell_of_amount(&cell, today, ref);
    RULE_TRY(access_update(c, pool_id, SLOT_POOL_WINDOW, &cell));
    unsigned __int128 left = amount_value(after) * BPS; /* < 2^126 */
    unsigned __int128 floor = amount_value(ref) * (BPS - pool->cap_bps);
    return left >= floor ? RULE_OK : RULE_OUTFLOW;
}

/* ref := ceil(ref supply_after / supply), if there is a window. */
static enum rule_error window_scale(struct rules_chain *c, uint32_t pool_id,
                                    const struct pool_half *pool, struct amount supply,
                                    struct amount supply_after)
{
    struct cell cell;
    struct amount ref;
    if (pool->cap_bps == BPS) return RULE_OK;
    overlay_peek(c->overlay, pool_id, SLOT_POOL_WINDOW, &cell);
    if (!cell_is_zero(&cell)) {
        if (cell_amount(&ref, &cell) != ERR_OK) return RULE_STATE;
        RULE_TRY(of_err(amount_mul_div_ceil(&ref, ref, supply_after, supply)));
        cell_of_amount(&cell, cell.e[0], ref);
    }
    return access_update(c, pool_id, SLOT_POOL_WINDOW, &cell);
}

enum rule_error half_swap_out(struct rules_chain *c, uint32_t pool_id,
                              const struct pool_half *pool, uint32_t to, uint8_t slot,
                              struct amount amount, bool own, struct amount *reserve_before)
{
    struct amount reserve;
    if (amount_is_zero(amount)) return RULE_OUTPUT_ZERO;
    RULE_TRY(pool_amount_get(c, pool_id, SLOT_POOL_RESERVE, reserve_before));
    if (amount_sub(&reserve, *reserve_before, amount) != ERR_OK || amount_is_zero(reserve))
        return RULE_RESERVE;
    RULE_TRY(window_check(c, pool_id, pool, *reserve_before, reserve));
    RULE_TRY(pool_amount_set(c, pool_id, SLOT_POOL_RESERVE, pool->own_token, reserve));
    c->count.tuples++;
    c->count.poseidon += POSEIDON_TUPLE;
    return balance_credit(c, to, slot, pool->own_token, amount, own);
}

/* Reads reserve and supply, writes both after burning or minting; moved is rounded for the pool. */
static enum rule_error supply_change(struct rules_chain *c, uint32_t pool_id,
                                     const struct pool_half *pool, struct amount shares, bool mint,
                                     struct amount *moved, struct amount *reserve,
                                     struct amount *supply)
{
    struct amount reserve_after, supply_after;
    RULE_TRY(pool_amount_get(c, pool_id, SLOT_POOL_SUPPLY, supply));
    RULE_TRY(pool_amount_get(c, pool_id, SLOT_POOL_RESERVE, reserve));
    if (amount_is_zero(*supply) || amount_is_zero(*reserve)) return RULE_STATE;
    if (mint) {
        RULE_TRY(of_err(amount_add(&supply_after, *supply, shares)));
        RULE_TRY(of_err(amount_mul_div_ceil(moved, shares, *reserve, *supply)));
        RULE_TRY(of_err(amount_add(&reserve_after, *reserve, *moved)));
    } else {
        if (amount_sub(&supply_after, *supply, shares) != ERR_OK) return RULE_STATE;
        if (amount_cmp(supply_after, amount_from_u64(SHARES_LOCKED)) < 0) return RULE_STATE;
        RULE_TRY(of_err(amount_mul_div_floor(moved, NULL, shares, *reserve, *supply)));
        RULE_TRY(of_err(amount_sub(&reserve_after, *reserve, *moved)));
    }
    RULE_TRY(pool_amount_set(c, pool_id, SLOT_POOL_SUPPLY, TOKEN_SHARE_BIT + pool_id,
                             supply_after));
    RULE_TRY(pool_amount_set(c, pool_id, SLOT_POOL_RESERVE, pool->own_token, reserve_after));
    return window_scale(c, pool_id, pool, *supply, supply_after);
}

enum rule_error half_liquidity(struct rules_chain *c, const struct half_liquidity *h,
                               const struct pool_half *pool, struct amount *moved,
                               struct amount *reserve_before, struct amount *supply_before)
{
    struct amount shares;
    bool mint = h->kind == OP_ADD;
    uint32_t share_token = TOKEN_SHARE_BIT + h->pool_id;
    RULE_TRY(packed_positive(h->shares, &shares));
    if (!mint) RULE_TRY(balance_debit(c, h->account, h->share_slot, share_token, shares));
    RULE_TRY(supply_change(c, h->pool_id, pool, shares, mint, moved, reserve_before,
                           supply_before));
    if (mint) {
        if (amount_cmp(*moved, h->limit) > 0) return RULE_LIMIT;
        RULE_TRY(balance_debit(c, h->account, h->slot, pool->own_token, *moved));
        RULE_TRY(balance_credit(c, h->account, h->share_slot, share_token, shares, true));
    } else {
        if (amount_is_zero(*moved)) return RULE_OUTPUT_ZERO;
        if (amount_cmp(*moved, h->limit) < 0) return RULE_LIMIT;
        RULE_TRY(balance_credit(c, h->account, h->slot, pool->own_token, *moved, true));
    }
    c->count.tuples++;
    c->count.poseidon += POSEIDON_TUPLE;
    return fee_take(c, h->account, h->slot, pool->own_token, h->fee);
}

enum rule_error half_burn(struct rules_chain *c, uint32_t pool_id, const struct pool_half *pool,
                          struct amount shares, struct amount *paid)
{
    struct amount reserve, supply;
    return supply_change(c, pool_id, pool, shares, false, paid, &reserve, &supply);
}

enum rule_error half_create(struct rules_chain *c, const struct half_create *h, uint32_t *id)
{
    struct amount amount, shares;
    struct cell digest;
    RULE_TRY(packed_positive(h->amount, &amount));
    RULE_TRY(packed_positive(h->shares, &shares));
    if (amount_cmp(shares, amount_from_u64(SHARES_FIRST_MIN)) < 0) return RULE_SHARES_MIN;
    if (!account_next_peek(c, id)) return RULE_ACCOUNTS_FULL;
    struct pool_half pool = {.own_chain = c->chain, .own_id = *id, .own_token = h->token,
                             .other_chain = h->other_chain, .other_id = h->other_id,
                             .other_token = h->other_token, .fee_bps = h->fee_bps,
                             .cap_bps = h->cap_bps, .flags = h->flags};
    if (!pool_half_is_valid(&pool)) return RULE_POOL_KIND;
    enum err err = preimages_add_pool(c->preimages, &pool, &digest);
    if (err != ERR_OK) return err == ERR_NOMEM ? RULE_NOMEM : RULE_POOL_KIND;
    c->count.poseidon += POSEIDON_POOL + POSEIDON_TUPLE;
    c->count.tuples++;
    RULE_TRY(account_create(c, &digest, id));
    RULE_TRY(balance_debit(c, h->account, h->slot, h->token, amount));
    RULE_TRY(pool_amount_set(c, *id, SLOT_POOL_RESERVE, h->token, amount));
    RULE_TRY(pool_amount_set(c, *id, SLOT_POOL_SUPPLY, TOKEN_SHARE_BIT + *id, shares));
    RULE_TRY(of_err(amount_sub(&shares, shares, amount_from_u64(SHARES_LOCKED))));
    RULE_TRY(balance_credit(c, h->account, h->share_slot, TOKEN_SHARE_BIT + *id, shares, true));
    return fee_take(c, h->account, h->slot, h->token, h->fee);
}
