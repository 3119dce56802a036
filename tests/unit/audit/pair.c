#include "tests/unit/audit/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "core/batch/blob.h"
#include "core/batch/statement.h"
#include "core/op/amount.h"

enum { ASKED_MAX = 4096 }; /* requests of a batch */

static void root_bytes(uint8_t out[32], const struct digest8 *root)
{
    for (int i = 0; i < 8; i++)
        put_be32(out + 4 * i, root->e[i]);
}

static void core_facts(const struct deployment *d, uint8_t chains[32], uint8_t programs[32])
{
    struct chain_entry entries[DEPLOYMENT_CHAINS_MAX];
    for (size_t i = 0; i < d->n_chains; i++) {
        entries[i] = (struct chain_entry){.index = d->chains[i].index,
                                          .chain_id = d->chains[i].chain_id,
                                          .finality = d->chains[i].finality};
        memcpy(entries[i].address, d->chains[i].contract, 20);
    }
    REQUIRE(chains_digest(chains, entries, d->n_chains) == ERR_OK);
    programs_digest(programs, d->terminal_program);
}

void deployment_make(struct deployment *d, uint32_t n_chains)
{
    struct deployment_input in = {.oracles_m = 3, .oracles_n = 4};
    struct chain_state genesis;
    memset(d, 0, sizeof *d);
    d->n_chains = n_chains;
    for (uint16_t i = 0; i < n_chains; i++) {
        struct deployment_chain *c = &d->chains[i];
        c->index = i;
        c->chain_id = 31001u + i;
        c->deploy_block = 2;
        c->finality = DEPLOYMENT_FINALITY_FINALIZED;
        memset(c->contract, 0xc0 + i, 20);
        (void)snprintf(c->name, sizeof c->name, "fake-%u", i);
    }
    memset(d->terminal_program, 0x1e, 32);
    memset(d->salt, 0x5a, 32);
    d->oracles_m = 3;
    d->n_oracles = 4;
    for (int i = 0; i < 4; i++)
        memset(d->oracles[i], 0x10 + i, 20);
    core_facts(d, in.chains_digest, in.programs_digest);
    REQUIRE(chain_state_init(&genesis, 0) == ERR_OK);
    REQUIRE(cells_root(genesis.cells, &in.genesis_root) == ERR_OK);
    chain_state_deinit(&genesis);
    root_bytes(d->genesis_root, &in.genesis_root);
    in.oracles = d->oracles[0];
    memcpy(in.salt, d->salt, 32);
    REQUIRE(deployment_id_compute(d->id, &in) == ERR_OK);
}

static void final_root_now(const struct pair *p, uint64_t k, uint8_t out[32],
                           uint8_t roots[WORLD_CHAINS_MAX][32])
{
    struct chain_root list[WORLD_CHAINS_MAX];
    for (uint16_t c = 0; c < p->world->n_chains; c++) {
        list[c].chain_id = p->deployment.chains[c].chain_id;
        REQUIRE(cells_root(p->world->state[c].cells, &list[c].root) == ERR_OK);
        root_bytes(roots[c], &list[c].root);
    }
    REQUIRE(final_root_hash(out, k, list, p->world->n_chains) == ERR_OK);
}

void pair_init(struct pair *p, uint64_t seed)
{
    pair_init_chains(p, seed, WORLD_CHAINS, 1);
}

void pair_init_chains(struct pair *p, uint64_t seed, uint32_t n_chains, uint32_t slices_max)
{
    uint8_t roots[WORLD_CHAINS_MAX][32];
    memset(p, 0, sizeof *p);
    deployment_make(&p->deployment, n_chains);
    p->world = world_new_chains(seed, false, n_chains);
    p->world->slices_max = slices_max;
    REQUIRE(replica_new(&p->replica, &p->deployment) == ERR_OK);
    final_root_now(p, 0, p->final_root, roots);
    digest_genesis(p->digest, p->deployment.id, p->final_root);
}

