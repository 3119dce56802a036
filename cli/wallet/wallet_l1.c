/* The wallet's side of the contracts. */
#include <stdio.h>
#include <string.h>

#include "chain_adapters/evm/hawser_abi.h"
#include "cli/wallet/wallet.h"
#include "core/op/amount.h"

enum { MINED_MS = 60000, CALL_MAX = 4096 };

static void say(struct wallet *w, const char *what, enum err err, const struct chain_fault *fault)
{
    char revert[HAWSER_REVERT_TEXT] = "";
    if (fault->revert_len > 0)
        hawser_revert_text(revert, (struct span){fault->revert, fault->revert_len});
    (void)snprintf(w->error, sizeof w->error, "%s: %s %.150s %.150s", what, err_text(err),
                   fault->what, revert);
}

static enum err l1_open(struct wallet *w, uint16_t chain, struct evm_sync **out)
{
    if (chain >= w->deployment.n_chains) return ERR_RANGE;
    const struct deployment_chain *d = &w->deployment.chains[chain];
    if (w->l1[chain] == NULL) {
        struct chain_options options = {.chain_id = d->chain_id, .finality = d->finality};
        struct chain_fault fault = {0};
        const char *url = NULL;
        for (size_t i = 0; i < w->config.n_chains; i++) {
            if (w->config.chains[i].chain_id == d->chain_id) url = w->config.chains[i].rpc_url;
        }
        if (url == NULL) {
            (void)snprintf(w->error, sizeof w->error, "chains: no rpc_url for chain id %llu",
                           (unsigned long long)d->chain_id);
            return ERR_CONFIG;
        }
        (void)snprintf(options.name, sizeof options.name, "%.31s", d->name);
        (void)snprintf(options.rpc_url, sizeof options.rpc_url, "%.511s", url);
        (void)snprintf(options.key_path, sizeof options.key_path, "%.511s", w->config.key_file);
        enum err err = evm_sync_open(&w->l1[chain], &options, &fault);
        if (err != ERR_OK) {
            say(w, d->name, err, &fault);
            return err;
        }
    }
    *out = w->l1[chain];
    return ERR_OK;
}

static enum err call(struct wallet *w, struct evm_sync *l1, const uint8_t to[20],
                     const struct bytes_buf *data, struct bytes_buf *out)
{
    struct chain_fault fault = {0};
    enum err err = evm_sync_call(l1, out, to, bytes_buf_span(data), CHAIN_BLOCK_LATEST, &fault);
    if (err != ERR_OK) say(w, "call", err, &fault);
    return err;
}

static enum err transact(struct wallet *w, struct evm_sync *l1, const uint8_t to[20],
                         const struct bytes_buf *data, const struct u256 *value, const char *what)
{
    struct chain_fault fault = {0};
    struct chain_tx_status status;
    struct chain_tx tx = {.data = bytes_buf_span(data), .value = *value};
    memcpy(tx.to, to, 20);
    enum err err = evm_sync_send(l1, &status, &tx, MINED_MS, &fault);
    if (err != ERR_OK) say(w, what, err, &fault);
    return err;
}

static enum err request_fee(struct wallet *w, struct evm_sync *l1, const uint8_t contract[20],
                            struct u256 *fee)
{
    struct bytes_buf data;
    struct bytes_buf out;
    bytes_buf_init(&data, CALL_MAX);
    bytes_buf_init(&out, CALL_MAX);
    enum err err = hawser_encode_view(&data, HAWSER_VIEW_REQUEST_FEE);
    if (err == ERR_OK) err = call(w, l1, contract, &data, &out);
    if (err == ERR_OK) err = hawser_decode_u256(fee, bytes_buf_span(&out));
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&out);
    return err;
}

static enum err key_nonce(struct wallet *w, struct evm_sync *l1, const uint8_t contract[20],
                          uint64_t *nonce)
{
    struct bytes_buf data;
    struct bytes_buf out;
    bytes_buf_init(&data, CALL_MAX);
    bytes_buf_init(&out, CALL_MAX);
    enum err err = hawser_encode_key_nonce(&data, w->address);
    if (err == ERR_OK) err = call(w, l1, contract, &data, &out);
    if (err == ERR_OK) err = hawser_decode_u64(nonce, bytes_buf_span(&out));
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&out);
    return err;
}

