/* The mirror of prover/verify/whir_verify.c: docs/protocol/proof.md section 5 and recursion.md
 * section 2. */
#include <stdlib.h>

#include "common/base/require.h"
#include "prover/recursion/rec_parts.h"

/* What was added to the weight polynomial after round i, on the first m_{i+1} variables. */
struct added {
    rec_ext gamma;
    rec_end y[WHIR_MAX_QUERIES];
};

struct opening {
    struct rec_commitment code[WHIR_MAX_ROUNDS]; /* of f_i */
    rec_ext z[WHIR_MAX_VARS];                    /* z[j]: the value of variable j + 1 */
    struct added added[WHIR_MAX_ROUNDS];
    rec_ext final[(size_t)1 << WHIR_MAX_FINAL_VARS];
    rec_ext sigma;
};

static void read_commitment(struct rec_verifier *v, uint32_t round, struct rec_commitment *out)
{
    const struct whir_round *rp = &v->p->params.rounds[round];
    out->root = rec_transcript_absorb_digest(&v->t, LABEL_ROOT);
    for (uint32_t j = 0; j < rp->ood; j++)
        out->ood_point[j] = rec_transcript_sample(&v->t);
    if (rp->ood > 0) rec_transcript_absorb_ext(&v->t, LABEL_OOD, out->ood_answer, rp->ood);
}

void rec_whir_commit(struct rec_verifier *v, struct rec_commitment *out)
{
    read_commitment(v, 0, out);
}

/* One sumcheck round over f W: the claim sigma about one variable less. */
static void sumcheck_round(struct rec_verifier *v, uint32_t grind, rec_ext *sigma,
                           rec_ext *challenge)
{
    struct rec *r = v->r;
    rec_ext c[2]; /* coefficients of degree 0 and 2; f W at 0 and 1 sum to sigma */
    rec_transcript_absorb_ext(&v->t, LABEL_WHIR_ROUND, c, 2);
    rec_transcript_grind(&v->t, grind);
    rec_ext c1 = rec_sub(r, rec_mac(r, c[0], rec_const(r, IR_P - 2), *sigma), c[1]);
    *challenge = rec_transcript_sample(&v->t);
    *sigma = rec_mac(r, *challenge, rec_mac(r, *challenge, c[1], c1), c[0]);
}

/* ---- queries ---- */

/* The challenges of a round, the first one (of the last variable) first. */
static void fold_order(const struct rec_verifier *v, const struct opening *o, uint32_t round,
                       rec_ext *fold)
{
    const uint32_t first = whir_round_vars(&v->p->params, round + 1);
    const uint32_t n = v->p->params.rounds[round].fold;
    for (uint32_t j = 0; j < n; j++)
        fold[j] = o->z[first + n - 1 - j];
}

/* Round 0 with preprocessed columns: lanes of f, lanes of g where its first lane bits are 0, told
 * apart by the side, which is folded first. */
static rec_ext query_sides(struct rec_verifier *v, const struct opening *o, rec_index index,
                           const rec_ext *fold, rec_val outside, rec_end *end)
{
    const struct whir_params *p = &v->p->params;
    rec_ext f, g;
    rec_word leaf = rec_leaf_base(v->r, whir_stack_lanes(p), fold + 1, &f);
    *end = rec_path(v->r, leaf, index, o->code[0].root);
    leaf = rec_leaf_base(v->r, p->pre - 1u, fold + 1, &g);
    rec_path(v->r, leaf, index, v->key);
    rec_val side = rec_val_mul(&v->a, outside, rec_val_ext(g));
    return rec_lerp(v->r, f, rec_val_handle(&v->a, side), fold[0]);
}

/* prod_{j = k_g+2}^{k_0+1} (1 - rho_j): g is zero where one of its first lane bits is not. */
static rec_val outside_factor(struct rec_verifier *v, const rec_ext *fold)
{
    rec_val product = rec_val_const(1);
    for (uint32_t j = v->p->params.pre; j < v->p->params.rounds[0].fold; j++)
        product = rec_val_lerp(&v->a, product, rec_val_const(0), rec_val_ext(fold[j]));
    return product;
}

/* Samples the queries of a round, reads leaves and paths. value: one per query. */
static void read_queries(struct rec_verifier *v, struct opening *o, uint32_t round, rec_ext *value)
{
    const struct whir_params *p = &v->p->params;
    const struct whir_round *rp = &p->rounds[round];
    rec_index index[WHIR_MAX_QUERIES];
    rec_ext fold[WHIR_MAX_FOLD];
    rec_val outside = rec_val_const(1);
    rec_transcript_indices(&v->t, whir_leaf_log(p, round), index, rp->queries);
    fold_order(v, o, round, fold);
    const bool sides = round == 0 && p->pre > 0;
    if (sides) outside = outside_factor(v, fold);
    for (uint32_t q = 0; q < rp->queries; q++) {
        rec_end *end = &o->added[round].y[q];
        if (sides) {
            value[q] = query_sides(v, o, index[q], fold, outside, end);
            continue;
        }
        rec_word leaf = round == 0 ? rec_leaf_base(v->r, rp->fold, fold, &value[q])
                                   : rec_leaf_ext(v->r, rp->fold, fold, &value[q]);
        *end = rec_path(v->r, leaf, index[q], o->code[round].root);
    }
}

