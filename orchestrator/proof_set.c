#include "orchestrator/proof_set.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/sha256.h"
#include "common/field/poseidon16.h"
#include "core/batch/chain_trace_codec.h"
#include "core/batch/publics.h"
#include "prover/verify/labels.h"

/* ---- what is stated ---- */

/* Leaves of all sizes and forms are numbered in one row, and so are pairings. */
static enum layer kind_of(enum layer layer)
{
    return layer <= LAYER_LEAF_LARGE_BLOB ? LAYER_LEAF
           : layer == LAYER_PAIRING_LARGE ? LAYER_PAIRING
                                          : layer;
}

/* The smallest program that takes a segment; a slice's half operations. */
static enum layer leaf_layer(const struct chain_trace *t)
{
    if (t->blob.on) return t->large ? LAYER_LEAF_LARGE_BLOB : LAYER_LEAF_BLOB;
    return t->large ? LAYER_LEAF_LARGE : LAYER_LEAF;
}

/* What a leaf states; how many values. */
static uint32_t leaf_states(uint32_t publics[LEAF_BLOB_PUBLICS], const struct chain_trace *t)
{
    if (t->blob.on)
        leaf_blob_publics(publics, t);
    else
        leaf_publics(publics, t);
    return t->blob.on ? LEAF_BLOB_PUBLICS : LEAF_PUBLICS;
}

static enum layer pairing_layer(const struct sealed_batch *sealed, uint32_t slice)
{
    uint32_t first = 0;
    uint32_t halves = 0;
    const uint32_t segments = sealed_batch_of_slice(sealed, slice, &first);
    for (uint32_t i = first; i < first + segments; i++)
        halves += sealed->traces[i]->n_tuples;
    return halves > 2 * batch_limits_standard.pairs ? LAYER_PAIRING_LARGE : LAYER_PAIRING;
}

static void job_init(struct proof_job *j, const struct proof_set *set, uint64_t from, uint64_t to,
                     enum layer layer)
{
    *j = (struct proof_job){.id = {.from = from, .to = to, .layer = (uint8_t)layer}};
    for (const struct proof_job *other = set->jobs; other < j; other++)
        j->id.index = (uint16_t)(j->id.index + (kind_of(other->id.layer) == kind_of(layer) &&
                                                other->id.from == from && other->id.to == to));
}

static void job_states(struct proof_job *j, const uint32_t *publics, uint32_t n)
{
    uint8_t bytes[1 + 4 * PROOF_PUBLICS_MAX];
    REQUIRE(n <= PROOF_PUBLICS_MAX);
    memcpy(j->publics, publics, n * sizeof *publics);
    j->n_publics = n;
    bytes[0] = j->id.layer;
    for (uint32_t i = 0; i < n; i++)
        put_be32(bytes + 1 + 4 * i, publics[i]);
    sha256(j->id.content, bytes, 1 + 4 * n);
}

static void job_statement(struct proof_job *j, const struct layer_statement *s)
{
    uint32_t publics[48];
    layer_statement_write(s, publics);
    job_states(j, publics, 48);
}

/* The fact or node of facts that a job of a facts tree stands for. */
static void job_facts(const struct proof_job *j, uint32_t out[8])
{
    struct layer_statement s;
    if (kind_of(j->id.layer) == LAYER_LEAF) {
        layer_fact_of_leaf(j->id.layer, j->publics, j->n_publics, out);
    } else if (kind_of(j->id.layer) == LAYER_PAIRING) {
        memcpy(out, j->publics, 8 * sizeof *out);
    } else {
        REQUIRE(layer_statement_read(j->publics, &s) == ERR_OK);
        memcpy(out, s.facts, sizeof s.facts);
    }
}

