/* Proof jobs: handed out with a lease to any worker that asks, verified before use, handed out again
 * when the lease ends, the proof is bad or the worker gives up. Every step is in the store. */
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/base/rng.h"
#include "common/log/log.h"
#include "core/batch/chain_trace_codec.h"
#include "orchestrator/pipeline_internal.h"

/* A worker whose proof was refused gets nothing, and is not listened to, for so long per refusal. */
enum { REFUSED_PAUSE_MS = 10000, REFUSED_PAUSES_MAX = 60 };

/* ---- the store ---- */

static void row_save(struct pipeline *p, const struct proof_job *j)
{
    struct job_row row = {.from = j->id.from,
                          .to = j->id.to,
                          .layer = j->id.layer,
                          .index = j->id.index,
                          .deadline_ms = j->deadline_ms,
                          .tries = j->tries,
                          .prove_ms = j->prove_ms};
    memcpy(row.content, j->id.content, sizeof row.content);
    memcpy(row.owner, j->owner, sizeof row.owner);
    row.state = j->state == PROOF_DONE   ? JOB_ROW_DONE
                : j->state == PROOF_WAITING ? JOB_ROW_WAITING
                                         : JOB_ROW_OUT;
    if (j->state == PROOF_DONE) row.proof = (struct span){j->proof, j->proof_len};
    enum err err = store_job(p->store, &row);
    if (err != ERR_OK) log_unusual("prover", "store", LOG_ERR(err)); /* costs work at a restart */
}

static void row_spent(void *ctx, const struct proof_job *j)
{
    struct pipeline *p = ctx;
    enum err err = store_job_delete(p->store, j->id.from, j->id.to, j->id.layer, j->id.index);
    if (err != ERR_OK) log_unusual("prover", "store", LOG_ERR(err)); /* pruned with its batch */
}

/* ---- all jobs ---- */

static struct proof_job *job_find(struct pipeline *p, const struct job_id *id)
{
    for (size_t i = 0; i < p->n_ranges; i++) {
        struct proof_job *j = proof_set_find(&p->ranges[i], id);
        if (j != NULL && j->state != PROOF_SPENT) return j;
    }
    struct pipe_batch *b = id->from == id->to ? pipe_find(p, id->from) : NULL;
    return b == NULL ? NULL : proof_set_find(&b->proofs, id);
}

static const char *layer_of(const struct proof_job *j)
{
    return layer_name((enum layer)j->id.layer);
}

/* ---- verification, off the loop ---- */

struct check {
    struct pipeline *p;
    struct job_id id;
    size_t signer;
    uint64_t prove_ms;
    struct layer_proof proof; /* its bytes are owned here */
    enum err err;
    enum verify_check failed;
};

static void check_free(struct check *c)
{
    free(c->proof.proof.data);
    free(c);
}

static void check_work(void *ctx)
{
    struct check *c = ctx;
    c->err = c->p->options.verify(&c->proof, &c->failed);
}

static void totals_add(struct pipeline *p, const struct proof_job *j)
{
    struct pipeline_layer_totals *t = &p->totals.layers[j->id.layer];
    t->proofs++;
    t->bytes = j->proof_len;
    t->prove_ms += j->prove_ms;
    p->totals.proofs++;
    p->totals.proof_bytes += j->proof_len;
    p->totals.prove_ms += j->prove_ms;
}

static void proof_refused(struct pipeline *p, struct proof_job *j, const struct check *c)
{
    struct prover_record *who = &p->prover_records[c->signer];
    if (who->refused < REFUSED_PAUSES_MAX) who->refused++;
    who->paused_until_ms =
        clock_mono_ms(&p->options.clock) + (uint64_t)who->refused * REFUSED_PAUSE_MS;
    p->totals.refused_proofs++;
    log_unusual("prover", "proof_refused", LOG_U64("batch", j->id.from), LOG_U64("to", j->id.to),
                LOG_STR("layer", layer_of(j)), LOG_STR("check", verify_check_name(c->failed)),
                LOG_HEX("worker", p->options.prover_trust->address[c->signer], 20));
    j->state = PROOF_WAITING;
    row_save(p, j);
}

