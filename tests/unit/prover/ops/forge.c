#include "tests/unit/prover/ops/forge.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/kb.h"
#include "prover/air/bus.h"

enum { KEPT_MAX = 16, UNDO_MAX = 1024, FAILED_MAX = 64 };

static struct ir_trace *kept[KEPT_MAX];
static uint32_t n_kept;
static struct {
    uint32_t *cell, old;
} undos[UNDO_MAX];
static uint32_t n_undos;

static void keep(struct ir_trace *tr, const struct chain_trace *t)
{
    if (t->k == 1) {
        ir_trace_free(tr);
        return;
    }
    REQUIRE(n_kept < KEPT_MAX);
    kept[n_kept++] = tr;
}

void forge_load(void (*scenario)(each_trace each))
{
    while (n_kept > 0)
        ir_trace_free(kept[--n_kept]);
    n_undos = 0;
    scenario(keep);
}

static uint32_t column_search(const struct ir_table *t, const char *column)
{
    char first[96];
    uint32_t c = ir_column_find(t, column);
    if (c != UINT32_MAX) return c;
    snprintf(first, sizeof first, "%s[0]", column);
    c = ir_column_find(t, first);
    if (c == UINT32_MAX) fprintf(stderr, "no column %s\n", column);
    REQUIRE(c != UINT32_MAX);
    return c;
}

/* The columns asked for last, by a hash of the name: a row is asked for hundreds of names. */
static uint32_t column_of(struct spot s, const char *column)
{
    enum { KNOWN = 1024, NAME = 40 };
    static struct {
        const struct ir_table *t;
        char name[NAME];
        uint32_t column;
    } known[KNOWN];
    const struct ir_table *t = s.tr->system->tables[s.table];
    size_t n = 0;
    uint32_t h = s.table * 31u;
    for (; column[n] != 0; n++)
        h = (h ^ (uint8_t)column[n]) * 16777619u;
    if (n >= NAME) return column_search(t, column);
    h = (h ^ h >> 15) % KNOWN;
    if (known[h].t != t || memcmp(known[h].name, column, n + 1) != 0) {
        known[h].column = column_search(t, column);
        known[h].t = t;
        memcpy(known[h].name, column, n + 1);
    }
    return known[h].column;
}

struct spot spot_find(const char *table, ...)
{
    for (uint32_t k = 0; k < n_kept; k++) {
        struct spot s = {.tr = kept[k], .table = ir_table_find(kept[k]->system, table)};
        REQUIRE(s.table != UINT32_MAX);
        for (; s.row < 1u << s.tr->tables[s.table].log_height; s.row++) {
            bool right = get(s, "on") == 1;
            va_list args;
            va_start(args, table);
            for (const char *c = va_arg(args, const char *); c != NULL;
                 c = va_arg(args, const char *))
                right = get(s, c) == va_arg(args, uint32_t) && right;
            va_end(args);
            if (right) return s;
        }
    }
    fprintf(stderr, "no such row in %s\n", table);
    abort();
}

uint32_t get(struct spot s, const char *column)
{
    return s.tr->tables[s.table].columns[column_of(s, column)][s.row];
}

static void put(struct spot s, uint32_t column, uint32_t value)
{
    uint32_t *cell = &s.tr->tables[s.table].columns[column][s.row];
    REQUIRE(n_undos < UNDO_MAX);
    undos[n_undos].cell = cell;
    undos[n_undos++].old = *cell;
    *cell = value;
}

void set(struct spot s, const char *column, uint32_t value)
{
    put(s, column_of(s, column), value);
}

void set_n(struct spot s, const char *column, const uint32_t *values, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        put(s, column_of(s, column) + i, values[i]);
}

void undo(void)
{
    while (n_undos > 0) {
        n_undos--;
        *undos[n_undos].cell = undos[n_undos].old;
    }
}

uint32_t minus(uint32_t a, uint32_t b)
{
    return kb_to_u32(kb_sub(kb_from_u32(a), kb_from_u32(b)));
}

static void limbs_of(uint32_t out[7], uint64_t v)
{
    for (uint32_t i = 0; i < 7; i++)
        out[i] = i < 4 ? (uint32_t)(v >> 16 * i) & 0xffff : 0;
}

void set_amount(struct spot s, const char *column, uint64_t v)
{
    uint32_t limbs[7];
    limbs_of(limbs, v);
    set_n(s, column, limbs, 7);
}

uint64_t get_amount(struct spot s, const char *column)
{
    uint64_t v = 0;
    for (uint32_t i = 0; i < 4; i++)
        v |= (uint64_t)s.tr->tables[s.table].columns[column_of(s, column) + i][s.row] << 16 * i;
    return v;
}

void set_carries(struct spot s, const char *column, uint64_t a, uint64_t b, bool subtract)
{
    uint32_t x[7], y[7], carry[6], c = 0;
    limbs_of(x, a);
    limbs_of(y, b);
    for (uint32_t i = 0; i < 6; i++) {
        c = subtract ? x[i] < y[i] + c : x[i] + y[i] + c > 0xffff;
        carry[i] = c;
    }
    set_n(s, column, carry, 6);
}

void set_inverse(struct spot s, const char *column, uint32_t v)
{
    set(s, column, kb_to_u32(kb_inv(kb_from_u32(v))));
}

