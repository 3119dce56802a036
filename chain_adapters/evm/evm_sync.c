#include "chain_adapters/evm/evm_sync.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "chain_adapters/evm/evm_rpc.h"
#include "common/base/clock.h"
#include "common/codec/hex.h"
#include "common/crypto/secp256k1_sign.h"
#include "common/crypto/secret.h"

enum { RECEIPT_POLL_MS = 50, LOG_RANGE_MIN = 1 };

struct evm_sync {
    struct json_rpc_sync *rpc;
    struct chain_options options;
    bool can_send;
    uint8_t sender[20];
    uint8_t key[32];
};

/* params NULL = no memory. *result is the caller's. */
static enum err rpc(struct evm_sync *e, json_t **result, const char *method, json_t *params,
                    struct chain_fault *fault)
{
    struct json_rpc_error error;
    memset(&error, 0, sizeof error);
    if (params == NULL) return ERR_NOMEM;
    enum err err = json_rpc_sync_call(e->rpc, result, method, params, &error);
    return err == ERR_OK ? ERR_OK : evm_fault_from_rpc(fault, err, method, &error);
}

static enum err rpc_quantity(struct evm_sync *e, uint64_t *out, const char *method, json_t *params,
                             struct chain_fault *fault)
{
    json_t *result;
    ERR_TRY(rpc(e, &result, method, params, fault));
    enum err err = evm_parse_quantity(out, result, method, fault);
    json_decref(result);
    return err;
}

static enum err check_chain_id(struct evm_sync *e, struct chain_fault *fault)
{
    uint64_t id;
    ERR_TRY(rpc_quantity(e, &id, "eth_chainId", json_array(), fault));
    if (id == e->options.chain_id) return ERR_OK;
    evm_fault_set(fault, "%s: the node is on chain %llu, the configuration says %llu",
                  e->options.name, (unsigned long long)id,
                  (unsigned long long)e->options.chain_id);
    return ERR_CHAIN;
}

enum err evm_sync_open(struct evm_sync **out, const struct chain_options *options,
                       struct chain_fault *fault)
{
    struct evm_sync *e = calloc(1, sizeof *e);
    if (e == NULL) return ERR_NOMEM;
    if (fault != NULL) memset(fault, 0, sizeof *fault);
    e->options = *options;
    enum err err = evm_options_complete(&e->options);
    if (err != ERR_OK) {
        evm_fault_set(fault, "%s: URL or chain id is missing", options->name);
        goto fail;
    }
    if (options->key_path[0] != 0) {
        err = secret_file_read_key(e->key, options->key_path);
        if (err == ERR_OK) err = ecdsa_key_address(e->sender, e->key);
        if (err != ERR_OK) {
            evm_fault_set(fault, "key file %s: %s", options->key_path, err_text(err));
            goto fail;
        }
        e->can_send = true;
    }
    err = json_rpc_sync_new(&e->rpc, e->options.rpc_url, e->options.timeout_ms, EVM_RESPONSE_MAX);
    if (err != ERR_OK) goto fail;
    err = check_chain_id(e, fault);
    if (err != ERR_OK) goto fail;
    *out = e;
    return ERR_OK;
fail:
    evm_sync_close(e);
    return err;
}

void evm_sync_close(struct evm_sync *e)
{
    if (e == NULL) return;
    if (e->rpc != NULL) json_rpc_sync_free(e->rpc);
    secret_wipe(e->key, sizeof e->key);
    free(e);
}

const uint8_t *evm_sync_sender(const struct evm_sync *e)
{
    return e->can_send ? e->sender : NULL;
}

static enum err block_by_ref(struct evm_sync *e, struct evm_block *out, struct evm_block_ref ref,
                             struct chain_fault *fault)
{
    json_t *result;
    ERR_TRY(rpc(e, &result, "eth_getBlockByNumber", evm_params_block(ref), fault));
    enum err err = evm_parse_block(out, result, fault);
    json_decref(result);
    return err;
}

static const struct evm_block_ref latest_ref = {"latest", 0};

