#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H
/* The simulated machine room: virtual time, simulated processes, one seeded scheduler.
 *
 * A node is one of our programs, run as it is (its real main function) on a stack of its own; wherever
 * the product would wait (event loop, blocking RPC, fsync) the scheduler runs somebody else. The files
 * beside this one stand, at link time, in the places of common/loop, nng, HTTP, JSON-RPC, clock,
 * randomness and SQLite's files (docs/decisions/0024-simulation.md).
 *
 * Everything follows from the seed: one thread, no real clock, no real randomness, no real socket.
 * Threads: one. Lifetime: one simulation a process (a seed is a fork), memory goes with the process. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/rng.h"

enum { SIM_NODES_MAX = 16, SIM_NAME_MAX = 16 };

struct sim_node {
    char name[SIM_NAME_MAX];
    unsigned id;
    unsigned life; /* +1 at every start and every death: what belongs to an earlier life is dropped */
    bool is_up;
    int (*run)(void *arg);
    void *arg;
    int64_t skew_ms; /* its wall clock is ahead by so much */
    int exit_status; /* of the last life; -1: killed */
    uint64_t died_ms;
};

void sim_init(uint64_t seed);
uint64_t sim_seed(void);
uint64_t sim_now_ms(void);
/* Uniform in [0, n), n > 0. */
uint64_t sim_below(uint64_t n);
/* True in `per_mille` of 1000 cases. */
bool sim_chance(uint64_t per_mille);

struct sim_node *sim_node_new(const char *name, int (*run)(void *arg), void *arg);
void sim_node_start(struct sim_node *node);
/* Ends the node at once, as kill -9 does; safe from inside the node itself (does not return then). */
void sim_node_kill(struct sim_node *node);
/* The node that runs now; NULL in the scheduler and in world events. */
struct sim_node *sim_current(void);
unsigned sim_node_count(void);
struct sim_node *sim_node_at(unsigned i);
/* Called after every death, on the scheduler's stack: disks and files of the node. */
void sim_on_death(void (*cb)(struct sim_node *node));

/* A world event (node NULL), or a callback on the node's loop; dropped if the node dies before. */
void sim_at(struct sim_node *node, uint64_t delay_ms, void (*fn)(void *arg), void *arg);
/* Runs fn on a stack of its own within the current node, as a thread would. */
void sim_thread(void (*fn)(void *arg), void *arg, uint64_t delay_ms);
/* The current node waits; others run. */
void sim_sleep_ms(uint64_t ms);

/* For loop.c's stand-in: gives control back until the node's loop has a callback to run. */
void sim_loop_wait(void);

/* Runs until `done` says so (looked at between events), or no event is left, or the time is over. */
bool sim_run(bool (*done)(void *ctx), void *ctx, uint64_t until_ms);
/* Called after every event. */
void sim_on_step(void (*cb)(void));
uint64_t sim_events(void);

/* A line of the event log: goes into the digest, and to stdout when verbose. */
void sim_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void sim_digest(uint8_t out[32]);
void sim_set_verbose(bool on);
bool sim_verbose(void);
/* A broken invariant: says what and where, ends the process with status 1. */
_Noreturn void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
