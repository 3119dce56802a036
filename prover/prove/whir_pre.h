#ifndef PROVER_PROVE_WHIR_PRE_H
#define PROVER_PROVE_WHIR_PRE_H
/* Preprocessed columns on the proving side: the code word of g, made once for a key, and the round
 * on the side variable s, in which f and g become one polynomial (recursion.md section 2).
 *
 * g lies on the few lanes where F's odd half is not zero; vectors over it are "compact": row and the
 * last k_g lane coordinates. What is done here costs little beside f.
 *
 * Threads:  env's threads inside; a finished whir_key is immutable. Private to prover/prove. */
#include "prover/prove/ntt.h"
#include "prover/prove/whir_lanes.h"
#include "prover/verify/whir_verify.h"

struct whir_key {
    const kb *cells; /* 2^m_g, borrowed */
    struct rs_code rs;
    kb *message; /* owned, or NULL when it is the cells */
};

/* Encodes g and builds its tree; cells: 2^whir_pre_vars values, Montgomery, borrowed. ERR_NOMEM. */
MUST_CHECK enum err whir_key_init(struct whir_key *k, const struct whir_params *p, const kb *cells,
                                  const struct prove_env *env);
void whir_key_free(struct whir_key *k);

/* What the opening knows of F = (f, g). */
struct whir_sides {
    const struct whir_params *params;
    const struct whir_key *key;
    const kb *f; /* 2^m cells */
    struct prove_env env;
    /* at the squares of the OOD points: f and g on its lanes */
    kb5 f_ood[WHIR_MAX_OOD], g_ood[WHIR_MAX_OOD];
    struct kb5v g_weight; /* compact: the sum of the claims on g; owned */
    kb5 rho;              /* the value of s */
};
void whir_sides_free(struct whir_sides *s);

/* F at the j-th OOD point (kept for the opening). ERR_NOMEM. */
MUST_CHECK enum err whir_sides_ood(struct whir_sides *s, uint32_t j, kb5 point, kb5 *answer);
/* The sumcheck round on s: coefficients of degree 0 and 2. The claims' values are read. ERR_NOMEM. */
MUST_CHECK enum err whir_sides_round(struct whir_sides *s, const kb5 *ood_point,
                                     const struct whir_claim *claims, size_t n_claims, kb5 gamma,
                                     kb5 out[2]);
/* After it, with rho set: w = W at s = rho, over the variables of f (2^m elements, overwritten). */
MUST_CHECK enum err whir_sides_weights(struct whir_sides *s, struct kb5v w, const kb5 *ood_point,
                                       const struct whir_claim *claims, size_t n_claims, kb5 gamma);
/* The next round, on the last lane variable, over (1 - rho) f + rho g: coefficients, then the fold
 * into out (2^(m-1) elements). */
void whir_sides_pairs(const struct whir_sides *s, struct kb5v w, kb5 out[2]);
void whir_sides_fold(const struct whir_sides *s, kb5 r, struct kb5v out);

#endif