/* How to name the block of a tag; ERR_NOT_FOUND if the chain is too short for a final block. */
static enum err tag_ref(struct evm_sync *e, struct evm_block_ref *out, enum chain_block_tag tag,
                        struct chain_fault *fault)
{
    uint64_t latest = 0;
    bool exists;
    *out = latest_ref;
    if (tag == CHAIN_BLOCK_LATEST) return ERR_OK;
    if (e->options.finality < CHAIN_FINALITY_SAFE) {
        ERR_TRY(rpc_quantity(e, &latest, "eth_blockNumber", json_array(), fault));
    }
    *out = evm_final_ref(e->options.finality, latest, &exists);
    if (exists) return ERR_OK;
    evm_fault_set(fault, "block %llu: fewer blocks than confirmations",
                  (unsigned long long)latest);
    return ERR_NOT_FOUND;
}

enum err evm_sync_block(struct evm_sync *e, struct chain_block *out, enum chain_block_tag tag,
                        struct chain_fault *fault)
{
    struct evm_block_ref ref;
    struct evm_block b;
    ERR_TRY(tag_ref(e, &ref, tag, fault));
    ERR_TRY(block_by_ref(e, &b, ref, fault));
    *out = b.block;
    return ERR_OK;
}

enum err evm_sync_block_at(struct evm_sync *e, struct chain_block *out, uint64_t number,
                           struct chain_fault *fault)
{
    struct evm_block b;
    ERR_TRY(block_by_ref(e, &b, (struct evm_block_ref){NULL, number}, fault));
    *out = b.block;
    return ERR_OK;
}

static enum err rpc_bytes(struct evm_sync *e, struct bytes_buf *out, const char *method,
                          json_t *params, struct chain_fault *fault)
{
    json_t *result;
    ERR_TRY(rpc(e, &result, method, params, fault));
    enum err err = evm_parse_bytes(out, result, method, fault);
    json_decref(result);
    return err;
}

enum err evm_sync_call(struct evm_sync *e, struct bytes_buf *out, const uint8_t to[20],
                       struct span data, enum chain_block_tag at, struct chain_fault *fault)
{
    struct evm_block_ref ref;
    ERR_TRY(tag_ref(e, &ref, at, fault));
    return rpc_bytes(e, out, "eth_call", evm_params_call(to, data, ref), fault);
}

enum err evm_sync_code(struct evm_sync *e, struct bytes_buf *out, const uint8_t address[20],
                       struct chain_fault *fault)
{
    return rpc_bytes(e, out, "eth_getCode", evm_params_address(address, latest_ref), fault);
}

enum err evm_sync_balance(struct evm_sync *e, struct u256 *out, const uint8_t address[20],
                          struct chain_fault *fault)
{
    json_t *result;
    ERR_TRY(rpc(e, &result, "eth_getBalance", evm_params_address(address, latest_ref), fault));
    enum err err = evm_parse_quantity_wide(out, result, "eth_getBalance", fault);
    json_decref(result);
    return err;
}

enum err evm_sync_nonce(struct evm_sync *e, uint64_t *out, const uint8_t address[20],
                        struct chain_fault *fault)
{
    return rpc_quantity(e, out, "eth_getTransactionCount", evm_params_address(address, latest_ref),
                        fault);
}

/* --- logs -------------------------------------------------------------------------------------- */

struct log_visit {
    enum err (*on_log)(void *ctx, const struct chain_log *log);
    void *ctx;
    uint64_t last_block;
    uint32_t last_index;
    bool any;
    struct chain_block block; /* of the logs seen last */
    bool has_block;
};

