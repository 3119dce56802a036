/* Transactions: sign, submit, status. */
#include <stdlib.h>
#include <string.h>

#include "chain_adapters/evm/evm_adapter_internal.h"

static struct evm_adapter *adapter_of(struct chain_adapter *base)
{
    return (struct evm_adapter *)base;
}

static const struct evm_block_ref latest_ref = {"latest", 0};

/* --- sign -------------------------------------------------------------------------------------- */

static void sign_finish(struct evm_op *op, enum err err)
{
    op->cb.sign(op->ctx, err, err == ERR_OK ? &op->signed_tx : NULL, &op->fault);
}

static enum err sign_now(struct evm_op *op)
{
    struct chain_signed_tx *s = &op->signed_tx;
    ERR_TRY(evm_tx_sign(&op->raw, s->hash, &op->tx, &op->fields, op->a->key));
    s->nonce = op->fields.nonce;
    s->gas_limit = op->fields.gas_limit;
    s->max_fee_per_gas = op->fields.max_fee_per_gas;
    s->max_priority_fee_per_gas = op->fields.max_priority_fee_per_gas;
    s->max_fee_per_blob_gas = op->fields.max_fee_per_blob_gas;
    s->raw = bytes_buf_span(&op->raw);
    op->is_done = true;
    return ERR_OK;
}

static enum err sign_estimate(struct evm_op *op, const json_t *result)
{
    uint64_t estimate;
    ERR_TRY(evm_parse_quantity(&estimate, result, op->method, &op->fault));
    op->fields.gas_limit =
        evm_gas_with_margin(estimate, op->a->base.options.gas_margin_percent);
    return sign_now(op);
}

/* All fees are decided: what is left is the gas limit. */
static enum err sign_gas(struct evm_op *op)
{
    if (op->tx.gas_limit > 0) {
        op->fields.gas_limit = op->tx.gas_limit;
        return sign_now(op);
    }
    const uint8_t *blob_hash = op->tx.blob != NULL ? op->blob_hash : NULL;
    op->tx.max_fee_per_blob_gas = op->fields.max_fee_per_blob_gas;
    json_t *params = evm_params_tx(&op->tx, op->a->base.sender, blob_hash, false, latest_ref);
    return evm_op_rpc(op, "eth_estimateGas", params, sign_estimate);
}

static enum err sign_blob_fee(struct evm_op *op, const json_t *result)
{
    struct u256 base;
    ERR_TRY(evm_parse_quantity_wide(&base, result, op->method, &op->fault));
    ERR_TRY(evm_decide_blob_fee(&op->fields, &op->tx, &op->a->base.options, &base, &op->fault));
    return sign_gas(op);
}

static enum err sign_tip(struct evm_op *op, const json_t *result)
{
    uint64_t tip;
    ERR_TRY(evm_parse_quantity(&tip, result, op->method, &op->fault));
    ERR_TRY(evm_decide_fees(&op->fields, &op->tx, &op->a->base.options, &op->block.base_fee, tip,
                            &op->fault));
    if (op->tx.blob == NULL) return sign_gas(op);
    return evm_op_rpc(op, "eth_blobBaseFee", json_array(), sign_blob_fee);
}

static enum err sign_block(struct evm_op *op, const json_t *result)
{
    ERR_TRY(evm_parse_block(&op->block, result, &op->fault));
    return evm_op_rpc(op, "eth_maxPriorityFeePerGas", json_array(), sign_tip);
}

static enum err sign_nonce(struct evm_op *op, const json_t *result)
{
    ERR_TRY(evm_parse_quantity(&op->fields.nonce, result, op->method, &op->fault));
    return evm_op_rpc(op, "eth_getBlockByNumber", evm_params_block(latest_ref), sign_block);
}

