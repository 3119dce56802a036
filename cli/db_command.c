/* `hawser db`. */
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/commands.h"
#include "orchestrator/db_admin.h"

static struct arg args_db[] = {
    {"config", "FILE", "the orchestrator's configuration: its `database` is meant", NULL, NULL, false},
    {NULL, NULL, NULL, NULL, NULL, false}};
static struct arg args_db_file[] = {
    {"config", "FILE", "the orchestrator's configuration: its `database` is meant", NULL, NULL, false},
    {"file", "FILE", "the backup: one file that fits SQLite and PostgreSQL", NULL, NULL, false},
    {NULL, NULL, NULL, NULL, NULL, false}};

static const struct {
    const char *name, *about;
    bool with_file;
    int (*run)(const char *config, const char *file);
} verbs[] = {
    {"status", "Shows schema, writer and number of records; changes nothing. 0: current, 3: not.", false,
     db_admin_status},
    {"migrate", "Makes the tables or brings them up to date, as `hawser up` would.", false, db_admin_migrate},
    {"backup", "Writes everything as of one moment to a new file; may run beside `hawser up`.", true,
     db_admin_backup},
    {"restore", "Reads a backup into a database without rows.", true, db_admin_restore},
};

int command_db(int argc, char **argv)
{
    for (size_t i = 0; argc > 0 && i < ARRAY_LEN(verbs); i++) {
        if (strcmp(argv[0], verbs[i].name) != 0) continue;
        struct arg *table = verbs[i].with_file ? args_db_file : args_db;
        char name[32];
        bool help = false;
        (void)snprintf(name, sizeof name, "db %s", verbs[i].name);
        if (args_parse(table, argc - 1, argv + 1, name, verbs[i].about, &help) != ERR_OK) return 2;
        if (help) return 0;
        return verbs[i].run(args_text(table, "config"), verbs[i].with_file ? args_text(table, "file") : NULL);
    }
    bool asked = argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0);
    FILE *out = asked ? stdout : stderr;
    fprintf(out, "usage: hawser db VERB --config FILE [--file FILE]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].about);
    return asked ? 0 : 2;
}
