/* The adapter on the loop against a real node (anvil): opening, transactions, watching, finality,
 * reorganisations, trouble, closing. The blocking adapter drives the chain beside it. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "chain_adapters/evm/evm_adapter.h"
#include "chain_adapters/evm/evm_sync.h"
#include "chain_adapters/evm/tx.h"
#include "chain_adapters/evm/hawser_abi.h"
#include "common/codec/hex.h"
#include "tests/support/anvil.h"
#include "tests/support/check_main.h"

enum {
    CHAIN_ID = 31001,
    LOGS_MAX = 64,
    WAIT_MS = 20000,
    BLOB_WAIT_MS = 60000 /* anvil prepares its KZG setup when the first blob comes */
};

/* Creation code of a contract that logs its calldata as data of an event without topics (LOG0), and
 * reverts with its calldata if the value sent is not zero:
 *   runtime: calldatacopy(0, 0, calldatasize); if callvalue revert(0, calldatasize);
 *            log0(0, calldatasize)
 *   36 5f 5f 37 34 60 0b 57 36 5f a0 00  -- the jump lands on the revert below */
static const uint8_t logger_code[] = {
    /* codecopy(0, 12, 17); return(0, 17) */
    0x60, 0x11, 0x60, 0x0c, 0x5f, 0x39, 0x60, 0x11, 0x5f, 0xf3, 0x00, 0x00,
    /* runtime, 17 bytes */
    0x36, 0x5f, 0x5f, 0x37,       /* calldatasize, 0, 0, calldatacopy */
    0x34, 0x60, 0x0c, 0x57,       /* callvalue, 0x0c, jumpi */
    0x36, 0x5f, 0xa0, 0x00,       /* log0(0, calldatasize), stop */
    0x5b, 0x36, 0x5f, 0xfd, 0x00, /* jumpdest, revert(0, calldatasize) */
};

static struct anvil chain;
static struct loop loop;
static struct loop_timer limit;
static struct chain_adapter *adapter;
static struct evm_sync *sync_;
static char key_path[64];
static uint8_t logger[20];
static bool limit_reached, is_closed;

/* what came */
static unsigned done;
static enum err last_err;
static struct chain_fault last_fault;
static struct chain_block last_block;
static struct u256 last_value;
static struct chain_tx_status last_status;
static struct chain_signed_tx last_tx;
static uint8_t last_raw[EVM_TX_RAW_MAX];
static uint8_t last_bytes[4096];
static size_t last_len;
static struct chain_tx_data last_tx_data;
static struct {
    uint64_t block, time;
    uint8_t first_byte;
} seen[LOGS_MAX];
static size_t seen_count, deliveries;
static struct chain_block up_to;
static enum err halt_err;
static unsigned halts, troubles, recoveries;

static struct chain_options options(void)
{
    struct chain_options o = {.chain_id = CHAIN_ID, .poll_ms = 20, .timeout_ms = 3000};
    snprintf(o.name, sizeof o.name, "a");
    snprintf(o.rpc_url, sizeof o.rpc_url, "%s", chain.url);
    snprintf(o.key_path, sizeof o.key_path, "%s", key_path);
    memcpy(o.contract, logger, sizeof o.contract);
    return o;
}

static uint64_t limit_at;

/* Ticks, so that the loop never sleeps long: a condition may come true before it starts to. */
static void on_limit(void *ctx)
{
    (void)ctx;
    if (uv_hrtime() >= limit_at) limit_reached = true;
}

static void start_limit(uint64_t ms)
{
    limit_reached = false;
    limit_at = uv_hrtime() + ms * 1000000;
    loop_timer_start(&limit, 5, 5);
}

static void setup(void)
{
    struct chain_fault fault;
    struct chain_tx_status status;
    anvil_start(&chain, CHAIN_ID);
    anvil_key_file(key_path, 0);
    struct chain_options o = options();
    ck_assert_ok(evm_sync_open(&sync_, &o, &fault));
    struct chain_tx create = {.is_create = true,
                              .data = span_make(logger_code, sizeof logger_code)};
    enum err err = evm_sync_send(sync_, &status, &create, WAIT_MS, &fault);
    ck_assert_msg(err == ERR_OK, "%s", fault.what);
    memcpy(logger, status.created, sizeof logger);
    ck_assert_ok(loop_init(&loop));
    loop_timer_open(&limit, &loop, on_limit, NULL);
}

static void teardown(void)
{
    evm_sync_close(sync_);
    anvil_stop(&chain);
    unlink(key_path);
}

