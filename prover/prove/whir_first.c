#include "prover/prove/whir_first.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/prove/whir_weights.h"

/* Rows are taken in blocks: within a block T is one scalar times a table. */
enum { BLOCK_LOG = 10, LANES_MAX = 1 << WHIR_MAX_FOLD };

enum err whir_first_init(struct whir_first *f, const kb *cells, uint32_t vars, uint32_t k,
                         uint32_t n_weights, const struct prove_env *env)
{
    REQUIRE(k > 0 && k <= vars && k <= WHIR_MAX_FOLD);
    *f = (struct whir_first){.cells = cells, .env = env, .vars = vars, .k = k, .cap = n_weights};
    f->weights = calloc(n_weights + 1u, sizeof *f->weights);
    f->memory = calloc((2 * (size_t)n_weights + 1) << k, sizeof *f->memory);
    f->r = calloc(k, sizeof *f->r);
    if (f->weights != NULL && f->memory != NULL && f->r != NULL) return ERR_OK;
    whir_first_free(f);
    return ERR_NOMEM;
}

void whir_first_free(struct whir_first *f)
{
    free(f->weights);
    free(f->memory);
    free(f->r);
    *f = (struct whir_first){.cells = NULL};
}

/* The eq table of n coordinates, the first one the most significant bit. */
static void eq_table(kb5 *out, const kb5 *point, uint32_t n)
{
    out[0] = kb5_one();
    for (uint32_t j = 0; j < n; j++)
        for (size_t i = (size_t)1 << j; i-- > 0;) {
            const kb5 one = kb5_mul(out[i], point[j]);
            out[2 * i] = kb5_sub(out[i], one);
            out[2 * i + 1] = one;
        }
}

static void pow_table(kb5 *out, kb5 z, size_t n)
{
    out[0] = kb5_one();
    for (size_t i = 1; i < n; i++)
        out[i] = kb5_mul(out[i - 1], z);
}

/* ---- D(l) = sum_h T(h) f(h, l) ---- */

struct rows {
    const struct whir_first *f;
    const kb *cells;    /* of the first row */
    const kb5 *low;     /* T within a block of 2^low_log rows */
    const kb5 *high;    /* of every block */
    uint32_t low_log;
    struct kb5v sum[PARALLEL_MAX];
};

static void rows_range(void *ctx, size_t worker, size_t from, size_t to)
{
    const struct rows *job = ctx;
    const struct kbv_ops *ops = job->f->env->field;
    const size_t lanes = (size_t)1 << job->f->k, n = (size_t)1 << job->low_log;
    kb words[KB5_DEGREE * LANES_MAX];
    struct kb5v block;
    for (size_t j = 0; j < KB5_DEGREE; j++)
        block.c[j] = words + j * lanes;
    for (size_t b = from; b < to; b++) {
        const kb *row = job->cells + b * n * lanes;
        memset(words, 0, KB5_DEGREE * lanes * sizeof *words);
        for (size_t i = 0; i < n; i++)
            ops->axpy_base(block, job->low[i], row + i * lanes, lanes);
        ops->axpy_ext(job->sum[worker], job->high[b], block, lanes);
    }
}

/* 2^n_log rows from `cells` on; high[b] and low[i] are T's factors. */
static enum err rows_sum(const struct whir_first *f, const kb *cells, uint32_t n_log,
                         uint32_t low_log, const kb5 *low, const kb5 *high, kb5 *out)
{
    const size_t lanes = (size_t)1 << f->k;
    struct rows job = {.f = f, .cells = cells, .low = low, .high = high, .low_log = low_log};
    kb *words = calloc(PARALLEL_MAX * KB5_DEGREE * lanes, sizeof *words);
    if (words == NULL) return ERR_NOMEM;
    for (size_t w = 0; w < PARALLEL_MAX; w++)
        for (size_t j = 0; j < KB5_DEGREE; j++)
            job.sum[w].c[j] = words + (w * KB5_DEGREE + j) * lanes;
    parallel_run(f->env->threads, (size_t)1 << (n_log - low_log), 1, rows_range, &job);
    for (size_t l = 0; l < lanes; l++) {
        out[l] = kb5_zero();
        for (size_t w = 0; w < PARALLEL_MAX; w++)
            out[l] = kb5_add(out[l], kb5v_get(job.sum[w], l));
    }
    free(words);
    return ERR_OK;
}

