/* Proof jobs: handed out with a lease to any worker that asks, verified before use, handed out again
 * when the lease ends, the proof is bad or the worker gives up. */
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/log/log.h"
#include "core/batch/chain_trace_codec.h"
#include "core/batch/publics.h"
#include "db/stores/proof_store.h"
#include "orchestrator/pipeline_internal.h"
#include "prover/verify/system_verify.h"

/* ---- verification, off the loop ---- */

struct check {
    struct pipeline *p;
    const struct program *program;
    uint64_t k;
    uint32_t part;
    uint64_t prove_ms;
    uint32_t publics[LEAF_PUBLICS];
    uint8_t *proof;
    size_t len;
    enum err err;
    enum verify_check failed;
};

static void check_work(void *ctx)
{
    struct check *c = ctx;
    struct verify_report report = {0};
    c->err = system_verify(c->program, c->publics, c->proof, c->len, &report);
    c->failed = report.failed;
}

static struct pipe_part *part_find(struct pipe_batch *b, uint32_t part)
{
    for (uint32_t i = 0; b != NULL && i < b->n_parts; i++) {
        if (b->parts[i].part == part) return &b->parts[i];
    }
    return NULL;
}

static void publics_fill(const struct pipe_batch *b, uint32_t part, uint32_t *out)
{
    const struct sealed_batch *s = &b->batch->sealed;
    if (part != PROOF_PART_PAIRING) {
        leaf_publics(out, s->traces[part]);
    } else {
        pairing_publics(out, s->traces[0], s->n_participants > 1 ? s->traces[1] : NULL);
    }
}

static void check_done(void *ctx)
{
    struct check *c = ctx;
    struct pipeline *p = c->p;
    if (p->closing) {
        free(c->proof);
        free(c);
        pipe_free_if_closed(p);
        return;
    }
    struct pipe_batch *b = pipe_find(p, c->k);
    struct pipe_part *part = part_find(b, c->part);
    uint32_t now[LEAF_PUBLICS] = {0};
    if (part != NULL) publics_fill(b, c->part, now);
    if (part == NULL || part->state != PART_CHECKING ||
        memcmp(now, c->publics, sizeof now) != 0) { /* taken back, or sealed again, meanwhile */
        free(c->proof);
        free(c);
        return;
    }
    if (c->err != ERR_OK) {
        p->totals.refused_proofs++;
        log_unusual("prover", "proof_refused", LOG_U64("batch", c->k), LOG_U64("part", c->part),
                    LOG_STR("check", verify_check_name(c->failed)));
        part->state = PART_TODO;
        free(c->proof);
        free(c);
        return;
    }
    part->state = PART_DONE;
    part->proof = c->proof;
    part->proof_len = c->len;
    part->prove_ms = c->prove_ms;
    p->totals.proofs++;
    p->totals.proof_bytes += c->len;
    p->totals.prove_ms += c->prove_ms;
    if (c->part == PROOF_PART_PAIRING)
        p->totals.pairing_bytes = c->len;
    else
        p->totals.leaf_bytes = c->len;
    log_info("prover", "proof", LOG_U64("batch", c->k), LOG_U64("part", c->part),
             LOG_U64("bytes", c->len), LOG_U64("ms", c->prove_ms));
    struct span bytes = {c->proof, c->len};
    enum err err = store_proof(p->store, c->k, c->part, bytes, NULL, NULL);
    if (err != ERR_OK)
        log_unusual("prover", "store", LOG_ERR(err)); /* costs a proof at a restart */
    free(c);
}

