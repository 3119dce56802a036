#include "orchestrator/sequencer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/sha256.h"
#include "common/log/log.h"
#include "core/batch/blob.h"
#include "core/op/request.h"
#include "orchestrator/sequencer_internal.h"

/* ---- receipts ---- */

static struct receipt *receipt_find(const struct sequencer *s, const uint8_t id[32])
{
    struct receipt *r = NULL;
    HASH_FIND(hh, s->receipts, id, 32, r);
    return r;
}

static struct receipt *receipt_add(struct sequencer *s, const uint8_t id[32], uint8_t kind)
{
    struct receipt *r = receipt_find(s, id);
    if (r == NULL) {
        if (HASH_COUNT(s->receipts) >= SEQUENCER_RECEIPTS_MAX) {
            struct receipt *oldest = s->receipts;
            HASH_DEL(s->receipts, oldest);
            free(oldest);
        }
        r = calloc(1, sizeof *r);
        REQUIRE(r != NULL);
        memcpy(r->id, id, 32);
        HASH_ADD(hh, s->receipts, id, 32, r);
    }
    r->kind = kind;
    r->state = RECEIPT_ACCEPTED;
    r->reason[0] = '\0';
    return r;
}

static void receipt_reject(struct sequencer *s, const uint8_t id[32], enum rule_error rule,
                           const char *text)
{
    struct receipt *r = receipt_find(s, id);
    if (r == NULL) return;
    r->state = RECEIPT_REJECTED;
    r->rule = rule;
    (void)snprintf(r->reason, sizeof r->reason, "%s", text);
}

/* ---- batches ---- */

static void requests_free(struct seq_batch *b)
{
    for (size_t i = 0; i < b->n_requests; i++)
        free(b->requests[i].bytes);
    free(b->requests);
    b->requests = NULL;
    b->n_requests = b->cap_requests = 0;
}

void seq_batch_free(struct seq_batch *b)
{
    requests_free(b);
    sealed_batch_deinit(&b->sealed);
    free(b);
}

static enum err batch_remember(struct seq_batch *b, const struct seq_request *request,
                               struct span bytes)
{
    if (b->n_requests == b->cap_requests) {
        size_t cap = b->cap_requests == 0 ? 64 : 2 * b->cap_requests;
        struct seq_request *grown = realloc(b->requests, cap * sizeof *grown);
        if (grown == NULL) return ERR_NOMEM;
        b->requests = grown;
        b->cap_requests = cap;
    }
    uint8_t *copy = malloc(bytes.len == 0 ? 1 : bytes.len);
    if (copy == NULL) return ERR_NOMEM;
    memcpy(copy, bytes.data, bytes.len);
    b->requests[b->n_requests] = *request;
    b->requests[b->n_requests].bytes = copy;
    b->requests[b->n_requests].len = bytes.len;
    b->n_requests++;
    return ERR_OK;
}

static void journal_or_die(struct sequencer *s, uint16_t kind, struct span body, store_done done,
                           void *ctx)
{
    if (s->store == NULL) return; /* replay: it is there already */
    enum err err = store_journal(s->store, kind, body, done, ctx);
    if (err == ERR_OK) return;
    /* The intake limits keep the queue far below its own limit; memory must not run ahead. */
    log_broken("sequencer", "journal_queue", LOG_ERR(err));
    exit(70);
}

static bool fee_account_ready(const struct sequencer *s, size_t i)
{
    uint32_t id = s->options.chains[i].fee_account;
    struct cell digest;
    if (id == 0) return false;
    cells_get(s->states[i].cells, id, SLOT_IDENTITY, &digest);
    const struct slot0_preimage *p = preimages_find(s->states[i].preimages, &digest);
    return p != NULL && p->kind == PREIMAGE_USER;
}

