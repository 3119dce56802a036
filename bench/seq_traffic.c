#include "bench/seq_traffic.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/base/rng.h"
#include "core/batch/chain_trace.h"
#include "core/op/amount.h"
#include "core/op/codec.h"
#include "core/op/packed.h"
#include "core/op/request.h"
#include "tests/support/test_key.h"

enum { THREADS = 2, KEYS = SEQ_TRAFFIC_USERS * SEQ_TRAFFIC_CHAINS, SHARE_SLOT = 20, SWAP_OF = 5 };

struct maker {
    struct seq_traffic *t;
    uint32_t dep[8];
    struct owner owners[SEQ_TRAFFIC_USERS];
    struct test_key *keys[KEYS]; /* user * chains + chain */
    struct request *requests;    /* operations, not signed yet, but for their signatures */
    uint32_t *signer;            /* key of each */
    uint32_t pool;               /* account id, on both chains */
};
struct share { /* of a thread */
    struct maker *m;
    uint32_t first;
};

static uint32_t account_of(uint32_t user)
{
    return 1 + user; /* ids are given out in the order of the deposits */
}

static struct packed_amount packed(uint64_t v)
{
    return packed_amount_floor(amount_from_u64(v));
}

static void item_of(struct seq_item *out, const struct request *r)
{
    uint8_t bytes[REQUEST_BYTES_MAX];
    size_t n = 0;
    REQUIRE(request_encode(r, true, bytes, sizeof bytes, &n) == ERR_OK);
    *out = (struct seq_item){.len = (uint32_t)n, .bytes = malloc(n)};
    REQUIRE(out->bytes != NULL);
    memcpy(out->bytes, bytes, n);
}

static void sign(const struct maker *m, struct request *r, uint32_t side, uint32_t key,
                 const struct op_auth *auth)
{
    struct digest8 digest;
    REQUIRE(request_digest(&digest, m->dep, r, side, 0) == ERR_OK);
    test_key_sign_quick(m->keys[key], auth->lane, auth->leaf, digest.e, &r->signatures[side]);
    r->signature_height[side] = XMSS_HEIGHT_SMALL;
    r->n_signatures = (uint8_t)(side + 1);
}

static void *keys_make(void *arg)
{
    const struct share *s = arg;
    for (uint32_t i = s->first; i < KEYS; i += THREADS) {
        uint32_t pp[XMSS_PP];
        xmss_public_parameter(pp, s->m->dep, i % SEQ_TRAFFIC_CHAINS,
                              s->m->owners[i / SEQ_TRAFFIC_CHAINS].bytes);
        s->m->keys[i] = test_key_new(XMSS_HEIGHT_SMALL, i, pp);
    }
    return NULL;
}

static void *ops_sign(void *arg)
{
    const struct share *s = arg;
    struct maker *m = s->m;
    for (uint32_t i = s->first; i < m->t->n_ops; i += THREADS) {
        struct request *r = &m->requests[i];
        const struct op_auth *auth =
            r->kind == REQUEST_SWAP ? &r->u.swap.auth : &r->u.transfer.auth;
        sign(m, r, 0, m->signer[i], auth);
        item_of(&m->t->ops[i], r);
    }
    return NULL;
}

static void threads_run(struct maker *m, void *(*work)(void *))
{
    pthread_t threads[THREADS];
    struct share shares[THREADS];
    for (uint32_t i = 0; i < THREADS; i++) {
        shares[i] = (struct share){m, i};
        REQUIRE(pthread_create(&threads[i], NULL, work, &shares[i]) == 0);
    }
    for (uint32_t i = 0; i < THREADS; i++)
        REQUIRE(pthread_join(threads[i], NULL) == 0);
}

static struct seq_item *items_new(uint32_t n)
{
    struct seq_item *items = calloc(n, sizeof *items);
    REQUIRE(items != NULL);
    return items;
}

