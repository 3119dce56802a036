#ifndef PROVER_SOLGEN_TEXT_H
#define PROVER_SOLGEN_TEXT_H
/* A growing text buffer with printf and with named values: $NAME in a template is replaced by the
 * value set for NAME. A line that begins with //@trace is written (without the mark) only when
 * tracing; a line with `fail($E_NAME)` is left out when NAME is disabled.
 *
 * Threads: one owner. Limits: TEXT_MAX_NAMES names; out of memory or an unknown name aborts
 * (REQUIRE), since the generator is a build tool. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_MAX_NAMES = 128, TEXT_NAME_SIZE = 24, TEXT_VALUE_SIZE = 80 };

struct text {
    char *data; /* zero-terminated, owned */
    size_t length, capacity;
    uint32_t indent; /* spaces put in front of every line of text_line */
    bool trace;      /* write the lines that templates mark with //@trace */
    const char *
        disabled; /* name of an error whose checks are left out (tests only), "*" of all, or NULL */
    struct text *shared; /* whose names and values these are; NULL = its own */
    uint32_t n_names;
    char names[TEXT_MAX_NAMES][TEXT_NAME_SIZE], values[TEXT_MAX_NAMES][TEXT_VALUE_SIZE];
};

void text_init(struct text *t);
void text_free(struct text *t);
/* Sets or replaces the value of a name (letters, digits, underscore). */
void text_set(struct text *t, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *text_get(const struct text *t, const char *name);
/* Appends one line at the current indent; $NAME is replaced after formatting. */
void text_line(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends a template of several lines, each at the current indent, names replaced. */
void text_template(struct text *t, const char *lines, size_t length);

/* before | body | after as one line, as it is: no names, no limit of length. */
void text_line_parts(struct text *t, const char *before, const char *body, const char *after);
/* Appends characters as they are. */
void text_append(struct text *t, const char *s);
void text_clear(struct text *t);
/* Appends finished lines at the current indent, as they are. */
void text_indented(struct text *t, const char *lines);
/* From now on `to` uses (and sets) the names and values of `from`, which must outlive it. */
void text_share_names(struct text *to, struct text *from);

#endif
