/* The nodes of a table at a point (table_nodes of prover/verify/zero_verify.c) with few rows: dead
 * nodes left out, products fused into the sums that use them, x (1 - y) and z + x (y - z) as one row. */
#include <stdlib.h>

#include "common/base/require.h"
#include "prover/recursion/rec_parts.h"

struct rec_nodes {
    struct rec_arith *a;
    const struct ir_table *t;
    rec_val *value;
    bool *deferred; /* a product, or a factor of one, that its only user takes in */
    uint32_t *uses; /* by nodes, constraints and messages */
};

static bool is_inner(const struct ir_node *n)
{
    return n->op == IR_ADD || n->op == IR_SUB || n->op == IR_MUL;
}

static void count_uses(struct rec_nodes *x)
{
    const struct ir_table *t = x->t;
    for (uint32_t i = 0; i < t->n_constraints; i++)
        x->uses[t->constraints[i].x]++;
    for (uint32_t i = 0; i < t->n_messages; i++) {
        x->uses[t->messages[i].mult]++;
        for (uint32_t j = 0; j < t->messages[i].n_fields; j++)
            x->uses[t->messages[i].fields[j]]++;
    }
    for (uint32_t i = t->n_nodes; i-- > 0;)
        if (x->uses[i] > 0 && is_inner(&t->nodes[i])) {
            x->uses[t->nodes[i].a]++;
            x->uses[t->nodes[i].b]++;
        }
}

static bool is_const(const struct ir_table *t, ir_x i, uint32_t k)
{
    return t->nodes[i].op == IR_CONST && t->nodes[i].a == k;
}

/* A product that only this sum or multiplicity uses; with it, if the two are z + x (y - z), the
 * difference in it. */
static void defer_product(struct rec_nodes *x, ir_x i, ir_x other, bool subtract)
{
    const struct ir_node *n = &x->t->nodes[i];
    if (n->op != IR_MUL || x->uses[i] != 1) return;
    x->deferred[i] = true;
    const ir_x factor[2] = {n->a, n->b};
    for (int k = 0; k < 2 && n->a != n->b; k++) {
        const struct ir_node *d = &x->t->nodes[factor[k]];
        if (d->op != IR_SUB || x->uses[factor[k]] != 1) continue;
        if ((subtract ? d->a : d->b) != other) continue;
        x->deferred[factor[k]] = true;
        return;
    }
}

static void choose_deferred(struct rec_nodes *x)
{
    const struct ir_table *t = x->t;
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *n = &t->nodes[i];
        if (x->uses[i] == 0 || (n->op != IR_ADD && n->op != IR_SUB)) continue;
        defer_product(x, n->a, n->b, false);
        defer_product(x, n->b, n->a, n->op == IR_SUB);
    }
    for (uint32_t i = 0; i < t->n_messages; i++)
        defer_product(x, t->messages[i].mult, UINT32_MAX, false);
    for (uint32_t i = 0; i < t->n_nodes; i++) { /* x (1 - y), x (y - 1) */
        const struct ir_node *n = &t->nodes[i];
        if (x->uses[i] == 0 || n->op != IR_MUL || n->a == n->b) continue;
        if (x->deferred[n->a] || x->deferred[n->b]) continue;
        const ir_x factor[2] = {n->a, n->b};
        for (int k = 0; k < 2; k++) {
            const struct ir_node *d = &t->nodes[factor[k]];
            if (d->op != IR_SUB || x->uses[factor[k]] != 1) continue;
            if (!is_const(t, d->a, 1) && !is_const(t, d->b, 1)) continue;
            x->deferred[factor[k]] = true;
            break;
        }
    }
}

/* ---- leaves ---- */

/* IDX(lo, n) at the point y of height h: sum_{i<n} 2^i y_{h-lo-i}, coordinates from 1. */
static rec_val idx_value(struct rec_arith *a, const struct ir_node *n, const rec_ext *y, uint32_t h)
{
    rec_val v = rec_val_const(0);
    for (uint32_t i = n->b; i-- > 0;)
        v = rec_val_mac(a, rec_val_const(2), v, rec_val_ext(y[h - n->a - i - 1]));
    return v;
}

static rec_val fixed_value(struct rec_arith *a, const struct ir_fixed *f, const rec_ext *y,
                           uint32_t h)
{
    rec_val values[1 << IR_MAX_FIXED_LOG];
    const uint32_t n = f->log_period;
    for (uint32_t i = 0; i < 1u << n; i++)
        values[i] = rec_val_const(f->values[i]);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t half = 1u << (n - 1 - i);
        for (uint32_t k = 0; k < half; k++)
            values[k] = rec_val_lerp(a, values[k], values[half + k], rec_val_ext(y[h - n + i]));
    }
    return values[0];
}

/* ---- operations ---- */

static bool same(rec_val x, rec_val y)
{
    if (x.is_const || y.is_const) return x.is_const && y.is_const && x.k == y.k;
    return x.h.a == y.h.a && x.negated == y.negated;
}

static rec_val value_of(struct rec_nodes *x, ir_x i);

