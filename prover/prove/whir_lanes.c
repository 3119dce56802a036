#include "prover/prove/whir_lanes.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

/* A task takes 2^BLOCK_LOG compact elements, whole rows. */
enum { BLOCK_LOG = 10, BLOCK = 1 << BLOCK_LOG };

static uint32_t block_log(struct lane_map map)
{
    REQUIRE(map.lanes <= BLOCK_LOG);
    REQUIRE(map.lanes <= map.wide);
    REQUIRE(map.lanes <= map.vars);
    return map.vars < BLOCK_LOG ? map.vars : BLOCK_LOG;
}

struct job {
    struct lane_map map;
    uint32_t low; /* log2 of a task's compact elements */
    const kb *base;
    struct kb5v compact, wide;
    kb5 s, r;
    kb5 *partial; /* one or two for each task */
    const struct kbv_ops *ops;
};

static size_t tasks(const struct job *j)
{
    return (size_t)1 << (j->map.vars - j->low);
}

static size_t rows(const struct job *j)
{
    return (size_t)1 << (j->low - j->map.lanes);
}

static kb5 total(const struct job *j, size_t n, size_t every, size_t first)
{
    kb5 sum = kb5_zero();
    for (size_t i = 0; i < n; i++)
        sum = kb5_add(sum, j->partial[every * i + first]);
    return sum;
}

/* ---- evaluation and dot products ---- */

static void eval_task(void *ctx, size_t i)
{
    const struct job *j = ctx;
    j->partial[i] = j->ops->dot_base(j->base + (i << j->low), j->compact, (size_t)1 << j->low);
}

enum err lanes_eval_pow(struct lane_map map, const kb *g, kb5 z, const struct prove_env *env,
                        kb5 *out)
{
    struct job j = {.map = map, .low = block_log(map), .base = g, .ops = env->field};
    j.partial = malloc(tasks(&j) * sizeof *j.partial);
    if (j.partial == NULL || !prove_alloc_ext(&j.compact, (size_t)1 << j.low)) {
        free(j.partial);
        return ERR_NOMEM;
    }
    kb5 row = kb5_one(), step = z;
    for (uint32_t i = 0; i < map.wide; i++)
        step = kb5_sqr(step);
    for (size_t r = 0; r < rows(&j); r++) {
        kb5 x = row;
        for (size_t lane = 0; lane < (size_t)1 << map.lanes; lane++) {
            kb5v_set(j.compact, (r << map.lanes) + lane, x);
            x = kb5_mul(x, z);
        }
        row = kb5_mul(row, step); /* in the end the step from block to block */
    }
    prove_tasks(env, tasks(&j), eval_task, &j);
    kb5 v = kb5_zero();
    for (size_t i = tasks(&j); i-- > 0;)
        v = kb5_add(kb5_mul(v, row), j.partial[i]);
    free(j.partial);
    prove_free(j.compact.c[0]);
    *out = v;
    return ERR_OK;
}

static void dot_task(void *ctx, size_t i)
{
    const struct job *j = ctx;
    const size_t lanes = (size_t)1 << j->map.lanes, first = i * rows(j);
    kb cells[BLOCK];
    for (size_t r = 0; r < rows(j); r++)
        memcpy(cells + r * lanes, j->base + ((first + r) << j->map.wide), lanes * sizeof *cells);
    j->partial[i] = j->ops->dot_base(cells, kb5v_at(j->compact, i << j->low), (size_t)1 << j->low);
}

enum err lanes_dot(struct lane_map map, const kb *f, struct kb5v w, const struct prove_env *env,
                   kb5 *out)
{
    struct job j = {.map = map, .low = block_log(map), .base = f, .compact = w, .ops = env->field};
    j.partial = malloc(tasks(&j) * sizeof *j.partial);
    if (j.partial == NULL) return ERR_NOMEM;
    prove_tasks(env, tasks(&j), dot_task, &j);
    *out = total(&j, tasks(&j), 1, 0);
    free(j.partial);
    return ERR_OK;
}

