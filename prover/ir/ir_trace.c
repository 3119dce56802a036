#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/ir/ir.h"
#include "prover/ir/ir_internal.h"

static bool table_alloc(struct ir_trace_table *tt, const struct ir_table *t)
{
    size_t stride = (size_t)1 << t->log_height;
    if (stride < 16) stride = 16; /* 64 bytes: every column starts aligned */
    tt->log_height = t->log_height;
    tt->n_columns = t->n_columns;
    tt->columns = calloc(t->n_columns + 1u, sizeof *tt->columns);
    if (tt->columns == NULL) return false;
    if (t->n_columns == 0) return true;
    uint32_t *cells = aligned_alloc(64, stride * t->n_columns * sizeof *cells);
    if (cells == NULL) return false;
    memset(cells, 0, stride * t->n_columns * sizeof *cells);
    for (uint32_t c = 0; c < t->n_columns; c++)
        tt->columns[c] = cells + c * stride;
    return true;
}

struct ir_trace *ir_trace_new_pre(const struct ir_system *s, const uint32_t *const *const *pre)
{
    REQUIRE(s->finished);
    struct ir_trace *tr = calloc(1, sizeof *tr);
    if (tr == NULL) return NULL;
    tr->system = s;
    tr->tables = calloc(s->n_tables, sizeof *tr->tables);
    tr->publics = calloc(s->n_public + 1u, sizeof *tr->publics);
    bool ok = tr->tables != NULL && tr->publics != NULL;
    for (uint32_t i = 0; ok && i < s->n_tables; i++)
        ok = table_alloc(&tr->tables[i], s->tables[i]);
    for (uint32_t i = 0; ok && i < s->n_tables; i++) {
        if (s->tables[i]->n_pre == 0) continue;
        REQUIRE(pre != NULL);
        REQUIRE(pre[i] != NULL);
        tr->tables[i].pre = pre[i];
    }
    if (ok) return tr;
    ir_trace_free(tr);
    return NULL;
}

struct ir_trace *ir_trace_new(const struct ir_system *s)
{
    return ir_trace_new_pre(s, NULL);
}

void ir_trace_free(struct ir_trace *tr)
{
    if (tr == NULL) return;
    for (uint32_t i = 0; tr->tables != NULL && i < tr->system->n_tables; i++) {
        if (tr->tables[i].columns != NULL) free(tr->tables[i].columns[0]);
        free(tr->tables[i].columns);
    }
    free(tr->tables);
    free(tr->publics);
    free(tr);
}

/* Node values on one row, up to and including x. */
static uint32_t *row_values(const struct ir_table *t, const struct ir_trace_table *tt, ir_x x,
                            uint32_t row)
{
    REQUIRE(x < t->n_nodes);
    REQUIRE(row < 1u << t->log_height);
    uint32_t *v = malloc((x + 1u) * sizeof *v);
    REQUIRE(v != NULL);
    for (uint32_t i = 0; i <= x; i++) {
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
            v[i] = ir_idx_value(n->a, n->b, row);
            break;
        case IR_FIXED:
            v[i] = t->fixed[n->a].values[row & ((1u << t->fixed[n->a].log_period) - 1u)];
            break;
        case IR_ADD:
            v[i] = ir_add_p(v[n->a], v[n->b]);
            break;
        case IR_SUB:
            v[i] = ir_sub_p(v[n->a], v[n->b]);
            break;
        case IR_MUL:
            v[i] = ir_mul_p(v[n->a], v[n->b]);
            break;
        default:
            UNREACHABLE("op");
        }
    }
    return v;
}

uint32_t ir_eval_row(const struct ir_table *t, const struct ir_trace_table *tt, ir_x x,
                     uint32_t row)
{
    uint32_t *v = row_values(t, tt, x, row);
    uint32_t value = v[x];
    free(v);
    return value;
}

uint64_t ir_message_count(const struct ir_table *t, const struct ir_trace_table *tt,
                          const char *name)
{
    for (uint32_t i = 0; i < t->n_messages; i++) {
        if (strcmp(t->messages[i].name, name) != 0) continue;
        uint64_t count = 0;
        for (uint32_t row = 0; row < 1u << t->log_height; row++)
            count += ir_eval_row(t, tt, t->messages[i].mult, row) != 0;
        return count;
    }
    UNREACHABLE("no message of this name");
}
