#include "common/log/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "common/base/require.h"
#include "common/codec/hex.h"

#define LIMIT_SLOTS   256 /* events that are counted apart; others share a slot */
#define HEX_BYTES_MAX 64

struct limit_slot {
    uint64_t key;
    uint64_t window_start_ms;
    uint32_t written;
    uint32_t suppressed;
};

/* The one log of the process. Everything below is guarded by the mutex. */
static struct {
    pthread_mutex_t mutex;
    enum log_level level;
    struct clock clock;
    bool has_clock;
    void (*sink)(void *ctx, enum log_level level, const char *line);
    void *sink_ctx;
    uint64_t counts[LOG_LEVEL_BROKEN + 1];
    struct limit_slot limits[LIMIT_SLOTS];
} state = {.mutex = PTHREAD_MUTEX_INITIALIZER, .level = LOG_LEVEL_INFO};

static const char *const level_names[] = {"debug", "info", "unusual", "broken"};

/* Text under keys that end in one of these is never shown. */
static const char *const secret_suffixes[] = {"secret",      "password", "passphrase",   "mnemonic",
                                              "private_key", "seed",     "authorization"};

struct line {
    char text[LOG_LINE_MAX + 1];
    size_t len;
};

static void line_add(struct line *line, const char *text, size_t len)
{
    size_t room = LOG_LINE_MAX - line->len;
    if (len > room) {
        len = room;
        memcpy(line->text + line->len, text, len);
        memcpy(line->text + LOG_LINE_MAX - 3, "...", 3);
    } else {
        memcpy(line->text + line->len, text, len);
    }
    line->len += len;
    line->text[line->len] = '\0';
}

static void line_add_str(struct line *line, const char *text)
{
    line_add(line, text, strlen(text));
}

static bool is_plain(const char *text)
{
    if (*text == '\0') return false;
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return false;
    }
    return true;
}

/* Quotes what would break the line or its key=value form; control characters become \xHH. */
static void line_add_value(struct line *line, const char *text)
{
    if (is_plain(text)) {
        line_add_str(line, text);
        return;
    }
    line_add(line, "\"", 1);
    for (; *text != '\0' && line->len < LOG_LINE_MAX; text++) {
        unsigned char c = (unsigned char)*text;
        char escaped[5];
        if (c == '"' || c == '\\') {
            escaped[0] = '\\';
            escaped[1] = (char)c;
            line_add(line, escaped, 2);
        } else if (c < ' ' || c == 0x7f) {
            escaped[0] = '\\';
            escaped[1] = 'x';
            hex_encode(escaped + 2, &c, 1);
            line_add(line, escaped, 4);
        } else {
            line_add(line, text, 1);
        }
    }
    line_add(line, "\"", 1);
}

static bool names_secret(const char *key)
{
    size_t key_len = strlen(key);
    for (size_t i = 0; i < ARRAY_LEN(secret_suffixes); i++) {
        size_t len = strlen(secret_suffixes[i]);
        if (key_len >= len && strcasecmp(key + key_len - len, secret_suffixes[i]) == 0) return true;
    }
    return false;
}

/* scheme://host:port of a URL: user, password, path and query may hold keys. */
static void line_add_url(struct line *line, const char *url)
{
    const char *scheme_end = strstr(url, "://");
    if (scheme_end == NULL) {
        line_add_str(line, "[redacted]");
        return;
    }
    const char *host = scheme_end + 3;
    size_t authority_len = strcspn(host, "/?#");
    size_t user_len = 0;
    for (size_t i = 0; i < authority_len; i++) {
        if (host[i] == '@') user_len = i + 1;
    }
    host += user_len;
    authority_len -= user_len;
    char shown[128];
    size_t scheme_len = (size_t)(scheme_end + 3 - url);
    snprintf(shown, sizeof shown, "%.*s%.*s", (int)(scheme_len > 16 ? 16 : scheme_len), url,
             (int)(authority_len > 100 ? 100 : authority_len), host);
    line_add_value(line, shown);
}

static void line_add_field(struct line *line, const struct log_field *field)
{
    char text[2 * HEX_BYTES_MAX + 8];
    line_add(line, " ", 1);
    line_add_str(line, field->key);
    line_add(line, "=", 1);
    bool is_number = field->kind == LOG_KIND_U64 || field->kind == LOG_KIND_I64;
    if (!is_number && names_secret(field->key)) {
        line_add_str(line, "[redacted]");
        return;
    }
    switch (field->kind) {
    case LOG_KIND_U64:
        snprintf(text, sizeof text, "%" PRIu64, field->number);
        line_add_str(line, text);
        break;
    case LOG_KIND_I64:
        snprintf(text, sizeof text, "%" PRId64, (int64_t)field->number);
        line_add_str(line, text);
        break;
    case LOG_KIND_STR:
        line_add_value(line, field->data != NULL ? field->data : "(null)");
        break;
    case LOG_KIND_HEX:
        hex_encode_0x(text, field->data, field->len < HEX_BYTES_MAX ? field->len : HEX_BYTES_MAX);
        line_add_str(line, text);
        if (field->len > HEX_BYTES_MAX) line_add_str(line, "...");
        break;
    case LOG_KIND_URL:
        line_add_url(line, field->data != NULL ? field->data : "");
        break;
    }
}

