#ifndef PROVER_PROGRAMS_PROGRAMS_H
#define PROVER_PROGRAMS_PROGRAMS_H
/* The programs that the recursion starts from (docs/protocol/recursion.md): the leaf (one chain's
 * segment), the pairing (half operations of up to 16 sides) and the batch that puts them together.
 * Poseidon profile, 128 bits; rate 1/4, so that one join has room for two leaves. The same on every
 * machine.
 *
 * Threads:   built once, on the first call, from any thread; immutable then; never freed.
 * Errors:    a program below its security target, or without memory, aborts: it is a constant of the
 *            build, checked by a test. */
#include "prover/verify/program.h"

const struct program *leaf_recursion_program(void);
const struct program *pairing2_program(void);
const struct program *batch_program(void);
/* The same for full slices: leaf_size_large, PAIRING_SIZE_512. Rate 1/2: half the hashes of a leaf
 * against twice the queries, and a join of its own has room for those. */
const struct program *leaf_large_program(void);
const struct program *pairing_large_program(void);
/* The two leaves with the values of a blob (docs/protocol/blobs.md section 3): parameters as theirs. */
const struct program *leaf_blob_program(void);
const struct program *leaf_large_blob_program(void);
#endif
