/* Questions to the node: open, call, block, balance, nonce, transaction data. */
#include <string.h>

#include "chain_adapters/evm/evm_adapter_internal.h"

static struct evm_adapter *adapter_of(struct chain_adapter *base)
{
    return (struct evm_adapter *)base;
}

/* --- open -------------------------------------------------------------------------------------- */

static void open_finish(struct evm_op *op, enum err err)
{
    if (err == ERR_OK) op->a->is_open = true;
    op->cb.done(op->ctx, err, &op->fault);
}

static enum err open_code(struct evm_op *op, const json_t *result)
{
    ERR_TRY(evm_parse_bytes(&op->data, result, op->method, &op->fault));
    if (op->data.len == 0) {
        evm_fault_set(&op->fault, "%s: there is no contract at the configured address",
                      op->a->base.options.name);
        return ERR_CHAIN;
    }
    op->is_done = true;
    return ERR_OK;
}

static enum err open_chain_id(struct evm_op *op, const json_t *result)
{
    const struct chain_options *options = &op->a->base.options;
    uint64_t id;
    ERR_TRY(evm_parse_quantity(&id, result, op->method, &op->fault));
    if (id != options->chain_id) {
        evm_fault_set(&op->fault, "%s: the node is on chain %llu, the configuration says %llu",
                      options->name, (unsigned long long)id,
                      (unsigned long long)options->chain_id);
        return ERR_CHAIN;
    }
    if (bytes_are_zero(options->contract, sizeof options->contract)) {
        op->is_done = true;
        return ERR_OK;
    }
    json_t *params = evm_params_address(options->contract, (struct evm_block_ref){"latest", 0});
    return evm_op_rpc(op, "eth_getCode", params, open_code);
}

enum err evm_open(struct chain_adapter *base, chain_done_cb cb, void *ctx)
{
    enum err err;
    struct evm_op *op = evm_op_new(adapter_of(base), &err, open_finish);
    if (op == NULL) return err;
    op->cb.done = cb;
    op->ctx = ctx;
    return evm_op_start(op, evm_op_rpc(op, "eth_chainId", json_array(), open_chain_id));
}

/* --- call -------------------------------------------------------------------------------------- */

static void call_finish(struct evm_op *op, enum err err)
{
    struct span result = err == ERR_OK ? bytes_buf_span(&op->raw) : span_make(NULL, 0);
    op->cb.call(op->ctx, err, result, &op->fault);
}

static enum err call_result(struct evm_op *op, const json_t *result)
{
    op->is_done = true;
    return evm_parse_bytes(&op->raw, result, op->method, &op->fault);
}

static enum err call_at(struct evm_op *op, struct evm_block_ref ref)
{
    json_t *params = evm_params_call(op->address, bytes_buf_span(&op->data), ref);
    return evm_op_rpc(op, "eth_call", params, call_result);
}

enum err evm_call(struct chain_adapter *base, const uint8_t *to, struct span data,
                  enum chain_block_tag at, chain_call_cb cb, void *ctx)
{
    enum err err;
    if (data.len > CHAIN_CALLDATA_MAX) return ERR_TOO_LARGE;
    struct evm_op *op = evm_op_new(adapter_of(base), &err, call_finish);
    if (op == NULL) return err;
    op->cb.call = cb;
    op->ctx = ctx;
    op->tag = at;
    memcpy(op->address, to != NULL ? to : base->options.contract, sizeof op->address);
    err = bytes_buf_append(&op->data, data.data, data.len);
    if (err == ERR_OK) err = evm_op_ref(op, call_at);
    return evm_op_start(op, err);
}

/* --- block ------------------------------------------------------------------------------------- */

static void block_finish(struct evm_op *op, enum err err)
{
    op->cb.block(op->ctx, err, err == ERR_OK ? &op->block.block : NULL, &op->fault);
}

static enum err block_result(struct evm_op *op, const json_t *result)
{
    op->is_done = true;
    return evm_parse_block(&op->block, result, &op->fault);
}

static enum err block_at(struct evm_op *op, struct evm_block_ref ref)
{
    return evm_op_rpc(op, "eth_getBlockByNumber", evm_params_block(ref), block_result);
}

enum err evm_block(struct chain_adapter *base, enum chain_block_tag tag, chain_block_cb cb,
                   void *ctx)
{
    enum err err;
    struct evm_op *op = evm_op_new(adapter_of(base), &err, block_finish);
    if (op == NULL) return err;
    op->cb.block = cb;
    op->ctx = ctx;
    op->tag = tag;
    return evm_op_start(op, evm_op_ref(op, block_at));
}

/* --- balance, nonce ---------------------------------------------------------------------------- */

static void u256_finish(struct evm_op *op, enum err err)
{
    op->cb.u256(op->ctx, err, err == ERR_OK ? &op->value : NULL, &op->fault);
}

static enum err u256_result(struct evm_op *op, const json_t *result)
{
    op->is_done = true;
    return evm_parse_quantity_wide(&op->value, result, op->method, &op->fault);
}

static enum err balance_at(struct evm_op *op, struct evm_block_ref ref)
{
    return evm_op_rpc(op, "eth_getBalance", evm_params_address(op->address, ref), u256_result);
}

static enum err nonce_at(struct evm_op *op, struct evm_block_ref ref)
{
    json_t *params = evm_params_address(op->address, ref);
    return evm_op_rpc(op, "eth_getTransactionCount", params, u256_result);
}

enum err evm_balance(struct chain_adapter *base, const uint8_t address[20], chain_u256_cb cb,
                     void *ctx)
{
    enum err err;
    struct evm_op *op = evm_op_new(adapter_of(base), &err, u256_finish);
    if (op == NULL) return err;
    op->cb.u256 = cb;
    op->ctx = ctx;
    op->tag = CHAIN_BLOCK_LATEST;
    memcpy(op->address, address, sizeof op->address);
    return evm_op_start(op, evm_op_ref(op, balance_at));
}

enum err evm_nonce(struct chain_adapter *base, enum chain_block_tag tag, chain_u256_cb cb,
                   void *ctx)
{
    enum err err;
    if (!base->can_send) return ERR_AUTH;
    struct evm_op *op = evm_op_new(adapter_of(base), &err, u256_finish);
    if (op == NULL) return err;
    op->cb.u256 = cb;
    op->ctx = ctx;
    op->tag = tag;
    memcpy(op->address, base->sender, sizeof op->address);
    return evm_op_start(op, evm_op_ref(op, nonce_at));
}

/* --- transaction data -------------------------------------------------------------------------- */

static void tx_data_finish(struct evm_op *op, enum err err)
{
    op->cb.tx_data(op->ctx, err, err == ERR_OK ? &op->info.tx : NULL, &op->fault);
}

static enum err tx_data_result(struct evm_op *op, const json_t *result)
{
    op->is_done = true;
    return evm_parse_tx(&op->info, &op->data, result, &op->fault);
}

enum err evm_tx_data(struct chain_adapter *base, const uint8_t tx_hash[32], chain_tx_data_cb cb,
                     void *ctx)
{
    enum err err;
    struct evm_op *op = evm_op_new(adapter_of(base), &err, tx_data_finish);
    if (op == NULL) return err;
    op->cb.tx_data = cb;
    op->ctx = ctx;
    json_t *params = evm_params_hash(tx_hash);
    return evm_op_start(op, evm_op_rpc(op, "eth_getTransactionByHash", params, tx_data_result));
}
