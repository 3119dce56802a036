#ifndef COMMON_CODEC_HEX_H
#define COMMON_CODEC_HEX_H
/* Bytes to and from hexadecimal text. Threads: pure. */

#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"

/* 2*len lower-case digits and a zero byte into out (2*len + 1 bytes). */
void hex_encode(char *out, const void *data, size_t len);
/* "0x" first: 2*len + 3 bytes. */
void hex_encode_0x(char *out, const void *data, size_t len);
/* Exactly len bytes from text, which has an optional "0x" and then exactly 2*len digits of either
 * case. ERR_PARSE otherwise. text_len: characters without a zero byte. */
MUST_CHECK enum err hex_decode_fixed(void *out, size_t len, const char *text, size_t text_len);
/* Any even number of digits, appended to out; the buffer's max bounds it. */
MUST_CHECK enum err hex_decode(struct bytes_buf *out, const char *text, size_t text_len);
/* Appends "0x..." to a text buffer. */
MUST_CHECK enum err hex_append_0x(struct bytes_buf *out, const void *data, size_t len);

#endif
