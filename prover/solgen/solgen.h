#ifndef PROVER_SOLGEN_SOLGEN_H
#define PROVER_SOLGEN_SOLGEN_H
/* Writes Solidity contracts: the verifier of one program, and a harness that exposes the field and
 * transcript functions of the verifiers to tests.
 *
 * Everything a verifier does is laid out at generation time: the place of every element of the
 * proof, every loop bound, every constraint. Normative text: docs/protocol/proof.md.
 *
 * Threads: one thread. Errors: a program the generator cannot serve aborts (REQUIRE). */
#include "prover/solgen/plan.h"
#include "prover/solgen/text.h"

/* Names of the arithmetic ($P, $M, ...), of the errors and of the labels; see solgen_names.c. */
void solgen_names(struct text *t);
/* The functions f_* and t_* at the current indent. t_* use $TS. */
void solgen_prelude(struct text *t);
/* Writes the contract `FieldHarness` (contracts/test/verifier). */
void solgen_harness(struct text *t);

struct solgen_options {
    const char *contract;       /* name of the contract */
    const char *interface_path; /* of IProofVerifier.sol, as the contract imports it */
    /* for tests only: */
    bool trace;           /* hand out gas marks and transcript states instead of the answer */
    struct text *marks;   /* gets the names of the gas marks, one a line; may be NULL */
    const char *disabled; /* leave out the checks of this error; NULL = none */
};

/* Appends the verifier contract of a program; returns the length of its proofs in bytes. */
uint32_t solgen_contract(const struct plan *p, const struct solgen_options *options,
                         struct text *out);

#endif
