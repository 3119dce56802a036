#include "prover/solgen/checks.h"

#include "common/base/require.h"

const char *const solgen_errors[] = {
    "PublicsLength",    "PublicsRange", "ProofLength", "NotCanonical", "Grinding",
    "LogUpDenominator", "LogUpSum",     "GkrLayer",    "Constraints",  "MerklePath",
    "FinalPolynomial",  "OpeningSum",   NULL,
};

const char *const *solgen_errors_of(enum verify_check check)
{
    static const char
        *const none[] = {NULL},
               *const length[] = {"ProofLength", NULL}, *const publics[] = {"PublicsRange", NULL},
               *const canonical[] = {"NotCanonical", NULL}, *const grinding[] = {"Grinding", NULL},
               *const denominator[] = {"LogUpDenominator", NULL}, *const sum[] = {"LogUpSum", NULL},
               *const layer[] = {"GkrLayer", NULL}, *const constraints[] = {"Constraints", NULL},
               *const opening[] = {"NotCanonical",    "Grinding",   "MerklePath",
                                   "FinalPolynomial", "OpeningSum", NULL};
    switch (check) {
    case VERIFY_LENGTH:
    case VERIFY_END: /* every place of the proof is a constant of the contract */
        return length;
    case VERIFY_PUBLIC_CANONICAL:
        return publics;
    case VERIFY_COMMIT:
    case VERIFY_GKR_CANONICAL:
    case VERIFY_ZERO_CANONICAL:
        return canonical;
    case VERIFY_LOGUP_GRIND:
        return grinding;
    case VERIFY_TOP_DENOMINATOR:
    case VERIFY_PUBLIC_DENOMINATOR:
        return denominator;
    case VERIFY_BALANCE:
        return sum;
    case VERIFY_GKR_LAYER:
        return layer;
    case VERIFY_CONSTRAINTS:
        return constraints;
    case VERIFY_OPENING:
        return opening;
    case VERIFY_NONE:
    case VERIFY_CHECK_COUNT:
        break;
    }
    REQUIRE(check == VERIFY_NONE);
    return none;
}
