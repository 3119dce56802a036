#ifndef PROVER_AIR_PAIRING_H
#define PROVER_AIR_PAIRING_H
/* The pairing system: the half operations that the leaves of one batch exposed, put together
 * (docs/protocol/state.md section 6, docs/protocol/pairing.md).
 *
 * Threads: as prover/ir. */
#include "prover/air/op_row.h"
#include "prover/ir/ir.h"

enum pairing_bus {
    BUS_PAIRING_PUBLIC = BUS_OP_FREE, /* side, chain, digest 8, count, T lo, T hi, dep 8:
                                         public -> sides */
    BUS_PAIRING_SIDE,                 /* side, chain, T lo, T hi, dep 8              sides */
};

enum pairing_log_height {
    PAIRING_LOG_PAIRS = 6,   /* row x = pair x */
    PAIRING_LOG_SIDES = 4,   /* two rows are used */
    PAIRING_LOG_POSEIDON = 11,
    PAIRING_LOG_SPONGE = 11, /* 14 chunks of tuples and 6 of the order, a pair */
    PAIRING_LOG_PACKED = 6,
    PAIRING_LOG_MULDIV = 7   /* fee and product of a swap */
};

/* Public values (section 8). */
enum pairing_public {
    PAIRING_TIME = 0, /* lo, hi */
    PAIRING_DEP = 2,
    PAIRING_CHAIN_A = 10,
    PAIRING_DIGEST_A = 11,
    PAIRING_COUNT_A = 19,
    PAIRING_CHAIN_B = 20,
    PAIRING_DIGEST_B = 21,
    PAIRING_COUNT_B = 29,
    PAIRING_N_PUBLIC = 30
};

/* Finished; owner: ir_system_free. */
struct ir_system *pairing_system_new(void);
#endif
