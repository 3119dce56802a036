#include "db/stores/writer_store.h"

static enum err row_update(struct db *db, const char *sql, struct writer_mark *out)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, sql));
    bool row = false;
    struct writer_mark mark = {0};
    enum err err = db_step(s, &row);
    if (err == ERR_OK && !row) err = ERR_CORRUPT;
    if (err == ERR_OK) {
        mark.epoch = (uint64_t)db_column_i64(s, 0);
        mark.number = (uint64_t)db_column_i64(s, 1);
        err = db_step(s, &row);
    }
    db_finalize(s);
    if (err == ERR_OK) *out = mark;
    return err;
}

static enum err row_update_committed(struct db *db, const char *sql, struct writer_mark *out)
{
    struct writer_mark mark;
    ERR_TRY(db_begin(db));
    enum err err = row_update(db, sql, &mark);
    if (err == ERR_OK) err = db_commit(db);
    if (err != ERR_OK) {
        db_rollback(db);
        return err;
    }
    *out = mark;
    return ERR_OK;
}

enum err writer_take(struct db *db, struct writer_mark *out)
{
    return row_update_committed(
        db, "UPDATE writer SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch, number", out);
}

enum err writer_read(struct db *db, struct writer_mark *out)
{
    return row_update_committed(
        db, "UPDATE writer SET number = number WHERE id = 1 RETURNING epoch, number", out);
}

enum err writer_advance(struct db *db, struct writer_mark *mark)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s,
                       "UPDATE writer SET number ="
                       " CASE WHEN epoch = $1 AND number = $2 THEN number + 1 ELSE NULL END"
                       " WHERE id = 1"));
    enum err err = db_bind_i64(s, 1, (int64_t)mark->epoch);
    if (err == ERR_OK) err = db_bind_i64(s, 2, (int64_t)mark->number);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    if (err == ERR_OK) mark->number++;
    return err;
}
