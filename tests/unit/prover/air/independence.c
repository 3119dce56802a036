#include "tests/unit/prover/air/independence.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/air/batch.h"
#include "prover/air/pairing.h"
#include "prover/air/op_row.h"

static uint32_t p_add(uint32_t a, uint32_t b)
{
    uint32_t s = a + b;
    return s >= IR_P ? s - IR_P : s;
}

static uint32_t p_mul(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % IR_P);
}

static uint32_t p_inv(uint32_t a)
{
    uint32_t r = 1;
    for (uint32_t e = IR_P - 2; e != 0; e >>= 1) {
        if (e & 1) r = p_mul(r, a);
        a = p_mul(a, a);
    }
    return r;
}

/* Lookups whose answer is a function of the first n_in fields. */
static const struct {
    uint16_t tag;
    uint8_t n_in;
} functions[] = {{BUS_POSEIDON, 16}, {BUS_USER_HASH, 17}, {BUS_POOL_HASH, 9}, {BUS_PACKED, 3},
                 {BUS_POW10, 1},     {BUS_HEADER, 0},     {BUS_DAY, 0},       {BUS_DEP, 0},
                 {BUS_LENGTH, 0},    {BUS_FEE_SLOT, 1},   {BUS_MULDIV, 22},
                 {BUS_SAME, 0},      {BUS_FRAME, 1},      {BUS_PAIRING_SIDE, 1}};

/* Number of fields that are the question; UINT32_MAX for a tag that is no function. */
static uint32_t question_fields(uint16_t tag)
{
    for (uint32_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (functions[i].tag == tag) return functions[i].n_in;
    return UINT32_MAX;
}

void independence_init(struct independence *d, const struct ir_table *t)
{
    *d = (struct independence){.t = t, .n_speakers = t->n_constraints + t->n_messages};
    d->needed = calloc(d->n_speakers + 1u, 1);
    d->spoke = calloc(d->n_speakers + 1u, 1);
    d->kind = calloc(d->n_speakers + 1u, 1);
    REQUIRE(d->needed != NULL && d->spoke != NULL && d->kind != NULL);
    for (uint32_t i = 0; i < t->n_messages; i++) {
        const struct ir_message *m = &t->messages[i];
        uint8_t kind = SPEAKER_LINK;
        if (m->sign > 0 && question_fields(m->tag) != UINT32_MAX) kind = SPEAKER_LOOKUP;
        if (m->sign > 0 && (m->tag == BUS_RANGE16 || m->tag == BUS_BYTE2)) kind = SPEAKER_RANGE;
        d->kind[t->n_constraints + i] = kind;
    }
}

void independence_deinit(struct independence *d)
{
    free(d->needed);
    free(d->spoke);
    free(d->kind);
}

const char *independence_name(const struct independence *d, uint32_t speaker)
{
    if (speaker < d->t->n_constraints) return d->t->constraints[speaker].name;
    return d->t->messages[speaker - d->t->n_constraints].name;
}

/* Values and gradients of all nodes: grad[node * columns + c]. */
struct jet {
    uint32_t *v, *grad;
};

static void jet_row(struct jet *j, const struct ir_table *t, const struct ir_trace_table *tt,
                    uint32_t row)
{
    uint32_t n = t->n_columns;
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *x = &t->nodes[i];
        uint32_t *g = j->grad + (size_t)i * n;
        const uint32_t *a = j->grad + (size_t)x->a * n, *b = j->grad + (size_t)x->b * n;
        switch (x->op) {
        case IR_CONST: j->v[i] = x->a; break;
        case IR_COL:
            j->v[i] = tt->columns[x->a][row];
            g[x->a] = 1;
            break;
        case IR_IDX: j->v[i] = (row >> x->a) & ((1u << x->b) - 1u); break;
        case IR_FIXED:
            j->v[i] = t->fixed[x->a].values[row & ((1u << t->fixed[x->a].log_period) - 1u)];
            break;
        case IR_ADD:
            j->v[i] = p_add(j->v[x->a], j->v[x->b]);
            for (uint32_t c = 0; c < n; c++)
                g[c] = p_add(a[c], b[c]);
            break;
        case IR_SUB:
            j->v[i] = p_add(j->v[x->a], j->v[x->b] == 0 ? 0 : IR_P - j->v[x->b]);
            for (uint32_t c = 0; c < n; c++)
                g[c] = p_add(a[c], b[c] == 0 ? 0 : IR_P - b[c]);
            break;
        default:
            j->v[i] = p_mul(j->v[x->a], j->v[x->b]);
            for (uint32_t c = 0; c < n; c++) {
                if (a[c] == 0 && b[c] == 0) continue;
                g[c] = p_add(p_mul(a[c], j->v[x->b]), p_mul(b[c], j->v[x->a]));
            }
        }
    }
}

