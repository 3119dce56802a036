#include "tests/unit/audit/fake_l1.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chain_adapters/evm/hawser_abi.h"
#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/crypto/keccak256.h"
#include "common/crypto/sha256.h"
#include "core/batch/blob.h"

/* ---- what happened ---- */

static void word(uint8_t *p, unsigned __int128 v)
{
    memset(p, 0, 32);
    put_be64(p + 16, (uint64_t)(v >> 64));
    put_be64(p + 24, (uint64_t)v);
}

static struct fake_log *event(struct fake_l1 *f, const char *signature, uint64_t indexed,
                              bool has_index)
{
    REQUIRE(f->n_logs < FAKE_LOGS_MAX);
    struct fake_log *log = &f->logs[f->n_logs++];
    memset(log, 0, sizeof *log);
    log->block = ++f->block;
    log->n_topics = has_index ? 2 : 1;
    keccak256(log->topics[0], signature, strlen(signature));
    word(log->topics[1], indexed);
    memset(log->transaction, 0x70, 32);
    put_be64(log->transaction + 24, f->n_logs);
    return log;
}

static void add(struct fake_log *log, unsigned __int128 v)
{
    REQUIRE(log->len + 32 <= sizeof log->data);
    word(log->data + log->len, v);
    log->len += 32;
}

static void add_bytes(struct fake_log *log, const uint8_t *p, size_t n)
{
    REQUIRE(log->len + 32 <= sizeof log->data);
    memset(log->data + log->len, 0, 32);
    memcpy(log->data + log->len, p, n);
    log->len += 32;
}

static void add_address(struct fake_log *log, const uint8_t a[20])
{
    uint8_t w[32] = {0};
    memcpy(w + 12, a, 20);
    add_bytes(log, w, 32);
}

static unsigned __int128 u112(const uint8_t *p)
{
    unsigned __int128 v = 0;
    for (int i = 0; i < 14; i++)
        v = v << 8 | p[i];
    return v;
}

static uint32_t u24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

void fake_l1_request(struct fake_l1 *f, const uint8_t *record, size_t len)
{
    static const uint8_t payer[20] = {0xaa};
    (void)pthread_mutex_lock(&f->lock);
    struct fake_log *log =
        event(f, "PriorityRequest(uint64,uint8,bytes,address,uint64)", f->requests++, true);
    add(log, record[0] >> 4);
    add(log, 4 * 32);
    add_address(log, payer);
    add(log, 99);
    add(log, len);
    for (size_t i = 0; i < len; i += 32)
        add_bytes(log, record + i, len - i < 32 ? len - i : 32);
    if (record[0] >> 4 <= 2) {
        f->held[u24(record + 5)] += u112(record + 8);
        f->balance[u24(record + 5)] += u112(record + 8);
    }
    (void)pthread_mutex_unlock(&f->lock);
}

static size_t record_size(const uint8_t *p)
{
    static const size_t sizes[] = {0, 42, 62, 46, 42};
    return sizes[p[0] >> 4];
}

static void requests_of(struct fake_l1 *f, const uint8_t *segment)
{
    const uint8_t *p = segment + 44;
    for (unsigned i = get_be16(segment + 16); i > 0; i--) {
        uint8_t record[62];
        size_t n = record_size(p);
        memcpy(record, p, n);
        record[0] &= 0xf0;
        if (record[0] == 0x40) memset(record + 25, 0, 17);
        fake_l1_request(f, record, n);
        p += n;
    }
}

static void forget(struct fake_batch *b)
{
    for (size_t i = 0; i < b->n_segments; i++)
        free(b->segments[i]);
    memset(b, 0, sizeof *b);
}

/* SHA-256(u8 n | SHA-256 of each), in the words of state.md section 5. */
static void pubdata(uint8_t out[32], const struct span *segments, size_t n)
{
    uint8_t list[1 + 32 * REPLICA_SEGMENTS_MAX] = {(uint8_t)n};
    for (size_t i = 0; i < n; i++)
        sha256(list + 1 + 32 * i, segments[i].data, segments[i].len);
    sha256(out, list, 1 + 32 * n);
}

