#ifndef BENCH_LAYERS_H
#define BENCH_LAYERS_H
/* What the prover's benchmark measures beyond the leaf: one function for each layer of
 * docs/protocol/recursion.md. A function returns false while its layer does not exist; the report
 * then says null. */
#include <stdbool.h>

#include "prover/air/leaf.h"
#include "prover/verify/program.h"

/* The product's parameters for a leaf system: Poseidon profile, 128 bits. Aborts on failure. */
struct program *layers_leaf_program(struct ir_system *system);

struct layers_recursion {
    double child_seconds;    /* one join of two leaves, divided by two */
    double terminal_seconds; /* shrink and terminal of one join */
    double verify_seconds;   /* of the terminal's proof, portable */
};
/* Joins real leaf proofs and proves the terminal over them; every proof verified. */
bool layers_recursion(struct layers_recursion *out);

#endif
