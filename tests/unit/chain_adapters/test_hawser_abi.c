/* Encodings, transactions and addresses against foundry's cast (evm_vectors.h), and the list of
 * errors and functions against the compiled contract. */
#include <stdio.h>
#include <string.h>

#include "chain_adapters/evm/evm_rpc.h"
#include "chain_adapters/evm/hawser_abi.h"
#include "chain_adapters/evm/rlp.h"
#include "chain_adapters/evm/tx.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/crypto/keccak256.h"
#include "common/kzg/kzg.h"
#include "tests/support/check_main.h"
#include "tests/unit/chain_adapters/evm_vectors.h"

static struct bytes_buf buf;

static void setup(void)
{
    bytes_buf_init(&buf, 1 << 20);
}

static void teardown(void)
{
    bytes_buf_deinit(&buf);
}

static void from_hex(struct bytes_buf *out, const char *text)
{
    bytes_buf_init(out, 1 << 20);
    ck_assert_ok(hex_decode(out, text, strlen(text)));
}

/* buf holds exactly these bytes; then it is empty again. */
static void expect(const char *text)
{
    struct bytes_buf expected;
    from_hex(&expected, text);
    ck_assert_uint_eq(buf.len, expected.len);
    ck_assert_mem_eq(buf.data, expected.data, expected.len);
    bytes_buf_deinit(&expected);
    bytes_buf_clear(&buf);
}

static void word(uint8_t out[32], uint8_t v)
{
    memset(out, 0, 32);
    out[31] = v;
}

static struct hawser_statement statement(void)
{
    struct hawser_statement s = {.k = 5, .time = 1760000000, .participant_count = 2,
                                 .participants = {31001, 31002}};
    word(s.prev_final_root, 1);
    word(s.final_root, 2);
    word(s.pubdata_hashes[0], 3);
    word(s.pubdata_hashes[1], 4);
    return s;
}

static const uint8_t root20[20] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                   11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
static uint8_t address[20];

START_TEST(calls_are_encoded_as_cast_encodes_them)
{
    memset(address, 0x11, sizeof address);
    ck_assert_ok(hawser_encode_deposit(&buf, 2, (abi_u128)1000000000000ull * 1000000000ull,
                                       16777215, 2, address));
    expect(V_DEPOSIT);
    ck_assert_ok(hawser_encode_deposit_with_key(&buf, 1, 5, 7, 3, root20, 9));
    expect(V_DEPOSIT_WITH_KEY);
    ck_assert_ok(hawser_encode_set_key(&buf, 7, 1, 18, root20, 3));
    expect(V_SET_KEY);
    ck_assert_ok(hawser_encode_request_exit(&buf, 9, 130));
    expect(V_REQUEST_EXIT);
    ck_assert_ok(hawser_encode_register_token(&buf, address));
    expect(V_REGISTER_TOKEN);
    ck_assert_ok(hawser_encode_revert_batches(&buf, 4));
    expect(V_REVERT_BATCHES);
    ck_assert_ok(hawser_encode_withdraw_pending(&buf, 1, address));
    expect(V_WITHDRAW_PENDING);
    ck_assert_ok(hawser_encode_hand_over(&buf, address, 2));
    expect(V_HAND_OVER);
    struct u256 amount = u256_from_u64(77);
    ck_assert_ok(erc20_encode_approve(&buf, address, &amount));
    expect(V_APPROVE);
    uint8_t regions[] = {0xde, 0xad, 0xbe, 0xef};
    ck_assert_ok(hawser_encode_execute_batch(&buf, 5, span_make(regions, sizeof regions)));
    expect(V_EXECUTE_BATCH);
    uint8_t digest[32], signature[65];
    word(digest, 255);
    memset(signature, 0xab, sizeof signature);
    ck_assert_ok(hawser_encode_submit_agreement(&buf, 0, 5, digest, span_make(signature, 65)));
    expect(V_SUBMIT_AGREEMENT);
}
END_TEST

