#ifndef CHAIN_ADAPTERS_EVM_ABI_H
#define CHAIN_ADAPTERS_EVM_ABI_H
/* Solidity's contract ABI: words, static and dynamic values. Reading is strict: padding must be
 * zero, offsets and lengths must lie inside, so that one value has one encoding for us.
 *
 * Threads:   pure. Writers append to the caller's buffer, whose max bounds them.
 * Errors:    ERR_PARSE on malformed input, ERR_RANGE on a value that does not fit its type.
 * Source:    Solidity documentation, "Contract ABI Specification", version 0.8. */

#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/u256.h"

typedef unsigned __int128 abi_u128;

/* First four bytes of keccak256 of e.g. "transfer(address,uint256)". */
void abi_selector(uint8_t out[4], const char *signature);
/* keccak256 of an event's signature: its topic 0. */
void abi_topic(uint8_t out[32], const char *signature);

MUST_CHECK enum err abi_put_selector(struct bytes_buf *out, const char *signature);
MUST_CHECK enum err abi_put_word(struct bytes_buf *out, const uint8_t word[32]);
MUST_CHECK enum err abi_put_u64(struct bytes_buf *out, uint64_t v);
MUST_CHECK enum err abi_put_u128(struct bytes_buf *out, abi_u128 v);
MUST_CHECK enum err abi_put_u256(struct bytes_buf *out, const struct u256 *v);
MUST_CHECK enum err abi_put_address(struct bytes_buf *out, const uint8_t address[20]);
/* bytesN with N <= 32: left-aligned. */
MUST_CHECK enum err abi_put_fixed(struct bytes_buf *out, const uint8_t *data, size_t len);
/* The tail of a dynamic `bytes`: length, data, zeros up to the next word. */
MUST_CHECK enum err abi_put_bytes(struct bytes_buf *out, struct span data);
/* Size of that tail. */
size_t abi_bytes_size(size_t len);
/* Overwrites the word at byte `pos` (a placeholder) with v. */
void abi_patch_u64(struct bytes_buf *out, size_t pos, uint64_t v);

/* `in` is the encoding of a tuple (arguments, return values, event data); `index` counts its head's
 * words. */
MUST_CHECK enum err abi_get_word(const uint8_t **out, struct span in, size_t index);
MUST_CHECK enum err abi_get_u64(uint64_t *out, struct span in, size_t index, uint64_t max);
MUST_CHECK enum err abi_get_u128(abi_u128 *out, struct span in, size_t index);
MUST_CHECK enum err abi_get_u256(struct u256 *out, struct span in, size_t index);
MUST_CHECK enum err abi_get_address(uint8_t out[20], struct span in, size_t index);
MUST_CHECK enum err abi_get_hash(uint8_t out[32], struct span in, size_t index);
/* The rest of `in` from the offset that the head's word names: a nested tuple or array. */
MUST_CHECK enum err abi_get_tail(struct span *out, struct span in, size_t index);
/* A dynamic `bytes`; *out borrows from in. */
MUST_CHECK enum err abi_get_bytes(struct span *out, struct span in, size_t index);
/* A dynamic array: its element count (at most max) and the encoding of its elements as a tuple. */
MUST_CHECK enum err abi_get_array(size_t *count, struct span *elements, struct span in,
                                  size_t index, size_t max);

#endif
