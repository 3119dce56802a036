#include "tests/support/random_batch.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "core/op/amount.h"
#include "core/op/packed.h"

enum { FIRST_TIME = 1763700000, NO_USER = UINT32_MAX };

uint8_t world_token_slot(uint32_t token)
{
    return (uint8_t)(1 + token);
}

uint8_t world_share_slot(uint32_t pool)
{
    return (uint8_t)(pool % 2 ? 130 + pool : 20 + pool);
}

static struct test_key *key_make(const struct world *w, uint32_t user, uint16_t chain)
{
    uint32_t pp[XMSS_PP];
    const struct world_user *u = &w->users[user];
    xmss_public_parameter(pp, w->dep, chain, u->owner.bytes);
    uint64_t seed = (uint64_t)user << 40 | (uint64_t)chain << 32 | u->generation[chain];
    if (!w->sign) return test_key_new_hollow(XMSS_HEIGHT_SMALL, seed);
    return test_key_new(XMSS_HEIGHT_SMALL, seed, pp);
}

struct world *world_new(uint64_t seed, bool sign)
{
    return world_new_chains(seed, sign, WORLD_CHAINS);
}

struct world *world_new_chains(uint64_t seed, bool sign, uint32_t n_chains)
{
    struct world *w = calloc(1, sizeof *w);
    REQUIRE(w != NULL && n_chains <= WORLD_CHAINS_MAX);
    w->n_chains = n_chains;
    rng_seed(&w->rng, seed);
    w->sign = sign;
    w->k = 0;
    w->slices_max = 1;
    w->time = FIRST_TIME;
    rng_fill(&w->rng, w->deployment_id, sizeof w->deployment_id);
    deployment_elements(w->dep, w->deployment_id);
    for (uint16_t c = 0; c < w->n_chains; c++) REQUIRE(chain_state_init(&w->state[c], c) == ERR_OK);
    for (uint32_t u = 0; u < WORLD_USERS; u++)
        rng_fill(&w->rng, w->users[u].owner.bytes, sizeof w->users[u].owner.bytes);
    return w;
}

void world_free(struct world *w)
{
    if (!w) return;
    for (uint32_t c = 0; c < w->n_chains; c++) {
        chain_state_deinit(&w->state[c]);
        for (uint32_t u = 0; u < WORLD_USERS; u++) {
            test_key_free(w->users[u].key[c]);
            test_key_free(w->users[u].next[c]);
        }
    }
    free(w);
}

struct batch *world_begin(struct world *w)
{
    struct batch_config config = {.k = ++w->k, .trust_signatures = !w->sign,
                                  .n_chains = w->n_chains, .slices_max = w->slices_max,
                                  .participants_max = w->participants_max,
                                  .limits = w->limits};
    struct batch *b;
    w->time += (uint32_t)rng_below(&w->rng, 20000);
    config.time = w->time;
    memcpy(config.deployment_id, w->deployment_id, sizeof config.deployment_id);
    for (uint32_t c = 0; c < w->n_chains; c++) {
        config.chains[c].state = &w->state[c];
        config.chains[c].fee_account = w->users[0].account[c];
        if (w->users[0].account[c] == 0) continue;
        for (uint32_t t = 0; t < 3; t++)
            config.chains[c].fees[t] = (struct fee_slot){t + 1, world_token_slot(t + 1)};
    }
    REQUIRE(batch_begin(&b, &config) == ERR_OK);
    return b;
}

static uint32_t user_of_account(const struct world *w, uint16_t chain, uint32_t account)
{
    for (uint32_t u = 0; u < WORLD_USERS; u++)
        if (account != 0 && w->users[u].account[chain] == account) return u;
    return NO_USER;
}