START_TEST(batches_are_encoded_as_cast_encodes_them)
{
    struct hawser_statement s = statement();
    uint8_t segment[] = {1, 2, 3}, second[32], third[33], seventh[44];
    memset(second, 7, sizeof second);
    memset(third, 9, sizeof third);
    struct span list[] = {{segment, 3}, {second, 32}, {third, 33}};
    ck_assert_ok(hawser_encode_commit_batch(&buf, &s, list, 1, 6));
    expect(V_COMMIT_BATCH);
    ck_assert_ok(hawser_encode_commit_batch(&buf, &s, list, 3, 6));
    expect(V_COMMIT_THREE);
    ck_assert_ok(hawser_encode_commit_batch(&buf, &s, NULL, 0, 6));
    expect(V_COMMIT_NOTHING);

    struct hawser_blob_segment parts[2] = {{.length = 2039, .head = {segment, 2}},
                                           {.length = 44, .head = {seventh, 44}}};
    uint8_t opening[HAWSER_OPENING_BYTES];
    memset(seventh, 7, sizeof seventh);
    memset(opening, 0xcd, sizeof opening);
    word(parts[0].hash, 11);
    word(parts[1].hash, 12);
    ck_assert_ok(hawser_encode_commit_blob_batch(&buf, &s, parts, 2, opening, 6));
    expect(V_COMMIT_BLOB);

    uint8_t bytes[] = {0xaa, 0xbb, 0xbb};
    ck_assert_ok(hawser_encode_prove_batches(&buf, 9, span_make(bytes, 3)));
    expect(V_PROVE_BATCHES);
}
END_TEST

START_TEST(the_constructor_is_encoded_as_cast_encodes_it)
{
    static struct hawser_deployment d;
    memset(&d, 0, sizeof d);
    d.chain_count = 2;
    d.chains[0] = (struct hawser_chain_entry){.index = 0, .chain_id = 31001, .finality = 12};
    d.chains[1] =
        (struct hawser_chain_entry){.index = 1, .chain_id = 31002, .finality = UINT32_MAX};
    memset(d.chains[0].hawser, 0x11, 20);
    memset(d.chains[1].hawser, 0x22, 20);
    word(d.genesis_root, 7);
    word(d.program_id, 8);
    word(d.salt, 10);
    memset(d.verifier, 0x33, 20);
    d.threshold = 3;
    d.oracle_count = 2;
    memset(d.oracles[0], 0x55, 20);
    memset(d.oracles[1], 0x66, 20);
    memset(d.operator_address, 0x77, 20);
    memset(d.registrar, 0x88, 20);
    d.execution_delay = 60;
    d.base_fee = 1000;
    ck_assert_ok(hawser_encode_constructor(&buf, &d));
    expect(V_CONSTRUCTOR);
}
END_TEST

START_TEST(a_commit_is_decoded_to_what_was_encoded)
{
    struct hawser_statement s, expected = statement();
    struct bytes_buf data;
    struct span segments[HAWSER_SEGMENTS_MAX];
    size_t n;
    uint64_t epoch;
    from_hex(&data, V_COMMIT_NOTHING);
    ck_assert_ok(hawser_decode_commit_batch(&s, segments, &n, &epoch, bytes_buf_span(&data)));
    ck_assert_uint_eq(n, 0);
    bytes_buf_deinit(&data);
    from_hex(&data, V_COMMIT_THREE);
    ck_assert_ok(hawser_decode_commit_batch(&s, segments, &n, &epoch, bytes_buf_span(&data)));
    ck_assert_mem_eq(&s, &expected, sizeof s);
    ck_assert_uint_eq(n, 3);
    ck_assert_uint_eq(segments[0].len, 3);
    ck_assert_mem_eq(segments[0].data, "\1\2\3", 3);
    ck_assert_uint_eq(segments[1].len, 32);
    ck_assert_uint_eq(segments[1].data[31], 7);
    ck_assert_uint_eq(segments[2].len, 33);
    ck_assert_uint_eq(segments[2].data[32], 9);
    ck_assert_uint_eq(epoch, 6);
    /* every truncation is refused, none reads past the end (ASan) */
    for (size_t len = 4; len < data.len; len++) {
        uint8_t *copy = malloc(len);
        memcpy(copy, data.data, len);
        ck_assert_int_ne(
            hawser_decode_commit_batch(&s, segments, &n, &epoch, span_make(copy, len)), ERR_OK);
        free(copy);
    }
    data.data[0] ^= 1;
    ck_assert_err(hawser_decode_commit_batch(&s, segments, &n, &epoch, bytes_buf_span(&data)),
                  ERR_NOT_FOUND);
    bytes_buf_deinit(&data);
}
END_TEST