static enum err copy_blob(struct evm_op *op, const struct chain_blob *blob)
{
    op->blob = malloc(sizeof *blob);
    if (op->blob == NULL) return ERR_NOMEM;
    memcpy(op->blob, blob, sizeof *blob);
    op->tx.blob = op->blob;
    evm_versioned_hash(op->blob_hash, blob->commitment);
    return ERR_OK;
}

enum err evm_sign(struct chain_adapter *base, const struct chain_tx *tx, chain_sign_cb cb,
                  void *ctx)
{
    enum err err;
    if (!base->can_send) return ERR_AUTH;
    if (tx->data.len > CHAIN_CALLDATA_MAX) return ERR_TOO_LARGE;
    if (tx->blob != NULL && tx->is_create) return ERR_ARG;
    struct evm_op *op = evm_op_new(adapter_of(base), &err, sign_finish);
    if (op == NULL) return err;
    op->cb.sign = cb;
    op->ctx = ctx;
    op->tx = *tx;
    op->fields = (struct evm_tx_fields){.chain_id = base->options.chain_id, .nonce = tx->nonce};
    err = bytes_buf_append(&op->data, tx->data.data, tx->data.len);
    op->tx.data = bytes_buf_span(&op->data);
    if (err == ERR_OK && tx->blob != NULL) err = copy_blob(op, tx->blob);
    if (err == ERR_OK && tx->has_nonce) {
        err = evm_op_rpc(op, "eth_getBlockByNumber", evm_params_block(latest_ref), sign_block);
    } else if (err == ERR_OK) {
        struct evm_block_ref pending = {"pending", 0};
        err = evm_op_rpc(op, "eth_getTransactionCount", evm_params_address(base->sender, pending),
                         sign_nonce);
    }
    return evm_op_start(op, err);
}

/* --- submit ------------------------------------------------------------------------------------ */

static void submit_finish(struct evm_op *op, enum err err)
{
    op->cb.done(op->ctx, err, &op->fault);
}

static enum err submit_result(struct evm_op *op, const json_t *result)
{
    (void)result;
    op->is_done = true;
    return ERR_OK;
}

static enum err submit_error(struct evm_op *op, enum err err)
{
    op->is_done = true;
    return err == ERR_RPC && evm_is_known_tx(op->fault.what) ? ERR_OK : err;
}

enum err evm_submit(struct chain_adapter *base, struct span raw, chain_done_cb cb, void *ctx)
{
    enum err err;
    if (raw.len > EVM_TX_RAW_MAX) return ERR_TOO_LARGE;
    struct evm_op *op = evm_op_new(adapter_of(base), &err, submit_finish);
    if (op == NULL) return err;
    op->cb.done = cb;
    op->ctx = ctx;
    op->on_error = submit_error;
    return evm_op_start(op, evm_op_rpc(op, "eth_sendRawTransaction", evm_params_raw(raw),
                                       submit_result));
}

/* --- status ------------------------------------------------------------------------------------ */

static void status_finish(struct evm_op *op, enum err err)
{
    if (err == ERR_OK && op->status.state == CHAIN_TX_FAILED) op->status.fault = op->fault;
    op->cb.status(op->ctx, err, err == ERR_OK ? &op->status : NULL, &op->fault);
}

/* Whether the transaction exists without a receipt. */
static enum err status_pending(struct evm_op *op, const json_t *result)
{
    op->status.state = json_is_null(result) ? CHAIN_TX_UNKNOWN : CHAIN_TX_PENDING;
    op->is_done = true;
    return ERR_OK;
}

static enum err explained(struct evm_op *op, const json_t *result)
{
    (void)result;
    evm_fault_set(&op->fault, "reverted, but not on the state of the block before");
    op->is_done = true;
    return ERR_OK;
}

/* The replayed call reverts, as it should: op->fault has the data now. */
static enum err explained_by_error(struct evm_op *op, enum err err)
{
    op->is_done = true;
    return err == ERR_CHAIN || err == ERR_RPC ? ERR_OK : err;
}

