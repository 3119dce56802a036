#include "db/stores/backup_store.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/crypto/sha256.h"
#include "db/stores/journal_store.h"
#include "db/stores/outbox_store.h"

static const char MAGIC[8] = "HWSRDB1\n";

enum item_type { ITEM_END = 0, ITEM_JOURNAL = 1, ITEM_OUTBOX = 2, ITEM_JOB = 3 };
enum { JOURNAL_HEAD = 8 + 2 + 32, OUTBOX_HEAD = 4 + 8 + 1 + 8 + 1 + 32 };
enum { JOB_HEAD = 8 + 8 + 1 + 2 + 1 + 4 + 8 + 8, JOB_FIXED = JOB_HEAD + 32 + JOB_OWNER_BYTES };

/* ---- writing ---- */

struct backup_out {
    FILE *file;
    struct sha256 sum;
    struct backup_counts counts;
    struct journal_head head;
};

static enum err put(struct backup_out *o, const void *data, size_t len)
{
    sha256_update(&o->sum, data, len);
    return fwrite(data, 1, len, o->file) == len ? ERR_OK : ERR_IO;
}

static enum err put_item(struct backup_out *o, enum item_type type, struct span head, struct span rest)
{
    uint8_t frame[5] = {(uint8_t)type};
    put_be32(frame + 1, (uint32_t)(head.len + rest.len));
    ERR_TRY(put(o, frame, sizeof frame));
    ERR_TRY(put(o, head.data, head.len));
    return rest.len == 0 ? ERR_OK : put(o, rest.data, rest.len);
}

static enum err put_journal(void *ctx, const struct journal_record *record)
{
    struct backup_out *o = ctx;
    uint8_t head[JOURNAL_HEAD];
    uint8_t hash[32];
    journal_hash(hash, o->head.hash, record->seq, record->kind, record->body);
    memcpy(o->head.hash, hash, 32);
    put_be64(head, record->seq);
    put_be16(head + 8, record->kind);
    memcpy(head + 10, hash, 32);
    o->counts.journal++;
    return put_item(o, ITEM_JOURNAL, span_make(head, sizeof head), record->body);
}

static enum err put_outbox(void *ctx, const struct outbox_entry *e)
{
    struct backup_out *o = ctx;
    uint8_t head[OUTBOX_HEAD];
    put_be32(head, e->chain);
    put_be64(head + 4, e->nonce);
    head[12] = e->stage;
    put_be64(head + 13, e->k);
    head[21] = e->state;
    memcpy(head + 22, e->hash, 32);
    o->counts.outbox++;
    return put_item(o, ITEM_OUTBOX, span_make(head, sizeof head), e->raw);
}

static enum err put_job(void *ctx, const struct job_row *r)
{
    struct backup_out *o = ctx;
    uint8_t head[JOB_FIXED];
    put_be64(head, r->from);
    put_be64(head + 8, r->to);
    head[16] = r->layer;
    put_be16(head + 17, r->index);
    head[19] = r->state;
    put_be32(head + 20, r->tries);
    put_be64(head + 24, r->deadline_ms);
    put_be64(head + 32, r->prove_ms);
    memcpy(head + JOB_HEAD, r->content, 32);
    memcpy(head + JOB_HEAD + 32, r->owner, JOB_OWNER_BYTES);
    o->counts.jobs++;
    return put_item(o, ITEM_JOB, span_make(head, sizeof head), r->proof);
}

static enum err write_all(struct db *db, struct backup_out *o, char *text, size_t text_size)
{
    struct journal_head head;
    ERR_TRY(put(o, MAGIC, sizeof MAGIC));
    ERR_TRY(journal_read(db, &head, put_journal, o, text, text_size));
    ERR_TRY(outbox_read(db, put_outbox, o));
    ERR_TRY(job_rows(db, put_job, o));
    uint8_t sum[SHA256_SIZE];
    struct sha256 so_far = o->sum;
    sha256_final(&so_far, sum);
    return put_item(o, ITEM_END, span_make(sum, sizeof sum), (struct span){NULL, 0});
}

enum err backup_write(struct db *db, FILE *out, struct backup_counts *counts, char *text, size_t text_size)
{
    text[0] = '\0';
    struct backup_out o = {.file = out};
    sha256_init(&o.sum);
    ERR_TRY(db_begin_snapshot(db));
    enum err err = write_all(db, &o, text, text_size);
    db_rollback(db); /* it only read */
    if (err == ERR_OK && fflush(out) != 0) err = ERR_IO;
    if (err == ERR_OK) *counts = o.counts;
    return err;
}

/* ---- reading ---- */

struct backup_in {
    FILE *file;
    struct sha256 sum;
    uint8_t *item; /* BACKUP_ITEM_MAX */
    size_t len;
    enum item_type type;
    struct backup_counts counts;
    struct journal_head head;
};

static enum err get(struct backup_in *in, void *out, size_t len)
{
    return fread(out, 1, len, in->file) == len ? ERR_OK : ERR_CORRUPT;
}

