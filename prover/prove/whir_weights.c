#include "prover/prove/whir_weights.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

/* Vectors are cut into blocks of 2^BLOCK_LOG: within a block every weight is one scalar times a
 * table over the low variables. */
enum { BLOCK_LOG = 11, BLOCK = 1 << BLOCK_LOG };

static uint32_t low_vars(uint32_t vars)
{
    return vars < BLOCK_LOG ? vars : BLOCK_LOG;
}

/* table[i] = z^i, i < 2^low */
static void fill_powers(struct kb5v table, uint32_t low, kb5 z)
{
    kb5 x = kb5_one();
    for (size_t i = 0; i < (size_t)1 << low; i++) {
        kb5v_set(table, i, x);
        x = kb5_mul(x, z);
    }
}

static kb5 square_times(kb5 z, uint32_t n)
{
    while (n-- > 0)
        z = kb5_sqr(z);
    return z;
}

/* ---- W += scalars x table ---- */

struct outer {
    struct kb5v w, table;
    const kb5 *scalars; /* one for each block */
    uint32_t low;
    const struct kbv_ops *ops;
};

static void outer_block(void *ctx, size_t i)
{
    const struct outer *o = ctx;
    const size_t n = (size_t)1 << o->low;
    o->ops->axpy_ext(kb5v_at(o->w, i * n), o->scalars[i], o->table, n);
}

/* W[h 2^low + i] += scalars[h] table[i]. Consumes both (frees them). */
static void add_outer(struct kb5v w, uint32_t vars, uint32_t low, kb5 *scalars,
                      struct kb5v table, const struct prove_env *env)
{
    struct outer o = {w, table, scalars, low, env->field};
    prove_tasks(env, (size_t)1 << (vars - low), outer_block, &o);
    free(scalars);
    prove_free(table.c[0]);
}

static enum err alloc_outer(uint32_t vars, uint32_t low, kb5 **scalars, struct kb5v *table)
{
    *scalars = malloc(sizeof **scalars << (vars - low));
    if (*scalars == NULL) return ERR_NOMEM;
    if (prove_alloc_ext(table, (size_t)1 << low)) return ERR_OK;
    free(*scalars);
    return ERR_NOMEM;
}

enum err weights_add_pow(struct kb5v w, uint32_t vars, kb5 z, kb5 s, const struct prove_env *env)
{
    const uint32_t low = low_vars(vars);
    kb5 *scalars;
    struct kb5v table;
    ERR_TRY(alloc_outer(vars, low, &scalars, &table));
    fill_powers(table, low, z);
    const kb5 step = square_times(z, low);
    for (size_t h = 0; h < (size_t)1 << (vars - low); h++) {
        scalars[h] = s;
        s = kb5_mul(s, step);
    }
    add_outer(w, vars, low, scalars, table, env);
    return ERR_OK;
}

/* The eq table of n coordinates, first coordinate the most significant bit, times s. */
static void fill_eq(kb5 *out, const kb5 *point, uint32_t n, kb5 s)
{
    out[0] = s;
    for (uint32_t j = 0; j < n; j++)
        for (size_t i = (size_t)1 << j; i-- > 0;) {
            const kb5 one = kb5_mul(out[i], point[j]);
            out[2 * i] = kb5_sub(out[i], one);
            out[2 * i + 1] = one;
        }
}

enum err weights_add_eq(struct kb5v w, uint32_t vars, const struct whir_claim *claim, kb5 s,
                        const struct prove_env *env)
{
    REQUIRE(claim->prefix_len <= vars);
    const uint32_t n = vars - claim->prefix_len, low = low_vars(n);
    kb5 *scalars, *eq;
    struct kb5v table;
    ERR_TRY(alloc_outer(n, low, &scalars, &table));
    eq = malloc(sizeof *eq << low);
    if (eq == NULL) {
        free(scalars);
        prove_free(table.c[0]);
        return ERR_NOMEM;
    }
    fill_eq(eq, claim->point + (n - low), low, kb5_one());
    for (size_t i = 0; i < (size_t)1 << low; i++)
        kb5v_set(table, i, eq[i]);
    free(eq);
    fill_eq(scalars, claim->point, n - low, s);
    add_outer(kb5v_at(w, (size_t)claim->prefix << n), n, low, scalars, table, env);
    return ERR_OK;
}

/* ---- queries: base-field powers ---- */

struct queries {
    struct kb5v w;
    const kb *tables; /* n tables of 2^low powers of y[q] */
    const kb *steps;  /* y[q]^(2^low) */
    const kb5 *scalars;
    uint32_t n, low;
    const struct kbv_ops *ops;
};

static void query_block(void *ctx, size_t h)
{
    const struct queries *q = ctx;
    const size_t n = (size_t)1 << q->low;
    for (uint32_t i = 0; i < q->n; i++)
        q->ops->axpy_base(kb5v_at(q->w, h * n), kb5_mul_base(q->scalars[i], kb_pow(q->steps[i], h)),
                          q->tables + i * n, n);
}