static enum err approve(struct wallet *w, struct evm_sync *l1, const struct deployment_chain *d,
                        const struct deployment_token *token, const struct u256 *amount)
{
    struct bytes_buf data;
    struct u256 zero = u256_from_u64(0);
    bytes_buf_init(&data, CALL_MAX);
    enum err err = erc20_encode_approve(&data, d->contract, amount);
    if (err == ERR_OK) err = transact(w, l1, token->address, &data, &zero, "approve");
    bytes_buf_deinit(&data);
    return err;
}

static enum err deposit_data(struct wallet *w, struct evm_sync *l1,
                             const struct deployment_chain *d, const struct wallet_deposit *in,
                             struct bytes_buf *data)
{
    abi_u128 amount = amount_value(in->amount);
    if (!in->with_key)
        return hawser_encode_deposit(data, in->token, amount, in->account, in->slot, in->owner);
    uint64_t nonce = 0;
    struct wallet_key *key = NULL;
    ERR_TRY(key_nonce(w, l1, d->contract, &nonce));
    ERR_TRY(wallet_key_derive(w, in->chain, XMSS_ORIGIN_L1, nonce, XMSS_HEIGHT_SMALL, &key));
    return hawser_encode_deposit_with_key(data, in->token, amount, in->account, in->slot, key->root,
                                          nonce);
}

enum err wallet_deposit(struct wallet *w, const struct wallet_deposit *in)
{
    struct evm_sync *l1 = NULL;
    struct u256 value;
    struct bytes_buf data;
    w->error[0] = '\0';
    ERR_TRY(l1_open(w, in->chain, &l1));
    const struct deployment_chain *d = &w->deployment.chains[in->chain];
    const struct deployment_token *token = deployment_token(d, in->token);
    if (token == NULL) {
        (void)snprintf(w->error, sizeof w->error, "token %u is not registered on %s", in->token,
                       d->name);
        return ERR_NOT_FOUND;
    }
    ERR_TRY(request_fee(w, l1, d->contract, &value));
    struct u256 amount = u256_from_u128(amount_value(in->amount));
    if (in->token == 1) {
        ERR_TRY(u256_add(&value, &value, &amount));
    } else {
        ERR_TRY(approve(w, l1, d, token, &amount));
    }
    bytes_buf_init(&data, CALL_MAX);
    enum err err = deposit_data(w, l1, d, in, &data);
    if (err == ERR_OK) err = transact(w, l1, d->contract, &data, &value, "deposit");
    bytes_buf_deinit(&data);
    return err;
}

enum err wallet_request_exit(struct wallet *w, uint16_t chain, uint32_t account, uint8_t slot)
{
    struct evm_sync *l1 = NULL;
    struct u256 value;
    struct bytes_buf data;
    w->error[0] = '\0';
    ERR_TRY(l1_open(w, chain, &l1));
    const struct deployment_chain *d = &w->deployment.chains[chain];
    ERR_TRY(request_fee(w, l1, d->contract, &value));
    bytes_buf_init(&data, CALL_MAX);
    enum err err = hawser_encode_request_exit(&data, account, slot);
    if (err == ERR_OK) err = transact(w, l1, d->contract, &data, &value, "exit request");
    bytes_buf_deinit(&data);
    return err;
}

enum err wallet_set_key(struct wallet *w, uint16_t chain, uint32_t account, uint32_t height)
{
    struct evm_sync *l1 = NULL;
    struct u256 value;
    struct bytes_buf data;
    uint64_t nonce = 0;
    struct wallet_key *key = NULL;
    w->error[0] = '\0';
    ERR_TRY(l1_open(w, chain, &l1));
    const struct deployment_chain *d = &w->deployment.chains[chain];
    ERR_TRY(request_fee(w, l1, d->contract, &value));
    ERR_TRY(key_nonce(w, l1, d->contract, &nonce));
    ERR_TRY(wallet_key_derive(w, chain, XMSS_ORIGIN_L1, nonce, height, &key));
    bytes_buf_init(&data, CALL_MAX);
    enum err err = hawser_encode_set_key(&data, account, 1, (uint8_t)height, key->root, nonce);
    if (err == ERR_OK) err = transact(w, l1, d->contract, &data, &value, "set key");
    bytes_buf_deinit(&data);
    return err;
}
