#ifndef ORCHESTRATOR_PIPELINE_INTERNAL_H
#define ORCHESTRATOR_PIPELINE_INTERNAL_H
/* Shared by pipeline.c (stages) and pipeline_jobs.c (provers). */
#include "common/loop/worker_pool.h"
#include "orchestrator/pipeline.h"

enum { RESTORED_MAX = PIPELINE_MAX * PIPELINE_PARTS_MAX, PROVER_CHECKS_MAX = 8 };

struct restored_proof {
    uint64_t k;
    uint32_t part;
    uint8_t *bytes;
    size_t len;
};

struct pipeline {
    struct pipeline_options options;
    struct store *store;
    struct pipe_batch batches[PIPELINE_MAX]; /* ascending */
    size_t count;
    uint64_t hurried[DEPLOYMENT_CHAINS_MAX]; /* last commit that went before other stages */
    /* gate */
    struct nng_link *gate;
    bool gate_busy;
    uint64_t gate_retry_ms, gate_next;
    char gate_text[GATE_TEXT_MAX];
    /* provers */
    struct nng_link *provers;
    struct worker_pool checks; /* verification of returned proofs */
    struct restored_proof restored[RESTORED_MAX];
    size_t n_restored;
    struct pipeline_totals totals;
    /* life */
    bool closing;
    unsigned open_links;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

struct pipe_batch *pipe_find(struct pipeline *p, uint64_t k);
enum err pipe_jobs_open(struct pipeline *p);
void pipe_jobs_free(struct pipeline *p);
void pipe_jobs_tick(struct pipeline *p);
/* The links are closed and no check of a proof runs any more: frees the pipeline. */
void pipe_free_if_closed(struct pipeline *p);
void pipe_parts_restore(struct pipeline *p, struct pipe_batch *b);
#endif
