#include "prover/solgen/emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/solgen/lanes.h"
#include "prover/solgen/templates.h"

enum {
    EMIT_MAX_MEMORY = 300000,
    LIBRARY_BYTES = 2200, /* code of the functions that a part with tables has besides its tables */
    CALL_BYTES = 8,       /* of a function: two labels and two jumps */
};

struct emit *emit_new(const struct plan *p, const struct solgen_options *options, uint32_t n_temps)
{
    struct emit *e = calloc(1, sizeof *e);
    REQUIRE(e != NULL);
    e->p = p;
    e->options = options;
    e->n_temps = n_temps;
    e->marks = options->marks;
    if (e->marks != NULL) text_clear(e->marks);
    emit_part_begin(e, EMIT_ENTRY, "");
    return e;
}

void emit_free(struct emit *e)
{
    for (uint32_t i = 0; i < e->n_parts; i++) {
        text_free(&e->part[i].body);
        text_free(&e->part[i].defs);
    }
    free(e);
}

uint32_t emit_memory(struct emit *e, uint32_t words)
{
    uint32_t at = e->memory;
    e->memory += 32 * words;
    REQUIRE(e->memory <= EMIT_MAX_MEMORY);
    return at;
}

uint32_t emit_cover(const struct emit *e, uint64_t bound)
{
    REQUIRE(lane_cover(bound) <= LANE_TOP);
    return e->covers + 32 * lane_cover_log(bound);
}

const char *emit_read(struct emit *e, uint32_t n)
{
    static char buf[4][32];
    static unsigned next;
    char *s = buf[next++ % 4];
    snprintf(s, sizeof buf[0], "add(pf, %u)", e->position);
    e->position += n;
    return s;
}

void emit_absorb(struct emit *e, const char *label, uint32_t n)
{
    text_line(e->body, "t_absorb(%s, %s, %u)", label, emit_read(e, n), n);
    if (n > e->max_absorb) e->max_absorb = n;
}

void emit_grind(struct emit *e, uint32_t bits)
{
    if (bits > 0) text_line(e->body, "t_grind(%s, %u)", emit_read(e, 8), bits);
}

void emit_mark(struct emit *e, const char *name)
{
    REQUIRE(e->n_marks < EMIT_MAX_MARKS);
    text_line(e->body, "//@trace trace_mark(%u) // %s", e->n_marks++, name);
    if (e->marks != NULL) text_line(e->marks, "%s", name);
}

void emit_part_begin(struct emit *e, enum emit_kind kind, const char *suffix)
{
    REQUIRE(e->n_parts < EMIT_MAX_PARTS);
    struct emit_part *part = &e->part[e->n_parts++];
    part->kind = kind;
    int n = snprintf(part->name, sizeof part->name, "%s%s", e->options->contract, suffix);
    REQUIRE(n > 0 && (size_t)n < sizeof part->name);
    text_init(&part->body);
    text_init(&part->defs);
    e->body = &part->body;
    e->defs = &part->defs;
    e->body->disabled = e->defs->disabled = e->options->disabled;
    e->body->trace = e->defs->trace = e->options->trace;
    text_share_names(e->body, &e->part[0].defs);
    if (part == &e->part[0])
        solgen_names(e->defs);
    else
        text_share_names(e->defs, &e->part[0].defs);
    e->part_marks = e->n_marks;
    e->sized = 0;
    e->code_size = LIBRARY_BYTES;
}

/* The entry's call of the part; functions call_* are written by emit_calls. */
void emit_part_end(struct emit *e)
{
    const uint32_t part = e->n_parts - 1, first = e->part_marks;
    REQUIRE(part > 0);
    e->body = &e->part[0].body;
    e->defs = &e->part[0].defs;
    text_line(e->body, "{");
    text_line(e->body, "    //@trace let before := gas()");
    text_line(e->body, "    call_%u(pf)", part);
    text_line(e->body, "    //@trace trace_call(before, %u, %u)", first, e->n_marks);
    text_line(e->body, "}");
    if (e->marks != NULL) text_line(e->marks, "call of %s", e->part[part].name);
    REQUIRE(e->n_marks < EMIT_MAX_MARKS);
    e->n_marks++;
}

void emit_calls(struct emit *e)
{
    struct text *o = &e->part[0].defs;
    const bool trace = e->options->trace;
    text_template(o, (const char *)yul_call, yul_call_size);
    for (uint32_t i = 1; i < e->n_parts && e->part[i].kind != EMIT_KEY; i++) {
        const bool tables = e->part[i].kind == EMIT_TABLES;
        const uint32_t address = e->part_addresses + 32 * (i - 1);
        const uint32_t from = trace ? e->trace_from : tables ? e->tables_from : e->values_from;
        const uint32_t back = trace ? e->trace_from : tables ? e->back_from : 0;
        text_line(o, "/// %s", e->part[i].name);
        text_line(o, "function call_%u(pf) {", i);
        if (tables) {
            text_line(o, "    part_call(%u, %u, %u, %u, %u)", address, from, e->values_end - from,
                      back, e->back_end - back);
        } else {
            text_line(o, "    mstore(%u, mload($TS))", e->state);
            if (e->p->key != NULL) /* the last part */
                text_line(o, "    mstore(%u, mload(%u))", e->key,
                          e->part_addresses + 32 * (e->n_parts - 2));
            text_line(o, "    calldatacopy(%u, pf, %u)", e->values_end, e->position);
            text_line(o, "    part_call(%u, %u, %u, %u, %s)", address, from,
                      e->values_end - from + e->position, back, trace ? "$TRACE_SIZE" : "32");
        }
        text_line(o, "}");
    }
}

/* Bytes of a number pushed: the opcode and its bytes. */
static uint32_t push_size(const char *digits, size_t n)
{
    uint32_t bytes = 0;
    if (n > 2 && digits[1] == 'x') return 1 + (uint32_t)(n - 1) / 2;
    for (unsigned long long v = strtoull(digits, NULL, 10); v > 0; v >>= 8)
        bytes++;
    return 1 + bytes;
}

/* A builtin is one byte of code. */
uint32_t emit_code_size(struct emit *e)
{
    static const char *const builtins[] = {"add", "sub", "mul", "shl", "mload", "mstore"};
    uint32_t size = 0;
    for (const char *s = e->defs->data + e->sized; *s != 0;) {
        if (s[0] == '/' && s[1] == '/') {
            s += strcspn(s, "\n");
            continue;
        }
        size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        if (n == 0) {
            s++;
            continue;
        }
        if (*s >= '0' && *s <= '9') {
            size += push_size(s, n);
        } else {
            bool builtin = false;
            for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++)
                builtin |= strlen(builtins[i]) == n && memcmp(s, builtins[i], n) == 0;
            size += builtin ? 1 : CALL_BYTES;
        }
        s += n;
    }
    e->sized = e->defs->length;
    e->code_size += size;
    return e->code_size;
}
