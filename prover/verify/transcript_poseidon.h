#ifndef PROVER_VERIFY_TRANSCRIPT_POSEIDON_H
#define PROVER_VERIFY_TRANSCRIPT_POSEIDON_H
/* The Poseidon profile behind the calls of transcript.h; only transcript.c calls these.
 *
 * Threads: as transcript.h. Source: docs/protocol/recursion.md section 1. */
#include "prover/verify/poseidon_chain.h"
#include "prover/verify/transcript.h"

void transcript_poseidon_init(struct transcript *t, const uint8_t program_id[32]);
/* Canonical digests, n >= 1. */
void transcript_poseidon_digests(struct transcript *t, uint32_t label, const uint8_t *data,
                                 size_t n);
void transcript_poseidon_ext(struct transcript *t, uint32_t label, const kb5 *v, size_t n);
void transcript_poseidon_base(struct transcript *t, uint32_t label, const kb *v, size_t n);
kb5 transcript_poseidon_sample(struct transcript *t);
void transcript_poseidon_indices(struct transcript *t, uint32_t bits, uint32_t *out, size_t n);
/* Absorbs the nonce (< p); whether it holds. */
bool transcript_poseidon_grind(struct transcript *t, uint32_t bits, uint32_t nonce);

#endif
