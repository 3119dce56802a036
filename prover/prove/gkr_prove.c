/* Steps 3 and 4 of docs/protocol/proof.md on the proving side: fractions, their tree, one sumcheck
 * per layer. */
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/prove/prove_parts.h"

/* Layer l + 1 of the tree as 2^l pairs: entries 2i and 2i + 1 are (p0, q0)[i] and (p1, q1)[i]. The
 * order is that of kernels.h: p0, q1, p1, q0. */
struct layer {
    struct planes v[4];
};

enum { P0, Q1, P1, Q0, TEMP = 1024 };

struct tree {
    struct prover *pr;
    const struct bus_challenges *b;
    uint32_t n;                                    /* N */
    struct layer layer[PROGRAM_MAX_LOG_FRACTIONS]; /* layer[l]: the entries of layer l + 1 */
};

static bool layer_alloc(struct layer *y, uint32_t l)
{
    bool ok = true;
    for (int i = 0; i < 4; i++) {
        y->v[i] = planes_raw((size_t)1 << l);
        ok = ok && y->v[i].p != NULL;
    }
    return ok;
}

static void layer_free(struct layer *y)
{
    for (int i = 0; i < 4; i++) {
        prove_free(y->v[i].p);
        y->v[i].p = NULL;
    }
}

/* Entries at .. at+n-1 of a layer from natural order: even entries and odd entries apart. */
static void scatter(const struct layer *y, size_t at, struct planes p, struct planes q, size_t n)
{
    for (size_t k = 0; k < 5; k++) {
        const kb *ps = p.p + k * p.stride, *qs = q.p + k * q.stride;
        kb *out[2][2]; /* numerator or denominator, even or odd */
        out[0][0] = y->v[P0].p + k * y->v[P0].stride;
        out[0][1] = y->v[P1].p + k * y->v[P1].stride;
        out[1][0] = y->v[Q0].p + k * y->v[Q0].stride;
        out[1][1] = y->v[Q1].p + k * y->v[Q1].stride;
        size_t i = 0;
        if ((at & 1) == 0) {
            kb *p0 = out[0][0] + at / 2, *p1 = out[0][1] + at / 2;
            kb *q0 = out[1][0] + at / 2, *q1 = out[1][1] + at / 2;
            for (; i + 1 < n; i += 2) {
                p0[i / 2] = ps[i];
                p1[i / 2] = ps[i + 1];
                q0[i / 2] = qs[i];
                q1[i / 2] = qs[i + 1];
            }
        }
        for (; i < n; i++) {
            out[0][(at + i) & 1][(at + i) >> 1] = ps[i];
            out[1][(at + i) & 1][(at + i) >> 1] = qs[i];
        }
    }
}

/* ---- the fractions of one table ---- */

struct table_job {
    struct tree *tree;
    const struct prover_table *pt;
    struct ir_prog prog;     /* outputs: for each message its multiplicity, then its fields */
    const uint32_t *offsets; /* of each message's block */
    enum err err[PARALLEL_MAX];
};

static void block_fractions(struct table_job *job, const kb *const *in, const kb *regs, size_t row,
                            size_t n, struct planes num, struct planes den)
{
    const struct ir_table *t = job->pt->t;
    const struct bus_challenges *b = job->tree->b;
    const struct kernels *k = job->tree->pr->k;
    uint32_t out = 0;
    for (uint32_t m = 0; m < t->n_messages; m++) {
        const struct ir_message *msg = &t->messages[m];
        const kb *mult = ir_prog_out_at(&job->prog, in, regs, out);
        kb mult_const = mult == NULL ? kb_from_u32(job->prog.outs[out].v) : 0;
        out++;
        for (size_t i = 0; i < n; i++) {
            kb v = mult == NULL ? mult_const : mult[i];
            num.p[i] = msg->sign > 0 ? v : kb_neg(v);
        }
        kb5 base = kb5_sub(b->c, kb5_mul_base(b->weight[0], kb_from_u32(msg->tag)));
        for (uint32_t j = 0; j < msg->n_fields; j++)
            if (job->prog.outs[out + j].is_const)
                base = kb5_sub(
                    base, kb5_mul_base(b->weight[1 + j], kb_from_u32(job->prog.outs[out + j].v)));
        for (size_t c = 0; c < 5; c++)
            for (size_t i = 0; i < n; i++)
                den.p[c * den.stride + i] = base.c[c];
        for (uint32_t j = 0; j < msg->n_fields; j++) {
            const kb *v = ir_prog_out_at(&job->prog, in, regs, out + j);
            kb5 w = kb5_neg(b->weight[1 + j]);
            if (v != NULL) k->axpy_base(den, v, 0, n, &w);
        }
        out += msg->n_fields;
        scatter(&job->tree->layer[job->tree->n - 1], job->offsets[m] + row, num, den, n);
    }
}