bool world_leaf(const struct world *w, const struct batch *b, uint32_t user, uint16_t chain,
                uint32_t *lane, uint32_t *leaf)
{
    uint32_t next[XMSS_LANES];
    const struct world_user *u = &w->users[user];
    if (!u->key[chain]) return false;
    if (!rules_peek_user(batch_chain(b, chain), u->account[chain], NULL, NULL, next)) return false;
    for (uint32_t l = 0; l < 2; l++)
        for (uint32_t i = next[l]; i < 104; i++)
            if (test_key_has(u->key[chain], l, i)) {
                *lane = l;
                *leaf = i;
                return true;
            }
    return false;
}

struct amount world_balance(const struct world *w, const struct batch *b, uint32_t user,
                            uint16_t chain, uint8_t slot)
{
    struct cell cell;
    struct amount a;
    batch_peek(b, chain, w->users[user].account[chain], slot, &cell);
    REQUIRE(cell_amount(&a, &cell) == ERR_OK);
    return a;
}

/* ---- signing ---- */
static void side_of(const struct request *r, uint32_t side, uint16_t *chain,
                    const struct op_auth **auth)
{
    *chain = r->chain;
    switch (r->kind) {
    case REQUEST_TRANSFER: *auth = &r->u.transfer.auth; break;
    case REQUEST_WITHDRAW: *auth = &r->u.withdraw.auth; break;
    case REQUEST_CHANGE_KEY: *auth = &r->u.change_key.auth; break;
    case REQUEST_SWAP:
        *auth = &r->u.swap.auth;
        *chain = r->u.swap.chain;
        break;
    case REQUEST_CREATE:
        *auth = &r->u.create.auth[side];
        *chain = r->u.create.order.side[side].chain;
        break;
    default:
        *auth = &r->u.liquidity.auth[side];
        *chain = r->u.liquidity.order.side[side].chain;
        break;
    }
}

void world_sign(const struct world *w, const struct batch *b, struct request *r)
{
    r->n_signatures = 0;
    if (!w->sign) return;
    uint32_t n = request_signatures(r->kind);
    for (uint32_t i = 0; i < n; i++) {
        const struct op_auth *auth = NULL;
        uint16_t chain;
        uint32_t changes = 0;
        struct digest8 digest;
        side_of(r, i, &chain, &auth);
        uint32_t user = user_of_account(w, chain, auth->account);
        REQUIRE(user != NO_USER);
        const struct test_key *key = w->users[user].key[chain];
        REQUIRE(rules_peek_user(batch_chain(b, chain), auth->account, NULL, &changes, NULL));
        REQUIRE(request_digest(&digest, w->dep, r, i, changes) == ERR_OK);
        test_key_sign(key, auth->lane, auth->leaf, digest.e, &r->signatures[i]);
        r->signature_height[i] = (uint8_t)test_key_height(key);
    }
    r->n_signatures = (uint8_t)n;
}

/* ---- building random requests; each returns false if the state offers nothing ---- */
static uint32_t below(struct world *w, uint32_t n)
{
    return (uint32_t)rng_below(&w->rng, n);
}

static struct amount amount_up_to(struct world *w, struct amount most)
{
    uint32_t shift = below(w, 40);
    unsigned __int128 v = amount_value(most) >> shift;
    if (v == 0) return amount_from_u64(1);
    unsigned __int128 r = ((unsigned __int128)rng_u64(&w->rng) << 64 | rng_u64(&w->rng)) % v + 1;
    struct amount a;
    REQUIRE(amount_from_u128(&a, r) == ERR_OK);
    return a;
}

static struct packed_amount packed_up_to(struct world *w, struct amount most)
{
    return packed_amount_floor(amount_up_to(w, most));
}

static struct packed_fee random_fee(struct world *w, const struct batch *b, uint16_t chain,
                                    uint32_t token)
{
    const struct rules_chain *c = batch_chain(b, chain);
    if (c->fee_account == 0 || token > 3 || below(w, 3) == 0) return (struct packed_fee){0};
    return (struct packed_fee){(uint16_t)((1 + below(w, 50)) << 5 | below(w, 3))};
}

