#ifndef TESTS_SUPPORT_POSTGRES_PROXY_H
#define TESTS_SUPPORT_POSTGRES_PROXY_H
/* Stands between a client and a PostgreSQL server's unix socket and loses the connection at the next
 * COMMIT of the client.
 *
 * Threads:  one of its own; arm and fired from any.
 * Limits:   PROXY_LINKS connections over its life; a group of at most 64 KiB. */
#include <stdbool.h>
#include <stddef.h>

enum proxy_fault {
    PROXY_PASS,
    PROXY_CUT_BEFORE, /* the server sees nothing of the group */
    PROXY_CUT_WITHIN, /* the server sees all but the COMMIT */
    PROXY_CUT_AFTER,  /* the server has committed, its answer is lost */
    PROXY_LATE,       /* the group reaches the server when the client sends it a second time */
    PROXY_FAULTS
};

struct postgres_proxy;

/* dir: of the server's socket. The proxy's own socket is in *out_dir, which lives as long as it. */
struct postgres_proxy *postgres_proxy_start(const char *dir, const char **out_dir);
void postgres_proxy_stop(struct postgres_proxy *p);
/* For the next COMMIT; then it passes everything again. The COMMIT of a group that is sent in one piece
 * can come late, another one is cut before. */
void postgres_proxy_arm(struct postgres_proxy *p, enum proxy_fault fault);
/* Whether what was armed last has happened, to its end. */
bool postgres_proxy_fired(struct postgres_proxy *p);
#endif
