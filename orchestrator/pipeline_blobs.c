/* Blobs of commits: what the transaction carries beside the data that the statement fixed at sealing is
 * computed on a worker thread (opening, cell proofs: up to a second, the first time some more), one blob
 * for each chain at a time. A result that no longer fits its batch is thrown away. */
#include <stdlib.h>
#include <string.h>

#include "common/log/log.h"
#include "core/batch/blob.h"
#include "orchestrator/pipeline_internal.h"

_Static_assert((int)KZG_BLOB_BYTES == (int)CHAIN_BLOB_BYTES && (int)KZG_CELLS == (int)CHAIN_BLOB_CELLS,
               "chain_adapter.h");

struct blob_work {
    struct pipeline *p;
    uint16_t chain;
    uint8_t z[32];
    struct pipe_blob result;
    enum err err;
};

static void work(void *ctx)
{
    struct blob_work *w = ctx;
    struct pipe_blob *r = &w->result;
    uint8_t versioned_hash[32];
    w->err = kzg_commit(r->tx.commitment, r->tx.blob);
    if (w->err != ERR_OK) return;
    kzg_versioned_hash(versioned_hash, r->tx.commitment);
    if (memcmp(versioned_hash, r->versioned_hash, 32) != 0) {
        w->err = ERR_MISMATCH; /* memory or processor: nothing of this may be sent */
        return;
    }
    memcpy(r->opening + 32, r->tx.commitment, 48);
    w->err = kzg_open(r->opening + 80, r->opening, r->tx.blob, w->z);
    if (w->err == ERR_OK) w->err = kzg_cell_proofs(r->tx.cell_proofs, r->tx.blob);
}

static void done(void *ctx)
{
    struct blob_work *w = ctx;
    struct pipeline *p = w->p;
    struct pipe_blob **at = &p->blobs[w->chain];
    p->blob_busy[w->chain] = false;
    if (w->err != ERR_OK) {
        log_broken("pipeline", "blob", LOG_U64("chain", w->chain), LOG_U64("batch", w->result.k),
                   LOG_ERR(w->err));
        if (w->err == ERR_MISMATCH)
            sequencer_set_halted(p->options.sequencer, "a blob differs from what was sealed");
    } else {
        if (*at == NULL) *at = malloc(sizeof **at);
        if (*at != NULL) **at = w->result;
    }
    free(w);
    if (p->closing)
        pipe_free_if_closed(p);
    else
        pipeline_tick(p);
}

static void start(struct pipeline *p, const struct pipe_batch *b, const struct seq_blob *blob)
{
    struct chain_trace *traces[BATCH_SEGMENTS_MAX];
    uint32_t n = sealed_batch_of_chain(&b->batch->sealed, blob->chain, traces);
    struct blob_work *w = calloc(1, sizeof *w);
    enum err err = w == NULL ? ERR_NOMEM : blob_part_bytes(w->result.tx.blob, traces, n);
    if (err == ERR_OK) {
        w->p = p;
        w->chain = blob->chain;
        memcpy(w->z, traces[0]->blob.z, 32);
        w->result.k = b->k;
        memcpy(w->result.versioned_hash, blob->versioned_hash, 32);
        err = worker_pool_submit(&p->checks, work, done, w);
    }
    if (err == ERR_OK) {
        p->blob_busy[blob->chain] = true;
        return;
    }
    free(w);
    log_unusual("pipeline", "blob", LOG_U64("chain", blob->chain), LOG_U64("batch", b->k), LOG_ERR(err));
}

const struct pipe_blob *pipe_blob_of(struct pipeline *p, const struct pipe_batch *b, uint16_t chain)
{
    const struct seq_blob *blob = seq_batch_blob(b->batch, chain);
    const struct pipe_blob *have = p->blobs[chain];
    if (have != NULL && have->k == b->k &&
        memcmp(have->versioned_hash, blob->versioned_hash, 32) == 0)
        return have;
    if (!p->blob_busy[chain]) start(p, b, blob);
    return NULL;
}

void pipe_blobs_free(struct pipeline *p)
{
    for (size_t i = 0; i < DEPLOYMENT_CHAINS_MAX; i++) {
        free(p->blobs[i]);
        p->blobs[i] = NULL;
    }
}
