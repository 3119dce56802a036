#include "prover/prove/zero_table.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

/* ---- splitting A_t ---- */

struct split {
    const struct ir_table *t;
    kb5 *weight; /* by node: what it is multiplied with in A_t */
    kb5 constant;
};

static bool is_op(const struct ir_node *n)
{
    return n->op == IR_ADD || n->op == IR_SUB || n->op == IR_MUL;
}

static void give(struct split *s, ir_x to, kb5 w)
{
    s->weight[to] = kb5_add(s->weight[to], w);
}

/* Pushes weights down through operations that are linear: wholly for affine expressions, and off
 * the top of others where one operand is affine or constant. */
static void push_down(struct split *s)
{
    const struct ir_table *t = s->t;
    for (uint32_t i = t->n_nodes; i-- > 0;) {
        const struct ir_node *n = &t->nodes[i];
        if (!is_op(n) || kb5_is_zero(s->weight[i])) continue;
        const struct ir_node *a = &t->nodes[n->a], *b = &t->nodes[n->b];
        kb5 w = s->weight[i];
        if (n->op == IR_MUL) {
            if (a->op == IR_CONST)
                give(s, n->b, kb5_mul_base(w, kb_from_u32(a->a)));
            else if (b->op == IR_CONST)
                give(s, n->a, kb5_mul_base(w, kb_from_u32(b->a)));
            else
                continue;
        } else {
            if (a->degree > 1 && b->degree > 1) continue;
            give(s, n->a, w);
            give(s, n->b, n->op == IR_ADD ? w : kb5_neg(w));
        }
        s->weight[i] = kb5_zero();
    }
}

static void weigh(struct split *s, const struct program *p, uint32_t table,
                  const struct bus_challenges *b, const kb5 *e, kb5 beta, kb5 a)
{
    const struct ir_table *t = s->t;
    for (uint32_t u = 0; u < p->n_blocks; u++) {
        if (p->blocks[u].table != table) continue;
        const struct ir_message *m = &t->messages[p->blocks[u].message];
        give(s, m->mult, m->sign > 0 ? e[u] : kb5_neg(e[u]));
        kb5 eb = kb5_mul(e[u], beta);
        kb5 fixed = kb5_sub(b->c, kb5_mul_base(b->weight[0], kb_from_u32(m->tag)));
        s->constant = kb5_add(s->constant, kb5_mul(eb, fixed));
        for (uint32_t j = 0; j < m->n_fields; j++)
            give(s, m->fields[j], kb5_neg(kb5_mul(eb, b->weight[1 + j])));
    }
    kb5 power = kb5_pow(a, 1 + (uint64_t)p->first_constraint[table]);
    for (uint32_t i = 0; i < t->n_constraints; i++) {
        give(s, t->constraints[i].x, power);
        power = kb5_mul(power, a);
    }
    push_down(s);
    for (uint32_t i = 0; i < t->n_nodes; i++)
        if (t->nodes[i].op == IR_CONST)
            s->constant =
                kb5_add(s->constant, kb5_mul_base(s->weight[i], kb_from_u32(t->nodes[i].a)));
}

/* The program over the nodes of degree >= 2 that carry a weight. */
static enum err compile(const struct split *s, struct ir_prog *prog, kb5 **coef, uint32_t *degree)
{
    const struct ir_table *t = s->t;
    ir_x *outs = malloc((t->n_nodes + 1u) * sizeof *outs);
    *coef = malloc((t->n_nodes + 1u) * sizeof **coef);
    if (outs == NULL || *coef == NULL) {
        free(outs);
        return ERR_NOMEM;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        if (!is_op(&t->nodes[i]) || kb5_is_zero(s->weight[i])) continue;
        if (t->nodes[i].degree > *degree) *degree = t->nodes[i].degree;
        outs[n] = i;
        (*coef)[n++] = s->weight[i];
    }
    ir_prog_init(prog, t, outs, n);
    free(outs);
    return ERR_OK;
}

const kb *zero_table_input(const struct zero_table *z, uint32_t i)
{
    uint32_t n = z->prog.first_derived;
    return i < n ? z->pt->columns[i] : z->pt->leaf[z->prog.derived[i - n]];
}

struct affine_job {
    struct zero_table *z;
    const struct split *s;
};

