#ifndef TESTS_UNIT_PROVER_DETERMINACY_DET_FORM_H
#define TESTS_UNIT_PROVER_DETERMINACY_DET_FORM_H
/* Expressions of one table as forms over the columns that are not known in the case at hand.
 * Private to the pass (determinacy.h). */
#include "prover/ir/ir.h"
#include "tests/unit/prover/determinacy/determinacy.h"

enum { DET_POINTS = 3 };
enum det_how {
    DET_UNKNOWN,
    DET_LEARNT,
    DET_BY_NONZERO, /* k c + constant = 0: k is not 0, and c follows */
    DET_GIVEN
};
/* A known value: a function of known columns, seen at three random points. */
struct det_num {
    uint32_t v[DET_POINTS];
};
struct det_term {
    uint32_t col;
    struct det_num k;
};
/* k + sum of n terms, or something else (not linear). */
struct det_form {
    bool other;
    uint32_t n, at; /* terms in det_forms.terms */
    struct det_num k;
};
struct det_bound { /* lo <= column < lo + size as integers */
    bool set;
    int64_t lo;
    uint64_t size;
};
/* What a case says of each column. */
struct det_state {
    uint8_t *known; /* enum det_how */
    struct det_num *value;
    struct det_bound *bound;
    bool impossible;
    uint64_t salt; /* of the values of columns that become known */
};
struct det_forms {
    const struct ir_table *t;
    struct det_form *f; /* per node */
    struct det_term *terms;
    size_t n_terms, cap_terms;
    uint32_t fixed_row; /* of the row, its number mod 64 at most: for fixed columns */
    uint32_t fixed_log;
};

uint32_t det_add(uint32_t a, uint32_t b);
uint32_t det_sub(uint32_t a, uint32_t b);
uint32_t det_mul(uint32_t a, uint32_t b);
uint32_t det_inv(uint32_t a);
struct det_num det_const(uint32_t v);
struct det_num det_random(uint64_t seed, uint64_t what);
bool det_is_const(const struct det_num *a);
bool det_is_zero(const struct det_num *a);

void det_forms_init(struct det_forms *e, const struct ir_table *t);
void det_forms_deinit(struct det_forms *e);
/* Forms of all nodes. */
void det_forms_eval(struct det_forms *e, const struct det_state *s);
/* Marks in cols (n_columns flags) the columns that are not known and that node x depends on. */
void det_support(const struct det_forms *e, ir_x x, uint8_t *cols);

static inline bool det_known(const struct det_form *f)
{
    return !f->other && f->n == 0;
}

/* ---- det_rules.c ---- */
struct det_pass {
    const struct ir_table *t;
    const struct determinacy_spec *spec;
    struct det_forms e;
};
/* Is the constraint one of those that count (determinacy_spec.without_constraint)? */
static inline bool det_there(const struct det_pass *p, uint32_t constraint)
{
    return p->spec->without_constraint != constraint + 1;
}
/* Is the message said for certain, a constant number of times? */
bool det_spoken(const struct det_pass *p, const struct ir_message *m);
bool det_fields_known(const struct det_pass *p, const struct ir_message *m, uint32_t mask);
/* Calls `each` for every expression that the case holds to a range 0 .. size - 1. */
typedef bool (*det_range_fn)(struct det_pass *p, struct det_state *s, const struct det_form *f,
                             uint32_t size);
bool det_ranges(struct det_pass *p, struct det_state *s, det_range_fn each);
/* ---- det_search.c: the rules `together` and `flag` ---- */
bool det_together(struct det_pass *p, struct det_state *s);
bool det_flags(struct det_pass *p, struct det_state *s);

/* All that follows, flags by contradiction included if `flags`. */
void det_saturate(struct det_pass *p, struct det_state *s, bool flags);
/* Bounds of the columns that a constraint makes 0 or 1. */
void det_bounds(const struct det_pass *p, struct det_state *s);
void det_state_init(struct det_state *s, const struct ir_table *t);
void det_state_copy(struct det_state *to, const struct det_state *from, const struct ir_table *t);
void det_state_deinit(struct det_state *s);
void det_learn(struct det_state *s, uint32_t col);
void det_fix(struct det_state *s, uint32_t col, uint32_t value);

#endif
