/* Two cells of a row of a real batch changed at once, all pairs of columns: somebody notices. The
 * cheat may choose multiplicities, so a number that is looked up in a range is noticed only outside
 * of it; any other message that changes is (it is answered once, or it is a function's value).
 * Cells that nobody notices by themselves (not used in the row's case, hints) are left out: what
 * they are is unit_prover_determinacy's and the single-cell tests' business. Pairs with a column of
 * the determinacy pass's list of given ones are counted apart: they are free by the reason there.
 *
 * LEAF_PAIRS_ALL: all pairs in several rows of each table; else a sample by the seed. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/air/bus.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"
#include "tests/unit/prover/determinacy/specs.h"
#include "tests/unit/prover/leaf/leaf_fill.h"

#ifdef LEAF_PAIRS_ALL
enum { BATCHES = 2, ROWS = 6, ONE_IN = 1 };
#else
enum { BATCHES = 1, ROWS = 1, ONE_IN = 8 };
#endif

static uint32_t p_add(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}

/* What hangs on a column: numbers of nodes, constraints, messages, ascending. */
struct below {
    uint32_t *node, *constraint, *message, n_nodes, n_constraints, n_messages;
};
struct row {
    const struct ir_table *t;
    struct ir_trace_table *tt;
    uint32_t row;
    struct below *col;
    uint32_t *before, *after;
    uint8_t *inert;
};

static void below_find(struct below *b, const struct ir_table *t, uint32_t col)
{
    uint8_t *on = calloc(t->n_nodes + 1u, 1);
    ck_assert_ptr_nonnull(on);
    b->node = malloc((t->n_nodes + 1u) * sizeof *b->node);
    b->constraint = malloc((t->n_constraints + 1u) * sizeof *b->constraint);
    b->message = malloc((t->n_messages + 1u) * sizeof *b->message);
    ck_assert(b->node != NULL && b->constraint != NULL && b->message != NULL);
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *n = &t->nodes[i];
        bool inner = n->op == IR_ADD || n->op == IR_SUB || n->op == IR_MUL;
        on[i] = inner ? on[n->a] || on[n->b] : n->op == IR_COL && n->a == col;
        if (on[i]) b->node[b->n_nodes++] = i;
    }
    for (uint32_t i = 0; i < t->n_constraints; i++)
        if (on[t->constraints[i].x]) b->constraint[b->n_constraints++] = i;
    for (uint32_t i = 0; i < t->n_messages; i++) {
        bool hit = on[t->messages[i].mult];
        for (uint32_t f = 0; f < t->messages[i].n_fields; f++)
            hit |= on[t->messages[i].fields[f]];
        if (hit) b->message[b->n_messages++] = i;
    }
    free(on);
}

static uint32_t node_value(const struct row *r, uint32_t i, const uint32_t *v)
{
    const struct ir_table *t = r->t;
    const struct ir_node *n = &t->nodes[i];
    switch (n->op) {
    case IR_CONST:
        return n->a;
    case IR_COL:
        return r->tt->columns[n->a][r->row];
    case IR_IDX:
        return (r->row >> n->a) & ((1u << n->b) - 1u);
    case IR_FIXED:
        return t->fixed[n->a].values[r->row & ((1u << t->fixed[n->a].log_period) - 1u)];
    case IR_ADD:
        return p_add(v[n->a], v[n->b]);
    case IR_SUB:
        return p_add(v[n->a], IR_P - v[n->b]);
    default:
        return (uint32_t)((uint64_t)v[n->a] * v[n->b] % IR_P);
    }
}

static uint64_t said(const struct ir_message *m, const uint32_t *v)
{
    uint64_t h = m->tag * 0x9e3779b97f4a7c15u;
    uint32_t n = m->n_fields;
    if (v[m->mult] == 0) return 0;
    while (n > 0 && v[m->fields[n - 1]] == 0)
        n--;
    for (uint32_t i = 0; i < n; i++) {
        h ^= v[m->fields[i]] + ((uint64_t)(i + 1) << 40);
        h *= 0xff51afd7ed558ccdu;
        h ^= h >> 29;
    }
    return (m->sign > 0 ? h | 1 : 0 - (h | 1)) * v[m->mult];
}

static bool is_range(const struct ir_message *m)
{
    return m->sign > 0 && (m->tag == BUS_RANGE16 || m->tag == BUS_BYTE2);
}

static bool out_of_range(const struct ir_message *m, const uint32_t *v)
{
    if (v[m->mult] == 0) return false;
    if (v[m->mult] != 1) return true; /* flags only */
    uint32_t size = m->tag == BUS_BYTE2 ? 256 : 65536;
    for (uint32_t f = 0; f < m->n_fields; f++)
        if (v[m->fields[f]] >= size) return true;
    return false;
}

