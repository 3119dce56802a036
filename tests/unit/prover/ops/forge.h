#ifndef TESTS_UNIT_PROVER_OPS_FORGE_H
#define TESTS_UNIT_PROVER_OPS_FORGE_H
/* Changing rows of clean traces as a cheating sequencer would, and asking who notices. */
#include "prover/ir/ir.h"
#include "tests/unit/prover/ops/scenarios.h"

/* Runs the scenario and keeps its traces (all but the first batch) until the next call. */
void forge_load(void (*scenario)(each_trace each));

struct spot {
    struct ir_trace *tr;
    uint32_t table, row;
};
/* First row of the table that is on and has these column values (pairs name, value; NULL ends).
 * Aborts if there is none. */
struct spot spot_find(const char *table, ...);
uint32_t get(struct spot s, const char *column);
void set(struct spot s, const char *column, uint32_t value);
void set_n(struct spot s, const char *column, const uint32_t *values, uint32_t n);
void set_amount(struct spot s, const char *column, uint64_t v); /* 7 limbs */
uint64_t get_amount(struct spot s, const char *column);
/* carries or borrows of a + b, a - b: 6 columns */
void set_carries(struct spot s, const char *column, uint64_t a, uint64_t b, bool subtract);
void set_inverse(struct spot s, const char *column, uint32_t v);
/* w[at] = 1 / v, the rest 0 */
void set_weight(struct spot s, const char *column, uint32_t n, uint32_t at, uint32_t v);

/* a - b mod p */
uint32_t minus(uint32_t a, uint32_t b);
/* Exactly this constraint or range lookup of the row fails. NULL: nothing fails. */
void expect_only(struct spot s, const char *name);
/* Whether every constraint and range lookup of the row holds. */
bool row_holds(struct spot s);
/* Kept traces, and rows that are on. */
uint32_t spot_traces(void);
uint32_t spot_rows(uint32_t trace, const char *table);
struct spot spot_at(uint32_t trace, const char *table, uint32_t row);
/* Row `row`, on or off: does any message have a multiplicity other than 0? */
bool row_speaks(struct spot s);
/* It is among those that fail. */
void expect_among(struct spot s, const char *name);
/* What all tables say on the bus cancels. */
bool bus_balanced(const struct ir_trace *tr, uint16_t tag);
/* Puts back all cells changed since the last undo. */
void undo(void);
#endif
