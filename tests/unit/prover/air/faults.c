#include "tests/unit/prover/air/faults.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/air/bus.h"

/* ---- values of one row ---- */

static uint32_t p_add(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}

static void eval_row(const struct ir_table *t, const struct ir_trace_table *tt, uint32_t row,
                     uint32_t *v)
{
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *n = &t->nodes[i];
        switch (n->op) {
        case IR_CONST:
            v[i] = n->a;
            break;
        case IR_COL:
            v[i] = tt->columns[n->a][row];
            break;
        case IR_PRE:
            v[i] = tt->pre[n->a][row];
            break;
        case IR_IDX:
            v[i] = (row >> n->a) & ((1u << n->b) - 1u);
            break;
        case IR_FIXED:
            v[i] = t->fixed[n->a].values[row & ((1u << t->fixed[n->a].log_period) - 1u)];
            break;
        case IR_ADD:
            v[i] = p_add(v[n->a], v[n->b]);
            break;
        case IR_SUB:
            v[i] = p_add(v[n->a], IR_P - v[n->b]);
            break;
        default:
            v[i] = (uint32_t)((uint64_t)v[n->a] * v[n->b] % IR_P);
        }
    }
}

/* ---- the sum of every distinct message ---- */

struct sum {
    uint64_t hash; /* 0: not used */
    uint32_t count;
    uint16_t tag;
};
struct sums {
    struct sum *at;
    size_t size, used;
};

static struct sum *sum_at(struct sums *s, uint64_t hash)
{
    size_t i = hash & (s->size - 1);
    while (s->at[i].hash != 0 && s->at[i].hash != hash)
        i = (i + 1) & (s->size - 1);
    return &s->at[i];
}

static void sums_grow(struct sums *s)
{
    struct sums more = {.size = s->size == 0 ? 1 << 16 : 2 * s->size, .used = s->used};
    more.at = calloc(more.size, sizeof *more.at);
    REQUIRE(more.at != NULL);
    for (size_t i = 0; i < s->size; i++)
        if (s->at[i].hash != 0) *sum_at(&more, s->at[i].hash) = s->at[i];
    free(s->at);
    *s = more;
}

static void sums_add(struct sums *s, uint16_t tag, const uint32_t *f, uint32_t n, uint32_t count)
{
    uint64_t h = tag * 0x9e3779b97f4a7c15u;
    while (n > 0 && f[n - 1] == 0)
        n--;
    for (uint32_t i = 0; i < n; i++) {
        h ^= f[i] + ((uint64_t)(i + 1) << 40);
        h *= 0xff51afd7ed558ccdu;
        h ^= h >> 29;
    }
    if (2 * s->used >= s->size) sums_grow(s);
    struct sum *at = sum_at(s, h | 1);
    s->used += at->hash == 0;
    *at = (struct sum){.hash = h | 1, .count = p_add(at->count, count), .tag = tag};
}

static void table_messages(struct sums *s, const struct ir_table *t, const uint32_t *v)
{
    for (uint32_t k = 0; k < t->n_messages; k++) {
        const struct ir_message *m = &t->messages[k];
        uint32_t mult = v[m->mult], f[IR_MAX_FIELDS];
        if (mult == 0) continue;
        for (uint32_t i = 0; i < m->n_fields; i++)
            f[i] = v[m->fields[i]];
        sums_add(s, m->tag, f, m->n_fields, m->sign > 0 ? mult : IR_P - mult);
    }
}

static void table_constraints(struct faults *f, const struct ir_table *t, const uint32_t *v,
                              uint8_t *seen)
{
    for (uint32_t k = 0; k < t->n_constraints; k++) {
        if (v[t->constraints[k].x] == 0 || seen[k]) continue;
        seen[k] = 1;
        if (f->n_constraints < FAULTS_MAX) {
            f->constraint[f->n_constraints][0] = t->name;
            f->constraint[f->n_constraints][1] = t->constraints[k].name;
        }
        f->n_constraints++;
    }
}

static void add_bus(struct faults *f, uint16_t tag)
{
    for (uint32_t i = 0; i < f->n_buses && i < FAULTS_MAX; i++)
        if (f->bus[i] == tag) return;
    if (f->n_buses < FAULTS_MAX) f->bus[f->n_buses] = tag;
    f->n_buses++;
}

void faults_find(struct faults *f, const struct ir_trace *tr)
{
    const struct ir_system *s = tr->system;
    struct sums sums = {.at = NULL};
    memset(f, 0, sizeof *f);
    for (uint32_t i = 0; i < s->n_tables; i++) {
        const struct ir_table *t = s->tables[i];
        uint32_t *v = malloc((t->n_nodes + 1u) * sizeof *v);
        uint8_t *seen = calloc(t->n_constraints + 1u, 1);
        REQUIRE(v != NULL && seen != NULL);
        for (uint32_t row = 0; row < 1u << t->log_height; row++) {
            eval_row(t, &tr->tables[i], row, v);
            table_constraints(f, t, v, seen);
            table_messages(&sums, t, v);
        }
        free(v);
        free(seen);
    }
    for (uint32_t k = 0; k < s->n_public_messages; k++) {
        const struct ir_public_message *p = &s->public_messages[k];
        uint32_t v[IR_MAX_FIELDS];
        for (uint32_t i = 0; i < p->n_fields; i++)
            v[i] = p->fields[i].is_const ? p->fields[i].value : tr->publics[p->fields[i].value];
        sums_add(&sums, p->tag, v, p->n_fields, p->sign > 0 ? 1 : IR_P - 1);
    }
    for (size_t i = 0; i < sums.size; i++)
        if (sums.at[i].hash != 0 && sums.at[i].count != 0) add_bus(f, sums.at[i].tag);
    free(sums.at);
}

static bool is_range(const struct ir_message *m)
{
    return m->sign > 0 && (m->tag == BUS_RANGE16 || m->tag == BUS_BYTE2);
}

static bool asks_ranges(const struct ir_table *t)
{
    for (uint32_t k = 0; k < t->n_messages; k++)
        if (is_range(&t->messages[k])) return true;
    return false;
}

void faults_recount_range16(struct ir_trace *tr)
{
    const struct ir_system *s = tr->system;
    const uint32_t range = ir_table_find(s, "range16");
    uint32_t **c = tr->tables[range].columns;
    memset(c[0], 0, 65536 * sizeof *c[0]);
    memset(c[1], 0, 65536 * sizeof *c[1]);
    for (uint32_t i = 0; i < s->n_tables; i++) {
        const struct ir_table *t = s->tables[i];
        if (!asks_ranges(t)) continue;
        uint32_t *v = malloc((t->n_nodes + 1u) * sizeof *v);
        REQUIRE(v != NULL);
        for (uint32_t row = 0; row < 1u << t->log_height; row++) {
            eval_row(t, &tr->tables[i], row, v);
            for (uint32_t k = 0; k < t->n_messages; k++) {
                const struct ir_message *m = &t->messages[k];
                if (!is_range(m)) continue;
                const bool bytes = m->tag == BUS_BYTE2;
                const uint32_t lo = v[m->fields[0]], hi = bytes ? v[m->fields[1]] : 0;
                if (lo >= (bytes ? 256u : 65536u) || hi >= 256) continue;
                uint32_t *cell = &c[bytes][lo + 256 * hi];
                *cell = p_add(*cell, v[m->mult]);
            }
        }
        free(v);
    }
}
