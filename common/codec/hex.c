#include "common/codec/hex.h"

static const char digits[] = "0123456789abcdef";

void hex_encode(char *out, const void *data, size_t len)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * len] = '\0';
}

void hex_encode_0x(char *out, const void *data, size_t len)
{
    out[0] = '0';
    out[1] = 'x';
    hex_encode(out + 2, data, len);
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static void skip_prefix(const char **text, size_t *len)
{
    if (*len >= 2 && (*text)[0] == '0' && (*text)[1] == 'x') {
        *text += 2;
        *len -= 2;
    }
}

static enum err check_digits(const char *text, size_t len)
{
    if (len % 2 != 0) return ERR_PARSE;
    for (size_t i = 0; i < len; i++) {
        if (digit_value(text[i]) < 0) return ERR_PARSE;
    }
    return ERR_OK;
}

static uint8_t byte_at(const char *text)
{
    return (uint8_t)(digit_value(text[0]) << 4 | digit_value(text[1]));
}

enum err hex_decode_fixed(void *out, size_t len, const char *text, size_t text_len)
{
    skip_prefix(&text, &text_len);
    ERR_TRY(check_digits(text, text_len));
    if (text_len / 2 != len) return ERR_PARSE;
    uint8_t *p = out;
    for (size_t i = 0; i < len; i++)
        p[i] = byte_at(text + 2 * i);
    return ERR_OK;
}

enum err hex_decode(struct bytes_buf *out, const char *text, size_t text_len)
{
    skip_prefix(&text, &text_len);
    ERR_TRY(check_digits(text, text_len));
    ERR_TRY(bytes_buf_reserve(out, text_len / 2));
    for (size_t i = 0; i < text_len / 2; i++)
        out->data[out->len++] = byte_at(text + 2 * i);
    return ERR_OK;
}

enum err hex_append_0x(struct bytes_buf *out, const void *data, size_t len)
{
    if (len > (SIZE_MAX - 2) / 2) return ERR_TOO_LARGE;
    ERR_TRY(bytes_buf_reserve(out, 2 * len + 2));
    const uint8_t *p = data;
    out->data[out->len++] = '0';
    out->data[out->len++] = 'x';
    for (size_t i = 0; i < len; i++) {
        out->data[out->len++] = (uint8_t)digits[p[i] >> 4];
        out->data[out->len++] = (uint8_t)digits[p[i] & 15];
    }
    return ERR_OK;
}
