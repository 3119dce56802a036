#include "orchestrator/db_admin.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/migrations/migrations.h"
#include "db/stores/backup_store.h"
#include "orchestrator/config.h"

struct admin {
    struct db *db;
    char where[512];
    char text[700];
    enum err err;
};

static int finish(struct admin *a, const char *verb)
{
    int status = 0;
    if (a->err != ERR_OK) {
        if (a->text[0] == '\0' && a->db != NULL)
            (void)snprintf(a->text, sizeof a->text, "%s", db_error_text(a->db));
        fprintf(stderr, "hawser db %s: %s (%s)\n", verb, a->text[0] != '\0' ? a->text : a->where,
                err_text(a->err));
        bool is_refused = a->err == ERR_VERSION || a->err == ERR_EXISTS || a->err == ERR_CORRUPT;
        status = a->err == ERR_CONFIG ? 2 : is_refused ? 3 : 1;
    }
    db_close(a->db);
    return status;
}

static void open_configured(struct admin *a, const char *path)
{
    *a = (struct admin){.err = ERR_NOMEM};
    struct config_error error = {.text = ""};
    struct orchestrator_config *config = calloc(1, sizeof *config);
    if (config == NULL) return;
    a->err = config_load_file(config, orchestrator_config_fields, path, &error);
    if (a->err == ERR_OK)
        (void)snprintf(a->where, sizeof a->where, "%s", config->database);
    else
        (void)snprintf(a->text, sizeof a->text, "%s", error.text);
    free(config);
    if (a->err != ERR_OK) return;
    const struct db_driver *driver = db_driver_for(a->where);
    /* Looking at a file that is not there must not make it. */
    if (driver == &db_driver_sqlite && access(a->where, F_OK) != 0) {
        a->err = ERR_NOT_FOUND;
        return;
    }
    a->err = db_open(&a->db, driver, a->where, a->text, sizeof a->text);
}

static void open_or_make(struct admin *a, const char *path)
{
    open_configured(a, path);
    if (a->err != ERR_NOT_FOUND) return;
    a->err = db_open(&a->db, &db_driver_sqlite, a->where, a->text, sizeof a->text);
}

static void migrate(struct admin *a)
{
    if (a->err == ERR_OK)
        a->err = db_migrate(a->db, orchestrator_migrations, orchestrator_migration_count, a->text,
                            sizeof a->text);
}

/* ---- status ---- */

static enum err print_numbers(struct db *db, const char *sql, const char *format)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, sql));
    bool row = false;
    enum err err = db_step(s, &row);
    if (err == ERR_OK)
        printf("%s %lld %lld\n", format, (long long)db_column_i64(s, 0), (long long)db_column_i64(s, 1));
    db_finalize(s);
    return err;
}

static const char *schema_word(const struct db_schema *schema)
{
    if (schema->highest > (int64_t)orchestrator_migration_count) return "newer than this program";
    if (schema->applied != schema->highest || (schema->highest == 0 && schema->tables > 0))
        return "half-migrated or not ours";
    if (schema->highest == (int64_t)orchestrator_migration_count) return "current";
    return schema->highest == 0 ? "empty" : "older: hawser db migrate, or hawser up";
}

int db_admin_status(const char *config, const char *file)
{
    (void)file;
    struct admin a;
    struct db_schema schema = {0};
    open_configured(&a, config);
    if (a.err == ERR_OK) a.err = db_schema_read(a.db, &schema);
    if (a.err != ERR_OK) return finish(&a, "status");
    bool is_current = strcmp(schema_word(&schema), "current") == 0;
    printf("engine   %s\nschema   %lld of %zu: %s\n", db_driver_for(a.where)->name,
           (long long)schema.highest, orchestrator_migration_count, schema_word(&schema));
    if (is_current) {
        a.err = print_numbers(a.db, "SELECT epoch, number FROM writer WHERE id = 1",
                              "writer   (epoch, groups written)");
        if (a.err == ERR_OK)
            a.err = print_numbers(a.db, "SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM journal",
                                  "journal  (records, last)");
        if (a.err == ERR_OK)
            a.err = print_numbers(a.db,
                                  "SELECT COUNT(*), COUNT(CASE WHEN state = 1 THEN 1 END) FROM outbox",
                                  "outbox   (transactions, not final)");
    }
    int status = finish(&a, "status");
    return status == 0 && !is_current ? 3 : status;
}

int db_admin_migrate(const char *config, const char *file)
{
    (void)file;
    struct admin a;
    open_or_make(&a, config);
    migrate(&a);
    int status = finish(&a, "migrate");
    if (status == 0) printf("schema %zu\n", orchestrator_migration_count);
    return status;
}

/* ---- backup, restore ---- */

static void print_counts(const char *what, const struct backup_counts *c)
{
    printf("%s %llu journal records, %llu transactions, %llu proof jobs\n", what,
           (unsigned long long)c->journal, (unsigned long long)c->outbox, (unsigned long long)c->jobs);
}

/* The name appears when the bytes are durable: link() refuses a name that is taken. */
static enum err publish(const char *temporary, const char *file)
{
    char folder[512];
    if (link(temporary, file) != 0) return ERR_EXISTS;
    (void)snprintf(folder, sizeof folder, "%s", file);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        (void)snprintf(folder, sizeof folder, ".");
    else
        slash[slash == folder ? 1 : 0] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return ERR_IO;
    enum err err = fsync(fd) == 0 ? ERR_OK : ERR_IO;
    (void)close(fd);
    return err;
}

static enum err backup_to(struct admin *a, const char *file, struct backup_counts *counts)
{
    char temporary[520];
    int len = snprintf(temporary, sizeof temporary, "%s.new", file);
    if (len >= 500) return ERR_TOO_LARGE;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (out == NULL) {
        (void)snprintf(a->text, sizeof a->text, "%s: cannot write", temporary);
        return ERR_IO;
    }
    enum err err = backup_write(a->db, out, counts, a->text, sizeof a->text);
    if (err == ERR_OK && fsync(fd) != 0) err = ERR_IO;
    if (fclose(out) != 0 && err == ERR_OK) err = ERR_IO;
    if (err == ERR_OK) {
        err = publish(temporary, file);
        if (err != ERR_OK) (void)snprintf(a->text, sizeof a->text, "%s is there already", file);
    }
    (void)unlink(temporary);
    return err;
}

int db_admin_backup(const char *config, const char *file)
{
    struct admin a;
    struct backup_counts counts = {0};
    struct db_schema schema = {0};
    open_configured(&a, config);
    if (a.err == ERR_OK) a.err = db_schema_read(a.db, &schema);
    if (a.err == ERR_OK && strcmp(schema_word(&schema), "current") != 0) {
        a.err = ERR_VERSION;
        (void)snprintf(a.text, sizeof a.text, "the schema is %s", schema_word(&schema));
    }
    if (a.err == ERR_OK) a.err = backup_to(&a, file, &counts);
    int status = finish(&a, "backup");
    if (status == 0) print_counts("written:", &counts);
    return status;
}

int db_admin_restore(const char *config, const char *file)
{
    struct admin a;
    struct backup_counts counts = {0};
    FILE *in = fopen(file, "rb");
    if (in == NULL) {
        fprintf(stderr, "hawser db restore: %s: cannot read\n", file);
        return 1;
    }
    open_or_make(&a, config);
    migrate(&a);
    if (a.err == ERR_OK) a.err = backup_read(a.db, in, &counts, a.text, sizeof a.text);
    (void)fclose(in);
    int status = finish(&a, "restore");
    if (status == 0) print_counts("restored:", &counts);
    return status;
}
