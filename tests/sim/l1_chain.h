#ifndef TESTS_SIM_L1_CHAIN_H
#define TESTS_SIM_L1_CHAIN_H
/* One simulated L1: blocks, a pool of transactions, reorganisations, a contract (l1_contract.h), and the
 * JSON-RPC of its nodes. Every block keeps the state after it, so that any past can be asked and restored.
 *
 * Threads: one (sim.h). Limits: L1_TXS_MAX transactions, L1_BLOCKS_MAX blocks. */
#include <jansson.h>

#include "common/net/json_rpc_client.h"
#include "tests/sim/l1_contract.h"

enum { L1_TXS_MAX = 4096, L1_BLOCKS_MAX = 4096, L1_SENDERS_MAX = 16 };

struct l1_tx {
    uint8_t hash[32], from[20], to[20];
    uint64_t nonce;
    uint8_t *data; /* input, or a request's record */
    size_t len;
    bool is_request; /* made by a user: not decoded from bytes */
    bool is_known;   /* in the pool or in a block */
    uint64_t block;  /* number; 0: waits */
    uint32_t index;  /* in the block */
    bool ok;
    bool is_checked; /* check.c */
    const char *why;
};
struct sim_log {
    uint32_t tx; /* number in l1->txs; UINT32_MAX: of the deployment */
    uint32_t tx_index;
    struct contract_event event;
};
struct l1_state {
    struct contract contract;
    struct {
        uint8_t address[20];
        uint64_t nonce;
    } senders[L1_SENDERS_MAX];
    uint32_t n_senders;
};
struct sim_block {
    uint64_t number, time;
    uint8_t hash[32], parent[32];
    struct l1_state *after;
    struct sim_log *logs;
    uint32_t n_logs, n_txs;
};
struct l1 {
    const struct deployment *deployment;
    uint16_t chain;
    struct contract_env env;
    struct sim_block *blocks[L1_BLOCKS_MAX]; /* by number */
    uint64_t head;
    struct l1_tx *txs[L1_TXS_MAX];
    uint32_t n_txs;
    uint64_t forks; /* mixed into hashes */
    uint64_t finality; /* blocks */
    uint64_t n_requests_made, n_strangers;
    /* Called for every accepted raw transaction of the operator or an oracle. */
    void (*on_raw)(struct l1 *l, const struct l1_tx *tx);
};

void l1_init(struct l1 *l, const struct deployment *d, uint16_t chain,
             const uint8_t operator_address[20], const uint32_t *keys_root, uint64_t finality);
/* One more block at this time (seconds). */
void l1_mine(struct l1 *l, uint64_t time);
/* The last `depth` blocks go; their transactions wait again; depth + 1 blocks come. */
void l1_reorganise(struct l1 *l, uint64_t depth, uint64_t time);
/* A user's request goes into the pool. False: the contract would refuse it as things stand. */
bool l1_request(struct l1 *l, struct span record);
/* A call by somebody who is nobody. */
void l1_stranger(struct l1 *l, struct span input);
const struct contract *l1_contract_at(const struct l1 *l, uint64_t number);
uint64_t l1_final(const struct l1 *l);
/* What a node answers whose newest block is `head`. NULL: *err says why (ERR_RPC with *error). */
json_t *l1_answer(struct l1 *l, uint64_t head, const char *method, const json_t *params,
                  enum err *err, struct json_rpc_error *error);

#endif