START_TEST(a_commit_with_a_blob_is_decoded_to_what_was_encoded)
{
    struct hawser_statement s, expected = statement();
    struct bytes_buf data;
    struct hawser_blob_segment segments[HAWSER_SEGMENTS_MAX];
    uint8_t opening[HAWSER_OPENING_BYTES], w[32];
    size_t n;
    uint64_t epoch;
    from_hex(&data, V_COMMIT_BLOB);
    struct span all = bytes_buf_span(&data);
    ck_assert_ok(hawser_decode_commit_blob_batch(&s, segments, &n, opening, &epoch, all));
    ck_assert_mem_eq(&s, &expected, sizeof s);
    ck_assert_uint_eq(n, 2);
    word(w, 11);
    ck_assert_mem_eq(segments[0].hash, w, 32);
    ck_assert_uint_eq(segments[0].length, 2039);
    ck_assert_uint_eq(segments[0].head.len, 2);
    ck_assert_uint_eq(segments[1].length, 44);
    ck_assert_uint_eq(segments[1].head.len, 44);
    ck_assert_uint_eq(segments[1].head.data[43], 7);
    ck_assert_uint_eq(opening[0], 0xcd);
    ck_assert_uint_eq(opening[127], 0xcd);
    ck_assert_uint_eq(epoch, 6);
    struct span plain[HAWSER_SEGMENTS_MAX];
    ck_assert_err(hawser_decode_commit_batch(&s, plain, &n, &epoch, all), ERR_NOT_FOUND);
    for (size_t len = 4; len < data.len; len++) {
        uint8_t *copy = malloc(len);
        memcpy(copy, data.data, len);
        ck_assert_int_ne(hawser_decode_commit_blob_batch(&s, segments, &n, opening, &epoch,
                                                         span_make(copy, len)),
                         ERR_OK);
        free(copy);
    }
    /* an opening of 127 bytes with a zero behind: the length word is 160 bytes before the end */
    data.data[data.len - 129] = 127;
    data.data[data.len - 1] = 0;
    ck_assert_err(hawser_decode_commit_blob_batch(&s, segments, &n, opening, &epoch, all), ERR_PARSE);
    data.data[0] ^= 1;
    ck_assert_err(hawser_decode_commit_blob_batch(&s, segments, &n, opening, &epoch, all),
                  ERR_NOT_FOUND);
    bytes_buf_deinit(&data);
}
END_TEST

START_TEST(a_damaged_commit_never_reads_outside)
{
    struct rng rng;
    struct hawser_statement s;
    struct span segments[HAWSER_SEGMENTS_MAX];
    size_t n;
    uint64_t epoch;
    struct bytes_buf data;
    check_seed(&rng);
    from_hex(&data, V_COMMIT_THREE);
    for (int round = 0; round < 20000; round++) {
        uint8_t copy[1024];
        ck_assert_uint_le(data.len, sizeof copy);
        memcpy(copy, data.data, data.len);
        for (int i = 0; i < 3; i++) copy[4 + rng_u64(&rng) % (data.len - 4)] = (uint8_t)rng_u64(&rng);
        struct span damaged = span_make(copy, data.len);
        if (hawser_decode_commit_batch(&s, segments, &n, &epoch, damaged) != ERR_OK) continue;
        for (size_t i = 0; i < n; i++) {
            ck_assert(segments[i].data >= copy);
            ck_assert(segments[i].data + segments[i].len <= copy + data.len);
        }
    }
    bytes_buf_deinit(&data);
    from_hex(&data, V_COMMIT_BLOB);
    for (int round = 0; round < 20000; round++) {
        uint8_t copy[2048], opening[HAWSER_OPENING_BYTES];
        struct hawser_blob_segment parts[HAWSER_SEGMENTS_MAX];
        ck_assert_uint_le(data.len, sizeof copy);
        memcpy(copy, data.data, data.len);
        for (int i = 0; i < 3; i++) copy[4 + rng_u64(&rng) % (data.len - 4)] = (uint8_t)rng_u64(&rng);
        struct span damaged = span_make(copy, data.len);
        enum err err = hawser_decode_commit_blob_batch(&s, parts, &n, opening, &epoch, damaged);
        for (size_t i = 0; err == ERR_OK && i < n; i++) {
            ck_assert(parts[i].head.data >= copy);
            ck_assert(parts[i].head.data + parts[i].head.len <= copy + data.len);
        }
    }
    bytes_buf_deinit(&data);
}
END_TEST

