#include "audit/l1_rpc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/net/json_rpc_client.h"

enum { LOG_DATA_MAX = 64 * 1024 };

struct l1_rpc {
    struct json_rpc_sync *client;
    char text[L1_RPC_TEXT];
};

enum err l1_rpc_new(struct l1_rpc **out, const char *url, uint64_t timeout_ms)
{
    struct l1_rpc *r = calloc(1, sizeof *r);
    if (r == NULL) return ERR_NOMEM;
    enum err err = json_rpc_sync_new(&r->client, url, timeout_ms, L1_RPC_ANSWER_MAX);
    if (err != ERR_OK) {
        free(r);
        return err;
    }
    *out = r;
    return ERR_OK;
}

void l1_rpc_free(struct l1_rpc *r)
{
    if (r == NULL) return;
    json_rpc_sync_free(r->client);
    free(r);
}

const char *l1_rpc_text(const struct l1_rpc *r)
{
    return r->text;
}

void l1_rpc_say(struct l1_rpc *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(r->text, sizeof r->text, format, args);
    va_end(args);
}

static enum err ask(struct l1_rpc *r, json_t **result, const char *method, json_t *params)
{
    struct json_rpc_error error;
    r->text[0] = '\0';
    enum err err = json_rpc_sync_call(r->client, result, method, params, &error);
    if (err != ERR_OK) l1_rpc_say(r, "%s: %s: %.300s", method, err_text(err), error.message);
    return err;
}

static enum err malformed(struct l1_rpc *r, const char *method, const char *what)
{
    l1_rpc_say(r, "%s: the answer is malformed: %s", method, what);
    return ERR_PROTOCOL;
}

static void quantity(char out[67], uint64_t v)
{
    struct u256 x = u256_from_u64(v);
    (void)u256_to_quantity(out, &x);
}

static enum err quantity_read(uint64_t *out, const json_t *value)
{
    struct u256 v;
    if (!json_is_string(value)) return ERR_PARSE;
    ERR_TRY(u256_from_quantity(&v, json_string_value(value), json_string_length(value)));
    return u256_to_u64(out, &v);
}

static enum err hex_read(void *out, size_t len, const json_t *value)
{
    if (!json_is_string(value)) return ERR_PARSE;
    return hex_decode_fixed(out, len, json_string_value(value), json_string_length(value));
}

enum err l1_rpc_chain_id(struct l1_rpc *r, uint64_t *out)
{
    json_t *result = NULL;
    ERR_TRY(ask(r, &result, "eth_chainId", NULL));
    enum err err = quantity_read(out, result);
    json_decref(result);
    return err == ERR_OK ? ERR_OK : malformed(r, "eth_chainId", "no quantity");
}

static enum err block_ask(struct l1_rpc *r, struct l1_block *out, const char *which)
{
    json_t *result = NULL;
    ERR_TRY(ask(r, &result, "eth_getBlockByNumber", json_pack("[s,b]", which, 0)));
    enum err err = json_is_null(result) ? ERR_NOT_FOUND : ERR_OK;
    if (err == ERR_NOT_FOUND)
        l1_rpc_say(r, "eth_getBlockByNumber: the node has no block %s", which);
    if (err == ERR_OK &&
        (quantity_read(&out->number, json_object_get(result, "number")) != ERR_OK ||
         hex_read(out->hash, 32, json_object_get(result, "hash")) != ERR_OK))
        err = malformed(r, "eth_getBlockByNumber", "number or hash");
    json_decref(result);
    return err;
}

enum err l1_rpc_block_by_tag(struct l1_rpc *r, struct l1_block *out, const char *tag)
{
    return block_ask(r, out, tag);
}

enum err l1_rpc_block(struct l1_rpc *r, struct l1_block *out, uint64_t number)
{
    char which[67];
    quantity(which, number);
    ERR_TRY(block_ask(r, out, which));
    return out->number == number ? ERR_OK
                                 : malformed(r, "eth_getBlockByNumber", "another block's number");
}

