/* The JSON-RPC of a simulated L1's node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/base/u256.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/crypto/keccak256.h"
#include "common/crypto/secp256k1_sign.h"
#include "tests/sim/faults.h"
#include "tests/sim/l1_chain.h"

enum { FIELDS = 9, ITEMS = 12, INPUT_MAX = 1 << 20, GAS = 1000000 };

/* ---- raw transactions: 0x02 | rlp(fields, signature), EIP-1559 ---- */

struct item {
    const uint8_t *start; /* with its header */
    struct span body;
};

/* One RLP item of at most 2^32 bytes. */
static bool item_read(struct item *out, const uint8_t **p, const uint8_t *end)
{
    const uint8_t *at = *p;
    if (at >= end) return false;
    out->start = at;
    uint8_t c = *at++;
    uint8_t base = c >= 0xc0 ? 0xc0 : 0x80;
    size_t n = 0;
    if (c < 0x80) {
        out->body = (struct span){out->start, 1};
        *p = at;
        return true;
    }
    if (c < base + 56) {
        n = (size_t)(c - base);
    } else {
        size_t len = (size_t)(c - base - 55);
        if (len > 4 || (size_t)(end - at) < len) return false;
        while (len-- > 0)
            n = n << 8 | *at++;
    }
    if ((size_t)(end - at) < n) return false;
    out->body = (struct span){at, n};
    *p = at + n;
    return true;
}

static uint64_t number_of(struct span s)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.len; i++)
        v = v << 8 | s.data[i];
    return v;
}

static bool sender_of(uint8_t out[20], const struct item *items, const uint8_t *fields_end)
{
    uint8_t signature[65] = {0}, digest[32];
    size_t n = (size_t)(fields_end - items[0].start);
    uint8_t *bytes = malloc(n + 8);
    REQUIRE(bytes != NULL);
    size_t at = 0;
    bytes[at++] = 0x02;
    if (n < 56) {
        bytes[at++] = (uint8_t)(0xc0 + n);
    } else {
        size_t len = n < 256 ? 1 : n < 65536 ? 2 : 3;
        bytes[at++] = (uint8_t)(0xf7 + len);
        for (size_t i = len; i > 0; i--)
            bytes[at++] = (uint8_t)(n >> (8 * (i - 1)));
    }
    memcpy(bytes + at, items[0].start, n);
    keccak256(digest, bytes, at + n);
    free(bytes);
    const struct span r = items[10].body, s = items[11].body;
    if (r.len > 32 || s.len > 32) return false;
    memcpy(signature + 32 - r.len, r.data, r.len);
    memcpy(signature + 64 - s.len, s.data, s.len);
    signature[64] = (uint8_t)number_of(items[9].body);
    return ecdsa_recover_address(out, signature, digest) == ERR_OK;
}

static bool raw_read(struct l1_tx *tx, uint64_t *chain_id, struct span raw)
{
    struct item list, items[ITEMS];
    if (raw.len < 2 || raw.data[0] != 0x02) return false;
    const uint8_t *p = raw.data + 1;
    if (!item_read(&list, &p, raw.data + raw.len)) return false;
    p = list.body.data;
    const uint8_t *end = p + list.body.len;
    const uint8_t *fields_end = p;
    for (int i = 0; i < ITEMS; i++) {
        if (!item_read(&items[i], &p, end)) return false;
        if (i == FIELDS - 1) fields_end = p;
    }
    *chain_id = number_of(items[0].body);
    tx->nonce = number_of(items[1].body);
    if (items[5].body.len != 20 || !sender_of(tx->from, items, fields_end)) return false;
    memcpy(tx->to, items[5].body.data, 20);
    tx->len = items[7].body.len;
    tx->data = malloc(tx->len + 1);
    REQUIRE(tx->data != NULL);
    memcpy(tx->data, items[7].body.data, tx->len);
    keccak256(tx->hash, raw.data, raw.len);
    return true;
}

/* ---- answers ---- */

static json_t *no(enum err *err, struct json_rpc_error *error, int code, const char *text)
{
    *err = ERR_RPC;
    error->code = code;
    (void)snprintf(error->message, sizeof error->message, "%s", text);
    return NULL;
}

static json_t *quantity(uint64_t v)
{
    return json_new_quantity_u64(v);
}

static uint64_t number_at(const struct l1 *l, uint64_t head, const json_t *value)
{
    const char *text = json_string_value(value);
    if (text == NULL || strcmp(text, "latest") == 0 || strcmp(text, "pending") == 0) return head;
    if (strcmp(text, "finalized") == 0 || strcmp(text, "safe") == 0)
        return fault_twin("request") ? head : head > l->finality ? head - l->finality : 0;
    return strtoull(text, NULL, 16);
}

static json_t *block_json(const struct l1 *l, uint64_t head, uint64_t number)
{
    if (number > head) return json_null();
    const struct sim_block *b = l->blocks[number];
    return json_pack("{s:o,s:o,s:o,s:o,s:s}", "number", quantity(b->number), "hash",
                     json_new_hex(b->hash, 32), "parentHash", json_new_hex(b->parent, 32),
                     "timestamp", quantity(b->time), "baseFeePerGas", "0x7");
}

