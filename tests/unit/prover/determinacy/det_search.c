#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "tests/unit/prover/determinacy/det_form.h"

/* ---- a few columns of small ranges in several equations: all values tried ---- */

enum { TOGETHER_COLUMNS = 16, TOGETHER_EQUATIONS = 64, TOGETHER_TRIES = 1 << 14 };
struct together {
    struct det_pass *p;
    uint32_t col[TOGETHER_COLUMNS], n, tries;
    const struct det_form *f[TOGETHER_EQUATIONS];
    uint32_t
        size[TOGETHER_EQUATIONS]; /* 0: the value is known but not which; else 0 <= value < size */
    uint32_t m;
};

static void together_take(struct together *g, const struct det_state *s, const struct det_form *f,
                          uint32_t size)
{
    if (f->other || f->n == 0 || (f->n == 1 && size != 0) || g->m == TOGETHER_EQUATIONS) return;
    if (size != 0 && !det_is_const(&f->k)) return;
    const struct det_term *t = g->p->e.terms + f->at;
    for (uint32_t i = 0; i < f->n; i++) {
        const struct det_bound *b = &s->bound[t[i].col];
        if (!det_is_const(&t[i].k) || !b->set || b->size > 4) return;
    }
    g->f[g->m] = f;
    g->size[g->m++] = size;
}

static struct together *taking;

static bool together_range(struct det_pass *p, struct det_state *s, const struct det_form *f,
                           uint32_t size)
{
    (void)p;
    together_take(taking, s, f, size);
    return false;
}

static uint32_t together_value(const struct together *g, const struct det_form *f,
                               const int64_t *at)
{
    uint32_t v = f->k.v[0];
    const struct det_term *t = g->p->e.terms + f->at;
    for (uint32_t i = 0; i < f->n; i++)
        for (uint32_t k = 0; k < g->n; k++)
            if (g->col[k] == t[i].col)
                v = det_add(v, det_mul(t[i].k.v[0], (uint32_t)((at[k] + IR_P) % IR_P)));
    return v;
}

struct choice {
    uint64_t hash; /* of the equations' values that are known */
    uint32_t number;
};

static int by_hash(const void *a, const void *b)
{
    const struct choice *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static uint32_t choice_digit(const struct together *g, const struct det_state *s, uint32_t number,
                             uint32_t column)
{
    for (uint32_t k = 0; k < column; k++)
        number /= (uint32_t)s->bound[g->col[k]].size;
    return number % (uint32_t)s->bound[g->col[column]].size;
}

/* Tries all values; open[k]: two choices that nobody can tell apart differ in column k. */
static void together_try(const struct together *g, const struct det_state *s, bool *open)
{
    struct choice *seen = malloc(g->tries * sizeof *seen);
    uint32_t n = 0;
    REQUIRE(seen != NULL);
    for (uint32_t try = 0; try < g->tries; try++) {
        int64_t at[TOGETHER_COLUMNS];
        bool fits = true;
        uint64_t h = 0;
        for (uint32_t k = 0; k < g->n; k++)
            at[k] = s->bound[g->col[k]].lo + choice_digit(g, s, try, k);
        for (uint32_t i = 0; i < g->m && fits; i++) {
            uint32_t v = together_value(g, g->f[i], at);
            if (g->size[i] == 0)
                h = (h ^ v) * 0xff51afd7ed558ccdu + 1;
            else
                fits = v < g->size[i];
        }
        if (fits) seen[n++] = (struct choice){.hash = h, .number = try};
    }
    qsort(seen, n, sizeof *seen, by_hash);
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = 0; k < g->n && seen[i].hash == seen[i - 1].hash; k++)
            open[k] |=
                choice_digit(g, s, seen[i].number, k) != choice_digit(g, s, seen[i - 1].number, k);
    free(seen);
}

