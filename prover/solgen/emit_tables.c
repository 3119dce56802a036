/* The constraints and messages of a table at the column values, as straight-line code over packed
 * words. Sums and products with small constants are left unreduced as long as the greatest possible
 * lane, tracked here, stays below 2^51. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/solgen/emit_table.h"
#include "prover/solgen/lanes.h"

__attribute__((format(printf, 2, 3))) static void put(struct table_emit *g, const char *format, ...)
{
    char buf[256];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(buf, sizeof buf, format, ap);
    va_end(ap);
    REQUIRE(n >= 0 && (size_t)n < sizeof buf);
    text_append(&g->expr, buf);
}

/* The word with p 2^k >= bound in every lane, from the table that k_init fills. */
static void put_cover(struct table_emit *g, uint64_t bound)
{
    put(g, "mload(%u)", emit_cover(g->e, bound));
}

static void put_expression(struct table_emit *g, ir_x x);

/* A use of a node: its slot, or its expression. */
static void put_value(struct table_emit *g, ir_x x, bool reduce)
{
    struct node_plan *n = &g->n[x];
    if (reduce && n->bound > LANE_RED) put(g, "f_red(");
    if (n->stored) {
        REQUIRE(n->done && n->left > 0);
        put(g, "mload(%u)", g->e->temps + 32 * n->slot);
        if (--n->left == 0) g->pending[g->n_pending++] = n->slot;
    } else {
        put_expression(g, x);
    }
    if (reduce && n->bound > LANE_RED) put(g, ")");
}

/* The same, reduced when its bound is above max. */
static void put_reduced(struct table_emit *g, ir_x x, uint64_t max)
{
    put_value(g, x, g->n[x].bound > max);
}

static void put_scale(struct table_emit *g, uint32_t k, ir_x x, bool red)
{
    bool negative;
    uint64_t f = small_factor(k, &negative), bound = g->n[x].bound;
    if (red) bound = lower_bound(bound);
    if (!scale_fits(f, bound, negative)) {
        put(g, "f_scale(");
        put_value(g, x, true);
        put(g, ", %u)", k);
        return;
    }
    if (negative) {
        put(g, "sub(");
        put_cover(g, bound * f);
        put(g, ", ");
    }
    if (f == 1) {
        put_value(g, x, red);
    } else {
        put(g, "mul(");
        put_value(g, x, red);
        put(g, ", %llu)", (unsigned long long)f);
    }
    if (negative) put(g, ")");
}

/* Where the value of a column is: the preprocessed ones follow the others. */
static uint32_t column_address(const struct table_emit *g, ir_x x)
{
    const struct ir_node *d = &g->t->nodes[x];
    const uint32_t column = d->a + (d->op == IR_PRE ? g->t->n_columns : 0);
    return g->e->v + 32 * (g->e->p->first_column[g->table] + column);
}

static void put_expression(struct table_emit *g, ir_x x)
{
    const struct ir_table *t = g->t;
    const struct ir_node *d = &t->nodes[x];
    const struct node_plan *n = &g->n[x];
    uint32_t k;
    switch (d->op) {
    case IR_CONST:
        put(g, "%u", d->a);
        return;
    case IR_COL:
    case IR_PRE:
        put(g, "mload(%u)", column_address(g, x));
        return;
    case IR_IDX:
        if (d->b == 0)
            put(g, "0");
        else
            put(g, "mload(%u)", g->e->idx[d->a][d->b]);
        return;
    case IR_FIXED:
        put(g, "mload(%u)", g->e->fixed + 32 * (g->e->first_fixed[g->table] + d->a));
        return;
    case IR_ADD:
        put(g, "add(");
        put_value(g, d->a, n->red_a);
        put(g, ", ");
        put_value(g, d->b, n->red_b);
        put(g, ")");
        return;
    case IR_SUB:
        if (node_is_const(t, d->b, &k)) {
            put(g, "add(");
            put_value(g, d->a, n->red_a);
            put(g, ", %u)", k == 0 ? 0 : (uint32_t)(LANE_P - k));
            return;
        }
        put(g, "sub(add(");
        put_value(g, d->a, n->red_a);
        put(g, ", ");
        put_cover(g, n->red_b ? lower_bound(g->n[d->b].bound) : g->n[d->b].bound);
        put(g, "), ");
        put_value(g, d->b, n->red_b);
        put(g, ")");
        return;
    default:
        if (node_is_const(t, d->a, &k)) {
            put_scale(g, k, d->b, n->red_b);
        } else if (node_is_const(t, d->b, &k)) {
            put_scale(g, k, d->a, n->red_a);
        } else {
            put(g, "f_mul(");
            put_value(g, n->swap ? d->b : d->a, n->swap ? n->red_b : n->red_a);
            put(g, ", ");
            put_value(g, n->swap ? d->a : d->b, n->swap ? n->red_a : n->red_b);
            put(g, ")");
        }
    }
}

