#include "prover/prove/whir_prove.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/prove/grind.h"
#include "prover/prove/ntt.h"
#include "prover/prove/whir_first.h"
#include "prover/prove/whir_weights.h"

/* The code of one round and the matrix it was encoded from. */
struct round_code {
    struct rs_code rs;
    kb *message; /* owned, or NULL when it is the caller's cells */
};

static void round_code_free(struct round_code *c)
{
    rs_free(&c->rs);
    prove_free(c->message);
    c->message = NULL;
}

struct whir_prover {
    struct whir_params params;
    struct prove_env env;
    const kb *cells;
    bool committed;
    struct round_code code; /* of f_i */
    kb5 ood_point[WHIR_MAX_OOD];
    /* The sumcheck over f W: f is `cells` until the first fold, then f[cur]. */
    uint32_t vars;
    bool folded;
    unsigned cur_f, cur_w;
    struct kb5v f[2], w[2];
    struct whir_sides sides; /* with preprocessed columns: key is not NULL */
};

enum err whir_prover_new(struct whir_prover **out, const struct whir_params *p, const kb *cells,
                         const struct whir_key *key, const struct prove_env *env)
{
    ERR_TRY(whir_params_check(p));
    REQUIRE((key != NULL) == (p->pre > 0));
    REQUIRE(env->field != NULL && env->keccak != NULL && env->threads != NULL);
    struct whir_prover *pr = calloc(1, sizeof *pr);
    if (pr == NULL) return ERR_NOMEM;
    pr->params = *p;
    pr->env = *env;
    pr->cells = cells;
    pr->vars = whir_stack_vars(p); /* the side variable apart */
    pr->sides = (struct whir_sides){.params = &pr->params, .key = key, .f = cells, .env = *env};
    *out = pr;
    return ERR_OK;
}

void whir_prover_free(struct whir_prover *pr)
{
    if (pr == NULL) return;
    round_code_free(&pr->code);
    whir_sides_free(&pr->sides);
    for (int i = 0; i < 2; i++) {
        prove_free(pr->f[i].c[0]);
        prove_free(pr->w[i].c[0]);
    }
    free(pr);
}

/* ---- commitments ---- */

static size_t stride_of(size_t width)
{
    return (width + 15) / 16 * 16;
}

/* The message matrix of f_i in the order of its leaves' words: rows of 2^k lanes. */
static kb *message_ext(const struct whir_prover *pr, uint32_t fold)
{
    const size_t lanes = (size_t)1 << fold, rows = (size_t)1 << (pr->vars - fold);
    const size_t stride = stride_of(lanes * KB5_DEGREE);
    const struct kb5v f = pr->f[pr->cur_f];
    kb *m = prove_alloc(rows * stride * sizeof *m);
    if (m == NULL) return NULL;
    for (size_t r = 0; r < rows; r++) {
        kb *row = m + r * stride;
        for (size_t lane = 0; lane < lanes; lane++)
            for (size_t j = 0; j < KB5_DEGREE; j++) /* the proof's order: X^4 first */
                row[lane * KB5_DEGREE + j] = f.c[KB5_DEGREE - 1 - j][r * lanes + lane];
        memset(row + lanes * KB5_DEGREE, 0, (stride - lanes * KB5_DEGREE) * sizeof *row);
    }
    return m;
}

static kb *message_base(const struct whir_prover *pr, uint32_t fold)
{
    const size_t lanes = (size_t)1 << fold, rows = (size_t)1 << (pr->vars - fold);
    const size_t stride = stride_of(lanes);
    kb *m = prove_alloc(rows * stride * sizeof *m);
    if (m == NULL) return NULL;
    for (size_t r = 0; r < rows; r++) {
        memcpy(m + r * stride, pr->cells + r * lanes, lanes * sizeof *m);
        memset(m + r * stride + lanes, 0, (stride - lanes) * sizeof *m);
    }
    return m;
}