/* Opens batch k at time T; fees[] says per chain which fee account serves. */
enum err seq_batch_open(struct sequencer *s, uint32_t k, uint32_t time,
                        const struct sequencer_chain_config *fees)
{
    struct batch_config config = {
        .k = k, .time = time, .limits = s->options.limits, .checked = &s->checked};
    if (config.limits == NULL) config.limits = &batch_limits_large;
    memcpy(config.deployment_id, s->options.deployment->id, 32);
    if (s->store == NULL) {
        config.trust_signatures = true; /* replay: checked when it was accepted */
    } else {                            /* replay: whatever they were, the journal says what fitted */
        config.slices_max = s->options.seal_slices;
        config.participants_max = s->options.seal_chains;
    }
    config.n_chains = (uint32_t)s->n_chains;
    for (size_t i = 0; i < s->n_chains; i++) {
        config.chains[i].state = &s->states[i];
        config.chains[i].fee_account = fees[i].fee_account;
        memcpy(config.chains[i].fees, fees[i].fees, sizeof fees[i].fees);
    }
    struct seq_batch *info = calloc(1, sizeof *info);
    if (info == NULL) return ERR_NOMEM;
    enum err err = batch_begin(&s->batch, &config);
    if (err != ERR_OK) {
        free(info);
        return err;
    }
    info->k = k;
    info->time = time;
    info->opened_ms = clock_mono_ms(&s->options.clock);
    s->open = info;
    return ERR_OK;
}

static uint32_t next_time(const struct sequencer *s)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < s->n_chains; i++) {
        if (s->chain_times[i] < least) least = s->chain_times[i];
    }
    if (least > UINT32_MAX) least = UINT32_MAX;
    return least > s->last_time ? (uint32_t)least : s->last_time;
}

/* Whether a batch opened now could be committed: every chain was seen and none is far behind. */
static bool times_known(const struct sequencer *s)
{
    uint64_t most = 0;
    for (size_t i = 0; i < s->n_chains; i++) {
        if (s->chain_times[i] == 0) return false;
        if (s->chain_times[i] > most) most = s->chain_times[i];
    }
    return most <= (uint64_t)next_time(s) + SEQ_TIME_SPREAD_S;
}

/* Gives up an open batch that has no operation. */
void seq_open_drop(struct sequencer *s)
{
    REQUIRE(s->open != NULL && batch_count_all_ops(s->batch) == 0);
    batch_free(s->batch);
    seq_batch_free(s->open);
    s->batch = NULL;
    s->open = NULL;
}

/* Opens the next batch if none is open. One that only refused operations met gets old, and L1 takes
 * no old T: it is opened again. */
static enum err open_next(struct sequencer *s)
{
    if (s->open != NULL && (batch_count_all_ops(s->batch) > 0 ||
                            next_time(s) < s->open->time + (uint64_t)SEQ_REOPEN_S))
        return ERR_OK;
    if (s->n_unsettled >= SEQUENCER_UNSETTLED_MAX ||
        s->unsettled_segments + BATCH_SEGMENTS_MAX > SEQUENCER_SEGMENTS_MAX)
        return ERR_BUSY;
    if (!s->rerunning && !times_known(s)) return ERR_UNAVAILABLE;
    if (s->open != NULL) seq_open_drop(s);
    struct sequencer_chain_config fees[DEPLOYMENT_CHAINS_MAX];
    memset(fees, 0, sizeof fees);
    for (size_t i = 0; i < s->n_chains; i++) {
        if (fee_account_ready(s, i)) fees[i] = s->options.chains[i];
    }
    uint32_t time = next_time(s);
    ERR_TRY(seq_batch_open(s, s->sealed_k + 1, time, fees));
    uint8_t body[10 + DEPLOYMENT_CHAINS_MAX * SEQ_OPEN_CHAIN_BYTES];
    size_t n = seq_open_write(body, s->open, fees, s->n_chains);
    journal_or_die(s, JOURNAL_OPEN, (struct span){body, n}, NULL, NULL);
    return ERR_OK;
}

