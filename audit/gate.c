#include "audit/gate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/assemble.h"
#include "audit/blob.h"
#include "audit/feasible.h"
#include "audit/statement.h"
#include "common/log/log.h"

struct gate {
    const struct deployment *deployment;
    struct l1_view *views[DEPLOYMENT_CHAINS_MAX];
    struct replica *replica;
    struct deployment_digests digests;
    uint8_t (*statements)[32]; /* of the batches in the replica, k - 1 */
    size_t cap_statements;
    struct span segments[GATE_PARTICIPANTS_MAX][GATE_SEGMENTS_MAX]; /* of the question */
    uint8_t pubdata[GATE_PARTICIPANTS_MAX][32];                     /* its parts' hashes, computed here */
    bool request_missing;    /* during one judgement: an L1 does not show a request (yet) */
    char why[GATE_TEXT_MAX]; /* not empty: the L1s hold a batch that the rules refuse, as logged */
};

/* ---- life ---- */

enum err gate_new(struct gate **out, const struct deployment *d, const struct l1_source *sources,
                  uint64_t timeout_ms, char *text, size_t text_size)
{
    struct gate *g = calloc(1, sizeof *g);
    if (g == NULL) return ERR_NOMEM;
    g->deployment = d;
    digests_compute(&g->digests, d);
    enum err err = replica_new(&g->replica, d);
    if (err != ERR_OK)
        (void)snprintf(text, text_size, "deployment: its id does not follow from its facts (%s)",
                       err_text(err));
    for (size_t i = 0; i < d->n_chains && err == ERR_OK; i++) {
        struct l1_view_options options = {d, (uint16_t)i, sources[i], timeout_ms};
        err = l1_view_open(&g->views[i], &options, text, text_size);
    }
    if (err != ERR_OK) {
        gate_free(g);
        return err;
    }
    *out = g;
    return ERR_OK;
}

void gate_free(struct gate *g)
{
    if (g == NULL) return;
    for (size_t i = 0; i < DEPLOYMENT_CHAINS_MAX; i++)
        l1_view_close(g->views[i]);
    replica_free(g->replica);
    free(g->statements);
    free(g);
}

/* ---- following the L1s ---- */

/* The replica has just moved to k. */
static enum err remember(struct gate *g)
{
    uint64_t k = replica_k(g->replica);
    if (k > g->cap_statements) {
        size_t cap = g->cap_statements == 0 ? 256 : 2 * g->cap_statements;
        uint8_t(*grown)[32] = realloc(g->statements, cap * sizeof *grown);
        if (grown == NULL) return ERR_NOMEM;
        g->statements = grown;
        g->cap_statements = cap;
    }
    replica_statement(g->replica, g->statements[k - 1]);
    return ERR_OK;
}

/* Applies what every chain has committed. */
static enum err follow(struct gate *g, char *text, size_t text_size)
{
    for (;;) {
        struct replica_finding finding;
        uint64_t k = replica_k(g->replica) + 1;
        enum err err = assemble_apply(g->replica, g->views, g->deployment->n_chains, k, &finding);
        if (err == ERR_NOT_FOUND) return ERR_OK;
        if (err == ERR_AUDIT) {
            (void)snprintf(text, text_size,
                           "committed batch %" PRIu64 " is wrong: chain %u record %lld: %.200s", k,
                           finding.chain, (long long)finding.record, finding.text);
            if (strcmp(g->why, text) != 0)
                log_broken("gate", "committed_batch_is_wrong", LOG_U64("batch", k),
                           LOG_U64("chain", finding.chain), LOG_STR("text", finding.text));
            (void)snprintf(g->why, sizeof g->why, "%s", text);
            return ERR_AUDIT;
        }
        if (err == ERR_OK) err = remember(g);
        if (err != ERR_OK) {
            (void)snprintf(text, text_size, "batch %" PRIu64 ": %s", k, err_text(err));
            return err;
        }
    }
}

