#ifndef COMMON_CODEC_JSON_H
#define COMMON_CODEC_JSON_H
/* Strict JSON over jansson: bounded parsing, and getters whose errors name the place.
 *
 * Threads:   jansson values belong to one thread at a time (reference counts are not shared).
 * Lifetime:  values that getters return borrow from the parent; json_parse's result is the
 *            caller's (json_decref).
 * Limits:    struct json_limits, checked before jansson sees the text.
 * Amounts are decimal strings: a JSON number above 2^53 is not portable. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/u256.h"

struct json_limits {
    size_t size_max;    /* bytes of text */
    unsigned depth_max; /* nested arrays and objects */
    bool allow_nul;     /* zero characters in strings: nodes quote revert data in messages */
};

/* For requests of strangers: 64 KiB, 16 levels. */
extern const struct json_limits json_limits_request;
/* For answers of our own RPC servers: 64 MiB, 64 levels. */
extern const struct json_limits json_limits_rpc;

/* What is wrong and where, for a person: "params[0].amount: expected a decimal string". */
struct json_error {
    char text[256];
};

/* Parses one JSON value and nothing after it; duplicate keys, NUL characters and invalid UTF-8 are
 * refused. ERR_TOO_LARGE, ERR_PARSE. error may be NULL. */
MUST_CHECK enum err json_parse(json_t **out, const char *text, size_t len,
                               const struct json_limits *limits, struct json_error *error);
/* Compact text, keys in insertion order. ERR_TOO_LARGE if the buffer is too small. */
MUST_CHECK enum err json_write(struct bytes_buf *out, const json_t *value);

/* Getters. `where` is the path of obj for error texts ("" for the root). ERR_NOT_FOUND if obj has no
 * such key (or it is null), ERR_PARSE for another type or form. error may be NULL. */
MUST_CHECK enum err json_get_string(const char **out, const json_t *obj, const char *where,
                                    const char *key, struct json_error *error);
MUST_CHECK enum err json_get_bool(bool *out, const json_t *obj, const char *where, const char *key,
                                  struct json_error *error);
/* A JSON integer in [0, max]; ERR_RANGE past max. */
MUST_CHECK enum err json_get_u64(uint64_t *out, const json_t *obj, const char *where,
                                 const char *key, uint64_t max, struct json_error *error);
/* A decimal string such as "1000000000000000000". */
MUST_CHECK enum err json_get_decimal(struct u256 *out, const json_t *obj, const char *where,
                                     const char *key, struct json_error *error);
/* An Ethereum quantity string such as "0x1b4". */
MUST_CHECK enum err json_get_quantity(struct u256 *out, const json_t *obj, const char *where,
                                      const char *key, struct json_error *error);
MUST_CHECK enum err json_get_quantity_u64(uint64_t *out, const json_t *obj, const char *where,
                                          const char *key, struct json_error *error);
/* A hex string of exactly len bytes ("0x" needed). */
MUST_CHECK enum err json_get_hex_fixed(void *out, size_t len, const json_t *obj, const char *where,
                                       const char *key, struct json_error *error);
/* A hex string of any length, appended to out. */
MUST_CHECK enum err json_get_hex(struct bytes_buf *out, const json_t *obj, const char *where,
                                 const char *key, struct json_error *error);
MUST_CHECK enum err json_get_object(json_t **out, const json_t *obj, const char *where,
                                    const char *key, struct json_error *error);
/* An array of at most count_max elements; ERR_RANGE past it. */
MUST_CHECK enum err json_get_array(json_t **out, const json_t *obj, const char *where,
                                   const char *key, size_t count_max, struct json_error *error);
/* ERR_PARSE if obj is no object or has a key outside the list: for strict requests. */
MUST_CHECK enum err json_check_keys(const json_t *obj, const char *where, const char *const *keys,
                                    size_t key_count, struct json_error *error);

/* New string values; NULL without memory (json_object_set_new accepts and reports NULL). */
json_t *json_new_hex(const void *data, size_t len);
json_t *json_new_decimal(const struct u256 *value);
json_t *json_new_quantity_u64(uint64_t value);

/* Fills error->text if error is not NULL. */
void json_error_set(struct json_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
