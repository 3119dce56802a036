#include "common/codec/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/codec/hex.h"

const struct json_limits json_limits_request = {.size_max = 64 * 1024, .depth_max = 16};
const struct json_limits json_limits_rpc = {.size_max = 64 * 1024 * 1024, .depth_max = 64,
                                                   .allow_nul = true};

void json_error_set(struct json_error *error, const char *format, ...)
{
    if (error == NULL) return;
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
}

/* Deepest nesting of brackets outside strings. Wrong for malformed text, which jansson refuses. */
static unsigned nesting_depth(const char *text, size_t len)
{
    unsigned depth = 0;
    unsigned deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            depth++;
            if (depth > deepest) deepest = depth;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return deepest;
}

enum err json_parse(json_t **out, const char *text, size_t len, const struct json_limits *limits,
                    struct json_error *error)
{
    if (len > limits->size_max) {
        json_error_set(error, "%zu bytes of JSON, at most %zu are accepted", len, limits->size_max);
        return ERR_TOO_LARGE;
    }
    if (nesting_depth(text, len) > limits->depth_max) {
        json_error_set(error, "JSON nested deeper than %u levels", limits->depth_max);
        return ERR_TOO_LARGE;
    }
    json_error_t detail;
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | (limits->allow_nul ? JSON_ALLOW_NUL : 0);
    json_t *value = json_loadb(text, len, flags, &detail);
    if (value == NULL) {
        json_error_set(error, "line %d column %d: %s", detail.line, detail.column, detail.text);
        return ERR_PARSE;
    }
    *out = value;
    return ERR_OK;
}

struct write_target {
    struct bytes_buf *out;
    enum err err;
};

static int write_part(const char *data, size_t len, void *ctx)
{
    struct write_target *target = ctx;
    if (target->err == ERR_OK) target->err = bytes_buf_append(target->out, data, len);
    return target->err == ERR_OK ? 0 : -1;
}

enum err json_write(struct bytes_buf *out, const json_t *value)
{
    size_t before = out->len;
    struct write_target target = {out, ERR_OK};
    int rc = json_dump_callback(value, write_part, &target, JSON_COMPACT | JSON_ENCODE_ANY);
    if (rc == 0) return ERR_OK;
    out->len = before;
    return target.err != ERR_OK ? target.err : ERR_ARG;
}

static const char *dot(const char *where)
{
    return where[0] != '\0' ? "." : "";
}

static enum err wrong(const char *where, const char *key, const char *expected,
                      struct json_error *error)
{
    json_error_set(error, "%s%s%s: expected %s", where, dot(where), key, expected);
    return ERR_PARSE;
}

static enum err find(json_t **out, const json_t *obj, const char *where, const char *key,
                     struct json_error *error)
{
    if (!json_is_object(obj)) {
        json_error_set(error, "%s: expected an object", where[0] != '\0' ? where : "(root)");
        return ERR_PARSE;
    }
    json_t *value = json_object_get(obj, key);
    if (value == NULL || json_is_null(value)) {
        json_error_set(error, "%s%s%s: missing", where, dot(where), key);
        return ERR_NOT_FOUND;
    }
    *out = value;
    return ERR_OK;
}

static enum err find_string(json_t **out, const json_t *obj, const char *where, const char *key,
                            const char *expected, struct json_error *error)
{
    json_t *value;
    ERR_TRY(find(&value, obj, where, key, error));
    if (!json_is_string(value)) return wrong(where, key, expected, error);
    *out = value;
    return ERR_OK;
}

enum err json_get_string(const char **out, const json_t *obj, const char *where, const char *key,
                         struct json_error *error)
{
    json_t *value;
    ERR_TRY(find_string(&value, obj, where, key, "a string", error));
    *out = json_string_value(value);
    return ERR_OK;
}

enum err json_get_bool(bool *out, const json_t *obj, const char *where, const char *key,
                       struct json_error *error)
{
    json_t *value;
    ERR_TRY(find(&value, obj, where, key, error));
    if (!json_is_boolean(value)) return wrong(where, key, "true or false", error);
    *out = json_is_true(value);
    return ERR_OK;
}

enum err json_get_u64(uint64_t *out, const json_t *obj, const char *where, const char *key,
                      uint64_t max, struct json_error *error)
{
    json_t *value;
    ERR_TRY(find(&value, obj, where, key, error));
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return wrong(where, key, "an integer of at least 0", error);
    }
    uint64_t number = (uint64_t)json_integer_value(value);
    if (number > max) {
        json_error_set(error, "%s%s%s: %llu is above %llu", where, dot(where), key,
                       (unsigned long long)number, (unsigned long long)max);
        return ERR_RANGE;
    }
    *out = number;
    return ERR_OK;
}

