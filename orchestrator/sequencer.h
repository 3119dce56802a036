#ifndef ORCHESTRATOR_SEQUENCER_H
#define ORCHESTRATOR_SEQUENCER_H
/* Orders operations: takes requests of users and of the L1s, applies them to the open batch, journals
 * them, acknowledges what is durable, and seals batches by size, fullness or age.
 *
 * The journal is the truth: the same records give the same states and batches (sequencer_replay).
 * Threads:   the loop's thread. The rules run here; signatures that were not checked before
 *            (orchestrator/intake.h) too: one is about 124 hashes.
 * Lifetime:  new -> replay of every record -> start -> submit ... -> free.
 * Limits:    SEQUENCER_UNSETTLED_MAX sealed batches or SEQUENCER_SEGMENTS_MAX segments of them not yet
 *            executed: then intake stops (ERR_BUSY); a segment holds up to 3.5 MB until then.
 *            Receipts are kept for SEQUENCER_RECEIPTS_MAX operations, the oldest is dropped. */
#include <uthash.h>

#include "common/base/clock.h"
#include "common/deployment/deployment.h"
#include "core/batch/batch.h"
#include "core/batch/statement.h"
#include "orchestrator/store.h"
#include "orchestrator/submission.h"

enum {
    SEQUENCER_UNSETTLED_MAX = 64,
    SEQUENCER_SEGMENTS_MAX = 512,
    SEQUENCER_RECEIPTS_MAX = 200000,
    JOURNAL_OPEN =
        1, /* k u32, T u32, n u16, per chain: fee account u32, 4 x (token u32, slot u8) */
    JOURNAL_REQUEST = 2,  /* request bytes with signatures */
    JOURNAL_PRIORITY = 3, /* chain u16, index u64, request bytes */
    JOURNAL_SEAL = 4,     /* k u32, final root 32, statement 32, D 32, for each part in a blob: chain
                           * u16, versioned hash 32 */
    JOURNAL_SETTLED = 6,  /* k u32: executed everywhere */
    JOURNAL_REJECT = 5, /* k u32, request id 32 (zeros: none), text: batches >= k are void, k starts
                           * again; what runs again is in the same transaction */
};

enum receipt_state { RECEIPT_ACCEPTED = 1, RECEIPT_REJECTED = 2 };

struct receipt {
    uint8_t id[32];
    uint64_t position; /* journal sequence number */
    uint32_t k;        /* batch */
    uint8_t state;     /* enum receipt_state */
    uint8_t kind;      /* enum request_kind */
    uint8_t n_ops;     /* ACCEPTED: its records, 1 or 2 */
    uint16_t chain[2]; /* of each: chain index and number among the chain's records of the batch */
    uint32_t record[2];
    bool durable;
    enum rule_error rule; /* REJECTED by a rule after a reseal */
    char reason[96];      /* REJECTED */
    UT_hash_handle hh;
};

struct seq_request { /* in a batch, in order */
    uint8_t id[32];
    bool is_priority;
    uint64_t priority_index;
    uint16_t chain[2];
    uint32_t record[2];
    uint32_t n_ops;
    uint16_t queue_chain; /* priority */
    uint8_t *bytes;
    size_t len;
    size_t unsigned_len; /* of users: what stands before the number of signatures */
};

struct seq_blob { /* the part of a chain that is published in a blob */
    uint16_t chain;
    uint8_t versioned_hash[32];
};

struct seq_batch { /* open or sealed and not yet executed everywhere */
    uint32_t k, time;
    struct seq_request *requests;
    size_t n_requests, cap_requests;
    uint64_t opened_ms;         /* monotonic */
    struct sealed_batch sealed; /* traces, once sealed */
    uint8_t final_root_before[32], final_root[32], statement[32];
    uint8_t digest_before[32], digest[32]; /* D_{k-1}, D_k */
    uint32_t n_chains; /* that take part, ascending */
    uint16_t chains[BATCH_PARTICIPANTS_MAX];
    uint8_t pubdata[BATCH_PARTICIPANTS_MAX][32];
    uint32_t n_blobs; /* parts in blobs, ascending; all others go as calldata */
    struct seq_blob blobs[BATCH_BLOB_PARTICIPANTS_MAX];
    struct digest8 roots_before[DEPLOYMENT_CHAINS_MAX], roots[DEPLOYMENT_CHAINS_MAX];
    struct seq_batch *next;
};

struct sequencer_chain_config {
    uint32_t fee_account; /* 0: none */
    bool blobs; /* batches sealed from now on: data in blobs, where there is any behind the heads */
    struct fee_slot fees[BATCH_FEE_TOKENS];
};
struct sequencer_options {
    const struct deployment *deployment;
    struct sequencer_chain_config chains[DEPLOYMENT_CHAINS_MAX];
    uint32_t seal_ops;    /* operations (records of all chains) that seal a batch */
    uint32_t seal_slices; /* a batch has at most so many, 1 .. BATCH_SLICES_MAX */
    uint32_t seal_chains; /* and so many participants, 1 .. BATCH_PARTICIPANTS_MAX */
    const struct batch_limits *limits; /* of a slice: of the programs in use; NULL: the large ones */
    uint64_t seal_age_ms; /* age that seals a batch with at least one operation */
    struct clock clock;
    /* A batch is sealed and durable; it stays valid until sequencer_settled or a reject. */
    void (*on_sealed)(void *ctx, struct seq_batch *batch);
    void *ctx;
};
struct sequencer;