static void on_done(void *ctx, enum err err, const struct chain_fault *fault)
{
    (void)ctx;
    done++;
    last_err = err;
    last_fault = *fault;
}

static void on_closed(void *ctx)
{
    (void)ctx;
    is_closed = true;
}

/* Runs the loop until the condition holds. */
#define RUN_UNTIL(condition)                                                                       \
    do {                                                                                           \
        start_limit(BLOB_WAIT_MS);                                                                    \
        while (!(condition) && !limit_reached) uv_run(&loop.uv, UV_RUN_ONCE);                      \
        ck_assert_msg(!limit_reached, "nothing came: " #condition);                                \
    } while (0)

/* Runs the loop for a while, to see that nothing comes. */
static void run_for(uint64_t ms)
{
    start_limit(ms);
    while (!limit_reached) uv_run(&loop.uv, UV_RUN_ONCE);
}

static void open_adapter(const struct chain_options *o)
{
    ck_assert_ok(evm_adapter_new(&adapter, &loop, o));
    done = 0;
    ck_assert_ok(chain_adapter_open(adapter, on_done, NULL));
    ck_assert_uint_eq(done, 0);
    RUN_UNTIL(done == 1);
}

/* Closes everything; the loop must end without open handles. */
static void finish(void)
{
    if (!is_closed) {
        chain_adapter_close(adapter, on_closed, NULL);
        chain_adapter_close(adapter, on_closed, NULL);
        RUN_UNTIL(is_closed);
    }
    loop_timer_close(&limit, NULL, NULL);
    ck_assert_ok(loop_deinit(&loop));
}

/* After finish: a loop and an adapter again. */
static void reopen(const struct chain_options *o)
{
    is_closed = false;
    ck_assert_ok(loop_init(&loop));
    loop_timer_open(&limit, &loop, on_limit, NULL);
    open_adapter(o);
}

static void emit(uint8_t byte)
{
    struct chain_fault fault;
    struct chain_tx_status status;
    uint8_t data[40];
    memset(data, byte, sizeof data);
    struct chain_tx tx = {.data = span_make(data, sizeof data)};
    memcpy(tx.to, logger, sizeof logger);
    enum err err = evm_sync_send(sync_, &status, &tx, WAIT_MS, &fault);
    ck_assert_msg(err == ERR_OK, "%s", fault.what);
}

/* --- open -------------------------------------------------------------------------------------- */

START_TEST(a_node_of_another_chain_is_refused_with_both_ids)
{
    struct chain_options o = options();
    o.chain_id = 5;
    open_adapter(&o);
    ck_assert_err(last_err, ERR_CHAIN);
    ck_assert_str_eq(last_fault.what,
                     "a: the node is on chain 31001, the configuration says 5");
    struct chain_watcher w = {0};
    ck_assert_err(chain_adapter_watch(adapter, 0, NULL, &w), ERR_BAD_STATE);
    finish();
    struct evm_sync *other;
    struct chain_fault fault;
    ck_assert_err(evm_sync_open(&other, &o, &fault), ERR_CHAIN);
    ck_assert_str_eq(fault.what, "a: the node is on chain 31001, the configuration says 5");
}
END_TEST

START_TEST(an_address_without_code_is_refused)
{
    struct chain_options o = options();
    memset(o.contract, 0xee, sizeof o.contract);
    open_adapter(&o);
    ck_assert_err(last_err, ERR_CHAIN);
    finish();
}
END_TEST

START_TEST(a_node_that_is_not_there_is_an_error_and_bad_options_are_refused)
{
    struct chain_options o = options();
    snprintf(o.rpc_url, sizeof o.rpc_url, "http://127.0.0.1:1");
    open_adapter(&o);
    ck_assert_err(last_err, ERR_NET);
    finish();
    struct chain_adapter *none;
    o.rpc_url[0] = 0;
    ck_assert_err(evm_adapter_new(&none, &loop, &o), ERR_CONFIG);
    o = options();
    snprintf(o.key_path, sizeof o.key_path, "/tmp/there-is-no-such-file");
    ck_assert_err(evm_adapter_new(&none, &loop, &o), ERR_NOT_FOUND);
}
END_TEST

/* --- calls ------------------------------------------------------------------------------------- */

static void on_block(void *ctx, enum err err, const struct chain_block *block,
                     const struct chain_fault *fault)
{
    on_done(ctx, err, fault);
    if (err == ERR_OK) last_block = *block;
}

static void on_u256(void *ctx, enum err err, const struct u256 *value,
                    const struct chain_fault *fault)
{
    on_done(ctx, err, fault);
    if (err == ERR_OK) last_value = *value;
}

static void on_bytes(void *ctx, enum err err, struct span result, const struct chain_fault *fault)
{
    on_done(ctx, err, fault);
    last_len = result.len;
    if (result.len > 0) memcpy(last_bytes, result.data, result.len);
}

START_TEST(blocks_balances_and_nonces_are_those_of_the_node)
{
    struct chain_options o = options();
    o.finality = 3;
    open_adapter(&o);
    ck_assert_ok(last_err);
    struct u256 balance;
    struct chain_fault fault;
    ck_assert_ok(evm_sync_balance(sync_, &balance, adapter->sender, &fault));
    done = 0;
    ck_assert_ok(chain_adapter_balance(adapter, adapter->sender, on_u256, NULL));
    RUN_UNTIL(done == 1);
    ck_assert_ok(last_err);
    ck_assert_int_eq(u256_cmp(&balance, &last_value), 0);
    ck_assert_ok(chain_adapter_block(adapter, CHAIN_BLOCK_LATEST, on_block, NULL));
    RUN_UNTIL(done == 2);
    ck_assert_uint_eq(last_block.number, 1);
    /* block 1 has no three blocks above it */
    ck_assert_ok(chain_adapter_block(adapter, CHAIN_BLOCK_FINAL, on_block, NULL));
    RUN_UNTIL(done == 3);
    ck_assert_err(last_err, ERR_NOT_FOUND);
    anvil_mine(&chain, 9);
    ck_assert_ok(chain_adapter_block(adapter, CHAIN_BLOCK_FINAL, on_block, NULL));
    RUN_UNTIL(done == 4);
    ck_assert_uint_eq(last_block.number, 7);
    ck_assert_ok(chain_adapter_nonce(adapter, CHAIN_BLOCK_LATEST, on_u256, NULL));
    RUN_UNTIL(done == 5);
    ck_assert_uint_eq(last_value.limb[0], 1);
    finish();
}
END_TEST

START_TEST(a_call_returns_data_and_a_revert_comes_with_its_data)
{
    struct chain_options o = options();
    open_adapter(&o);
    uint8_t data[4] = {1, 2, 3, 4};
    done = 0;
    ck_assert_ok(chain_adapter_call(adapter, NULL, span_make(data, 4), CHAIN_BLOCK_LATEST, on_bytes,
                                    NULL));
    RUN_UNTIL(done == 1);
    ck_assert_ok(last_err);
    ck_assert_uint_eq(last_len, 0);
    /* the same calldata with a value reverts: seen by the estimate of a transaction */
    struct chain_tx_status status;
    struct chain_tx tx = {.data = span_make(data, 4), .value = u256_from_u64(1)};
    memcpy(tx.to, logger, sizeof logger);
    ck_assert_err(evm_sync_send(sync_, &status, &tx, WAIT_MS, &last_fault), ERR_CHAIN);
    ck_assert_uint_eq(last_fault.revert_len, 4);
    ck_assert_mem_eq(last_fault.revert, data, 4);
    /* sha256 precompile: return data */
    uint8_t sha[20] = {[19] = 2};
    ck_assert_ok(chain_adapter_call(adapter, sha, span_make("abc", 3), CHAIN_BLOCK_LATEST, on_bytes,
                                    NULL));
    RUN_UNTIL(done == 2);
    ck_assert_uint_eq(last_len, 32);
    /* FIPS 180-4, SHA-256("abc") */
    ck_assert_uint_eq(last_bytes[0], 0xba);
    ck_assert_uint_eq(last_bytes[31], 0xad);
    finish();
}
END_TEST

/* --- transactions ------------------------------------------------------------------------------ */

static void on_sign(void *ctx, enum err err, const struct chain_signed_tx *tx,
                    const struct chain_fault *fault)
{
    on_done(ctx, err, fault);
    if (err != ERR_OK) return;
    last_tx = *tx;
    ck_assert_uint_le(tx->raw.len, sizeof last_raw);
    memcpy(last_raw, tx->raw.data, tx->raw.len);
    last_tx.raw.data = last_raw;
}

static void on_status(void *ctx, enum err err, const struct chain_tx_status *status,
                      const struct chain_fault *fault)
{
    on_done(ctx, err, fault);
    if (err == ERR_OK) last_status = *status;
}

static void on_tx_data(void *ctx, enum err err, const struct chain_tx_data *tx,
                       const struct chain_fault *fault)
{
    on_done(ctx, err, fault);
    if (err != ERR_OK) return;
    last_tx_data = *tx;
    last_len = tx->data.len;
    memcpy(last_bytes, tx->data.data, tx->data.len);
}

static enum chain_tx_state state_now(void)
{
    done = 0;
    ck_assert_ok(chain_adapter_status(adapter, last_tx.hash, on_status, NULL));
    RUN_UNTIL(done == 1);
    ck_assert_ok(last_err);
    return last_status.state;
}

static void sign(const struct chain_tx *tx)
{
    done = 0;
    ck_assert_ok(chain_adapter_sign(adapter, tx, on_sign, NULL));
    RUN_UNTIL(done == 1);
}

static void submit(void)
{
    done = 0;
    ck_assert_ok(chain_adapter_submit(adapter, last_tx.raw, on_done, NULL));
    RUN_UNTIL(done == 1);
}

START_TEST(a_transaction_goes_from_signed_over_pending_and_mined_to_final)
{
    struct chain_options o = options();
    o.finality = 2;
    open_adapter(&o);
    uint8_t data[3] = {7, 8, 9};
    struct chain_tx tx = {.data = span_make(data, 3)};
    memcpy(tx.to, logger, sizeof logger);
    sign(&tx);
    ck_assert_ok(last_err);
    ck_assert_uint_eq(last_tx.nonce, 1);
    ck_assert_int_eq(state_now(), CHAIN_TX_UNKNOWN); /* signed, not sent */
    json_decref(anvil_rpc(&chain, "evm_setAutomine", json_pack("[b]", 0)));
    submit();
    ck_assert_ok(last_err);
    submit();
    ck_assert_msg(last_err == ERR_OK, "the same bytes again: %s", last_fault.what);
    ck_assert_int_eq(state_now(), CHAIN_TX_PENDING);
    anvil_mine(&chain, 1);
    ck_assert_int_eq(state_now(), CHAIN_TX_MINED);
    ck_assert_uint_eq(last_status.block_number, 2);
    ck_assert_uint_gt(last_status.gas_used, 21000);
    anvil_mine(&chain, 1);
    ck_assert_int_eq(state_now(), CHAIN_TX_MINED);
    anvil_mine(&chain, 1);
    ck_assert_int_eq(state_now(), CHAIN_TX_FINAL);
    ck_assert(last_status.is_final);

    done = 0;
    ck_assert_ok(chain_adapter_tx_data(adapter, last_tx.hash, on_tx_data, NULL));
    RUN_UNTIL(done == 1);
    ck_assert_ok(last_err);
    ck_assert_uint_eq(last_len, 3);
    ck_assert_mem_eq(last_bytes, data, 3);
    ck_assert_mem_eq(last_tx_data.from, adapter->sender, 20);
    ck_assert_mem_eq(last_tx_data.to, logger, 20);
    ck_assert(last_tx_data.is_mined);
    uint8_t unknown[32] = {1};
    ck_assert_ok(chain_adapter_tx_data(adapter, unknown, on_tx_data, NULL));
    RUN_UNTIL(done == 2);
    ck_assert_err(last_err, ERR_NOT_FOUND);
    finish();
}
END_TEST

START_TEST(a_transaction_that_reverts_when_mined_says_why)
{
    struct chain_options o = options();
    open_adapter(&o);
    uint8_t data[4] = {0xaa, 0xbb, 0xcc, 0xdd};
    struct chain_tx tx = {.data = span_make(data, 4), .value = u256_from_u64(1)};
    memcpy(tx.to, logger, sizeof logger);
    sign(&tx);
    ck_assert_err(last_err, ERR_CHAIN); /* the estimate sees it */
    ck_assert_uint_eq(last_fault.revert_len, 4);
    tx.gas_limit = 100000;
    tx.has_nonce = true;
    tx.nonce = 1;
    sign(&tx);
    ck_assert_ok(last_err);
    submit();
    ck_assert_ok(last_err);
    for (int i = 0; state_now() == CHAIN_TX_PENDING && i < 200; i++) (void)usleep(10000);
    ck_assert_int_eq(state_now(), CHAIN_TX_FAILED);
    ck_assert_uint_eq(last_status.fault.revert_len, 4);
    ck_assert_mem_eq(last_status.fault.revert, data, 4);
    /* a nonce that is used up */
    tx.value = U256_ZERO;
    sign(&tx);
    submit();
    ck_assert_err(last_err, ERR_RPC);
    finish();
}
END_TEST

/* The blob of zeros: commitment and proofs are the point at infinity. */
static const struct chain_blob *zero_blob(void)
{
    static struct chain_blob b;
    b.commitment[0] = 0xc0;
    for (size_t i = 0; i < CHAIN_BLOB_CELLS; i++) b.cell_proofs[i][0] = 0xc0;
    return &b;
}

START_TEST(a_transaction_with_a_blob_goes_the_same_way_and_a_restart_sends_the_same_bytes)
{
    struct chain_options o = options();
    o.finality = 1;
    o.timeout_ms = BLOB_WAIT_MS;
    open_adapter(&o);
    uint8_t data[3] = {7, 8, 9};
    struct chain_tx tx = {.data = span_make(data, 3), .blob = zero_blob()};
    memcpy(tx.to, logger, sizeof logger);
    sign(&tx);
    ck_assert_msg(last_err == ERR_OK, "%s", last_fault.what);
    ck_assert_uint_gt(last_tx.raw.len, CHAIN_BLOB_BYTES);
    ck_assert_uint_gt(last_tx.max_fee_per_blob_gas, 0);
    json_decref(anvil_rpc(&chain, "evm_setAutomine", json_pack("[b]", 0)));
    submit();
    ck_assert_msg(last_err == ERR_OK, "%s", last_fault.what);
    finish();
    reopen(&o);
    ck_assert_int_eq(state_now(), CHAIN_TX_PENDING);
    submit();
    ck_assert_msg(last_err == ERR_OK, "the same bytes again: %s", last_fault.what);
    anvil_mine(&chain, 1);
    ck_assert_int_eq(state_now(), CHAIN_TX_MINED);
    ck_assert_uint_eq(last_status.blob_gas_used, CHAIN_BLOB_BYTES);
    ck_assert(!u256_is_zero(&last_status.blob_gas_price));
    anvil_mine(&chain, 1);
    ck_assert_int_eq(state_now(), CHAIN_TX_FINAL);
    done = 0;
    ck_assert_ok(chain_adapter_tx_data(adapter, last_tx.hash, on_tx_data, NULL));
    RUN_UNTIL(done == 1);
    ck_assert_uint_eq(last_len, 3);
    ck_assert_uint_eq(last_tx_data.blob_count, 1);
    uint8_t expected[32];
    evm_versioned_hash(expected, tx.blob->commitment);
    ck_assert_mem_eq(last_tx_data.blob_hash, expected, 32);

    /* one that reverts says why */
    tx.value = u256_from_u64(1);
    sign(&tx);
    ck_assert_err(last_err, ERR_CHAIN); /* the estimate sees it */
    ck_assert_uint_eq(last_fault.revert_len, 3);
    tx.gas_limit = 100000;
    sign(&tx);
    ck_assert_ok(last_err);
    submit();
    ck_assert_msg(last_err == ERR_OK, "%s", last_fault.what);
    anvil_mine(&chain, 1);
    ck_assert_int_eq(state_now(), CHAIN_TX_FAILED);
    ck_assert_uint_eq(last_status.fault.revert_len, 3);
    ck_assert_mem_eq(last_status.fault.revert, data, 3);
    finish();
}
END_TEST

START_TEST(the_fee_of_blobs_has_a_limit_of_its_own_and_no_contract_is_made_with_one)
{
    struct chain_options o = options();
    o.max_fee_per_blob_gas = 1;
    open_adapter(&o);
    struct chain_tx tx = {.blob = zero_blob(), .max_fee_per_blob_gas = 1};
    memcpy(tx.to, logger, sizeof logger);
    sign(&tx);
    ck_assert_msg(last_err == ERR_OK, "%s", last_fault.what);
    ck_assert_uint_eq(last_tx.max_fee_per_blob_gas, 1);
    tx.max_fee_per_blob_gas = 0; /* twice the node's, which is at least 1 */
    sign(&tx);
    ck_assert_err(last_err, ERR_REJECTED);
    tx.is_create = true;
    ck_assert_err(chain_adapter_sign(adapter, &tx, on_sign, NULL), ERR_ARG);
    finish();
}
END_TEST

START_TEST(without_a_key_nothing_is_signed_and_fees_have_a_limit)
{
    struct chain_options o = options();
    o.max_fee_per_gas = 1;
    open_adapter(&o);
    struct chain_tx tx = {.gas_limit = 21000};
    sign(&tx);
    ck_assert_err(last_err, ERR_REJECTED);
    finish();
    o.key_path[0] = 0;
    reopen(&o);
    ck_assert_ok(last_err);
    ck_assert_err(chain_adapter_sign(adapter, &tx, on_sign, NULL), ERR_AUTH);
    finish();
}
END_TEST

/* --- watch ------------------------------------------------------------------------------------- */

static void on_logs(void *ctx, const struct chain_log *logs, size_t count,
                    const struct chain_block *block)
{
    (void)ctx;
    deliveries++;
    ck_assert(deliveries == 1 || block->number > up_to.number);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_lt(seen_count, LOGS_MAX);
        ck_assert_uint_eq(logs[i].data.len, 40);
        ck_assert_uint_le(logs[i].block_number, block->number);
        ck_assert_mem_eq(logs[i].address, logger, 20);
        seen[seen_count].block = logs[i].block_number;
        seen[seen_count].time = logs[i].block_time;
        seen[seen_count].first_byte = logs[i].data.data[0];
        seen_count++;
    }
    up_to = *block;
}