enum err weights_add_queries(struct kb5v w, uint32_t vars, const kb *y, uint32_t n, kb5 s,
                             kb5 gamma, const struct prove_env *env)
{
    const uint32_t low = low_vars(vars);
    const size_t size = (size_t)1 << low;
    kb *tables = malloc(n * size * sizeof *tables);
    kb *steps = malloc(n * sizeof *steps);
    kb5 *scalars = malloc(n * sizeof *scalars);
    enum err err = tables != NULL && steps != NULL && scalars != NULL ? ERR_OK : ERR_NOMEM;
    if (err == ERR_OK) {
        for (uint32_t q = 0; q < n; q++) {
            kb x = kb_one;
            for (size_t i = 0; i < size; i++) {
                tables[q * size + i] = x;
                x = kb_mul(x, y[q]);
            }
            steps[q] = x;
            scalars[q] = s;
            s = kb5_mul(s, gamma);
        }
        struct queries job = {w, tables, steps, scalars, n, low, env->field};
        prove_tasks(env, (size_t)1 << (vars - low), query_block, &job);
    }
    free(tables);
    free(steps);
    free(scalars);
    return err;
}

/* ---- queries: a transform ----
 *
 * With C = 2^(log_order - vars) and index = c + C a, the sum over the queries of one c is
 * g^(c i) sum_a M[a] (g^C)^(a i): the values of a polynomial at all powers of a root, M[a] the scalars. */

enum { ROW = 16 /* words of a row, KB5_DEGREE of them used */, COSETS_MAX = 4 };

struct roots {
    struct kb5v w;
    uint32_t vars, cosets;
    kb root; /* g */
    kb *rows[COSETS_MAX];
    const kb *twiddles;
    const struct kbv_ops *ops;
};

static void roots_transform(void *ctx, size_t c)
{
    const struct roots *r = ctx;
    r->ops->ntt(r->rows[c], r->vars, ROW, r->twiddles);
}

static size_t reversed(size_t x, uint32_t bits)
{
    size_t r = 0;
    for (uint32_t i = 0; i < bits; i++, x >>= 1)
        r = r << 1 | (x & 1);
    return r;
}

static void roots_add(void *ctx, size_t worker, size_t from, size_t to)
{
    const struct roots *r = ctx;
    (void)worker;
    for (uint32_t c = 0; c < r->cosets; c++) {
        const kb step = kb_pow(r->root, c);
        kb power = kb_pow(step, from);
        for (size_t i = from; i < to; i++) {
            const kb *row = r->rows[c] + ROW * reversed(i, r->vars);
            for (size_t j = 0; j < KB5_DEGREE; j++)
                r->w.c[j][i] = kb_add(r->w.c[j][i], kb_mul(row[j], power));
            power = kb_mul(power, step);
        }
    }
}

static enum err add_transform(struct roots *r, const uint32_t *index, uint32_t n, kb5 s, kb5 gamma,
                              const struct prove_env *env)
{
    const size_t size = (size_t)1 << r->vars, n_tw = size / 2 + 1;
    kb *rows = prove_alloc(r->cosets * size * ROW * sizeof *rows);
    kb *twiddles = prove_alloc(n_tw * sizeof *twiddles);
    enum err err = ERR_NOMEM;
    if (rows != NULL && twiddles != NULL) {
        memset(rows, 0, r->cosets * size * ROW * sizeof *rows);
        const kb root = kb_root(r->vars);
        twiddles[0] = kb_one;
        for (size_t i = 1; i < n_tw; i++)
            twiddles[i] = kb_mul(twiddles[i - 1], root);
        for (uint32_t c = 0; c < r->cosets; c++)
            r->rows[c] = rows + c * size * ROW;
        for (uint32_t q = 0; q < n; q++) {
            kb *row = r->rows[index[q] % r->cosets] + (size_t)ROW * (index[q] / r->cosets);
            for (size_t j = 0; j < KB5_DEGREE; j++)
                row[j] = kb_add(row[j], s.c[j]);
            s = kb5_mul(s, gamma);
        }
        r->twiddles = twiddles;
        prove_tasks(env, r->cosets, roots_transform, r);
        parallel_run(env->threads, size, 1024, roots_add, r);
        err = ERR_OK;
    }
    prove_free(rows);
    prove_free(twiddles);
    return err;
}

enum err weights_add_roots(struct kb5v w, uint32_t vars, uint32_t log_order, const uint32_t *index,
                           uint32_t n, kb5 s, kb5 gamma, const struct prove_env *env)
{
    REQUIRE(log_order >= vars);
    const uint32_t cosets = log_order - vars < 3 ? (uint32_t)1 << (log_order - vars) : COSETS_MAX + 1;
    const kb root = kb_root(log_order);
    if (cosets <= COSETS_MAX && n >= 64 * cosets && vars > 0) { /* measured: three times faster at 272 */
        struct roots r = {.w = w, .vars = vars, .cosets = cosets, .root = root, .ops = env->field};
        return add_transform(&r, index, n, s, gamma, env);
    }
    kb *y = malloc((n + 1u) * sizeof *y);
    if (y == NULL) return ERR_NOMEM;
    for (uint32_t q = 0; q < n; q++)
        y[q] = kb_pow(root, index[q]);
    const enum err err = weights_add_queries(w, vars, y, n, s, gamma, env);
    free(y);
    return err;
}

