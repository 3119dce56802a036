#ifndef ORCHESTRATOR_PIPELINE_H
#define ORCHESTRATOR_PIPELINE_H
/* The life of sealed batches: sealed -> audited -> committed -> proven -> agreed -> executed, on
 * every chain of the deployment.
 *
 * - nothing is committed that the audit gate did not approve; a refused batch is taken back and
 *   sealed again without the operation that the gate names;
 * - a batch sets out only while all chains are well; what was sent nowhere for half an hour is
 *   sealed again, because L1 takes no T an hour old; what some chains have and a participant can
 *   never take any more is reverted there and sealed again;
 * - proofs are made by workers and verified here before use: leaves, pairing and batch, joined to
 *   one claim for each batch, then to one proof for a range of consecutive batches (proof_set.h);
 * - proving on L1 starts when the commit is final on every chain, in the order of the chains
 *   (weakest first), each after the one before is final;
 * - agreement is the oracles' business: the pipeline only sees it;
 * - executing waits for the execution delay.
 *
 * Threads:   the loop's thread; proofs are verified on the worker pool.
 * Limits:    PIPELINE_MAX batches; proofs of PROOF_BYTES_MAX. */
#include "common/loop/nng_inbox.h"
#include "common/msg/gate.h"
#include "common/msg/msg.h"
#include "orchestrator/l1_link.h"
#include "orchestrator/proof_set.h"
#include "orchestrator/sequencer.h"

enum { PIPELINE_MAX = SEQUENCER_UNSETTLED_MAX };

struct pipe_batch {
    uint32_t k;
    struct seq_batch *batch;
    bool is_audited, is_asked; /* gate */
    uint64_t sealed_ms;
    uint64_t ready_ms; /* when its join was first seen done; 0: not yet */
    bool is_proven; /* on every chain, for good */
    struct proof_set proofs;
};

struct pipeline_options {
    struct loop *loop;
    const struct deployment *deployment;
    struct sequencer *sequencer;
    struct l1_link *links[DEPLOYMENT_CHAINS_MAX];
    /* layer_verify and layer_keys_root, or what a test puts in their place. */
    enum err (*verify)(const struct layer_proof *p, enum verify_check *failed);
    const uint32_t *keys_root;
    const char *gate_url;   /* nng; the gate listens */
    const char *prover_url; /* nng; we listen, workers dial */
    struct link_tls prover_tls; /* for a prover_url that leaves the host */
    uint64_t lease_ms;      /* a worker's time for one proof */
    uint64_t range_wait_ms; /* a batch whose join is there waits for others at most so long */
    uint64_t epoch;         /* operator epoch on L1 */
    struct msg_signer *signer;
    const struct msg_trust *gate_trust, *prover_trust;
    struct clock clock;
};
struct pipeline;

MUST_CHECK enum err pipeline_new(struct pipeline **out, const struct pipeline_options *options,
                                 char *text, size_t text_size);
/* Before the first tick; the store is read while the pipeline exists. */
void pipeline_set_store(struct pipeline *p, struct store *store);
/* A job read back from the store at start-up. */
MUST_CHECK enum err pipeline_restore_job(struct pipeline *p, const struct job_row *row);
void pipeline_add(struct pipeline *p, struct seq_batch *batch);
/* Every batch of an earlier run was added: from now on it acts. A range planned before that would be a
 * short one, and proofs of the one that was under way for nothing. */
void pipeline_start(struct pipeline *p);
void pipeline_tick(struct pipeline *p);
/* The check of l1_link: ERR_OK if batch k on L1 is ours, ERR_CONFLICT if it was and is taken back. */
MUST_CHECK enum err pipeline_check_commit(struct pipeline *p, uint16_t chain, uint64_t k,
                                          const uint8_t statement[32], const uint8_t digest[32]);
/* A proof up to k failed on this chain because somebody else's proved a part of its range first. */
bool pipeline_is_overtaken(const struct pipeline *p, uint16_t chain, uint64_t k);
/* Batch k, or one before it, was sent and can never be committed on a participant any more. */
bool pipeline_is_dead(const struct pipeline *p, uint64_t k);
void pipeline_close(struct pipeline *p, void (*closed)(void *ctx), void *ctx);

/* ---- views ---- */
size_t pipeline_count(const struct pipeline *p);
const struct pipe_batch *pipeline_at(const struct pipeline *p, size_t i);
const char *pipeline_gate_text(const struct pipeline *p); /* last word of the gate, "" = fine */
struct pipeline_layer_totals {
    uint64_t proofs, bytes /* of the last */, prove_ms;
};
struct pipeline_totals {
    uint64_t proofs, proof_bytes, prove_ms, refused_proofs, audit_refusals;
    struct pipeline_layer_totals layers[LAYER_COUNT];
};
const struct pipeline_totals *pipeline_totals(const struct pipeline *p);
size_t pipeline_range_count(const struct pipeline *p);
const struct proof_set *pipeline_range_at(const struct pipeline *p, size_t i);
#endif
