/* Engine, migrations and stores on a real SQLite file and on a real PostgreSQL server. */
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/engine/db.h"
#include "db/migrations/migrations.h"
#include "db/stores/backup_store.h"
#include "db/stores/job_store.h"
#include "db/stores/journal_store.h"
#include "db/stores/outbox_store.h"
#include "db/stores/writer_store.h"
#include "tests/support/check_main.h"
#include "tests/support/postgres.h"

/* python3: hashlib.sha256(bytes(32)+(1).to_bytes(8,'big')+(1).to_bytes(2,'big')+b'a') */
#define JOURNAL_FIRST_HASH "6cde75067e11c4ebd0be3ba0a8fcfa391416484753a21bd783ea32a77cc890eb"

static struct postgres_server server;
static const struct db_driver *driver;
static char dir[64];
static char where[200];

static void setup_sqlite(void)
{
    driver = &db_driver_sqlite;
    (void)snprintf(dir, sizeof dir, "/tmp/hawser-test-db-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(where, sizeof where, "%s/t.db", dir);
}

static void teardown_sqlite(void)
{
    char extra[256];
    (void)unlink(where);
    (void)snprintf(extra, sizeof extra, "%s-wal", where);
    (void)unlink(extra);
    (void)snprintf(extra, sizeof extra, "%s-shm", where);
    (void)unlink(extra);
    (void)rmdir(dir);
}

/* A schema of its own for each test: they run in children of one program. */
static void setup_postgres(void)
{
    char name[32];
    driver = &db_driver_postgres;
    (void)snprintf(name, sizeof name, "t%d", (int)getpid());
    postgres_schema(&server, where, sizeof where, name);
}

static struct db *open_plain(void)
{
    struct db *db = NULL;
    char text[256];
    ck_assert_ptr_eq(db_driver_for(where), driver);
    enum err err = db_open(&db, driver, where, text, sizeof text);
    ck_assert_msg(err == ERR_OK, "%s", text);
    return db;
}

static enum err migrate(struct db *db, size_t count, char *text, size_t text_size)
{
    return db_migrate(db, orchestrator_migrations, count, text, text_size);
}

static struct db *open_migrated(void)
{
    struct db *db = open_plain();
    char text[256];
    enum err err = migrate(db, orchestrator_migration_count, text, sizeof text);
    ck_assert_msg(err == ERR_OK, "%s", text);
    return db;
}

static enum err count_records(void *ctx, const struct journal_record *record)
{
    (void)record;
    ++*(int *)ctx;
    return ERR_OK;
}

static void append_three(struct db *db, struct journal_head *head)
{
    static const char *bodies[3] = {"a", "", "ccc"};
    ck_assert_int_eq(db_begin(db), ERR_OK);
    for (int i = 0; i < 3; i++) {
        struct span body = {(const uint8_t *)bodies[i], strlen(bodies[i])};
        ck_assert_int_eq(journal_append(db, head, (uint16_t)(i + 1), body), ERR_OK);
    }
    ck_assert_int_eq(db_commit(db), ERR_OK);
}

START_TEST(journal_read_back_after_reopen_has_the_same_head)
{
    struct db *db = open_migrated();
    struct journal_head head = {0};
    append_three(db, &head);
    db_close(db);
    db = open_migrated();
    struct journal_head again = {0};
    int n = 0;
    char text[256];
    ck_assert_int_eq(journal_read(db, &again, count_records, &n, text, sizeof text), ERR_OK);
    ck_assert_int_eq(n, 3);
    ck_assert_uint_eq(again.seq, 3);
    ck_assert_mem_eq(again.hash, head.hash, 32);
    uint8_t first[32];
    uint8_t zero[32] = {0};
    journal_hash(first, zero, 1, 1, (struct span){(const uint8_t *)"a", 1});
    char hex[65];
    for (int i = 0; i < 32; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", first[i]);
    ck_assert_str_eq(hex, JOURNAL_FIRST_HASH);
    db_close(db);
}
END_TEST

START_TEST(altered_journal_body_is_found_and_named)
{
    struct db *db = open_migrated();
    struct journal_head head = {0};
    append_three(db, &head);
    struct db_stmt *stmt = NULL;
    ck_assert_int_eq(db_prepare(db, &stmt, "UPDATE journal SET body = $2 WHERE seq = $1"), ERR_OK);
    ck_assert_int_eq(db_bind_bytes(stmt, 2, "b", 1), ERR_OK);
    ck_assert_int_eq(db_bind_i64(stmt, 1, 2), ERR_OK);
    ck_assert_int_eq(db_run(stmt), ERR_OK);
    db_finalize(stmt);
    int n = 0;
    char text[256];
    ck_assert_int_eq(journal_read(db, &head, count_records, &n, text, sizeof text), ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(text, "record 2"));
    db_close(db);
}
END_TEST

START_TEST(removed_journal_record_is_found)
{
    struct db *db = open_migrated();
    struct journal_head head = {0};
    append_three(db, &head);
    ck_assert_int_eq(db_exec(db, "DELETE FROM journal WHERE seq = 1"), ERR_OK);
    int n = 0;
    char text[256];
    ck_assert_int_eq(journal_read(db, &head, count_records, &n, text, sizeof text), ERR_CORRUPT);
    db_close(db);
}
END_TEST

START_TEST(one_nonce_takes_one_payload_and_one_step_one_nonce)
{
    struct db *db = open_migrated();
    struct outbox_entry e = {.chain = 1, .nonce = 5, .stage = OUTBOX_COMMIT, .k = 9};
    e.raw = (struct span){(const uint8_t *)"x", 1};
    ck_assert_int_eq(outbox_put(db, &e), ERR_OK);
    e.stage = OUTBOX_PROVE;
    ck_assert_int_eq(outbox_put(db, &e), ERR_EXISTS);
    e.stage = OUTBOX_COMMIT;
    e.nonce = 6;
    ck_assert_int_eq(outbox_put(db, &e), ERR_EXISTS);
    e.k = 10;
    ck_assert_int_eq(outbox_put(db, &e), ERR_OK);
    db_close(db);
}
END_TEST

static enum err keep_entry(void *ctx, const struct outbox_entry *e)
{
    struct outbox_entry *out = ctx;
    while (out->k != 0)
        out++;
    *out = *e;
    return ERR_OK;
}

START_TEST(a_batch_taken_back_may_be_sent_again_and_its_old_nonces_stay_taken)
{
    struct db *db = open_migrated();
    struct outbox_entry e = {.chain = 1, .nonce = 5, .stage = OUTBOX_COMMIT, .k = 9};
    e.raw = (struct span){(const uint8_t *)"x", 1};
    ck_assert_int_eq(outbox_put(db, &e), ERR_OK);
    e.nonce = 6;
    e.stage = OUTBOX_REVERT;
    ck_assert_int_eq(outbox_put(db, &e), ERR_OK);
    e.nonce = 7;
    e.stage = OUTBOX_EXECUTE;
    e.k = 8;
    ck_assert_int_eq(outbox_put(db, &e), ERR_OK);
    ck_assert_int_eq(outbox_void(db, 9), ERR_OK);
    struct outbox_entry got[8] = {{.k = 0}};
    ck_assert_int_eq(outbox_read(db, keep_entry, got), ERR_OK);
    ck_assert_int_eq(got[0].state, OUTBOX_VOID);
    ck_assert_int_eq(got[1].state, OUTBOX_VOID);
    ck_assert_int_eq(got[2].state, OUTBOX_SIGNED);
    e.stage = OUTBOX_COMMIT;
    e.k = 9;
    e.nonce = 5;
    ck_assert_int_eq(outbox_put(db, &e), ERR_EXISTS);
    e.nonce = 8;
    ck_assert_int_eq(outbox_put(db, &e), ERR_OK);
    e.nonce = 9;
    ck_assert_int_eq(outbox_put(db, &e), ERR_EXISTS);
    db_close(db);
}
END_TEST

START_TEST(an_outbox_of_the_first_schema_is_kept)
{
    struct db *db = open_plain();
    char text[256];
    ck_assert_int_eq(migrate(db, 1, text, sizeof text), ERR_OK);
    struct outbox_entry e = {.chain = 1, .nonce = 5, .stage = OUTBOX_PROVE, .k = 9};
    e.raw = (struct span){(const uint8_t *)"x", 1};
    memset(e.hash, 7, sizeof e.hash);
    ck_assert_int_eq(outbox_put(db, &e), ERR_OK);
    ck_assert_int_eq(
        db_migrate(db, orchestrator_migrations, orchestrator_migration_count, text, sizeof text),
        ERR_OK);
    struct outbox_entry got[2] = {{.k = 0}};
    ck_assert_int_eq(outbox_read(db, keep_entry, got), ERR_OK);
    ck_assert_uint_eq(got[0].k, 9);
    ck_assert_uint_eq(got[0].nonce, 5);
    ck_assert_int_eq(got[0].stage, OUTBOX_PROVE);
    ck_assert_mem_eq(got[0].hash, e.hash, 32);
    e.nonce = 6;
    ck_assert_int_eq(outbox_put(db, &e), ERR_EXISTS);
    db_close(db);
}
END_TEST

START_TEST(newer_or_altered_schema_is_refused)
{
    struct db *db = open_migrated();
    char text[256];
    ck_assert_int_eq(db_migrate(db, orchestrator_migrations, 0, text, sizeof text), ERR_VERSION);
    ck_assert_int_gt((int)strlen(text), 0);
    struct db_migration other = {"0001_init", "CREATE TABLE x(a BIGINT)"};
    ck_assert_int_eq(db_migrate(db, &other, 1, text, sizeof text), ERR_VERSION);
    db_close(db);
}
END_TEST

struct jobs_seen {
    size_t n, bytes;
    struct job_row last;
};

static enum err see_job(void *ctx, const struct job_row *row)
{
    struct jobs_seen *seen = ctx;
    seen->n++;
    seen->bytes += row->proof.len;
    seen->last = *row;
    return ERR_OK;
}

static struct jobs_seen jobs_now(struct db *db)
{
    struct jobs_seen seen = {.n = 0};
    ck_assert_int_eq(job_rows(db, see_job, &seen), ERR_OK);
    return seen;
}

START_TEST(a_job_has_one_row_with_its_last_state)
{
    struct db *db = open_migrated();
    struct job_row r = {.from = 3, .to = 3, .layer = 7, .index = 1, .state = JOB_ROW_OUT};
    r.deadline_ms = UINT64_C(1760000000000);
    r.tries = 2;
    memset(r.owner, 0xab, sizeof r.owner);
    memset(r.content, 0xcd, sizeof r.content);
    ck_assert_int_eq(job_put(db, &r), ERR_OK);
    struct jobs_seen seen = jobs_now(db);
    ck_assert_uint_eq(seen.n, 1);
    ck_assert_uint_eq(seen.last.deadline_ms, r.deadline_ms);
    ck_assert_uint_eq(seen.last.tries, 2);
    ck_assert_mem_eq(seen.last.owner, r.owner, sizeof r.owner);
    ck_assert_mem_eq(seen.last.content, r.content, sizeof r.content);
    r.state = JOB_ROW_DONE;
    r.proof = (struct span){(const uint8_t *)"abc", 3};
    ck_assert_int_eq(job_put(db, &r), ERR_OK);
    ck_assert_int_eq(job_put(db, &r), ERR_OK); /* finished twice */
    seen = jobs_now(db);
    ck_assert_uint_eq(seen.n, 1);
    ck_assert_uint_eq(seen.bytes, 3);
    ck_assert_int_eq(seen.last.state, JOB_ROW_DONE);
    ck_assert_int_eq(job_delete(db, 3, 3, 7, 0), ERR_OK);
    ck_assert_uint_eq(jobs_now(db).n, 1);
    ck_assert_int_eq(job_delete(db, 3, 3, 7, 1), ERR_OK);
    ck_assert_uint_eq(jobs_now(db).n, 0);
    db_close(db);
}
END_TEST

START_TEST(jobs_that_are_proven_or_void_go_by_their_last_batch)
{
    struct db *db = open_migrated();
    for (uint64_t from = 1; from <= 4; from++) {
        for (uint64_t to = from; to <= 4; to++) {
            struct job_row r = {.from = from, .to = to, .layer = 8, .state = JOB_ROW_WAITING};
            ck_assert_int_eq(job_put(db, &r), ERR_OK);
        }
    }
    ck_assert_uint_eq(jobs_now(db).n, 10);
    ck_assert_int_eq(job_prune(db, 2), ERR_OK);
    ck_assert_uint_eq(jobs_now(db).n, 7);
    ck_assert_int_eq(job_drop(db, 4), ERR_OK);
    ck_assert_uint_eq(jobs_now(db).n, 3);
    ck_assert_uint_eq(jobs_now(db).last.to, 3);
    db_close(db);
}
END_TEST

static int64_t ask_i64(struct db *db, const char *sql)
{
    struct db_stmt *s = NULL;
    bool row = false;
    ck_assert_int_eq(db_prepare(db, &s, sql), ERR_OK);
    ck_assert_int_eq(db_step(s, &row), ERR_OK);
    ck_assert(row);
    int64_t value = db_column_i64(s, 0);
    ck_assert_int_eq(db_step(s, &row), ERR_OK);
    ck_assert(!row);
    db_finalize(s);
    return value;
}

START_TEST(numbers_and_bytes_come_back_as_they_went_in)
{
    static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN};
    static uint8_t bytes[70000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    static const size_t lengths[] = {0, 1, 2, 4096, sizeof bytes};
    struct db *db = open_plain();
    ck_assert_int_eq(db_exec(db, "CREATE TABLE x(a BIGINT PRIMARY KEY, b BYTEA NOT NULL)"), ERR_OK);
    struct db_stmt *s = NULL;
    ck_assert_int_eq(db_prepare(db, &s, "INSERT INTO x(b, a) VALUES($2, $1)"), ERR_OK);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(db_bind_bytes(s, 2, lengths[i] == 0 ? NULL : bytes, lengths[i]), ERR_OK);
        ck_assert_int_eq(db_bind_i64(s, 1, numbers[i]), ERR_OK);
        ck_assert_int_eq(db_run(s), ERR_OK);
    }
    db_finalize(s);
    ck_assert_int_eq(db_prepare(db, &s, "SELECT a, b FROM x WHERE a = $1"), ERR_OK);
    for (size_t i = 0; i < 5; i++) {
        bool row = false;
        ck_assert_int_eq(db_bind_i64(s, 1, numbers[i]), ERR_OK);
        ck_assert_int_eq(db_step(s, &row), ERR_OK);
        ck_assert(row);
        ck_assert_int_eq(db_column_i64(s, 0), numbers[i]);
        struct span got = db_column_bytes(s, 1);
        ck_assert_uint_eq(got.len, lengths[i]);
        if (got.len > 0) ck_assert_mem_eq(got.data, bytes, got.len);
        db_reset(s); /* before the end of the rows */
    }
    db_finalize(s);
    db_close(db);
}
END_TEST

START_TEST(what_is_not_committed_is_gone_and_a_failed_statement_stops_no_later_one)
{
    struct db *db = open_plain();
    ck_assert_int_eq(db_exec(db, "CREATE TABLE x(a BIGINT PRIMARY KEY)"), ERR_OK);
    ck_assert_int_eq(db_exec(db, "INSERT INTO x VALUES(1)"), ERR_OK);
    ck_assert_int_eq(db_begin(db), ERR_OK);
    ck_assert_int_eq(db_exec(db, "INSERT INTO x VALUES(2)"), ERR_OK);
    ck_assert_int_eq(ask_i64(db, "SELECT COUNT(*) FROM x"), 2);
    ck_assert_int_eq(db_exec(db, "INSERT INTO x VALUES(1)"), ERR_EXISTS);
    ck_assert_int_gt((int)strlen(db_error_text(db)), 0);
    db_rollback(db);
    ck_assert_int_eq(ask_i64(db, "SELECT COUNT(*) FROM x"), 1);
    ck_assert_int_eq(db_exec(db, "SELECT nonsense FROM x"), ERR_DB);
    ck_assert_int_eq(ask_i64(db, "SELECT COUNT(*) FROM x"), 1);
    ck_assert_int_eq(db_begin(db), ERR_OK);
    ck_assert_int_eq(db_exec(db, "INSERT INTO x VALUES(3)"), ERR_OK);
    db_close(db); /* within the transaction */
    db = open_plain();
    ck_assert_int_eq(ask_i64(db, "SELECT COUNT(*) FROM x"), 1);
    db_close(db);
}
END_TEST

START_TEST(half_migrated_or_foreign_tables_are_refused_and_nothing_is_changed)
{
    char text[256];
    struct db_schema schema;
    struct db *db = open_plain();
    ck_assert_int_eq(db_schema_read(db, &schema), ERR_OK);
    ck_assert_int_eq(schema.tables + schema.applied + schema.highest, 0);
    ck_assert_int_eq(db_exec(db, "CREATE TABLE journal(a BIGINT)"), ERR_OK);
    ck_assert_int_eq(migrate(db, orchestrator_migration_count, text, sizeof text), ERR_VERSION);
    ck_assert_ptr_nonnull(strstr(text, "half-migrated"));
    ck_assert_int_eq(db_exec(db, "DROP TABLE journal"), ERR_OK);
    ck_assert_int_eq(migrate(db, orchestrator_migration_count, text, sizeof text), ERR_OK);
    ck_assert_int_eq(db_schema_read(db, &schema), ERR_OK);
    ck_assert_int_eq(schema.applied, (int64_t)orchestrator_migration_count);
    ck_assert_int_eq(db_exec(db, "DELETE FROM schema_migrations WHERE number = 2"), ERR_OK);
    ck_assert_int_eq(migrate(db, orchestrator_migration_count, text, sizeof text), ERR_VERSION);
    ck_assert_ptr_nonnull(strstr(text, "half-migrated"));
    db_close(db);
}
END_TEST

START_TEST(a_migration_that_fails_leaves_no_trace_of_those_before_it)
{
    static const struct db_migration list[] = {
        {"0001_good", "CREATE TABLE x(a BIGINT)"},
        {"0002_bad", "CREATE TABLE y(a BIGINT); INSERT INTO z VALUES(1)"},
    };
    char text[256];
    struct db_schema schema;
    struct db *db = open_plain();
    ck_assert_int_eq(db_migrate(db, list, 2, text, sizeof text), ERR_DB);
    ck_assert_ptr_nonnull(strstr(text, "0002_bad"));
    ck_assert_int_eq(db_schema_read(db, &schema), ERR_OK);
    ck_assert_int_eq(schema.tables + schema.applied + schema.highest, 0);
    ck_assert_int_eq(db_migrate(db, list, 1, text, sizeof text), ERR_OK);
    db_close(db);
}
END_TEST

START_TEST(a_writer_that_was_replaced_writes_nothing_more)
{
    struct db *old = open_migrated();
    struct writer_mark mark;
    struct writer_mark other;
    ck_assert_int_eq(writer_take(old, &mark), ERR_OK);
    ck_assert_uint_eq(mark.epoch, 1);
    ck_assert_int_eq(db_begin(old), ERR_OK);
    ck_assert_int_eq(writer_advance(old, &mark), ERR_OK);
    ck_assert_int_eq(db_commit(old), ERR_OK);
    struct db *new = open_migrated();
    ck_assert_int_eq(writer_take(new, &other), ERR_OK);
    ck_assert_uint_eq(other.epoch, 2);
    ck_assert_uint_eq(other.number, mark.number);
    ck_assert_int_eq(db_begin(old), ERR_OK);
    ck_assert_int_eq(writer_advance(old, &mark), ERR_EXISTS);
    db_rollback(old);
    ck_assert_uint_eq(mark.number, 1);
    /* a number of the past is refused as well */
    struct writer_mark past = {.epoch = 2, .number = 0};
    ck_assert_int_eq(db_begin(new), ERR_OK);
    ck_assert_int_eq(writer_advance(new, &past), ERR_EXISTS);
    db_rollback(new);
    ck_assert_int_eq(db_begin(new), ERR_OK);
    ck_assert_int_eq(writer_advance(new, &other), ERR_OK);
    ck_assert_int_eq(db_commit(new), ERR_OK);
    ck_assert_int_eq(writer_read(old, &mark), ERR_OK);
    ck_assert_uint_eq(mark.epoch, 2);
    ck_assert_uint_eq(mark.number, 2);
    db_close(old);
    db_close(new);
}
END_TEST

/* ---- backup ---- */

static void fill_all_tables(struct db *db)
{
    struct journal_head head = {0};
    append_three(db, &head);
    struct outbox_entry e = {.chain = 1, .nonce = 5, .stage = OUTBOX_COMMIT, .k = 9};
    e.raw = (struct span){(const uint8_t *)"x", 1};
    ck_assert_int_eq(outbox_put(db, &e), ERR_OK);
    ck_assert_int_eq(outbox_void(db, 9), ERR_OK);
    e.nonce = 6; /* the same step again */
    ck_assert_int_eq(outbox_put(db, &e), ERR_OK);
    ck_assert_int_eq(outbox_set_state(db, 1, 6, OUTBOX_FINAL), ERR_OK);
    struct job_row r = {.from = 3, .to = 4, .layer = 7, .index = 1, .state = JOB_ROW_DONE, .tries = 2};
    r.deadline_ms = UINT64_C(1760000000000);
    r.proof = (struct span){(const uint8_t *)"abc", 3};
    ck_assert_int_eq(job_put(db, &r), ERR_OK);
}

static size_t backup_bytes(struct db *db, uint8_t *out, size_t size)
{
    struct backup_counts counts;
    char text[256];
    FILE *f = tmpfile();
    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(backup_write(db, f, &counts, text, sizeof text), ERR_OK);
    rewind(f);
    size_t len = fread(out, 1, size, f);
    ck_assert_uint_lt(len, size);
    (void)fclose(f);
    return len;
}

static enum err restore_bytes(struct db *db, const uint8_t *data, size_t len, struct backup_counts *counts)
{
    char text[256];
    FILE *f = tmpfile();
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, len, f), len);
    rewind(f);
    enum err err = backup_read(db, f, counts, text, sizeof text);
    ck_assert_int_eq(err == ERR_CORRUPT || err == ERR_EXISTS, text[0] != '\0');
    (void)fclose(f);
    return err;
}

