/* What a node may answer: good results are read, anything else is an error that names the place,
 * and no answer whatsoever crashes us. */
#include <stdio.h>
#include <string.h>

#include "chain_adapters/evm/evm_rpc.h"
#include "common/codec/json.h"
#include "tests/support/check_main.h"

#define HASH "0x1111111111111111111111111111111111111111111111111111111111111111"
#define HASH2 "0x2222222222222222222222222222222222222222222222222222222222222222"
#define ADDRESS "0x3333333333333333333333333333333333333333"

static const char block_text[] = "{\"number\":\"0x10\",\"timestamp\":\"0x65\",\"hash\":\"" HASH
                                 "\",\"parentHash\":\"" HASH2 "\",\"baseFeePerGas\":\"0x7\"}";
static const char log_text[] =
    "{\"address\":\"" ADDRESS "\",\"topics\":[\"" HASH "\",\"" HASH2 "\"],\"data\":\"0x0102\","
    "\"blockNumber\":\"0x10\",\"blockHash\":\"" HASH "\",\"transactionHash\":\"" HASH2
    "\",\"transactionIndex\":\"0x1\",\"logIndex\":\"0x5\",\"removed\":false}";
static const char receipt_text[] = "{\"status\":\"0x1\",\"blockNumber\":\"0x10\",\"blockHash\":\"" HASH
                                   "\",\"gasUsed\":\"0x5208\",\"effectiveGasPrice\":\"0x9\","
                                   "\"contractAddress\":null,\"blobGasUsed\":\"0x20000\","
                                   "\"blobGasPrice\":\"0x5\"}";
static const char tx_text[] = "{\"from\":\"" ADDRESS "\",\"to\":\"" ADDRESS
                              "\",\"gas\":\"0x5208\",\"value\":\"0x1\",\"input\":\"0xaabb\","
                              "\"blockNumber\":\"0x10\",\"blockHash\":\"" HASH
                              "\",\"blobVersionedHashes\":[\"" HASH "\",\"" HASH2
                              "\"],\"maxFeePerBlobGas\":\"0x6\"}";

static struct chain_fault fault;
static struct bytes_buf data;

static void setup(void)
{
    bytes_buf_init(&data, 1 << 20);
}

static void teardown(void)
{
    bytes_buf_deinit(&data);
}

static json_t *parse(const char *text)
{
    json_t *value;
    struct json_error e;
    ck_assert_ok(json_parse(&value, text, strlen(text), &json_limits_rpc, &e));
    return value;
}

static enum err read_block(const json_t *v)
{
    struct evm_block b;
    return evm_parse_block(&b, v, &fault);
}

static enum err read_log(const json_t *v)
{
    struct chain_log l;
    bytes_buf_clear(&data);
    return evm_parse_log(&l, &data, v, &fault);
}

static enum err read_receipt(const json_t *v)
{
    struct evm_receipt r;
    return evm_parse_receipt(&r, v, &fault);
}

static enum err read_tx(const json_t *v)
{
    struct evm_tx_info t;
    bytes_buf_clear(&data);
    return evm_parse_tx(&t, &data, v, &fault);
}

static const struct {
    const char *text;
    enum err (*read)(const json_t *v);
    const char *optional; /* keys that may be missing */
} readers[] = {
    {block_text, read_block, "baseFeePerGas"},
    {log_text, read_log, "removed"},
    {receipt_text, read_receipt, "effectiveGasPrice contractAddress blobGasUsed blobGasPrice"},
    {tx_text, read_tx, "to blockNumber blobVersionedHashes"},
};

