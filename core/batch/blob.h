#ifndef CORE_BATCH_BLOB_H
#define CORE_BATCH_BLOB_H
/* One chain's part of a sealed batch as a blob: docs/protocol/blobs.md sections 1 and 2.
 *
 * Threads:   pure apart from the KZG setup, which is made once (common/kzg/kzg.h); takes about 0.1 s.
 * Lifetime:  the caller owns everything. */
#include "common/base/err.h"
#include "common/kzg/kzg.h"
#include "core/batch/batch.h"

struct blob_part {
    uint8_t blob[KZG_BLOB_BYTES];
    uint8_t commitment[48], proof[48], versioned_hash[32]; /* proof: of the opening at z */
    uint8_t z[32], a[32], b[32];  /* after all segments */
    uint8_t pubdata[32];          /* stands in the statement */
    uint32_t n_elements;          /* N */
};
/* Elements behind the heads (N); 0: such a part goes as calldata. */
uint32_t blob_rest_elements(struct chain_trace *const *segments, uint32_t n);
/* Computes everything and sets the .blob of each segment. segments: those of one chain, in order, with
 * their headers written. ERR_ARG for N = 0 or N > 4096, ERR_NOMEM. */
MUST_CHECK enum err blob_part_make(struct blob_part *out, struct chain_trace *const *segments,
                                   uint32_t n);

#endif
