#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "tests/unit/prover/determinacy/det_form.h"

enum { TERMS_MAX = 64 }; /* of one form; more count as "not linear" */

uint32_t det_add(uint32_t a, uint32_t b)
{
    uint32_t s = a + b; /* below 2^32: p < 2^31 */
    return s >= IR_P ? s - IR_P : s;
}

uint32_t det_sub(uint32_t a, uint32_t b)
{
    return a >= b ? a - b : a + IR_P - b;
}

uint32_t det_mul(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % IR_P);
}

uint32_t det_inv(uint32_t a)
{
    uint32_t r = 1;
    for (uint32_t e = IR_P - 2; e != 0; e >>= 1) {
        if (e & 1) r = det_mul(r, a);
        a = det_mul(a, a);
    }
    return r;
}

struct det_num det_const(uint32_t v)
{
    struct det_num n;
    for (uint32_t i = 0; i < DET_POINTS; i++)
        n.v[i] = v;
    return n;
}

struct det_num det_random(uint64_t seed, uint64_t what)
{
    struct det_num n;
    for (uint32_t i = 0; i < DET_POINTS; i++) {
        uint64_t z = seed * 0xd1342543de82ef95u + what * 0x9e3779b97f4a7c15u + i + 1;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        n.v[i] = (uint32_t)((z ^ (z >> 31)) % IR_P);
    }
    return n;
}

bool det_is_const(const struct det_num *a)
{
    return a->v[0] == a->v[1] && a->v[0] == a->v[2];
}

bool det_is_zero(const struct det_num *a)
{
    return a->v[0] == 0 && a->v[1] == 0 && a->v[2] == 0;
}

void det_forms_init(struct det_forms *e, const struct ir_table *t)
{
    *e = (struct det_forms){.t = t, .cap_terms = 1u << 12};
    e->f = calloc(t->n_nodes + 1u, sizeof *e->f);
    e->terms = malloc(e->cap_terms * sizeof *e->terms);
    REQUIRE(e->f != NULL && e->terms != NULL);
}

void det_forms_deinit(struct det_forms *e)
{
    free(e->f);
    free(e->terms);
}

/* Room for n terms more; where they begin. */
static uint32_t room(struct det_forms *e, uint32_t n)
{
    if (e->n_terms + n > e->cap_terms) {
        e->cap_terms = 2 * (e->n_terms + n);
        e->terms = realloc(e->terms, e->cap_terms * sizeof *e->terms);
        REQUIRE(e->terms != NULL);
    }
    REQUIRE(e->n_terms + n < UINT32_MAX);
    return (uint32_t)e->n_terms;
}

/* a + sign b, terms merged in order of columns. */
static struct det_form form_add(struct det_forms *e, const struct det_form *a,
                                const struct det_form *b, bool minus)
{
    struct det_form r = {.other = a->other || b->other};
    if (r.other) return r;
    for (uint32_t i = 0; i < DET_POINTS; i++)
        r.k.v[i] = minus ? det_sub(a->k.v[i], b->k.v[i]) : det_add(a->k.v[i], b->k.v[i]);
    if (a->n + b->n == 0) return r;
    r.at = room(e, a->n + b->n);
    struct det_term *out = e->terms + r.at;
    const struct det_term *x = e->terms + a->at, *y = e->terms + b->at;
    uint32_t i = 0, j = 0;
    while (i < a->n || j < b->n) {
        struct det_term t = {.k = det_const(0)};
        bool left = i < a->n && (j == b->n || x[i].col <= y[j].col);
        bool right = j < b->n && (i == a->n || y[j].col <= x[i].col);
        t.col = left ? x[i].col : y[j].col;
        if (left) t.k = x[i++].k;
        for (uint32_t v = 0; right && v < DET_POINTS; v++)
            t.k.v[v] = minus ? det_sub(t.k.v[v], y[j].k.v[v]) : det_add(t.k.v[v], y[j].k.v[v]);
        j += right;
        if (!det_is_zero(&t.k)) out[r.n++] = t;
    }
    e->n_terms += r.n;
    if (r.n > TERMS_MAX) r = (struct det_form){.other = true};
    return r;
}

