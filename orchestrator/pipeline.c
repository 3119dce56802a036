#include "orchestrator/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain_adapters/evm/hawser_abi.h"
#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/log/log.h"
#include "core/batch/blob.h"
#include "core/op/codec.h"
#include "orchestrator/pipeline_internal.h"

enum { STALE_S = 1800, TIME_BEHIND_MAX_S = 3600 /* REQ-L1-3 */ };

struct pipe_batch *pipe_find(struct pipeline *p, uint64_t k)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->batches[i].k == k) return &p->batches[i];
    }
    return NULL;
}

/* Whether the commit of k was sent, or is about to be, on any chain. */
bool pipe_is_sent(const struct pipeline *p, uint32_t k)
{
    for (size_t c = 0; c < p->options.deployment->n_chains; c++) {
        if (l1_link_sent(p->options.links[c], OUTBOX_COMMIT) >= k) return true;
    }
    return false;
}

void pipeline_add(struct pipeline *p, struct seq_batch *batch)
{
    REQUIRE(p->count < PIPELINE_MAX);
    struct pipe_batch *b = &p->batches[p->count++];
    memset(b, 0, sizeof *b);
    b->k = batch->k;
    b->batch = batch;
    b->sealed_ms = clock_mono_ms(&p->options.clock);
    REQUIRE(proof_set_batch(&b->proofs, batch, p->options.keys_root) == ERR_OK);
    /* What is committed on some chain was approved before. */
    b->is_audited = pipe_is_sent(p, b->k);
    pipe_set_restore(p, &b->proofs);
}

/* ---- what L1 will never take ---- */

/* The first batch that was sent and that a participant can never take: all its final blocks that
 * could have held the commit are there, and later ones refuse a T an hour old. 0: none. */
static uint32_t dead_from(const struct pipeline *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct pipe_batch *b = &p->batches[i];
        if (!pipe_is_sent(p, b->k)) return 0;
        for (uint32_t j = 0; j < b->batch->n_chains; j++) {
            const struct l1_marks *m = l1_link_marks(p->options.links[b->batch->chains[j]]);
            if (m->committed < b->k && m->final_time > b->batch->time + TIME_BEHIND_MAX_S)
                return b->k;
        }
    }
    return 0;
}

bool pipeline_is_dead(const struct pipeline *p, uint64_t k)
{
    uint32_t dead = dead_from(p);
    return dead != 0 && k >= dead;
}

/* Batches from k on vanish from here before the sequencer makes new ones. */
void pipe_drop_from(struct pipeline *p, uint32_t k)
{
    size_t keep = 0;
    pipe_ranges_drop(p, k);
    for (size_t i = 0; i < p->count; i++) {
        if (p->batches[i].k < k) {
            p->batches[keep++] = p->batches[i];
        } else {
            proof_set_deinit(&p->batches[i].proofs);
        }
    }
    p->count = keep;
    enum err err = store_job_drop(p->store, k);
    if (err != ERR_OK) log_unusual("pipeline", "job_drop", LOG_ERR(err)); /* other content: void */
}

/* ---- sending ---- */

static void statement_fill(const struct pipeline *p, const struct seq_batch *b,
                           struct hawser_statement *s)
{
    memset(s, 0, sizeof *s);
    s->k = b->k;
    s->time = b->time;
    memcpy(s->prev_final_root, b->final_root_before, 32);
    memcpy(s->final_root, b->final_root, 32);
    s->participant_count = b->n_chains;
    for (uint32_t i = 0; i < b->n_chains; i++) {
        s->participants[i] = p->options.deployment->chains[b->chains[i]].chain_id;
        memcpy(s->pubdata_hashes[i], b->pubdata[i], 32);
    }
}