void set_weight(struct spot s, const char *column, uint32_t n, uint32_t at, uint32_t v)
{
    uint32_t w[16] = {0};
    REQUIRE(n <= 16 && at < n);
    w[at] = kb_to_u32(kb_inv(kb_from_u32(v)));
    set_n(s, column, w, n);
}

/* ---- who notices ---- */

static uint32_t *values_of(const struct ir_table *t, const struct ir_trace_table *tt, uint32_t row)
{
    uint32_t *v = malloc(t->n_nodes * sizeof *v);
    REQUIRE(v != NULL);
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *n = &t->nodes[i];
        uint64_t x = 0;
        switch (n->op) {
        case IR_CONST:
            x = n->a;
            break;
        case IR_COL:
            x = tt->columns[n->a][row];
            break;
        case IR_IDX:
            x = (row >> n->a) & ((1u << n->b) - 1u);
            break;
        case IR_FIXED:
            x = t->fixed[n->a].values[row & ((1u << t->fixed[n->a].log_period) - 1u)];
            break;
        case IR_ADD:
            x = (uint64_t)v[n->a] + v[n->b];
            break;
        case IR_SUB:
            x = (uint64_t)v[n->a] + IR_P - v[n->b];
            break;
        default:
            x = (uint64_t)v[n->a] * v[n->b];
            break;
        }
        v[i] = (uint32_t)(x % IR_P);
    }
    return v;
}

static uint32_t failures(struct spot s, const char *names[FAILED_MAX])
{
    const struct ir_table *t = s.tr->system->tables[s.table];
    uint32_t n = 0, *v = values_of(t, &s.tr->tables[s.table], s.row);
    for (uint32_t i = 0; i < t->n_constraints; i++)
        if (v[t->constraints[i].x] != 0 && n < FAILED_MAX) names[n++] = t->constraints[i].name;
    for (uint32_t i = 0; i < t->n_messages; i++) {
        const struct ir_message *m = &t->messages[i];
        if (v[m->mult] == 0 || m->sign < 0) continue;
        bool bad = (m->tag == BUS_RANGE16 && v[m->fields[0]] > 0xffff) ||
                   (m->tag == BUS_BYTE2 && (v[m->fields[0]] > 0xff || v[m->fields[1]] > 0xff));
        if (bad && n < FAILED_MAX) names[n++] = m->name;
    }
    free(v);
    return n;
}

static void print_failures(const char *const *names, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        fprintf(stderr, "  fails: %s\n", names[i]);
}

void expect_only(struct spot s, const char *name)
{
    const char *names[FAILED_MAX];
    uint32_t n = failures(s, names);
    bool right = name == NULL ? n == 0 : n == 1 && strcmp(names[0], name) == 0;
    if (!right) print_failures(names, n);
    ck_assert_msg(right, "expected: %s", name == NULL ? "nothing" : name);
}

void expect_among(struct spot s, const char *name)
{
    const char *names[FAILED_MAX];
    uint32_t n = failures(s, names);
    bool right = false;
    for (uint32_t i = 0; i < n; i++)
        right = right || strcmp(names[i], name) == 0;
    if (!right) print_failures(names, n);
    ck_assert_msg(right, "expected: %s", name);
}

bool bus_balanced(const struct ir_trace *tr, uint16_t tag)
{
    uint64_t sum = 0;
    for (uint32_t k = 0; k < tr->system->n_tables; k++) {
        const struct ir_table *t = tr->system->tables[k];
        bool speaks = false;
        for (uint32_t i = 0; i < t->n_messages; i++)
            speaks = speaks || t->messages[i].tag == tag;
        if (!speaks) continue;
        for (uint32_t row = 0; row < 1u << t->log_height; row++) {
            uint32_t *v = values_of(t, &tr->tables[k], row);
            for (uint32_t i = 0; i < t->n_messages; i++) {
                const struct ir_message *m = &t->messages[i];
                if (m->tag != tag || v[m->mult] == 0) continue;
                uint64_t h = 0x9e3779b97f4a7c15u;
                for (uint32_t f = 0; f < m->n_fields; f++) {
                    h ^= v[m->fields[f]] + ((uint64_t)(f + 1) << 40);
                    h *= 0xff51afd7ed558ccdu;
                    h ^= h >> 29;
                }
                sum += (m->sign > 0 ? h : 0u - h) * v[m->mult];
            }
            free(v);
        }
    }
    return sum == 0;
}

bool row_holds(struct spot s)
{
    const char *names[FAILED_MAX];
    return failures(s, names) == 0;
}

uint32_t spot_traces(void)
{
    return n_kept;
}

struct spot spot_at(uint32_t trace, const char *table, uint32_t row)
{
    REQUIRE(trace < n_kept);
    return (struct spot){kept[trace], ir_table_find(kept[trace]->system, table), row};
}

uint32_t spot_rows(uint32_t trace, const char *table)
{
    struct spot s = spot_at(trace, table, 0);
    while (s.row < 1u << s.tr->tables[s.table].log_height && get(s, "on") == 1)
        s.row++;
    return s.row;
}

bool row_speaks(struct spot s)
{
    const struct ir_table *t = s.tr->system->tables[s.table];
    uint32_t *v = values_of(t, &s.tr->tables[s.table], s.row);
    bool speaks = false;
    for (uint32_t i = 0; i < t->n_messages; i++)
        speaks = speaks || v[t->messages[i].mult] != 0;
    free(v);
    return speaks;
}
