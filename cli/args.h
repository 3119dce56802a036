#ifndef CLI_ARGS_H
#define CLI_ARGS_H
/* Command line options of one command: `--name value` and `--flag`, in any order, each at most once
 * (lists: any number). Unknown, repeated or missing options are told on stderr with the usage. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

enum { ARGS_MAX = 24, ARGS_LIST_MAX = 16 };

struct arg {
    const char *name;       /* without the dashes; NULL ends the table */
    const char *value_name; /* NULL: a flag */
    const char *help;
    const char *fallback; /* default; NULL: must be given (options) or off (flags) */
    /* out */
    const char *value;
    bool given;
};
/* Parses argv[0..argc) into table. *help: --help was asked for (the usage is then printed to
 * stdout). ERR_ARG after saying why. */
MUST_CHECK enum err args_parse(struct arg *table, int argc, char **argv, const char *command,
                               const char *about, bool *help);
const char *args_text(const struct arg *table, const char *name); /* NULL if off */
bool args_flag(const struct arg *table, const char *name);
/* Whole decimal number up to max; says what is wrong. */
MUST_CHECK enum err args_u64(uint64_t *out, const struct arg *table, const char *name,
                             uint64_t max);
#endif
