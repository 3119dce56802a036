#ifndef CORE_BATCH_BATCH_INTERNAL_H
#define CORE_BATCH_BATCH_INTERNAL_H
/* Inside of struct batch, for the files of this folder only. */
#include "core/batch/batch.h"
#include "core/op/codec.h"

/* One chain's part of the open batch. */
struct batch_part {
    struct chain_state *state;
    struct rules_chain rules;
    struct overlay overlay;
    uint32_t n_ops, n_signatures, n_priority, n_withdrawals, n_bytes;
    struct op ops[BATCH_RECORDS_MAX];
    struct owner signers[BATCH_RECORDS_MAX]; /* owner of the account that signed the record */
    struct xmss_signature *signatures;       /* BATCH_SIGNATURES_MAX; ops point into it */
};
struct batch {
    struct batch_config config;
    uint32_t x; /* number of the next pair */
    bool sealed;
    uint32_t n_parts;
    struct batch_part *parts[BATCH_CHAINS_MAX]; /* ascending chain index */
};

/* The auth of an executed op, NULL for unsigned kinds. */
struct op_auth *op_auth_of(struct op *op);
#endif
