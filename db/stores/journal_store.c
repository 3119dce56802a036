#include "db/stores/journal_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/crypto/sha256.h"

void journal_hash(uint8_t out[32], const uint8_t previous[32], uint64_t seq, uint16_t kind,
                  struct span body)
{
    uint8_t head[42];
    memcpy(head, previous, 32);
    put_be64(head + 32, seq);
    put_be16(head + 40, kind);
    sha256_two(out, head, sizeof head, body.data, body.len);
}

enum err journal_append(struct db *db, struct journal_head *head, uint16_t kind, struct span body)
{
    if (body.len > JOURNAL_BODY_MAX) return ERR_TOO_LARGE;
    uint8_t hash[32];
    journal_hash(hash, head->hash, head->seq + 1, kind, body);
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, "INSERT INTO journal(seq, kind, body, hash) VALUES($1,$2,$3,$4)"));
    enum err err = db_bind_i64(s, 1, (int64_t)(head->seq + 1));
    if (err == ERR_OK) err = db_bind_i64(s, 2, kind);
    if (err == ERR_OK) err = db_bind_bytes(s, 3, body.data, body.len);
    if (err == ERR_OK) err = db_bind_bytes(s, 4, hash, 32);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    if (err != ERR_OK) return err;
    head->seq++;
    memcpy(head->hash, hash, 32);
    return ERR_OK;
}

static enum err journal_check(struct journal_head *head, struct journal_record *record,
                              struct db_stmt *s, char *text, size_t text_size)
{
    record->seq = (uint64_t)db_column_i64(s, 0);
    record->kind = (uint16_t)db_column_i64(s, 1);
    record->body = db_column_bytes(s, 2);
    struct span stored = db_column_bytes(s, 3);
    uint8_t hash[32];
    journal_hash(hash, head->hash, record->seq, record->kind, record->body);
    if (record->seq != head->seq + 1) {
        (void)snprintf(text, text_size, "journal: record %llu follows %llu",
                       (unsigned long long)record->seq, (unsigned long long)head->seq);
        return ERR_CORRUPT;
    }
    if (stored.len != 32 || memcmp(stored.data, hash, 32) != 0) {
        (void)snprintf(text, text_size, "journal: record %llu does not fit its hash",
                       (unsigned long long)record->seq);
        return ERR_CORRUPT;
    }
    head->seq = record->seq;
    memcpy(head->hash, hash, 32);
    return ERR_OK;
}

enum err journal_read(struct db *db, struct journal_head *head,
                      enum err (*each)(void *ctx, const struct journal_record *record), void *ctx,
                      char *text, size_t text_size)
{
    text[0] = '\0';
    memset(head, 0, sizeof *head);
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, "SELECT seq, kind, body, hash FROM journal ORDER BY seq"));
    enum err err = ERR_OK;
    for (;;) {
        bool row = false;
        err = db_step(s, &row);
        if (err != ERR_OK || !row) break;
        struct journal_record record;
        err = journal_check(head, &record, s, text, text_size);
        if (err == ERR_OK) err = each(ctx, &record);
        if (err != ERR_OK) break;
    }
    db_finalize(s);
    return err;
}
