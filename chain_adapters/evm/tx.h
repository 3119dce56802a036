#ifndef CHAIN_ADAPTERS_EVM_TX_H
#define CHAIN_ADAPTERS_EVM_TX_H
/* EIP-1559 transactions: built, signed, hashed.
 *
 * Threads:   any; no shared state.
 * Secrets:   the key is read from the caller's memory.
 * Source:    EIP-1559, EIP-2718; RFC 6979 nonces by libsecp256k1. */

#include "chain_adapters/chain_adapter.h"

#define EVM_TX_RAW_MAX (CHAIN_CALLDATA_MAX + 512)

struct evm_tx_fields {
    uint64_t chain_id;
    uint64_t nonce;
    uint64_t gas_limit;
    uint64_t max_fee_per_gas;
    uint64_t max_priority_fee_per_gas;
};

/* Signs tx with the decided fields and appends the envelope (0x02 | rlp) to raw. Equal input gives
 * equal bytes. ERR_RANGE on a bad key, ERR_TOO_LARGE past EVM_TX_RAW_MAX or raw's max. */
MUST_CHECK enum err evm_tx_sign(struct bytes_buf *raw, uint8_t hash[32], const struct chain_tx *tx,
                                const struct evm_tx_fields *fields, const uint8_t key[32]);
/* Address of the contract that `sender` creates with this nonce: keccak(rlp(sender, nonce)). */
void evm_create_address(uint8_t out[20], const uint8_t sender[20], uint64_t nonce);

#endif
