#ifndef CHAIN_ADAPTERS_EVM_EVM_ADAPTER_INTERNAL_H
#define CHAIN_ADAPTERS_EVM_EVM_ADAPTER_INTERNAL_H
/* Private to evm_adapter.c, evm_calls.c and evm_watch.c.
 *
 * An op is one public call (or one look for new blocks): a chain of RPCs. op_rpc sends one and
 * names the step that takes its result; a step starts the next RPC, or sets is_done, or fails. */

#include "chain_adapters/evm/evm_adapter.h"
#include "chain_adapters/evm/evm_rpc.h"
#include "common/net/http_client.h"

struct evm_adapter;

struct evm_op {
    struct evm_adapter *a;
    const char *method; /* of the RPC in flight */
    enum err (*step)(struct evm_op *op, const json_t *result);
    /* What to make of a failed RPC; NULL: the op fails with it. May start another RPC. */
    enum err (*on_error)(struct evm_op *op, enum err err);
    /* Calls the user's callback. */
    void (*finish)(struct evm_op *op, enum err err);
    bool is_done;
    bool is_watch;
    struct chain_fault fault;
    void *ctx;
    union {
        chain_done_cb done;
        chain_call_cb call;
        chain_block_cb block;
        chain_u256_cb u256;
        chain_sign_cb sign;
        chain_status_cb status;
        chain_tx_data_cb tx_data;
    } cb;

    /* inputs and what the steps gather */
    enum chain_block_tag tag;
    uint8_t address[20];
    uint8_t hash[32];
    struct bytes_buf data; /* call data, transaction data, results */
    struct bytes_buf raw;
    struct chain_tx tx;
    struct chain_blob *blob; /* copy of tx's, or NULL */
    uint8_t blob_hash[32];
    struct evm_tx_fields fields;
    struct evm_block block;
    struct u256 value;
    struct chain_signed_tx signed_tx;
    struct chain_tx_status status;
    struct evm_tx_info info;
    enum err (*with_ref)(struct evm_op *op, struct evm_block_ref ref);
};

struct evm_watch {
    bool is_on;
    bool is_paused;
    bool is_polling;
    bool is_halted;
    bool in_trouble;
    struct chain_watcher watcher;
    struct loop_timer timer;
    uint64_t next;     /* first block not delivered */
    bool has_last;     /* last_hash is the hash of block next - 1 */
    uint8_t last_hash[32];
    uint64_t range;    /* blocks to ask for at once */

    /* of the poll that is running */
    uint64_t final_number;
    uint64_t to;
    struct chain_block to_block;
    struct chain_log *logs;
    size_t log_count;
    size_t stamped;    /* logs whose block time is known */
    struct bytes_buf data;
};

struct evm_adapter {
    struct chain_adapter base;
    struct loop *loop;
    struct http_client *http;
    struct json_rpc_client *rpc;
    uint8_t key[32];
    size_t calls;
    bool is_open;
    bool is_closing;
    int closing_handles;
    void (*closed)(void *ctx);
    void *closed_ctx;
    struct evm_watch watch;
};

/* NULL on lack of memory or too many calls (*err says which). */
struct evm_op *evm_op_new(struct evm_adapter *a, enum err *err, void (*finish)(struct evm_op *op,
                                                                               enum err err));
void evm_op_free(struct evm_op *op);
MUST_CHECK enum err evm_op_rpc(struct evm_op *op, const char *method, json_t *params,
                               enum err (*step)(struct evm_op *op, const json_t *result));
/* First RPC of an op: frees it on an error. */
MUST_CHECK enum err evm_op_start(struct evm_op *op, enum err err);
/* Finds out how to name the block of op->tag and calls with_ref. */
MUST_CHECK enum err evm_op_ref(struct evm_op *op,
                               enum err (*with_ref)(struct evm_op *op, struct evm_block_ref ref));

/* evm_calls.c */
enum err evm_open(struct chain_adapter *base, chain_done_cb cb, void *ctx);
enum err evm_call(struct chain_adapter *base, const uint8_t *to, struct span data,
                  enum chain_block_tag at, chain_call_cb cb, void *ctx);
enum err evm_block(struct chain_adapter *base, enum chain_block_tag tag, chain_block_cb cb,
                   void *ctx);
enum err evm_balance(struct chain_adapter *base, const uint8_t address[20], chain_u256_cb cb,
                     void *ctx);
enum err evm_nonce(struct chain_adapter *base, enum chain_block_tag tag, chain_u256_cb cb,
                   void *ctx);
enum err evm_tx_data(struct chain_adapter *base, const uint8_t tx_hash[32], chain_tx_data_cb cb,
                     void *ctx);

/* evm_send.c */
enum err evm_sign(struct chain_adapter *base, const struct chain_tx *tx, chain_sign_cb cb,
                  void *ctx);
enum err evm_submit(struct chain_adapter *base, struct span raw, chain_done_cb cb, void *ctx);
enum err evm_status(struct chain_adapter *base, const uint8_t tx_hash[32], chain_status_cb cb,
                    void *ctx);

/* evm_watch.c */
enum err evm_watch(struct chain_adapter *base, uint64_t from_block, const uint8_t *parent_hash,
                   const struct chain_watcher *watcher);
void evm_pause(struct chain_adapter *base, bool paused);
/* The timer's callback: looks for new blocks. */
void evm_watch_poll(void *ctx);
void evm_watch_free(struct evm_adapter *a);

#endif
