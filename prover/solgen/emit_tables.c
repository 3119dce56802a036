/* The constraints and messages of a table at the column values, as straight-line code over packed
 * words. Sums and products with small constants are left unreduced as long as the greatest possible
 * lane, tracked here, stays below 2^51. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/solgen/emit.h"
#include "prover/solgen/lanes.h"

enum { INLINE_MAX = 80 }; /* nodes in one expression */

struct node_plan {
    uint32_t uses, product_uses; /* by what is really computed */
    uint32_t size;               /* nodes of the expression when written in line */
    uint64_t raw;                /* greatest lane of the expression */
    uint64_t bound;              /* of the value as used: reduced when stored, if that pays */
    bool stored, done;
    bool red_a, red_b, swap; /* operands to reduce first; exchange factors */
    uint32_t slot, left;
};

struct table_emit {
    struct emit *e;
    const struct ir_table *t;
    uint32_t table;
    struct node_plan *n;
    struct text expr;
    uint32_t *free_slots, n_free, n_slots;
    uint32_t *pending, n_pending;
};

static bool is_const(const struct ir_table *t, ir_x x, uint32_t *value)
{
    if (t->nodes[x].op != IR_CONST) return false;
    *value = t->nodes[x].a;
    return true;
}

static bool is_column(const struct ir_table *t, ir_x x)
{
    return t->nodes[x].op == IR_COL || t->nodes[x].op == IR_PRE;
}

static bool is_leaf(const struct ir_table *t, ir_x x)
{
    return t->nodes[x].op <= IR_FIXED;
}

/* k x as -(p - k) x when that is smaller. */
static uint64_t small_factor(uint32_t k, bool *negative)
{
    *negative = k > LANE_P / 2;
    return *negative ? LANE_P - k : k;
}

/* ---- planning: who is used how often, and the bounds ---- */

static void count_uses(struct table_emit *g, ir_x x, bool product)
{
    struct node_plan *n = &g->n[x];
    n->uses++;
    n->product_uses += product;
    if (n->uses > 1) return;
    const struct ir_node *d = &g->t->nodes[x];
    if (is_leaf(g->t, x)) return;
    uint32_t k;
    bool mul = d->op == IR_MUL && !is_const(g->t, d->a, &k) && !is_const(g->t, d->b, &k);
    count_uses(g, d->a, mul);
    count_uses(g, d->b, mul);
}

static uint64_t lower(uint64_t bound)
{
    return bound < LANE_RED ? bound : LANE_RED;
}

static void plan_sum(struct node_plan *n, uint64_t a, uint64_t b, bool subtract)
{
    for (int step = 0;; step++) {
        uint64_t second = subtract ? lane_cover(b) : b;
        if (a + second <= LANE_TOP) {
            n->raw = a + second;
            return;
        }
        REQUIRE(step < 2);
        bool first = a >= b ? !n->red_a : n->red_b;
        if (first) {
            n->red_a = true;
            a = lower(a);
        } else {
            n->red_b = true;
            b = lower(b);
        }
    }
}

/* Whether f times lanes up to x, or a multiple of p minus that, stays in the lanes. */
static bool scale_fits(uint64_t f, uint64_t x, bool negative)
{
    if (f == 0 || x == 0) return true;
    if (f > LANE_TOP / x) return false;
    return !negative || lane_cover(f * x) <= LANE_TOP;
}

static void plan_scale(struct node_plan *n, uint32_t k, uint64_t x, bool first)
{
    bool negative;
    uint64_t f = small_factor(k, &negative);
    bool red = !scale_fits(f, x, negative);
    if (red) x = lower(x);
    if (!scale_fits(f, x, negative))
        n->raw = LANE_RED; /* f_scale by k itself */
    else
        n->raw = negative ? lane_cover(x * f) : x * f;
    if (first)
        n->red_a = red;
    else
        n->red_b = red;
}

static void plan_product(struct node_plan *n, uint64_t a, uint64_t b)
{
    n->raw = LANE_RED;
    if (a > LANE_RED && b > LANE_RED) {
        /* one of them must be reduced; the smaller may stay if it fits the second place */
        if (a <= LANE_MUL_B) {
            n->red_b = true;
            b = LANE_RED;
        } else {
            n->red_a = true;
            a = LANE_RED;
        }
    }
    if (a > LANE_RED) { /* b is reduced */
        n->swap = true;
        if (a > LANE_MUL_B) n->red_a = true;
    } else if (b > LANE_MUL_B) {
        n->red_b = true;
    }
}