static void line_add_time(struct line *line, uint64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    char text[40];
    gmtime_r(&seconds, &utc);
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    line_add(line, text, len);
    snprintf(text, sizeof text, ".%03uZ", (unsigned)(wall_ms % 1000));
    line_add_str(line, text);
}

/* FNV-1a over both names. */
static uint64_t event_key(const char *component, const char *event)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *p = component; *p != '\0'; p++) {
        hash = (hash ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
    }
    hash = (hash ^ ' ') * UINT64_C(0x100000001b3);
    for (const char *p = event; *p != '\0'; p++) {
        hash = (hash ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Whether the line may be written; *suppressed is what the slot dropped in its last window. */
static bool limit_pass(const char *component, const char *event, uint64_t now_ms,
                       uint32_t *suppressed)
{
    uint64_t key = event_key(component, event);
    struct limit_slot *slot = &state.limits[key % LIMIT_SLOTS];
    *suppressed = 0;
    if (slot->key != key || now_ms - slot->window_start_ms >= LOG_WINDOW_MS) {
        if (slot->key == key) *suppressed = slot->suppressed;
        *slot = (struct limit_slot){.key = key, .window_start_ms = now_ms};
    }
    if (slot->written >= LOG_BURST) {
        slot->suppressed++;
        return false;
    }
    slot->written++;
    return true;
}

static void write_stderr(struct line *line)
{
    if (line->len == LOG_LINE_MAX) line->len--;
    line->text[line->len] = '\n';
    size_t done = 0;
    while (done < line->len + 1) {
        ssize_t n = write(STDERR_FILENO, line->text + done, line->len + 1 - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break; /* nowhere left to tell it */
        done += (size_t)n;
    }
}

void log_write(enum log_level level, const char *component, const char *event,
               const struct log_field *fields, size_t field_count)
{
    REQUIRE(level >= LOG_LEVEL_DEBUG && level <= LOG_LEVEL_BROKEN);
    pthread_mutex_lock(&state.mutex);
    if (!state.has_clock) {
        state.clock = clock_system();
        state.has_clock = true;
    }
    state.counts[level]++;
    uint32_t suppressed = 0;
    bool pass = level >= state.level;
    if (pass && level != LOG_LEVEL_BROKEN) {
        pass = limit_pass(component, event, clock_mono_ms(&state.clock), &suppressed);
    }
    if (pass) {
        struct line line = {.len = 0};
        line_add_time(&line, clock_wall_ms(&state.clock));
        line_add(&line, " ", 1);
        line_add_str(&line, level_names[level]);
        line_add(&line, " ", 1);
        line_add_str(&line, component);
        line_add(&line, " ", 1);
        line_add_str(&line, event);
        for (size_t i = 0; i < field_count; i++)
            line_add_field(&line, &fields[i]);
        if (suppressed > 0) line_add_field(&line, &LOG_U64("suppressed", suppressed));
        if (state.sink != NULL)
            state.sink(state.sink_ctx, level, line.text);
        else
            write_stderr(&line);
    }
    pthread_mutex_unlock(&state.mutex);
}

void log_set_level(enum log_level level)
{
    pthread_mutex_lock(&state.mutex);
    state.level = level;
    pthread_mutex_unlock(&state.mutex);
}

enum err log_level_parse(enum log_level *out, const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return ERR_OK;
        }
    }
    return ERR_ARG;
}

void log_set_clock(struct clock clock)
{
    pthread_mutex_lock(&state.mutex);
    state.clock = clock;
    state.has_clock = true;
    pthread_mutex_unlock(&state.mutex);
}

void log_set_sink(void (*sink)(void *ctx, enum log_level level, const char *line), void *ctx)
{
    pthread_mutex_lock(&state.mutex);
    state.sink = sink;
    state.sink_ctx = ctx;
    pthread_mutex_unlock(&state.mutex);
}

uint64_t log_count(enum log_level level)
{
    REQUIRE(level >= LOG_LEVEL_DEBUG && level <= LOG_LEVEL_BROKEN);
    pthread_mutex_lock(&state.mutex);
    uint64_t count = state.counts[level];
    pthread_mutex_unlock(&state.mutex);
    return count;
}
