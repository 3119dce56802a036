/* PostgreSQL driver: connecting, what a connection must promise, errors, waiting with an end. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/engine/db.h"
#include "db/engine/db_postgres.h"

/* SQLSTATE: PostgreSQL 15 documentation, appendix A. */
static enum err state_err(const char *state)
{
    static const struct {
        const char *prefix;
        enum err err;
    } table[] = {
        {"08", ERR_NET},            /* connection exception */
        {"57P", ERR_NET},           /* server is going down, or not up yet */
        {"57014", ERR_CANCELLED},   /* query cancelled */
        {"25006", ERR_UNAVAILABLE}, /* read-only: no primary any more */
        {"23", ERR_EXISTS},         /* integrity constraint */
        {"40", ERR_CONFLICT},       /* serialization, deadlock */
        {"55P03", ERR_BUSY},        /* lock not available */
        {"53", ERR_IO},             /* disk full, out of memory, too many connections */
        {"58", ERR_IO},             /* system error */
        {"XX001", ERR_CORRUPT},     {"XX002", ERR_CORRUPT}, {"28", ERR_AUTH},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strncmp(state, table[i].prefix, strlen(table[i].prefix)) == 0) return table[i].err;
    return ERR_DB;
}

static void text_keep(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text == NULL ? "" : text);
    for (size_t n = strlen(out); n > 0 && (out[n - 1] == '\n' || out[n - 1] == ' '); n--)
        out[n - 1] = '\0';
    for (char *c = out; *c != '\0'; c++)
        if (*c == '\n') *c = ' ';
}

enum err postgres_failed(struct postgres *pg, const PGresult *result)
{
    const char *state = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    /* The primary line only: details may quote bound values. */
    const char *text = state == NULL ? PQerrorMessage(pg->conn)
                                     : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    text_keep(pg->error, sizeof pg->error, text);
    if (state != NULL) return state_err(state);
    return PQstatus(pg->conn) == CONNECTION_BAD ? ERR_NET : ERR_DB;
}

static int64_t now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum err postgres_wait(struct postgres *pg)
{
    int64_t end = now_ms() + POSTGRES_ANSWER_MS;
    for (;;) {
        int unsent = PQflush(pg->conn);
        if (unsent < 0) return postgres_failed(pg, NULL);
        if (unsent == 0 && PQisBusy(pg->conn) == 0) return ERR_OK;
        int64_t left = end - now_ms();
        if (left <= 0) {
            (void)snprintf(pg->error, sizeof pg->error, "no answer within %d ms", POSTGRES_ANSWER_MS);
            return ERR_TIMEOUT;
        }
        struct pollfd fd = {.fd = PQsocket(pg->conn), .events = POLLIN};
        if (unsent > 0) fd.events |= POLLOUT;
        if (poll(&fd, 1, (int)left) < 0 && errno != EINTR) return ERR_IO;
        if (PQconsumeInput(pg->conn) == 0) return postgres_failed(pg, NULL);
    }
}

enum err postgres_exec(void *conn, const char *sql)
{
    struct postgres *pg = conn;
    if (pg->in_group) return ERR_BAD_STATE;
    bool is_commit = strcmp(sql, "COMMIT") == 0;
    if (!is_commit) pg->warned = false;
    if (PQsendQuery(pg->conn, sql) == 0) return postgres_failed(pg, NULL);
    enum err err = ERR_OK;
    for (;;) {
        ERR_TRY(postgres_wait(pg));
        PGresult *r = PQgetResult(pg->conn);
        if (r == NULL) break;
        ExecStatusType status = PQresultStatus(r);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            if (err == ERR_OK) err = postgres_failed(pg, r);
        } else if (is_commit && strcmp(PQcmdStatus(r), "COMMIT") != 0) {
            text_keep(pg->error, sizeof pg->error, "the transaction had failed and was rolled back");
            if (err == ERR_OK) err = ERR_DB;
        }
        PQclear(r);
    }
    if (err == ERR_OK && PQstatus(pg->conn) == CONNECTION_BAD) err = postgres_failed(pg, NULL);
    /* A commit that stopped waiting for its standby succeeds with a warning: not what was asked for. */
    if (err == ERR_OK && is_commit && pg->warned) err = ERR_TIMEOUT;
    return err;
}

static void on_notice(void *arg, const PGresult *result)
{
    struct postgres *pg = arg;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity == NULL || strcmp(severity, "WARNING") != 0) return;
    pg->warned = true;
    text_keep(pg->error, sizeof pg->error, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
}

/* ---- what a connection must promise ---- */

