/* Numbers, hex and query strings as text: what is accepted comes back as the same text. */
#include <string.h>
#include <strings.h>

#include "common/base/require.h"
#include "common/base/u256.h"
#include "common/codec/hex.h"
#include "common/net/http_server.h"
#include "tests/support/fuzz.h"

static void check_decimal(const char *text, size_t len)
{
    struct u256 v;
    char back[U256_DECIMAL_MAX + 1];
    if (u256_from_decimal(&v, text, len) != ERR_OK) return;
    fuzz_accept();
    REQUIRE(u256_to_decimal(back, &v) == len);
    REQUIRE(memcmp(back, text, len) == 0);
}

static void check_quantity(const char *text, size_t len)
{
    struct u256 v;
    struct u256 again;
    char back[67];
    if (u256_from_quantity(&v, text, len) != ERR_OK) return;
    fuzz_accept();
    size_t back_len = u256_to_quantity(back, &v);
    REQUIRE(back_len <= len);
    REQUIRE(u256_from_quantity(&again, back, back_len) == ERR_OK);
    REQUIRE(u256_cmp(&v, &again) == 0);
}

static void check_hex(const char *text, size_t len)
{
    struct bytes_buf buf;
    struct bytes_buf back;
    bytes_buf_init(&buf, 1 << 16);
    bytes_buf_init(&back, 1 << 17);
    if (hex_decode(&buf, text, len) == ERR_OK) {
        bool has_prefix = len >= 2 && text[1] == 'x';
        fuzz_accept();
        REQUIRE(hex_append_0x(&back, buf.data, buf.len) == ERR_OK);
        REQUIRE(back.len == len + (has_prefix ? 0 : 2));
        REQUIRE(strncasecmp((const char *)back.data + 2, text + (has_prefix ? 2 : 0),
                            back.len - 2) == 0);
    }
    bytes_buf_deinit(&buf);
    bytes_buf_deinit(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    check_decimal(text, size);
    check_quantity(text, size);
    check_hex(text, size);
    char query[512];
    char value[64];
    size_t len = size < sizeof query - 1 ? size : sizeof query - 1;
    memcpy(query, data, len);
    query[len] = '\0';
    if (http_query_get(value, sizeof value, query, "a") == ERR_OK) {
        fuzz_accept();
        REQUIRE(strlen(value) < sizeof value);
    }
    return 0;
}