static void check_done(void *ctx)
{
    struct check *c = ctx;
    struct pipeline *p = c->p;
    if (p->closing) {
        check_free(c);
        pipe_free_if_closed(p);
        return;
    }
    struct proof_job *j = job_find(p, &c->id);
    if (j == NULL || j->state != PROOF_CHECKING) { /* taken back, or done, meanwhile */
        check_free(c);
        return;
    }
    if (c->err != ERR_OK) {
        proof_refused(p, j, c);
        check_free(c);
        return;
    }
    proof_job_done(j, c->proof.proof.data, c->proof.proof.len, c->prove_ms, row_spent, p);
    c->proof.proof.data = NULL;
    totals_add(p, j);
    log_info("prover", "proof", LOG_U64("batch", j->id.from), LOG_U64("to", j->id.to),
             LOG_STR("layer", layer_of(j)), LOG_U64("bytes", j->proof_len),
             LOG_U64("ms", j->prove_ms));
    row_save(p, j);
    check_free(c);
    pipe_ranges_tick(p);
}

static void result_take(struct pipeline *p, const struct job_result *r, size_t signer)
{
    struct proof_job *j = job_find(p, &r->id);
    if (clock_mono_ms(&p->options.clock) < p->prover_records[signer].paused_until_ms) return;
    /* Twice is harmless; a proof that comes after its lease is as good as any: a lease that is too
     * short costs work, never progress. */
    if (j == NULL || (j->state != PROOF_WAITING && j->state != PROOF_OUT)) return;
    if (!r->ok || r->proof.len == 0 || r->proof.len > PROOF_BYTES_MAX) {
        bool owns = memcmp(j->owner, p->options.prover_trust->address[signer], 20) == 0;
        log_unusual("prover", "gave_up", LOG_U64("batch", j->id.from),
                    LOG_STR("layer", layer_of(j)));
        if (!owns) return; /* somebody else is at it */
        j->state = PROOF_WAITING;
        row_save(p, j);
        return;
    }
    struct check *c = calloc(1, sizeof *c);
    uint8_t *bytes = c == NULL ? NULL : malloc(r->proof.len);
    if (bytes == NULL) {
        free(c);
        return; /* the lease ends by itself */
    }
    memcpy(bytes, r->proof.data, r->proof.len);
    proof_job_as_layer(&c->proof, j, bytes, r->proof.len);
    c->p = p;
    c->id = r->id;
    c->signer = signer;
    c->prove_ms = r->prove_ms;
    enum proof_state before = j->state;
    j->state = PROOF_CHECKING;
    if (worker_pool_submit(&p->checks, check_work, check_done, c) == ERR_OK) return;
    j->state = before;
    check_free(c);
}

/* ---- handing out ---- */

/* Ranges first, they are what L1 waits for; then batches in order, each as far as it is. */
static struct proof_job *job_choose(struct pipeline *p, const struct seq_batch **batch)
{
    *batch = NULL;
    for (size_t i = 0; i < p->n_ranges; i++) {
        struct proof_job *j = proof_set_ready(&p->ranges[i]);
        if (j != NULL) return j;
    }
    for (size_t i = 0; i < p->count; i++) {
        struct pipe_batch *b = &p->batches[i];
        if (!b->is_audited) break;
        struct proof_job *j = proof_set_ready(&b->proofs);
        if (j == NULL) continue;
        *batch = b->batch;
        return j;
    }
    return NULL;
}

static enum err job_next(struct pipeline *p, size_t signer, struct bytes_buf *body, uint16_t *type)
{
    const struct seq_batch *batch;
    *type = JOB_MSG_NONE;
    if (clock_mono_ms(&p->options.clock) < p->prover_records[signer].paused_until_ms) return ERR_OK;
    struct proof_job *j = job_choose(p, &batch);
    if (j == NULL) return ERR_OK;
    ERR_TRY(proof_job_write(body, j, p->options.deployment,
                            sequencer_programs_digest(p->options.sequencer), batch));
    j->state = PROOF_OUT;
    j->tries++;
    j->deadline_ms = clock_wall_ms(&p->options.clock) + p->options.lease_ms;
    memcpy(j->owner, p->options.prover_trust->address[signer], sizeof j->owner);
    row_save(p, j);
    *type = JOB_MSG_WORK;
    return ERR_OK;
}

