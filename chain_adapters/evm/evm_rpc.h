#ifndef CHAIN_ADAPTERS_EVM_EVM_RPC_H
#define CHAIN_ADAPTERS_EVM_EVM_RPC_H
/* Ethereum's JSON-RPC as values: parameters out, results in. Shared by the adapter on the loop and
 * by the blocking one.
 *
 * Threads:   pure. Parameters are new references that json_rpc_call takes over; NULL = no memory
 *            (the call then fails with ERR_NOMEM).
 * Errors:    ERR_PROTOCOL on a result of another form; ERR_NOT_FOUND on null. fault, where given,
 *            says what was wrong. */

#include <jansson.h>

#include "chain_adapters/chain_adapter.h"
#include "chain_adapters/evm/tx.h"
#include "common/net/json_rpc_client.h"

#define EVM_GAS_MARGIN_DEFAULT 20
#define EVM_MAX_FEE_DEFAULT UINT64_C(500000000000)
#define EVM_MAX_BLOB_FEE_DEFAULT UINT64_C(500000000000)
#define EVM_RESPONSE_MAX (32u * 1024 * 1024)

/* Fills in the defaults of options. ERR_CONFIG on an empty URL or chain id 0. */
MUST_CHECK enum err evm_options_complete(struct chain_options *options);

void evm_fault_set(struct chain_fault *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What an RPC error means: ERR_CHAIN with the revert data for a revert, else err itself. method
 * names the call in fault->what. fault may be NULL. */
enum err evm_fault_from_rpc(struct chain_fault *fault, enum err err, const char *method,
                            const struct json_rpc_error *error);

/* Block parameter: a number or a tag ("latest", "finalized", "safe", "pending"). */
struct evm_block_ref {
    const char *tag; /* NULL: number */
    uint64_t number;
};
json_t *evm_params_block(struct evm_block_ref ref);
json_t *evm_params_hash(const uint8_t hash[32]);
json_t *evm_params_address(const uint8_t address[20], struct evm_block_ref ref);
json_t *evm_params_logs(const uint8_t address[20], uint64_t from, uint64_t to);
json_t *evm_params_raw(struct span raw);
/* eth_call. from may be NULL. */
json_t *evm_params_call(const uint8_t to[20], struct span data, struct evm_block_ref ref);
/* eth_estimateGas, or eth_call of a whole transaction at a block. blob_hash: versioned hash of the one
 * blob it carries, NULL without; max_fee_per_blob_gas goes with it. */
json_t *evm_params_tx(const struct chain_tx *tx, const uint8_t from[20], const uint8_t *blob_hash,
                      bool has_ref, struct evm_block_ref ref);

struct evm_block {
    struct chain_block block;
    struct u256 base_fee; /* wei; 0 if the chain has none */
};
MUST_CHECK enum err evm_parse_block(struct evm_block *out, const json_t *result,
                                    struct chain_fault *fault);
MUST_CHECK enum err evm_parse_quantity(uint64_t *out, const json_t *result, const char *what,
                                       struct chain_fault *fault);
MUST_CHECK enum err evm_parse_quantity_wide(struct u256 *out, const json_t *result,
                                            const char *what, struct chain_fault *fault);
/* Appends the bytes of a hex string. */
MUST_CHECK enum err evm_parse_bytes(struct bytes_buf *out, const json_t *result, const char *what,
                                    struct chain_fault *fault);

/* One log; its data is appended to `data` and out->data.data is NULL with out->data.len set: the
 * caller fixes the pointers when data has stopped growing. block_time is not filled in.
 * ERR_REORG if the node marks it as removed. */
MUST_CHECK enum err evm_parse_log(struct chain_log *out, struct bytes_buf *data, const json_t *log,
                                  struct chain_fault *fault);

struct evm_receipt {
    bool succeeded;
    uint64_t block_number;
    uint8_t block_hash[32];
    uint64_t gas_used;
    struct u256 gas_price;
    uint64_t blob_gas_used;
    struct u256 blob_gas_price;
    uint8_t created[20];
};
MUST_CHECK enum err evm_parse_receipt(struct evm_receipt *out, const json_t *result,
                                      struct chain_fault *fault);
struct evm_tx_info {
    struct chain_tx_data tx; /* data borrows from the buffer */
    uint64_t gas_limit;
    struct u256 value;
    uint64_t max_fee_per_blob_gas;
};
/* data: appended to. */
MUST_CHECK enum err evm_parse_tx(struct evm_tx_info *out, struct bytes_buf *data,
                                 const json_t *result, struct chain_fault *fault);

/* block_number, block_hash, gas, created and state (MINED or FAILED) of *out. */
void evm_status_from_receipt(struct chain_tx_status *out, const struct evm_receipt *r);
/* Whether the node's refusal of a broadcast says that it has this very transaction already. */
bool evm_is_known_tx(const char *message);

/* Fees of a transaction: what it asks for, else 2 * base fee + tip. ERR_REJECTED past the limit. */
MUST_CHECK enum err evm_decide_fees(struct evm_tx_fields *fields, const struct chain_tx *tx,
                                    const struct chain_options *options,
                                    const struct u256 *base_fee, uint64_t tip,
                                    struct chain_fault *fault);
/* The same for blob gas: what it asks for, else 2 * blob base fee. */
MUST_CHECK enum err evm_decide_blob_fee(struct evm_tx_fields *fields, const struct chain_tx *tx,
                                        const struct chain_options *options,
                                        const struct u256 *blob_base_fee, struct chain_fault *fault);
enum { EVM_TX_GAS_MAX = 16777216 }; /* of one transaction: EIP-7825 */
uint64_t evm_gas_with_margin(uint64_t estimate, uint32_t percent);

/* The final block for `finality`, given the latest number: how to ask for it. *exists is false when
 * the chain is too short. */
struct evm_block_ref evm_final_ref(uint32_t finality, uint64_t latest, bool *exists);

#endif
