#include "common/base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"

struct span span_of_str(const char *s)
{
    return span_make(s, strlen(s));
}

bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool bytes_are_zero(const void *data, size_t len)
{
    const uint8_t *p = data;
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= p[i];
    return any == 0;
}

bool bytes_equal_ct(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *pa = a;
    const volatile uint8_t *pb = b;
    uint8_t diff = 0;
    for (size_t i = 0; i < len; i++)
        diff |= (uint8_t)(pa[i] ^ pb[i]);
    return diff == 0;
}

void bytes_buf_init(struct bytes_buf *buf, size_t max)
{
    REQUIRE(max > 0);
    *buf = (struct bytes_buf){.max = max};
}

void bytes_buf_deinit(struct bytes_buf *buf)
{
    free(buf->data);
    *buf = (struct bytes_buf){.max = buf->max};
}

void bytes_buf_deinit_secret(struct bytes_buf *buf)
{
    if (buf->data != NULL) explicit_bzero(buf->data, buf->cap);
    bytes_buf_deinit(buf);
}

void bytes_buf_clear(struct bytes_buf *buf)
{
    buf->len = 0;
}

enum err bytes_buf_reserve(struct bytes_buf *buf, size_t more)
{
    REQUIRE(buf->len <= buf->max);
    if (more > buf->max - buf->len) return ERR_TOO_LARGE;
    size_t need = buf->len + more;
    if (need <= buf->cap) return ERR_OK;
    size_t cap = buf->cap > 0 ? buf->cap : 64;
    while (cap < need)
        cap = cap > buf->max / 2 ? buf->max : cap * 2;
    if (cap > buf->max) cap = buf->max;
    /* Not realloc: a buffer may hold a secret, and realloc leaves copies behind. */
    uint8_t *data = malloc(cap);
    if (data == NULL) return ERR_NOMEM;
    if (buf->len > 0) memcpy(data, buf->data, buf->len);
    if (buf->data != NULL) {
        explicit_bzero(buf->data, buf->len);
        free(buf->data);
    }
    buf->data = data;
    buf->cap = cap;
    return ERR_OK;
}

enum err bytes_buf_append(struct bytes_buf *buf, const void *data, size_t len)
{
    ERR_TRY(bytes_buf_reserve(buf, len));
    if (len > 0) memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    return ERR_OK;
}

enum err bytes_buf_append_str(struct bytes_buf *buf, const char *s)
{
    return bytes_buf_append(buf, s, strlen(s));
}

enum err bytes_buf_append_zeros(struct bytes_buf *buf, size_t len)
{
    ERR_TRY(bytes_buf_reserve(buf, len));
    if (len > 0) memset(buf->data + buf->len, 0, len);
    buf->len += len;
    return ERR_OK;
}

enum err bytes_buf_append_u8(struct bytes_buf *buf, uint8_t v)
{
    return bytes_buf_append(buf, &v, 1);
}

enum err bytes_buf_append_be16(struct bytes_buf *buf, uint16_t v)
{
    uint8_t p[2];
    put_be16(p, v);
    return bytes_buf_append(buf, p, sizeof p);
}

enum err bytes_buf_append_be32(struct bytes_buf *buf, uint32_t v)
{
    uint8_t p[4];
    put_be32(p, v);
    return bytes_buf_append(buf, p, sizeof p);
}

enum err bytes_buf_append_be64(struct bytes_buf *buf, uint64_t v)
{
    uint8_t p[8];
    put_be64(p, v);
    return bytes_buf_append(buf, p, sizeof p);
}

enum err bytes_buf_printf(struct bytes_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) return ERR_ARG;
    /* vsnprintf writes a zero byte too: it needs one byte more than stays. */
    if ((size_t)len > buf->max - buf->len) return ERR_TOO_LARGE;
    char *text = malloc((size_t)len + 1);
    if (text == NULL) return ERR_NOMEM;
    va_start(args, format);
    int again = vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    enum err err = again == len ? bytes_buf_append(buf, text, (size_t)len) : ERR_INTERNAL;
    free(text);
    return err;
}

enum err byte_reader_span(struct byte_reader *r, struct span *out, size_t len)
{
    if (len > byte_reader_left(r)) return ERR_PARSE;
    *out = span_make(r->data + r->pos, len);
    r->pos += len;
    return ERR_OK;
}

enum err byte_reader_copy(struct byte_reader *r, void *out, size_t len)
{
    struct span part;
    ERR_TRY(byte_reader_span(r, &part, len));
    if (len > 0) memcpy(out, part.data, len);
    return ERR_OK;
}

enum err byte_reader_u8(struct byte_reader *r, uint8_t *out)
{
    return byte_reader_copy(r, out, 1);
}

enum err byte_reader_be16(struct byte_reader *r, uint16_t *out)
{
    struct span part;
    ERR_TRY(byte_reader_span(r, &part, 2));
    *out = get_be16(part.data);
    return ERR_OK;
}

enum err byte_reader_be32(struct byte_reader *r, uint32_t *out)
{
    struct span part;
    ERR_TRY(byte_reader_span(r, &part, 4));
    *out = get_be32(part.data);
    return ERR_OK;
}

enum err byte_reader_be64(struct byte_reader *r, uint64_t *out)
{
    struct span part;
    ERR_TRY(byte_reader_span(r, &part, 8));
    *out = get_be64(part.data);
    return ERR_OK;
}

enum err byte_reader_end(const struct byte_reader *r)
{
    return byte_reader_left(r) == 0 ? ERR_OK : ERR_PARSE;
}
