/* hawser: one command for operators, users and tests. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/commands.h"
#include "orchestrator/orchestrator.h"
#include "prover/worker/worker.h"

#define END                                                                                        \
    {                                                                                              \
        NULL, NULL, NULL, NULL, NULL, false                                                        \
    }

static struct arg args_config[] = {
    {"config", "FILE", "YAML configuration (see configs/)", NULL, NULL, false}, END};

static int run_configured(int argc, char **argv, const char *name, const char *about,
                          int (*run)(const char *))
{
    bool help = false;
    if (args_parse(args_config, argc, argv, name, about, &help) != ERR_OK) return 2;
    return help ? 0 : run(args_text(args_config, "config"));
}

int command_up(int argc, char **argv)
{
    return run_configured(argc, argv, "up",
                          "Runs the orchestrator: API, sequencing, proving, settlement.",
                          orchestrator_run);
}

int command_prover(int argc, char **argv)
{
    return run_configured(argc, argv, "prover",
                          "Runs a prover worker that takes jobs from an orchestrator.", worker_run);
}

/* Programs that must not share code with the operator's live beside this one. */
static int run_sibling(const char *name, int argc, char **argv)
{
    char self[1024];
    char path[1100];
    char *words[64];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0 || argc > 60) {
        fprintf(stderr, "hawser: cannot start %s\n", name);
        return 1;
    }
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    if (slash != NULL) *slash = '\0';
    (void)snprintf(path, sizeof path, "%s/%s", self, name);
    words[0] = path;
    for (int i = 0; i < argc; i++)
        words[1 + i] = argv[i];
    words[1 + argc] = NULL;
    execv(path, words);
    fprintf(stderr, "hawser: %s: %s\n", path, strerror(errno));
    return 1;
}

int command_audit(int argc, char **argv)
{
    return run_sibling("hawser-audit", argc, argv);
}
int command_oracle(int argc, char **argv)
{
    return run_sibling("hawser-oracle", argc, argv);
}

static const struct command {
    const char *name, *about;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"up", "run the orchestrator", command_up},
    {"prover", "run a prover worker", command_prover},
    {"oracle", "run one oracle of the agreement network", command_oracle},
    {"audit", "re-execute everything from L1 data, or run the gate", command_audit},
    {"deploy", "deploy contracts on every chain and write deployment.json", command_deploy},
    {"status", "show where batches stand", command_status},
    {"db", "state, migration, backup and restore of the orchestrator's database", command_db},
    {"wallet", "keys, deposits, transfers, swaps, liquidity, withdrawals", command_wallet},
    {"traffic", "play users against a running system", command_traffic},
    {"keygen", "make a key file", command_keygen},
};

static void usage(FILE *out)
{
    fprintf(out, "usage: hawser COMMAND [options]     (hawser COMMAND --help)\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].about);
    fprintf(out, "\nStart with README.md; every option has a line of help.\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 2, argv + 2);
    }
    bool asked = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
    usage(asked ? stdout : stderr);
    return asked ? 0 : 2;
}
