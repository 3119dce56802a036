#include "chain_adapters/evm/tx.h"

#include <string.h>

#include "chain_adapters/evm/rlp.h"
#include "common/base/require.h"
#include "common/crypto/keccak256.h"
#include "common/crypto/secp256k1_sign.h"

enum { TYPE_EIP1559 = 0x02 };

/* The fields up to the access list, which is always empty. */
static enum err put_fields(struct bytes_buf *out, const struct chain_tx *tx,
                           const struct evm_tx_fields *f)
{
    ERR_TRY(rlp_put_u64(out, f->chain_id));
    ERR_TRY(rlp_put_u64(out, f->nonce));
    ERR_TRY(rlp_put_u64(out, f->max_priority_fee_per_gas));
    ERR_TRY(rlp_put_u64(out, f->max_fee_per_gas));
    ERR_TRY(rlp_put_u64(out, f->gas_limit));
    ERR_TRY(rlp_put_bytes(out, span_make(tx->to, tx->is_create ? 0 : sizeof tx->to)));
    ERR_TRY(rlp_put_u256(out, &tx->value));
    ERR_TRY(rlp_put_bytes(out, tx->data));
    return rlp_put_list(out, span_make(NULL, 0));
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

/* 0x02 | rlp(payload). */
static enum err put_envelope(struct bytes_buf *out, struct span payload)
{
    ERR_TRY(bytes_buf_append_u8(out, TYPE_EIP1559));
    return rlp_put_list(out, payload);
}

enum err evm_tx_sign(struct bytes_buf *raw, uint8_t hash[32], const struct chain_tx *tx,
                     const struct evm_tx_fields *fields, const uint8_t key[32])
{
    struct bytes_buf payload, envelope;
    uint8_t digest[32];
    uint8_t signature[ECDSA_SIGNATURE_SIZE];
    bytes_buf_init(&payload, EVM_TX_RAW_MAX);
    bytes_buf_init(&envelope, EVM_TX_RAW_MAX);
    enum err err = put_fields(&payload, tx, fields);
    if (err != ERR_OK) goto out;
    err = put_envelope(&envelope, bytes_buf_span(&payload));
    if (err != ERR_OK) goto out;
    keccak256(digest, envelope.data, envelope.len);
    err = ecdsa_sign(signature, key, digest);
    if (err != ERR_OK) goto out;
    err = put_signature(&payload, signature);
    if (err != ERR_OK) goto out;
    bytes_buf_clear(&envelope);
    err = put_envelope(&envelope, bytes_buf_span(&payload));
    if (err != ERR_OK) goto out;
    err = bytes_buf_append(raw, envelope.data, envelope.len);
    if (err != ERR_OK) goto out;
    keccak256(hash, envelope.data, envelope.len);
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
