#ifndef PROVER_RECURSION_REC_VERIFY_H
#define PROVER_RECURSION_REC_VERIFY_H
/* The verifier of a Poseidon-profile proof as rows of the recursion machine: the same steps in the
 * same order as prover/verify, for any program.
 *
 * Checks:    the assertions of a step are recorded under its VERIFY_* name (rec_check). What the
 *            native verifier asks of the bytes (length, canonical elements) is asked by
 *            rec_advice_of_proof and, of the elements, once more by rec_run: see rec_check_where.
 * Threads:   recording is single-threaded.
 * Limits:    Poseidon profile; leaves of round 0 have 8 lanes at least (REQUIRE: programs are
 *            constants).
 * Source:    docs/protocol/proof.md sections 4, 5; recursion.md sections 1, 2. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "prover/recursion/rec.h"
#include "prover/verify/program.h"
#include "prover/verify/system_verify.h"

/* Records the verification of one proof of `child`. key: the root of its preprocessed columns (not
 * read without such columns); publics: n_public elements in words; where they do not fill the last
 * one it goes on as the transcript does (the mark of LABEL_PUBLIC, zeros), which is asserted. Who
 * names key and publics is the caller's business. Advice: rec_advice_of_proof(child), nothing
 * else. */
void rec_verify_proof(struct rec *r, const struct program *child, rec_word key,
                      const rec_word *publics);

/* Elements of advice that one proof of the program gives. */
size_t rec_advice_len(const struct program *child);
/* Decodes a proof into advice: rec_advice_len elements. ERR_PROOF with *failed set (may be NULL):
 * wrong length, an element that is not canonical. */
MUST_CHECK enum err rec_advice_of_proof(const struct program *child, const uint8_t *proof,
                                        size_t len, uint32_t *advice, enum verify_check *failed);

/* Who makes a check of the native verifier in a recursion. */
enum rec_check_place {
    REC_CHECK_DECODE, /* rec_advice_of_proof; as elements of a trace the values cannot be otherwise */
    REC_CHECK_ROWS,   /* an assertion of the recording */
};
enum rec_check_place rec_check_where(enum verify_check check);

#endif
