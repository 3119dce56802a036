/* Durable acknowledged operations per second: the real sequencer, intake and store, without HTTP and
 * L1s; a window of operations is always under way. Beside it the raw limits of the same engine.
 *
 *   bench_sequencer --make FILE [--ops N]             signs traffic, writes it
 *   bench_sequencer --traffic FILE --store WHERE [--window N] [--name NAME] [--ops N]
 *                   [--inline 1] [--limits 0]
 *
 * WHERE: a file that does not exist yet (SQLite), or the URI of an empty PostgreSQL database. Prints
 * `NAME.key value unit`. --ops: only the first N of the traffic. --inline 1: every signature is checked by
 * the rules, on the loop's thread, for comparison. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench/seq_traffic.h"
#include "common/base/require.h"
#include "common/log/log.h"
#include "db/engine/db.h"
#include "orchestrator/intake.h"
#include "orchestrator/sequencer.h"

enum {
    WARM = 2000,            /* operations before the measurement */
    ROW_BYTES = 1600,       /* of the raw limits: as a request */
    SEAL_OPS = 4096,        /* the product's default */
    SEAL_AGE_MS = 30000,
    TICK_MS = 200,
    SETTLE_LAG = 8,         /* batches sealed and not yet executed */
    LIMIT_ROWS = 1024, /* of a transaction: as the store's groups at most */
};
static const double LIMIT_SECONDS = 2;