/* A user with a usable key on the chain, starting from a random one. */
static bool signer_find(struct world *w, const struct batch *b, uint16_t chain, uint32_t *user,
                        struct op_auth *auth)
{
    uint32_t first = below(w, WORLD_USERS);
    for (uint32_t i = 0; i < WORLD_USERS; i++) {
        uint32_t u = (first + i) % WORLD_USERS, lane, leaf;
        if (!world_leaf(w, b, u, chain, &lane, &leaf)) continue;
        *user = u;
        *auth = (struct op_auth){.account = w->users[u].account[chain], .lane = (uint8_t)lane,
                                 .leaf = leaf, .deadline = w->time + below(w, 100000)};
        return true;
    }
    return false;
}

static bool account_find(struct world *w, uint16_t chain, uint32_t *user)
{
    uint32_t first = below(w, WORLD_USERS);
    for (uint32_t i = 0; i < WORLD_USERS; i++) {
        *user = (first + i) % WORLD_USERS;
        if (w->users[*user].account[chain] != 0) return true;
    }
    return false;
}

void world_deposit(struct world *w, struct request *r, uint32_t user, uint16_t chain,
                   uint32_t token, struct amount amount)
{
    struct world_user *u = &w->users[user];
    struct op_priority *p = &r->u.priority;
    memset(r, 0, sizeof *r);
    r->kind = REQUEST_PRIORITY;
    r->chain = chain;
    p->kind = PRIORITY_DEPOSIT;
    p->owner = u->owner;
    p->id = u->account[chain] ? u->account[chain] : ACCOUNT_NEW;
    p->slot = world_token_slot(token);
    p->token = token;
    p->amount = amount;
    if (u->account[chain] != 0 && u->key[chain] != NULL) return;
    p->kind = PRIORITY_DEPOSIT_WITH_KEY;
    u->generation[chain]++;
    test_key_free(u->next[chain]);
    u->next[chain] = key_make(w, user, chain);
    test_key_root(u->next[chain], p->root.e);
}

static bool make_deposit(struct world *w, struct request *r, uint16_t chain)
{
    struct amount most = below(w, 4) ? amount_from_u64((uint64_t)1 << 60)
                                     : (struct amount){0, (uint64_t)1 << 30};
    world_deposit(w, r, below(w, WORLD_USERS), chain, 1 + below(w, WORLD_TOKENS),
                  amount_up_to(w, most));
    uint32_t other = below(w, WORLD_USERS);
    struct op_priority *p = &r->u.priority;
    if (p->kind != PRIORITY_DEPOSIT || p->id == ACCOUNT_NEW) return true;
    switch (below(w, 8)) { /* some are refused with a code */
    case 0: p->owner = w->users[other].owner; break;
    case 1: p->slot = (uint8_t)below(w, 2); break;
    case 2: p->slot = world_token_slot(p->token % WORLD_TOKENS + 1); break;
    case 3: p->id = 0xFFFF00; break;
    default: break;
    }
    return true;
}

static bool make_transfer(struct world *w, const struct batch *b, struct request *r,
                          uint16_t chain)
{
    struct op_transfer *o = &r->u.transfer;
    uint32_t user, to;
    r->kind = REQUEST_TRANSFER;
    if (!signer_find(w, b, chain, &user, &o->auth) || !account_find(w, chain, &to)) return false;
    bool shares = w->n_pools > 0 && below(w, 4) == 0;
    uint32_t pool = shares ? below(w, w->n_pools) : 0;
    const struct world_pool *p = &w->pools[pool];
    uint32_t side = p->chain[0] == chain ? 0 : 1;
    if (shares && p->chain[side] != chain) return false;
    o->token = shares ? TOKEN_SHARE_BIT + p->id[side] : 1 + below(w, WORLD_TOKENS);
    o->slot_from = shares ? world_share_slot(2 * pool + side) : world_token_slot(o->token);
    o->slot_to = o->slot_from;
    o->to = w->users[to].account[chain];
    o->to_owner = w->users[to].owner;
    struct amount have = world_balance(w, b, user, chain, o->slot_from);
    if (amount_is_zero(have)) return false;
    o->amount = below(w, 10) ? packed_up_to(w, have) : packed_amount_floor(have);
    o->fee = shares ? (struct packed_fee){0} : random_fee(w, b, chain, o->token);
    return true;
}

