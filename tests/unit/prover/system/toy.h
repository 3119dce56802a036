#ifndef TESTS_UNIT_PROVER_SYSTEM_TOY_H
#define TESTS_UNIT_PROVER_SYSTEM_TOY_H
/* Small systems with every feature of the IR, and honest traces for them. */
#include "prover/ir/ir.h"

struct toy {
    struct ir_system *s;
    struct ir_trace *tr;
};

/* Fibonacci through messages: three tables of heights log_fib, 2 and 0, an index, a pattern, a degree-3
 * constraint, an advice multiplicity, public messages with two public values. log_fib >= 2. */
struct toy toy_fib(uint32_t log_fib);
/* One table of one row, one column, one constraint, no message, no public value. */
struct toy toy_single(void);
/* Wide and uneven: heights 2^7, 2^3, 2^5, 2^5 with 37, 5, 64 and 1 columns, degree 5, messages of 0,
 * 1 and 31 fields between the tables. */
struct toy toy_mixed(uint32_t seed);
/* For measuring: tables of the given log height with `columns` columns, a third of them products,
 * `messages` messages sent and received per row. */
struct toy toy_bulk(uint32_t log_height, uint32_t tables, uint32_t columns, uint32_t messages);
void toy_free(struct toy *y);

#endif
