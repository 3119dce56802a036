/* common/codec/json: strict parsing and errors that name the place. */
#include <string.h>

#include "common/codec/json.h"
#include "tests/support/check_main.h"

static struct json_error error;

static json_t *parse(const char *text)
{
    json_t *value;
    ck_assert_ok(json_parse(&value, text, strlen(text), &json_limits_request, &error));
    return value;
}

START_TEST(text_that_is_not_exactly_one_value_is_refused)
{
    static const char *const bad[] = {
        "",        "{",     "{} {}",       "{\"a\":1,\"a\":2}", "[1,]",       "nul",
        "{'a':1}", "[1] x", "\"\\u0000\"", "\"\xff\"",          "{\"a\":01}", "NaN"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        json_t *value;
        ck_assert_err(json_parse(&value, bad[i], strlen(bad[i]), &json_limits_request, &error),
                      ERR_PARSE);
    }
}
END_TEST

START_TEST(depth_and_size_are_bounded_before_parsing)
{
    struct json_limits limits = {.size_max = 40, .depth_max = 3};
    json_t *value;
    ck_assert_ok(json_parse(&value, "[[[1]]]", 7, &limits, &error));
    json_decref(value);
    ck_assert_err(json_parse(&value, "[[[[1]]]]", 9, &limits, &error), ERR_TOO_LARGE);
    ck_assert_ok(json_parse(&value, "[\"[[[[\\\"[[\"]", 12, &limits, &error));
    json_decref(value);
    char text[41];
    memset(text, ' ', sizeof text);
    text[0] = '1';
    ck_assert_ok(json_parse(&value, text, 40, &limits, &error));
    json_decref(value);
    ck_assert_err(json_parse(&value, text, 41, &limits, &error), ERR_TOO_LARGE);
}
END_TEST

START_TEST(getters_return_values_of_the_right_form)
{
    json_t *obj = parse("{\"s\":\"x\",\"b\":true,\"n\":42,\"d\":\"1000\",\"q\":\"0x1b4\","
                        "\"h\":\"0xBEEF\",\"o\":{\"k\":1},\"a\":[1,2,3]}");
    const char *s;
    bool b;
    uint64_t n;
    struct u256 v;
    uint8_t h[2];
    json_t *child;
    ck_assert_ok(json_get_string(&s, obj, "", "s", &error));
    ck_assert_str_eq(s, "x");
    ck_assert_ok(json_get_bool(&b, obj, "", "b", &error));
    ck_assert(b);
    ck_assert_ok(json_get_u64(&n, obj, "", "n", 42, &error));
    ck_assert_uint_eq(n, 42);
    ck_assert_ok(json_get_decimal(&v, obj, "", "d", &error));
    ck_assert_uint_eq(v.limb[0], 1000);
    ck_assert_ok(json_get_quantity_u64(&n, obj, "", "q", &error));
    ck_assert_uint_eq(n, 0x1b4);
    ck_assert_ok(json_get_hex_fixed(h, 2, obj, "", "h", &error));
    ck_assert_mem_eq(h, "\xbe\xef", 2);
    ck_assert_ok(json_get_object(&child, obj, "", "o", &error));
    ck_assert_ok(json_get_array(&child, obj, "", "a", 3, &error));
    ck_assert_uint_eq(json_array_size(child), 3);
    struct bytes_buf buf;
    bytes_buf_init(&buf, 10);
    ck_assert_ok(json_get_hex(&buf, obj, "", "h", &error));
    ck_assert_uint_eq(buf.len, 2);
    bytes_buf_deinit(&buf);
    json_decref(obj);
}
END_TEST