static enum err roots_now(struct sequencer *s, struct digest8 *out)
{
    for (size_t i = 0; i < s->n_chains; i++)
        ERR_TRY(cells_root(s->states[i].cells, &out[i]));
    return ERR_OK;
}

enum err seq_final_root(const struct sequencer *s, uint64_t k, const struct digest8 *roots,
                        uint8_t out[32])
{
    struct chain_root list[DEPLOYMENT_CHAINS_MAX];
    for (size_t i = 0; i < s->n_chains; i++) {
        list[i].chain_id = s->options.deployment->chains[i].chain_id;
        list[i].root = roots[i];
    }
    return final_root_hash(out, k, list, s->n_chains);
}

const struct seq_blob *seq_batch_blob(const struct seq_batch *b, uint16_t chain)
{
    for (uint32_t i = 0; i < b->n_blobs; i++) {
        if (b->blobs[i].chain == chain) return &b->blobs[i];
    }
    return NULL;
}

/* The part of a chain as a blob. Live: if the chain is set to blobs, it has data behind the heads and
 * there are not too many; replay: if the record says so. False: calldata. */
static bool part_as_blob(struct sequencer *s, struct seq_batch *b, uint16_t chain,
                         struct chain_trace *const *traces, uint32_t n, uint8_t pubdata[32])
{
    struct blob_part part;
    const struct seq_blob *known = seq_batch_blob(b, chain);
    bool live = s->store != NULL;
    if (live && (!s->options.chains[chain].blobs || b->n_blobs == BATCH_BLOB_PARTICIPANTS_MAX ||
                 blob_rest_elements(traces, n) == 0))
        return false;
    if (!live && known == NULL) return false;
    enum err err = blob_part_make(&part, traces, n, live ? NULL : known->versioned_hash);
    if (err != ERR_OK) { /* out of memory: calldata is as good; a replay ends with a mismatch */
        log_unusual("sequencer", "blob", LOG_U64("batch", b->k), LOG_U64("chain", chain), LOG_ERR(err));
        return false;
    }
    if (live) {
        struct seq_blob *blob = &b->blobs[b->n_blobs++];
        blob->chain = chain;
        memcpy(blob->versioned_hash, part.versioned_hash, 32);
    }
    memcpy(pubdata, part.pubdata, 32);
    return true;
}

static enum err statement_make(struct sequencer *s, struct seq_batch *b)
{
    const struct deployment *d = s->options.deployment;
    struct chain_pubdata parts[BATCH_PARTICIPANTS_MAX];
    b->n_chains = sealed_batch_chains(&b->sealed, b->chains);
    for (uint32_t i = 0; i < b->n_chains; i++) {
        struct chain_trace *traces[BATCH_SEGMENTS_MAX];
        uint8_t hashes[BATCH_SEGMENTS_MAX][32];
        uint32_t n = sealed_batch_of_chain(&b->sealed, b->chains[i], traces);
        for (uint32_t j = 0; j < n; j++)
            memcpy(hashes[j], traces[j]->segment_hash, 32);
        if (!part_as_blob(s, b, b->chains[i], traces, n, b->pubdata[i]))
            ERR_TRY(pubdata_hash(b->pubdata[i], hashes[0], n));
        parts[i].chain_id = d->chains[b->chains[i]].chain_id;
        memcpy(parts[i].hash, b->pubdata[i], 32);
        b->roots_before[b->chains[i]] = traces[0]->root_before;
        b->roots[b->chains[i]] = traces[n - 1]->root_after;
    }
    ERR_TRY(seq_final_root(s, b->k, b->roots, b->final_root));
    struct statement st = {.k = b->k,
                           .time = b->time,
                           .participants = parts,
                           .n_participants = b->n_chains};
    memcpy(st.deployment_id, d->id, 32);
    memcpy(st.final_root_before, b->final_root_before, 32);
    memcpy(st.final_root_after, b->final_root, 32);
    memcpy(st.chains_digest, s->chains_digest, 32);
    memcpy(st.programs_digest, s->programs_digest, 32);
    ERR_TRY(statement_hash(b->statement, &st));
    memcpy(b->digest_before, s->digest, 32);
    digest_next(b->digest, s->digest, b->statement);
    return ERR_OK;
}

