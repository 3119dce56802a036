#ifndef PROVER_AIR_PAIRING_H
#define PROVER_AIR_PAIRING_H
/* The pairing system: the half operations that the leaves of one slice exposed, put together
 * (docs/protocol/state.md section 6, docs/protocol/pairing.md). Up to 16 participants, stated in one
 * digest (docs/protocol/recursion.md section 5).
 *
 * Threads: as prover/ir. */
#include "prover/air/op_row.h"
#include "prover/ir/ir.h"

enum pairing_bus {
    BUS_PAIRING_SIDE = BUS_OP_FREE + 1, /* side, chain, T lo, T hi, dep 8              sides */
    BUS_PAIRING_FACT,                   /* S 8: public -> sides */
    BUS_PAIRING_LINK, /* side, chain before, T lo, T hi, dep 8: side -> next side */
    BUS_PAIRING_LAST, /* number of sides: the last side -> side 0 */
    BUS_PAIRING_X,    /* x: sides -> pair 0 -> pair 1 .. -> sides */
};

/* Adds the table of pairs. */
void pair_table_build(struct ir_system *s, uint32_t log_pairs);

/* log2 of the rows of each table. */
struct pairing_size {
    uint8_t pairs;  /* <= 14 */
    uint8_t absorb; /* 20 rows a pair and 2 + 2 a side */
    uint8_t packed, muldiv;
};
extern const struct pairing_size PAIRING_SIZE_64, PAIRING_SIZE_512;
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