static json_t *log_json(const struct l1 *l, const struct sim_block *b, uint32_t index)
{
    static const uint8_t deployment[32] = {0xde};
    const struct sim_log *log = &b->logs[index];
    json_t *topics = json_array();
    for (size_t i = 0; i < log->event.n_topics; i++)
        json_array_append_new(topics, json_new_hex(log->event.topics[i], 32));
    const uint8_t *hash = log->tx == UINT32_MAX ? deployment : l->txs[log->tx]->hash;
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "address",
                     json_new_hex(l->deployment->chains[l->chain].contract, 20), "topics", topics,
                     "data", json_new_hex(log->event.data, log->event.len), "blockNumber",
                     quantity(b->number), "blockHash", json_new_hex(b->hash, 32),
                     "transactionHash", json_new_hex(hash, 32), "transactionIndex",
                     quantity(log->tx_index), "logIndex", quantity(index), "removed", 0);
}

static json_t *logs_json(const struct l1 *l, uint64_t head, const json_t *filter)
{
    json_t *list = json_array();
    uint64_t from = number_at(l, head, json_object_get(filter, "fromBlock"));
    uint64_t to = number_at(l, head, json_object_get(filter, "toBlock"));
    for (uint64_t n = from; n <= to && n <= head; n++) {
        for (uint32_t i = 0; i < l->blocks[n]->n_logs; i++)
            json_array_append_new(list, log_json(l, l->blocks[n], i));
    }
    return list;
}

static const struct l1_tx *tx_find(const struct l1 *l, const json_t *value)
{
    uint8_t hash[32];
    const char *text = json_string_value(value);
    if (text == NULL || hex_decode_fixed(hash, 32, text, strlen(text)) != ERR_OK) return NULL;
    for (uint32_t i = 0; i < l->n_txs; i++) {
        if (l->txs[i]->is_known && memcmp(l->txs[i]->hash, hash, 32) == 0) return l->txs[i];
    }
    return NULL;
}

static json_t *tx_json(const struct l1 *l, uint64_t head, const struct l1_tx *tx)
{
    if (tx == NULL) return json_null();
    json_t *o = json_pack("{s:o,s:o,s:o,s:o,s:o,s:s,s:o}", "hash", json_new_hex(tx->hash, 32),
                          "from", json_new_hex(tx->from, 20), "to", json_new_hex(tx->to, 20),
                          "input", json_new_hex(tx->data, tx->len), "gas", quantity(GAS), "value",
                          "0x0", "nonce", quantity(tx->nonce));
    if (tx->block != 0 && tx->block <= head) {
        json_object_set_new(o, "blockNumber", quantity(tx->block));
        json_object_set_new(o, "blockHash", json_new_hex(l->blocks[tx->block]->hash, 32));
    }
    return o;
}

static json_t *receipt_json(const struct l1 *l, uint64_t head, const struct l1_tx *tx)
{
    if (tx == NULL || tx->block == 0 || tx->block > head) return json_null();
    return json_pack("{s:o,s:o,s:o,s:o,s:s}", "status", quantity(tx->ok ? 1 : 0), "blockNumber",
                     quantity(tx->block), "blockHash",
                     json_new_hex(l->blocks[tx->block]->hash, 32), "gasUsed", quantity(GAS / 2),
                     "effectiveGasPrice", "0x8");
}

static bool bytes_param(struct bytes_buf *out, const json_t *value)
{
    const char *text = json_string_value(value);
    return text != NULL && hex_decode(out, text, strlen(text)) == ERR_OK;
}

static json_t *reverted(enum err *err, struct json_rpc_error *error, const char *why)
{
    char text[120];
    (void)snprintf(text, sizeof text, "execution reverted: %s", why);
    return no(err, error, 3, text);
}

/* eth_call and eth_estimateGas: a view, or a transaction tried on a copy. */
static json_t *try_call(struct l1 *l, uint64_t block, const json_t *call, bool estimate,
                        enum err *err, struct json_rpc_error *error)
{
    static struct contract_effects effects;
    struct bytes_buf input, out;
    json_t *result = NULL;
    const char *from = json_string_value(json_object_get(call, "from"));
    if (l->blocks[block] == NULL) return no(err, error, -32000, "header not found");
    bytes_buf_init(&input, INPUT_MAX);
    bytes_buf_init(&out, 4096);
    if (!bytes_param(&input, json_object_get(call, "data"))) {
        result = no(err, error, -32602, "bad data");
    } else if (contract_view(l1_contract_at(l, block), &l->env, bytes_buf_span(&input), &out)) {
        result = json_new_hex(out.data, out.len);
    } else {
        struct contract_env env = l->env;
        env.time = l->blocks[block]->time + 1;
        if (from != NULL) REQUIRE(hex_decode_fixed(env.from, 20, from, strlen(from)) == ERR_OK);
        struct contract *scratch = malloc(sizeof *scratch);
        REQUIRE(scratch != NULL);
        *scratch = *l1_contract_at(l, block);
        bool ok = contract_call(scratch, &env, bytes_buf_span(&input), &effects);
        free(scratch);
        result = !ok        ? reverted(err, error, effects.why)
                 : estimate ? quantity(GAS / 2)
                            : json_string("0x");
    }
    bytes_buf_deinit(&input);
    bytes_buf_deinit(&out);
    return result;
}