struct bench {
    const struct seq_traffic *traffic;
    const char *name, *where;
    struct loop loop;
    struct loop_timer timer;
    struct deployment deployment;
    struct manual_clock clock; /* so that the set-up seals when it wants */
    struct sequencer *sequencer;
    struct intake *intake;
    struct store *store;
    uint32_t n_ops, window, sent, done, sealed;
    bool is_inline, no_limits;
    double *sent_at, *latency;
    double begun, ended;
    double cpu_begun, cpu_ended, loop_cpu_begun, loop_cpu_ended;
    char text[300];
};
struct flight {
    struct bench *b;
    uint32_t number;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cpu_now(int who)
{
    struct rusage u;
    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void line(const struct bench *b, const char *key, double value, const char *unit)
{
    printf("%s.%s %.6g %s\n", b->name, key, value, unit);
    fflush(stdout);
}

/* ---- the system ---- */

static enum err replay(void *ctx, const struct journal_record *record)
{
    struct bench *b = ctx;
    return sequencer_replay(b->sequencer, record, b->text, sizeof b->text);
}

/* As if the L1s executed every batch a few batches later. */
static void on_sealed(void *ctx, struct seq_batch *batch)
{
    struct bench *b = ctx;
    b->sealed++;
    if (batch->k > SETTLE_LAG) sequencer_settled(b->sequencer, batch->k - SETTLE_LAG);
}

static void system_open(struct bench *b)
{
    struct sequencer_options o = {.deployment = &b->deployment,
                                  .seal_ops = SEAL_OPS,
                                  .seal_slices = BATCH_SLICES_MAX,
                                  .seal_chains = BATCH_PARTICIPANTS_MAX,
                                  .seal_age_ms = SEAL_AGE_MS,
                                  .clock = clock_manual(&b->clock),
                                  .on_sealed = on_sealed,
                                  .ctx = b};
    struct deployment *d = &b->deployment;
    memcpy(d->id, b->traffic->deployment_id, 32);
    d->n_chains = SEQ_TRAFFIC_CHAINS;
    for (uint16_t c = 0; c < SEQ_TRAFFIC_CHAINS; c++) {
        d->chains[c].index = c;
        d->chains[c].chain_id = 31001u + c;
        o.chains[c].fee_account = SEQ_TRAFFIC_FEE_ACCOUNT;
        o.chains[c].fees[0] = (struct fee_slot){SEQ_TRAFFIC_TOKEN, SEQ_TRAFFIC_SLOT};
    }
    REQUIRE(sequencer_new(&b->sequencer, &o) == ERR_OK);
    struct store_reader reader = {.journal = replay, .ctx = b};
    char text[300] = "";
    enum err err = store_open(&b->store, &b->loop, b->where, &reader, text, sizeof text);
    if (err != ERR_OK) {
        fprintf(stderr, "bench_sequencer: %s: %s %s\n", b->where, text, b->text);
        exit(EXIT_FAILURE);
    }
    sequencer_start(b->sequencer, b->store);
    for (uint16_t c = 0; c < SEQ_TRAFFIC_CHAINS; c++)
        sequencer_set_chain_time(b->sequencer, c, (uint64_t)time(NULL));
    REQUIRE(intake_new(&b->intake, &b->loop, b->sequencer) == ERR_OK);
}

static void on_tick(void *ctx)
{
    struct bench *b = ctx;
    manual_clock_advance(&b->clock, TICK_MS);
    sequencer_tick(b->sequencer);
}

static void settle_down(struct bench *b)
{
    while (!intake_is_idle(b->intake) || !store_is_idle(b->store)) {
        (void)loop_run_once(&b->loop);
        (void)usleep(50);
    }
}

static void system_close(struct bench *b)
{
    settle_down(b);
    intake_free(b->intake);
    store_close(b->store);
    sequencer_free(b->sequencer);
}

/* ---- set-up: accounts, pool; a batch sealed after each, so that fees are taken ---- */

static void seal_all(struct bench *b)
{
    manual_clock_advance(&b->clock, SEAL_AGE_MS);
    sequencer_tick(b->sequencer);
    settle_down(b);
}

static void set_up(struct bench *b)
{
    const struct seq_traffic *t = b->traffic;
    for (uint32_t i = 0; i < t->n_deposits; i++) {
        const struct seq_item *d = &t->deposits[i];
        REQUIRE(sequencer_priority(b->sequencer, d->chain,
                                   sequencer_priority_next(b->sequencer, d->chain),
                                   span_make(d->bytes, d->len)) == ERR_OK);
        if (i % 64 == 0) settle_down(b);
    }
    seal_all(b);
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct receipt *receipt = NULL;
        bool known = false;
        enum rule_error rule = RULE_OK;
        REQUIRE(sequencer_submit(b->sequencer, span_make(t->pools[i].bytes, t->pools[i].len), &receipt,
                                 &known, &rule, NULL, NULL) == ERR_OK);
    }
    seal_all(b);
}

/* ---- the measurement ---- */

static void send_more(struct bench *b);

static void acknowledged(struct flight *f)
{
    struct bench *b = f->b;
    const double t = now();
    b->latency[f->number] = t - b->sent_at[f->number];
    free(f);
    b->done++;
    if (b->done == WARM) {
        b->begun = t;
        b->cpu_begun = cpu_now(RUSAGE_SELF);
        b->loop_cpu_begun = cpu_now(RUSAGE_THREAD);
    }
    if (b->done == b->n_ops) {
        b->ended = t;
        b->cpu_ended = cpu_now(RUSAGE_SELF);
        b->loop_cpu_ended = cpu_now(RUSAGE_THREAD);
        loop_stop(&b->loop);
    }
}

static void refused(const struct flight *f, enum err err, enum rule_error rule)
{
    fprintf(stderr, "bench_sequencer: operation %u: %s %s\n", f->number, err_text(err),
            rule_error_text(rule));
    exit(EXIT_FAILURE);
}

static void on_answer(void *ctx, const struct intake_answer *answer)
{
    struct flight *f = ctx;
    struct bench *b = f->b;
    if (answer->err != ERR_OK) refused(f, answer->err, answer->rule);
    acknowledged(f);
    send_more(b);
}

static void on_durable(void *ctx)
{
    struct flight *f = ctx;
    struct bench *b = f->b;
    acknowledged(f);
    send_more(b);
}

static void send_one(struct bench *b)
{
    const struct seq_item *op = &b->traffic->ops[b->sent];
    struct flight *f = malloc(sizeof *f);
    REQUIRE(f != NULL);
    *f = (struct flight){b, b->sent};
    b->sent_at[b->sent++] = now();
    enum err err = ERR_OK;
    enum rule_error rule = RULE_OK;
    if (b->is_inline) {
        const struct receipt *receipt = NULL;
        bool known = false;
        err = sequencer_submit(b->sequencer, span_make(op->bytes, op->len), &receipt, &known, &rule,
                               on_durable, f);
    } else {
        err = intake_submit(b->intake, span_make(op->bytes, op->len), on_answer, f);
    }
    if (err != ERR_OK) refused(f, err, rule);
}

static void send_more(struct bench *b)
{
    while (b->sent < b->n_ops && b->sent - b->done < b->window)
        send_one(b);
}

static int compare_double(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void measure(struct bench *b)
{
    const uint32_t n = b->n_ops, measured = n - WARM;
    b->sent_at = calloc(n, sizeof *b->sent_at);
    b->latency = calloc(n, sizeof *b->latency);
    REQUIRE(b->sent_at != NULL && b->latency != NULL);
    loop_timer_open(&b->timer, &b->loop, on_tick, b);
    loop_timer_start(&b->timer, TICK_MS, TICK_MS);
    send_more(b);
    loop_run(&b->loop);
    loop_timer_close(&b->timer, NULL, NULL);
    REQUIRE(b->done == n);
    qsort(b->latency + WARM, measured, sizeof *b->latency, compare_double);
    const double seconds = b->ended - b->begun;
    line(b, "ops_per_second", measured / seconds, "op/s");
    line(b, "p50_ms", 1e3 * b->latency[WARM + measured / 2], "ms");
    line(b, "p99_ms", 1e3 * b->latency[WARM + (size_t)measured * 99 / 100], "ms");
    line(b, "max_ms", 1e3 * b->latency[n - 1], "ms");
    line(b, "cpu_us_per_op", 1e6 * (b->cpu_ended - b->cpu_begun) / measured, "us");
    line(b, "loop_cpu_us_per_op", 1e6 * (b->loop_cpu_ended - b->loop_cpu_begun) / measured, "us");
    line(b, "operations", measured, "op");
    line(b, "window", b->window, "op");
    line(b, "batches", b->sealed, "");
    free(b->sent_at);
    free(b->latency);
}

/* What was acknowledged is there after a restart. */
static void restart(struct bench *b)
{
    const uint64_t accepted = sequencer_accepted(b->sequencer);
    system_close(b);
    const double start = now();
    system_open(b);
    line(b, "restart_s", now() - start, "s");
    REQUIRE(sequencer_accepted(b->sequencer) == accepted);
    system_close(b);
}

/* ---- the engine alone ---- */

static enum err rows_insert(struct db *db, uint64_t *id, uint32_t n)
{
    static const uint8_t body[ROW_BYTES] = {1};
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, "INSERT INTO bench_rows(id, body) VALUES($1,$2)"));
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < n && err == ERR_OK; i++) {
        err = db_bind_i64(s, 1, (int64_t)++*id);
        if (err == ERR_OK) err = db_bind_bytes(s, 2, body, sizeof body);
        if (err == ERR_OK) err = db_run(s);
    }
    db_finalize(s);
    return err;
}

