#ifndef CORE_BATCH_LIMITS_H
#define CORE_BATCH_LIMITS_H
/* Capacities of the leaf program, and pairs of the pairing program (docs/protocol/state.md REQ-LIM): a
 * slice is closed before a chain's segment would pass one of them. Table heights and these numbers
 * belong together: struct leaf_size of prover/air/leaf.h has both. */
#include <stdint.h>

struct batch_limits {
    uint32_t records;     /* of the stream, ESCAPE not counted */
    uint32_t signatures;
    uint32_t tuples;
    uint32_t pairs;       /* of the slice, over all its chains: x is below (pairing program) */
    uint32_t accesses;    /* cell accesses */
    uint32_t cells;       /* distinct cells touched */
    uint32_t tree_rows;   /* distinct internal nodes on the paths of touched cells */
    uint32_t poseidon;    /* Poseidon calls of the leaf: 2 per tree row and the rest; of the rows of
                             the table, less those that padding rows of other tables ask */
    uint32_t bytes;       /* of a segment: its SHA-256 blocks less their padding */
    uint32_t priority;    /* priority records in a segment */
    uint32_t withdrawals;
};

/* The small programs: 2^22 cells. What a slice is closed by unless its config says otherwise. */
extern const struct batch_limits batch_limits_standard;
/* The large ones: four times the cells, nine times the operations. What the sequencer closes slices by;
 * a segment that is within the standard limits is proven by the small leaf. */
extern const struct batch_limits batch_limits_large;

/* What memory is laid out for: no program has more. */
enum batch_maxima {
    BATCH_RECORDS_MAX = 512,
    BATCH_SIGNATURES_MAX = 512,
    BATCH_TUPLES_MAX = 512,
    BATCH_ACCESSES_MAX = 4096,
    BATCH_CELLS_MAX = 2048,
    BATCH_TREE_ROWS_MAX = 32768,
    BATCH_BYTES_MAX = 8183, /* 128 SHA-256 blocks; 8 times it fits 16 bits */
    BATCH_PRIORITY_MAX = 256,
    BATCH_WITHDRAWALS_MAX = 128,
    BATCH_FEE_TOKENS = 4,
};
#endif
