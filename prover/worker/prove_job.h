#ifndef PROVER_WORKER_PROVE_JOB_H
#define PROVER_WORKER_PROVE_JOB_H
/* One proof of any layer: the job's inputs in, proof bytes out; the proof is verified before it leaves.
 *
 * Threads: init and deinit anywhere, run on one thread (which starts `threads` of its own). */
#include "common/base/bytes.h"
#include "common/msg/job.h"
#include "prover/ir/ir.h"
#include "prover/recursion/layers.h"

struct proof_work {
    struct job_id id;
    unsigned threads;
    uint8_t n_inputs;
    struct bytes_buf inputs[JOB_INPUTS_MAX]; /* copies */
    struct layer_proof out;
    enum err err;   /* out */
    uint64_t ms;    /* out */
    char text[400]; /* out: why not */
};
MUST_CHECK enum err proof_work_init(struct proof_work *w, const struct job *job, unsigned threads);
/* What is proven, for a leaf, pairing or batch: *out is the caller's (ir_trace_free), w->out has the public
 * values. ERR_ARG for joins; else text may say why not. */
MUST_CHECK enum err proof_work_witness(struct proof_work *w, struct ir_trace **out);
void proof_work_run(struct proof_work *w);
void proof_work_deinit(struct proof_work *w);
#endif
