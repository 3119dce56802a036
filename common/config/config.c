#include "common/config/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "common/base/require.h"
#include "common/codec/hex.h"

/* What is being read: for errors and for the walk. */
struct walk {
    yaml_document_t *doc;
    const char *file;
    struct config_error *error;
};

static enum err fail(const struct walk *walk, size_t line, const char *path, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

static enum err fail(const struct walk *walk, size_t line, const char *path, const char *format,
                     ...)
{
    if (walk->error == NULL) return ERR_CONFIG;
    char detail[240];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    snprintf(walk->error->text, sizeof walk->error->text, "%.120s:%zu: %.120s: %s", walk->file,
             line, path[0] != '\0' ? path : "(top)", detail);
    return ERR_CONFIG;
}

/* --- scalars ----------------------------------------------------------------------------------- */

static enum err parse_u64(uint64_t *out, const char *text, size_t len)
{
    if (len == 0 || len > 20) return ERR_PARSE;
    uint64_t v = 0;
    bool is_hex = len > 2 && text[0] == '0' && text[1] == 'x';
    uint64_t base = is_hex ? 16 : 10;
    for (size_t i = is_hex ? 2 : 0; i < len; i++) {
        char c = text[i];
        uint64_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint64_t)(c - '0');
        else if (is_hex && c >= 'a' && c <= 'f')
            digit = (uint64_t)(c - 'a') + 10;
        else if (is_hex && c >= 'A' && c <= 'F')
            digit = (uint64_t)(c - 'A') + 10;
        else
            return ERR_PARSE;
        if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit, &v)) {
            return ERR_OVERFLOW;
        }
    }
    *out = v;
    return ERR_OK;
}

struct unit {
    const char *suffix;
    uint64_t factor;
};

static const struct unit duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
static const struct unit size_units[] = {
    {"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};

static enum err parse_with_unit(uint64_t *out, const char *text, const struct unit *units,
                                size_t unit_count)
{
    size_t digits = strspn(text, "0123456789");
    for (size_t i = 0; i < unit_count; i++) {
        if (strcmp(text + digits, units[i].suffix) != 0) continue;
        uint64_t v;
        ERR_TRY(parse_u64(&v, text, digits));
        if (__builtin_mul_overflow(v, units[i].factor, &v)) return ERR_OVERFLOW;
        *out = v;
        return ERR_OK;
    }
    return ERR_PARSE;
}

enum err config_parse_duration(uint64_t *out_ms, const char *text)
{
    return parse_with_unit(out_ms, text, duration_units, ARRAY_LEN(duration_units));
}

static enum err store_number(const struct walk *walk, size_t line, const char *path, void *member,
                             const struct config_field *field, const char *text)
{
    uint64_t v = 0;
    enum err err = ERR_PARSE;
    const char *expected = "a whole number";
    if (field->kind == CONFIG_KIND_DURATION) {
        err = config_parse_duration(&v, text);
        expected = "a duration such as 250ms, 10s, 5m, 1h or 7d";
    } else if (field->kind == CONFIG_KIND_SIZE) {
        err = parse_with_unit(&v, text, size_units, ARRAY_LEN(size_units));
        expected = "a size such as 512, 64KiB or 16MiB";
    } else {
        err = parse_u64(&v, text, strlen(text));
    }
    if (err != ERR_OK) return fail(walk, line, path, "expected %s, found '%.60s'", expected, text);
    if (v < field->min || v > field->max) {
        const char *unit = field->kind == CONFIG_KIND_DURATION ? " ms" : "";
        return fail(walk, line, path, "%llu%s is outside %llu..%llu%s", (unsigned long long)v, unit,
                    (unsigned long long)field->min, (unsigned long long)field->max, unit);
    }
    REQUIRE(field->size == sizeof v);
    memcpy(member, &v, sizeof v);
    return ERR_OK;
}

static enum err store_text(const struct walk *walk, size_t line, const char *path, void *member,
                           size_t size, const char *text)
{
    size_t len = strlen(text);
    if (len + 1 > size) {
        return fail(walk, line, path, "longer than %zu characters", size - 1);
    }
    memcpy(member, text, len + 1);
    return ERR_OK;
}

static enum err store_choice(const struct walk *walk, size_t line, const char *path, void *member,
                             const struct config_field *field, const char *text)
{
    char names[200] = "";
    size_t used = 0;
    for (int i = 0; field->choices[i] != NULL; i++) {
        if (strcmp(text, field->choices[i]) == 0) {
            REQUIRE(field->size == sizeof i);
            memcpy(member, &i, sizeof i);
            return ERR_OK;
        }
        int n = snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                         field->choices[i]);
        if (n > 0 && (size_t)n < sizeof names - used) used += (size_t)n;
    }
    return fail(walk, line, path, "'%.40s' is none of: %s", text, names);
}

static enum err store_scalar(const struct walk *walk, size_t line, const char *path, void *member,
                             const struct config_field *field, const char *text)
{
    switch (field->kind) {
    case CONFIG_KIND_STRING:
        return store_text(walk, line, path, member, field->size, text);
    case CONFIG_KIND_U64:
    case CONFIG_KIND_DURATION:
    case CONFIG_KIND_SIZE:
        return store_number(walk, line, path, member, field, text);
    case CONFIG_KIND_BOOL: {
        bool v = strcmp(text, "true") == 0;
        if (!v && strcmp(text, "false") != 0) {
            return fail(walk, line, path, "expected true or false, found '%.40s'", text);
        }
        REQUIRE(field->size == sizeof v);
        memcpy(member, &v, sizeof v);
        return ERR_OK;
    }
    case CONFIG_KIND_HEX:
        if (strncmp(text, "0x", 2) != 0 ||
            hex_decode_fixed(member, field->size, text, strlen(text)) != ERR_OK) {
            return fail(walk, line, path, "expected 0x and %zu hex digits", 2 * field->size);
        }
        return ERR_OK;
    case CONFIG_KIND_CHOICE:
        return store_choice(walk, line, path, member, field, text);
    case CONFIG_KIND_END:
    case CONFIG_KIND_STRING_LIST:
    case CONFIG_KIND_SECTION:
    case CONFIG_KIND_SECTION_LIST:
        break;
    }
    UNREACHABLE("not a scalar kind");
}

/* --- nearest name ------------------------------------------------------------------------------ */

#define NAME_MAX_COMPARED 48

/* Edit distance of two short names (Wagner, Fischer). */
static size_t edit_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len > NAME_MAX_COMPARED || b_len > NAME_MAX_COMPARED) return SIZE_MAX;
    size_t row[NAME_MAX_COMPARED + 1];
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_len];
}

