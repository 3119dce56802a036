#include "prover/trace/witness.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/trace/witness_internal.h"

enum err witness_new(struct witness **out, const struct ir_system *system)
{
    REQUIRE(system->finished);
    struct witness *w = calloc(1, sizeof *w);
    if (w == NULL) return ERR_NOMEM;
    w->system = system;
    w->tr = ir_trace_new(system);
    w->used = calloc(system->n_tables, sizeof *w->used);
    if (w->tr == NULL || w->used == NULL) {
        witness_free(w);
        return ERR_NOMEM;
    }
    *out = w;
    return ERR_OK;
}

void witness_free(struct witness *w)
{
    if (w == NULL) return;
    ir_trace_free(w->tr);
    memory_free(&w->running);
    free(w->used);
    free(w);
}

void witness_threads(struct witness *w, struct parallel *threads)
{
    w->threads = threads;
}

void w_parallel(const struct witness *w, size_t n, size_t grain, parallel_fn fn, void *ctx)
{
    if (w->threads != NULL) parallel_run(w->threads, n, grain, fn, ctx);
    else if (n > 0) fn(ctx, 0, 0, n);
}

void w_fail(struct witness *w, enum err err, const char *format, ...)
{
    REQUIRE(err != ERR_OK);
    if (w->err != ERR_OK) return;
    w->err = err;
    va_list args;
    va_start(args, format);
    vsnprintf(w->text, sizeof w->text, format, args);
    va_end(args);
}

bool w_failed(const struct witness *w)
{
    return w->err != ERR_OK;
}

const char *witness_error_text(const struct witness *w)
{
    return w->text;
}

uint32_t w_rows(struct witness *w, uint32_t table, uint32_t n)
{
    REQUIRE(table < w->system->n_tables);
    const struct ir_table *t = w->system->tables[table];
    const uint32_t first = w->used[table];
    if (n > (1u << t->log_height) - first) {
        w_fail(w, ERR_FULL, "table %s: all %u rows are used", t->name, 1u << t->log_height);
        return 0;
    }
    w->used[table] += n;
    return first;
}

uint32_t w_row(struct witness *w, uint32_t table)
{
    return w_rows(w, table, 1);
}

uint32_t w_rows_used(const struct witness *w, uint32_t table)
{
    REQUIRE(table < w->system->n_tables);
    return w->used[table];
}

void w_set(struct witness *w, uint32_t table, uint32_t row, uint32_t column, uint32_t value)
{
    REQUIRE(table < w->system->n_tables);
    const struct ir_table *t = w->system->tables[table];
    REQUIRE(row < 1u << t->log_height);
    REQUIRE(column < t->n_columns);
    REQUIRE(value < IR_P);
    w->tr->tables[table].columns[column][row] = value;
}

void w_set_n(struct witness *w, uint32_t table, uint32_t row, uint32_t first_column,
             const uint32_t *values, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        w_set(w, table, row, first_column + i, values[i]);
}

void w_public(struct witness *w, uint32_t index, uint32_t value)
{
    REQUIRE(index < w->system->n_public);
    REQUIRE(value < IR_P);
    w->tr->publics[index] = value;
}

uint32_t w_table(const struct witness *w, const char *name)
{
    return ir_table_find(w->system, name);
}

uint32_t w_column(const struct witness *w, uint32_t table, const char *name)
{
    const struct ir_table *t = w->system->tables[table];
    uint32_t c = ir_column_find(t, name);
    if (c == UINT32_MAX) fprintf(stderr, "table %s has no column %s\n", t->name, name);
    REQUIRE(c != UINT32_MAX);
    return c;
}

void w_put(struct witness *w, uint32_t table, uint32_t row, const char *column, uint32_t value)
{
    w_set(w, table, row, w_column(w, table, column), value);
}

uint32_t w_columns(const struct witness *w, uint32_t table, const char *name)
{
    char first[128];
    int len = snprintf(first, sizeof first, "%s[0]", name);
    REQUIRE(len > 0 && (size_t)len < sizeof first);
    return w_column(w, table, first);
}

void w_put_n(struct witness *w, uint32_t table, uint32_t row, const char *column,
             const uint32_t *values, uint32_t n)
{
    w_set_n(w, table, row, w_columns(w, table, column), values, n);
}