/* Does anybody notice that cells a and b are as they are now? */
static bool noticed(struct row *r, uint32_t a, uint32_t b)
{
    const struct below *x = &r->col[a], *y = &r->col[b];
    const struct ir_table *t = r->t;
    uint32_t i = 0, k = 0;
    while (i < x->n_nodes || k < y->n_nodes) {
        uint32_t p = i < x->n_nodes ? x->node[i] : UINT32_MAX;
        uint32_t q = k < y->n_nodes ? y->node[k] : UINT32_MAX, at = p < q ? p : q;
        r->after[at] = node_value(r, at, r->after);
        i += p == at;
        k += q == at;
    }
    bool hit = false;
    uint64_t change = 0;
    for (uint32_t c = 0; c < 2 && !hit; c++) {
        const struct below *z = c == 0 ? x : y;
        for (i = 0; i < z->n_constraints && !hit; i++)
            hit = r->after[t->constraints[z->constraint[i]].x] != 0;
    }
    for (i = 0, k = 0; !hit && (i < x->n_messages || k < y->n_messages);) {
        uint32_t p = i < x->n_messages ? x->message[i] : UINT32_MAX;
        uint32_t q = k < y->n_messages ? y->message[k] : UINT32_MAX, at = p < q ? p : q;
        const struct ir_message *m = &t->messages[at];
        if (is_range(m))
            hit = out_of_range(m, r->after);
        else
            change += said(m, r->after) - said(m, r->before);
        i += p == at;
        k += q == at;
    }
    for (i = 0; i < x->n_nodes; i++)
        r->after[x->node[i]] = r->before[x->node[i]];
    for (k = 0; k < y->n_nodes; k++)
        r->after[y->node[k]] = r->before[y->node[k]];
    return hit || change != 0;
}

static void row_init(struct row *r, uint32_t number)
{
    r->row = number;
    for (uint32_t i = 0; i < r->t->n_nodes; i++)
        r->before[i] = node_value(r, i, r->before);
    memcpy(r->after, r->before, r->t->n_nodes * sizeof *r->after);
    for (uint32_t c = 0; c < r->t->n_columns; c++) {
        uint32_t *cell = &r->tt->columns[c][number], was = *cell;
        r->inert[c] = 0;
        for (uint32_t step = 1; step < 4; step++) {
            *cell = p_add(was, step);
            r->inert[c] |= !noticed(r, c, c);
        }
        *cell = was;
    }
}

static bool is_given_by(const struct determinacy_spec *s, const char *table, const char *column)
{
    for (uint32_t k = 0; k < s->n_given; k++) {
        const char *p = s->given[k].column;
        size_t n = strlen(p), star = n > 0 && p[n - 1] == '*';
        if (strcmp(s->given[k].table, table) == 0 && strncmp(p, column, n - star) == 0 &&
            (star || column[n] == 0 || column[n] == '['))
            return true;
    }
    return false;
}

static bool is_given(const char *table, const char *column)
{
    return is_given_by(&DETERMINACY_LEAF, table, column) ||
           is_given_by(&DETERMINACY_BLOB, table, column);
}

struct counts {
    uint64_t mutants, noticed, given, survivors;
    uint64_t silent; /* in a row that says nothing, before and after */
};

static bool speaks(const struct row *r)
{
    for (uint32_t i = 0; i < r->t->n_messages; i++)
        if (r->before[r->t->messages[i].mult] != 0) return true;
    return false;
}

static void pair(struct row *r, uint32_t a, uint32_t b, struct counts *n)
{
    static const int64_t steps[][2] = {{1, 1},      {1, -1},     {-1, 1},    {256, -1}, {-1, 256},
                                       {65536, -1}, {-1, 65536}, {2, -1},    {-1, 2},   {-2048, 1},
                                       {16384, -1}, {-1, 16384}, {1, -2048}, {0, 0}};
    uint32_t *x = &r->tt->columns[a][r->row], *y = &r->tt->columns[b][r->row], was[2] = {*x, *y};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        bool exchange = steps[i][0] == 0;
        if (exchange && was[0] == was[1]) continue;
        *x = exchange ? was[1] : (uint32_t)((was[0] + steps[i][0] + IR_P) % IR_P);
        *y = exchange ? was[0] : (uint32_t)((was[1] + steps[i][1] + IR_P) % IR_P);
        n->mutants++;
        if (noticed(r, a, b)) {
            n->noticed++;
            continue;
        }
        if (!speaks(r)) {
            n->silent++;
            continue;
        }
        const char *first = r->t->column_names[a], *second = r->t->column_names[b];
        if (is_given(r->t->name, first) || is_given(r->t->name, second)) {
            n->given++;
            continue;
        }
        if (n->survivors++ < 40)
            printf("  survivor: %s row %u: %s %u, %s %u -> %u, %u\n", r->t->name, (unsigned)r->row,
                   first, (unsigned)was[0], second, (unsigned)was[1], (unsigned)*x, (unsigned)*y);
    }
    *x = was[0];
    *y = was[1];
}