START_TEST(good_results_are_read)
{
    struct evm_block b;
    struct chain_log l;
    struct evm_receipt r;
    struct evm_tx_info t;
    json_t *v = parse(block_text);
    ck_assert_ok(evm_parse_block(&b, v, &fault));
    ck_assert_uint_eq(b.block.number, 16);
    ck_assert_uint_eq(b.block.time, 0x65);
    ck_assert_uint_eq(b.block.hash[0], 0x11);
    ck_assert_uint_eq(b.block.parent_hash[31], 0x22);
    ck_assert_uint_eq(b.base_fee.limb[0], 7);
    json_decref(v);
    v = parse(log_text);
    ck_assert_ok(evm_parse_log(&l, &data, v, &fault));
    ck_assert_uint_eq(l.block_number, 16);
    ck_assert_uint_eq(l.log_index, 5);
    ck_assert_uint_eq(l.topic_count, 2);
    ck_assert_uint_eq(l.topics[1][0], 0x22);
    ck_assert_uint_eq(l.data.len, 2);
    ck_assert_uint_eq(data.data[1], 2);
    json_object_set_new(v, "removed", json_true());
    ck_assert_err(read_log(v), ERR_REORG);
    json_decref(v);
    v = parse(receipt_text);
    ck_assert_ok(evm_parse_receipt(&r, v, &fault));
    ck_assert(r.succeeded);
    ck_assert_uint_eq(r.gas_used, 21000);
    ck_assert_uint_eq(r.gas_price.limb[0], 9);
    ck_assert_uint_eq(r.blob_gas_used, 131072);
    ck_assert_uint_eq(r.blob_gas_price.limb[0], 5);
    struct chain_tx_status status;
    memset(&status, 0, sizeof status);
    evm_status_from_receipt(&status, &r);
    ck_assert_uint_eq(status.blob_gas_used, 131072);
    ck_assert_uint_eq(status.blob_gas_price.limb[0], 5);
    json_object_set_new(v, "status", json_string("0x0"));
    ck_assert_ok(evm_parse_receipt(&r, v, &fault));
    ck_assert(!r.succeeded);
    json_decref(v);
    v = parse(tx_text);
    bytes_buf_clear(&data);
    ck_assert_ok(evm_parse_tx(&t, &data, v, &fault));
    ck_assert(!t.tx.is_create);
    ck_assert(t.tx.is_mined);
    ck_assert_uint_eq(t.tx.data.len, 2);
    ck_assert_uint_eq(t.tx.blob_count, 2);
    ck_assert_uint_eq(t.tx.blob_hash[31], 0x11);
    ck_assert_uint_eq(t.max_fee_per_blob_gas, 6);
    json_object_set_new(v, "blobVersionedHashes", json_null());
    json_object_del(v, "to");
    json_object_del(v, "blockNumber");
    bytes_buf_clear(&data);
    ck_assert_ok(evm_parse_tx(&t, &data, v, &fault));
    ck_assert(t.tx.is_create);
    ck_assert(!t.tx.is_mined);
    ck_assert_uint_eq(t.tx.blob_count, 0);
    json_decref(v);
}
END_TEST

/* Every key of every result, missing and with every wrong kind of value. */
START_TEST(results_of_another_form_are_refused)
{
    static const char *const wrong[] = {"1",        "true",   "[]",      "{}",    "\"\"",
                                        "\"0x\"",   "\"0xg\"", "\"12\"", "1e300", "\"0x123\"",
                                        "\"0x10000000000000000000000000000000000000000000000000000000"
                                        "00000000000\""};
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        json_t *original = parse(readers[i].text);
        const char *key;
        json_t *value;
        ck_assert_ok(readers[i].read(original));
        ck_assert_err(readers[i].read(json_null()), ERR_NOT_FOUND);
        ck_assert_err(readers[i].read(NULL), ERR_NOT_FOUND);
        json_object_foreach(original, key, value)
        {
            bool optional = strstr(readers[i].optional, key) != NULL;
            json_t *copy = json_deep_copy(original);
            json_object_del(copy, key);
            enum err err = readers[i].read(copy);
            ck_assert_msg((err == ERR_OK) == optional, "without %s: %s", key, err_name(err));
            json_decref(copy);
            for (size_t w = 0; w < ARRAY_LEN(wrong); w++) {
                char text[128];
                snprintf(text, sizeof text, "[%s]", wrong[w]);
                json_t *list = parse(text);
                copy = json_deep_copy(original);
                json_object_set(copy, key, json_array_get(list, 0));
                fault.what[0] = 0;
                err = readers[i].read(copy);
                bool may_pass = strcmp(key, "removed") == 0 || strcmp(wrong[w], "\"0x123\"") == 0 ||
                                (strcmp(wrong[w], "[]") == 0 &&
                                 (strcmp(key, "topics") == 0 ||
                                  strcmp(key, "blobVersionedHashes") == 0)) ||
                                (strcmp(wrong[w], "\"0x\"") == 0 &&
                                 (strcmp(key, "data") == 0 || strcmp(key, "input") == 0));
                ck_assert_msg(err != ERR_OK || may_pass, "%s = %s is taken", key, wrong[w]);
                ck_assert(err == ERR_OK || fault.what[0] != 0);
                json_decref(copy);
                json_decref(list);
            }
        }
        json_decref(original);
    }
}
END_TEST

