#ifndef PROVER_VERIFY_TRANSCRIPT_H
#define PROVER_VERIFY_TRANSCRIPT_H
/* The Fiat-Shamir transcript: what the prover said determines the challenges. Two profiles behind
 * the same calls; a transcript keeps the one it was begun with.
 *
 * Both sides call the same functions with the same labels and shapes; nothing here reads a length
 * from a proof.
 *
 * Threads:   one thread per object. Lifetime: a plain value; transcript_init, then use; copying
 *            it forks the transcript.
 * Limits:    Keccak: one absorb is 1 .. 2^32-1 bytes; at most 2^32 squeezes between absorbs.
 *            Poseidon: one absorb is 1 .. 2^16-1 elements.
 * Source:    docs/protocol/proof.md section 3; recursion.md section 1. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/field/kb5.h"
#include "common/field/poseidon16.h"
#include "prover/verify/labels.h"

#define TRANSCRIPT_INDEX_BITS_MAX 24
#define TRANSCRIPT_GRIND_BITS_MAX 40          /* Keccak */
#define TRANSCRIPT_GRIND_BITS_MAX_POSEIDON 24 /* bits of the one element that is looked at */

enum transcript_event {
    TRANSCRIPT_ABSORB,  /* data = the bytes absorbed */
    TRANSCRIPT_EXT,     /* data = 20 bytes, the element sampled */
    TRANSCRIPT_INDICES, /* data = 4 bytes big-endian per index; label = bits of one index */
    TRANSCRIPT_GRIND,   /* data = 8 (Poseidon 4) bytes, the nonce; label = bits; before its absorb */
};

/* Sees every step, for test vectors and debugging; state is the one after the step (Poseidon: 8
 * elements big-endian). */
struct transcript_observer {
    void (*step)(void *ctx, enum transcript_event event, uint32_t label, const uint8_t *data,
                 size_t len, const uint8_t state[32]);
    void *ctx;
};

struct transcript {
    uint8_t profile;                            /* enum proof_profile */
    bool fresh;                                 /* Poseidon: absorbed since the last sample */
    uint8_t state[32];                          /* Keccak */
    uint32_t counter;                           /* Keccak: squeezes since the last absorb */
    uint32_t s[POSEIDON_DIGEST];                /* Poseidon: the state, canonical */
    const struct transcript_observer *observer; /* NULL, or outlives the transcript */
};

void transcript_init(struct transcript *t, enum proof_profile profile,
                     const uint8_t program_id[32]);

/* Keccak profile only: absorbs len > 0 bytes under a label (enum transcript_label). */
void transcript_absorb_bytes(struct transcript *t, uint32_t label, const uint8_t *data,
                             size_t len);
/* Absorbs n > 0 digests of 32 bytes; in the Poseidon profile they must be canonical (the proof
 * reader refuses others). */
void transcript_absorb_digests(struct transcript *t, uint32_t label, const uint8_t *data,
                               size_t n);
/* Absorbs n > 0 elements together; Keccak: in their proof encoding (20 resp. 4 bytes, big-endian). */
void transcript_absorb_ext(struct transcript *t, uint32_t label, const kb5 *v, size_t n);
void transcript_absorb_base(struct transcript *t, uint32_t label, const kb *v, size_t n);

/* One extension element; each value has probability at most (1 + 2^-20)^5 / |F|. */
kb5 transcript_sample_ext(struct transcript *t);
/* n > 0 indices below 2^bits, bits <= 24; repetitions are possible. */
void transcript_sample_indices(struct transcript *t, uint32_t bits, uint32_t *out, size_t n);

/* Whether the nonce holds, 0 < bits <= TRANSCRIPT_GRIND_BITS_MAX of the profile: keccak256(state |
 * nonce) < 2^(256-bits), or the last element of the state after absorbing the nonce is 0 mod 2^bits
 * (Poseidon: false for a nonce >= p). Changes nothing. */
bool transcript_grind_holds(const struct transcript *t, uint32_t bits, uint64_t nonce);
/* Checks the nonce and absorbs it under LABEL_POW. False, transcript unusable, when it does not
 * hold. bits = 0: nothing happens, true. */
bool transcript_grind_verify(struct transcript *t, uint32_t bits, uint64_t nonce);

#endif