/* Rows of the system of equations: gradient (columns), then, if width is greater, the combination of
 * equations that made it; owner = speaker. */
struct equations {
    uint32_t n, columns, capacity, width;
    uint32_t *at;     /* n rows of `width` numbers */
    uint32_t *owner;
};

static bool equation_add(struct equations *e, const uint32_t *grad, uint32_t owner)
{
    bool zero = true;
    for (uint32_t c = 0; c < e->columns && zero; c++)
        zero = grad[c] == 0;
    if (zero) return false; /* says nothing here: neither needed nor a help */
    REQUIRE(e->n < e->capacity);
    uint32_t *row = e->at + (size_t)e->n * e->width;
    memcpy(row, grad, e->columns * sizeof *row);
    if (e->width > e->columns) row[e->columns + e->n] = 1;
    e->owner[e->n++] = owner;
    return true;
}

/* row += k * from, over `width`. */
static void row_axpy(uint32_t *row, const uint32_t *from, uint32_t k, uint32_t width)
{
    for (uint32_t c = 0; c < width; c++)
        if (from[c] != 0) row[c] = p_add(row[c], p_mul(from[c], k));
}

/* Reduced row echelon form over the first `columns` of `width` numbers; returns the rank, pivots in
 * pivot[0..rank). Rows are swapped in place. */
static uint32_t reduce(uint32_t *at, uint32_t n, uint32_t columns, uint32_t width, uint32_t *pivot)
{
    uint32_t rank = 0, *tmp = malloc(width * sizeof *tmp);
    REQUIRE(tmp != NULL);
    for (uint32_t c = 0; c < columns && rank < n; c++) {
        uint32_t r = rank;
        while (r < n && at[(size_t)r * width + c] == 0)
            r++;
        if (r == n) continue;
        uint32_t *top = at + (size_t)rank * width, *row = at + (size_t)r * width;
        if (r != rank) {
            memcpy(tmp, top, width * sizeof *tmp);
            memcpy(top, row, width * sizeof *tmp);
            memcpy(row, tmp, width * sizeof *tmp);
        }
        uint32_t inv = p_inv(top[c]);
        for (uint32_t i = 0; i < width; i++)
            if (top[i] != 0) top[i] = p_mul(top[i], inv);
        for (uint32_t k = 0; k < n; k++) {
            uint32_t lead = at[(size_t)k * width + c];
            if (k != rank && lead != 0) row_axpy(at + (size_t)k * width, top, IR_P - lead, width);
        }
        pivot[rank++] = c;
    }
    free(tmp);
    return rank;
}

/* Is the rank of these equations' coordinates among the dependencies full? Then they follow from the
 * others. deps: rows of n coefficients. */
static bool follows(const uint32_t *deps, uint32_t n_deps, uint32_t n, const uint32_t *which,
                    uint32_t n_which)
{
    if (n_deps == 0) return false;
    uint32_t *m = calloc((size_t)n_deps * n_which, sizeof *m), *pivot = calloc(n_which, sizeof *m);
    REQUIRE(m != NULL && pivot != NULL);
    for (uint32_t d = 0; d < n_deps; d++)
        for (uint32_t k = 0; k < n_which; k++)
            m[d * n_which + k] = deps[(size_t)d * n + which[k]];
    uint32_t rank = reduce(m, n_deps, n_which, n_which, pivot);
    free(m);
    free(pivot);
    return rank == n_which;
}

