#ifndef DB_STORES_JOB_STORE_H
#define DB_STORES_JOB_STORE_H
/* Proof jobs: which proof of which layer for which batches is handed out to whom until when, and the
 * finished proofs that still matter. A row is what a restart needs; nothing in it is trusted: a proof
 * read back is verified again.
 *
 * Threads: as the connection. Limits: JOB_PROOF_MAX bytes per proof. */
#include "db/engine/db.h"

enum { JOB_PROOF_MAX = 8 * 1024 * 1024, JOB_OWNER_BYTES = 20 };
enum job_row_state { JOB_ROW_WAITING = 1, JOB_ROW_OUT = 2, JOB_ROW_DONE = 3 };

struct job_row {
    uint64_t from, to; /* batches */
    uint8_t layer;
    uint16_t index;
    uint8_t content[32]; /* hash of the public values */
    uint8_t state;       /* enum job_row_state */
    uint8_t owner[JOB_OWNER_BYTES]; /* OUT: the worker's message address */
    uint64_t deadline_ms;           /* OUT: wall clock */
    uint32_t tries;
    uint64_t prove_ms;
    struct span proof; /* DONE; read: borrows until the callback returns */
};

/* Inserts or replaces the row of (from, to, layer, index). */
MUST_CHECK enum err job_put(struct db *db, const struct job_row *row);
MUST_CHECK enum err job_delete(struct db *db, uint64_t from, uint64_t to, uint8_t layer,
                               uint16_t index);
/* Jobs that end at or before k are on L1; jobs that reach k or later are void. */
MUST_CHECK enum err job_prune(struct db *db, uint64_t k);
MUST_CHECK enum err job_drop(struct db *db, uint64_t k);
/* By from, to, layer, index. */
MUST_CHECK enum err job_rows(struct db *db, enum err (*each)(void *ctx, const struct job_row *row),
                             void *ctx);
#endif