/* The factors of a product; if one is a deferred difference, it is the second. */
static void factors(const struct rec_nodes *x, ir_x i, ir_x *f, ir_x *g)
{
    const struct ir_node *n = &x->t->nodes[i];
    const bool swap = x->deferred[n->a];
    *f = swap ? n->b : n->a;
    *g = swap ? n->a : n->b;
}

/* d + f g, or d - f g. */
static rec_val product_add(struct rec_nodes *x, ir_x i, rec_val d, bool subtract)
{
    ir_x fi, gi;
    factors(x, i, &fi, &gi);
    rec_val f = value_of(x, fi);
    if (x->deferred[gi]) { /* a difference y - z */
        rec_val y = value_of(x, x->t->nodes[gi].a), z = value_of(x, x->t->nodes[gi].b);
        if (subtract) {
            rec_val swap = y;
            y = z;
            z = swap;
        }
        if (same(d, z)) return rec_val_lerp(x->a, z, y, f);
        /* f (1 - z) = f - f z: one row, and the sum another */
        rec_val g = rec_val_sub(x->a, y, z);
        return rec_val_mac(x->a, f, g, d);
    }
    rec_val g = value_of(x, gi);
    return rec_val_mac(x->a, subtract ? rec_val_neg(f) : f, g, d);
}

static rec_val product(struct rec_nodes *x, ir_x i)
{
    ir_x fi, gi;
    factors(x, i, &fi, &gi);
    rec_val f = value_of(x, fi);
    if (!x->deferred[gi]) return rec_val_mul(x->a, f, value_of(x, gi));
    rec_val y = value_of(x, x->t->nodes[gi].a), z = value_of(x, x->t->nodes[gi].b);
    if (rec_val_is(y, 1)) return rec_val_lerp(x->a, f, rec_val_const(0), z);
    if (rec_val_is(z, 1)) return rec_val_neg(rec_val_lerp(x->a, f, rec_val_const(0), y));
    return rec_val_mul(x->a, f, rec_val_sub(x->a, y, z));
}

static rec_val sum(struct rec_nodes *x, const struct ir_node *n)
{
    const bool subtract = n->op == IR_SUB;
    if (x->deferred[n->b]) return product_add(x, n->b, value_of(x, n->a), subtract);
    rec_val b = value_of(x, n->b);
    if (x->deferred[n->a]) return product_add(x, n->a, subtract ? rec_val_neg(b) : b, false);
    rec_val a = value_of(x, n->a);
    return subtract ? rec_val_sub(x->a, a, b) : rec_val_add(x->a, a, b);
}

/* Nodes are computed in order, so only deferred ones are computed here, one below the other. */
static rec_val value_of(struct rec_nodes *x, ir_x i)
{
    if (!x->deferred[i]) return x->value[i];
    return x->t->nodes[i].op == IR_MUL ? product(x, i) : sum(x, &x->t->nodes[i]);
}

struct rec_nodes *rec_nodes_new(struct rec_arith *a, const struct ir_table *t,
                                const rec_ext *columns, const rec_ext *y)
{
    struct rec_nodes *x = calloc(1, sizeof *x);
    REQUIRE(x != NULL);
    *x = (struct rec_nodes){.a = a, .t = t};
    x->value = calloc(t->n_nodes + 1u, sizeof *x->value);
    x->deferred = calloc(t->n_nodes + 1u, sizeof *x->deferred);
    x->uses = calloc(t->n_nodes + 1u, sizeof *x->uses);
    REQUIRE(x->value != NULL && x->deferred != NULL && x->uses != NULL);
    count_uses(x);
    choose_deferred(x);
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *n = &t->nodes[i];
        if (x->uses[i] == 0 || x->deferred[i]) continue;
        switch (n->op) {
        case IR_CONST:
            x->value[i] = rec_val_const(n->a);
            break;
        case IR_COL:
            x->value[i] = rec_val_ext(columns[n->a]);
            break;
        case IR_PRE:
            x->value[i] = rec_val_ext(columns[t->n_columns + n->a]);
            break;
        case IR_IDX:
            x->value[i] = idx_value(a, n, y, t->log_height);
            break;
        case IR_FIXED:
            x->value[i] = fixed_value(a, &t->fixed[n->a], y, t->log_height);
            break;
        case IR_ADD:
        case IR_SUB:
            x->value[i] = sum(x, n);
            break;
        case IR_MUL:
            x->value[i] = product(x, i);
            break;
        default:
            UNREACHABLE("op");
        }
    }
    return x;
}

void rec_nodes_free(struct rec_nodes *n)
{
    free(n->value);
    free(n->deferred);
    free(n->uses);
    free(n);
}

rec_val rec_nodes_value(const struct rec_nodes *n, ir_x x)
{
    REQUIRE(!n->deferred[x]);
    return n->value[x];
}

rec_val rec_nodes_add(struct rec_nodes *n, rec_val acc, ir_x x, bool subtract)
{
    if (n->deferred[x]) return product_add(n, x, acc, subtract);
    return subtract ? rec_val_sub(n->a, acc, n->value[x]) : rec_val_add(n->a, acc, n->value[x]);
}