static enum err commit_blob_data(const struct pipeline *p, const struct hawser_statement *s,
                                 struct chain_trace *const *traces, uint32_t n,
                                 const struct pipe_blob *blob, struct bytes_buf *out)
{
    struct hawser_blob_segment segments[BATCH_SEGMENTS_MAX];
    for (uint32_t i = 0; i < n; i++) {
        segments[i].length = traces[i]->n_bytes;
        segments[i].head = (struct span){traces[i]->bytes, blob_head_bytes(traces[i])};
        memcpy(segments[i].hash, traces[i]->segment_hash, 32);
    }
    return hawser_encode_commit_blob_batch(out, s, segments, n, blob->opening, p->options.epoch);
}

/* *blob: what the transaction carries, NULL for calldata. ERR_BUSY: the blob is not ready. */
static enum err commit_data(struct pipeline *p, const struct pipe_batch *b, uint16_t chain,
                            struct bytes_buf *out, const struct chain_blob **blob)
{
    struct hawser_statement s;
    struct chain_trace *traces[BATCH_SEGMENTS_MAX];
    struct span segments[BATCH_SEGMENTS_MAX];
    uint32_t n = sealed_batch_of_chain(&b->batch->sealed, chain, traces);
    if (seq_batch_blob(b->batch, chain) != NULL) {
        const struct pipe_blob *ready = pipe_blob_of(p, b, chain);
        if (ready == NULL) return ERR_BUSY;
        *blob = &ready->tx;
        statement_fill(p, b->batch, &s);
        return commit_blob_data(p, &s, traces, n, ready, out);
    }
    for (uint32_t i = 0; i < n; i++)
        segments[i] = (struct span){traces[i]->bytes, traces[i]->n_bytes};
    statement_fill(p, b->batch, &s);
    return hawser_encode_commit_batch(out, &s, segments, n, p->options.epoch);
}

/* The priority regions of all segments of a chain, then their withdrawal regions. */
static enum err regions_append(struct bytes_buf *out, struct chain_trace *const *traces, uint32_t n)
{
    for (uint32_t i = 0; i < 2 * n; i++) {
        const struct chain_trace *t = traces[i % n];
        size_t priority = get_be32(t->bytes + 20);
        size_t withdrawals = (size_t)get_be16(t->bytes + 18) * RECORD_WITHDRAW_BYTES;
        const uint8_t *at = t->bytes + SEGMENT_HEADER_BYTES;
        ERR_TRY(i < n ? bytes_buf_append(out, at, priority)
                      : bytes_buf_append(out, at + priority, withdrawals));
    }
    return ERR_OK;
}

static enum err execute_data(const struct pipe_batch *b, uint16_t chain, struct bytes_buf *out)
{
    struct chain_trace *traces[BATCH_SEGMENTS_MAX];
    struct bytes_buf regions;
    uint32_t n = sealed_batch_of_chain(&b->batch->sealed, chain, traces);
    bytes_buf_init(&regions, CHAIN_CALLDATA_MAX);
    enum err err = regions_append(&regions, traces, n);
    if (err == ERR_OK) err = hawser_encode_execute_batch(out, b->k, bytes_buf_span(&regions));
    bytes_buf_deinit(&regions);
    return err;
}

static void stage_send(struct pipeline *p, struct pipe_batch *b, uint16_t chain,
                       enum outbox_stage stage)
{
    struct bytes_buf data;
    const struct chain_blob *blob = NULL;
    bytes_buf_init(&data, CHAIN_CALLDATA_MAX);
    enum err err = ERR_OK;
    switch (stage) {
    case OUTBOX_COMMIT:
        err = commit_data(p, b, chain, &data, &blob);
        break;
    case OUTBOX_EXECUTE:
        err = execute_data(b, chain, &data);
        break;
    case OUTBOX_REVERT:
        err = hawser_encode_revert_batches(&data, b->k);
        break;
    case OUTBOX_PROVE: /* of ranges: range_send */
    case OUTBOX_AGREE:
        err = ERR_ARG;
        break;
    }
    if (err == ERR_OK)
        err = l1_link_send(p->options.links[chain], stage, b->k, bytes_buf_span(&data), blob);
    if (err != ERR_OK && err != ERR_BUSY && err != ERR_FULL)
        log_unusual("pipeline", "send", LOG_U64("batch", b->k), LOG_U64("stage", stage),
                    LOG_ERR(err));
    bytes_buf_deinit(&data);
}