/* The next item; an end whose sum is right is ERR_OK too. */
static enum err get_item(struct backup_in *in)
{
    uint8_t frame[5];
    ERR_TRY(get(in, frame, sizeof frame));
    uint32_t len = get_be32(frame + 1);
    if (frame[0] > ITEM_JOB || len > BACKUP_ITEM_MAX) return ERR_CORRUPT;
    ERR_TRY(get(in, in->item, len));
    in->type = (enum item_type)frame[0];
    in->len = len;
    if (in->type == ITEM_END) {
        uint8_t sum[SHA256_SIZE];
        sha256_final(&in->sum, sum);
        return len == sizeof sum && memcmp(in->item, sum, sizeof sum) == 0 && fgetc(in->file) == EOF
                   ? ERR_OK
                   : ERR_CORRUPT;
    }
    sha256_update(&in->sum, frame, sizeof frame);
    sha256_update(&in->sum, in->item, len);
    return ERR_OK;
}

static enum err take_journal(struct db *db, struct backup_in *in)
{
    if (in->len < JOURNAL_HEAD) return ERR_CORRUPT;
    ERR_TRY(journal_append(db, &in->head, get_be16(in->item + 8),
                           span_make(in->item + JOURNAL_HEAD, in->len - JOURNAL_HEAD)));
    in->counts.journal++;
    bool fits = in->head.seq == get_be64(in->item) && memcmp(in->head.hash, in->item + 10, 32) == 0;
    return fits ? ERR_OK : ERR_CORRUPT;
}

static enum err take_outbox(struct db *db, struct backup_in *in)
{
    const uint8_t *p = in->item;
    if (in->len < OUTBOX_HEAD) return ERR_CORRUPT;
    struct outbox_entry e = {
        .chain = get_be32(p),
        .nonce = get_be64(p + 4),
        .stage = p[12],
        .k = get_be64(p + 13),
        .raw = span_make(p + OUTBOX_HEAD, in->len - OUTBOX_HEAD),
    };
    memcpy(e.hash, p + 22, 32);
    in->counts.outbox++;
    ERR_TRY(outbox_put(db, &e));
    return p[21] == OUTBOX_SIGNED ? ERR_OK
                                  : outbox_set_state(db, e.chain, e.nonce, (enum outbox_state)p[21]);
}

static enum err take_job(struct db *db, struct backup_in *in)
{
    const uint8_t *p = in->item;
    if (in->len < JOB_FIXED) return ERR_CORRUPT;
    struct job_row r = {
        .from = get_be64(p),
        .to = get_be64(p + 8),
        .layer = p[16],
        .index = get_be16(p + 17),
        .state = p[19],
        .tries = get_be32(p + 20),
        .deadline_ms = get_be64(p + 24),
        .prove_ms = get_be64(p + 32),
        .proof = span_make(p + JOB_FIXED, in->len - JOB_FIXED),
    };
    memcpy(r.content, p + JOB_HEAD, 32);
    memcpy(r.owner, p + JOB_HEAD + 32, JOB_OWNER_BYTES);
    in->counts.jobs++;
    return job_put(db, &r);
}

static enum err must_be_empty(struct db *db)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s,
                       "SELECT (SELECT COUNT(*) FROM journal) + (SELECT COUNT(*) FROM outbox) +"
                       " (SELECT COUNT(*) FROM jobs)"));
    bool row = false;
    enum err err = db_step(s, &row);
    if (err == ERR_OK && db_column_i64(s, 0) != 0) err = ERR_EXISTS;
    db_finalize(s);
    return err;
}

static enum err read_all(struct db *db, struct backup_in *in)
{
    char magic[sizeof MAGIC];
    ERR_TRY(get(in, magic, sizeof magic));
    if (memcmp(magic, MAGIC, sizeof magic) != 0) return ERR_CORRUPT;
    sha256_update(&in->sum, magic, sizeof magic);
    for (;;) {
        ERR_TRY(get_item(in));
        switch (in->type) {
        case ITEM_END:
            return ERR_OK;
        case ITEM_JOURNAL:
            ERR_TRY(take_journal(db, in));
            break;
        case ITEM_OUTBOX:
            ERR_TRY(take_outbox(db, in));
            break;
        case ITEM_JOB:
            ERR_TRY(take_job(db, in));
            break;
        }
    }
}

enum err backup_read(struct db *db, FILE *file, struct backup_counts *counts, char *text, size_t text_size)
{
    text[0] = '\0';
    struct backup_in in = {.file = file, .item = malloc(BACKUP_ITEM_MAX)};
    if (in.item == NULL) return ERR_NOMEM;
    sha256_init(&in.sum);
    enum err err = db_begin(db);
    if (err == ERR_OK) err = must_be_empty(db);
    if (err == ERR_EXISTS)
        (void)snprintf(text, text_size, "the database has rows: restore into an empty one");
    if (err == ERR_OK) {
        err = read_all(db, &in);
        if (err == ERR_EXISTS) err = ERR_CORRUPT; /* one key twice in the file */
        if (err == ERR_CORRUPT) (void)snprintf(text, text_size, "the backup is damaged or not whole");
    }
    if (err == ERR_OK) err = db_commit(db);
    if (err == ERR_OK) *counts = in.counts;
    db_rollback(db);
    free(in.item);
    return err;
}
