#ifndef PROVER_PROVE_GRIND_H
#define PROVER_PROVE_GRIND_H
/* The proof-of-work of the transcript: the lowest nonce that holds, so proofs are reproducible.
 *
 * Threads: env's; the result does not depend on them. Source: docs/protocol/proof.md section 3. */
#include "prover/prove/prove_env.h"
#include "prover/verify/proof_codec.h"
#include "prover/verify/transcript.h"

/* The lowest nonce with transcript_grind_holds; about 2^bits hashes. 0 < bits <= the profile's limit. */
uint64_t grind_search(const struct transcript *t, uint32_t bits, const struct prove_env *env);

/* What a step grinds for; before LogUp's challenges counts as a query. */
enum grind_kind { GRIND_QUERY, GRIND_FOLD, GRIND_KINDS };
/* One grinding step of a proof: finds, writes and absorbs the nonce; nothing when bits = 0. */
void grind_step(struct transcript *t, struct proof_writer *w, enum grind_kind kind, uint32_t bits,
                const struct prove_env *env);
/* Seconds of wall time that all steps of this process took so far; for benchmarks. Any thread. */
double grind_seconds(enum grind_kind kind);

#endif