static void add_task(void *ctx, size_t i)
{
    const struct job *j = ctx;
    for (size_t r = i * rows(j); r < (i + 1) * rows(j); r++)
        j->ops->axpy_ext(kb5v_at(j->wide, r << j->map.wide), j->s,
                         kb5v_at(j->compact, r << j->map.lanes), (size_t)1 << j->map.lanes);
}

void lanes_add(struct lane_map map, struct kb5v w, kb5 s, struct kb5v g_weight,
               const struct prove_env *env)
{
    struct job j = {.map = map,
                    .low = block_log(map),
                    .compact = g_weight,
                    .wide = w,
                    .s = s,
                    .ops = env->field};
    prove_tasks(env, tasks(&j), add_task, &j);
}

/* ---- the round on the last lane variable ---- */

/* A vector of a block's elements on the stack. */
static struct kb5v block_vector(kb memory[KB5_DEGREE * BLOCK])
{
    struct kb5v v;
    for (int i = 0; i < KB5_DEGREE; i++)
        v.c[i] = memory + (size_t)i * BLOCK;
    return v;
}

/* Sums of many tasks are taken by a bounded number of them. */
enum { MAX_PARTS = 256 };

struct pairs_job {
    struct job j;
    size_t per_part;
    kb5 partial[MAX_PARTS][2];
};

static void pairs_part(void *ctx, size_t part)
{
    struct pairs_job *p = ctx;
    const struct job *j = &p->j;
    const size_t lanes = (size_t)1 << j->map.lanes;
    kb memory[KB5_DEGREE * BLOCK];
    const struct kb5v w = block_vector(memory);
    p->partial[part][0] = p->partial[part][1] = kb5_zero();
    for (size_t i = part * p->per_part; i < (part + 1) * p->per_part; i++) {
        kb5 c[2];
        for (size_t r = 0; r < rows(j); r++)
            for (int k = 0; k < KB5_DEGREE; k++)
                memcpy(w.c[k] + r * lanes, j->wide.c[k] + ((i * rows(j) + r) << j->map.wide),
                       lanes * sizeof(kb));
        j->ops->pair_base(j->base + (i << j->low), w, (size_t)1 << (j->low - 1), c);
        for (int k = 0; k < 2; k++)
            p->partial[part][k] = kb5_add(p->partial[part][k], c[k]);
    }
}

void lanes_pairs(struct lane_map map, const kb *g, struct kb5v w, const struct prove_env *env,
                 kb5 out[2])
{
    REQUIRE(map.lanes > 0);
    struct pairs_job p = {
        .j = {.map = map, .low = block_log(map), .base = g, .wide = w, .ops = env->field}};
    const size_t n = tasks(&p.j), parts = n < MAX_PARTS ? n : MAX_PARTS;
    p.per_part = n / parts;
    p.j.partial = &p.partial[0][0];
    prove_tasks(env, parts, pairs_part, &p);
    for (size_t k = 0; k < 2; k++)
        out[k] = total(&p.j, parts, 2, k);
}

static void add_fold_task(void *ctx, size_t i)
{
    const struct job *j = ctx;
    const size_t half = (size_t)1 << (j->map.lanes - 1);
    kb memory[KB5_DEGREE * BLOCK];
    const struct kb5v folded = block_vector(memory);
    j->ops->fold_base(folded, j->base + (i << j->low), j->r, (size_t)1 << (j->low - 1));
    for (size_t r = 0; r < rows(j); r++)
        j->ops->axpy_ext(kb5v_at(j->wide, (i * rows(j) + r) << (j->map.wide - 1)), j->s,
                         kb5v_at(folded, r * half), half);
}

void lanes_add_fold(struct lane_map map, struct kb5v out, kb5 s, const kb *g, kb5 r,
                    const struct prove_env *env)
{
    REQUIRE(map.lanes > 0);
    struct job j = {.map = map,
                    .low = block_log(map),
                    .base = g,
                    .wide = out,
                    .s = s,
                    .r = r,
                    .ops = env->field};
    prove_tasks(env, tasks(&j), add_fold_task, &j);
}
