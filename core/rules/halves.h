#ifndef CORE_RULES_HALVES_H
#define CORE_RULES_HALVES_H
/* What each half of a swap, create, add or remove does to its own chain, after its signature was
 * checked (or is known from L1). Inside core/rules only; callers roll back.
 *
 * Threads: as core/rules/rules.h. */
#include "core/rules/access.h"

struct half_swap_in {
    uint32_t account, pool_id;
    uint8_t slot;
    struct packed_amount amount;
    struct packed_fee fee;
};
enum rule_error half_swap_in(struct rules_chain *c, const struct half_swap_in *h,
                             const struct pool_half *pool, struct amount *reserve_before);
/* own: the owner whose input pays is the recipient's owner. */
enum rule_error half_swap_out(struct rules_chain *c, uint32_t pool_id,
                              const struct pool_half *pool, uint32_t to, uint8_t slot,
                              struct amount amount, bool own, struct amount *reserve_before);
struct half_liquidity {
    uint8_t kind; /* OP_ADD, OP_REMOVE */
    uint32_t account, pool_id;
    uint8_t slot, share_slot;
    struct packed_amount shares;
    struct packed_fee fee;
    struct amount limit; /* most to pay in, least to get */
};
enum rule_error half_liquidity(struct rules_chain *c, const struct half_liquidity *h,
                               const struct pool_half *pool, struct amount *moved,
                               struct amount *reserve_before, struct amount *supply_before);
struct half_create {
    uint32_t account, token;
    uint8_t slot, share_slot;
    struct packed_amount amount, shares;
    struct packed_fee fee;
    uint16_t other_chain;
    uint32_t other_id, other_token, fee_bps, cap_bps, flags;
};
enum rule_error half_create(struct rules_chain *c, const struct half_create *h, uint32_t *id);
/* Burns all `shares` of a pool half for one chain's exit: pays floor(shares r / S). */
enum rule_error half_burn(struct rules_chain *c, uint32_t pool_id, const struct pool_half *pool,
                          struct amount shares, struct amount *paid);
/* fee, cap, flags and (chain, token) pairs as REQ-CELL-4 allows. */
bool pool_half_is_valid(const struct pool_half *pool);
#endif