static void table_rows(void *ctx, size_t worker, size_t from, size_t to)
{
    struct table_job *job = ctx;
    const struct ir_prog *prog = &job->prog;
    const struct prover_table *pt = job->pt;
    struct planes num = planes_new(IR_BLOCK), den = planes_new(IR_BLOCK);
    kb *regs = malloc(((size_t)prog->n_regs + 1) * IR_BLOCK * sizeof *regs);
    const kb **in = malloc((prog->n_inputs + 1u) * sizeof *in);
    if (num.p == NULL || den.p == NULL || regs == NULL || in == NULL) {
        job->err[worker] = ERR_NOMEM;
    } else {
        for (size_t row = from; row < to; row += IR_BLOCK) {
            size_t n = to - row < IR_BLOCK ? to - row : IR_BLOCK;
            for (uint32_t c = 0; c < prog->first_derived; c++)
                in[c] = pt->columns[c] + row;
            for (uint32_t d = 0; d < prog->n_derived; d++)
                in[prog->first_derived + d] = pt->leaf[prog->derived[d]] + row;
            job->tree->pr->run_base(prog, in, regs, (uint32_t)n);
            block_fractions(job, in, regs, row, n, num, den);
        }
    }
    prove_free(num.p);
    prove_free(den.p);
    free(regs);
    free((void *)in);
}

static enum err table_fractions(struct tree *tree, uint32_t table)
{
    const struct ir_table *t = tree->pr->p->system->tables[table];
    if (t->n_messages == 0) return ERR_OK;
    struct table_job job = {.tree = tree, .pt = &tree->pr->tables[table]};
    uint32_t *offsets = malloc(t->n_messages * sizeof *offsets);
    ir_x *outs = malloc((size_t)t->n_messages * (1 + IR_MAX_FIELDS) * sizeof *outs);
    if (offsets == NULL || outs == NULL) {
        free(offsets);
        free(outs);
        return ERR_NOMEM;
    }
    uint32_t n = 0;
    for (uint32_t m = 0; m < t->n_messages; m++) {
        outs[n++] = t->messages[m].mult;
        for (uint32_t j = 0; j < t->messages[m].n_fields; j++)
            outs[n++] = t->messages[m].fields[j];
    }
    for (uint32_t u = 0; u < tree->pr->p->n_blocks; u++)
        if (tree->pr->p->blocks[u].table == table)
            offsets[tree->pr->p->blocks[u].message] = tree->pr->p->blocks[u].offset;
    job.offsets = offsets;
    ir_prog_init(&job.prog, t, outs, n);
    parallel_run(tree->pr->par, (size_t)1 << t->log_height, IR_BLOCK, table_rows, &job);
    ir_prog_deinit(&job.prog);
    free(outs);
    free(offsets);
    for (size_t i = 0; i < PARALLEL_MAX; i++)
        ERR_TRY(job.err[i]);
    return ERR_OK;
}

/* ---- the tree ---- */

struct combine_job {
    struct tree *tree;
    uint32_t l; /* combines layer l + 1 into layer l */
    enum err err[PARALLEL_MAX];
};

