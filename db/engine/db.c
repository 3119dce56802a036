#include "db/engine/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/crypto/sha256.h"

enum { KEPT_MAX = 8 };

struct db {
    const struct db_driver *driver;
    void *conn;
    bool in_transaction;
    unsigned statements; /* open */
    struct db_stmt *kept[KEPT_MAX]; /* finalised by their owner, for the next of the same text */
    unsigned n_kept;
};

struct db_stmt {
    struct db *db;
    void *handle;
    char *sql; /* as prepared, if the driver's statements are kept */
};

static const char *const fragment_names[DB_FRAGMENTS] = {
    [DB_BEGIN_ALONE] = "{BEGIN_ALONE}",
    [DB_BEGIN_SNAPSHOT] = "{BEGIN_SNAPSHOT}",
    [DB_TABLES] = "{TABLES}",
};
_Static_assert(DB_FRAGMENTS <= 10, "the dialects are one SQL text and a few named pieces");

const struct db_driver *db_driver_for(const char *where)
{
    bool is_uri = strncmp(where, "postgresql://", 13) == 0 || strncmp(where, "postgres://", 11) == 0;
    return is_uri ? &db_driver_postgres : &db_driver_sqlite;
}

enum err db_open(struct db **out, const struct db_driver *driver, const char *where, char *text,
                 size_t text_size)
{
    text[0] = '\0';
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL) return ERR_NOMEM;
    db->driver = driver;
    enum err err = driver->open(&db->conn, where, text, text_size);
    if (err != ERR_OK) {
        free(db);
        return err;
    }
    *out = db;
    return ERR_OK;
}

static void stmt_free(struct db_stmt *s)
{
    s->db->driver->finalize(s->handle);
    free(s->sql);
    free(s);
}

void db_close(struct db *db)
{
    if (db == NULL) return;
    REQUIRE(db->statements == 0);
    while (db->n_kept > 0)
        stmt_free(db->kept[--db->n_kept]);
    db->driver->close(db->conn);
    free(db);
}

/* ---- one SQL text: {NAME} stands for the engine's own words ---- */

enum { SQL_MAX = 4096 };

/* *out = sql itself when nothing stands in braces, else buf. A name nobody knows is a bug here. */
static enum err sql_expand(const struct db *db, const char **out, char buf[SQL_MAX], const char *sql)
{
    *out = sql;
    const char *open = strchr(sql, '{');
    if (open == NULL) return ERR_OK;
    size_t n = 0;
    for (; open != NULL; open = strchr(sql, '{')) {
        size_t which = 0;
        while (which < DB_FRAGMENTS &&
               strncmp(open, fragment_names[which], strlen(fragment_names[which])) != 0)
            which++;
        REQUIRE(which < DB_FRAGMENTS);
        const char *words = db->driver->dialect[which];
        size_t before = (size_t)(open - sql);
        size_t len = strlen(words);
        if (n + before + len >= SQL_MAX) return ERR_TOO_LARGE;
        memcpy(buf + n, sql, before);
        memcpy(buf + n + before, words, len);
        n += before + len;
        sql = open + strlen(fragment_names[which]);
    }
    size_t rest = strlen(sql);
    if (n + rest >= SQL_MAX) return ERR_TOO_LARGE;
    memcpy(buf + n, sql, rest + 1);
    *out = buf;
    return ERR_OK;
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
    char buf[SQL_MAX];
    ERR_TRY(sql_expand(db, &sql, buf, sql));
    return db->driver->exec(db->conn, sql);
}

static enum err begin_as(struct db *db, const char *words)
{
    REQUIRE(!db->in_transaction);
    ERR_TRY(db_exec(db, words));
    db->in_transaction = true;
    return ERR_OK;
}

enum err db_begin_snapshot(struct db *db)
{
    return begin_as(db, "{BEGIN_SNAPSHOT}");
}

static struct db_stmt *kept_take(struct db *db, const char *sql)
{
    for (unsigned i = 0; i < db->n_kept; i++) {
        struct db_stmt *s = db->kept[i];
        if (strcmp(s->sql, sql) != 0) continue;
        db->kept[i] = db->kept[--db->n_kept];
        return s;
    }
    return NULL;
}

