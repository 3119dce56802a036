#include "chain_adapters/evm/rlp.h"

#include "common/base/endian.h"

/* Prefix of a string (base 0x80) or list (base 0xc0) of len bytes. */
static enum err put_prefix(struct bytes_buf *out, uint8_t base, size_t len)
{
    if (len < 56) return bytes_buf_append_u8(out, (uint8_t)(base + len));
    uint8_t be[8];
    size_t skip = 0;
    put_be64(be, len);
    while (be[skip] == 0) skip++;
    ERR_TRY(bytes_buf_append_u8(out, (uint8_t)(base + 55 + (8 - skip))));
    return bytes_buf_append(out, be + skip, 8 - skip);
}

enum err rlp_put_bytes(struct bytes_buf *out, struct span data)
{
    if (data.len == 1 && data.data[0] < 0x80) return bytes_buf_append_u8(out, data.data[0]);
    ERR_TRY(put_prefix(out, 0x80, data.len));
    return data.len == 0 ? ERR_OK : bytes_buf_append(out, data.data, data.len);
}

enum err rlp_put_u64(struct bytes_buf *out, uint64_t v)
{
    struct u256 wide = u256_from_u64(v);
    return rlp_put_u256(out, &wide);
}

enum err rlp_put_u256(struct bytes_buf *out, const struct u256 *v)
{
    uint8_t be[32];
    size_t skip = 0;
    u256_to_be(be, v);
    while (skip < sizeof be && be[skip] == 0) skip++;
    return rlp_put_bytes(out, span_make(be + skip, sizeof be - skip));
}

enum err rlp_put_list(struct bytes_buf *out, struct span payload)
{
    ERR_TRY(put_prefix(out, 0xc0, payload.len));
    return payload.len == 0 ? ERR_OK : bytes_buf_append(out, payload.data, payload.len);
}