/* The transaction's input and its blob; the opening is for the contract. */
static void commit_blob(struct fake_log *log, struct bytes_buf *input,
                        const struct hawser_statement *s, const struct published *p, uint16_t chain)
{
    static const uint8_t opening[HAWSER_OPENING_BYTES];
    struct hawser_blob_segment segments[REPLICA_SEGMENTS_MAX];
    struct chain_trace *own[BATCH_SEGMENTS_MAX];
    uint8_t commitment[48];
    uint32_t n = sealed_batch_of_chain(&p->sealed, chain, own);
    for (uint32_t i = 0; i < n; i++) {
        segments[i].length = own[i]->n_bytes;
        segments[i].head = (struct span){own[i]->bytes, blob_head_bytes(own[i])};
        memcpy(segments[i].hash, own[i]->segment_hash, 32);
    }
    REQUIRE(hawser_encode_commit_blob_batch(input, s, segments, n, opening, 0) == ERR_OK);
    log->blob = malloc(KZG_BLOB_BYTES);
    REQUIRE(log->blob != NULL && blob_part_bytes(log->blob, own, n) == ERR_OK);
    REQUIRE(kzg_commit(commitment, log->blob) == ERR_OK);
    kzg_versioned_hash(log->blob_hash, commitment);
}

void fake_l1_commit(struct fake_l1 *f, const struct published *p)
{
    const struct replica_batch *b = &p->batch;
    struct fake_batch *mine = &f->batches[b->k];
    struct hawser_statement s = {.k = b->k, .time = b->time, .participant_count = b->n_parts};
    const struct span *own = NULL;
    size_t n_own = 0;
    bool blob = false;
    forget(mine);
    memcpy(s.prev_final_root, b->final_root_before, 32);
    memcpy(s.final_root, b->final_root_after, 32);
    for (size_t i = 0; i < b->n_parts; i++) {
        const struct replica_part *part = &b->parts[i];
        s.participants[i] = f->deployment->chains[part->chain].chain_id;
        pubdata(s.pubdata_hashes[i], part->segments, part->n_segments);
        if (part->pubdata != NULL) memcpy(s.pubdata_hashes[i], part->pubdata, 32);
        if (part->chain != f->chain->index) continue;
        blob = part->pubdata != NULL;
        own = part->segments;
        n_own = part->n_segments;
    }
    for (size_t i = 0; i < n_own; i++) {
        if (!f->requests_shown) requests_of(f, own[i].data);
        mine->segments[i] = malloc(own[i].len);
        REQUIRE(mine->segments[i] != NULL);
        memcpy(mine->segments[i], own[i].data, own[i].len);
        mine->n_segments = i + 1;
        mine->n_priority += get_be16(own[i].data + 16);
    }
    (void)pthread_mutex_lock(&f->lock);
    REQUIRE(b->k == f->committed + 1);
    struct bytes_buf input;
    bytes_buf_init(&input, 256 * 1024);
    if (!blob) REQUIRE(hawser_encode_commit_batch(&input, &s, own, n_own, 0) == ERR_OK);
    memcpy(mine->statement, p->statement, 32);
    memcpy(mine->final_root, b->final_root_after, 32);
    memcpy(mine->before, b->final_root_before, 32);
    memcpy(mine->digest, p->digest, 32);
    struct fake_log *log = event(f, "BatchCommitted(uint64,bytes32,bytes32,bytes32)", b->k, true);
    add_bytes(log, p->statement, 32);
    add_bytes(log, b->final_root_after, 32);
    add_bytes(log, p->digest, 32);
    if (blob) commit_blob(log, &input, &s, p, f->chain->index);
    log->input = input.data;
    log->input_len = input.len;
    f->committed++;
    (void)pthread_mutex_unlock(&f->lock);
}

void fake_l1_revert(struct fake_l1 *f, uint64_t from)
{
    (void)pthread_mutex_lock(&f->lock);
    while (f->committed >= from)
        (void)event(f, "BatchReverted(uint64)", f->committed--, true);
    (void)pthread_mutex_unlock(&f->lock);
}

