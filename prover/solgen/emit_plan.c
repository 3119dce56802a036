/* What of a table is computed once and stored, and where lanes are reduced. */
#include <string.h>

#include "common/base/require.h"
#include "prover/solgen/emit_table.h"
#include "prover/solgen/lanes.h"

enum { LINEAR_MIN = 2 };

bool node_is_const(const struct ir_table *t, ir_x x, uint32_t *value)
{
    if (t->nodes[x].op != IR_CONST) return false;
    *value = t->nodes[x].a;
    return true;
}

bool node_is_column(const struct ir_table *t, ir_x x)
{
    return t->nodes[x].op == IR_COL || t->nodes[x].op == IR_PRE;
}

bool node_is_leaf(const struct ir_table *t, ir_x x)
{
    return t->nodes[x].op <= IR_FIXED;
}

uint64_t small_factor(uint32_t k, bool *negative)
{
    *negative = k > LANE_P / 2;
    return *negative ? LANE_P - k : k;
}

static void count_uses(struct table_emit *g, ir_x x, bool product)
{
    struct node_plan *n = &g->n[x];
    n->uses++;
    n->product_uses += product;
    if (n->uses > 1) return;
    const struct ir_node *d = &g->t->nodes[x];
    if (node_is_leaf(g->t, x)) return;
    uint32_t k;
    bool mul = d->op == IR_MUL && !node_is_const(g->t, d->a, &k) && !node_is_const(g->t, d->b, &k);
    count_uses(g, d->a, mul);
    count_uses(g, d->b, mul);
}

uint64_t lower_bound(uint64_t bound)
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
            a = lower_bound(a);
        } else {
            n->red_b = true;
            b = lower_bound(b);
        }
    }
}

bool scale_fits(uint64_t f, uint64_t x, bool negative)
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
    if (red) x = lower_bound(x);
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
    if (node_is_leaf(t, x) || n->inside) return;
    if (n->n_terms > 0) {
        n->raw = n->bound = LANE_RED;
        n->stored = true;
        return;
    }
    switch (d->op) {
    case IR_ADD:
        plan_sum(n, g->n[d->a].bound, g->n[d->b].bound, false);
        break;
    case IR_SUB:
        plan_sum(n, g->n[d->a].bound, g->n[d->b].bound, true);
        break;
    default:
        REQUIRE(d->op == IR_MUL);
        if (node_is_const(t, d->a, &k))
            plan_scale(n, k, g->n[d->b].bound, false);
        else if (node_is_const(t, d->b, &k))
            plan_scale(n, k, g->n[d->a].bound, true);
        else
            plan_product(n, g->n[d->a].bound, g->n[d->b].bound);
        break;
    }
    uint32_t sa = g->n[d->a].stored ? 1 : g->n[d->a].size;
    uint32_t sb = g->n[d->b].stored ? 1 : g->n[d->b].size;
    n->size = 1 + sa + sb;
    n->stored = n->uses > 1 || n->linear_uses > 0 || n->size > INLINE_MAX;
    /* A value that goes into several products is better reduced once. */
    n->bound = n->stored && n->product_uses > 1 ? lower_bound(n->raw) : n->raw;
}

/* ---- linear sums ---- */

static bool is_sum(const struct ir_table *t, ir_x x)
{
    return t->nodes[x].op == IR_ADD || t->nodes[x].op == IR_SUB;
}

struct gather {
    const struct table_emit *g;
    struct linear_term *terms;
    uint32_t n, big;
    bool fits;
    ir_x *inner; /* the nodes that the sum swallows */
    uint32_t n_inner;
};

static void gather_term(struct gather *a, uint32_t k, ir_x x)
{
    if (a->n == LINEAR_MAX_TERMS) a->fits = false;
    if (!a->fits) return;
    a->terms[a->n++] = (struct linear_term){k, x};
}

/* Adds sign * x (sign = 1 or p - 1) to the terms. */
static void gather_sum(struct gather *a, ir_x x, uint32_t sign, bool root)
{
    const struct ir_table *t = a->g->t;
    const struct ir_node *d = &t->nodes[x];
    const bool own = root || a->g->n[x].uses == 1;
    uint32_t k;
    if (node_is_const(t, x, &k)) {
        gather_term(a, (uint32_t)((uint64_t)k * sign % LANE_P), UINT32_MAX);
    } else if (own && is_sum(t, x)) {
        if (!root && a->n_inner < 4 * LINEAR_MAX_TERMS) a->inner[a->n_inner++] = x;
        gather_sum(a, d->a, sign, false);
        gather_sum(a, d->b,
                   d->op == IR_ADD ? sign : (uint32_t)((uint64_t)sign * (LANE_P - 1) % LANE_P),
                   false);
    } else if (own && d->op == IR_MUL &&
               (node_is_const(t, d->a, &k) || node_is_const(t, d->b, &k))) {
        bool negative;
        const uint64_t f = small_factor(k, &negative);
        const ir_x of = node_is_const(t, d->a, &k) ? d->b : d->a;
        if (!scale_fits(f, LANE_RED, negative)) a->big++;
        if (a->n_inner < 4 * LINEAR_MAX_TERMS) a->inner[a->n_inner++] = x;
        gather_term(a, (uint32_t)((uint64_t)k * sign % LANE_P), of);
    } else {
        gather_term(a, sign, x);
    }
    if (a->n_inner == 4 * LINEAR_MAX_TERMS) a->fits = false;
}

uint32_t linear_terms(const struct table_emit *g, ir_x x,
                      struct linear_term terms[LINEAR_MAX_TERMS])
{
    ir_x inner[4 * LINEAR_MAX_TERMS];
    struct gather a = {.g = g, .terms = terms, .fits = true, .inner = inner};
    gather_sum(&a, x, 1, true);
    REQUIRE(a.fits);
    return a.n;
}

/* Takes the sum at x as linear when it has several factors too large for a product in the lanes;
 * its operands are then read once more, for the high half of the factor. */
static void plan_linear(struct table_emit *g, ir_x x)
{
    ir_x inner[4 * LINEAR_MAX_TERMS];
    struct linear_term terms[LINEAR_MAX_TERMS];
    struct gather a = {.g = g, .terms = terms, .fits = true, .inner = inner};
    gather_sum(&a, x, 1, true);
    if (!a.fits || a.big < LINEAR_MIN) return;
    g->n[x].n_terms = a.n;
    for (uint32_t i = 0; i < a.n_inner; i++)
        g->n[inner[i]].inside = true;
    for (uint32_t i = 0; i < a.n; i++)
        if (terms[i].x != UINT32_MAX && terms[i].k >> LINEAR_CUT != 0 &&
            (terms[i].k & ((1u << LINEAR_CUT) - 1)) != 0)
            g->n[terms[i].x].linear_uses++;
}

void plan_table(struct table_emit *g)
{
    const struct ir_table *t = g->t;
    for (uint32_t i = 0; i < t->n_constraints; i++)
        count_uses(g, t->constraints[i].x, false);
    for (uint32_t i = 0; i < t->n_messages; i++) {
        count_uses(g, t->messages[i].mult, false);
        for (uint32_t j = 0; j < t->messages[i].n_fields; j++)
            count_uses(g, t->messages[i].fields[j], true);
    }
    /* from the users down, so that a sum inside another is not taken by itself */
    for (ir_x x = t->n_nodes; x-- > 0;)
        if (g->n[x].uses > 0 && !g->n[x].inside && is_sum(t, x)) plan_linear(g, x);
    for (ir_x x = 0; x < t->n_nodes; x++)
        if (g->n[x].uses > 0) plan_node(g, x);
}
