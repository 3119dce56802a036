#include "chain_adapters/evm/abi.h"

#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/keccak256.h"

enum { WORD = 32 };

void abi_selector(uint8_t out[4], const char *signature)
{
    uint8_t topic[32];
    abi_topic(topic, signature);
    memcpy(out, topic, 4);
}

void abi_topic(uint8_t out[32], const char *signature)
{
    keccak256(out, signature, strlen(signature));
}

enum err abi_put_selector(struct bytes_buf *out, const char *signature)
{
    uint8_t selector[4];
    abi_selector(selector, signature);
    return bytes_buf_append(out, selector, sizeof selector);
}

enum err abi_put_word(struct bytes_buf *out, const uint8_t word[32])
{
    return bytes_buf_append(out, word, WORD);
}

enum err abi_put_u64(struct bytes_buf *out, uint64_t v)
{
    uint8_t word[WORD] = {0};
    put_be64(word + 24, v);
    return abi_put_word(out, word);
}

enum err abi_put_u128(struct bytes_buf *out, abi_u128 v)
{
    uint8_t word[WORD] = {0};
    put_be64(word + 16, (uint64_t)(v >> 64));
    put_be64(word + 24, (uint64_t)v);
    return abi_put_word(out, word);
}

enum err abi_put_u256(struct bytes_buf *out, const struct u256 *v)
{
    uint8_t word[WORD];
    u256_to_be(word, v);
    return abi_put_word(out, word);
}

enum err abi_put_address(struct bytes_buf *out, const uint8_t address[20])
{
    uint8_t word[WORD] = {0};
    memcpy(word + 12, address, 20);
    return abi_put_word(out, word);
}

enum err abi_put_fixed(struct bytes_buf *out, const uint8_t *data, size_t len)
{
    uint8_t word[WORD] = {0};
    REQUIRE(len <= WORD);
    memcpy(word, data, len);
    return abi_put_word(out, word);
}

size_t abi_bytes_size(size_t len)
{
    return WORD + (len + WORD - 1) / WORD * WORD;
}

enum err abi_put_bytes(struct bytes_buf *out, struct span data)
{
    ERR_TRY(bytes_buf_reserve(out, abi_bytes_size(data.len)));
    ERR_TRY(abi_put_u64(out, data.len));
    if (data.len > 0) ERR_TRY(bytes_buf_append(out, data.data, data.len));
    return bytes_buf_append_zeros(out, abi_bytes_size(data.len) - WORD - data.len);
}

void abi_patch_u64(struct bytes_buf *out, size_t pos, uint64_t v)
{
    REQUIRE(pos + WORD <= out->len);
    memset(out->data + pos, 0, 24);
    put_be64(out->data + pos + 24, v);
}

enum err abi_get_word(const uint8_t **out, struct span in, size_t index)
{
    if (index >= in.len / WORD) return ERR_PARSE;
    *out = in.data + index * WORD;
    return ERR_OK;
}

enum err abi_get_u64(uint64_t *out, struct span in, size_t index, uint64_t max)
{
    const uint8_t *word;
    ERR_TRY(abi_get_word(&word, in, index));
    if (!bytes_are_zero(word, 24)) return ERR_RANGE;
    uint64_t v = get_be64(word + 24);
    if (v > max) return ERR_RANGE;
    *out = v;
    return ERR_OK;
}

enum err abi_get_u128(abi_u128 *out, struct span in, size_t index)
{
    const uint8_t *word;
    ERR_TRY(abi_get_word(&word, in, index));
    if (!bytes_are_zero(word, 16)) return ERR_RANGE;
    *out = (abi_u128)get_be64(word + 16) << 64 | get_be64(word + 24);
    return ERR_OK;
}

enum err abi_get_u256(struct u256 *out, struct span in, size_t index)
{
    const uint8_t *word;
    ERR_TRY(abi_get_word(&word, in, index));
    return u256_from_be(out, word, WORD);
}

enum err abi_get_address(uint8_t out[20], struct span in, size_t index)
{
    const uint8_t *word;
    ERR_TRY(abi_get_word(&word, in, index));
    if (!bytes_are_zero(word, 12)) return ERR_RANGE;
    memcpy(out, word + 12, 20);
    return ERR_OK;
}

enum err abi_get_hash(uint8_t out[32], struct span in, size_t index)
{
    const uint8_t *word;
    ERR_TRY(abi_get_word(&word, in, index));
    memcpy(out, word, WORD);
    return ERR_OK;
}

enum err abi_get_tail(struct span *out, struct span in, size_t index)
{
    uint64_t offset;
    if (abi_get_u64(&offset, in, index, in.len) != ERR_OK) return ERR_PARSE;
    if (offset % WORD != 0) return ERR_PARSE;
    *out = span_make(in.data + offset, in.len - offset);
    return ERR_OK;
}

enum err abi_get_bytes(struct span *out, struct span in, size_t index)
{
    struct span tail;
    uint64_t len;
    ERR_TRY(abi_get_tail(&tail, in, index));
    if (abi_get_u64(&len, tail, 0, tail.len) != ERR_OK) return ERR_PARSE;
    if (abi_bytes_size(len) > tail.len) return ERR_PARSE;
    if (!bytes_are_zero(tail.data + WORD + len, abi_bytes_size(len) - WORD - len)) {
        return ERR_PARSE;
    }
    *out = span_make(tail.data + WORD, len);
    return ERR_OK;
}

enum err abi_get_array(size_t *count, struct span *elements, struct span in, size_t index,
                       size_t max)
{
    struct span tail;
    uint64_t n;
    ERR_TRY(abi_get_tail(&tail, in, index));
    ERR_TRY(abi_get_u64(&n, tail, 0, max));
    if (n > (tail.len - WORD) / WORD) return ERR_PARSE;
    *count = n;
    *elements = span_make(tail.data + WORD, tail.len - WORD);
    return ERR_OK;
}
