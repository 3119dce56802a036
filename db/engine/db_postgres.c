/* PostgreSQL driver: statements, and groups in libpq's pipeline mode. */
#include "db/engine/db_postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "db/engine/db.h"

enum { OID_BYTEA = 17, OID_INT8 = 20, OID_INT4 = 23 }; /* pg_type.dat */

struct param {
    Oid type; /* 0: not bound */
    uint8_t number[8];
    uint8_t *bytes;
    size_t len;
};

struct postgres_stmt {
    struct postgres *pg;
    char *sql;
    struct param params[POSTGRES_PARAMS];
    int n_params;
    PGresult *row; /* the current one */
    bool running;  /* sent, and results are still to be taken */
};

static enum err postgres_prepare(void *conn, void **stmt, const char *sql)
{
    struct postgres_stmt *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    s->pg = conn;
    s->sql = strdup(sql);
    if (s->sql == NULL) {
        free(s);
        return ERR_NOMEM;
    }
    *stmt = s;
    return ERR_OK;
}

static struct param *param_at(struct postgres_stmt *s, int index)
{
    if (index < 1 || index > POSTGRES_PARAMS) return NULL;
    if (index > s->n_params) s->n_params = index;
    return &s->params[index - 1];
}

static enum err postgres_bind_i64(void *stmt, int index, int64_t value)
{
    struct param *p = param_at(stmt, index);
    if (p == NULL) return ERR_ARG;
    p->type = OID_INT8;
    put_be64(p->number, (uint64_t)value);
    return ERR_OK;
}

static enum err postgres_bind_bytes(void *stmt, int index, const void *data, size_t len)
{
    struct param *p = param_at(stmt, index);
    if (p == NULL) return ERR_ARG;
    if (len > INT32_MAX) return ERR_TOO_LARGE;
    uint8_t *bytes = realloc(p->bytes, len + 1);
    if (bytes == NULL) return ERR_NOMEM;
    if (len > 0) memcpy(bytes, data, len);
    p->type = OID_BYTEA;
    p->bytes = bytes;
    p->len = len;
    return ERR_OK;
}

/* ---- sending ---- */

/* *index = where the text stands in the list of prepared ones; *is_new: it was not there. */
static enum err text_index(struct postgres *pg, const char *sql, size_t *index, bool *is_new)
{
    *is_new = false;
    for (*index = 0; *index < pg->n_texts; ++*index)
        if (strcmp(pg->texts[*index], sql) == 0) return ERR_OK;
    if (pg->n_texts == POSTGRES_TEXTS) return ERR_FULL;
    pg->texts[pg->n_texts] = strdup(sql);
    if (pg->texts[pg->n_texts] == NULL) return ERR_NOMEM;
    pg->n_texts++;
    *is_new = true;
    return ERR_OK;
}

/* Takes results until the statement's end; the first failure counts. */
static enum err results_drain(struct postgres *pg)
{
    enum err err = ERR_OK;
    for (;;) {
        ERR_TRY(postgres_wait(pg));
        PGresult *r = PQgetResult(pg->conn);
        if (r == NULL) return err;
        ExecStatusType status = PQresultStatus(r);
        bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE;
        if (!good && err == ERR_OK) err = postgres_failed(pg, r);
        PQclear(r);
        if (PQstatus(pg->conn) == CONNECTION_BAD) return ERR_NET;
    }
}

static enum err send_prepare(struct postgres_stmt *s, const char *name)
{
    struct postgres *pg = s->pg;
    Oid types[POSTGRES_PARAMS];
    for (int i = 0; i < s->n_params; i++)
        types[i] = s->params[i].type;
    if (PQsendPrepare(pg->conn, name, s->sql, s->n_params, types) == 0) return postgres_failed(pg, NULL);
    if (pg->in_group) return ERR_OK; /* its result comes with the others */
    enum err err = results_drain(pg);
    if (err == ERR_OK) return ERR_OK;
    free(pg->texts[--pg->n_texts]);
    return err;
}

