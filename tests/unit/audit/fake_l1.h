#ifndef TESTS_UNIT_AUDIT_FAKE_L1_H
#define TESTS_UNIT_AUDIT_FAKE_L1_H
/* A node with a settlement contract as the auditor sees it: a thread that answers JSON-RPC from what
 * the test told it to have happened. Every event gets a block of its own; the last block is final.
 *
 * Threads: calls from the test's thread, answers on the fake's own. Any failure aborts. */
#include <pthread.h>

#include "tests/unit/audit/pair.h"

enum {
    FAKE_LOGS_MAX = 4096,
    FAKE_BATCHES_MAX = 256,
    FAKE_TOKENS = WORLD_TOKENS,
    FAKE_OWED_MAX = 256
};

struct fake_log {
    uint64_t block;
    uint8_t topics[2][32];
    size_t n_topics;
    uint8_t transaction[32];
    uint8_t data[512];
    size_t len;
    uint8_t *input; /* of the transaction, if it is a commit */
    size_t input_len;
    uint8_t *blob; /* that it carries, or NULL */
    uint8_t blob_hash[32];
};
struct fake_batch {
    uint8_t statement[32], final_root[32], before[32], digest[32];
    uint8_t *segments[REPLICA_SEGMENTS_MAX]; /* owned copies, NULL past n_segments */
    size_t n_segments;
    unsigned n_priority; /* of all segments */
};
struct fake_owed {
    uint32_t token;
    uint8_t owner[20];
    unsigned __int128 amount;
};
struct fake_l1 {
    uint32_t version; /* of its statements; 3 unless a test says otherwise */
    pthread_t thread;
    pthread_mutex_t lock;
    int fd;
    char url[64];
    const struct deployment_chain *chain;
    const struct deployment *deployment;
    uint64_t block;
    struct fake_log logs[FAKE_LOGS_MAX];
    size_t n_logs;
    struct fake_batch batches[FAKE_BATCHES_MAX]; /* by k */
    uint64_t committed, proven, agreed, executed, requests, served;
    unsigned __int128 held[FAKE_TOKENS + 1];
    unsigned __int128 balance[FAKE_TOKENS + 1];
    struct fake_owed owed[FAKE_OWED_MAX];
    size_t n_owed;
    bool requests_shown; /* those of the next commit are in the queue */
    /* what goes wrong */
    bool down;          /* connections are closed at once */
    size_t hidden_log;  /* number + 1 of an event that eth_getLogs leaves out; 0: none */
    uint64_t final_lag; /* final = last block - this */
    uint8_t fork;       /* mixed into block hashes */
    uint64_t wrong_chain_id;
    bool blobs_gone;    /* the network keeps none any more */
    bool blobs_wrong;   /* it gives another one */
    unsigned questions; /* answered so far */
};

void fake_l1_start(struct fake_l1 *f, const struct deployment *d, uint16_t chain);
void fake_l1_stop(struct fake_l1 *f);
/* The requests that the segment serves, then the commit. */
void fake_l1_commit(struct fake_l1 *f, const struct published *b);
void fake_l1_request(struct fake_l1 *f, const uint8_t *record, size_t len);
void fake_l1_revert(struct fake_l1 *f, uint64_t from);
void fake_l1_prove(struct fake_l1 *f);
void fake_l1_agree(struct fake_l1 *f);
/* refuse: payments of this batch become pending. */
void fake_l1_execute(struct fake_l1 *f, bool refuse);
#endif
