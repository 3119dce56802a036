#include "prover/verify/whir_verify.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/verify/merkle_verify.h"

/* What was added to the weight polynomial after round i, on the first m_{i+1} variables. */
struct added {
    kb5 gamma;
    kb5 ood[WHIR_MAX_OOD];
    kb y[WHIR_MAX_QUERIES];
};

struct scratch {
    struct whir_commitment current; /* of f_i */
    struct whir_commitment next;    /* of f_{i+1} */
    kb5 z[WHIR_MAX_VARS];           /* z[j]: the value of variable j + 1 */
    struct added added[WHIR_MAX_ROUNDS];
    kb5 final[(size_t)1 << WHIR_MAX_FINAL_VARS];
    kb5 lanes[(size_t)1 << WHIR_MAX_FOLD];
    uint32_t index[WHIR_MAX_QUERIES];
};

/* ---- the weights at a point ---- */

static kb5 eq_factor(kb5 a, kb5 b)
{
    /* a b + (1 - a)(1 - b) = 1 - a - b + 2 a b */
    kb5 ab = kb5_mul(a, b);
    return kb5_sub(kb5_add(kb5_one(), kb5_double(ab)), kb5_add(a, b));
}

static kb5 eq_weight(const struct whir_claim *c, const kb5 *z, uint32_t n)
{
    kb5 w = kb5_one();
    for (uint32_t j = 0; j < c->prefix_len; j++) {
        bool bit = c->prefix >> (c->prefix_len - 1 - j) & 1;
        w = kb5_mul(w, bit ? z[j] : kb5_sub(kb5_one(), z[j]));
    }
    for (uint32_t j = c->prefix_len; j < n; j++)
        w = kb5_mul(w, eq_factor(c->point[j - c->prefix_len], z[j]));
    return w;
}

/* The coordinates of F are those of f, then the side s: 0 is f, 1 is g, which lies where its missing
 * lane coordinates are 0 (recursion.md section 2). */
static kb5 claim_weight(const struct whir_params *p, const struct whir_claim *c, const kb5 *z)
{
    if (p->pre == 0) return eq_weight(c, z, p->n_vars);
    const uint32_t m = whir_stack_vars(p), rows = whir_round_vars(p, 1);
    const kb5 side = z[m];
    if (!c->pre) return kb5_mul(kb5_sub(kb5_one(), side), eq_weight(c, z, m));
    const uint32_t vars = whir_pre_vars(p), missing = m - vars;
    kb5 at[WHIR_MAX_VARS], w = side;
    for (uint32_t j = 0; j < vars; j++)
        at[j] = z[j < rows ? j : j + missing];
    for (uint32_t j = rows; j < rows + missing; j++)
        w = kb5_mul(w, kb5_sub(kb5_one(), z[j]));
    return kb5_mul(w, eq_weight(c, at, vars));
}

/* pow(c) at the first n coordinates of z: prod (1 - x + x c^(2^j)), j = 0 the last variable. */
static kb5 pow_weight(kb5 c, const kb5 *z, uint32_t n)
{
    kb5 w = kb5_one();
    for (uint32_t j = n; j-- > 0;) {
        w = kb5_mul(w, kb5_lerp(kb5_one(), c, z[j]));
        c = kb5_sqr(c);
    }
    return w;
}

static kb5 pow_weight_base(kb c, const kb5 *z, uint32_t n)
{
    kb5 w = kb5_one();
    for (uint32_t j = n; j-- > 0;) {
        w = kb5_mul(w, kb5_add(kb5_one(), kb5_mul_base(z[j], kb_sub(c, kb_one))));
        c = kb_sqr(c);
    }
    return w;
}

/* ---- steps ---- */

static enum err read_commitment(const struct whir_params *p, uint32_t round, struct transcript *t,
                                struct proof_reader *r, struct whir_commitment *out)
{
    const struct whir_round *rp = &p->rounds[round];
    const size_t cap_bytes = (size_t)32 << rp->cap_log;
    const uint8_t *cap;
    ERR_TRY(proof_absorb_digests(r, t, LABEL_ROOT, &cap, cap_bytes / 32));
    memcpy(out->cap, cap, cap_bytes);
    for (uint32_t j = 0; j < rp->ood; j++)
        out->ood_point[j] = transcript_sample_ext(t);
    if (rp->ood == 0) return ERR_OK;
    return proof_absorb_ext(r, t, LABEL_OOD, out->ood_answer, rp->ood);
}

