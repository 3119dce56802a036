#ifndef PROVER_SOLGEN_CHECKS_H
#define PROVER_SOLGEN_CHECKS_H
/* The named errors of the generated verifiers, and which of the C verifier's checks each stands
 * for. A check that the C verifier gains does not compile until it has its place here.
 *
 * Threads: constants. */
#include <stddef.h>

#include "prover/verify/system_verify.h"

/* The errors of IProofVerifier.sol, NULL at the end. */
extern const char *const solgen_errors[];
/* The errors with which the contract refuses what fails this check, NULL at the end. PublicsLength
 * stands for none: the C verifier has no length of public values to check. */
const char *const *solgen_errors_of(enum verify_check check);

#endif