static bool make_withdraw(struct world *w, const struct batch *b, struct request *r,
                          uint16_t chain)
{
    struct op_withdraw *o = &r->u.withdraw;
    uint32_t user;
    r->kind = REQUEST_WITHDRAW;
    if (!signer_find(w, b, chain, &user, &o->auth)) return false;
    o->token = 1 + below(w, WORLD_TOKENS);
    o->slot = world_token_slot(o->token);
    o->to = w->users[below(w, WORLD_USERS)].owner;
    struct amount have = world_balance(w, b, user, chain, o->slot);
    if (amount_is_zero(have)) return false;
    o->amount = below(w, 10) ? amount_up_to(w, have) : have;
    o->fee = random_fee(w, b, chain, o->token);
    return true;
}

static bool make_change_key(struct world *w, const struct batch *b, struct request *r,
                            uint16_t chain)
{
    struct op_change_key *o = &r->u.change_key;
    uint32_t user;
    r->kind = REQUEST_CHANGE_KEY;
    if (!signer_find(w, b, chain, &user, &o->auth)) return false;
    struct world_user *u = &w->users[user];
    if (below(w, 2)) { /* the last leaf of a lane */
        o->auth.lane = 3;
        o->auth.leaf = (1u << (XMSS_HEIGHT_SMALL - 2)) - 1;
    }
    u->generation[chain]++;
    test_key_free(u->next[chain]);
    u->next[chain] = key_make(w, user, chain);
    o->new_auth = 1;
    o->new_height = XMSS_HEIGHT_SMALL;
    test_key_root(u->next[chain], o->new_root.e);
    o->fee_token = 1;
    o->fee_slot = world_token_slot(1);
    o->fee = random_fee(w, b, chain, 1);
    if (o->fee.bits == 0) {
        o->fee_token = 0;
        o->fee_slot = 0;
    }
    return true;
}

static bool make_set_key(struct world *w, struct request *r, uint16_t chain)
{
    uint32_t user;
    struct op_priority *p = &r->u.priority;
    r->kind = REQUEST_PRIORITY;
    if (!account_find(w, chain, &user)) return false;
    struct world_user *u = &w->users[user];
    p->kind = PRIORITY_SET_KEY;
    p->id = u->account[chain];
    p->owner = u->owner;
    test_key_free(u->next[chain]);
    u->next[chain] = NULL;
    if (below(w, 5) == 0) return true; /* keyless */
    p->auth = 1;
    p->height = XMSS_HEIGHT_SMALL;
    if (below(w, 5) == 0 && u->key[chain]) { /* refused: the same key */
        test_key_root(u->key[chain], p->root.e);
        return true;
    }
    u->generation[chain]++;
    u->next[chain] = key_make(w, user, chain);
    test_key_root(u->next[chain], p->root.e);
    return true;
}

static bool make_exit(struct world *w, struct request *r, uint16_t chain)
{
    uint32_t user;
    struct op_priority *p = &r->u.priority;
    r->kind = REQUEST_PRIORITY;
    if (!account_find(w, chain, &user)) return false;
    p->kind = PRIORITY_EXIT;
    p->id = w->users[user].account[chain];
    p->owner = w->users[below(w, 6) ? user : 0].owner;
    p->slot = world_token_slot(1 + below(w, WORLD_TOKENS));
    if (w->n_pools > 0 && below(w, 2))
        p->slot = world_share_slot(2 * below(w, w->n_pools) + below(w, 2));
    if (below(w, 8) == 0) p->slot = (uint8_t)below(w, 2);
    return true;
}

