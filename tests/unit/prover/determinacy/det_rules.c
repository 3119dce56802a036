#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "tests/unit/prover/determinacy/det_form.h"

void det_state_init(struct det_state *s, const struct ir_table *t)
{
    uint32_t n = t->n_columns + 1u;
    *s = (struct det_state){.known = calloc(n, 1),
                            .value = calloc(n, sizeof *s->value),
                            .bound = calloc(n, sizeof *s->bound),
                            .salt = 3};
    REQUIRE(s->known != NULL && s->value != NULL && s->bound != NULL);
}

void det_state_copy(struct det_state *to, const struct det_state *from, const struct ir_table *t)
{
    det_state_init(to, t);
    memcpy(to->known, from->known, t->n_columns);
    memcpy(to->value, from->value, t->n_columns * sizeof *to->value);
    memcpy(to->bound, from->bound, t->n_columns * sizeof *to->bound);
    to->impossible = from->impossible;
    to->salt = from->salt;
}

void det_state_deinit(struct det_state *s)
{
    free(s->known);
    free(s->value);
    free(s->bound);
}

void det_learn(struct det_state *s, uint32_t col)
{
    if (s->known[col]) return;
    s->known[col] = DET_LEARNT;
    s->value[col] = det_random(s->salt, 0x20000u + col);
}

void det_fix(struct det_state *s, uint32_t col, uint32_t value)
{
    const struct det_bound *b = &s->bound[col];
    struct det_num v = det_const(value);
    if (s->known[col] && det_is_const(&s->value[col]) && s->value[col].v[0] != value)
        s->impossible = true;
    s->known[col] = DET_LEARNT;
    s->value[col] = v;
    uint32_t lo = (uint32_t)((b->lo + (int64_t)IR_P) % IR_P);
    if (b->set && det_sub(value, lo) >= b->size) s->impossible = true;
}

/* ---- equations: k + sum of terms has one known value ---- */

static int64_t centered(uint32_t a)
{
    return a > IR_P / 2 ? (int64_t)a - IR_P : (int64_t)a;
}

static int by_weight(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return x[0] < y[0] ? -1 : x[0] > y[0];
}

/* Do the columns of small ranges add up in one way only? Mixed radix after scaling by `scale`. */
static bool radix(const struct det_forms *e, const struct det_form *f, const struct det_state *s,
                  uint32_t scale)
{
    uint64_t w[64][2];
    for (uint32_t i = 0; i < f->n; i++) {
        const struct det_term *t = &e->terms[f->at + i];
        int64_t c = centered(det_mul(t->k.v[0], scale));
        w[i][0] = (uint64_t)(c < 0 ? -c : c);
        w[i][1] = s->bound[t->col].size - 1;
    }
    qsort(w, f->n, sizeof w[0], by_weight);
    unsigned __int128 below = 0;
    for (uint32_t i = 0; i < f->n; i++) {
        if (w[i][0] <= below) return false;
        below += (unsigned __int128)w[i][0] * w[i][1];
        if (below >= IR_P) return false;
    }
    return true;
}

static bool limbs(const struct det_forms *e, const struct det_form *f, const struct det_state *s)
{
    if (f->n > 64) return false;
    for (uint32_t i = 0; i < f->n; i++) {
        const struct det_term *t = &e->terms[f->at + i];
        if (!det_is_const(&t->k) || !s->bound[t->col].set) return false;
    }
    if (radix(e, f, s, 1)) return true;
    for (uint32_t i = 0; i < f->n; i++) /* with a weight of 1 that was the only scale */
        if (e->terms[f->at + i].k.v[0] == 1 || e->terms[f->at + i].k.v[0] == IR_P - 1) return false;
    for (uint32_t i = 0; i < f->n; i++)
        if (radix(e, f, s, det_inv(e->terms[f->at + i].k.v[0]))) return true;
    return false;
}

