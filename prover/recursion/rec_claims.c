/* Step 7 of docs/protocol/proof.md and the weights of its claims at the end of the opening. */
#include <stdlib.h>

#include "common/base/require.h"
#include "prover/recursion/rec_parts.h"

/* ---- eq of bit strings with a point ---- */

struct prefix_entry {
    uint32_t bits, len;
    rec_val value;
};

struct rec_prefix {
    struct rec_arith *a;
    const rec_ext *point;
    struct prefix_entry *entries;
    uint32_t n, cap;
};

struct rec_prefix *rec_prefix_new(struct rec_arith *a, const rec_ext *point)
{
    struct rec_prefix *x = calloc(1, sizeof *x);
    REQUIRE(x != NULL);
    *x = (struct rec_prefix){.a = a, .point = point};
    return x;
}

void rec_prefix_free(struct rec_prefix *x)
{
    free(x->entries);
    free(x);
}

static bool prefix_find(const struct rec_prefix *x, uint32_t bits, uint32_t len, rec_val *out)
{
    for (uint32_t i = x->n; i-- > 0;)
        if (x->entries[i].bits == bits && x->entries[i].len == len) {
            *out = x->entries[i].value;
            return true;
        }
    return false;
}

rec_val rec_prefix_eq(struct rec_prefix *x, uint32_t bits, uint32_t len)
{
    rec_val v, sibling;
    if (len == 0) return rec_val_const(1);
    if (prefix_find(x, bits, len, &v)) return v;
    rec_val parent = rec_prefix_eq(x, bits >> 1, len - 1);
    rec_val z = rec_val_ext(x->point[len - 1]);
    if (bits & 1)
        v = rec_val_mul(x->a, z, parent);
    else if (prefix_find(x, bits ^ 1, len, &sibling))
        v = rec_val_sub(x->a, parent, sibling);
    else
        v = rec_val_lerp(x->a, parent, rec_val_const(0), z);
    if (x->n == x->cap) {
        x->cap = x->cap == 0 ? 256 : 2 * x->cap;
        x->entries = realloc(x->entries, x->cap * sizeof *x->entries);
        REQUIRE(x->entries != NULL);
    }
    x->entries[x->n++] = (struct prefix_entry){bits, len, v};
    return v;
}

rec_val rec_prefix_below(struct rec_prefix *x, uint64_t n, uint32_t len)
{
    REQUIRE(n <= (uint64_t)1 << len);
    if (n == (uint64_t)1 << len) return rec_val_const(1);
    rec_val sum = rec_val_const(0);
    for (uint32_t i = 1; i <= len; i++) { /* the strings that leave n at bit i */
        const uint32_t bits = (uint32_t)(n >> (len - i));
        if (bits & 1) sum = rec_val_add(x->a, sum, rec_prefix_eq(x, bits ^ 1, i));
    }
    return sum;
}

/* ---- step 7 ---- */

static void claim_make(struct rec_verifier *v, const struct program_chunk *k, uint32_t column,
                       uint32_t n_vars, const rec_ext *columns, const rec_ext *tau,
                       struct rec_claim *out)
{
    const uint32_t g = k->log_columns, h = k->log_height;
    rec_ext *values = malloc(sizeof *values << g);
    REQUIRE(values != NULL);
    for (uint32_t j = 0; j < 1u << g; j++)
        values[j] = columns[column + j];
    *out =
        (struct rec_claim){.prefix_len = n_vars - g - h,
                           .prefix = k->offset >> (g + h),
                           .log_columns = g,
                           .log_height = h,
                           .value = rec_mle_eval(v->r, values, tau + (v->p->log_columns - g), g)};
    free(values);
}

void rec_chunk_claims(struct rec_verifier *v, const rec_ext *columns, rec_ext *tau,
                      struct rec_claim *claims)
{
    const struct program *p = v->p;
    for (uint32_t i = 0; i < p->log_columns; i++)
        tau[i] = rec_transcript_sample(&v->t);
    for (uint32_t i = 0; i < p->n_chunks; i++) {
        const struct program_chunk *k = &p->chunks[i];
        claim_make(v, k, p->first_column[k->table] + k->first_column, p->log_stack, columns, tau,
                   &claims[i]);
    }
    for (uint32_t i = 0; i < p->n_pre_chunks; i++) {
        const struct program_chunk *k = &p->pre_chunks[i];
        const uint32_t first = p->first_column[k->table] + p->system->tables[k->table]->n_columns;
        claim_make(v, k, first + k->first_column, p->log_pre, columns, tau,
                   &claims[p->n_chunks + i]);
    }
}

/* ---- weights ---- */

/* prod over j < n of eq(u_{last-j}, z_{last-j}); the products for all n, made as far as needed. */
struct suffix {
    const rec_ext *u, *z; /* one past the last coordinate */
    uint32_t made;
    rec_val product[IR_MAX_LOG_HEIGHT + 2];
};

/* a b + (1 - a)(1 - b) */
static rec_val eq_factor(struct rec_arith *a, rec_ext x, rec_ext z)
{
    rec_val vx = rec_val_ext(x);
    return rec_val_lerp(a, rec_val_sub(a, rec_val_const(1), vx), vx, rec_val_ext(z));
}

static rec_val suffix_product(struct rec_arith *a, struct suffix *s, uint32_t n)
{
    REQUIRE(n < sizeof s->product / sizeof *s->product);
    s->product[0] = rec_val_const(1);
    while (s->made < n) {
        const uint32_t j = s->made++;
        rec_val f = eq_factor(a, *(s->u - 1 - j), *(s->z - 1 - j));
        s->product[j + 1] = rec_val_mul(a, s->product[j], f);
    }
    return s->product[n];
}

rec_val rec_claims_weight(struct rec_verifier *v, const struct rec_claim *claims, uint32_t n,
                          const rec_ext *tau, const rec_ext *s, const rec_ext *z, uint32_t n_vars,
                          rec_ext gamma)
{
    const struct program *p = v->p;
    struct rec_prefix *prefix = rec_prefix_new(&v->a, z);
    struct suffix rows = {.u = s + p->log_height, .z = z + n_vars};
    struct suffix *lanes = calloc(IR_MAX_LOG_HEIGHT + 1u, sizeof *lanes); /* by height */
    REQUIRE(lanes != NULL);
    rec_val sum = rec_val_const(0);
    for (uint32_t i = n; i-- > 0;) {
        const uint32_t h = claims[i].log_height;
        lanes[h].u = tau + p->log_columns;
        lanes[h].z = z + (n_vars - h);
        rec_val w = rec_prefix_eq(prefix, claims[i].prefix, claims[i].prefix_len);
        w = rec_val_mul(&v->a, w, suffix_product(&v->a, &lanes[h], claims[i].log_columns));
        w = rec_val_mul(&v->a, w, suffix_product(&v->a, &rows, h));
        sum = rec_val_mac(&v->a, rec_val_ext(gamma), sum, w);
    }
    free(lanes);
    rec_prefix_free(prefix);
    return sum;
}
