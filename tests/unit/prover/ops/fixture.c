#include "tests/unit/prover/ops/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/xmss/xmss.h"
#include "core/op/order.h"
#include "core/op/request.h"

/* ---- keys ---- */

static void made_up_node(uint32_t out[5], uint32_t level)
{
    for (uint32_t i = 0; i < 5; i++)
        out[i] = 1000 * level + i;
}

static void key_fill(struct small_key *key)
{
    for (uint32_t leaf = 0; leaf < KEY_LEAVES; leaf++) {
        uint32_t v[XMSS_CHAINS][XMSS_DIGEST];
        REQUIRE(xmss_secrets(v, key->seed, leaf) == ERR_OK);
        for (uint32_t c = 0; c < XMSS_CHAINS; c++)
            for (uint32_t k = 0; k < 3; k++)
                xmss_chain_step(v[c], v[c], c, k, leaf, key->pp);
        xmss_leaf_hash(key->nodes[KEY_LEAVES + leaf], (const uint32_t(*)[XMSS_DIGEST])v, leaf,
                       key->pp);
    }
    for (uint32_t i = KEY_LEAVES - 1; i >= 1; i--) {
        uint32_t level = KEY_LEVELS, first = 1;
        while (2 * first <= i) {
            first *= 2;
            level--;
        }
        xmss_node_hash(key->nodes[i], key->nodes[2 * i], key->nodes[2 * i + 1], level, i - first,
                       key->pp);
    }
    memcpy(key->root, key->nodes[1], sizeof key->root);
    for (uint32_t level = KEY_LEVELS + 1; level <= 12; level++) {
        uint32_t right[5];
        made_up_node(right, level);
        xmss_node_hash(key->root, key->root, right, level, 0, key->pp);
    }
}

/* Scenarios make the same few keys again and again: each is filled once. */
void key_make(struct small_key *key, const struct world *w, uint16_t chain,
              const struct owner *owner, uint8_t name)
{
    enum { KNOWN_MAX = 32 };
    static struct small_key known[KNOWN_MAX];
    static uint32_t n;
    memset(key, 0, sizeof *key);
    memset(key->seed, name, sizeof key->seed);
    xmss_public_parameter(key->pp, w->dep, chain, owner->bytes);
    for (uint32_t i = 0; i < n; i++)
        if (memcmp(known[i].seed, key->seed, sizeof key->seed) == 0 &&
            memcmp(known[i].pp, key->pp, sizeof key->pp) == 0) {
            *key = known[i];
            return;
        }
    key_fill(key);
    if (n < KNOWN_MAX) known[n++] = *key;
}

static void key_sign(struct small_key *key, uint32_t leaf, const uint32_t message[8],
                     struct xmss_signature *out)
{
    REQUIRE(leaf < KEY_LEAVES);
    memset(out, 0, sizeof *out);
    REQUIRE(xmss_sign_leaf(key->seed, leaf, message, key->pp, out) == ERR_OK);
    uint32_t node = KEY_LEAVES + leaf;
    for (uint32_t level = 0; level < 12; level++) {
        if (level < KEY_LEVELS) {
            memcpy(out->path[level], key->nodes[node ^ 1], sizeof out->path[level]);
            node /= 2;
        } else {
            made_up_node(out->path[level], level + 1);
        }
    }
}

/* ---- world ---- */

void world_init(struct world *w)
{
    memset(w, 0, sizeof *w);
    for (uint32_t i = 0; i < 32; i++)
        w->deployment_id[i] = (uint8_t)(7 * i + 1);
    deployment_elements(w->dep, w->deployment_id);
    w->time = WORLD_TIME;
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        REQUIRE(chain_state_init(&w->state[c], c) == ERR_OK);
        for (uint32_t u = 0; u < WORLD_USERS; u++)
            for (uint32_t i = 0; i < 20; i++)
                w->user[c][u].owner.bytes[i] = (uint8_t)(17 * u + 3 * i + 1);
    }
}

void world_deinit(struct world *w)
{
    batch_free(w->batch);
    sealed_batch_deinit(&w->sealed);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        chain_state_deinit(&w->state[c]);
}

void world_begin(struct world *w)
{
    struct batch_config *config = calloc(1, sizeof *config);
    REQUIRE(config != NULL);
    sealed_batch_deinit(&w->sealed);
    memset(&w->sealed, 0, sizeof w->sealed);
    memcpy(config->deployment_id, w->deployment_id, 32);
    config->k = ++w->k;
    config->time = w->time;
    config->n_chains = WORLD_CHAINS;
    config->slices_max = 1;
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        config->chains[c].state = &w->state[c];
        config->chains[c].fee_account = w->fee_account[c];
        if (w->fee_account[c] != 0) memcpy(config->chains[c].fees, w->fees, sizeof w->fees);
    }
    REQUIRE(batch_begin(&w->batch, config) == ERR_OK);
    free(config);
}

