#ifndef ORCHESTRATOR_SEQUENCER_INTERNAL_H
#define ORCHESTRATOR_SEQUENCER_INTERNAL_H
/* Shared by sequencer.c (live) and sequencer_replay.c (start-up, journal bodies, views). */
#include "core/op/codec.h"
#include "orchestrator/sequencer.h"

enum {
    SEQ_OPEN_CHAIN_BYTES = 4 + BATCH_FEE_TOKENS * 5,
    SEQ_SEAL_BYTES = 4 + 96,
    SEQ_SEAL_BLOB_BYTES = 2 + 32,
    SEQ_SEAL_MAX = SEQ_SEAL_BYTES + BATCH_BLOB_PARTICIPANTS_MAX * SEQ_SEAL_BLOB_BYTES,
    SEQ_PRIORITY_MAX = 64,
    SEQ_REOPEN_S = 60,        /* an open batch without operations gets a new T after this */
    SEQ_TIME_SPREAD_S = 1800, /* a chain this far behind the others: nothing new (REQ-L1-3: 3600) */
};

struct seq_taken { /* a sealed batch that was taken back */
    uint32_t k;
    uint8_t statement[32];
};

struct sequencer {
    struct sequencer_options options;
    size_t n_chains;
    struct chain_state states[DEPLOYMENT_CHAINS_MAX];
    uint64_t chain_times[DEPLOYMENT_CHAINS_MAX];
    uint64_t priority_next[DEPLOYMENT_CHAINS_MAX];
    uint8_t chains_digest[32], programs_digest[32];
    uint8_t final_root[32], digest[32]; /* after the last sealed batch */
    uint8_t settled_digest[32];         /* D before the first batch of `sealed` */
    uint32_t sealed_k, last_time;
    struct batch *batch; /* open, with its facts in `open` */
    struct seq_batch *open, *sealed;
    size_t n_unsettled, unsettled_segments;
    uint64_t generation;     /* grows when sealed batches are taken back */
    struct seq_taken *taken; /* all that ever were, for L1 histories that show them */
    size_t n_taken, cap_taken;
    struct store *store; /* NULL during replay */
    bool rerunning; /* requests that were accepted before run again: nothing may refuse but rules */
    struct receipt *receipts;
    uint64_t accepted;
    char halted[160];
    uint32_t dep[8];
    struct checked_signatures checked; /* what the open batch may take as checked; n = 0 but in a push */
    struct submission scratch;
    struct push_result result;
};

void seq_batch_free(struct seq_batch *b);
enum err seq_batch_open(struct sequencer *s, uint32_t k, uint32_t time,
                        const struct sequencer_chain_config *fees);
void seq_open_drop(struct sequencer *s);
/* Replay: which parts are blobs is in the open batch already. */
enum err seq_batch_seal(struct sequencer *s);
enum err seq_final_root(const struct sequencer *s, uint64_t k, const struct digest8 *roots,
                        uint8_t out[32]);
enum err seq_apply_replayed(struct sequencer *s, struct span bytes, uint64_t seq);
enum err seq_apply_priority(struct sequencer *s, uint16_t chain, uint64_t index, struct span record,
                            bool live);
enum err seq_rewind(struct sequencer *s, uint32_t k, struct seq_batch **taken);
enum err seq_replay_reject(struct sequencer *s, uint32_t k, const uint8_t id[32], const char *text);

/* Journal bodies; each returns its length. */
size_t seq_open_write(uint8_t *out, const struct seq_batch *b,
                      const struct sequencer_chain_config *fees, size_t n_chains);
size_t seq_seal_write(uint8_t out[SEQ_SEAL_MAX], const struct seq_batch *b);
size_t seq_priority_write(uint8_t *out, uint16_t chain, uint64_t index, struct span record);
size_t seq_reject_write(uint8_t *out, size_t size, uint32_t k, const uint8_t id[32],
                        const char *text);
#endif