static enum err send(struct postgres_stmt *s)
{
    struct postgres *pg = s->pg;
    size_t index;
    bool is_new;
    ERR_TRY(text_index(pg, s->sql, &index, &is_new));
    char name[16];
    (void)snprintf(name, sizeof name, "t%zu", index);
    if (is_new) ERR_TRY(send_prepare(s, name));
    const char *values[POSTGRES_PARAMS];
    int lengths[POSTGRES_PARAMS];
    int formats[POSTGRES_PARAMS];
    for (int i = 0; i < s->n_params; i++) {
        const struct param *p = &s->params[i];
        bool is_number = p->type == OID_INT8;
        if (p->type == 0) return ERR_ARG;
        values[i] = (const char *)(is_number ? p->number : p->bytes);
        lengths[i] = is_number ? 8 : (int)p->len;
        formats[i] = 1;
    }
    if (PQsendQueryPrepared(pg->conn, name, s->n_params, values, lengths, formats, 1) == 0)
        return postgres_failed(pg, NULL);
    return ERR_OK;
}

/* ---- rows ---- */

static enum err postgres_step(void *stmt, bool *row)
{
    struct postgres_stmt *s = stmt;
    struct postgres *pg = s->pg;
    if (pg->in_group) {
        ERR_TRY(send(s));
        *row = false;
        return ERR_OK;
    }
    if (!s->running) {
        ERR_TRY(send(s));
        s->running = true;
        (void)PQsetSingleRowMode(pg->conn);
    }
    PQclear(s->row);
    s->row = NULL;
    enum err err = postgres_wait(pg);
    if (err != ERR_OK) {
        s->running = false;
        return err;
    }
    PGresult *r = PQgetResult(pg->conn);
    if (r != NULL && PQresultStatus(r) == PGRES_SINGLE_TUPLE) {
        s->row = r;
        *row = true;
        return ERR_OK;
    }
    s->running = false;
    ExecStatusType status = r == NULL ? PGRES_COMMAND_OK : PQresultStatus(r);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) err = postgres_failed(pg, r);
    if (r != NULL) {
        PQclear(r);
        enum err rest = PQstatus(pg->conn) == CONNECTION_BAD ? ERR_NET : results_drain(pg);
        if (err == ERR_OK) err = rest;
    }
    if (err == ERR_OK) *row = false;
    return err;
}

static int64_t postgres_column_i64(void *stmt, int column)
{
    const struct postgres_stmt *s = stmt;
    if (s->row == NULL || PQgetisnull(s->row, 0, column) != 0) return 0;
    const uint8_t *at = (const uint8_t *)PQgetvalue(s->row, 0, column);
    switch (PQftype(s->row, column)) {
    case OID_INT8:
        return (int64_t)get_be64(at);
    case OID_INT4:
        return (int32_t)get_be32(at);
    default:
        return 0;
    }
}

static struct span postgres_column_bytes(void *stmt, int column)
{
    const struct postgres_stmt *s = stmt;
    if (s->row == NULL || PQgetisnull(s->row, 0, column) != 0) return (struct span){NULL, 0};
    int len = PQgetlength(s->row, 0, column);
    return (struct span){(const uint8_t *)PQgetvalue(s->row, 0, column), len > 0 ? (size_t)len : 0};
}

static void postgres_reset(void *stmt)
{
    struct postgres_stmt *s = stmt;
    PQclear(s->row);
    s->row = NULL;
    if (s->running) {
        enum err ignored = results_drain(s->pg); /* rows nobody asked for any more */
        (void)ignored;
        s->running = false;
    }
    for (int i = 0; i < s->n_params; i++)
        s->params[i].type = 0;
    s->n_params = 0;
}

static void postgres_finalize(void *stmt)
{
    struct postgres_stmt *s = stmt;
    postgres_reset(s);
    for (int i = 0; i < POSTGRES_PARAMS; i++)
        free(s->params[i].bytes);
    free(s->sql);
    free(s);
}

static const char *postgres_error_text(void *conn)
{
    return ((struct postgres *)conn)->error;
}

/* ---- groups ---- */

static enum err send_words(struct postgres *pg, const char *sql)
{
    if (PQsendQueryParams(pg->conn, sql, 0, NULL, NULL, NULL, NULL, 1) == 0)
        return postgres_failed(pg, NULL);
    return ERR_OK;
}

