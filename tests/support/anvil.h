#ifndef TESTS_SUPPORT_ANVIL_H
#define TESTS_SUPPORT_ANVIL_H
/* A development chain (foundry's anvil from node_modules) for tests: started as a child on a free
 * port, ended with the test.
 *
 * Threads: one. Every failure aborts the test. */

#include <jansson.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/net/json_rpc_client.h"

struct anvil {
    pid_t pid;
    uint16_t port;
    uint64_t chain_id;
    char url[64];
    char home[64];
    struct json_rpc_sync *rpc;
};

/* Mines every transaction at once, no block without one. */
void anvil_start(struct anvil *a, uint64_t chain_id);
/* Ends the process; safe to call twice. */
void anvil_stop(struct anvil *a);
/* A call that must succeed; params taken over. The result is the caller's. */
json_t *anvil_rpc(struct anvil *a, const char *method, json_t *params);
void anvil_mine(struct anvil *a, uint64_t blocks);
/* Writes the key of anvil's account `index` (0..9), which is rich, into a fresh file of mode 0600. */
void anvil_key_file(char path[64], unsigned index);

#endif