static void on_halt(void *ctx, enum err err, const struct chain_fault *fault)
{
    (void)ctx;
    halts++;
    halt_err = err;
    last_fault = *fault;
}

static void on_trouble(void *ctx, enum err err, const struct chain_fault *fault)
{
    (void)ctx;
    (void)fault;
    if (err == ERR_OK)
        recoveries++;
    else
        troubles++;
}

static const struct chain_watcher watcher = {.on_logs = on_logs, .on_halt = on_halt,
                                             .on_trouble = on_trouble};

START_TEST(final_logs_come_once_in_order_and_not_before_they_are_final)
{
    struct chain_options o = options();
    o.finality = 2;
    emit(1); /* block 2 */
    emit(2); /* block 3 */
    open_adapter(&o);
    ck_assert_ok(chain_adapter_watch(adapter, 0, NULL, &watcher));
    ck_assert_err(chain_adapter_watch(adapter, 0, NULL, &watcher), ERR_BAD_STATE);
    RUN_UNTIL(deliveries == 1);
    ck_assert_uint_eq(up_to.number, 1);
    ck_assert_uint_eq(seen_count, 0);
    run_for(100);
    ck_assert_uint_eq(deliveries, 1);
    anvil_mine(&chain, 1);
    RUN_UNTIL(up_to.number == 2);
    ck_assert_uint_eq(seen_count, 1);
    anvil_mine(&chain, 5);
    emit(3); /* block 10 */
    anvil_mine(&chain, 2);
    RUN_UNTIL(up_to.number == 10);
    ck_assert_uint_eq(seen_count, 3);
    for (uint8_t i = 0; i < 3; i++) ck_assert_uint_eq(seen[i].first_byte, i + 1);
    struct chain_block b;
    struct chain_fault fault;
    ck_assert_ok(evm_sync_block_at(sync_, &b, 10, &fault));
    ck_assert_uint_eq(seen[2].time, b.time);
    ck_assert_mem_eq(up_to.hash, b.hash, 32);
    ck_assert_uint_eq(halts + troubles, 0);
    finish();
}
END_TEST

