#ifndef PROVER_VERIFY_SYSTEM_VERIFY_H
#define PROVER_VERIFY_SYSTEM_VERIFY_H
/* The verifier of a program's proof: docs/protocol/proof.md section 4, steps 0 to 8.
 *
 * Threads:   pure apart from the report. Memory: one evaluation array per table, freed on return.
 * Trust:     publics and proof come from outside; the program does not. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/field/kb5.h"
#include "prover/verify/program.h"
#include "prover/verify/transcript.h"

/* Every check of the verifier by name; the generated Solidity carries the same names. */
#define VERIFY_CHECKS(X)                                                                           \
    X(VERIFY_LENGTH, "proof length is the program's")                                              \
    X(VERIFY_PUBLIC_CANONICAL, "public values are below p")                                        \
    X(VERIFY_COMMIT, "commitment and OOD answers are canonical")                                   \
    X(VERIFY_LOGUP_GRIND, "grinding before the LogUp challenges")                                  \
    X(VERIFY_GKR_CANONICAL, "GKR elements are canonical")                                          \
    X(VERIFY_TOP_DENOMINATOR, "no denominator of the tables is zero")                              \
    X(VERIFY_PUBLIC_DENOMINATOR, "no denominator of the public messages is zero")                  \
    X(VERIFY_BALANCE, "what is sent is what is received")                                          \
    X(VERIFY_GKR_LAYER, "layer claim of the fraction tree")                                        \
    X(VERIFY_ZERO_CANONICAL, "zerocheck elements are canonical")                                   \
    X(VERIFY_CONSTRAINTS, "constraints and messages at the random point")                          \
    X(VERIFY_OPENING, "opening of the stacked polynomial")                                         \
    X(VERIFY_END, "the proof ends with its bytes")

enum verify_check {
    VERIFY_NONE, /* nothing failed */
#define VERIFY_ENUM_(name, text) name,
    VERIFY_CHECKS(VERIFY_ENUM_)
#undef VERIFY_ENUM_
        VERIFY_CHECK_COUNT,
};

struct verify_report {
    enum verify_check failed; /* out: the first check that failed */
    /* in, optional: sees every named value ("c", "alpha", "gkr.point"...) in the order in which it
     * comes up; for test vectors. */
    void (*value)(void *ctx, const char *label, const kb5 *v, size_t n);
    /* in, optional: sees every step of the transcript. */
    const struct transcript_observer *observer;
    void *ctx;
};

const char *verify_check_name(enum verify_check check);
const char *verify_check_text(enum verify_check check);

/* ERR_OK exactly when the proof convinces that some trace of the system with these public values
 * satisfies every constraint and balances every bus. publics: system->n_public numbers, NULL iff
 * that is 0. The program has no preprocessed columns. ERR_PROOF with report->failed set;
 * ERR_NOMEM. report may be NULL. */
MUST_CHECK enum err system_verify(const struct program *p, const uint32_t *publics,
                                  const uint8_t *proof, size_t len, struct verify_report *report);
/* The same for a program with preprocessed columns: their values are those of the key, whose maker is
 * trusted. NULL for other programs. */
MUST_CHECK enum err system_verify_key(const struct program *p, const struct program_key *key,
                                      const uint32_t *publics, const uint8_t *proof, size_t len,
                                      struct verify_report *report);

#endif
