/* What commitBatch costs on a real node with Osaka's limits, with the product's contracts: batches of
 * 1, 8 and 32 full segments, the greatest batch of one chain (120,000 bytes, REQ-LIM), and requests.
 * Prints the gas; the greatest batch and the most requests must fit into one transaction. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chain_adapters/evm/evm_sync.h"
#include "chain_adapters/evm/hawser_abi.h"
#include "cli/deploy/deploy.h"
#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/secp256k1_sign.h"
#include "common/crypto/sha256.h"
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
    POOL_MAX = 128 * 1024 /* what the pool of an L1 node takes as one transaction */
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

static uint64_t send_tx(struct bytes_buf *data, uint64_t value)
{
    struct chain_fault fault = {0};
    struct chain_tx_status status;
    struct chain_tx tx = {.data = bytes_buf_span(data), .value = u256_from_u64(value),
                          .gas_limit = TX_GAS};
    memcpy(tx.to, d.chains[0].contract, 20);
    enum err err = evm_sync_send(op, &status, &tx, WAIT_MS, &fault);
    if (err != ERR_OK) hawser_revert_text(text, span_make(fault.revert, fault.revert_len));
    ck_assert_msg(err == ERR_OK, "%s %s", fault.what, text);
    bytes_buf_clear(data);
    return status.gas_used;
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

/* The next batch: gas of its commit. */
static uint64_t commit(size_t total, unsigned n_requests)
{
    struct chain_fault fault;
    struct chain_block now;
    struct hawser_statement s = {.k = last.k + 1, .participant_count = 1,
                                 .participants = {node.chain_id}};
    struct hawser_batch b;
    struct bytes_buf data, answer;
    bytes_buf_init(&data, CHAIN_CALLDATA_MAX);
    bytes_buf_init(&answer, 1024);
    ck_assert_ok(hawser_encode_batches(&data, last.k));
    ck_assert_ok(evm_sync_call(op, &answer, d.chains[0].contract, bytes_buf_span(&data),
                               CHAIN_BLOCK_LATEST, &fault));
    ck_assert_ok(hawser_decode_batch(&b, bytes_buf_span(&answer)));
    ck_assert_ok(evm_sync_block(op, &now, CHAIN_BLOCK_LATEST, &fault));
    s.time = now.time;
    memcpy(s.prev_final_root, b.final_root, 32);
    rng_fill(&noise, s.final_root, 32);
    size_t n = fill((uint32_t)s.k, (uint32_t)s.time, total, n_requests);
    uint8_t list[1 + 32 * HAWSER_SEGMENTS_MAX] = {(uint8_t)n};
    for (size_t i = 0; i < n; i++)
        sha256(list + 1 + 32 * i, segments[i].data, segments[i].len);
    sha256(s.pubdata_hashes[0], list, 1 + 32 * n);
    bytes_buf_clear(&data);
    ck_assert_ok(hawser_encode_commit_batch(&data, &s, segments, n, 0));
    size_t size = data.len;
    ck_assert_uint_lt(size + 512, POOL_MAX);
    uint64_t gas = send_tx(&data, 0);
    printf("commitBatch of %zu segments, %zu bytes, %u requests: %llu gas, %zu bytes of calldata\n",
           n, total, n_requests, (unsigned long long)gas, size);
    fflush(stdout);
    last = s;
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&answer);
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

int main(void)
{
    Suite *suite = suite_create("commit gas");
    TCase *tc = tcase_create("one node");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_greatest_batch_is_committed_within_one_transaction);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}