static void affine_range(void *ctx, size_t worker, size_t from, size_t to)
{
    struct affine_job *job = ctx;
    struct zero_table *z = job->z;
    const struct ir_table *t = z->pt->t;
    (void)worker;
    enum { STEP = 1024 };
    for (size_t at = from; at < to; at += STEP) {
        size_t n = to - at < STEP ? to - at : STEP;
        struct planes out = planes_at(z->affine, at);
        for (size_t c = 0; c < 5; c++)
            for (size_t i = 0; i < n; i++)
                out.p[c * out.stride + i] = job->s->constant.c[c];
        for (uint32_t k = 0; k < t->n_nodes; k++) {
            const struct ir_node *x = &t->nodes[k];
            if (kb5_is_zero(job->s->weight[k])) continue;
            const kb *v = x->op == IR_COL   ? z->pt->columns[x->a]
                          : x->op == IR_PRE ? z->pt->columns[t->n_columns + x->a]
                                            : z->pt->leaf[k];
            if (v != NULL && !is_op(x)) z->pr->k->axpy_base(out, v + at, 0, n, &job->s->weight[k]);
        }
    }
}

/* ---- sums over rows ---- */

/* Sums of eq * (the program's weighted outputs) at the points first, first+1 .. of the next
 * variable; over base inputs before the first bind, over folded ones later. */
struct sum_job {
    struct zero_table *z;
    struct planes eq;
    size_t half;
    bool want[IR_MAX_DEGREE + 1]; /* points */
    kb5 sum[PARALLEL_MAX][IR_MAX_DEGREE + 1];
    enum err err[PARALLEL_MAX];
};

static void base_blocks(struct sum_job *job, size_t worker, size_t from, size_t to, kb *lines,
                        kb *regs, const kb **in, const kb **outs)
{
    const struct ir_prog *prog = &job->z->prog;
    const struct kernels *k = job->z->pr->k;
    for (size_t row = from; row < to; row += IR_BLOCK) {
        size_t n = to - row < IR_BLOCK ? to - row : IR_BLOCK;
        for (uint32_t x = 0; x <= job->z->degree; x++) {
            if (!job->want[x]) continue;
            for (uint32_t i = 0; i < prog->n_inputs; i++) {
                if (!job->z->used[i]) continue;
                const kb *lo = zero_table_input(job->z, i) + row, *hi = lo + job->half;
                kb *out = lines + (size_t)i * (IR_BLOCK + KERNEL_LANES);
                in[i] = x == 0 ? lo : x == 1 ? hi : out;
                if (x >= 2) k->line(out, lo, hi, x, n);
            }
            job->z->pr->run_base(prog, in, regs, (uint32_t)n);
            for (uint32_t o = 0; o < prog->n_outs; o++)
                outs[o] = ir_prog_out_at(prog, in, regs, o);
            k->combine_base(outs, job->z->coef, prog->n_outs, planes_at(job->eq, row), n,
                            &job->sum[worker][x]);
        }
    }
}

static void ext_blocks(struct sum_job *job, size_t worker, size_t from, size_t to, kb *lines,
                       kb *regs, struct planes_in *in, struct planes_in *outs)
{
    const struct ir_prog *prog = &job->z->prog;
    const struct kernels *k = job->z->pr->k;
    enum { LINE = KERNEL_BLOCK, REG = 5 * KERNEL_BLOCK };
    for (size_t row = from; row < to; row += KERNEL_BLOCK) {
        size_t n = to - row < KERNEL_BLOCK ? to - row : KERNEL_BLOCK;
        for (uint32_t x = 0; x <= job->z->degree; x++) {
            if (!job->want[x]) continue;
            for (uint32_t i = 0; i < prog->n_inputs; i++) {
                if (!job->z->used[i]) continue;
                struct planes f = planes_at(job->z->folded[i], row);
                kb *out = lines + (size_t)i * REG;
                in[i] = x < 2 ? (struct planes_in){f.p + x * job->half, f.stride}
                              : (struct planes_in){out, LINE};
                for (size_t c = 0; c < 5 && x >= 2; c++)
                    k->line(out + c * LINE, f.p + c * f.stride, f.p + c * f.stride + job->half, x,
                            n);
            }
            k->run_ext(prog, in, regs, n);
            for (uint32_t o = 0; o < prog->n_outs; o++) {
                uint32_t v = prog->outs[o].v;
                outs[o] = v < prog->n_inputs
                              ? in[v]
                              : (struct planes_in){regs + (size_t)(v - prog->n_inputs) * REG,
                                                   KERNEL_BLOCK};
            }
            k->combine(outs, job->z->coef, prog->n_outs, planes_at(job->eq, row), n,
                       &job->sum[worker][x]);
        }
    }
}