static void reply(struct pipeline *p, struct nng_request_id id, uint64_t answers, uint16_t type,
                  struct span body)
{
    struct bytes_buf whole;
    struct bytes_buf frame;
    struct job_envelope envelope = {.answers = answers, .body = body};
    memcpy(envelope.session, p->session, sizeof envelope.session);
    bytes_buf_init(&whole, body.len + JOB_ENVELOPE_BYTES);
    bytes_buf_init(&frame, body.len + JOB_ENVELOPE_BYTES + MSG_OVERHEAD);
    enum err err = job_envelope_write(&whole, &envelope);
    struct msg msg = {.channel = MSG_CHANNEL_ORCHESTRATOR_TO_PROVER,
                      .version = JOB_MSG_VERSION,
                      .type = type,
                      .body = bytes_buf_span(&whole)};
    if (err == ERR_OK) err = msg_seal(&frame, p->options.signer, &msg);
    if (err == ERR_OK) err = nng_link_reply(p->provers, id, bytes_buf_span(&frame));
    if (err != ERR_OK) log_unusual("prover", "reply", LOG_ERR(err));
    bytes_buf_deinit(&frame);
    bytes_buf_deinit(&whole);
}

/* A worker that asks with empty hands has lost what it was given: it died, or our answer did. */
static void owner_free(struct pipeline *p, struct proof_set *set, const uint8_t owner[20])
{
    for (uint32_t i = 0; i < set->n; i++) {
        struct proof_job *j = &set->jobs[i];
        if (j->state != PROOF_OUT || memcmp(j->owner, owner, sizeof j->owner) != 0) continue;
        log_unusual("prover", "worker_lost_job", LOG_U64("batch", j->id.from),
                    LOG_U64("to", j->id.to), LOG_STR("layer", layer_of(j)));
        j->state = PROOF_WAITING;
        row_save(p, j);
    }
}

static enum err asked(struct pipeline *p, size_t signer, struct span request,
                      struct bytes_buf *body, uint16_t *type)
{
    if (request.len != 1) return ERR_PARSE;
    const uint8_t *owner = p->options.prover_trust->address[signer];
    for (size_t i = 0; i < p->count && request.data[0] == 0; i++)
        owner_free(p, &p->batches[i].proofs, owner);
    for (size_t i = 0; i < p->n_ranges && request.data[0] == 0; i++)
        owner_free(p, &p->ranges[i], owner);
    return job_next(p, signer, body, type);
}

static enum err request_take(struct pipeline *p, size_t signer, const struct msg *msg,
                             struct bytes_buf *body, uint16_t *type)
{
    struct job_envelope envelope;
    struct job_result result;
    ERR_TRY(job_envelope_read(&envelope, msg->body));
    *type = JOB_MSG_SESSION;
    if (memcmp(envelope.session, p->session, sizeof p->session) != 0) return ERR_OK;
    enum err err = msg_sequence_accept(&p->replay, signer, msg->sequence);
    if (err != ERR_OK) {
        log_unusual("prover", "replayed", LOG_U64("sequence", msg->sequence),
                    LOG_HEX("worker", p->options.prover_trust->address[signer], 20));
        return err;
    }
    if (msg->type == JOB_MSG_ASK) return asked(p, signer, envelope.body, body, type);
    if (msg->type != JOB_MSG_RESULT) return ERR_PROTOCOL;
    ERR_TRY(job_result_read(&result, envelope.body));
    result_take(p, &result, signer);
    *type = JOB_MSG_TAKEN;
    return ERR_OK;
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
    bytes_buf_init(&body, PROVER_MESSAGE_MAX);
    uint16_t type = JOB_MSG_NONE;
    err = request_take(p, signer, &msg, &body, &type);
    if (err == ERR_OK)
        reply(p, id, msg.sequence, type, bytes_buf_span(&body));
    else
        log_unusual("prover", "request", LOG_ERR(err));
    bytes_buf_deinit(&body);
}

static void set_leases(struct pipeline *p, struct proof_set *set, uint64_t now)
{
    for (uint32_t i = 0; i < set->n; i++) {
        struct proof_job *j = &set->jobs[i];
        if (j->state != PROOF_OUT || now < j->deadline_ms) continue;
        log_unusual("prover", "lease_over", LOG_U64("batch", j->id.from), LOG_U64("to", j->id.to),
                    LOG_STR("layer", layer_of(j)), LOG_U64("tries", j->tries));
        j->state = PROOF_WAITING;
        row_save(p, j);
    }
}

void pipe_jobs_tick(struct pipeline *p)
{
    uint64_t now = clock_wall_ms(&p->options.clock);
    for (size_t i = 0; i < p->count; i++)
        set_leases(p, &p->batches[i].proofs, now);
    for (size_t i = 0; i < p->n_ranges; i++)
        set_leases(p, &p->ranges[i], now);
}