struct sealed_note {
    struct sequencer *s;
    uint32_t k;
    uint64_t generation;
};

static struct seq_batch *sealed_find(struct sequencer *s, uint32_t k)
{
    for (struct seq_batch *b = s->sealed; b != NULL; b = b->next) {
        if (b->k == k) return b;
    }
    return NULL;
}

static void seal_durable(void *ctx)
{
    struct sealed_note *note = ctx;
    struct sequencer *s = note->s;
    if (note->generation == s->generation) {
        struct seq_batch *b = sealed_find(s, note->k);
        if (b != NULL) s->options.on_sealed(s->options.ctx, b);
    }
    free(note);
}

/* Seals the open batch; it must have at least one record. */
enum err seq_batch_seal(struct sequencer *s)
{
    struct seq_batch *b = s->open;
    memcpy(b->final_root_before, s->final_root, 32);
    ERR_TRY(batch_seal(s->batch, &b->sealed));
    batch_free(s->batch);
    s->batch = NULL;
    s->open = NULL;
    /* Closed slices have moved the states before: the roots before are in the traces. */
    REQUIRE(roots_now(s, b->roots) == ERR_OK);
    memcpy(b->roots_before, b->roots, sizeof b->roots);
    REQUIRE(statement_make(s, b) == ERR_OK);
    memcpy(s->final_root, b->final_root, 32);
    memcpy(s->digest, b->digest, 32);
    s->sealed_k = b->k;
    s->last_time = b->time;
    struct seq_batch **tail = &s->sealed;
    while (*tail != NULL)
        tail = &(*tail)->next;
    *tail = b;
    s->n_unsettled++;
    s->unsettled_segments += b->sealed.n_segments;
    return ERR_OK;
}

static enum err seal_now(struct sequencer *s)
{
    if (s->open == NULL || batch_count_all_ops(s->batch) == 0) return ERR_OK;
    struct seq_batch *b = s->open;
    ERR_TRY(seq_batch_seal(s));
    struct sealed_note *note = malloc(sizeof *note);
    if (note == NULL) return ERR_NOMEM;
    *note = (struct sealed_note){s, b->k, s->generation};
    uint8_t body[SEQ_SEAL_MAX];
    size_t n = seq_seal_write(body, b);
    journal_or_die(s, JOURNAL_SEAL, (struct span){body, n}, seal_durable, note);
    log_info("sequencer", "batch_sealed", LOG_U64("batch", b->k),
             LOG_U64("requests", b->n_requests), LOG_U64("slices", b->sealed.n_slices),
             LOG_U64("segments", b->sealed.n_segments), LOG_U64("blobs", b->n_blobs),
             LOG_HEX("final_root", b->final_root, 32));
    return ERR_OK;
}

/* Applies a request to the open batch, sealing and opening as capacity asks. */
static enum err apply(struct sequencer *s, const struct request *request,
                      struct push_result *result)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        ERR_TRY(open_next(s));
        enum rule_error rule = batch_push(s->batch, request, result);
        result->rule = rule;
        if (rule == RULE_OK) return ERR_OK;
        if (!rule_error_is_capacity(rule)) return ERR_REJECTED;
        if (batch_count_all_ops(s->batch) == 0) return ERR_REJECTED; /* does not fit any batch */
        ERR_TRY(seal_now(s));
    }
    return ERR_BUSY;
}