static enum err postgres_group_begin(void *conn)
{
    struct postgres *pg = conn;
    if (PQenterPipelineMode(pg->conn) == 0) return postgres_failed(pg, NULL);
    pg->in_group = true;
    pg->group_ended = pg->warned = false;
    pg->group_err = ERR_OK;
    return send_words(pg, "BEGIN");
}

static enum err postgres_group_end(void *conn)
{
    struct postgres *pg = conn;
    ERR_TRY(send_words(pg, "COMMIT"));
    if (PQpipelineSync(pg->conn) == 0) return postgres_failed(pg, NULL);
    pg->group_ended = true;
    return ERR_OK;
}

static bool is_lost(enum err err)
{
    return err == ERR_NET || err == ERR_TIMEOUT || err == ERR_UNAVAILABLE;
}

static void group_result(struct postgres *pg, PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    enum err err = ERR_OK;
    if (status == PGRES_COMMAND_OK) {
        if (strcmp(PQcmdStatus(r), "ROLLBACK") == 0) err = ERR_DB;
    } else if (status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_ABORTED) {
        if (pg->group_err == ERR_OK) err = postgres_failed(pg, r);
    }
    /* A lost connection outweighs a refusal: what came of the commit is not known then. */
    if (pg->group_err == ERR_OK || is_lost(err)) pg->group_err = err;
}

static enum err group_finish(struct postgres *pg, bool *done)
{
    pg->in_group = false;
    *done = true;
    if (PQexitPipelineMode(pg->conn) == 0) return ERR_NET;
    /* A commit that stopped waiting for its standby succeeds with a warning. */
    if (pg->group_err == ERR_OK && pg->warned) return ERR_TIMEOUT;
    return pg->group_err;
}

static enum err postgres_group_pump(void *conn, bool *done, bool *wants_write)
{
    struct postgres *pg = conn;
    REQUIRE(pg->in_group && pg->group_ended);
    *done = false;
    int unsent = PQflush(pg->conn);
    if (unsent < 0 || PQconsumeInput(pg->conn) == 0) {
        enum err ignored = postgres_failed(pg, NULL);
        (void)ignored;
        pg->in_group = false;
        return ERR_NET;
    }
    *wants_write = unsent > 0;
    bool ended = false; /* a statement's results end with NULL; a second one: nothing more is due */
    while (PQisBusy(pg->conn) == 0) {
        PGresult *r = PQgetResult(pg->conn);
        if (r == NULL) {
            if (ended) break;
            ended = true;
            continue;
        }
        ended = false;
        bool is_sync = PQresultStatus(r) == PGRES_PIPELINE_SYNC;
        if (!is_sync) group_result(pg, r);
        PQclear(r);
        if (is_sync) return group_finish(pg, done);
    }
    if (PQstatus(pg->conn) != CONNECTION_BAD && !is_lost(pg->group_err)) return ERR_OK;
    pg->in_group = false;
    return is_lost(pg->group_err) ? pg->group_err : ERR_NET;
}

static int postgres_socket(void *conn)
{
    return PQsocket(((struct postgres *)conn)->conn);
}

const struct db_driver db_driver_postgres = {
    .name = "postgres",
    .dialect = {[DB_BEGIN_ALONE] = "BEGIN; SELECT pg_advisory_xact_lock(7814136)", /* any fixed number */
                [DB_BEGIN_SNAPSHOT] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                [DB_TABLES] = "(SELECT tablename AS name FROM pg_tables"
                              " WHERE schemaname = current_schema()) AS tables"},
    .open = postgres_open,
    .close = postgres_close,
    .exec = postgres_exec,
    .prepare = postgres_prepare,
    .bind_i64 = postgres_bind_i64,
    .bind_bytes = postgres_bind_bytes,
    .step = postgres_step,
    .column_i64 = postgres_column_i64,
    .column_bytes = postgres_column_bytes,
    .reset = postgres_reset,
    .finalize = postgres_finalize,
    .error_text = postgres_error_text,
    .group_begin = postgres_group_begin,
    .group_end = postgres_group_end,
    .group_pump = postgres_group_pump,
    .socket = postgres_socket,
};