MUST_CHECK enum err sequencer_new(struct sequencer **out, const struct sequencer_options *options);
void sequencer_free(struct sequencer *s);
/* Start-up: feeds one journal record. ERR_CORRUPT with text if it does not give what it says. */
MUST_CHECK enum err sequencer_replay(struct sequencer *s, const struct journal_record *record,
                                     char *text, size_t text_size);
/* End of replay: from here on submissions are journalled through store; announces the sealed,
 * unsettled batches to on_sealed in order. */
void sequencer_start(struct sequencer *s, struct store *store);

/* Latest block time (seconds) of a chain: T_k of the next batch is the least of them. */
void sequencer_set_chain_time(struct sequencer *s, uint16_t chain, uint64_t time);
/* Closed intake (halted): submissions get ERR_UNAVAILABLE with the reason. NULL opens it. */
void sequencer_set_halted(struct sequencer *s, const char *reason);

/* One request of a user. ERR_OK: *receipt (valid until the next submit) says where; done runs when
 * it is durable, or at once if the same request was accepted before (*known). ERR_PARSE; ERR_REJECTED with
 * *rule; ERR_BUSY, ERR_FULL, ERR_UNAVAILABLE: try later. */
MUST_CHECK enum err sequencer_submit(struct sequencer *s, struct span bytes,
                                     const struct receipt **receipt, bool *known,
                                     enum rule_error *rule, store_done done, void *ctx);
/* The same of a submission that submissions_check has seen. */
MUST_CHECK enum err sequencer_submit_checked(struct sequencer *s, const struct submission *sub,
                                             const struct receipt **receipt, bool *known,
                                             enum rule_error *rule, store_done done, void *ctx);
/* A final L1 request, in queue order; one that was taken before is skipped silently. */
MUST_CHECK enum err sequencer_priority(struct sequencer *s, uint16_t chain, uint64_t index,
                                       struct span record);
/* Next queue index of a chain that was not taken yet. */
uint64_t sequencer_priority_next(const struct sequencer *s, uint16_t chain);
/* Called by a timer: seals what is old or full enough. */
void sequencer_tick(struct sequencer *s);
/* The chain's blob in a sealed batch; NULL: its part is calldata. */
const struct seq_blob *seq_batch_blob(const struct seq_batch *b, uint16_t chain);
/* Every participant executed k: its memory is released. Batches settle in order. */
void sequencer_settled(struct sequencer *s, uint32_t k);
/* The audit refused record `record` of `chain` in batch k: drops that request with the reason, takes
 * back k and all later batches, runs the others again. on_reseal runs before new batches come. */
MUST_CHECK enum err sequencer_reject(struct sequencer *s, uint32_t k, uint16_t chain,
                                     uint32_t record, const char *text);

/* Takes back k and all later batches and runs their requests again, with a new T: for batches that
 * were sealed too long ago and stand on no chain (any more). */
MUST_CHECK enum err sequencer_reseal(struct sequencer *s, uint32_t k, const char *text);
/* Whether a batch k with this statement was sealed here once and taken back. */
bool sequencer_was_taken_back(const struct sequencer *s, uint64_t k, const uint8_t statement[32]);

/* ---- views ---- */
const struct receipt *sequencer_receipt(const struct sequencer *s, const uint8_t id[32]);
/* State with the open batch included; NULL outside a batch: use sequencer_state. */
void sequencer_peek(const struct sequencer *s, uint16_t chain, uint32_t account, uint8_t slot,
                    struct cell *out);
bool sequencer_user(const struct sequencer *s, uint16_t chain, uint32_t account,
                    struct user_cell *user, uint32_t *changes, uint32_t next[XMSS_LANES]);
bool sequencer_pool(const struct sequencer *s, uint16_t chain, uint32_t account,
                    struct pool_half *pool);
uint32_t sequencer_next_account(const struct sequencer *s, uint16_t chain);
uint32_t sequencer_open_batch(const struct sequencer *s);   /* number of the open or next batch */
uint32_t sequencer_sealed_batch(const struct sequencer *s); /* last sealed */
uint32_t sequencer_next_time(const struct sequencer *s);    /* T of a batch opened now */
uint32_t sequencer_time(const struct sequencer *s);         /* T of the open (or next) batch */
uint32_t sequencer_open_operations(const struct sequencer *s); /* records not sealed yet */
const uint32_t *sequencer_deployment_elements(const struct sequencer *s); /* dep, 8 elements */
const uint8_t *sequencer_programs_digest(const struct sequencer *s);
uint64_t sequencer_accepted(const struct sequencer *s);
const char *sequencer_halted(const struct sequencer *s);
#endif
