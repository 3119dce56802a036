#ifndef PROVER_PROVE_WHIR_WEIGHTS_H
#define PROVER_PROVE_WHIR_WEIGHTS_H
/* The long vectors of the WHIR prover: the weight polynomial W as a dense table over the
 * hypercube, and the sumcheck over f W. Private to whir_prove.c and its tests.
 *
 * Every function splits its vector over env's threads; results do not depend on them. */
#include "common/base/err.h"
#include "common/field/kbv.h"
#include "prover/prove/prove_env.h"
#include "prover/verify/whir_verify.h"

/* W[i] += s * z^i for i < 2^vars. ERR_NOMEM. */
MUST_CHECK enum err weights_add_pow(struct kb5v w, uint32_t vars, kb5 z, kb5 s,
                                    const struct prove_env *env);
/* W[i] += sum_q s gamma^q y[q]^i for i < 2^vars, q < n. ERR_NOMEM. */
MUST_CHECK enum err weights_add_queries(struct kb5v w, uint32_t vars, const kb *y, uint32_t n,
                                        kb5 s, kb5 gamma, const struct prove_env *env);
/* The same for y[q] = g^index[q], g the root of order 2^log_order: as a transform where that is less
 * work. Indices may repeat. ERR_NOMEM. */
MUST_CHECK enum err weights_add_roots(struct kb5v w, uint32_t vars, uint32_t log_order,
                                      const uint32_t *index, uint32_t n, kb5 s, kb5 gamma,
                                      const struct prove_env *env);
/* W[i] += s * eq(claim's point, bits of i), touching only the indices with the claim's prefix.
 * ERR_NOMEM. */
MUST_CHECK enum err weights_add_eq(struct kb5v w, uint32_t vars, const struct whir_claim *claim,
                                   kb5 s, const struct prove_env *env);
/* out = sum_i f[i] z^i over 2^vars elements; f = base when base is not NULL. ERR_NOMEM. */
MUST_CHECK enum err weights_eval_pow(const kb *base, struct kb5v f, uint32_t vars, kb5 z,
                                     const struct prove_env *env, kb5 *out);

/* The sumcheck round on the last variable over 2^(vars+1) elements: coefficients of degree 0 and 2
 * of sum f W. f = base when base is not NULL. */
void sumcheck_pairs(const kb *base, struct kb5v f, struct kb5v w, uint32_t vars,
                    const struct prove_env *env, kb5 out[2]);
/* out[i] = f[2i] + r (f[2i+1] - f[2i]) for i < 2^vars; out must not overlap f. */
void sumcheck_fold(struct kb5v out, const kb *base, struct kb5v f, kb5 r, uint32_t vars,
                   const struct prove_env *env);
/* out[i] = s * the same, for a base-field vector. */
void sumcheck_fold_scaled(struct kb5v out, const kb *base, kb5 s, kb5 r, uint32_t vars,
                          const struct prove_env *env);

#endif
