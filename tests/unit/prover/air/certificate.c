#include "tests/unit/prover/air/certificate.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

enum {
    COLUMNS_MAX = 10,  /* that multipliers are made of */
    PARTNERS_MAX = 12, /* constraints */
    MONOMIALS_MAX = 1 + COLUMNS_MAX + COLUMNS_MAX * (COLUMNS_MAX + 1) / 2,
    MORE_POINTS = 8
};

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

static uint32_t next_random(uint64_t *s)
{
    uint64_t z = *s += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) % IR_P);
}

/* Marks the columns below node x; returns their number. */
static uint32_t support(const struct ir_table *t, ir_x x, uint8_t *col)
{
    uint8_t *below = calloc(x + 1u, 1);
    uint32_t n = 0;
    REQUIRE(below != NULL);
    memset(col, 0, t->n_columns);
    below[x] = 1;
    for (uint32_t i = x + 1u; i-- > 0;) {
        const struct ir_node *k = &t->nodes[i];
        if (!below[i]) continue;
        if (k->op == IR_COL) {
            n += !col[k->a];
            col[k->a] = 1;
        }
        if (k->op == IR_ADD || k->op == IR_SUB || k->op == IR_MUL) below[k->a] = below[k->b] = 1;
    }
    free(below);
    return n;
}

static void eval(const struct ir_table *t, const uint32_t *col, uint64_t *random, uint32_t *v)
{
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *n = &t->nodes[i];
        switch (n->op) {
        case IR_CONST:
            v[i] = n->a;
            break;
        case IR_COL:
            v[i] = col[n->a];
            break;
        case IR_ADD:
            v[i] = (uint32_t)(((uint64_t)v[n->a] + v[n->b]) % IR_P);
            break;
        case IR_SUB:
            v[i] = (uint32_t)(((uint64_t)v[n->a] + IR_P - v[n->b]) % IR_P);
            break;
        case IR_MUL:
            v[i] = p_mul(v[n->a], v[n->b]);
            break;
        default:
            v[i] = next_random(random); /* row numbers and fixed columns: one more variable */
        }
    }
}

struct search {
    const struct ir_table *t;
    uint32_t x;
    uint32_t partner[PARTNERS_MAX], n_partners;
    uint32_t col[COLUMNS_MAX], n_cols;
};

/* The constraints that share a column with X and bring few others. */
static void choose(struct search *s)
{
    const struct ir_table *t = s->t;
    uint8_t *own = calloc(t->n_columns + 1u, 1), *other = calloc(t->n_columns + 1u, 1);
    uint8_t *all = calloc(t->n_columns + 1u, 1);
    REQUIRE(own != NULL && other != NULL && all != NULL);
    (void)support(t, t->constraints[s->x].x, own);
    memcpy(all, own, t->n_columns);
    for (uint32_t most = 1; most <= 8; most++)
        for (uint32_t i = 0; i < t->n_constraints && s->n_partners < PARTNERS_MAX; i++) {
            uint32_t n = support(t, t->constraints[i].x, other), shared = 0;
            for (uint32_t c = 0; c < t->n_columns; c++)
                shared += own[c] && other[c];
            if (i == s->x || n != most || shared == 0) continue;
            s->partner[s->n_partners++] = i;
            for (uint32_t c = 0; c < t->n_columns; c++)
                all[c] |= other[c];
        }
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t c = 0; c < t->n_columns && s->n_cols < COLUMNS_MAX; c++)
            if (all[c] && own[c] == (pass == 0)) s->col[s->n_cols++] = c;
    free(own);
    free(other);
    free(all);
}

static uint32_t monomials(const struct search *s, const uint32_t *col, uint32_t *m)
{
    uint32_t n = 0;
    m[n++] = 1;
    for (uint32_t i = 0; i < s->n_cols; i++)
        m[n++] = col[s->col[i]];
    for (uint32_t i = 0; i < s->n_cols; i++)
        for (uint32_t k = i; k < s->n_cols; k++)
            m[n++] = p_mul(col[s->col[i]], col[s->col[k]]);
    return n;
}

/* Gauss over `rows` rows of unknowns + 1 numbers: is the last column a combination? pivot[r]: its
 * of row r. */
static bool solvable(uint32_t *a, uint32_t rows, uint32_t unknowns, uint8_t *used)
{
    uint32_t width = unknowns + 1, rank = 0;
    uint32_t *pivot = calloc(rows + 1u, sizeof *pivot);
    REQUIRE(pivot != NULL);
    for (uint32_t c = 0; c < unknowns && rank < rows; c++) {
        uint32_t r = rank;
        while (r < rows && a[(size_t)r * width + c] == 0)
            r++;
        if (r == rows) continue;
        for (uint32_t k = 0; k < width && r != rank; k++) {
            uint32_t x = a[(size_t)r * width + k];
            a[(size_t)r * width + k] = a[(size_t)rank * width + k];
            a[(size_t)rank * width + k] = x;
        }
        uint32_t *top = a + (size_t)rank * width, inv = p_inv(top[c]);
        for (uint32_t k = c; k < width; k++)
            top[k] = p_mul(top[k], inv);
        for (r = 0; r < rows; r++) {
            uint32_t *row = a + (size_t)r * width, lead = row[c];
            if (r == rank || lead == 0) continue;
            for (uint32_t k = c; k < width; k++)
                row[k] = (uint32_t)((row[k] + (uint64_t)(IR_P - lead) * top[k]) % IR_P);
        }
        pivot[rank++] = c;
    }
    bool yes = true;
    for (uint32_t r = rank; r < rows; r++)
        yes = yes && a[(size_t)r * width + unknowns] == 0;
    for (uint32_t r = 0; r < rank; r++)
        used[pivot[r]] = a[(size_t)r * width + unknowns] != 0;
    free(pivot);
    return yes;
}

bool certificate_found(const struct ir_table *t, uint32_t constraint, uint32_t *n_used)
{
    struct search s = {.t = t, .x = constraint};
    uint64_t random = 0x5eed + constraint;
    uint32_t m[MONOMIALS_MAX];
    choose(&s);
    *n_used = 0;
    if (s.n_partners == 0) return false;
    uint32_t *col = calloc(t->n_columns + 1u, sizeof *col), *v = calloc(t->n_nodes, sizeof *v);
    REQUIRE(col != NULL && v != NULL);
    uint32_t per = monomials(&s, col, m), unknowns = per * s.n_partners;
    uint32_t rows = unknowns + MORE_POINTS, width = unknowns + 1;
    uint32_t *a = calloc((size_t)rows * width, sizeof *a);
    uint8_t *used = calloc(unknowns, 1);
    REQUIRE(a != NULL && used != NULL);
    for (uint32_t r = 0; r < rows; r++) {
        for (uint32_t c = 0; c < t->n_columns; c++)
            col[c] = next_random(&random);
        eval(t, col, &random, v);
        (void)monomials(&s, col, m);
        for (uint32_t i = 0; i < s.n_partners; i++)
            for (uint32_t k = 0; k < per; k++)
                a[(size_t)r * width + i * per + k] =
                    p_mul(m[k], v[t->constraints[s.partner[i]].x]);
        a[(size_t)r * width + unknowns] = v[t->constraints[constraint].x];
    }
    bool yes = solvable(a, rows, unknowns, used);
    for (uint32_t i = 0; yes && i < s.n_partners; i++) {
        bool there = false;
        for (uint32_t k = 0; k < per; k++)
            there |= used[i * per + k];
        *n_used += there;
    }
    free(col);
    free(v);
    free(a);
    free(used);
    return yes;
}
