#ifndef CORE_BATCH_PUBLICS_H
#define CORE_BATCH_PUBLICS_H
/* Public values of the leaf and pairing programs (docs/protocol/state.md section 8), from a trace.
 * The contract builds the same lists from its own storage. Threads: pure. */
#include "core/batch/chain_trace.h"

enum { LEAF_PUBLICS = 56, PAIRING_PUBLICS = 30 };

void leaf_publics(uint32_t out[LEAF_PUBLICS], const struct chain_trace *trace);
/* b NULL: one participant; side b is then chain CHAIN_NONE with no tuples. a and b are of one batch. */
void pairing_publics(uint32_t out[PAIRING_PUBLICS], const struct chain_trace *a,
                     const struct chain_trace *b);
#endif
