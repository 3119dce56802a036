#include "bench/traffic.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/require.h"
#include "common/base/rng.h"
#include "core/op/amount.h"
#include "core/op/packed.h"
#include "tests/support/test_key.h"

enum { TOKEN = 1, SLOT = 2, FIRST_SHARE_SLOT = 20, FIRST_TIME = 1763700000 };

struct user {
    struct owner owner;
    uint32_t account[TRAFFIC_CHAINS];
    struct test_key *key[TRAFFIC_CHAINS];
};

struct traffic {
    struct rng rng;
    const struct batch_limits *limits;
    uint8_t deployment_id[32];
    uint32_t dep[8];
    struct chain_state state[TRAFFIC_CHAINS];
    struct user users[TRAFFIC_USERS];
    uint32_t pool[TRAFFIC_POOLS][TRAFFIC_CHAINS]; /* account ids */
    uint32_t n_pools, k, time;
    struct request request;
    struct push_result result;
};

const char *traffic_mix_name(enum traffic_mix mix)
{
    static const char *const names[TRAFFIC_MIXES] = {"payments", "swaps"};
    return names[mix];
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint32_t below(struct traffic *t, uint32_t n)
{
    return (uint32_t)rng_below(&t->rng, n);
}

static struct batch *begin(struct traffic *t)
{
    struct batch_config config = {
        .k = ++t->k, .time = t->time++, .n_chains = TRAFFIC_CHAINS, .limits = t->limits,
        .slices_max = 1};
    memcpy(config.deployment_id, t->deployment_id, sizeof config.deployment_id);
    for (uint32_t c = 0; c < TRAFFIC_CHAINS; c++) {
        config.chains[c].state = &t->state[c];
        config.chains[c].fee_account = t->users[0].account[c];
        if (t->users[0].account[c] != 0) config.chains[c].fees[0] = (struct fee_slot){TOKEN, SLOT};
    }
    struct batch *b;
    REQUIRE(batch_begin(&b, &config) == ERR_OK);
    return b;
}

static struct packed_amount packed(uint64_t v)
{
    return packed_amount_floor(amount_from_u64(v));
}

static const struct packed_fee FEE = {7 << 5};

/* The user's next unused leaf; false when the key is used up. */
static bool auth_fill(struct traffic *t, const struct batch *b, uint32_t user, uint16_t chain,
                      struct op_auth *auth)
{
    const struct user *u = &t->users[user];
    uint32_t next[XMSS_LANES];
    REQUIRE(rules_peek_user(batch_chain(b, chain), u->account[chain], NULL, NULL, next));
    if (!test_key_has(u->key[chain], 0, next[0])) return false;
    *auth = (struct op_auth){
        .account = u->account[chain], .leaf = next[0], .deadline = t->time + 100000};
    return true;
}

static void sign(struct traffic *t, const struct batch *b, uint32_t side, uint32_t user,
                 uint16_t chain, const struct op_auth *auth)
{
    struct request *r = &t->request;
    uint32_t changes = 0;
    struct digest8 digest;
    const struct test_key *key = t->users[user].key[chain];
    REQUIRE(rules_peek_user(batch_chain(b, chain), auth->account, NULL, &changes, NULL));
    REQUIRE(request_digest(&digest, t->dep, r, side, changes) == ERR_OK);
    test_key_sign(key, auth->lane, auth->leaf, digest.e, &r->signatures[side]);
    r->signature_height[side] = (uint8_t)test_key_height(key);
    r->n_signatures = (uint8_t)(side + 1);
}

/* ---- the world before the benchmark ---- */

static void make_deposit(struct traffic *t, uint32_t user, uint16_t chain)
{
    struct user *u = &t->users[user];
    uint32_t pp[XMSS_PP];
    xmss_public_parameter(pp, t->dep, chain, u->owner.bytes);
    u->key[chain] = test_key_new(XMSS_HEIGHT_SMALL, (uint64_t)user << 1 | chain, pp);
    t->request = (struct request){.kind = REQUEST_PRIORITY, .chain = chain};
    struct op_priority *p = &t->request.u.priority;
    p->kind = PRIORITY_DEPOSIT_WITH_KEY;
    p->owner = u->owner;
    p->id = ACCOUNT_NEW;
    p->slot = SLOT;
    p->token = TOKEN;
    p->amount = amount_from_u64((uint64_t)1 << 60);
    test_key_root(u->key[chain], p->root.e);
}

static void seal(struct batch *b)
{
    struct sealed_batch s;
    REQUIRE(batch_seal(b, &s) == ERR_OK);
    sealed_batch_deinit(&s);
    batch_free(b);
}

static void deposits(struct traffic *t)
{
    struct batch *b = begin(t);
    for (uint32_t i = 0; i < TRAFFIC_USERS * TRAFFIC_CHAINS; i++) {
        const uint16_t chain = (uint16_t)(i / TRAFFIC_USERS);
        const uint32_t user = i % TRAFFIC_USERS;
        make_deposit(t, user, chain);
        enum rule_error e = batch_push(b, &t->request, &t->result);
        if (rule_error_is_capacity(e)) {
            seal(b);
            b = begin(t);
            e = batch_push(b, &t->request, &t->result);
        }
        REQUIRE(e == RULE_OK && t->result.op[0].u.priority.outcome == OUTCOME_APPLIED);
        t->users[user].account[chain] = t->result.op[0].u.priority.new_id;
    }
    seal(b);
}

static void pools(struct traffic *t)
{
    struct batch *b = begin(t);
    for (uint32_t i = 0; i < TRAFFIC_POOLS; i++) {
        t->request = (struct request){.kind = REQUEST_CREATE};
        struct create_order *o = &t->request.u.create.order;
        struct op_auth *auth = t->request.u.create.auth;
        o->fee_bps = 30;
        o->cap_bps = 9000;
        o->deadline = t->time + 100000;
        o->shares = packed(1000000);
        for (uint32_t side = 0; side < 2; side++) {
            REQUIRE(auth_fill(t, b, i, (uint16_t)side, &auth[side]));
            o->side[side] = (struct create_side){.chain = (uint16_t)side,
                                                 .account = auth[side].account,
                                                 .token = TOKEN,
                                                 .slot = SLOT,
                                                 .share_slot = (uint8_t)(FIRST_SHARE_SLOT + i),
                                                 .amount = packed((uint64_t)1 << 50)};
        }
        for (uint32_t side = 0; side < 2; side++)
            sign(t, b, side, i, (uint16_t)side, &auth[side]);
        REQUIRE(batch_push(b, &t->request, &t->result) == RULE_OK);
        for (uint32_t side = 0; side < 2; side++)
            t->pool[i][side] = t->result.op[side].u.create.id;
    }
    t->n_pools = TRAFFIC_POOLS;
    seal(b);
}

struct traffic *traffic_new(uint64_t seed, const struct batch_limits *limits)
{
    struct traffic *t = calloc(1, sizeof *t);
    REQUIRE(t != NULL);
    rng_seed(&t->rng, seed);
    t->limits = limits;
    t->time = FIRST_TIME;
    rng_fill(&t->rng, t->deployment_id, sizeof t->deployment_id);
    deployment_elements(t->dep, t->deployment_id);
    for (uint16_t c = 0; c < TRAFFIC_CHAINS; c++)
        REQUIRE(chain_state_init(&t->state[c], c) == ERR_OK);
    for (uint32_t u = 0; u < TRAFFIC_USERS; u++)
        rng_fill(&t->rng, t->users[u].owner.bytes, sizeof t->users[u].owner.bytes);
    deposits(t);
    pools(t);
    return t;
}

void traffic_free(struct traffic *t)
{
    for (uint32_t c = 0; c < TRAFFIC_CHAINS; c++) {
        chain_state_deinit(&t->state[c]);
        for (uint32_t u = 0; u < TRAFFIC_USERS; u++)
            test_key_free(t->users[u].key[c]);
    }
    free(t);
}

/* ---- operations ---- */

static bool make_payment(struct traffic *t, const struct batch *b)
{
    const uint32_t from = below(t, TRAFFIC_USERS), to = below(t, TRAFFIC_USERS);
    t->request = (struct request){.kind = REQUEST_TRANSFER};
    struct op_transfer *o = &t->request.u.transfer;
    if (from == to || !auth_fill(t, b, from, 0, &o->auth)) return false;
    o->to = t->users[to].account[0];
    o->to_owner = t->users[to].owner;
    o->slot_from = o->slot_to = SLOT;
    o->token = TOKEN;
    o->amount = packed(1 + below(t, 1u << 30));
    o->fee = FEE;
    sign(t, b, 0, from, 0, &o->auth);
    return true;
}

static bool make_swap(struct traffic *t, const struct batch *b)
{
    const uint16_t chain = (uint16_t)below(t, 2), other = (uint16_t)(1 - chain);
    const uint32_t user = below(t, TRAFFIC_USERS), pool = below(t, TRAFFIC_POOLS);
    t->request = (struct request){.kind = REQUEST_SWAP, .chain = chain};
    struct swap_order *o = &t->request.u.swap;
    if (!auth_fill(t, b, user, chain, &o->auth)) return false;
    o->chain = chain;
    o->to_chain = other;
    o->slot_in = o->to_slot = SLOT;
    o->pool_in = t->pool[pool][chain];
    o->token_in = o->token_out = TOKEN;
    o->amount = packed(1000 + below(t, 1u << 30));
    o->fee = FEE;
    o->to_owner = t->users[user].owner;
    o->to_account = t->users[user].account[other];
    sign(t, b, 0, user, chain, &o->auth);
    return true;
}

uint32_t traffic_seal(struct traffic *t, enum traffic_mix mix, uint32_t n,
                      struct sealed_batch *out, const char **limit, double *seconds)
{
    uint32_t accepted = 0;
    double start = now();
    struct batch *b = begin(t);
    *seconds += now() - start;
    while (accepted < n) {
        const bool made = mix == TRAFFIC_PAYMENTS ? make_payment(t, b) : make_swap(t, b);
        if (!made) continue;
        start = now();
        const enum rule_error e = batch_push(b, &t->request, &t->result);
        *seconds += now() - start;
        if (rule_error_is_capacity(e)) break;
        REQUIRE(e == RULE_OK);
        accepted++;
    }
    REQUIRE(accepted > 0);
    (void)batch_fullness(b, 0, limit);
    start = now();
    REQUIRE(batch_seal(b, out) == ERR_OK);
    *seconds += now() - start;
    batch_free(b);
    return accepted;
}