static void combine_range(void *ctx, size_t worker, size_t from, size_t to)
{
    struct combine_job *job = ctx;
    const struct layer *src = &job->tree->layer[job->l], *dst = &job->tree->layer[job->l - 1];
    struct planes p = planes_new(TEMP), q = planes_new(TEMP);
    if (p.p == NULL || q.p == NULL) job->err[worker] = ERR_NOMEM;
    for (size_t i = from; i < to && job->err[worker] == ERR_OK; i += TEMP) {
        size_t n = to - i < TEMP ? to - i : TEMP;
        struct planes v[4];
        for (int k = 0; k < 4; k++)
            v[k] = planes_at(src->v[k], i);
        job->tree->pr->k->gkr_combine(v, p, q, 0, n);
        scatter(dst, i, p, q, n);
    }
    prove_free(p.p);
    prove_free(q.p);
}

static enum err tree_build(struct tree *tree)
{
    uint32_t n = tree->n;
    const struct program *p = tree->pr->p;
    for (uint32_t l = PROGRAM_TOP_LOG - 1; l < n; l++)
        if (!layer_alloc(&tree->layer[l], l)) return ERR_NOMEM;
    for (uint32_t t = 0; t < p->system->n_tables; t++)
        ERR_TRY(table_fractions(tree, t));
    kb5 zero = kb5_zero(), one = kb5_one();
    const struct layer *last = &tree->layer[n - 1];
    for (size_t i = p->fractions; i < (size_t)1 << n; i++) {
        planes_set(last->v[(i & 1) != 0 ? P1 : P0], i >> 1, &zero);
        planes_set(last->v[(i & 1) != 0 ? Q1 : Q0], i >> 1, &one);
    }
    for (uint32_t l = n - 1; l >= PROGRAM_TOP_LOG; l--) {
        struct combine_job job = {.tree = tree, .l = l};
        parallel_run(tree->pr->par, (size_t)1 << l, TEMP, combine_range, &job);
        for (size_t i = 0; i < PARALLEL_MAX; i++)
            ERR_TRY(job.err[i]);
    }
    return ERR_OK;
}

/* ---- one layer's sumcheck ---- */

struct round_job {
    struct prover *pr;
    struct layer *y;
    struct planes eq;
    size_t half;
    kb5 sums[PARALLEL_MAX][2];
    kb5 s;
};

static void round_range(void *ctx, size_t worker, size_t from, size_t to)
{
    struct round_job *job = ctx;
    job->pr->k->gkr_round(job->y->v, job->eq, job->half, from, to, job->sums[worker]);
}

static void fold_range(void *ctx, size_t worker, size_t from, size_t to)
{
    struct round_job *job = ctx;
    (void)worker;
    for (int i = 0; i < 4; i++)
        job->pr->k->fold(job->y->v[i], job->y->v[i], job->half, from, to, &job->s);
}

struct axpy_job {
    const struct kbv_ops *field;
    struct layer *y;
    kb5 lambda;
};

static struct kb5v vector_of(struct planes v, size_t at)
{
    struct kb5v out;
    for (size_t k = 0; k < KB5_DEGREE; k++)
        out.c[k] = v.p + k * v.stride + at;
    return out;
}

/* p1 + lambda q1 in the place of p1: then p0 q1 + p1 q0 is the whole summand. */
static void lambda_range(void *ctx, size_t worker, size_t from, size_t to)
{
    struct axpy_job *job = ctx;
    (void)worker;
    job->field->axpy_ext(vector_of(job->y->v[P1], from), job->lambda,
                         vector_of(job->y->v[Q1], from), to - from);
}