/* S of recursion.md section 5, over the segments of the slice that have tuples. */
static void pairing_states(struct proof_job *j, const struct sealed_batch *sealed, uint32_t slice)
{
    uint32_t e[16 + 16 * BATCH_PARTICIPANTS_MAX] = {0};
    uint32_t digest[8];
    uint32_t n = 0;
    uint32_t first = 0;
    const uint32_t segments = sealed_batch_of_slice(sealed, slice, &first);
    deployment_elements(e, sealed->traces[0]->deployment_id);
    e[8] = sealed->traces[0]->time & 0xffff;
    e[9] = sealed->traces[0]->time >> 16;
    for (uint32_t i = first; i < first + segments; i++) {
        const struct chain_trace *t = sealed->traces[i];
        if (t->n_tuples == 0) continue;
        memcpy(e + 16 + 16 * n, t->tuple_digest.e, sizeof t->tuple_digest.e);
        e[24 + 16 * n] = t->chain;
        e[25 + 16 * n] = t->n_tuples;
        n++;
    }
    e[10] = n;
    poseidon_sponge(TAG_FACT_PAIRING, e, 16 + 16 * (size_t)n, digest);
    job_states(j, digest, 8);
}

static void batch_states(struct proof_job *j, const struct proof_job *facts,
                         const struct seq_batch *b)
{
    uint32_t publics[40];
    job_facts(facts, publics);
    for (int i = 0; i < 16; i++) {
        publics[8 + i] = get_be16(b->digest_before + 2 * i);
        publics[24 + i] = get_be16(b->digest + 2 * i);
    }
    job_states(j, publics, 40);
}

static void adopt(struct proof_job *parent, struct proof_job *child)
{
    REQUIRE(parent->n_children < LAYER_CHILDREN_MAX);
    parent->children[parent->n_children++] = child;
}

/* ---- a batch ---- */

static void facts_step(struct proof_job *j, const struct proof_set *set,
                       const struct layer_step *step, const uint32_t keys_root[8])
{
    struct layer_statement s = {.facts = {0}};
    uint32_t left[8];
    uint32_t right[8];
    job_init(j, set, set->from, set->to, step->layer);
    adopt(j, &set->jobs[step->left]);
    job_facts(&set->jobs[step->left], left);
    memcpy(s.keys_root, keys_root, sizeof s.keys_root);
    if (step->right == UINT32_MAX) {
        memcpy(s.facts, left, sizeof s.facts);
    } else {
        adopt(j, &set->jobs[step->right]);
        job_facts(&set->jobs[step->right], right);
        layer_facts_node(left, right, s.facts);
    }
    job_statement(j, &s);
}

enum err proof_set_batch(struct proof_set *out, const struct seq_batch *b,
                         const uint32_t keys_root[8])
{
    const struct sealed_batch *sealed = &b->sealed;
    uint32_t n_leaves = sealed->n_segments;
    uint32_t slices[BATCH_SLICES_MAX];
    uint32_t n_pairings = sealed_batch_pairings(sealed, slices);
    enum layer items[BATCH_SEGMENTS_MAX + BATCH_SLICES_MAX];
    struct layer_step steps[2 * (BATCH_SEGMENTS_MAX + BATCH_SLICES_MAX)];
    uint32_t publics[LEAF_BLOB_PUBLICS];
    REQUIRE(n_leaves >= 1 && n_leaves <= BATCH_SEGMENTS_MAX);
    for (uint32_t i = 0; i < n_leaves; i++)
        items[i] = leaf_layer(sealed->traces[i]);
    for (uint32_t i = 0; i < n_pairings; i++)
        items[n_leaves + i] = pairing_layer(sealed, slices[i]);
    uint32_t n_steps = layer_facts_plan(items, n_leaves, n_pairings, steps);
    *out = (struct proof_set){.from = b->k, .to = b->k};
    out->jobs = calloc(n_leaves + n_pairings + n_steps + 2, sizeof *out->jobs);
    if (out->jobs == NULL) return ERR_NOMEM;
    for (uint32_t i = 0; i < n_leaves; i++) {
        struct proof_job *j = &out->jobs[out->n++];
        job_init(j, out, b->k, b->k, items[i]);
        job_states(j, publics, leaf_states(publics, sealed->traces[i]));
    }
    for (uint32_t i = 0; i < n_pairings; i++) {
        struct proof_job *j = &out->jobs[out->n++];
        job_init(j, out, b->k, b->k, items[n_leaves + i]);
        pairing_states(j, sealed, slices[i]);
    }
    for (uint32_t i = 0; i < n_steps; i++)
        facts_step(&out->jobs[out->n++], out, &steps[i], keys_root);
    struct proof_job *facts = &out->jobs[out->n - 1];
    struct proof_job *batch = &out->jobs[out->n++];
    job_init(batch, out, b->k, b->k, LAYER_BATCH);
    batch_states(batch, facts, b);
    struct proof_job *join = &out->jobs[out->n++];
    struct layer_statement s = {.facts = {0}};
    job_init(join, out, b->k, b->k, LAYER_JOIN_BATCH);
    adopt(join, facts);
    adopt(join, batch);
    memcpy(s.keys_root, keys_root, sizeof s.keys_root);
    memcpy(s.from, b->digest_before, 32);
    memcpy(s.to, b->digest, 32);
    job_statement(join, &s);
    return ERR_OK;
}