void world_seal(struct world *w)
{
    REQUIRE(batch_seal(w->batch, &w->sealed) == ERR_OK);
    batch_free(w->batch);
    w->batch = NULL;
}

struct chain_trace *world_trace(struct world *w, uint16_t chain)
{
    for (uint32_t i = 0; i < w->sealed.n_segments; i++)
        if (w->sealed.traces[i]->chain == chain) return w->sealed.traces[i];
    return NULL;
}

static struct world_user *user_of(struct world *w, uint16_t chain, uint32_t account)
{
    for (uint32_t u = 0; u < WORLD_USERS; u++)
        if (w->user[chain][u].account == account) return &w->user[chain][u];
    REQUIRE(!"a user with this account");
    return NULL;
}

void request_sign(struct world *w, struct request *r)
{
    r->n_signatures = (uint8_t)request_signatures(r->kind);
    struct op_auth *auth[2] = {NULL, NULL};
    uint16_t chain[2] = {r->chain, r->chain};
    switch (r->kind) {
    case REQUEST_TRANSFER:
        auth[0] = &r->u.transfer.auth;
        break;
    case REQUEST_WITHDRAW:
        auth[0] = &r->u.withdraw.auth;
        break;
    case REQUEST_CHANGE_KEY:
        auth[0] = &r->u.change_key.auth;
        break;
    case REQUEST_SWAP:
        auth[0] = &r->u.swap.auth;
        break;
    case REQUEST_ADD:
    case REQUEST_REMOVE:
        for (uint32_t i = 0; i < 2; i++) {
            auth[i] = &r->u.liquidity.auth[i];
            chain[i] = r->u.liquidity.order.side[i].chain;
        }
        break;
    case REQUEST_CREATE:
        for (uint32_t i = 0; i < 2; i++) {
            auth[i] = &r->u.create.auth[i];
            chain[i] = r->u.create.order.side[i].chain;
        }
        break;
    default:
        return;
    }
    for (uint32_t i = 0; i < r->n_signatures; i++) {
        struct world_user *u = user_of(w, chain[i], auth[i]->account);
        auth[i]->leaf = u->key.next++;
    }
    for (uint32_t i = 0; i < r->n_signatures; i++) {
        struct world_user *u = user_of(w, chain[i], auth[i]->account);
        struct digest8 m;
        REQUIRE(request_digest(&m, w->dep, r, i, u->changes) == ERR_OK);
        key_sign(&u->key, auth[i]->leaf, m.e, &r->signatures[i]);
        r->signature_height[i] = 12;
    }
}

struct push_result push(struct world *w, struct request *r, enum rule_error expected)
{
    struct push_result result;
    memset(&result, 0, sizeof result);
    enum rule_error e = batch_push(w->batch, r, &result);
    if (e != expected) fprintf(stderr, "kind %u: %s\n", r->kind, rule_error_name(e));
    REQUIRE(e == expected);
    return result;
}

/* ---- requests ---- */

struct packed_amount packed(uint64_t v)
{
    struct packed_amount p;
    REQUIRE(packed_amount_exact(&p, amount_from_u64(v)) == ERR_OK);
    return p;
}

struct packed_fee fee_of(uint32_t v)
{
    return (struct packed_fee){.bits = (uint16_t)(v == 0 ? 0 : v * 32 + 3)};
}

static struct push_result push_priority(struct world *w, uint16_t chain, struct op_priority p,
                                        uint8_t expected)
{
    struct request *r = calloc(1, sizeof *r);
    REQUIRE(r != NULL);
    r->kind = REQUEST_PRIORITY;
    r->chain = chain;
    r->u.priority = p;
    struct push_result result = push(w, r, RULE_OK);
    uint8_t outcome = result.op[0].u.priority.outcome;
    if (outcome != expected) fprintf(stderr, "priority kind %u: %u\n", p.kind, outcome);
    REQUIRE(outcome == expected);
    free(r);
    return result;
}