static struct chain_log log_of(const char *topic, uint8_t indexed, bool has_indexed,
                               const char *data, struct bytes_buf *storage)
{
    struct chain_log log = {.topic_count = has_indexed ? 2 : 1};
    ck_assert_ok(hex_decode_fixed(log.topics[0], 32, topic, strlen(topic)));
    word(log.topics[1], indexed);
    from_hex(storage, data);
    log.data = bytes_buf_span(storage);
    return log;
}

START_TEST(events_are_decoded)
{
    struct hawser_event e;
    struct bytes_buf data;
    struct chain_log log;
    memset(address, 0x11, sizeof address);

    log = log_of(V_TOPIC_PRIORITY_REQUEST, 7, true, V_DATA_PRIORITY_REQUEST, &data);
    ck_assert_ok(hawser_decode_event(&e, &log));
    ck_assert_int_eq(e.kind, HAWSER_EVENT_PRIORITY_REQUEST);
    ck_assert_uint_eq(e.index, 7);
    ck_assert_uint_eq(e.request_kind, 4);
    ck_assert_uint_eq(e.request.len, 4);
    ck_assert_mem_eq(e.request.data, "\x40\0\0\x09", 4);
    ck_assert_mem_eq(e.address, address, 20);
    ck_assert_uint_eq(e.expires_at, 1760604800);
    log.data.len -= 32;
    ck_assert_int_ne(hawser_decode_event(&e, &log), ERR_OK);
    bytes_buf_deinit(&data);

    log = log_of(V_TOPIC_BATCH_COMMITTED, 9, true, V_DATA_BATCH_COMMITTED, &data);
    ck_assert_ok(hawser_decode_event(&e, &log));
    ck_assert_int_eq(e.kind, HAWSER_EVENT_BATCH_COMMITTED);
    ck_assert_uint_eq(e.k, 9);
    ck_assert_uint_eq(e.stmt[31], 1);
    ck_assert_uint_eq(e.final_root[31], 2);
    ck_assert_uint_eq(e.digest[31], 3);
    log.topic_count = 1;
    ck_assert_err(hawser_decode_event(&e, &log), ERR_PARSE);
    bytes_buf_deinit(&data);

    log = log_of(V_TOPIC_PAID, 3, true, V_DATA_PAID, &data);
    ck_assert_ok(hawser_decode_event(&e, &log));
    ck_assert_int_eq(e.kind, HAWSER_EVENT_PAID);
    ck_assert_uint_eq(e.token, 2);
    ck_assert_mem_eq(e.address, address, 20);
    ck_assert(e.amount == (abi_u128)1000000000000ull * 1000000000ull);
    log.topics[0][0] ^= 1;
    ck_assert_err(hawser_decode_event(&e, &log), ERR_NOT_FOUND);
    bytes_buf_deinit(&data);

    log = log_of(V_TOPIC_REFUNDED, 0, false, V_DATA_REFUNDED, &data);
    ck_assert_ok(hawser_decode_event(&e, &log));
    ck_assert_int_eq(e.kind, HAWSER_EVENT_REFUNDED);
    ck_assert_uint_eq(e.index, 7);
    ck_assert(e.amount == 5);
    bytes_buf_deinit(&data);
}
END_TEST

static void expect_revert(const char *data, const char *expected)
{
    char text[HAWSER_REVERT_TEXT];
    struct bytes_buf bytes;
    from_hex(&bytes, data);
    hawser_revert_text(text, bytes_buf_span(&bytes));
    ck_assert_str_eq(text, expected);
    bytes_buf_deinit(&bytes);
}

