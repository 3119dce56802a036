#include "cli/args.h"

#include <stdio.h>
#include <string.h>

static void usage(FILE *out, const struct arg *table, const char *command, const char *about)
{
    fprintf(out, "usage: hawser %s [options]\n%s\n\n", command, about);
    for (const struct arg *a = table; a->name != NULL; a++) {
        char left[48];
        (void)snprintf(left, sizeof left, "--%s%s%s", a->name, a->value_name == NULL ? "" : " ",
                       a->value_name == NULL ? "" : a->value_name);
        fprintf(out, "  %-26s %s", left, a->help);
        if (a->value_name != NULL && a->fallback != NULL && a->fallback[0] != '\0')
            fprintf(out, " (default %s)", a->fallback);
        if (a->value_name != NULL && a->fallback == NULL) fprintf(out, " (needed)");
        fputc('\n', out);
    }
}

static struct arg *find(struct arg *table, const char *name)
{
    for (struct arg *a = table; a->name != NULL; a++) {
        if (strcmp(a->name, name) == 0) return a;
    }
    return NULL;
}

static enum err fail(const char *command, const char *what, const char *name)
{
    fprintf(stderr, "hawser %s: %s%s; see hawser %s --help\n", command, what, name, command);
    return ERR_ARG;
}

enum err args_parse(struct arg *table, int argc, char **argv, const char *command,
                    const char *about, bool *help)
{
    *help = false;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            *help = true;
            usage(stdout, table, command, about);
            return ERR_OK;
        }
        if (strncmp(argv[i], "--", 2) != 0) return fail(command, "unexpected word ", argv[i]);
        struct arg *a = find(table, argv[i] + 2);
        if (a == NULL) return fail(command, "unknown option ", argv[i]);
        if (a->given) return fail(command, "given twice: ", argv[i]);
        a->given = true;
        if (a->value_name == NULL) continue;
        if (i + 1 == argc) return fail(command, "value missing after ", argv[i]);
        a->value = argv[++i];
    }
    for (struct arg *a = table; a->name != NULL; a++) {
        if (a->value_name == NULL || a->given) continue;
        if (a->fallback == NULL) return fail(command, "needs --", a->name);
        a->value = a->fallback;
    }
    return ERR_OK;
}

const char *args_text(const struct arg *table, const char *name)
{
    for (const struct arg *a = table; a->name != NULL; a++) {
        if (strcmp(a->name, name) == 0) return a->value;
    }
    return NULL;
}

bool args_flag(const struct arg *table, const char *name)
{
    for (const struct arg *a = table; a->name != NULL; a++) {
        if (strcmp(a->name, name) == 0) return a->given;
    }
    return false;
}

enum err args_u64(uint64_t *out, const struct arg *table, const char *name, uint64_t max)
{
    const char *text = args_text(table, name);
    uint64_t v = 0;
    bool ok = text != NULL && text[0] != '\0';
    for (const char *c = text; ok && *c != '\0'; c++) {
        ok = *c >= '0' && *c <= '9' && v <= (UINT64_MAX - 9) / 10;
        if (ok) v = v * 10 + (uint64_t)(*c - '0');
    }
    if (!ok || v > max) {
        fprintf(stderr, "--%s %s: expected a whole number up to %llu\n", name,
                text == NULL ? "" : text, (unsigned long long)max);
        return ERR_ARG;
    }
    *out = v;
    return ERR_OK;
}