enum err whir_verify_commit(const struct whir_params *p, const uint8_t *key, struct transcript *t,
                            struct proof_reader *r, struct whir_commitment *out)
{
    REQUIRE(whir_params_check(p) == ERR_OK);
    REQUIRE((key != NULL) == (p->pre > 0));
    out->key = key;
    return read_commitment(p, 0, t, r, out);
}

/* One sumcheck round over f W: the claim sigma about one variable less. */
static enum err sumcheck_round(struct transcript *t, struct proof_reader *r, uint32_t grind,
                               kb5 *sigma, kb5 *challenge)
{
    kb5 c[2]; /* coefficients of degree 0 and 2; f W at 0 and 1 sum to sigma */
    ERR_TRY(proof_absorb_ext(r, t, LABEL_WHIR_ROUND, c, 2));
    ERR_TRY(proof_grind(r, t, grind));
    kb5 c1 = kb5_sub(kb5_sub(*sigma, kb5_double(c[0])), c[1]);
    kb5 x = transcript_sample_ext(t);
    *sigma = kb5_add(c[0], kb5_mul(x, kb5_add(c1, kb5_mul(x, c[1]))));
    *challenge = x;
    return ERR_OK;
}

/* A tree whose leaves are opened. */
struct opened {
    enum proof_profile profile;
    uint32_t lanes; /* log2 of a leaf's elements */
    bool ext;       /* extension elements */
    uint32_t leaf_log, cap_log;
    const uint8_t *cap;
};

/* Reads a leaf and its path; value = its multilinear extension at the first lanes of the challenges z
 * (in lane order: the last coordinate belongs to the last one). */
static enum err read_lanes(const struct opened *o, const kb5 *z, struct scratch *s,
                           struct proof_reader *r, uint32_t index, kb5 *value)
{
    size_t n = (size_t)1 << o->lanes;
    const uint8_t *leaf, *path;
    ERR_TRY(proof_read_bytes(r, &leaf, n * (o->ext ? KB5_BYTES : 4)));
    ERR_TRY(proof_read_bytes(r, &path, (size_t)32 * (o->leaf_log - o->cap_log)));
    if (!merkle_verify(o->profile, o->ext, leaf, n, index, o->leaf_log, path, o->cap, o->cap_log))
        return ERR_PROOF;
    for (size_t i = 0; i < n; i++) {
        if (o->ext) {
            if (!kb5_from_bytes(&s->lanes[i], leaf + KB5_BYTES * i)) return ERR_PROOF;
        } else {
            kb v;
            if (!kb_from_bytes(&v, leaf + 4 * i)) return ERR_PROOF;
            s->lanes[i] = kb5_from_kb(v);
        }
    }
    for (uint32_t j = o->lanes; j-- > 0;) { /* the last variable first */
        n /= 2;
        for (size_t i = 0; i < n; i++)
            s->lanes[i] = kb5_lerp(s->lanes[2 * i], s->lanes[2 * i + 1], z[j]);
    }
    *value = s->lanes[0];
    return ERR_OK;
}

/* Reads the opening of round i at an index: the leaf of f_i, in round 0 with preprocessed columns
 * also that of g; value = the folded word there. The challenges are z[m_{i+1}] .. z[m_i - 1]. */
static enum err read_leaf(const struct whir_params *p, uint32_t round, struct scratch *s,
                          struct proof_reader *r, uint32_t index, kb5 *value)
{
    const kb5 *z = s->z + whir_round_vars(p, round + 1);
    struct opened o = {.profile = (enum proof_profile)p->profile,
                       .lanes = round == 0 ? whir_stack_lanes(p) : p->rounds[round].fold,
                       .ext = round > 0,
                       .leaf_log = whir_leaf_log(p, round),
                       .cap_log = p->rounds[round].cap_log,
                       .cap = s->current.cap};
    ERR_TRY(read_lanes(&o, z, s, r, index, value));
    if (round > 0 || p->pre == 0) return ERR_OK;
    const uint32_t lanes = o.lanes, missing = lanes - (p->pre - 1u);
    kb5 g;
    o.lanes = p->pre - 1u;
    o.cap = s->current.key;
    o.cap_log = p->pre_cap;
    ERR_TRY(read_lanes(&o, z + missing, s, r, index, &g));
    for (uint32_t j = 0; j < missing; j++)
        g = kb5_mul(g, kb5_sub(kb5_one(), z[j]));
    *value = kb5_lerp(*value, g, z[lanes]); /* the side was folded first */
    return ERR_OK;
}

