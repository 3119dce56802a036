/* The audit gate: every sealed batch is asked for, in order; nothing is committed that it did not
 * approve. What it is told: the segments of every chain with their slices, and the requests in the
 * order of execution, without signatures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/log/log.h"
#include "core/op/request.h"
#include "orchestrator/pipeline_internal.h"

/* A batch of thousands of operations takes the gate seconds. */
enum { GATE_TIMEOUT_MS = 120000, GATE_RETRY_MS = 1000 };

_Static_assert((int)BATCH_SEGMENTS_MAX * BATCH_RECORDS_MAX <= (int)GATE_REQUESTS_MAX, "gate.h: requests");
_Static_assert((int)BATCH_SEGMENTS_MAX <= (int)GATE_SEGMENTS_MAX, "gate.h: segments");
_Static_assert((int)BATCH_SLICES_MAX <= (int)GATE_SLICES_MAX, "gate.h: slices");
_Static_assert((int)BATCH_PARTICIPANTS_MAX <= (int)GATE_PARTICIPANTS_MAX, "gate.h: participants");

struct gate_ref {
    struct pipeline *p;
    uint32_t k;
    uint8_t statement[32]; /* what was asked about: k may have been sealed again meanwhile */
};

static void gate_refused(struct pipeline *p, struct pipe_batch *b, const struct gate_answer *a)
{
    uint32_t k = b->k;
    char text[160];
    p->totals.audit_refusals++;
    log_unusual("audit", "refused", LOG_U64("batch", k), LOG_U64("chain", a->chain),
                LOG_U64("record", a->record), LOG_STR("text", a->text));
    if (pipe_is_sent(p, k)) { /* a gate that changed its mind: nothing that L1 may hold is taken back */
        (void)snprintf(text, sizeof text, "the audit refuses batch %u, which was sent: %.90s", k,
                       a->text);
        sequencer_set_halted(p->options.sequencer, text);
        log_broken("audit", "halted", LOG_U64("batch", k), LOG_STR("text", a->text));
        return;
    }
    pipe_drop_from(p, k);
    enum err err = sequencer_reject(p->options.sequencer, k, a->chain, a->record, a->text);
    if (err == ERR_OK) return;
    (void)snprintf(text, sizeof text, "the audit refuses batch %u as a whole: %.90s", k, a->text);
    sequencer_set_halted(p->options.sequencer, text);
    log_broken("audit", "halted", LOG_U64("batch", k), LOG_STR("text", a->text));
}

static void gate_answered(void *ctx, enum err err, struct span message)
{
    struct gate_ref *ref = ctx;
    struct pipeline *p = ref->p;
    struct pipe_batch *b = pipe_find(p, ref->k);
    uint32_t asked = ref->k;
    bool same = b != NULL && memcmp(ref->statement, b->batch->statement, 32) == 0;
    free(ref);
    p->gate_busy = false;
    if (p->closing || !same || err == ERR_CANCELLED) return;
    b->is_asked = false;
    struct msg msg;
    size_t signer = 0;
    struct gate_answer answer;
    if (err == ERR_OK)
        err = msg_open(&msg, &signer, message, MSG_CHANNEL_AUDIT_TO_ORCHESTRATOR,
                       p->options.gate_trust);
    if (err == ERR_OK && (msg.type != GATE_MSG_ANSWER || msg.version != GATE_MSG_VERSION))
        err = ERR_PROTOCOL;
    if (err == ERR_OK) err = gate_answer_read(&answer, msg.body);
    if (err == ERR_OK && answer.verdict != GATE_CANNOT_SEE &&
        memcmp(answer.statement, b->batch->statement, 32) != 0)
        err = ERR_PROTOCOL; /* an answer of old, sent again by somebody */
    if (err != ERR_OK) {
        (void)snprintf(p->gate_text, sizeof p->gate_text, "no answer: %s", err_text(err));
        p->gate_retry_ms = clock_mono_ms(&p->options.clock) + GATE_RETRY_MS;
        return;
    }
    (void)snprintf(p->gate_text, sizeof p->gate_text, "%s", answer.text);
    switch ((enum gate_verdict)answer.verdict) {
    case GATE_APPROVED:
        if (answer.k == asked) {
            b->is_audited = true;
            p->gate_text[0] = '\0';
        }
        break;
    case GATE_REFUSED:
        gate_refused(p, b, &answer);
        break;
    case GATE_EXPECTS:
        p->gate_next = answer.k;
        break;
    case GATE_CANNOT_SEE:
        break;
    }
    if (answer.verdict != GATE_APPROVED)
        p->gate_retry_ms = clock_mono_ms(&p->options.clock) + GATE_RETRY_MS;
    pipeline_tick(p);
}

/* A request of a queue is kept as the L1's record; the gate reads request bytes (REQ-RQ). */
static void priority_request(struct bytes_buf *out, const struct seq_request *r)
{
    const uint8_t head[] = {REQUEST_VERSION, REQUEST_PRIORITY, (uint8_t)(r->queue_chain >> 8),
                            (uint8_t)r->queue_chain};
    REQUIRE(bytes_buf_append(out, head, sizeof head) == ERR_OK);
    REQUIRE(bytes_buf_append(out, r->bytes, r->len) == ERR_OK);
}

