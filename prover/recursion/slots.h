#ifndef PROVER_RECURSION_SLOTS_H
#define PROVER_RECURSION_SLOTS_H
/* The join programs: what each layer from LIFT1 on states, as a recording.
 *
 * Threads:   recording is single-threaded.
 * Source:    docs/protocol/recursion.md section 4. */
#include "prover/recursion/family.h"
#include "prover/recursion/rec.h"

/* Records the program of a layer, LIFT1 .. TERMINAL. keys: SHRINK needs the root K, TERMINAL the key of
 * SHRINK and K; others nothing (may be NULL). Free with rec_free. */
struct rec *slot_record(const struct family *f, const struct family_keys *keys, enum layer layer);
#endif
