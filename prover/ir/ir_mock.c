#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/ir/ir.h"
#include "prover/ir/ir_internal.h"
#include "prover/ir/ir_prog.h"

/* Balance of one distinct message. Messages are told apart by a 128-bit hash of (tag, fields
 * without trailing zeros): the proof's fingerprint does not see trailing zeros either. */
struct balance {
    uint64_t h0, h1;
    uint32_t count; /* sum of sign * multiplicity mod p */
    uint32_t used;
};

struct bus {
    struct balance *slots;
    size_t size, used; /* size is a power of two */
};

enum { SPEAKERS_MAX = 32 };

struct mock {
    const struct ir_trace *tr;
    char *text;
    size_t text_size;
    struct bus bus;
    /* second pass: looking for one message, and for all who speak unbalanced ones */
    const struct balance *wanted;
    bool found;
    const char *speakers[SPEAKERS_MAX][2]; /* table, message */
    uint32_t n_speakers;
};

static void say(struct mock *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct mock *m, const char *format, ...)
{
    size_t at = m->text_size > 0 ? strlen(m->text) : 0;
    if (at + 1 >= m->text_size) return;
    va_list args;
    va_start(args, format);
    vsnprintf(m->text + at, m->text_size - at, format, args);
    va_end(args);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    unsigned __int128 x = (unsigned __int128)(h ^ v) * 0x9fb21c651e98df25u;
    return (uint64_t)x ^ (uint64_t)(x >> 64) ^ (v * 0xd6e8feb86659fd93u);
}

static void message_hash(uint64_t *h0, uint64_t *h1, uint32_t tag, const uint32_t *f, uint32_t n)
{
    while (n > 0 && f[n - 1] == 0)
        n--;
    uint64_t a = mix(0x243f6a8885a308d3u, tag), b = mix(0x13198a2e03707344u, tag);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t v = ((uint64_t)(i + 1) << 32) | f[i];
        a = mix(a + 0xa4093822299f31d0u, v);
        b = mix(b ^ 0x082efa98ec4e6c89u, v * 0x452821e638d01377u);
    }
    *h0 = a;
    *h1 = b;
}

static void bus_grow(struct bus *b)
{
    size_t size = b->size == 0 ? 4096 : b->size * 2;
    struct balance *slots = calloc(size, sizeof *slots);
    REQUIRE(slots != NULL);
    for (size_t i = 0; i < b->size; i++) {
        if (!b->slots[i].used) continue;
        size_t at = b->slots[i].h0 & (size - 1);
        while (slots[at].used)
            at = (at + 1) & (size - 1);
        slots[at] = b->slots[i];
    }
    free(b->slots);
    b->slots = slots;
    b->size = size;
}

/* Where the message is or would be. */
static struct balance *bus_slot(const struct bus *b, uint64_t h0, uint64_t h1)
{
    size_t at = h0 & (b->size - 1);
    while (b->slots[at].used && (b->slots[at].h0 != h0 || b->slots[at].h1 != h1))
        at = (at + 1) & (b->size - 1);
    return &b->slots[at];
}

static void bus_count(struct bus *b, uint64_t h0, uint64_t h1, uint32_t count)
{
    if (b->used * 2 >= b->size) bus_grow(b);
    struct balance *s = bus_slot(b, h0, h1);
    if (!s->used) {
        b->used++;
        *s = (struct balance){.h0 = h0, .h1 = h1, .used = 1};
    }
    s->count = ir_add_p(s->count, count);
}

static void remember_speaker(struct mock *m, const char *table, const char *name)
{
    for (uint32_t i = 0; i < m->n_speakers; i++)
        if (m->speakers[i][0] == table && m->speakers[i][1] == name) return;
    if (m->n_speakers == SPEAKERS_MAX) return;
    m->speakers[m->n_speakers][0] = table;
    m->speakers[m->n_speakers++][1] = name;
}

static void print_message(struct mock *m, uint32_t tag, const uint32_t *f, uint32_t n)
{
    say(m, "tag %u (", (unsigned)tag);
    for (uint32_t i = 0; i < n; i++)
        say(m, "%s%u", i == 0 ? "" : ", ", (unsigned)f[i]);
    say(m, ")");
}

