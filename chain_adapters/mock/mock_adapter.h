#ifndef CHAIN_ADAPTERS_MOCK_MOCK_ADAPTER_H
#define CHAIN_ADAPTERS_MOCK_MOCK_ADAPTER_H
/* A scripted chain behind chain_adapter.h, for tests of its users: blocks and logs are pushed,
 * answers to calls are set, transactions land where the test says. Nothing of it is in a product.
 *
 * Threads:   the loop's thread.
 * Lifetime:  mock_adapter_new -> use as a chain_adapter -> close. mock_* may be called until close.
 * Limits:    MOCK_* below; more is a REQUIRE. Callbacks come from the loop, never inside a call. */

#include "chain_adapters/chain_adapter.h"
#include "common/loop/loop.h"

enum mock_limits {
    MOCK_BLOCKS_MAX = 4096,
    MOCK_LOGS_MAX = 4096,
    MOCK_ANSWERS_MAX = 256,
    MOCK_TXS_MAX = 1024,
};

struct mock_adapter;

/* options: chain_id, contract, finality (confirmations or a tag, which then means 0) and name are
 * used. The chain starts with block 0. can_send is set with a sender made from the chain id. */
MUST_CHECK enum err mock_adapter_new(struct mock_adapter **out, struct loop *loop,
                                     const struct chain_options *options);
struct chain_adapter *mock_adapter_base(struct mock_adapter *m);

/* A new block with this time (seconds); its number. */
uint64_t mock_push_block(struct mock_adapter *m, uint64_t time);
/* A log in the newest block, emitted by the contract; data is copied. topics: count x 32 bytes. */
void mock_push_log(struct mock_adapter *m, const uint8_t tx_hash[32], const uint8_t (*topics)[32],
                   uint32_t topic_count, struct span data);
/* Forgets the blocks from `number` on; new ones get other hashes. */
void mock_reorg(struct mock_adapter *m, uint64_t number);
/* The answer to every later call with exactly this data; err other than ERR_OK: the call fails,
 * ERR_CHAIN with `result` as revert data. Replaces an earlier answer. */
void mock_set_call(struct mock_adapter *m, struct span data, enum err err, struct span result);
/* Calls without an answer fail with ERR_RPC. */

/* What tx_data gives for a hash. */
void mock_set_tx_data(struct mock_adapter *m, const uint8_t tx_hash[32], const uint8_t from[20],
                      const uint8_t to[20], struct span data);

/* While set, everything but close fails with this error (ERR_NET: the node is away). */
void mock_set_trouble(struct mock_adapter *m, enum err err);

/* Submitted transactions in the order of their first submission. */
size_t mock_tx_count(const struct mock_adapter *m);
struct mock_tx {
    uint8_t hash[32];
    uint64_t nonce;
    uint8_t to[20];
    struct span data; /* borrows */
    const struct chain_blob *blob; /* borrows; NULL: none */
    unsigned submissions;
    enum chain_tx_state state;
};
const struct mock_tx *mock_tx_at(const struct mock_adapter *m, size_t index);
/* The transaction is in the newest block, succeeded or reverted. */
void mock_mine_tx(struct mock_adapter *m, size_t index, bool succeeded, struct span revert);
/* The node forgets it, as a node that restarts does. */
void mock_drop_tx(struct mock_adapter *m, size_t index);

#endif