static void sum_range(void *ctx, size_t worker, size_t from, size_t to)
{
    struct sum_job *job = ctx;
    const struct ir_prog *prog = &job->z->prog;
    bool base = job->z->bound == 0;
    size_t line = base ? IR_BLOCK + KERNEL_LANES : 5 * KERNEL_BLOCK;
    size_t reg = base ? IR_BLOCK : 5 * KERNEL_BLOCK;
    size_t ptr = base ? sizeof(kb *) : sizeof(struct planes_in);
    kb *lines = calloc((prog->n_inputs + 1u) * line, sizeof *lines);
    kb *regs = calloc((prog->n_regs + 1u) * reg + KERNEL_LANES, sizeof *regs);
    void *in = calloc(prog->n_inputs + 1u, ptr), *outs = calloc(prog->n_outs + 1u, ptr);
    if (lines == NULL || regs == NULL || in == NULL || outs == NULL)
        job->err[worker] = ERR_NOMEM;
    else if (base)
        base_blocks(job, worker, from, to, lines, regs, in, outs);
    else
        ext_blocks(job, worker, from, to, lines, regs, in, outs);
    free(lines);
    free(regs);
    free(in);
    free(outs);
}

static enum err sum_points(struct sum_job *job, kb5 *out)
{
    for (uint32_t x = 0; x <= job->z->degree; x++)
        out[x] = kb5_zero();
    if (job->z->prog.n_outs == 0) return ERR_OK;
    parallel_run(job->z->pr->par, job->half, job->z->bound == 0 ? IR_BLOCK : KERNEL_BLOCK,
                 sum_range, job);
    for (size_t w = 0; w < PARALLEL_MAX; w++) {
        ERR_TRY(job->err[w]);
        for (uint32_t x = 0; x <= job->z->degree; x++)
            out[x] = kb5_add(out[x], job->sum[w][x]);
    }
    return ERR_OK;
}

/* Adds the affine part's values at all points of want. */
static void add_affine(struct zero_table *z, struct planes eq, size_t half, kb5 *g,
                       const bool *want)
{
    kb5 at0 = kb5_zero(), at1 = kb5_zero();
    z->pr->k->dot(z->affine, eq, 0, half, &at0);
    z->pr->k->dot(planes_at(z->affine, half), eq, 0, half, &at1);
    kb5 v = at0, d = kb5_sub(at1, at0);
    for (uint32_t x = 0; x <= z->degree; x++) {
        if (want[x]) g[x] = kb5_add(g[x], v);
        v = kb5_add(v, d);
    }
}

/* The sum over all rows and what the first rounds need of it: the grid, or the values at 0 and 1. */
static enum err first_sum(struct zero_table *z, const struct eq_tower *eq, const kb5 *r)
{
    struct sum_job job = {.z = z};
    kb5 g[IR_MAX_DEGREE + 1];
    if (z->h == 0) {
        /* one row: its value; "half" = 1 with only the point 0 */
        job.want[0] = true;
        job.half = 1;
        job.eq = eq->level[0];
        ERR_TRY(sum_points(&job, g));
        z->claim = kb5_add(g[0], planes_get(z->affine, 0));
        return ERR_OK;
    }
    z->gridded = z->h >= ZERO_GRID_VARS && z->degree <= ZERO_GRID_DEGREE;
    if (z->gridded) {
        z->second = r[1];
        ERR_TRY(zero_grid_sums(z, eq, z->grid));
        z->claim = kb5_lerp(kb5_lerp(z->grid[0][0], z->grid[0][1], r[1]),
                            kb5_lerp(z->grid[1][0], z->grid[1][1], r[1]), r[0]);
        return ERR_OK;
    }
    job.want[0] = job.want[1] = true;
    job.half = (size_t)1 << (z->h - 1);
    job.eq = eq->level[z->h - 1];
    ERR_TRY(sum_points(&job, g));
    add_affine(z, job.eq, job.half, g, job.want);
    z->start[0] = g[0];
    z->start[1] = g[1];
    z->claim = kb5_lerp(g[0], g[1], *r);
    return ERR_OK;
}

