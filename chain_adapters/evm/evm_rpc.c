#include "chain_adapters/evm/evm_rpc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/codec/hex.h"
#include "common/codec/json.h"

enum { BLOBS_MAX = 128 }; /* of any transaction; those of an L1 are fewer */

enum err evm_options_complete(struct chain_options *options)
{
    if (options->rpc_url[0] == 0 || options->chain_id == 0) return ERR_CONFIG;
    if (options->poll_ms == 0) options->poll_ms = 1000;
    if (options->timeout_ms == 0) options->timeout_ms = 10000;
    if (options->log_range_max == 0) options->log_range_max = 1000;
    if (options->max_fee_per_gas == 0) options->max_fee_per_gas = EVM_MAX_FEE_DEFAULT;
    if (options->max_fee_per_blob_gas == 0) {
        options->max_fee_per_blob_gas = EVM_MAX_BLOB_FEE_DEFAULT;
    }
    if (options->gas_margin_percent == 0) options->gas_margin_percent = EVM_GAS_MARGIN_DEFAULT;
    return ERR_OK;
}

void evm_fault_set(struct chain_fault *fault, const char *format, ...)
{
    if (fault == NULL) return;
    va_list args;
    va_start(args, format);
    vsnprintf(fault->what, sizeof fault->what, format, args);
    va_end(args);
}

enum err evm_fault_from_rpc(struct chain_fault *fault, enum err err, const char *method,
                            const struct json_rpc_error *error)
{
    struct bytes_buf data;
    bool is_revert = false;
    if (err == ERR_RPC) {
        /* Geth and most others: code 3 with data; some nodes say it only in the text. */
        is_revert = error->code == 3 || strstr(error->message, "revert") != NULL;
    }
    if (fault != NULL) {
        evm_fault_set(fault, "%s: %s", method,
                      error->message[0] != 0 ? error->message : err_text(err));
        bytes_buf_init(&data, sizeof error->data);
        if (is_revert && hex_decode(&data, error->data, strlen(error->data)) == ERR_OK &&
            data.len > 0) {
            fault->revert_len = data.len < CHAIN_REVERT_MAX ? data.len : CHAIN_REVERT_MAX;
            memcpy(fault->revert, data.data, fault->revert_len);
        }
        bytes_buf_deinit(&data);
    }
    return is_revert ? ERR_CHAIN : err;
}

/* --- parameters -------------------------------------------------------------------------------- */

static json_t *ref_value(struct evm_block_ref ref)
{
    return ref.tag != NULL ? json_string(ref.tag) : json_new_quantity_u64(ref.number);
}

json_t *evm_params_block(struct evm_block_ref ref)
{
    return json_pack("[o, b]", ref_value(ref), 0);
}

json_t *evm_params_hash(const uint8_t hash[32])
{
    return json_pack("[o]", json_new_hex(hash, 32));
}

json_t *evm_params_address(const uint8_t address[20], struct evm_block_ref ref)
{
    return json_pack("[o, o]", json_new_hex(address, 20), ref_value(ref));
}

json_t *evm_params_logs(const uint8_t address[20], uint64_t from, uint64_t to)
{
    return json_pack("[{s:o, s:o, s:o}]", "address", json_new_hex(address, 20), "fromBlock",
                     json_new_quantity_u64(from), "toBlock", json_new_quantity_u64(to));
}

json_t *evm_params_raw(struct span raw)
{
    return json_pack("[o]", json_new_hex(raw.data, raw.len));
}

json_t *evm_params_call(const uint8_t to[20], struct span data, struct evm_block_ref ref)
{
    return json_pack("[{s:o, s:o}, o]", "to", json_new_hex(to, 20), "data",
                     json_new_hex(data.data, data.len), ref_value(ref));
}

json_t *evm_params_tx(const struct chain_tx *tx, const uint8_t from[20], const uint8_t *blob_hash,
                      bool has_ref, struct evm_block_ref ref)
{
    char value[67];
    u256_to_quantity(value, &tx->value);
    json_t *call = json_pack("{s:o, s:s, s:o}", "from", json_new_hex(from, 20), "value", value,
                             "data", json_new_hex(tx->data.data, tx->data.len));
    if (call == NULL) return NULL;
    if (!tx->is_create) json_object_set_new(call, "to", json_new_hex(tx->to, 20));
    if (tx->gas_limit > 0) json_object_set_new(call, "gas", json_new_quantity_u64(tx->gas_limit));
    if (blob_hash != NULL) {
        json_object_set_new(call, "blobVersionedHashes", json_pack("[o]", json_new_hex(blob_hash, 32)));
        json_object_set_new(call, "maxFeePerBlobGas", json_new_quantity_u64(tx->max_fee_per_blob_gas));
    }
    return has_ref ? json_pack("[o, o]", call, ref_value(ref)) : json_pack("[o]", call);
}