static bool make_create(struct world *w, const struct batch *b, struct request *r)
{
    struct create_order *o = &r->u.create.order;
    uint32_t users[2];
    uint32_t pool = w->n_pools;
    r->kind = REQUEST_CREATE;
    if (pool == WORLD_POOLS) return false;
    bool same = below(w, 3) == 0;
    uint16_t c = (uint16_t)below(w, w->n_chains);
    uint16_t d = (uint16_t)(c + 1); /* another chain: the side with the smaller one comes first */
    if (w->n_chains > 2) d = (uint16_t)(c + 1 + below(w, w->n_chains - 1));
    d = (uint16_t)(d % w->n_chains);
    o->side[0].chain = same || c < d ? c : d;
    o->side[1].chain = same || c > d ? c : d;
    o->side[0].token = 1 + below(w, same ? WORLD_TOKENS - 1 : WORLD_TOKENS);
    o->side[1].token = same ? o->side[0].token + 1 : 1 + below(w, WORLD_TOKENS);
    o->fee_bps = below(w, 100);
    o->cap_bps = same && below(w, 2) ? 10000 : 1000 + below(w, 8000);
    o->deadline = w->time + below(w, 1000);
    o->shares = packed_amount_floor(amount_from_u64(1000000 + rng_below(&w->rng, 1u << 30)));
    for (uint32_t i = 0; i < 2; i++) {
        struct create_side *s = &o->side[i];
        if (!signer_find(w, b, s->chain, &users[i], &r->u.create.auth[i])) return false;
        if (i == 1 && same && users[1] == users[0]) { /* two halves, two leaves of one key */
            r->u.create.auth[1].leaf++;
            if (!test_key_has(w->users[users[1]].key[c], r->u.create.auth[1].lane,
                              r->u.create.auth[1].leaf))
                return false;
        }
        s->account = r->u.create.auth[i].account;
        s->slot = world_token_slot(s->token);
        s->share_slot = world_share_slot(2 * pool + i);
        struct amount have = world_balance(w, b, users[i], s->chain, s->slot);
        if (amount_cmp(have, amount_from_u64(1000000)) < 0) return false;
        s->amount = packed_up_to(w, have);
        s->fee = random_fee(w, b, s->chain, s->token);
    }
    return true;
}

static bool make_swap(struct world *w, const struct batch *b, struct request *r)
{
    struct swap_order *o = &r->u.swap;
    uint32_t user, to;
    r->kind = REQUEST_SWAP;
    if (w->n_pools == 0) return false;
    const struct world_pool *p = &w->pools[below(w, w->n_pools)];
    uint32_t side = below(w, 2);
    o->chain = r->chain = p->chain[side];
    o->to_chain = p->chain[1 - side];
    if (!signer_find(w, b, o->chain, &user, &o->auth)) return false;
    if (!account_find(w, o->to_chain, &to)) return false;
    o->pool_in = p->id[side];
    o->token_in = p->token[side];
    o->token_out = p->token[1 - side];
    o->slot_in = world_token_slot(o->token_in);
    o->to_account = w->users[to].account[o->to_chain];
    o->to_owner = w->users[to].owner;
    o->to_slot = world_token_slot(o->token_out);
    struct cell cell;
    struct amount have = world_balance(w, b, user, o->chain, o->slot_in), reserve;
    batch_peek(b, o->chain, o->pool_in, SLOT_POOL_RESERVE, &cell);
    REQUIRE(cell_amount(&reserve, &cell) == ERR_OK);
    if (amount_is_zero(have)) return false;
    /* Mostly below what the outflow window lets through. */
    struct amount part = {reserve.lo >> 3 | reserve.hi << 61, reserve.hi >> 3};
    if (amount_is_zero(part)) part = amount_from_u64(1);
    if (amount_cmp(have, part) > 0) have = part;
    o->amount = packed_up_to(w, have);
    o->fee = random_fee(w, b, o->chain, o->token_in);
    return true;
}

