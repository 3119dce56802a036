#ifndef PROVER_VERIFY_SOUNDNESS_H
#define PROVER_VERIFY_SOUNDNESS_H
/* The security of a program in bits, computed from the very parameter struct its verifier reads.
 *
 * Poseidon profile: digests have 123.9 bits against collisions, which is a line of the report but no
 * part of the target; near-uniform indices and grinding count as what they are.
 *
 * Round by round: every step of the proof in which the verifier draws randomness is one line with
 * the probability that a false statement turns true there; its grinding is part of the line; the
 * security is the smallest line. There is no union over the lines (about 80: < 7 bits).
 *
 * Facts:   proximity gaps and mutual correlated agreement of Reed-Solomon codes, BCHKS25 (ePrint
 *          2025/2055): Thm 4.2 up to the Johnson bound (multiplicity >= 1, remark after its
 *          Lemma 3.1; the factor 2 in the gap as corrected), Cor 1.4 up to half the distance.
 *          WHIR (2024/1586) Thm 5.2. LogUp (2022/1530), GKR (2023/1284). The formulas are those of
 *          ethereum/soundcalc@809896f, whose published tables the tests recompute.
 * Threads: pure functions; floating point in double, every error is above 2^-300. */
#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "prover/verify/whir_params.h"

enum {
    SOUNDNESS_MAX_LINES = 24 + WHIR_MAX_ROUNDS * (WHIR_MAX_FOLD + 2),
    SOUNDNESS_NAME_SIZE = 32,
    SOUNDNESS_MAX_MULTIPLICITY = 1000,
};

/* |F| = p^5 of KoalaBear. */
#define SOUNDNESS_FIELD_BITS 154.9434

/* What the program adds to the parameters. All numbers of the whole system. */
struct soundness_input {
    const struct whir_params *params;
    uint32_t log_fractions;     /* N: 2^N fractions */
    uint32_t message_width;     /* values of the widest message, tag included */
    uint32_t log_height;        /* H: of the highest table */
    uint32_t max_degree;        /* D: of constraints and message parts */
    uint32_t n_constraints;
    uint32_t n_messages;
    uint32_t n_claims;          /* chunks of the stack */
    uint32_t log_chunk_columns; /* G: of the widest chunk */
};

struct soundness_line {
    char name[SOUNDNESS_NAME_SIZE];
    double bits;     /* with its grinding */
    uint32_t grind;  /* bits of it that are grinding */
};

struct soundness_report {
    uint32_t n_lines;
    struct soundness_line lines[SOUNDNESS_MAX_LINES];
    uint32_t worst; /* the line with the fewest bits */
    double bits;    /* of that line; "hash collisions" counts in the Keccak profile only */
    /* Analysis only: Johnson multiplicity, radius and log2 of the list size of each round. */
    uint32_t multiplicity[WHIR_MAX_ROUNDS];
    double delta[WHIR_MAX_ROUNDS], log_list[WHIR_MAX_ROUNDS];
};

/* Fills the report. ERR_REJECTED when it misses params->target_bits or the target is 0, ERR_ARG for
 * parameters that whir_params_check refuses or an empty system. */
MUST_CHECK enum err soundness_check(const struct soundness_input *in,
                                    struct soundness_report *report);

/* The lines of the WHIR opening alone, with the Johnson multiplicities given (NULL: the best for
 * each round). Looks at the numbers the formulas need, not at whir_params_check. ERR_ARG. */
MUST_CHECK enum err soundness_whir(const struct whir_params *p, const uint32_t *multiplicity,
                                   struct soundness_report *report);

/* Replaces queries[] by the fewest that reach target bits (with the query grinding of p and fold
 * grinding of at most fold_limit) and fold_grind[] by the least that then suffices. ERR_RANGE when
 * no number of queries within the limits reaches it, ERR_ARG. */
MUST_CHECK enum err soundness_fewest_queries(struct whir_params *p, uint32_t fold_limit);

/* LogUp alone: error log2(width) * fractions / |F|, in bits without grinding. */
double soundness_logup_bits(double fractions, uint32_t width);

/* Writes the report as text, one line per line; returns the length as snprintf does. */
int soundness_print(const struct soundness_report *report, char *text, size_t size);

#endif
