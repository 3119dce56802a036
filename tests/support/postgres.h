#ifndef TESTS_SUPPORT_POSTGRES_H
#define TESTS_SUPPORT_POSTGRES_H
/* A private PostgreSQL server for one test program: own data directory below /tmp, unix socket only,
 * run as user postgres when the tests run as root (it refuses root). It ends with the test program,
 * also when that is killed.
 *
 * Use:      postgres_start in main, before Check forks; postgres_stop after the last test.
 * Source:   PostgreSQL 15 documentation, initdb, postgres. */
#include <stddef.h>
#include <sys/types.h>

struct postgres_server {
    char dir[64]; /* holds data/, log, and the socket .s.PGSQL.5432 */
    pid_t pid;
};

/* Aborts with the server's log when it does not come up. */
void postgres_start(struct postgres_server *s);
void postgres_stop(struct postgres_server *s);
/* URI of an empty schema of this name, made here; name: letters and digits. */
void postgres_schema(const struct postgres_server *s, char *uri, size_t uri_size, const char *name);
/* Runs SQL as the superuser on a connection of its own; first column of the first row as text. */
void postgres_sql(const struct postgres_server *s, char *out, size_t out_size, const char *sql);
#endif