static enum err ask_text(struct postgres *pg, const char *sql, char *out, size_t size)
{
    if (PQsendQuery(pg->conn, sql) == 0) return postgres_failed(pg, NULL);
    enum err err = ERR_DB;
    for (;;) {
        ERR_TRY(postgres_wait(pg));
        PGresult *r = PQgetResult(pg->conn);
        if (r == NULL) return err;
        if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1) {
            (void)snprintf(out, size, "%s", PQgetvalue(r, 0, 0));
            err = ERR_OK;
        } else {
            err = postgres_failed(pg, r);
        }
        PQclear(r);
    }
}

static enum err settings_check(struct postgres *pg, char *text, size_t text_size)
{
    char value[64];
    if (PQserverVersion(pg->conn) < 150000) {
        (void)snprintf(text, text_size, "the server has version %d, PostgreSQL 15 is needed",
                       PQserverVersion(pg->conn) / 10000);
        return ERR_VERSION;
    }
    static const char *const must_be_on[] = {"fsync", "full_page_writes"};
    for (size_t i = 0; i < ARRAY_LEN(must_be_on); i++) {
        char sql[64];
        (void)snprintf(sql, sizeof sql, "SHOW %s", must_be_on[i]);
        ERR_TRY(ask_text(pg, sql, value, sizeof value));
        if (strcmp(value, "on") == 0) continue;
        (void)snprintf(text, text_size, "the server runs with %s = %s: what it acknowledges may be lost",
                       must_be_on[i], value);
        return ERR_CONFIG;
    }
    ERR_TRY(ask_text(pg, "SHOW synchronous_commit", value, sizeof value));
    if (strcmp(value, "on") != 0 && strcmp(value, "remote_apply") != 0)
        ERR_TRY(postgres_exec(pg, "SET synchronous_commit = on"));
    /* A session whose client is gone must not keep its locks; a commit is never cut short by a timer
     * (a server process that waits for its standby looks at none of these). */
    return postgres_exec(pg, "SET idle_in_transaction_session_timeout = '10s'; SET statement_timeout = 0;"
                             "SET lock_timeout = 0; SET default_transaction_isolation = 'read committed';"
                             "SET client_min_messages = warning;"
                             "SET client_connection_check_interval = '2s'; SET tcp_keepalives_idle = 2;"
                             "SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3");
}

/* ---- connecting ---- */

static enum err uri_check(const char *where, char *text, size_t text_size)
{
    char *problem = NULL;
    PQconninfoOption *options = PQconninfoParse(where, &problem);
    if (options == NULL) {
        /* libpq's text quotes the URI, which may hold a password. */
        (void)snprintf(text, text_size, "database: not a libpq URI");
        PQfreemem(problem);
        return ERR_CONFIG;
    }
    enum err err = ERR_OK;
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++) {
        if (strcmp(o->keyword, "password") != 0 || o->val == NULL) continue;
        (void)snprintf(text, text_size, "database: no password in the URI; name a password file "
                                        "(passfile=... in the URI, or PGPASSFILE)");
        err = ERR_CONFIG;
    }
    PQconninfoFree(options);
    return err;
}

static PGconn *connect_primary(const char *where)
{
    /* Before dbname: what the URI may override; after it: what it may not. */
    static const char *const keys[] = {"connect_timeout",  "tcp_user_timeout", "keepalives_idle",
                                       "application_name", "dbname",           "target_session_attrs",
                                       "client_encoding",  NULL};
    const char *values[] = {"3", "5000", "5", "hawser", where, "read-write", "UTF8", NULL};
    return PQconnectdbParams(keys, values, 1);
}

enum err postgres_open(void **conn, const char *where, char *text, size_t text_size)
{
    ERR_TRY(uri_check(where, text, text_size));
    struct postgres *pg = calloc(1, sizeof *pg);
    if (pg == NULL) return ERR_NOMEM;
    pg->conn = connect_primary(where);
    if (pg->conn == NULL) {
        free(pg);
        return ERR_NOMEM;
    }
    enum err err = ERR_OK;
    if (PQstatus(pg->conn) != CONNECTION_OK) {
        text_keep(text, text_size, PQerrorMessage(pg->conn));
        err = ERR_NET;
    }
    (void)PQsetNoticeReceiver(pg->conn, on_notice, pg);
    if (err == ERR_OK && PQsetnonblocking(pg->conn, 1) != 0) err = ERR_NOMEM;
    if (err == ERR_OK) err = settings_check(pg, text, text_size);
    if (err != ERR_OK) {
        if (text[0] == '\0') (void)snprintf(text, text_size, "%s", pg->error);
        postgres_close(pg);
        return err;
    }
    *conn = pg;
    return ERR_OK;
}

void postgres_close(void *conn)
{
    struct postgres *pg = conn;
    PQfinish(pg->conn);
    for (size_t i = 0; i < pg->n_texts; i++)
        free(pg->texts[i]);
    free(pg);
}
