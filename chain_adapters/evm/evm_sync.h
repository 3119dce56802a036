#ifndef CHAIN_ADAPTERS_EVM_EVM_SYNC_H
#define CHAIN_ADAPTERS_EVM_EVM_SYNC_H
/* The same chain, blocking: for the deploy command, the CLI and the audit program.
 *
 * Threads:   one thread per object, never a loop's.
 * Lifetime:  open -> use -> close. Spans in results live in the buffer that the caller gives.
 * Errors:    as chain_adapter.h; fault may be NULL. */

#include "chain_adapters/chain_adapter.h"

struct evm_sync;

/* Checks the chain id (options->chain_id; ERR_CHAIN naming both if the node has another). Uses
 * name, rpc_url, key_path, chain_id, finality, timeout_ms, max_fee_per_gas, max_fee_per_blob_gas,
 * gas_margin_percent. */
MUST_CHECK enum err evm_sync_open(struct evm_sync **out, const struct chain_options *options,
                                  struct chain_fault *fault);
void evm_sync_close(struct evm_sync *e);
/* NULL without a key. */
const uint8_t *evm_sync_sender(const struct evm_sync *e);

MUST_CHECK enum err evm_sync_block(struct evm_sync *e, struct chain_block *out,
                                   enum chain_block_tag tag, struct chain_fault *fault);
/* ERR_NOT_FOUND if there is no such block. */
MUST_CHECK enum err evm_sync_block_at(struct evm_sync *e, struct chain_block *out, uint64_t number,
                                      struct chain_fault *fault);
/* Appends the return data to out. */
MUST_CHECK enum err evm_sync_call(struct evm_sync *e, struct bytes_buf *out, const uint8_t to[20],
                                  struct span data, enum chain_block_tag at,
                                  struct chain_fault *fault);
MUST_CHECK enum err evm_sync_code(struct evm_sync *e, struct bytes_buf *out,
                                  const uint8_t address[20], struct chain_fault *fault);
MUST_CHECK enum err evm_sync_balance(struct evm_sync *e, struct u256 *out,
                                     const uint8_t address[20], struct chain_fault *fault);
/* Transactions of any address mined up to the latest block. */
MUST_CHECK enum err evm_sync_nonce(struct evm_sync *e, uint64_t *out, const uint8_t address[20],
                                   struct chain_fault *fault);
/* Calls on_log for every log of `address` in [from, to], in order, block times filled in, spans
 * valid during the call; stops at the first error it returns. Ranges are split as needed. */
MUST_CHECK enum err evm_sync_logs(struct evm_sync *e, const uint8_t address[20], uint64_t from,
                                  uint64_t to,
                                  enum err (*on_log)(void *ctx, const struct chain_log *log),
                                  void *ctx, struct chain_fault *fault);
/* data: initialised by the caller; out->data borrows from it. */
MUST_CHECK enum err evm_sync_tx_data(struct evm_sync *e, struct chain_tx_data *out,
                                     struct bytes_buf *data, const uint8_t tx_hash[32],
                                     struct chain_fault *fault);
/* raw: initialised by the caller; out->raw borrows from it. Nothing is sent. */
MUST_CHECK enum err evm_sync_sign(struct evm_sync *e, struct chain_signed_tx *out,
                                  struct bytes_buf *raw, const struct chain_tx *tx,
                                  struct chain_fault *fault);
MUST_CHECK enum err evm_sync_submit(struct evm_sync *e, struct span raw, struct chain_fault *fault);
MUST_CHECK enum err evm_sync_status(struct evm_sync *e, struct chain_tx_status *out,
                                    const uint8_t tx_hash[32], struct chain_fault *fault);
/* sign + submit + wait until mined (ERR_TIMEOUT after wait_ms). ERR_CHAIN if it reverted. */
MUST_CHECK enum err evm_sync_send(struct evm_sync *e, struct chain_tx_status *out,
                                  const struct chain_tx *tx, uint64_t wait_ms,
                                  struct chain_fault *fault);

#endif