/* From genesis, for the rare case that approved batches were given up. */
static enum err rebuild(struct gate *g, char *text, size_t text_size)
{
    struct replica *fresh = NULL;
    log_unusual("gate", "rebuild", LOG_U64("from", replica_k(g->replica)));
    ERR_TRY(replica_new(&fresh, g->deployment));
    replica_free(g->replica);
    g->replica = fresh;
    return follow(g, text, text_size);
}

/* The first chain that has committed k with another statement, or n_chains. */
static size_t other_commit(const struct gate *g, uint64_t k, const uint8_t statement[32])
{
    size_t c = 0;
    for (; c < g->deployment->n_chains; c++) {
        const struct l1_batch *b = l1_view_batch(g->views[c], k);
        if (b != NULL && memcmp(b->statement, statement, 32) != 0) break;
    }
    return c;
}

/* Whether what the replica holds is what the chains hold, as far as they hold it. */
static bool on_their_branch(const struct gate *g)
{
    for (uint64_t k = 1; k <= replica_k(g->replica); k++) {
        if (other_commit(g, k, g->statements[k - 1]) < g->deployment->n_chains) return false;
    }
    return true;
}

enum err gate_catch_up(struct gate *g, uint64_t *k, char *text, size_t text_size)
{
    for (size_t c = 0; c < g->deployment->n_chains; c++)
        ERR_TRY(l1_view_refresh(g->views[c], text, text_size));
    if (!on_their_branch(g)) ERR_TRY(rebuild(g, text, text_size));
    ERR_TRY(follow(g, text, text_size));
    *k = replica_k(g->replica);
    return ERR_OK;
}

/* ---- judging ---- */

static void verdict(struct gate_answer *a, enum gate_verdict v, const char *text)
{
    a->verdict = (uint8_t)v;
    (void)snprintf(a->text, sizeof a->text, "%s", text);
}

static const struct span *request_at(void *ctx, uint16_t chain, uint64_t index)
{
    struct gate *g = ctx;
    const struct span *r = l1_view_request(g->views[chain], index);
    if (r == NULL) g->request_missing = true;
    return r;
}

/* Statement that follows from what was sent. */
static enum err statement_of(struct gate *g, const struct gate_ask *ask, uint8_t out[32],
                             const char **why)
{
    struct statement_facts s = {.k = ask->k, .time = ask->time, .n_participants = ask->n_parts};
    memcpy(s.final_root_before, ask->final_root_before, 32);
    memcpy(s.final_root_after, ask->final_root_after, 32);
    for (uint32_t i = 0; i < ask->n_parts; i++) {
        const struct gate_part *p = &ask->parts[i];
        *why = "the statement does not follow from the batch";
        if (p->chain >= g->deployment->n_chains) return ERR_AUDIT;
        s.participants[i] = g->deployment->chains[p->chain].chain_id;
        if (p->blob)
            ERR_TRY(blob_pubdata(g->pubdata[i], g->segments[i], p->n_segments, why));
        else
            pubdata_compute(g->pubdata[i], g->segments[i], p->n_segments);
        memcpy(s.pubdata[i], g->pubdata[i], 32);
    }
    *why = "the statement does not follow from the batch";
    statement_compute(out, g->deployment->id, &g->digests, &s);
    return memcmp(out, ask->statement, 32) == 0 ? ERR_OK : ERR_AUDIT;
}