START_TEST(revert_data_reads_as_the_error_in_solidity)
{
    expect_revert(V_ERROR_WRONG_BATCH, "WrongBatch(3, 2)");
    expect_revert(V_ERROR_BAD_DEPLOYMENT, "BadDeployment(oracle order)");
    expect_revert(V_ERROR_STRING, "Error(nope)");
    expect_revert(V_ERROR_PANIC, "Panic(17)");
    expect_revert(V_ERROR_NOT_OPERATOR, "NotOperator(0x1111111111111111111111111111111111111111)");
    expect_revert("0x", "no data");
    expect_revert("0x0102", "0x0102");
    expect_revert("0xffffffff01", "0xffffffff01");
    /* cut in the middle of its arguments */
    expect_revert("0xd805d04a0000", "WrongBatch(?, ?)");
}
END_TEST

/* "Name(type,type)" of an entry of the compiler's ABI; tuples do not occur in errors and events. */
static void signature_of(char *out, size_t size, const json_t *entry)
{
    size_t i;
    json_t *input;
    size_t used = (size_t)snprintf(out, size, "%s(",
                                   json_string_value(json_object_get(entry, "name")));
    json_array_foreach(json_object_get(entry, "inputs"), i, input)
    {
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? "," : "",
                                 json_string_value(json_object_get(input, "type")));
    }
    ck_assert_uint_lt(used + 1, size);
    snprintf(out + used, size - used, ")");
}

/* Every entry of a kind ("error", "event", "function") of a compiled contract. */
static unsigned for_each(const char *contract, const char *kind,
                         void (*visit)(const char *signature))
{
    char path[128];
    json_error_t error;
    unsigned count = 0;
    size_t i;
    json_t *entry;
    snprintf(path, sizeof path, "contracts/out/%s.json", contract);
    json_t *artifact = json_load_file(path, 0, &error);
    ck_assert_msg(artifact != NULL, "%s: build the target hawser_contracts", path);
    json_array_foreach(json_object_get(artifact, "abi"), i, entry)
    {
        char signature[256];
        if (strcmp(json_string_value(json_object_get(entry, "type")), kind) != 0) continue;
        signature_of(signature, sizeof signature, entry);
        visit(signature);
        count++;
    }
    json_decref(artifact);
    return count;
}

static void expect_named_error(const char *signature)
{
    char shown[HAWSER_REVERT_TEXT];
    uint8_t data[4 + 6 * 32] = {0};
    size_t name = strcspn(signature, "(");
    abi_selector(data, signature);
    hawser_revert_text(shown, span_make(data, sizeof data));
    ck_assert_msg(strncmp(shown, signature, name + 1) == 0, "%s is shown as %s", signature, shown);
}

static void expect_known_event(const char *signature)
{
    struct hawser_event e;
    uint8_t data[512] = {0};
    size_t name = strcspn(signature, "(");
    struct chain_log log = {.data = span_make(data, sizeof data)};
    data[63] = 0x80; /* where PriorityRequest's bytes are */
    abi_topic(log.topics[0], signature);
    for (log.topic_count = 1; log.topic_count <= 2; log.topic_count++) {
        if (hawser_decode_event(&e, &log) != ERR_OK) continue;
        ck_assert_uint_eq(strlen(hawser_event_name(e.kind)), name);
        ck_assert_int_eq(strncmp(hawser_event_name(e.kind), signature, name), 0);
        return;
    }
    ck_abort_msg("%s is not decoded", signature);
}

START_TEST(every_error_and_event_of_the_compiled_contracts_is_known)
{
    ck_assert_uint_ge(for_each("Hawser", "error", expect_named_error), 40);
    ck_assert_uint_ge(for_each("IProofVerifier", "error", expect_named_error), 10);
    ck_assert_uint_eq(for_each("Hawser", "event", expect_known_event), HAWSER_EVENT_COUNT_);
}
END_TEST

static uint8_t selectors[128][4];
static size_t selector_count;

