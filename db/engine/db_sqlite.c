/* SQLite driver: WAL, synchronous=FULL, foreign keys on. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/engine/db.h"

enum { SQLITE_BUSY_MS = 5000 };

static enum err sqlite_err(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ERR_OK;
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_CONSTRAINT:
        return ERR_EXISTS;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_CORRUPT;
    case SQLITE_FULL:
    case SQLITE_IOERR:
        return ERR_IO;
    default:
        return ERR_DB;
    }
}

static enum err sqlite_exec(void *conn, const char *sql)
{
    return sqlite_err(sqlite3_exec(conn, sql, NULL, NULL, NULL));
}

static enum err sqlite_open(void **conn, const char *where, char *text, size_t text_size)
{
    sqlite3 *db = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
    int rc = sqlite3_open_v2(where, &db, flags, NULL);
    enum err err = sqlite_err(rc);
    if (err == ERR_OK) err = sqlite_err(sqlite3_busy_timeout(db, SQLITE_BUSY_MS));
    if (err == ERR_OK) err = sqlite_exec(db, "PRAGMA journal_mode=WAL");
    if (err == ERR_OK) err = sqlite_exec(db, "PRAGMA synchronous=FULL");
    if (err == ERR_OK) err = sqlite_exec(db, "PRAGMA foreign_keys=ON");
    if (err != ERR_OK) {
        (void)snprintf(text, text_size, "%s: cannot open the database: %s", where, sqlite3_errmsg(db));
        (void)sqlite3_close(db);
        return err;
    }
    *conn = db;
    return ERR_OK;
}

static void sqlite_close(void *conn)
{
    (void)sqlite3_close(conn);
}

static enum err sqlite_prepare(void *conn, void **stmt, const char *sql)
{
    sqlite3_stmt *s = NULL;
    enum err err =
        sqlite_err(sqlite3_prepare_v3(conn, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL));
    if (err == ERR_OK) *stmt = s;
    return err;
}

/* SQLite numbers $k by first appearance, so the parameter is looked up by name. */
static int parameter(void *stmt, int index)
{
    char name[4] = {'$', 0, 0, 0};
    if (index < 1 || index > 99) return 0;
    if (index < 10) {
        name[1] = (char)('0' + index);
    } else {
        name[1] = (char)('0' + index / 10);
        name[2] = (char)('0' + index % 10);
    }
    return sqlite3_bind_parameter_index(stmt, name);
}

static enum err sqlite_bind_i64(void *stmt, int index, int64_t value)
{
    int k = parameter(stmt, index);
    return k == 0 ? ERR_ARG : sqlite_err(sqlite3_bind_int64(stmt, k, value));
}

static enum err sqlite_bind_bytes(void *stmt, int index, const void *data, size_t len)
{
    int k = parameter(stmt, index);
    if (k == 0) return ERR_ARG;
    if (len == 0) return sqlite_err(sqlite3_bind_zeroblob(stmt, k, 0));
    return sqlite_err(sqlite3_bind_blob64(stmt, k, data, len, SQLITE_TRANSIENT));
}

static enum err sqlite_step(void *stmt, bool *row)
{
    int rc = sqlite3_step(stmt);
    enum err err = sqlite_err(rc);
    if (err == ERR_OK) *row = rc == SQLITE_ROW;
    return err;
}

static int64_t sqlite_column_i64(void *stmt, int column)
{
    return sqlite3_column_int64(stmt, column);
}

static struct span sqlite_column_bytes(void *stmt, int column)
{
    const void *data = sqlite3_column_blob(stmt, column);
    int len = sqlite3_column_bytes(stmt, column);
    return (struct span){data, len > 0 ? (size_t)len : 0};
}

static void sqlite_reset(void *stmt)
{
    (void)sqlite3_reset(stmt);
    (void)sqlite3_clear_bindings(stmt);
}

static void sqlite_finalize(void *stmt)
{
    (void)sqlite3_finalize(stmt);
}

static const char *sqlite_error_text(void *conn)
{
    return sqlite3_errmsg(conn);
}

const struct db_driver db_driver_sqlite = {
    .name = "sqlite",
    .keeps_statements = true,
    .dialect = {[DB_BEGIN_ALONE] = "BEGIN IMMEDIATE",
                [DB_BEGIN_SNAPSHOT] = "BEGIN",
                [DB_TABLES] = "(SELECT name FROM sqlite_master WHERE type = 'table') AS tables"},
    .open = sqlite_open,
    .close = sqlite_close,
    .exec = sqlite_exec,
    .prepare = sqlite_prepare,
    .bind_i64 = sqlite_bind_i64,
    .bind_bytes = sqlite_bind_bytes,
    .step = sqlite_step,
    .column_i64 = sqlite_column_i64,
    .column_bytes = sqlite_column_bytes,
    .reset = sqlite_reset,
    .finalize = sqlite_finalize,
    .error_text = sqlite_error_text,
};