START_TEST(many_blocks_come_in_pieces_and_nothing_is_lost)
{
    struct chain_options o = options();
    o.log_range_max = 3;
    json_decref(anvil_rpc(&chain, "evm_setAutomine", json_pack("[b]", 1)));
    for (uint8_t i = 0; i < 20; i++) {
        emit(i);
        if (i % 4 == 0) anvil_mine(&chain, 2);
    }
    open_adapter(&o);
    ck_assert_ok(chain_adapter_watch(adapter, 1, NULL, &watcher));
    RUN_UNTIL(seen_count == 20);
    for (uint8_t i = 0; i < 20; i++) ck_assert_uint_eq(seen[i].first_byte, i);
    ck_assert_uint_ge(deliveries, 7);
    finish();
}
END_TEST

START_TEST(a_restart_goes_on_where_the_stored_block_says)
{
    struct chain_options o = options();
    emit(1); /* block 2 */
    emit(2); /* block 3 */
    struct chain_block b;
    struct chain_fault fault;
    ck_assert_ok(evm_sync_block_at(sync_, &b, 2, &fault));
    open_adapter(&o);
    ck_assert_ok(chain_adapter_watch(adapter, 3, b.hash, &watcher));
    RUN_UNTIL(seen_count == 1);
    ck_assert_uint_eq(seen[0].first_byte, 2);
    finish();
}
END_TEST

