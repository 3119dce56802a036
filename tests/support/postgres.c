#include "tests/support/postgres.h"

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/require.h"

/* Debian keeps the server's programs out of PATH. */
static void program_path(char *out, size_t size, const char *name)
{
    char pattern[128];
    (void)snprintf(pattern, sizeof pattern, "/usr/lib/postgresql/*/bin/%s", name);
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0) {
        fprintf(stderr, "no %s: install the package postgresql\n", pattern);
        abort();
    }
    (void)snprintf(out, size, "%s", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
}

/* In the child: the log as output, an unprivileged user, the end together with the test program. */
static void become_server(const struct postgres_server *s, pid_t parent)
{
    char log[96];
    (void)snprintf(log, sizeof log, "%s/log", s->dir);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    REQUIRE(fd >= 0);
    (void)dup2(fd, 1);
    (void)dup2(fd, 2);
    (void)close(fd);
    fd = open("/dev/null", O_RDONLY);
    (void)dup2(fd, 0);
    (void)close(fd);
    if (geteuid() == 0) {
        const struct passwd *user = getpwnam("postgres");
        REQUIRE(user != NULL);
        REQUIRE(initgroups(user->pw_name, user->pw_gid) == 0);
        REQUIRE(setgid(user->pw_gid) == 0);
        REQUIRE(setuid(user->pw_uid) == 0);
    }
    REQUIRE(chdir("/") == 0);
    /* Cleared by the change of user, so after it. SIGINT: the server's fast shutdown. */
    REQUIRE(prctl(PR_SET_PDEATHSIG, SIGINT) == 0);
    if (getppid() != parent) _exit(1);
    (void)unsetenv("LD_PRELOAD");
}

enum { ARGS_MAX = 24 };

/* argv as execv wants it: it does not write to the strings either. */
static pid_t spawn(const struct postgres_server *s, const char *const *argv)
{
    char *args[ARGS_MAX] = {NULL};
    for (size_t i = 0; argv[i] != NULL; i++) {
        REQUIRE(i + 1 < ARGS_MAX);
        args[i] = strdup(argv[i]);
    }
    char path[256];
    program_path(path, sizeof path, argv[0]);
    pid_t parent = getpid();
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid > 0) {
        for (size_t i = 0; args[i] != NULL; i++)
            free(args[i]);
        return pid;
    }
    become_server(s, parent);
    (void)execv(path, args);
    _exit(127);
}

static void log_and_abort(const struct postgres_server *s, const char *what)
{
    char log[96];
    (void)snprintf(log, sizeof log, "%s/log", s->dir);
    FILE *f = fopen(log, "r");
    char line[512];
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        fputs(line, stderr);
    fprintf(stderr, "postgres_start: %s\n", what);
    abort();
}

static PGconn *connect_super(const struct postgres_server *s)
{
    char info[160];
    (void)snprintf(info, sizeof info, "host=%s user=hawser dbname=postgres", s->dir);
    return PQconnectdb(info);
}

static void directory_make(struct postgres_server *s)
{
    (void)snprintf(s->dir, sizeof s->dir, "/tmp/hawser-pg-XXXXXX");
    REQUIRE(mkdtemp(s->dir) != NULL);
    if (geteuid() != 0) return;
    const struct passwd *user = getpwnam("postgres");
    REQUIRE(user != NULL);
    REQUIRE(chown(s->dir, user->pw_uid, user->pw_gid) == 0);
}

void postgres_start(struct postgres_server *s)
{
    directory_make(s);
    char data[96];
    (void)snprintf(data, sizeof data, "%s/data", s->dir);
    const char *const init[] = {"initdb", "-D",        data, "-U",          "hawser", "-A", "trust",
                          "-E",     "UTF8",      "--no-locale",       "--no-sync", "--no-instructions",
                          NULL};
    int status = 0;
    pid_t pid = spawn(s, init);
    REQUIRE(waitpid(pid, &status, 0) == pid);
    if (status != 0) log_and_abort(s, "initdb failed");
    char sockets[96];
    (void)snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", s->dir);
    const char *const run[] = {"postgres", "-D", data, "-c", sockets, "-c", "listen_addresses=",
                         "-c", "max_connections=40", "-c", "shared_buffers=16MB", NULL};
    s->pid = spawn(s, run);
    for (int i = 0; i < 600; i++) {
        PGconn *c = connect_super(s);
        bool up = PQstatus(c) == CONNECTION_OK;
        PQfinish(c);
        if (up) return;
        if (waitpid(s->pid, &status, WNOHANG) != 0) log_and_abort(s, "the server ended");
        (void)usleep(50000);
    }
    log_and_abort(s, "the server does not answer");
}

static void remove_tree(const char *dir)
{
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        (void)execl("/bin/rm", "rm", "-rf", dir, (char *)NULL);
        _exit(127);
    }
    REQUIRE(waitpid(pid, NULL, 0) == pid);
}

void postgres_stop(struct postgres_server *s)
{
    REQUIRE(kill(s->pid, SIGINT) == 0);
    REQUIRE(waitpid(s->pid, NULL, 0) == s->pid);
    remove_tree(s->dir);
}

void postgres_sql(const struct postgres_server *s, char *out, size_t out_size, const char *sql)
{
    PGconn *c = connect_super(s);
    if (PQstatus(c) != CONNECTION_OK) log_and_abort(s, PQerrorMessage(c));
    PGresult *r = PQexec(c, sql);
    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        log_and_abort(s, PQerrorMessage(c));
    if (out_size > 0)
        (void)snprintf(out, out_size, "%s", PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "");
    PQclear(r);
    PQfinish(c);
}

void postgres_schema(const struct postgres_server *s, char *uri, size_t uri_size, const char *name)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "CREATE SCHEMA %s", name);
    postgres_sql(s, NULL, 0, sql);
    (void)snprintf(uri, uri_size, "postgresql:///postgres?host=%s&user=hawser&options=-csearch_path%%3D%s",
                   s->dir, name);
}
