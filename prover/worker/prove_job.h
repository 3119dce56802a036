#ifndef PROVER_WORKER_PROVE_JOB_H
#define PROVER_WORKER_PROVE_JOB_H
/* One proof: trace bytes in, proof bytes out; the proof is verified before it leaves.
 *
 * Threads: init and deinit anywhere, run on one thread (which starts `threads` of its own). */
#include "common/base/bytes.h"
#include "common/msg/job.h"
#include "core/batch/chain_trace.h"

struct proof_work {
    uint64_t k;
    uint32_t part;
    uint8_t kind, n_traces;
    unsigned threads;
    struct chain_trace *traces[2];
    struct bytes_buf proof; /* out */
    enum err err;           /* out */
    uint64_t ms;            /* out */
    char text[400];         /* out: why not */
};
MUST_CHECK enum err proof_work_init(struct proof_work *w, const struct job *job, unsigned threads);
void proof_work_run(struct proof_work *w);
void proof_work_deinit(struct proof_work *w);
#endif
