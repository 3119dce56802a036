#ifndef PROVER_PROVE_WHIR_FIRST_H
#define PROVER_PROVE_WHIR_FIRST_H
/* The first rounds of an opening, those that fold a row of the committed matrix to one element
 * (WHIR, Construction 5.1, the first k sumcheck rounds), without ever writing out the weights.
 *
 * Cell h 2^k + l is f(h, l). Every initial weight, the powers of a point or eq with one, is a product
 * T(h) t(l), so all that these rounds need of it is D(l) = sum_h T(h) f(h, l): 2^k elements. Only what
 * is left after k rounds, 2^-k of the whole, becomes a vector.
 *
 * Threads: the pool of env, one caller at a time. */
#include "prover/prove/prove_env.h"
#include "prover/verify/whir_verify.h"

/* One initial weight, first and later factors. */
struct whir_first_weight {
    const struct whir_claim *claim; /* eq; NULL: powers of z */
    kb5 z, scale;
    kb5 *d, *t; /* D and t, 2^(k - rounds) each */
};

struct whir_first {
    const kb *cells;
    const struct prove_env *env;
    uint32_t vars, k, rounds; /* of the cells, to fold, folded */
    uint32_t n, cap;
    struct whir_first_weight *weights;
    kb5 *memory, *r; /* d and t of all weights; challenges */
};

/* Room for this many weights; cells are borrowed. ERR_NOMEM. */
MUST_CHECK enum err whir_first_init(struct whir_first *f, const kb *cells, uint32_t vars, uint32_t k,
                                    uint32_t n_weights, const struct prove_env *env);
void whir_first_free(struct whir_first *f);
/* The weight s z^i. ERR_NOMEM. */
MUST_CHECK enum err whir_first_pow(struct whir_first *f, kb5 z, kb5 s);
/* The weight s eq(claim); the claim is borrowed. ERR_NOMEM. */
MUST_CHECK enum err whir_first_eq(struct whir_first *f, const struct whir_claim *claim, kb5 s);
/* As sumcheck_pairs and sumcheck_fold; k times. */
void whir_first_pairs(const struct whir_first *f, kb5 out[2]);
void whir_first_fold(struct whir_first *f, kb5 r);
/* After k rounds: f and W over vars - k variables, into vectors of that size. ERR_NOMEM. */
MUST_CHECK enum err whir_first_end(const struct whir_first *f, struct kb5v out, struct kb5v w);

#endif
