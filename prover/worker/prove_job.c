#include "prover/worker/prove_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/msg/job_batch.h"
#include "core/batch/chain_trace_codec.h"
#include "core/batch/publics.h"
#include "prover/prove/system_prove.h"
#include "prover/trace/batch_trace.h"
#include "prover/trace/leaf_trace.h"
#include "prover/trace/pairing_trace.h"

enum { INPUT_MAX = 32 * 1024 * 1024 };

enum err proof_work_init(struct proof_work *w, const struct job *job, unsigned threads)
{
    memset(w, 0, sizeof *w);
    if (job->id.layer >= LAYER_COUNT) return ERR_PARSE;
    w->id = job->id;
    w->threads = threads;
    w->n_inputs = job->n_inputs;
    layer_proof_init(&w->out, (enum layer)job->id.layer);
    enum err err = ERR_OK;
    for (int i = 0; i < JOB_INPUTS_MAX; i++)
        bytes_buf_init(&w->inputs[i], INPUT_MAX);
    for (int i = 0; i < job->n_inputs && err == ERR_OK; i++)
        err = bytes_buf_append(&w->inputs[i], job->inputs[i].data, job->inputs[i].len);
    if (err != ERR_OK) proof_work_deinit(w);
    return err;
}

void proof_work_deinit(struct proof_work *w)
{
    for (int i = 0; i < JOB_INPUTS_MAX; i++)
        bytes_buf_deinit(&w->inputs[i]);
    layer_proof_deinit(&w->out);
}

/* ---- what the machine does not make: leaf, pairing, batch ---- */

static enum err leaf_witness(struct proof_work *w, const struct program *p, struct ir_trace **out)
{
    struct chain_trace *t = NULL;
    if (w->n_inputs != 1) return ERR_PARSE;
    ERR_TRY(chain_trace_read(&t, bytes_buf_span(&w->inputs[0])));
    const bool blob = w->out.layer == LAYER_LEAF_BLOB || w->out.layer == LAYER_LEAF_LARGE_BLOB;
    enum err err = ERR_PARSE;
    if (blob == t->blob.on)
        err = leaf_trace_fill_threads(out, p->system, t, w->threads, w->text, sizeof w->text);
    w->out.n_publics = blob ? LEAF_BLOB_PUBLICS : LEAF_PUBLICS;
    if (blob)
        leaf_blob_publics(w->out.publics, t);
    else
        leaf_publics(w->out.publics, t);
    chain_trace_free(t);
    return err;
}

static enum err slice_fill(struct proof_work *w, const struct program *p,
                           struct chain_trace *const *traces, struct ir_trace **out)
{
    struct pairing_side *sides = calloc(w->n_inputs, sizeof *sides);
    if (sides == NULL) return ERR_NOMEM;
    struct pairing_slice slice = {
        .time = traces[0]->time, .n_sides = w->n_inputs, .sides = sides};
    deployment_elements(slice.dep, traces[0]->deployment_id);
    for (int i = 0; i < w->n_inputs; i++)
        pairing_side_from_trace(&sides[i], traces[i]);
    enum err err = pairing_slice_fill(out, p->system, &slice, w->text, sizeof w->text);
    if (err == ERR_OK) {
        struct batch_pairing stated;
        pairing_slice_pairing(&stated, &slice);
        struct batch_fact fact = batch_fact_pairing(&stated);
        memcpy(w->out.publics, fact.e, sizeof fact.e);
        w->out.n_publics = 8;
    }
    free(sides);
    return err;
}

static enum err pairing_witness(struct proof_work *w, const struct program *p,
                                struct ir_trace **out)
{
    struct chain_trace *traces[JOB_INPUTS_MAX] = {NULL};
    enum err err = w->n_inputs == 0 ? ERR_PARSE : ERR_OK;
    for (int i = 0; i < w->n_inputs && err == ERR_OK; i++)
        err = chain_trace_read(&traces[i], bytes_buf_span(&w->inputs[i]));
    if (err == ERR_OK) err = slice_fill(w, p, traces, out);
    for (int i = 0; i < JOB_INPUTS_MAX; i++) {
        if (traces[i] != NULL) chain_trace_free(traces[i]);
    }
    return err;
}

/* Room for a batch's lists beside the message that names them. */
struct batch_lists {
    struct job_batch job;
    struct chain_entry chains[JOB_BATCH_CHAINS_MAX];
    struct digest8 before[JOB_BATCH_CHAINS_MAX], after[JOB_BATCH_CHAINS_MAX];
    struct batch_segment segments[JOB_BATCH_SEGMENTS_MAX];
    struct batch_pairing pairings[JOB_BATCH_PAIRINGS_MAX];
    struct batch_tree tree;
};

/* The facts tree as the joins make it, whatever the sizes of the leaves: lifts of one stand for the
 * fact itself. */
static void tree_of(struct batch_tree *tree, uint32_t n_leaves, uint32_t n_pairings)
{
    struct layer_step steps[2 * (JOB_BATCH_SEGMENTS_MAX + JOB_BATCH_PAIRINGS_MAX)];
    uint32_t operand[3 * (JOB_BATCH_SEGMENTS_MAX + JOB_BATCH_PAIRINGS_MAX)];
    uint32_t n = n_leaves + n_pairings;
    uint32_t n_steps = layer_facts_plan(NULL, n_leaves, n_pairings, steps);
    tree->n_nodes = 0;
    for (uint32_t i = 0; i < n; i++)
        operand[i] = i;
    for (uint32_t i = 0; i < n_steps; i++) {
        if (steps[i].right == UINT32_MAX) {
            operand[n + i] = operand[steps[i].left];
            continue;
        }
        tree->nodes[tree->n_nodes].left = (uint16_t)operand[steps[i].left];
        tree->nodes[tree->n_nodes].right = (uint16_t)operand[steps[i].right];
        operand[n + i] = n + tree->n_nodes++;
    }
}

