#ifndef PROVER_VERIFY_SYSTEM_PARTS_H
#define PROVER_VERIFY_SYSTEM_PARTS_H
/* The parts of system_verify.c and the formulas that prover and verifier share.
 *
 * Threads: pure functions over the objects passed in. Source: docs/protocol/proof.md section 4. */
#include <stdbool.h>

#include "prover/verify/proof_codec.h"
#include "prover/verify/system_verify.h"
#include "prover/verify/whir_verify.h"

/* A check fails when its condition is false. A test library is compiled with VERIFY_MUTANT_HOOK: there
 * the check named by verify_mutant always holds (-1: all of them), and the tests must notice.
 * Product code never defines it. */
#ifdef VERIFY_MUTANT_HOOK
extern int verify_mutant;
#define VERIFY_HOLDS(check, condition)                                                             \
    ((condition) || verify_mutant == (int)(check) || verify_mutant == -1)
#else
#define VERIFY_HOLDS(check, condition) (condition)
#endif

#define VERIFY_TRY(v, check, condition)                                                            \
    do {                                                                                           \
        if (!VERIFY_HOLDS(check, condition)) return verify_fail(v, check);                         \
    } while (0)

struct verifier {
    const struct program *p;
    const struct program_key *key; /* NULL without preprocessed columns */
    const uint32_t *publics;
    struct transcript t;
    struct proof_reader r;
    struct verify_report *report; /* never NULL here */
};

/* The challenges of the buses: c and the 32 weights of a message's values. */
struct bus_challenges {
    kb5 c;
    kb5 weight[PROGRAM_WEIGHTS];
};

/* What the fraction tree leaves to prove: its input layer at one point. */
struct gkr_claim {
    kb5 point[PROGRAM_MAX_LOG_FRACTIONS]; /* r_1 .. r_N */
    kb5 num, den;
};

enum err verify_fail(struct verifier *v, enum verify_check check);
void verify_show(struct verifier *v, const char *label, const kb5 *values, size_t n);

/* w_j = product of alpha_i over the set bits i of j. */
void bus_weights(struct bus_challenges *b, const kb5 alpha[PROGRAM_ALPHAS]);
/* c and alpha_0 .. alpha_4 from the transcript (step 2, after the grinding). */
void bus_sample(struct transcript *t, struct bus_challenges *b);
/* Sum of the fractions of all public messages; *den is 0 if one denominator is. */
void public_fraction(const struct ir_system *s, const uint32_t *publics,
                     const struct bus_challenges *b, kb5 *num, kb5 *den);

/* eq(bits of `bits` as a point of n coordinates, most significant first; point). */
kb5 eq_bits(uint32_t bits, const kb5 *point, uint32_t n);
/* e_u of step 5: the weight of message block u at the point r. */
kb5 block_weight(const struct program *p, uint32_t block, const kb5 *r);
/* Step 7: samples tau and makes the claim of each chunk of f, then of g (n_chunks + n_pre_chunks).
 * points: as many rows of m elements; scratch: 2^G elements. */
void chunk_claims(const struct program *p, struct transcript *t, const kb5 *s, const kb5 *columns,
                  kb5 *scratch, kb5 *points, struct whir_claim *claims);

/* Value of the polynomial c[0] + c[1] x + .. + c[degree] x^degree. */
kb5 poly_eval(const kb5 *c, uint32_t degree, kb5 x);
/* sum_x eq(point, x) values[x] for n coordinates, most significant first. values is overwritten. */
kb5 mle_eval(kb5 *values, const kb5 *point, uint32_t n);

/* A_t (step 5) of table t at the values of its columns, at the point y of its height:
 * sum of e_u (num + beta den) over its messages plus a^(1+i) C_i over its constraints. e: weights of
 * the blocks in block order. ERR_NOMEM. */
MUST_CHECK enum err table_value(const struct program *p, uint32_t table, const kb5 *columns,
                                const kb5 *y, const struct bus_challenges *b, const kb5 *e,
                                kb5 beta, kb5 a, kb5 *out);

/* Values of all nodes of a table at a point: columns (the preprocessed ones last), row-number bits and
 * patterns extended multilinearly. out: n_nodes elements. */
void table_nodes(const struct ir_table *t, const kb5 *columns, const kb5 *y, kb5 *out);

/* Steps 3 and 4. */
MUST_CHECK enum err gkr_verify(struct verifier *v, const struct bus_challenges *b,
                               struct gkr_claim *out);
/* Steps 5 and 6. point: s_1 .. s_H; columns: n_columns values, the caller's memory. */
MUST_CHECK enum err zero_verify(struct verifier *v, const struct bus_challenges *b,
                                const struct gkr_claim *claim, kb5 *point, kb5 *columns);

#endif
