#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/crypto/sha256.h"
#include "core/batch/batch.h"
#include "core/batch/batch_internal.h"

/* Slot-0 contents that occur: before, after, and those a key was changed through and from. */
static enum err preimages_collect(struct chain_trace *t, const struct batch_part *p)
{
    uint32_t cap = 2 * t->n_cells + 2 * t->n_ops + 1, n = 0;
    struct slot0_preimage *out = calloc(cap, sizeof *out);
    if (!out) return ERR_NOMEM;
    t->preimages = out;
    for (uint32_t i = 0; i < 2 * t->n_cells; i++) {
        const struct touched_cell *c = &t->cells[i / 2];
        if (c->slot != SLOT_IDENTITY) continue;
        const struct slot0_preimage *found =
            preimages_find(p->state->preimages, i % 2 ? &c->after : &c->before);
        bool there = found == NULL;
        for (uint32_t j = 0; j < n && !there; j++)
            there = cell_equal(&out[j].digest, &found->digest);
        if (!there) out[n++] = *found;
    }
    /* A key replaced twice in the batch leaves contents that are neither before nor after. */
    for (uint32_t i = 0; i < t->n_ops; i++) {
        const struct op *op = &t->ops[i];
        struct user_cell user = {0};
        struct cell digest;
        if (op->code == OP_CHANGE_KEY) {
            user = (struct user_cell){op->u.change_key.new_auth, op->u.change_key.new_height,
                                      p->signers[i], op->u.change_key.new_root};
        } else if (op->code == OP_PRIORITY && op->u.priority.outcome == OUTCOME_APPLIED &&
                   op->u.priority.kind == PRIORITY_SET_KEY) {
            user = (struct user_cell){op->u.priority.auth, op->u.priority.height,
                                      op->u.priority.owner, op->u.priority.root};
        } else if (op->code == OP_PRIORITY && op->u.priority.outcome == OUTCOME_APPLIED &&
                   op->u.priority.kind == PRIORITY_DEPOSIT_WITH_KEY) {
            user = (struct user_cell){1, XMSS_HEIGHT_SMALL, op->u.priority.owner,
                                      op->u.priority.root};
        } else if (op->code == OP_PRIORITY && op->u.priority.outcome == OUTCOME_APPLIED &&
                   op->u.priority.kind == PRIORITY_DEPOSIT && op->u.priority.id == ACCOUNT_NEW) {
            user = (struct user_cell){.owner = op->u.priority.owner};
        } else if (op->code == OP_OPEN) {
            user = (struct user_cell){.owner = op->u.open.owner};
        } else {
            continue;
        }
        ERR_TRY(preimages_add_user(p->state->preimages, &user, &digest));
        bool there = false;
        for (uint32_t j = 0; j < n && !there; j++) there = cell_equal(&out[j].digest, &digest);
        if (there) continue;
        REQUIRE(n < cap);
        out[n].kind = PREIMAGE_USER;
        out[n].digest = digest;
        out[n++].user = user;
    }
    t->n_preimages = n;
    return ERR_OK;
}

/* All but segment and `of`, which the sealing writes. */
static enum err segment_fill(struct chain_trace *t, const struct batch_config *config)
{
    struct segment *s = calloc(1, sizeof *s);
    if (!s) return ERR_NOMEM;
    s->header.chain = t->chain;
    s->header.k = config->k;
    s->header.time = config->time;
    s->header.of = 1;
    s->header.fee_account = t->fee_account;
    for (int i = 0; i < BATCH_FEE_TOKENS; i++)
        s->header.fees[i] = (struct fee_entry){t->fee_slots[i].token, t->fee_slots[i].slot};
    s->n_records = t->n_ops;
    for (uint32_t i = 0; i < t->n_ops; i++) record_from_op(&s->records[i], t->chain, &t->ops[i]);
    enum err err = segment_encode(s, t->bytes, &t->n_bytes);
    free(s);
    return err;
}

static void tuples_fill(struct chain_trace *t, const struct batch_part *p)
{
    struct tuple tuples[BATCH_TUPLES_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_ops; i++) {
        if (!op_has_tuple(t->ops[i].code)) continue;
        REQUIRE(n < BATCH_TUPLES_MAX);
        tuple_from_op(&tuples[n++], p->rules.dep, t->chain, &t->ops[i], &p->signers[i]);
    }
    t->n_tuples = n;
    tuples_digest(&t->tuple_digest, tuples, n);
}