enum err json_get_decimal(struct u256 *out, const json_t *obj, const char *where, const char *key,
                          struct json_error *error)
{
    static const char expected[] = "a decimal string below 2^256";
    json_t *value;
    ERR_TRY(find_string(&value, obj, where, key, expected, error));
    if (u256_from_decimal(out, json_string_value(value), json_string_length(value)) != ERR_OK) {
        return wrong(where, key, expected, error);
    }
    return ERR_OK;
}

enum err json_get_quantity(struct u256 *out, const json_t *obj, const char *where, const char *key,
                           struct json_error *error)
{
    static const char expected[] = "a quantity such as \"0x1b4\"";
    json_t *value;
    ERR_TRY(find_string(&value, obj, where, key, expected, error));
    if (u256_from_quantity(out, json_string_value(value), json_string_length(value)) != ERR_OK) {
        return wrong(where, key, expected, error);
    }
    return ERR_OK;
}

enum err json_get_quantity_u64(uint64_t *out, const json_t *obj, const char *where, const char *key,
                               struct json_error *error)
{
    struct u256 value;
    ERR_TRY(json_get_quantity(&value, obj, where, key, error));
    if (u256_to_u64(out, &value) != ERR_OK) {
        json_error_set(error, "%s%s%s: above 2^64 - 1", where, dot(where), key);
        return ERR_RANGE;
    }
    return ERR_OK;
}

static bool has_0x(const json_t *value)
{
    return strncmp(json_string_value(value), "0x", 2) == 0;
}

enum err json_get_hex_fixed(void *out, size_t len, const json_t *obj, const char *where,
                            const char *key, struct json_error *error)
{
    json_t *value;
    ERR_TRY(find_string(&value, obj, where, key, "hex text", error));
    if (!has_0x(value) ||
        hex_decode_fixed(out, len, json_string_value(value), json_string_length(value)) != ERR_OK) {
        json_error_set(error, "%s%s%s: expected 0x and %zu hex digits", where, dot(where), key,
                       2 * len);
        return ERR_PARSE;
    }
    return ERR_OK;
}

enum err json_get_hex(struct bytes_buf *out, const json_t *obj, const char *where, const char *key,
                      struct json_error *error)
{
    json_t *value;
    ERR_TRY(find_string(&value, obj, where, key, "hex text", error));
    if (!has_0x(value)) return wrong(where, key, "0x and hex digits", error);
    enum err err = hex_decode(out, json_string_value(value), json_string_length(value));
    if (err == ERR_PARSE) return wrong(where, key, "0x and hex digits", error);
    if (err != ERR_OK) json_error_set(error, "%s%s%s: %s", where, dot(where), key, err_text(err));
    return err;
}

enum err json_get_object(json_t **out, const json_t *obj, const char *where, const char *key,
                         struct json_error *error)
{
    json_t *value;
    ERR_TRY(find(&value, obj, where, key, error));
    if (!json_is_object(value)) return wrong(where, key, "an object", error);
    *out = value;
    return ERR_OK;
}

enum err json_get_array(json_t **out, const json_t *obj, const char *where, const char *key,
                        size_t count_max, struct json_error *error)
{
    json_t *value;
    ERR_TRY(find(&value, obj, where, key, error));
    if (!json_is_array(value)) return wrong(where, key, "an array", error);
    if (json_array_size(value) > count_max) {
        json_error_set(error, "%s%s%s: %zu elements, at most %zu", where, dot(where), key,
                       json_array_size(value), count_max);
        return ERR_RANGE;
    }
    *out = value;
    return ERR_OK;
}

static bool is_listed(const char *key, const char *const *keys, size_t key_count)
{
    for (size_t i = 0; i < key_count; i++) {
        if (strcmp(key, keys[i]) == 0) return true;
    }
    return false;
}

enum err json_check_keys(const json_t *obj, const char *where, const char *const *keys,
                         size_t key_count, struct json_error *error)
{
    if (!json_is_object(obj)) {
        json_error_set(error, "%s: expected an object", where[0] != '\0' ? where : "(root)");
        return ERR_PARSE;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)obj, key, value)
    {
        if (!is_listed(key, keys, key_count)) {
            json_error_set(error, "%s%s%.64s: unknown key", where, dot(where), key);
            return ERR_PARSE;
        }
    }
    return ERR_OK;
}

json_t *json_new_hex(const void *data, size_t len)
{
    if (len > (SIZE_MAX - 3) / 2) return NULL;
    char *text = malloc(2 * len + 3);
    if (text == NULL) return NULL;
    hex_encode_0x(text, data, len);
    json_t *value = json_stringn(text, 2 * len + 2);
    free(text);
    return value;
}

json_t *json_new_decimal(const struct u256 *value)
{
    char text[U256_DECIMAL_MAX + 1];
    size_t len = u256_to_decimal(text, value);
    return json_stringn(text, len);
}

json_t *json_new_quantity_u64(uint64_t value)
{
    char text[67];
    struct u256 wide = u256_from_u64(value);
    size_t len = u256_to_quantity(text, &wide);
    return json_stringn(text, len);
}
