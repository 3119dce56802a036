#ifndef COMMON_MSG_JOB_H
#define COMMON_MSG_JOB_H
/* Prover worker -> orchestrator: "give me a job", "here is a proof"; the orchestrator answers.
 * Bodies of signed frames (channels PROVER_TO_ORCHESTRATOR and back).
 *
 * Threads: pure. A proof is verified by the orchestrator before use: a worker is not trusted. */
#include "common/base/bytes.h"
#include "common/base/err.h"

enum {
    JOB_MSG_VERSION = 1,
    JOB_MSG_ASK = 1,    /* empty body */
    JOB_MSG_NONE = 2,   /* nothing to do: ask again later */
    JOB_MSG_WORK = 3,   /* struct job */
    JOB_MSG_RESULT = 4, /* struct job_result */
    JOB_MSG_TAKEN = 5,  /* result received */
};
enum job_kind { JOB_LEAF = 1, JOB_PAIRING = 2 };

struct job {
    uint64_t k;
    uint32_t part;         /* leaf: participant number; pairing: PROOF_PART_PAIRING */
    uint8_t kind;          /* enum job_kind */
    uint8_t n_traces;      /* 1 for a leaf, 1 or 2 for pairing */
    struct span traces[2]; /* chain_trace bytes; decoded: borrow */
};
struct job_result {
    uint64_t k;
    uint32_t part;
    uint8_t ok; /* 0: the worker could not; proof holds its reason as text */
    uint64_t prove_ms;
    struct span proof;
};
MUST_CHECK enum err job_write(struct bytes_buf *out, const struct job *job);
MUST_CHECK enum err job_read(struct job *out, struct span body);
MUST_CHECK enum err job_result_write(struct bytes_buf *out, const struct job_result *r);
MUST_CHECK enum err job_result_read(struct job_result *out, struct span body);
#endif
