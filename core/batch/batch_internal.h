#ifndef CORE_BATCH_BATCH_INTERNAL_H
#define CORE_BATCH_BATCH_INTERNAL_H
/* Inside of struct batch, for the files of this folder only. */
#include "core/batch/batch.h"
#include "core/op/codec.h"

/* One chain's part of the open slice. */
struct batch_part {
    struct chain_state *state;
    struct rules_chain rules;
    struct overlay overlay;
    uint32_t n_ops, n_signatures, n_priority, n_withdrawals, n_bytes;
    uint32_t execution;                /* what executing its priority and withdrawals costs */
    uint32_t closed_ops, closed_bytes, closed_execution; /* of the chain, in the closed slices */
    struct op ops[BATCH_RECORDS_MAX];
    struct owner signers[BATCH_RECORDS_MAX]; /* owner of the account that signed the record */
    struct xmss_signature *signatures;       /* BATCH_SIGNATURES_MAX; ops point into it */
};
struct batch {
    struct batch_config config;
    uint32_t x; /* number of the next pair of the open slice */
    bool sealed;
    /* Closed slices: their segments, and the states moved over them. A slice is opened for an
     * operation that is in it, so the open one is empty only in an empty batch. */
    uint32_t n_slices, n_traces;
    struct chain_trace *traces[BATCH_SEGMENTS_MAX];
    uint32_t n_parts;
    struct batch_part *parts[BATCH_CHAINS_MAX]; /* ascending chain index */
    struct batch_part *spare[2];                /* for the next slice; NULL until wanted */
};

struct batch_part *batch_part_find(const struct batch *b, uint16_t chain);
/* Poseidon calls so far. Of the tree: before and after for every row. */
uint32_t batch_part_poseidon(const struct batch_part *p);
/* RULE_OK, or the first of the limits that the part is beyond. */
enum rule_error batch_part_check(const struct batch_part *p, const struct batch_limits *l);
/* Makes the traces of the open slice and moves the states; the parts stay as they are. Nothing is
 * changed if it fails. */
MUST_CHECK enum err batch_slice_close(struct batch *b);
/* Puts the states back to where the batch began. */
void batch_slices_undo(struct batch *b);
/* The auth of an executed op, NULL for unsigned kinds. */
struct op_auth *op_auth_of(struct op *op);
#endif
