/* What commitBatch costs on a real node with Osaka's limits, with the product's contracts: batches of
 * 1, 8 and 32 full segments, the greatest batch of one chain (120,000 bytes, REQ-LIM), and requests;
 * the first and the greatest also as blobs, which the node gives back. Prints the gas; the greatest
 * batch and the most requests must fit into one transaction. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chain_adapters/evm/evm_sync.h"
#include "chain_adapters/evm/hawser_abi.h"
#include "cli/deploy/deploy.h"
#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/codec/hex.h"
#include "common/crypto/secp256k1_sign.h"
#include "common/crypto/sha256.h"
#include "common/kzg/kzg.h"
#include "tests/support/anvil.h"
#include "tests/support/check_main.h"

enum {
    TX_GAS = 16777216, /* EIP-7825 */
    CHAIN_BYTES = 120000,
    SEGMENT_BYTES = 2039, /* of the standard leaf */
    HEADER = 44,
    EXECUTION_MAX = 360, /* EXECUTION_COST_MAX of Batches.sol: requests of a batch at most */
    REQUESTS = 40,
    DEPOSIT_RECORD = 42,
    WAIT_MS = 60000,
    BASE_FEE = 1000,
    POOL_MAX = 128 * 1024, /* what the pool of an L1 node takes as one transaction */
    ELEMENT = 31,
    HEAD = 2 * ELEMENT, /* the least that holds a header */
    FORM = 128
};

static struct anvil node;
static char key_path[2][64], folder[64], text[1024];
static struct deploy_config config;
static struct deployment d;
static struct evm_sync *op; /* operator, and the user who deposits */
static uint8_t bytes[HAWSER_SEGMENTS_MAX][SEGMENT_BYTES];
static struct span segments[HAWSER_SEGMENTS_MAX];
static struct hawser_statement last; /* committed */
static struct rng noise;

