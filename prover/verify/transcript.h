#ifndef PROVER_VERIFY_TRANSCRIPT_H
#define PROVER_VERIFY_TRANSCRIPT_H
/* The Fiat-Shamir transcript, Keccak profile: what the prover said determines the challenges.
 *
 * Both sides call the same functions with the same labels and shapes; nothing here reads a length
 * from a proof.
 *
 * Threads:   one thread per object. Lifetime: a plain value; transcript_init, then use; copying
 *            it forks the transcript.
 * Limits:    one absorb is 1 .. 2^32-1 bytes; at most 2^32 squeezes between absorbs.
 * Source:    docs/protocol/proof.md section 3. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/field/kb5.h"
#include "prover/verify/labels.h"

#define TRANSCRIPT_INDEX_BITS_MAX 24
#define TRANSCRIPT_GRIND_BITS_MAX 40

enum transcript_event {
    TRANSCRIPT_ABSORB,  /* data = the bytes absorbed */
    TRANSCRIPT_EXT,     /* data = 20 bytes, the element sampled */
    TRANSCRIPT_INDICES, /* data = 4 bytes big-endian per index; label = bits of one index */
    TRANSCRIPT_GRIND,   /* data = 8 bytes, the nonce; label = bits; before its absorb */
};

/* Sees every step, for test vectors and debugging; state is the one after the step. */
struct transcript_observer {
    void (*step)(void *ctx, enum transcript_event event, uint32_t label, const uint8_t *data,
                 size_t len, const uint8_t state[32]);
    void *ctx;
};

struct transcript {
    uint8_t state[32];
    uint32_t counter;                           /* squeezes since the last absorb */
    const struct transcript_observer *observer; /* NULL, or outlives the transcript */
};

void transcript_init(struct transcript *t, const uint8_t program_id[32]);

/* Absorbs len > 0 bytes under a label (enum transcript_label). */
void transcript_absorb_bytes(struct transcript *t, uint32_t label, const uint8_t *data,
                             size_t len);
/* Absorbs n > 0 elements together, in their proof encoding (20 resp. 4 bytes, big-endian). */
void transcript_absorb_ext(struct transcript *t, uint32_t label, const kb5 *v, size_t n);
void transcript_absorb_base(struct transcript *t, uint32_t label, const kb *v, size_t n);

/* One extension element; each value has probability at most (1 + 2^-20)^5 / |F|. */
kb5 transcript_sample_ext(struct transcript *t);
/* n > 0 indices below 2^bits, bits <= 24; repetitions are possible. */
void transcript_sample_indices(struct transcript *t, uint32_t bits, uint32_t *out, size_t n);

/* Whether keccak256(state | nonce) < 2^(256-bits), 0 < bits <= 40. Changes nothing. */
bool transcript_grind_holds(const struct transcript *t, uint32_t bits, uint64_t nonce);
/* Checks the nonce and absorbs it under LABEL_POW. False, transcript unusable, when it does not
 * hold. bits = 0: nothing happens, true. */
bool transcript_grind_verify(struct transcript *t, uint32_t bits, uint64_t nonce);

#endif