static enum err trace_build(const struct batch *b, const struct batch_part *p,
                            struct chain_trace **out)
{
    struct chain_trace *t = calloc(1, sizeof *t);
    if (!t) return ERR_NOMEM;
    *out = t;
    memcpy(t->deployment_id, b->config.deployment_id, sizeof t->deployment_id);
    t->chain = p->rules.chain;
    t->slice = (uint8_t)b->n_slices;
    t->large = batch_part_check(p, &batch_limits_standard) != RULE_OK;
    t->k = b->config.k;
    t->time = b->config.time;
    t->fee_account = p->rules.fee_account;
    memcpy(t->fee_slots, p->rules.fee_slots, sizeof t->fee_slots);
    t->n_ops = p->n_ops;
    memcpy(t->ops, p->ops, p->n_ops * sizeof p->ops[0]);
    t->n_signatures = p->n_signatures;
    t->signatures = calloc(p->n_signatures ? p->n_signatures : 1, sizeof t->signatures[0]);
    if (!t->signatures) return ERR_NOMEM;
    memcpy(t->signatures, p->signatures, p->n_signatures * sizeof t->signatures[0]);
    for (uint32_t i = 0; i < t->n_ops; i++) {
        struct op_auth *auth = op_auth_of(&t->ops[i]);
        if (auth && auth->signature)
            auth->signature = t->signatures + (auth->signature - p->signatures);
    }
    t->n_cells = p->overlay.n_cells;
    overlay_sorted(&p->overlay, t->cells);
    ERR_TRY(preimages_collect(t, p));
    ERR_TRY(tree_rows_build(p->state->cells, t->cells, t->n_cells, &t->tree_rows, &t->n_tree_rows,
                            &t->root_before, &t->root_after));
    REQUIRE(t->n_tree_rows == p->overlay.n_tree_rows);
    ERR_TRY(segment_fill(t, &b->config));
    REQUIRE(t->n_bytes == p->n_bytes);
    tuples_fill(t, p);
    return ERR_OK;
}

/* Moves the states of traces from .. to - 1; on failure none is moved. */
static enum err states_move(const struct batch *b, struct chain_trace *const *traces, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        enum err err = chain_state_advance(batch_part_find(b, traces[i]->chain)->state, traces[i]);
        if (err == ERR_OK) continue;
        while (i-- > 0)
            REQUIRE(chain_state_revert(batch_part_find(b, traces[i]->chain)->state, traces[i]) ==
                    ERR_OK);
        return err;
    }
    return ERR_OK;
}

enum err batch_slice_close(struct batch *b)
{
    struct chain_trace *traces[BATCH_CHAINS_MAX] = {NULL};
    uint32_t n = 0;
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < b->n_parts && err == ERR_OK; i++)
        if (b->parts[i]->n_ops > 0) err = trace_build(b, b->parts[i], &traces[n++]);
    REQUIRE(b->n_traces + n <= BATCH_SEGMENTS_MAX && b->n_slices < BATCH_SLICES_MAX);
    if (err == ERR_OK) err = states_move(b, traces, n);
    if (err != ERR_OK) {
        for (uint32_t i = 0; i < n; i++) chain_trace_free(traces[i]);
        return err;
    }
    memcpy(b->traces + b->n_traces, traces, n * sizeof traces[0]);
    b->n_traces += n;
    b->n_slices++;
    return ERR_OK;
}

void batch_slices_undo(struct batch *b)
{
    while (b->n_traces > 0) {
        struct chain_trace *t = b->traces[--b->n_traces];
        REQUIRE(chain_state_revert(batch_part_find(b, t->chain)->state, t) == ERR_OK);
        chain_trace_free(t);
    }
}

/* The numbers of a chain's segments are known now: into headers and hashes. */
static void segments_number(struct sealed_batch *s, uint16_t chain)
{
    struct chain_trace *own[BATCH_SEGMENTS_MAX];
    uint32_t n = sealed_batch_of_chain(s, chain, own);
    for (uint32_t i = 0; i < n; i++) {
        own[i]->segment = (uint8_t)i;
        own[i]->of = (uint8_t)n;
        segment_number_write(own[i]->bytes, own[i]->segment, own[i]->of);
        sha256(own[i]->segment_hash, own[i]->bytes, own[i]->n_bytes);
    }
}

enum err batch_seal(struct batch *b, struct sealed_batch *out)
{
    struct sealed_batch s = {.k = b->config.k, .time = b->config.time};
    if (b->sealed || batch_count_all_ops(b) == 0) return ERR_BAD_STATE;
    ERR_TRY(batch_slice_close(b));
    s.n_slices = b->n_slices;
    s.n_segments = b->n_traces;
    memcpy(s.traces, b->traces, b->n_traces * sizeof s.traces[0]);
    for (uint32_t i = 0; i < b->n_parts; i++) segments_number(&s, b->parts[i]->rules.chain);
    b->sealed = true;
    b->n_traces = 0;
    *out = s;
    return ERR_OK;
}
