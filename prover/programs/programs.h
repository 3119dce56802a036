#ifndef PROVER_PROGRAMS_PROGRAMS_H
#define PROVER_PROGRAMS_PROGRAMS_H
/* The programs that the recursion starts from (docs/protocol/recursion.md): the leaf (one chain's
 * segment), the pairing (half operations of up to 16 sides) and the batch that puts them together.
 * Poseidon profile, rate 1/4, 128 bits. The same on every machine.
 *
 * Threads:   built once, on the first call, from any thread; immutable then; never freed.
 * Errors:    a program below its security target, or without memory, aborts: it is a constant of the
 *            build, checked by a test. */
#include "prover/verify/program.h"

const struct program *leaf_recursion_program(void);
const struct program *pairing2_program(void);
const struct program *batch_program(void);
#endif
