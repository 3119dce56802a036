/* The scripted chain keeps the contract of chain_adapter.h: order, finality, reorganisations,
 * callbacks, closing. */
#include <string.h>

#include "chain_adapters/evm/tx.h"
#include "chain_adapters/mock/mock_adapter.h"
#include "tests/support/check_main.h"

static struct loop loop;
static struct mock_adapter *mock;
static struct chain_adapter *adapter;
static unsigned done, halts, troubles, recoveries, deliveries;
static enum err last_err;
static struct chain_fault last_fault;
static struct chain_signed_tx last_tx;
static uint8_t raw[EVM_TX_RAW_MAX];
static struct chain_tx_status last_status;
static uint8_t bytes[64];
static size_t byte_count;
static uint8_t seen[64];
static size_t seen_count;
static struct chain_block up_to;
static bool is_closed;

static void on_done(void *ctx, enum err err, const struct chain_fault *fault)
{
    (void)ctx;
    done++;
    last_err = err;
    last_fault = *fault;
}

static void on_sign(void *ctx, enum err err, const struct chain_signed_tx *tx,
                    const struct chain_fault *fault)
{
    on_done(ctx, err, fault);
    if (err != ERR_OK) return;
    last_tx = *tx;
    memcpy(raw, tx->raw.data, tx->raw.len);
    last_tx.raw.data = raw;
}

static void on_status(void *ctx, enum err err, const struct chain_tx_status *status,
                      const struct chain_fault *fault)
{
    on_done(ctx, err, fault);
    if (err == ERR_OK) last_status = *status;
}

static void on_bytes(void *ctx, enum err err, struct span result, const struct chain_fault *fault)
{
    on_done(ctx, err, fault);
    byte_count = result.len;
    if (result.len > 0) memcpy(bytes, result.data, result.len);
}

static void on_closed(void *ctx)
{
    (void)ctx;
    is_closed = true;
}

static void on_logs(void *ctx, const struct chain_log *logs, size_t count,
                    const struct chain_block *block)
{
    (void)ctx;
    deliveries++;
    for (size_t i = 0; i < count; i++) seen[seen_count++] = logs[i].data.data[0];
    up_to = *block;
}

