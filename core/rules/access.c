#include "core/rules/access.h"

#include <string.h>

#include "common/base/require.h"
#include "common/field/kb.h"
#include "core/op/amount.h"
#include "core/op/order.h"
#include "core/op/packed.h"

static enum rule_error access_error(const struct rules_chain *c)
{
    return c->overlay->n_accesses == c->overlay->limits->accesses ? RULE_FULL_ACCESSES : RULE_FULL_CELLS;
}

enum rule_error access_get(struct rules_chain *c, uint32_t account, uint8_t slot, struct cell *out)
{
    return overlay_get(c->overlay, account, slot, out) == ERR_OK ? RULE_OK : access_error(c);
}

enum rule_error access_update(struct rules_chain *c, uint32_t account, uint8_t slot,
                              const struct cell *value)
{
    if (overlay_update(c->overlay, account, slot, value, NULL) == ERR_OK) return RULE_OK;
    return access_error(c);
}

static const struct slot0_preimage *preimage_peek(const struct rules_chain *c, uint32_t account,
                                                  uint8_t kind)
{
    struct cell digest;
    if (account == ACCOUNT_SYSTEM || account > ACCOUNT_MAX) return NULL;
    overlay_peek(c->overlay, account, SLOT_IDENTITY, &digest);
    const struct slot0_preimage *p = preimages_find(c->preimages, &digest);
    return p && p->kind == kind ? p : NULL;
}

enum rule_error user_open(struct rules_chain *c, uint32_t account, enum rule_error otherwise,
                          struct user_cell *out)
{
    struct cell digest;
    const struct slot0_preimage *p = preimage_peek(c, account, PREIMAGE_USER);
    if (account > ACCOUNT_NEW) return otherwise;
    RULE_TRY(access_get(c, account, SLOT_IDENTITY, &digest));
    if (!p) return otherwise;
    c->count.poseidon += POSEIDON_USER;
    *out = p->user;
    return RULE_OK;
}

enum rule_error pool_open(struct rules_chain *c, uint32_t account, struct pool_half *out)
{
    struct cell digest;
    const struct slot0_preimage *p = preimage_peek(c, account, PREIMAGE_POOL);
    if (!p || p->pool.own_chain != c->chain || p->pool.own_id != account) return RULE_POOL;
    RULE_TRY(access_get(c, account, SLOT_IDENTITY, &digest));
    c->count.poseidon += POSEIDON_POOL;
    *out = p->pool;
    return RULE_OK;
}

bool rules_peek_user(const struct rules_chain *c, uint32_t account, struct user_cell *user,
                     uint32_t *changes, uint32_t next[XMSS_LANES])
{
    const struct slot0_preimage *p = preimage_peek(c, account, PREIMAGE_USER);
    struct cell keys;
    if (!p) return false;
    overlay_peek(c->overlay, account, SLOT_KEYS, &keys);
    if (user) *user = p->user;
    if (changes) *changes = keys.e[0];
    if (next) memcpy(next, keys.e + 1, XMSS_LANES * sizeof next[0]);
    return true;
}

bool rules_peek_pool(const struct rules_chain *c, uint32_t account, struct pool_half *pool)
{
    const struct slot0_preimage *p = preimage_peek(c, account, PREIMAGE_POOL);
    if (!p) return false;
    *pool = p->pool;
    return true;
}

enum rule_error balance_debit(struct rules_chain *c, uint32_t account, uint8_t slot,
                              uint32_t token, struct amount amount)
{
    struct cell cell;
    struct amount have;
    if (slot < SLOT_BALANCE_MIN) return RULE_SLOT;
    if (token == 0 || token >= 2 * TOKEN_SHARE_BIT) return RULE_TOKEN;
    overlay_peek(c->overlay, account, slot, &cell);
    if (cell_is_zero(&cell)) return RULE_BALANCE;
    if (cell.e[0] != token) return RULE_SLOT_TOKEN;
    if (cell_amount(&have, &cell) != ERR_OK) return RULE_STATE;
    if (amount_sub(&have, have, amount) != ERR_OK) return RULE_BALANCE;
    if (amount_is_zero(have)) memset(&cell, 0, sizeof cell);
    else cell_of_amount(&cell, token, have);
    return access_update(c, account, slot, &cell);
}

