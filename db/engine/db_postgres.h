#ifndef DB_ENGINE_DB_POSTGRES_H
#define DB_ENGINE_DB_POSTGRES_H
/* What the two files of the PostgreSQL driver share: the connection, its errors, waiting.
 *
 * Threads:   as the connection.
 * Limits:    POSTGRES_TEXTS different SQL texts per connection, prepared once each;
 *            POSTGRES_PARAMS parameters; POSTGRES_ANSWER_MS until an answer is given up. */
#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

enum { POSTGRES_TEXTS = 64, POSTGRES_PARAMS = 16, POSTGRES_ANSWER_MS = 30000 };

struct postgres {
    PGconn *conn;
    char *texts[POSTGRES_TEXTS]; /* text i is prepared as "t<i>" */
    size_t n_texts;
    bool in_group, group_ended;
    bool warned;          /* a warning came since the last BEGIN: a commit may be weaker than it looks */
    enum err group_err;   /* first refusal within the group */
    char error[300];
};

/* The driver's open; the connection comes out non-blocking and with its settings checked. */
enum err postgres_open(void **conn, const char *where, char *text, size_t text_size);
void postgres_close(void *conn);
/* Keeps the text of a failure and says which kind it is. result may be NULL. */
enum err postgres_failed(struct postgres *pg, const PGresult *result);
/* Sends what is buffered and waits until a result can be taken without blocking. */
enum err postgres_wait(struct postgres *pg);
/* One text, any number of statements, no parameters; rows are dropped. */
enum err postgres_exec(void *conn, const char *sql);
#endif
