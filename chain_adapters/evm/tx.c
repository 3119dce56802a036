#include "chain_adapters/evm/tx.h"

#include <string.h>

#include "chain_adapters/evm/rlp.h"
#include "common/base/require.h"
#include "common/crypto/keccak256.h"
#include "common/crypto/secp256k1_sign.h"
#include "common/crypto/sha256.h"

enum { TYPE_EIP1559 = 0x02, TYPE_EIP4844 = 0x03, WRAPPER_CELL_PROOFS = 1, HASH_VERSION_KZG = 1 };

void evm_versioned_hash(uint8_t out[32], const uint8_t commitment[CHAIN_KZG_BYTES])
{
    sha256(out, commitment, CHAIN_KZG_BYTES);
    out[0] = HASH_VERSION_KZG;
}

/* A list of n strings of `size` bytes each, side by side at `items`. */
static enum err put_strings(struct bytes_buf *out, const uint8_t *items, size_t size, size_t n)
{
    struct bytes_buf list;
    bytes_buf_init(&list, EVM_SIDECAR_MAX);
    enum err err = ERR_OK;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        err = rlp_put_bytes(&list, span_make(items + i * size, size));
    }
    if (err == ERR_OK) err = rlp_put_list(out, bytes_buf_span(&list));
    bytes_buf_deinit(&list);
    return err;
}

/* The fields before the signature. The access list is always empty. */
static enum err put_fields(struct bytes_buf *out, const struct chain_tx *tx,
                           const struct evm_tx_fields *f)
{
    uint8_t versioned[32];
    ERR_TRY(rlp_put_u64(out, f->chain_id));
    ERR_TRY(rlp_put_u64(out, f->nonce));
    ERR_TRY(rlp_put_u64(out, f->max_priority_fee_per_gas));
    ERR_TRY(rlp_put_u64(out, f->max_fee_per_gas));
    ERR_TRY(rlp_put_u64(out, f->gas_limit));
    ERR_TRY(rlp_put_bytes(out, span_make(tx->to, tx->is_create ? 0 : sizeof tx->to)));
    ERR_TRY(rlp_put_u256(out, &tx->value));
    ERR_TRY(rlp_put_bytes(out, tx->data));
    ERR_TRY(rlp_put_list(out, span_make(NULL, 0)));
    if (tx->blob == NULL) return ERR_OK;
    ERR_TRY(rlp_put_u64(out, f->max_fee_per_blob_gas));
    evm_versioned_hash(versioned, tx->blob->commitment);
    return put_strings(out, versioned, sizeof versioned, 1);
}

static enum err put_signature(struct bytes_buf *out, const uint8_t signature[65])
{
    struct u256 r, s;
    ERR_TRY(rlp_put_u64(out, signature[64]));
    ERR_TRY(u256_from_be(&r, signature, 32));
    ERR_TRY(u256_from_be(&s, signature + 32, 32));
    ERR_TRY(rlp_put_u256(out, &r));
    return rlp_put_u256(out, &s);
}

/* type | rlp(payload). */
static enum err put_envelope(struct bytes_buf *out, uint8_t type, struct span payload)
{
    ERR_TRY(bytes_buf_append_u8(out, type));
    return rlp_put_list(out, payload);
}

/* The form that nodes take into their pools: type | rlp([body, version, blobs, commitments, proofs]). */
static enum err put_network_form(struct bytes_buf *out, struct span body, const struct chain_blob *b)
{
    struct bytes_buf list;
    bytes_buf_init(&list, EVM_TX_RAW_MAX);
    enum err err = rlp_put_list(&list, body);
    if (err == ERR_OK) err = rlp_put_u64(&list, WRAPPER_CELL_PROOFS);
    if (err == ERR_OK) err = put_strings(&list, b->blob, sizeof b->blob, 1);
    if (err == ERR_OK) err = put_strings(&list, b->commitment, sizeof b->commitment, 1);
    if (err == ERR_OK) err = put_strings(&list, b->cell_proofs[0], CHAIN_KZG_BYTES, CHAIN_BLOB_CELLS);
    if (err == ERR_OK) err = put_envelope(out, TYPE_EIP4844, bytes_buf_span(&list));
    bytes_buf_deinit(&list);
    return err;
}

enum err evm_tx_sign(struct bytes_buf *raw, uint8_t hash[32], const struct chain_tx *tx,
                     const struct evm_tx_fields *fields, const uint8_t key[32])
{
    struct bytes_buf payload, envelope;
    uint8_t digest[32];
    uint8_t signature[ECDSA_SIGNATURE_SIZE];
    uint8_t type = tx->blob != NULL ? TYPE_EIP4844 : TYPE_EIP1559;
    if (tx->blob != NULL && tx->is_create) return ERR_ARG;
    bytes_buf_init(&payload, EVM_TX_RAW_MAX);
    bytes_buf_init(&envelope, EVM_TX_RAW_MAX);
    enum err err = put_fields(&payload, tx, fields);
    if (err != ERR_OK) goto out;
    err = put_envelope(&envelope, type, bytes_buf_span(&payload));
    if (err != ERR_OK) goto out;
    keccak256(digest, envelope.data, envelope.len);
    err = ecdsa_sign(signature, key, digest);
    if (err != ERR_OK) goto out;
    err = put_signature(&payload, signature);
    if (err != ERR_OK) goto out;
    bytes_buf_clear(&envelope);
    err = put_envelope(&envelope, type, bytes_buf_span(&payload));
    if (err != ERR_OK) goto out;
    keccak256(digest, envelope.data, envelope.len);
    if (tx->blob != NULL) {
        err = put_network_form(raw, bytes_buf_span(&payload), tx->blob);
    } else {
        err = bytes_buf_append(raw, envelope.data, envelope.len);
    }
    if (err == ERR_OK) memcpy(hash, digest, sizeof digest);
out:
    bytes_buf_deinit(&payload);
    bytes_buf_deinit(&envelope);
    return err;
}

void evm_create_address(uint8_t out[20], const uint8_t sender[20], uint64_t nonce)
{
    struct bytes_buf payload, list;
    uint8_t digest[32];
    bytes_buf_init(&payload, 64);
    bytes_buf_init(&list, 64);
    enum err err = rlp_put_bytes(&payload, span_make(sender, 20));
    REQUIRE(err == ERR_OK);
    err = rlp_put_u64(&payload, nonce);
    REQUIRE(err == ERR_OK);
    err = rlp_put_list(&list, bytes_buf_span(&payload));
    REQUIRE(err == ERR_OK);
    keccak256(digest, list.data, list.len);
    memcpy(out, digest + 12, 20);
    bytes_buf_deinit(&payload);
    bytes_buf_deinit(&list);
}