static void on_halt(void *ctx, enum err err, const struct chain_fault *fault)
{
    (void)ctx;
    (void)fault;
    ck_assert_err(err, ERR_REORG);
    halts++;
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

static void turn(void)
{
    for (int i = 0; i < 5; i++) uv_run(&loop.uv, UV_RUN_NOWAIT);
}

static void setup(void)
{
    struct chain_options o = {.chain_id = 7, .finality = 2};
    ck_assert_ok(loop_init(&loop));
    ck_assert_ok(mock_adapter_new(&mock, &loop, &o));
    adapter = mock_adapter_base(mock);
    ck_assert_ok(chain_adapter_open(adapter, on_done, NULL));
    ck_assert_uint_eq(done, 0);
    turn();
    ck_assert_uint_eq(done, 1);
    ck_assert_ok(last_err);
    done = 0;
}

static void teardown(void)
{
    chain_adapter_close(adapter, on_closed, NULL);
    turn();
    ck_assert(is_closed);
    ck_assert_ok(loop_deinit(&loop));
}

static void push(uint8_t byte)
{
    uint8_t hash[32] = {byte};
    mock_push_block(mock, 1000 + byte);
    mock_push_log(mock, hash, NULL, 0, span_make(&byte, 1));
}

START_TEST(final_logs_are_delivered_in_order)
{
    ck_assert_ok(chain_adapter_watch(adapter, 0, NULL, &watcher));
    push(1);
    push(2);
    turn();
    ck_assert_uint_eq(up_to.number, 0);
    push(3);
    push(4);
    turn();
    ck_assert_uint_eq(seen_count, 2);
    ck_assert_mem_eq(seen, "\1\2", 2);
    ck_assert_uint_eq(up_to.number, 2);
    chain_adapter_pause(adapter, true);
    push(5);
    turn();
    ck_assert_uint_eq(seen_count, 2);
    chain_adapter_pause(adapter, false);
    turn();
    ck_assert_uint_eq(seen_count, 3);
}
END_TEST

START_TEST(a_reorganisation_halts_only_below_the_mark)
{
    ck_assert_ok(chain_adapter_watch(adapter, 0, NULL, &watcher));
    for (uint8_t i = 1; i <= 4; i++) push(i); /* final: 2 */
    turn();
    mock_reorg(mock, 3);
    push(9);
    push(8);
    push(7); /* 3, 4, 5; final: 3 */
    turn();
    ck_assert_uint_eq(halts, 0);
    ck_assert_mem_eq(seen, "\1\2\x09", 3);
    mock_reorg(mock, 3);
    push(6);
    push(6);
    push(6);
    turn();
    ck_assert_uint_eq(halts, 1);
    ck_assert_uint_eq(seen_count, 3);
}
END_TEST

START_TEST(calls_answer_as_told)
{
    ck_assert_ok(chain_adapter_call(adapter, NULL, span_of_str("q"), CHAIN_BLOCK_LATEST, on_bytes,
                                    NULL));
    turn();
    ck_assert_err(last_err, ERR_RPC);
    mock_set_call(mock, span_of_str("q"), ERR_OK, span_of_str("answer"));
    ck_assert_ok(chain_adapter_call(adapter, NULL, span_of_str("q"), CHAIN_BLOCK_LATEST, on_bytes,
                                    NULL));
    turn();
    ck_assert_ok(last_err);
    ck_assert_mem_eq(bytes, "answer", 6);
    mock_set_call(mock, span_of_str("q"), ERR_CHAIN, span_of_str("why"));
    ck_assert_ok(chain_adapter_call(adapter, NULL, span_of_str("q"), CHAIN_BLOCK_LATEST, on_bytes,
                                    NULL));
    turn();
    ck_assert_err(last_err, ERR_CHAIN);
    ck_assert_mem_eq(last_fault.revert, "why", 3);
}
END_TEST

static enum chain_tx_state state_now(void)
{
    ck_assert_ok(chain_adapter_status(adapter, last_tx.hash, on_status, NULL));
    turn();
    ck_assert_ok(last_err);
    return last_status.state;
}

START_TEST(transactions_go_where_the_script_sends_them)
{
    struct chain_tx tx = {.data = span_of_str("data")};
    ck_assert_ok(chain_adapter_sign(adapter, &tx, on_sign, NULL));
    turn();
    ck_assert_ok(last_err);
    ck_assert_uint_eq(mock_tx_count(mock), 0);
    ck_assert_int_eq(state_now(), CHAIN_TX_UNKNOWN);
    for (int i = 0; i < 2; i++) {
        ck_assert_ok(chain_adapter_submit(adapter, last_tx.raw, on_done, NULL));
        turn();
        ck_assert_ok(last_err);
    }
    ck_assert_uint_eq(mock_tx_count(mock), 1);
    ck_assert_uint_eq(mock_tx_at(mock, 0)->submissions, 2);
    ck_assert_mem_eq(mock_tx_at(mock, 0)->data.data, "data", 4);
    ck_assert_int_eq(state_now(), CHAIN_TX_PENDING);
    mock_drop_tx(mock, 0);
    ck_assert_int_eq(state_now(), CHAIN_TX_UNKNOWN);
    ck_assert_ok(chain_adapter_submit(adapter, last_tx.raw, on_done, NULL));
    mock_push_block(mock, 5);
    mock_mine_tx(mock, 0, true, span_make(NULL, 0));
    ck_assert_int_eq(state_now(), CHAIN_TX_MINED);
    mock_push_block(mock, 6);
    mock_push_block(mock, 7);
    ck_assert_int_eq(state_now(), CHAIN_TX_FINAL);
    ck_assert_ok(chain_adapter_sign(adapter, &tx, on_sign, NULL));
    turn();
    ck_assert_uint_eq(last_tx.nonce, 1);
    ck_assert_ok(chain_adapter_submit(adapter, last_tx.raw, on_done, NULL));
    turn();
    mock_mine_tx(mock, 1, false, span_of_str("no"));
    ck_assert_int_eq(state_now(), CHAIN_TX_FAILED);
    ck_assert_mem_eq(last_status.fault.revert, "no", 2);
}
END_TEST

START_TEST(a_transaction_with_a_blob_is_submitted_with_its_sidecar)
{
    static struct chain_blob blob;
    memset(&blob, 3, sizeof blob);
    struct chain_tx tx = {.data = span_of_str("data"), .blob = &blob};
    ck_assert_ok(chain_adapter_sign(adapter, &tx, on_sign, NULL));
    turn();
    ck_assert_ok(last_err);
    ck_assert_uint_gt(last_tx.raw.len, sizeof blob);
    ck_assert_uint_gt(last_tx.max_fee_per_blob_gas, 0);
    blob.blob[0] = 4; /* copied */
    ck_assert_ok(chain_adapter_submit(adapter, last_tx.raw, on_done, NULL));
    turn();
    ck_assert_ok(last_err);
    ck_assert_int_eq(state_now(), CHAIN_TX_PENDING);
    ck_assert_uint_eq(mock_tx_count(mock), 1);
    const struct mock_tx *sent = mock_tx_at(mock, 0);
    ck_assert_ptr_nonnull(sent->blob);
    ck_assert_uint_eq(sent->blob->blob[0], 3);
    raw[last_tx.raw.len - 1] ^= 1; /* other bytes than those that were signed */
    ck_assert_ok(chain_adapter_submit(adapter, last_tx.raw, on_done, NULL));
    turn();
    ck_assert_err(last_err, ERR_RPC);
}
END_TEST

START_TEST(trouble_fails_everything_until_it_is_over)
{
    ck_assert_ok(chain_adapter_watch(adapter, 0, NULL, &watcher));
    mock_set_trouble(mock, ERR_NET);
    struct chain_tx tx = {.data = span_of_str("data")};
    ck_assert_ok(chain_adapter_sign(adapter, &tx, on_sign, NULL));
    turn();
    ck_assert_err(last_err, ERR_NET);
    ck_assert_uint_ge(troubles, 1);
    for (uint8_t i = 1; i <= 3; i++) push(i);
    turn();
    ck_assert_uint_eq(seen_count, 0);
    mock_set_trouble(mock, ERR_OK);
    turn();
    ck_assert_uint_eq(recoveries, 1);
    ck_assert_uint_eq(seen_count, 1);
}
END_TEST

START_TEST(what_waits_at_close_is_cancelled)
{
    ck_assert_ok(chain_adapter_open(adapter, on_done, NULL));
    chain_adapter_close(adapter, on_closed, NULL);
    ck_assert_err(chain_adapter_open(adapter, on_done, NULL), ERR_CLOSED);
    turn();
    ck_assert(is_closed);
    ck_assert_uint_eq(done, 1);
    ck_assert_err(last_err, ERR_CANCELLED);
    ck_assert_ok(loop_deinit(&loop));
    /* for the teardown */
    is_closed = false;
    done = 0;
    setup();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mock_adapter");
    TCase *tc = tcase_create("mock");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, final_logs_are_delivered_in_order);
    tcase_add_test(tc, a_reorganisation_halts_only_below_the_mark);
    tcase_add_test(tc, calls_answer_as_told);
    tcase_add_test(tc, transactions_go_where_the_script_sends_them);
    tcase_add_test(tc, a_transaction_with_a_blob_is_submitted_with_its_sidecar);
    tcase_add_test(tc, trouble_fails_everything_until_it_is_over);
    tcase_add_test(tc, what_waits_at_close_is_cancelled);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}
