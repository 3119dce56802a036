/* json_parse, json_write and the getters: what parses is written and parses to the same value. */
#include "common/base/require.h"
#include "common/codec/json.h"
#include "tests/support/fuzz.h"

static void use_getters(const json_t *value)
{
    struct json_error error;
    const char *text;
    bool flag;
    uint64_t number;
    struct u256 wide;
    uint8_t fixed[20];
    json_t *child;
    static const char *const keys[] = {"a", "b"};
    bool any = json_get_string(&text, value, "x", "a", &error) == ERR_OK;
    any |= json_get_bool(&flag, value, "x", "a", &error) == ERR_OK;
    any |= json_get_u64(&number, value, "x", "a", 1000, &error) == ERR_OK;
    any |= json_get_decimal(&wide, value, "x", "a", &error) == ERR_OK;
    any |= json_get_quantity(&wide, value, "x", "a", &error) == ERR_OK;
    any |= json_get_quantity_u64(&number, value, "x", "a", &error) == ERR_OK;
    any |= json_get_hex_fixed(fixed, sizeof fixed, value, "x", "a", &error) == ERR_OK;
    any |= json_get_object(&child, value, "x", "a", &error) == ERR_OK;
    any |= json_get_array(&child, value, "x", "a", 3, &error) == ERR_OK;
    struct bytes_buf buf;
    bytes_buf_init(&buf, 64);
    any |= json_get_hex(&buf, value, "x", "a", &error) == ERR_OK;
    bytes_buf_deinit(&buf);
    if (json_check_keys(value, "x", keys, 2, &error) == ERR_OK) any = true;
    (void)any;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_error error;
    json_t *value;
    if (json_parse(&value, (const char *)data, size, &json_limits_request, &error) != ERR_OK) {
        return 0;
    }
    fuzz_accept();
    use_getters(value);
    struct bytes_buf text;
    bytes_buf_init(&text, 1 << 20);
    REQUIRE(json_write(&text, value) == ERR_OK);
    struct json_limits wide = {.size_max = 1 << 20, .depth_max = 64};
    json_t *again;
    REQUIRE(json_parse(&again, (const char *)text.data, text.len, &wide, &error) == ERR_OK);
    REQUIRE(json_equal(value, again) == 1);
    json_decref(again);
    json_decref(value);
    bytes_buf_deinit(&text);
    return 0;
}