/* A group that does not wait for each row, as the store writes. */
static enum err rows_group(struct db *db, uint64_t *id, uint32_t n)
{
    bool done = false;
    bool wants_write = true;
    ERR_TRY(db_group_begin(db));
    ERR_TRY(rows_insert(db, id, n));
    ERR_TRY(db_group_end(db));
    for (;;) {
        ERR_TRY(db_group_pump(db, &done, &wants_write));
        if (done) return ERR_OK;
        struct pollfd p = {.fd = db_socket(db), .events = POLLIN};
        if (wants_write) p.events |= POLLOUT;
        if (poll(&p, 1, 10000) <= 0) return ERR_TIMEOUT;
    }
}

static enum err rows_commit(struct db *db, uint64_t *id, uint32_t n)
{
    if (db_has_groups(db)) return rows_group(db, id, n);
    ERR_TRY(db_begin(db));
    ERR_TRY(rows_insert(db, id, n));
    return db_commit(db);
}

static void limits(const struct bench *b)
{
    struct db *db = NULL;
    uint64_t id = 0;
    uint32_t n = 0;
    char text[300];
    enum err err = db_open(&db, db_driver_for(b->where), b->where, text, sizeof text);
    if (err != ERR_OK) {
        fprintf(stderr, "bench_sequencer: %s: %s\n", b->where, text);
        exit(EXIT_FAILURE);
    }
    REQUIRE(db_exec(db, "CREATE TABLE bench_rows(id BIGINT PRIMARY KEY, body BYTEA NOT NULL)") ==
            ERR_OK);
    double start = now();
    for (; now() - start < LIMIT_SECONDS; n++)
        REQUIRE(rows_commit(db, &id, 1) == ERR_OK);
    line(b, "limit_commits_per_second", n / (now() - start), "commit/s");
    start = now();
    for (n = 0; now() - start < LIMIT_SECONDS; n += LIMIT_ROWS)
        REQUIRE(rows_commit(db, &id, LIMIT_ROWS) == ERR_OK);
    line(b, "limit_rows_per_second", n / (now() - start), "row/s");
    REQUIRE(db_exec(db, "DROP TABLE bench_rows") == ERR_OK);
    db_close(db);
}

