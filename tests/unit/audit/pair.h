#ifndef TESTS_UNIT_AUDIT_PAIR_H
#define TESTS_UNIT_AUDIT_PAIR_H
/* A random world of core's executor and an audit replica side by side, on two chains or more. core is
 * linked into tests only; audit never sees it. */
#include "audit/replica.h"
#include "common/msg/gate.h"
#include "tests/support/random_batch.h"

struct pair {
    struct world *world;
    struct deployment deployment;
    struct replica *replica;
    bool blobs[WORLD_CHAINS_MAX]; /* the chain's parts are published in blobs where they can be */
    bool wild; /* every request is followed by an altered twin, which the rules mostly refuse */
    uint8_t final_root[32]; /* of core's states, before the next batch */
    uint8_t digest[32];
};
/* Batches as core publishes them, ready for the replica. Owns the sealed batch and the requests. */
struct asked { /* as the sequencer journals it */
    uint8_t bytes[512];
    size_t len;
    size_t n;
    uint16_t chain[2];
    uint32_t record[2];
};
struct published {
    struct sealed_batch sealed;
    struct asked *asked;
    size_t n_asked;
    struct intent_request *intents;
    struct replica_batch batch;
    struct span segments[WORLD_CHAINS_MAX][REPLICA_SEGMENTS_MAX]; /* of batch.parts */
    uint8_t slices[WORLD_CHAINS_MAX][REPLICA_SEGMENTS_MAX];
    uint8_t pubdata[WORLD_CHAINS_MAX][32]; /* as core makes it; batch.parts point here for blobs */
    uint8_t statement[32];
    uint8_t digest[32]; /* D_k */
    uint8_t roots[WORLD_CHAINS_MAX][32];
};

void pair_init(struct pair *p, uint64_t seed); /* two chains, one slice a batch */
void pair_init_chains(struct pair *p, uint64_t seed, uint32_t n_chains, uint32_t slices_max);
void pair_free(struct pair *p);
/* The next random batch with n requests, sealed by core; not applied to the replica. */
void pair_publish(struct pair *p, uint32_t n, struct published *out);
/* The bytes of every record: place (offset, length) of its part in the stream and, for the records of
 * the regions, in the region. Reads core's trace only. */
struct place {
    size_t stream, stream_len, region, region_len;
};
void published_places(const struct chain_trace *t, struct place places[BATCH_RECORDS_MAX]);
/* What the orchestrator asks the gate about it; gate_ask_deinit after use. */
void published_ask(const struct published *b, struct gate_ask *ask);
void published_free(struct published *b);
/* Chains, ids and digests that follow from each other. */
void deployment_make(struct deployment *d, uint32_t n_chains);
#endif
