#include "core/op/order.h"

#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/field/kb.h"
#include "common/field/poseidon16.h"
#include "core/batch/chain_trace.h"
#include "core/op/amount.h"
#include "core/tags.h"

_Static_assert((int)XMSS_TAG_PP == (int)TAG_PP, "tag of the public parameter");
_Static_assert((int)XMSS_TAG_LEAF == (int)TAG_XMSS_LEAF, "tag of the key leaf");

/* Appends to an element list. */
struct list {
    uint32_t *e;
    uint32_t n;
};

static void put(struct list *l, uint32_t v)
{
    l->e[l->n++] = v;
}

static void put_many(struct list *l, const uint32_t *v, uint32_t n)
{
    memcpy(l->e + l->n, v, n * sizeof v[0]);
    l->n += n;
}

static void put_u32(struct list *l, uint32_t v)
{
    put(l, v & 0xffff);
    put(l, v >> 16);
}

static void put_packed(struct list *l, struct packed_amount p)
{
    put(l, (uint32_t)(p.bits & 0xffff));
    put(l, (uint32_t)(p.bits >> 16 & 0xffff));
    put(l, (uint32_t)(p.bits >> 32 & 0xffff));
}

static void put_amount(struct list *l, struct amount a)
{
    amount_to_limbs(l->e + l->n, a);
    l->n += AMOUNT_LIMBS;
}

static void put_owner(struct list *l, const struct owner *o)
{
    owner_elements(l->e + l->n, o);
    l->n += 10;
}

void owner_elements(uint32_t out[10], const struct owner *owner)
{
    for (int i = 0; i < 10; i++) out[i] = get_be16(owner->bytes + 2 * i);
}

void deployment_elements(uint32_t dep[8], const uint8_t deployment_id[32])
{
    for (int i = 0; i < 8; i++) dep[i] = get_be32(deployment_id + 4 * i) & 0x3fffffffu;
}

uint32_t order_preamble(uint32_t *out, const uint32_t dep[8], uint16_t chain,
                        const struct op_auth *auth, uint8_t kind)
{
    struct list l = {out, 0};
    put_many(&l, dep, 8);
    put(&l, chain);
    put(&l, auth->account);
    put(&l, auth->changes);
    put(&l, auth->lane);
    put(&l, auth->leaf);
    put(&l, kind);
    REQUIRE(l.n == ORDER_PREAMBLE);
    return l.n;
}

uint32_t order_transfer_elements(uint32_t *out, const uint32_t dep[8], uint16_t chain,
                                 const struct op_transfer *op)
{
    struct list l = {out, order_preamble(out, dep, chain, &op->auth, OP_TRANSFER)};
    put(&l, op->slot_from);
    put(&l, op->token);
    put_packed(&l, op->amount);
    put(&l, op->fee.bits);
    put(&l, op->to);
    put_owner(&l, &op->to_owner);
    put(&l, op->slot_to);
    put_u32(&l, op->auth.deadline);
    REQUIRE(l.n == ORDER_TRANSFER_LEN);
    return l.n;
}

uint32_t order_withdraw_elements(uint32_t *out, const uint32_t dep[8], uint16_t chain,
                                 const struct op_withdraw *op)
{
    struct list l = {out, order_preamble(out, dep, chain, &op->auth, OP_WITHDRAW)};
    put(&l, op->slot);
    put(&l, op->token);
    put_amount(&l, op->amount);
    put(&l, op->fee.bits);
    put_owner(&l, &op->to);
    put_u32(&l, op->auth.deadline);
    REQUIRE(l.n == ORDER_WITHDRAW_LEN);
    return l.n;
}

uint32_t order_change_key_elements(uint32_t *out, const uint32_t dep[8], uint16_t chain,
                                   const struct op_change_key *op)
{
    struct list l = {out, order_preamble(out, dep, chain, &op->auth, OP_CHANGE_KEY)};
    put(&l, op->new_auth);
    put(&l, op->new_height);
    put_many(&l, op->new_root.e, XMSS_DIGEST);
    put(&l, op->fee_slot);
    put(&l, op->fee_token);
    put(&l, op->fee.bits);
    put_u32(&l, op->auth.deadline);
    REQUIRE(l.n == ORDER_CHANGE_KEY_LEN);
    return l.n;
}

uint32_t order_swap_elements(uint32_t *out, const uint32_t dep[8], const struct swap_order *order)
{
    struct list l = {out, order_preamble(out, dep, order->chain, &order->auth, OP_SWAP_IN)};
    put(&l, order->slot_in);
    put(&l, order->pool_in);
    put(&l, order->token_in);
    put(&l, order->token_out);
    put_packed(&l, order->amount);
    put(&l, order->fee.bits);
    put(&l, order->to_chain);
    put_owner(&l, &order->to_owner);
    put(&l, order->to_account);
    put(&l, order->to_slot);
    put_amount(&l, order->minimum);
    put_u32(&l, order->auth.deadline);
    REQUIRE(l.n == ORDER_SWAP_LEN);
    return l.n;
}

