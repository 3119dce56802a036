#include "tests/unit/prover/air/mutants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

static uint32_t p_add(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}

static uint32_t p_mul(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % IR_P);
}

static void eval_row(const struct ir_table *t, const struct ir_trace_table *tt, uint32_t row,
                     uint32_t *v)
{
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *n = &t->nodes[i];
        switch (n->op) {
        case IR_CONST: v[i] = n->a; break;
        case IR_COL: v[i] = tt->columns[n->a][row]; break;
        case IR_IDX: v[i] = (row >> n->a) & ((1u << n->b) - 1u); break;
        case IR_FIXED:
            v[i] = t->fixed[n->a].values[row & ((1u << t->fixed[n->a].log_period) - 1u)];
            break;
        case IR_ADD: v[i] = p_add(v[n->a], v[n->b]); break;
        case IR_SUB: v[i] = p_add(v[n->a], IR_P - v[n->b]); break;
        default: v[i] = p_mul(v[n->a], v[n->b]); break;
        }
    }
}

/* What message m says in this row: hash of (tag, fields) weighted by the signed multiplicity. The
 * sum over a row's messages is a linear fingerprint of the multiset. */
static uint64_t said(const struct ir_message *m, const uint32_t *v)
{
    uint32_t mult = v[m->mult];
    if (mult == 0) return 0;
    uint64_t h = m->tag * 0x9e3779b97f4a7c15u;
    uint32_t n = m->n_fields;
    while (n > 0 && v[m->fields[n - 1]] == 0)
        n--;
    for (uint32_t i = 0; i < n; i++) {
        h ^= v[m->fields[i]] + ((uint64_t)(i + 1) << 40);
        h *= 0xff51afd7ed558ccdu;
        h ^= h >> 29;
    }
    h |= 1;
    return m->sign > 0 ? h * mult : 0u - h * mult;
}

struct table_state {
    const struct ir_table *t;
    uint32_t *before, *after;
    uint32_t *sole; /* per constraint, then per message: mutants only it killed */
};

/* Number of speakers that notice the change; *who = the last of them. */
static uint32_t killers(const struct table_state *s, uint32_t *who)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->t->n_constraints; i++)
        if (s->after[s->t->constraints[i].x] != 0) {
            n++;
            *who = i;
        }
    uint64_t change = 0;
    uint32_t changed = 0, last = 0;
    for (uint32_t i = 0; i < s->t->n_messages; i++) {
        uint64_t d = said(&s->t->messages[i], s->after) - said(&s->t->messages[i], s->before);
        change += d;
        if (d != 0) {
            changed++;
            last = s->t->n_constraints + i;
        }
    }
    if (change != 0) {
        n += changed;
        *who = last;
    }
    return n;
}

static bool is_allowed(const struct mutant_allow *allow, uint32_t n, const char *table,
                       const char *column, bool padding)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(allow[i].table, table) == 0 &&
            strncmp(allow[i].column, column, strlen(allow[i].column)) == 0 &&
            (allow[i].rows == ROWS_ALL || padding))
            return true;
    return false;
}

static void mutate_row(struct table_state *s, struct ir_trace_table *tt, uint32_t row, bool padding,
                       const struct mutant_allow *allow, uint32_t n_allow, struct mutant_report *r)
{
    eval_row(s->t, tt, row, s->before);
    for (uint32_t c = 0; c < s->t->n_columns; c++) {
        uint32_t old = tt->columns[c][row];
        uint32_t values[5] = {p_add(old, 1), p_add(old, IR_P - 1), p_add(old, 1u << 16), 0, 1};
        uint32_t alive = 0, tried = 0;
        for (uint32_t k = 0; k < 5; k++) {
            bool seen = values[k] == old;
            for (uint32_t i = 0; i < k; i++)
                seen = seen || values[i] == values[k];
            if (seen) continue;
            tt->columns[c][row] = values[k];
            eval_row(s->t, tt, row, s->after);
            uint32_t who = 0, n = killers(s, &who);
            tried++;
            if (n == 0) alive++;
            if (n == 1) s->sole[who]++;
        }
        tt->columns[c][row] = old;
        r->mutants += tried;
        r->killed += tried - alive;
        if (alive == 0) continue;
        if (is_allowed(allow, n_allow, s->t->name, s->t->column_names[c], padding)) {
            r->allowed += alive;
        } else {
            r->survivors += alive;
            if (r->survivors < 5000)
                printf("  survivor: %s row %u%s column %s (was %u, %u of %u)\n", s->t->name, (unsigned)row,
                       padding ? " (padding)" : "", s->t->column_names[c], (unsigned)old,
                       (unsigned)alive, (unsigned)tried);
        }
    }
}

/* Check kills a failed test without flushing. */
static void flush(void)
{
    fflush(stdout);
}

