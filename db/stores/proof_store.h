#ifndef DB_STORES_PROOF_STORE_H
#define DB_STORES_PROOF_STORE_H
/* Finished proofs by batch and part (0.. = leaves in participant order, PROOF_PART_PAIRING).
 * A proof that is stored twice is harmless: the first one stays. Threads: as the connection. */
#include "db/engine/db.h"

enum { PROOF_PART_PAIRING = 1000, PROOF_BYTES_MAX = 4 * 1024 * 1024 };

MUST_CHECK enum err proof_put(struct db *db, uint64_t k, uint32_t part, struct span bytes);
MUST_CHECK enum err
proof_read(struct db *db, enum err (*each)(void *ctx, uint64_t k, uint32_t part, struct span bytes),
           void *ctx);
/* Drops the proofs of batches up to k (they are on L1). */
MUST_CHECK enum err proof_prune(struct db *db, uint64_t k);
#endif