static struct det_form form_scale(struct det_forms *e, const struct det_form *a,
                                  const struct det_num *k)
{
    struct det_form r = {.other = false};
    if (det_is_zero(k)) return r;
    if (a->other) return (struct det_form){.other = true};
    for (uint32_t i = 0; i < DET_POINTS; i++)
        r.k.v[i] = det_mul(a->k.v[i], k->v[i]);
    r.at = room(e, a->n);
    for (uint32_t i = 0; i < a->n; i++) {
        struct det_term t = e->terms[a->at + i];
        for (uint32_t v = 0; v < DET_POINTS; v++)
            t.k.v[v] = det_mul(t.k.v[v], k->v[v]);
        e->terms[r.at + r.n++] = t;
    }
    e->n_terms += r.n;
    return r;
}

static struct det_form form_mul(struct det_forms *e, const struct det_form *a,
                                const struct det_form *b)
{
    if (det_known(a)) return form_scale(e, b, &a->k);
    if (det_known(b)) return form_scale(e, a, &b->k);
    return (struct det_form){.other = true};
}

static struct det_form form_leaf(struct det_forms *e, const struct ir_node *x,
                                 const struct det_state *s)
{
    struct det_form f = {.other = false};
    switch (x->op) {
    case IR_CONST:
        f.k = det_const(x->a);
        break;
    case IR_COL:
        if (s->known[x->a]) {
            f.k = s->value[x->a];
        } else {
            f.at = room(e, 1);
            e->terms[f.at] = (struct det_term){.col = x->a, .k = det_const(1)};
            e->n_terms++;
            f.n = 1;
        }
        break;
    case IR_PRE:
        f.k = det_random(1, 0x10000u + x->a);
        break;
    case IR_IDX:
        f.k = det_random(2, x->a * 64u + x->b);
        if (x->a + x->b <= e->fixed_log)
            f.k = det_const((e->fixed_row >> x->a) & ((1u << x->b) - 1u));
        break;
    default: {
        const struct ir_fixed *fixed = &e->t->fixed[x->a];
        f.k = det_const(fixed->values[e->fixed_row & ((1u << fixed->log_period) - 1u)]);
    }
    }
    return f;
}

void det_forms_eval(struct det_forms *e, const struct det_state *s)
{
    e->n_terms = 0;
    for (uint32_t i = 0; i < e->t->n_nodes; i++) {
        const struct ir_node *x = &e->t->nodes[i];
        if (x->op == IR_ADD || x->op == IR_SUB)
            e->f[i] = form_add(e, &e->f[x->a], &e->f[x->b], x->op == IR_SUB);
        else if (x->op == IR_MUL)
            e->f[i] = form_mul(e, &e->f[x->a], &e->f[x->b]);
        else
            e->f[i] = form_leaf(e, x, s);
    }
}

void det_support(const struct det_forms *e, ir_x x, uint8_t *cols)
{
    const struct det_form *f = &e->f[x];
    if (!f->other) {
        for (uint32_t i = 0; i < f->n; i++)
            cols[e->terms[f->at + i].col] = 1;
        return;
    }
    uint8_t *below = calloc(x + 1u, 1);
    REQUIRE(below != NULL);
    below[x] = 1;
    for (uint32_t i = x + 1u; i-- > 0;) {
        if (!below[i]) continue;
        const struct det_form *g = &e->f[i];
        for (uint32_t k = 0; !g->other && k < g->n; k++)
            cols[e->terms[g->at + k].col] = 1;
        const struct ir_node *n = &e->t->nodes[i];
        if (g->other) below[n->a] = below[n->b] = 1;
    }
    free(below);
}
