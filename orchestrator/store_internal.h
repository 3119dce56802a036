#ifndef ORCHESTRATOR_STORE_INTERNAL_H
#define ORCHESTRATOR_STORE_INTERNAL_H
/* Between the store's queue (store.c) and the writing of its groups (store_group.c).
 *
 * A group is what one transaction writes. It is formed on the loop (store_group_write), written on a
 * pool thread (SQLite) or sent from the loop (PostgreSQL), and ends in store_group_written, once. */
#include <uv.h>

#include "db/stores/writer_store.h"
#include "orchestrator/store.h"

enum task_kind {
    TASK_JOURNAL,
    TASK_OUTBOX,
    TASK_OUTBOX_STATE,
    TASK_JOB,
    TASK_JOB_DELETE,
    TASK_JOB_PRUNE,
    TASK_JOB_DROP,
    TASK_OUTBOX_VOID
};

struct task {
    struct task *next;
    enum task_kind kind;
    bool joined; /* in the same transaction as the one before */
    uint16_t journal_kind;
    struct outbox_entry entry; /* raw points to bytes */
    struct job_row job;        /* proof points to bytes */
    uint64_t k;
    store_done done;
    void *ctx;
    size_t len;
    uint8_t bytes[];
};

/* Head of the journal and number of the last group. */
struct store_point {
    struct journal_head head;
    struct writer_mark mark;
};

struct store {
    struct db *db; /* NULL while there is no connection */
    struct loop *loop;
    struct worker_pool pool;
    struct store_point now;    /* after the group; owned by the thread while busy */
    struct store_point before; /* the group: what holds if it is not there */
    uint64_t next_seq;
    struct task *first, *last; /* waiting */
    struct task *group;        /* being written */
    size_t waiting, waiting_bytes;
    bool busy, joining, join_begun;
    enum err result;
    char error[300];
    /* PostgreSQL only */
    char where[512];
    uv_poll_t *poll;         /* of the connection; frees itself when closed */
    uv_timer_t *timer;       /* answer deadline, pause between attempts; frees itself when closed */
    bool refused;            /* the group's result was a refusal, not silence */
    struct writer_mark read; /* what the read-back found */
    uint64_t attempts;
};

/* Opens what a group needs on the loop. */
MUST_CHECK enum err store_group_open(struct store *s);
void store_group_close(struct store *s);
/* Writes s->group; later calls store_group_written. */
void store_group_write(struct store *s);
/* In store.c: the group is durable. */
void store_group_written(struct store *s);
#endif