static void setup(void)
{
    anvil_start(&node, 31001);
    for (unsigned i = 0; i < 2; i++) anvil_key_file(key_path[i], i);
    snprintf(folder, sizeof folder, "/tmp/hawser-gas-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    struct chain_fault fault;
    struct chain_options o = {.chain_id = node.chain_id, .timeout_ms = WAIT_MS};
    snprintf(o.rpc_url, sizeof o.rpc_url, "%s", node.url);
    snprintf(o.key_path, sizeof o.key_path, "%s", key_path[1]);
    ck_assert_ok(evm_sync_open(&op, &o, &fault));
    memset(&config, 0, sizeof config);
    snprintf(config.out, sizeof config.out, "%s/deployment.json", folder);
    snprintf(config.artifacts, sizeof config.artifacts, "contracts/out");
    snprintf(config.key_file, sizeof config.key_file, "%s", key_path[0]);
    memcpy(config.operator_address, evm_sync_sender(op), 20);
    config.base_fee = BASE_FEE;
    config.threshold = config.n_oracles = 1;
    memset(config.oracles[0].address, 0x90, 20);
    config.n_chains = 1;
    config.chains[0].chain_id = node.chain_id;
    snprintf(config.chains[0].name, sizeof config.chains[0].name, "anvil");
    snprintf(config.chains[0].rpc_url, sizeof config.chains[0].rpc_url, "%s", node.url);
    snprintf(config.chains[0].finality, sizeof config.chains[0].finality, "1");
    enum err err = deploy_run(&config, &d, NULL, text, sizeof text);
    ck_assert_msg(err == ERR_OK, "%s", text);
    rng_seed(&noise, 5);
}

static void teardown(void)
{
    static const char *const endings[] = {"", ".plan"};
    evm_sync_close(op);
    anvil_stop(&node);
    for (unsigned i = 0; i < 2; i++) unlink(key_path[i]);
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        char path[600];
        snprintf(path, sizeof path, "%s%s", config.out, endings[i]);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

static uint64_t send_blob_tx(struct chain_tx_status *status, struct bytes_buf *data, uint64_t value,
                             const struct chain_blob *blob)
{
    struct chain_fault fault = {0};
    struct chain_tx tx = {.data = bytes_buf_span(data), .value = u256_from_u64(value),
                          .gas_limit = blob == NULL ? TX_GAS : 0, .blob = blob};
    memcpy(tx.to, d.chains[0].contract, 20);
    enum err err = evm_sync_send(op, status, &tx, WAIT_MS, &fault);
    if (err != ERR_OK) hawser_revert_text(text, span_make(fault.revert, fault.revert_len));
    ck_assert_msg(err == ERR_OK, "%s %s", fault.what, text);
    bytes_buf_clear(data);
    return status->gas_used;
}

static uint64_t send_tx(struct bytes_buf *data, uint64_t value)
{
    struct chain_tx_status status;
    return send_blob_tx(&status, data, value, NULL);
}

static void view(enum hawser_view which, uint8_t word[32])
{
    struct bytes_buf data, answer;
    struct chain_fault fault;
    bytes_buf_init(&data, 64);
    bytes_buf_init(&answer, 64);
    ck_assert_ok(hawser_encode_view(&data, which));
    ck_assert_ok(evm_sync_call(op, &answer, d.chains[0].contract, bytes_buf_span(&data),
                               CHAIN_BLOCK_LATEST, &fault));
    ck_assert_ok(hawser_decode_hash(word, bytes_buf_span(&answer)));
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&answer);
}

/* Segments of `total` bytes in all; the first n_requests deposits of this account in them. */
static size_t fill(uint32_t k, uint32_t time, size_t total, unsigned n_requests)
{
    size_t n = (total + SEGMENT_BYTES - 1) / SEGMENT_BYTES;
    unsigned left = n_requests;
    for (size_t i = 0; i < n; i++) {
        uint8_t *p = bytes[i];
        size_t len = total < SEGMENT_BYTES ? total : SEGMENT_BYTES;
        unsigned here = (unsigned)(len - HEADER) / DEPOSIT_RECORD;
        if (here > left) here = left;
        left -= here;
        total -= len;
        for (size_t j = 0; j < len; j++) p[j] = (uint8_t)(1 + rng_below(&noise, 255));
        memset(p, 0, HEADER);
        p[0] = 2;
        put_be32(p + 3, k);
        p[7] = (uint8_t)i;
        p[8] = (uint8_t)n;
        put_be32(p + 9, time);
        put_be16(p + 16, (uint16_t)here);
        put_be32(p + 20, here * DEPOSIT_RECORD);
        for (unsigned j = 0; j < here; j++) { /* deposit of 7 wei to (1, 2) of the depositor */
            uint8_t *r = p + HEADER + j * DEPOSIT_RECORD;
            memset(r, 0, DEPOSIT_RECORD);
            r[0] = 0x10;
            r[3] = 1;
            r[4] = 2;
            r[7] = 1;
            r[21] = 7;
            memcpy(r + 22, evm_sync_sender(op), 20);
        }
        segments[i] = span_make(p, len);
    }
    ck_assert_uint_eq(left, 0);
    return n;
}

static void read_batch(struct hawser_batch *b, uint64_t k)
{
    struct chain_fault fault;
    struct bytes_buf data, answer;
    bytes_buf_init(&data, 64);
    bytes_buf_init(&answer, 1024);
    ck_assert_ok(hawser_encode_batches(&data, k));
    ck_assert_ok(evm_sync_call(op, &answer, d.chains[0].contract, bytes_buf_span(&data),
                               CHAIN_BLOCK_LATEST, &fault));
    ck_assert_ok(hawser_decode_batch(b, bytes_buf_span(&answer)));
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&answer);
}