START_TEST(too_many_topics_and_too_much_data_are_refused)
{
    json_t *v = parse(log_text);
    json_t *topics = json_object_get(v, "topics");
    for (int i = 0; i < 3; i++) json_array_append_new(topics, json_string(HASH));
    ck_assert_err(read_log(v), ERR_PROTOCOL);
    json_decref(v);
    v = parse(log_text);
    char *text = malloc(2 * (CHAIN_LOG_DATA_MAX + 1) + 3);
    memset(text, 'a', 2 * (CHAIN_LOG_DATA_MAX + 1) + 2);
    memcpy(text, "0x", 2);
    text[2 * (CHAIN_LOG_DATA_MAX + 1) + 2] = 0;
    json_object_set_new(v, "data", json_string(text));
    ck_assert_err(read_log(v), ERR_TOO_LARGE);
    free(text);
    json_decref(v);
}
END_TEST

START_TEST(reverts_are_told_from_refusals)
{
    struct json_rpc_error e = {.code = 3, .message = "execution reverted", .data = "0x01020304"};
    memset(&fault, 0, sizeof fault);
    ck_assert_err(evm_fault_from_rpc(&fault, ERR_RPC, "eth_call", &e), ERR_CHAIN);
    ck_assert_uint_eq(fault.revert_len, 4);
    ck_assert_str_eq(fault.what, "eth_call: execution reverted");
    memset(&fault, 0, sizeof fault);
    snprintf(e.data, sizeof e.data, "not hex");
    ck_assert_err(evm_fault_from_rpc(&fault, ERR_RPC, "eth_call", &e), ERR_CHAIN);
    ck_assert_uint_eq(fault.revert_len, 0);
    e = (struct json_rpc_error){.code = -32000, .message = "nonce too low"};
    ck_assert_err(evm_fault_from_rpc(&fault, ERR_RPC, "eth_sendRawTransaction", &e), ERR_RPC);
    e = (struct json_rpc_error){.code = 0};
    ck_assert_err(evm_fault_from_rpc(&fault, ERR_TIMEOUT, "eth_call", &e), ERR_TIMEOUT);
    ck_assert_str_eq(fault.what, "eth_call: timed out");
    ck_assert(evm_is_known_tx("already known"));
    ck_assert(!evm_is_known_tx("nonce too low"));
    /* revert data longer than what is kept */
    e = (struct json_rpc_error){.code = 3, .message = "reverted"};
    memset(e.data, 'f', 1000);
    memcpy(e.data, "0x", 2);
    memset(&fault, 0, sizeof fault);
    ck_assert_err(evm_fault_from_rpc(&fault, ERR_RPC, "eth_call", &e), ERR_CHAIN);
    ck_assert_uint_eq(fault.revert_len, CHAIN_REVERT_MAX);
}
END_TEST

START_TEST(finality_is_confirmations_or_a_tag)
{
    bool exists;
    struct evm_block_ref r = evm_final_ref(12, 100, &exists);
    ck_assert(exists && r.tag == NULL);
    ck_assert_uint_eq(r.number, 88);
    evm_final_ref(12, 11, &exists);
    ck_assert(!exists);
    r = evm_final_ref(0, 5, &exists);
    ck_assert_uint_eq(r.number, 5);
    ck_assert_str_eq(evm_final_ref(CHAIN_FINALITY_FINALIZED, 0, &exists).tag, "finalized");
    ck_assert_str_eq(evm_final_ref(CHAIN_FINALITY_SAFE, 0, &exists).tag, "safe");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evm_rpc");
    TCase *tc = tcase_create("rpc");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, good_results_are_read);
    tcase_add_test(tc, results_of_another_form_are_refused);
    tcase_add_test(tc, too_many_topics_and_too_much_data_are_refused);
    tcase_add_test(tc, reverts_are_told_from_refusals);
    tcase_add_test(tc, finality_is_confirmations_or_a_tag);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}