START_TEST(another_history_than_the_stored_one_halts)
{
    struct chain_options o = options();
    emit(1);
    emit(2);
    uint8_t other[32] = {9};
    open_adapter(&o);
    ck_assert_ok(chain_adapter_watch(adapter, 3, other, &watcher));
    RUN_UNTIL(halts == 1);
    ck_assert_err(halt_err, ERR_REORG);
    ck_assert_str_eq(last_fault.what,
                     "a: block 2, which was final, is no longer in the chain: halted");
    ck_assert_uint_eq(deliveries, 0);
    finish();
}
END_TEST

START_TEST(a_reorganisation_below_the_final_mark_halts_for_good)
{
    struct chain_options o = options();
    o.finality = 1;
    emit(1);
    emit(2);
    emit(3); /* block 4 */
    open_adapter(&o);
    ck_assert_ok(chain_adapter_watch(adapter, 0, NULL, &watcher));
    RUN_UNTIL(up_to.number == 3);
    ck_assert_uint_eq(seen_count, 2);
    /* the last three blocks are replaced, one of them by one with another time */
    json_decref(anvil_rpc(&chain, "anvil_rollback", json_pack("[i]", 3)));
    json_decref(anvil_rpc(&chain, "evm_increaseTime", json_pack("[i]", 77)));
    anvil_mine(&chain, 5);
    RUN_UNTIL(halts == 1);
    ck_assert_err(halt_err, ERR_REORG);
    emit(4);
    anvil_mine(&chain, 3);
    run_for(150);
    ck_assert_uint_eq(halts, 1);
    ck_assert_uint_eq(seen_count, 2);
    finish();
}
END_TEST

