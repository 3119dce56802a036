#ifndef TESTS_UNIT_PROVER_AIR_MUTANTS_H
#define TESTS_UNIT_PROVER_AIR_MUTANTS_H
/* Single-cell mutants of a clean trace. A change in one row is noticed iff a constraint of that row
 * fails or the row's messages, taken together, are another multiset than before: since all buses
 * balanced, that is exactly when the mock checker would refuse; so a mutant costs one row. */
#include "prover/ir/ir.h"

/* A column whose mutants may survive, and why. rows: ROWS_PADDING for rows past the used ones. */
enum mutant_rows { ROWS_ALL, ROWS_PADDING };
struct mutant_allow {
    const char *table, *column; /* column: a prefix of the name */
    enum mutant_rows rows;
    const char *reason;
};

struct mutant_report {
    uint32_t mutants, killed, allowed, survivors;
    uint32_t speakers;      /* constraints and messages of the tables looked at */
    uint32_t sole_killers;  /* of them: those that alone killed some mutant, so that a system
                               without them would let it pass */
};

/* Mutants of every column in rows first .. used - 1 (at most max_rows, spread evenly) and of one
 * padding row of each listed table: cell + 1, - 1, + 2^16, 0, 1. used[table]: rows in use, or the
 * height. Survivors that no allowance covers are printed. verbose: also speakers that were never
 * the only killer. */
struct mutant_report mutants_run(struct ir_trace *tr, const char *const *tables, uint32_t n_tables,
                                 const uint32_t *used, uint32_t max_rows,
                                 const struct mutant_allow *allow, uint32_t n_allow, bool verbose);
/* Two cells of one row at once: small steps with and against each other, steps of one limb or byte
 * against the next, both values exchanged. Rows first .. used - 1 as above; columns that `allow` names
 * in any row are left out. */
struct mutant_report mutants_pairs(struct ir_trace *tr, const char *const *tables,
                                   uint32_t n_tables, const uint32_t *used, uint32_t max_rows,
                                   const struct mutant_allow *allow, uint32_t n_allow);
void mutants_print(const char *what, const struct mutant_report *r);
#endif