void pair_free(struct pair *p)
{
    world_free(p->world);
    replica_free(p->replica);
}

/* The segments of one chain with their slices, and the pubdata hash as core makes it. */
static void segments_of(const struct pair *p, struct published *out, size_t i,
                        struct replica_part *part, uint8_t pubdata[32])
{
    uint8_t hashes[REPLICA_SEGMENTS_MAX][32];
    for (uint32_t j = 0; j < out->sealed.n_segments; j++) {
        const struct chain_trace *t = out->sealed.traces[j];
        if (t->chain != part->chain) continue;
        out->segments[i][part->n_segments] = (struct span){t->bytes, t->n_bytes};
        out->slices[i][part->n_segments] = (uint8_t)t->slice;
        memcpy(hashes[part->n_segments++], t->segment_hash, 32);
    }
    REQUIRE(pubdata_hash(pubdata, hashes[0], part->n_segments) == ERR_OK);
    struct chain_trace *own[BATCH_SEGMENTS_MAX];
    struct blob_part blob;
    uint32_t n = sealed_batch_of_chain(&out->sealed, part->chain, own);
    if (!p->blobs[part->chain] || blob_rest_elements(own, n) == 0) return;
    REQUIRE(blob_part_make(&blob, own, n, NULL) == ERR_OK);
    memcpy(pubdata, blob.pubdata, 32);
    memcpy(out->pubdata[i], blob.pubdata, 32);
    part->pubdata = out->pubdata[i];
}

static void pair_describe(struct pair *p, struct published *out)
{
    struct chain_pubdata pubdata[WORLD_CHAINS_MAX];
    struct replica_batch *b = &out->batch;
    struct statement s = {.k = out->sealed.k, .time = out->sealed.time, .participants = pubdata};
    uint16_t chains[BATCH_PARTICIPANTS_MAX];
    memset(b, 0, sizeof *b);
    b->k = out->sealed.k;
    b->time = out->sealed.time;
    memcpy(b->final_root_before, p->final_root, 32);
    final_root_now(p, b->k, b->final_root_after, out->roots);
    b->n_parts = s.n_participants = sealed_batch_chains(&out->sealed, chains);
    for (size_t i = 0; i < b->n_parts; i++) {
        struct replica_part *part = &b->parts[i];
        part->chain = chains[i];
        part->segments = out->segments[i];
        part->root_after = out->roots[chains[i]];
        pubdata[i].chain_id = p->deployment.chains[chains[i]].chain_id;
        segments_of(p, out, i, part, pubdata[i].hash);
    }
    memcpy(s.deployment_id, p->deployment.id, 32);
    memcpy(s.final_root_before, b->final_root_before, 32);
    memcpy(s.final_root_after, b->final_root_after, 32);
    core_facts(&p->deployment, s.chains_digest, s.programs_digest);
    REQUIRE(statement_hash(out->statement, &s) == ERR_OK);
    digest_next(p->digest, p->digest, out->statement);
    memcpy(out->digest, p->digest, 32);
    memcpy(p->final_root, b->final_root_after, 32);
}

static void remember(struct published *out, const struct request *r, const struct push_result *res)
{
    REQUIRE(out->n_asked < ASKED_MAX);
    struct asked *a = &out->asked[out->n_asked++];
    REQUIRE(request_encode(r, false, a->bytes, sizeof a->bytes, &a->len) == ERR_OK);
    a->n = res->n_ops;
    memcpy(a->chain, res->chain, sizeof a->chain);
    memcpy(a->record, res->record, sizeof a->record);
}

