#ifndef CORE_BATCH_PUBLICS_H
#define CORE_BATCH_PUBLICS_H
/* Public values of the leaf program (docs/protocol/state.md section 8), from a trace. Threads: pure. */
#include "core/batch/chain_trace.h"

enum { LEAF_PUBLICS = 56, LEAF_BLOB_PUBLICS = 136 };

void leaf_publics(uint32_t out[LEAF_PUBLICS], const struct chain_trace *trace);
/* Of the leaf-blob programs (docs/protocol/blobs.md section 3); trace->blob.on. */
void leaf_blob_publics(uint32_t out[LEAF_BLOB_PUBLICS], const struct chain_trace *trace);
#endif
