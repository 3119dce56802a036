#ifndef CHAIN_ADAPTERS_CHAIN_ADAPTER_H
#define CHAIN_ADAPTERS_CHAIN_ADAPTER_H
/* One L1 chain as the daemons see it: final logs of one contract in order, calls, transactions.
 * Implementations: chain_adapters/evm (evm_adapter_new), chain_adapters/mock (mock_adapter_new).
 *
 * Threads:   every function and every callback runs on the thread of the loop.
 * Lifetime:  new (of the implementation) -> open -> (watch, calls)* -> close -> closed callback,
 *            once; the adapter frees itself after it. Calls pending at close get ERR_CANCELLED
 *            before the closed callback. close is allowed at any time, also inside callbacks.
 * Callbacks: a function that returned an error never calls its callback; else exactly once, after
 *            the function has returned. Pointers given to callbacks borrow until they return.
 * Limits:    CHAIN_CALLS_MAX calls in flight (ERR_FULL); see the constants below.
 * Errors:    ERR_NET, ERR_TIMEOUT, ERR_HTTP: the node was not reached (retry); ERR_RPC: it refused;
 *            ERR_PROTOCOL: its answer makes no sense; ERR_CHAIN: wrong chain id, or the transaction
 *            would revert (see chain_fault.revert); ERR_REORG: history changed below the mark.
 * The adapter retries nothing but the polling of watch: only the caller knows what is idempotent. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/u256.h"

enum chain_limits {
    CHAIN_CALLS_MAX = 64,
    CHAIN_LOGS_MAX = 4096,              /* of one delivery */
    CHAIN_LOG_DATA_MAX = 64 * 1024,     /* bytes of one log */
    CHAIN_CALLDATA_MAX = 1024 * 1024,   /* bytes of one transaction or call */
    CHAIN_REVERT_MAX = 256,             /* bytes of revert data that are kept */
    CHAIN_BLOB_BYTES = 4096 * 32,       /* EIP-4844 */
    CHAIN_BLOB_CELLS = 128,             /* EIP-7594: cells of a blob with its extension */
    CHAIN_KZG_BYTES = 48,               /* a commitment or proof */
    CHAIN_NAME_MAX = 31,
    CHAIN_URL_MAX = 511,
};

/* Finality marks, as in the chains digest (docs/protocol/settlement.md REQ-DEP-1): a block is final
 * when `finality` blocks lie above it, or when the node's `finalized` (`safe`) tag has reached it. */
#define CHAIN_FINALITY_FINALIZED UINT32_C(0xffffffff)
#define CHAIN_FINALITY_SAFE UINT32_C(0xfffffffe)

struct chain_options {
    char name[CHAIN_NAME_MAX + 1];   /* for logs */
    char rpc_url[CHAIN_URL_MAX + 1]; /* http(s); may hold credentials, never logged */
    char key_path[512];              /* file with the signing key (0600); "" = cannot send */
    uint64_t chain_id;               /* EIP-155 */
    uint8_t contract[20];            /* whose logs are watched; default target of calls */
    uint32_t finality;               /* confirmations or CHAIN_FINALITY_* */
    uint64_t poll_ms;                /* between two looks for new blocks; 0 = 1000 */
    uint64_t timeout_ms;             /* of one RPC; 0 = 10000 */
    uint64_t log_range_max;          /* blocks per eth_getLogs; 0 = 1000 */
    uint64_t max_fee_per_gas;        /* wei, refuse to sign above it; 0 = 500 gwei */
    uint64_t max_fee_per_blob_gas;   /* the same for blob gas; 0 = 500 gwei */
    uint32_t gas_margin_percent;     /* added to estimates; 0 = 20 */
};

struct chain_block {
    uint64_t number;
    uint64_t time; /* seconds */
    uint8_t hash[32];
    uint8_t parent_hash[32];
};