enum err zero_table_init(struct zero_table *z, struct prover *pr, uint32_t table,
                         const struct bus_challenges *b, const kb5 *e, kb5 beta, kb5 a,
                         const struct eq_tower *eq, const kb5 *r)
{
    const struct ir_table *t = pr->p->system->tables[table];
    *z = (struct zero_table){.pr = pr, .pt = &pr->tables[table], .h = t->log_height, .degree = 1};
    struct split s = {.t = t, .constant = kb5_zero()};
    s.weight = calloc(t->n_nodes + 1u, sizeof *s.weight);
    z->affine = planes_raw((size_t)1 << z->h);
    enum err err = ERR_NOMEM;
    if (s.weight != NULL && z->affine.p != NULL) {
        weigh(&s, pr->p, table, b, e, beta, a);
        err = compile(&s, &z->prog, &z->coef, &z->degree);
    }
    if (err == ERR_OK) {
        struct affine_job job = {z, &s};
        parallel_run(pr->par, (size_t)1 << z->h, 1024, affine_range, &job);
        z->used = calloc(z->prog.n_inputs + 1u, sizeof *z->used);
        z->folded = calloc(z->prog.n_inputs + 1u, sizeof *z->folded);
        if (z->used == NULL || z->folded == NULL) err = ERR_NOMEM;
    }
    free(s.weight);
    if (err != ERR_OK) return err;
    const struct ir_prog *prog = &z->prog;
    for (uint32_t i = 0; i < prog->n_ops; i++) {
        const struct ir_prog_op *o = &prog->ops[i];
        if (o->a < prog->n_inputs) z->used[o->a] = true;
        if (o->code < IRP_ADDC && o->b < prog->n_inputs) z->used[o->b] = true;
    }
    return first_sum(z, eq, r);
}

void zero_table_deinit(struct zero_table *z)
{
    for (uint32_t i = 0; z->folded != NULL && i < z->prog.n_inputs; i++)
        prove_free(z->folded[i].p);
    free(z->folded);
    free(z->used);
    prove_free(z->affine.p);
    free(z->coef);
    ir_prog_deinit(&z->prog);
    memset(z, 0, sizeof *z);
}

/* Coefficients of the polynomial of this degree with the values g[0 .. degree]. */
static void interpolate(const kb5 *g, uint32_t degree, kb5 *c)
{
    /* Newton: divided differences over 0, 1, 2, .. then expansion */
    kb5 d[IR_MAX_DEGREE + 1];
    for (uint32_t i = 0; i <= degree; i++)
        d[i] = g[i];
    for (uint32_t k = 1; k <= degree; k++) {
        kb inv = kb_inv(kb_from_u32(k));
        for (uint32_t i = degree; i >= k; i--)
            d[i] = kb5_mul_base(kb5_sub(d[i], d[i - 1]), inv);
    }
    for (uint32_t i = 0; i <= degree; i++)
        c[i] = kb5_zero();
    c[0] = d[degree];
    for (uint32_t k = degree; k-- > 0;) {
        /* c = c * (X - k) + d[k] */
        kb root = kb_neg(kb_from_u32(k));
        for (uint32_t i = degree; i > 0; i--)
            c[i] = kb5_add(c[i - 1], kb5_mul_base(c[i], root));
        c[0] = kb5_add(kb5_mul_base(c[0], root), d[k]);
    }
}

/* The first two rounds from the grid. */
static void grid_round(const struct zero_table *z, kb5 *c)
{
    kb5 g[ZERO_GRID_DEGREE + 1], column[ZERO_GRID_DEGREE + 1], line[ZERO_GRID_DEGREE + 1];
    for (uint32_t x = 0; x <= z->degree; x++) {
        if (z->bound == 0) {
            g[x] = kb5_lerp(z->grid[x][0], z->grid[x][1], z->second);
            continue;
        }
        for (uint32_t x1 = 0; x1 <= z->degree; x1++)
            column[x1] = z->grid[x1][x];
        interpolate(column, z->degree, line);
        g[x] = poly_eval(line, z->degree, z->first);
    }
    interpolate(g, z->degree, c);
}