static uint64_t next_random(uint64_t *s)
{
    uint64_t z = *s += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* out_k = F_k(in): gradient of out_k less any combination of those of the question. */
static void add_lookup(struct independence *d, struct equations *e, const struct jet *j,
                       const struct ir_message *m, uint32_t owner, uint32_t *g, uint64_t *random)
{
    uint32_t n_in = question_fields(m->tag), columns = e->columns;
    for (uint32_t k = n_in; k < m->n_fields; k++) {
        memcpy(g, j->grad + (size_t)m->fields[k] * columns, columns * sizeof *g);
        for (uint32_t i = 0; i < n_in; i++) {
            uint32_t c = (uint32_t)(next_random(random) % IR_P);
            row_axpy(g, j->grad + (size_t)m->fields[i] * columns, c, columns);
        }
        if (equation_add(e, g, owner)) d->spoke[owner] = 1;
    }
}

/* Is the gradient a combination of the first `rank` (reduced) rows? */
static bool in_span(const struct equations *e, uint32_t rank, const uint32_t *pivot, uint32_t *g)
{
    for (uint32_t k = 0; k < rank; k++)
        if (g[pivot[k]] != 0)
            row_axpy(g, e->at + (size_t)k * e->width, IR_P - g[pivot[k]], e->columns);
    for (uint32_t c = 0; c < e->columns; c++)
        if (g[c] != 0) return false;
    return true;
}

void independence_row(struct independence *d, const struct ir_trace_table *tt, uint32_t row)
{
    const struct ir_table *t = d->t;
    uint32_t columns = t->n_columns, capacity = t->n_constraints;
    uint64_t random = row;
    for (uint32_t i = 0; i < t->n_messages; i++)
        capacity += t->messages[i].n_fields;
    struct jet j = {.v = calloc(t->n_nodes, sizeof *j.v),
                    .grad = calloc((size_t)t->n_nodes * columns, sizeof *j.grad)};
    struct equations e = {.columns = columns, .capacity = capacity, .width = columns + capacity};
    e.at = calloc((size_t)capacity * e.width, sizeof *e.at);
    e.owner = calloc(capacity, sizeof *e.owner);
    uint32_t *pivot = calloc(columns, sizeof *pivot), *which = calloc(capacity, sizeof *which);
    uint32_t *g = calloc(columns, sizeof *g);
    REQUIRE(j.v != NULL && j.grad != NULL && e.at != NULL && e.owner != NULL && pivot != NULL &&
            which != NULL && g != NULL);
    jet_row(&j, t, tt, row);
    for (uint32_t i = 0; i < t->n_constraints; i++)
        if (equation_add(&e, j.grad + (size_t)t->constraints[i].x * columns, i)) d->spoke[i] = 1;
    for (uint32_t i = 0; i < t->n_messages; i++) {
        uint32_t owner = t->n_constraints + i;
        if (d->kind[owner] == SPEAKER_LOOKUP && j.v[t->messages[i].mult] != 0)
            add_lookup(d, &e, &j, &t->messages[i], owner, g, &random);
    }
    uint32_t rank = reduce(e.at, e.n, columns, e.width, pivot);

    /* rows past the rank are zero gradients: their combinations are the dependencies */
    uint32_t n_deps = e.n - rank, *deps = calloc((size_t)n_deps * e.n + 1, sizeof *deps);
    REQUIRE(deps != NULL);
    for (uint32_t k = 0; k < n_deps; k++)
        memcpy(deps + (size_t)k * e.n, e.at + (size_t)(rank + k) * e.width + columns,
               e.n * sizeof *deps);
    for (uint32_t s = 0; s < d->n_speakers; s++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < e.n; i++)
            if (e.owner[i] == s) which[n++] = i;
        if (n > 0 && !d->needed[s] && !follows(deps, n_deps, e.n, which, n)) d->needed[s] = 1;
    }
    for (uint32_t i = 0; i < t->n_messages; i++) {
        const struct ir_message *m = &t->messages[i];
        uint32_t owner = t->n_constraints + i;
        if (d->kind[owner] != SPEAKER_RANGE || j.v[m->mult] == 0) continue;
        d->spoke[owner] = 1;
        for (uint32_t k = 0; k < m->n_fields; k++) {
            memcpy(g, j.grad + (size_t)m->fields[k] * columns, columns * sizeof *g);
            if (!in_span(&e, rank, pivot, g)) d->needed[owner] = 1;
        }
    }
    free(j.v);
    free(j.grad);
    free(e.at);
    free(e.owner);
    free(pivot);
    free(which);
    free(g);
    free(deps);
}

static enum field_kind kind_of_field(const struct ir_message *m, const uint32_t *v, uint32_t field,
                                     field_kind_of kind)
{
    uint32_t n_in = m->sign > 0 ? question_fields(m->tag) : UINT32_MAX;
    if (n_in != UINT32_MAX) return field < n_in ? FIELD_IGNORED : FIELD_ANSWER;
    return kind(m, v, field);
}

/* What the given fields and the answers of one message say. */
static void add_message(struct equations *e, const struct jet *j, const struct ir_message *m,
                        field_kind_of kind, uint32_t *g, uint64_t *random)
{
    uint32_t v[IR_MAX_FIELDS], first_answer = UINT32_MAX;
    for (uint32_t f = 0; f < m->n_fields; f++)
        v[f] = j->v[m->fields[f]];
    for (uint32_t f = 0; f < m->n_fields; f++) {
        enum field_kind k = kind_of_field(m, v, f, kind);
        memcpy(g, j->grad + (size_t)m->fields[f] * e->columns, e->columns * sizeof *g);
        if (k == FIELD_ANSWER) {
            if (first_answer == UINT32_MAX) first_answer = f;
            for (uint32_t i = 0; i < first_answer; i++)
                row_axpy(g, j->grad + (size_t)m->fields[i] * e->columns,
                         (uint32_t)(next_random(random) % IR_P), e->columns);
        }
        if (k == FIELD_GIVEN || k == FIELD_ANSWER) (void)equation_add(e, g, 0);
    }
}

