#ifndef TESTS_SIM_FAULTS_H
#define TESTS_SIM_FAULTS_H
/* What goes wrong, drawn from the seed: every place that can fail asks here; each fault that happened
 * is counted, so that a run of many seeds shows that every kind was there.
 *
 * Threads: one (sim.h). */
#include "tests/sim/sim.h"

#define SIM_EPOCH_MS UINT64_C(1763600000000) /* the wall clock at the start of a simulation */

enum {
    FAULT_ENDPOINT_CLIENT = SIM_NODES_MAX,
    FAULT_ENDPOINT_L1 = SIM_NODES_MAX + 1, /* + chain */
    FAULT_ENDPOINTS = SIM_NODES_MAX + 8
};

#define FAULT_LIST(X)                                                                              \
    X(FAULT_KILL, "kill")                       /* a process dies, its disk is as it was */        \
    X(FAULT_POWER, "power")                     /* what was not synced is lost */                  \
    X(FAULT_BOUNDARY, "crash_at_boundary")      /* death just before or after something durable */ \
    X(FAULT_LOST, "message_lost")                                                                  \
    X(FAULT_TWICE, "message_twice")                                                                \
    X(FAULT_LATE, "message_late")               /* so late that others overtake it */              \
    X(FAULT_PARTITION, "partition")                                                                \
    X(FAULT_CUT, "message_cut")                 /* a message that met a partition */               \
    X(FAULT_SLOW_DISK, "disk_slow")                                                                \
    X(FAULT_TORN, "disk_torn")                  /* a part of an unsynced write survived */         \
    X(FAULT_GONE, "disk_lost")                  /* an unsynced write did not survive */            \
    X(FAULT_DISK_ERROR, "disk_error")           /* a write or sync fails */                        \
    X(FAULT_CLOCK, "clock_jump")                                                                   \
    X(FAULT_REORG, "reorg")                                                                        \
    X(FAULT_TX_LATE, "tx_left_waiting")         /* a block without what could be in it */          \
    X(FAULT_TX_FORGOTTEN, "tx_forgotten")       /* a node drops it from its pool */                \
    X(FAULT_RPC_LOST, "rpc_lost")               /* no answer; the request arrived or not */        \
    X(FAULT_RPC_ERROR, "rpc_error")                                                                \
    X(FAULT_RPC_LAG, "rpc_lag")                 /* a node that is behind */                        \
    X(FAULT_RPC_NO_LOGS, "rpc_hides_logs")                                                         \
    X(FAULT_RPC_GARBAGE, "rpc_garbage")                                                            \
    X(FAULT_PROOF_WRONG, "proof_wrong")         /* a worker delivers nonsense */                   \
    X(FAULT_PROOF_FAILS, "proof_fails")                                                            \
    X(FAULT_PROOF_SLOW, "proof_slow")                                                              \
    X(FAULT_STRANGER, "stranger")               /* somebody else calls the contract */

enum fault {
#define X(name, text) name,
    FAULT_LIST(X)
#undef X
    FAULT_COUNT
};

/* Draws the rates of this seed and begins. */
void faults_begin(void);
/* From now on nothing goes wrong: partitions heal, clocks stay as they are. */
void faults_end(void);
bool faults_on(void);
const char *fault_name(enum fault f);
uint64_t fault_count(enum fault f);
/* A fault that somebody else decided on. */
void fault_happened(enum fault f, const char *what);
/* Happens with the rate of this seed; counted and noted when it does. */
bool fault_draw(enum fault f, const char *what);
/* For so long no message passes in this direction. */
void fault_cut(unsigned from, unsigned to, uint64_t for_ms);
/* No message passes in this direction at the moment. */
bool fault_is_cut(unsigned from, unsigned to);
/* A message sets out. False: it is lost. *delay_ms is set; *twice: it comes a second time. */
bool fault_message(unsigned from, unsigned to, uint64_t *delay_ms, bool *twice);
/* The current node is just before or after a durable step: it may die here and not return. */
void fault_boundary(const char *what);
/* How many boundaries of each name were passed and how often a node died there. */
void fault_boundaries_print(void);

/* A negative twin: one part is broken on purpose, and an invariant must notice. Names: main.c. */
void fault_twin_set(const char *name);
bool fault_twin(const char *name);

/* loop_sim.c, nng_sim.c, disk_sim.c: what belongs to a dead node */
void sim_timers_of_dead(const struct sim_node *node);
void sim_links_of_dead(const struct sim_node *node);
void sim_disk_of_dead(const struct sim_node *node);
/* disk_sim.c: when the node dies next, what it did not sync is lost (or not). */
void sim_disk_power(const struct sim_node *node, bool is_lost);
void sim_http_of_dead(const struct sim_node *node);

#endif