static void deposits_make(struct maker *m)
{
    m->t->n_deposits = KEYS;
    m->t->deposits = items_new(KEYS);
    for (uint32_t i = 0; i < KEYS; i++) {
        const uint32_t chain = i / SEQ_TRAFFIC_USERS, user = i % SEQ_TRAFFIC_USERS;
        struct op_priority p = {.kind = PRIORITY_DEPOSIT_WITH_KEY,
                                .owner = m->owners[user],
                                .id = ACCOUNT_NEW,
                                .slot = SEQ_TRAFFIC_SLOT,
                                .token = SEQ_TRAFFIC_TOKEN,
                                .amount = amount_from_u64((uint64_t)1 << 60)};
        test_key_root(m->keys[user * SEQ_TRAFFIC_CHAINS + chain], p.root.e);
        struct seq_item *item = &m->t->deposits[i];
        item->chain = (uint16_t)chain;
        item->len = priority_record_size(p.kind);
        item->bytes = malloc(item->len);
        REQUIRE(item->bytes != NULL);
        priority_record_write(item->bytes, &p);
    }
}

static void pool_make(struct maker *m)
{
    struct request *r = calloc(1, sizeof *r);
    REQUIRE(r != NULL);
    r->kind = REQUEST_CREATE;
    struct create_order *o = &r->u.create.order;
    o->fee_bps = 30;
    o->cap_bps = 9000;
    o->deadline = UINT32_MAX;
    o->shares = packed(1000000);
    for (uint32_t side = 0; side < 2; side++) {
        r->u.create.auth[side] =
            (struct op_auth){.account = account_of(0), .deadline = UINT32_MAX};
        o->side[side] = (struct create_side){.chain = (uint16_t)side,
                                             .account = account_of(0),
                                             .token = SEQ_TRAFFIC_TOKEN,
                                             .slot = SEQ_TRAFFIC_SLOT,
                                             .share_slot = SHARE_SLOT,
                                             .amount = packed((uint64_t)1 << 58)};
    }
    for (uint32_t side = 0; side < 2; side++)
        sign(m, r, side, side, &r->u.create.auth[side]);
    m->t->n_pools = 1;
    m->t->pools = items_new(1);
    item_of(&m->t->pools[0], r);
    m->pool = account_of(SEQ_TRAFFIC_USERS);
    free(r);
}

static void op_make(struct maker *m, struct rng *rng, uint32_t i, uint32_t key, uint32_t leaf)
{
    const uint16_t chain = (uint16_t)(key % SEQ_TRAFFIC_CHAINS), other = (uint16_t)(1 - chain);
    const uint32_t user = key / SEQ_TRAFFIC_CHAINS;
    const uint32_t to = (user + 1 + (uint32_t)rng_below(rng, SEQ_TRAFFIC_USERS - 1)) % SEQ_TRAFFIC_USERS;
    const struct op_auth auth = {
        .account = account_of(user), .leaf = leaf, .deadline = UINT32_MAX};
    const struct packed_fee fee = {7 << 5};
    struct request *r = &m->requests[i];
    m->signer[i] = key;
    r->chain = chain;
    if (rng_below(rng, SWAP_OF) == 0) {
        r->kind = REQUEST_SWAP;
        r->u.swap = (struct swap_order){.chain = chain,
                                        .to_chain = other,
                                        .auth = auth,
                                        .slot_in = SEQ_TRAFFIC_SLOT,
                                        .to_slot = SEQ_TRAFFIC_SLOT,
                                        .pool_in = m->pool,
                                        .token_in = SEQ_TRAFFIC_TOKEN,
                                        .token_out = SEQ_TRAFFIC_TOKEN,
                                        .amount = packed(1000 + rng_below(rng, 1u << 30)),
                                        .fee = fee,
                                        .to_owner = m->owners[user],
                                        .to_account = account_of(user)};
        return;
    }
    r->kind = REQUEST_TRANSFER;
    r->u.transfer = (struct op_transfer){.auth = auth,
                                         .to = account_of(to),
                                         .to_owner = m->owners[to],
                                         .slot_from = SEQ_TRAFFIC_SLOT,
                                         .slot_to = SEQ_TRAFFIC_SLOT,
                                         .token = SEQ_TRAFFIC_TOKEN,
                                         .amount = packed(1 + rng_below(rng, 1u << 30)),
                                         .fee = fee};
}