void fake_l1_prove(struct fake_l1 *f)
{
    (void)pthread_mutex_lock(&f->lock);
    f->proven++;
    REQUIRE(f->proven <= f->committed);
    add_bytes(event(f, "BatchProven(uint64,bytes32)", f->proven, true),
              f->batches[f->proven].final_root, 32);
    (void)pthread_mutex_unlock(&f->lock);
}

void fake_l1_agree(struct fake_l1 *f)
{
    (void)pthread_mutex_lock(&f->lock);
    f->agreed = f->proven;
    add_bytes(event(f, "BatchAgreed(uint64,bytes32)", f->agreed, true),
              f->batches[f->agreed].digest, 32);
    (void)pthread_mutex_unlock(&f->lock);
}

static void owe(struct fake_l1 *f, uint32_t token, const uint8_t owner[20],
                unsigned __int128 amount)
{
    size_t i = 0;
    while (i < f->n_owed && (f->owed[i].token != token || memcmp(f->owed[i].owner, owner, 20) != 0))
        i++;
    REQUIRE(i < FAKE_OWED_MAX);
    if (i == f->n_owed) {
        f->owed[i] = (struct fake_owed){.token = token};
        memcpy(f->owed[i].owner, owner, 20);
        f->n_owed++;
    }
    f->owed[i].amount += amount;
}

static void pay(struct fake_l1 *f, uint64_t k, uint32_t token, const uint8_t to[20],
                unsigned __int128 amount, bool refuse)
{
    if (amount == 0) return;
    struct fake_log *log = event(f,
                                 refuse ? "PaymentPending(uint64,uint32,address,uint128)"
                                        : "Paid(uint64,uint32,address,uint128)",
                                 k, true);
    add(log, token);
    add_address(log, to);
    add(log, amount);
    if (refuse) {
        owe(f, token, to, amount);
        return;
    }
    f->held[token] -= amount;
    f->balance[token] -= amount;
}

static void serve_requests(struct fake_l1 *f, uint64_t k, const uint8_t *segment, bool refuse)
{
    static const uint8_t payer[20] = {0xaa};
    const uint8_t *p = segment + 44;
    for (unsigned n = get_be16(segment + 16); n > 0; n--) {
        if (p[0] >> 4 == 4) {
            pay(f, k, u24(p + 25), p + 5, u112(p + 28), refuse);
        } else if (p[0] >> 4 <= 2 && (p[0] & 15) != 0) {
            struct fake_log *log = event(f, "Refunded(uint64,uint32,address,uint128)", 0, false);
            add(log, f->served);
            add(log, u24(p + 5));
            add_address(log, payer);
            add(log, u112(p + 8));
            owe(f, u24(p + 5), payer, u112(p + 8));
        }
        f->served++;
        p += record_size(p);
    }
}

void fake_l1_execute(struct fake_l1 *f, bool refuse)
{
    (void)pthread_mutex_lock(&f->lock);
    uint64_t k = ++f->executed;
    const struct fake_batch *b = &f->batches[k];
    add_bytes(event(f, "BatchExecuted(uint64,bytes32)", k, true), b->final_root, 32);
    /* all priority regions, then all withdrawal regions */
    for (size_t i = 0; i < b->n_segments; i++)
        serve_requests(f, k, b->segments[i], refuse);
    for (size_t i = 0; i < b->n_segments; i++) {
        const uint8_t *p = b->segments[i] + 44 + get_be32(b->segments[i] + 20);
        for (unsigned n = get_be16(b->segments[i] + 18); n > 0; n--) {
            pay(f, k, u24(p + 5), p + 8, u112(p + 28), refuse);
            p += 44;
        }
    }
    (void)pthread_mutex_unlock(&f->lock);
}

/* ---- answers ---- */

static json_t *quantity(uint64_t v)
{
    return json_new_quantity_u64(v);
}

static json_t *words(const uint8_t *p, size_t n)
{
    return json_new_hex(p, n);
}