static void collect_selector(const char *signature)
{
    ck_assert_uint_lt(selector_count, ARRAY_LEN(selectors));
    abi_selector(selectors[selector_count++], signature);
}

START_TEST(every_view_that_is_asked_exists)
{
    for_each("Hawser", "function", collect_selector);
    for (int view = 0; view < HAWSER_VIEW_COUNT_ + 8; view++) {
        switch (view - HAWSER_VIEW_COUNT_) {
        case 0: ck_assert_ok(hawser_encode_batches(&buf, 1)); break;
        case 1: ck_assert_ok(hawser_encode_requests(&buf, 1)); break;
        case 2: ck_assert_ok(hawser_encode_pending(&buf, 1, address)); break;
        case 3: ck_assert_ok(hawser_encode_held(&buf, 1)); break;
        case 4: ck_assert_ok(hawser_encode_key_nonce(&buf, address)); break;
        case 5: ck_assert_ok(hawser_encode_tokens(&buf, 1)); break;
        case 6: ck_assert_ok(hawser_encode_token_ids(&buf, address)); break;
        case 7: ck_assert_ok(hawser_encode_is_oracle(&buf, address)); break;
        default: ck_assert_ok(hawser_encode_view(&buf, (enum hawser_view)view)); break;
        }
        bool found = false;
        for (size_t i = 0; i < selector_count; i++) {
            if (memcmp(selectors[i], buf.data, 4) == 0) found = true;
        }
        ck_assert_msg(found, "view %d", view);
        bytes_buf_clear(&buf);
    }
}
END_TEST

START_TEST(rlp_is_that_of_cast)
{
    struct bytes_buf items, inner;
    uint8_t sixty[60];
    memset(sixty, 0x61, sizeof sixty);
    bytes_buf_init(&items, 1024);
    bytes_buf_init(&inner, 1024);
    ck_assert_ok(rlp_put_u64(&items, 0));
    ck_assert_ok(rlp_put_u64(&items, 0x7f));
    ck_assert_ok(rlp_put_u64(&items, 0x80));
    ck_assert_ok(rlp_put_u64(&inner, 1));
    ck_assert_ok(rlp_put_list(&items, bytes_buf_span(&inner)));
    ck_assert_ok(rlp_put_bytes(&items, span_make(sixty, sizeof sixty)));
    ck_assert_ok(rlp_put_list(&buf, bytes_buf_span(&items)));
    expect(V_RLP);
    bytes_buf_deinit(&items);
    bytes_buf_deinit(&inner);
}
END_TEST

static const uint8_t key[32] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45,
                                0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
                                0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};

START_TEST(signed_transactions_are_those_of_cast)
{
    uint8_t hash[32], expected[32];
    uint8_t data[] = {0xde, 0xad, 0xbe, 0xef};
    uint8_t code[] = {0x60, 0x01, 0x60, 0x00, 0x55, 0x00};
    struct chain_tx tx = {.data = span_make(data, sizeof data),
                          .value = u256_from_u64(1000000000000000000)};
    memset(tx.to, 0x11, sizeof tx.to);
    struct evm_tx_fields f = {.chain_id = 31001, .nonce = 9, .gas_limit = 100000,
                              .max_fee_per_gas = 30000000000,
                              .max_priority_fee_per_gas = 2000000000};
    ck_assert_ok(evm_tx_sign(&buf, hash, &tx, &f, key));
    expect(V_TX_CALL);
    ck_assert_ok(hex_decode_fixed(expected, 32, V_TX_CALL_HASH, strlen(V_TX_CALL_HASH)));
    ck_assert_mem_eq(hash, expected, 32);

    struct chain_tx create = {.is_create = true, .data = span_make(code, sizeof code)};
    struct evm_tx_fields g = {.chain_id = 31001, .nonce = 0, .gas_limit = 200000,
                              .max_fee_per_gas = 7, .max_priority_fee_per_gas = 1};
    ck_assert_ok(evm_tx_sign(&buf, hash, &create, &g, key));
    expect(V_TX_CREATE);
}
END_TEST

