#ifndef PROVER_PROVE_WHIR_PROVE_H
#define PROVER_PROVE_WHIR_PROVE_H
/* The prover of the polynomial commitment; mirror of prover/verify/whir_verify.h.
 *
 * Use:      whir_prover_new, whir_prove_commit where the proof commits, other steps of the system,
 *           whir_prove_open with all claims, whir_prover_free.
 * Threads:  one caller per object; inside, env's threads. The proof bytes depend on neither
 *           threads nor kernels.
 * Memory:   for the sumcheck 45 * 2^m bytes with preprocessed columns, without them 60 * 2^(m - k)
 *           where k is the first fold; 64 bytes per leaf for the Merkle trees of
 *           two rounds, and one coset (4 * 2^m bytes) per thread while committing
 *           (measured, rate 1/8: see bench/).
 * Source:   docs/protocol/proof.md section 5. */
#include "common/base/err.h"
#include "prover/prove/prove_env.h"
#include "prover/prove/whir_pre.h"
#include "prover/verify/proof_codec.h"
#include "prover/verify/whir_verify.h"

struct whir_prover;

/* cells: the 2^m values of f in Montgomery form, index order of proof.md section 1; borrowed and
 * unchanged until whir_prover_free, as is key (NULL without preprocessed columns). ERR_ARG for
 * parameters whir_params_check refuses, ERR_NOMEM. */
MUST_CHECK enum err whir_prover_new(struct whir_prover **out, const struct whir_params *p,
                                    const kb *cells, const struct whir_key *key,
                                    const struct prove_env *env);
void whir_prover_free(struct whir_prover *pr);

/* Encodes and commits; absorbs and writes the cap and the OOD answers. Once. ERR_NOMEM. */
MUST_CHECK enum err whir_prove_commit(struct whir_prover *pr, struct transcript *t,
                                      struct proof_writer *w);

/* Writes the opening. The claims' values are read only when there are preprocessed columns (the
 * verifier takes its own); false claims give a proof that is refused. Once, after commit. ERR_NOMEM. */
MUST_CHECK enum err whir_prove_open(struct whir_prover *pr, const struct whir_claim *claims,
                                    size_t n_claims, struct transcript *t,
                                    struct proof_writer *w);

#endif
