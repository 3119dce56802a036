#ifndef CORE_BATCH_BATCH_H
#define CORE_BATCH_BATCH_H
/* One open batch over the sub-states of all chains: operations enter one by one, each is applied
 * or refused at once; sealing moves the states and gives everything that is published and proven.
 * The same requests in the same order give the same batch, byte for byte.
 *
 * A batch is one or more slices (docs/protocol/state.md sections 5 and 7, decision 19): a slice is
 * closed by itself when the next operation would pass a capacity of the leaf or pairing program, and
 * has at most one segment per chain. x counts from 0 in every slice.
 *
 * Threads:   one thread.
 * Lifetime:  a batch borrows its chain states; at most one batch is open over a state. Closed slices
 *            have moved the states: read through batch_peek. batch_seal or batch_free ends it; free
 *            without seal puts the states back.
 * Limits:    struct batch_limits (REQ-LIM) for a slice; those below for a batch.
 * Memory:    about 1 MB per chain, and the traces of the closed slices. */
#include "common/base/err.h"
#include "core/batch/chain_trace.h"
#include "core/batch/tuple.h"
#include "core/op/request.h"
#include "core/rules/rules.h"

enum {
    BATCH_CHAINS_MAX = 16,
    BATCH_PARTICIPANTS_MAX = 16,
    BATCH_SLICES_MAX = 32,
    BATCH_SEGMENTS_MAX = 64,       /* of all chains */
    /* Chains whose part is a blob; others take calldata. With 12 the pubdata preimages of 64 segments
     * may need more than the batch program's 64 blocks (docs/protocol/batch.md). */
    BATCH_BLOB_PARTICIPANTS_MAX = 11,
    BATCH_CHAIN_BYTES_MAX = 120000, /* published bytes of one chain */
    BATCH_EXECUTION_MAX = 360, /* what a chain's contract executes in one transaction (REQ-L1-3) */
    BATCH_EXECUTION_REQUEST = 1, /* of it: a priority request; a payment: exit or withdrawal */
    BATCH_EXECUTION_PAYMENT = 5
};

/* Sealed state of one chain. Own both. */
struct chain_state {
    uint16_t chain; /* index */
    struct cells *cells;
    struct preimages *preimages;
};
/* Genesis state of chain `index`. ERR_NOMEM. */
MUST_CHECK enum err chain_state_init(struct chain_state *s, uint16_t index);
void chain_state_deinit(struct chain_state *s);
/* Undoes a segment of a sealed batch, the newest first (REQ: revert of an unproven batch): puts back
 * the cells before. ERR_MISMATCH if the state is not the one after it. */
MUST_CHECK enum err chain_state_revert(struct chain_state *s, const struct chain_trace *trace);
/* Makes a segment that was sealed elsewhere (by the leader) or is loaded from a store take effect, in
 * order. */
MUST_CHECK enum err chain_state_advance(struct chain_state *s, const struct chain_trace *trace);

struct batch_chain_config {
    struct chain_state *state;
    uint32_t fee_account; /* 0 = no fees on this chain in this batch */
    struct fee_slot fees[BATCH_FEE_TOKENS]; /* unused: token 0, slot 0; slots 2..127 */
};
struct batch_config {
    uint8_t deployment_id[32];
    uint32_t k, time; /* T_k > 0 */
    bool trust_signatures; /* see struct rules_chain */
    const struct checked_signatures *checked; /* its content may change from push to push; or NULL */
    const struct batch_limits *limits; /* of a slice; NULL = batch_limits_standard */
    uint32_t slices_max;       /* 1 .. BATCH_SLICES_MAX; 0 = BATCH_SLICES_MAX */
    uint32_t participants_max; /* 1 .. BATCH_PARTICIPANTS_MAX; 0 = BATCH_PARTICIPANTS_MAX */
    uint32_t n_chains;
    struct batch_chain_config chains[BATCH_CHAINS_MAX];
};
struct batch;

/* ERR_ARG for a bad config, ERR_NOT_FOUND if a fee account is no user, ERR_NOMEM. */
MUST_CHECK enum err batch_begin(struct batch **out, const struct batch_config *config);
void batch_free(struct batch *b);

/* What became of an accepted request, for receipts. */
struct push_result {
    enum rule_error rule;
    uint32_t n_ops;         /* records: 1, or 2 for both halves */
    uint16_t chain[2];      /* chain of each record */
    uint32_t record[2];     /* its number among the chain's records of the batch, over all segments */
    struct op op[2];        /* executed, out fields set; signature pointers NULL */
};
/* From here on signatures are checked: for a batch that was begun with trust_signatures to replay a
 * journal and now takes requests from outside. */
void batch_check_signatures(struct batch *b);
/* Applies or refuses; result may be NULL. A refused request leaves no trace, so the accepted ones alone
 * give the same batch. A capacity refusal means: seal, then push again; what fits no batch is refused
 * with RULE_TOO_LARGE. */
enum rule_error batch_push(struct batch *b, const struct request *request,
                           struct push_result *result);

/* How full the batch is as seen by a chain, in 1/1000; which limit (text). For sealing early. With one
 * slice left, that of the fullest limit of the open one. */
uint32_t batch_fullness(const struct batch *b, uint16_t chain, const char **limit);
uint32_t batch_count_ops(const struct batch *b, uint16_t chain);
uint32_t batch_count_all_ops(const struct batch *b);
/* Views for questions about the open state (balances after what was accepted), valid until the next
 * push. NULL if absent. */
const struct rules_chain *batch_chain(const struct batch *b, uint16_t chain);
/* Present value of a cell, open batch included. */
void batch_peek(const struct batch *b, uint16_t chain, uint32_t account, uint8_t slot,
                struct cell *out);

/* A sealed batch: one trace for each slice and chain with at least one record in it, by slice, then
 * ascending chain. */
struct sealed_batch {
    uint32_t k, time;
    uint32_t n_slices, n_segments;
    struct chain_trace *traces[BATCH_SEGMENTS_MAX];
};
/* Chains with a segment, ascending; returns their number. */
uint32_t sealed_batch_chains(const struct sealed_batch *s, uint16_t out[BATCH_PARTICIPANTS_MAX]);
/* The segments of a chain in order; returns their number (0: no participant). */
uint32_t sealed_batch_of_chain(const struct sealed_batch *s, uint16_t chain,
                               struct chain_trace *out[BATCH_SEGMENTS_MAX]);
/* The segments of a slice: traces *first .. *first + n - 1; returns n >= 1 for slice < n_slices. */
uint32_t sealed_batch_of_slice(const struct sealed_batch *s, uint32_t slice, uint32_t *first);
/* Pairings of the batch: slices with a half operation. slices[i] is the slice of pairing i. */
uint32_t sealed_batch_pairings(const struct sealed_batch *s, uint32_t slices[BATCH_SLICES_MAX]);
/* Moves the states forward; writes the numbers of segments into their headers. ERR_BAD_STATE for a
 * batch without records, ERR_NOMEM (the states are then unchanged and the batch stays open).
 * Afterwards only batch_free may follow. */
MUST_CHECK enum err batch_seal(struct batch *b, struct sealed_batch *out);
/* The same for all segments of a sealed batch: states[i] is the state of chain i. Nothing is changed if
 * one does not fit. */
MUST_CHECK enum err sealed_batch_revert(const struct sealed_batch *s, struct chain_state *states,
                                        uint32_t n_states);
MUST_CHECK enum err sealed_batch_advance(const struct sealed_batch *s, struct chain_state *states,
                                         uint32_t n_states);
void sealed_batch_deinit(struct sealed_batch *s);
#endif