enum err l1_rpc_beacon_root(struct l1_rpc *r, uint8_t out[32], uint64_t number)
{
    static const char method[] = "eth_getBlockByNumber";
    char which[67];
    json_t *result = NULL;
    quantity(which, number);
    ERR_TRY(ask(r, &result, method, json_pack("[s,b]", which, 0)));
    const json_t *root = json_object_get(result, "parentBeaconBlockRoot");
    enum err err = ERR_OK;
    memset(out, 0, 32);
    if (!json_is_object(result)) {
        l1_rpc_say(r, "%s: the node has no block %s", method, which);
        err = ERR_NOT_FOUND;
    } else if (root != NULL && !json_is_null(root) && hex_read(out, 32, root) != ERR_OK) {
        err = malformed(r, method, "parentBeaconBlockRoot");
    }
    json_decref(result);
    return err;
}

enum err l1_rpc_code_size(struct l1_rpc *r, size_t *out, const uint8_t address[20], uint64_t block)
{
    char at[67];
    char who[43];
    json_t *result = NULL;
    quantity(at, block);
    hex_encode_0x(who, address, 20);
    ERR_TRY(ask(r, &result, "eth_getCode", json_pack("[s,s]", who, at)));
    size_t n = json_is_string(result) ? json_string_length(result) : 0;
    json_decref(result);
    if (n < 2) return malformed(r, "eth_getCode", "no bytes");
    *out = (n - 2) / 2;
    return ERR_OK;
}

enum err l1_rpc_balance(struct l1_rpc *r, uint8_t out[32], const uint8_t address[20],
                        uint64_t block)
{
    char at[67];
    char who[43];
    struct u256 v;
    json_t *result = NULL;
    quantity(at, block);
    hex_encode_0x(who, address, 20);
    ERR_TRY(ask(r, &result, "eth_getBalance", json_pack("[s,s]", who, at)));
    enum err err = json_is_string(result) ? u256_from_quantity(&v, json_string_value(result),
                                                               json_string_length(result))
                                          : ERR_PARSE;
    json_decref(result);
    if (err != ERR_OK) return malformed(r, "eth_getBalance", "no quantity");
    u256_to_be(out, &v);
    return ERR_OK;
}

enum err l1_rpc_call(struct l1_rpc *r, struct bytes_buf *out, const uint8_t to[20],
                     struct span input, uint64_t block)
{
    char at[67];
    char who[43];
    json_t *result = NULL;
    quantity(at, block);
    hex_encode_0x(who, to, 20);
    json_t *params =
        json_pack("[{s:s,s:o},s]", "to", who, "data", json_new_hex(input.data, input.len), at);
    if (params == NULL) return ERR_NOMEM;
    ERR_TRY(ask(r, &result, "eth_call", params));
    enum err err = ERR_PARSE;
    const char *s = json_string_value(result);
    if (s != NULL && strncmp(s, "0x", 2) == 0) err = hex_decode(out, s, json_string_length(result));
    json_decref(result);
    return err == ERR_OK ? ERR_OK : malformed(r, "eth_call", "no bytes");
}

static enum err log_read(struct l1_log *log, const json_t *o, const uint8_t contract[20])
{
    uint8_t address[20];
    const json_t *topics = json_object_get(o, "topics");
    const json_t *data = json_object_get(o, "data");
    if (json_is_true(json_object_get(o, "removed"))) return ERR_PARSE;
    ERR_TRY(hex_read(address, 20, json_object_get(o, "address")));
    if (memcmp(address, contract, 20) != 0) return ERR_PARSE;
    ERR_TRY(quantity_read(&log->block, json_object_get(o, "blockNumber")));
    ERR_TRY(quantity_read(&log->index, json_object_get(o, "logIndex")));
    ERR_TRY(hex_read(log->transaction, 32, json_object_get(o, "transactionHash")));
    log->n_topics = json_array_size(topics);
    if (log->n_topics > 4) return ERR_PARSE;
    for (size_t i = 0; i < log->n_topics; i++)
        ERR_TRY(hex_read(log->topics[i], 32, json_array_get(topics, i)));
    if (!json_is_string(data)) return ERR_PARSE;
    bytes_buf_clear(&log->data);
    return hex_decode(&log->data, json_string_value(data), json_string_length(data));
}