START_TEST(a_signed_transaction_with_a_blob_is_that_of_cast)
{
    static struct chain_blob blob;
    uint8_t hash[32], whole[32], expected[32], data[] = {0xde, 0xad, 0xbe, 0xef};
    memset(&blob, 0, sizeof blob); /* cast's data end within the first 256 bytes */
    ck_assert_ok(hex_decode_fixed(blob.blob, 256, V_BLOB_START, strlen(V_BLOB_START)));
    ck_assert_ok(kzg_commit(blob.commitment, blob.blob));
    ck_assert_ok(kzg_cell_proofs(blob.cell_proofs, blob.blob));
    struct chain_tx tx = {.data = span_make(data, sizeof data), .blob = &blob};
    memset(tx.to, 0x11, sizeof tx.to);
    struct evm_tx_fields f = {.chain_id = 31001, .nonce = 9, .gas_limit = 100000,
                              .max_fee_per_gas = 30000000000,
                              .max_priority_fee_per_gas = 2000000000, .max_fee_per_blob_gas = 17};
    ck_assert_ok(evm_tx_sign(&buf, hash, &tx, &f, key));
    ck_assert_uint_eq(buf.len, V_BLOB_TX_BYTES);
    keccak256(whole, buf.data, buf.len);
    ck_assert_ok(hex_decode_fixed(expected, 32, V_BLOB_TX_KECCAK, strlen(V_BLOB_TX_KECCAK)));
    ck_assert_mem_eq(whole, expected, 32);
    ck_assert_ok(hex_decode_fixed(expected, 32, V_BLOB_TX_HASH, strlen(V_BLOB_TX_HASH)));
    ck_assert_mem_eq(hash, expected, 32);
    tx.is_create = true;
    ck_assert_err(evm_tx_sign(&buf, hash, &tx, &f, key), ERR_ARG);
}
END_TEST

START_TEST(calldata_and_sidecar_of_the_greatest_size_fit)
{
    static struct chain_blob blob;
    static uint8_t data[CHAIN_CALLDATA_MAX];
    struct bytes_buf raw;
    uint8_t hash[32];
    struct chain_tx tx = {.data = span_make(data, sizeof data), .blob = &blob};
    struct evm_tx_fields f = {.chain_id = UINT64_MAX, .nonce = UINT64_MAX, .gas_limit = UINT64_MAX,
                              .max_fee_per_gas = UINT64_MAX, .max_priority_fee_per_gas = UINT64_MAX,
                              .max_fee_per_blob_gas = UINT64_MAX};
    memset(&tx.value, 0xff, sizeof tx.value);
    bytes_buf_init(&raw, EVM_TX_RAW_MAX);
    ck_assert_ok(evm_tx_sign(&raw, hash, &tx, &f, key));
    bytes_buf_deinit(&raw);
}
END_TEST

START_TEST(created_addresses_are_those_of_cast)
{
    static const struct {
        uint64_t nonce;
        const char *expected;
    } cases[] = {{0, V_CREATE_0}, {127, V_CREATE_127}, {128, V_CREATE_128},
                 {70000, V_CREATE_70000}};
    memset(address, 0x11, sizeof address);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t got[20], expected[20];
        ck_assert_ok(hex_decode_fixed(expected, 20, cases[i].expected, strlen(cases[i].expected)));
        evm_create_address(got, address, cases[i].nonce);
        ck_assert_mem_eq(got, expected, 20);
    }
}
END_TEST

START_TEST(the_blob_fee_is_twice_the_base_fee_up_to_the_limit)
{
    struct chain_options options = {.max_fee_per_blob_gas = 100};
    struct evm_tx_fields f = {0};
    struct chain_tx tx = {0};
    struct u256 base = u256_from_u64(50);
    struct chain_fault fault;
    ck_assert_ok(evm_decide_blob_fee(&f, &tx, &options, &base, &fault));
    ck_assert_uint_eq(f.max_fee_per_blob_gas, 100);
    base = u256_from_u64(51);
    ck_assert_err(evm_decide_blob_fee(&f, &tx, &options, &base, &fault), ERR_REJECTED);
    ck_assert_ptr_nonnull(strstr(fault.what, "102 wei per blob gas"));
    tx.max_fee_per_blob_gas = 77;
    ck_assert_ok(evm_decide_blob_fee(&f, &tx, &options, &base, &fault));
    ck_assert_uint_eq(f.max_fee_per_blob_gas, 77);
    tx.max_fee_per_blob_gas = 101;
    ck_assert_err(evm_decide_blob_fee(&f, &tx, &options, &base, &fault), ERR_REJECTED);
    tx.max_fee_per_blob_gas = 0;
    base = (struct u256){{0, 1, 0, 0}};
    ck_assert_err(evm_decide_blob_fee(&f, &tx, &options, &base, &fault), ERR_REJECTED);
    base = u256_from_u64(UINT64_MAX);
    ck_assert_err(evm_decide_blob_fee(&f, &tx, &options, &base, &fault), ERR_REJECTED);
}
END_TEST

