#ifndef AUDIT_L1_VIEW_H
#define AUDIT_L1_VIEW_H
/* What one auditor or oracle reads from one L1 by its own connection: final events and calldata of
 * the settlement contract, decoded with the auditor's own code.
 *
 * Threads:   one thread per view; calls block (never on a uv loop).
 * Errors:    ERR_NET, ERR_TIMEOUT, ERR_RPC, ERR_HTTP, ERR_PROTOCOL, ERR_UNAVAILABLE: cannot see now;
 *            ERR_CHAIN: wrong chain id, no contract or another deployment's;
 *            ERR_REORG: a block that was final is no more;
 *            ERR_AUDIT: what the contract shows contradicts docs/protocol.
 *            ERR_UNAVAILABLE also for a blob that no source has (docs/protocol/blobs.md section 6).
 *            A view never guesses: what it cannot read is an error, not an absence. What the events
 *            tell is compared with the contract's counters at the same block, so that a node that
 *            leaves events out is noticed (ERR_PROTOCOL, and everything is read again).
 * Limits:    VIEW_BATCHES_MAX batches, VIEW_REQUESTS_MAX requests, VIEW_TOKENS_MAX tokens in memory.
 */
#include "audit/l1_blob.h"
#include "audit/replica.h"

enum { VIEW_BATCHES_MAX = 1 << 20, VIEW_REQUESTS_MAX = 1 << 24, VIEW_TOKENS_MAX = 4096 };

struct l1_view;
struct l1_view_options {
    const struct deployment *deployment;
    uint16_t chain; /* index */
    struct l1_source source; /* folder and blob URL: borrowed while the view lives */
    uint64_t timeout_ms;
};
/* Asks nothing yet: the first refresh checks chain id, code at the contract, its deployment id. */
MUST_CHECK enum err l1_view_open(struct l1_view **out, const struct l1_view_options *options,
                                 char *text, size_t text_size);
void l1_view_close(struct l1_view *v);
/* Reads on up to the present final block. */
MUST_CHECK enum err l1_view_refresh(struct l1_view *v, char *text, size_t text_size);

/* Final state of the contract as the events tell it. */
struct l1_batch {
    uint64_t k, time;                                    /* statement */
    uint8_t statement[32], digest[32];                   /* emitted */
    uint8_t final_root_before[32], final_root_after[32]; /* from commit calldata */
    struct span *segments; /* this chain's, in order; owned by the view; NULL: not a participant */
    size_t n_segments;
    bool has_blob;       /* published in a blob: pubdata is the hash of that form */
    uint8_t pubdata[32]; /* with has_blob */
    size_t n_participants;
    uint64_t participants[DEPLOYMENT_CHAINS_MAX]; /* chain ids */
    bool proven, executed;
    uint64_t n_priority; /* records of the segments that serve requests */
};
uint64_t l1_view_committed(const struct l1_view *v);
uint64_t l1_view_proven(const struct l1_view *v);
uint64_t l1_view_agreed(const struct l1_view *v);
uint64_t l1_view_executed(const struct l1_view *v);
/* Tokens registered, ETH included: ids 1 .. n. */
size_t l1_view_tokens(const struct l1_view *v);
uint64_t l1_view_final_block(const struct l1_view *v);
/* NULL if k is not committed (finally) there. */
const struct l1_batch *l1_view_batch(const struct l1_view *v, uint64_t k);
/* Priority requests seen: record bytes in queue order (index from 0). NULL past the end. */
const struct span *l1_view_request(const struct l1_view *v, uint64_t index);

/* What the contract stores of batch k at the final block (its view `batches`). */
struct l1_stored {
    uint8_t statement[32], final_root[32], final_root_before[32], digest[32];
    uint64_t state; /* 1 committed, 2 proven, 3 agreed, 4 executed */
};
MUST_CHECK enum err l1_view_stored(struct l1_view *v, uint64_t k, struct l1_stored *out, char *text,
                                   size_t text_size);

/* Contract's present facts for the ledger, read at the final block of the last refresh. */
struct l1_ledger {
    uint32_t token;
    uint8_t address[20];
    unsigned __int128 held;           /* the contract's own count */
    unsigned __int128 pending;        /* the contract's balances of everyone whom the events name */
    unsigned __int128 pending_events; /* the same as the events tell it */
    unsigned __int128 queued;         /* deposits not executed */
    uint8_t balance[32];              /* balanceOf or ETH balance, u256 big-endian */
};
/* Tokens by ascending id, ETH first. */
MUST_CHECK enum err l1_view_ledger(struct l1_view *v, struct l1_ledger *out, size_t max, size_t *n,
                                   char *text, size_t text_size);
#endif