static struct whir_first_weight *weight_new(struct whir_first *f, kb5 s)
{
    REQUIRE(f->n < f->cap && f->rounds == 0);
    struct whir_first_weight *w = &f->weights[f->n];
    w->scale = s;
    w->d = f->memory + ((size_t)2 * f->n << f->k);
    w->t = w->d + ((size_t)1 << f->k);
    f->n++;
    return w;
}

/* Tables for n_log rows: 2^low_log and 2^(n_log - low_log) elements. */
static bool tables_new(uint32_t n_log, uint32_t *low_log, kb5 **low, kb5 **high)
{
    *low_log = n_log < BLOCK_LOG ? n_log : BLOCK_LOG;
    *low = malloc(sizeof **low << *low_log);
    *high = malloc(sizeof **high << (n_log - *low_log));
    if (*low != NULL && *high != NULL) return true;
    free(*low);
    free(*high);
    return false;
}

static kb5 square_times(kb5 z, uint32_t n)
{
    while (n-- > 0)
        z = kb5_sqr(z);
    return z;
}

enum err whir_first_pow(struct whir_first *f, kb5 z, kb5 s)
{
    struct whir_first_weight *w = weight_new(f, s);
    const uint32_t n_log = f->vars - f->k;
    uint32_t low_log;
    kb5 *low, *high;
    w->z = z;
    pow_table(w->t, z, (size_t)1 << f->k);
    if (!tables_new(n_log, &low_log, &low, &high)) return ERR_NOMEM;
    const kb5 step = square_times(z, f->k);
    pow_table(low, step, (size_t)1 << low_log);
    pow_table(high, square_times(step, low_log), (size_t)1 << (n_log - low_log));
    const enum err err = rows_sum(f, f->cells, n_log, low_log, low, high, w->d);
    free(low);
    free(high);
    return err;
}

/* A claim about a part of one row: T picks the row, t is 0 outside the part. */
static void eq_within_row(const struct whir_first *f, struct whir_first_weight *w)
{
    const uint32_t n_log = f->vars - w->claim->prefix_len;
    const size_t lanes = (size_t)1 << f->k, at = (size_t)w->claim->prefix << n_log;
    const kb *row = f->cells + at / lanes * lanes;
    for (size_t l = 0; l < lanes; l++) {
        w->d[l] = kb5_from_kb(row[l]);
        w->t[l] = kb5_zero();
    }
    eq_table(w->t + at % lanes, w->claim->point, n_log);
}

enum err whir_first_eq(struct whir_first *f, const struct whir_claim *claim, kb5 s)
{
    REQUIRE(claim->prefix_len <= f->vars);
    struct whir_first_weight *w = weight_new(f, s);
    const uint32_t free_vars = f->vars - claim->prefix_len, n_log = free_vars - f->k;
    w->claim = claim;
    if (free_vars < f->k) {
        eq_within_row(f, w);
        return ERR_OK;
    }
    uint32_t low_log;
    kb5 *low, *high;
    eq_table(w->t, claim->point + n_log, f->k);
    if (!tables_new(n_log, &low_log, &low, &high)) return ERR_NOMEM;
    eq_table(low, claim->point + (n_log - low_log), low_log);
    eq_table(high, claim->point, n_log - low_log);
    const enum err err = rows_sum(f, f->cells + ((size_t)claim->prefix << free_vars), n_log, low_log,
                                  low, high, w->d);
    free(low);
    free(high);
    return err;
}

/* ---- rounds ---- */