START_TEST(a_backup_restored_into_the_other_engine_gives_the_same_backup)
{
    static uint8_t first[4096];
    static uint8_t second[4096];
    struct backup_counts counts = {0};
    struct db *db = open_migrated();
    fill_all_tables(db);
    size_t len = backup_bytes(db, first, sizeof first);
    ck_assert_int_eq(restore_bytes(db, first, len, &counts), ERR_EXISTS);
    db_close(db);
    /* the other engine */
    bool was_sqlite = driver == &db_driver_sqlite;
    if (was_sqlite) {
        teardown_sqlite();
        setup_postgres();
    } else {
        setup_sqlite();
    }
    db = open_migrated();
    ck_assert_int_eq(restore_bytes(db, first, len, &counts), ERR_OK);
    ck_assert_uint_eq(counts.journal, 3);
    ck_assert_uint_eq(counts.outbox, 2);
    ck_assert_uint_eq(counts.jobs, 1);
    ck_assert_uint_eq(backup_bytes(db, second, sizeof second), len);
    ck_assert_mem_eq(first, second, len);
    db_close(db);
    if (!was_sqlite) teardown_sqlite();
}
END_TEST

START_TEST(a_backup_with_one_byte_changed_or_missing_restores_nothing)
{
    static uint8_t bytes[4096];
    struct backup_counts counts = {0};
    struct db *db = open_migrated();
    fill_all_tables(db);
    size_t len = backup_bytes(db, bytes, sizeof bytes);
    ck_assert_int_eq(db_exec(db, "DELETE FROM journal; DELETE FROM outbox; DELETE FROM jobs"), ERR_OK);
    for (size_t i = 0; i < len; i += 7) {
        bytes[i] ^= 1;
        enum err err = restore_bytes(db, bytes, len, &counts);
        ck_assert_msg(err != ERR_OK, "byte %zu", i);
        bytes[i] ^= 1;
    }
    for (size_t cut = 0; cut < len; cut += 41)
        ck_assert_int_eq(restore_bytes(db, bytes, cut, &counts), ERR_CORRUPT);
    ck_assert_int_eq(restore_bytes(db, bytes, len, &counts), ERR_OK);
    db_close(db);
}
END_TEST

