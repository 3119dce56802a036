#ifndef COMMON_CONFIG_CONFIG_H
#define COMMON_CONFIG_CONFIG_H
/* YAML configuration driven by a table: the table is the parser, the check and the reference text.
 *
 * Threads:   pure apart from reading the file.
 * Lifetime:  values are stored in the caller's struct, in fixed fields; nothing is allocated there.
 * Errors:    unknown key (with the nearest known name), missing key, wrong type, out of range and
 *            duplicate key are ERR_CONFIG with "file:line: section.key: what is wrong".
 * Limits:    CONFIG_FILE_MAX bytes, CONFIG_DEPTH_MAX levels; lists as the table says. YAML anchors
 *            and tags are refused.
 * Secrets:   never in the file; the file names paths of secret files (common/crypto/secret.h).
 *
 *   struct chain_conf { char name[32]; uint64_t chain_id; };
 *   struct conf { uint64_t port; struct chain_conf chains[8]; size_t chain_count; };
 *   static const struct config_field chain_fields[] = {
 *       CONFIG_STRING(struct chain_conf, name, NULL, "name in logs"),
 *       CONFIG_U64(struct chain_conf, chain_id, NULL, 1, UINT32_MAX, "EIP-155 chain id"),
 *       CONFIG_END};
 *   static const struct config_field fields[] = {
 *       CONFIG_U64(struct conf, port, "8080", 1, 65535, "port of the API"),
 *       CONFIG_SECTION_LIST(struct conf, chains, chain_count, 1, chain_fields, "L1 chains"),
 *       CONFIG_END};
 *   ERR_TRY(config_load_file(&conf, fields, path, &error)); */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/err.h"

#define CONFIG_FILE_MAX  (256 * 1024)
#define CONFIG_DEPTH_MAX 8

enum config_kind {
    CONFIG_KIND_END,
    CONFIG_KIND_STRING,      /* char[N] */
    CONFIG_KIND_U64,         /* uint64_t; decimal, or hex with 0x */
    CONFIG_KIND_BOOL,        /* bool; true or false */
    CONFIG_KIND_DURATION,    /* uint64_t milliseconds; 250ms 10s 5m 1h 7d */
    CONFIG_KIND_SIZE,        /* uint64_t bytes; 512 64KiB 16MiB 2GiB */
    CONFIG_KIND_HEX,         /* uint8_t[N]; exactly 2*N digits after 0x */
    CONFIG_KIND_CHOICE,      /* int; index in a NULL-terminated list of names */
    CONFIG_KIND_STRING_LIST, /* char[M][N] and size_t */
    CONFIG_KIND_SECTION,     /* nested struct */
    CONFIG_KIND_SECTION_LIST /* struct[M] and size_t */
};

struct config_field {
    const char *name;
    enum config_kind kind;
    size_t offset;
    size_t size;              /* of the member, or of one element of a list */
    size_t count_offset;      /* lists */
    size_t count_max;         /* lists */
    uint64_t min;             /* numbers; lists: least number of elements */
    uint64_t max;             /* numbers */
    const char *default_text; /* NULL: the key must be there (scalars) */
    const char *const *choices;
    const struct config_field *fields; /* sections */
    const char *help;
};

#define CONFIG_MEMBER_SIZE_(type, member) sizeof(((type *)0)->member)
#define CONFIG_STRING(type, member, default_, help_)                                               \
    {                                                                                              \
        .name = #member, .kind = CONFIG_KIND_STRING, .offset = offsetof(type, member),             \
        .size = CONFIG_MEMBER_SIZE_(type, member), .default_text = (default_), .help = (help_)     \
    }
#define CONFIG_U64(type, member, default_, min_, max_, help_)                                      \
    {                                                                                              \
        .name = #member, .kind = CONFIG_KIND_U64, .offset = offsetof(type, member),                \
        .size = CONFIG_MEMBER_SIZE_(type, member), .min = (min_), .max = (max_),                   \
        .default_text = (default_), .help = (help_)                                                \
    }
#define CONFIG_BOOL(type, member, default_, help_)                                                 \
    {                                                                                              \
        .name = #member, .kind = CONFIG_KIND_BOOL, .offset = offsetof(type, member),               \
        .size = CONFIG_MEMBER_SIZE_(type, member), .default_text = (default_), .help = (help_)     \
    }