struct chain_log {
    uint64_t block_number;
    uint64_t block_time; /* seconds */
    uint8_t block_hash[32];
    uint8_t tx_hash[32];
    uint32_t tx_index;
    uint32_t log_index; /* within the block */
    uint8_t address[20];
    uint32_t topic_count; /* <= 4 */
    uint8_t topics[4][32];
    struct span data;
};

/* What went wrong, for logs and people. Never holds the URL or keys. */
struct chain_fault {
    char what[256];
    uint8_t revert[CHAIN_REVERT_MAX]; /* revert data, cut; decode: evm/hawser_abi.h */
    size_t revert_len;
};

struct chain_watcher {
    /* Logs of the blocks after the previous delivery up to and with *up_to, which is final. A block
     * is never split over two deliveries; count may be 0 (progress only). Store up_to->number (+1)
     * and up_to->hash with what you derive from the logs, and watch from there after a restart. */
    void (*on_logs)(void *ctx, const struct chain_log *logs, size_t count,
                    const struct chain_block *up_to);
    /* The watch is over: ERR_REORG when a delivered block is no longer in the chain, ERR_PROTOCOL,
     * ERR_CHAIN, ERR_TOO_LARGE. People decide; nothing is delivered after it. */
    void (*on_halt)(void *ctx, enum err err, const struct chain_fault *fault);
    /* May be NULL. The node cannot be reached (err, on every failed poll) or can again (ERR_OK,
     * once); polling goes on by itself. */
    void (*on_trouble)(void *ctx, enum err err, const struct chain_fault *fault);
    void *ctx;
};

/* One blob with what its transaction carries beside it (common/kzg/kzg.h computes all of it). */
struct chain_blob {
    uint8_t blob[CHAIN_BLOB_BYTES];
    uint8_t commitment[CHAIN_KZG_BYTES];
    uint8_t cell_proofs[CHAIN_BLOB_CELLS][CHAIN_KZG_BYTES];
};

struct chain_tx {
    uint8_t to[20];
    bool is_create;         /* to is ignored, data is init code */
    struct u256 value;      /* wei */
    struct span data;       /* copied */
    uint64_t gas_limit;     /* 0: estimate (+ margin) */
    bool has_nonce;         /* else the node's pending count of the sender */
    uint64_t nonce;
    uint64_t max_fee_per_gas;          /* wei; 0: 2 * base fee + tip */
    uint64_t max_priority_fee_per_gas; /* wei; 0: the node's suggestion */
    const struct chain_blob *blob;     /* NULL: none; copied. Not with is_create (ERR_ARG) */
    uint64_t max_fee_per_blob_gas;     /* wei, with a blob; 0: 2 * blob base fee */
};

/* A signed transaction that has NOT been sent: store it first, then chain_adapter_submit(raw). */
struct chain_signed_tx {
    uint8_t hash[32];
    uint64_t nonce;
    uint64_t gas_limit;
    uint64_t max_fee_per_gas;
    uint64_t max_priority_fee_per_gas;
    uint64_t max_fee_per_blob_gas; /* 0 without a blob */
    /* What is submitted, any number of times: the EIP-1559 envelope; with a blob that of EIP-4844 in the
     * network form of EIP-7594, sidecar included (about 137 KB more; hash is that of the form without). */
    struct span raw;
};

enum chain_tx_state {
    CHAIN_TX_UNKNOWN, /* the node does not know it: submit the stored bytes again */
    CHAIN_TX_PENDING,
    CHAIN_TX_MINED,  /* succeeded, not final */
    CHAIN_TX_FINAL,  /* succeeded, final */
    CHAIN_TX_FAILED, /* mined and reverted; is_final says whether that can still change */
};

struct chain_tx_status {
    enum chain_tx_state state;
    bool is_final;
    uint64_t block_number; /* MINED, FINAL, FAILED */
    uint8_t block_hash[32];
    uint64_t block_time;
    uint64_t gas_used;
    struct u256 gas_price; /* effective, wei */
    uint64_t blob_gas_used; /* 0 without a blob */
    struct u256 blob_gas_price; /* wei */
    uint8_t created[20];   /* contract created, else zeros */
    struct chain_fault fault; /* FAILED: the revert data as the node reproduces it */
};

