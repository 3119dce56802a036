#ifndef AUDIT_BLOB_H
#define AUDIT_BLOB_H
/* A chain's part that is published in a blob, the auditor's own code: docs/protocol/blobs.md sections 1, 2
 * and 6. Only arithmetic and commitments come from common/kzg.
 *
 * Threads: pure apart from the KZG setup. Takes about 0.1 s a part. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/kzg/kzg.h"

enum { BLOB_SEGMENTS_MAX = 64 };
/* A segment as its chain's transaction shows it. */
struct blob_segment {
    uint8_t hash[32];
    uint32_t length;
    struct span head;
};

/* Pubdata hash of a part that will be published in a blob: whole segments, least heads. ERR_AUDIT with
 * *why (static) for a part that no blob can hold, ERR_NOMEM. */
MUST_CHECK enum err blob_pubdata(uint8_t out[32], const struct span *segments, size_t n,
                                 const char **why);
/* Whether a blob is the one of this versioned hash: ERR_MISMATCH if not, ERR_NOMEM. */
MUST_CHECK enum err blob_is(const uint8_t blob[KZG_BLOB_BYTES], const uint8_t versioned_hash[32]);
/* Puts segments together from heads and the blob (which is the one of the hash: blob_is) and computes
 * their pubdata hash; nothing is taken from the operator unchecked. whole: appended to, segments[i] then
 * borrow from it. ERR_AUDIT with *why (static) and the number of the segment or n; ERR_NOMEM. */
struct blob_fault {
    size_t segment;
    const char *why;
};
MUST_CHECK enum err blob_segments(struct bytes_buf *whole, struct span segments[BLOB_SEGMENTS_MAX],
                                  uint8_t pubdata[32], const struct blob_segment *s, size_t n,
                                  const uint8_t versioned_hash[32],
                                  const uint8_t blob[KZG_BLOB_BYTES], struct blob_fault *fault);
#endif
