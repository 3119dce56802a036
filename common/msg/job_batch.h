#ifndef COMMON_MSG_JOB_BATCH_H
#define COMMON_MSG_JOB_BATCH_H
/* What a worker needs to prove one batch's statement (LAYER_BATCH): the statement opened down to the
 * public values of its segments and pairings (docs/protocol/recursion.md section 6).
 *
 * Threads: pure. Limits: those of the batch program. The struct is large (some 80 KB): not on a stack. */
#include "common/base/bytes.h"
#include "common/base/err.h"

enum {
    JOB_BATCH_CHAINS_MAX = 16,
    JOB_BATCH_SEGMENTS_MAX = 64,
    JOB_BATCH_PAIRINGS_MAX = 32,
    JOB_BATCH_LEAF_PUBLICS = 56,
    JOB_BATCH_BLOB_PUBLICS = 136,
    JOB_BATCH_BYTES_MAX = 128 * 1024,
};

struct job_batch_chain {
    uint16_t index;
    uint64_t chain_id;
    uint8_t contract[20];
    uint32_t finality;
    uint32_t root_before[8], root_after[8];
};
struct job_batch_side {
    uint16_t chain;
    uint32_t count;
    uint32_t digest[8];
};
struct job_batch_pairing {
    uint32_t n_sides;
    struct job_batch_side sides[JOB_BATCH_CHAINS_MAX]; /* ascending */
};
struct job_batch {
    uint8_t deployment_id[32], programs_digest[32], digest_before[32];
    uint32_t dep[8];
    uint32_t k, time;
    uint32_t n_chains, n_segments, n_pairings;
    struct job_batch_chain chains[JOB_BATCH_CHAINS_MAX]; /* ascending by chain id */
    bool blob[JOB_BATCH_SEGMENTS_MAX]; /* of a blob leaf: all publics; else JOB_BATCH_LEAF_PUBLICS */
    uint32_t segments[JOB_BATCH_SEGMENTS_MAX][JOB_BATCH_BLOB_PUBLICS];
    struct job_batch_pairing pairings[JOB_BATCH_PAIRINGS_MAX];
};
MUST_CHECK enum err job_batch_write(struct bytes_buf *out, const struct job_batch *b);
MUST_CHECK enum err job_batch_read(struct job_batch *out, struct span body);
#endif