/* One proof for all batches of the range. */
static void range_send(struct pipeline *p, const struct proof_set *r, uint16_t chain)
{
    const struct proof_job *terminal = proof_set_last(r);
    struct bytes_buf data;
    bytes_buf_init(&data, CHAIN_CALLDATA_MAX);
    enum err err = hawser_encode_prove_batches(
        &data, r->to, (struct span){terminal->proof, terminal->proof_len});
    if (err == ERR_OK)
        err = l1_link_send(p->options.links[chain], OUTBOX_PROVE, r->to, bytes_buf_span(&data), NULL);
    if (err != ERR_OK && err != ERR_BUSY && err != ERR_FULL)
        log_unusual("pipeline", "send", LOG_U64("from", r->from), LOG_U64("to", r->to),
                    LOG_U64("stage", OUTBOX_PROVE), LOG_ERR(err));
    bytes_buf_deinit(&data);
}

/* Everyone's commit of k is final, and every weaker chain has proven k for good. */
static bool may_prove(const struct pipeline *p, uint64_t k, size_t chain)
{
    for (size_t c = 0; c < p->options.deployment->n_chains; c++) {
        const struct l1_marks *m = l1_link_marks(p->options.links[c]);
        if (m->committed < k) return false;
        if (c < chain && m->proven < k) return false;
    }
    return true;
}

/* A batch that is committed on one chain must get through on the others within the hour of its T:
 * it sets out only while all of them are well. */
static bool may_commit(const struct pipeline *p, const struct pipe_batch *b)
{
    if (pipeline_is_dead(p, b->k)) return false;
    if (pipe_is_sent(p, b->k)) return true;
    for (size_t c = 0; c < p->options.deployment->n_chains; c++) {
        if (!l1_link_is_well(p->options.links[c])) return false;
    }
    return true;
}

static bool commit_ready(struct pipeline *p, const struct pipe_batch *b, uint16_t chain)
{
    return seq_batch_blob(b->batch, chain) == NULL || pipe_blob_of(p, b, chain) != NULL;
}

static void chain_tick(struct pipeline *p, uint16_t chain)
{
    struct l1_link *l = p->options.links[chain];
    if (!l1_link_is_free(l)) return;
    const struct l1_marks *m = l1_link_marks(l);
    /* Another chain has it already and its hour runs: before everything else, once. */
    uint64_t k = l1_link_sent(l, OUTBOX_COMMIT) + 1;
    struct pipe_batch *b = pipe_find(p, k);
    if (b != NULL && b->is_audited && pipe_is_sent(p, b->k) && may_commit(p, b) &&
        p->hurried[chain] != k && commit_ready(p, b, chain)) {
        p->hurried[chain] = k;
        stage_send(p, b, chain, OUTBOX_COMMIT);
        return;
    }
    k = l1_link_sent(l, OUTBOX_EXECUTE) + 1;
    b = pipe_find(p, k);
    uint64_t since = l1_link_agreed_time(l, k);
    bool delay_over =
        since != UINT64_MAX && m->latest_time >= since + p->options.deployment->execution_delay;
    if (b != NULL && m->agreed >= k && delay_over) {
        stage_send(p, b, chain, OUTBOX_EXECUTE);
        return;
    }
    const struct proof_set *r = pipe_range_from(p, l1_link_sent(l, OUTBOX_PROVE) + 1);
    if (r != NULL && proof_set_last(r)->state == PROOF_DONE && may_prove(p, r->to, chain)) {
        range_send(p, r, chain);
        return;
    }
    k = l1_link_sent(l, OUTBOX_COMMIT) + 1;
    b = pipe_find(p, k);
    if (b != NULL && b->is_audited && may_commit(p, b)) stage_send(p, b, chain, OUTBOX_COMMIT);
}

