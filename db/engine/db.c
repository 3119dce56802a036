#include "db/engine/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/crypto/sha256.h"

struct db {
    const struct db_driver *driver;
    void *conn;
    bool in_transaction;
    unsigned statements; /* open */
};

struct db_stmt {
    struct db *db;
    void *handle;
};

enum err db_open(struct db **out, const struct db_driver *driver, const char *where)
{
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL) return ERR_NOMEM;
    db->driver = driver;
    enum err err = driver->open(&db->conn, where);
    if (err != ERR_OK) {
        free(db);
        return err;
    }
    *out = db;
    return ERR_OK;
}

void db_close(struct db *db)
{
    if (db == NULL) return;
    REQUIRE(db->statements == 0);
    if (db->in_transaction) db_rollback(db);
    db->driver->close(db->conn);
    free(db);
}

enum err db_begin(struct db *db)
{
    REQUIRE(!db->in_transaction);
    ERR_TRY(db->driver->exec(db->conn, "BEGIN"));
    db->in_transaction = true;
    return ERR_OK;
}

enum err db_commit(struct db *db)
{
    REQUIRE(db->in_transaction);
    ERR_TRY(db->driver->exec(db->conn, "COMMIT"));
    db->in_transaction = false;
    return ERR_OK;
}

void db_rollback(struct db *db)
{
    if (!db->in_transaction) return;
    db->in_transaction = false;
    /* A failed rollback leaves nothing to do: closing the connection rolls back too. */
    enum err ignored = db->driver->exec(db->conn, "ROLLBACK");
    (void)ignored;
}

enum err db_exec(struct db *db, const char *sql)
{
    return db->driver->exec(db->conn, sql);
}

enum err db_prepare(struct db *db, struct db_stmt **out, const char *sql)
{
    struct db_stmt *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    s->db = db;
    enum err err = db->driver->prepare(db->conn, &s->handle, sql);
    if (err != ERR_OK) {
        free(s);
        return err;
    }
    db->statements++;
    *out = s;
    return ERR_OK;
}

enum err db_bind_i64(struct db_stmt *s, int index, int64_t value)
{
    return s->db->driver->bind_i64(s->handle, index, value);
}

enum err db_bind_bytes(struct db_stmt *s, int index, const void *data, size_t len)
{
    REQUIRE(data != NULL || len == 0);
    return s->db->driver->bind_bytes(s->handle, index, data, len);
}

enum err db_step(struct db_stmt *s, bool *row)
{
    return s->db->driver->step(s->handle, row);
}

enum err db_run(struct db_stmt *s)
{
    bool row = false;
    enum err err = db_step(s, &row);
    db_reset(s);
    return err;
}

int64_t db_column_i64(struct db_stmt *s, int column)
{
    return s->db->driver->column_i64(s->handle, column);
}

struct span db_column_bytes(struct db_stmt *s, int column)
{
    return s->db->driver->column_bytes(s->handle, column);
}

void db_reset(struct db_stmt *s)
{
    s->db->driver->reset(s->handle);
}

void db_finalize(struct db_stmt *s)
{
    if (s == NULL) return;
    s->db->driver->finalize(s->handle);
    s->db->statements--;
    free(s);
}

const char *db_error_text(struct db *db)
{
    return db->driver->error_text(db->conn);
}

/* ---- migrations ---- */

static enum err migration_known(struct db *db, int64_t number, const uint8_t digest[32],
                                bool *applied, bool *same)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, "SELECT digest FROM schema_migrations WHERE number = $1"));
    enum err err = db_bind_i64(s, 1, number);
    bool row = false;
    if (err == ERR_OK) err = db_step(s, &row);
    if (err == ERR_OK) {
        *applied = row;
        if (row) {
            struct span got = db_column_bytes(s, 0);
            *same = got.len == 32 && memcmp(got.data, digest, 32) == 0;
        }
    }
    db_finalize(s);
    return err;
}

static enum err migration_record(struct db *db, int64_t number, const char *name,
                                 const uint8_t digest[32])
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s,
                       "INSERT INTO schema_migrations(number, name, digest) VALUES($1, $2, $3)"));
    enum err err = db_bind_i64(s, 1, number);
    if (err == ERR_OK) err = db_bind_bytes(s, 2, name, strlen(name));
    if (err == ERR_OK) err = db_bind_bytes(s, 3, digest, 32);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    return err;
}

static enum err migration_count(struct db *db, int64_t *count)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, "SELECT COUNT(*), COALESCE(MAX(number), 0) FROM schema_migrations"));
    bool row = false;
    enum err err = db_step(s, &row);
    if (err == ERR_OK) *count = db_column_i64(s, 1);
    db_finalize(s);
    return err;
}

enum err db_migrate(struct db *db, const struct db_migration *list, size_t count, char *text,
                    size_t text_size)
{
    text[0] = '\0';
    ERR_TRY(db_exec(db, "CREATE TABLE IF NOT EXISTS schema_migrations("
                        "number BIGINT PRIMARY KEY, name BYTEA NOT NULL, digest BYTEA NOT NULL)"));
    int64_t highest = 0;
    ERR_TRY(migration_count(db, &highest));
    if (highest > (int64_t)count) {
        (void)snprintf(text, text_size,
                       "the database has schema %lld, this program knows %zu: use a newer program",
                       (long long)highest, count);
        return ERR_VERSION;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t digest[32];
        sha256(digest, list[i].sql, strlen(list[i].sql));
        bool applied = false;
        bool same = false;
        ERR_TRY(migration_known(db, (int64_t)i + 1, digest, &applied, &same));
        if (applied && !same) {
            (void)snprintf(text, text_size, "migration %s differs from the one applied here",
                           list[i].name);
            return ERR_VERSION;
        }
        if (applied) continue;
        ERR_TRY(db_begin(db));
        enum err err = db_exec(db, list[i].sql);
        if (err == ERR_OK) err = migration_record(db, (int64_t)i + 1, list[i].name, digest);
        if (err == ERR_OK) err = db_commit(db);
        if (err != ERR_OK) {
            (void)snprintf(text, text_size, "migration %s failed: %s", list[i].name,
                           db_error_text(db));
            db_rollback(db);
            return err;
        }
    }
    return ERR_OK;
}