static const char *nearest_name(const struct config_field *fields, const char *name)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (; fields->name != NULL; fields++) {
        size_t distance = edit_distance(fields->name, name);
        if (distance < best_distance) {
            best_distance = distance;
            best = fields->name;
        }
    }
    return best;
}

/* --- structure --------------------------------------------------------------------------------- */

static size_t line_of(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

static const char *scalar_text(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static enum err load_mapping(const struct walk *walk, void *out, const struct config_field *fields,
                             const yaml_node_t *node, const char *path, size_t line,
                             unsigned depth);

static void path_join(char *out, size_t size, const char *path, const char *name)
{
    snprintf(out, size, "%s%s%s", path, path[0] != '\0' ? "." : "", name);
}

static enum err load_list(const struct walk *walk, void *out, const struct config_field *field,
                          const yaml_node_t *node, const char *path, unsigned depth)
{
    size_t count = 0;
    char *base = (char *)out + field->offset;
    if (node != NULL) {
        if (node->type != YAML_SEQUENCE_NODE) {
            return fail(walk, line_of(node), path, "expected a list");
        }
        const yaml_node_item_t *item = node->data.sequence.items.start;
        for (; item < node->data.sequence.items.top; item++, count++) {
            const yaml_node_t *element = yaml_document_get_node(walk->doc, *item);
            char element_path[128];
            snprintf(element_path, sizeof element_path, "%.110s[%zu]", path, count);
            if (count == field->count_max) {
                return fail(walk, line_of(element), path, "more than %zu elements",
                            field->count_max);
            }
            if (field->kind == CONFIG_KIND_SECTION_LIST) {
                ERR_TRY(load_mapping(walk, base + count * field->size, field->fields, element,
                                     element_path, line_of(element), depth + 1));
            } else if (element->type != YAML_SCALAR_NODE) {
                return fail(walk, line_of(element), element_path, "expected text");
            } else {
                ERR_TRY(store_text(walk, line_of(element), element_path, base + count * field->size,
                                   field->size, scalar_text(element)));
            }
        }
    }
    if (count < field->min) {
        return fail(walk, node != NULL ? line_of(node) : 1, path, "at least %llu needed, %zu given",
                    (unsigned long long)field->min, count);
    }
    memcpy((char *)out + field->count_offset, &count, sizeof count);
    return ERR_OK;
}

static enum err load_field(const struct walk *walk, void *out, const struct config_field *field,
                           const yaml_node_t *node, const char *path, size_t parent_line,
                           unsigned depth)
{
    void *member = (char *)out + field->offset;
    if (field->kind == CONFIG_KIND_SECTION) {
        return load_mapping(walk, member, field->fields, node, path,
                            node != NULL ? line_of(node) : parent_line, depth + 1);
    }
    if (field->kind == CONFIG_KIND_SECTION_LIST || field->kind == CONFIG_KIND_STRING_LIST) {
        return load_list(walk, out, field, node, path, depth);
    }
    if (node == NULL) {
        if (field->default_text == NULL) {
            return fail(walk, parent_line, path, "missing (%s)", field->help);
        }
        return store_scalar(walk, parent_line, path, member, field, field->default_text);
    }
    if (node->type != YAML_SCALAR_NODE) {
        return fail(walk, line_of(node), path, "expected one value");
    }
    if (strlen(scalar_text(node)) != node->data.scalar.length) {
        return fail(walk, line_of(node), path, "zero byte in the text");
    }
    return store_scalar(walk, line_of(node), path, member, field, scalar_text(node));
}

/* Every key known and given once. */
static enum err check_keys(const struct walk *walk, const struct config_field *fields,
                           const yaml_node_t *node, const char *path)
{
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(walk->doc, pair->key);
        if (key->type != YAML_SCALAR_NODE) {
            return fail(walk, line_of(key), path, "a key must be a name");
        }
        const struct config_field *field = fields;
        while (field->name != NULL && strcmp(field->name, scalar_text(key)) != 0)
            field++;
        if (field->name == NULL) {
            const char *nearest = nearest_name(fields, scalar_text(key));
            return fail(walk, line_of(key), path, "unknown key '%.60s'%s%s%s", scalar_text(key),
                        nearest != NULL ? " (nearest: '" : "", nearest != NULL ? nearest : "",
                        nearest != NULL ? "')" : "");
        }
        const yaml_node_pair_t *other = node->data.mapping.pairs.start;
        for (; other < pair; other++) {
            const yaml_node_t *before = yaml_document_get_node(walk->doc, other->key);
            if (strcmp(scalar_text(before), scalar_text(key)) == 0) {
                return fail(walk, line_of(key), path, "'%s' is given twice", scalar_text(key));
            }
        }
    }
    return ERR_OK;
}

static const yaml_node_t *find_value(const struct walk *walk, const yaml_node_t *node,
                                     const char *name)
{
    if (node == NULL) return NULL;
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(walk->doc, pair->key);
        if (strcmp(scalar_text(key), name) == 0) {
            return yaml_document_get_node(walk->doc, pair->value);
        }
    }
    return NULL;
}

