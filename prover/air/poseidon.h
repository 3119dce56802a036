#ifndef PROVER_AIR_POSEIDON_H
#define PROVER_AIR_POSEIDON_H
/* One Poseidon compression as columns and constraints of degree 3, for any table that hashes.
 *
 * Threads: as prover/ir (building is single-threaded).
 * Source:  common/field/poseidon16.h; the new columns are in the order of poseidon16_permute_steps. */
#include "prover/ir/ir.h"

/* Adds the columns of the rounds (POSEIDON_STEPS of them) to t and ties them to `in`; out: the
 * digest compress(in[0..8), in[8..16)) as expressions of degree 3. in: of degree 1. */
void air_poseidon_rounds(struct ir_table *t, const ir_x in[16], ir_x out[8]);

#endif
