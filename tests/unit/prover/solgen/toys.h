#ifndef TESTS_UNIT_PROVER_SOLGEN_TOYS_H
#define TESTS_UNIT_PROVER_SOLGEN_TOYS_H
/* Small systems with a valid trace, made so that every kind of node, height and message that the
 * Solidity generator treats in its own way occurs.
 *
 * toy_mixed: tables of 2^9, 2^6, 2^3 and 2^0 rows; IDX at several places, two FIXED columns (one
 * with large values), constants that are small, negative and large, a product of degree 5, sums
 * long enough to need reductions, messages with constant, public and column fields.
 * toy_pre: preprocessed columns in tables of 2^8, 2^5 and 2^4 rows, the last without any other; in
 * constraints, fields and multiplicities, negative ones among them.
 * toy_random: one table of 2^6 rows whose last columns are random expressions of the first ones,
 * with constants of every size and as much sharing as chance gives; no messages but a pair that
 * cancels. */
#include "prover/ir/ir.h"

struct toy {
    struct ir_system *system;
    struct ir_trace *trace; /* passes ir_mock_check */
    const uint32_t *const *const *pre; /* values of the preprocessed columns, static; else NULL */
};

/* seed varies witness and public values, not the system. */
struct toy toy_mixed(uint32_t seed);
struct toy toy_random(uint32_t seed);
struct toy toy_pre(uint32_t seed);
void toy_free(struct toy *t);

#endif