/* ---- a range ---- */

static struct proof_job *claim(struct proof_set *set, enum layer layer, struct proof_job *left,
                               struct proof_job *right)
{
    struct layer_statement s;
    struct layer_statement last;
    struct proof_job *j = &set->jobs[set->n++];
    job_init(j, set, left->id.from, right == NULL ? left->id.to : right->id.to, layer);
    adopt(j, left);
    REQUIRE(layer_statement_read(left->publics, &s) == ERR_OK);
    if (right != NULL) {
        adopt(j, right);
        REQUIRE(layer_statement_read(right->publics, &last) == ERR_OK);
        REQUIRE(memcmp(s.to, last.from, 32) == 0);
        memcpy(s.to, last.to, 32);
    }
    job_statement(j, &s);
    return j;
}

enum err proof_set_range(struct proof_set *out, struct proof_job *const *roots, uint32_t n)
{
    struct proof_job *row[PROOF_RANGE_MAX];
    REQUIRE(n >= 1 && n <= PROOF_RANGE_MAX);
    *out = (struct proof_set){.from = roots[0]->id.from, .to = roots[n - 1]->id.to};
    out->jobs = calloc(n - 1 + 2, sizeof *out->jobs);
    if (out->jobs == NULL) return ERR_NOMEM;
    memcpy(row, roots, n * sizeof row[0]);
    while (n > 1) { /* neighbours; an odd one goes up alone */
        uint32_t up = 0;
        for (uint32_t i = 0; i + 1 < n; i += 2)
            row[up++] = claim(out, LAYER_RANGE, row[i], row[i + 1]);
        if (n % 2 == 1) row[up++] = row[n - 1];
        n = up;
    }
    struct proof_job *shrink = claim(out, LAYER_SHRINK, row[0], NULL);
    (void)claim(out, LAYER_TERMINAL, shrink, NULL);
    return ERR_OK;
}

/* ---- life of jobs ---- */

void proof_set_deinit(struct proof_set *set)
{
    for (uint32_t i = 0; i < set->n; i++)
        free(set->jobs[i].proof);
    free(set->jobs);
    *set = (struct proof_set){.n = 0};
}

struct proof_job *proof_set_last(const struct proof_set *set)
{
    return set->n == 0 ? NULL : &set->jobs[set->n - 1];
}

struct proof_job *proof_set_find(const struct proof_set *set, const struct job_id *id)
{
    for (uint32_t i = 0; i < set->n; i++) {
        const struct job_id *at = &set->jobs[i].id;
        if (at->from == id->from && at->to == id->to && at->layer == id->layer &&
            at->index == id->index && memcmp(at->content, id->content, sizeof id->content) == 0)
            return &set->jobs[i];
    }
    return NULL;
}

