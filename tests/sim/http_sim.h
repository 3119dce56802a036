#ifndef TESTS_SIM_HTTP_SIM_H
#define TESTS_SIM_HTTP_SIM_H
/* The world's side of the simulated HTTP servers: clients of the API.
 * Threads: one (sim.h); cb runs as a world event. */
#include <jansson.h>

#include "tests/sim/sim.h"

/* Sends a request to the server of this node. cb exactly once: status 0 and body NULL when no answer came
 * within timeout_ms. body: copied. */
void http_sim_request(struct sim_node *to, const char *method, const char *path, const char *body,
                      uint64_t timeout_ms,
                      void (*cb)(void *ctx, unsigned status, const json_t *body), void *ctx);

#endif