static void settle(struct pipeline *p)
{
    uint64_t least = UINT64_MAX;
    for (size_t c = 0; c < p->options.deployment->n_chains; c++) {
        uint64_t executed = l1_link_marks(p->options.links[c])->executed;
        if (executed < least) least = executed;
    }
    size_t n = 0;
    while (n < p->count && p->batches[n].k <= least) {
        log_info("pipeline", "executed_everywhere", LOG_U64("batch", p->batches[n].k));
        proof_set_deinit(&p->batches[n].proofs);
        n++;
    }
    if (n == 0) return;
    memmove(p->batches, p->batches + n, (p->count - n) * sizeof p->batches[0]);
    p->count -= n;
    sequencer_settled(p->options.sequencer, (uint32_t)least);
}

/* A chain refuses a T an hour behind its block (REQ-L1-3). What waited long and was sent nowhere is
 * sealed again with a new T, once that is worth it. */
static void refresh(struct pipeline *p)
{
    const struct pipe_batch *b = NULL;
    uint64_t latest = 0;
    for (size_t i = 0; i < p->count && b == NULL; i++) {
        if (!pipe_is_sent(p, p->batches[i].k)) b = &p->batches[i];
    }
    if (b == NULL) return;
    for (uint32_t i = 0; i < b->batch->n_chains; i++) {
        uint64_t time = l1_link_marks(p->options.links[b->batch->chains[i]])->latest_time;
        if (time > latest) latest = time;
    }
    uint32_t k = b->k;
    uint64_t t = b->batch->time;
    if (latest < t + STALE_S || sequencer_next_time(p->options.sequencer) < t + STALE_S / 2) return;
    log_unusual("pipeline", "sealed_again", LOG_U64("from_batch", k), LOG_U64("time", t),
                LOG_U64("l1_time", latest));
    pipe_drop_from(p, k);
    enum err err = sequencer_reseal(p->options.sequencer, k, "sealed again with a new time");
    if (err != ERR_OK) log_broken("pipeline", "reseal", LOG_U64("batch", k), LOG_ERR(err));
}

/* Reverts a dead batch and all later ones wherever they are committed; when all chains show, as
 * final, that none holds them, they are sealed again. Every step follows from what L1 shows, so a
 * restart goes on where it was; transactions that are void are void before the new batch exists. */
static void take_back_dead(struct pipeline *p)
{
    uint32_t k = dead_from(p);
    struct pipe_batch *b = k == 0 ? NULL : pipe_find(p, k);
    bool done = true;
    if (b == NULL) return;
    for (size_t c = 0; c < p->options.deployment->n_chains; c++) {
        struct l1_link *l = p->options.links[c];
        if (l1_link_marks(l)->committed >= k) {
            done = false;
            if (l1_link_is_free(l)) stage_send(p, b, (uint16_t)c, OUTBOX_REVERT);
        } else if (l1_link_is_out(l, k)) {
            done = false;
        }
        /* A new T must suit every chain, or the next batch dies the same way. */
        if (l1_link_marks(l)->latest_time >
            (uint64_t)sequencer_next_time(p->options.sequencer) + STALE_S)
            done = false;
    }
    if (!done) return;
    enum err err = store_outbox_void(p->store, k);
    if (err != ERR_OK) return; /* a full queue: the next tick */
    log_unusual("pipeline", "taken_back", LOG_U64("from_batch", k),
                LOG_U64("time", b->batch->time));
    for (size_t c = 0; c < p->options.deployment->n_chains; c++) {
        l1_link_taken_back(p->options.links[c], k);
        p->hurried[c] = 0;
    }
    pipe_drop_from(p, k);
    err = sequencer_reseal(p->options.sequencer, k, "a chain could not take its batch in time");
    if (err != ERR_OK) log_broken("pipeline", "reseal", LOG_U64("batch", k), LOG_ERR(err));
}

void pipeline_start(struct pipeline *p)
{
    p->started = true;
}