/* Above the mark the chain may change as it likes: only what becomes final is delivered. */
START_TEST(a_reorganisation_above_the_final_mark_is_not_noticed)
{
    struct chain_options o = options();
    o.finality = 4;
    emit(1);
    anvil_mine(&chain, 4); /* 6 */
    open_adapter(&o);
    ck_assert_ok(chain_adapter_watch(adapter, 0, NULL, &watcher));
    RUN_UNTIL(up_to.number == 2);
    emit(2); /* block 7, final at 11 */
    RUN_UNTIL(up_to.number == 3);
    json_decref(anvil_rpc(&chain, "anvil_rollback", json_pack("[i]", 2)));
    json_decref(anvil_rpc(&chain, "evm_increaseTime", json_pack("[i]", 77)));
    anvil_mine(&chain, 8);
    RUN_UNTIL(up_to.number == 9);
    ck_assert_uint_eq(seen_count, 1);
    ck_assert_uint_eq(halts, 0);
    finish();
}
END_TEST

START_TEST(tags_of_the_node_are_followed)
{
    struct chain_options o = options();
    o.finality = CHAIN_FINALITY_FINALIZED; /* with one slot an epoch: two blocks behind */
    emit(1);
    emit(2);
    emit(3); /* block 4 */
    open_adapter(&o);
    ck_assert_ok(chain_adapter_watch(adapter, 0, NULL, &watcher));
    RUN_UNTIL(up_to.number == 2);
    run_for(100);
    ck_assert_uint_eq(up_to.number, 2);
    ck_assert_uint_eq(seen_count, 1);
    finish();
}
END_TEST