static void result_take(struct pipeline *p, const struct job_result *r)
{
    struct pipe_batch *b = pipe_find(p, r->k);
    struct pipe_part *part = part_find(b, r->part);
    /* Twice is harmless; a proof that comes after its lease is as good as any: a lease that is too
     * short costs work, never progress. */
    if (part == NULL || part->state == PART_CHECKING || part->state == PART_DONE) return;
    if (!r->ok || r->proof.len == 0 || r->proof.len > PROOF_BYTES_MAX) {
        log_unusual("prover", "gave_up", LOG_U64("batch", r->k), LOG_U64("part", r->part));
        part->state = PART_TODO;
        return;
    }
    struct check *c = calloc(1, sizeof *c);
    if (c != NULL) c->proof = malloc(r->proof.len);
    if (c == NULL || c->proof == NULL) {
        free(c);
        return; /* the lease ends by itself */
    }
    memcpy(c->proof, r->proof.data, r->proof.len);
    c->len = r->proof.len;
    c->p = p;
    c->k = r->k;
    c->part = r->part;
    c->prove_ms = r->prove_ms;
    c->program = r->part == PROOF_PART_PAIRING ? p->options.pairing : p->options.leaf;
    publics_fill(b, r->part, c->publics);
    part->state = PART_CHECKING;
    if (worker_pool_submit(&p->checks, check_work, check_done, c) == ERR_OK) return;
    part->state = PART_OUT;
    free(c->proof);
    free(c);
}

/* ---- handing out ---- */

static enum err job_fill(struct bytes_buf *body, const struct pipe_batch *b,
                         const struct pipe_part *part)
{
    const struct sealed_batch *s = &b->batch->sealed;
    bool pairing = part->part == PROOF_PART_PAIRING;
    struct job job = {.k = b->k, .part = part->part, .kind = pairing ? JOB_PAIRING : JOB_LEAF};
    struct bytes_buf traces[2];
    uint32_t first = pairing ? 0 : part->part;
    job.n_traces = pairing ? (uint8_t)s->n_participants : 1;
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < 2; i++)
        bytes_buf_init(&traces[i], CHAIN_TRACE_BYTES_MAX);
    for (uint32_t i = 0; i < job.n_traces && err == ERR_OK; i++) {
        err = chain_trace_write(&traces[i], s->traces[first + i]);
        job.traces[i] = bytes_buf_span(&traces[i]);
    }
    if (err == ERR_OK) err = job_write(body, &job);
    for (uint32_t i = 0; i < 2; i++)
        bytes_buf_deinit(&traces[i]);
    return err;
}

static enum err job_next(struct pipeline *p, struct bytes_buf *body, uint16_t *type)
{
    *type = JOB_MSG_NONE;
    for (size_t i = 0; i < p->count; i++) {
        struct pipe_batch *b = &p->batches[i];
        if (!b->is_audited) break;
        for (uint32_t j = 0; j < b->n_parts; j++) {
            struct pipe_part *part = &b->parts[j];
            if (part->state != PART_TODO) continue;
            ERR_TRY(job_fill(body, b, part));
            part->state = PART_OUT;
            part->tries++;
            part->lease_ms = clock_mono_ms(&p->options.clock) + p->options.lease_ms;
            *type = JOB_MSG_WORK;
            return ERR_OK;
        }
    }
    return ERR_OK;
}

static void reply(struct pipeline *p, struct nng_request_id id, uint16_t type, struct span body)
{
    struct bytes_buf frame;
    bytes_buf_init(&frame, body.len + MSG_OVERHEAD);
    struct msg msg = {.channel = MSG_CHANNEL_ORCHESTRATOR_TO_PROVER,
                      .version = JOB_MSG_VERSION,
                      .type = type,
                      .body = body};
    enum err err = msg_seal(&frame, p->options.signer, &msg);
    if (err == ERR_OK) err = nng_link_reply(p->provers, id, bytes_buf_span(&frame));
    if (err != ERR_OK) log_unusual("prover", "reply", LOG_ERR(err));
    bytes_buf_deinit(&frame);
}