/* After the folds of a round that is not the last: the next commitment, the queries, and the
 * claims they make about f_{i+1}. */
static void next_code(struct rec_verifier *v, struct opening *o, uint32_t round)
{
    const struct whir_params *p = &v->p->params;
    const uint32_t n_ood = p->rounds[round + 1].ood, n = p->rounds[round].queries;
    struct rec_commitment *next = &o->code[round + 1];
    rec_ext value[WHIR_MAX_QUERIES];
    read_commitment(v, round + 1, next);
    rec_transcript_grind(&v->t, p->rounds[round].query_grind);
    read_queries(v, o, round, value);
    const rec_ext gamma = rec_transcript_sample(&v->t);
    o->added[round].gamma = gamma;
    rec_ext sum = value[n - 1];
    for (uint32_t q = n - 1; q-- > 0;)
        sum = rec_mac(v->r, gamma, sum, value[q]);
    for (uint32_t j = n_ood; j-- > 0;)
        sum = rec_mac(v->r, gamma, sum, next->ood_answer[j]);
    o->sigma = rec_mac(v->r, gamma, sum, o->sigma);
}

/* After the folds of the last round: the final polynomial in clear, and its queries. */
static void final_code(struct rec_verifier *v, struct opening *o)
{
    const struct whir_params *p = &v->p->params;
    const uint32_t round = p->n_rounds - 1u, vars = whir_round_vars(p, p->n_rounds);
    rec_ext value[WHIR_MAX_QUERIES];
    rec_transcript_absorb_ext(&v->t, LABEL_FINAL_POLY, o->final, (size_t)1 << vars);
    rec_transcript_grind(&v->t, p->rounds[round].query_grind);
    read_queries(v, o, round, value);
    for (uint32_t q = 0; q < p->rounds[round].queries; q++) {
        const rec_ext y = rec_end_y(v->r, o->added[round].y[q]);
        rec_ext sum = o->final[(1u << vars) - 1];
        for (uint32_t i = (1u << vars) - 1; i-- > 0;)
            sum = rec_mac(v->r, y, sum, o->final[i]);
        rec_assert_eq(v->r, value[q], sum);
    }
}

/* ---- the weights at the end ---- */

/* pow(c) at the first n coordinates of z: prod (1 - x + x c^(2^j)), j = 0 the last variable. */
static rec_ext pow_weight(struct rec_verifier *v, rec_ext c, const rec_ext *z, uint32_t n)
{
    rec_val w = rec_val_const(1);
    for (uint32_t j = n; j-- > 0;) {
        rec_val at1 = rec_val_mul(&v->a, w, rec_val_ext(c));
        w = rec_val_lerp(&v->a, w, at1, rec_val_ext(z[j]));
        if (j > 0) c = rec_mul(v->r, c, c);
    }
    return rec_val_handle(&v->a, w);
}

static rec_val power(struct rec_verifier *v, rec_ext x, uint32_t n)
{
    rec_val out = rec_val_const(1), square = rec_val_ext(x);
    for (; n > 0; n >>= 1) {
        if (n & 1) out = rec_val_mul(&v->a, out, square);
        if (n > 1) square = rec_val_mul(&v->a, square, square);
    }
    return out;
}

/* The claims of step 7: on f with weight 1 - s, on g with weight s where g lies. */
static rec_val claims_weight(struct rec_verifier *v, const struct opening *o,
                             const struct rec_claim *claims, const rec_ext *tau, const rec_ext *s,
                             rec_ext gamma)
{
    const struct program *p = v->p;
    const uint32_t m = p->log_stack;
    rec_val sum = rec_claims_weight(v, claims, p->n_chunks, tau, s, o->z, m, gamma);
    if (p->params.pre == 0) return sum;
    const uint32_t rows = whir_round_vars(&p->params, 1), lanes = whir_stack_lanes(&p->params);
    const uint32_t pre_lanes = p->params.pre - 1u;
    rec_ext z[WHIR_MAX_VARS];
    for (uint32_t j = 0; j < rows; j++)
        z[j] = o->z[j];
    for (uint32_t j = 0; j < pre_lanes; j++)
        z[rows + j] = o->z[m - pre_lanes + j];
    rec_val side = rec_val_ext(o->z[m]);
    rec_val pre = rec_claims_weight(v, claims + p->n_chunks, p->n_pre_chunks, tau, s, z,
                                    rows + pre_lanes, gamma);
    pre = rec_val_mul(&v->a, pre, side);
    for (uint32_t j = 0; j < lanes - pre_lanes; j++)
        pre = rec_val_lerp(&v->a, pre, rec_val_const(0), rec_val_ext(o->z[rows + j]));
    sum = rec_val_lerp(&v->a, sum, rec_val_const(0), side);
    return rec_val_mac(&v->a, pre, power(v, gamma, p->n_chunks), sum);
}

