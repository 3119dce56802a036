#ifndef CHAIN_ADAPTERS_EVM_TX_H
#define CHAIN_ADAPTERS_EVM_TX_H
/* EIP-1559 transactions, and EIP-4844 ones with one blob: built, signed, hashed.
 *
 * Threads:   any; no shared state.
 * Secrets:   the key is read from the caller's memory.
 * Source:    EIP-1559, EIP-2718, EIP-4844, EIP-7594 (network form); RFC 6979 nonces by libsecp256k1. */

#include "chain_adapters/chain_adapter.h"

/* Blob, commitment, proofs and their RLP prefixes. */
#define EVM_SIDECAR_MAX (CHAIN_BLOB_BYTES + (CHAIN_BLOB_CELLS + 1) * (CHAIN_KZG_BYTES + 1) + 64)
#define EVM_TX_RAW_MAX (CHAIN_CALLDATA_MAX + EVM_SIDECAR_MAX + 512)

struct evm_tx_fields {
    uint64_t chain_id;
    uint64_t nonce;
    uint64_t gas_limit;
    uint64_t max_fee_per_gas;
    uint64_t max_priority_fee_per_gas;
    uint64_t max_fee_per_blob_gas; /* with a blob */
};

/* Versioned hash of a blob: 0x01 | last 31 bytes of SHA-256(commitment). */
void evm_versioned_hash(uint8_t out[32], const uint8_t commitment[CHAIN_KZG_BYTES]);
/* Signs tx with the decided fields and appends what is submitted to raw: 0x02 | rlp, or with a blob
 * 0x03 | rlp([body, 1, blobs, commitments, cell proofs]). hash is keccak256 of the envelope without
 * sidecar. Equal input gives equal bytes. ERR_RANGE on a bad key, ERR_ARG for a creation with a blob,
 * ERR_TOO_LARGE past EVM_TX_RAW_MAX or raw's max. */
MUST_CHECK enum err evm_tx_sign(struct bytes_buf *raw, uint8_t hash[32], const struct chain_tx *tx,
                                const struct evm_tx_fields *fields, const uint8_t key[32]);
/* Address of the contract that `sender` creates with this nonce: keccak(rlp(sender, nonce)). */
void evm_create_address(uint8_t out[20], const uint8_t sender[20], uint64_t nonce);

#endif
