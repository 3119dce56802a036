#ifndef TESTS_UNIT_PROVER_AIR_CERTIFICATE_H
#define TESTS_UNIT_PROVER_AIR_CERTIFICATE_H
/* Is a constraint redundant, as an identity of polynomials? X = sum of g_i C_i with the table's
 * other constraints C_i and multipliers g_i of degree 2 in the columns that they speak of: where
 * all C_i are 0, X is 0. The coefficients are found by solving for them at random points, more points
 * than unknowns, so that a solution is an identity but with a probability below 2^-100. */
#include "prover/ir/ir.h"

/* True if a certificate was found; *n_used: constraints with a multiplier that is not 0. */
bool certificate_found(const struct ir_table *t, uint32_t constraint, uint32_t *n_used);

#endif
