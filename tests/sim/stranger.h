#ifndef TESTS_SIM_STRANGER_H
#define TESTS_SIM_STRANGER_H
/* Somebody who reads the L1s and calls the contracts: repeats what others sent, on this chain or another, as
 * it was (which is allowed: anyone may prove, agree, execute) or changed (which must be refused).
 * Threads: one (sim.h). */
#include "tests/sim/l1_chain.h"

void stranger_init(void);
/* A transaction that was sent. */
void stranger_sees(const struct l1_tx *tx);
/* Sends something to this chain; false if nothing was seen yet. */
bool stranger_acts(struct l1 *l);

#endif