/* Samples the queries of a round and remembers their points y. */
static void sample_queries(const struct whir_params *p, uint32_t round, struct scratch *s,
                           struct transcript *t)
{
    const uint32_t leaf_log = whir_leaf_log(p, round), n = p->rounds[round].queries;
    const kb w = kb_root(leaf_log);
    transcript_sample_indices(t, leaf_log, s->index, n);
    for (uint32_t q = 0; q < n; q++)
        s->added[round].y[q] = kb_pow(w, s->index[q]);
}

/* After the folds of a round that is not the last: the next commitment, the queries, and the
 * claims they make about f_{i+1}. */
static enum err next_code(const struct whir_params *p, uint32_t round, struct scratch *s,
                          struct transcript *t, struct proof_reader *r, kb5 *sigma)
{
    const uint32_t n_ood = p->rounds[round + 1].ood, n = p->rounds[round].queries;
    struct added *add = &s->added[round];
    kb5 value[WHIR_MAX_QUERIES];
    ERR_TRY(read_commitment(p, round + 1, t, r, &s->next));
    ERR_TRY(proof_grind(r, t, p->rounds[round].query_grind));
    sample_queries(p, round, s, t);
    for (uint32_t q = 0; q < n; q++)
        ERR_TRY(read_leaf(p, round, s, r, s->index[q], &value[q]));
    add->gamma = transcript_sample_ext(t);
    kb5 power = kb5_one();
    for (uint32_t j = 0; j < n_ood; j++) {
        add->ood[j] = s->next.ood_point[j];
        power = kb5_mul(power, add->gamma);
        *sigma = kb5_add(*sigma, kb5_mul(power, s->next.ood_answer[j]));
    }
    for (uint32_t q = 0; q < n; q++) {
        power = kb5_mul(power, add->gamma);
        *sigma = kb5_add(*sigma, kb5_mul(power, value[q]));
    }
    s->current = s->next;
    return ERR_OK;
}

static kb5 final_at_base(const kb5 *coefficients, uint32_t n_vars, kb y)
{
    kb5 v = kb5_zero();
    for (size_t i = (size_t)1 << n_vars; i-- > 0;)
        v = kb5_add(kb5_mul_base(v, y), coefficients[i]);
    return v;
}

/* After the folds of the last round: the final polynomial in clear, and its queries. */
static enum err final_code(const struct whir_params *p, struct scratch *s, struct transcript *t,
                           struct proof_reader *r)
{
    const uint32_t round = p->n_rounds - 1u, vars = whir_round_vars(p, p->n_rounds);
    ERR_TRY(proof_absorb_ext(r, t, LABEL_FINAL_POLY, s->final, (size_t)1 << vars));
    ERR_TRY(proof_grind(r, t, p->rounds[round].query_grind));
    sample_queries(p, round, s, t);
    for (uint32_t q = 0; q < p->rounds[round].queries; q++) {
        kb5 value;
        ERR_TRY(read_leaf(p, round, s, r, s->index[q], &value));
        if (!kb5_eq(value, final_at_base(s->final, vars, s->added[round].y[q]))) return ERR_PROOF;
    }
    return ERR_OK;
}

