#include "prover/prove/whir_pre.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/prove/whir_weights.h"

/* ---- the key ---- */

enum err whir_key_init(struct whir_key *k, const struct whir_params *p, const kb *cells,
                       const struct prove_env *env)
{
    const uint32_t log_rows = whir_round_vars(p, 1);
    const size_t lanes = (size_t)1 << (p->pre - 1), stride = (lanes + 15) / 16 * 16;
    *k = (struct whir_key){.cells = cells};
    const kb *message = cells;
    if (stride != lanes) {
        message = k->message = prove_alloc((stride << log_rows) * sizeof *k->message);
        if (message == NULL) return ERR_NOMEM;
        for (size_t r = 0; r < (size_t)1 << log_rows; r++) {
            memcpy(k->message + r * stride, cells + r * lanes, lanes * sizeof *cells);
            memset(k->message + r * stride + lanes, 0, (stride - lanes) * sizeof *cells);
        }
    }
    if (rs_encode(&k->rs, message, log_rows, p->rounds[0].log_inv_rate, lanes, stride,
                  (enum proof_profile)p->profile, false, env))
        return ERR_OK;
    whir_key_free(k);
    return ERR_NOMEM;
}

void whir_key_free(struct whir_key *k)
{
    rs_free(&k->rs);
    prove_free(k->message);
    memset(k, 0, sizeof *k);
}

void whir_sides_free(struct whir_sides *s)
{
    prove_free(s->g_weight.c[0]);
    s->g_weight.c[0] = NULL;
}

/* ---- shapes ---- */

static struct lane_map lane_map(const struct whir_sides *s)
{
    return (struct lane_map){.vars = whir_pre_vars(s->params),
                             .lanes = s->params->pre - 1u,
                             .wide = whir_stack_lanes(s->params)};
}

enum err whir_sides_ood(struct whir_sides *s, uint32_t j, kb5 point, kb5 *answer)
{
    /* Index of F: 2 x + s. */
    const kb5 z = kb5_sqr(point);
    const struct kb5v none = {{NULL}};
    ERR_TRY(weights_eval_pow(s->f, none, whir_stack_vars(s->params), z, &s->env, &s->f_ood[j]));
    ERR_TRY(lanes_eval_pow(lane_map(s), s->key->cells, z, &s->env, &s->g_ood[j]));
    *answer = kb5_add(s->f_ood[j], kb5_mul(point, s->g_ood[j]));
    return ERR_OK;
}

/* The claim on f restricted to the lanes of g: its coordinates there, and the factor of those that
 * are 0. False when it says nothing about these lanes. */
static bool restrict_claim(const struct whir_params *p, const struct whir_claim *c,
                           struct whir_claim *out, kb5 point[WHIR_MAX_VARS], kb5 *factor)
{
    const uint32_t m = whir_stack_vars(p), rows = whir_round_vars(p, 1);
    const uint32_t missing = m - whir_pre_vars(p);
    uint32_t n = 0;
    *out = (struct whir_claim){.pre = true, .point = point};
    *factor = kb5_one();
    for (uint32_t j = 0; j < m; j++) {
        const bool absent = j >= rows && j < rows + missing;
        if (j < c->prefix_len) {
            const uint32_t bit = c->prefix >> (c->prefix_len - 1 - j) & 1;
            if (absent && bit == 1) return false;
            if (absent) continue;
            out->prefix = out->prefix << 1 | bit;
            out->prefix_len++;
        } else if (absent) {
            *factor = kb5_mul(*factor, kb5_sub(kb5_one(), c->point[j - c->prefix_len]));
        } else {
            point[n++] = c->point[j - c->prefix_len];
        }
    }
    return true;
}

static bool zero_vector(struct kb5v *v, uint32_t vars)
{
    if (!prove_alloc_ext(v, (size_t)1 << vars)) return false;
    for (int i = 0; i < KB5_DEGREE; i++)
        memset(v->c[i], 0, sizeof(kb) << vars);
    return true;
}

/* With W_0 and W_1 the weights at s = 0 and 1: out[0] = sum f W_0, out[1] = sum (g - f)(W_1 - W_0).
 * f_weight: compact, zero; becomes W_0's claims on the lanes of g. */