static uint64_t nonce_at(const struct l1 *l, uint64_t block, const uint8_t address[20])
{
    const struct l1_state *s = l->blocks[block]->after;
    for (uint32_t i = 0; i < s->n_senders; i++) {
        if (memcmp(s->senders[i].address, address, 20) == 0) return s->senders[i].nonce;
    }
    return 0;
}

static json_t *nonce_json(const struct l1 *l, uint64_t head, const json_t *params)
{
    uint8_t address[20];
    const char *text = json_string_value(json_array_get(params, 0));
    const char *tag = json_string_value(json_array_get(params, 1));
    REQUIRE(text != NULL && hex_decode_fixed(address, 20, text, strlen(text)) == ERR_OK);
    uint64_t n = nonce_at(l, number_at(l, head, json_array_get(params, 1)), address);
    bool more = tag != NULL && strcmp(tag, "pending") == 0;
    while (more) {
        more = false;
        for (uint32_t i = 0; i < l->n_txs; i++) {
            const struct l1_tx *tx = l->txs[i];
            if (!tx->is_known || tx->nonce != n || memcmp(tx->from, address, 20) != 0) continue;
            n++;
            more = true;
        }
    }
    return quantity(n);
}

static json_t *send_json(struct l1 *l, uint64_t head, const json_t *value, enum err *err,
                         struct json_rpc_error *error)
{
    struct bytes_buf raw;
    struct l1_tx tx = {.is_known = true, .why = ""};
    uint64_t chain_id = 0;
    bytes_buf_init(&raw, INPUT_MAX);
    bool ok = bytes_param(&raw, value) && raw_read(&tx, &chain_id, bytes_buf_span(&raw)) &&
              chain_id == l->deployment->chains[l->chain].chain_id;
    bytes_buf_deinit(&raw);
    if (!ok) return no(err, error, -32602, "invalid transaction");
    for (uint32_t i = 0; i < l->n_txs; i++) {
        if (memcmp(l->txs[i]->hash, tx.hash, 32) != 0) continue;
        free(tx.data);
        if (l->txs[i]->is_known) return no(err, error, -32000, "already known");
        l->txs[i]->is_known = true; /* forgotten before */
        return json_new_hex(tx.hash, 32);
    }
    if (tx.nonce < nonce_at(l, head, tx.from)) return no(err, error, -32000, "nonce too low");
    for (uint32_t i = 0; i < l->n_txs; i++) {
        const struct l1_tx *t = l->txs[i];
        if (t->is_known && t->block == 0 && t->nonce == tx.nonce &&
            memcmp(t->from, tx.from, 20) == 0)
            return no(err, error, -32000, "replacement transaction underpriced");
    }
    struct l1_tx *kept = malloc(sizeof *kept);
    REQUIRE(kept != NULL && l->n_txs < L1_TXS_MAX);
    *kept = tx;
    l->txs[l->n_txs++] = kept;
    if (l->on_raw != NULL) l->on_raw(l, kept);
    return json_new_hex(tx.hash, 32);
}

json_t *l1_answer(struct l1 *l, uint64_t head, const char *method, const json_t *params,
                  enum err *err, struct json_rpc_error *error)
{
    const json_t *first = json_array_get(params, 0);
    const json_t *second = json_array_get(params, 1);
    *err = ERR_OK;
    if (strcmp(method, "eth_chainId") == 0)
        return quantity(l->deployment->chains[l->chain].chain_id);
    if (strcmp(method, "eth_blockNumber") == 0) return quantity(head);
    if (strcmp(method, "eth_getBlockByNumber") == 0)
        return block_json(l, head, number_at(l, head, first));
    if (strcmp(method, "eth_getLogs") == 0) return logs_json(l, head, first);
    if (strcmp(method, "eth_getCode") == 0) return json_string("0x60");
    if (strcmp(method, "eth_getBalance") == 0) return json_string("0xffffffffffffffffffff");
    if (strcmp(method, "eth_maxPriorityFeePerGas") == 0) return json_string("0x1");
    if (strcmp(method, "eth_getTransactionCount") == 0) return nonce_json(l, head, params);
    if (strcmp(method, "eth_getTransactionByHash") == 0)
        return tx_json(l, head, tx_find(l, first));
    if (strcmp(method, "eth_getTransactionReceipt") == 0)
        return receipt_json(l, head, tx_find(l, first));
    if (strcmp(method, "eth_sendRawTransaction") == 0) return send_json(l, head, first, err, error);
    bool estimate = strcmp(method, "eth_estimateGas") == 0;
    if (!estimate && strcmp(method, "eth_call") != 0)
        return no(err, error, -32601, "no such method");
    uint64_t block = number_at(l, head, second);
    if (block > head) return no(err, error, -32000, "header not found");
    return try_call(l, block, first, estimate, err, error);
}