void whir_first_pairs(const struct whir_first *f, kb5 out[2])
{
    const size_t pairs = (size_t)1 << (f->k - f->rounds - 1);
    out[0] = out[1] = kb5_zero();
    for (uint32_t i = 0; i < f->n; i++) {
        const struct whir_first_weight *w = &f->weights[i];
        kb5 c[2] = {kb5_zero(), kb5_zero()};
        for (size_t p = 0; p < pairs; p++) {
            const kb5 *d = w->d + 2 * p, *t = w->t + 2 * p;
            c[0] = kb5_add(c[0], kb5_mul(d[0], t[0]));
            c[1] = kb5_add(c[1], kb5_mul(kb5_sub(d[1], d[0]), kb5_sub(t[1], t[0])));
        }
        for (int j = 0; j < 2; j++)
            out[j] = kb5_add(out[j], kb5_mul(c[j], w->scale));
    }
}

void whir_first_fold(struct whir_first *f, kb5 r)
{
    REQUIRE(f->rounds < f->k);
    const size_t pairs = (size_t)1 << (f->k - f->rounds - 1);
    for (uint32_t i = 0; i < f->n; i++) {
        const struct whir_first_weight *w = &f->weights[i];
        for (size_t p = 0; p < pairs; p++) {
            w->d[p] = kb5_lerp(w->d[2 * p], w->d[2 * p + 1], r);
            w->t[p] = kb5_lerp(w->t[2 * p], w->t[2 * p + 1], r);
        }
    }
    f->r[f->rounds++] = r;
}

/* ---- the end ---- */

enum { FOLD_ROWS = 256 }; /* rows at a time, in cache */
struct fold {
    const struct whir_first *f;
    struct kb5v out;
    enum err err[PARALLEL_MAX];
};

static void fold_range(void *ctx, size_t worker, size_t from, size_t to)
{
    struct fold *job = ctx;
    const struct whir_first *f = job->f;
    const struct kbv_ops *ops = f->env->field;
    const size_t half = (size_t)1 << (f->k - 1);
    struct kb5v v;
    if (!prove_alloc_ext(&v, FOLD_ROWS * half)) {
        job->err[worker] = ERR_NOMEM;
        return;
    }
    for (size_t at = from; at < to; at += FOLD_ROWS) {
        const size_t n = to - at < FOLD_ROWS ? to - at : FOLD_ROWS;
        const struct kb5v out = kb5v_at(job->out, at);
        ops->fold_base(f->k == 1 ? out : v, f->cells + (at << f->k), f->r[0], n * half);
        for (uint32_t j = 1; j < f->k; j++)
            ops->fold_ext(j + 1 == f->k ? out : v, v, f->r[j], n * (half >> j));
    }
    prove_free(v.c[0]);
}

enum err whir_first_end(const struct whir_first *f, struct kb5v out, struct kb5v w)
{
    REQUIRE(f->rounds == f->k);
    const uint32_t vars = f->vars - f->k;
    struct fold job = {.f = f, .out = out};
    parallel_run(f->env->threads, (size_t)1 << vars, FOLD_ROWS, fold_range, &job);
    for (size_t i = 0; i < PARALLEL_MAX; i++)
        ERR_TRY(job.err[i]);
    for (int j = 0; j < KB5_DEGREE; j++)
        memset(w.c[j], 0, sizeof(kb) << vars);
    for (uint32_t i = 0; i < f->n; i++) {
        const struct whir_first_weight *weight = &f->weights[i];
        const kb5 s = kb5_mul(weight->scale, weight->t[0]);
        if (weight->claim == NULL) {
            ERR_TRY(weights_add_pow(w, vars, square_times(weight->z, f->k), s, f->env));
            continue;
        }
        struct whir_claim left = *weight->claim; /* about its first coordinates */
        if (left.prefix_len > vars) {
            left.prefix >>= left.prefix_len - vars;
            left.prefix_len = vars;
        }
        ERR_TRY(weights_add_eq(w, vars, &left, s, f->env));
    }
    return ERR_OK;
}