/* Every key signs once, in random order, before one signs again. Leaf 0 made the pool. */
static void ops_make(struct maker *m, struct rng *rng)
{
    uint32_t order[KEYS];
    for (uint32_t i = 0; i < m->t->n_ops; i++) {
        const uint32_t at = i % KEYS;
        for (uint32_t j = 0; at == 0 && j < KEYS; j++) {
            const uint32_t k = (uint32_t)rng_below(rng, j + 1);
            order[j] = order[k];
            order[k] = j;
        }
        op_make(m, rng, i, order[at], 1 + i / KEYS);
    }
}

void seq_traffic_make(struct seq_traffic *t, uint64_t seed, uint32_t n_ops)
{
    struct rng rng;
    struct maker *m = calloc(1, sizeof *m);
    REQUIRE(m != NULL && n_ops > 0 && n_ops <= SEQ_TRAFFIC_MAX);
    memset(t, 0, sizeof *t);
    rng_seed(&rng, seed);
    rng_fill(&rng, t->deployment_id, sizeof t->deployment_id);
    m->t = t;
    deployment_elements(m->dep, t->deployment_id);
    for (uint32_t u = 0; u < SEQ_TRAFFIC_USERS; u++)
        rng_fill(&rng, m->owners[u].bytes, sizeof m->owners[u].bytes);
    threads_run(m, keys_make);
    deposits_make(m);
    pool_make(m);
    t->n_ops = n_ops;
    t->ops = items_new(n_ops);
    m->requests = calloc(n_ops, sizeof *m->requests);
    m->signer = calloc(n_ops, sizeof *m->signer);
    REQUIRE(m->requests != NULL && m->signer != NULL);
    ops_make(m, &rng);
    threads_run(m, ops_sign);
    for (uint32_t i = 0; i < KEYS; i++)
        test_key_free(m->keys[i]);
    free(m->requests);
    free(m->signer);
    free(m);
}

/* ---- file: deployment id; per list: n u32, then chain u16, len u32, bytes ---- */

static void list_write(FILE *f, const struct seq_item *items, uint32_t n)
{
    uint8_t head[6];
    put_be32(head, n);
    REQUIRE(fwrite(head, 4, 1, f) == 1);
    for (uint32_t i = 0; i < n; i++) {
        put_be16(head, items[i].chain);
        put_be32(head + 2, items[i].len);
        REQUIRE(fwrite(head, 6, 1, f) == 1 && fwrite(items[i].bytes, items[i].len, 1, f) == 1);
    }
}

static void list_read(FILE *f, struct seq_item **items, uint32_t *n)
{
    uint8_t head[6];
    REQUIRE(fread(head, 4, 1, f) == 1);
    *n = get_be32(head);
    REQUIRE(*n <= SEQ_TRAFFIC_MAX);
    *items = items_new(*n);
    for (uint32_t i = 0; i < *n; i++) {
        struct seq_item *item = &(*items)[i];
        REQUIRE(fread(head, 6, 1, f) == 1);
        item->chain = get_be16(head);
        item->len = get_be32(head + 2);
        REQUIRE(item->len > 0 && item->len <= REQUEST_BYTES_MAX);
        item->bytes = malloc(item->len);
        REQUIRE(item->bytes != NULL && fread(item->bytes, item->len, 1, f) == 1);
    }
}

void seq_traffic_write(const struct seq_traffic *t, const char *path)
{
    FILE *f = fopen(path, "wb");
    REQUIRE(f != NULL && fwrite(t->deployment_id, 32, 1, f) == 1);
    list_write(f, t->deposits, t->n_deposits);
    list_write(f, t->pools, t->n_pools);
    list_write(f, t->ops, t->n_ops);
    REQUIRE(fclose(f) == 0);
}

void seq_traffic_read(struct seq_traffic *t, const char *path)
{
    FILE *f = fopen(path, "rb");
    REQUIRE(f != NULL && fread(t->deployment_id, 32, 1, f) == 1);
    list_read(f, &t->deposits, &t->n_deposits);
    list_read(f, &t->pools, &t->n_pools);
    list_read(f, &t->ops, &t->n_ops);
    REQUIRE(fclose(f) == 0);
}

static void list_free(struct seq_item *items, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        free(items[i].bytes);
    free(items);
}

void seq_traffic_free(struct seq_traffic *t)
{
    list_free(t->deposits, t->n_deposits);
    list_free(t->pools, t->n_pools);
    list_free(t->ops, t->n_ops);
}