struct mutant_report mutants_run(struct ir_trace *tr, const char *const *tables, uint32_t n_tables,
                                 const uint32_t *used, uint32_t max_rows,
                                 const struct mutant_allow *allow, uint32_t n_allow, bool verbose)
{
    struct mutant_report r = {.mutants = 0};
    for (uint32_t i = 0; i < n_tables; i++) {
        uint32_t number = ir_table_find(tr->system, tables[i]);
        REQUIRE(number != UINT32_MAX);
        const struct ir_table *t = tr->system->tables[number];
        uint32_t speakers = t->n_constraints + t->n_messages;
        struct table_state s = {.t = t};
        s.before = calloc(t->n_nodes, sizeof *s.before);
        s.after = calloc(t->n_nodes, sizeof *s.after);
        s.sole = calloc(speakers + 1u, sizeof *s.sole);
        REQUIRE(s.before != NULL && s.after != NULL && s.sole != NULL);
        uint32_t rows = used[i], step = rows <= max_rows ? 1 : (rows + max_rows - 1) / max_rows;
        for (uint32_t row = 0; row < rows; row += step)
            mutate_row(&s, &tr->tables[number], row, false, allow, n_allow, &r);
        if (rows < 1u << t->log_height)
            mutate_row(&s, &tr->tables[number], rows, true, allow, n_allow, &r);
        r.speakers += speakers;
        for (uint32_t k = 0; k < speakers; k++) {
            r.sole_killers += s.sole[k] != 0;
            if (verbose && s.sole[k] == 0)
                printf("  never the only killer: %s %s\n", t->name,
                       k < t->n_constraints ? t->constraints[k].name
                                            : t->messages[k - t->n_constraints].name);
        }
        free(s.before);
        free(s.after);
        free(s.sole);
    }
    flush();
    return r;
}

static void mutate_pair(struct table_state *s, struct ir_trace_table *tt, uint32_t row,
                        uint32_t first, uint32_t second, struct mutant_report *r)
{
    static const int64_t steps[][2] = {{1, 1},      {1, -1},     {-1, 1},        {256, -1},
                                       {-1, 256},   {65536, -1}, {-1, 65536},    {2, -1},
                                       {-1, 2},     {16384, -1}, {-1, 16384},    {0, 0}};
    uint32_t *a = &tt->columns[first][row], *b = &tt->columns[second][row], was[2] = {*a, *b};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        bool exchange = steps[i][0] == 0;
        if (exchange && was[0] == was[1]) continue;
        *a = exchange ? was[1] : (uint32_t)((was[0] + steps[i][0] + IR_P) % IR_P);
        *b = exchange ? was[0] : (uint32_t)((was[1] + steps[i][1] + IR_P) % IR_P);
        eval_row(s->t, tt, row, s->after);
        uint32_t who = 0, n = killers(s, &who);
        r->mutants++;
        if (n > 0) {
            r->killed++;
            if (n == 1) s->sole[who]++;
            continue;
        }
        r->survivors++;
        if (r->survivors < 100)
            printf("  survivor: %s row %u columns %s %u, %s %u -> %u, %u\n", s->t->name,
                   (unsigned)row, s->t->column_names[first], (unsigned)was[0],
                   s->t->column_names[second], (unsigned)was[1], (unsigned)*a, (unsigned)*b);
    }
    *a = was[0];
    *b = was[1];
}

struct mutant_report mutants_pairs(struct ir_trace *tr, const char *const *tables,
                                   uint32_t n_tables, const uint32_t *used, uint32_t max_rows,
                                   const struct mutant_allow *allow, uint32_t n_allow)
{
    struct mutant_report r = {.mutants = 0};
    for (uint32_t i = 0; i < n_tables; i++) {
        uint32_t number = ir_table_find(tr->system, tables[i]);
        REQUIRE(number != UINT32_MAX);
        const struct ir_table *t = tr->system->tables[number];
        struct ir_trace_table *tt = &tr->tables[number];
        struct table_state s = {.t = t};
        s.before = calloc(t->n_nodes, sizeof *s.before);
        s.after = calloc(t->n_nodes, sizeof *s.after);
        s.sole = calloc(t->n_constraints + t->n_messages + 1u, sizeof *s.sole);
        REQUIRE(s.before != NULL && s.after != NULL && s.sole != NULL);
        uint32_t step = used[i] <= max_rows ? 1 : (used[i] + max_rows - 1) / max_rows;
        for (uint32_t row = 0; row < used[i]; row += step) {
            eval_row(t, tt, row, s.before);
            for (uint32_t a = 0; a < t->n_columns; a++)
                for (uint32_t b = a + 1; b < t->n_columns; b++)
                    if (!is_allowed(allow, n_allow, t->name, t->column_names[a], false) &&
                        !is_allowed(allow, n_allow, t->name, t->column_names[b], false))
                        mutate_pair(&s, tt, row, a, b, &r);
        }
        r.speakers += t->n_constraints + t->n_messages;
        for (uint32_t k = 0; k < t->n_constraints + t->n_messages; k++)
            r.sole_killers += s.sole[k] != 0;
        free(s.before);
        free(s.after);
        free(s.sole);
    }
    flush();
    return r;
}

void mutants_print(const char *what, const struct mutant_report *r)
{
    printf("%s: %u mutants, %u killed, %u survive by a listed reason, %u survive; %u of %u "
           "constraints and messages are some mutant's only killer\n",
           what, (unsigned)r->mutants, (unsigned)r->killed, (unsigned)r->allowed,
           (unsigned)r->survivors, (unsigned)r->sole_killers, (unsigned)r->speakers);
    flush();
}