static bool make_liquidity(struct world *w, const struct batch *b, struct request *r, bool add)
{
    struct liquidity_order *o = &r->u.liquidity.order;
    uint32_t users[2];
    struct amount least = AMOUNT_MAX;
    r->kind = add ? REQUEST_ADD : REQUEST_REMOVE;
    if (w->n_pools == 0) return false;
    uint32_t pool = below(w, w->n_pools);
    const struct world_pool *p = &w->pools[pool];
    o->kind = add ? OP_ADD : OP_REMOVE;
    o->deadline = w->time + below(w, 1000);
    for (uint32_t i = 0; i < 2; i++) {
        struct liquidity_side *s = &o->side[i];
        struct op_auth *auth = &r->u.liquidity.auth[i];
        s->chain = p->chain[i];
        if (!signer_find(w, b, s->chain, &users[i], auth)) return false;
        if (i == 1 && p->chain[0] == p->chain[1] && users[0] == users[1]) {
            auth->leaf++;
            if (!test_key_has(w->users[users[1]].key[s->chain], auth->lane, auth->leaf))
                return false;
        }
        s->account = auth->account;
        s->pool_id = p->id[i];
        s->token = p->token[i];
        s->slot = world_token_slot(s->token);
        s->share_slot = world_share_slot(2 * pool + i);
        s->limit = add ? AMOUNT_MAX : AMOUNT_ZERO;
        s->fee = random_fee(w, b, s->chain, s->token);
        struct cell cell;
        struct amount have = world_balance(w, b, users[i], s->chain, s->share_slot), supply;
        batch_peek(b, s->chain, s->pool_id, SLOT_POOL_SUPPLY, &cell);
        REQUIRE(cell_amount(&supply, &cell) == ERR_OK);
        if (add) have = supply;
        if (amount_cmp(have, least) < 0) least = have;
    }
    if (amount_is_zero(least)) return false;
    o->shares = packed_up_to(w, least);
    return true;
}

static bool request_random(struct world *w, const struct batch *b, struct request *r)
{
    memset(r, 0, sizeof *r);
    r->chain = (uint16_t)below(w, w->n_chains);
    for (uint32_t c = 0; c < w->n_chains; c++) /* users 0..2 come first */
        for (uint32_t u = 0; u < 3; u++)
            if (w->users[u].account[c] == 0) {
                world_deposit(w, r, u, (uint16_t)c, 1 + below(w, WORLD_TOKENS),
                              amount_from_u64((uint64_t)1 << 50));
                return true;
            }
    switch (below(w, 24)) {
    case 0: case 1: case 2: case 3: return make_deposit(w, r, r->chain);
    case 4: case 5: case 6: case 7: return make_transfer(w, b, r, r->chain);
    case 8: case 9: return make_withdraw(w, b, r, r->chain);
    case 10:
        r->kind = REQUEST_OPEN;
        rng_fill(&w->rng, r->u.open.owner.bytes, 20);
        return true;
    case 11: return make_change_key(w, b, r, r->chain);
    case 12: return make_set_key(w, r, r->chain);
    case 13: return make_exit(w, r, r->chain);
    case 14: case 15: return make_create(w, b, r);
    case 16: case 17: return make_liquidity(w, b, r, true);
    case 18: return make_liquidity(w, b, r, false);
    default: return make_swap(w, b, r);
    }
}

static void key_follow(struct world_user *u, uint16_t chain)
{
    test_key_free(u->key[chain]);
    u->key[chain] = u->next[chain];
    u->next[chain] = NULL;
}

