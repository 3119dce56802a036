#include "prover/solgen/emit.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/require.h"
#include "prover/solgen/lanes.h"

enum { EMIT_MAX_MARKS = 127, EMIT_MAX_MEMORY = 300000 };

struct emit *emit_new(const struct plan *p)
{
    struct emit *e = calloc(1, sizeof *e);
    REQUIRE(e != NULL);
    e->p = p;
    return e;
}

void emit_free(struct emit *e)
{
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