/* Statement (without pubdata hash) and segments of the next batch; the number of segments. */
static size_t next_batch(struct hawser_statement *s, size_t total, unsigned n_requests)
{
    struct chain_fault fault;
    struct chain_block now;
    struct hawser_batch b;
    *s = (struct hawser_statement){.k = last.k + 1, .participant_count = 1,
                                   .participants = {node.chain_id}};
    read_batch(&b, last.k);
    ck_assert_ok(evm_sync_block(op, &now, CHAIN_BLOCK_LATEST, &fault));
    s->time = now.time;
    memcpy(s->prev_final_root, b.final_root, 32);
    rng_fill(&noise, s->final_root, 32);
    return fill((uint32_t)s->k, (uint32_t)s->time, total, n_requests);
}

/* The next batch: gas of its commit. */
static uint64_t commit(size_t total, unsigned n_requests)
{
    struct hawser_statement s;
    struct bytes_buf data;
    bytes_buf_init(&data, CHAIN_CALLDATA_MAX);
    size_t n = next_batch(&s, total, n_requests);
    uint8_t list[1 + 32 * HAWSER_SEGMENTS_MAX] = {(uint8_t)n};
    for (size_t i = 0; i < n; i++)
        sha256(list + 1 + 32 * i, segments[i].data, segments[i].len);
    sha256(s.pubdata_hashes[0], list, 1 + 32 * n);
    ck_assert_ok(hawser_encode_commit_batch(&data, &s, segments, n, 0));
    size_t size = data.len;
    ck_assert_uint_lt(size + 512, POOL_MAX);
    uint64_t gas = send_tx(&data, 0);
    printf("commitBatch of %zu segments, %zu bytes, %u requests: %llu gas, %zu bytes of calldata\n",
           n, total, n_requests, (unsigned long long)gas, size);
    fflush(stdout);
    last = s;
    bytes_buf_deinit(&data);
    return gas;
}

/* --- the same in blobs: docs/protocol/blobs.md sections 1 and 2 -------------------------------- */

static struct hawser_blob_segment parts[HAWSER_SEGMENTS_MAX];
static uint8_t coefficients[KZG_ELEMENTS][32];
static struct chain_blob blob, before;

static void read_element(uint8_t out[32], struct span s, size_t j)
{
    size_t left = s.len - j * ELEMENT;
    memset(out, 0, 32);
    memcpy(out + 1, s.data + j * ELEMENT, left < ELEMENT ? left : ELEMENT);
}

/* Fills parts, blob and opening; the pubdata hash. */
static void make_part(uint8_t pubdata[32], uint8_t opening[HAWSER_OPENING_BYTES], size_t n)
{
    uint8_t message[49 + 68 * HAWSER_SEGMENTS_MAX] = "HAWSER-BLOB-1", z[32], a[32] = {0}, v[32];
    uint8_t list[97 + 32 * HAWSER_SEGMENTS_MAX] = {(uint8_t)(FORM + n)};
    size_t n_rest = 0, at = 0;
    for (size_t i = 0; i < n; i++) {
        sha256(parts[i].hash, segments[i].data, segments[i].len);
        parts[i].length = (uint32_t)segments[i].len;
        parts[i].head = span_make(segments[i].data, HEAD);
        memcpy(list + 1 + 32 * i, parts[i].hash, 32);
        n_rest += (segments[i].len + ELEMENT - 1) / ELEMENT - HEAD / ELEMENT;
    }
    for (size_t i = 0; i < n; i++) { /* d_0 is the highest coefficient */
        size_t all = (segments[i].len + ELEMENT - 1) / ELEMENT;
        for (size_t j = HEAD / ELEMENT; j < all; j++)
            read_element(coefficients[n_rest - 1 - at++], segments[i], j);
    }
    ck_assert_ok(kzg_blob_from_coefficients(blob.blob, (const uint8_t (*)[32])coefficients, n_rest));
    ck_assert_ok(kzg_commit(blob.commitment, blob.blob));
    ck_assert_ok(kzg_cell_proofs(blob.cell_proofs, blob.blob));
    kzg_versioned_hash(message + 16, blob.commitment);
    message[48] = (uint8_t)n;
    for (size_t i = 0; i < n; i++) {
        uint8_t *p = message + 49 + 68 * i;
        memcpy(p, parts[i].hash, 32);
        put_be32(p + 32, parts[i].length);
        sha256(p + 36, parts[i].head.data, HEAD);
    }
    sha256(v, message, 49 + 68 * n);
    kzg_reduce(z, v);
    for (size_t i = 0; i < n; i++) {
        memset(v, 0, sizeof v);
        v[0] = 1;
        put_be32(v + 28, parts[i].length);
        kzg_horner(a, z, v);
        for (size_t j = 0; j < HEAD / ELEMENT; j++) {
            read_element(v, segments[i], j);
            kzg_horner(a, z, v);
        }
    }
    memcpy(opening + 32, blob.commitment, 48);
    ck_assert_ok(kzg_open(opening + 80, opening, blob.blob, z));
    uint8_t *tail = list + 1 + 32 * n;
    memcpy(tail, z, 32);
    memcpy(tail + 32, a, 32);
    memcpy(tail + 64, opening, 32);
    sha256(pubdata, list, 97 + 32 * n);
}

