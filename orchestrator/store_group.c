/* Writes the store's groups: SQLite waits for the disk on a pool thread, PostgreSQL answers on the
 * loop, and a COMMIT that was not answered is read back before anything else happens
 * (docs/decisions/0022). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/log/log.h"
#include "orchestrator/store_internal.h"

enum { ANSWER_MS = 10000, PAUSE_MS = 500 };

static noreturn void stop(const struct store *s, enum err err, const char *what)
{
    log_broken("store", "write_failed", LOG_ERR(err), LOG_STR("text", s->error));
    fprintf(stderr,
            "hawser: the database refused a write (%s: %s%s); stopping so that nothing unwritten is "
            "acknowledged\n",
            err_name(err), what, s->error);
    exit(70);
}

static enum err task_write(struct store *s, struct task *t)
{
    struct span bytes = {t->bytes, t->len};
    switch (t->kind) {
    case TASK_JOURNAL:
        return journal_append(s->db, &s->now.head, t->journal_kind, bytes);
    case TASK_OUTBOX:
        return outbox_put(s->db, &t->entry);
    case TASK_OUTBOX_STATE:
        return outbox_set_state(s->db, t->entry.chain, t->entry.nonce,
                                (enum outbox_state)t->entry.state);
    case TASK_JOB:
        return job_put(s->db, &t->job);
    case TASK_JOB_DELETE:
        return job_delete(s->db, t->job.from, t->job.to, t->job.layer, t->job.index);
    case TASK_JOB_PRUNE:
        return job_prune(s->db, t->k);
    case TASK_JOB_DROP:
        return job_drop(s->db, t->k);
    case TASK_OUTBOX_VOID:
        return outbox_void(s->db, t->k);
    }
    return ERR_INTERNAL;
}

/* The statements between BEGIN and COMMIT. */
static enum err group_statements(struct store *s)
{
    s->before = s->now;
    ERR_TRY(writer_advance(s->db, &s->now.mark));
    for (struct task *t = s->group; t != NULL; t = t->next)
        ERR_TRY(task_write(s, t));
    return ERR_OK;
}

/* ---- SQLite: on a pool thread ---- */

static void disk_work(void *ctx)
{
    struct store *s = ctx;
    s->result = db_begin(s->db);
    if (s->result == ERR_OK) s->result = group_statements(s);
    if (s->result == ERR_OK) s->result = db_commit(s->db);
    if (s->result == ERR_OK) return;
    (void)snprintf(s->error, sizeof s->error, "%s", db_error_text(s->db));
    db_rollback(s->db);
    s->refused = s->result == ERR_EXISTS && writer_read(s->db, &s->read) == ERR_OK &&
                 s->read.epoch != s->before.mark.epoch;
}

static void disk_done(void *ctx)
{
    struct store *s = ctx;
    if (s->result != ERR_OK && s->refused) stop(s, ERR_EPOCH, "another process took the store over: ");
    if (s->result != ERR_OK) stop(s, s->result, "");
    store_group_written(s);
}

/* ---- PostgreSQL: from the loop ---- */

static void group_send(struct store *s);
static void read_back(struct store *s);

static void handle_free(uv_handle_t *handle)
{
    free(handle);
}

static void poll_close(struct store *s)
{
    if (s->poll != NULL) uv_close((uv_handle_t *)s->poll, handle_free);
    s->poll = NULL;
}

static enum err poll_open(struct store *s)
{
    uv_poll_t *poll = malloc(sizeof *poll);
    if (poll == NULL) return ERR_NOMEM;
    if (uv_poll_init_socket(&s->loop->uv, poll, db_socket(s->db)) != 0) {
        free(poll);
        return ERR_NET;
    }
    poll->data = s;
    s->poll = poll;
    return ERR_OK;
}

static bool is_unknown(enum err err)
{
    return err == ERR_NET || err == ERR_TIMEOUT || err == ERR_UNAVAILABLE;
}

/* A refusal is read back too: it may be the second arrival of a group whose first one is there. */
static void group_failed(struct store *s, enum err err)
{
    (void)snprintf(s->error, sizeof s->error, "%s", db_error_text(s->db));
    s->result = err;
    s->refused = err == ERR_EXISTS;
    if (!s->refused && !is_unknown(err)) stop(s, err, "");
    log_unusual("store", "outcome_unknown", LOG_ERR(err), LOG_STR("text", s->error),
                LOG_U64("group", s->before.mark.number + 1));
    poll_close(s);
    s->attempts = 0;
    read_back(s);
}