enum err zero_table_round(struct zero_table *z, const struct eq_tower *eq, kb5 r, kb5 *c)
{
    if (z->gridded && z->bound < 2) {
        grid_round(z, c);
        return ERR_OK;
    }
    uint32_t left = z->h - z->bound - 1;
    kb5 g[IR_MAX_DEGREE + 1];
    struct sum_job job = {.z = z};
    job.half = (size_t)1 << left;
    job.eq = eq->level[left];
    /* in the first round the values at 0 and 1 are known; later the claim gives the one at 1 */
    for (uint32_t x = 0; x <= z->degree; x++)
        job.want[x] = x >= 2 || (x == 0 && z->bound > 0);
    ERR_TRY(sum_points(&job, g));
    add_affine(z, job.eq, job.half, g, job.want);
    if (z->bound == 0) {
        g[0] = z->start[0];
        g[1] = z->start[1];
    } else {
        /* claim = (1 - r) g(0) + r g(1) */
        if (kb5_is_zero(r)) return ERR_INTERNAL; /* probability 2^-155 */
        g[1] = kb5_add(g[0], kb5_mul(kb5_sub(z->claim, g[0]), kb5_inv(r)));
    }
    interpolate(g, z->degree, c);
    return ERR_OK;
}

struct bind_job {
    struct zero_table *z;
    size_t half;
    kb5 s;
    kb5 corner[4]; /* of the grid: weights of the four quarters */
};

static void bind_range(void *ctx, size_t worker, size_t from, size_t to)
{
    struct bind_job *job = ctx;
    struct zero_table *z = job->z;
    const struct kernels *k = z->pr->k;
    (void)worker;
    k->fold(z->affine, z->affine, job->half, from, to, &job->s);
    if (z->gridded && z->bound == 0) return; /* the columns follow with the second variable */
    for (uint32_t i = 0; i < z->prog.n_inputs; i++) {
        if (!z->used[i]) continue;
        if (z->gridded && z->bound == 1)
            k->fold_quarters(z->folded[i], zero_table_input(z, i), job->half, from, to,
                             job->corner);
        else if (z->bound == 0)
            k->fold_base(z->folded[i], zero_table_input(z, i), job->half, from, to, &job->s);
        else
            k->fold(z->folded[i], z->folded[i], job->half, from, to, &job->s);
    }
}

enum err zero_table_bind(struct zero_table *z, const kb5 *c, kb5 s)
{
    struct bind_job job = {.z = z, .half = (size_t)1 << (z->h - z->bound - 1), .s = s};
    if (z->gridded && z->bound == 0) z->first = s;
    if (z->gridded && z->bound == 1) {
        const kb5 both = kb5_mul(z->first, s);
        job.corner[3] = both;
        job.corner[2] = kb5_sub(z->first, both);
        job.corner[1] = kb5_sub(s, both);
        job.corner[0] = kb5_sub(kb5_sub(kb5_one(), z->first), job.corner[1]);
    }
    for (uint32_t i = 0; i < z->prog.n_inputs && z->bound == (z->gridded ? 1u : 0u); i++) {
        if (!z->used[i]) continue;
        z->folded[i] = planes_raw(job.half);
        if (z->folded[i].p == NULL) return ERR_NOMEM;
    }
    parallel_run(z->pr->par, job.half, 256, bind_range, &job);
    z->claim = poly_eval(c, z->degree, s);
    z->bound++;
    return ERR_OK;
}

struct column_job {
    struct zero_table *z;
    struct planes eq;
    kb5 *out;
};

static void column_range(void *ctx, size_t worker, size_t from, size_t to)
{
    struct column_job *job = ctx;
    struct zero_table *z = job->z;
    (void)worker;
    for (size_t c = from; c < to; c++) {
        if (z->used[c] && z->h > 0) {
            job->out[c] = planes_get(z->folded[c], 0);
            continue;
        }
        job->out[c] = kb5_zero();
        z->pr->k->dot_base(z->pt->columns[c], job->eq, 0, (size_t)1 << z->h, &job->out[c]);
    }
}

enum err zero_table_columns(struct zero_table *z, const kb5 *y, kb5 *out)
{
    struct eq_tower eq;
    ERR_TRY(eq_tower_init(&eq, z->pr->k, y, z->h, z->h));
    struct column_job job = {z, eq.level[z->h], out};
    parallel_run(z->pr->par, z->prog.first_derived, 1, column_range, &job);
    eq_tower_deinit(&eq);
    return ERR_OK;
}
