#ifndef DB_STORES_CELL_STORE_H
#define DB_STORES_CELL_STORE_H
/* Current cells of every chain at the last projected batch: a projection of the journal, written in
 * one transaction per batch together with the batch number. Threads: as the connection. */
#include "core/op/op.h"
#include "db/engine/db.h"

/* Writes one cell (a zero cell deletes the row). */
MUST_CHECK enum err cell_put(struct db *db, uint32_t chain, uint32_t account, uint8_t slot,
                             const struct cell *value);
MUST_CHECK enum err cell_read(struct db *db,
                              enum err (*each)(void *ctx, uint32_t chain, uint32_t account,
                                               uint8_t slot, const struct cell *value),
                              void *ctx);
/* Batch number of the projection; 0 at first. */
MUST_CHECK enum err cell_batch_get(struct db *db, uint64_t *k);
MUST_CHECK enum err cell_batch_set(struct db *db, uint64_t k);
/* Forgets the whole projection (before a rebuild from the journal). */
MUST_CHECK enum err cell_clear(struct db *db);
#endif