START_TEST(errors_name_the_path_and_what_was_expected)
{
    json_t *obj =
        parse("{\"n\":-1,\"f\":1.5,\"big\":43,\"h\":\"0xzz\",\"bare\":\"beef\",\"x\":null,"
              "\"a\":[1,2,3],\"d\":\"01\",\"q\":\"0x10000000000000000\"}");
    uint64_t n;
    struct u256 v;
    uint8_t h[1];
    json_t *child;
    const char *s;
    ck_assert_err(json_get_u64(&n, obj, "params[0]", "n", 9, &error), ERR_PARSE);
    ck_assert_str_eq(error.text, "params[0].n: expected an integer of at least 0");
    ck_assert_err(json_get_u64(&n, obj, "", "f", 9, &error), ERR_PARSE);
    ck_assert_err(json_get_u64(&n, obj, "", "big", 42, &error), ERR_RANGE);
    ck_assert_str_eq(error.text, "big: 43 is above 42");
    ck_assert_err(json_get_hex_fixed(h, 1, obj, "", "h", &error), ERR_PARSE);
    ck_assert_err(json_get_hex_fixed(h, 2, obj, "", "bare", &error), ERR_PARSE);
    ck_assert_str_eq(error.text, "bare: expected 0x and 4 hex digits");
    ck_assert_err(json_get_string(&s, obj, "", "x", &error), ERR_NOT_FOUND);
    ck_assert_err(json_get_string(&s, obj, "", "absent", NULL), ERR_NOT_FOUND);
    ck_assert_err(json_get_string(&s, obj, "", "a", &error), ERR_PARSE);
    ck_assert_err(json_get_array(&child, obj, "", "a", 2, &error), ERR_RANGE);
    ck_assert_err(json_get_decimal(&v, obj, "", "d", &error), ERR_PARSE);
    ck_assert_err(json_get_quantity_u64(&n, obj, "", "q", &error), ERR_RANGE);
    ck_assert_ok(json_get_array(&child, obj, "", "a", 3, &error));
    ck_assert_err(json_get_string(&s, child, "a", "k", &error), ERR_PARSE);
    ck_assert_str_eq(error.text, "a: expected an object");
    json_decref(obj);
}
END_TEST

START_TEST(a_key_outside_the_list_is_refused_by_name)
{
    static const char *const keys[] = {"from", "to"};
    json_t *obj = parse("{\"from\":1,\"tto\":2}");
    ck_assert_err(json_check_keys(obj, "order", keys, 2, &error), ERR_PARSE);
    ck_assert_str_eq(error.text, "order.tto: unknown key");
    json_object_del(obj, "tto");
    ck_assert_ok(json_check_keys(obj, "order", keys, 2, &error));
    json_decref(obj);
}
END_TEST

START_TEST(writing_is_bounded_and_leaves_the_buffer_on_failure)
{
    struct bytes_buf buf;
    bytes_buf_init(&buf, 12);
    json_t *obj = parse("{\"a\":[1,2]}");
    ck_assert_ok(json_write(&buf, obj));
    ck_assert_uint_eq(buf.len, 11);
    ck_assert_mem_eq(buf.data, "{\"a\":[1,2]}", 11);
    ck_assert_err(json_write(&buf, obj), ERR_TOO_LARGE);
    ck_assert_uint_eq(buf.len, 11);
    bytes_buf_deinit(&buf);
    json_decref(obj);
}
END_TEST

START_TEST(new_values_have_ethereums_forms)
{
    struct u256 v;
    ck_assert_ok(u256_from_decimal(&v, "340282366920938463463374607431768211456", 39));
    json_t *decimal = json_new_decimal(&v);
    json_t *quantity = json_new_quantity_u64(0);
    json_t *hex = json_new_hex("\x01\xff", 2);
    ck_assert_str_eq(json_string_value(decimal), "340282366920938463463374607431768211456");
    ck_assert_str_eq(json_string_value(quantity), "0x0");
    ck_assert_str_eq(json_string_value(hex), "0x01ff");
    json_decref(decimal);
    json_decref(quantity);
    json_decref(hex);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/codec/json");
    TCase *c = tcase_create("json");
    tcase_add_test(c, text_that_is_not_exactly_one_value_is_refused);
    tcase_add_test(c, depth_and_size_are_bounded_before_parsing);
    tcase_add_test(c, getters_return_values_of_the_right_form);
    tcase_add_test(c, errors_name_the_path_and_what_was_expected);
    tcase_add_test(c, a_key_outside_the_list_is_refused_by_name);
    tcase_add_test(c, writing_is_bounded_and_leaves_the_buffer_on_failure);
    tcase_add_test(c, new_values_have_ethereums_forms);
    suite_add_tcase(s, c);
    return check_main(s);
}