static void flush_expression(struct table_emit *g, const char *before, const char *after)
{
    text_line_parts(g->e->defs, before, g->expr.data, after);
    text_clear(&g->expr);
    while (g->n_pending > 0)
        g->free_slots[g->n_free++] = g->pending[--g->n_pending];
}

static void function_begin(struct table_emit *g)
{
    struct emit *e = g->e;
    text_line(e->body, "table_%u()", g->table);
    text_line(e->defs, "function table_%u() {", g->table);
    e->defs->indent += 4;
}

static void function_end(struct table_emit *g)
{
    g->e->defs->indent -= 4;
    text_line(g->e->defs, "}");
    emit_mark(g->e, g->t->name);
}

static void part_begin(struct emit *e)
{
    char suffix[32];
    snprintf(suffix, sizeof suffix, "Tables%u", e->n_parts - 1);
    emit_part_begin(e, EMIT_TABLES, suffix);
}

/* Goes on in another contract when this one is full: all that the statements so far computed and
 * that is used later is in memory, and goes along. */
static void make_room(struct table_emit *g)
{
    struct emit *e = g->e;
    if (emit_code_size(e) < e->options->part_bytes) return;
    function_end(g);
    emit_part_end(e);
    part_begin(e);
    function_begin(g);
}

#define LINEAR_TOP (LANE_TOP - (LANE_RED << LINEAR_CUT)) /* of either half */

/* Half of a factor: its bits from LINEAR_CUT on, or those below. */
static uint32_t half_of(uint32_t k, bool high)
{
    return high ? k >> LINEAR_CUT : k & ((1u << LINEAR_CUT) - 1);
}

/* The sum of the terms with the halves of their factors, nested to the right and reduced on the way
 * where the terms behind would not fit a lane together with one more. */
static void put_half(struct table_emit *g, const struct linear_term *terms, uint32_t n, bool high)
{
    bool cut[LINEAR_MAX_TERMS] = {false};
    uint64_t bound = 0;
    uint32_t open = 0;
    for (uint32_t i = n; i-- > 0;) {
        const uint64_t k = half_of(terms[i].k, high);
        const uint64_t term = terms[i].x == UINT32_MAX ? k : k * LANE_RED;
        cut[i] = bound + term > LINEAR_TOP;
        bound = (cut[i] ? LANE_RED : bound) + term;
    }
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t k = half_of(terms[i].k, high);
        if (k != 0) {
            put(g, "add(");
            open++;
            if (terms[i].x == UINT32_MAX) {
                put(g, "%u", k);
            } else {
                if (k != 1) put(g, "mul(");
                put_value(g, terms[i].x, true);
                if (k != 1) put(g, ", %u)", k);
            }
            put(g, ", ");
        }
        if (cut[i]) {
            put(g, "f_red(");
            open++;
        }
    }
    put(g, "0");
    while (open-- > 0)
        put(g, ")");
}

