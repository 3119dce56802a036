#ifndef DB_ENGINE_DB_H
#define DB_ENGINE_DB_H
/* SQL behind one small driver table, so that SQLite and PostgreSQL run the same text.
 *
 * Threads:   a connection belongs to one thread at a time (the orchestrator hands it to its database
 *            work item); nothing here may run on the uv loop, except db_group_*, which never waits.
 * Lifetime:  open -> statements -> close; statements are finalised before close.
 * SQL:       parameters are $1, $2, ..; types BIGINT and BYTEA; upserts by ON CONFLICT. What the
 *            engines say differently is a named fragment, {NAME} in the text (enum db_fragment).
 *            One statement at a time has rows to read.
 * Durability: when db_commit returns ERR_OK the transaction survives a power cut; on PostgreSQL with
 *            synchronous standbys it is on one of them as well.
 *            When it returns anything else the outcome is unknown: read back before acting. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"

struct db;
struct db_stmt;

/* The dialects differ in these and nothing else; at most ten. */
enum db_fragment {
    DB_BEGIN_ALONE,    /* {BEGIN_ALONE}: begins a transaction that no second one of its kind is beside */
    DB_BEGIN_SNAPSHOT, /* {BEGIN_SNAPSHOT}: begins a transaction that reads one moment */
    DB_TABLES,         /* {TABLES}: rows (name) of the tables there are, as a subquery */
    DB_FRAGMENTS
};

struct db_driver {
    const char *name;
    const char *dialect[DB_FRAGMENTS];
    bool keeps_statements; /* db.c keeps finalised ones for the next of the same text; else the driver may */
    enum err (*open)(void **conn, const char *where, char *text, size_t text_size);
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
    /* Groups that do not wait; NULL: the engine has none. */
    enum err (*group_begin)(void *conn);
    enum err (*group_end)(void *conn);
    enum err (*group_pump)(void *conn, bool *done, bool *wants_write);
    int (*socket)(void *conn);
};

extern const struct db_driver db_driver_sqlite;
extern const struct db_driver db_driver_postgres;

/* The driver for a configured place: PostgreSQL for postgresql:// and postgres://, else SQLite. */
const struct db_driver *db_driver_for(const char *where);
/* where: for SQLite a file path, created if missing; for PostgreSQL a libpq URI, hosts separated by
 * commas, without a password (ERR_CONFIG: it belongs in a password file). text: what went wrong. */
MUST_CHECK enum err db_open(struct db **out, const struct db_driver *driver, const char *where,
                            char *text, size_t text_size);
/* Does not wait; an open transaction is rolled back, one whose commit is on its way is unknown. */
void db_close(struct db *db);

MUST_CHECK enum err db_begin(struct db *db);
/* All reads see one moment; end it with db_rollback. */
MUST_CHECK enum err db_begin_snapshot(struct db *db);
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

/* ---- groups: a transaction whose statements are sent one behind the other, not waited for ----
 * Only where db_has_groups. begin -> db_run (no rows) .. -> end -> pump until done, whose result is
 * that of the transaction: ERR_OK: durable; ERR_NET, ERR_TIMEOUT, ERR_UNAVAILABLE: unknown; another:
 * refused, nothing of it is there. After any failure the connection is only good for db_close. */
bool db_has_groups(const struct db *db);
MUST_CHECK enum err db_group_begin(struct db *db);
MUST_CHECK enum err db_group_end(struct db *db);
/* Moves what can move without waiting. *wants_write: call again when the socket takes bytes; always
 * when it has some. */
MUST_CHECK enum err db_group_pump(struct db *db, bool *done, bool *wants_write);
int db_socket(struct db *db);

/* ---- migrations: append-only list, each recorded with its SHA-256 ---- */
struct db_migration {
    const char *name;
    const char *sql;
};
struct db_schema {
    int64_t applied, highest; /* recorded migrations; 0 in an empty database */
    int64_t tables;           /* besides the record itself */
};
MUST_CHECK enum err db_schema_read(struct db *db, struct db_schema *out);
/* Applies what is missing, all in one transaction. ERR_VERSION if the database has migrations this
 * program does not know, lacks one before the last (half-migrated), a recorded one differs, or there
 * are tables and no record of any migration: nothing is changed then. */
MUST_CHECK enum err db_migrate(struct db *db, const struct db_migration *list, size_t count,
                               char *text, size_t text_size);
#endif
