#include "tests/unit/prover/determinacy/determinacy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "tests/unit/prover/determinacy/det_form.h"

enum { CASE_TEXT = 400 };

struct cases {
    struct det_pass p;
    uint8_t *split;           /* columns */
    uint8_t *status;          /* SAID_KNOWN, .. ored over the cases */
    char (*first)[CASE_TEXT]; /* case in which the column is missing first */
    uint32_t n;
    bool say;           /* keep the texts */
    const char *wanted; /* stop when a column of this pattern is missing */
    bool found;
    bool opened;  /* a case in which the constraint left out does not hold */
    bool implied; /* it holds in every case */
};
enum { IS_KNOWN = 1, IS_HINT = 2, IS_MISSING = 4 };

static bool names(const char *pattern, const char *column)
{
    size_t n = strlen(pattern);
    if (n > 0 && pattern[n - 1] == '*') return strncmp(pattern, column, n - 1) == 0;
    return strncmp(pattern, column, n) == 0 && (column[n] == 0 || column[n] == '[');
}

static void mark_splits(struct cases *c)
{
    const struct ir_table *t = c->p.t;
    struct det_state none;
    det_state_init(&none, t);
    det_forms_eval(&c->p.e, &none);
    for (uint32_t i = 0; i < t->n_messages; i++)
        det_support(&c->p.e, t->messages[i].mult, c->split);
    for (uint32_t i = 0; i < t->n_columns; i++)
        for (uint32_t k = 0; k < c->p.spec->n_splits; k++)
            if (strcmp(c->p.spec->splits[k].table, t->name) == 0 &&
                names(c->p.spec->splits[k].column, t->column_names[i]))
                c->split[i] = 1;
    det_bounds(&c->p, &none);
    for (uint32_t i = 0; i < t->n_columns; i++)
        if (!none.bound[i].set) c->split[i] = 0;
    det_state_deinit(&none);
}

static void case_text(const struct cases *c, const struct det_state *s, char *out)
{
    size_t at = 0;
    out[0] = 0;
    for (uint32_t i = 0; i < c->p.t->n_columns && at < CASE_TEXT; i++)
        if (c->split[i] && s->known[i] && det_is_const(&s->value[i]) && s->value[i].v[0] != 0)
            at += (size_t)snprintf(out + at, CASE_TEXT - at, " %s", c->p.t->column_names[i]);
}

/* Zero, as a constant or because a constraint says just that. */
static bool is_zero(const struct det_pass *p, const struct det_form *f)
{
    if (!det_known(f)) return false;
    bool zero = det_is_zero(&f->k);
    for (uint32_t i = 0; i < p->t->n_constraints && !zero; i++) {
        const struct det_form *g = &p->e.f[p->t->constraints[i].x];
        zero = det_there(p, i) && det_known(g) && memcmp(&g->k, &f->k, sizeof f->k) == 0;
    }
    return zero;
}

/* Which columns does some message of the case say? */
static void case_end(struct cases *c, const struct det_state *s)
{
    const struct ir_table *t = c->p.t;
    uint8_t *said = calloc(t->n_columns + 1u, 1);
    REQUIRE(said != NULL);
    det_forms_eval(&c->p.e, s);
    for (uint32_t i = 0; i < t->n_messages; i++) {
        const struct ir_message *m = &t->messages[i];
        if (c->p.spec->without_message == i + 1) continue;
        if (is_zero(&c->p, &c->p.e.f[m->mult])) continue;
        det_support(&c->p.e, m->mult, said);
        for (uint32_t f = 0; f < m->n_fields; f++)
            det_support(&c->p.e, m->fields[f], said);
    }
    c->n++;
    if (c->p.spec->without_constraint != 0) {
        const struct det_form *f = &c->p.e.f[t->constraints[c->p.spec->without_constraint - 1].x];
        c->opened |= det_known(f) && det_is_const(&f->k) && !det_is_zero(&f->k);
        c->implied &= is_zero(&c->p, f);
    }
    for (uint32_t i = 0; i < t->n_columns; i++) {
        uint8_t is = s->known[i] ? IS_KNOWN : said[i] ? IS_MISSING : IS_HINT;
        if (is == IS_MISSING && !(c->status[i] & IS_MISSING) && c->say)
            case_text(c, s, c->first[i]);
        c->status[i] |= is;
        c->found |= is == IS_MISSING && c->wanted != NULL && names(c->wanted, t->column_names[i]);
    }
    free(said);
}

static void case_run(struct cases *c, struct det_state *s)
{
    if (c->found) return;
    det_saturate(&c->p, s, true);
    if (s->impossible) return;
    uint32_t col = 0;
    while (col < c->p.t->n_columns &&
           !(c->split[col] && s->known[col] && !det_is_const(&s->value[col]) && s->bound[col].set &&
             s->bound[col].lo == 0 && s->bound[col].size == 2))
        col++;
    if (col == c->p.t->n_columns) {
        case_end(c, s);
        return;
    }
    /* what follows is worked out again: with the flag's value some of it is a constant */
    for (uint32_t i = 0; i < c->p.t->n_columns; i++)
        if (!c->split[i] && !det_is_const(&s->value[i]) && s->known[i] != DET_GIVEN)
            s->known[i] = 0;
    for (uint32_t v = 0; v < 2; v++) {
        struct det_state next;
        det_state_copy(&next, s, c->p.t);
        det_fix(&next, col, v);
        case_run(c, &next);
        det_state_deinit(&next);
    }
}

