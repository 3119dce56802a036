#ifndef COMMON_LOG_LOG_H
#define COMMON_LOG_LOG_H
/* One line per event on stderr: time level component event key=value ...
 *
 *   2026-11-21T09:15:02.113Z info orchestrator batch_sealed batch=17 operations=212
 *
 * Threads:   any; a line is written whole.
 * Levels:    debug    for a developer
 *            info     what an operator expects to see
 *            unusual  strange, handled, worth a look
 *            broken   something of ours is wrong; tests fail on any such line; never suppressed
 * Limits:    a line is at most LOG_LINE_MAX bytes, longer ones end in "..."; per component and event
 *            at most LOG_BURST lines in LOG_WINDOW_MS, the next line then says suppressed=N.
 * Secrets:   text under a key that names a secret (see log.c) is replaced by "[redacted]"; of URLs
 *            (LOG_URL) only scheme, host and port are shown. Do not pass secrets at all. */

#include <stddef.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/err.h"

#define LOG_LINE_MAX  2048
#define LOG_BURST     100
#define LOG_WINDOW_MS 10000

enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_UNUSUAL,
    LOG_LEVEL_BROKEN,
};

enum log_kind { LOG_KIND_U64, LOG_KIND_I64, LOG_KIND_STR, LOG_KIND_HEX, LOG_KIND_URL };

struct log_field {
    const char *key;
    enum log_kind kind;
    uint64_t number;
    const void *data;
    size_t len;
};

#define LOG_U64(key, v)    ((struct log_field){(key), LOG_KIND_U64, (uint64_t)(v), NULL, 0})
#define LOG_I64(key, v)    ((struct log_field){(key), LOG_KIND_I64, (uint64_t)(int64_t)(v), NULL, 0})
#define LOG_STR(key, s)    ((struct log_field){(key), LOG_KIND_STR, 0, (s), 0})
#define LOG_HEX(key, p, n) ((struct log_field){(key), LOG_KIND_HEX, 0, (p), (n)})
#define LOG_URL(key, s)    ((struct log_field){(key), LOG_KIND_URL, 0, (s), 0})
#define LOG_ERR(err)       ((struct log_field){"err", LOG_KIND_STR, 0, err_name(err), 0})

/* log_info("sequencer", "batch_sealed", LOG_U64("batch", k), LOG_ERR(err)); at least one field. */
#define log_event(level, component, event, ...)                                                    \
    log_write((level), (component), (event), (const struct log_field[]){__VA_ARGS__},              \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
#define log_debug(component, event, ...) log_event(LOG_LEVEL_DEBUG, component, event, __VA_ARGS__)
#define log_info(component, event, ...)  log_event(LOG_LEVEL_INFO, component, event, __VA_ARGS__)
#define log_unusual(component, event, ...)                                                         \
    log_event(LOG_LEVEL_UNUSUAL, component, event, __VA_ARGS__)
#define log_broken(component, event, ...) log_event(LOG_LEVEL_BROKEN, component, event, __VA_ARGS__)

void log_write(enum log_level level, const char *component, const char *event,
               const struct log_field *fields, size_t field_count);

/* Settings of the process; call before threads start. Default: info, system clock, stderr. */
void log_set_level(enum log_level level);
/* "debug", "info", "unusual" or "broken"; ERR_ARG. */
MUST_CHECK enum err log_level_parse(enum log_level *out, const char *text);
void log_set_clock(struct clock clock);
/* Receives every line (without its newline) instead of stderr; NULL restores stderr. For tests. */
void log_set_sink(void (*sink)(void *ctx, enum log_level level, const char *line), void *ctx);
/* Lines of a level written or suppressed since the start: metrics and tests read it. */
uint64_t log_count(enum log_level level);

#endif