static uint64_t leaf_bound(const struct ir_node *d)
{
    switch (d->op) {
    case IR_CONST:
        return d->a;
    case IR_COL:
    case IR_PRE:
        return LANE_P - 1;
    default:
        return LANE_RED;
    }
}

static void plan_node(struct table_emit *g, ir_x x)
{
    const struct ir_table *t = g->t;
    const struct ir_node *d = &t->nodes[x];
    struct node_plan *n = &g->n[x];
    uint32_t k;
    n->size = 1;
    n->raw = n->bound = leaf_bound(d);
    if (is_leaf(t, x)) return;
    switch (d->op) {
    case IR_ADD:
        plan_sum(n, g->n[d->a].bound, g->n[d->b].bound, false);
        break;
    case IR_SUB:
        plan_sum(n, g->n[d->a].bound, g->n[d->b].bound, true);
        break;
    default:
        REQUIRE(d->op == IR_MUL);
        if (is_const(t, d->a, &k))
            plan_scale(n, k, g->n[d->b].bound, false);
        else if (is_const(t, d->b, &k))
            plan_scale(n, k, g->n[d->a].bound, true);
        else
            plan_product(n, g->n[d->a].bound, g->n[d->b].bound);
        break;
    }
    uint32_t sa = g->n[d->a].stored ? 1 : g->n[d->a].size;
    uint32_t sb = g->n[d->b].stored ? 1 : g->n[d->b].size;
    n->size = 1 + sa + sb;
    n->stored = n->uses > 1 || n->size > INLINE_MAX;
    /* A value that goes into several products is better reduced once. */
    n->bound = n->stored && n->product_uses > 1 ? lower(n->raw) : n->raw;
}

/* ---- writing ---- */

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
    if (red) bound = lower(bound);
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
        if (is_const(t, d->b, &k)) {
            put(g, "add(");
            put_value(g, d->a, n->red_a);
            put(g, ", %u)", k == 0 ? 0 : (uint32_t)(LANE_P - k));
            return;
        }
        put(g, "sub(add(");
        put_value(g, d->a, n->red_a);
        put(g, ", ");
        put_cover(g, n->red_b ? lower(g->n[d->b].bound) : g->n[d->b].bound);
        put(g, "), ");
        put_value(g, d->b, n->red_b);
        put(g, ")");
        return;
    default:
        if (is_const(t, d->a, &k)) {
            put_scale(g, k, d->b, n->red_b);
        } else if (is_const(t, d->b, &k)) {
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
    if (e->options->part_bytes == 0 || emit_code_size(e) < e->options->part_bytes) return;
    function_end(g);
    emit_part_end(e);
    part_begin(e);
    function_begin(g);
}

/* Computes and stores the stored nodes below x (and x itself if it is one), so that the expression
 * of x can be written without a statement in between. */