/* W at z: the initial claims, then what each round but the last added. */
static rec_val weight_at_end(struct rec_verifier *v, const struct opening *o,
                             const struct rec_claim *claims, const rec_ext *tau, const rec_ext *s,
                             rec_ext gamma)
{
    const struct whir_params *p = &v->p->params;
    rec_val sum = claims_weight(v, o, claims, tau, s, gamma);
    for (uint32_t j = p->rounds[0].ood; j-- > 0;)
        sum = rec_val_mac(&v->a, rec_val_ext(gamma), sum,
                          rec_val_ext(pow_weight(v, o->code[0].ood_point[j], o->z, p->n_vars)));
    for (uint32_t i = 0; i + 1 < p->n_rounds; i++) {
        const struct added *add = &o->added[i];
        const uint32_t vars = whir_round_vars(p, i + 1);
        rec_ext h = rec_pow(v->r, add->y[p->rounds[i].queries - 1], o->z, vars);
        for (uint32_t q = p->rounds[i].queries - 1u; q-- > 0;)
            h = rec_mac(v->r, add->gamma, h, rec_pow(v->r, add->y[q], o->z, vars));
        for (uint32_t j = p->rounds[i + 1].ood; j-- > 0;)
            h = rec_mac(v->r, add->gamma, h,
                        pow_weight(v, o->code[i + 1].ood_point[j], o->z, vars));
        sum = rec_val_mac(&v->a, rec_val_ext(add->gamma), rec_val_ext(h), sum);
    }
    return sum;
}

/* The final polynomial at the first n_vars coordinates of z. Overwrites the table. */
static rec_ext final_at_point(struct rec *r, rec_ext *table, uint32_t n_vars, const rec_ext *z)
{
    for (uint32_t j = n_vars; j-- > 0;)
        for (size_t i = 0; i < (size_t)1 << j; i++)
            table[i] = rec_lerp(r, table[2 * i], table[2 * i + 1], z[j]);
    return table[0];
}

static void claims_sum(struct rec_verifier *v, const struct rec_commitment *c,
                       const struct rec_claim *claims, rec_ext gamma, struct opening *o)
{
    const uint32_t n = v->p->n_chunks + v->p->n_pre_chunks;
    rec_val sum = rec_val_const(0);
    for (uint32_t j = n; j-- > 0;)
        sum = rec_val_mac(&v->a, rec_val_ext(gamma), sum, rec_val_ext(claims[j].value));
    for (uint32_t j = v->p->params.rounds[0].ood; j-- > 0;)
        sum = rec_val_mac(&v->a, rec_val_ext(gamma), sum, rec_val_ext(c->ood_answer[j]));
    o->sigma = rec_val_handle(&v->a, sum);
}

void rec_whir_open(struct rec_verifier *v, const struct rec_commitment *c,
                   const struct rec_claim *claims, const rec_ext *tau, const rec_ext *s)
{
    const struct whir_params *p = &v->p->params;
    struct opening *o = calloc(1, sizeof *o);
    REQUIRE(o != NULL);
    rec_verifier_check(v, VERIFY_OPENING);
    const rec_ext gamma = rec_transcript_sample(&v->t);
    o->code[0] = *c;
    claims_sum(v, c, claims, gamma, o);
    uint32_t free_vars = p->n_vars;
    for (uint32_t i = 0; i < p->n_rounds; i++) {
        for (uint32_t j = 0; j < p->rounds[i].fold; j++) {
            free_vars--;
            sumcheck_round(v, p->rounds[i].fold_grind, &o->sigma, &o->z[free_vars]);
        }
        if (i + 1 < p->n_rounds)
            next_code(v, o, i);
        else
            final_code(v, o);
    }
    const uint32_t final_vars = free_vars;
    while (free_vars > 0) {
        free_vars--;
        sumcheck_round(v, 0, &o->sigma, &o->z[free_vars]);
    }
    rec_val weight = weight_at_end(v, o, claims, tau, s, gamma);
    rec_ext value = final_at_point(v->r, o->final, final_vars, o->z);
    rec_val want = rec_val_mul(&v->a, rec_val_ext(value), weight);
    rec_assert_eq(v->r, o->sigma, rec_val_handle(&v->a, want));
    free(o);
}
