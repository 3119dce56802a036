#include "prover/solgen/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

void text_init(struct text *t)
{
    memset(t, 0, sizeof *t);
    t->capacity = 1 << 16;
    t->data = malloc(t->capacity);
    REQUIRE(t->data != NULL);
    t->data[0] = 0;
}

void text_free(struct text *t)
{
    free(t->data);
    t->data = NULL;
}

static void text_put(struct text *t, const char *s, size_t n)
{
    if (n >= t->capacity - t->length) {
        t->capacity = 2 * t->capacity + n;
        t->data = realloc(t->data, t->capacity);
        REQUIRE(t->data != NULL);
    }
    memcpy(t->data + t->length, s, n);
    t->length += n;
    t->data[t->length] = 0;
}

static struct text *text_names(struct text *t)
{
    return t->shared == NULL ? t : t->shared;
}

static uint32_t text_find(const struct text *t, const char *name, size_t n)
{
    uint32_t i = 0;
    while (i < t->n_names && (strlen(t->names[i]) != n || memcmp(t->names[i], name, n) != 0))
        i++;
    return i;
}

void text_set(struct text *t, const char *name, const char *format, ...)
{
    t = text_names(t);
    uint32_t i = text_find(t, name, strlen(name));
    if (i == t->n_names) {
        REQUIRE(t->n_names < TEXT_MAX_NAMES);
        int n = snprintf(t->names[i], TEXT_NAME_SIZE, "%s", name);
        REQUIRE(n > 0 && n < TEXT_NAME_SIZE);
        t->n_names++;
    }
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(t->values[i], TEXT_VALUE_SIZE, format, ap);
    va_end(ap);
    REQUIRE(n >= 0 && n < TEXT_VALUE_SIZE);
}

const char *text_get(const struct text *t, const char *name)
{
    if (t->shared != NULL) t = t->shared;
    uint32_t i = text_find(t, name, strlen(name));
    REQUIRE(i < t->n_names);
    return t->values[i];
}

static bool is_disabled(const struct text *t, const char *s, size_t n)
{
    if (t->disabled == NULL) return false;
    const bool all = strcmp(t->disabled, "*") == 0;
    char call[TEXT_NAME_SIZE + 16];
    int len = snprintf(call, sizeof call, "fail($E_%s", all ? "" : t->disabled);
    if (!all) len += snprintf(call + len, sizeof call - (size_t)len, ")");
    REQUIRE(len > 0 && (size_t)len < sizeof call);
    for (size_t i = 0; i + (size_t)len <= n; i++)
        if (memcmp(s + i, call, (size_t)len) == 0) return true;
    return false;
}

static void text_put_line(struct text *t, const char *s, size_t n)
{
    static const char blanks[] = "                                ";
    static const char mark[] = "//@trace ";
    REQUIRE(t->indent < sizeof blanks);
    size_t lead = 0;
    while (lead < n && s[lead] == ' ')
        lead++;
    if (n - lead > sizeof mark - 1 && memcmp(s + lead, mark, sizeof mark - 1) == 0) {
        if (!t->trace) return;
        s += lead + sizeof mark - 1;
        n -= lead + sizeof mark - 1;
    }
    if (is_disabled(t, s, n)) return;
    const struct text *names = text_names(t);
    if (n > 0) text_put(t, blanks, t->indent);
    while (n > 0) {
        const char *d = memchr(s, '$', n);
        size_t plain = d == NULL ? n : (size_t)(d - s);
        text_put(t, s, plain);
        s += plain;
        n -= plain;
        if (d == NULL) break;
        size_t k = 1;
        while (k < n && (isalnum((unsigned char)s[k]) || s[k] == '_'))
            k++;
        uint32_t i = text_find(names, s + 1, k - 1);
        if (i == names->n_names) {
            fprintf(stderr, "solgen: no value for %.*s\n", (int)k, s);
            REQUIRE(i < names->n_names);
        }
        text_put(t, names->values[i], strlen(names->values[i]));
        s += k;
        n -= k;
    }
    text_put(t, "\n", 1);
}

void text_line(struct text *t, const char *format, ...)
{
    char buf[4096];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(buf, sizeof buf, format, ap);
    va_end(ap);
    REQUIRE(n >= 0 && (size_t)n < sizeof buf);
    text_put_line(t, buf, (size_t)n);
}

void text_template(struct text *t, const char *lines, size_t length)
{
    while (length > 0) {
        const char *end = memchr(lines, '\n', length);
        size_t n = end == NULL ? length : (size_t)(end - lines);
        text_put_line(t, lines, n);
        n += end != NULL;
        lines += n;
        length -= n;
    }
}

void text_line_parts(struct text *t, const char *before, const char *body, const char *after)
{
    static const char blanks[] = "                                ";
    REQUIRE(t->indent < sizeof blanks);
    text_put(t, blanks, t->indent);
    text_append(t, before);
    text_append(t, body);
    text_append(t, after);
    text_put(t, "\n", 1);
}

void text_append(struct text *t, const char *s)
{
    text_put(t, s, strlen(s));
}

void text_clear(struct text *t)
{
    t->length = 0;
    t->data[0] = 0;
}

void text_indented(struct text *t, const char *lines)
{
    static const char blanks[] = "                                ";
    REQUIRE(t->indent < sizeof blanks);
    while (*lines != 0) {
        const char *end = strchr(lines, '\n');
        REQUIRE(end != NULL);
        if (end != lines) text_put(t, blanks, t->indent);
        text_put(t, lines, (size_t)(end - lines) + 1);
        lines = end + 1;
    }
}

void text_share_names(struct text *to, struct text *from)
{
    REQUIRE(from->shared == NULL && from != to);
    to->shared = from;
}
