/* hawser-audit: `run` re-executes everything from L1 data and compares; `gate` judges batches before
 * they are committed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit/options.h"
#include "audit/report.h"
#include "audit/serve.h"
#include "common/codec/json.h"
#include "common/log/log.h"

static volatile sig_atomic_t stopping;

static void on_signal(int signum)
{
    (void)signum;
    stopping = 1;
}

static void usage(FILE *out)
{
    fprintf(out,
            "usage: hawser-audit run --config FILE [--json] [--once]\n"
            "       hawser-audit gate --config FILE\n"
            "\n"
            "run   re-executes every chain from L1 data alone, compares roots, statements and\n"
            "      digests with the contracts and the cells with the money that is held;\n"
            "      exit status 0 all is well, 1 mismatch, 3 an L1 cannot be read.\n"
            "gate  judges every sealed batch for the orchestrator before it is committed.\n");
}

static void print_text(const struct report *r, const json_t *report)
{
    size_t i = 0;
    json_t *t = NULL;
    printf("audit: %s, %lld batches\n",
           json_is_true(json_object_get(report, "ok")) ? "ok" : report_reason(r),
           (long long)json_integer_value(json_object_get(report, "batches")));
    json_array_foreach(json_object_get(report, "tokens"), i, t)
    {
        static const char *const names[] = {"users",  "pools", "pending",
                                            "queued", "held",  "balance"};
        printf(
            "  chain %lld token %lld:", (long long)json_integer_value(json_object_get(t, "chain")),
            (long long)json_integer_value(json_object_get(t, "token")));
        for (size_t j = 0; j < ARRAY_LEN(names); j++)
            printf(" %s %s", names[j], json_string_value(json_object_get(t, names[j])));
        printf(" %s\n", json_is_true(json_object_get(t, "ok")) ? "ok" : "MISMATCH");
    }
}

static void print(const struct report *r, bool as_json)
{
    json_t *report = report_json(r);
    if (report == NULL) {
        fprintf(stderr, "hawser-audit: out of memory\n");
        return;
    }
    if (as_json) {
        (void)json_dumpf(report, stdout, JSON_COMPACT);
        (void)putchar('\n');
    } else {
        print_text(r, report);
    }
    (void)fflush(stdout);
    json_decref(report);
}

static void pause_ms(uint64_t ms)
{
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL); /* a signal ends it */
}

static int run(const struct audit_options *o, const struct deployment *d, bool as_json, bool once)
{
    char text[600] = "";
    struct l1_source sources[DEPLOYMENT_CHAINS_MAX];
    struct report *r = NULL;
    audit_options_sources(sources, o);
    enum err err = report_new(&r, d, sources, o->rpc_timeout, text, sizeof text);
    if (err != ERR_OK) {
        fprintf(stderr, "hawser-audit: %s (%s)\n", text, err_text(err));
        return err == ERR_MISMATCH ? REPORT_MISMATCH : 2;
    }
    struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    enum report_outcome outcome = REPORT_OK;
    do {
        outcome = report_look(r);
        if (outcome != REPORT_OK) log_unusual("audit", "not_ok", LOG_STR("why", report_reason(r)));
        print(r, as_json);
        if (once || outcome == REPORT_MISMATCH) break;
        if (!stopping) pause_ms(o->interval);
    } while (!stopping);
    report_free(r);
    return (int)outcome;
}

int main(int argc, char **argv)
{
    const char *config = NULL;
    bool as_json = false;
    bool once = false;
    bool is_run = argc >= 2 && strcmp(argv[1], "run") == 0;
    bool is_gate = argc >= 2 && strcmp(argv[1], "gate") == 0;
    bool good = is_run || is_gate;
    for (int i = 2; good && i < argc; i++) {
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            config = argv[++i];
        else if (is_run && strcmp(argv[i], "--json") == 0)
            as_json = true;
        else if (is_run && strcmp(argv[i], "--once") == 0)
            once = true;
        else
            good = false;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        usage(stdout);
        return 0;
    }
    if (!good || config == NULL) {
        usage(stderr);
        return 2;
    }
    struct audit_options *options = calloc(1, sizeof *options);
    struct deployment *d = calloc(1, sizeof *d);
    char text[600] = "";
    enum err err = options == NULL || d == NULL
                       ? ERR_NOMEM
                       : audit_options_load(options, d, config, text, sizeof text);
    int status = 2;
    if (err != ERR_OK)
        fprintf(stderr, "hawser-audit: %s (%s)\n", text, err_text(err));
    else
        status = is_gate ? serve_gate(options, d) : run(options, d, as_json, once);
    free(options);
    free(d);
    return status;
}