/* All equations of columns that hang together with the columns of equation `first`. */
static bool together_group(struct together *all, struct det_state *s, uint32_t first)
{
    struct together g = {.p = all->p, .tries = 1};
    uint8_t in[TOGETHER_EQUATIONS] = {0};
    bool grown = true;
    in[first] = 1;
    while (grown) {
        grown = false;
        for (uint32_t i = 0; i < all->m; i++) {
            const struct det_term *t = all->p->e.terms + all->f[i]->at;
            bool touches = in[i] == 1;
            for (uint32_t k = 0; k < all->f[i]->n; k++)
                for (uint32_t c = 0; c < g.n; c++)
                    touches |= g.col[c] == t[k].col;
            if (!touches || in[i] == 2) continue;
            in[i] = 2;
            grown = true;
            g.f[g.m] = all->f[i];
            g.size[g.m++] = all->size[i];
            for (uint32_t k = 0; k < all->f[i]->n; k++) {
                bool there = false;
                for (uint32_t c = 0; c < g.n; c++)
                    there |= g.col[c] == t[k].col;
                if (there) continue;
                if (g.n == TOGETHER_COLUMNS) return false;
                g.col[g.n++] = t[k].col;
                uint64_t tries = g.tries * s->bound[t[k].col].size;
                if (tries > TOGETHER_TRIES) return false;
                g.tries = (uint32_t)tries;
            }
        }
    }
    bool open[TOGETHER_COLUMNS] = {false}, changed = false;
    together_try(&g, s, open);
    for (uint32_t c = 0; c < g.n; c++) {
        changed |= !open[c];
        if (!open[c]) det_learn(s, g.col[c]);
    }
    return changed;
}

bool det_together(struct det_pass *p, struct det_state *s)
{
    struct together all = {.p = p};
    for (uint32_t i = 0; i < p->t->n_constraints; i++) {
        const struct det_form *f = &p->e.f[p->t->constraints[i].x];
        if (det_there(p, i)) together_take(&all, s, f, det_is_const(&f->k) ? 1 : 0);
    }
    taking = &all;
    (void)det_ranges(p, s, together_range);
    for (uint32_t i = 0; i < p->t->n_messages; i++) {
        const struct ir_message *m = &p->t->messages[i];
        if (!det_spoken(p, m)) continue;
        for (uint32_t b = 0; b < p->spec->n_buses; b++) {
            const struct determinacy_bus *r = &p->spec->buses[b];
            if (r->tag != m->tag || r->sign != m->sign || r->mode_field >= 0 ||
                (r->table != NULL && strcmp(r->table, p->t->name) != 0) ||
                !det_fields_known(p, m, r->keys))
                continue;
            for (uint32_t f = 0; f < m->n_fields; f++)
                if (r->values >> f & 1) together_take(&all, s, &p->e.f[m->fields[f]], 0);
        }
    }
    for (uint32_t i = 0; i < all.m; i++)
        if (together_group(&all, s, i)) return true;
    return false;
}

/* ---- flags by contradiction ---- */

struct fact { /* 0 <= value < size */
    struct det_num value;
    uint32_t size;
};
struct facts {
    struct fact *in;
    uint32_t n_in;
    struct det_num *some; /* groups: not all of n_some[g] values are 0 */
    uint32_t *n_some, n_groups, n_values;
};

static struct facts *collecting;

static bool facts_range(struct det_pass *p, struct det_state *s, const struct det_form *f,
                        uint32_t size)
{
    (void)p;
    (void)s;
    if (det_known(f) && !det_is_const(&f->k))
        collecting->in[collecting->n_in++] = (struct fact){.value = f->k, .size = size};
    return false;
}

/* What the case shows of known values. */
static void facts_find(struct det_pass *p, struct det_state *s, struct facts *a)
{
    const struct ir_table *t = p->t;
    for (uint32_t c = 0; c < t->n_columns; c++) /* inverses: "x is not 0" is the fact */
        if (s->known[c] == DET_BY_NONZERO) s->known[c] = 0;
    det_forms_eval(&p->e, s);
    uint32_t most = t->n_constraints * 2 + t->n_messages * 2 + 1;
    *a = (struct facts){.in = calloc(most, sizeof *a->in),
                        .n_some = calloc(most, sizeof(uint32_t)),
                        .some = calloc((size_t)most * 64, sizeof *a->some)};
    REQUIRE(a->in != NULL && a->n_some != NULL && a->some != NULL);
    collecting = a;
    (void)det_ranges(p, s, facts_range);
    for (uint32_t i = 0; i < t->n_constraints; i++) {
        const struct det_form *f = &p->e.f[t->constraints[i].x];
        if (f->other || !det_there(p, i)) continue;
        if (f->n == 0 && !det_is_const(&f->k))
            a->in[a->n_in++] = (struct fact){.value = f->k, .size = 1};
        if (f->n == 0 || f->n > 64 || !det_is_const(&f->k) || det_is_zero(&f->k)) continue;
        a->n_some[a->n_groups++] = f->n;
        for (uint32_t k = 0; k < f->n; k++)
            a->some[a->n_values++] = p->e.terms[f->at + k].k;
    }
}