static enum err visit_log(struct evm_sync *e, struct log_visit *v, const json_t *item,
                          uint64_t from, uint64_t to, struct chain_fault *fault)
{
    struct chain_log log;
    struct bytes_buf data;
    bytes_buf_init(&data, CHAIN_LOG_DATA_MAX);
    enum err err = evm_parse_log(&log, &data, item, fault);
    if (err != ERR_OK) goto out;
    log.data.data = data.data;
    bool in_order = log.block_number >= from && log.block_number <= to &&
                    (!v->any || log.block_number > v->last_block ||
                     (log.block_number == v->last_block && log.log_index > v->last_index));
    if (!in_order) {
        evm_fault_set(fault, "eth_getLogs: logs out of order or outside the range");
        err = ERR_PROTOCOL;
        goto out;
    }
    if (!v->has_block || v->block.number != log.block_number) {
        err = evm_sync_block_at(e, &v->block, log.block_number, fault);
        if (err != ERR_OK) goto out;
        v->has_block = true;
    }
    if (memcmp(v->block.hash, log.block_hash, 32) != 0) {
        evm_fault_set(fault, "block %llu changed while it was read",
                      (unsigned long long)log.block_number);
        err = ERR_REORG;
        goto out;
    }
    log.block_time = v->block.time;
    v->any = true;
    v->last_block = log.block_number;
    v->last_index = log.log_index;
    err = v->on_log(v->ctx, &log);
out:
    bytes_buf_deinit(&data);
    return err;
}

static enum err visit_range(struct evm_sync *e, struct log_visit *v, const json_t *logs,
                            uint64_t from, uint64_t to, struct chain_fault *fault)
{
    size_t i;
    json_t *item;
    if (!json_is_array(logs)) {
        evm_fault_set(fault, "eth_getLogs: expected an array");
        return ERR_PROTOCOL;
    }
    json_array_foreach(logs, i, item) ERR_TRY(visit_log(e, v, item, from, to, fault));
    return ERR_OK;
}

enum err evm_sync_logs(struct evm_sync *e, const uint8_t address[20], uint64_t from, uint64_t to,
                       enum err (*on_log)(void *ctx, const struct chain_log *log), void *ctx,
                       struct chain_fault *fault)
{
    struct log_visit v = {.on_log = on_log, .ctx = ctx};
    uint64_t range = e->options.log_range_max;
    while (from <= to) {
        uint64_t end = to - from < range ? to : from + range - 1;
        json_t *result;
        enum err err = rpc(e, &result, "eth_getLogs", evm_params_logs(address, from, end), fault);
        /* Nodes limit ranges or answers in their own ways: ask for less. */
        if ((err == ERR_RPC || err == ERR_TOO_LARGE) && range > LOG_RANGE_MIN) {
            range /= 2;
            continue;
        }
        if (err != ERR_OK) return err;
        err = visit_range(e, &v, result, from, end, fault);
        json_decref(result);
        if (err != ERR_OK) return err;
        if (end == UINT64_MAX) break;
        from = end + 1;
    }
    return ERR_OK;
}

/* --- transactions ------------------------------------------------------------------------------ */

static enum err tx_info(struct evm_sync *e, struct evm_tx_info *out, struct bytes_buf *data,
                        const uint8_t tx_hash[32], struct chain_fault *fault)
{
    json_t *result;
    ERR_TRY(rpc(e, &result, "eth_getTransactionByHash", evm_params_hash(tx_hash), fault));
    enum err err = evm_parse_tx(out, data, result, fault);
    json_decref(result);
    return err;
}

enum err evm_sync_tx_data(struct evm_sync *e, struct chain_tx_data *out, struct bytes_buf *data,
                          const uint8_t tx_hash[32], struct chain_fault *fault)
{
    struct evm_tx_info info;
    ERR_TRY(tx_info(e, &info, data, tx_hash, fault));
    *out = info.tx;
    return ERR_OK;
}

static enum err sign_blob_fee(struct evm_sync *e, struct evm_tx_fields *fields,
                              const struct chain_tx *tx, struct chain_fault *fault)
{
    json_t *result;
    struct u256 base;
    ERR_TRY(rpc(e, &result, "eth_blobBaseFee", json_array(), fault));
    enum err err = evm_parse_quantity_wide(&base, result, "eth_blobBaseFee", fault);
    json_decref(result);
    return err == ERR_OK ? evm_decide_blob_fee(fields, tx, &e->options, &base, fault) : err;
}