START_TEST(fees_follow_base_fee_and_tip_up_to_the_limit)
{
    struct chain_options options = {.max_fee_per_gas = 100};
    struct evm_tx_fields f = {0};
    struct chain_tx tx = {0};
    struct u256 base = u256_from_u64(40);
    struct chain_fault fault;
    ck_assert_ok(evm_decide_fees(&f, &tx, &options, &base, 3, &fault));
    ck_assert_uint_eq(f.max_fee_per_gas, 83);
    ck_assert_uint_eq(f.max_priority_fee_per_gas, 3);
    base = u256_from_u64(49);
    ck_assert_err(evm_decide_fees(&f, &tx, &options, &base, 3, &fault), ERR_REJECTED);
    tx.max_fee_per_gas = 90;
    tx.max_priority_fee_per_gas = 95;
    ck_assert_ok(evm_decide_fees(&f, &tx, &options, &base, 3, &fault));
    ck_assert_uint_eq(f.max_fee_per_gas, 90);
    ck_assert_uint_eq(f.max_priority_fee_per_gas, 90);
    base = (struct u256){{0, 0, 0, 1}};
    tx = (struct chain_tx){0};
    ck_assert_err(evm_decide_fees(&f, &tx, &options, &base, 3, &fault), ERR_REJECTED);
    ck_assert_uint_eq(evm_gas_with_margin(1000, 20), 1200);
    ck_assert_uint_eq(evm_gas_with_margin(15000000, 20), EVM_TX_GAS_MAX);
    ck_assert_uint_eq(evm_gas_with_margin(EVM_TX_GAS_MAX, 20), EVM_TX_GAS_MAX);
    ck_assert_uint_eq(evm_gas_with_margin(20000000, 20), 24000000);
    ck_assert_uint_eq(evm_gas_with_margin(UINT64_MAX, 20), UINT64_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hawser_abi");
    TCase *tc = tcase_create("abi");
    tcase_set_timeout(tc, 240); /* cell proofs on a loaded machine */
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, calls_are_encoded_as_cast_encodes_them);
    tcase_add_test(tc, batches_are_encoded_as_cast_encodes_them);
    tcase_add_test(tc, the_constructor_is_encoded_as_cast_encodes_it);
    tcase_add_test(tc, a_commit_is_decoded_to_what_was_encoded);
    tcase_add_test(tc, a_commit_with_a_blob_is_decoded_to_what_was_encoded);
    tcase_add_test(tc, a_damaged_commit_never_reads_outside);
    tcase_add_test(tc, events_are_decoded);
    tcase_add_test(tc, revert_data_reads_as_the_error_in_solidity);
    tcase_add_test(tc, every_error_and_event_of_the_compiled_contracts_is_known);
    tcase_add_test(tc, every_view_that_is_asked_exists);
    tcase_add_test(tc, rlp_is_that_of_cast);
    tcase_add_test(tc, signed_transactions_are_those_of_cast);
    tcase_add_test(tc, a_signed_transaction_with_a_blob_is_that_of_cast);
    tcase_add_test(tc, calldata_and_sidecar_of_the_greatest_size_fit);
    tcase_add_test(tc, created_addresses_are_those_of_cast);
    tcase_add_test(tc, fees_follow_base_fee_and_tip_up_to_the_limit);
    tcase_add_test(tc, the_blob_fee_is_twice_the_base_fee_up_to_the_limit);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}
