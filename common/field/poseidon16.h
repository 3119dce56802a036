#ifndef COMMON_FIELD_POSEIDON16_H
#define COMMON_FIELD_POSEIDON16_H
/* Poseidon (version 1), width 16, over KoalaBear, and the two modes everything here hashes with:
 * a compression of two 8-element digests and a sponge over it for variable data.
 *
 * Numbers:   every uint32_t in and out is canonical, < p (KB_P); REQUIREd of nothing, since callers
 *            check where data enters: an element >= p is a caller's fault and gives an
 *            unspecified digest.
 * Threads:   pure functions. Time: constant in the values.
 * Source:    ePrint 2019/458 (Poseidon); constants from tools/gen_poseidon.py; known answers in
 *            tests/unit/prover/poseidon. */
#include <stddef.h>
#include <stdint.h>

#include "common/field/kbv.h"

enum { POSEIDON_DIGEST = 8, POSEIDON_STATE = 16, POSEIDON_SPONGE_VERSION = 1 };

/* The permutation, in place. */
void poseidon16_permute(uint32_t state[POSEIDON_STATE]);
/* The same by the definition, round for round; slow, for tests. */
void poseidon16_permute_textbook(uint32_t state[POSEIDON_STATE]);
/* The fast form without vector instructions, whatever the CPU has; for tests. */
void poseidon16_permute_portable(uint32_t state[POSEIDON_STATE]);
/* n independent permutations; with AVX-512 (F, DQ, IFMA) fifteen times faster than one by one. */
void poseidon16_permute_many(uint32_t (*states)[POSEIDON_STATE], size_t n);

/* All values of a permutation that a proof commits to: the states after full rounds 1..4, the cubes of
 * the 20 partial rounds, the states after full rounds 5..7. */
enum { POSEIDON_STEPS = 7 * POSEIDON_STATE + 20 };
/* The permutation, in place, with its steps. */
void poseidon16_permute_steps(uint32_t state[POSEIDON_STATE], uint32_t steps[POSEIDON_STEPS]);

/* out = (permute(left | right) + (left | right))[0..8). out may be left or right. */
void poseidon_compress(uint32_t out[POSEIDON_DIGEST], const uint32_t left[POSEIDON_DIGEST],
                       const uint32_t right[POSEIDON_DIGEST]);
/* pairs[i] = left 8 | right 8 -> out[i]; out may overlap nothing of pairs. */
void poseidon_compress_many(uint32_t (*out)[POSEIDON_DIGEST],
                            const uint32_t (*pairs)[POSEIDON_STATE], size_t n);

enum { POSEIDON_LANES = 16 };
/* Sixteen compressions side by side: s[k][lane] is element k of digest `lane`, in[k] points at element
 * k of the right inputs; s = compress(s, in) in every lane. With the instructions of `isa` as far as
 * this CPU has them; all give the same words. s and in[k] are 64-byte aligned. */
void poseidon_compress_lanes(enum kbv_isa isa, uint32_t s[POSEIDON_DIGEST][POSEIDON_LANES],
                             const uint32_t *const in[POSEIDON_DIGEST]);
/* The first n lanes of it, 1 .. 16; what the others hold afterwards is unspecified. */
void poseidon_compress_lanes_n(enum kbv_isa isa, uint32_t s[POSEIDON_DIGEST][POSEIDON_LANES],
                               const uint32_t *const in[POSEIDON_DIGEST], uint32_t n);

/* state = [tag, n, version, 0...]; for each 8 elements of in (the last ones padded with zeros):
 * state = compress(state, chunk). n < p elements; n = 0 gives the initial state. out must not
 * overlap in. */
void poseidon_sponge(uint32_t tag, const uint32_t *in, size_t n, uint32_t out[POSEIDON_DIGEST]);

#endif
