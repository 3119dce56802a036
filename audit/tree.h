#ifndef AUDIT_TREE_H
#define AUDIT_TREE_H
/* The auditor's sparse Merkle tree of one chain: depth 32, leaves = cells of 8 elements, empty cell
 * = zeros (docs/protocol/state.md REQ-CELL-1). Nodes are kept in one hash table; a write walks its
 * path. Slow and obvious on purpose.
 *
 * Threads: one. Memory: about 33 nodes of 80 bytes per stored cell. */
#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

struct tree;
struct tree *tree_new(void); /* NULL without memory */
void tree_free(struct tree *t);
void tree_get(const struct tree *t, uint32_t account, uint8_t slot, uint32_t out[8]);
MUST_CHECK enum err tree_set(struct tree *t, uint32_t account, uint8_t slot,
                             const uint32_t value[8]);
void tree_root(const struct tree *t, uint32_t out[8]);
/* Every stored (non-zero) cell, in no order. */
void tree_each(const struct tree *t,
               void (*each)(void *ctx, uint32_t account, uint8_t slot, const uint32_t value[8]),
               void *ctx);
#endif