static void materialise(struct table_emit *g, ir_x x)
{
    struct node_plan *n = &g->n[x];
    if (is_leaf(g->t, x) || (n->stored && n->done)) return;
    materialise(g, g->t->nodes[x].a);
    materialise(g, g->t->nodes[x].b);
    if (!n->stored) return;
    bool reduce = n->bound < n->raw;
    put_expression(g, x);
    /* The slot is chosen after the operands were read: it may be one that they leave free. */
    while (g->n_pending > 0)
        g->free_slots[g->n_free++] = g->pending[--g->n_pending];
    n->slot = g->n_free > 0 ? g->free_slots[--g->n_free] : g->n_slots++;
    n->done = true;
    n->left = n->uses;
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
    if (!is_column(t, mul->a) || sub->op != IR_SUB || sub->a != mul->a) return false;
    *column = mul->a;
    return is_const(t, sub->b, &one) && one == 1;
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
    while (j + n < m->n_fields && is_column(g->t, m->fields[j + n]) &&
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
    if (!is_const(g->t, m->fields[j], &k)) {
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
        put_cover(g, lower(g->n[m->mult].bound));
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
    for (uint32_t i = 0; i < t->n_constraints; i++)
        count_uses(&g, t->constraints[i].x, false);
    for (uint32_t i = 0; i < t->n_messages; i++) {
        count_uses(&g, t->messages[i].mult, false);
        for (uint32_t j = 0; j < t->messages[i].n_fields; j++)
            count_uses(&g, t->messages[i].fields[j], true);
    }
    for (ir_x x = 0; x < t->n_nodes; x++)
        if (g.n[x].uses > 0) plan_node(&g, x);
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
    const bool split = e->options->part_bytes > 0;
    if (split) part_begin(e);
    for (uint32_t i = e->p->system->n_tables; i-- > 0;)
        emit_table(e, i);
    if (split) emit_part_end(e);
}

/* ---- IDX and FIXED at the point ---- */

/* sum_i 2^i s_{H - lo - i}, Horner from the last bit; the coordinates are reduced. */
static void emit_idx(struct emit *e, uint32_t lo, uint32_t n)
{
    struct text *o = e->defs;
    uint64_t bound = LANE_RED;
    text_line(o, "x := mload(%u)", e->s + 32 * (e->p->log_height - lo - n));
    for (uint32_t i = n - 1; i-- > 0;) {
        if (2 * bound + LANE_RED > LANE_TOP) {
            text_line(o, "x := f_red(x)");
            bound = LANE_RED;
        }
        text_line(o, "x := add(shl(1, x), mload(%u))", e->s + 32 * (e->p->log_height - lo - i - 1));
        bound = 2 * bound + LANE_RED;
    }
    text_line(o, "mstore(%u, f_red(x))", e->idx[lo][n]);
}

/* sum of the pattern times eq(last coordinates, row), eq from the tables at fixed_eq. */
static void emit_fixed(struct emit *e, uint32_t table, uint32_t index)
{
    struct text *o = e->defs;
    const struct ir_fixed *f = &e->p->system->tables[table]->fixed[index];
    const uint32_t eq = e->fixed_eq[f->log_period];
    uint64_t bound = 0;
    text_line(o, "x := 0");
    for (uint32_t i = 0; i < 1u << f->log_period; i++) {
        uint32_t k = f->values[i];
        if (k == 0) continue;
        bool small = k < 1u << 14;
        uint64_t term = small ? k * LANE_RED : LANE_RED;
        if (bound + term > LANE_TOP) {
            text_line(o, "x := f_red(x)");
            bound = LANE_RED;
        }
        if (k == 1)
            text_line(o, "x := add(x, mload(%u))", eq + 32 * i);
        else if (small)
            text_line(o, "x := add(x, mul(mload(%u), %u))", eq + 32 * i, k);
        else
            text_line(o, "x := add(x, f_scale(mload(%u), %u))", eq + 32 * i, k);
        bound += term;
    }
    text_line(o, "mstore(%u, f_red(x))", e->fixed + 32 * (e->first_fixed[table] + index));
}

void emit_leaves_memory(struct emit *e)
{
    const struct ir_system *s = e->p->system;
    uint32_t n_fixed = 0;
    for (uint32_t i = 0; i < s->n_tables; i++) {
        const struct ir_table *t = s->tables[i];
        for (ir_x x = 0; x < t->n_nodes; x++) {
            const struct ir_node *d = &t->nodes[x];
            if (d->op == IR_IDX && d->b > 0 && e->idx[d->a][d->b] == 0)
                e->idx[d->a][d->b] = emit_memory(e, 1);
        }
        e->first_fixed[i] = n_fixed;
        n_fixed += t->n_fixed;
        for (uint32_t j = 0; j < t->n_fixed; j++) {
            uint32_t log = t->fixed[j].log_period;
            if (e->fixed_eq[log] == 0) e->fixed_eq[log] = emit_memory(e, 1u << log);
        }
    }
    e->fixed = emit_memory(e, n_fixed);
}

void emit_leaves(struct emit *e)
{
    const struct ir_system *s = e->p->system;
    text_line(e->defs, "/// the row number's bits and the fixed columns at the point");
    text_line(e->defs, "function row_values() {");
    e->defs->indent += 4;
    text_line(e->defs, "let x");
    for (uint32_t log = 0; log <= IR_MAX_FIXED_LOG; log++)
        if (e->fixed_eq[log] != 0)
            text_line(e->defs, "f_eq_table(%u, %u, %u)", e->fixed_eq[log],
                      e->s + 32 * (e->p->log_height - log), log);
    for (uint32_t lo = 0; lo <= IR_MAX_LOG_HEIGHT; lo++)
        for (uint32_t n = 1; n <= IR_MAX_LOG_HEIGHT; n++)
            if (e->idx[lo][n] != 0) emit_idx(e, lo, n);
    for (uint32_t i = 0; i < s->n_tables; i++)
        for (uint32_t j = 0; j < s->tables[i]->n_fixed; j++)
            emit_fixed(e, i, j);
    e->defs->indent -= 4;
    text_line(e->defs, "}");
}
