#include "tests/support/postgres_proxy.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/require.h"

enum { PROXY_LINKS = 512, CHUNK = 65536 };

struct link {
    int client, server; /* -1: closed */
};

struct postgres_proxy {
    char dir[64], path[96], server_path[96];
    int listener;
    pthread_t thread;
    atomic_int fault;
    atomic_bool stop;
    struct link links[PROXY_LINKS];
    size_t n_links;
    bool late; /* a group is held back */
    int held_server;
    uint8_t held[CHUNK];
    size_t held_len;
    uint8_t chunk[CHUNK];
};

static struct sockaddr_un address(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    REQUIRE(strlen(path) < sizeof a.sun_path);
    memcpy(a.sun_path, path, strlen(path));
    return a;
}

static int server_connect(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0);
    struct sockaddr_un a = address(path);
    if (connect(fd, (const struct sockaddr *)&a, sizeof a) == 0) return fd;
    (void)close(fd);
    return -1;
}

static void link_close(struct link *l)
{
    if (l->client >= 0) (void)close(l->client);
    if (l->server >= 0) (void)close(l->server);
    l->client = l->server = -1;
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0) return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* Reads the server's answers until one says COMMIT (or the server is gone). */
static void await_commit(int fd)
{
    static uint8_t answer[CHUNK];
    size_t len = 0;
    while (len < sizeof answer && memmem(answer, len, "COMMIT", 6) == NULL) {
        ssize_t n = read(fd, answer + len, sizeof answer - len);
        if (n <= 0) return;
        len += (size_t)n;
    }
}

static void fire(struct postgres_proxy *p, struct link *l, size_t len, const uint8_t *commit, int fault)
{
    /* The message that holds the word begins before it: type and length, in a Parse an empty name too. */
    size_t at = (size_t)(commit - p->chunk);
    bool in_group = at >= 6 && p->chunk[at - 6] == 'P';
    size_t before = at - (in_group ? 6 : 5);
    /* Half a group on the server would hold the row that the read-back waits for; and the COMMIT of a
     * read-back holds no group. */
    bool is_whole = in_group && memmem(p->chunk, len, "BEGIN", 5) != NULL;
    if (fault == PROXY_LATE && !is_whole) fault = PROXY_CUT_BEFORE;
    switch ((enum proxy_fault)fault) {
    case PROXY_CUT_WITHIN:
        (void)write_all(l->server, p->chunk, before);
        break;
    case PROXY_CUT_AFTER:
        if (write_all(l->server, p->chunk, len)) await_commit(l->server);
        break;
    case PROXY_LATE:
        memcpy(p->held, p->chunk, len);
        p->held_len = len;
        p->held_server = l->server;
        p->late = true;
        l->server = -1;
        link_close(l);
        return;
    case PROXY_CUT_BEFORE:
    case PROXY_PASS:
    case PROXY_FAULTS:
        break;
    }
    link_close(l);
    atomic_store(&p->fault, PROXY_PASS);
}

static void release_late(struct postgres_proxy *p)
{
    if (write_all(p->held_server, p->held, p->held_len)) await_commit(p->held_server);
    (void)close(p->held_server);
    p->late = false;
    atomic_store(&p->fault, PROXY_PASS);
}

static void from_client(struct postgres_proxy *p, struct link *l)
{
    ssize_t n = read(l->client, p->chunk, sizeof p->chunk);
    if (n <= 0) {
        link_close(l);
        return;
    }
    size_t len = (size_t)n;
    int fault = atomic_load(&p->fault);
    const uint8_t *commit = memmem(p->chunk, len, "COMMIT", 6);
    const uint8_t *group = memmem(p->chunk, len, "CASE WHEN epoch", 15);
    if (commit != NULL && commit - p->chunk < 5) commit = NULL; /* cut apart by the reading: pass */
    if (p->late && group != NULL) {
        release_late(p);
    } else if (!p->late && fault != PROXY_PASS && commit != NULL) {
        fire(p, l, len, commit, fault);
        return;
    }
    if (!write_all(l->server, p->chunk, len)) link_close(l);
}

static void from_server(struct postgres_proxy *p, struct link *l)
{
    ssize_t n = read(l->server, p->chunk, sizeof p->chunk);
    if (n <= 0 || !write_all(l->client, p->chunk, (size_t)n)) link_close(l);
}

static void accept_one(struct postgres_proxy *p)
{
    REQUIRE(p->n_links < PROXY_LINKS);
    int client = accept(p->listener, NULL, NULL);
    if (client < 0) return;
    struct link *l = &p->links[p->n_links];
    *l = (struct link){client, server_connect(p->server_path)};
    if (l->server < 0)
        link_close(l);
    else
        p->n_links++;
}

static void *proxy_run(void *ctx)
{
    struct postgres_proxy *p = ctx;
    static struct pollfd fds[1 + 2 * PROXY_LINKS];
    while (!atomic_load(&p->stop)) {
        size_t n_links = p->n_links;
        fds[0] = (struct pollfd){.fd = p->listener, .events = POLLIN};
        for (size_t i = 0; i < n_links; i++) {
            fds[1 + 2 * i] = (struct pollfd){.fd = p->links[i].client, .events = POLLIN};
            fds[2 + 2 * i] = (struct pollfd){.fd = p->links[i].server, .events = POLLIN};
        }
        if (poll(fds, (nfds_t)(1 + 2 * n_links), 20) <= 0) continue;
        for (size_t i = 0; i < n_links; i++) {
            struct link *l = &p->links[i];
            if (fds[1 + 2 * i].revents != 0 && l->client >= 0) from_client(p, l);
            if (fds[2 + 2 * i].revents != 0 && l->server >= 0) from_server(p, l);
        }
        if (fds[0].revents != 0) accept_one(p);
    }
    return NULL;
}

struct postgres_proxy *postgres_proxy_start(const char *dir, const char **out_dir)
{
    struct postgres_proxy *p = calloc(1, sizeof *p);
    REQUIRE(p != NULL);
    (void)snprintf(p->dir, sizeof p->dir, "/tmp/hawser-proxy-XXXXXX");
    REQUIRE(mkdtemp(p->dir) != NULL);
    (void)snprintf(p->path, sizeof p->path, "%s/.s.PGSQL.5432", p->dir);
    (void)snprintf(p->server_path, sizeof p->server_path, "%s/.s.PGSQL.5432", dir);
    p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un a = address(p->path);
    REQUIRE(bind(p->listener, (const struct sockaddr *)&a, sizeof a) == 0);
    REQUIRE(listen(p->listener, 16) == 0);
    REQUIRE(pthread_create(&p->thread, NULL, proxy_run, p) == 0);
    *out_dir = p->dir;
    return p;
}

void postgres_proxy_stop(struct postgres_proxy *p)
{
    atomic_store(&p->stop, true);
    REQUIRE(pthread_join(p->thread, NULL) == 0);
    for (size_t i = 0; i < p->n_links; i++)
        link_close(&p->links[i]);
    (void)close(p->listener);
    (void)unlink(p->path);
    (void)rmdir(p->dir);
    free(p);
}

void postgres_proxy_arm(struct postgres_proxy *p, enum proxy_fault fault)
{
    atomic_store(&p->fault, (int)fault);
}

bool postgres_proxy_fired(struct postgres_proxy *p)
{
    return atomic_load(&p->fault) == PROXY_PASS;
}