static uint64_t flags_of(const struct row *r, uint32_t row)
{
    uint64_t h = 1;
    for (uint32_t c = 0; c < r->t->n_columns; c++) {
        uint32_t v = r->tt->columns[c][row];
        h = (h ^ (v < 2 ? v : 2)) * 0xff51afd7ed558ccdu;
        h ^= h >> 31;
    }
    return h;
}

static void table_pairs(const struct ir_table *t, struct ir_trace_table *tt, struct rng *rng,
                        struct counts *n)
{
    struct row r = {.t = t, .tt = tt};
    uint64_t seen[ROWS];
    uint32_t rows = 0;
    r.col = calloc(t->n_columns + 1u, sizeof *r.col);
    r.before = calloc(t->n_nodes + 1u, sizeof *r.before);
    r.after = calloc(t->n_nodes + 1u, sizeof *r.after);
    r.inert = calloc(t->n_columns + 1u, 1);
    ck_assert(r.col != NULL && r.before != NULL && r.after != NULL && r.inert != NULL);
    for (uint32_t c = 0; c < t->n_columns; c++)
        below_find(&r.col[c], t, c);
    for (uint32_t i = 0; i < 64 && rows < ROWS; i++) { /* rows at the start are in use */
        uint32_t row = i % (1u << t->log_height), known = 0;
        uint64_t h = flags_of(&r, row);
        for (uint32_t k = 0; k < rows; k++)
            known |= seen[k] == h;
        if (known) continue;
        seen[rows++] = h;
        row_init(&r, row);
        for (uint32_t a = 0; a < t->n_columns; a++)
            for (uint32_t b = a + 1; b < t->n_columns; b++)
                if (!r.inert[a] && !r.inert[b] && rng_below(rng, ONE_IN) == 0) pair(&r, a, b, n);
    }
    for (uint32_t c = 0; c < t->n_columns; c++) {
        free(r.col[c].node);
        free(r.col[c].constraint);
        free(r.col[c].message);
    }
    free(r.col);
    free(r.before);
    free(r.after);
    free(r.inert);
}

START_TEST(two_changed_cells_of_a_row_are_noticed)
{
    struct rng rng;
    check_seed(&rng);
    uint64_t seed = 1 + rng_below(&rng, 1u << 30);
    struct ir_system *s = leaf_system_sized(&leaf_size_blob);
    struct world *w = world_new(seed, true);
    struct counts *n = calloc(s->n_tables, sizeof *n), sum = {.mutants = 0};
    ck_assert_ptr_nonnull(n);
    for (uint32_t k = 0; k < BATCHES;) {
        struct sealed_batch b;
        if (!world_seal_random(w, 60, &b)) continue;
        k++;
        for (uint32_t c = 0; c < b.n_segments && c < BATCHES; c++) {
            leaf_set_blob(b.traces[c], &rng);
            struct ir_trace *tr = leaf_fill(s, b.traces[c]);
            ck_assert_ptr_nonnull(tr);
            for (uint32_t i = 0; i < s->n_tables; i++)
                table_pairs(s->tables[i], &tr->tables[i], &rng, &n[i]);
            ir_trace_free(tr);
        }
        sealed_batch_deinit(&b);
    }
    for (uint32_t i = 0; i < s->n_tables; i++) {
        printf("%-10s %8llu mutants, %8llu noticed, %6llu with a given column, %llu survive\n",
               s->tables[i]->name, (unsigned long long)n[i].mutants,
               (unsigned long long)n[i].noticed, (unsigned long long)n[i].given,
               (unsigned long long)n[i].survivors);
        sum.mutants += n[i].mutants;
        sum.noticed += n[i].noticed;
        sum.given += n[i].given;
        sum.survivors += n[i].survivors;
        sum.silent += n[i].silent;
    }
    printf(
        "leaf, two cells: %llu mutants, %llu noticed, %llu with a given column, %llu in rows that "
        "go on saying nothing, %llu survive\n",
        (unsigned long long)sum.mutants, (unsigned long long)sum.noticed,
        (unsigned long long)sum.given, (unsigned long long)sum.silent,
        (unsigned long long)sum.survivors);
    fflush(stdout);
    ck_assert_uint_eq(sum.survivors, 0);
    ck_assert_uint_gt(sum.noticed, 10000);
    free(n);
    world_free(w);
    ir_system_free(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("leaf pairs");
    TCase *tc = tcase_create("pairs");
    tcase_set_timeout(tc, 900);
    tcase_add_test(tc, two_changed_cells_of_a_row_are_noticed);
    suite_add_tcase(s, tc);
    return check_main(s);
}
