#ifndef ORCHESTRATOR_L1_LINK_H
#define ORCHESTRATOR_L1_LINK_H
/* One L1 chain of the orchestrator: what is final there (requests, stages of batches), and the
 * write-ahead outbox through which it sends. At most one transaction that is not mined yet is out
 * per chain; its signed bytes are durable before they leave; after a restart the same bytes go.
 *
 * Threads:   the loop's thread.
 * Lifetime:  new -> restore (outbox entries) -> start -> ... -> close -> closed.
 * Doubt:     a reorganised final block, a gap in the queue or a reverted transaction of ours halts
 *            the link with a reason; nothing more is sent, status shows it. */
#include "chain_adapters/chain_adapter.h"
#include "common/deployment/deployment.h"
#include "db/stores/outbox_store.h"
#include "orchestrator/sequencer.h"
#include "orchestrator/store.h"

enum { L1_OUTSTANDING_MAX = 64, L1_STAGES = 6, L1_GAS_ROWS_MAX = 8 };

struct l1_gas { /* totals of mined transactions by stage, for status and summaries */
    uint64_t transactions, gas;
};

/* Final facts of this chain. */
struct l1_marks {
    uint64_t committed, proven, agreed, executed;
    uint64_t requests; /* priority requests seen */
    uint64_t paid, pending_payments;
    uint64_t latest_time; /* of the latest block seen */
    uint64_t final_block, final_time;
};

struct l1_link;
struct l1_options {
    struct loop *loop;
    uint16_t index;
    const struct deployment_chain *chain;
    struct chain_adapter *adapter; /* taken over */
    struct sequencer *sequencer;
    /* Something changed: look at the marks again. */
    void (*on_change)(void *ctx, uint16_t index);
    /* A final event shows a batch that is not ours: ERR_MISMATCH; one that was ours and is taken
     * back: ERR_CONFLICT; the pipeline checks. */
    enum err (*check_commit)(void *ctx, uint16_t index, uint64_t k, const uint8_t statement[32],
                             const uint8_t digest[32]);
    /* Batch k can be committed nowhere any more: that a transaction of ours fails is no doubt. */
    bool (*is_dead)(void *ctx, uint64_t k);
    /* Somebody else proved a part of the range that ends with k: our proof of all of it cannot work. */
    bool (*is_overtaken)(void *ctx, uint16_t index, uint64_t k);
    void *ctx;
};

MUST_CHECK enum err l1_link_new(struct l1_link **out, const struct l1_options *options);
/* Before start; the store is read while links exist. */
void l1_link_set_store(struct l1_link *l, struct store *store);
/* Start-up: an entry of the outbox that was read back. */
MUST_CHECK enum err l1_link_restore(struct l1_link *l, const struct outbox_entry *entry);
MUST_CHECK enum err l1_link_start(struct l1_link *l);
void l1_link_close(struct l1_link *l, void (*closed)(void *ctx), void *ctx);
/* Called by the owner's timer: polls heads and outstanding transactions. */
void l1_link_tick(struct l1_link *l);

const struct l1_marks *l1_link_marks(const struct l1_link *l);
/* Block time since which batch k is agreed (first agreement that covers it); UINT64_MAX: not yet. */
uint64_t l1_link_agreed_time(const struct l1_link *l, uint64_t k);
/* Highest batch for which a transaction of this stage was sent (or is being signed, or is final). */
uint64_t l1_link_sent(const struct l1_link *l, enum outbox_stage stage);
/* Whether a commit or revert of batch k or a later one is out and not final. */
bool l1_link_is_out(const struct l1_link *l, uint64_t k);
/* Batches from k on are on no chain any more and come again. */
void l1_link_taken_back(struct l1_link *l, uint64_t k);
bool l1_link_is_free(const struct l1_link *l); /* nothing unmined is out and nothing is wrong */
/* The chain answers and takes what we send, as far as we know. */
bool l1_link_is_well(const struct l1_link *l);
const char *l1_link_halted(const struct l1_link *l);  /* NULL if not */
const char *l1_link_trouble(const struct l1_link *l); /* last passing trouble, "" if none */
const struct l1_gas *l1_link_gas(const struct l1_link *l, enum outbox_stage stage);
/* Signs, stores, sends calldata to the contract for (stage, k). Nothing happens if it was sent
 * before (a revert: if the last one was of this k). ERR_BUSY unless free. data and blob (NULL: none) are
 * copied. */
MUST_CHECK enum err l1_link_send(struct l1_link *l, enum outbox_stage stage, uint64_t k,
                                 struct span data, const struct chain_blob *blob);
#endif
