#ifndef BENCH_LAYERS_H
#define BENCH_LAYERS_H
/* What the prover's benchmark measures above the leaf: the layers of docs/protocol/recursion.md on real
 * proofs. */
#include <stdbool.h>

#include "prover/air/leaf.h"
#include "prover/prove/grind.h"
#include "prover/verify/program.h"

/* The parameters of the large leaf for any system: Poseidon profile, 128 bits. Aborts on failure. */
struct program *layers_leaf_program(struct ir_system *system);

struct layers_recursion {
    double leaf_seconds;       /* one leaf of the standard size */
    double leaf_large_seconds; /* one of the large size */
    double child_seconds;      /* a join of two leaves of the standard size, divided by two */
    double lift_large_seconds; /* a join of one of the large size */
    double batch_seconds;    /* the batch program's proof and its join with the facts */
    double shrink_seconds;
    double terminal_seconds; /* of the terminal alone */
    double child_grind[GRIND_KINDS], terminal_grind[GRIND_KINDS]; /* seconds of these two */
    double verify_seconds;   /* of the terminal's proof: scalar code */
    double calldata_bytes;   /* of the terminal's proof */
};
/* Two batches of payments as standard leaves, joined; one of them as a large leaf, lifted, as a batch,
 * shrunk, made terminal. Every proof verified. Recordings and proving keys are made before the
 * clock starts. */
void layers_recursion(struct layers_recursion *out);

#endif