/* --- results ----------------------------------------------------------------------------------- */

/* The json_get_* errors in this interface's terms. */
static enum err malformed(struct chain_fault *fault, const char *what,
                          const struct json_error *error)
{
    evm_fault_set(fault, "%s: %s", what, error->text);
    return ERR_PROTOCOL;
}

static enum err check_object(const json_t *value, const char *what, struct chain_fault *fault)
{
    if (json_is_object(value)) return ERR_OK;
    if (value == NULL || json_is_null(value)) {
        evm_fault_set(fault, "%s: the node does not know it", what);
        return ERR_NOT_FOUND;
    }
    evm_fault_set(fault, "%s: expected an object", what);
    return ERR_PROTOCOL;
}

enum err evm_parse_block(struct evm_block *out, const json_t *result, struct chain_fault *fault)
{
    struct json_error e;
    struct evm_block b;
    memset(&b, 0, sizeof b);
    ERR_TRY(check_object(result, "block", fault));
    if (json_get_quantity_u64(&b.block.number, result, "block", "number", &e) != ERR_OK ||
        json_get_quantity_u64(&b.block.time, result, "block", "timestamp", &e) != ERR_OK ||
        json_get_hex_fixed(b.block.hash, 32, result, "block", "hash", &e) != ERR_OK ||
        json_get_hex_fixed(b.block.parent_hash, 32, result, "block", "parentHash", &e) != ERR_OK) {
        return malformed(fault, "block", &e);
    }
    enum err err = json_get_quantity(&b.base_fee, result, "block", "baseFeePerGas", &e);
    if (err != ERR_OK && err != ERR_NOT_FOUND) return malformed(fault, "block", &e);
    *out = b;
    return ERR_OK;
}

enum err evm_parse_quantity_wide(struct u256 *out, const json_t *result, const char *what,
                                 struct chain_fault *fault)
{
    const char *text = json_string_value(result);
    if (text == NULL || u256_from_quantity(out, text, strlen(text)) != ERR_OK) {
        evm_fault_set(fault, "%s: expected a quantity", what);
        return ERR_PROTOCOL;
    }
    return ERR_OK;
}

enum err evm_parse_quantity(uint64_t *out, const json_t *result, const char *what,
                            struct chain_fault *fault)
{
    struct u256 wide;
    ERR_TRY(evm_parse_quantity_wide(&wide, result, what, fault));
    if (u256_to_u64(out, &wide) != ERR_OK) {
        evm_fault_set(fault, "%s: above 2^64", what);
        return ERR_PROTOCOL;
    }
    return ERR_OK;
}

enum err evm_parse_bytes(struct bytes_buf *out, const json_t *result, const char *what,
                         struct chain_fault *fault)
{
    const char *text = json_string_value(result);
    enum err err = text == NULL || strncmp(text, "0x", 2) != 0
                       ? ERR_PARSE
                       : hex_decode(out, text, strlen(text));
    if (err == ERR_OK) return ERR_OK;
    evm_fault_set(fault, "%s: %s", what,
                  err == ERR_PARSE ? "expected bytes in hexadecimal" : err_text(err));
    return err == ERR_PARSE ? ERR_PROTOCOL : err;
}

enum err evm_parse_log(struct chain_log *out, struct bytes_buf *data, const json_t *log,
                       struct chain_fault *fault)
{
    struct json_error e;
    struct chain_log r;
    uint64_t tx_index, log_index;
    json_t *topics;
    memset(&r, 0, sizeof r);
    ERR_TRY(check_object(log, "log", fault));
    if (json_is_true(json_object_get(log, "removed"))) {
        evm_fault_set(fault, "log: the node removed it in a reorganisation");
        return ERR_REORG;
    }
    if (json_get_quantity_u64(&r.block_number, log, "log", "blockNumber", &e) != ERR_OK ||
        json_get_hex_fixed(r.block_hash, 32, log, "log", "blockHash", &e) != ERR_OK ||
        json_get_hex_fixed(r.tx_hash, 32, log, "log", "transactionHash", &e) != ERR_OK ||
        json_get_quantity_u64(&tx_index, log, "log", "transactionIndex", &e) != ERR_OK ||
        json_get_quantity_u64(&log_index, log, "log", "logIndex", &e) != ERR_OK ||
        json_get_hex_fixed(r.address, 20, log, "log", "address", &e) != ERR_OK ||
        json_get_array(&topics, log, "log", "topics", 4, &e) != ERR_OK) {
        return malformed(fault, "log", &e);
    }
    if (tx_index > UINT32_MAX || log_index > UINT32_MAX) {
        evm_fault_set(fault, "log: index above 2^32");
        return ERR_PROTOCOL;
    }
    r.tx_index = (uint32_t)tx_index;
    r.log_index = (uint32_t)log_index;
    r.topic_count = (uint32_t)json_array_size(topics);
    for (size_t i = 0; i < r.topic_count; i++) {
        const char *text = json_string_value(json_array_get(topics, i));
        if (text == NULL || hex_decode_fixed(r.topics[i], 32, text, strlen(text)) != ERR_OK) {
            evm_fault_set(fault, "log: topic %zu is not 32 bytes", i);
            return ERR_PROTOCOL;
        }
    }
    size_t before = data->len;
    ERR_TRY(evm_parse_bytes(data, json_object_get(log, "data"), "log data", fault));
    r.data.len = data->len - before;
    if (r.data.len > CHAIN_LOG_DATA_MAX) {
        evm_fault_set(fault, "log: %zu bytes of data", r.data.len);
        return ERR_TOO_LARGE;
    }
    *out = r;
    return ERR_OK;
}

