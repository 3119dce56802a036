#ifndef PROVER_RECURSION_REC_TRANSCRIPT_H
#define PROVER_RECURSION_REC_TRANSCRIPT_H
/* The Poseidon transcript of an inner proof, as rows: the mirror of prover/verify/transcript.h.
 * What the prover said enters as advice in the call that absorbs it.
 *
 * Threads:   as the recording. Lifetime: a plain value.
 * Source:    docs/protocol/recursion.md section 1. */
#include "prover/recursion/rec.h"
#include "prover/verify/labels.h"

struct rec_transcript {
    struct rec *r;
    rec_word s;
    bool fresh;
};

/* label * 2^16 + n: what ends an absorb of n elements. */
uint32_t rec_transcript_mark(uint32_t label, size_t n);

void rec_transcript_init(struct rec_transcript *t, struct rec *r, const uint8_t program_id[32]);
/* 8 n base elements, n > 0. */
void rec_transcript_absorb_words(struct rec_transcript *t, uint32_t label, const rec_word *w,
                                 uint32_t n);
/* Words that end with the mark and zeros already. */
void rec_transcript_absorb_padded(struct rec_transcript *t, const rec_word *w, uint32_t n);
/* A digest of the proof; advice: 8 elements. */
rec_word rec_transcript_absorb_digest(struct rec_transcript *t, uint32_t label);
/* n > 0 elements of the proof; advice: 5 n base elements. */
void rec_transcript_absorb_ext(struct rec_transcript *t, uint32_t label, rec_ext *out, size_t n);
rec_ext rec_transcript_sample(struct rec_transcript *t);
/* n indices of `bits` bits. */
void rec_transcript_indices(struct rec_transcript *t, uint32_t bits, rec_index *out, size_t n);
/* Absorbs a nonce; the element whose low bits must be zero. Advice: REC_NONCE_ADVICE elements, the
 * nonce, the mark of LABEL_POW, zeros. */
enum { REC_NONCE_ADVICE = 5 };
rec_base rec_transcript_nonce(struct rec_transcript *t);
/* The same, asserting that `bits` are zero. bits = 0: nothing at all. */
void rec_transcript_grind(struct rec_transcript *t, uint32_t bits);

/* Continues a chain s with n elements of the proof in groups of three (poseidon_chain_ext). */
rec_word rec_chain_ext(struct rec *r, rec_word s, rec_ext *out, size_t n, uint32_t last);

#endif