static void answer_late(uv_timer_t *timer)
{
    group_failed(timer->data, ERR_TIMEOUT);
}

static void socket_ready(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct store *s = poll->data;
    bool done = false;
    bool wants_write = false;
    enum err err = db_group_pump(s->db, &done, &wants_write);
    if (err == ERR_OK && !done) {
        int wanted = wants_write ? UV_READABLE | UV_WRITABLE : UV_READABLE;
        REQUIRE(uv_poll_start(poll, wanted, socket_ready) == 0);
        return;
    }
    uv_poll_stop(poll);
    uv_timer_stop(s->timer);
    if (err == ERR_OK)
        store_group_written(s);
    else
        group_failed(s, err);
}

static void group_send(struct store *s)
{
    enum err err = db_group_begin(s->db);
    if (err == ERR_OK) err = group_statements(s);
    if (err == ERR_OK) err = db_group_end(s->db);
    if (err == ERR_OK) {
        REQUIRE(uv_poll_start(s->poll, UV_READABLE | UV_WRITABLE, socket_ready) == 0);
        uv_update_time(&s->loop->uv); /* a long replay may lie behind the loop's idea of now */
        REQUIRE(uv_timer_start(s->timer, answer_late, ANSWER_MS, 0) == 0);
        return;
    }
    group_failed(s, err);
}

/* ---- a group whose outcome is unknown ---- */

static void read_back_work(void *ctx)
{
    struct store *s = ctx;
    db_close(s->db);
    s->db = NULL;
    s->result = db_open(&s->db, db_driver_for(s->where), s->where, s->error, sizeof s->error);
    if (s->result != ERR_OK) return;
    s->result = writer_read(s->db, &s->read);
    if (s->result != ERR_OK) (void)snprintf(s->error, sizeof s->error, "%s", db_error_text(s->db));
}

static void pause_over(uv_timer_t *timer)
{
    read_back(timer->data);
}

static void read_back_done(void *ctx)
{
    struct store *s = ctx;
    const struct writer_mark *was = &s->before.mark;
    if (s->result == ERR_OK) s->result = poll_open(s);
    if (s->result != ERR_OK) {
        log_unusual("store", "unreachable", LOG_ERR(s->result), LOG_STR("text", s->error),
                    LOG_U64("attempt", s->attempts));
        REQUIRE(uv_timer_start(s->timer, pause_over, PAUSE_MS, 0) == 0);
        return;
    }
    if (s->read.epoch != was->epoch) stop(s, ERR_EPOCH, "another process took the store over: ");
    bool is_there = s->read.number == was->number + 1;
    log_unusual("store", is_there ? "group_was_written" : "group_was_not_written",
                LOG_U64("group", was->number + 1), LOG_U64("attempts", s->attempts));
    if (is_there) {
        store_group_written(s);
        return;
    }
    if (s->read.number != was->number) stop(s, ERR_CORRUPT, "the number of groups makes no sense: ");
    if (s->refused) stop(s, ERR_EXISTS, "");
    s->now = s->before;
    group_send(s);
}

static void read_back(struct store *s)
{
    s->attempts++;
    REQUIRE(worker_pool_submit(&s->pool, read_back_work, read_back_done, s) == ERR_OK);
}

/* ---- both ---- */

enum err store_group_open(struct store *s)
{
    if (!db_has_groups(s->db)) return ERR_OK;
    s->timer = malloc(sizeof *s->timer);
    if (s->timer == NULL) return ERR_NOMEM;
    REQUIRE(uv_timer_init(&s->loop->uv, s->timer) == 0);
    s->timer->data = s;
    return poll_open(s);
}

void store_group_close(struct store *s)
{
    poll_close(s);
    if (s->timer != NULL) uv_close((uv_handle_t *)s->timer, handle_free);
    s->timer = NULL;
}

void store_group_write(struct store *s)
{
    s->refused = false;
    if (db_has_groups(s->db))
        group_send(s);
    else
        REQUIRE(worker_pool_submit(&s->pool, disk_work, disk_done, s) == ERR_OK);
}
