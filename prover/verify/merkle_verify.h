#ifndef PROVER_VERIFY_MERKLE_VERIFY_H
#define PROVER_VERIFY_MERKLE_VERIFY_H
/* Merkle trees with a cap, of either profile. Keccak: leaf = keccak256(bytes), node = keccak256(left
 * | right). Poseidon: chains over the leaf's elements, node = compress(left, right).
 *
 * Threads: pure functions. Source: docs/protocol/proof.md section 5, recursion.md section 1. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prover/verify/labels.h"

/* Elements of the largest leaf. */
enum { MERKLE_LEAF_MAX = 1 << 8 };

/* The digest of a leaf of n <= MERKLE_LEAF_MAX elements in their proof encoding: base elements (4
 * bytes) or extension elements (20 bytes). False when one is not canonical (Poseidon only; Keccak
 * hashes any bytes). Keccak: the leaf is not 64 bytes long. Poseidon: a base leaf has 8 elements or
 * a multiple. */
bool merkle_hash_leaf(enum proof_profile profile, bool ext, const uint8_t *leaf, size_t n,
                      uint8_t out[32]);

/* Whether the leaf at `index` of a tree with 2^leaf_log leaves is below the cap (2^cap_log nodes
 * of 32 bytes). path: leaf_log - cap_log siblings of 32 bytes, from the leaf upwards. In the
 * Poseidon profile siblings and leaf must be canonical. Requires cap_log <= leaf_log, index <
 * 2^leaf_log and what merkle_hash_leaf asks of the leaf. */
bool merkle_verify(enum proof_profile profile, bool ext, const uint8_t *leaf, size_t n,
                   uint32_t index, uint32_t leaf_log, const uint8_t *path, const uint8_t *cap,
                   uint32_t cap_log);

#endif