static enum err side_sums(struct whir_sides *s, struct kb5v f_weight, const kb5 *ood_point,
                          const struct whir_claim *claims, size_t n_claims, kb5 gamma, kb5 out[2])
{
    const struct lane_map map = lane_map(s);
    kb5 power = kb5_one(), f0 = kb5_zero(), f1 = kb5_zero(), g0 = kb5_zero(), g1 = kb5_zero();
    for (uint32_t j = 0; j < s->params->rounds[0].ood; j++) {
        const kb5 f = kb5_mul(power, s->f_ood[j]), g = kb5_mul(power, s->g_ood[j]);
        f0 = kb5_add(f0, f);
        f1 = kb5_add(f1, kb5_mul(ood_point[j], f));
        g0 = kb5_add(g0, g);
        g1 = kb5_add(g1, kb5_mul(ood_point[j], g));
        power = kb5_mul(power, gamma);
    }
    for (size_t j = 0; j < n_claims; j++) {
        const kb5 value = kb5_mul(power, claims[j].value);
        if (claims[j].pre) {
            g1 = kb5_add(g1, value);
            ERR_TRY(weights_add_eq(s->g_weight, map.vars, &claims[j], power, &s->env));
        } else {
            struct whir_claim on_g;
            kb5 point[WHIR_MAX_VARS], factor;
            f0 = kb5_add(f0, value);
            if (restrict_claim(s->params, &claims[j], &on_g, point, &factor))
                ERR_TRY(weights_add_eq(f_weight, map.vars, &on_g, kb5_mul(power, factor), &s->env));
        }
        power = kb5_mul(power, gamma);
    }
    kb5 cross;
    ERR_TRY(lanes_dot(map, s->f, s->g_weight, &s->env, &cross));
    f1 = kb5_add(f1, cross);
    const struct lane_map all = {map.vars, map.lanes, map.lanes};
    ERR_TRY(lanes_dot(all, s->key->cells, f_weight, &s->env, &cross));
    g0 = kb5_add(g0, cross);
    out[0] = f0;
    out[1] = kb5_add(kb5_sub(kb5_sub(g1, g0), f1), f0);
    return ERR_OK;
}

enum err whir_sides_round(struct whir_sides *s, const kb5 *ood_point,
                          const struct whir_claim *claims, size_t n_claims, kb5 gamma, kb5 out[2])
{
    const uint32_t vars = whir_pre_vars(s->params);
    struct kb5v f_weight;
    if (!zero_vector(&s->g_weight, vars) || !zero_vector(&f_weight, vars)) return ERR_NOMEM;
    enum err err = side_sums(s, f_weight, ood_point, claims, n_claims, gamma, out);
    prove_free(f_weight.c[0]);
    return err;
}

enum err whir_sides_weights(struct whir_sides *s, struct kb5v w, const kb5 *ood_point,
                            const struct whir_claim *claims, size_t n_claims, kb5 gamma)
{
    const uint32_t m = whir_stack_vars(s->params);
    const kb5 at0 = kb5_sub(kb5_one(), s->rho); /* the weight of s = 0 */
    kb5 power = kb5_one();
    for (int i = 0; i < KB5_DEGREE; i++)
        memset(w.c[i], 0, sizeof(kb) << m);
    for (uint32_t j = 0; j < s->params->rounds[0].ood; j++) {
        const kb5 both = kb5_add(at0, kb5_mul(s->rho, ood_point[j]));
        ERR_TRY(weights_add_pow(w, m, kb5_sqr(ood_point[j]), kb5_mul(power, both), &s->env));
        power = kb5_mul(power, gamma);
    }
    for (size_t j = 0; j < n_claims; j++) {
        if (!claims[j].pre) ERR_TRY(weights_add_eq(w, m, &claims[j], kb5_mul(power, at0), &s->env));
        power = kb5_mul(power, gamma);
    }
    lanes_add(lane_map(s), w, s->rho, s->g_weight, &s->env);
    whir_sides_free(s);
    return ERR_OK;
}

void whir_sides_pairs(const struct whir_sides *s, struct kb5v w, kb5 out[2])
{
    const struct kb5v none = {{NULL}};
    kb5 g[2];
    sumcheck_pairs(s->f, none, w, whir_stack_vars(s->params) - 1, &s->env, out);
    lanes_pairs(lane_map(s), s->key->cells, w, &s->env, g);
    const kb5 at0 = kb5_sub(kb5_one(), s->rho);
    for (int i = 0; i < 2; i++)
        out[i] = kb5_add(kb5_mul(at0, out[i]), kb5_mul(s->rho, g[i]));
}

void whir_sides_fold(const struct whir_sides *s, kb5 r, struct kb5v out)
{
    const kb5 at0 = kb5_sub(kb5_one(), s->rho);
    sumcheck_fold_scaled(out, s->f, at0, r, whir_stack_vars(s->params) - 1, &s->env);
    lanes_add_fold(lane_map(s), out, s->rho, s->key->cells, r, &s->env);
}