void do_deposit(struct world *w, uint16_t chain, uint32_t id, uint32_t slot, uint32_t token,
                uint64_t amount, uint32_t user, uint8_t expected)
{
    struct op_priority p = {.kind = PRIORITY_DEPOSIT,
                            .id = id,
                            .slot = (uint8_t)slot,
                            .token = token,
                            .amount = amount_from_u64(amount),
                            .owner = w->user[chain][user].owner};
    struct push_result r = push_priority(w, chain, p, expected);
    if (id == ACCOUNT_NEW && expected == OUTCOME_APPLIED)
        w->user[chain][user].account = r.op[0].u.priority.new_id;
}

void do_deposit_with_key(struct world *w, uint16_t chain, uint32_t id, uint32_t slot,
                         uint32_t token, uint64_t amount, uint32_t user, uint8_t key_name,
                         uint8_t expected)
{
    struct world_user *u = &w->user[chain][user];
    struct small_key key;
    key_make(&key, w, chain, &u->owner, key_name);
    struct op_priority p = {.kind = PRIORITY_DEPOSIT_WITH_KEY,
                            .id = id,
                            .slot = (uint8_t)slot,
                            .token = token,
                            .amount = amount_from_u64(amount),
                            .owner = u->owner};
    memcpy(p.root.e, key.root, sizeof p.root.e);
    struct push_result r = push_priority(w, chain, p, expected);
    if (expected != OUTCOME_APPLIED) return;
    if (id == ACCOUNT_NEW)
        u->account = r.op[0].u.priority.new_id;
    else
        u->changes++;
    u->key = key;
}

void do_set_key(struct world *w, uint16_t chain, uint32_t id, uint32_t user, uint8_t key_name,
                uint8_t expected)
{
    struct world_user *u = &w->user[chain][user];
    struct small_key key;
    memset(&key, 0, sizeof key);
    struct op_priority p = {.kind = PRIORITY_SET_KEY, .id = id, .owner = u->owner};
    if (key_name != 0) {
        key_make(&key, w, chain, &u->owner, key_name);
        p.auth = 1;
        p.height = 12;
        memcpy(p.root.e, key.root, sizeof p.root.e);
    }
    push_priority(w, chain, p, expected);
    if (expected != OUTCOME_APPLIED) return;
    u->changes++;
    u->key = key;
}

void do_exit(struct world *w, uint16_t chain, uint32_t id, uint32_t slot, uint32_t user,
             uint8_t expected)
{
    struct op_priority p = {.kind = PRIORITY_EXIT,
                            .id = id,
                            .slot = (uint8_t)slot,
                            .owner = w->user[chain][user].owner};
    push_priority(w, chain, p, expected);
}

static struct request *request_new(uint8_t kind, uint16_t chain)
{
    struct request *r = calloc(1, sizeof *r);
    REQUIRE(r != NULL);
    r->kind = kind;
    r->chain = chain;
    return r;
}

static struct push_result sign_and_push(struct world *w, struct request *r)
{
    request_sign(w, r);
    struct push_result result = push(w, r, RULE_OK);
    free(r);
    return result;
}

void do_open(struct world *w, uint16_t chain, uint32_t user)
{
    struct request *r = request_new(REQUEST_OPEN, chain);
    r->u.open.owner = w->user[chain][user].owner;
    struct push_result result = sign_and_push(w, r);
    w->user[chain][user].account = result.op[0].u.open.id;
}

void do_transfer(struct world *w, uint16_t chain, uint32_t from, uint32_t to, uint32_t slot_from,
                 uint32_t slot_to, uint32_t token, uint64_t amount, uint32_t fee)
{
    struct request *r = request_new(REQUEST_TRANSFER, chain);
    r->u.transfer = (struct op_transfer){.auth.account = w->user[chain][from].account,
                                         .auth.deadline = w->time,
                                         .to = w->user[chain][to].account,
                                         .to_owner = w->user[chain][to].owner,
                                         .slot_from = (uint8_t)slot_from,
                                         .slot_to = (uint8_t)slot_to,
                                         .token = token,
                                         .amount = packed(amount),
                                         .fee = fee_of(fee)};
    sign_and_push(w, r);
}

void do_withdraw(struct world *w, uint16_t chain, uint32_t user, uint32_t slot, uint32_t token,
                 uint64_t amount, uint32_t fee)
{
    struct request *r = request_new(REQUEST_WITHDRAW, chain);
    r->u.withdraw = (struct op_withdraw){.auth.account = w->user[chain][user].account,
                                         .auth.deadline = w->time + 70000,
                                         .slot = (uint8_t)slot,
                                         .token = token,
                                         .to = w->user[chain][user].owner,
                                         .amount = amount_from_u64(amount),
                                         .fee = fee_of(fee)};
    r->u.withdraw.to.bytes[3] ^= 0x55;
    sign_and_push(w, r);
}