static int usage(void)
{
    fprintf(stderr, "bench_sequencer --make FILE [--ops N]\n"
                    "bench_sequencer --traffic FILE --store WHERE [--window N] [--name NAME] "
                    "[--ops N] [--inline 1] [--limits 0]\n");
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct bench b = {.name = "sqlite", .window = 256};
    struct seq_traffic traffic;
    const char *make = NULL, *file = NULL;
    uint32_t ops = SEQ_TRAFFIC_MAX;
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *value = argv[i + 1];
        if (strcmp(argv[i], "--make") == 0) make = value;
        else if (strcmp(argv[i], "--ops") == 0) ops = (uint32_t)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--traffic") == 0) file = value;
        else if (strcmp(argv[i], "--store") == 0) b.where = value;
        else if (strcmp(argv[i], "--window") == 0) b.window = (uint32_t)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--name") == 0) b.name = value;
        else if (strcmp(argv[i], "--inline") == 0) b.is_inline = strcmp(value, "1") == 0;
        else if (strcmp(argv[i], "--limits") == 0) b.no_limits = strcmp(value, "0") == 0;
        else return usage();
    }
    log_set_level(LOG_LEVEL_UNUSUAL);
    if (argc % 2 == 1 && make != NULL && ops > WARM && ops <= SEQ_TRAFFIC_MAX) {
        seq_traffic_make(&traffic, 1, ops);
        seq_traffic_write(&traffic, make);
        seq_traffic_free(&traffic);
        return EXIT_SUCCESS;
    }
    if (argc % 2 == 0 || file == NULL || b.where == NULL || b.window == 0) return usage();
    seq_traffic_read(&traffic, file);
    b.traffic = &traffic;
    b.n_ops = ops < traffic.n_ops ? ops : traffic.n_ops;
    REQUIRE(b.n_ops > WARM && loop_init(&b.loop) == ERR_OK);
    if (!b.no_limits) limits(&b);
    system_open(&b);
    set_up(&b);
    measure(&b);
    restart(&b);
    seq_traffic_free(&traffic);
    return loop_deinit(&b.loop) == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
