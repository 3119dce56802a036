#ifndef TESTS_UNIT_ORCHESTRATOR_PROOF_CASE_H
#define TESTS_UNIT_ORCHESTRATOR_PROOF_CASE_H
/* One random batch as full as its limits let it be, its statement and its proof jobs.
 *
 * Use: proof_case_make(..); .. proof_case_work(job) ..; proof_case_free(). One at a time. */
#include "orchestrator/proof_set.h"
#include "prover/worker/prove_job.h"
#include "tests/support/random_batch.h"

struct proof_case {
    struct deployment d;
    struct seq_batch b;
    struct proof_set set;
    uint8_t programs[32];
};
extern struct proof_case *proof_case;

/* sign: with real signatures, so that leaves can be proven. */
void proof_case_make(uint64_t seed, bool sign, uint32_t n_chains, uint32_t slices_max,
                     const struct batch_limits *limits, const uint32_t keys_root[8]);
/* The same; the parts of the first `blobs` participants are blobs. */
void proof_case_make_blobs(uint64_t seed, bool sign, uint32_t n_chains, uint32_t slices_max,
                           const struct batch_limits *limits, const uint32_t keys_root[8],
                           uint32_t blobs);
void proof_case_free(void);
/* The job over the wire. */
struct proof_work *proof_case_work(const struct proof_job *j);
void proof_case_work_free(struct proof_work *work);
#endif
