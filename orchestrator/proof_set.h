#ifndef ORCHESTRATOR_PROOF_SET_H
#define ORCHESTRATOR_PROOF_SET_H
/* The proof jobs of one batch (leaves, one for each segment in the order of the sealed batch; pairings, one
 * for each slice with half operations; batch; their joins) or of one range of batches (joins,
 * shrink, terminal), as a tree whose root is the last job. What each job must state is known before
 * anything is proven; a proof is used only if it convinces of exactly that.
 *
 * Threads:   the loop's thread.
 * Lifetime:  proof_set_batch or proof_set_range -> ... -> proof_set_deinit. A range points into the
 *            sets of its batches, which must outlive it.
 * Source:    docs/protocol/recursion.md section 4. */
#include "common/msg/job.h"
#include "common/msg/job_batch.h"
#include "orchestrator/sequencer.h"
#include "prover/recursion/layers.h"

enum { PROOF_PUBLICS_MAX = 136, PROOF_RANGE_MAX = 64, PROOF_BYTES_MAX = JOB_PROOF_MAX };

enum proof_state {
    PROOF_WAITING,
    PROOF_OUT,      /* somebody has it until the deadline */
    PROOF_CHECKING, /* a result is being verified */
    PROOF_DONE,
    PROOF_SPENT, /* what it was for is done: proof and job are gone */
};
struct proof_job {
    struct job_id id;
    enum proof_state state;
    uint32_t n_children;
    struct proof_job *children[LAYER_CHILDREN_MAX];
    uint8_t owner[JOB_OWNER_BYTES];
    uint64_t deadline_ms; /* wall clock */
    uint32_t tries;
    uint64_t prove_ms;
    uint32_t n_publics, publics[PROOF_PUBLICS_MAX];
    uint8_t *proof; /* DONE; owned */
    size_t proof_len;
};
struct proof_set {
    uint64_t from, to;
    uint32_t n;
    struct proof_job *jobs; /* children before parents; the last one is what the set is for */
};

/* keys_root: K, the first word of every statement. */
MUST_CHECK enum err proof_set_batch(struct proof_set *out, const struct seq_batch *b,
                                    const uint32_t keys_root[8]);
/* roots: the last jobs of consecutive batches' sets, 1..PROOF_RANGE_MAX. */
MUST_CHECK enum err proof_set_range(struct proof_set *out, struct proof_job *const *roots, uint32_t n);
void proof_set_deinit(struct proof_set *set);
struct proof_job *proof_set_last(const struct proof_set *set);
/* NULL: no such job, or one about something else. */
struct proof_job *proof_set_find(const struct proof_set *set, const struct job_id *id);
/* A job whose children are done and that nobody has; NULL: none. Later layers first. */
struct proof_job *proof_set_ready(const struct proof_set *set);
/* The job is done: takes `proof` over; the jobs below it in this set become SPENT, each told to spent
 * (may be NULL) if it was ever handed out. */
void proof_job_done(struct proof_job *job, uint8_t *proof, size_t len, uint64_t prove_ms,
                    void (*spent)(void *ctx, const struct proof_job *job), void *ctx);
/* Everything of the set is SPENT. */
void proof_set_spend(struct proof_set *set);
/* As layers.h wants it; the proof is borrowed. */
void proof_job_as_layer(struct layer_proof *out, const struct proof_job *job, const uint8_t *proof,
                        size_t len);
/* What a worker gets. Only for a job that proof_set_ready gave. batch NULL for jobs of a range. */
MUST_CHECK enum err proof_job_write(struct bytes_buf *body, const struct proof_job *job,
                                    const struct deployment *d, const uint8_t programs_digest[32],
                                    const struct seq_batch *batch);
#endif
