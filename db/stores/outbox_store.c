#include "db/stores/outbox_store.h"

#include <string.h>

enum err outbox_put(struct db *db, const struct outbox_entry *e)
{
    if (e->raw.len == 0 || e->raw.len > OUTBOX_RAW_MAX) return ERR_TOO_LARGE;
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s,
                       "INSERT INTO outbox(chain, nonce, stage, k, raw, hash, state)"
                       " VALUES($1,$2,$3,$4,$5,$6,$7)"));
    enum err err = db_bind_i64(s, 1, e->chain);
    if (err == ERR_OK) err = db_bind_i64(s, 2, (int64_t)e->nonce);
    if (err == ERR_OK) err = db_bind_i64(s, 3, e->stage);
    if (err == ERR_OK) err = db_bind_i64(s, 4, (int64_t)e->k);
    if (err == ERR_OK) err = db_bind_bytes(s, 5, e->raw.data, e->raw.len);
    if (err == ERR_OK) err = db_bind_bytes(s, 6, e->hash, 32);
    if (err == ERR_OK) err = db_bind_i64(s, 7, OUTBOX_SIGNED);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    return err;
}

enum err outbox_set_state(struct db *db, uint32_t chain, uint64_t nonce, enum outbox_state state)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, "UPDATE outbox SET state = $3 WHERE chain = $1 AND nonce = $2"));
    enum err err = db_bind_i64(s, 1, chain);
    if (err == ERR_OK) err = db_bind_i64(s, 2, (int64_t)nonce);
    if (err == ERR_OK) err = db_bind_i64(s, 3, state);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    return err;
}

enum err outbox_void(struct db *db, uint64_t k)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(
        db, &s, "UPDATE outbox SET state = $4 WHERE k >= $1 AND (stage = $2 OR stage = $3)"));
    enum err err = db_bind_i64(s, 1, (int64_t)k);
    if (err == ERR_OK) err = db_bind_i64(s, 2, OUTBOX_COMMIT);
    if (err == ERR_OK) err = db_bind_i64(s, 3, OUTBOX_REVERT);
    if (err == ERR_OK) err = db_bind_i64(s, 4, OUTBOX_VOID);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    return err;
}

enum err outbox_read(struct db *db, enum err (*each)(void *ctx, const struct outbox_entry *entry),
                     void *ctx)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s,
                       "SELECT chain, nonce, stage, k, state, hash, raw FROM outbox"
                       " ORDER BY chain, nonce"));
    enum err err = ERR_OK;
    for (;;) {
        bool row = false;
        err = db_step(s, &row);
        if (err != ERR_OK || !row) break;
        struct span hash = db_column_bytes(s, 5);
        if (hash.len != 32) {
            err = ERR_CORRUPT;
            break;
        }
        struct outbox_entry e = {
            .chain = (uint32_t)db_column_i64(s, 0),
            .nonce = (uint64_t)db_column_i64(s, 1),
            .stage = (uint8_t)db_column_i64(s, 2),
            .k = (uint64_t)db_column_i64(s, 3),
            .state = (uint8_t)db_column_i64(s, 4),
        };
        memcpy(e.hash, hash.data, 32);
        e.raw = db_column_bytes(s, 6);
        err = each(ctx, &e);
        if (err != ERR_OK) break;
    }
    db_finalize(s);
    return err;
}