static enum err encode_round(struct whir_prover *pr, uint32_t round, struct round_code *code)
{
    const struct whir_round *rp = &pr->params.rounds[round];
    const uint32_t fold = round == 0 ? whir_stack_lanes(&pr->params) : rp->fold;
    const size_t lanes = (size_t)1 << fold;
    const size_t width = round == 0 ? lanes : lanes * KB5_DEGREE;
    const kb *message = pr->cells;
    if (round > 0) {
        message = code->message = message_ext(pr, fold);
    } else if (stride_of(width) != width) {
        message = code->message = message_base(pr, fold);
    }
    if (message == NULL) return ERR_NOMEM;
    bool ok = rs_encode(&code->rs, message, pr->vars - fold, rp->log_inv_rate, width,
                        stride_of(width), (enum proof_profile)pr->params.profile, round > 0,
                        &pr->env);
    return ok ? ERR_OK : ERR_NOMEM;
}

/* Commits to f_i as it stands: the cap, the OOD points (kept) and answers. */
static enum err commit_round(struct whir_prover *pr, uint32_t round,
                             struct round_code *code, struct transcript *t, struct proof_writer *w)
{
    const struct whir_round *rp = &pr->params.rounds[round];
    kb5 answers[WHIR_MAX_OOD];
    ERR_TRY(encode_round(pr, round, code));
    const uint8_t *cap = merkle_cap(&code->rs.tree, rp->cap_log);
    proof_say_digests(w, t, LABEL_ROOT, cap, (size_t)1 << rp->cap_log);
    for (uint32_t j = 0; j < rp->ood; j++) {
        pr->ood_point[j] = transcript_sample_ext(t);
        if (round == 0 && pr->sides.key != NULL)
            ERR_TRY(whir_sides_ood(&pr->sides, j, pr->ood_point[j], &answers[j]));
        else
            ERR_TRY(weights_eval_pow(pr->folded ? NULL : pr->cells, pr->f[pr->cur_f], pr->vars,
                                     pr->ood_point[j], &pr->env, &answers[j]));
    }
    if (rp->ood > 0) proof_say_ext(w, t, LABEL_OOD, answers, rp->ood);
    return ERR_OK;
}

enum err whir_prove_commit(struct whir_prover *pr, struct transcript *t, struct proof_writer *w)
{
    REQUIRE(!pr->committed);
    pr->committed = true;
    return commit_round(pr, 0, &pr->code, t, w);
}

/* ---- sumcheck ---- */

/* One folds from one buffer into the other, each half as long as the one before: weights over 2^w_vars
 * elements, f over 2^f_vars. */
static enum err alloc_sumcheck(struct whir_prover *pr, uint32_t w_vars, uint32_t f_vars)
{
    const size_t nw = (size_t)1 << w_vars, nf = (size_t)1 << f_vars;
    if (!prove_alloc_ext(&pr->w[0], nw) || !prove_alloc_ext(&pr->w[1], nw / 2 + 1) ||
        !prove_alloc_ext(&pr->f[0], nf) || !prove_alloc_ext(&pr->f[1], nf / 2 + 1))
        return ERR_NOMEM;
    return ERR_OK;
}

static void sumcheck_round(struct whir_prover *pr, uint32_t grind, struct transcript *t,
                           struct proof_writer *w)
{
    const struct kb5v f = pr->f[pr->cur_f], weight = pr->w[pr->cur_w];
    kb5 c[2];
    const bool sides = !pr->folded && pr->sides.key != NULL;
    pr->vars--;
    if (sides)
        whir_sides_pairs(&pr->sides, weight, c);
    else
        sumcheck_pairs(pr->folded ? NULL : pr->cells, f, weight, pr->vars, &pr->env, c);
    proof_say_ext(w, t, LABEL_WHIR_ROUND, c, 2);
    grind_step(t, w, GRIND_FOLD, grind, &pr->env);
    const kb5 r = transcript_sample_ext(t);
    const unsigned next_f = pr->folded ? 1 - pr->cur_f : 0;
    if (sides)
        whir_sides_fold(&pr->sides, r, pr->f[next_f]);
    else
        sumcheck_fold(pr->f[next_f], pr->folded ? NULL : pr->cells, f, r, pr->vars, &pr->env);
    sumcheck_fold(pr->w[1 - pr->cur_w], NULL, weight, r, pr->vars, &pr->env);
    pr->cur_f = next_f;
    pr->cur_w = 1 - pr->cur_w;
    pr->folded = true;
}

/* ---- queries ---- */

struct answers {
    const struct whir_prover *pr;
    uint8_t *out;
    size_t leaf_bytes, size; /* of a leaf; of all that answers one query */
    uint32_t cap_log;
    const struct whir_key *key; /* opened too; NULL in later rounds */
    size_t key_at, key_leaf_bytes;
    uint32_t index[WHIR_MAX_QUERIES];
};