void independence_results(const struct ir_table *t, const struct ir_trace_table *tt, uint32_t row,
                          field_kind_of kind,
                          void (*moves)(const struct ir_table *t, const struct ir_message *m,
                                        uint32_t field))
{
    uint32_t columns = t->n_columns, capacity = t->n_constraints;
    uint64_t random = row;
    for (uint32_t i = 0; i < t->n_messages; i++)
        capacity += t->messages[i].n_fields;
    struct jet j = {.v = calloc(t->n_nodes, sizeof *j.v),
                    .grad = calloc((size_t)t->n_nodes * columns, sizeof *j.grad)};
    struct equations e = {.columns = columns, .capacity = capacity, .width = columns};
    e.at = calloc((size_t)capacity * e.width, sizeof *e.at);
    e.owner = calloc(capacity, sizeof *e.owner);
    uint32_t *pivot = calloc(columns, sizeof *pivot), *g = calloc(columns, sizeof *g);
    REQUIRE(j.v != NULL && j.grad != NULL && e.at != NULL && e.owner != NULL && pivot != NULL &&
            g != NULL);
    jet_row(&j, t, tt, row);
    for (uint32_t i = 0; i < t->n_constraints; i++)
        (void)equation_add(&e, j.grad + (size_t)t->constraints[i].x * columns, 0);
    for (uint32_t i = 0; i < t->n_messages; i++)
        if (j.v[t->messages[i].mult] != 0) add_message(&e, &j, &t->messages[i], kind, g, &random);
    uint32_t rank = reduce(e.at, e.n, columns, e.width, pivot);
    for (uint32_t i = 0; i < t->n_messages; i++) {
        const struct ir_message *m = &t->messages[i];
        uint32_t v[IR_MAX_FIELDS];
        memcpy(g, j.grad + (size_t)m->mult * columns, columns * sizeof *g);
        if (m->sign > 0 && !in_span(&e, rank, pivot, g)) moves(t, m, UINT32_MAX);
        if (j.v[m->mult] == 0) continue;
        for (uint32_t f = 0; f < m->n_fields; f++)
            v[f] = j.v[m->fields[f]];
        for (uint32_t f = 0; f < m->n_fields; f++) {
            if (kind_of_field(m, v, f, kind) != FIELD_RESULT) continue;
            memcpy(g, j.grad + (size_t)m->fields[f] * columns, columns * sizeof *g);
            if (!in_span(&e, rank, pivot, g)) moves(t, m, f);
        }
    }
    free(j.v);
    free(j.grad);
    free(e.at);
    free(e.owner);
    free(pivot);
    free(g);
}

/* Columns below the node x: at most `max`, in out. */
static uint32_t support(const struct ir_table *t, ir_x x, uint32_t *out, uint32_t max)
{
    uint8_t *below = calloc(x + 1u, 1);
    uint32_t n = 0;
    REQUIRE(below != NULL);
    below[x] = 1;
    for (uint32_t i = x + 1u; i-- > 0;) {
        const struct ir_node *k = &t->nodes[i];
        if (!below[i]) continue;
        if (k->op == IR_COL && n < max) out[n++] = k->a;
        if (k->op == IR_ADD || k->op == IR_SUB || k->op == IR_MUL) below[k->a] = below[k->b] = 1;
    }
    free(below);
    return n;
}

static uint32_t node_value(const struct ir_table *t, const struct ir_trace_table *tt, uint32_t row,
                           const struct ir_node *x, const uint32_t *v)
{
    switch (x->op) {
    case IR_CONST: return x->a;
    case IR_COL: return tt->columns[x->a][row];
    case IR_IDX: return (row >> x->a) & ((1u << x->b) - 1u);
    case IR_FIXED: return t->fixed[x->a].values[row & ((1u << t->fixed[x->a].log_period) - 1u)];
    case IR_ADD: return p_add(v[x->a], v[x->b]);
    case IR_SUB: return p_add(v[x->a], v[x->b] == 0 ? 0 : IR_P - v[x->b]);
    default: return p_mul(v[x->a], v[x->b]);
    }
}

