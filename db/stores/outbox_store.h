#ifndef DB_STORES_OUTBOX_STORE_H
#define DB_STORES_OUTBOX_STORE_H
/* Write-ahead outbox of L1 transactions: the signed bytes are durable before they are sent, so that
 * a restart sends the same bytes again and the same nonce is never signed for two payloads.
 *
 * Threads: as the connection. Limits: OUTBOX_RAW_MAX bytes per transaction. */
#include "db/engine/db.h"

enum { OUTBOX_RAW_MAX = 2 * 1024 * 1024 };

enum outbox_stage {
    OUTBOX_COMMIT = 1,
    OUTBOX_PROVE = 2,
    OUTBOX_AGREE = 3,
    OUTBOX_EXECUTE = 4,
    OUTBOX_REVERT = 5, /* k and all later batches */
};
/* VOID: final, of a batch that was taken back on every chain. */
enum outbox_state { OUTBOX_SIGNED = 1, OUTBOX_FINAL = 2, OUTBOX_VOID = 3 };

struct outbox_entry {
    uint32_t chain; /* index */
    uint64_t nonce;
    uint8_t stage;
    uint64_t k;
    uint8_t state;
    uint8_t hash[32];
    struct span raw; /* read: borrows until the callback returns */
};

/* Inside the caller's transaction or alone. ERR_EXISTS if (chain, nonce) or (chain, stage, k) is
 * taken: the second attempt for one step must use the first one's bytes, unless those are void. */
MUST_CHECK enum err outbox_put(struct db *db, const struct outbox_entry *entry);
MUST_CHECK enum err outbox_set_state(struct db *db, uint32_t chain, uint64_t nonce,
                                     enum outbox_state state);
/* Commits and reverts of batches from k on, on all chains, are void: the batches come again. */
MUST_CHECK enum err outbox_void(struct db *db, uint64_t k);
/* All entries by chain, nonce. */
MUST_CHECK enum err outbox_read(struct db *db,
                                enum err (*each)(void *ctx, const struct outbox_entry *entry),
                                void *ctx);
#endif
