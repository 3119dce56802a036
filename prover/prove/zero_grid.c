/* The first two variables of a table's zerocheck at once, while its columns are still in the base
 * field: the sums over the other variables at all points of a small grid. */
#include <stdlib.h>

#include "prover/prove/zero_table.h"

enum { SIDE = ZERO_GRID_DEGREE + 1, LINE = IR_BLOCK + KERNEL_LANES };

struct grid_job {
    struct zero_table *z;
    struct planes eq;
    size_t quarter;
    kb5 sum[PARALLEL_MAX][SIDE][SIDE];
    enum err err[PARALLEL_MAX];
};

/* Of one worker, for a block of rows. */
struct grid_rows {
    kb *edge[2];      /* inputs at (x1, 0) and (x1, 1), where they are not columns */
    kb *inner;        /* inputs at (x1, x2) */
    const kb **at[2]; /* where they lie */
    const kb **in, **outs;
    kb *regs;
};

static bool rows_alloc(struct grid_rows *r, const struct ir_prog *prog)
{
    const size_t n = prog->n_inputs + 1u;
    for (int k = 0; k < 2; k++) {
        r->edge[k] = malloc(n * LINE * sizeof(kb));
        r->at[k] = calloc(n, sizeof *r->at[k]);
    }
    r->inner = malloc(n * LINE * sizeof(kb));
    r->in = calloc(n, sizeof *r->in);
    r->outs = calloc(prog->n_outs + 1u, sizeof *r->outs);
    r->regs = calloc((prog->n_regs + 1u) * (size_t)IR_BLOCK + KERNEL_LANES, sizeof *r->regs);
    return r->edge[0] != NULL && r->edge[1] != NULL && r->at[0] != NULL && r->at[1] != NULL &&
           r->inner != NULL && r->in != NULL && r->outs != NULL && r->regs != NULL;
}

static void rows_free(struct grid_rows *r)
{
    for (int k = 0; k < 2; k++) {
        free(r->edge[k]);
        free((void *)r->at[k]);
    }
    free(r->inner);
    free((void *)r->in);
    free((void *)r->outs);
    free(r->regs);
}

/* Rows row .. row+n of all four quarters at the grid's line x1. */
static void grid_line(struct grid_job *job, struct grid_rows *r, size_t row, size_t n, uint32_t x1,
                      kb5 *sum)
{
    const struct zero_table *z = job->z;
    const struct ir_prog *prog = &z->prog;
    const struct kernels *k = z->pr->k;
    for (uint32_t i = 0; i < prog->n_inputs; i++) {
        if (!z->used[i]) continue;
        const kb *v = zero_table_input(z, i) + row;
        for (size_t b = 0; b < 2; b++) {
            const kb *lo = v + b * job->quarter, *hi = lo + 2 * job->quarter;
            kb *out = r->edge[b] + (size_t)i * LINE;
            r->at[b][i] = x1 == 0 ? lo : x1 == 1 ? hi : out;
            if (x1 >= 2) k->line(out, lo, hi, x1, n);
        }
    }
    for (uint32_t x2 = 0; x2 <= z->degree; x2++) {
        for (uint32_t i = 0; i < prog->n_inputs; i++) {
            if (!z->used[i]) continue;
            kb *out = r->inner + (size_t)i * LINE;
            r->in[i] = x2 < 2 ? r->at[x2][i] : out;
            if (x2 >= 2) k->line(out, r->at[0][i], r->at[1][i], x2, n);
        }
        z->pr->run_base(prog, r->in, r->regs, (uint32_t)n);
        for (uint32_t o = 0; o < prog->n_outs; o++)
            r->outs[o] = ir_prog_out_at(prog, r->in, r->regs, o);
        k->combine_base(r->outs, z->coef, prog->n_outs, planes_at(job->eq, row), n, &sum[x2]);
    }
}

static void grid_range(void *ctx, size_t worker, size_t from, size_t to)
{
    struct grid_job *job = ctx;
    struct grid_rows r = {.regs = NULL};
    if (!rows_alloc(&r, &job->z->prog)) {
        job->err[worker] = ERR_NOMEM;
        to = from;
    }
    for (size_t row = from; row < to; row += IR_BLOCK) {
        const size_t n = to - row < IR_BLOCK ? to - row : IR_BLOCK;
        for (uint32_t x1 = 0; x1 <= job->z->degree; x1++)
            grid_line(job, &r, row, n, x1, job->sum[worker][x1]);
    }
    rows_free(&r);
}

/* The affine part is linear in each variable: four sums say all. */
static void grid_affine(struct grid_job *job, kb5 g[SIDE][SIDE])
{
    const struct zero_table *z = job->z;
    kb5 v[2][2];
    for (size_t i = 0; i < 4; i++) {
        kb5 *sum = &v[i >> 1][i & 1];
        *sum = kb5_zero();
        z->pr->k->dot(planes_at(z->affine, i * job->quarter), job->eq, 0, job->quarter, sum);
    }
    for (uint32_t x1 = 0; x1 <= z->degree; x1++) {
        const kb5 x = kb5_from_kb(kb_from_u32(x1));
        const kb5 lo = kb5_lerp(v[0][0], v[1][0], x), hi = kb5_lerp(v[0][1], v[1][1], x);
        for (uint32_t x2 = 0; x2 <= z->degree; x2++)
            g[x1][x2] =
                kb5_add(g[x1][x2], kb5_lerp(lo, hi, kb5_from_kb(kb_from_u32(x2))));
    }
}

enum err zero_grid_sums(struct zero_table *z, const struct eq_tower *eq,
                        kb5 g[ZERO_GRID_DEGREE + 1][ZERO_GRID_DEGREE + 1])
{
    struct grid_job job = {.z = z, .quarter = (size_t)1 << (z->h - 2), .eq = eq->level[z->h - 2]};
    for (uint32_t x1 = 0; x1 < SIDE; x1++)
        for (uint32_t x2 = 0; x2 < SIDE; x2++)
            g[x1][x2] = kb5_zero();
    if (z->prog.n_outs > 0)
        parallel_run(z->pr->par, job.quarter, IR_BLOCK, grid_range, &job);
    for (size_t w = 0; w < PARALLEL_MAX; w++) {
        ERR_TRY(job.err[w]);
        for (uint32_t x1 = 0; x1 < SIDE; x1++)
            for (uint32_t x2 = 0; x2 < SIDE; x2++)
                g[x1][x2] = kb5_add(g[x1][x2], job.sum[w][x1][x2]);
    }
    grid_affine(&job, g);
    return ERR_OK;
}
