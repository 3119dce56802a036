#ifndef DB_ENGINE_DB_H
#define DB_ENGINE_DB_H
/* SQL behind one small driver table, so that SQLite (here) and PostgreSQL (later) run the same text.
 *
 * Threads:   a connection belongs to one thread at a time (the orchestrator hands it to its database
 *            work item); nothing here may run on the uv loop.
 * Lifetime:  open -> statements -> close; statements are finalised before close.
 * SQL:       parameters are $1, $2, ..; types BIGINT and BYTEA; upserts by ON CONFLICT.
 * Durability: when db_commit returns ERR_OK the transaction survives a power cut.
 *            When it returns anything else the outcome is unknown: read back before acting. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"

struct db;
struct db_stmt;

struct db_driver {
    const char *name;
    enum err (*open)(void **conn, const char *where);
    void (*close)(void *conn);
    enum err (*exec)(void *conn, const char *sql);
    enum err (*prepare)(void *conn, void **stmt, const char *sql);
    enum err (*bind_i64)(void *stmt, int index, int64_t value);
    enum err (*bind_bytes)(void *stmt, int index, const void *data, size_t len);
    enum err (*step)(void *stmt, bool *row);
    int64_t (*column_i64)(void *stmt, int column);
    struct span (*column_bytes)(void *stmt, int column);
    void (*reset)(void *stmt);
    void (*finalize)(void *stmt);
    const char *(*error_text)(void *conn);
};

extern const struct db_driver db_driver_sqlite;

/* where: for SQLite a file path, created if missing. */
MUST_CHECK enum err db_open(struct db **out, const struct db_driver *driver, const char *where);
void db_close(struct db *db);

MUST_CHECK enum err db_begin(struct db *db);
MUST_CHECK enum err db_commit(struct db *db);
void db_rollback(struct db *db);
/* Statements without parameters and rows. */
MUST_CHECK enum err db_exec(struct db *db, const char *sql);

MUST_CHECK enum err db_prepare(struct db *db, struct db_stmt **out, const char *sql);
/* index from 1. Bytes are copied. data NULL only with len 0 (stored as an empty value). */
MUST_CHECK enum err db_bind_i64(struct db_stmt *s, int index, int64_t value);
MUST_CHECK enum err db_bind_bytes(struct db_stmt *s, int index, const void *data, size_t len);
/* *row = a row is there to read. */
MUST_CHECK enum err db_step(struct db_stmt *s, bool *row);
/* Runs a statement that returns no row, then resets it for the next use. */
MUST_CHECK enum err db_run(struct db_stmt *s);
/* Columns of the current row, from 0. Bytes borrow until the next step, reset or finalize. */
int64_t db_column_i64(struct db_stmt *s, int column);
struct span db_column_bytes(struct db_stmt *s, int column);
void db_reset(struct db_stmt *s);
void db_finalize(struct db_stmt *s);
/* Text of the last failure, for the log; never holds bound values. */
const char *db_error_text(struct db *db);

/* ---- migrations: append-only list, each in its own transaction, recorded with its SHA-256 ---- */
struct db_migration {
    const char *name;
    const char *sql;
};
/* Applies what is missing. ERR_VERSION if the database has migrations this program does not know or
 * a recorded one differs (half-migrated or newer): nothing is changed then. */
MUST_CHECK enum err db_migrate(struct db *db, const struct db_migration *list, size_t count,
                               char *text, size_t text_size);
#endif