/* One spoken message: counted in the first pass, compared with the wanted one in the second. */
static void speak(struct mock *m, const char *table, uint32_t row, const char *name, int sign,
                  uint32_t tag, const uint32_t *f, uint32_t n, uint32_t mult)
{
    uint64_t h0, h1;
    message_hash(&h0, &h1, tag, f, n);
    if (m->wanted == NULL) {
        bus_count(&m->bus, h0, h1, sign > 0 ? mult : ir_sub_p(0, mult));
        return;
    }
    if (bus_slot(&m->bus, h0, h1)->count == 0) return;
    remember_speaker(m, table, name);
    if (m->found || h0 != m->wanted->h0 || h1 != m->wanted->h1) return;
    m->found = true;
    uint32_t c = m->wanted->count;
    bool more_sent = c <= IR_P / 2;
    say(m, "bus: ");
    print_message(m, tag, f, n);
    say(m, " is %s %u times too often; spoken by table %s row %u message %s (%s, multiplicity %u)",
        more_sent ? "sent" : "received", (unsigned)(more_sent ? c : IR_P - c), table, (unsigned)row,
        name, sign > 0 ? "send" : "receive", (unsigned)mult);
}

struct table_run {
    struct ir_prog prog;
    uint32_t *mont; /* n_inputs blocks */
    uint32_t *regs;
    const uint32_t **in;
};

static void run_init(struct table_run *r, const struct ir_table *t)
{
    size_t n_outs = t->n_constraints;
    for (uint32_t i = 0; i < t->n_messages; i++)
        n_outs += 1u + t->messages[i].n_fields;
    ir_x *outs = malloc((n_outs + 1) * sizeof *outs);
    REQUIRE(outs != NULL);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_constraints; i++)
        outs[n++] = t->constraints[i].x;
    for (uint32_t i = 0; i < t->n_messages; i++) {
        outs[n++] = t->messages[i].mult;
        for (uint32_t j = 0; j < t->messages[i].n_fields; j++)
            outs[n++] = t->messages[i].fields[j];
    }
    ir_prog_init(&r->prog, t, outs, n);
    free(outs);
    r->mont = aligned_alloc(64, ((size_t)r->prog.n_inputs + 1) * IR_BLOCK * sizeof *r->mont);
    r->regs = aligned_alloc(64, ((size_t)r->prog.n_regs + 1) * IR_BLOCK * sizeof *r->regs);
    r->in = malloc((r->prog.n_inputs + 1u) * sizeof *r->in);
    REQUIRE(r->mont != NULL && r->regs != NULL && r->in != NULL);
    for (uint32_t i = 0; i < r->prog.n_inputs; i++)
        r->in[i] = r->mont + (size_t)i * IR_BLOCK;
}

static void run_deinit(struct table_run *r)
{
    ir_prog_deinit(&r->prog);
    free(r->mont);
    free(r->regs);
    free((void *)r->in);
}

static void run_block(struct table_run *r, const struct ir_trace_table *tt, uint32_t row,
                      uint32_t n)
{
    const struct ir_table *t = r->prog.table;
    for (uint32_t c = 0; c < t->n_columns; c++)
        ir_block_to_mont(r->mont + (size_t)c * IR_BLOCK, tt->columns[c] + row, n);
    for (uint32_t c = 0; c < t->n_pre; c++)
        ir_block_to_mont(r->mont + (size_t)(t->n_columns + c) * IR_BLOCK, tt->pre[c] + row, n);
    for (uint32_t d = 0; d < r->prog.n_derived; d++) {
        uint32_t *out = r->mont + (size_t)(r->prog.first_derived + d) * IR_BLOCK;
        for (uint32_t i = 0; i < n; i++)
            out[i] = ir_leaf_value(t, r->prog.derived[d], row + i);
        ir_block_to_mont(out, out, n);
    }
    ir_prog_run(&r->prog, r->in, r->regs, n);
}

static uint32_t out_value(const struct table_run *r, uint32_t out, uint32_t i)
{
    const uint32_t *v = ir_prog_out_at(&r->prog, r->in, r->regs, out);
    return v == NULL ? r->prog.outs[out].v : ir_from_mont(v[i]);
}

/* False after a violated constraint, described in the text. */
static bool block_constraints(struct mock *m, const struct table_run *r, uint32_t row, uint32_t n)
{
    const struct ir_table *t = r->prog.table;
    for (uint32_t k = 0; k < t->n_constraints; k++) {
        const uint32_t *v = ir_prog_out_at(&r->prog, r->in, r->regs, k);
        uint32_t bad = v == NULL ? r->prog.outs[k].v : 0;
        for (uint32_t i = 0; v != NULL && i < n; i++)
            bad |= v[i];
        if (bad == 0) continue;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t value = out_value(r, k, i);
            if (value == 0) continue;
            say(m, "table %s row %u: constraint %s is %u, must be 0", t->name, (unsigned)(row + i),
                t->constraints[k].name, (unsigned)value);
            return false;
        }
    }
    return true;
}