uint32_t order_liquidity_elements(uint32_t *out, const uint32_t dep[8],
                                  const struct liquidity_order *order)
{
    struct list l = {out, 0};
    put_many(&l, dep, 8);
    put(&l, order->kind);
    for (int i = 0; i < 2; i++) {
        const struct liquidity_side *s = &order->side[i];
        put(&l, s->chain);
        put(&l, s->pool_id);
        put(&l, s->account);
        put(&l, s->token);
        put(&l, s->slot);
        put(&l, s->share_slot);
        put(&l, s->fee.bits);
        put_amount(&l, s->limit);
    }
    put_packed(&l, order->shares);
    put_u32(&l, order->deadline);
    REQUIRE(l.n == ORDER_LIQUIDITY_LEN);
    return l.n;
}

uint32_t order_create_elements(uint32_t *out, const uint32_t dep[8],
                               const struct create_order *order)
{
    struct list l = {out, 0};
    put_many(&l, dep, 8);
    put(&l, OP_CREATE);
    for (int i = 0; i < 2; i++) {
        const struct create_side *s = &order->side[i];
        put(&l, s->chain);
        put(&l, s->account);
        put(&l, s->token);
        put(&l, s->slot);
        put(&l, s->share_slot);
        put(&l, s->fee.bits);
        put_packed(&l, s->amount);
    }
    put_packed(&l, order->shares);
    put(&l, order->fee_bps);
    put(&l, order->cap_bps);
    put(&l, order->flags);
    put_u32(&l, order->deadline);
    REQUIRE(l.n == ORDER_CREATE_LEN);
    return l.n;
}

uint32_t order_half_elements(uint32_t *out, const uint32_t dep[8], uint16_t chain,
                             const struct op_auth *auth, uint8_t kind,
                             const struct digest8 *common)
{
    struct list l = {out, order_preamble(out, dep, chain, auth, kind)};
    put_many(&l, common->e, 8);
    REQUIRE(l.n == ORDER_HALF_LEN);
    return l.n;
}

void order_transfer_digest(struct digest8 *out, const uint32_t dep[8], uint16_t chain,
                           const struct op_transfer *op)
{
    uint32_t e[ORDER_LEN_MAX];
    poseidon_sponge(TAG_ORDER_TRANSFER, e, order_transfer_elements(e, dep, chain, op), out->e);
}

void order_withdraw_digest(struct digest8 *out, const uint32_t dep[8], uint16_t chain,
                           const struct op_withdraw *op)
{
    uint32_t e[ORDER_LEN_MAX];
    poseidon_sponge(TAG_ORDER_WITHDRAW, e, order_withdraw_elements(e, dep, chain, op), out->e);
}

void order_change_key_digest(struct digest8 *out, const uint32_t dep[8], uint16_t chain,
                             const struct op_change_key *op)
{
    uint32_t e[ORDER_LEN_MAX];
    poseidon_sponge(TAG_ORDER_CHANGE_KEY, e, order_change_key_elements(e, dep, chain, op), out->e);
}

void order_swap_digest(struct digest8 *out, const uint32_t dep[8], const struct swap_order *order)
{
    uint32_t e[ORDER_LEN_MAX];
    poseidon_sponge(TAG_ORDER_SWAP, e, order_swap_elements(e, dep, order), out->e);
}

void order_liquidity_digest(struct digest8 *out, const uint32_t dep[8],
                            const struct liquidity_order *order)
{
    uint32_t e[ORDER_LEN_MAX];
    poseidon_sponge(TAG_LIQUIDITY, e, order_liquidity_elements(e, dep, order), out->e);
}

void order_create_digest(struct digest8 *out, const uint32_t dep[8],
                         const struct create_order *order)
{
    uint32_t e[ORDER_LEN_MAX];
    poseidon_sponge(TAG_CREATE, e, order_create_elements(e, dep, order), out->e);
}

void order_half_digest(struct digest8 *out, const uint32_t dep[8], uint16_t chain,
                       const struct op_auth *auth, uint8_t kind, const struct digest8 *common)
{
    uint32_t e[ORDER_LEN_MAX];
    poseidon_sponge(TAG_ORDER_HALF, e, order_half_elements(e, dep, chain, auth, kind, common),
                    out->e);
}

void user_cell_digest(struct cell *out, const struct user_cell *user)
{
    uint32_t e[18];
    struct list l = {e, 0};
    put(&l, 1);
    put(&l, user->auth);
    put(&l, user->height);
    put_owner(&l, &user->owner);
    put_many(&l, user->root.e, XMSS_DIGEST);
    REQUIRE(l.n == 18);
    poseidon_sponge(TAG_USER, e, l.n, out->e);
}

void pool_cell_digest(struct cell *out, const struct pool_half *p)
{
    uint32_t e[10] = {2,           p->own_chain,   p->own_id,  p->own_token, p->other_chain,
                      p->other_id, p->other_token, p->fee_bps, p->cap_bps,   p->flags};
    poseidon_sponge(TAG_POOL, e, 10, out->e);
}
