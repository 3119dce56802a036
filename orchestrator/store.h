#ifndef ORCHESTRATOR_STORE_H
#define ORCHESTRATOR_STORE_H
/* The orchestrator's database behind one queue: writes never hold up the loop, many share one
 * transaction (group commit), and each callback comes after its write is durable, in the order of the
 * calls.
 *
 * Threads:   every function and callback on the loop's thread; SQLite works on a pool thread,
 *            PostgreSQL in a pipeline on the loop (docs/decisions/0022).
 * Lifetime:  open (reads everything, blocking, before the loop runs) -> writes -> close.
 * Limits:    STORE_QUEUE_MAX writes and STORE_QUEUE_BYTES waiting: then ERR_FULL, nothing queued.
 * A refused transaction is fatal: memory is ahead of the journal, so the process says why and stops;
 * a restart reads the truth back. One whose outcome is not known (the connection to PostgreSQL died) is
 * read back and, if it is not there, written again; until then nothing is acknowledged.
 * Opening takes the store over: a process that had it open stops at its next write. */
#include "common/loop/worker_pool.h"
#include "db/stores/journal_store.h"
#include "db/stores/outbox_store.h"
#include "db/stores/job_store.h"

enum { STORE_QUEUE_MAX = 65536, STORE_QUEUE_BYTES = 256 * 1024 * 1024, STORE_GROUP_MAX = 1024 };

struct store;
typedef void (*store_done)(void *ctx);

/* What is read at the start. Each callback may be NULL; an error stops the opening. */
struct store_reader {
    enum err (*journal)(void *ctx, const struct journal_record *record);
    enum err (*outbox)(void *ctx, const struct outbox_entry *entry);
    enum err (*job)(void *ctx, const struct job_row *row);
    void *ctx;
};
/* where: a file (SQLite), or postgresql://host1,host2/name (db_open). */
MUST_CHECK enum err store_open(struct store **out, struct loop *loop, const char *where,
                               const struct store_reader *reader, char *text, size_t text_size);
/* Waits for nothing: call with store_is_idle. */
void store_close(struct store *s);
bool store_is_idle(const struct store *s);
/* Sequence number the next journal record will get. */
uint64_t store_next_seq(const struct store *s);

/* What is queued between the two is written in one transaction: after a crash all of it is there or
 * nothing. Within one callback of the loop; they do not nest. */
void store_join(struct store *s);
void store_join_end(struct store *s);
/* All copy their bytes. done (may be NULL) runs when the write is durable. */
MUST_CHECK enum err store_journal(struct store *s, uint16_t kind, struct span body, store_done done,
                                  void *ctx);
MUST_CHECK enum err store_outbox(struct store *s, const struct outbox_entry *entry, store_done done,
                                 void *ctx);
MUST_CHECK enum err store_outbox_final(struct store *s, uint32_t chain, uint64_t nonce);
/* Final without effect, and its step may be tried again: void. */
MUST_CHECK enum err store_outbox_overtaken(struct store *s, uint32_t chain, uint64_t nonce);
/* Commits and reverts of batches from k on are void: the batches come again. */
MUST_CHECK enum err store_outbox_void(struct store *s, uint64_t k);
MUST_CHECK enum err store_job(struct store *s, const struct job_row *row);
MUST_CHECK enum err store_job_delete(struct store *s, uint64_t from, uint64_t to, uint8_t layer,
                                     uint16_t index);
MUST_CHECK enum err store_job_prune(struct store *s, uint64_t k);
MUST_CHECK enum err store_job_drop(struct store *s, uint64_t k);
#endif