static void answer(void *ctx, size_t q)
{
    const struct answers *a = ctx;
    uint8_t *out = a->out + q * a->size;
    rs_leaf(&a->pr->code.rs, a->index[q], out, &a->pr->env);
    merkle_path(&a->pr->code.rs.tree, a->index[q], a->cap_log, out + a->leaf_bytes);
    if (a->key == NULL) return;
    out += a->key_at;
    rs_leaf(&a->key->rs, a->index[q], out, &a->pr->env);
    merkle_path(&a->key->rs.tree, a->index[q], a->pr->params.pre_cap, out + a->key_leaf_bytes);
}

/* Samples the queries of a round, writes leaves and paths. */
static enum err answer_queries(struct whir_prover *pr, uint32_t round, struct transcript *t,
                               struct proof_writer *w, uint32_t index[WHIR_MAX_QUERIES])
{
    const struct whir_round *rp = &pr->params.rounds[round];
    const uint32_t leaf_log = whir_leaf_log(&pr->params, round);
    const size_t leaf_bytes = whir_leaf_bytes(&pr->params, round);
    const size_t path_bytes = (size_t)32 * (leaf_log - rp->cap_log);
    struct answers job = {.pr = pr, .leaf_bytes = leaf_bytes, .size = leaf_bytes + path_bytes,
                          .cap_log = rp->cap_log};
    if (round == 0 && pr->sides.key != NULL) {
        job.key = pr->sides.key;
        job.key_at = job.size;
        job.key_leaf_bytes = whir_pre_leaf_bytes(&pr->params);
        job.size += job.key_leaf_bytes + (size_t)32 * (leaf_log - pr->params.pre_cap);
    }
    uint8_t *out = job.out = malloc(rp->queries * job.size);
    if (out == NULL) return ERR_NOMEM;
    transcript_sample_indices(t, leaf_log, job.index, rp->queries);
    prove_tasks(&pr->env, rp->queries, answer, &job);
    proof_write_bytes(w, out, rp->queries * job.size);
    free(out);
    memcpy(index, job.index, rp->queries * sizeof *index);
    return ERR_OK;
}

static enum err next_code(struct whir_prover *pr, uint32_t round, struct transcript *t,
                          struct proof_writer *w)
{
    const uint32_t n_ood = pr->params.rounds[round + 1].ood;
    const uint32_t n_queries = pr->params.rounds[round].queries;
    uint32_t index[WHIR_MAX_QUERIES];
    struct round_code next = {0};
    enum err err = commit_round(pr, round + 1, &next, t, w);
    if (err == ERR_OK) {
        grind_step(t, w, GRIND_QUERY, pr->params.rounds[round].query_grind, &pr->env);
        err = answer_queries(pr, round, t, w, index);
    }
    round_code_free(&pr->code);
    pr->code = next;
    ERR_TRY(err);
    const kb5 gamma = transcript_sample_ext(t);
    kb5 power = gamma;
    for (uint32_t j = 0; j < n_ood; j++) {
        ERR_TRY(weights_add_pow(pr->w[pr->cur_w], pr->vars, pr->ood_point[j], power, &pr->env));
        power = kb5_mul(power, gamma);
    }
    return weights_add_roots(pr->w[pr->cur_w], pr->vars, whir_leaf_log(&pr->params, round), index,
                             n_queries, power, gamma, &pr->env);
}

static enum err final_code(struct whir_prover *pr, struct transcript *t, struct proof_writer *w)
{
    const uint32_t round = pr->params.n_rounds - 1u;
    kb5 coefficients[(size_t)1 << WHIR_MAX_FINAL_VARS];
    uint32_t index[WHIR_MAX_QUERIES];
    for (size_t i = 0; i < (size_t)1 << pr->vars; i++)
        coefficients[i] = kb5v_get(pr->f[pr->cur_f], i);
    proof_say_ext(w, t, LABEL_FINAL_POLY, coefficients, (size_t)1 << pr->vars);
    grind_step(t, w, GRIND_QUERY, pr->params.rounds[round].query_grind, &pr->env);
    return answer_queries(pr, round, t, w, index);
}

