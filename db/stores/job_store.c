#include "db/stores/job_store.h"

#include <string.h>

enum err job_put(struct db *db, const struct job_row *r)
{
    if (r->proof.len > JOB_PROOF_MAX) return ERR_TOO_LARGE;
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s,
                       "INSERT INTO jobs(k_from, k_to, layer, idx, content, state, owner, deadline,"
                       " tries, prove_ms, proof) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)"
                       " ON CONFLICT(k_from, k_to, layer, idx) DO UPDATE SET"
                       " content=excluded.content, state=excluded.state, owner=excluded.owner,"
                       " deadline=excluded.deadline, tries=excluded.tries,"
                       " prove_ms=excluded.prove_ms, proof=excluded.proof"));
    const int64_t numbers[4] = {(int64_t)r->from, (int64_t)r->to, r->layer, r->index};
    enum err err = ERR_OK;
    for (int i = 0; i < 4 && err == ERR_OK; i++)
        err = db_bind_i64(s, i + 1, numbers[i]);
    if (err == ERR_OK) err = db_bind_bytes(s, 5, r->content, sizeof r->content);
    if (err == ERR_OK) err = db_bind_i64(s, 6, r->state);
    if (err == ERR_OK) err = db_bind_bytes(s, 7, r->owner, sizeof r->owner);
    if (err == ERR_OK) err = db_bind_i64(s, 8, (int64_t)r->deadline_ms);
    if (err == ERR_OK) err = db_bind_i64(s, 9, r->tries);
    if (err == ERR_OK) err = db_bind_i64(s, 10, (int64_t)r->prove_ms);
    if (err == ERR_OK) err = db_bind_bytes(s, 11, r->proof.data, r->proof.len);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    return err;
}

enum err job_delete(struct db *db, uint64_t from, uint64_t to, uint8_t layer, uint16_t index)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s,
                       "DELETE FROM jobs WHERE k_from=$1 AND k_to=$2 AND layer=$3 AND idx=$4"));
    const int64_t numbers[4] = {(int64_t)from, (int64_t)to, layer, index};
    enum err err = ERR_OK;
    for (int i = 0; i < 4 && err == ERR_OK; i++)
        err = db_bind_i64(s, i + 1, numbers[i]);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    return err;
}

static enum err delete_by_k(struct db *db, const char *sql, uint64_t k)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, sql));
    enum err err = db_bind_i64(s, 1, (int64_t)k);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    return err;
}

enum err job_prune(struct db *db, uint64_t k)
{
    return delete_by_k(db, "DELETE FROM jobs WHERE k_to <= $1", k);
}

enum err job_drop(struct db *db, uint64_t k)
{
    return delete_by_k(db, "DELETE FROM jobs WHERE k_to >= $1", k);
}

static enum err row_read(struct job_row *r, struct db_stmt *s)
{
    *r = (struct job_row){
        .from = (uint64_t)db_column_i64(s, 0),
        .to = (uint64_t)db_column_i64(s, 1),
        .layer = (uint8_t)db_column_i64(s, 2),
        .index = (uint16_t)db_column_i64(s, 3),
        .state = (uint8_t)db_column_i64(s, 5),
        .deadline_ms = (uint64_t)db_column_i64(s, 7),
        .tries = (uint32_t)db_column_i64(s, 8),
        .prove_ms = (uint64_t)db_column_i64(s, 9),
    };
    struct span content = db_column_bytes(s, 4);
    if (content.len != sizeof r->content) return ERR_CORRUPT;
    memcpy(r->content, content.data, sizeof r->content);
    struct span owner = db_column_bytes(s, 6);
    if (owner.len != sizeof r->owner) return ERR_CORRUPT;
    memcpy(r->owner, owner.data, sizeof r->owner);
    r->proof = db_column_bytes(s, 10);
    return ERR_OK;
}

enum err job_rows(struct db *db, enum err (*each)(void *ctx, const struct job_row *row), void *ctx)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s,
                       "SELECT k_from, k_to, layer, idx, content, state, owner, deadline, tries,"
                       " prove_ms, proof FROM jobs ORDER BY k_from, k_to, layer, idx"));
    enum err err = ERR_OK;
    for (;;) {
        struct job_row r;
        bool row = false;
        err = db_step(s, &row);
        if (err != ERR_OK || !row) break;
        err = row_read(&r, s);
        if (err == ERR_OK) err = each(ctx, &r);
        if (err != ERR_OK) break;
    }
    db_finalize(s);
    return err;
}
