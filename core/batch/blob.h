#ifndef CORE_BATCH_BLOB_H
#define CORE_BATCH_BLOB_H
/* One chain's part of a sealed batch as a blob: docs/protocol/blobs.md sections 1 and 2.
 *
 * segments, everywhere: those of one chain, all of them, in order, with their headers written.
 * Threads:   pure apart from the KZG setup, which is made once (common/kzg/kzg.h).
 * Lifetime:  the caller owns everything. */
#include "common/base/err.h"
#include "common/kzg/kzg.h"
#include "core/batch/batch.h"

struct blob_part {
    uint32_t n_elements; /* N: behind the heads */
    uint8_t versioned_hash[32];
    uint8_t z[32], a[32], b[32]; /* a, b: after all segments */
    uint8_t pubdata[32];         /* stands in the statement */
};
/* Elements of a segment that are published in calldata (h_i), and bytes of them. */
uint32_t blob_head_elements(const struct chain_trace *segment);
uint32_t blob_head_bytes(const struct chain_trace *segment);
/* Elements behind the heads (N); 0: such a part goes as calldata. */
uint32_t blob_rest_elements(struct chain_trace *const *segments, uint32_t n);
/* The blob itself; takes milliseconds. ERR_ARG for N = 0 or N > 4096, ERR_NOMEM. */
MUST_CHECK enum err blob_part_bytes(uint8_t blob[KZG_BLOB_BYTES],
                                    struct chain_trace *const *segments, uint32_t n);
/* Computes everything and sets .blob of each segment. versioned_hash: as computed earlier for the same
 * segments, or NULL: then it takes the time of a commitment (about 60 ms). Errors as above. */
MUST_CHECK enum err blob_part_make(struct blob_part *out, struct chain_trace *const *segments,
                                   uint32_t n, const uint8_t *versioned_hash);
#endif