/* ---- PostgreSQL only: groups, and what a connection must promise ---- */

static enum err group_wait(struct db *db)
{
    for (int i = 0; i < 1000; i++) {
        bool done = false;
        bool wants_write = false;
        enum err err = db_group_pump(db, &done, &wants_write);
        if (done) return err;
        struct pollfd fd = {.fd = db_socket(db), .events = POLLIN};
        if (wants_write) fd.events |= POLLOUT;
        (void)poll(&fd, 1, 1000);
    }
    ck_abort_msg("the group never ended");
}

START_TEST(a_group_is_written_whole_or_not_at_all)
{
    struct db *db = open_migrated();
    struct journal_head head = {0};
    ck_assert(db_has_groups(db));
    static uint8_t body[JOURNAL_BODY_MAX];
    memset(body, 5, sizeof body);
    for (int g = 0; g < 3; g++) { /* the last ones with more bytes than a socket takes at once */
        ck_assert_int_eq(db_group_begin(db), ERR_OK);
        for (int i = 0; i < 100; i++)
            ck_assert_int_eq(journal_append(db, &head, 1, (struct span){body, g == 0 ? 3 : sizeof body}),
                             ERR_OK);
        ck_assert_int_eq(db_group_end(db), ERR_OK);
        ck_assert_int_eq(group_wait(db), ERR_OK);
    }
    struct journal_head again = {0};
    char text[256];
    int n = 0;
    ck_assert_int_eq(journal_read(db, &again, count_records, &n, text, sizeof text), ERR_OK);
    ck_assert_int_eq(n, 300);
    ck_assert_mem_eq(again.hash, head.hash, 32);
    ck_assert_int_eq(db_group_begin(db), ERR_OK);
    ck_assert_int_eq(journal_append(db, &head, 1, (struct span){body, 1}), ERR_OK);
    head.seq--; /* the same number twice */
    ck_assert_int_eq(journal_append(db, &head, 1, (struct span){body, 1}), ERR_OK);
    ck_assert_int_eq(db_group_end(db), ERR_OK);
    ck_assert_int_eq(group_wait(db), ERR_EXISTS);
    db_close(db);
    db = open_plain();
    ck_assert_int_eq(ask_i64(db, "SELECT COUNT(*) FROM journal"), 300);
    db_close(db);
}
END_TEST