enum err pipe_jobs_open(struct pipeline *p)
{
    worker_pool_init(&p->checks, p->options.loop, PROVER_CHECKS_MAX);
    struct nng_link_options options = {
        .kind = NNG_LINK_REP,
        .message_max = PROVER_MESSAGE_MAX,
        .slots = 16,
        .on_request = on_request,
        .reply_timeout_ms = 10000,
        .ctx = p,
        .tls = p->options.prover_tls,
    };
    ERR_TRY(random_secure(p->session, sizeof p->session));
    ERR_TRY(nng_link_open(&p->provers, p->options.loop, &options));
    return nng_link_listen(p->provers, p->options.prover_url);
}

void pipe_jobs_free(struct pipeline *p)
{
    for (size_t i = 0; i < p->n_restored; i++)
        free(p->restored[i].proof);
    free(p->restored);
    for (size_t i = 0; i < p->n_ranges; i++)
        proof_set_deinit(&p->ranges[i]);
    p->n_ranges = 0;
    worker_pool_deinit(&p->checks);
}

/* ---- jobs of an earlier run ---- */

enum err pipeline_restore_job(struct pipeline *p, const struct job_row *row)
{
    if (p->n_restored == p->cap_restored) {
        size_t cap = p->cap_restored == 0 ? 64 : 2 * p->cap_restored;
        struct restored_job *grown = realloc(p->restored, cap * sizeof *grown);
        if (grown == NULL) return ERR_NOMEM;
        p->restored = grown;
        p->cap_restored = cap;
    }
    struct restored_job *r = &p->restored[p->n_restored];
    *r = (struct restored_job){.row = *row};
    if (row->proof.len > 0) {
        r->proof = malloc(row->proof.len);
        if (r->proof == NULL) return ERR_NOMEM;
        memcpy(r->proof, row->proof.data, row->proof.len);
    }
    p->n_restored++;
    return ERR_OK;
}

static struct restored_job *restored_find(struct pipeline *p, const struct proof_job *j)
{
    for (size_t i = 0; i < p->n_restored; i++) {
        struct job_row *r = &p->restored[i].row;
        if (r->from == j->id.from && r->to == j->id.to && r->layer == j->id.layer &&
            r->index == j->id.index && memcmp(r->content, j->id.content, 32) == 0)
            return &p->restored[i];
    }
    return NULL;
}

static void job_restore(struct pipeline *p, struct proof_job *j)
{
    struct restored_job *r = restored_find(p, j);
    if (r == NULL || j->state != PROOF_WAITING) return;
    j->tries = r->row.tries;
    memcpy(j->owner, r->row.owner, sizeof j->owner);
    if (r->row.state == JOB_ROW_OUT) {
        j->state = PROOF_OUT;
        j->deadline_ms = r->row.deadline_ms;
        uint64_t latest = clock_wall_ms(&p->options.clock) + p->options.lease_ms;
        if (j->deadline_ms > latest) j->deadline_ms = latest; /* a clock that was set back */
    }
    if (r->row.state != JOB_ROW_DONE || r->proof == NULL) return;
    /* A stored proof is taken only if it verifies for what is to be stated now. */
    struct layer_proof *proof = malloc(sizeof *proof);
    if (proof == NULL) return;
    proof_job_as_layer(proof, j, r->proof, r->row.proof.len);
    if (p->options.verify(proof, NULL) == ERR_OK) {
        proof_job_done(j, r->proof, r->row.proof.len, r->row.prove_ms, NULL, NULL);
        r->proof = NULL;
    }
    free(proof);
}

void pipe_set_restore(struct pipeline *p, struct proof_set *set)
{
    /* Parents first: what is below a finished one is not looked at. */
    for (uint32_t i = set->n; i > 0; i--)
        job_restore(p, &set->jobs[i - 1]);
}

uint64_t pipe_restored_range(const struct pipeline *p, uint64_t from)
{
    uint64_t to = 0;
    for (size_t i = 0; i < p->n_restored; i++) {
        const struct job_row *r = &p->restored[i].row;
        bool whole = r->layer == LAYER_SHRINK || r->layer == LAYER_TERMINAL;
        if (whole && r->from == from && r->to > to) to = r->to;
    }
    return to;
}
