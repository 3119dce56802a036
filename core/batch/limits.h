#ifndef CORE_BATCH_LIMITS_H
#define CORE_BATCH_LIMITS_H
/* Capacities of the leaf program, version 1 (docs/protocol/state.md REQ-LIM): a chain's segment is
 * sealed before it would pass one of them. The table heights of prover/air follow from these. */
enum batch_limits {
    BATCH_RECORDS_MAX = 64,      /* records of the stream, ESCAPE not counted */
    BATCH_SIGNATURES_MAX = 48,
    BATCH_TUPLES_MAX = 64,
    BATCH_ACCESSES_MAX = 512,    /* cell accesses */
    BATCH_CELLS_MAX = 256,       /* distinct cells touched */
    BATCH_TREE_ROWS_MAX = 8192,  /* distinct internal nodes on the paths of touched cells */
    BATCH_POSEIDON_MAX = 16376,  /* Poseidon calls of the leaf: 2 per tree row and the rest; of 2^14
                                    rows, less those that padding rows of other tables ask */
    BATCH_BYTES_MAX = 2039,      /* of a segment: 32 SHA-256 blocks less their padding */
    BATCH_PRIORITY_MAX = 32,     /* priority records in a segment */
    BATCH_WITHDRAWALS_MAX = 24,
    BATCH_FEE_TOKENS = 4,
};
#endif