static void next_leaf(struct request *r)
{
    switch (r->kind) {
    case REQUEST_TRANSFER:
        r->u.transfer.auth.leaf++;
        break;
    case REQUEST_WITHDRAW:
        r->u.withdraw.auth.leaf++;
        break;
    case REQUEST_CHANGE_KEY:
        r->u.change_key.auth.leaf++;
        break;
    case REQUEST_SWAP:
        r->u.swap.auth.leaf++;
        break;
    case REQUEST_ADD:
    case REQUEST_REMOVE:
        for (int i = 0; i < 2; i++)
            r->u.liquidity.auth[i].leaf++;
        break;
    case REQUEST_CREATE:
        for (int i = 0; i < 2; i++)
            r->u.create.auth[i].leaf++;
        break;
    default:
        break;
    }
}

/* What a random byte hardly ever meets: values just beyond a rule's border. */
static void over_the_border(struct rng *rng, struct request *r)
{
    uint32_t last = (1u << (XMSS_HEIGHT_SMALL - 2)) - 1;
    uint32_t side = (uint32_t)rng_below(rng, 2);
    bool leaf = rng_below(rng, 2) == 0;
    switch (r->kind) {
    case REQUEST_TRANSFER:
        if (leaf) r->u.transfer.auth.leaf = last;
        break;
    case REQUEST_WITHDRAW:
        if (leaf) r->u.withdraw.auth.leaf = last;
        break;
    case REQUEST_CHANGE_KEY:
        r->u.change_key.new_height = XMSS_HEIGHT_LARGE;
        r->u.change_key.new_root.e[0] ^= 1;
        break;
    case REQUEST_SWAP:
        r->u.swap.to_slot = (uint8_t)(128 + rng_below(rng, 128));
        break;
    case REQUEST_ADD:
    case REQUEST_REMOVE:
        r->u.liquidity.order.side[side].limit = amount_from_u64(rng_below(rng, 1000));
        break;
    case REQUEST_CREATE:
        r->u.create.order.shares.bits = (1001 + rng_below(rng, 900000)) << 5;
        for (int i = 0; i < 2; i++)
            r->u.create.order.side[i].share_slot = (uint8_t)(60 + rng_below(rng, 60));
        break;
    case REQUEST_PRIORITY:
        if (r->u.priority.kind > PRIORITY_DEPOSIT_WITH_KEY) break;
        if (leaf) r->u.priority.id = ACCOUNT_NEW;
        r->u.priority.slot = (uint8_t)rng_below(rng, 4);
        break;
    default:
        break;
    }
}

/* The request once more with its next key leaf and one byte of its fields changed. */
static void push_altered(struct pair *p, struct batch *b, struct request *r,
                         struct push_result *res, struct published *out)
{
    uint8_t bytes[512];
    size_t n = 0;
    struct rng *rng = &p->world->rng;
    static const uint8_t interesting[] = {0, 1, 2, 3, 127, 128, 200, 255};
    next_leaf(r);
    bool border = rng_below(rng, 4) == 0;
    if (border) over_the_border(rng, r);
    if (request_encode(r, false, bytes, sizeof bytes, &n) != ERR_OK) return;
    size_t at = 4 + (size_t)rng_below(rng, n - 5);
    if (border || rng_below(rng, 8) == 0)
        at = 0; /* as it is */
    else if (rng_below(rng, 2) == 0)
        bytes[at] = interesting[rng_below(rng, sizeof interesting)];
    else
        bytes[at] ^= (uint8_t)(1u << rng_below(rng, 8));
    if (request_decode(r, bytes, n) != ERR_OK) return;
    if (batch_push(b, r, res) == RULE_OK) remember(out, r, res);
}