/* node NULL: the section is missing and is filled from defaults. An empty value is an empty
 * section too. */
static enum err load_mapping(const struct walk *walk, void *out, const struct config_field *fields,
                             const yaml_node_t *node, const char *path, size_t line, unsigned depth)
{
    if (depth > CONFIG_DEPTH_MAX) return fail(walk, line, path, "nested too deeply");
    if (node != NULL && node->type == YAML_SCALAR_NODE && node->data.scalar.length == 0) {
        node = NULL;
    }
    if (node != NULL) {
        if (node->type != YAML_MAPPING_NODE) return fail(walk, line, path, "expected a section");
        ERR_TRY(check_keys(walk, fields, node, path));
    }
    for (const struct config_field *field = fields; field->name != NULL; field++) {
        char field_path[128];
        path_join(field_path, sizeof field_path, path, field->name);
        ERR_TRY(load_field(walk, out, field, find_value(walk, node, field->name), field_path, line,
                           depth));
    }
    return ERR_OK;
}

/* Aliases would let a small file expand without end and one node appear under two parents. */
static bool has_anchor_or_tag(const char *text, size_t len, size_t *line)
{
    yaml_parser_t parser;
    REQUIRE(yaml_parser_initialize(&parser) == 1);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    bool found = false;
    bool is_done = false;
    while (!found && !is_done) {
        yaml_token_t token;
        if (yaml_parser_scan(&parser, &token) == 0) break; /* the loader reports it */
        if (token.type == YAML_ALIAS_TOKEN || token.type == YAML_ANCHOR_TOKEN ||
            token.type == YAML_TAG_TOKEN || token.type == YAML_TAG_DIRECTIVE_TOKEN) {
            found = true;
            *line = token.start_mark.line + 1;
        }
        is_done = token.type == YAML_STREAM_END_TOKEN || token.type == YAML_NO_TOKEN;
        yaml_token_delete(&token);
    }
    yaml_parser_delete(&parser);
    return found;
}

/* ERR_CONFIG if a second document follows. */
static enum err expect_end(const struct walk *walk, yaml_parser_t *parser)
{
    yaml_document_t next;
    if (yaml_parser_load(parser, &next) == 0) {
        return fail(walk, parser->problem_mark.line + 1, "", "%s", parser->problem);
    }
    const yaml_node_t *root = yaml_document_get_root_node(&next);
    size_t line = root != NULL ? line_of(root) : 0;
    yaml_document_delete(&next);
    return root == NULL ? ERR_OK : fail(walk, line, "", "a second YAML document");
}

