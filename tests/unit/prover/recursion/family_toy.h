#ifndef TESTS_UNIT_PROVER_RECURSION_FAMILY_TOY_H
#define TESTS_UNIT_PROVER_RECURSION_FAMILY_TOY_H
/* A small family: leaf, pairing and batch programs that state any public values, joins that claim no
 * security (one query a round). */
#include "prover/join/join.h"

struct family_toy {
    struct family f;
    struct family_keys keys;
    struct rec_counts rows[LAYER_COUNT];
    struct ir_system *child[4]; /* leaf, blob leaf, pairing, batch */
    struct program *owned[LAYER_BATCH + 4]; /* LEAF .. BATCH, join, shrink, terminal */
    struct slot slot[LAYER_COUNT];
};

/* Makes programs and keys; aborts on errors. */
void family_toy_init(struct family_toy *y);
void family_toy_deinit(struct family_toy *y);
/* A proof of LEAF .. BATCH for these publics. */
void family_toy_child(struct family_toy *y, enum layer layer, const uint32_t *publics,
                      struct layer_proof *out);
/* The recording of a join layer, made on first use. */
const struct slot *family_toy_slot(struct family_toy *y, enum layer layer);
/* Joins; ERR_OK proofs are verified before they come back. */
enum err family_toy_join(struct family_toy *y, enum layer layer, const struct layer_proof *left,
                         const struct layer_proof *right, struct layer_proof *out, char check[64]);
/* The recording alone: "" or the check that refuses. */
const char *family_toy_run(struct family_toy *y, enum layer layer, const struct layer_proof *left,
                           const struct layer_proof *right, char check[64]);
#endif
