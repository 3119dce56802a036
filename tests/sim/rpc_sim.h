#ifndef TESTS_SIM_RPC_SIM_H
#define TESTS_SIM_RPC_SIM_H
/* Which chain stands behind the URL sim://CHAIN. Threads: one (sim.h). */
#include "tests/sim/l1_chain.h"

void rpc_sim_chain(unsigned chain, struct l1 *l);

#endif