static void facts_free(struct facts *a)
{
    free(a->in);
    free(a->n_some);
    free(a->some);
}

static bool is_zero_fact(const struct facts *a, const struct det_num *v)
{
    struct det_num minus;
    for (uint32_t i = 0; i < DET_POINTS; i++)
        minus.v[i] = det_sub(0, v->v[i]);
    for (uint32_t i = 0; i < a->n_in; i++)
        if (a->in[i].size == 1 && (memcmp(&a->in[i].value, v, sizeof *v) == 0 ||
                                   memcmp(&a->in[i].value, &minus, sizeof minus) == 0))
            return true;
    return false;
}

/* a says that not all of some values are 0, b that they are. */
static bool some_against_zero(const struct facts *a, const struct facts *b)
{
    uint32_t at = 0;
    for (uint32_t g = 0; g < a->n_groups; g++) {
        bool zero = true;
        for (uint32_t k = 0; k < a->n_some[g]; k++)
            zero = zero && is_zero_fact(b, &a->some[at + k]);
        if (zero) return true;
        at += a->n_some[g];
    }
    return false;
}

/* x in [0, n) and x in [from, from + m) modulo p exclude one another. */
static bool disjoint(uint32_t n, uint32_t from, uint32_t m)
{
    return from >= n && (uint64_t)from + m <= IR_P;
}

static struct det_num num_difference(const struct det_num *a, const struct det_num *b)
{
    struct det_num d = {{det_sub(a->v[0], b->v[0]), det_sub(a->v[1], b->v[1]), 0}};
    d.v[2] = d.v[0] == d.v[1] ? det_sub(a->v[2], b->v[2]) : d.v[0];
    return d;
}

static struct det_num num_sum(const struct det_num *a, const struct det_num *b)
{
    struct det_num d = {{det_add(a->v[0], b->v[0]), det_add(a->v[1], b->v[1]), 0}};
    d.v[2] = d.v[0] == d.v[1] ? det_add(a->v[2], b->v[2]) : d.v[0];
    return d;
}

static bool ranges_exclude(const struct facts *a, const struct facts *b)
{
    for (uint32_t i = 0; i < a->n_in; i++)
        for (uint32_t k = 0; k < b->n_in; k++) {
            const struct fact *x = &a->in[i], *y = &b->in[k];
            struct det_num d = num_difference(&x->value, &y->value);
            struct det_num sum = num_sum(&x->value, &y->value);
            if (det_is_const(&d) && disjoint(x->size, d.v[0], y->size)) return true;
            if (det_is_const(&sum) && disjoint(x->size, det_sub(sum.v[0], y->size - 1), y->size))
                return true;
        }
    return false;
}

/* Tries c = 0 and c = 1 for a column that is 0 or 1. */
static bool flag(struct det_pass *p, struct det_state *s, uint32_t col)
{
    struct det_state b[2];
    struct facts a[2];
    for (uint32_t v = 0; v < 2; v++) {
        det_state_copy(&b[v], s, p->t);
        b[v].salt = s->salt * 7 + 11 + v + col * 16;
        det_fix(&b[v], col, v);
        det_saturate(p, &b[v], false);
        facts_find(p, &b[v], &a[v]);
    }
    bool learnt = true;
    if (b[0].impossible && b[1].impossible)
        s->impossible = true;
    else if (b[0].impossible || b[1].impossible)
        det_fix(s, col, b[0].impossible);
    else if (some_against_zero(&a[0], &a[1]) || some_against_zero(&a[1], &a[0]) ||
             ranges_exclude(&a[0], &a[1]))
        det_learn(s, col);
    else
        learnt = false;
    for (uint32_t v = 0; v < 2; v++) {
        det_state_deinit(&b[v]);
        facts_free(&a[v]);
    }
    det_forms_eval(&p->e, s);
    return learnt;
}

bool det_flags(struct det_pass *p, struct det_state *s)
{
    for (uint32_t c = 0; c < p->t->n_columns; c++)
        if (!s->known[c] && s->bound[c].set && s->bound[c].size == 2 && s->bound[c].lo == 0 &&
            flag(p, s, c))
            return true;
    return false;
}
