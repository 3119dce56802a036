#ifndef CORE_STATE_OVERLAY_H
#define CORE_STATE_OVERLAY_H
/* The cells one open slice has accessed, over the sealed state: reads through, writes here, undo
 * to any earlier mark, exact counts of what the leaf program will need.
 *
 * Threads:   one thread. Lifetime: borrows cells; one overlay at a time over a store.
 * Limits:    accesses and cells of `limits` (one more per access than is kept gives ERR_FULL). */
#include "common/base/err.h"
#include "core/batch/chain_trace.h"
#include "core/state/cells.h"

enum { OVERLAY_UNDO_MAX = 8192, OVERLAY_INDEX_LOG = 12, OVERLAY_INDEX = 1 << OVERLAY_INDEX_LOG };

struct overlay_undo {
    uint16_t entry;
    struct cell before;
};
struct overlay {
    const struct cells *cells;
    const struct overlay *below; /* not NULL: values come from it, as if its cells were written */
    const struct batch_limits *limits; /* batch_limits_standard after overlay_init */
    uint32_t n_cells;
    struct touched_cell touched[BATCH_CELLS_MAX]; /* in the order of first access; after = now */
    uint32_t address[BATCH_CELLS_MAX];            /* account * 256 + slot of each */
    uint32_t n_accesses, n_tree_rows;
    uint32_t n_undo;
    struct overlay_undo undo[OVERLAY_UNDO_MAX];
    uint16_t index[OVERLAY_INDEX]; /* open addressing: entry + 1, 0 = free */
};
struct overlay_mark {
    uint32_t n_cells, n_accesses, n_tree_rows, n_undo;
};

void overlay_init(struct overlay *o, const struct cells *cells);
/* One access: counts it and marks the cell as touched. ERR_FULL past a limit. */
MUST_CHECK enum err overlay_get(struct overlay *o, uint32_t account, uint8_t slot,
                                struct cell *out);
/* Reads the old value and writes in one access (old may be NULL). */
MUST_CHECK enum err overlay_update(struct overlay *o, uint32_t account, uint8_t slot,
                                   const struct cell *value, struct cell *old);
/* The present value without an access. */
void overlay_peek(const struct overlay *o, uint32_t account, uint8_t slot, struct cell *out);
struct overlay_mark overlay_mark(const struct overlay *o);
/* Back to the mark, exactly. */
void overlay_rollback(struct overlay *o, struct overlay_mark mark);
/* Sorts touched cells by (account, slot) into out. */
void overlay_sorted(const struct overlay *o, struct touched_cell out[BATCH_CELLS_MAX]);
/* All tree rows of sorted touched cells (n_rows known from n_tree_rows), sorted by (level, prefix);
 * gives both roots. `cells` is hashed and still holds the values before. ERR_NOMEM. */
MUST_CHECK enum err tree_rows_build(const struct cells *cells, const struct touched_cell *sorted,
                                    uint32_t n_cells, struct tree_row **rows, uint32_t *n_rows,
                                    struct digest8 *root_before, struct digest8 *root_after);
#endif