void world_follow(struct world *w, const struct request *r, const struct push_result *result)
{
    uint32_t user;
    w->n_kind[r->kind == REQUEST_PRIORITY ? 16 + r->u.priority.kind : r->kind]++;
    switch (r->kind) {
    case REQUEST_PRIORITY: {
        const struct op_priority *p = &result->op[0].u.priority;
        if (p->outcome != OUTCOME_APPLIED) return;
        if (p->kind == PRIORITY_EXIT) return;
        for (user = 0; user < WORLD_USERS; user++)
            if (memcmp(&w->users[user].owner, &p->owner, sizeof p->owner) == 0) break;
        if (user == WORLD_USERS) return;
        if (p->id == ACCOUNT_NEW) w->users[user].account[r->chain] = p->new_id;
        if (p->kind != PRIORITY_DEPOSIT) key_follow(&w->users[user], r->chain);
        return;
    }
    case REQUEST_CHANGE_KEY:
        user = user_of_account(w, r->chain, r->u.change_key.auth.account);
        if (user != NO_USER) key_follow(&w->users[user], r->chain);
        return;
    case REQUEST_CREATE: {
        if (w->n_pools == WORLD_POOLS) return;
        struct world_pool *p = &w->pools[w->n_pools++];
        const struct create_order *o = &r->u.create.order;
        for (uint32_t i = 0; i < 2; i++) {
            p->chain[i] = o->side[i].chain;
            p->token[i] = o->side[i].token;
            p->id[i] = result->op[i].u.create.id;
        }
        p->fee_bps = o->fee_bps;
        p->cap_bps = o->cap_bps;
        return;
    }
    default: return;
    }
}

bool world_push_random(struct world *w, struct batch *b, bool *full, struct request *request,
                       struct push_result *result)
{
    struct request *r = request ? request : malloc(sizeof *r);
    struct push_result *res = result ? result : malloc(sizeof *res);
    REQUIRE(r != NULL && res != NULL);
    *full = false;
    while (!request_random(w, b, r)) continue;
    world_sign(w, b, r);
    enum rule_error e = batch_push(b, r, res);
    if (e == RULE_OK) world_follow(w, r, res);
    else {
        w->n_refused++;
        w->last_refusal = e;
    }
    *full = rule_error_is_capacity(e);
    if (!request) free(r);
    if (!result) free(res);
    return e == RULE_OK;
}

bool world_seal_random(struct world *w, uint32_t n, struct sealed_batch *out)
{
    struct batch *b = world_begin(w);
    uint32_t accepted = 0;
    bool full = false;
    for (uint32_t tries = 0; accepted < n && !full && tries < 50 * n; tries++)
        accepted += world_push_random(w, b, &full, NULL, NULL);
    bool ok = accepted > 0 && batch_seal(b, out) == ERR_OK;
    batch_free(b);
    return ok;
}

static uint32_t between(struct rng *rng, uint32_t least, uint32_t most)
{
    return least + (uint32_t)rng_below(rng, most - least + 1);
}

void world_limits_random(struct rng *rng, struct batch_limits *out)
{
    *out = (struct batch_limits){.records = between(rng, 2, 20),
                                 .signatures = between(rng, 2, 12),
                                 .tuples = between(rng, 2, 12),
                                 .pairs = between(rng, 1, 8),
                                 .accesses = between(rng, 40, 150),
                                 .cells = between(rng, 30, 100),
                                 .tree_rows = between(rng, 600, 2000),
                                 .poseidon = between(rng, 4000, 9000),
                                 .bytes = between(rng, 200, 1200),
                                 .priority = between(rng, 1, 6),
                                 .withdrawals = between(rng, 1, 6)};
}

void world_warm_up(struct world *w)
{
    for (uint32_t i = 0; i < 40 && (i < 3 || w->n_pools < 3); i++) {
        struct sealed_batch s;
        REQUIRE(world_seal_random(w, 30, &s));
        sealed_batch_deinit(&s);
    }
}
