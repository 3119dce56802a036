#ifndef COMMON_MSG_JOB_H
#define COMMON_MSG_JOB_H
/* Prover worker -> orchestrator: "give me a job", "here is a proof"; the orchestrator answers.
 * Bodies of signed frames (channels PROVER_TO_ORCHESTRATOR and back), each in a job_envelope.
 *
 * Replays:  a request names the orchestrator's session (random at its start) and its sequence must grow;
 *           so each request is acted on at most once, also across restarts. A worker that knows no
 *           session, or an old one, is told the present one (SESSION) and sends again. An answer names
 *           the sequence of its request. So each worker needs a key of its own.
 *
 * A job is one proof of one layer (enum layer of prover/recursion/layers.h) for the batches from..to.
 * Threads: pure. A proof is verified by the orchestrator before use: a worker is not trusted. */
#include "common/base/bytes.h"
#include "common/base/err.h"

enum {
    JOB_MSG_VERSION = 4,
    JOB_MSG_ASK = 1,     /* one byte: jobs that the worker is still at; 0: whatever it got is free again */
    JOB_MSG_NONE = 2,    /* nothing to do: ask again later */
    JOB_MSG_WORK = 3,    /* struct job */
    JOB_MSG_RESULT = 4,  /* struct job_result */
    JOB_MSG_TAKEN = 5,   /* result received */
    JOB_MSG_SESSION = 6, /* nothing was done: send again with this session */
    JOB_INPUTS_MAX = 16,
    JOB_SESSION_BYTES = 16,
    JOB_ENVELOPE_BYTES = JOB_SESSION_BYTES + 8,
};

struct job_envelope {
    uint8_t session[JOB_SESSION_BYTES];
    uint64_t answers; /* answers: sequence of the request's frame; requests: 0 */
    struct span body; /* decoded: borrows */
};
MUST_CHECK enum err job_envelope_write(struct bytes_buf *out, const struct job_envelope *e);
MUST_CHECK enum err job_envelope_read(struct job_envelope *out, struct span body);

struct job_id {
    uint64_t from, to; /* batches; equal for one batch */
    uint8_t layer;
    uint16_t index; /* among the jobs of this layer and these batches */
    uint8_t content[32]; /* hash of the public values: a batch may be sealed again */
};
/* inputs: LEAF: the chain's trace; PAIRING: the half operations of all its sides
 * (chain_trace_write_halves), ascending by chain; BATCH: one
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
