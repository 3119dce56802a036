#ifndef COMMON_BASE_BYTES_H
#define COMMON_BASE_BYTES_H
/* Byte strings: a borrowed view, a growing buffer with a ceiling, a reader that cannot overrun.
 *
 * Threads:   one thread per object.
 * Lifetime:  span borrows; bytes_buf owns its memory from init to deinit.
 * Limits:    bytes_buf never grows past the max given at init (ERR_TOO_LARGE). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct span {
    const uint8_t *data;
    size_t len;
};

static inline struct span span_make(const void *data, size_t len)
{
    return (struct span){(const uint8_t *)data, len};
}

/* The characters of a C string without its zero. */
struct span span_of_str(const char *s);
bool span_equal(struct span a, struct span b);
bool bytes_are_zero(const void *data, size_t len);
/* Same result as memcmp()==0 in time that depends on len only. */
bool bytes_equal_ct(const void *a, const void *b, size_t len);

struct bytes_buf {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t max;
};

/* Empty buffer, no allocation yet. max > 0 bytes. */
void bytes_buf_init(struct bytes_buf *buf, size_t max);
/* Frees; the buffer is as after init. */
void bytes_buf_deinit(struct bytes_buf *buf);
/* Same, and wipes what it held. For secrets. */
void bytes_buf_deinit_secret(struct bytes_buf *buf);
/* Length 0, memory kept. */
void bytes_buf_clear(struct bytes_buf *buf);
/* Room for `more` bytes past len. ERR_TOO_LARGE past max, ERR_NOMEM. */
MUST_CHECK enum err bytes_buf_reserve(struct bytes_buf *buf, size_t more);
/* Appends; on an error the buffer is unchanged. data may be NULL iff len is 0. */
MUST_CHECK enum err bytes_buf_append(struct bytes_buf *buf, const void *data, size_t len);
MUST_CHECK enum err bytes_buf_append_str(struct bytes_buf *buf, const char *s);
MUST_CHECK enum err bytes_buf_append_zeros(struct bytes_buf *buf, size_t len);
MUST_CHECK enum err bytes_buf_append_u8(struct bytes_buf *buf, uint8_t v);
MUST_CHECK enum err bytes_buf_append_be16(struct bytes_buf *buf, uint16_t v);
MUST_CHECK enum err bytes_buf_append_be32(struct bytes_buf *buf, uint32_t v);
MUST_CHECK enum err bytes_buf_append_be64(struct bytes_buf *buf, uint64_t v);
/* printf into the buffer, without the zero. */
MUST_CHECK enum err bytes_buf_printf(struct bytes_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline struct span bytes_buf_span(const struct bytes_buf *buf)
{
    return (struct span){buf->data, buf->len};
}

/* Reads a span front to back. Every read past the end is ERR_PARSE and moves nothing. */
struct byte_reader {
    const uint8_t *data;
    size_t len;
    size_t pos;
};

static inline struct byte_reader byte_reader_make(struct span in)
{
    return (struct byte_reader){in.data, in.len, 0};
}

static inline size_t byte_reader_left(const struct byte_reader *r)
{
    return r->len - r->pos;
}

MUST_CHECK enum err byte_reader_u8(struct byte_reader *r, uint8_t *out);
MUST_CHECK enum err byte_reader_be16(struct byte_reader *r, uint16_t *out);
MUST_CHECK enum err byte_reader_be32(struct byte_reader *r, uint32_t *out);
MUST_CHECK enum err byte_reader_be64(struct byte_reader *r, uint64_t *out);
MUST_CHECK enum err byte_reader_copy(struct byte_reader *r, void *out, size_t len);
/* *out borrows from the reader's input. */
MUST_CHECK enum err byte_reader_span(struct byte_reader *r, struct span *out, size_t len);
/* ERR_PARSE unless everything was read: decoders end with it. */
MUST_CHECK enum err byte_reader_end(const struct byte_reader *r);

#endif