void pipeline_tick(struct pipeline *p)
{
    if (!p->started || p->closing) return;
    pipe_ranges_tick(p);
    settle(p);
    take_back_dead(p);
    refresh(p);
    pipe_gate_tick(p);
    pipe_jobs_tick(p);
    for (size_t c = 0; c < p->options.deployment->n_chains; c++) {
        const char *halted = l1_link_halted(p->options.links[c]);
        if (halted != NULL && sequencer_halted(p->options.sequencer) == NULL)
            sequencer_set_halted(p->options.sequencer, halted);
        chain_tick(p, (uint16_t)c);
    }
}

enum err pipeline_check_commit(struct pipeline *p, uint16_t chain, uint64_t k,
                               const uint8_t statement[32], const uint8_t digest[32])
{
    (void)chain;
    const struct pipe_batch *b = pipe_find(p, k);
    if (b == NULL) {
        /* executed everywhere and forgotten, or never made here */
        if (sequencer_was_taken_back(p->options.sequencer, k, statement)) return ERR_CONFLICT;
        return k <= sequencer_sealed_batch(p->options.sequencer) ? ERR_OK : ERR_MISMATCH;
    }
    bool same = memcmp(b->batch->statement, statement, 32) == 0 &&
                memcmp(b->batch->digest, digest, 32) == 0;
    if (same) return ERR_OK;
    return sequencer_was_taken_back(p->options.sequencer, k, statement) ? ERR_CONFLICT
                                                                        : ERR_MISMATCH;
}

/* ---- life ---- */

enum err pipeline_new(struct pipeline **out, const struct pipeline_options *options, char *text,
                      size_t text_size)
{
    struct pipeline *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_NOMEM;
    p->options = *options;
    struct nng_link_options gate = {.kind = NNG_LINK_REQ,
                                    .message_max = GATE_ASK_MAX + MSG_OVERHEAD,
                                    .slots = 2};
    enum err err = nng_link_open(&p->gate, options->loop, &gate);
    if (err == ERR_OK) err = nng_link_dial(p->gate, options->gate_url);
    if (err == ERR_OK) err = pipe_jobs_open(p);
    if (err != ERR_OK) {
        (void)snprintf(text, text_size, "gate %s or prover %s: %s", options->gate_url,
                       options->prover_url, err_text(err));
        return err; /* the process ends: sockets go with it */
    }
    *out = p;
    return ERR_OK;
}

void pipeline_set_store(struct pipeline *p, struct store *store)
{
    p->store = store;
}

void pipe_free_if_closed(struct pipeline *p)
{
    if (!p->closing || p->open_links > 0 || p->checks.in_flight > 0) return;
    void (*closed)(void *) = p->closed;
    void *closed_ctx = p->closed_ctx;
    for (size_t i = 0; i < p->count; i++)
        proof_set_deinit(&p->batches[i].proofs);
    pipe_jobs_free(p);
    pipe_blobs_free(p);
    free(p);
    if (closed != NULL) closed(closed_ctx);
}

static void part_closed(void *ctx)
{
    struct pipeline *p = ctx;
    p->open_links--;
    pipe_free_if_closed(p);
}

void pipeline_close(struct pipeline *p, void (*closed)(void *ctx), void *ctx)
{
    if (p->closing) return;
    p->closing = true;
    p->closed = closed;
    p->closed_ctx = ctx;
    p->open_links = 2;
    nng_link_close(p->gate, part_closed, p);
    nng_link_close(p->provers, part_closed, p);
}

size_t pipeline_count(const struct pipeline *p)
{
    return p->count;
}
const struct pipe_batch *pipeline_at(const struct pipeline *p, size_t i)
{
    return &p->batches[i];
}
const char *pipeline_gate_text(const struct pipeline *p)
{
    return p->gate_text;
}
const struct pipeline_totals *pipeline_totals(const struct pipeline *p)
{
    return &p->totals;
}
size_t pipeline_range_count(const struct pipeline *p)
{
    return p->n_ranges;
}
const struct proof_set *pipeline_range_at(const struct pipeline *p, size_t i)
{
    return &p->ranges[i];
}
