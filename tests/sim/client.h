#ifndef TESTS_SIM_CLIENT_H
#define TESTS_SIM_CLIENT_H
/* The client outside the system: sends the script, keeps what was acknowledged, asks for it again.
 * Threads: one (sim.h). */
#include "tests/sim/town.h"

void client_start(const struct town_plan *plan);
/* The whole script is sent and answered. */
bool client_is_done(void);
uint64_t client_acknowledged(void);
uint64_t client_refused(void);
/* Highest batch number that an acknowledgement named. */
uint64_t client_last_batch(void);
/* Asks again for everything acknowledged; sim_fail if something is missing. */
void client_audit_start(void);
bool client_audit_is_done(void);
/* Of the last look at /status, "" if nothing is halted. */
const char *client_halted(void);
void client_forget_halted(void);

#endif