static enum err remember(struct sequencer *s, const struct push_result *result,
                         const uint8_t id[32], struct span bytes, size_t unsigned_len,
                         const uint64_t *priority_index, uint16_t queue_chain)
{
    struct seq_request r = {.n_ops = result->n_ops,
                            .is_priority = priority_index != NULL,
                            .queue_chain = queue_chain,
                            .unsigned_len = unsigned_len};
    if (r.is_priority) r.priority_index = *priority_index;
    memcpy(r.id, id, 32);
    memcpy(r.chain, result->chain, sizeof r.chain);
    memcpy(r.record, result->record, sizeof r.record);
    return batch_remember(s->open, &r, bytes);
}

static void receipt_place(struct receipt *r, const struct push_result *result)
{
    r->n_ops = (uint8_t)result->n_ops;
    memcpy(r->chain, result->chain, sizeof r->chain);
    memcpy(r->record, result->record, sizeof r->record);
}

struct ack {
    struct sequencer *s;
    uint8_t id[32];
    store_done done;
    void *ctx;
};

static void request_durable(void *ctx)
{
    struct ack *ack = ctx;
    struct receipt *r = receipt_find(ack->s, ack->id);
    if (r != NULL) r->durable = true;
    if (ack->done != NULL) ack->done(ack->ctx);
    free(ack);
}

enum err sequencer_submit(struct sequencer *s, struct span bytes, const struct receipt **receipt,
                          bool *known, enum rule_error *rule, store_done done, void *ctx)
{
    *rule = RULE_OK;
    *known = false;
    if (s->halted[0] != '\0' && !s->rerunning) return ERR_UNAVAILABLE;
    struct submission *sub = &s->scratch;
    ERR_TRY(submission_read(sub, bytes));
    submissions_check(&sub, 1, s->dep); /* nothing is claimed: the rules check */
    return sequencer_submit_checked(s, sub, receipt, known, rule, done, ctx);
}

enum err sequencer_submit_checked(struct sequencer *s, const struct submission *sub,
                                  const struct receipt **receipt, bool *known,
                                  enum rule_error *rule, store_done done, void *ctx)
{
    REQUIRE(s->store != NULL);
    *rule = RULE_OK;
    *known = false;
    if (s->halted[0] != '\0' && !s->rerunning) return ERR_UNAVAILABLE;
    struct receipt *old = receipt_find(s, sub->id);
    if (old != NULL && old->state == RECEIPT_ACCEPTED && old->durable) {
        *receipt = old;
        *known = true;
        if (done != NULL) done(ctx);
        return ERR_OK;
    }
    if (old != NULL && old->state == RECEIPT_ACCEPTED) return ERR_BUSY; /* being written */
    struct ack *ack = malloc(sizeof *ack);
    if (ack == NULL) return ERR_NOMEM;
    struct push_result *result = &s->result;
    s->checked = sub->checked;
    enum err err = apply(s, &sub->request, result);
    s->checked.n = 0;
    if (err == ERR_REJECTED) *rule = result->rule;
    if (err == ERR_OK) err = remember(s, result, sub->id, sub->bytes, sub->unsigned_len, NULL, 0);
    if (err != ERR_OK) {
        free(ack);
        return err;
    }
    struct receipt *r = receipt_add(s, sub->id, sub->request.kind);
    r->position = store_next_seq(s->store);
    r->k = s->open->k;
    receipt_place(r, result);
    r->durable = false;
    *ack = (struct ack){.s = s, .done = done, .ctx = ctx};
    memcpy(ack->id, sub->id, 32);
    s->accepted++;
    journal_or_die(s, JOURNAL_REQUEST, sub->bytes, request_durable, ack);
    *receipt = r;
    return ERR_OK;
}

static void priority_id(uint8_t id[32], uint16_t chain, uint64_t index)
{
    uint8_t text[48];
    int n =
        snprintf((char *)text, sizeof text, "priority %u %llu", chain, (unsigned long long)index);
    sha256(id, text, (size_t)n);
}

