/* The store on SQLite and on a real PostgreSQL server: what was acknowledged is there, once, whatever
 * happens to the connection between COMMIT and its answer. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/base/endian.h"
#include "orchestrator/store.h"
#include "tests/support/check_main.h"
#include "tests/support/postgres.h"
#include "tests/support/postgres_proxy.h"

enum { BODY = 16, OPS_MAX = 4096 };

static struct postgres_server server;
static char dir[64];
static char where[200];  /* of the store */
static char direct[200]; /* past the proxy */
static struct postgres_proxy *proxy;

struct bench {
    struct loop loop;
    struct store *store;
    uint64_t sent, acked, read;
    bool in_order;
};

static void setup_sqlite(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/hawser-test-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(where, sizeof where, "%s/t.db", dir);
    (void)snprintf(direct, sizeof direct, "%s", where);
}

static void teardown_sqlite(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char name[256];
        (void)snprintf(name, sizeof name, "%s%s", where, ends[i]);
        (void)unlink(name);
    }
    (void)rmdir(dir);
}

static void setup_postgres(void)
{
    char name[32];
    (void)snprintf(name, sizeof name, "s%d", (int)getpid());
    postgres_schema(&server, direct, sizeof direct, name);
    (void)snprintf(where, sizeof where, "%s", direct);
}

static void setup_proxy(void)
{
    const char *proxy_dir = NULL;
    setup_postgres();
    proxy = postgres_proxy_start(server.dir, &proxy_dir);
    const char *name = strstr(direct, "csearch_path");
    (void)snprintf(where, sizeof where, "postgresql:///postgres?host=%s&user=hawser&options=-%s", proxy_dir,
                   name);
}

static void teardown_proxy(void)
{
    postgres_proxy_stop(proxy);
}

/* Record i holds the number i: nothing lost, nothing twice, in order. */
static enum err read_record(void *ctx, const struct journal_record *record)
{
    struct bench *b = ctx;
    b->read++;
    if (record->body.len != BODY || get_be64(record->body.data) != b->read) b->in_order = false;
    return ERR_OK;
}

static void bench_open_at(struct bench *b, const char *place)
{
    char text[300];
    b->in_order = true;
    b->read = 0;
    ck_assert_ok(loop_init(&b->loop));
    struct store_reader reader = {.journal = read_record, .ctx = b};
    enum err err = store_open(&b->store, &b->loop, place, &reader, text, sizeof text);
    ck_assert_msg(err == ERR_OK, "%s", text);
    b->sent = b->acked = b->read;
}

static void bench_close(struct bench *b)
{
    ck_assert(store_is_idle(b->store));
    store_close(b->store);
    ck_assert_ok(loop_deinit(&b->loop));
}

static void on_written(void *ctx)
{
    ((struct bench *)ctx)->acked++;
}

static void bench_write(struct bench *b)
{
    uint8_t body[BODY] = {0};
    put_be64(body, ++b->sent);
    ck_assert_ok(store_journal(b->store, 1, (struct span){body, BODY}, on_written, b));
}

/* true: all acknowledged within the time. */
static bool bench_wait(struct bench *b, int ms)
{
    for (int i = 0; i < ms; i++) {
        (void)loop_run_once(&b->loop);
        if (b->acked == b->sent && store_is_idle(b->store)) return true;
        (void)usleep(1000);
    }
    return false;
}

static void journal_must_hold(uint64_t n)
{
    struct bench b = {.sent = 0};
    bench_open_at(&b, direct);
    ck_assert_uint_eq(b.read, n);
    ck_assert(b.in_order);
    bench_close(&b);
}

START_TEST(what_was_acknowledged_is_read_back_in_order)
{
    struct bench b = {.sent = 0};
    bench_open_at(&b, where);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 1 + round * 7; i++)
            bench_write(&b);
        ck_assert(bench_wait(&b, 5000));
    }
    uint64_t n = b.sent;
    bench_close(&b);
    journal_must_hold(n);
}
END_TEST

START_TEST(joined_writes_of_every_kind_are_there_after_a_reopen)
{
    struct bench b = {.sent = 0};
    bench_open_at(&b, where);
    struct outbox_entry e = {.chain = 1, .nonce = 5, .stage = OUTBOX_COMMIT, .k = 9};
    e.raw = (struct span){(const uint8_t *)"x", 1};
    struct job_row row = {.from = 1, .to = 1, .layer = 2, .state = JOB_ROW_DONE};
    row.proof = (struct span){(const uint8_t *)"proof", 5};
    store_join(b.store);
    bench_write(&b);
    ck_assert_ok(store_outbox(b.store, &e, NULL, NULL));
    ck_assert_ok(store_job(b.store, &row));
    store_join_end(b.store);
    ck_assert_ok(store_outbox_final(b.store, 1, 5));
    ck_assert_ok(store_job_prune(b.store, 1));
    ck_assert(bench_wait(&b, 5000));
    bench_close(&b);
    journal_must_hold(1);
}
END_TEST

/* Exits with 70: the first of two writers on one database ends at its next write. */
START_TEST(the_first_of_two_writers_stops_at_its_next_write)
{
    struct bench old = {.sent = 0};
    struct bench new = {.sent = 0};
    bench_open_at(&old, where);
    bench_write(&old);
    ck_assert(bench_wait(&old, 5000));
    bench_open_at(&new, where);
    bench_write(&new);
    ck_assert(bench_wait(&new, 5000));
    bench_write(&old);
    (void)bench_wait(&old, 5000);
    _exit(1);
}
END_TEST

