/* Engine, migrations and stores on a real SQLite file. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/engine/db.h"
#include "db/migrations/migrations.h"
#include "db/stores/job_store.h"
#include "db/stores/journal_store.h"
#include "db/stores/outbox_store.h"

/* python3: hashlib.sha256(bytes(32)+(1).to_bytes(8,'big')+(1).to_bytes(2,'big')+b'a') */
#define JOURNAL_FIRST_HASH "6cde75067e11c4ebd0be3ba0a8fcfa391416484753a21bd783ea32a77cc890eb"

static char dir[64];
static char path[96];

static void setup(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/hawser-test-db-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/t.db", dir);
}

static void teardown(void)
{
    char extra[128];
    (void)unlink(path);
    (void)snprintf(extra, sizeof extra, "%s-wal", path);
    (void)unlink(extra);
    (void)snprintf(extra, sizeof extra, "%s-shm", path);
    (void)unlink(extra);
    (void)rmdir(dir);
}

static struct db *open_migrated(void)
{
    struct db *db = NULL;
    char text[256];
    ck_assert_int_eq(db_open(&db, &db_driver_sqlite, path), ERR_OK);
    ck_assert_int_eq(
        db_migrate(db, orchestrator_migrations, orchestrator_migration_count, text, sizeof text),
        ERR_OK);
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
    ck_assert_int_eq(db_exec(db, "UPDATE journal SET body = x'62' WHERE seq = 2"), ERR_OK);
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
    struct db *db = NULL;
    char text[256];
    ck_assert_int_eq(db_open(&db, &db_driver_sqlite, path), ERR_OK);
    ck_assert_int_eq(db_migrate(db, orchestrator_migrations, 1, text, sizeof text), ERR_OK);
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

int main(void)
{
    Suite *suite = suite_create("db");
    TCase *tc = tcase_create("sqlite");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, journal_read_back_after_reopen_has_the_same_head);
    tcase_add_test(tc, altered_journal_body_is_found_and_named);
    tcase_add_test(tc, removed_journal_record_is_found);
    tcase_add_test(tc, one_nonce_takes_one_payload_and_one_step_one_nonce);
    tcase_add_test(tc, a_batch_taken_back_may_be_sent_again_and_its_old_nonces_stay_taken);
    tcase_add_test(tc, an_outbox_of_the_first_schema_is_kept);
    tcase_add_test(tc, newer_or_altered_schema_is_refused);
    tcase_add_test(tc, a_job_has_one_row_with_its_last_state);
    tcase_add_test(tc, jobs_that_are_proven_or_void_go_by_their_last_batch);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