/* Shared by the live path and replay. */
enum err seq_apply_priority(struct sequencer *s, uint16_t chain, uint64_t index, struct span record,
                            bool live)
{
    struct request *request = &s->scratch.request;
    memset(request, 0, sizeof *request);
    request->kind = REQUEST_PRIORITY;
    request->chain = chain;
    ERR_TRY(priority_record_read(&request->u.priority, record.data, record.len));
    struct push_result *result = &s->result;
    if (live) {
        ERR_TRY(apply(s, request, result));
    } else {
        if (s->batch == NULL) return ERR_CORRUPT;
        if (batch_push(s->batch, request, result) != RULE_OK) return ERR_CORRUPT;
    }
    uint8_t id[32];
    priority_id(id, chain, index);
    ERR_TRY(remember(s, result, id, record, 0, &index, chain));
    s->priority_next[chain] = index + 1;
    s->accepted++;
    return ERR_OK;
}

enum err sequencer_priority(struct sequencer *s, uint16_t chain, uint64_t index, struct span record)
{
    REQUIRE(chain < s->n_chains);
    if (index < s->priority_next[chain]) return ERR_OK;
    if (index > s->priority_next[chain]) return ERR_PROTOCOL; /* a gap in the queue */
    if (record.len > SEQ_PRIORITY_MAX) return ERR_TOO_LARGE;
    ERR_TRY(seq_apply_priority(s, chain, index, record, true));
    uint8_t body[10 + SEQ_PRIORITY_MAX];
    size_t n = seq_priority_write(body, chain, index, record);
    journal_or_die(s, JOURNAL_PRIORITY, (struct span){body, n}, NULL, NULL);
    return ERR_OK;
}

uint64_t sequencer_priority_next(const struct sequencer *s, uint16_t chain)
{
    return s->priority_next[chain];
}

/* Replay of one user request; the sequence number becomes its position. */
enum err seq_apply_replayed(struct sequencer *s, struct span bytes, uint64_t seq)
{
    struct submission *sub = &s->scratch;
    ERR_TRY(submission_read(sub, bytes));
    submissions_check(&sub, 1, s->dep); /* its name; signatures were checked when it was accepted */
    if (s->batch == NULL) return ERR_CORRUPT;
    struct push_result *result = &s->result;
    if (batch_push(s->batch, &sub->request, result) != RULE_OK) return ERR_CORRUPT;
    ERR_TRY(remember(s, result, sub->id, bytes, sub->unsigned_len, NULL, 0));
    struct receipt *r = receipt_add(s, sub->id, sub->request.kind);
    r->position = seq;
    r->k = s->open->k;
    receipt_place(r, result);
    r->durable = true;
    s->accepted++;
    return ERR_OK;
}

void sequencer_tick(struct sequencer *s)
{
    if (s->open == NULL || s->store == NULL) return;
    uint32_t ops = batch_count_all_ops(s->batch);
    if (ops == 0) return;
    uint64_t age = clock_mono_ms(&s->options.clock) - s->open->opened_ms;
    if (ops < s->options.seal_ops && age < s->options.seal_age_ms) return;
    enum err err = seal_now(s);
    if (err != ERR_OK) log_broken("sequencer", "seal", LOG_ERR(err));
}

void sequencer_settled(struct sequencer *s, uint32_t k)
{
    if (s->sealed == NULL || s->sealed->k > k) return;
    uint8_t body[4];
    put_be32(body, k);
    journal_or_die(s, JOURNAL_SETTLED, (struct span){body, sizeof body}, NULL, NULL);
    while (s->sealed != NULL && s->sealed->k <= k) {
        struct seq_batch *b = s->sealed;
        s->sealed = b->next;
        s->n_unsettled--;
        s->unsettled_segments -= b->sealed.n_segments;
        memcpy(s->settled_digest, b->digest, 32);
        seq_batch_free(b);
    }
}