static void execute(struct gate *g, const struct gate_ask *ask, struct gate_answer *answer)
{
    struct replica_finding finding;
    struct feasible_fault fault;
    if (!feasible_check(ask, &fault)) {
        answer->chain = fault.chain;
        answer->record = fault.record;
        verdict(answer, GATE_REFUSED, fault.text);
        return;
    }
    struct replica_batch b = {.k = ask->k,
                              .time = ask->time,
                              .n_parts = ask->n_parts,
                              .request_at = request_at,
                              .request_ctx = g};
    memcpy(b.final_root_before, ask->final_root_before, 32);
    memcpy(b.final_root_after, ask->final_root_after, 32);
    for (uint32_t i = 0; i < ask->n_parts; i++) {
        b.parts[i] = (struct replica_part){.chain = ask->parts[i].chain,
                                           .segments = g->segments[i],
                                           .n_segments = ask->parts[i].n_segments,
                                           .pubdata = ask->parts[i].blob ? g->pubdata[i] : NULL,
                                           .root_after = ask->parts[i].root_after};
    }
    struct intent_request *intents = calloc(ask->n_requests + 1, sizeof *intents);
    if (intents == NULL) {
        verdict(answer, GATE_CANNOT_SEE, err_text(ERR_NOMEM));
        return;
    }
    for (uint32_t i = 0; i < ask->n_requests; i++) {
        const struct gate_request *q = &ask->requests[i];
        const char *why = NULL;
        if (intent_read(&intents[i], q->bytes, q->n_records, q->chain, q->record, &why) == ERR_OK)
            continue;
        answer->chain = q->chain[0];
        answer->record = q->record[0];
        verdict(answer, GATE_REFUSED, why);
        free(intents);
        return;
    }
    b.intents = intents;
    b.n_intents = ask->n_requests;
    g->request_missing = false;
    enum err err = replica_apply(g->replica, &b, &finding);
    free(intents);
    if (err == ERR_OK) err = remember(g);
    if (err == ERR_OK) {
        verdict(answer, GATE_APPROVED, "");
    } else if (err != ERR_AUDIT || g->request_missing) {
        verdict(answer, GATE_CANNOT_SEE, err == ERR_AUDIT ? finding.text : err_text(err));
    } else {
        answer->chain = finding.chain;
        answer->record =
            finding.record == REPLICA_NO_RECORD ? UINT32_MAX : (uint32_t)finding.record;
        verdict(answer, GATE_REFUSED, finding.text);
    }
}

/* Goes back to the state before batch k, which was approved with other content. */
static enum err take_back(struct gate *g, uint64_t k, char *text, size_t text_size)
{
    log_unusual("gate", "taken_back", LOG_U64("batch", k));
    if (k == replica_k(g->replica) && replica_undo(g->replica) == ERR_OK) return ERR_OK;
    return rebuild(g, text, text_size);
}

void gate_judge(struct gate *g, const struct gate_ask *ask, struct gate_answer *answer)
{
    uint8_t statement[32];
    uint64_t k = 0;
    char text[GATE_TEXT_MAX] = "";
    *answer = (struct gate_answer){.k = ask->k, .chain = REPLICA_NO_CHAIN, .record = UINT32_MAX};
    memcpy(answer->statement, ask->statement, 32);
    for (uint32_t i = 0; i < ask->n_parts; i++) {
        for (uint32_t j = 0; j < ask->parts[i].n_segments; j++)
            g->segments[i][j] = ask->parts[i].segments[j].bytes;
    }
    const char *why = "batch 0 is no batch";
    enum err err = ask->k == 0 ? ERR_AUDIT : statement_of(g, ask, statement, &why);
    if (err != ERR_OK) {
        verdict(answer, err == ERR_AUDIT ? GATE_REFUSED : GATE_CANNOT_SEE,
                err == ERR_AUDIT ? why : err_text(err));
        return;
    }
    err = gate_catch_up(g, &k, text, sizeof text);
    if (err == ERR_OK && ask->k <= k) {
        if (memcmp(g->statements[ask->k - 1], statement, 32) == 0) {
            verdict(answer, GATE_APPROVED, "");
            return;
        }
        size_t c = other_commit(g, ask->k, statement);
        if (c < g->deployment->n_chains) {
            (void)snprintf(text, sizeof text, "chain %.32s has committed another batch %" PRIu64,
                           g->deployment->chains[c].name, ask->k);
            verdict(answer, GATE_CANNOT_SEE, text);
            return;
        }
        err = take_back(g, ask->k, text, sizeof text);
        k = replica_k(g->replica);
    }
    if (err != ERR_OK) {
        verdict(answer, GATE_CANNOT_SEE, text[0] != '\0' ? text : err_text(err));
    } else if (ask->k != k + 1) {
        answer->k = k + 1;
        verdict(answer, GATE_EXPECTS, "");
    } else if (other_commit(g, ask->k, statement) < g->deployment->n_chains) {
        verdict(answer, GATE_CANNOT_SEE, "a chain has committed another batch with this number");
    } else {
        execute(g, ask, answer);
    }
}
