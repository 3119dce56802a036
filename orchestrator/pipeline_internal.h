#ifndef ORCHESTRATOR_PIPELINE_INTERNAL_H
#define ORCHESTRATOR_PIPELINE_INTERNAL_H
/* Shared by pipeline.c (stages), pipeline_gate.c (audit), pipeline_jobs.c (provers), pipeline_ranges.c and
 * pipeline_blobs.c. */
#include "chain_adapters/evm/hawser_abi.h"
#include "common/loop/worker_pool.h"
#include "orchestrator/pipeline.h"

enum {
    PROVER_CHECKS_MAX = 8,
    RANGES_MAX = 64,
    PROVER_MESSAGE_MAX = 2 * PROOF_BYTES_MAX + 65536,
};

struct restored_job {
    struct job_row row; /* its proof is below */
    uint8_t *proof;
};
struct prover_record {
    unsigned refused;
    uint64_t paused_until_ms; /* monotonic */
};

/* What a commit with a blob carries. */
struct pipe_blob {
    uint64_t k;
    uint8_t versioned_hash[32];
    uint8_t opening[HAWSER_OPENING_BYTES];
    struct chain_blob tx;
};

struct pipeline {
    struct pipeline_options options;
    struct store *store;
    struct pipe_batch batches[PIPELINE_MAX]; /* ascending */
    size_t count;
    uint64_t hurried[DEPLOYMENT_CHAINS_MAX]; /* last commit that went before other stages */
    struct pipe_blob *blobs[DEPLOYMENT_CHAINS_MAX]; /* of the next commit; NULL: none yet */
    bool blob_busy[DEPLOYMENT_CHAINS_MAX];          /* one is being computed */
    /* gate */
    struct nng_link *gate;
    bool gate_busy;
    uint64_t gate_retry_ms, gate_next;
    char gate_text[GATE_TEXT_MAX];
    /* provers */
    struct nng_link *provers;
    struct worker_pool checks; /* verification of returned proofs */
    struct prover_record prover_records[MSG_SIGNERS_MAX];
    uint8_t session[JOB_SESSION_BYTES]; /* of this run: requests of another one are not acted on */
    struct msg_replay replay;
    struct proof_set ranges[RANGES_MAX]; /* unproven somewhere; by age */
    size_t n_ranges;
    uint64_t pruned; /* jobs up to this batch are gone from the store */
    struct restored_job *restored;
    size_t n_restored, cap_restored;
    struct pipeline_totals totals;
    /* life */
    bool started, closing;
    unsigned open_links;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* Whether the commit of k was sent, or is about to be, on any chain. */
bool pipe_is_sent(const struct pipeline *p, uint32_t k);
/* Batches from k on vanish from here before the sequencer makes new ones. */
void pipe_drop_from(struct pipeline *p, uint32_t k);
void pipe_gate_tick(struct pipeline *p);
struct pipe_batch *pipe_find(struct pipeline *p, uint64_t k);
enum err pipe_jobs_open(struct pipeline *p);
void pipe_jobs_free(struct pipeline *p);
void pipe_jobs_tick(struct pipeline *p);
/* The links are closed and no check of a proof runs any more: frees the pipeline. */
void pipe_free_if_closed(struct pipeline *p);
/* States and proofs of an earlier run, as far as they still hold. */
void pipe_set_restore(struct pipeline *p, struct proof_set *set);
/* The end of the longest range from `from` that an earlier run made; 0: none. */
uint64_t pipe_restored_range(const struct pipeline *p, uint64_t from);
void pipe_ranges_tick(struct pipeline *p);
/* The blob of a commit whose part is one; NULL: not ready (it is being computed, the pipeline ticks when
 * it is). Valid until the next call for the chain. */
const struct pipe_blob *pipe_blob_of(struct pipeline *p, const struct pipe_batch *b, uint16_t chain);
void pipe_blobs_free(struct pipeline *p);
/* Ranges that reach batch k are void. */
void pipe_ranges_drop(struct pipeline *p, uint64_t k);
struct proof_set *pipe_range_from(struct pipeline *p, uint64_t from);
#endif