static enum err taken_reserve(struct sequencer *s, size_t more)
{
    if (s->n_taken + more <= s->cap_taken) return ERR_OK;
    size_t cap = 2 * s->cap_taken + more;
    struct seq_taken *grown = realloc(s->taken, cap * sizeof *grown);
    if (grown == NULL) return ERR_NOMEM;
    s->taken = grown;
    s->cap_taken = cap;
    return ERR_OK;
}

bool sequencer_was_taken_back(const struct sequencer *s, uint64_t k, const uint8_t statement[32])
{
    for (size_t i = 0; i < s->n_taken; i++) {
        if (s->taken[i].k == k && memcmp(s->taken[i].statement, statement, 32) == 0) return true;
    }
    return false;
}

/* Takes back the open batch and every sealed one from k on; the requests are handed over in order. */
enum err seq_rewind(struct sequencer *s, uint32_t k, struct seq_batch **taken)
{
    struct seq_batch **at = &s->sealed;
    while (*at != NULL && (*at)->k < k)
        at = &(*at)->next;
    struct seq_batch *list = *at;
    if (list == NULL || list->k != k) return ERR_NOT_FOUND;
    size_t n = 0;
    struct seq_batch *stack[SEQUENCER_UNSETTLED_MAX];
    for (struct seq_batch *b = list; b != NULL; b = b->next) {
        if (n == SEQUENCER_UNSETTLED_MAX) return ERR_FULL;
        stack[n++] = b;
    }
    ERR_TRY(taken_reserve(s, n));
    for (size_t i = 0; i < n; i++) {
        struct seq_taken *t = &s->taken[s->n_taken++];
        t->k = stack[i]->k;
        memcpy(t->statement, stack[i]->statement, 32);
    }
    if (s->batch != NULL) batch_free(s->batch);
    s->batch = NULL;
    struct seq_batch *open = s->open;
    s->open = NULL;
    while (n > 0) {
        struct seq_batch *b = stack[--n];
        enum err err = sealed_batch_revert(&b->sealed, s->states, (uint32_t)s->n_chains);
        if (err != ERR_OK) {
            if (s->store == NULL) return err;
            /* Half taken back: only the journal knows the truth now, and a restart reads it. */
            log_broken("sequencer", "take_back", LOG_U64("batch", b->k), LOG_ERR(err));
            exit(70);
        }
        s->unsettled_segments -= b->sealed.n_segments;
        s->n_unsettled--;
    }
    *at = NULL;
    memcpy(s->final_root, list->final_root_before, 32);
    s->sealed_k = k - 1;
    if (at == &s->sealed) {
        memcpy(s->digest, s->settled_digest, 32);
    } else {
        struct seq_batch *previous = s->sealed;
        while (previous->next != NULL)
            previous = previous->next;
        memcpy(s->digest, previous->digest, 32);
    }
    struct seq_batch *last = list;
    while (last->next != NULL)
        last = last->next;
    last->next = open;
    *taken = list;
    s->generation++;
    /* the queues start again at the first request taken back */
    for (struct seq_batch *b = list; b != NULL; b = b->next) {
        s->accepted -= b->n_requests; /* those that stay are counted when they run again */
        for (size_t i = b->n_requests; i > 0; i--) {
            const struct seq_request *r = &b->requests[i - 1];
            if (r->is_priority && r->priority_index < s->priority_next[r->queue_chain])
                s->priority_next[r->queue_chain] = r->priority_index;
        }
    }
    return ERR_OK;
}

static void run_again(struct sequencer *s, const struct seq_request *r)
{
    struct span bytes = {r->bytes, r->len};
    if (r->is_priority) {
        enum err err = sequencer_priority(s, r->queue_chain, r->priority_index, bytes);
        if (err != ERR_OK) {
            log_broken("sequencer", "priority_again", LOG_ERR(err));
            exit(70);
        }
        return;
    }
    struct receipt *old = receipt_find(s, r->id);
    if (old != NULL) {
        HASH_DEL(s->receipts, old);
        free(old);
    }
    const struct receipt *receipt = NULL;
    bool known = false;
    enum rule_error rule = RULE_OK;
    enum err err = sequencer_submit(s, bytes, &receipt, &known, &rule, NULL, NULL);
    if (err == ERR_OK) return;
    (void)receipt_add(s, r->id, 0);
    receipt_reject(s, r->id, rule, rule != RULE_OK ? rule_error_text(rule) : err_text(err));
}

