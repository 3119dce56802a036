#ifndef DB_STORES_JOURNAL_STORE_H
#define DB_STORES_JOURNAL_STORE_H
/* The append-only, hash-chained log of accepted operations and pipeline steps: the truth of which
 * everything else is a projection. hash_n = SHA-256(hash_{n-1} | seq u64 | kind u16 | body).
 *
 * Threads:   as the connection.
 * Limits:    JOURNAL_BODY_MAX bytes per record. */
#include "db/engine/db.h"

enum { JOURNAL_BODY_MAX = 64 * 1024 };

struct journal_head {
    uint64_t seq; /* of the last record, 0 = empty */
    uint8_t hash[32];
};
struct journal_record {
    uint64_t seq;
    uint16_t kind;
    struct span body;
};

/* Next head after a record; pure. */
void journal_hash(uint8_t out[32], const uint8_t previous[32], uint64_t seq, uint16_t kind,
                  struct span body);
/* Appends inside the caller's transaction; head moves on. */
MUST_CHECK enum err journal_append(struct db *db, struct journal_head *head, uint16_t kind,
                                   struct span body);
/* Reads all records in order, checking the chain (ERR_CORRUPT names the record in text); calls
 * each(ctx, record), whose error stops the walk and is returned. *head = the last one read. */
MUST_CHECK enum err journal_read(struct db *db, struct journal_head *head,
                                 enum err (*each)(void *ctx, const struct journal_record *record),
                                 void *ctx, char *text, size_t text_size);
#endif