/* ---- evaluation ---- */

struct eval {
    const kb *base;
    struct kb5v f, table;
    kb5 *partial;
    uint32_t low;
    const struct kbv_ops *ops;
};

static void eval_block(void *ctx, size_t h)
{
    const struct eval *e = ctx;
    const size_t n = (size_t)1 << e->low;
    e->partial[h] = e->base != NULL ? e->ops->dot_base(e->base + h * n, e->table, n)
                                    : e->ops->dot_ext(kb5v_at(e->f, h * n), e->table, n);
}

enum err weights_eval_pow(const kb *base, struct kb5v f, uint32_t vars, kb5 z,
                          const struct prove_env *env, kb5 *out)
{
    const uint32_t low = low_vars(vars);
    kb5 *partial;
    struct kb5v table;
    ERR_TRY(alloc_outer(vars, low, &partial, &table));
    fill_powers(table, low, z);
    struct eval e = {base, f, table, partial, low, env->field};
    prove_tasks(env, (size_t)1 << (vars - low), eval_block, &e);
    const kb5 step = square_times(z, low);
    kb5 v = kb5_zero();
    for (size_t h = (size_t)1 << (vars - low); h-- > 0;)
        v = kb5_add(kb5_mul(v, step), partial[h]);
    free(partial);
    prove_free(table.c[0]);
    *out = v;
    return ERR_OK;
}

/* ---- sumcheck ---- */

enum { CHUNK_LOG = 13, MAX_CHUNKS = 1 << 8 };

/* Pairs per task: 2^CHUNK_LOG, or more so that there are at most MAX_CHUNKS tasks. */
static size_t chunk_pairs(uint32_t vars)
{
    uint32_t log = vars < CHUNK_LOG ? vars : CHUNK_LOG;
    while (vars - log > 8)
        log++;
    return (size_t)1 << log;
}

struct pairs {
    const kb *base;
    struct kb5v f, w;
    size_t chunk;
    const struct kbv_ops *ops;
    kb5 partial[MAX_CHUNKS][2];
};

static void pairs_chunk(void *ctx, size_t i)
{
    struct pairs *p = ctx;
    const size_t at = 2 * i * p->chunk;
    if (p->base != NULL)
        p->ops->pair_base(p->base + at, kb5v_at(p->w, at), p->chunk, p->partial[i]);
    else
        p->ops->pair_ext(kb5v_at(p->f, at), kb5v_at(p->w, at), p->chunk, p->partial[i]);
}

void sumcheck_pairs(const kb *base, struct kb5v f, struct kb5v w, uint32_t vars,
                    const struct prove_env *env, kb5 out[2])
{
    struct pairs p = {.base = base, .f = f, .w = w, .chunk = chunk_pairs(vars), .ops = env->field};
    const size_t n = ((size_t)1 << vars) / p.chunk;
    if (base != NULL) p.f = w; /* unused; never point before or past an array */
    prove_tasks(env, n, pairs_chunk, &p);
    out[0] = out[1] = kb5_zero();
    for (size_t i = 0; i < n; i++) {
        out[0] = kb5_add(out[0], p.partial[i][0]);
        out[1] = kb5_add(out[1], p.partial[i][1]);
    }
}

struct fold {
    struct kb5v out;
    const kb *base;
    struct kb5v f;
    kb5 r;
    const kb5 *scale; /* NULL: one */
    size_t chunk;
    const struct kbv_ops *ops;
};

static void fold_chunk(void *ctx, size_t i)
{
    const struct fold *p = ctx;
    const struct kb5v out = kb5v_at(p->out, i * p->chunk);
    if (p->base != NULL)
        p->ops->fold_base(out, p->base + 2 * i * p->chunk, p->r, p->chunk);
    else
        p->ops->fold_ext(out, kb5v_at(p->f, 2 * i * p->chunk), p->r, p->chunk);
    if (p->scale != NULL) p->ops->scale_ext(out, *p->scale, out, p->chunk);
}

void sumcheck_fold(struct kb5v out, const kb *base, struct kb5v f, kb5 r, uint32_t vars,
                   const struct prove_env *env)
{
    struct fold p = {out, base, f, r, NULL, chunk_pairs(vars), env->field};
    prove_tasks(env, ((size_t)1 << vars) / p.chunk, fold_chunk, &p);
}

void sumcheck_fold_scaled(struct kb5v out, const kb *base, kb5 s, kb5 r, uint32_t vars,
                          const struct prove_env *env)
{
    struct fold p = {out, base, out, r, &s, chunk_pairs(vars), env->field};
    prove_tasks(env, ((size_t)1 << vars) / p.chunk, fold_chunk, &p);
}
