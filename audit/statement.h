#ifndef AUDIT_STATEMENT_H
#define AUDIT_STATEMENT_H
/* Hashes of docs/protocol/settlement.md sections 1 and 2, the auditor's own.
 * Threads: pure. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/deployment/deployment.h"

enum { AUDIT_STATEMENT_VERSION = 4 };

/* What follows from the deployment's own facts. */
struct deployment_digests {
    uint8_t chains[32], programs[32];
};
void digests_compute(struct deployment_digests *out, const struct deployment *d);
/* genesis: root of every chain before batch 1. */
void deployment_id_derive(uint8_t out[32], const struct deployment *d,
                          const struct deployment_digests *digests, const uint8_t genesis[32]);
/* roots: one per chain of the deployment. */
void final_root_compute(uint8_t out[32], const struct deployment *d, uint64_t k,
                        const uint8_t roots[][32]);
/* Everything that a statement says, as the contracts see it. */
struct statement_facts {
    uint64_t k, time;
    uint8_t final_root_before[32], final_root_after[32];
    size_t n_participants;
    uint64_t participants[DEPLOYMENT_CHAINS_MAX]; /* chain ids */
    uint8_t pubdata[DEPLOYMENT_CHAINS_MAX][32];
};
void statement_compute(uint8_t out[32], const uint8_t deployment_id[32],
                       const struct deployment_digests *digests, const struct statement_facts *s);
/* segments: 1..64, in order. */
void pubdata_compute(uint8_t out[32], const struct span *segments, size_t n);
/* D_0, then D_k from D_{k-1}. */
void digest_chain_first(uint8_t out[32], const uint8_t deployment_id[32],
                        const uint8_t final_root[32]);
void digest_chain_next(uint8_t out[32], const uint8_t before[32], const uint8_t statement[32]);
#endif
