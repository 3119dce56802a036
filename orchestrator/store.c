#include "orchestrator/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "db/migrations/migrations.h"
#include "orchestrator/store_internal.h"

static void kick(struct store *s);

void store_group_written(struct store *s)
{
    struct task *t = s->group;
    s->group = NULL;
    s->busy = false;
    while (t != NULL) {
        struct task *next = t->next;
        if (t->done != NULL) t->done(t->ctx);
        free(t);
        t = next;
    }
    kick(s);
}

static void kick(struct store *s)
{
    if (s->busy || s->joining || s->first == NULL) return;
    size_t n = 0;
    struct task *t = s->first;
    s->group = t;
    for (;;) {
        s->waiting--;
        s->waiting_bytes -= t->len;
        if (t->next == NULL || (++n >= STORE_GROUP_MAX && !t->next->joined)) break;
        t = t->next;
    }
    s->first = t->next;
    if (s->first == NULL) s->last = NULL;
    t->next = NULL;
    s->busy = true;
    store_group_write(s);
}

static struct task *task_new(struct store *s, enum task_kind kind, struct span bytes)
{
    if (s->waiting >= STORE_QUEUE_MAX || s->waiting_bytes + bytes.len > STORE_QUEUE_BYTES)
        return NULL;
    struct task *t = calloc(1, sizeof *t + bytes.len);
    if (t == NULL) return NULL;
    t->kind = kind;
    t->len = bytes.len;
    if (bytes.len > 0) memcpy(t->bytes, bytes.data, bytes.len);
    return t;
}

static enum err task_queue(struct store *s, struct task *t, store_done done, void *ctx)
{
    t->done = done;
    t->ctx = ctx;
    t->joined = s->join_begun;
    s->join_begun = s->joining;
    if (s->last != NULL)
        s->last->next = t;
    else
        s->first = t;
    s->last = t;
    s->waiting++;
    s->waiting_bytes += t->len;
    kick(s);
    return ERR_OK;
}

void store_join(struct store *s)
{
    REQUIRE(!s->joining);
    s->joining = true;
}

void store_join_end(struct store *s)
{
    REQUIRE(s->joining);
    s->joining = s->join_begun = false;
    kick(s);
}

enum err store_journal(struct store *s, uint16_t kind, struct span body, store_done done, void *ctx)
{
    if (body.len > JOURNAL_BODY_MAX) return ERR_TOO_LARGE;
    struct task *t = task_new(s, TASK_JOURNAL, body);
    if (t == NULL) return ERR_FULL;
    t->journal_kind = kind;
    s->next_seq++;
    return task_queue(s, t, done, ctx);
}

enum err store_outbox(struct store *s, const struct outbox_entry *entry, store_done done, void *ctx)
{
    struct task *t = task_new(s, TASK_OUTBOX, entry->raw);
    if (t == NULL) return ERR_FULL;
    t->entry = *entry;
    t->entry.raw = (struct span){t->bytes, t->len};
    return task_queue(s, t, done, ctx);
}

static enum err outbox_state(struct store *s, uint32_t chain, uint64_t nonce,
                             enum outbox_state state)
{
    struct task *t = task_new(s, TASK_OUTBOX_STATE, (struct span){NULL, 0});
    if (t == NULL) return ERR_FULL;
    t->entry.chain = chain;
    t->entry.nonce = nonce;
    t->entry.state = (uint8_t)state;
    return task_queue(s, t, NULL, NULL);
}

enum err store_outbox_final(struct store *s, uint32_t chain, uint64_t nonce)
{
    return outbox_state(s, chain, nonce, OUTBOX_FINAL);
}

enum err store_outbox_overtaken(struct store *s, uint32_t chain, uint64_t nonce)
{
    return outbox_state(s, chain, nonce, OUTBOX_VOID);
}

static enum err queue_by_k(struct store *s, enum task_kind kind, uint64_t k)
{
    struct task *t = task_new(s, kind, (struct span){NULL, 0});
    if (t == NULL) return ERR_FULL;
    t->k = k;
    return task_queue(s, t, NULL, NULL);
}

enum err store_outbox_void(struct store *s, uint64_t k)
{
    return queue_by_k(s, TASK_OUTBOX_VOID, k);
}

enum err store_job(struct store *s, const struct job_row *row)
{
    struct task *t = task_new(s, TASK_JOB, row->proof);
    if (t == NULL) return ERR_FULL;
    t->job = *row;
    t->job.proof = (struct span){t->bytes, t->len};
    return task_queue(s, t, NULL, NULL);
}

enum err store_job_delete(struct store *s, uint64_t from, uint64_t to, uint8_t layer,
                          uint16_t index)
{
    struct task *t = task_new(s, TASK_JOB_DELETE, (struct span){NULL, 0});
    if (t == NULL) return ERR_FULL;
    t->job = (struct job_row){.from = from, .to = to, .layer = layer, .index = index};
    return task_queue(s, t, NULL, NULL);
}

enum err store_job_prune(struct store *s, uint64_t k)
{
    return queue_by_k(s, TASK_JOB_PRUNE, k);
}

enum err store_job_drop(struct store *s, uint64_t k)
{
    return queue_by_k(s, TASK_JOB_DROP, k);
}

/* From here on this process writes, and what is read is all there is. */
static enum err store_load(struct store *s, const struct store_reader *reader, char *text, size_t text_size)
{
    ERR_TRY(db_migrate(s->db, orchestrator_migrations, orchestrator_migration_count, text, text_size));
    ERR_TRY(writer_take(s->db, &s->now.mark));
    if (reader->outbox != NULL) ERR_TRY(outbox_read(s->db, reader->outbox, reader->ctx));
    if (reader->job != NULL) ERR_TRY(job_rows(s->db, reader->job, reader->ctx));
    return journal_read(s->db, &s->now.head, reader->journal, reader->ctx, text, text_size);
}

enum err store_open(struct store **out, struct loop *loop, const char *where,
                    const struct store_reader *reader, char *text, size_t text_size)
{
    text[0] = '\0';
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    s->loop = loop;
    worker_pool_init(&s->pool, loop, 1);
    int len = snprintf(s->where, sizeof s->where, "%s", where);
    enum err err = len < (int)sizeof s->where ? ERR_OK : ERR_TOO_LARGE;
    if (err == ERR_OK) err = db_open(&s->db, db_driver_for(where), where, text, text_size);
    if (err == ERR_OK) {
        err = store_load(s, reader, text, text_size);
        if (err == ERR_OK) err = store_group_open(s);
        if (err != ERR_OK && text[0] == '\0')
            (void)snprintf(text, text_size, "%s: %s: %s", where, err_text(err), db_error_text(s->db));
    }
    if (err != ERR_OK) {
        store_group_close(s);
        db_close(s->db);
        free(s);
        return err;
    }
    s->next_seq = s->now.head.seq + 1;
    *out = s;
    return ERR_OK;
}

bool store_is_idle(const struct store *s)
{
    return !s->busy && s->first == NULL;
}

uint64_t store_next_seq(const struct store *s)
{
    return s->next_seq;
}

void store_close(struct store *s)
{
    if (s == NULL) return;
    REQUIRE(store_is_idle(s));
    worker_pool_deinit(&s->pool);
    store_group_close(s);
    db_close(s->db);
    free(s);
}