static enum err logs_each(struct l1_rpc *r, const json_t *list, const uint8_t contract[20],
                          uint64_t from, uint64_t to,
                          enum err (*each)(void *ctx, const struct l1_log *log), void *ctx)
{
    struct l1_log log = {0};
    uint64_t block = from;
    uint64_t next_index = 0;
    enum err err = ERR_OK;
    bytes_buf_init(&log.data, LOG_DATA_MAX);
    for (size_t i = 0; err == ERR_OK && i < json_array_size(list); i++) {
        err = log_read(&log, json_array_get(list, i), contract);
        bool ordered = err == ERR_OK && log.block <= to &&
                       (log.block > block || (log.block == block && log.index >= next_index));
        if (!ordered) {
            err = malformed(r, "eth_getLogs", "a log's form, address or order");
            break;
        }
        block = log.block;
        next_index = log.index + 1;
        err = each(ctx, &log);
    }
    bytes_buf_deinit(&log.data);
    return err;
}

enum err l1_rpc_logs(struct l1_rpc *r, const uint8_t contract[20], uint64_t from, uint64_t to,
                     enum err (*each)(void *ctx, const struct l1_log *log), void *ctx)
{
    char first[67];
    char last[67];
    char who[43];
    json_t *result = NULL;
    quantity(first, from);
    quantity(last, to);
    hex_encode_0x(who, contract, 20);
    ERR_TRY(ask(r, &result, "eth_getLogs",
                json_pack("[{s:s,s:s,s:s}]", "address", who, "fromBlock", first, "toBlock", last)));
    enum err err = json_is_array(result) ? logs_each(r, result, contract, from, to, each, ctx)
                                         : malformed(r, "eth_getLogs", "no array");
    json_decref(result);
    return err;
}

static enum err blobs_read(struct l1_blobs *out, const json_t *list)
{
    *out = (struct l1_blobs){0};
    if (list == NULL || json_is_null(list)) return ERR_OK;
    if (!json_is_array(list)) return ERR_PARSE;
    out->n = json_array_size(list);
    return out->n == 0 ? ERR_OK : hex_read(out->versioned_hash, 32, json_array_get(list, 0));
}

enum err l1_rpc_transaction(struct l1_rpc *r, struct bytes_buf *input, struct l1_blobs *blobs,
                            const uint8_t hash[32], const uint8_t to[20], uint64_t block)
{
    static const char method[] = "eth_getTransactionByHash";
    char which[67];
    uint8_t got[32];
    uint8_t receiver[20];
    uint64_t number = 0;
    json_t *result = NULL;
    hex_encode_0x(which, hash, 32);
    ERR_TRY(ask(r, &result, method, json_pack("[s]", which)));
    const json_t *data = json_object_get(result, "input");
    enum err err = ERR_OK;
    if (!json_is_object(result))
        err = malformed(r, method, "the node does not know it");
    else if (hex_read(got, 32, json_object_get(result, "hash")) != ERR_OK ||
             memcmp(got, hash, 32) != 0)
        err = malformed(r, method, "another hash");
    else if (hex_read(receiver, 20, json_object_get(result, "to")) != ERR_OK ||
             memcmp(receiver, to, 20) != 0)
        err = malformed(r, method, "another receiver");
    else if (quantity_read(&number, json_object_get(result, "blockNumber")) != ERR_OK ||
             number != block)
        err = malformed(r, method, "another block");
    else if (!json_is_string(data) ||
             hex_decode(input, json_string_value(data), json_string_length(data)) != ERR_OK)
        err = malformed(r, method, "no input");
    else if (blobs_read(blobs, json_object_get(result, "blobVersionedHashes")) != ERR_OK)
        err = malformed(r, method, "blobVersionedHashes");
    json_decref(result);
    return err;
}