/* A group whose COMMIT waits for a standby that does not come, and what the server says when the
 * waiting process is told so: the row is there then, but on one server only. */
static enum err commit_disturbed(const char *how)
{
    struct db *db = open_migrated();
    char sql[200];
    (void)snprintf(sql, sizeof sql,
                   "SELECT %s(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                   " AND application_name = 'hawser'",
                   how);
    char got[16];
    struct journal_head head = {0};
    postgres_sql(&server, NULL, 0, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    postgres_sql(&server, NULL, 0, "SELECT pg_reload_conf()");
    (void)usleep(300000); /* a server process reads it between two statements */
    ck_assert_int_eq(db_group_begin(db), ERR_OK);
    ck_assert_int_eq(journal_append(db, &head, 1, (struct span){(const uint8_t *)"a", 1}), ERR_OK);
    ck_assert_int_eq(db_group_end(db), ERR_OK);
    enum err err = ERR_OK;
    bool done = false;
    for (int i = 0; i < 500 && !done; i++) {
        bool wants_write = false;
        err = db_group_pump(db, &done, &wants_write);
        if (done) break;
        postgres_sql(&server, got, sizeof got, sql);
        (void)usleep(10000);
    }
    postgres_sql(&server, NULL, 0, "ALTER SYSTEM RESET synchronous_standby_names");
    postgres_sql(&server, NULL, 0, "SELECT pg_reload_conf()");
    ck_assert(done);
    db_close(db);
    db = open_plain();
    ck_assert_int_eq(ask_i64(db, "SELECT COUNT(*) FROM journal"), 1);
    db_close(db);
    return err;
}

START_TEST(a_group_whose_server_process_is_killed_in_its_commit_is_unknown)
{
    ck_assert_int_eq(commit_disturbed("pg_terminate_backend"), ERR_NET);
}
END_TEST

START_TEST(a_commit_that_stopped_waiting_for_its_standby_is_unknown)
{
    ck_assert_int_eq(commit_disturbed("pg_cancel_backend"), ERR_TIMEOUT);
}
END_TEST

START_TEST(a_uri_with_a_password_is_refused_and_not_repeated)
{
    static const char *const uris[] = {
        "postgresql://hawser:geheim@127.0.0.1:1/x",
        "postgresql://127.0.0.1:1/x?password=geheim",
        "postgresql://hawser:geheim@127.0.0.1:1/x?nonsense=1",
    };
    for (size_t i = 0; i < ARRAY_LEN(uris); i++) {
        struct db *db = NULL;
        char text[256];
        ck_assert_int_eq(db_open(&db, db_driver_for(uris[i]), uris[i], text, sizeof text), ERR_CONFIG);
        ck_assert_int_gt((int)strlen(text), 0);
        ck_assert_ptr_null(strstr(text, "geheim"));
    }
}
END_TEST

START_TEST(a_server_that_may_lose_what_it_acknowledges_is_refused_or_told_not_to)
{
    struct db *db = NULL;
    char text[256];
    char weak[300];
    (void)snprintf(weak, sizeof weak, "%s%%20-csynchronous_commit%%3Doff", where);
    ck_assert_int_eq(db_open(&db, driver, weak, text, sizeof text), ERR_OK);
    ck_assert_int_eq(ask_i64(db, "SELECT COUNT(*) FROM pg_settings WHERE name = 'synchronous_commit'"
                                 " AND setting = 'on'"),
                     1);
    db_close(db);
    /* a standby, or a primary that was told not to write */
    (void)snprintf(weak, sizeof weak, "%s%%20-cdefault_transaction_read_only%%3Don", where);
    ck_assert_int_eq(db_open(&db, driver, weak, text, sizeof text), ERR_NET);
    ck_assert_ptr_nonnull(strstr(text, "read-only"));
    ck_assert_int_eq(db_open(&db, driver, "postgresql://127.0.0.1:1/x", text, sizeof text), ERR_NET);
    ck_assert_int_gt((int)strlen(text), 0);
}
END_TEST

/* ---- the same tests on every engine ---- */

static void add_engine(Suite *suite, const char *name, void (*setup)(void), void (*teardown)(void))
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, numbers_and_bytes_come_back_as_they_went_in);
    tcase_add_test(tc, what_is_not_committed_is_gone_and_a_failed_statement_stops_no_later_one);
    tcase_add_test(tc, half_migrated_or_foreign_tables_are_refused_and_nothing_is_changed);
    tcase_add_test(tc, a_migration_that_fails_leaves_no_trace_of_those_before_it);
    tcase_add_test(tc, a_writer_that_was_replaced_writes_nothing_more);
    tcase_add_test(tc, journal_read_back_after_reopen_has_the_same_head);
    tcase_add_test(tc, altered_journal_body_is_found_and_named);
    tcase_add_test(tc, removed_journal_record_is_found);
    tcase_add_test(tc, one_nonce_takes_one_payload_and_one_step_one_nonce);
    tcase_add_test(tc, a_batch_taken_back_may_be_sent_again_and_its_old_nonces_stay_taken);
    tcase_add_test(tc, an_outbox_of_the_first_schema_is_kept);
    tcase_add_test(tc, newer_or_altered_schema_is_refused);
    tcase_add_test(tc, a_job_has_one_row_with_its_last_state);
    tcase_add_test(tc, jobs_that_are_proven_or_void_go_by_their_last_batch);
    tcase_add_test(tc, a_backup_restored_into_the_other_engine_gives_the_same_backup);
    tcase_add_test(tc, a_backup_with_one_byte_changed_or_missing_restores_nothing);
    suite_add_tcase(suite, tc);
}

int main(void)
{
    postgres_start(&server);
    Suite *suite = suite_create("db");
    add_engine(suite, "sqlite", setup_sqlite, teardown_sqlite);
    add_engine(suite, "postgres", setup_postgres, NULL);
    TCase *tc = tcase_create("postgres only");
    tcase_add_checked_fixture(tc, setup_postgres, NULL);
    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, a_group_is_written_whole_or_not_at_all);
    tcase_add_test(tc, a_group_whose_server_process_is_killed_in_its_commit_is_unknown);
    tcase_add_test(tc, a_commit_that_stopped_waiting_for_its_standby_is_unknown);
    tcase_add_test(tc, a_uri_with_a_password_is_refused_and_not_repeated);
    tcase_add_test(tc, a_server_that_may_lose_what_it_acknowledges_is_refused_or_told_not_to);
    suite_add_tcase(suite, tc);
    int rc = check_main(suite);
    postgres_stop(&server);
    return rc;
}