/* What anvil says of the blob, by its versioned hash and as a beacon node of the block. */
static void the_node_has_the_blob(const uint8_t versioned[32], uint64_t block)
{
    struct bytes_buf got, body;
    char url[256], hash[67], what[256];
    unsigned status;
    hex_encode_0x(hash, versioned, 32);
    json_t *result = anvil_rpc(&node, "anvil_getBlobByHash", json_pack("[s]", hash));
    bytes_buf_init(&got, CHAIN_BLOB_BYTES);
    const char *t = json_string_value(result);
    ck_assert_ptr_nonnull(t);
    ck_assert_ok(hex_decode(&got, t, strlen(t)));
    ck_assert_uint_eq(got.len, CHAIN_BLOB_BYTES);
    ck_assert_mem_eq(got.data, blob.blob, CHAIN_BLOB_BYTES);
    snprintf(url, sizeof url, "%s/eth/v1/beacon/blobs/%llu?versioned_hashes=%s", node.url,
             (unsigned long long)block, hash);
    struct http_request request = {.url = url, .timeout_ms = WAIT_MS};
    bytes_buf_init(&body, 1 << 20);
    ck_assert_ok(http_fetch(&request, &status, &body, what));
    ck_assert_uint_eq(status, 200);
    ck_assert_ok(bytes_buf_append_u8(&body, 0));
    ck_assert_ptr_nonnull(strstr((const char *)body.data, t)); /* the same hex digits */
    json_decref(result);
    bytes_buf_deinit(&got);
    bytes_buf_deinit(&body);
}

/* The next batch as a blob: gas of its commit. */
static uint64_t commit_blob(size_t total)
{
    struct hawser_statement s;
    struct hawser_batch b;
    struct chain_tx_status status;
    struct bytes_buf data;
    uint8_t opening[HAWSER_OPENING_BYTES], versioned[32];
    bytes_buf_init(&data, CHAIN_CALLDATA_MAX);
    size_t n = next_batch(&s, total, 0);
    make_part(s.pubdata_hashes[0], opening, n);
    kzg_versioned_hash(versioned, blob.commitment);
    ck_assert_ok(hawser_encode_commit_blob_batch(&data, &s, parts, n, opening, 0));
    size_t size = data.len;
    uint64_t gas = send_blob_tx(&status, &data, 0, &blob);
    ck_assert_uint_eq(status.blob_gas_used, CHAIN_BLOB_BYTES);
    printf("commitBlobBatch of %zu segments, %zu bytes: %llu gas, %zu bytes of calldata, a blob\n", n,
           total, (unsigned long long)gas, size);
    fflush(stdout);
    read_batch(&b, s.k);
    ck_assert_int_eq(b.state, HAWSER_BATCH_COMMITTED);
    ck_assert_mem_eq(b.final_root, s.final_root, 32);
    the_node_has_the_blob(versioned, status.block_number);
    last = s;
    bytes_buf_deinit(&data);
    return gas;
}