void do_change_key(struct world *w, uint16_t chain, uint32_t user, uint8_t key_name,
                   uint32_t fee_token, uint32_t fee)
{
    struct world_user *u = &w->user[chain][user];
    struct small_key key;
    key_make(&key, w, chain, &u->owner, key_name);
    struct request *r = request_new(REQUEST_CHANGE_KEY, chain);
    r->u.change_key = (struct op_change_key){.auth.account = u->account,
                                             .auth.deadline = UINT32_MAX,
                                             .new_auth = 1,
                                             .new_height = 12,
                                             .fee_slot = 2,
                                             .fee_token = fee_token,
                                             .fee = fee_of(fee)};
    memcpy(r->u.change_key.new_root.e, key.root, sizeof key.root);
    sign_and_push(w, r);
    u->key = key;
    u->changes++;
}

struct pool_ids do_create(struct world *w, uint16_t chain_a, uint16_t chain_b, uint32_t token_a,
                          uint32_t token_b, uint32_t user, uint64_t amount, uint64_t shares,
                          uint32_t cap)
{
    struct pool_ids pool = {.chain = {chain_a, chain_b}, .token = {token_a, token_b}};
    struct request *r = request_new(REQUEST_CREATE, chain_a);
    struct create_order *o = &r->u.create.order;
    o->shares = packed(shares);
    o->fee_bps = 30;
    o->cap_bps = cap;
    o->deadline = w->time;
    for (uint32_t i = 0; i < 2; i++) {
        o->side[i] = (struct create_side){.chain = pool.chain[i],
                                          .account = w->user[pool.chain[i]][user].account,
                                          .token = pool.token[i],
                                          .slot = (uint8_t)(1 + pool.token[i]),
                                          .share_slot = (uint8_t)(130 + i),
                                          .fee = fee_of(i),
                                          .amount = packed(amount * (i + 1))};
        r->u.create.auth[i] = (struct op_auth){.account = o->side[i].account, .deadline = w->time};
    }
    struct push_result result = sign_and_push(w, r);
    for (uint32_t i = 0; i < 2; i++)
        pool.id[i] = result.op[i].u.create.id;
    return pool;
}

void do_swap(struct world *w, const struct pool_ids *pool, uint32_t in, uint32_t user,
             uint32_t slot_in, uint32_t slot_out, uint64_t amount)
{
    uint32_t out = 1 - in;
    struct request *r = request_new(REQUEST_SWAP, pool->chain[in]);
    struct world_user *from = &w->user[pool->chain[in]][user];
    struct world_user *to = &w->user[pool->chain[out]][user];
    r->u.swap = (struct swap_order){.auth.account = from->account,
                                    .auth.deadline = w->time,
                                    .chain = pool->chain[in],
                                    .slot_in = (uint8_t)slot_in,
                                    .pool_in = pool->id[in],
                                    .token_in = pool->token[in],
                                    .token_out = pool->token[out],
                                    .amount = packed(amount),
                                    .fee = fee_of(0),
                                    .to_chain = pool->chain[out],
                                    .to_owner = to->owner,
                                    .to_account = to->account,
                                    .to_slot = (uint8_t)slot_out,
                                    .minimum = amount_from_u64(1)};
    sign_and_push(w, r);
}

void do_liquidity(struct world *w, const struct pool_ids *pool, uint8_t kind, uint32_t user,
                  uint64_t shares)
{
    struct request *r = request_new(kind == OP_ADD ? REQUEST_ADD : REQUEST_REMOVE, pool->chain[0]);
    struct liquidity_order *o = &r->u.liquidity.order;
    o->kind = kind;
    o->shares = packed(shares);
    o->deadline = w->time + 1;
    for (uint32_t i = 0; i < 2; i++) {
        uint16_t c = pool->chain[i];
        o->side[i] =
            (struct liquidity_side){.chain = c,
                                    .pool_id = pool->id[i],
                                    .account = w->user[c][user].account,
                                    .token = pool->token[i],
                                    .slot = (uint8_t)(1 + pool->token[i]),
                                    .share_slot = (uint8_t)(130 + i),
                                    .fee = fee_of(i == 0),
                                    .limit = amount_from_u64(kind == OP_ADD ? UINT64_MAX : 1)};
        r->u.liquidity.auth[i] =
            (struct op_auth){.account = o->side[i].account, .deadline = o->deadline};
    }
    sign_and_push(w, r);
}
