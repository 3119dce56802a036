#ifndef AUDIT_REPLICA_H
#define AUDIT_REPLICA_H
/* The auditor's own copy of every chain's sub-state, re-executed from published bytes alone with
 * rules and codecs written from docs/protocol (nothing of core/ is linked).
 *
 * Threads:   one thread per replica.
 * Lifetime:  new -> apply batch 1, 2, .. -> free. A batch that is refused changes nothing.
 * Memory:    linear in the stored cells. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/intent.h"
#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/deployment/deployment.h"

enum { REPLICA_TEXT_MAX = 320, REPLICA_NO_RECORD = -1, REPLICA_NO_CHAIN = 0xFFFF };

struct replica;

/* One batch as published: statement facts and each participant's segments. Everything is checked. */
enum { REPLICA_SEGMENTS_MAX = 64 };
struct replica_part {
    uint16_t chain; /* index */
    const struct span
        *segments; /* 1 .. REPLICA_SEGMENTS_MAX, in order: each over the cells that the
                                    one before left */
    size_t n_segments;
    const uint8_t *pubdata;    /* 32 bytes: of a part in a blob, as computed; NULL: calldata */
    const uint8_t *root_after; /* 32 bytes as claimed; NULL: only the final root is compared */
};
struct replica_batch {
    uint64_t k, time;
    uint8_t final_root_before[32], final_root_after[32]; /* as claimed */
    size_t n_parts;                                      /* ascending chain */
    struct replica_part parts[DEPLOYMENT_CHAINS_MAX];
    /* The L1's request with that queue index (NULL: there is none); NULL: not compared. */
    const struct span *(*request_at)(void *ctx, uint16_t chain, uint64_t index);
    void *request_ctx;
    /* What was asked for, in the order of execution: every record must be one of theirs. NULL: only
     * the published bytes are looked at. */
    const struct intent_request *intents;
    size_t n_intents;
};
/* Why a batch is refused: the first wrong operation. */
struct replica_finding {
    uint16_t chain; /* REPLICA_NO_CHAIN: the batch as a whole */
    int64_t record; /* number in that chain's part through all segments, REPLICA_NO_RECORD: none */
    size_t segment; /* number of the segment, and byte in it; 0 where nothing is read */
    size_t offset;
    char text[REPLICA_TEXT_MAX];
};

/* Genesis. ERR_MISMATCH if deployment->genesis_root, the id or the digests do not follow from the
 * deployment's own facts. */
MUST_CHECK enum err replica_new(struct replica **out, const struct deployment *deployment);
void replica_free(struct replica *r);
/* ERR_AUDIT with *finding; ERR_NOMEM. On ERR_OK the replica stands at k. */
MUST_CHECK enum err replica_apply(struct replica *r, const struct replica_batch *batch,
                                  struct replica_finding *finding);
/* Takes back the last applied batch (one level, for a gate whose approved batch was taken back;
 * ERR_BAD_STATE if there is none to take back). */
MUST_CHECK enum err replica_undo(struct replica *r);

uint64_t replica_k(const struct replica *r);
void replica_final_root(const struct replica *r, uint8_t out[32]);
/* stmt_k and D_k of the last applied batch (D_0 at genesis). */
void replica_statement(const struct replica *r, uint8_t out[32]);
void replica_digest(const struct replica *r, uint8_t out[32]);
/* Root of one chain as 8 x u32. */
void replica_root(const struct replica *r, uint16_t chain, uint8_t out[32]);

/* Sum of a token over the cells of a chain: user slots 2..255 with this token and pool slot 2. */
struct replica_sum {
    unsigned __int128 users, pools;
};
/* by_token[t - 1] for tokens 1..n; others: L1 tokens (not shares) past n. One pass over all cells. */
void replica_sums(const struct replica *r, uint16_t chain, struct replica_sum *by_token, size_t n,
                  struct replica_sum *others);
#endif