static void lists_fill(struct batch_lists *l, struct batch_input *in)
{
    const struct job_batch *b = &l->job;
    *in = (struct batch_input){.k = b->k,
                               .time = b->time,
                               .n_chains = b->n_chains,
                               .n_segments = b->n_segments,
                               .n_pairings = b->n_pairings,
                               .chains = l->chains,
                               .roots_before = l->before,
                               .roots_after = l->after,
                               .segments = l->segments,
                               .pairings = l->pairings,
                               .tree = &l->tree};
    memcpy(in->deployment_id, b->deployment_id, 32);
    memcpy(in->programs_digest, b->programs_digest, 32);
    memcpy(in->d_from, b->digest_before, 32);
    for (uint32_t i = 0; i < b->n_chains; i++) {
        const struct job_batch_chain *c = &b->chains[i];
        l->chains[i] = (struct chain_entry){
            .index = c->index, .chain_id = c->chain_id, .finality = c->finality};
        memcpy(l->chains[i].address, c->contract, 20);
        memcpy(l->before[i].e, c->root_before, sizeof c->root_before);
        memcpy(l->after[i].e, c->root_after, sizeof c->root_after);
    }
    for (uint32_t i = 0; i < b->n_segments; i++) {
        l->segments[i].blob = b->blob[i];
        memcpy(l->segments[i].publics, b->segments[i], sizeof b->segments[i]);
    }
    for (uint32_t i = 0; i < b->n_pairings; i++) {
        struct batch_pairing *p = &l->pairings[i];
        p->time = b->time;
        p->n_sides = b->pairings[i].n_sides;
        memcpy(p->dep, b->dep, sizeof p->dep);
        for (uint32_t s = 0; s < p->n_sides; s++) {
            const struct job_batch_side *side = &b->pairings[i].sides[s];
            p->sides[s] = (struct batch_side){.chain = side->chain, .count = side->count};
            memcpy(p->sides[s].digest, side->digest, sizeof side->digest);
        }
    }
    tree_of(&l->tree, b->n_segments, b->n_pairings);
}

static enum err batch_witness(struct proof_work *w, const struct program *p, struct ir_trace **out)
{
    struct batch_input in;
    if (w->n_inputs != 1) return ERR_PARSE;
    struct batch_lists *l = calloc(1, sizeof *l);
    if (l == NULL) return ERR_NOMEM;
    enum err err = job_batch_read(&l->job, bytes_buf_span(&w->inputs[0]));
    if (err == ERR_OK && l->job.n_segments == 0) err = ERR_PARSE;
    if (err == ERR_OK) {
        lists_fill(l, &in);
        w->out.n_publics = BATCH_N_PUBLIC;
        err = batch_publics(w->out.publics, &in);
    }
    if (err == ERR_OK)
        err = batch_trace_fill(out, p->system, &BATCH_SIZE, &in, w->text, sizeof w->text);
    free(l);
    return err;
}

enum err proof_work_witness(struct proof_work *w, struct ir_trace **out)
{
    const struct program *p = layer_program(w->out.layer);
    switch (w->out.layer) {
    case LAYER_LEAF:
    case LAYER_LEAF_LARGE:
    case LAYER_LEAF_BLOB:
    case LAYER_LEAF_LARGE_BLOB: return leaf_witness(w, p, out);
    case LAYER_PAIRING:
    case LAYER_PAIRING_LARGE: return pairing_witness(w, p, out);
    case LAYER_BATCH: return batch_witness(w, p, out);
    default: return ERR_ARG;
    }
}

static enum err prove_system(struct proof_work *w)
{
    const struct program *p = layer_program(w->out.layer);
    struct ir_trace *trace = NULL;
    struct prove_report report = {.threads = w->threads};
    enum err err = proof_work_witness(w, &trace);
    if (err == ERR_OK) err = system_prove(p, trace, &w->out.proof, &report);
    if (trace != NULL) ir_trace_free(trace);
    return err;
}

/* ---- joins ---- */

static enum err prove_join(struct proof_work *w)
{
    struct layer_proof *children = calloc(LAYER_CHILDREN_MAX, sizeof *children);
    const struct layer_proof *list[LAYER_CHILDREN_MAX];
    uint32_t n = 0;
    if (children == NULL) return ERR_NOMEM;
    enum err err = w->n_inputs > LAYER_CHILDREN_MAX ? ERR_PARSE : ERR_OK;
    while (n < w->n_inputs && err == ERR_OK) {
        struct span in = bytes_buf_span(&w->inputs[n]);
        err = layer_proof_decode(&children[n], in.data, in.len);
        list[n] = &children[n];
        n++;
    }
    if (err == ERR_OK)
        err = layer_join((enum layer)w->id.layer, list, n, w->threads, &w->out, w->text);
    for (uint32_t i = 0; i < n; i++)
        layer_proof_deinit(&children[i]);
    free(children);
    return err;
}

void proof_work_run(struct proof_work *w)
{
    struct clock clock = clock_system();
    uint64_t start = clock_mono_ms(&clock);
    enum verify_check failed;
    bool is_join = layer_children((enum layer)w->id.layer) > 0;
    w->err = is_join ? prove_join(w) : prove_system(w);
    w->ms = clock_mono_ms(&clock) - start;
    if (w->err != ERR_OK) return;
    w->err = layer_verify(&w->out, &failed);
    if (w->err != ERR_OK)
        (void)snprintf(w->text, sizeof w->text, "own proof refused: %s",
                       verify_check_name(failed));
}