/* The round on the side variable; then f and g are one polynomial with one weight. */
static enum err side_round(struct whir_prover *pr, const struct whir_claim *claims, size_t n_claims,
                           kb5 gamma, struct transcript *t, struct proof_writer *w)
{
    kb5 c[2];
    ERR_TRY(whir_sides_round(&pr->sides, pr->ood_point, claims, n_claims, gamma, c));
    proof_say_ext(w, t, LABEL_WHIR_ROUND, c, 2);
    grind_step(t, w, GRIND_FOLD, pr->params.rounds[0].fold_grind, &pr->env);
    pr->sides.rho = transcript_sample_ext(t);
    return whir_sides_weights(&pr->sides, pr->w[pr->cur_w], pr->ood_point, claims, n_claims, gamma);
}

static enum err first_weights(struct whir_prover *pr, struct whir_first *first,
                              const struct whir_claim *claims, size_t n_claims, kb5 gamma)
{
    kb5 power = kb5_one();
    for (uint32_t j = 0; j < pr->params.rounds[0].ood; j++) {
        ERR_TRY(whir_first_pow(first, pr->ood_point[j], power));
        power = kb5_mul(power, gamma);
    }
    for (size_t j = 0; j < n_claims; j++) {
        ERR_TRY(whir_first_eq(first, &claims[j], power));
        power = kb5_mul(power, gamma);
    }
    return ERR_OK;
}

/* The rounds of the first fold without weights written out (whir_first.h). */
static enum err first_rounds(struct whir_prover *pr, struct whir_first *first,
                             const struct whir_claim *claims, size_t n_claims, kb5 gamma,
                             struct transcript *t, struct proof_writer *w)
{
    const uint32_t k = whir_stack_lanes(&pr->params);
    ERR_TRY(first_weights(pr, first, claims, n_claims, gamma));
    for (uint32_t j = 0; j < k; j++) {
        kb5 c[2];
        whir_first_pairs(first, c);
        proof_say_ext(w, t, LABEL_WHIR_ROUND, c, 2);
        grind_step(t, w, GRIND_FOLD, pr->params.rounds[0].fold_grind, &pr->env);
        whir_first_fold(first, transcript_sample_ext(t));
    }
    pr->vars -= k;
    pr->folded = true;
    ERR_TRY(alloc_sumcheck(pr, pr->vars, pr->vars));
    return whir_first_end(first, pr->f[0], pr->w[0]);
}

/* Brings in all weights; up to the end of the first fold where nothing is preprocessed. */
static enum err open_begin(struct whir_prover *pr, const struct whir_claim *claims, size_t n_claims,
                           kb5 gamma, struct transcript *t, struct proof_writer *w)
{
    struct whir_first first;
    if (pr->sides.key != NULL) {
        ERR_TRY(alloc_sumcheck(pr, pr->vars, pr->vars - 1));
        return side_round(pr, claims, n_claims, gamma, t, w);
    }
    ERR_TRY(whir_first_init(&first, pr->cells, pr->vars, whir_stack_lanes(&pr->params),
                            pr->params.rounds[0].ood + (uint32_t)n_claims, &pr->env));
    const enum err err = first_rounds(pr, &first, claims, n_claims, gamma, t, w);
    whir_first_free(&first);
    return err;
}

enum err whir_prove_open(struct whir_prover *pr, const struct whir_claim *claims, size_t n_claims,
                         struct transcript *t, struct proof_writer *w)
{
    const struct whir_params *p = &pr->params;
    REQUIRE(pr->committed && !pr->folded);
    REQUIRE(n_claims + p->rounds[0].ood > 0);
    const kb5 gamma = transcript_sample_ext(t);
    ERR_TRY(open_begin(pr, claims, n_claims, gamma, t, w));
    for (uint32_t i = 0; i < p->n_rounds; i++) {
        const uint32_t first = pr->folded ? 0 : whir_stack_lanes(p);
        const uint32_t folds = i == 0 ? first : p->rounds[i].fold;
        for (uint32_t j = 0; j < folds; j++)
            sumcheck_round(pr, p->rounds[i].fold_grind, t, w);
        if (i + 1 < p->n_rounds)
            ERR_TRY(next_code(pr, i, t, w));
        else
            ERR_TRY(final_code(pr, t, w));
    }
    while (pr->vars > 0)
        sumcheck_round(pr, 0, t, w);
    return ERR_OK;
}