/* A mined or pending transaction as sent: the segments of a batch are in data of commitBatch, or their
 * heads in data of commitBlobBatch and the rest in the blob. */
struct chain_tx_data {
    uint8_t from[20];
    uint8_t to[20]; /* zeros for a creation */
    bool is_create;
    bool is_mined;
    uint64_t block_number;
    uint8_t block_hash[32];
    struct span data;
    size_t blob_count;     /* blobs it carries */
    uint8_t blob_hash[32]; /* versioned hash of the first one */
};

typedef void (*chain_done_cb)(void *ctx, enum err err, const struct chain_fault *fault);
typedef void (*chain_call_cb)(void *ctx, enum err err, struct span result,
                              const struct chain_fault *fault);
typedef void (*chain_block_cb)(void *ctx, enum err err, const struct chain_block *block,
                               const struct chain_fault *fault);
typedef void (*chain_u256_cb)(void *ctx, enum err err, const struct u256 *value,
                              const struct chain_fault *fault);
typedef void (*chain_sign_cb)(void *ctx, enum err err, const struct chain_signed_tx *tx,
                              const struct chain_fault *fault);
typedef void (*chain_status_cb)(void *ctx, enum err err, const struct chain_tx_status *status,
                                const struct chain_fault *fault);
typedef void (*chain_tx_data_cb)(void *ctx, enum err err, const struct chain_tx_data *tx,
                                 const struct chain_fault *fault);

enum chain_block_tag {
    CHAIN_BLOCK_LATEST,
    CHAIN_BLOCK_FINAL, /* by this adapter's finality */
};

struct chain_adapter;

struct chain_adapter_ops {
    enum err (*open)(struct chain_adapter *a, chain_done_cb cb, void *ctx);
    enum err (*watch)(struct chain_adapter *a, uint64_t from_block, const uint8_t *parent_hash,
                      const struct chain_watcher *watcher);
    void (*pause)(struct chain_adapter *a, bool paused);
    enum err (*call)(struct chain_adapter *a, const uint8_t *to, struct span data,
                     enum chain_block_tag at, chain_call_cb cb, void *ctx);
    enum err (*block)(struct chain_adapter *a, enum chain_block_tag tag, chain_block_cb cb,
                      void *ctx);
    enum err (*balance)(struct chain_adapter *a, const uint8_t address[20], chain_u256_cb cb,
                        void *ctx);
    enum err (*nonce)(struct chain_adapter *a, enum chain_block_tag tag, chain_u256_cb cb,
                      void *ctx);
    enum err (*tx_data)(struct chain_adapter *a, const uint8_t tx_hash[32], chain_tx_data_cb cb,
                        void *ctx);
    enum err (*sign)(struct chain_adapter *a, const struct chain_tx *tx, chain_sign_cb cb,
                     void *ctx);
    enum err (*submit)(struct chain_adapter *a, struct span raw, chain_done_cb cb, void *ctx);
    enum err (*status)(struct chain_adapter *a, const uint8_t tx_hash[32], chain_status_cb cb,
                       void *ctx);
    void (*close)(struct chain_adapter *a, void (*closed)(void *ctx), void *ctx);
};

/* First member of every implementation. */
struct chain_adapter {
    const struct chain_adapter_ops *ops;
    struct chain_options options; /* defaults filled in */
    bool can_send;                /* a key was given */
    uint8_t sender[20];           /* its address */
};

/* Checks that the node answers with the configured chain id (else ERR_CHAIN, naming both) and that
 * the contract has code when one is configured (not all zeros). Must succeed before watch. */
MUST_CHECK static inline enum err chain_adapter_open(struct chain_adapter *a, chain_done_cb cb,
                                                     void *ctx)
{
    return a->ops->open(a, cb, ctx);
}

