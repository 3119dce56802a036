/* hawser-sim: the whole system in one process, one seed after another (./dev sim --help). */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/require.h"
#include "common/codec/hex.h"
#include "tests/sim/faults.h"
#include "tests/sim/town.h"

enum { PLANS = 4 };

struct report {
    struct town_result result;
    uint64_t faults[FAULT_COUNT];
    uint64_t cpu_ms;
};
struct settings {
    uint64_t first, count;
    bool verbose, calm, boundaries;
    const char *twin;
    const char *results; /* file that failures and totals are appended to */
    const char *commit;
};

static char base[96];
static struct town_plan *plans[PLANS];

static const struct town_plan *plan_for(uint64_t seed)
{
    uint64_t i = seed % PLANS;
    char dir[128];
    if (plans[i] != NULL) return plans[i];
    (void)snprintf(dir, sizeof dir, "%s/plan-%llu", base, (unsigned long long)i);
    REQUIRE(mkdir(dir, 0700) == 0);
    plans[i] = town_prepare(dir, i);
    return plans[i];
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_all(const char *dir)
{
    if (nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        fprintf(stderr, "sim: cannot remove %s\n", dir);
}

static _Noreturn void child(const struct settings *s, const struct town_plan *plan, uint64_t seed,
                            int out)
{
    struct report r;
    struct rusage usage;
    memset(&r, 0, sizeof r);
    char dir[128];
    (void)snprintf(dir, sizeof dir, "%s/run", plan->dir);
    REQUIRE(chdir(dir) == 0);
    if (!s->verbose) REQUIRE(freopen("/dev/null", "w", stderr) != NULL);
    struct town_options options = {.seed = seed, .verbose = s->verbose, .calm = s->calm, .twin = s->twin};
    town_run(plan, &options, &r.result);
    if (s->boundaries) fault_boundaries_print();
    for (int i = 0; i < FAULT_COUNT; i++)
        r.faults[i] = fault_count((enum fault)i);
    (void)getrusage(RUSAGE_SELF, &usage);
    r.cpu_ms = (uint64_t)usage.ru_utime.tv_sec * 1000 + (uint64_t)usage.ru_utime.tv_usec / 1000 +
               (uint64_t)usage.ru_stime.tv_sec * 1000 + (uint64_t)usage.ru_stime.tv_usec / 1000;
    (void)fflush(stdout);
    ssize_t n = write(out, &r, sizeof r);
    _Exit(n == (ssize_t)sizeof r ? 0 : 2);
}

/* One seed in a process of its own. False: it failed. */
static bool run_seed(const struct settings *s, uint64_t seed, struct report *r)
{
    const struct town_plan *plan = plan_for(seed);
    char dir[128];
    int fds[2];
    (void)snprintf(dir, sizeof dir, "%s/run", plan->dir);
    REQUIRE(mkdir(dir, 0700) == 0 && pipe(fds) == 0);
    (void)fflush(stdout);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        (void)close(fds[0]);
        child(s, plan, seed, fds[1]);
    }
    (void)close(fds[1]);
    ssize_t n = read(fds[0], r, sizeof *r);
    (void)close(fds[0]);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    remove_all(dir);
    if (WIFSIGNALED(status))
        printf("sim: seed %llu: killed by signal %d\n", (unsigned long long)seed, WTERMSIG(status));
    return n == (ssize_t)sizeof *r && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void result_line(const struct settings *s, const char *what, uint64_t seed, uint64_t n)
{
    if (s->results == NULL) return;
    FILE *f = fopen(s->results, "a");
    if (f == NULL) return;
    fprintf(f, "%s %llu %llu %s\n", what, (unsigned long long)seed, (unsigned long long)n, s->commit);
    (void)fclose(f);
}

static int usage(FILE *f)
{
    fprintf(f,
               "usage: hawser-sim [--seed S] [--seeds N] [--calm] [--verbose] [--boundaries]\n"
               "                  [--results FILE --commit ID] [--twin NAME]\n"
               "Runs seeds S .. S+N-1 (default 1, 1). --results: appends `failed SEED 1 COMMIT` and\n"
               "`ran FIRST COUNT COMMIT`. --twin breaks a part on purpose, so that an invariant must fail:\n"
               "sync (disks lie), book (so do the oracles'), money (held is not reduced by a payment),\n"
               "request (blocks are called final at once), proof, quorum (the contract takes any).\n");
    return f == stdout ? 0 : 2;
}

static bool arguments(struct settings *s, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool has = i + 1 < argc;
        if (strcmp(argv[i], "--verbose") == 0)
            s->verbose = true;
        else if (strcmp(argv[i], "--calm") == 0)
            s->calm = true;
        else if (strcmp(argv[i], "--boundaries") == 0)
            s->boundaries = true;
        else if (has && strcmp(argv[i], "--seed") == 0)
            s->first = strtoull(argv[++i], NULL, 10);
        else if (has && strcmp(argv[i], "--seeds") == 0)
            s->count = strtoull(argv[++i], NULL, 10);
        else if (has && strcmp(argv[i], "--twin") == 0)
            s->twin = argv[++i];
        else if (has && strcmp(argv[i], "--results") == 0)
            s->results = argv[++i];
        else if (has && strcmp(argv[i], "--commit") == 0)
            s->commit = argv[++i];
        else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct settings s = {.first = 1, .count = 1, .commit = "unknown", .twin = ""};
    uint64_t failed = 0, batches = 0, cpu = 0, acks = 0, restarts = 0, halts = 0, refused = 0;
    uint64_t faults[FAULT_COUNT] = {0};
    if (argc == 2 && strcmp(argv[1], "--help") == 0) return usage(stdout);
    if (!arguments(&s, argc, argv)) return usage(stderr);
    (void)snprintf(base, sizeof base, "/tmp/hawser-sim-XXXXXX");
    REQUIRE(mkdtemp(base) != NULL);
    for (uint64_t i = 0; i < s.count; i++) {
        struct report r;
        uint64_t seed = s.first + i;
        if (!run_seed(&s, seed, &r)) {
            failed++;
            printf("FAILED seed %llu\n", (unsigned long long)seed);
            result_line(&s, "failed", seed, 1);
            continue;
        }
        batches += r.result.batches;
        acks += r.result.acknowledged;
        refused += r.result.refused;
        restarts += r.result.restarts;
        halts += r.result.halts;
        cpu += r.cpu_ms;
        for (int j = 0; j < FAULT_COUNT; j++)
            faults[j] += r.faults[j];
        if (s.count > 1) continue;
        char digest[67];
        hex_encode_0x(digest, r.result.digest, 32);
        printf("seed %llu: digest %s, %llu events, %llu s of virtual time\n",
               (unsigned long long)seed, digest, (unsigned long long)r.result.events,
               (unsigned long long)r.result.virtual_ms / 1000);
    }
    result_line(&s, "ran", s.first, s.count);
    remove_all(base);
    printf("%llu batches executed, %llu operations acknowledged, %llu not taken, %llu restarts, %llu halts, "
           "%llu ms CPU a seed\n",
           (unsigned long long)batches, (unsigned long long)acks, (unsigned long long)refused,
           (unsigned long long)restarts, (unsigned long long)halts,
           (unsigned long long)(cpu / (s.count > failed ? s.count - failed : 1)));
    for (int j = 0; j < FAULT_COUNT && !s.calm; j++)
        printf("fault %s %llu\n", fault_name((enum fault)j), (unsigned long long)faults[j]);
    printf("%llu passed, %llu failed\n", (unsigned long long)(s.count - failed),
           (unsigned long long)failed);
    return failed == 0 ? 0 : 1;
}
