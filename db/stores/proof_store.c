#include "db/stores/proof_store.h"

enum err proof_put(struct db *db, uint64_t k, uint32_t part, struct span bytes)
{
    if (bytes.len == 0 || bytes.len > PROOF_BYTES_MAX) return ERR_TOO_LARGE;
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s,
                       "INSERT INTO proofs(k, part, bytes) VALUES($1,$2,$3)"
                       " ON CONFLICT(k, part) DO UPDATE SET bytes=excluded.bytes"));
    enum err err = db_bind_i64(s, 1, (int64_t)k);
    if (err == ERR_OK) err = db_bind_i64(s, 2, part);
    if (err == ERR_OK) err = db_bind_bytes(s, 3, bytes.data, bytes.len);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    return err;
}

enum err proof_read(struct db *db,
                    enum err (*each)(void *ctx, uint64_t k, uint32_t part, struct span bytes),
                    void *ctx)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, "SELECT k, part, bytes FROM proofs ORDER BY k, part"));
    enum err err = ERR_OK;
    for (;;) {
        bool row = false;
        err = db_step(s, &row);
        if (err != ERR_OK || !row) break;
        err = each(ctx, (uint64_t)db_column_i64(s, 0), (uint32_t)db_column_i64(s, 1),
                   db_column_bytes(s, 2));
        if (err != ERR_OK) break;
    }
    db_finalize(s);
    return err;
}

enum err proof_prune(struct db *db, uint64_t k)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, "DELETE FROM proofs WHERE k <= $1"));
    enum err err = db_bind_i64(s, 1, (int64_t)k);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    return err;
}