/* Takes back k and what follows, and runs all of it again but the request `id` (zeros: none). */
static enum err take_back(struct sequencer *s, uint32_t k, const uint8_t id[32], const char *text)
{
    uint8_t body[36 + 96];
    size_t n = seq_reject_write(body, sizeof body, k, id, text);
    struct seq_batch *taken = NULL;
    ERR_TRY(seq_rewind(s, k, &taken));
    /* One transaction: a crash must not keep the rejection without what runs again after it. */
    store_join(s->store);
    s->rerunning = true;
    journal_or_die(s, JOURNAL_REJECT, (struct span){body, n}, NULL, NULL);
    receipt_reject(s, id, RULE_OK, text);
    while (taken != NULL) {
        struct seq_batch *next = taken->next;
        for (size_t i = 0; i < taken->n_requests; i++) {
            if (memcmp(taken->requests[i].id, id, 32) != 0) run_again(s, &taken->requests[i]);
        }
        seq_batch_free(taken);
        taken = next;
    }
    enum err err = seal_now(s);
    s->rerunning = false;
    store_join_end(s->store);
    return err;
}

enum err sequencer_reject(struct sequencer *s, uint32_t k, uint16_t chain, uint32_t record,
                          const char *text)
{
    struct seq_batch *b = sealed_find(s, k);
    if (b == NULL) return ERR_NOT_FOUND;
    const struct seq_request *bad = NULL;
    for (size_t i = 0; i < b->n_requests; i++) {
        const struct seq_request *r = &b->requests[i];
        for (uint32_t j = 0; j < r->n_ops; j++) {
            if (r->chain[j] == chain && r->record[j] == record) bad = r;
        }
    }
    if (bad == NULL || bad->is_priority) return ERR_NOT_FOUND;
    uint8_t id[32];
    memcpy(id, bad->id, 32);
    return take_back(s, k, id, text);
}

enum err sequencer_reseal(struct sequencer *s, uint32_t k, const char *text)
{
    static const uint8_t nobody[32] = {0};
    return take_back(s, k, nobody, text);
}

/* Replay of a reject: the requests that stay were journalled again after it. */
enum err seq_replay_reject(struct sequencer *s, uint32_t k, const uint8_t id[32], const char *text)
{
    struct seq_batch *taken = NULL;
    ERR_TRY(seq_rewind(s, k, &taken));
    while (taken != NULL) {
        struct seq_batch *next = taken->next;
        for (size_t i = 0; i < taken->n_requests; i++) {
            if (!taken->requests[i].is_priority) {
                struct receipt *r = receipt_find(s, taken->requests[i].id);
                if (r != NULL && memcmp(r->id, id, 32) != 0)
                    receipt_reject(s, r->id, RULE_OK, "dropped when its batch was sealed again");
            }
        }
        seq_batch_free(taken);
        taken = next;
    }
    receipt_reject(s, id, RULE_OK, text);
    return ERR_OK;
}

uint32_t sequencer_next_time(const struct sequencer *s)
{
    return next_time(s);
}

void sequencer_set_chain_time(struct sequencer *s, uint16_t chain, uint64_t time)
{
    REQUIRE(chain < s->n_chains);
    s->chain_times[chain] = time;
}

void sequencer_set_halted(struct sequencer *s, const char *reason)
{
    (void)snprintf(s->halted, sizeof s->halted, "%s", reason == NULL ? "" : reason);
}

const char *sequencer_halted(const struct sequencer *s)
{
    return s->halted[0] == '\0' ? NULL : s->halted;
}