static json_t *amount_word(unsigned __int128 v)
{
    uint8_t w[32];
    word(w, v);
    return words(w, 32);
}

static bool is_call(const uint8_t *input, const char *signature)
{
    uint8_t hash[32];
    keccak256(hash, signature, strlen(signature));
    return memcmp(hash, input, 4) == 0;
}

static json_t *batch_view(const struct fake_l1 *f, uint64_t k)
{
    uint8_t out[11 * 32] = {0};
    const struct fake_batch *b = &f->batches[k];
    if (k >= 1 && k <= f->committed) {
        uint64_t state = k <= f->executed ? 4 : k <= f->agreed ? 3 : k <= f->proven ? 2 : 1;
        memcpy(out, b->statement, 32);
        memcpy(out + 32, b->final_root, 32);
        memcpy(out + 64, b->before, 32);
        memcpy(out + 96, b->digest, 32);
        word(out + 128, state);
    }
    return words(out, sizeof out);
}

static void token_address(uint8_t out[20], uint32_t token)
{
    memset(out, 0, 20);
    if (token > 1) memset(out, (int)(0xe0 + token), 20);
}

static json_t *call(const struct fake_l1 *f, const uint8_t *to, const uint8_t *in)
{
    const struct {
        const char *signature;
        uint64_t value;
    } counters[] = {{"committedK()", f->committed},     {"provenK()", f->proven},
                    {"agreedK()", f->agreed},           {"executedK()", f->executed},
                    {"statementVersion()", f->version}, {"totalRequests()", f->requests},
                    {"tokenCount()", FAKE_TOKENS},      {"firstOpenRequest()", f->served}};
    uint64_t argument = get_be64(in + 4 + 24);
    if (is_call(in, "balanceOf(address)")) return amount_word(f->balance[to[0] - 0xe0]);
    for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
        if (is_call(in, counters[i].signature)) return amount_word(counters[i].value);
    }
    if (is_call(in, "deploymentId()")) return words(f->deployment->id, 32);
    if (is_call(in, "batches(uint64)")) return batch_view(f, argument);
    if (is_call(in, "held(uint32)")) return amount_word(f->held[argument]);
    if (is_call(in, "tokens(uint32)")) {
        uint8_t w[32] = {0};
        token_address(w + 12, (uint32_t)argument);
        return words(w, 32);
    }
    if (is_call(in, "pending(uint32,address)")) {
        for (size_t i = 0; i < f->n_owed; i++) {
            if (f->owed[i].token == argument && memcmp(f->owed[i].owner, in + 36 + 12, 20) == 0)
                return amount_word(f->owed[i].amount);
        }
        return amount_word(0);
    }
    return NULL;
}

static json_t *log_json(const struct fake_l1 *f, const struct fake_log *log)
{
    json_t *topics = json_array();
    for (size_t i = 0; i < log->n_topics; i++)
        json_array_append_new(topics, json_new_hex(log->topics[i], 32));
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "address",
                     json_new_hex(f->chain->contract, 20), "topics", topics, "data",
                     json_new_hex(log->data, log->len), "blockNumber", quantity(log->block),
                     "logIndex", quantity(0), "transactionHash", json_new_hex(log->transaction, 32),
                     "removed", 0);
}

static uint64_t number_of(const struct fake_l1 *f, const char *text)
{
    if (strcmp(text, "latest") == 0) return f->block;
    if (strcmp(text, "finalized") == 0) return f->block - f->final_lag;
    return strtoull(text, NULL, 16);
}

static json_t *block_json(const struct fake_l1 *f, uint64_t number)
{
    uint8_t hash[32];
    memset(hash, f->fork, sizeof hash);
    put_be64(hash, number);
    if (number > f->block) return json_null();
    return json_pack("{s:o,s:o}", "number", quantity(number), "hash", json_new_hex(hash, 32));
}