static enum err sign_gas(struct evm_sync *e, struct evm_tx_fields *fields, const struct chain_tx *tx,
                         struct chain_fault *fault)
{
    uint64_t estimate;
    uint8_t hash[32];
    struct chain_tx with_fee = *tx;
    with_fee.max_fee_per_blob_gas = fields->max_fee_per_blob_gas;
    if (tx->blob != NULL) evm_versioned_hash(hash, tx->blob->commitment);
    json_t *params =
        evm_params_tx(&with_fee, e->sender, tx->blob != NULL ? hash : NULL, false, latest_ref);
    ERR_TRY(rpc_quantity(e, &estimate, "eth_estimateGas", params, fault));
    fields->gas_limit = evm_gas_with_margin(estimate, e->options.gas_margin_percent);
    return ERR_OK;
}

enum err evm_sync_sign(struct evm_sync *e, struct chain_signed_tx *out, struct bytes_buf *raw,
                       const struct chain_tx *tx, struct chain_fault *fault)
{
    struct evm_tx_fields fields = {.chain_id = e->options.chain_id, .nonce = tx->nonce,
                                   .gas_limit = tx->gas_limit};
    struct evm_block latest;
    uint64_t tip;
    if (!e->can_send) {
        evm_fault_set(fault, "%s: no key is configured", e->options.name);
        return ERR_AUTH;
    }
    if (!tx->has_nonce) {
        json_t *params = evm_params_address(e->sender, (struct evm_block_ref){"pending", 0});
        ERR_TRY(rpc_quantity(e, &fields.nonce, "eth_getTransactionCount", params, fault));
    }
    ERR_TRY(block_by_ref(e, &latest, latest_ref, fault));
    ERR_TRY(rpc_quantity(e, &tip, "eth_maxPriorityFeePerGas", json_array(), fault));
    ERR_TRY(evm_decide_fees(&fields, tx, &e->options, &latest.base_fee, tip, fault));
    if (tx->blob != NULL) ERR_TRY(sign_blob_fee(e, &fields, tx, fault));
    if (tx->gas_limit == 0) ERR_TRY(sign_gas(e, &fields, tx, fault));
    uint8_t hash[32];
    size_t before = raw->len;
    ERR_TRY(evm_tx_sign(raw, hash, tx, &fields, e->key));
    memcpy(out->hash, hash, sizeof hash);
    out->nonce = fields.nonce;
    out->gas_limit = fields.gas_limit;
    out->max_fee_per_gas = fields.max_fee_per_gas;
    out->max_priority_fee_per_gas = fields.max_priority_fee_per_gas;
    out->max_fee_per_blob_gas = fields.max_fee_per_blob_gas;
    out->raw = span_make(raw->data + before, raw->len - before);
    return ERR_OK;
}

enum err evm_sync_submit(struct evm_sync *e, struct span raw, struct chain_fault *fault)
{
    json_t *result;
    struct chain_fault f;
    memset(&f, 0, sizeof f);
    enum err err = rpc(e, &result, "eth_sendRawTransaction", evm_params_raw(raw), &f);
    if (err == ERR_OK) {
        json_decref(result);
    } else if (err == ERR_RPC && evm_is_known_tx(f.what)) {
        return ERR_OK;
    } else if (fault != NULL) {
        *fault = f;
    }
    return err;
}

/* The revert data of a transaction that failed: the same call on the block before. */
static void explain_failure(struct evm_sync *e, struct chain_tx_status *out,
                            const uint8_t tx_hash[32])
{
    struct evm_tx_info info;
    struct bytes_buf data;
    json_t *result;
    bytes_buf_init(&data, CHAIN_CALLDATA_MAX);
    if (out->block_number > 0 && tx_info(e, &info, &data, tx_hash, NULL) == ERR_OK) {
        struct chain_tx tx = {.is_create = info.tx.is_create, .value = info.value,
                              .data = info.tx.data, .gas_limit = info.gas_limit,
                              .max_fee_per_blob_gas = info.max_fee_per_blob_gas};
        const uint8_t *blob_hash = info.tx.blob_count > 0 ? info.tx.blob_hash : NULL;
        memcpy(tx.to, info.tx.to, sizeof tx.to);
        struct evm_block_ref before = {NULL, out->block_number - 1};
        json_t *params = evm_params_tx(&tx, info.tx.from, blob_hash, true, before);
        if (rpc(e, &result, "eth_call", params, &out->fault) == ERR_OK) {
            json_decref(result);
            evm_fault_set(&out->fault, "reverted, but not on the state of the block before");
        }
    }
    bytes_buf_deinit(&data);
}

