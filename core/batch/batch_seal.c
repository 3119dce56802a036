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

static enum err segment_fill(struct chain_trace *t, const struct batch_config *config)
{
    struct segment *s = calloc(1, sizeof *s);
    if (!s) return ERR_NOMEM;
    s->header.chain = t->chain;
    s->header.k = config->k;
    s->header.time = config->time;
    s->header.segment = t->segment;
    s->header.of = t->of;
    s->header.fee_account = t->fee_account;
    for (int i = 0; i < BATCH_FEE_TOKENS; i++)
        s->header.fees[i] = (struct fee_entry){t->fee_slots[i].token, t->fee_slots[i].slot};
    s->n_records = t->n_ops;
    for (uint32_t i = 0; i < t->n_ops; i++) record_from_op(&s->records[i], t->chain, &t->ops[i]);
    enum err err = segment_encode(s, t->bytes, &t->n_bytes);
    free(s);
    if (err == ERR_OK) sha256(t->segment_hash, t->bytes, t->n_bytes);
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
    t->of = 1;
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

enum err batch_seal(struct batch *b, struct sealed_batch *out)
{
    struct sealed_batch s = {.k = b->config.k, .time = b->config.time};
    enum err err = ERR_OK;
    if (b->sealed || batch_count_all_ops(b) == 0) return ERR_BAD_STATE;
    for (uint32_t i = 0; i < b->n_parts && err == ERR_OK; i++) {
        if (b->parts[i]->n_ops == 0) continue;
        REQUIRE(s.n_segments < BATCH_SEGMENTS_MAX);
        err = trace_build(b, b->parts[i], &s.traces[s.n_segments]);
        s.n_segments++;
    }
    uint32_t moved = 0;
    for (uint32_t i = 0; i < b->n_parts && err == ERR_OK; i++) {
        if (b->parts[i]->n_ops == 0) continue;
        err = chain_state_advance(b->parts[i]->state, s.traces[moved]);
        if (err == ERR_OK) moved++;
    }
    if (err != ERR_OK) {
        for (uint32_t i = 0, n = 0; i < b->n_parts && n < moved; i++) {
            if (b->parts[i]->n_ops == 0) continue;
            REQUIRE(chain_state_revert(b->parts[i]->state, s.traces[n++]) == ERR_OK);
        }
        sealed_batch_deinit(&s);
        return err;
    }
    b->sealed = true;
    s.n_slices = 1;
    *out = s;
    return ERR_OK;
}