enum err config_load_text(void *out, const struct config_field *fields, const char *name,
                          const char *text, size_t len, struct config_error *error)
{
    struct walk walk = {.file = name, .error = error};
    size_t line = 1;
    if (len > CONFIG_FILE_MAX) return fail(&walk, 1, "", "larger than %d bytes", CONFIG_FILE_MAX);
    if (has_anchor_or_tag(text, len, &line)) {
        return fail(&walk, line, "", "YAML anchors, aliases and tags are not accepted");
    }
    yaml_parser_t parser;
    yaml_document_t doc;
    if (yaml_parser_initialize(&parser) == 0) return ERR_NOMEM;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    enum err err;
    if (yaml_parser_load(&parser, &doc) == 0) {
        err = fail(&walk, parser.problem_mark.line + 1, "", "%s",
                   parser.problem != NULL ? parser.problem : "not YAML");
    } else {
        walk.doc = &doc;
        const yaml_node_t *root = yaml_document_get_root_node(&doc);
        err = load_mapping(&walk, out, fields, root, "", 1, 0);
        yaml_document_delete(&doc);
        if (err == ERR_OK && root != NULL) err = expect_end(&walk, &parser);
    }
    yaml_parser_delete(&parser);
    return err;
}

enum err config_load_file(void *out, const struct config_field *fields, const char *path,
                          struct config_error *error)
{
    struct walk walk = {.file = path, .error = error};
    FILE *file = fopen(path, "rbe");
    if (file == NULL) return fail(&walk, 0, "", "cannot open: %s", strerror(errno));
    char *text = malloc(CONFIG_FILE_MAX + 1);
    enum err err = ERR_NOMEM;
    if (text != NULL) {
        size_t len = fread(text, 1, CONFIG_FILE_MAX + 1, file);
        if (ferror(file) != 0)
            err = fail(&walk, 0, "", "cannot read");
        else
            err = config_load_text(out, fields, path, text, len, error);
    }
    free(text);
    fclose(file);
    return err;
}

/* --- reference --------------------------------------------------------------------------------- */

static void print_limits(FILE *out, const struct config_field *field)
{
    switch (field->kind) {
    case CONFIG_KIND_U64:
    case CONFIG_KIND_SIZE:
        fprintf(out, " [%llu..%llu%s]", (unsigned long long)field->min,
                (unsigned long long)field->max, field->kind == CONFIG_KIND_SIZE ? " bytes" : "");
        break;
    case CONFIG_KIND_DURATION:
        fprintf(out, " [%llu..%llu ms]", (unsigned long long)field->min,
                (unsigned long long)field->max);
        break;
    case CONFIG_KIND_CHOICE:
        for (int i = 0; field->choices[i] != NULL; i++) {
            fprintf(out, "%s%s", i == 0 ? " [" : " | ", field->choices[i]);
        }
        fprintf(out, "]");
        break;
    case CONFIG_KIND_HEX:
        fprintf(out, " [0x and %zu hex digits]", 2 * field->size);
        break;
    case CONFIG_KIND_STRING:
        fprintf(out, " [at most %zu characters]", field->size - 1);
        break;
    case CONFIG_KIND_STRING_LIST:
    case CONFIG_KIND_SECTION_LIST:
        fprintf(out, " [%llu to %zu elements]", (unsigned long long)field->min, field->count_max);
        break;
    case CONFIG_KIND_BOOL:
    case CONFIG_KIND_SECTION:
    case CONFIG_KIND_END:
        break;
    }
}

static void print_fields(FILE *out, const struct config_field *fields, int indent, bool in_list)
{
    for (const struct config_field *field = fields; field->name != NULL; field++) {
        fprintf(out, "%*s# %s", indent, "", field->help);
        print_limits(out, field);
        bool is_scalar = field->fields == NULL && field->kind != CONFIG_KIND_STRING_LIST;
        if (is_scalar && field->default_text == NULL) fprintf(out, "; required");
        bool is_first = in_list && field == fields;
        fprintf(out, "\n%*s%s%s:", is_first ? indent - 2 : indent, "", is_first ? "- " : "",
                field->name);
        if (field->kind == CONFIG_KIND_SECTION) {
            fprintf(out, "\n");
            print_fields(out, field->fields, indent + 2, false);
        } else if (field->kind == CONFIG_KIND_SECTION_LIST) {
            fprintf(out, "\n");
            print_fields(out, field->fields, indent + 4, true);
        } else if (field->kind == CONFIG_KIND_STRING_LIST) {
            fprintf(out, " []\n");
        } else if (field->default_text == NULL) {
            fprintf(out, "\n");
        } else if (field->default_text[0] == '\0') {
            fprintf(out, " \"\"\n");
        } else {
            fprintf(out, " %s\n", field->default_text);
        }
    }
}

void config_print_reference(FILE *out, const struct config_field *fields)
{
    print_fields(out, fields, 0, false);
}
