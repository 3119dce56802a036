#ifndef PROVER_RECURSION_REC_PARTS_H
#define PROVER_RECURSION_REC_PARTS_H
/* The parts of rec_verify.c: the mirror of prover/verify/system_parts.h.
 *
 * Threads: as the recording. Source: docs/protocol/proof.md sections 4, 5. */
#include "prover/recursion/rec_transcript.h"
#include "prover/recursion/rec_value.h"
#include "prover/recursion/rec_verify.h"
#include "prover/verify/system_parts.h"

struct rec_verifier {
    struct rec *r;
    const struct program *p;
    rec_word key;
    const rec_word *publics;
    struct rec_transcript t;
    struct rec_arith a;
};

/* The assertions that follow belong to this check. */
void rec_verifier_check(struct rec_verifier *v, enum verify_check check);

struct rec_bus_challenges {
    rec_ext c;
    rec_ext weight[PROGRAM_WEIGHTS]; /* weight[0] = 1 */
};

struct rec_gkr_claim {
    rec_ext point[PROGRAM_MAX_LOG_FRACTIONS]; /* r_1 .. r_N */
    rec_ext num, den;
};

/* sum_x eq(point, x) values[x]; values is overwritten. */
rec_ext rec_mle_eval(struct rec *r, rec_ext *values, const rec_ext *point, uint32_t n);

/* eq of bit strings with the first coordinates of a point, common prefixes shared. */
struct rec_prefix;
struct rec_prefix *rec_prefix_new(struct rec_arith *a, const rec_ext *point);
void rec_prefix_free(struct rec_prefix *x);
/* eq(the `len` bits of `bits`, point_1 .. point_len). */
rec_val rec_prefix_eq(struct rec_prefix *x, uint32_t bits, uint32_t len);
/* sum of eq(x; point_1 .. point_len) over all x < n <= 2^len. */
rec_val rec_prefix_below(struct rec_prefix *x, uint64_t n, uint32_t len);

void rec_bus_sample(struct rec_verifier *v, struct rec_bus_challenges *b);
/* Steps 3 and 4. */
void rec_gkr_verify(struct rec_verifier *v, const struct rec_bus_challenges *b,
                    struct rec_gkr_claim *out);
/* Steps 5 and 6. point: s_1 .. s_H; columns: n_columns. */
void rec_zero_verify(struct rec_verifier *v, const struct rec_bus_challenges *b,
                     const struct rec_gkr_claim *claim, rec_ext *point, rec_ext *columns);

/* The values of a table's nodes at a point, as far as constraints and messages use them. A product
 * that one sum or one message alone uses is left out: rec_nodes_mac takes it in. */
struct rec_nodes;
struct rec_nodes *rec_nodes_new(struct rec_arith *a, const struct ir_table *t,
                                const rec_ext *columns, const rec_ext *y);
void rec_nodes_free(struct rec_nodes *n);
rec_val rec_nodes_value(const struct rec_nodes *n, ir_x x);
/* acc + node (or acc - node). */
rec_val rec_nodes_add(struct rec_nodes *n, rec_val acc, ir_x x, bool subtract);

/* Claims about f and g (whir_claim); points are coordinates of the claim's own polynomial. */
struct rec_claim {
    uint32_t prefix_len, prefix;
    uint32_t log_columns, log_height; /* the rest of the point: last of tau, last of s */
    rec_ext value;
};
/* Step 7. claims: n_chunks + n_pre_chunks; tau: G elements. */
void rec_chunk_claims(struct rec_verifier *v, const rec_ext *columns, rec_ext *tau,
                      struct rec_claim *claims);
/* sum_i gamma^i eq(point of claim i, z) over n claims; z: the polynomial's variables in order. */
rec_val rec_claims_weight(struct rec_verifier *v, const struct rec_claim *claims, uint32_t n,
                          const rec_ext *tau, const rec_ext *s, const rec_ext *z, uint32_t n_vars,
                          rec_ext gamma);

struct rec_commitment {
    rec_word root;
    rec_ext ood_point[WHIR_MAX_OOD], ood_answer[WHIR_MAX_OOD];
};
void rec_whir_commit(struct rec_verifier *v, struct rec_commitment *out);
void rec_whir_open(struct rec_verifier *v, const struct rec_commitment *c,
                   const struct rec_claim *claims, const rec_ext *tau, const rec_ext *s);

/* Leaves (rec_merkle.c): the digest and the value of the leaf's multilinear polynomial at fold[0] ..
 * fold[n-1], fold[0] for the last variable. Advice: the lanes. */
rec_word rec_leaf_base(struct rec *r, uint32_t log_lanes, const rec_ext *fold, rec_ext *value);
rec_word rec_leaf_ext(struct rec *r, uint32_t log_lanes, const rec_ext *fold, rec_ext *value);

#endif
