#ifndef PROVER_PROVE_WHIR_LANES_H
#define PROVER_PROVE_WHIR_LANES_H
/* Vectors over the few lanes that preprocessed columns fill ("compact") beside vectors over all lanes
 * ("wide"): element (row, lane) of a compact vector lies at (row, lane) of the wide one, which has
 * 2^wide lanes in a row. Private to whir_pre.c and its tests.
 *
 * Every function splits its work over env's threads; results do not depend on them. */
#include "common/base/err.h"
#include "common/field/kbv.h"
#include "prover/prove/prove_env.h"

struct lane_map {
    uint32_t vars;  /* of the compact vector: rows and lanes */
    uint32_t lanes; /* k_g */
    uint32_t wide;  /* k_0 >= k_g */
};

/* out = sum over the compact vector g of g[row, lane] z^(row 2^wide + lane). ERR_NOMEM. */
MUST_CHECK enum err lanes_eval_pow(struct lane_map map, const kb *g, kb5 z,
                                   const struct prove_env *env, kb5 *out);
/* out = sum of f[row, lane] w[row, lane], f wide and w compact. ERR_NOMEM. */
MUST_CHECK enum err lanes_dot(struct lane_map map, const kb *f, struct kb5v w,
                              const struct prove_env *env, kb5 *out);
/* w += s * g_weight, w wide, g_weight compact. */
void lanes_add(struct lane_map map, struct kb5v w, kb5 s, struct kb5v g_weight,
               const struct prove_env *env);
/* The sumcheck round on the last lane variable, sum over g's lanes only: coefficients of degree 0
 * and 2 of sum g w, g compact, w wide. */
void lanes_pairs(struct lane_map map, const kb *g, struct kb5v w, const struct prove_env *env,
                 kb5 out[2]);
/* out += s * (g with its last lane variable bound to r); out has 2^(wide - 1) lanes in a row. */
void lanes_add_fold(struct lane_map map, struct kb5v out, kb5 s, const kb *g, kb5 r,
                    const struct prove_env *env);

#endif