static enum err layer_prove(struct tree *tree, uint32_t l, struct gkr_claim *claim)
{
    struct prover *pr = tree->pr;
    struct round_job job = {.pr = pr, .y = &tree->layer[l]};
    kb5 lambda = transcript_sample_ext(&pr->t);
    kb5 sum = kb5_add(claim->num, kb5_mul(lambda, claim->den));
    struct axpy_job with_lambda = {pr->field, job.y, lambda};
    parallel_run(pr->par, (size_t)1 << l, 4096, lambda_range, &with_lambda);
    struct eq_tower eq;
    ERR_TRY(eq_tower_init(&eq, pr->k, claim->point, l, l - 1));
    for (uint32_t j = 0; j < l; j++) {
        job.half = (size_t)1 << (l - 1 - j);
        job.eq = eq.level[l - 1 - j];
        memset(job.sums, 0, sizeof job.sums);
        parallel_run(pr->par, job.half, 1024, round_range, &job);
        kb5 c[3] = {kb5_zero(), kb5_zero(), kb5_zero()};
        for (size_t w = 0; w < PARALLEL_MAX; w++) {
            c[0] = kb5_add(c[0], job.sums[w][0]);
            c[2] = kb5_add(c[2], job.sums[w][1]);
        }
        /* sum = c0 + r_j (c1 + c2) */
        if (kb5_is_zero(claim->point[j])) {
            eq_tower_deinit(&eq);
            return ERR_INTERNAL; /* probability 2^-155 */
        }
        c[1] = kb5_sub(kb5_mul(kb5_sub(sum, c[0]), kb5_inv(claim->point[j])), c[2]);
        proof_say_ext(&pr->w, &pr->t, LABEL_GKR_ROUND, c + 1, 2);
        job.s = transcript_sample_ext(&pr->t);
        claim->point[j] = job.s;
        sum = poly_eval(c, 2, job.s);
        /* in place: each worker reads its own part of both halves only when the ranges match */
        parallel_run(pr->par, job.half, 1024, fold_range, &job);
    }
    eq_tower_deinit(&eq);
    kb5 e[4] = {planes_get(job.y->v[P0], 0), planes_get(job.y->v[P1], 0),
                planes_get(job.y->v[Q0], 0), planes_get(job.y->v[Q1], 0)};
    e[1] = kb5_sub(e[1], kb5_mul(lambda, e[3]));
    proof_say_ext(&pr->w, &pr->t, LABEL_GKR_LAYER, e, 4);
    kb5 last = transcript_sample_ext(&pr->t);
    claim->num = kb5_lerp(e[0], e[1], last);
    claim->den = kb5_lerp(e[2], e[3], last);
    claim->point[l] = last;
    return ERR_OK;
}

static enum err layers_prove(struct tree *tree, struct gkr_claim *claim)
{
    enum { TOP = 1 << PROGRAM_TOP_LOG };
    struct prover *pr = tree->pr;
    ERR_TRY(tree_build(tree));
    kb5 top[2 * TOP];
    const struct layer *y = &tree->layer[PROGRAM_TOP_LOG - 1];
    for (size_t i = 0; i < TOP; i++) {
        top[i] = planes_get(y->v[(i & 1) != 0 ? P1 : P0], i / 2);
        top[TOP + i] = planes_get(y->v[(i & 1) != 0 ? Q1 : Q0], i / 2);
    }
    proof_say_ext(&pr->w, &pr->t, LABEL_GKR_TOP, top, 2 * TOP);
    for (uint32_t i = 0; i < PROGRAM_TOP_LOG; i++)
        claim->point[i] = transcript_sample_ext(&pr->t);
    claim->num = mle_eval(top, claim->point, PROGRAM_TOP_LOG);
    claim->den = mle_eval(top + TOP, claim->point, PROGRAM_TOP_LOG);
    for (uint32_t l = PROGRAM_TOP_LOG; l < tree->n; l++) {
        ERR_TRY(layer_prove(tree, l, claim));
        layer_free(&tree->layer[l]);
    }
    return ERR_OK;
}

enum err gkr_prove(struct prover *pr, const struct bus_challenges *b, struct gkr_claim *out)
{
    struct tree tree = {.pr = pr, .b = b, .n = pr->p->log_fractions};
    enum err err = layers_prove(&tree, out);
    for (uint32_t l = 0; l < PROGRAM_MAX_LOG_FRACTIONS; l++)
        layer_free(&tree.layer[l]);
    return err;
}
