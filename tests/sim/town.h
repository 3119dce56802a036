#ifndef TESTS_SIM_TOWN_H
#define TESTS_SIM_TOWN_H
/* One whole deployment in the simulation: three L1s, orchestrator, gate, two workers, four oracles, a
 * client with a script of signed requests.
 *
 * Use: town_prepare (costly, once a script), then in a process of its own town_run (one seed).
 * Threads: one (sim.h). */
#include "tests/sim/l1_chain.h"
#include "tests/sim/sim.h"

enum {
    TOWN_CHAINS = 3,
    TOWN_ORACLES = 4,
    TOWN_WORKERS = 2,
    TOWN_STEPS_MAX = 128,
    TOWN_BATCHES_LEAST = 5,
};

struct town_step {
    bool is_priority;
    uint16_t chain;
    uint8_t *bytes;
    size_t len;
};
/* What a seed needs and many seeds share: deployment, keys, signed requests, configuration files. */
struct town_plan {
    char dir[96];
    struct deployment deployment;
    uint8_t operator_address[20];
    uint32_t fee_account[TOWN_CHAINS];
    struct town_step steps[TOWN_STEPS_MAX];
    size_t n_steps;
};
struct town_options {
    uint64_t seed;
    bool verbose;
    bool calm; /* no faults */
    const char *twin; /* "", or what is broken on purpose: the invariants must notice (main.c) */
};
struct town_result {
    uint8_t digest[32];
    uint64_t batches, acknowledged, refused, restarts, halts, events, virtual_ms;
};

struct town_plan *town_prepare(const char *dir, uint64_t script);
/* Does not return when an invariant is broken (sim_fail). */
void town_run(const struct town_plan *plan, const struct town_options *options,
              struct town_result *result);

/* ---- for the parts of the town ---- */
struct l1 *town_l1(unsigned chain);
struct sim_node *town_orchestrator(void);
const struct town_plan *town_plan_now(void);

#endif