/* ---- PostgreSQL: lost connections ---- */

START_TEST(a_connection_lost_around_commit_loses_and_doubles_nothing)
{
    struct bench b = {.sent = 0};
    bench_open_at(&b, where);
    for (int round = 0; round < 2; round++) {
        for (int fault = PROXY_CUT_BEFORE; fault < PROXY_FAULTS; fault++) {
            bench_write(&b);
            ck_assert(bench_wait(&b, 5000));
            postgres_proxy_arm(proxy, (enum proxy_fault)fault);
            for (int i = 0; i < 1 + 20 * round; i++)
                bench_write(&b);
            ck_assert_msg(bench_wait(&b, 10000), "fault %d", fault);
            ck_assert_msg(postgres_proxy_fired(proxy), "fault %d", fault);
        }
    }
    uint64_t n = b.sent;
    bench_close(&b);
    journal_must_hold(n);
}
END_TEST

START_TEST(random_losses_at_random_moments_lose_and_double_nothing)
{
    struct rng rng;
    check_seed(&rng);
    struct bench b = {.sent = 0};
    bench_open_at(&b, where);
    for (int i = 0; i < 400; i++) {
        if (rng_below(&rng, 12) == 0)
            postgres_proxy_arm(proxy, (enum proxy_fault)(1 + rng_below(&rng, PROXY_FAULTS - 1)));
        for (uint64_t n = rng_below(&rng, 20); n > 0; n--)
            bench_write(&b);
        (void)bench_wait(&b, (int)rng_below(&rng, 4));
        ck_assert_uint_le(b.acked, b.sent);
    }
    postgres_proxy_arm(proxy, PROXY_PASS);
    ck_assert(bench_wait(&b, 20000));
    uint64_t n = b.sent;
    bench_close(&b);
    journal_must_hold(n);
}
END_TEST

START_TEST(a_server_that_crashes_and_recovers_is_found_again)
{
    char pid[16];
    struct bench b = {.sent = 0};
    bench_open_at(&b, where);
    for (int i = 0; i < 10; i++)
        bench_write(&b);
    /* One server process killed: the postmaster ends all of them and recovers from its log. */
    postgres_sql(&server, pid, sizeof pid,
                 "SELECT pid FROM pg_stat_activity WHERE application_name = 'hawser' LIMIT 1");
    ck_assert_int_eq(kill((pid_t)strtol(pid, NULL, 10), SIGKILL), 0);
    for (int i = 0; i < 10; i++)
        bench_write(&b);
    ck_assert(bench_wait(&b, 20000));
    bench_close(&b);
    journal_must_hold(20);
}
END_TEST

START_TEST(nothing_is_acknowledged_while_the_standby_is_missing_even_if_the_commit_is_cut_short)
{
    static const char *const ways[] = {"pg_terminate_backend", "pg_cancel_backend"};
    struct bench b = {.sent = 0};
    bench_open_at(&b, where);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        char sql[200];
        (void)snprintf(sql, sizeof sql, "SELECT %s(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
                       ways[i]);
        bench_write(&b);
        ck_assert(bench_wait(&b, 5000));
        postgres_sql(&server, NULL, 0, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        postgres_sql(&server, NULL, 0, "SELECT pg_reload_conf()");
        (void)usleep(200000);
        bench_write(&b);
        ck_assert(!bench_wait(&b, 200));
        postgres_sql(&server, NULL, 0, sql);
        ck_assert(!bench_wait(&b, 700));
        postgres_sql(&server, NULL, 0, "ALTER SYSTEM RESET synchronous_standby_names");
        postgres_sql(&server, NULL, 0, "SELECT pg_reload_conf()");
        ck_assert(bench_wait(&b, 10000));
    }
    uint64_t n = b.sent;
    bench_close(&b);
    journal_must_hold(n);
}
END_TEST

static void add_engine(Suite *suite, const char *name, void (*setup)(void), void (*teardown)(void))
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, what_was_acknowledged_is_read_back_in_order);
    tcase_add_test(tc, joined_writes_of_every_kind_are_there_after_a_reopen);
    tcase_add_exit_test(tc, the_first_of_two_writers_stops_at_its_next_write, 70);
    suite_add_tcase(suite, tc);
}

int main(void)
{
    postgres_start(&server);
    Suite *suite = suite_create("store");
    add_engine(suite, "sqlite", setup_sqlite, teardown_sqlite);
    add_engine(suite, "postgres", setup_postgres, NULL);
    TCase *tc = tcase_create("lost connections");
    tcase_add_checked_fixture(tc, setup_proxy, teardown_proxy);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_connection_lost_around_commit_loses_and_doubles_nothing);
    tcase_add_test(tc, random_losses_at_random_moments_lose_and_double_nothing);
    tcase_add_test(tc, a_server_that_crashes_and_recovers_is_found_again);
    tcase_add_test(tc, nothing_is_acknowledged_while_the_standby_is_missing_even_if_the_commit_is_cut_short);
    suite_add_tcase(suite, tc);
    int rc = check_main(suite);
    postgres_stop(&server);
    return rc;
}
