#ifndef PROVER_AIR_LEAF_H
#define PROVER_AIR_LEAF_H
/* The leaf system: one chain's segment of one batch. Tables and buses: docs/protocol/leaf.md.
 *
 * Each function below adds one group of tables to a system under construction (single thread).
 * Heights are arguments so that tests can build small systems; the product uses LEAF_LOG_*. */
#include "prover/air/build.h"
#include "prover/ir/ir.h"

enum leaf_log_height {
    LEAF_LOG_RANGE16 = 16,
    LEAF_LOG_POSEIDON = 14,
    LEAF_LOG_SPONGE = 12,
    LEAF_LOG_TREE = 13,
    LEAF_LOG_ACCESS = 10,
    LEAF_LOG_BALANCE = 9,
    LEAF_LOG_USER_HASH = 8,
    LEAF_LOG_USER = 8,
    LEAF_LOG_POOL_HASH = 6,
    LEAF_LOG_POOL = 6,
    LEAF_LOG_PACKED = 8,
    LEAF_LOG_AUTH = 6,
    LEAF_LOG_WOTS = 9,
    LEAF_LOG_STEP = 12,
    LEAF_LOG_PATH = 10,
    LEAF_LOG_BYTES = 9,  /* 4 bytes a row */
    LEAF_LOG_BLOCKS = 5, /* SHA-256 blocks */
    LEAF_LOG_OP = 6
};
enum { LEAF_SHA_ROUNDS_PER_ROW = 1, LEAF_BYTES_MAX = (1 << (LEAF_LOG_BYTES + 2)) - 9 };

void air_add_range16(struct ir_system *s); /* always 2^16 rows */
void air_add_poseidon(struct ir_system *s, uint32_t log_height);
void air_add_sponge(struct ir_system *s, uint32_t log_height);
/* Memory: tree (with the root messages from the publics at root_old, root_new) and access. */
void air_add_tree(struct ir_system *s, uint32_t log_height, uint32_t public_old,
                  uint32_t public_new);
void air_add_access(struct ir_system *s, uint32_t log_height);
void air_add_balance(struct ir_system *s, uint32_t log_height);
void air_add_user(struct ir_system *s, uint32_t log_hash, uint32_t log_height);
void air_add_pool(struct ir_system *s, uint32_t log_hash, uint32_t log_height);
void air_add_packed(struct ir_system *s, uint32_t log_height); /* and pow10 */
/* auth, wots, step, path. log_auth signatures; the others follow: 8, 64 and 16 rows of each. */
void air_add_auth(struct ir_system *s, uint32_t log_auth);
void air_add_bytes(struct ir_system *s, uint32_t log_height);
/* rounds_per_row 1, 2 or 4; digest to the 16 publics from public_digest on. */
void air_add_sha256(struct ir_system *s, uint32_t log_blocks, uint32_t rounds_per_row,
                    uint32_t public_digest);

/* All tables above at the product's heights. */
void air_add_infrastructure(struct ir_system *s);

/* The whole leaf system of the product, finished: the tables above and the records'
 * (prover/air/op_tables.h), publics in the order of enum leaf_public. Owner: ir_system_free. */
struct ir_system *leaf_system_new(void);
#endif