/* k + sum of terms = 0 that only the least value of every column gives (amount = 0): all fixed. */
static bool least(const struct det_forms *e, struct det_state *s, const struct det_form *f)
{
    if (!det_is_const(&f->k)) return false;
    __int128 lo = centered(f->k.v[0]), width = 0;
    for (uint32_t i = 0; i < f->n; i++) {
        const struct det_term *t = &e->terms[f->at + i];
        const struct det_bound *b = &s->bound[t->col];
        int64_t k = centered(t->k.v[0]);
        if (!det_is_const(&t->k) || !b->set || k <= 0) return false;
        lo += (__int128)k * b->lo;
        width += (__int128)k * (int64_t)(b->size - 1);
    }
    if (lo != 0 || width >= IR_P) return false;
    for (uint32_t i = 0; i < f->n; i++) {
        const struct det_term *t = &e->terms[f->at + i];
        det_fix(s, t->col, (uint32_t)((s->bound[t->col].lo + (int64_t)IR_P) % IR_P));
    }
    return true;
}

/* The form's value is known (zero: it is 0). True if something new was learnt. */
static bool equation(struct det_pass *p, struct det_state *s, const struct det_form *f, bool zero)
{
    const struct det_term *t = p->e.terms + f->at;
    if (f->other || f->n == 0) return false;
    if (f->n == 1) {
        bool k1 = det_is_const(&t->k), k0 = det_is_const(&f->k);
        if (k1 && zero && k0) {
            det_fix(s, t->col, det_mul(det_sub(0, f->k.v[0]), det_inv(t->k.v[0])));
            return true;
        }
        if (!k1 && (!zero || !k0 || det_is_zero(&f->k))) return false;
        det_learn(s, t->col);
        if (!k1) s->known[t->col] = DET_BY_NONZERO;
        return true;
    }
    if (zero && least(&p->e, s, f)) return true;
    if (!limbs(&p->e, f, s)) return false;
    for (uint32_t i = 0; i < f->n; i++)
        det_learn(s, t[i].col);
    return true;
}

/* ---- ranges: 0 <= form < size ---- */

/* One c only: no other c within its bounds keeps known + k c in range. */
static bool carry_fits(const struct det_bound *b, uint32_t k, uint32_t size)
{
    if (!b->set || b->size > 1u << 17) return false;
    uint32_t d = 0;
    for (uint64_t i = 1; i < b->size; i++) {
        d = det_add(d, k);
        if (d < size || IR_P - d < size) return false;
    }
    return true;
}

static bool range(struct det_pass *p, struct det_state *s, const struct det_form *f, uint32_t size)
{
    if (f->other) return false;
    if (f->n == 0) {
        if (det_is_const(&f->k) && f->k.v[0] >= size) s->impossible = true;
        return false;
    }
    const struct det_term *t = p->e.terms + f->at;
    if (f->n != 1 || !det_is_const(&t->k)) return false;
    struct det_bound *b = &s->bound[t->col];
    if (!det_is_const(&f->k)) {
        if (!carry_fits(b, t->k.v[0], size)) return false;
        det_learn(s, t->col);
        return true;
    }
    int64_t k = centered(t->k.v[0]), k0 = centered(f->k.v[0]);
    if (k == 1 || k == -1) { /* c = k (y - k0), y in 0 .. size - 1 */
        int64_t lo = k == 1 ? -k0 : k0 - ((int64_t)size - 1), end = lo + size;
        if (b->set && b->lo > lo) lo = b->lo;
        if (b->set && b->lo + (int64_t)b->size < end) end = b->lo + (int64_t)b->size;
        if (lo >= end) s->impossible = true;
        if (lo >= end || (b->set && (uint64_t)(end - lo) >= b->size)) return false;
        *b = (struct det_bound){.set = true, .lo = lo, .size = (uint64_t)(end - lo)};
        return true;
    }
    /* a second look at a multiple of a column already bounded: as integers */
    if (!b->set || k <= 0) return false;
    __int128 first = (__int128)k * b->lo + k0, last = first + (__int128)k * (int64_t)(b->size - 1);
    if (first <= -(__int128)(IR_P - size) || last >= IR_P) return false;
    int64_t lo = b->lo, hi = b->lo + (int64_t)b->size - 1;
    while (lo <= hi && (__int128)k * lo + k0 < 0)
        lo++;
    int64_t top = ((int64_t)size - 1 - k0) / k;
    if (hi > top) hi = top;
    if (lo > hi || (uint64_t)(hi - lo) + 1 >= b->size) return false;
    *b = (struct det_bound){.set = true, .lo = lo, .size = (uint64_t)(hi - lo) + 1};
    return true;
}

