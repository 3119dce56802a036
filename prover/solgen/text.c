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

static uint32_t text_find(const struct text *t, const char *name, size_t n)
{
    uint32_t i = 0;
    while (i < t->n_names && (strlen(t->names[i]) != n || memcmp(t->names[i], name, n) != 0))
        i++;
    return i;
}

void text_set(struct text *t, const char *name, const char *format, ...)
{
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
    uint32_t i = text_find(t, name, strlen(name));
    REQUIRE(i < t->n_names);
    return t->values[i];
}

static void text_put_line(struct text *t, const char *s, size_t n)
{
    static const char blanks[] = "                                ";
    REQUIRE(t->indent < sizeof blanks);
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
        uint32_t i = text_find(t, s + 1, k - 1);
        if (i == t->n_names) {
            fprintf(stderr, "solgen: no value for %.*s\n", (int)k, s);
            REQUIRE(i < t->n_names);
        }
        text_put(t, t->values[i], strlen(t->values[i]));
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
