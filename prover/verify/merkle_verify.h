#ifndef PROVER_VERIFY_MERKLE_VERIFY_H
#define PROVER_VERIFY_MERKLE_VERIFY_H
/* Keccak Merkle trees with a cap: leaf = keccak256(bytes), node = keccak256(left | right).
 *
 * Threads: pure functions. Source: docs/protocol/proof.md section 5. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the leaf at `index` of a tree with 2^leaf_log leaves is below the cap (2^cap_log nodes
 * of 32 bytes). path: leaf_log - cap_log siblings of 32 bytes, from the leaf upwards.
 * Requires cap_log <= leaf_log, index < 2^leaf_log and leaf_len != 64. */
bool merkle_verify(const uint8_t *leaf, size_t leaf_len, uint32_t index, uint32_t leaf_log,
                   const uint8_t *path, const uint8_t *cap, uint32_t cap_log);

#endif