static json_t *transaction_json(const struct fake_l1 *f, const char *text)
{
    uint8_t hash[32];
    REQUIRE(hex_decode_fixed(hash, 32, text, strlen(text)) == ERR_OK);
    for (size_t i = 0; i < f->n_logs; i++) {
        const struct fake_log *log = &f->logs[i];
        if (memcmp(log->transaction, hash, 32) != 0 || log->input == NULL) continue;
        json_t *blobs = json_array();
        if (log->blob != NULL) json_array_append_new(blobs, json_new_hex(log->blob_hash, 32));
        return json_pack("{s:s,s:o,s:o,s:o,s:o}", "hash", text, "to",
                         json_new_hex(f->chain->contract, 20), "blockNumber", quantity(log->block),
                         "input", json_new_hex(log->input, log->input_len), "blobVersionedHashes",
                         blobs);
    }
    return json_null();
}

static json_t *logs_json(const struct fake_l1 *f, const json_t *filter)
{
    json_t *list = json_array();
    uint64_t from = number_of(f, json_string_value(json_object_get(filter, "fromBlock")));
    uint64_t to = number_of(f, json_string_value(json_object_get(filter, "toBlock")));
    for (size_t i = 0; i < f->n_logs; i++) {
        if (f->logs[i].block < from || f->logs[i].block > to || i + 1 == f->hidden_log) continue;
        json_array_append_new(list, log_json(f, &f->logs[i]));
    }
    return list;
}

static json_t *answer(const struct fake_l1 *f, const char *method, const json_t *params)
{
    const json_t *first = json_array_get(params, 0);
    if (strcmp(method, "eth_chainId") == 0)
        return quantity(f->wrong_chain_id != 0 ? f->wrong_chain_id : f->chain->chain_id);
    if (strcmp(method, "eth_getBlockByNumber") == 0)
        return block_json(f, number_of(f, json_string_value(first)));
    if (strcmp(method, "eth_getCode") == 0) return json_string("0x60");
    if (strcmp(method, "eth_getBalance") == 0) {
        struct u256 v = u256_from_u128(f->balance[1]);
        char text[67];
        (void)u256_to_quantity(text, &v);
        return json_string(text);
    }
    if (strcmp(method, "eth_getTransactionByHash") == 0)
        return transaction_json(f, json_string_value(first));
    if (strcmp(method, "eth_getLogs") == 0) return logs_json(f, first);
    if (strcmp(method, "eth_call") != 0) return NULL;
    uint8_t to[20];
    uint8_t in[4 + 96] = {0};
    const char *data = json_string_value(json_object_get(first, "data"));
    const char *address = json_string_value(json_object_get(first, "to"));
    REQUIRE(hex_decode_fixed(to, 20, address, strlen(address)) == ERR_OK);
    REQUIRE(hex_decode_fixed(in, (strlen(data) - 2) / 2, data, strlen(data)) == ERR_OK);
    return call(f, to, in);
}

/* ---- HTTP ---- */

static void send_all(int fd, const char *status, const char *text)
{
    char head[200];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n",
                     status, strlen(text));
    (void)!write(fd, head, (size_t)n);
    size_t sent = 0;
    while (sent < strlen(text)) {
        ssize_t w = write(fd, text + sent, strlen(text) - sent);
        if (w <= 0) break;
        sent += (size_t)w;
    }
}

/* GET /eth/v1/beacon/blobs/BLOCK?versioned_hashes=0x..: all blobs of the block, as anvil answers. */
static void respond_blobs(struct fake_l1 *f, int fd, const char *request)
{
    const char *at = strstr(request, "/eth/v1/beacon/blobs/");
    uint64_t block = at == NULL ? 0 : strtoull(at + strlen("/eth/v1/beacon/blobs/"), NULL, 10);
    json_t *list = json_array();
    (void)pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < f->n_logs; i++) {
        if (f->logs[i].blob == NULL || f->logs[i].block != block) continue;
        f->logs[i].blob[31] ^= f->blobs_wrong ? 1 : 0;
        json_array_append_new(list, json_new_hex(f->logs[i].blob, KZG_BLOB_BYTES));
        f->logs[i].blob[31] ^= f->blobs_wrong ? 1 : 0;
    }
    bool gone = f->blobs_gone || json_array_size(list) == 0;
    f->questions++;
    (void)pthread_mutex_unlock(&f->lock);
    json_t *a = json_pack("{s:o}", "data", list);
    char *text = json_dumps(a, JSON_COMPACT);
    send_all(fd, gone ? "404 Not Found" : "200 OK", gone ? "{}" : text);
    free(text);
    json_decref(a);
}