static void on_request(void *ctx, struct nng_link *link, struct nng_request_id id,
                       struct span message)
{
    struct pipeline *p = ctx;
    struct msg msg;
    size_t signer = 0;
    (void)link;
    enum err err = msg_open(&msg, &signer, message, MSG_CHANNEL_PROVER_TO_ORCHESTRATOR,
                            p->options.prover_trust);
    if (err != ERR_OK || msg.version != JOB_MSG_VERSION) {
        log_unusual("prover", "message", LOG_ERR(err));
        return; /* strangers get no answer */
    }
    struct bytes_buf body;
    bytes_buf_init(&body, 2 * CHAIN_TRACE_BYTES_MAX + 4096);
    uint16_t type = JOB_MSG_TAKEN;
    struct job_result result;
    if (msg.type == JOB_MSG_ASK) {
        err = job_next(p, &body, &type);
    } else if (msg.type == JOB_MSG_RESULT) {
        err = job_result_read(&result, msg.body);
        if (err == ERR_OK) result_take(p, &result);
    } else {
        err = ERR_PROTOCOL;
    }
    if (err == ERR_OK)
        reply(p, id, type, bytes_buf_span(&body));
    else
        log_unusual("prover", "request", LOG_ERR(err));
    bytes_buf_deinit(&body);
}

void pipe_jobs_tick(struct pipeline *p)
{
    uint64_t now = clock_mono_ms(&p->options.clock);
    for (size_t i = 0; i < p->count; i++) {
        for (uint32_t j = 0; j < p->batches[i].n_parts; j++) {
            struct pipe_part *part = &p->batches[i].parts[j];
            if (part->state != PART_OUT || now < part->lease_ms) continue;
            log_unusual("prover", "lease_over", LOG_U64("batch", p->batches[i].k),
                        LOG_U64("part", part->part));
            part->state = PART_TODO;
        }
    }
}

enum err pipe_jobs_open(struct pipeline *p)
{
    worker_pool_init(&p->checks, p->options.loop, PROVER_CHECKS_MAX);
    struct nng_link_options options = {
        .kind = NNG_LINK_REP,
        .message_max = 2 * CHAIN_TRACE_BYTES_MAX + 65536,
        .slots = 16,
        .on_request = on_request,
        .reply_timeout_ms = 10000,
        .ctx = p,
    };
    ERR_TRY(nng_link_open(&p->provers, p->options.loop, &options));
    return nng_link_listen(p->provers, p->options.prover_url);
}

void pipe_jobs_free(struct pipeline *p)
{
    for (size_t i = 0; i < p->n_restored; i++)
        free(p->restored[i].bytes);
    worker_pool_deinit(&p->checks);
}

/* ---- proofs of an earlier run ---- */

enum err pipeline_restore_proof(struct pipeline *p, uint64_t k, uint32_t part, struct span bytes)
{
    if (p->n_restored == RESTORED_MAX) { /* rows that a crash left unpruned: it costs one proof */
        log_unusual("prover", "restore", LOG_U64("batch", k), LOG_U64("part", part));
        return ERR_OK;
    }
    uint8_t *copy = malloc(bytes.len);
    if (copy == NULL) return ERR_NOMEM;
    memcpy(copy, bytes.data, bytes.len);
    p->restored[p->n_restored++] = (struct restored_proof){k, part, copy, bytes.len};
    return ERR_OK;
}

/* A stored proof is taken only if it verifies for the batch as replayed. */
void pipe_parts_restore(struct pipeline *p, struct pipe_batch *b)
{
    for (size_t i = 0; i < p->n_restored; i++) {
        struct restored_proof *r = &p->restored[i];
        struct pipe_part *part = part_find(r->k == b->k ? b : NULL, r->part);
        if (part == NULL || part->state == PART_DONE || r->bytes == NULL) continue;
        uint32_t publics[LEAF_PUBLICS];
        publics_fill(b, r->part, publics);
        const struct program *program =
            r->part == PROOF_PART_PAIRING ? p->options.pairing : p->options.leaf;
        if (system_verify(program, publics, r->bytes, r->len, NULL) != ERR_OK) continue;
        part->state = PART_DONE;
        part->proof = r->bytes;
        part->proof_len = r->len;
        r->bytes = NULL;
    }
}