enum err evm_parse_receipt(struct evm_receipt *out, const json_t *result,
                           struct chain_fault *fault)
{
    struct json_error e;
    struct evm_receipt r;
    uint64_t status;
    memset(&r, 0, sizeof r);
    ERR_TRY(check_object(result, "receipt", fault));
    if (json_get_quantity_u64(&status, result, "receipt", "status", &e) != ERR_OK ||
        json_get_quantity_u64(&r.block_number, result, "receipt", "blockNumber", &e) != ERR_OK ||
        json_get_hex_fixed(r.block_hash, 32, result, "receipt", "blockHash", &e) != ERR_OK ||
        json_get_quantity_u64(&r.gas_used, result, "receipt", "gasUsed", &e) != ERR_OK) {
        return malformed(fault, "receipt", &e);
    }
    enum err err = json_get_quantity(&r.gas_price, result, "receipt", "effectiveGasPrice", &e);
    if (err != ERR_OK && err != ERR_NOT_FOUND) return malformed(fault, "receipt", &e);
    err = json_get_quantity_u64(&r.blob_gas_used, result, "receipt", "blobGasUsed", &e);
    if (err != ERR_OK && err != ERR_NOT_FOUND) return malformed(fault, "receipt", &e);
    err = json_get_quantity(&r.blob_gas_price, result, "receipt", "blobGasPrice", &e);
    if (err != ERR_OK && err != ERR_NOT_FOUND) return malformed(fault, "receipt", &e);
    err = json_get_hex_fixed(r.created, 20, result, "receipt", "contractAddress", &e);
    if (err != ERR_OK && err != ERR_NOT_FOUND) return malformed(fault, "receipt", &e);
    r.succeeded = status == 1;
    *out = r;
    return ERR_OK;
}

/* Nodes leave both keys out, or say null, for a transaction without blobs. */
static enum err parse_blob_hashes(struct evm_tx_info *out, const json_t *tx,
                                  struct chain_fault *fault)
{
    struct json_error e;
    json_t *hashes;
    enum err err = json_get_array(&hashes, tx, "transaction", "blobVersionedHashes", BLOBS_MAX, &e);
    if (err == ERR_NOT_FOUND) return ERR_OK;
    if (err != ERR_OK) return malformed(fault, "transaction", &e);
    out->tx.blob_count = json_array_size(hashes);
    if (out->tx.blob_count == 0) return ERR_OK;
    const char *text = json_string_value(json_array_get(hashes, 0));
    if (text == NULL || hex_decode_fixed(out->tx.blob_hash, 32, text, strlen(text)) != ERR_OK) {
        evm_fault_set(fault, "transaction: a versioned hash is not 32 bytes");
        return ERR_PROTOCOL;
    }
    if (json_get_quantity_u64(&out->max_fee_per_blob_gas, tx, "transaction", "maxFeePerBlobGas",
                              &e) != ERR_OK) {
        return malformed(fault, "transaction", &e);
    }
    return ERR_OK;
}