struct proof_job *proof_set_ready(const struct proof_set *set)
{
    for (uint32_t i = set->n; i > 0; i--) {
        struct proof_job *j = &set->jobs[i - 1];
        bool ready = j->state == PROOF_WAITING;
        for (uint32_t c = 0; c < j->n_children; c++)
            ready = ready && j->children[c]->state == PROOF_DONE;
        if (ready) return j;
    }
    return NULL;
}

static void spend(struct proof_job *j, void (*spent)(void *ctx, const struct proof_job *job),
                  void *ctx)
{
    /* A batch's join may be wanted again, in another range. */
    if (j->state == PROOF_SPENT || j->id.layer == LAYER_JOIN_BATCH) return;
    if (j->state != PROOF_WAITING && spent != NULL) spent(ctx, j);
    j->state = PROOF_SPENT;
    free(j->proof);
    j->proof = NULL;
    for (uint32_t i = 0; i < j->n_children; i++)
        spend(j->children[i], spent, ctx);
}

void proof_job_done(struct proof_job *j, uint8_t *proof, size_t len, uint64_t prove_ms,
                    void (*spent)(void *ctx, const struct proof_job *job), void *ctx)
{
    REQUIRE(j->proof == NULL);
    j->state = PROOF_DONE;
    j->proof = proof;
    j->proof_len = len;
    j->prove_ms = prove_ms;
    for (uint32_t i = 0; i < j->n_children; i++)
        spend(j->children[i], spent, ctx);
}

void proof_set_spend(struct proof_set *set)
{
    for (uint32_t i = 0; i < set->n; i++) {
        set->jobs[i].state = PROOF_SPENT;
        free(set->jobs[i].proof);
        set->jobs[i].proof = NULL;
    }
}

void proof_job_as_layer(struct layer_proof *out, const struct proof_job *j, const uint8_t *proof,
                        size_t len)
{
    memset(out, 0, sizeof *out);
    out->layer = (enum layer)j->id.layer;
    out->n_publics = j->n_publics;
    memcpy(out->publics, j->publics, j->n_publics * sizeof j->publics[0]);
    out->proof.data = (uint8_t *)(uintptr_t)proof; /* read only by those who take it const */
    out->proof.len = len;
}

/* ---- handing out ---- */

static void chain_fill(struct job_batch_chain *c, const struct deployment_chain *d,
                       const struct seq_batch *b)
{
    c->index = d->index;
    c->chain_id = d->chain_id;
    c->finality = d->finality;
    memcpy(c->contract, d->contract, 20);
    memcpy(c->root_before, b->roots_before[d->index].e, sizeof c->root_before);
    memcpy(c->root_after, b->roots[d->index].e, sizeof c->root_after);
}

static void batch_fill(struct job_batch *out, const struct deployment *d,
                       const uint8_t programs_digest[32], const struct seq_batch *b)
{
    memcpy(out->deployment_id, d->id, 32);
    memcpy(out->programs_digest, programs_digest, 32);
    memcpy(out->digest_before, b->digest_before, 32);
    deployment_elements(out->dep, d->id);
    out->k = b->k;
    out->time = b->time;
    out->n_chains = (uint32_t)d->n_chains;
    for (size_t i = 0; i < d->n_chains; i++)
        chain_fill(&out->chains[i], &d->chains[i], b);
    uint32_t slices[BATCH_SLICES_MAX];
    uint32_t y = 0;
    out->n_segments = b->sealed.n_segments;
    out->n_pairings = sealed_batch_pairings(&b->sealed, slices);
    for (uint32_t i = 0; i < b->sealed.n_segments; i++) { /* by slice */
        const struct chain_trace *t = b->sealed.traces[i];
        out->blob[i] = t->blob.on;
        (void)leaf_states(out->segments[i], t);
        if (t->n_tuples == 0) continue;
        while (slices[y] != t->slice)
            y++;
        struct job_batch_pairing *p = &out->pairings[y];
        struct job_batch_side *side = &p->sides[p->n_sides++];
        side->chain = t->chain;
        side->count = t->n_tuples;
        memcpy(side->digest, t->tuple_digest.e, sizeof side->digest);
    }
}

