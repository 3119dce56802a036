#ifndef TESTS_SIM_DISK_SIM_H
#define TESTS_SIM_DISK_SIM_H
/* Simulated disks: SQLite's files in memory (a VFS), and the oracles' file of signed digests.
 * Threads: one (sim.h). */
#include <stdbool.h>

/* Makes the simulated VFS SQLite's default. */
void disk_sim_init(void);
/* Called with what an oracle just made durable in its book. */
struct sim_node;
void disk_sim_on_book(void (*cb)(const struct sim_node *node, const char *line));
#endif
