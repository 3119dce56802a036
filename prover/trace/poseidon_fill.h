#ifndef PROVER_TRACE_POSEIDON_FILL_H
#define PROVER_TRACE_POSEIDON_FILL_H
/* The round columns of many Poseidon rows at once (prover/air/poseidon.h), vectorised over rows.
 *
 * Threads: pure; callers may split rows.
 * Numbers: canonical elements in and out. */
#include <stddef.h>
#include <stdint.h>

#include "common/field/poseidon16.h"

/* For rows 0 .. n-1: in[0..16) are read, steps[0..POSEIDON_STEPS) written, and the digests to
 * out[0..8) unless out is NULL. Every pointer has n elements. */
void poseidon_fill(const uint32_t *const in[16], uint32_t *const steps[POSEIDON_STEPS],
                   uint32_t *const out[8], size_t n);
/* The same without vector instructions, whatever the CPU has. */
void poseidon_fill_portable(const uint32_t *const in[16], uint32_t *const steps[POSEIDON_STEPS],
                            uint32_t *const out[8], size_t n);

#endif
