#ifndef TESTS_SIM_CHECK_H
#define TESTS_SIM_CHECK_H
/* The invariants I1-I9 and I11 of reliability.md section 6a, looked at after every step that changed an
 * L1, from the L1s' own state and the auditor's re-execution; sim_fail names what is broken.
 * Threads: one (sim.h). */
#include "tests/sim/town.h"

void check_init(const struct town_plan *plan);
void check_step(void);
/* A transaction that somebody sent. */
void check_raw(struct l1 *l, const struct l1_tx *tx);
/* Oracle `oracle` has (k, digest) durably in its book. */
void check_book(unsigned oracle, uint64_t k, const uint8_t digest[32]);
/* Batches that are executed, by final blocks, on every chain. */
uint64_t check_executed(void);

#endif