static void block_messages(struct mock *m, const struct table_run *r, uint32_t row, uint32_t n)
{
    const struct ir_table *t = r->prog.table;
    uint32_t out = t->n_constraints;
    for (uint32_t k = 0; k < t->n_messages; k++) {
        const struct ir_message *msg = &t->messages[k];
        for (uint32_t i = 0; i < n; i++) {
            uint32_t mult = out_value(r, out, i), f[IR_MAX_FIELDS];
            if (mult == 0) continue;
            for (uint32_t j = 0; j < msg->n_fields; j++)
                f[j] = out_value(r, out + 1 + j, i);
            speak(m, t->name, row + i, msg->name, msg->sign, msg->tag, f, msg->n_fields, mult);
        }
        out += 1u + msg->n_fields;
    }
}

static bool cells_canonical(struct mock *m, const struct ir_table *t,
                            const struct ir_trace_table *tt)
{
    for (uint32_t c = 0; c < t->n_columns; c++)
        for (uint32_t i = 0; i < 1u << t->log_height; i++) {
            if (tt->columns[c][i] < IR_P) continue;
            say(m, "table %s row %u: column %s holds %u, not below p", t->name, (unsigned)i,
                t->column_names[c], (unsigned)tt->columns[c][i]);
            return false;
        }
    for (uint32_t c = 0; c < t->n_pre; c++)
        for (uint32_t i = 0; i < 1u << t->log_height; i++) {
            if (tt->pre[c][i] < IR_P) continue;
            say(m, "table %s row %u: preprocessed column %s holds %u, not below p", t->name,
                (unsigned)i, t->pre_names[c], (unsigned)tt->pre[c][i]);
            return false;
        }
    return true;
}

/* One pass over all tables and the public messages. */
static bool mock_pass(struct mock *m)
{
    const struct ir_system *s = m->tr->system;
    bool ok = true;
    for (uint32_t k = 0; ok && k < s->n_tables; k++) {
        const struct ir_table *t = s->tables[k];
        if (m->wanted == NULL && !cells_canonical(m, t, &m->tr->tables[k])) return false;
        struct table_run r;
        run_init(&r, t);
        uint32_t height = 1u << t->log_height;
        for (uint32_t row = 0; ok && row < height; row += IR_BLOCK) {
            uint32_t n = height - row < IR_BLOCK ? height - row : IR_BLOCK;
            run_block(&r, &m->tr->tables[k], row, n);
            if (m->wanted == NULL) ok = block_constraints(m, &r, row, n);
            if (ok) block_messages(m, &r, row, n);
        }
        run_deinit(&r);
    }
    for (uint32_t k = 0; ok && k < s->n_public_messages; k++) {
        const struct ir_public_message *p = &s->public_messages[k];
        uint32_t f[IR_MAX_FIELDS];
        for (uint32_t j = 0; j < p->n_fields; j++)
            f[j] = p->fields[j].is_const ? p->fields[j].value : m->tr->publics[p->fields[j].value];
        speak(m, "(public)", k, p->name, p->sign, p->tag, f, p->n_fields, 1);
    }
    return ok;
}

enum err ir_mock_check(const struct ir_trace *tr, char *text, size_t text_size)
{
    REQUIRE(tr->system->finished);
    struct mock m = {.tr = tr, .text = text, .text_size = text_size};
    if (text_size > 0) text[0] = 0;
    for (uint32_t i = 0; i < tr->system->n_public; i++)
        if (tr->publics[i] >= IR_P) {
            say(&m, "public value %u is not below p", (unsigned)i);
            return ERR_PROOF;
        }
    bool ok = mock_pass(&m);
    size_t unbalanced = 0;
    struct balance first = {0};
    for (size_t i = 0; ok && i < m.bus.size; i++) {
        if (!m.bus.slots[i].used || m.bus.slots[i].count == 0) continue;
        if (unbalanced++ == 0) first = m.bus.slots[i];
    }
    if (ok && unbalanced > 0) {
        m.wanted = &first;
        (void)mock_pass(&m);
        REQUIRE(m.found);
        say(&m, "; %zu distinct messages are unbalanced:", unbalanced);
        for (uint32_t i = 0; i < m.n_speakers; i++)
            say(&m, "%s %s %s", i == 0 ? "" : ",", m.speakers[i][0], m.speakers[i][1]);
    }
    free(m.bus.slots);
    return ok && unbalanced == 0 ? ERR_OK : ERR_PROOF;
}
