#ifndef CORE_BATCH_STATEMENT_H
#define CORE_BATCH_STATEMENT_H
/* SHA-256 preimages that contracts, oracles and audits compute too: docs/protocol/settlement.md
 * sections 1 and 2.
 *
 * Threads: pure. Lists are ascending by chain id; ERR_ARG otherwise. */
#include <stddef.h>

#include "common/base/err.h"
#include "core/op/op.h"

enum { STATEMENT_CHAINS_MAX = 16, STATEMENT_VERSION = 4 };

struct chain_entry { /* of the deployment's list */
    uint16_t index;
    uint64_t chain_id;
    uint8_t address[20];
    uint32_t finality;
};
struct chain_root {
    uint64_t chain_id;
    struct digest8 root;
};
struct chain_pubdata {
    uint64_t chain_id;
    uint8_t hash[32]; /* pubdata_hash */
};

MUST_CHECK enum err chains_digest(uint8_t out[32], const struct chain_entry *chains, size_t n);
/* terminal: the key id of the terminal program, which fixes all programs below it. */
void programs_digest(uint8_t out[32], const uint8_t terminal[32]);
struct deployment_input {
    uint8_t chains_digest[32], programs_digest[32];
    struct digest8 genesis_root;
    uint16_t oracles_m, oracles_n;
    const uint8_t *oracles; /* n x 20 bytes */
    uint8_t salt[32];
};
MUST_CHECK enum err deployment_id_compute(uint8_t out[32], const struct deployment_input *in);
/* n segment hashes, 1..255. */
MUST_CHECK enum err pubdata_hash(uint8_t out[32], const uint8_t *segment_hashes, size_t n);
/* Of a part that is published in a blob (docs/protocol/blobs.md section 2); 1..64 segments. */
MUST_CHECK enum err blob_pubdata_hash(uint8_t out[32], const uint8_t *segment_hashes, size_t n,
                                      const uint8_t z[32], const uint8_t a[32],
                                      const uint8_t b[32]);
MUST_CHECK enum err final_root_hash(uint8_t out[32], uint64_t k, const struct chain_root *roots,
                                    size_t n);
struct statement {
    uint8_t deployment_id[32];
    uint64_t k, time;
    uint8_t final_root_before[32], final_root_after[32];
    uint8_t chains_digest[32], programs_digest[32];
    const struct chain_pubdata *participants;
    size_t n_participants;
};
MUST_CHECK enum err statement_hash(uint8_t out[32], const struct statement *s);
void digest_genesis(uint8_t d0[32], const uint8_t deployment_id[32],
                    const uint8_t final_root_0[32]);
void digest_next(uint8_t dk[32], const uint8_t d_before[32], const uint8_t stmt[32]);
#endif