static bool is_bool(const struct ir_table *t, ir_x x, ir_x *of)
{
    const struct ir_node *m = &t->nodes[x];
    if (m->op != IR_MUL) return false;
    for (uint32_t side = 0; side < 2; side++) {
        ir_x a = side == 0 ? m->a : m->b, b = side == 0 ? m->b : m->a;
        const struct ir_node *n = &t->nodes[b];
        if (n->op == IR_SUB && n->a == a && t->nodes[n->b].op == IR_CONST &&
            t->nodes[n->b].a == 1) {
            *of = a;
            return true;
        }
    }
    return false;
}

/* Calls `each` for every expression that the case holds to a range. */
bool det_ranges(struct det_pass *p, struct det_state *s, det_range_fn each)
{
    bool changed = false;
    ir_x x;
    for (uint32_t i = 0; i < p->t->n_constraints; i++)
        if (det_there(p, i) && is_bool(p->t, p->t->constraints[i].x, &x) &&
            p->t->nodes[x].op != IR_COL) /* columns: det_bounds */
            changed |= each(p, s, &p->e.f[x], 2);
    for (uint32_t i = 0; i < p->t->n_messages; i++) {
        const struct ir_message *m = &p->t->messages[i];
        if (!det_spoken(p, m)) continue;
        for (uint32_t r = 0; r < p->spec->n_ranges; r++)
            if (p->spec->ranges[r].tag == m->tag && p->spec->ranges[r].field < m->n_fields)
                changed |= each(p, s, &p->e.f[m->fields[p->spec->ranges[r].field]],
                                p->spec->ranges[r].size);
    }
    return changed;
}

/* ---- buses ---- */

bool det_spoken(const struct det_pass *p, const struct ir_message *m)
{
    const struct det_form *f = &p->e.f[m->mult];
    bool there = p->spec->without_message != (uint32_t)(m - p->t->messages) + 1;
    return there && det_known(f) && det_is_const(&f->k) && f->k.v[0] != 0;
}

bool det_fields_known(const struct det_pass *p, const struct ir_message *m, uint32_t mask)
{
    for (uint32_t i = 0; i < m->n_fields; i++)
        if ((mask >> i & 1) && !det_known(&p->e.f[m->fields[i]])) return false;
    return true;
}

static bool fields_learn(struct det_pass *p, struct det_state *s, const struct ir_message *m,
                         uint32_t mask)
{
    bool changed = false;
    for (uint32_t i = 0; i < m->n_fields; i++)
        if (mask >> i & 1) changed |= equation(p, s, &p->e.f[m->fields[i]], false);
    return changed;
}

static bool bus_rule(struct det_pass *p, struct det_state *s, const struct ir_message *m,
                     const struct determinacy_bus *b)
{
    if (b->tag != m->tag || b->sign != m->sign) return false;
    if (b->table != NULL && strcmp(b->table, p->t->name) != 0) return false;
    if (b->mode_field >= 0) {
        const struct det_form *f = &p->e.f[m->fields[b->mode_field]];
        if (!det_known(f) || !det_is_const(&f->k) || f->k.v[0] != b->mode) return false;
    }
    return det_fields_known(p, m, b->keys) && fields_learn(p, s, m, b->values);
}

static bool same_num(const struct det_form *a, const struct det_form *b)
{
    return det_known(a) && det_known(b) && memcmp(&a->k, &b->k, sizeof a->k) == 0;
}