enum err db_prepare(struct db *db, struct db_stmt **out, const char *sql)
{
    struct db_stmt *kept = kept_take(db, sql);
    if (kept != NULL) {
        db->statements++;
        *out = kept;
        return ERR_OK;
    }
    const char *text = sql;
    char buf[SQL_MAX];
    ERR_TRY(sql_expand(db, &sql, buf, sql));
    struct db_stmt *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    s->db = db;
    if (db->driver->keeps_statements) s->sql = strdup(text); /* NULL: it is not kept */
    enum err err = db->driver->prepare(db->conn, &s->handle, sql);
    if (err != ERR_OK) {
        free(s->sql);
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
    struct db *db = s->db;
    db->statements--;
    if (s->sql == NULL || db->n_kept == KEPT_MAX) {
        stmt_free(s);
        return;
    }
    db->driver->reset(s->handle);
    db->kept[db->n_kept++] = s;
}

const char *db_error_text(struct db *db)
{
    return db->driver->error_text(db->conn);
}

/* ---- groups ---- */

bool db_has_groups(const struct db *db)
{
    return db->driver->group_begin != NULL;
}

enum err db_group_begin(struct db *db)
{
    REQUIRE(db_has_groups(db) && !db->in_transaction);
    ERR_TRY(db->driver->group_begin(db->conn));
    db->in_transaction = true;
    return ERR_OK;
}

enum err db_group_end(struct db *db)
{
    REQUIRE(db->in_transaction);
    return db->driver->group_end(db->conn);
}

enum err db_group_pump(struct db *db, bool *done, bool *wants_write)
{
    enum err err = db->driver->group_pump(db->conn, done, wants_write);
    if (err != ERR_OK) *done = true;
    if (*done) db->in_transaction = false;
    return err;
}

int db_socket(struct db *db)
{
    return db->driver->socket(db->conn);
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

static enum err count_two(struct db *db, const char *sql, int64_t *first, int64_t *second)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, sql));
    bool row = false;
    enum err err = db_step(s, &row);
    if (err == ERR_OK) {
        *first = db_column_i64(s, 0);
        *second = db_column_i64(s, 1);
    }
    db_finalize(s);
    return err;
}

enum err db_schema_read(struct db *db, struct db_schema *out)
{
    int64_t record = 0;
    struct db_schema schema = {0};
    ERR_TRY(count_two(db,
                      "SELECT COUNT(*), COUNT(CASE WHEN name = 'schema_migrations' THEN 1 END)"
                      " FROM {TABLES}",
                      &schema.tables, &record));
    schema.tables -= record;
    if (record > 0)
        ERR_TRY(count_two(db, "SELECT COUNT(*), COALESCE(MAX(number), 0) FROM schema_migrations",
                          &schema.applied, &schema.highest));
    *out = schema;
    return ERR_OK;
}

static enum err schema_check(struct db *db, size_t count, char *text, size_t text_size)
{
    struct db_schema schema;
    ERR_TRY(db_schema_read(db, &schema));
    if (schema.highest > (int64_t)count) {
        (void)snprintf(text, text_size,
                       "the database has schema %lld, this program knows %zu: use a newer program",
                       (long long)schema.highest, count);
        return ERR_VERSION;
    }
    if (schema.applied != schema.highest || (schema.highest == 0 && schema.tables > 0)) {
        (void)snprintf(text, text_size,
                       "the database is half-migrated or not ours: %lld tables, %lld migrations recorded, "
                       "the highest is %lld: restore it from a backup",
                       (long long)schema.tables, (long long)schema.applied, (long long)schema.highest);
        return ERR_VERSION;
    }
    return ERR_OK;
}

static enum err migrate(struct db *db, const struct db_migration *list, size_t count, char *text,
                        size_t text_size)
{
    ERR_TRY(schema_check(db, count, text, text_size));
    ERR_TRY(db_exec(db, "CREATE TABLE IF NOT EXISTS schema_migrations("
                        "number BIGINT PRIMARY KEY, name BYTEA NOT NULL, digest BYTEA NOT NULL)"));
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
        enum err err = db_exec(db, list[i].sql);
        if (err == ERR_OK) err = migration_record(db, (int64_t)i + 1, list[i].name, digest);
        if (err != ERR_OK) {
            (void)snprintf(text, text_size, "migration %s failed: %s", list[i].name,
                           db_error_text(db));
            return err;
        }
    }
    return ERR_OK;
}

enum err db_migrate(struct db *db, const struct db_migration *list, size_t count, char *text,
                    size_t text_size)
{
    text[0] = '\0';
    ERR_TRY(begin_as(db, "{BEGIN_ALONE}"));
    enum err err = migrate(db, list, count, text, text_size);
    if (err == ERR_OK) err = db_commit(db);
    if (err != ERR_OK && text[0] == '\0')
        (void)snprintf(text, text_size, "migration: %s", db_error_text(db));
    db_rollback(db);
    return err;
}
