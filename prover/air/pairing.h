#ifndef PROVER_AIR_PAIRING_H
#define PROVER_AIR_PAIRING_H
/* The pairing system: the half operations that the leaves of one slice exposed, put together
 * (docs/protocol/state.md section 6, docs/protocol/pairing.md). Two versions: 1 states two
 * participants in 30 public values (verified on L1 today); 2 states up to 16 in one digest
 * (docs/protocol/recursion.md section 5).
 *
 * Threads: as prover/ir. */
#include "prover/air/op_row.h"
#include "prover/ir/ir.h"

enum pairing_bus {
    BUS_PAIRING_PUBLIC = BUS_OP_FREE, /* side, chain, digest 8, count, T lo, T hi, dep 8:
                                         public -> sides */
    BUS_PAIRING_SIDE,                 /* side, chain, T lo, T hi, dep 8              sides */
    /* version 2 */
    BUS_PAIRING_FACT, /* S 8: public -> sides */
    BUS_PAIRING_LINK, /* side, chain before, T lo, T hi, dep 8: side -> next side */
    BUS_PAIRING_LAST, /* number of sides: the last side -> side 0 */
    BUS_PAIRING_X,    /* x: sides -> pair 0 -> pair 1 .. -> sides */
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

/* Adds the table of pairs; many: version 2. */
void pair_table_build(struct ir_system *s, uint32_t log_pairs, bool many);

/* Finished; owner: ir_system_free. */
struct ir_system *pairing_system_new(void);

/* ---- version 2 ---- */
/* log2 of the rows of each table. */
struct pairing_size {
    uint8_t pairs;  /* <= 14 */
    uint8_t absorb; /* 20 rows a pair and 2 + 2 a side */
    uint8_t packed, muldiv;
};
extern const struct pairing_size PAIRING_SIZE_64, PAIRING_SIZE_256;
enum {
    PAIRING_LOG_SIDES_MAX = 4,
    PAIRING_SIDES_MAX = 1 << PAIRING_LOG_SIDES_MAX,
    PAIRING_FACT = 0, /* the only public value: S, 8 elements */
    PAIRING2_N_PUBLIC = 8,
    PAIRING_SPONGE_FACT = (1 << 20) + PAIRING_SIDES_MAX /* behind the sides' lists */
};
/* Finished; owner: ir_system_free. */
struct ir_system *pairing2_system_new(const struct pairing_size *size);
#endif