START_TEST(nothing_is_delivered_while_paused)
{
    struct chain_options o = options();
    open_adapter(&o);
    ck_assert_ok(chain_adapter_watch(adapter, 0, NULL, &watcher));
    RUN_UNTIL(deliveries == 1);
    chain_adapter_pause(adapter, true);
    emit(1);
    run_for(150);
    ck_assert_uint_eq(seen_count, 0);
    chain_adapter_pause(adapter, false);
    RUN_UNTIL(seen_count == 1);
    finish();
}
END_TEST

START_TEST(a_dead_node_is_trouble_until_it_is_back)
{
    struct chain_options o = options();
    open_adapter(&o);
    ck_assert_ok(chain_adapter_watch(adapter, 0, NULL, &watcher));
    RUN_UNTIL(deliveries == 1);
    ck_assert_int_eq(kill(chain.pid, SIGSTOP), 0);
    RUN_UNTIL(troubles >= 1);
    ck_assert_int_eq(kill(chain.pid, SIGCONT), 0);
    RUN_UNTIL(recoveries == 1);
    emit(1);
    RUN_UNTIL(seen_count == 1);
    ck_assert_uint_eq(halts, 0);
    finish();
}
END_TEST

/* --- close ------------------------------------------------------------------------------------- */

static void close_on_logs(void *ctx, const struct chain_log *logs, size_t count,
                          const struct chain_block *block)
{
    on_logs(ctx, logs, count, block);
    chain_adapter_close(adapter, on_closed, NULL);
}

START_TEST(closing_inside_a_delivery_ends_everything)
{
    struct chain_options o = options();
    struct chain_watcher w = watcher;
    w.on_logs = close_on_logs;
    emit(1);
    open_adapter(&o);
    ck_assert_ok(chain_adapter_watch(adapter, 0, NULL, &w));
    RUN_UNTIL(is_closed);
    ck_assert_uint_eq(deliveries, 1);
    finish();
}
END_TEST