enum err evm_parse_tx(struct evm_tx_info *out, struct bytes_buf *data, const json_t *result,
                      struct chain_fault *fault)
{
    struct json_error e;
    struct evm_tx_info r;
    memset(&r, 0, sizeof r);
    ERR_TRY(check_object(result, "transaction", fault));
    if (json_get_hex_fixed(r.tx.from, 20, result, "transaction", "from", &e) != ERR_OK ||
        json_get_quantity_u64(&r.gas_limit, result, "transaction", "gas", &e) != ERR_OK ||
        json_get_quantity(&r.value, result, "transaction", "value", &e) != ERR_OK) {
        return malformed(fault, "transaction", &e);
    }
    enum err err = json_get_hex_fixed(r.tx.to, 20, result, "transaction", "to", &e);
    if (err != ERR_OK && err != ERR_NOT_FOUND) return malformed(fault, "transaction", &e);
    r.tx.is_create = err == ERR_NOT_FOUND;
    err = json_get_quantity_u64(&r.tx.block_number, result, "transaction", "blockNumber", &e);
    if (err != ERR_OK && err != ERR_NOT_FOUND) return malformed(fault, "transaction", &e);
    r.tx.is_mined = err == ERR_OK;
    if (r.tx.is_mined && json_get_hex_fixed(r.tx.block_hash, 32, result, "transaction",
                                            "blockHash", &e) != ERR_OK) {
        return malformed(fault, "transaction", &e);
    }
    ERR_TRY(parse_blob_hashes(&r, result, fault));
    size_t before = data->len;
    ERR_TRY(evm_parse_bytes(data, json_object_get(result, "input"), "transaction input", fault));
    r.tx.data = span_make(data->data + before, data->len - before);
    *out = r;
    return ERR_OK;
}

void evm_status_from_receipt(struct chain_tx_status *out, const struct evm_receipt *r)
{
    out->state = r->succeeded ? CHAIN_TX_MINED : CHAIN_TX_FAILED;
    out->block_number = r->block_number;
    memcpy(out->block_hash, r->block_hash, sizeof out->block_hash);
    out->gas_used = r->gas_used;
    out->gas_price = r->gas_price;
    out->blob_gas_used = r->blob_gas_used;
    out->blob_gas_price = r->blob_gas_price;
    memcpy(out->created, r->created, sizeof out->created);
}

bool evm_is_known_tx(const char *message)
{
    /* geth and erigon; nethermind; anvil */
    static const char *const texts[] = {"already known", "AlreadyKnown", "already imported"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (strstr(message, texts[i]) != NULL) return true;
    }
    return false;
}

/* --- decisions --------------------------------------------------------------------------------- */

enum err evm_decide_fees(struct evm_tx_fields *fields, const struct chain_tx *tx,
                         const struct chain_options *options, const struct u256 *base_fee,
                         uint64_t tip, struct chain_fault *fault)
{
    uint64_t base, max_fee;
    if (tx->max_priority_fee_per_gas > 0) tip = tx->max_priority_fee_per_gas;
    if (tx->max_fee_per_gas > 0) {
        max_fee = tx->max_fee_per_gas;
        if (tip > max_fee) tip = max_fee;
    } else if (u256_to_u64(&base, base_fee) != ERR_OK || base > (UINT64_MAX - tip) / 2) {
        max_fee = UINT64_MAX;
    } else {
        max_fee = 2 * base + tip;
    }
    if (max_fee > options->max_fee_per_gas) {
        evm_fault_set(fault, "fee of %llu wei per gas is above the limit of %llu",
                      (unsigned long long)max_fee, (unsigned long long)options->max_fee_per_gas);
        return ERR_REJECTED;
    }
    fields->max_fee_per_gas = max_fee;
    fields->max_priority_fee_per_gas = tip;
    return ERR_OK;
}

enum err evm_decide_blob_fee(struct evm_tx_fields *fields, const struct chain_tx *tx,
                             const struct chain_options *options, const struct u256 *blob_base_fee,
                             struct chain_fault *fault)
{
    uint64_t fee = tx->max_fee_per_blob_gas, base;
    if (fee == 0) {
        bool fits = u256_to_u64(&base, blob_base_fee) == ERR_OK && base <= UINT64_MAX / 2;
        fee = fits ? 2 * base : UINT64_MAX;
    }
    if (fee > options->max_fee_per_blob_gas) {
        evm_fault_set(fault, "fee of %llu wei per blob gas is above the limit of %llu",
                      (unsigned long long)fee, (unsigned long long)options->max_fee_per_blob_gas);
        return ERR_REJECTED;
    }
    fields->max_fee_per_blob_gas = fee;
    return ERR_OK;
}

uint64_t evm_gas_with_margin(uint64_t estimate, uint32_t percent)
{
    uint64_t more = estimate / 100 * percent + estimate % 100 * percent / 100;
    uint64_t sum = estimate > UINT64_MAX - more ? UINT64_MAX : estimate + more;
    /* The margin alone must not make a transaction that no node takes. */
    return sum > EVM_TX_GAS_MAX && estimate <= EVM_TX_GAS_MAX ? EVM_TX_GAS_MAX : sum;
}

struct evm_block_ref evm_final_ref(uint32_t finality, uint64_t latest, bool *exists)
{
    *exists = true;
    if (finality == CHAIN_FINALITY_FINALIZED) return (struct evm_block_ref){"finalized", 0};
    if (finality == CHAIN_FINALITY_SAFE) return (struct evm_block_ref){"safe", 0};
    *exists = latest >= finality;
    return (struct evm_block_ref){NULL, *exists ? latest - finality : 0};
}
