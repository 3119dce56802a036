#ifndef CHAIN_ADAPTERS_EVM_RLP_H
#define CHAIN_ADAPTERS_EVM_RLP_H
/* Recursive length prefix, writing only: what a transaction needs.
 *
 * Threads:   pure. Writers append to the caller's buffer, whose max bounds them.
 * Source:    Ethereum yellow paper, appendix B. */

#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/base/u256.h"

MUST_CHECK enum err rlp_put_bytes(struct bytes_buf *out, struct span data);
/* Shortest big-endian form; 0 is the empty string. */
MUST_CHECK enum err rlp_put_u64(struct bytes_buf *out, uint64_t v);
MUST_CHECK enum err rlp_put_u256(struct bytes_buf *out, const struct u256 *v);
/* A list whose encoded items are `payload`. */
MUST_CHECK enum err rlp_put_list(struct bytes_buf *out, struct span payload);

#endif