#define CONFIG_DURATION(type, member, default_, min_ms, max_ms, help_)                             \
    {                                                                                              \
        .name = #member, .kind = CONFIG_KIND_DURATION, .offset = offsetof(type, member),           \
        .size = CONFIG_MEMBER_SIZE_(type, member), .min = (min_ms), .max = (max_ms),               \
        .default_text = (default_), .help = (help_)                                                \
    }
#define CONFIG_SIZE(type, member, default_, min_, max_, help_)                                     \
    {                                                                                              \
        .name = #member, .kind = CONFIG_KIND_SIZE, .offset = offsetof(type, member),               \
        .size = CONFIG_MEMBER_SIZE_(type, member), .min = (min_), .max = (max_),                   \
        .default_text = (default_), .help = (help_)                                                \
    }
#define CONFIG_HEX(type, member, default_, help_)                                                  \
    {                                                                                              \
        .name = #member, .kind = CONFIG_KIND_HEX, .offset = offsetof(type, member),                \
        .size = CONFIG_MEMBER_SIZE_(type, member), .default_text = (default_), .help = (help_)     \
    }
#define CONFIG_CHOICE(type, member, default_, choices_, help_)                                     \
    {                                                                                              \
        .name = #member, .kind = CONFIG_KIND_CHOICE, .offset = offsetof(type, member),             \
        .size = CONFIG_MEMBER_SIZE_(type, member), .default_text = (default_),                     \
        .choices = (choices_), .help = (help_)                                                     \
    }
#define CONFIG_STRING_LIST(type, member, count_member, min_, help_)                                \
    {                                                                                              \
        .name = #member, .kind = CONFIG_KIND_STRING_LIST, .offset = offsetof(type, member),        \
        .size = CONFIG_MEMBER_SIZE_(type, member[0]),                                              \
        .count_offset = offsetof(type, count_member),                                              \
        .count_max = CONFIG_MEMBER_SIZE_(type, member) / CONFIG_MEMBER_SIZE_(type, member[0]),     \
        .min = (min_), .help = (help_)                                                             \
    }
#define CONFIG_SECTION(type, member, fields_, help_)                                               \
    {                                                                                              \
        .name = #member, .kind = CONFIG_KIND_SECTION, .offset = offsetof(type, member),            \
        .size = CONFIG_MEMBER_SIZE_(type, member), .fields = (fields_), .help = (help_)            \
    }
#define CONFIG_SECTION_LIST(type, member, count_member, min_, fields_, help_)                      \
    {                                                                                              \
        .name = #member, .kind = CONFIG_KIND_SECTION_LIST, .offset = offsetof(type, member),       \
        .size = CONFIG_MEMBER_SIZE_(type, member[0]),                                              \
        .count_offset = offsetof(type, count_member),                                              \
        .count_max = CONFIG_MEMBER_SIZE_(type, member) / CONFIG_MEMBER_SIZE_(type, member[0]),     \
        .min = (min_), .fields = (fields_), .help = (help_)                                        \
    }
#define CONFIG_END                                                                                 \
    {                                                                                              \
        .name = NULL, .kind = CONFIG_KIND_END                                                      \
    }

struct config_error {
    char text[512];
};

/* Fills the struct that the table's offsets describe. On an error the struct holds rubbish and must
 * not be used. A section that is missing altogether is filled from its defaults. */
MUST_CHECK enum err config_load_file(void *out, const struct config_field *fields, const char *path,
                                     struct config_error *error);
/* Same from memory; name stands for the file in errors. */
MUST_CHECK enum err config_load_text(void *out, const struct config_field *fields, const char *name,
                                     const char *text, size_t len, struct config_error *error);
/* A commented YAML text with every key, its default, unit and limits. */
void config_print_reference(FILE *out, const struct config_field *fields);
/* A number with unit ("250ms", "1h"), as CONFIG_KIND_DURATION reads it. ERR_PARSE, ERR_OVERFLOW. */
MUST_CHECK enum err config_parse_duration(uint64_t *out_ms, const char *text);

#endif
