#ifndef CORE_STATE_CELLS_H
#define CORE_STATE_CELLS_H
/* The cells of one chain and their Merkle tree of depth 32 (REQ-CELL-1): every cell not stored is
 * eight zeros. Holds the state after the last sealed batch; an open batch is an overlay over it
 * (core/state/overlay.h).
 *
 * Threads:  one thread; reads may run in parallel while nobody writes and the tree is hashed.
 * Memory:   linear in the stored cells: per account its cells and about 2 nodes (ids are dense).
 * Cost:     cells_set is O(1) and marks the account; hashing is done by the next cells_root. */
#include <stddef.h>

#include "common/base/err.h"
#include "core/op/op.h"

enum {
    CELLS_DEPTH = 32,
    CELLS_ACCOUNT_BITS = 24,
    SLOT_IDENTITY = 0, /* digest of what the account is */
    SLOT_KEYS = 1,     /* user: changes and lane counters */
    SLOT_BALANCE_MIN = 2,
    SLOT_OWN_ONLY = 128, /* from here on only the owner credits */
    SLOT_POOL_RESERVE = 2,
    SLOT_POOL_SUPPLY = 3,
    SLOT_POOL_WINDOW = 4,
    ACCOUNT_SYSTEM = 0,
    SYSTEM_SLOT_NEXT = 2, /* cell (0, 2): next account id */
};

struct cells;

/* All cells empty. NULL without memory. */
struct cells *cells_new(void);
/* The genesis state: only (0, 2) = (1, 0 x 7). NULL without memory. */
struct cells *cells_new_genesis(void);
void cells_free(struct cells *cells);

/* account <= ACCOUNT_NEW. */
void cells_get(const struct cells *cells, uint32_t account, uint8_t slot, struct cell *out);
/* ERR_RANGE for account > ACCOUNT_NEW or an element >= p; ERR_NOMEM. Zero cells are not stored. */
MUST_CHECK enum err cells_set(struct cells *cells, uint32_t account, uint8_t slot,
                              const struct cell *value);
/* Brings the tree up to date and gives its root. ERR_NOMEM. */
MUST_CHECK enum err cells_root(struct cells *cells, struct digest8 *out);
/* Digest of the node with the `level` leading address bits `prefix` (0 = root, 32 = the cell).
 * ERR_BAD_STATE after a set without cells_root; ERR_RANGE. */
MUST_CHECK enum err cells_node(const struct cells *cells, uint32_t level, uint32_t prefix,
                               struct digest8 *out);
/* Root of an empty subtree: level 32 = the empty cell, 0 = the empty tree. */
const struct digest8 *cells_empty_node(const struct cells *cells, uint32_t level);
/* Number of stored (non-zero) cells and of accounts that have one. */
size_t cells_count(const struct cells *cells);
size_t cells_count_accounts(const struct cells *cells);
/* Every stored cell, by ascending (account, slot); stops when `each` returns false. ERR_NOMEM. */
MUST_CHECK enum err cells_each(const struct cells *cells,
                               bool (*each)(void *ctx, uint32_t account, uint8_t slot,
                                            const struct cell *value),
                               void *ctx);

/* ---- reading cells as what they mean ---- */
static inline bool cell_is_zero(const struct cell *c)
{
    uint32_t any = 0;
    for (int i = 0; i < 8; i++) any |= c->e[i];
    return any == 0;
}
bool cell_equal(const struct cell *a, const struct cell *b);
/* (first element, amount 7 limbs), also for amount 0: balances write the zero cell themselves. */
void cell_of_amount(struct cell *out, uint32_t first, struct amount amount);
/* Amount of a balance, reserve, supply or window cell (limbs are below 2^16 in every valid state;
 * ERR_CORRUPT otherwise). */
MUST_CHECK enum err cell_amount(struct amount *out, const struct cell *c);
#endif