void w_signature(struct witness *w, uint32_t j, const struct xmss_signature *signature)
{
    if (w->n_signatures == WITNESS_SIGNATURES) {
        w_fail(w, ERR_FULL, "more than %d signatures", WITNESS_SIGNATURES);
        return;
    }
    w->signatures[w->n_signatures++] =
        (struct witness_signature){.j = j, .signature = *signature};
}

void witness_count(struct witness *w, uint16_t bus)
{
    REQUIRE(w->n_counted < WITNESS_COUNTED);
    w->counted[w->n_counted++] = bus;
}

enum err witness_take(struct witness *w, struct ir_trace **out)
{
    if (w->err != ERR_OK) return w->err;
    if (w->tr == NULL) return ERR_BAD_STATE;
    *out = w->tr;
    w->tr = NULL;
    return ERR_OK;
}

/* ---- memory ---- */

void memory_free(struct memory *m)
{
    free(m->cells);
    *m = (struct memory){.cells = NULL};
}

static struct mem_cell *memory_slot(const struct memory *m, uint32_t account, uint32_t slot)
{
    uint32_t at = (account * 0x9e3779b1u ^ slot * 0x85ebca6bu) & (m->size - 1);
    while (m->cells[at].used && (m->cells[at].account != account || m->cells[at].slot != slot))
        at = (at + 1) & (m->size - 1);
    return &m->cells[at];
}

const struct mem_cell *memory_find(const struct memory *m, uint32_t account, uint32_t slot)
{
    const struct mem_cell *c = m->size == 0 ? NULL : memory_slot(m, account, slot);
    return c == NULL || !c->used ? NULL : c;
}

struct mem_cell *memory_at(struct memory *m, uint32_t account, uint32_t slot)
{
    if (2 * m->n >= m->size) {
        struct memory bigger = {.size = m->size == 0 ? 1024 : 2 * m->size, .n = m->n};
        bigger.cells = calloc(bigger.size, sizeof *bigger.cells);
        REQUIRE(bigger.cells != NULL);
        for (uint32_t i = 0; i < m->size; i++)
            if (m->cells[i].used)
                *memory_slot(&bigger, m->cells[i].account, m->cells[i].slot) = m->cells[i];
        free(m->cells);
        *m = bigger;
    }
    struct mem_cell *c = memory_slot(m, account, slot);
    if (!c->used) {
        *c = (struct mem_cell){.account = account, .slot = slot, .used = true};
        m->n++;
    }
    return c;
}

void memory_load(struct memory *m, const struct chain_trace *trace)
{
    for (uint32_t i = 0; i < trace->n_cells; i++) {
        const struct touched_cell *c = &trace->cells[i];
        memcpy(memory_at(m, c->account, c->slot)->value, c->before.e, sizeof c->before.e);
    }
}

void w_mem_load(struct witness *w, const struct chain_trace *trace)
{
    memory_load(&w->running, trace);
}

void w_mem_get(struct witness *w, uint32_t account, uint32_t slot, uint32_t value[8])
{
    memcpy(value, memory_at(&w->running, account, slot)->value, 8 * sizeof *value);
}

void w_mem_set(struct witness *w, uint32_t account, uint32_t slot, const uint32_t value[8])
{
    memcpy(memory_at(&w->running, account, slot)->value, value, 8 * sizeof *value);
}

/* ---- asks ---- */

static uint32_t node_value(const struct ir_table *t, const struct ir_trace_table *tt,
                           const struct ir_node *n, const uint32_t *v, uint32_t row)
{
    switch (n->op) {
    case IR_CONST: return n->a;
    case IR_COL: return tt->columns[n->a][row];
    case IR_IDX: return (row >> n->a) & ((1u << n->b) - 1u);
    case IR_FIXED: return t->fixed[n->a].values[row & ((1u << t->fixed[n->a].log_period) - 1u)];
    case IR_ADD: return f_add(v[n->a], v[n->b]);
    case IR_SUB: return f_add(v[n->a], IR_P - v[n->b]);
    case IR_MUL: return f_mul(v[n->a], v[n->b]);
    default: UNREACHABLE("op");
    }
}

static void ask_append(struct ask_list *l, const struct ask *a)
{
    if (l->n == l->cap) {
        l->cap = l->cap == 0 ? 1024 : 2 * l->cap;
        struct ask *bigger = realloc(l->at, l->cap * sizeof *bigger);
        REQUIRE(bigger != NULL);
        l->at = bigger;
    }
    l->at[l->n++] = *a;
}