/* Message `last` takes a digest: do chunks with its id fix it, or it the chunks? */
static bool sponge_rule(struct det_pass *p, struct det_state *s, const struct ir_message *last)
{
    const struct ir_table *t = p->t;
    const struct det_form *id = &p->e.f[last->fields[0]];
    bool all = true, changed = false;
    uint32_t chunks = 0;
    if (!det_known(id) || !det_known(&p->e.f[last->fields[1]])) return false;
    bool digest = det_fields_known(p, last, DET_FS(2, 10));
    for (uint32_t i = 0; i < t->n_messages; i++) {
        const struct ir_message *m = &t->messages[i];
        bool start = m->tag == p->spec->sponge && m->sign > 0;
        if ((m->tag != p->spec->sponge_in && !start) || m->sign < 0 || !det_spoken(p, m) ||
            !same_num(&p->e.f[m->fields[0]], id))
            continue;
        chunks += !start;
        all = all && det_fields_known(p, m, DET_FS(1, 10));
        if (digest) changed |= fields_learn(p, s, m, start ? 0 : DET_FS(2, 10));
    }
    if (chunks > 0 && all) changed |= fields_learn(p, s, last, DET_FS(2, 10));
    return changed;
}

static bool messages(struct det_pass *p, struct det_state *s)
{
    bool changed = false;
    for (uint32_t i = 0; i < p->t->n_messages; i++) {
        const struct ir_message *m = &p->t->messages[i];
        if (!det_spoken(p, m)) continue;
        for (uint32_t b = 0; b < p->spec->n_buses; b++)
            changed |= bus_rule(p, s, m, &p->spec->buses[b]);
        if (p->spec->sponge != 0 && m->tag == p->spec->sponge && m->sign < 0 &&
            strcmp(p->t->name, "sponge") != 0 && strcmp(p->t->name, "absorb") != 0)
            changed |= sponge_rule(p, s, m);
    }
    return changed;
}

/* ---- all rules ---- */

/* A known value that is 0: is it k c + constant for one known flag? Then c is a constant here. */
static bool pin(struct det_pass *p, struct det_state *s, const struct det_num *e)
{
    for (uint32_t c = 0; c < p->t->n_columns; c++) {
        const struct det_num *x = &s->value[c];
        if (!s->known[c] || !s->bound[c].set || s->bound[c].size != 2 || x->v[0] == x->v[1] ||
            x->v[0] == x->v[2])
            continue;
        uint32_t dx = det_sub(x->v[1], x->v[0]), de = det_sub(e->v[1], e->v[0]);
        if (de == 0 ||
            det_mul(de, det_sub(x->v[2], x->v[0])) != det_mul(det_sub(e->v[2], e->v[0]), dx))
            continue;
        uint32_t k = det_mul(de, det_inv(dx));
        uint32_t k0 = det_sub(e->v[0], det_mul(k, x->v[0]));
        det_fix(s, c, det_mul(det_sub(0, k0), det_inv(k)));
        return true;
    }
    return false;
}

static bool constraints(struct det_pass *p, struct det_state *s, bool with_pins)
{
    bool changed = false;
    for (uint32_t i = 0; i < p->t->n_constraints; i++) {
        const struct det_form *f = &p->e.f[p->t->constraints[i].x];
        if (!det_there(p, i)) continue;
        if (det_known(f) && det_is_const(&f->k) && f->k.v[0] != 0) s->impossible = true;
        if (with_pins && det_known(f) && !det_is_const(&f->k)) changed |= pin(p, s, &f->k);
        changed |= equation(p, s, f, true);
    }
    return changed;
}

/* Bounds of the columns that a constraint makes boolean, known or not. */
void det_bounds(const struct det_pass *p, struct det_state *s)
{
    ir_x x;
    for (uint32_t i = 0; i < p->t->n_constraints; i++) {
        if (!det_there(p, i) || !is_bool(p->t, p->t->constraints[i].x, &x) ||
            p->t->nodes[x].op != IR_COL)
            continue;
        s->bound[p->t->nodes[x].a] = (struct det_bound){.set = true, .lo = 0, .size = 2};
    }
}

void det_saturate(struct det_pass *p, struct det_state *s, bool with_flags)
{
    bool changed = true;
    det_bounds(p, s);
    while (changed && !s->impossible) {
        det_forms_eval(&p->e, s);
        changed = constraints(p, s, with_flags); /* in a trial pins would hide facts */
        changed |= det_ranges(p, s, range);
        changed |= messages(p, s);
        if (!changed && !s->impossible) changed = det_together(p, s);
        if (!changed && with_flags && !s->impossible) changed = det_flags(p, s);
    }
}
