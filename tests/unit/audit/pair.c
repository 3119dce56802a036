#include "tests/unit/audit/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "core/batch/statement.h"

static void root_bytes(uint8_t out[32], const struct digest8 *root)
{
    for (int i = 0; i < 8; i++) put_be32(out + 4 * i, root->e[i]);
}

static void core_facts(const struct deployment *d, uint8_t chains[32], uint8_t programs[32])
{
    struct chain_entry entries[DEPLOYMENT_CHAINS_MAX];
    uint8_t ids[64];
    for (size_t i = 0; i < d->n_chains; i++) {
        entries[i] = (struct chain_entry){.index = d->chains[i].index,
                                          .chain_id = d->chains[i].chain_id,
                                          .finality = d->chains[i].finality};
        memcpy(entries[i].address, d->chains[i].contract, 20);
    }
    memcpy(ids, d->leaf_program, 32);
    memcpy(ids + 32, d->pairing_program, 32);
    REQUIRE(chains_digest(chains, entries, d->n_chains) == ERR_OK);
    programs_digest(programs, ids, 2);
}

void deployment_make(struct deployment *d)
{
    struct deployment_input in = {.oracles_m = 3, .oracles_n = 4};
    struct chain_state genesis;
    memset(d, 0, sizeof *d);
    d->n_chains = WORLD_CHAINS;
    for (uint16_t i = 0; i < WORLD_CHAINS; i++) {
        struct deployment_chain *c = &d->chains[i];
        c->index = i;
        c->chain_id = 31001u + i;
        c->deploy_block = 2;
        c->finality = DEPLOYMENT_FINALITY_FINALIZED;
        memset(c->contract, 0xc0 + i, 20);
        (void)snprintf(c->name, sizeof c->name, "fake-%u", i);
    }
    memset(d->leaf_program, 0x1e, 32);
    memset(d->pairing_program, 0x2e, 32);
    memset(d->salt, 0x5a, 32);
    d->oracles_m = 3;
    d->n_oracles = 4;
    for (int i = 0; i < 4; i++) memset(d->oracles[i], 0x10 + i, 20);
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
                           uint8_t roots[WORLD_CHAINS][32])
{
    struct chain_root list[WORLD_CHAINS];
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        list[c].chain_id = p->deployment.chains[c].chain_id;
        REQUIRE(cells_root(p->world->state[c].cells, &list[c].root) == ERR_OK);
        root_bytes(roots[c], &list[c].root);
    }
    REQUIRE(final_root_hash(out, k, list, WORLD_CHAINS) == ERR_OK);
}

void pair_init(struct pair *p, uint64_t seed)
{
    uint8_t roots[WORLD_CHAINS][32];
    memset(p, 0, sizeof *p);
    deployment_make(&p->deployment);
    p->world = world_new(seed, false);
    REQUIRE(replica_new(&p->replica, &p->deployment) == ERR_OK);
    final_root_now(p, 0, p->final_root, roots);
    digest_genesis(p->digest, p->deployment.id, p->final_root);
}

void pair_free(struct pair *p)
{
    world_free(p->world);
    replica_free(p->replica);
}

static void pair_describe(struct pair *p, struct published *out)
{
    struct chain_pubdata pubdata[WORLD_CHAINS];
    struct replica_batch *b = &out->batch;
    struct statement s = {.k = out->sealed.k, .time = out->sealed.time, .participants = pubdata,
                          .n_participants = out->sealed.n_participants};
    memset(b, 0, sizeof *b);
    b->k = out->sealed.k;
    b->time = out->sealed.time;
    memcpy(b->final_root_before, p->final_root, 32);
    final_root_now(p, b->k, b->final_root_after, out->roots);
    b->n_parts = out->sealed.n_participants;
    for (size_t i = 0; i < b->n_parts; i++) {
        const struct chain_trace *t = out->sealed.traces[i];
        b->parts[i].chain = t->chain;
        b->parts[i].segment = (struct span){t->bytes, t->n_bytes};
        b->parts[i].root_after = out->roots[t->chain];
        pubdata[i].chain_id = p->deployment.chains[t->chain].chain_id;
        REQUIRE(pubdata_hash(pubdata[i].hash, t->segment_hash, 1) == ERR_OK);
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
    REQUIRE(out->n_asked < 2 * BATCH_RECORDS_MAX);
    struct asked *a = &out->asked[out->n_asked++];
    REQUIRE(request_encode(r, false, a->bytes, sizeof a->bytes, &a->len) == ERR_OK);
    a->n = res->n_ops;
    memcpy(a->chain, res->chain, sizeof a->chain);
    memcpy(a->record, res->record, sizeof a->record);
}

void pair_publish(struct pair *p, uint32_t n, struct published *out)
{
    memset(out, 0, sizeof *out);
    struct batch *b = world_begin(p->world);
    struct request *r = malloc(sizeof *r);
    struct push_result *res = malloc(sizeof *res);
    out->asked = calloc(2 * BATCH_RECORDS_MAX, sizeof *out->asked);
    out->intents = calloc(2 * BATCH_RECORDS_MAX, sizeof *out->intents);
    REQUIRE(r != NULL && res != NULL && out->asked != NULL && out->intents != NULL);
    bool full = false;
    for (uint32_t tries = 0; out->n_asked < n && !full && tries < 50 * n; tries++) {
        if (world_push_random(p->world, b, &full, r, res)) remember(out, r, res);
    }
    REQUIRE(batch_seal(b, &out->sealed) == ERR_OK);
    batch_free(b);
    free(r);
    free(res);
    pair_describe(p, out);
    for (size_t i = 0; i < out->n_asked; i++) {
        const struct asked *a = &out->asked[i];
        const char *why = NULL;
        enum err err = intent_read(&out->intents[i], (struct span){a->bytes, a->len}, a->n, a->chain,
                                   a->record, &why);
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

void published_places(const struct published *b, size_t part, struct place places[BATCH_RECORDS_MAX])
{
    static const size_t priority_sizes[] = {0, 42, 62, 46, 42};
    const struct chain_trace *t = b->sealed.traces[part];
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

void published_free(struct published *b)
{
    sealed_batch_deinit(&b->sealed);
    free(b->asked);
    free(b->intents);
    memset(b, 0, sizeof *b);
}