/* Fills what the receipt says; *found is false if there is none. */
static enum err read_receipt(struct evm_sync *e, struct chain_tx_status *out, bool *found,
                             const uint8_t tx_hash[32], struct chain_fault *fault)
{
    struct evm_receipt r;
    json_t *result;
    ERR_TRY(rpc(e, &result, "eth_getTransactionReceipt", evm_params_hash(tx_hash), fault));
    *found = !json_is_null(result);
    enum err err = *found ? evm_parse_receipt(&r, result, fault) : ERR_OK;
    json_decref(result);
    if (err != ERR_OK || !*found) return err;
    evm_status_from_receipt(out, &r);
    return ERR_OK;
}

enum err evm_sync_status(struct evm_sync *e, struct chain_tx_status *out,
                         const uint8_t tx_hash[32], struct chain_fault *fault)
{
    struct chain_tx_status s;
    struct chain_block final, block;
    bool found;
    memset(&s, 0, sizeof s);
    ERR_TRY(read_receipt(e, &s, &found, tx_hash, fault));
    if (!found) {
        struct evm_tx_info info;
        struct bytes_buf data;
        bytes_buf_init(&data, CHAIN_CALLDATA_MAX);
        enum err err = tx_info(e, &info, &data, tx_hash, fault);
        bytes_buf_deinit(&data);
        if (err != ERR_OK && err != ERR_NOT_FOUND) return err;
        s.state = err == ERR_OK ? CHAIN_TX_PENDING : CHAIN_TX_UNKNOWN;
        *out = s;
        return ERR_OK;
    }
    ERR_TRY(evm_sync_block_at(e, &block, s.block_number, fault));
    s.block_time = block.time;
    enum err err = evm_sync_block(e, &final, CHAIN_BLOCK_FINAL, fault);
    if (err != ERR_OK && err != ERR_NOT_FOUND) return err;
    if (err == ERR_OK && final.number >= s.block_number &&
        memcmp(block.hash, s.block_hash, 32) == 0) {
        s.is_final = true;
        if (s.state == CHAIN_TX_MINED) s.state = CHAIN_TX_FINAL;
    }
    if (s.state == CHAIN_TX_FAILED) explain_failure(e, &s, tx_hash);
    *out = s;
    return ERR_OK;
}

enum err evm_sync_send(struct evm_sync *e, struct chain_tx_status *out, const struct chain_tx *tx,
                       uint64_t wait_ms, struct chain_fault *fault)
{
    struct chain_signed_tx signed_tx;
    struct chain_tx_status s;
    struct bytes_buf raw;
    struct clock clock = clock_system();
    bytes_buf_init(&raw, EVM_TX_RAW_MAX);
    enum err err = evm_sync_sign(e, &signed_tx, &raw, tx, fault);
    if (err == ERR_OK) err = evm_sync_submit(e, signed_tx.raw, fault);
    bytes_buf_deinit(&raw);
    if (err != ERR_OK) return err;
    uint64_t start = clock_mono_ms(&clock);
    for (;;) {
        ERR_TRY(evm_sync_status(e, &s, signed_tx.hash, fault));
        if (s.state == CHAIN_TX_MINED || s.state == CHAIN_TX_FINAL) break;
        if (s.state == CHAIN_TX_FAILED) {
            if (fault != NULL) *fault = s.fault;
            return ERR_CHAIN;
        }
        if (clock_mono_ms(&clock) - start >= wait_ms) {
            char hash[2 * 32 + 3];
            hex_encode_0x(hash, signed_tx.hash, 32);
            evm_fault_set(fault, "transaction %s is not mined yet", hash);
            return ERR_TIMEOUT;
        }
        struct timespec pause = {0, RECEIPT_POLL_MS * 1000000L};
        nanosleep(&pause, NULL);
    }
    *out = s;
    return ERR_OK;
}
