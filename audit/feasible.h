#ifndef AUDIT_FEASIBLE_H
#define AUDIT_FEASIBLE_H
/* Can a batch, if it is right, also be committed, proven and executed? The gate asks before it
 * approves: a batch that is right and cannot go on would stop the system (state.md REQ-LIM). Nothing
 * of this is about money, and nobody else asks: what is proven, oracles sign.
 *
 * Checked of what the orchestrator tells, headers and requests alone:
 * - 64 segments in all, slices ascending along each chain and below 32, 120,000 bytes a chain;
 * - at most 11 parts in blobs;
 * - what the contracts can execute: EXECUTION_COST_MAX of Batches.sol, for each chain;
 * - the slices are a slicing: in the order of execution they never go back, and both records of a
 *   request lie in one. Then the order of execution gives every slice its x = 0, 1, 2, ..
 * Not checked: capacities of the leaf and pairing programs (how full a slice may be): the sequencer
 * has them, and a prover that cannot prove says so.
 *
 * Threads: pure. */
#include <stdbool.h>

#include "common/msg/gate.h"

enum {
    FEASIBLE_SEGMENTS_MAX = 64, /* of a batch: leaf facts of the batch program */
    FEASIBLE_CHAIN_BYTES_MAX = 120000,
    FEASIBLE_BLOBS_MAX = 11, /* parts in blobs: what the batch program holds whatever their segments */
    FEASIBLE_EXECUTION_MAX = 360, /* a request costs 1, a withdrawal 5, an exit 5 */
};
struct feasible_fault {
    uint16_t chain;  /* 0xFFFF: the batch as a whole */
    uint32_t record; /* in the chain's part; UINT32_MAX: none */
    const char *text;
};
/* Malformed segments are left to the replica. false with *fault. */
bool feasible_check(const struct gate_ask *ask, struct feasible_fault *fault);
#endif