void pair_publish(struct pair *p, uint32_t n, struct published *out)
{
    memset(out, 0, sizeof *out);
    struct batch *b = world_begin(p->world);
    struct request *r = malloc(sizeof *r);
    struct push_result *res = malloc(sizeof *res);
    out->asked = calloc(ASKED_MAX, sizeof *out->asked);
    out->intents = calloc(ASKED_MAX, sizeof *out->intents);
    REQUIRE(r != NULL && res != NULL && out->asked != NULL && out->intents != NULL);
    bool full = false;
    for (uint32_t tries = 0; out->n_asked < n && !full && tries < 50 * n; tries++) {
        if (world_push_random(p->world, b, &full, r, res)) remember(out, r, res);
        if (p->wild && !full) push_altered(p, b, r, res, out);
    }
    REQUIRE(batch_seal(b, &out->sealed) == ERR_OK);
    batch_free(b);
    free(r);
    free(res);
    pair_describe(p, out);
    for (size_t i = 0; i < out->n_asked; i++) {
        const struct asked *a = &out->asked[i];
        const char *why = NULL;
        enum err err = intent_read(&out->intents[i], (struct span){a->bytes, a->len}, a->n,
                                   a->chain, a->record, &why);
        REQUIRE(err == ERR_OK);
    }
    out->batch.intents = out->intents;
    out->batch.n_intents = out->n_asked;
}

static size_t stream_size(const uint8_t *p)
{
    static const size_t sizes[] = {0, 1, 1, 17, 21, 30, 34, 16, 17, 17};
    if (p[0] == 0x0f) return 4 + stream_size(p + 4);
    return p[0] >= 0x20 ? 8u + (p[0] - 0x20u) : sizes[p[0]];
}

void published_places(const struct chain_trace *t, struct place places[BATCH_RECORDS_MAX])
{
    static const size_t priority_sizes[] = {0, 42, 62, 46, 42};
    size_t priority = 44;
    size_t withdrawal = 44 + get_be32(t->bytes + 20);
    size_t at = withdrawal + 44u * get_be16(t->bytes + 18);
    for (uint32_t i = 0; i < t->n_ops; i++) {
        places[i] = (struct place){at, stream_size(t->bytes + at), 0, 0};
        if (t->ops[i].code == OP_PRIORITY) {
            places[i].region = priority;
            places[i].region_len = priority_sizes[t->bytes[priority] >> 4];
            priority += places[i].region_len;
        } else if (t->ops[i].code == OP_WITHDRAW) {
            places[i].region = withdrawal;
            places[i].region_len = 44;
            withdrawal += 44;
        }
        at += places[i].stream_len;
    }
    REQUIRE(at == t->n_bytes);
}

void published_ask(const struct published *p, struct gate_ask *ask)
{
    const struct replica_batch *b = &p->batch;
    memset(ask, 0, sizeof *ask);
    ask->k = b->k;
    ask->time = b->time;
    memcpy(ask->final_root_before, b->final_root_before, 32);
    memcpy(ask->final_root_after, b->final_root_after, 32);
    memcpy(ask->statement, p->statement, 32);
    ask->n_parts = (uint32_t)b->n_parts;
    for (size_t i = 0; i < b->n_parts; i++) {
        struct gate_part *part = &ask->parts[i];
        part->chain = b->parts[i].chain;
        part->blob = b->parts[i].pubdata != NULL;
        part->n_segments = (uint32_t)b->parts[i].n_segments;
        for (size_t j = 0; j < b->parts[i].n_segments; j++)
            part->segments[j] = (struct gate_segment){p->slices[i][j], b->parts[i].segments[j]};
        memcpy(part->root_after, p->roots[part->chain], 32);
    }
    ask->requests = calloc(p->n_asked + 1, sizeof *ask->requests);
    REQUIRE(ask->requests != NULL);
    for (size_t i = 0; i < p->n_asked; i++) {
        const struct asked *a = &p->asked[i];
        struct gate_request *q = &ask->requests[ask->n_requests++];
        q->n_records = (uint8_t)a->n;
        memcpy(q->chain, a->chain, sizeof q->chain);
        memcpy(q->record, a->record, sizeof q->record);
        q->bytes = (struct span){a->bytes, a->len};
    }
}

void published_free(struct published *b)
{
    sealed_batch_deinit(&b->sealed);
    free(b->asked);
    free(b->intents);
    memset(b, 0, sizeof *b);
}
