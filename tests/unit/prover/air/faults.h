#ifndef TESTS_UNIT_PROVER_AIR_FAULTS_H
#define TESTS_UNIT_PROVER_AIR_FAULTS_H
/* Everything that is wrong with a trace, not only the first: all violated constraints by name and all
 * buses that do not balance by tag. A forgery whose faults are one rule alone would be accepted if
 * that rule were missing. */
#include "prover/ir/ir.h"

enum { FAULTS_MAX = 64 };
struct faults {
    uint32_t n_constraints, n_buses;       /* distinct; the first FAULTS_MAX are kept */
    const char *constraint[FAULTS_MAX][2]; /* table, name */
    uint16_t bus[FAULTS_MAX];
};
void faults_find(struct faults *f, const struct ir_trace *tr);
/* Multiplicities of the lookups in range16 counted again from what all tables ask; numbers out of range
 * stay unanswered. */
void faults_recount_range16(struct ir_trace *tr);
#endif