static enum err batch_input(struct bytes_buf *out, const struct deployment *d,
                            const uint8_t programs_digest[32], const struct seq_batch *b)
{
    struct job_batch *facts = calloc(1, sizeof *facts);
    if (facts == NULL) return ERR_NOMEM;
    batch_fill(facts, d, programs_digest, b);
    enum err err = job_batch_write(out, facts);
    free(facts);
    return err;
}

/* The wire form of layers.h, written here: it knows the lengths of real proofs only. */
static enum err child_input(struct bytes_buf *out, const struct proof_job *child)
{
    ERR_TRY(bytes_buf_append_u8(out, child->id.layer));
    ERR_TRY(bytes_buf_append_be16(out, (uint16_t)child->n_publics));
    for (uint32_t i = 0; i < child->n_publics; i++)
        ERR_TRY(bytes_buf_append_be32(out, child->publics[i]));
    return bytes_buf_append(out, child->proof, child->proof_len);
}

/* The half operations of every segment of pairing number `index`. */
static enum err pairing_inputs(struct bytes_buf inputs[JOB_INPUTS_MAX], uint8_t *n,
                               const struct sealed_batch *sealed, uint32_t index)
{
    uint32_t slices[BATCH_SLICES_MAX];
    uint32_t first = 0;
    REQUIRE(index < sealed_batch_pairings(sealed, slices));
    const uint32_t segments = sealed_batch_of_slice(sealed, slices[index], &first);
    for (uint32_t i = first; i < first + segments; i++) {
        if (sealed->traces[i]->n_tuples > 0)
            ERR_TRY(chain_trace_write_halves(&inputs[(*n)++], sealed->traces[i]));
    }
    return ERR_OK;
}

static enum err inputs_write(struct bytes_buf inputs[JOB_INPUTS_MAX], uint8_t *n,
                             const struct proof_job *j, const struct deployment *d,
                             const uint8_t programs_digest[32], const struct seq_batch *b)
{
    switch (kind_of(j->id.layer)) {
    case LAYER_LEAF:
        return chain_trace_write(&inputs[(*n)++], b->sealed.traces[j->id.index]);
    case LAYER_PAIRING:
        return pairing_inputs(inputs, n, &b->sealed, j->id.index);
    case LAYER_BATCH:
        return batch_input(&inputs[(*n)++], d, programs_digest, b);
    default:
        for (uint32_t i = 0; i < j->n_children; i++)
            ERR_TRY(child_input(&inputs[(*n)++], j->children[i]));
        return ERR_OK;
    }
}

enum err proof_job_write(struct bytes_buf *body, const struct proof_job *j,
                         const struct deployment *d, const uint8_t programs_digest[32],
                         const struct seq_batch *b)
{
    struct job job = {.id = j->id};
    struct bytes_buf inputs[JOB_INPUTS_MAX];
    for (int i = 0; i < JOB_INPUTS_MAX; i++)
        bytes_buf_init(&inputs[i], PROOF_BYTES_MAX + CHAIN_TRACE_BYTES_MAX);
    enum err err = inputs_write(inputs, &job.n_inputs, j, d, programs_digest, b);
    for (int i = 0; i < job.n_inputs; i++)
        job.inputs[i] = bytes_buf_span(&inputs[i]);
    if (err == ERR_OK) err = job_write(body, &job);
    for (int i = 0; i < JOB_INPUTS_MAX; i++)
        bytes_buf_deinit(&inputs[i]);
    return err;
}