/* The reduced sum of the terms: low + 2^15 high. */
static void put_linear(struct table_emit *g, const struct linear_term *terms, uint32_t n)
{
    put(g, "f_red(add(");
    put_half(g, terms, n, false);
    put(g, ", shl(%d, f_red(", LINEAR_CUT);
    put_half(g, terms, n, true);
    put(g, "))))");
}

/* Computes and stores the stored nodes below x (and x itself if it is one), so that the expression
 * of x can be written without a statement in between. */
static void materialise(struct table_emit *g, ir_x x)
{
    struct node_plan *n = &g->n[x];
    struct linear_term terms[LINEAR_MAX_TERMS];
    if (node_is_leaf(g->t, x) || (n->stored && n->done)) return;
    bool reduce = n->bound < n->raw;
    if (n->n_terms > 0) {
        const uint32_t n_terms = linear_terms(g, x, terms);
        REQUIRE(n_terms == n->n_terms);
        for (uint32_t i = 0; i < n_terms; i++)
            if (terms[i].x != UINT32_MAX) materialise(g, terms[i].x);
        put_linear(g, terms, n_terms);
    } else {
        materialise(g, g->t->nodes[x].a);
        materialise(g, g->t->nodes[x].b);
        if (!n->stored) return;
        put_expression(g, x);
    }
    /* The slot is chosen after the operands were read: it may be one that they leave free. */
    while (g->n_pending > 0)
        g->free_slots[g->n_free++] = g->pending[--g->n_pending];
    n->slot = g->n_free > 0 ? g->free_slots[--g->n_free] : g->n_slots++;
    n->done = true;
    n->left = n->uses + n->linear_uses;
    char before[48];
    snprintf(before, sizeof before, "mstore(%u, %s", g->e->temps + 32 * n->slot,
             reduce ? "f_red(" : "");
    flush_expression(g, before, reduce ? "))" : ")");
    make_room(g);
}

/* x (x - 1) of a column: most constraints are of this kind and share one function. */
static bool is_boolean(const struct ir_table *t, ir_x x, ir_x *column)
{
    const struct ir_node *mul = &t->nodes[x];
    uint32_t one;
    if (mul->op != IR_MUL) return false;
    const struct ir_node *sub = &t->nodes[mul->b];
    if (!node_is_column(t, mul->a) || sub->op != IR_SUB || sub->a != mul->a) return false;
    *column = mul->a;
    return node_is_const(t, sub->b, &one) && one == 1;
}

static void emit_constraints(struct table_emit *g)
{
    const struct emit *e = g->e;
    ir_x column;
    for (uint32_t i = g->t->n_constraints; i-- > 0;) {
        ir_x x = g->t->constraints[i].x;
        make_room(g);
        text_line(e->defs, "// %s", g->t->constraints[i].name);
        if (g->n[x].uses == 1 && is_boolean(g->t, x, &column)) {
            text_line(e->defs, "c_bool(%u)", column_address(g, column));
            continue;
        }
        materialise(g, x);
        put_reduced(g, x, LANE_MULADD_C);
        flush_expression(g, "c_add(", ")");
    }
}

enum { SMALL_CONSTANT = 16 };

/* Number of fields from j on that are successive columns. */
static uint32_t column_run(const struct table_emit *g, const struct ir_message *m, uint32_t j)
{
    uint32_t n = 0;
    while (j + n < m->n_fields && node_is_column(g->t, m->fields[j + n]) &&
           column_address(g, m->fields[j + n]) == column_address(g, m->fields[j]) + 32 * n)
        n++;
    return n;
}