START_TEST(calls_that_run_when_it_closes_are_cancelled_and_too_many_are_refused)
{
    struct chain_options o = options();
    open_adapter(&o);
    done = 0;
    for (int i = 0; i < CHAIN_CALLS_MAX; i++) {
        ck_assert_ok(chain_adapter_block(adapter, CHAIN_BLOCK_LATEST, on_block, NULL));
    }
    ck_assert_err(chain_adapter_block(adapter, CHAIN_BLOCK_LATEST, on_block, NULL), ERR_FULL);
    chain_adapter_close(adapter, on_closed, NULL);
    ck_assert_err(chain_adapter_block(adapter, CHAIN_BLOCK_LATEST, on_block, NULL), ERR_CLOSED);
    RUN_UNTIL(is_closed);
    ck_assert_uint_eq(done, CHAIN_CALLS_MAX);
    ck_assert_err(last_err, ERR_CANCELLED);
    finish();
}
END_TEST

/* --- blocking ---------------------------------------------------------------------------------- */

static enum err collect(void *ctx, const struct chain_log *log)
{
    (void)ctx;
    seen[seen_count].block = log->block_number;
    seen[seen_count].time = log->block_time;
    seen[seen_count++].first_byte = log->data.data[0];
    return seen_count == 5 ? ERR_FULL : ERR_OK;
}

START_TEST(the_blocking_adapter_reads_the_same_logs)
{
    struct chain_fault fault;
    for (uint8_t i = 1; i <= 6; i++) emit(i);
    ck_assert_ok(evm_sync_logs(sync_, logger, 0, 4, collect, NULL, &fault));
    ck_assert_uint_eq(seen_count, 3);
    ck_assert_uint_eq(seen[2].first_byte, 3);
    ck_assert_uint_eq(seen[2].block, 4);
    /* the callback's error ends it */
    ck_assert_err(evm_sync_logs(sync_, logger, 5, 7, collect, NULL, &fault), ERR_FULL);
    ck_assert_uint_eq(seen_count, 5);
    struct bytes_buf code;
    bytes_buf_init(&code, 1024);
    ck_assert_ok(evm_sync_code(sync_, &code, logger, &fault));
    ck_assert_uint_eq(code.len, 17);
    bytes_buf_deinit(&code);
    loop_timer_close(&limit, NULL, NULL);
    ck_assert_ok(loop_deinit(&loop));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evm_adapter");
    TCase *tc = tcase_create("anvil");
    tcase_set_timeout(tc, 90);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_node_of_another_chain_is_refused_with_both_ids);
    tcase_add_test(tc, an_address_without_code_is_refused);
    tcase_add_test(tc, a_node_that_is_not_there_is_an_error_and_bad_options_are_refused);
    tcase_add_test(tc, blocks_balances_and_nonces_are_those_of_the_node);
    tcase_add_test(tc, a_call_returns_data_and_a_revert_comes_with_its_data);
    tcase_add_test(tc, a_transaction_goes_from_signed_over_pending_and_mined_to_final);
    tcase_add_test(tc, a_transaction_that_reverts_when_mined_says_why);
    tcase_add_test(tc, a_transaction_with_a_blob_goes_the_same_way_and_a_restart_sends_the_same_bytes);
    tcase_add_test(tc, the_fee_of_blobs_has_a_limit_of_its_own_and_no_contract_is_made_with_one);
    tcase_add_test(tc, without_a_key_nothing_is_signed_and_fees_have_a_limit);
    tcase_add_test(tc, final_logs_come_once_in_order_and_not_before_they_are_final);
    tcase_add_test(tc, many_blocks_come_in_pieces_and_nothing_is_lost);
    tcase_add_test(tc, a_restart_goes_on_where_the_stored_block_says);
    tcase_add_test(tc, another_history_than_the_stored_one_halts);
    tcase_add_test(tc, a_reorganisation_below_the_final_mark_halts_for_good);
    tcase_add_test(tc, a_reorganisation_above_the_final_mark_is_not_noticed);
    tcase_add_test(tc, tags_of_the_node_are_followed);
    tcase_add_test(tc, nothing_is_delivered_while_paused);
    tcase_add_test(tc, a_dead_node_is_trouble_until_it_is_back);
    tcase_add_test(tc, closing_inside_a_delivery_ends_everything);
    tcase_add_test(tc, calls_that_run_when_it_closes_are_cancelled_and_too_many_are_refused);
    tcase_add_test(tc, the_blocking_adapter_reads_the_same_logs);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}