/* Does the row as it stands break constraint `only` and no other? needed_node: below constraints. */
static bool breaks_only(const struct ir_table *t, const struct ir_trace_table *tt, uint32_t row,
                        uint32_t only, const uint8_t *in_constraints, uint32_t *v)
{
    for (uint32_t i = 0; i < t->n_nodes; i++)
        if (in_constraints[i]) v[i] = node_value(t, tt, row, &t->nodes[i], v);
    if (v[t->constraints[only].x] == 0) return false;
    for (uint32_t i = 0; i < t->n_constraints; i++)
        if (i != only && v[t->constraints[i].x] != 0) return false;
    return true;
}

void independence_flips(struct independence *d, struct ir_trace_table *tt, uint32_t row)
{
    enum { MAX_SUPPORT = 24, VALUES = 4 };
    const struct ir_table *t = d->t;
    uint64_t random = row + 1u;
    uint8_t *in = calloc(t->n_nodes + 1u, 1);
    uint32_t *v = calloc(t->n_nodes + 1u, sizeof *v), cols[MAX_SUPPORT];
    REQUIRE(in != NULL && v != NULL);
    for (uint32_t i = 0; i < t->n_constraints; i++)
        in[t->constraints[i].x] = 1;
    for (uint32_t i = t->n_nodes; i-- > 0;) {
        const struct ir_node *k = &t->nodes[i];
        if (in[i] && (k->op == IR_ADD || k->op == IR_SUB || k->op == IR_MUL))
            in[k->a] = in[k->b] = 1;
    }
    for (uint32_t c = 0; c < t->n_constraints; c++) {
        if (d->needed[c]) continue;
        uint32_t n = support(t, t->constraints[c].x, cols, MAX_SUPPORT);
        for (uint32_t i = 0; i < n && !d->needed[c]; i++)
            for (uint32_t k = i; k < n && !d->needed[c]; k++)
                for (uint32_t vals = 0; vals < VALUES * VALUES && !d->needed[c]; vals++) {
                    uint32_t r = (uint32_t)(next_random(&random) % IR_P);
                    uint32_t value[VALUES] = {0, 1, 2, r};
                    uint32_t *a = &tt->columns[cols[i]][row], *b = &tt->columns[cols[k]][row];
                    uint32_t old_a = *a, old_b = *b;
                    *a = value[vals % VALUES];
                    if (k != i) *b = value[vals / VALUES];
                    if (breaks_only(t, tt, row, c, in, v)) {
                        d->needed[c] = 1;
                        d->spoke[c] = 1;
                    }
                    *a = old_a;
                    if (k != i) *b = old_b;
                }
    }
    free(in);
    free(v);
}

/* Is the column held to 0 or 1: some constraint's square term is this column alone? By name. */
static bool is_flag(const struct ir_table *t, uint32_t column)
{
    char name[160];
    snprintf(name, sizeof name, "%s is boolean", t->column_names[column]);
    for (uint32_t i = 0; i < t->n_constraints; i++)
        if (strcmp(t->constraints[i].name, name) == 0) return true;
    return false;
}

/* The flags of a row: rows that play different parts differ here. */
static uint64_t pattern(const struct ir_trace_table *tt, const uint8_t *flag, uint32_t row)
{
    uint64_t h = 0x9e3779b97f4a7c15u;
    for (uint32_t c = 0; c < tt->n_columns; c++) {
        if (!flag[c]) continue;
        h = (h ^ tt->columns[c][row]) * 0xff51afd7ed558ccdu;
        h ^= h >> 31;
    }
    return h;
}

void independence_table(struct independence *d, struct ir_trace_table *tt)
{
    enum { ROWS_PER_TABLE = 32 };
    const struct ir_table *t = d->t;
    uint32_t rows = 1u << t->log_height, n = 0, budget = t->n_columns > 200 ? 6 : ROWS_PER_TABLE;
    uint64_t seen[ROWS_PER_TABLE];
    uint8_t flag[IR_MAX_COLUMNS];
    for (uint32_t c = 0; c < t->n_columns; c++)
        flag[c] = is_flag(t, c);
    for (uint32_t k = 0; k < rows && n < budget; k++) {
        uint32_t row = k % 2 == 0 ? k / 2 : rows - 1 - k / 2;
        uint64_t p = pattern(tt, flag, row);
        uint32_t known = 0;
        for (uint32_t i = 0; i < n; i++)
            known += seen[i] == p;
        if (known == 2) continue;
        seen[n++] = p;
        independence_row(d, tt, row);
        independence_flips(d, tt, row);
    }
}