static uint32_t fixed_log(const struct ir_table *t)
{
    uint32_t log = 0;
    for (uint32_t i = 0; i < t->n_fixed; i++)
        if (t->fixed[i].log_period > log) log = t->fixed[i].log_period;
    return log;
}

static bool given_here(const struct determinacy_given *g, const struct ir_table *t, uint32_t column,
                       uint32_t row)
{
    return strcmp(g->table, t->name) == 0 && names(g->column, t->column_names[column]) &&
           (g->in_row == 0 || g->in_row == row + 1);
}

/* without: number of an entry of the list that is left out; UINT32_MAX: none. */
static void run(struct cases *c, const struct ir_table *t, const struct determinacy_spec *spec,
                uint32_t without, bool say)
{
    *c = (struct cases){.p = {.t = t, .spec = spec}, .say = say, .implied = true};
    if (without != UINT32_MAX) c->wanted = spec->given[without].column;
    c->split = calloc(t->n_columns + 1u, 1);
    c->status = calloc(t->n_columns + 1u, 1);
    c->first = calloc(t->n_columns + 1u, sizeof *c->first);
    REQUIRE(c->split != NULL && c->status != NULL && c->first != NULL);
    det_forms_init(&c->p.e, t);
    mark_splits(c);
    c->p.e.fixed_log = fixed_log(t);
    for (uint32_t row = 0; row < 1u << c->p.e.fixed_log; row++) {
        struct det_state s;
        c->p.e.fixed_row = row;
        det_state_init(&s, t);
        for (uint32_t k = 0; k < spec->n_given; k++)
            for (uint32_t i = 0; k != without && i < t->n_columns; i++) {
                if (given_here(&spec->given[k], t, i, row)) {
                    det_learn(&s, i);
                    s.known[i] = DET_GIVEN;
                }
            }
        case_run(c, &s);
        det_state_deinit(&s);
    }
    det_forms_deinit(&c->p.e);
}

static void cases_free(struct cases *c)
{
    free(c->split);
    free(c->status);
    free(c->first);
}

static bool is_given(const struct determinacy_spec *spec, const char *table, const char *column)
{
    for (uint32_t k = 0; k < spec->n_given; k++)
        if (strcmp(spec->given[k].table, table) == 0 && names(spec->given[k].column, column))
            return true;
    return false;
}

void determinacy_table(const struct ir_table *t, const struct determinacy_spec *spec,
                       struct determinacy_counts *counts)
{
    struct cases c;
    run(&c, t, spec, UINT32_MAX, true);
    struct determinacy_counts n = {.columns = t->n_columns, .cases = c.n};
    for (uint32_t i = 0; i < t->n_columns; i++) {
        if (is_given(spec, t->name, t->column_names[i])) {
            n.given++;
        } else if (c.status[i] & IS_MISSING) {
            n.missing++;
            printf("  missing: %s: %s; case:%s\n", t->name, t->column_names[i], c.first[i]);
        } else if (c.status[i] & IS_KNOWN) {
            n.derived++;
        } else {
            n.hints++;
            printf("  hint: %s: %s\n", t->name, t->column_names[i]);
        }
    }
    printf("%-10s %4u columns: %4u derived, %3u hints, %3u given, %u missing; %u cases\n", t->name,
           (unsigned)n.columns, (unsigned)n.derived, (unsigned)n.hints, (unsigned)n.given,
           (unsigned)n.missing, (unsigned)n.cases);
    fflush(stdout);
    counts->columns += n.columns;
    counts->derived += n.derived;
    counts->hints += n.hints;
    counts->given += n.given;
    counts->missing += n.missing;
    counts->cases += n.cases;
    cases_free(&c);
}

uint32_t determinacy_missing(const struct ir_table *t, const struct determinacy_spec *spec)
{
    struct cases c;
    uint32_t n = 0;
    run(&c, t, spec, UINT32_MAX, false);
    for (uint32_t i = 0; i < t->n_columns; i++)
        n += !is_given(spec, t->name, t->column_names[i]) && (c.status[i] & IS_MISSING);
    cases_free(&c);
    return n;
}

enum determinacy_dropped determinacy_drop(const struct ir_table *t,
                                          const struct determinacy_spec *spec)
{
    struct cases c;
    enum determinacy_dropped is = DROPPED_UNDECIDED;
    run(&c, t, spec, UINT32_MAX, false);
    bool constraint = spec->without_constraint != 0;
    if (constraint && c.implied) is = DROPPED_IMPLIED;
    if (constraint && c.opened) is = DROPPED_OPENS_CASE;
    for (uint32_t i = 0; i < t->n_columns; i++)
        if (!is_given(spec, t->name, t->column_names[i]) && (c.status[i] & IS_MISSING))
            is = DROPPED_FREES_COLUMN;
    cases_free(&c);
    return is;
}

uint32_t determinacy_stale(const struct ir_system *s, const struct determinacy_spec *spec)
{
    uint32_t stale = 0;
    for (uint32_t k = 0; k < spec->n_given; k++) {
        const struct determinacy_given *g = &spec->given[k];
        uint32_t number = ir_table_find(s, g->table);
        struct cases c = {.found = false};
        if (number != UINT32_MAX) {
            run(&c, s->tables[number], spec, k, false);
            cases_free(&c);
        }
        if (c.found) continue;
        stale++;
        printf("  stale: %s: %s (%s)\n", g->table, g->column, g->reason);
    }
    fflush(stdout);
    return stale;
}
