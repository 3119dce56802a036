#include "chain_adapters/evm/evm_adapter.h"

#include <stdlib.h>
#include <string.h>

#include "chain_adapters/evm/evm_adapter_internal.h"
#include "common/base/require.h"
#include "common/crypto/secp256k1_sign.h"
#include "common/crypto/secret.h"

enum { CONNECT_TIMEOUT_MS = 5000 };

/* --- ops --------------------------------------------------------------------------------------- */

struct evm_op *evm_op_new(struct evm_adapter *a, enum err *err,
                          void (*finish)(struct evm_op *op, enum err err))
{
    if (a->is_closing) {
        *err = ERR_CLOSED;
        return NULL;
    }
    if (a->calls >= CHAIN_CALLS_MAX) {
        *err = ERR_FULL;
        return NULL;
    }
    struct evm_op *op = calloc(1, sizeof *op);
    if (op == NULL) {
        *err = ERR_NOMEM;
        return NULL;
    }
    op->a = a;
    op->finish = finish;
    bytes_buf_init(&op->data, EVM_RESPONSE_MAX);
    bytes_buf_init(&op->raw, EVM_TX_RAW_MAX);
    a->calls++;
    return op;
}

void evm_op_free(struct evm_op *op)
{
    op->a->calls--;
    bytes_buf_deinit(&op->data);
    bytes_buf_deinit(&op->raw);
    free(op->blob);
    free(op);
}

static void on_rpc(void *ctx, enum err err, const json_t *result,
                   const struct json_rpc_error *error)
{
    struct evm_op *op = ctx;
    if (op->a->is_closing) {
        err = ERR_CANCELLED;
        evm_fault_set(&op->fault, "%s: the adapter is closed", op->method);
    } else if (err != ERR_OK) {
        err = evm_fault_from_rpc(&op->fault, err, op->method, error);
        enum err (*on_error)(struct evm_op *, enum err) = op->on_error;
        op->on_error = NULL;
        if (on_error != NULL) err = on_error(op, err);
    } else {
        op->on_error = NULL;
        err = op->step(op, result);
    }
    if (err == ERR_OK && !op->is_done) return;
    op->finish(op, err);
    evm_op_free(op);
}

enum err evm_op_rpc(struct evm_op *op, const char *method, json_t *params,
                    enum err (*step)(struct evm_op *op, const json_t *result))
{
    if (params == NULL) return ERR_NOMEM;
    op->method = method;
    op->step = step;
    return json_rpc_call(op->a->rpc, method, params, on_rpc, op);
}

enum err evm_op_start(struct evm_op *op, enum err err)
{
    if (err != ERR_OK) evm_op_free(op);
    return err;
}

static enum err ref_known(struct evm_op *op, const json_t *result)
{
    uint64_t latest;
    bool exists;
    ERR_TRY(evm_parse_quantity(&latest, result, op->method, &op->fault));
    struct evm_block_ref ref = evm_final_ref(op->a->base.options.finality, latest, &exists);
    if (!exists) {
        evm_fault_set(&op->fault, "block %llu: fewer blocks than confirmations",
                      (unsigned long long)latest);
        return ERR_NOT_FOUND;
    }
    return op->with_ref(op, ref);
}

enum err evm_op_ref(struct evm_op *op,
                    enum err (*with_ref)(struct evm_op *op, struct evm_block_ref ref))
{
    bool exists;
    op->with_ref = with_ref;
    if (op->tag == CHAIN_BLOCK_LATEST) return with_ref(op, (struct evm_block_ref){"latest", 0});
    if (op->a->base.options.finality < CHAIN_FINALITY_SAFE) {
        return evm_op_rpc(op, "eth_blockNumber", json_array(), ref_known);
    }
    return with_ref(op, evm_final_ref(op->a->base.options.finality, 0, &exists));
}

/* --- life -------------------------------------------------------------------------------------- */

static void release(struct evm_adapter *a)
{
    REQUIRE(a->calls == 0);
    json_rpc_client_free(a->rpc);
    evm_watch_free(a);
    secret_wipe(a->key, sizeof a->key);
    void (*closed)(void *) = a->closed;
    void *ctx = a->closed_ctx;
    free(a);
    if (closed != NULL) closed(ctx);
}

static void handle_closed(void *ctx)
{
    struct evm_adapter *a = ctx;
    a->closing_handles--;
    if (a->closing_handles == 0) release(a);
}

static void evm_close(struct chain_adapter *base, void (*closed)(void *ctx), void *ctx)
{
    struct evm_adapter *a = (struct evm_adapter *)base;
    if (a->is_closing) return;
    a->is_closing = true;
    a->closed = closed;
    a->closed_ctx = ctx;
    a->closing_handles = 2;
    loop_timer_close(&a->watch.timer, handle_closed, a);
    http_client_close(a->http, handle_closed, a);
}

static const struct chain_adapter_ops evm_ops = {
    .open = evm_open,
    .watch = evm_watch,
    .pause = evm_pause,
    .call = evm_call,
    .block = evm_block,
    .balance = evm_balance,
    .nonce = evm_nonce,
    .tx_data = evm_tx_data,
    .sign = evm_sign,
    .submit = evm_submit,
    .status = evm_status,
    .close = evm_close,
};

static enum err read_key(struct evm_adapter *a)
{
    if (a->base.options.key_path[0] == 0) return ERR_OK;
    ERR_TRY(secret_file_read_key(a->key, a->base.options.key_path));
    ERR_TRY(ecdsa_key_address(a->base.sender, a->key));
    a->base.can_send = true;
    return ERR_OK;
}

enum err evm_adapter_new(struct chain_adapter **out, struct loop *loop,
                         const struct chain_options *options)
{
    struct evm_adapter *a = calloc(1, sizeof *a);
    if (a == NULL) return ERR_NOMEM;
    a->base.ops = &evm_ops;
    a->base.options = *options;
    a->loop = loop;
    bytes_buf_init(&a->watch.data, EVM_RESPONSE_MAX);
    enum err err = evm_options_complete(&a->base.options);
    if (err == ERR_OK) err = read_key(a);
    if (err != ERR_OK) goto fail;
    struct http_client_options http_options = {
        /* one more for the watch */
        .in_flight_max = CHAIN_CALLS_MAX + 1,
        .response_max = EVM_RESPONSE_MAX,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
    };
    err = http_client_new(&a->http, loop, &http_options);
    if (err != ERR_OK) goto fail;
    err = json_rpc_client_new(&a->rpc, a->http, a->base.options.rpc_url,
                              a->base.options.timeout_ms);
    if (err != ERR_OK) {
        http_client_close(a->http, NULL, NULL);
        goto fail;
    }
    loop_timer_open(&a->watch.timer, loop, evm_watch_poll, a);
    *out = &a->base;
    return ERR_OK;
fail:
    secret_wipe(a->key, sizeof a->key);
    bytes_buf_deinit(&a->watch.data);
    free(a);
    return err;
}
