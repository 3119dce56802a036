#ifndef AUDIT_L1_VIEW_H
#define AUDIT_L1_VIEW_H
/* What one auditor or oracle reads from one L1 by its own connection: final events and calldata of
 * the settlement contract, decoded with the auditor's own code.
 *
 * Threads:   one thread per view; calls block (never on a uv loop).
 * Errors:    ERR_NET, ERR_TIMEOUT, ERR_RPC, ERR_HTTP: cannot see now; ERR_CHAIN: wrong chain id or no contract;
 *            ERR_PROTOCOL: the node's answers contradict each other or the protocol; ERR_REORG.
 *            A view never guesses: what it cannot read is an error, not an absence.
 * Limits:    VIEW_BATCHES_MAX batches in memory. */
#include "audit/replica.h"

enum { VIEW_BATCHES_MAX = 1 << 20 };

struct l1_view;
struct l1_view_options {
    const struct deployment *deployment;
    uint16_t chain; /* index */
    const char *rpc_url;
    uint64_t timeout_ms;
};
/* Connects, checks chain id, code at the contract, its deployment id. */
MUST_CHECK enum err l1_view_open(struct l1_view **out, const struct l1_view_options *options,
                                 char *text, size_t text_size);
void l1_view_close(struct l1_view *v);
/* Reads on up to the present final block. */
MUST_CHECK enum err l1_view_refresh(struct l1_view *v, char *text, size_t text_size);

/* Final state of the contract as the events tell it. */
struct l1_batch {
    uint64_t k, time; /* statement */
    uint8_t statement[32], digest[32];               /* emitted */
    uint8_t final_root_before[32], final_root_after[32]; /* from commit calldata */
    uint8_t *segment;                                 /* owned by the view; NULL: not a participant */
    size_t segment_len;
    size_t n_participants;
    uint64_t participants[DEPLOYMENT_CHAINS_MAX]; /* chain ids */
    bool proven, executed;
};
uint64_t l1_view_committed(const struct l1_view *v);
uint64_t l1_view_proven(const struct l1_view *v);
uint64_t l1_view_agreed(const struct l1_view *v);
uint64_t l1_view_executed(const struct l1_view *v);
uint64_t l1_view_final_block(const struct l1_view *v);
/* NULL if k is not committed (finally) there. */
const struct l1_batch *l1_view_batch(const struct l1_view *v, uint64_t k);
/* Priority requests seen: record bytes in queue order (index from 0). NULL past the end. */
const struct span *l1_view_request(const struct l1_view *v, uint64_t index);

/* Contract's present facts for the ledger, read at one block. */
struct l1_ledger {
    uint32_t token;
    uint8_t address[20];
    unsigned __int128 held, pending, queued; /* contract's own count; sum of pending balances; deposits not executed */
    uint8_t balance[32];                     /* balanceOf or ETH balance, u256 big-endian */
};
MUST_CHECK enum err l1_view_ledger(struct l1_view *v, struct l1_ledger *out, size_t max, size_t *n,
                                   char *text, size_t text_size);
#endif