/* W at z: the initial claims, then what each round but the last added. */
static kb5 weight_at_end(const struct whir_params *p, const struct scratch *s,
                         const struct whir_commitment *c, const struct whir_claim *claims,
                         size_t n_claims, kb5 gamma)
{
    kb5 sum = kb5_zero(), power = kb5_one();
    for (uint32_t j = 0; j < p->rounds[0].ood; j++) {
        sum = kb5_add(sum, kb5_mul(power, pow_weight(c->ood_point[j], s->z, p->n_vars)));
        power = kb5_mul(power, gamma);
    }
    for (size_t j = 0; j < n_claims; j++) {
        sum = kb5_add(sum, kb5_mul(power, claim_weight(p, &claims[j], s->z)));
        power = kb5_mul(power, gamma);
    }
    for (uint32_t i = 0; i + 1 < p->n_rounds; i++) {
        const struct added *add = &s->added[i];
        const uint32_t vars = whir_round_vars(p, i + 1);
        power = kb5_one();
        for (uint32_t j = 0; j < p->rounds[i + 1].ood; j++) {
            power = kb5_mul(power, add->gamma);
            sum = kb5_add(sum, kb5_mul(power, pow_weight(add->ood[j], s->z, vars)));
        }
        for (uint32_t q = 0; q < p->rounds[i].queries; q++) {
            power = kb5_mul(power, add->gamma);
            sum = kb5_add(sum, kb5_mul(power, pow_weight_base(add->y[q], s->z, vars)));
        }
    }
    return sum;
}

/* The final polynomial at the first n_vars coordinates of z. Overwrites the table. */
static kb5 final_at_point(kb5 *table, uint32_t n_vars, const kb5 *z)
{
    for (uint32_t j = n_vars; j-- > 0;)
        for (size_t i = 0; i < (size_t)1 << j; i++)
            table[i] = kb5_lerp(table[2 * i], table[2 * i + 1], z[j]);
    return table[0];
}

static enum err verify_open(const struct whir_params *p, const struct whir_commitment *c,
                            const struct whir_claim *claims, size_t n_claims, struct scratch *s,
                            struct transcript *t, struct proof_reader *r)
{
    const kb5 gamma = transcript_sample_ext(t);
    kb5 sigma = kb5_zero(), power = kb5_one();
    for (uint32_t j = 0; j < p->rounds[0].ood; j++) {
        sigma = kb5_add(sigma, kb5_mul(power, c->ood_answer[j]));
        power = kb5_mul(power, gamma);
    }
    for (size_t j = 0; j < n_claims; j++) {
        sigma = kb5_add(sigma, kb5_mul(power, claims[j].value));
        power = kb5_mul(power, gamma);
    }
    s->current = *c;
    uint32_t free_vars = p->n_vars;
    for (uint32_t i = 0; i < p->n_rounds; i++) {
        for (uint32_t j = 0; j < p->rounds[i].fold; j++) {
            free_vars--;
            ERR_TRY(sumcheck_round(t, r, p->rounds[i].fold_grind, &sigma, &s->z[free_vars]));
        }
        if (i + 1 < p->n_rounds)
            ERR_TRY(next_code(p, i, s, t, r, &sigma));
        else
            ERR_TRY(final_code(p, s, t, r));
    }
    const uint32_t final_vars = free_vars;
    while (free_vars > 0) {
        free_vars--;
        ERR_TRY(sumcheck_round(t, r, 0, &sigma, &s->z[free_vars]));
    }
    kb5 weight = weight_at_end(p, s, c, claims, n_claims, gamma);
    kb5 value = final_at_point(s->final, final_vars, s->z);
    return kb5_eq(sigma, kb5_mul(value, weight)) ? ERR_OK : ERR_PROOF;
}

enum err whir_verify_open(const struct whir_params *p, const struct whir_commitment *c,
                          const struct whir_claim *claims, size_t n_claims, struct transcript *t,
                          struct proof_reader *r)
{
    REQUIRE(whir_params_check(p) == ERR_OK);
    REQUIRE(n_claims + p->rounds[0].ood > 0);
    for (size_t i = 0; i < n_claims; i++) {
        REQUIRE(!claims[i].pre || p->pre > 0);
        REQUIRE(claims[i].prefix_len <=
                (claims[i].pre ? whir_pre_vars(p) : whir_stack_vars(p)));
        REQUIRE((uint64_t)claims[i].prefix >> claims[i].prefix_len == 0);
    }
    struct scratch *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    enum err err = verify_open(p, c, claims, n_claims, s, t, r);
    free(s);
    return err;
}
