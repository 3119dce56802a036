#ifndef CORE_BATCH_PUBLICS_H
#define CORE_BATCH_PUBLICS_H
/* Public values of the leaf program (docs/protocol/state.md section 8), from a trace. Threads: pure. */
#include "core/batch/chain_trace.h"

enum { LEAF_PUBLICS = 56 };

void leaf_publics(uint32_t out[LEAF_PUBLICS], const struct chain_trace *trace);
#endif
