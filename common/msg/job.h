#ifndef COMMON_MSG_JOB_H
#define COMMON_MSG_JOB_H
/* Prover worker -> orchestrator: "give me a job", "here is a proof"; the orchestrator answers.
 * Bodies of signed frames (channels PROVER_TO_ORCHESTRATOR and back).
 *
 * A job is one proof of one layer (enum layer of prover/recursion/layers.h) for the batches from..to.
 * Threads: pure. A proof is verified by the orchestrator before use: a worker is not trusted. */
#include "common/base/bytes.h"
#include "common/base/err.h"

enum {
    JOB_MSG_VERSION = 2,
    JOB_MSG_ASK = 1,    /* empty body */
    JOB_MSG_NONE = 2,   /* nothing to do: ask again later */
    JOB_MSG_WORK = 3,   /* struct job */
    JOB_MSG_RESULT = 4, /* struct job_result */
    JOB_MSG_TAKEN = 5,  /* result received */
    JOB_INPUTS_MAX = 16,
};

struct job_id {
    uint64_t from, to; /* batches; equal for one batch */
    uint8_t layer;
    uint16_t index; /* among the jobs of this layer and these batches */
    uint8_t content[32]; /* hash of the public values: a batch may be sealed again */
};
/* inputs: LEAF: the chain's trace; PAIRING: the traces of all its sides, ascending by chain; BATCH: one
 * job_batch (common/msg/job_batch.h); joins: the children as layers.h encodes them, in order. */
struct job {
    struct job_id id;
    uint8_t n_inputs;
    struct span inputs[JOB_INPUTS_MAX]; /* decoded: borrow */
};
struct job_result {
    struct job_id id;
    uint8_t ok; /* 0: the worker could not; proof holds its reason as text */
    uint64_t prove_ms;
    struct span proof;
};
MUST_CHECK enum err job_write(struct bytes_buf *out, const struct job *job);
MUST_CHECK enum err job_read(struct job *out, struct span body);
MUST_CHECK enum err job_result_write(struct bytes_buf *out, const struct job_result *r);
MUST_CHECK enum err job_result_read(struct job_result *out, struct span body);
#endif
