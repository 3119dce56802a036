#ifndef DB_STORES_BACKUP_STORE_H
#define DB_STORES_BACKUP_STORE_H
/* All rows of the orchestrator's database as one file that fits every engine: a backup of SQLite can be
 * restored into PostgreSQL and the other way round.
 *
 * File: "HWSRDB1\n", then items (type u8, length u32, body), the last one of type 0 with the SHA-256 of
 * everything before it. The writer's row is not in it: a restored database begins with epoch 0.
 *
 * Threads: as the connection. Limits: BACKUP_ITEM_MAX bytes per item. */
#include <stdio.h>

#include "db/engine/db.h"
#include "db/stores/job_store.h"

enum { BACKUP_ITEM_MAX = JOB_PROOF_MAX + 128 };

struct backup_counts {
    uint64_t journal, outbox, jobs;
};

/* What one moment of the database holds, in the order of the keys; the journal's chain is checked.
 * The caller makes the file durable. text: what is wrong. */
MUST_CHECK enum err backup_write(struct db *db, FILE *out, struct backup_counts *counts, char *text,
                                 size_t text_size);
/* Into a migrated database without rows, in one transaction. ERR_CORRUPT: the file is not whole, changed,
 * or its journal does not fit its hashes; ERR_EXISTS: rows are there. Nothing is written then. */
MUST_CHECK enum err backup_read(struct db *db, FILE *in, struct backup_counts *counts, char *text,
                                size_t text_size);
#endif