/* Field j (and the run of columns that it begins) times its weight; the number of fields. */
static uint32_t put_field(struct table_emit *g, const struct ir_message *m, uint32_t j)
{
    const uint32_t w = g->e->w + 32 * (j + 1), run = column_run(g, m, j);
    uint32_t k;
    if (run > 1) {
        REQUIRE(run <= LANE_DOT_MAX);
        put(g, "f_dot(%u, %u, %u)", w, column_address(g, m->fields[j]), run);
        return run;
    }
    if (!node_is_const(g->t, m->fields[j], &k)) {
        put(g, "f_mul(mload(%u), ", w);
        put_reduced(g, m->fields[j], LANE_MUL_B);
        put(g, ")");
    } else if (k <= 1) {
        put(g, k == 0 ? "0" : "mload(%u)", w);
    } else {
        put(g, k <= SMALL_CONSTANT ? "mul(mload(%u), %u)" : "f_scale(mload(%u), %u)", w, k);
    }
    return 1;
}

/* den = c - sum_j w_j m_j, then eu (sign mult + beta den) is added: m_add does all but the sum,
 * which is at most 31 SMALL_CONSTANT + tag reduced elements. The weights have beta in them. */
static void emit_message(struct table_emit *g, uint32_t index)
{
    struct emit *e = g->e;
    const struct ir_message *m = &g->t->messages[index];
    char before[32];
    REQUIRE((IR_MAX_FIELDS * SMALL_CONSTANT + (uint64_t)UINT16_MAX) * LANE_RED <=
            LANE_P << MESSAGE_COVER_LOG);
    text_line(e->defs, "// %s", m->name);
    for (uint32_t j = 0; j < m->n_fields; j++)
        materialise(g, m->fields[j]);
    materialise(g, m->mult);
    uint32_t terms = 0;
    for (uint32_t j = 0; j < m->n_fields; terms++) {
        uint32_t run = column_run(g, m, j);
        j += run > 1 ? run : 1;
    }
    for (uint32_t i = 0; i < terms; i++)
        put(g, "add(");
    put(g, "mul(mload(%u), %u)", e->w, m->tag);
    for (uint32_t j = 0; j < m->n_fields;) {
        put(g, ", ");
        j += put_field(g, m, j);
        put(g, ")");
    }
    put(g, ", ");
    if (m->sign < 0) {
        bool red = g->n[m->mult].bound > LANE_RED;
        put(g, "sub(");
        put_cover(g, lower_bound(g->n[m->mult].bound));
        put(g, ", ");
        put_value(g, m->mult, red);
        put(g, ")");
    } else {
        put_reduced(g, m->mult, LANE_MULADD_C);
    }
    snprintf(before, sizeof before, "m_add(%u, ",
             e->eu + 32 * e->p->block_of[e->p->first_message[g->table] + index]);
    flush_expression(g, before, ")");
}

static void emit_table(struct emit *e, uint32_t table)
{
    const struct ir_table *t = e->p->system->tables[table];
    struct table_emit g = {.e = e, .t = t, .table = table};
    g.n = calloc(t->n_nodes + 1, sizeof g.n[0]);
    g.free_slots = calloc(t->n_nodes + 1, sizeof g.free_slots[0]);
    g.pending = calloc(t->n_nodes + 1, sizeof g.pending[0]);
    REQUIRE(g.n != NULL && g.free_slots != NULL && g.pending != NULL);
    text_init(&g.expr);
    plan_table(&g);
    text_line(e->defs, "/// table %s: %u columns, %u constraints, %u messages", t->name,
              t->n_columns, t->n_constraints, t->n_messages);
    function_begin(&g);
    emit_constraints(&g);
    for (uint32_t i = 0; i < t->n_messages; i++) {
        make_room(&g);
        emit_message(&g, i);
    }
    function_end(&g);
    if (g.n_slots > e->max_temps) e->max_temps = g.n_slots;
    text_free(&g.expr);
    free(g.n);
    free(g.free_slots);
    free(g.pending);
}

void emit_tables(struct emit *e)
{
    part_begin(e);
    for (uint32_t i = e->p->system->n_tables; i-- > 0;)
        emit_table(e, i);
    emit_part_end(e);
}