/* Delivers from from_block (included) for ever. parent_hash: hash of block from_block - 1 as
 * delivered before, checked against the chain (ERR_REORG); NULL on the first start. watcher is
 * copied. One watch per adapter (ERR_BAD_STATE). */
MUST_CHECK static inline enum err chain_adapter_watch(struct chain_adapter *a, uint64_t from_block,
                                                      const uint8_t *parent_hash,
                                                      const struct chain_watcher *watcher)
{
    return a->ops->watch(a, from_block, parent_hash, watcher);
}

/* No delivery starts while paused: back pressure of a full consumer. */
static inline void chain_adapter_pause(struct chain_adapter *a, bool paused)
{
    a->ops->pause(a, paused);
}

/* eth_call. to: 20 bytes, or NULL for the configured contract. A revert is ERR_CHAIN with
 * fault->revert. */
MUST_CHECK static inline enum err chain_adapter_call(struct chain_adapter *a, const uint8_t *to,
                                                     struct span data, enum chain_block_tag at,
                                                     chain_call_cb cb, void *ctx)
{
    return a->ops->call(a, to, data, at, cb, ctx);
}

MUST_CHECK static inline enum err chain_adapter_block(struct chain_adapter *a,
                                                      enum chain_block_tag tag, chain_block_cb cb,
                                                      void *ctx)
{
    return a->ops->block(a, tag, cb, ctx);
}

/* Wei at the latest block. */
MUST_CHECK static inline enum err chain_adapter_balance(struct chain_adapter *a,
                                                        const uint8_t address[20], chain_u256_cb cb,
                                                        void *ctx)
{
    return a->ops->balance(a, address, cb, ctx);
}

/* Transactions of the sender mined up to the tag: every nonce below it is used up. ERR_AUTH without
 * a key. */
MUST_CHECK static inline enum err chain_adapter_nonce(struct chain_adapter *a,
                                                      enum chain_block_tag tag, chain_u256_cb cb,
                                                      void *ctx)
{
    return a->ops->nonce(a, tag, cb, ctx);
}

/* ERR_NOT_FOUND if the node does not know the transaction. */
MUST_CHECK static inline enum err chain_adapter_tx_data(struct chain_adapter *a,
                                                        const uint8_t tx_hash[32],
                                                        chain_tx_data_cb cb, void *ctx)
{
    return a->ops->tx_data(a, tx_hash, cb, ctx);
}

/* Builds and signs; sends nothing. ERR_AUTH without a key; ERR_CHAIN with fault->revert if the
 * estimate says that it would revert; ERR_REJECTED if a fee would pass options.max_fee_per_gas or
 * options.max_fee_per_blob_gas. */
MUST_CHECK static inline enum err chain_adapter_sign(struct chain_adapter *a,
                                                     const struct chain_tx *tx, chain_sign_cb cb,
                                                     void *ctx)
{
    return a->ops->sign(a, tx, cb, ctx);
}

/* Broadcasts signed bytes. ERR_OK also if the node knows the transaction already. ERR_RPC with the
 * node's text (nonce too low: look at status of what was sent with it). */
MUST_CHECK static inline enum err chain_adapter_submit(struct chain_adapter *a, struct span raw,
                                                       chain_done_cb cb, void *ctx)
{
    return a->ops->submit(a, raw, cb, ctx);
}

MUST_CHECK static inline enum err chain_adapter_status(struct chain_adapter *a,
                                                       const uint8_t tx_hash[32],
                                                       chain_status_cb cb, void *ctx)
{
    return a->ops->status(a, tx_hash, cb, ctx);
}

/* closed may be NULL. A second close does nothing. */
static inline void chain_adapter_close(struct chain_adapter *a, void (*closed)(void *ctx),
                                       void *ctx)
{
    a->ops->close(a, closed, ctx);
}

#endif