static void deposit(void)
{
    struct bytes_buf data;
    bytes_buf_init(&data, 1024);
    ck_assert_ok(hawser_encode_deposit(&data, 1, 7, 1, 2, evm_sync_sender(op)));
    (void)send_tx(&data, 7 + BASE_FEE);
    bytes_buf_deinit(&data);
}

START_TEST(the_greatest_batch_is_committed_within_one_transaction)
{
    uint8_t word[32];
    view(HAWSER_VIEW_STATEMENT_VERSION, word);
    ck_assert_uint_eq(get_be64(word + 24), 4);
    memset(&last, 0, sizeof last);
    (void)commit(HEADER, 0);
    (void)commit(SEGMENT_BYTES, 0);
    (void)commit((size_t)8 * SEGMENT_BYTES, 0);
    (void)commit((size_t)32 * SEGMENT_BYTES, 0);
    uint64_t most = commit(CHAIN_BYTES, 0);
    for (int i = 0; i < REQUESTS; i++) deposit();
    uint64_t plain = commit((size_t)2 * SEGMENT_BYTES, 0);
    uint64_t with = commit((size_t)2 * SEGMENT_BYTES, REQUESTS);
    ck_assert_uint_gt(with, plain);
    uint64_t each = (with - plain) / REQUESTS + 1;
    printf("%llu gas a request; a full batch with %d of them: %llu gas of %d\n",
           (unsigned long long)each, EXECUTION_MAX,
           (unsigned long long)(most + EXECUTION_MAX * each), TX_GAS);
    ck_assert_uint_lt(most + EXECUTION_MAX * each, TX_GAS);
}
END_TEST

/* A blob that is not the one of the opening is named before anything is sent. */
static void another_blob_is_refused(void)
{
    struct hawser_statement s;
    struct chain_tx_status status;
    struct chain_fault fault = {0};
    struct bytes_buf data;
    uint8_t opening[HAWSER_OPENING_BYTES];
    bytes_buf_init(&data, CHAIN_CALLDATA_MAX);
    memcpy(&before, &blob, sizeof before);
    size_t n = next_batch(&s, SEGMENT_BYTES, 0);
    make_part(s.pubdata_hashes[0], opening, n);
    ck_assert_ok(hawser_encode_commit_blob_batch(&data, &s, parts, n, opening, 0));
    struct chain_tx tx = {.data = bytes_buf_span(&data), .blob = &before};
    memcpy(tx.to, d.chains[0].contract, 20);
    ck_assert_err(evm_sync_send(op, &status, &tx, WAIT_MS, &fault), ERR_CHAIN);
    hawser_revert_text(text, span_make(fault.revert, fault.revert_len));
    ck_assert_str_eq(text, "OpeningRefused()");
    tx.blob = NULL;
    ck_assert_err(evm_sync_send(op, &status, &tx, WAIT_MS, &fault), ERR_CHAIN);
    hawser_revert_text(text, span_make(fault.revert, fault.revert_len));
    ck_assert_str_eq(text, "NotOneBlob()");
    bytes_buf_deinit(&data);
}

START_TEST(a_batch_in_a_blob_is_mined_and_the_node_gives_the_blob_back)
{
    memset(&last, 0, sizeof last);
    (void)commit_blob(SEGMENT_BYTES);
    uint64_t most = commit_blob(CHAIN_BYTES);
    ck_assert_uint_lt(most, TX_GAS);
    (void)commit(SEGMENT_BYTES, 0);
    another_blob_is_refused();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("commit gas");
    TCase *tc = tcase_create("one node");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_greatest_batch_is_committed_within_one_transaction);
    tcase_add_test(tc, a_batch_in_a_blob_is_mined_and_the_node_gives_the_blob_back);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}
