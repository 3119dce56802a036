#ifndef CORE_BATCH_CHAIN_TRACE_H
#define CORE_BATCH_CHAIN_TRACE_H
/* What the prover needs to prove one chain's segment of one batch: the records in order, the
 * opened contents of every account they open, old and new values of every touched cell, and the
 * tree nodes around them. Built by core (executor), read by prover/trace.
 *
 * Lifetime: made by chain_trace_new inside the executor, freed by chain_trace_free; owns all its
 * arrays, including copies of the signatures its ops point to. Immutable once sealed. */
#include "core/batch/limits.h"
#include "core/op/op.h"

/* Preimage of a user's slot 0. */
struct user_cell {
    uint8_t auth, height;
    struct owner owner;
    struct key_root root;
};
struct touched_cell {
    uint32_t account;
    uint8_t slot;
    struct cell before, after;
};
/* Preimages of slot-0 digests that occur in the batch (before, during or after). */
enum { PREIMAGE_USER = 1, PREIMAGE_POOL = 2 };
struct slot0_preimage {
    uint8_t kind;
    struct cell digest;
    struct user_cell user;
    struct pool_half pool;
};
/* One distinct internal node on a path from the root to a touched cell: children before and after.
 * level 0 = the root; prefix = the `level` leading address bits. A child not on any path has
 * before = after. Level 31's children are cells. Sorted by (level, prefix). */
struct tree_row {
    uint8_t level;
    uint32_t prefix;
    struct digest8 left_before, right_before, left_after, right_after;
    bool left_touched, right_touched;
};
struct fee_slot {
    uint32_t token; /* 0 = unused */
    uint8_t slot;
};
/* A segment that is published in a blob (docs/protocol/blobs.md): the point and the two running values
 * before and after it, 32 bytes big-endian below r. */
struct trace_blob {
    bool on;
    uint32_t head; /* h: elements in calldata */
    uint8_t z[32], a_before[32], b_before[32], a_after[32], b_after[32];
};
struct chain_trace {
    uint8_t deployment_id[32];
    uint16_t chain;
    uint8_t slice;       /* of the batch; not published */
    bool large;          /* beyond batch_limits_standard: for the large leaf program */
    uint8_t segment, of; /* as in the header */
    uint32_t k, time;    /* T_k */
    uint32_t fee_account; /* 0 = none */
    struct fee_slot fee_slots[BATCH_FEE_TOKENS];
    struct digest8 root_before, root_after;
    uint32_t n_ops;
    struct op ops[BATCH_RECORDS_MAX];
    uint32_t n_cells;
    struct touched_cell cells[BATCH_CELLS_MAX]; /* sorted by (account, slot) */
    uint32_t n_preimages;
    struct slot0_preimage *preimages;
    uint32_t n_tree_rows;
    struct tree_row *tree_rows;
    uint32_t n_bytes;
    uint8_t bytes[BATCH_BYTES_MAX]; /* the segment as published */
    uint8_t segment_hash[32];
    struct trace_blob blob; /* set after sealing (core/batch/blob.h); not .on: calldata */
    struct digest8 tuple_digest;
    uint32_t n_tuples;
    /* Copies of the signatures that `ops` point to. */
    uint32_t n_signatures;
    struct xmss_signature *signatures;
};

/* dep of docs/protocol/state.md section 3. */
void deployment_elements(uint32_t dep[8], const uint8_t deployment_id[32]);
void chain_trace_free(struct chain_trace *trace);
#endif