enum rule_error balance_credit(struct rules_chain *c, uint32_t account, uint8_t slot,
                               uint32_t token, struct amount amount, bool own)
{
    struct cell cell;
    struct amount have = AMOUNT_ZERO;
    if (slot < SLOT_BALANCE_MIN) return RULE_SLOT;
    if (slot >= SLOT_OWN_ONLY && !own) return RULE_SLOT_FOREIGN;
    if (token == 0 || token >= 2 * TOKEN_SHARE_BIT) return RULE_TOKEN;
    overlay_peek(c->overlay, account, slot, &cell);
    if (!cell_is_zero(&cell)) {
        if (cell.e[0] != token) return RULE_SLOT_TOKEN;
        if (cell_amount(&have, &cell) != ERR_OK) return RULE_STATE;
    }
    if (amount_add(&have, have, amount) != ERR_OK) return RULE_OVERFLOW;
    cell_of_amount(&cell, token, have);
    return access_update(c, account, slot, &cell);
}

enum rule_error fee_take(struct rules_chain *c, uint32_t account, uint8_t slot, uint32_t token,
                         struct packed_fee fee)
{
    struct amount value;
    if (packed_fee_value(&value, fee) != ERR_OK) return RULE_AMOUNT_RANGE;
    if (amount_is_zero(value)) return RULE_OK;
    if (c->fee_account == 0 || token == 0 || token >= TOKEN_SHARE_BIT) return RULE_FEE_TOKEN;
    for (int i = 0; i < BATCH_FEE_TOKENS; i++) {
        if (c->fee_slots[i].token != token) continue;
        enum rule_error e = balance_debit(c, account, slot, token, value);
        if (e == RULE_BALANCE) return RULE_FEE_BALANCE;
        RULE_TRY(e);
        return balance_credit(c, c->fee_account, c->fee_slots[i].slot, token, value, false);
    }
    return RULE_FEE_TOKEN;
}

enum rule_error pool_amount_get(struct rules_chain *c, uint32_t pool, uint8_t slot,
                                struct amount *out)
{
    struct cell cell;
    overlay_peek(c->overlay, pool, slot, &cell);
    return cell_amount(out, &cell) == ERR_OK ? RULE_OK : RULE_STATE;
}

enum rule_error pool_amount_set(struct rules_chain *c, uint32_t pool, uint8_t slot, uint32_t first,
                                struct amount amount)
{
    struct cell cell;
    cell_of_amount(&cell, first, amount);
    return access_update(c, pool, slot, &cell);
}

bool account_next_peek(const struct rules_chain *c, uint32_t *id)
{
    struct cell next;
    overlay_peek(c->overlay, ACCOUNT_SYSTEM, SYSTEM_SLOT_NEXT, &next);
    *id = next.e[0];
    return next.e[0] >= 1 && next.e[0] <= ACCOUNT_MAX;
}

enum rule_error account_create(struct rules_chain *c, const struct cell *identity, uint32_t *id)
{
    struct cell old, next = {{0}};
    if (!account_next_peek(c, id)) return RULE_ACCOUNTS_FULL;
    next.e[0] = *id + 1;
    RULE_TRY(access_update(c, ACCOUNT_SYSTEM, SYSTEM_SLOT_NEXT, &next));
    overlay_peek(c->overlay, *id, SLOT_IDENTITY, &old);
    if (!cell_is_zero(&old)) return RULE_STATE;
    return access_update(c, *id, SLOT_IDENTITY, identity);
}

enum rule_error auth_open(struct rules_chain *c, struct op_auth *auth, uint8_t kind,
                          struct user_cell *user)
{
    struct cell keys;
    const struct slot0_preimage *p = preimage_peek(c, auth->account, PREIMAGE_USER);
    if (!p) return RULE_ACCOUNT;
    *user = p->user;
    if (user->auth != 1) return RULE_KEYLESS;
    if (auth->lane >= XMSS_LANES) return RULE_LEAF_RANGE;
    uint32_t per_lane = 1u << (user->height - 2);
    if (auth->leaf >= per_lane) return RULE_LEAF_RANGE;
    if (auth->leaf == per_lane - 1 && kind != OP_CHANGE_KEY) return RULE_LAST_LEAF;
    if (auth->deadline < c->time) return RULE_DEADLINE;
    overlay_peek(c->overlay, auth->account, SLOT_KEYS, &keys);
    auth->changes = keys.e[0];
    auth->next = keys.e[1 + auth->lane];
    if (auth->leaf < auth->next) return RULE_LEAF_USED;
    c->count.poseidon += POSEIDON_USER;
    c->count.signatures++;
    if (kind == OP_CHANGE_KEY) return RULE_OK;
    struct cell digest;
    RULE_TRY(access_get(c, auth->account, SLOT_IDENTITY, &digest));
    keys.e[1 + auth->lane] = auth->leaf + 1;
    return access_update(c, auth->account, SLOT_KEYS, &keys);
}