static void respond(struct fake_l1 *f, int fd, const char *body)
{
    json_t *q = json_loads(body, 0, NULL);
    (void)pthread_mutex_lock(&f->lock);
    json_t *result = q == NULL ? NULL
                               : answer(f, json_string_value(json_object_get(q, "method")),
                                        json_object_get(q, "params"));
    f->questions++;
    (void)pthread_mutex_unlock(&f->lock);
    json_t *a = result != NULL
                    ? json_pack("{s:s,s:O,s:o}", "jsonrpc", "2.0", "id", json_object_get(q, "id"),
                                "result", result)
                    : json_pack("{s:s,s:O,s:{s:i,s:s}}", "jsonrpc", "2.0", "id",
                                json_object_get(q, "id"), "error", "code", -32601, "message", "no");
    char *text = json_dumps(a, JSON_COMPACT);
    send_all(fd, "200 OK", text);
    free(text);
    json_decref(a);
    json_decref(q);
}

static void serve(struct fake_l1 *f, int fd)
{
    static const size_t max = 64 * 1024;
    char *text = calloc(1, max + 1);
    REQUIRE(text != NULL);
    size_t n = 0;
    while (n < max) {
        ssize_t got = read(fd, text + n, max - n);
        if (got <= 0) break;
        n += (size_t)got;
        char *body = strstr(text, "\r\n\r\n");
        char *length = strcasestr(text, "content-length:");
        if (body != NULL && strncmp(text, "GET ", 4) == 0) {
            respond_blobs(f, fd, text);
            break;
        }
        if (body == NULL || length == NULL) continue;
        body += 4;
        if (n - (size_t)(body - text) < strtoul(length + 15, NULL, 10)) continue;
        respond(f, fd, body);
        break;
    }
    free(text);
}

static void *run(void *ctx)
{
    struct fake_l1 *f = ctx;
    for (;;) {
        int fd = accept(f->fd, NULL, NULL);
        if (fd < 0) return NULL;
        (void)pthread_mutex_lock(&f->lock);
        bool down = f->down;
        (void)pthread_mutex_unlock(&f->lock);
        if (!down) serve(f, fd);
        (void)close(fd);
    }
}

void fake_l1_start(struct fake_l1 *f, const struct deployment *d, uint16_t chain)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    memset(f, 0, sizeof *f);
    f->deployment = d;
    f->version = 4;
    f->chain = &d->chains[chain];
    f->block = f->chain->deploy_block;
    REQUIRE(pthread_mutex_init(&f->lock, NULL) == 0);
    f->fd = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(f->fd >= 0);
    REQUIRE(bind(f->fd, (struct sockaddr *)&at, sizeof at) == 0);
    REQUIRE(listen(f->fd, 16) == 0);
    REQUIRE(getsockname(f->fd, (struct sockaddr *)&at, &len) == 0);
    (void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u", ntohs(at.sin_port));
    for (uint32_t t = 2; t <= FAKE_TOKENS; t++) {
        uint8_t address[20];
        struct fake_log *log = event(f, "TokenRegistered(uint32,address)", 0, false);
        token_address(address, t);
        add(log, t);
        add_address(log, address);
    }
    REQUIRE(pthread_create(&f->thread, NULL, run, f) == 0);
}

void fake_l1_stop(struct fake_l1 *f)
{
    (void)shutdown(f->fd, SHUT_RDWR);
    (void)pthread_join(f->thread, NULL);
    (void)close(f->fd);
    for (size_t i = 0; i < f->n_logs; i++)
        free(f->logs[i].input), free(f->logs[i].blob);
    for (size_t i = 0; i < FAKE_BATCHES_MAX; i++)
        forget(&f->batches[i]);
    (void)pthread_mutex_destroy(&f->lock);
}