static enum err explain_tx(struct evm_op *op, const json_t *result)
{
    ERR_TRY(evm_parse_tx(&op->info, &op->data, result, &op->fault));
    struct chain_tx tx = {.is_create = op->info.tx.is_create, .value = op->info.value,
                          .data = op->info.tx.data, .gas_limit = op->info.gas_limit,
                          .max_fee_per_blob_gas = op->info.max_fee_per_blob_gas};
    const uint8_t *blob_hash = op->info.tx.blob_count > 0 ? op->info.tx.blob_hash : NULL;
    memcpy(tx.to, op->info.tx.to, sizeof tx.to);
    struct evm_block_ref before = {NULL, op->status.block_number - 1};
    op->on_error = explained_by_error;
    return evm_op_rpc(op, "eth_call", evm_params_tx(&tx, op->info.tx.from, blob_hash, true, before),
                      explained);
}

static enum err status_end(struct evm_op *op)
{
    if (op->status.state != CHAIN_TX_FAILED || op->status.block_number == 0) {
        op->is_done = true;
        return ERR_OK;
    }
    return evm_op_rpc(op, "eth_getTransactionByHash", evm_params_hash(op->hash), explain_tx);
}

static enum err status_final(struct evm_op *op, const json_t *result)
{
    struct evm_block final;
    /* null: the chain has no block with this tag yet. */
    if (!json_is_null(result)) {
        ERR_TRY(evm_parse_block(&final, result, &op->fault));
        if (final.block.number >= op->status.block_number &&
            memcmp(op->block.block.hash, op->status.block_hash, 32) == 0) {
            op->status.is_final = true;
            if (op->status.state == CHAIN_TX_MINED) op->status.state = CHAIN_TX_FINAL;
        }
    }
    return status_end(op);
}

static enum err status_final_number(struct evm_op *op, const json_t *result)
{
    uint64_t latest;
    bool exists;
    ERR_TRY(evm_parse_quantity(&latest, result, op->method, &op->fault));
    struct evm_block_ref ref = evm_final_ref(op->a->base.options.finality, latest, &exists);
    if (!exists) return status_end(op);
    return evm_op_rpc(op, "eth_getBlockByNumber", evm_params_block(ref), status_final);
}

static enum err status_block(struct evm_op *op, const json_t *result)
{
    bool exists;
    uint32_t finality = op->a->base.options.finality;
    ERR_TRY(evm_parse_block(&op->block, result, &op->fault));
    op->status.block_time = op->block.block.time;
    if (finality < CHAIN_FINALITY_SAFE) {
        return evm_op_rpc(op, "eth_blockNumber", json_array(), status_final_number);
    }
    struct evm_block_ref ref = evm_final_ref(finality, 0, &exists);
    return evm_op_rpc(op, "eth_getBlockByNumber", evm_params_block(ref), status_final);
}

static enum err status_receipt(struct evm_op *op, const json_t *result)
{
    struct evm_receipt r;
    if (json_is_null(result)) {
        return evm_op_rpc(op, "eth_getTransactionByHash", evm_params_hash(op->hash),
                          status_pending);
    }
    ERR_TRY(evm_parse_receipt(&r, result, &op->fault));
    evm_status_from_receipt(&op->status, &r);
    struct evm_block_ref ref = {NULL, r.block_number};
    return evm_op_rpc(op, "eth_getBlockByNumber", evm_params_block(ref), status_block);
}

enum err evm_status(struct chain_adapter *base, const uint8_t tx_hash[32], chain_status_cb cb,
                    void *ctx)
{
    enum err err;
    struct evm_op *op = evm_op_new(adapter_of(base), &err, status_finish);
    if (op == NULL) return err;
    op->cb.status = cb;
    op->ctx = ctx;
    memcpy(op->hash, tx_hash, sizeof op->hash);
    json_t *params = evm_params_hash(tx_hash);
    return evm_op_start(op, evm_op_rpc(op, "eth_getTransactionReceipt", params, status_receipt));
}
