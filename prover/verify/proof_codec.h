#ifndef PROVER_VERIFY_PROOF_CODEC_H
#define PROVER_VERIFY_PROOF_CODEC_H
/* Cursors over the bytes of a proof: canonical big-endian elements one after the other. Digests and
 * nonces are encoded as the profile of the transcript says.
 *
 * Reader:  borrows the bytes; every read that runs over the end or meets a non-canonical element
 *          returns ERR_PROOF, and every later read then fails too.
 * Writer:  owns a growing buffer; a lack of memory is remembered and reported by proof_take.
 * Threads: one thread per object. Source: docs/protocol/proof.md section 2. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/field/kb5.h"
#include "prover/verify/transcript.h"

#define PROOF_BYTES_MAX (16u << 20) /* no program's proof is longer */

struct proof_reader {
    const uint8_t *data;
    size_t len, pos;
    bool failed; /* sticky */
};

/* expected = the length the program fixes. ERR_PROOF when len differs. */
MUST_CHECK enum err proof_reader_init(struct proof_reader *r, const uint8_t *data, size_t len,
                                      size_t expected);
/* n elements; out may hold them in part after an error. */
MUST_CHECK enum err proof_read_ext(struct proof_reader *r, kb5 *out, size_t n);
MUST_CHECK enum err proof_read_base(struct proof_reader *r, kb *out, size_t n);
/* A view of the next len bytes, valid as long as the proof. */
MUST_CHECK enum err proof_read_bytes(struct proof_reader *r, const uint8_t **out, size_t len);
MUST_CHECK enum err proof_read_u64(struct proof_reader *r, uint64_t *out);
/* Reads n elements and absorbs them together. */
MUST_CHECK enum err proof_absorb_ext(struct proof_reader *r, struct transcript *t, uint32_t label,
                                     kb5 *out, size_t n);
/* Reads n digests of 32 bytes (in the Poseidon profile canonical ones) and absorbs them together;
 * *out is a view as of proof_read_bytes. */
MUST_CHECK enum err proof_absorb_digests(struct proof_reader *r, struct transcript *t,
                                         uint32_t label, const uint8_t **out, size_t n);
/* Reads a nonce (none when bits = 0), checks and absorbs it. */
MUST_CHECK enum err proof_grind(struct proof_reader *r, struct transcript *t, uint32_t bits);
/* ERR_PROOF unless every byte was read. */
MUST_CHECK enum err proof_reader_end(const struct proof_reader *r);

struct proof_writer {
    uint8_t *data;
    size_t len, cap;
    bool failed;
};

void proof_writer_init(struct proof_writer *w);
void proof_write_bytes(struct proof_writer *w, const uint8_t *data, size_t len);
void proof_write_ext(struct proof_writer *w, const kb5 *v, size_t n);
void proof_write_base(struct proof_writer *w, const kb *v, size_t n);
void proof_write_u64(struct proof_writer *w, uint64_t x);
/* Writes n elements and absorbs them together. */
void proof_say_ext(struct proof_writer *w, struct transcript *t, uint32_t label, const kb5 *v,
                   size_t n);
/* Writes n digests of 32 bytes and absorbs them together. */
void proof_say_digests(struct proof_writer *w, struct transcript *t, uint32_t label,
                       const uint8_t *data, size_t n);
/* Writes a nonce in the encoding of t's profile. */
void proof_write_nonce(struct proof_writer *w, const struct transcript *t, uint64_t nonce);
/* Hands the buffer over (free() it); the writer is empty again. ERR_NOMEM. */
MUST_CHECK enum err proof_take(struct proof_writer *w, uint8_t **data, size_t *len);
void proof_writer_free(struct proof_writer *w);

#endif