/* The requests without signatures, into room that is large enough for all of them. */
static void requests_fill(struct gate_ask *ask, struct bytes_buf *room, const struct seq_batch *b)
{
    for (uint32_t i = 0; i < ask->n_requests; i++) {
        const struct seq_request *r = &b->requests[i];
        struct gate_request *q = &ask->requests[i];
        size_t at = room->len;
        q->n_records = (uint8_t)r->n_ops;
        memcpy(q->chain, r->chain, sizeof q->chain);
        memcpy(q->record, r->record, sizeof q->record);
        if (r->is_priority) {
            priority_request(room, r);
        } else {
            REQUIRE(bytes_buf_append(room, r->bytes, r->unsigned_len) == ERR_OK);
        }
        REQUIRE(bytes_buf_append(room, &(uint8_t){0}, 1) == ERR_OK); /* number of signatures */
        q->bytes = (struct span){room->data + at, room->len - at};
    }
}

static void parts_fill(struct gate_ask *ask, const struct seq_batch *b)
{
    ask->n_parts = b->n_chains;
    for (uint32_t i = 0; i < b->n_chains; i++) {
        struct gate_part *p = &ask->parts[i];
        struct chain_trace *traces[BATCH_SEGMENTS_MAX];
        p->chain = b->chains[i];
        p->blob = seq_batch_blob(b, p->chain) != NULL;
        p->n_segments = sealed_batch_of_chain(&b->sealed, p->chain, traces);
        for (int j = 0; j < 8; j++)
            put_be32(p->root_after + 4 * j, b->roots[p->chain].e[j]);
        for (uint32_t j = 0; j < p->n_segments; j++) {
            p->segments[j].slice = (uint8_t)traces[j]->slice;
            p->segments[j].bytes = (struct span){traces[j]->bytes, traces[j]->n_bytes};
        }
    }
}

static enum err ask_write(struct bytes_buf *body, const struct seq_batch *b)
{
    struct bytes_buf room;
    struct gate_ask *ask = calloc(1, sizeof *ask);
    size_t size = 0;
    for (size_t i = 0; i < b->n_requests; i++)
        size += 5 + (b->requests[i].is_priority ? b->requests[i].len : b->requests[i].unsigned_len);
    bytes_buf_init(&room, size);
    enum err err = ask == NULL ? ERR_NOMEM : bytes_buf_reserve(&room, size);
    if (err == ERR_OK) {
        REQUIRE(b->n_requests > 0 && b->n_requests <= GATE_REQUESTS_MAX);
        *ask = (struct gate_ask){.k = b->k, .time = b->time};
        memcpy(ask->final_root_before, b->final_root_before, 32);
        memcpy(ask->final_root_after, b->final_root, 32);
        memcpy(ask->statement, b->statement, 32);
        ask->requests = calloc(b->n_requests, sizeof *ask->requests);
        if (ask->requests == NULL) err = ERR_NOMEM;
    }
    if (err == ERR_OK) {
        ask->n_requests = (uint32_t)b->n_requests;
        parts_fill(ask, b);
        requests_fill(ask, &room, b);
        err = gate_ask_write(body, ask);
    }
    if (ask != NULL) free(ask->requests);
    free(ask);
    bytes_buf_deinit(&room);
    return err;
}

static void gate_ask(struct pipeline *p, struct pipe_batch *b)
{
    struct bytes_buf body;
    struct bytes_buf frame;
    bytes_buf_init(&body, GATE_ASK_MAX);
    bytes_buf_init(&frame, GATE_ASK_MAX + MSG_OVERHEAD);
    struct gate_ref *ref = malloc(sizeof *ref);
    enum err err = ref == NULL ? ERR_NOMEM : ask_write(&body, b->batch);
    if (err == ERR_OK) {
        *ref = (struct gate_ref){.p = p, .k = b->k};
        memcpy(ref->statement, b->batch->statement, 32);
        struct msg msg = {.channel = MSG_CHANNEL_ORCHESTRATOR_TO_AUDIT,
                          .version = GATE_MSG_VERSION,
                          .type = GATE_MSG_ASK,
                          .body = bytes_buf_span(&body)};
        err = msg_seal(&frame, p->options.signer, &msg);
    }
    if (err == ERR_OK)
        err =
            nng_link_request(p->gate, bytes_buf_span(&frame), GATE_TIMEOUT_MS, gate_answered, ref);
    if (err == ERR_OK) {
        b->is_asked = true;
        p->gate_busy = true;
    } else {
        free(ref);
        log_unusual("audit", "ask", LOG_ERR(err));
    }
    bytes_buf_deinit(&body);
    bytes_buf_deinit(&frame);
}

/* Asks for the first batch that is not approved, or for one the gate lacks after its restart. */
void pipe_gate_tick(struct pipeline *p)
{
    if (p->gate_busy || clock_mono_ms(&p->options.clock) < p->gate_retry_ms) return;
    if (p->gate_next != 0) {
        struct pipe_batch *b = pipe_find(p, p->gate_next);
        p->gate_next = 0;
        if (b != NULL) {
            gate_ask(p, b);
            return;
        }
    }
    for (size_t i = 0; i < p->count; i++) {
        if (p->batches[i].is_audited) continue;
        gate_ask(p, &p->batches[i]);
        return;
    }
}

