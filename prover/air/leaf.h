#ifndef PROVER_AIR_LEAF_H
#define PROVER_AIR_LEAF_H
/* The leaf system: one chain's segment of one batch. Tables and buses: docs/protocol/leaf.md.
 *
 * Each function below adds one group of tables to a system under construction (single thread).
 * Heights are arguments so that tests can build small systems; the product's are a struct leaf_size.
 */
#include "core/batch/limits.h"
#include "prover/air/build.h"
#include "prover/ir/ir.h"

/* Heights (log2 of rows) of one leaf program, and the limits of batches that fit them whatever
 * their mix. Two sizes are two programs. range16 always has 2^16 rows. */
struct leaf_size {
    const struct batch_limits *limits;
    uint32_t poseidon, poseidon_more; /* _more: of a second table, 0 = none */
    uint32_t sponge, tree, access, balance, user_hash, user, pool_hash, pool, packed;
    uint32_t auth, wots, step, path;
    uint32_t blocks; /* SHA-256 blocks; bytes has 16 rows of 4 bytes for each */
    uint32_t sha_rounds_per_row;
    /* records: one table for each kind */
    uint32_t transfer, withdraw, open, change_key, create, swap_in, swap_out, liquidity, priority;
    uint32_t preamble, fee, shares, muldiv;
    uint32_t horner; /* elements of 31 bytes and 3; 0: a leaf without blob */
};
extern const struct leaf_size leaf_size_standard; /* m = 22 */
extern const struct leaf_size leaf_size_large;    /* m = 24: about 445 payments or 512 half swaps */
/* The same with the table horner: segments published in a blob (docs/protocol/blobs.md section 3). */
extern const struct leaf_size leaf_size_blob, leaf_size_large_blob;

void air_add_range16(struct ir_system *s); /* always 2^16 rows */
void air_add_poseidon(struct ir_system *s, uint32_t log_height);
/* A second table "poseidon2" of the same rows on the same bus: heights between powers of two. */
void air_add_poseidon_more(struct ir_system *s, uint32_t log_height);
void air_add_sponge(struct ir_system *s, uint32_t log_height);
/* Poseidon and sponge in one table, for systems that ask nothing but sponges. */
void air_add_absorb(struct ir_system *s, uint32_t log_height);
/* Memory: tree (with the root messages from the publics at root_old, root_new) and access. */
void air_add_tree(struct ir_system *s, uint32_t log_height, uint32_t public_old,
                  uint32_t public_new);
void air_add_access(struct ir_system *s, uint32_t log_height);
void air_add_balance(struct ir_system *s, uint32_t log_height);
void air_add_user(struct ir_system *s, uint32_t log_hash, uint32_t log_height);
void air_add_pool(struct ir_system *s, uint32_t log_hash, uint32_t log_height);
void air_add_packed(struct ir_system *s, uint32_t log_height); /* and pow10 */
/* auth, wots, step, path: 1 row, 8, 69, and 12 or 18 rows for each signature. */
void air_add_auth(struct ir_system *s, uint32_t log_auth, uint32_t log_wots, uint32_t log_step,
                  uint32_t log_path);
void air_add_bytes(struct ir_system *s, uint32_t log_height);
/* The same, answering SEGMENT_BYTE. */
void air_add_bytes_read(struct ir_system *s, uint32_t log_height);
/* z, a before, b before, a after, b after from the 80 publics at public_first on. */
void air_add_horner(struct ir_system *s, uint32_t log_height, uint32_t public_first);
extern const uint8_t AIR_BLS_ORDER[32]; /* least significant byte first */
/* rounds_per_row 1, 2 or 4; digest to the 16 publics from public_digest on. */
void air_add_sha256(struct ir_system *s, uint32_t log_blocks, uint32_t rounds_per_row,
                    uint32_t public_digest);
/* The table of rounds alone: all blocks, words by WORD, working variables by SHA_BEGIN, SHA_END. */
void air_add_sha256_rounds(struct ir_system *s, uint32_t log_blocks, uint32_t rounds_per_row);
extern const uint32_t AIR_SHA256_K[64], AIR_SHA256_IV[8]; /* FIPS 180-4 */
/* The initial hash value as limbs. */
void air_sha256_initial(uint32_t lo[8], uint32_t hi[8]);

/* All tables above. */
void air_add_infrastructure(struct ir_system *s, const struct leaf_size *size);

/* A whole leaf system, finished: the tables above and the records' (prover/air/op_tables.h), publics
 * in the order of enum leaf_public. With size->horner it is named "leaf-blob" and has the publics of a
 * blob too. Owner: ir_system_free. */
struct ir_system *leaf_system_sized(const struct leaf_size *size);
/* The product's: leaf_size_standard. */
struct ir_system *leaf_system_new(void);
#endif