void asks_free(struct ask_list *l)
{
    free(l->at);
    *l = (struct ask_list){.at = NULL};
}

/* Nodes that the marked ones need, in order. */
static uint32_t *node_list(const struct ir_table *t, uint8_t *needed, uint32_t *n)
{
    uint32_t *list = calloc(t->n_nodes + 1u, sizeof *list);
    REQUIRE(list != NULL);
    *n = 0;
    for (uint32_t i = t->n_nodes; i-- > 0;) {
        const struct ir_node *node = &t->nodes[i];
        if (needed[i] && (node->op == IR_ADD || node->op == IR_SUB || node->op == IR_MUL))
            needed[node->a] = needed[node->b] = 1;
    }
    for (uint32_t i = 0; i < t->n_nodes; i++)
        if (needed[i]) list[(*n)++] = i;
    return list;
}

/* False if the ask is no lookup, or not of a 16-bit number or two bytes. */
static bool lookup_count(struct lookups *l, const struct ir_message *msg, const uint32_t *v)
{
    uint32_t *cell;
    if (msg->tag == BUS_RANGE16) {
        if (v[msg->fields[0]] > 0xffff) return false;
        cell = &l->words[v[msg->fields[0]]];
    } else if (msg->tag == BUS_BYTE2) {
        const uint32_t low = v[msg->fields[0]], high = v[msg->fields[1]];
        if (low > 0xff || high > 0xff) return false;
        cell = &l->bytes[low + 256 * high];
    } else {
        return false;
    }
    *cell = f_add(*cell, v[msg->mult]);
    return true;
}

void asks_collect(const struct witness *w, uint32_t table, bool (*wanted)(uint16_t tag),
                  struct ask_list *out, struct lookups *lookups)
{
    const struct ir_table *t = w->system->tables[table];
    const struct ir_trace_table *tt = &w->tr->tables[table];
    uint8_t *mults = calloc(t->n_nodes + 1u, 1), *fields = calloc(t->n_nodes + 1u, 1);
    uint32_t *v = calloc(t->n_nodes + 1u, sizeof *v), n_mults, n_fields;
    const struct ir_message **asks = calloc(t->n_messages + 1u, sizeof *asks);
    uint32_t n_asks = 0;
    REQUIRE(mults != NULL && fields != NULL && v != NULL && asks != NULL);
    for (uint32_t m = 0; m < t->n_messages; m++) {
        const struct ir_message *msg = &t->messages[m];
        if (msg->sign < 0 || (wanted != NULL && !wanted(msg->tag))) continue;
        asks[n_asks++] = msg;
        mults[msg->mult] = 1;
        for (uint32_t i = 0; i < msg->n_fields; i++)
            fields[msg->fields[i]] = 1;
    }
    uint32_t *mult_nodes = node_list(t, mults, &n_mults);
    uint32_t *field_nodes = node_list(t, fields, &n_fields);
    for (uint32_t row = 0; n_asks > 0 && row < 1u << t->log_height; row++) {
        bool asked = false; /* most rows of most tables ask nothing */
        for (uint32_t i = 0; i < n_mults; i++)
            v[mult_nodes[i]] = node_value(t, tt, &t->nodes[mult_nodes[i]], v, row);
        for (uint32_t m = 0; m < n_asks; m++)
            asked = asked || v[asks[m]->mult] != 0;
        if (!asked) continue;
        for (uint32_t i = 0; i < n_fields; i++)
            v[field_nodes[i]] = node_value(t, tt, &t->nodes[field_nodes[i]], v, row);
        for (uint32_t m = 0; m < n_asks; m++) {
            const struct ir_message *msg = asks[m];
            if (v[msg->mult] == 0 || (lookups != NULL && lookup_count(lookups, msg, v))) continue;
            struct ask a = {.tag = msg->tag, .n = msg->n_fields, .table = table, .row = row,
                            .mult = v[msg->mult]};
            for (uint32_t i = 0; i < msg->n_fields; i++)
                a.f[i] = v[msg->fields[i]];
            ask_append(out, &a);
        }
    }
    free(field_nodes);
    free(mult_nodes);
    free((void *)asks);
    free(mults);
    free(fields);
    free(v);
}
