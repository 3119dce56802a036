#include "prover/worker/prove_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "core/batch/chain_trace_codec.h"
#include "core/batch/publics.h"
#include "prover/programs/programs.h"
#include "prover/prove/system_prove.h"
#include "prover/trace/leaf_trace.h"
#include "prover/trace/pairing_trace.h"
#include "prover/verify/system_verify.h"

enum { PROOF_MAX = 4 * 1024 * 1024 };

enum err proof_work_init(struct proof_work *w, const struct job *job, unsigned threads)
{
    memset(w, 0, sizeof *w);
    bytes_buf_init(&w->proof, PROOF_MAX);
    w->k = job->k;
    w->part = job->part;
    w->kind = job->kind;
    w->n_traces = job->n_traces;
    w->threads = threads;
    enum err err = ERR_OK;
    for (int i = 0; i < job->n_traces && err == ERR_OK; i++)
        err = chain_trace_read(&w->traces[i], job->traces[i]);
    if (err != ERR_OK) proof_work_deinit(w);
    return err;
}

static enum err witness(struct proof_work *w, const struct program *p, struct ir_trace **out)
{
    if (w->kind == JOB_LEAF)
        return leaf_trace_fill(out, p->system, w->traces[0], w->text, sizeof w->text);
    return pairing_trace_fill(out, p->system, w->traces[0], w->traces[1], w->text, sizeof w->text);
}

static void publics(const struct proof_work *w, uint32_t *out)
{
    if (w->kind == JOB_LEAF)
        leaf_publics(out, w->traces[0]);
    else
        pairing_publics(out, w->traces[0], w->traces[1]);
}

void proof_work_run(struct proof_work *w)
{
    struct clock clock = clock_system();
    uint64_t start = clock_mono_ms(&clock);
    const struct program *p = w->kind == JOB_LEAF ? leaf_program() : pairing_program();
    struct ir_trace *trace = NULL;
    struct prove_report report = {.threads = w->threads};
    w->err = witness(w, p, &trace);
    if (w->err == ERR_OK) w->err = system_prove(p, trace, &w->proof, &report);
    if (trace != NULL) ir_trace_free(trace);
    w->ms = clock_mono_ms(&clock) - start;
    if (w->err != ERR_OK) return;
    uint32_t values[LEAF_PUBLICS];
    struct verify_report verify = {0};
    publics(w, values);
    w->err = system_verify(p, values, w->proof.data, w->proof.len, &verify);
    if (w->err != ERR_OK)
        (void)snprintf(w->text, sizeof w->text, "own proof refused: %s",
                       verify_check_name(verify.failed));
}

void proof_work_deinit(struct proof_work *w)
{
    for (int i = 0; i < 2; i++) {
        if (w->traces[i] != NULL) chain_trace_free(w->traces[i]);
        w->traces[i] = NULL;
    }
    bytes_buf_deinit(&w->proof);
}