static const struct checked_signature *checked_find(const struct rules_chain *c,
                                                    const struct op_auth *auth,
                                                    const struct user_cell *user,
                                                    const struct digest8 *digest, uint32_t key_leaf)
{
    for (uint32_t i = 0; c->checked && i < c->checked->n; i++) {
        const struct checked_signature *s = &c->checked->of[i];
        if (s->signature == auth->signature && s->chain == c->chain && s->key_leaf == key_leaf &&
            s->user.auth == user->auth && s->user.height == user->height &&
            owner_equal(&s->user.owner, &user->owner) && key_root_equal(&s->user.root, &user->root) &&
            memcmp(&s->digest, digest, sizeof *digest) == 0)
            return s;
    }
    return NULL;
}

enum rule_error auth_verify(struct rules_chain *c, const struct op_auth *auth,
                            const struct user_cell *user, const struct digest8 *digest,
                            uint32_t order_calls)
{
    struct xmss_public pub = {.height = user->height};
    c->count.poseidon += POSEIDON_SIGNATURE + user->height + order_calls;
    if (c->trust_signatures) return RULE_OK;
    if (!auth->signature) return RULE_SIGNATURE_MISSING;
    uint32_t key_leaf = (uint32_t)auth->lane << (user->height - 2) | auth->leaf;
    const struct checked_signature *known = checked_find(c, auth, user, digest, key_leaf);
    if (known) return known->good ? RULE_OK : RULE_SIGNATURE;
    memcpy(pub.root, user->root.e, sizeof pub.root);
    xmss_public_parameter(pub.pp, c->dep, c->chain, user->owner.bytes);
    return xmss_verify(&pub, key_leaf, digest->e, auth->signature) ? RULE_OK : RULE_SIGNATURE;
}

bool key_is_valid(uint8_t auth, uint8_t height, const struct key_root *root)
{
    uint32_t any = 0;
    for (int i = 0; i < XMSS_DIGEST; i++) {
        if (root->e[i] >= KB_P) return false;
        any |= root->e[i];
    }
    if (auth == 0) return height == 0 && any == 0;
    return auth == 1 && (height == XMSS_HEIGHT_SMALL || height == XMSS_HEIGHT_LARGE);
}

bool key_root_equal(const struct key_root *a, const struct key_root *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

enum rule_error key_replace(struct rules_chain *c, uint32_t account, const struct user_cell *user)
{
    struct cell keys, digest;
    enum err err = preimages_add_user(c->preimages, user, &digest);
    if (err != ERR_OK) return err == ERR_NOMEM ? RULE_NOMEM : RULE_KEY_INVALID;
    overlay_peek(c->overlay, account, SLOT_KEYS, &keys);
    if (keys.e[0] >= (1u << 24) - 1) return RULE_KEY_CHANGES;
    struct cell fresh = {{keys.e[0] + 1}};
    c->count.poseidon += POSEIDON_USER;
    RULE_TRY(access_update(c, account, SLOT_IDENTITY, &digest));
    return access_update(c, account, SLOT_KEYS, &fresh);
}

bool owner_equal(const struct owner *a, const struct owner *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

enum rule_error packed_positive(struct packed_amount p, struct amount *out)
{
    if (packed_amount_value(out, p) != ERR_OK) return RULE_AMOUNT_RANGE;
    return amount_is_zero(*out) ? RULE_AMOUNT_ZERO : RULE_OK;
}

struct rules_mark rules_mark(const struct rules_chain *c)
{
    return (struct rules_mark){overlay_mark(c->overlay), c->count};
}

void rules_rollback(struct rules_chain *c, struct rules_mark mark)
{
    overlay_rollback(c->overlay, mark.overlay);
    c->count = mark.count;
}
