#ifndef PROVER_AIR_BATCH_H
#define PROVER_AIR_BATCH_H
/* The batch system: one statement of settlement.md section 2, opened down to the facts about its
 * segments and pairings (docs/protocol/recursion.md section 6; tables: docs/protocol/batch.md).
 *
 * All SHA-256 preimages lie on one *tape* of 16-bit halves: 32 halves a block, message after
 * message, the first five at fixed blocks. Halves come to the tape as messages HALF (position,
 * value) from the tables that know them; digests go to where the next preimage holds them.
 *
 * Threads: as prover/ir. */
#include "prover/air/build.h"
#include "prover/air/op_row.h"
#include "prover/ir/ir.h"

enum batch_bus {
    BUS_HALF = BUS_OP_FREE + 16, /* position, value: a half of the tape; asked once        words */
    BUS_HASH,       /* first block, end, to: 8 times; the message of halves 32 block .. end - 1 (see
                 words for the padding) is hashed, its digest goes to halves to .. to + 15  blocks */
    BUS_FRAME,      /* block, end of its message: 16 times asked by words                 blocks */
    BUS_SHA_LENGTH, /* block, length in bits: 8 times; the block is its message's last    blocks */
    BUS_HASH_CHAIN, /* 8 block + w, end, first block, to, lo, hi: hash value before a block */
    BUS_FACT,       /* digest 8: a fact or node of facts; parent -> child */
    BUS_SAME,       /* k lo, k hi, T lo, T hi, dep 8: one and the same everywhere        batch */
    BUS_SEGMENT,    /* chain, number, of, first block of its pubdata, byte before, least pairing,
                       root 8: chain -> segment 0 -> .. -> chain */
    BUS_CHAIN_LINK, /* row, chain id 4 before, participants before, index before (by index) */
    BUS_CHAIN_LAST, /* chains, participants: the last chain -> batch */
    BUS_INDEX,      /* chain index: as listed -> as sorted */
    BUS_ROOT,       /* 16 chain + 8 (before 0, after 1) + i, element i of the root       root */
    BUS_BLOB,       /* chain, number, 0 z | 1 a | 2 b, 16 limbs: as SEGMENT, of a blob's parts */
};

/* Public values. */
enum batch_public {
    BATCH_PUBLIC_FACTS = 0,  /* 8 */
    BATCH_PUBLIC_D_FROM = 8, /* 16 big-endian halves */
    BATCH_PUBLIC_D_TO = 24,  /* 16 */
    BATCH_N_PUBLIC = 40
};

enum { BLOB_LIMBS = 16 }; /* of z, a, b: big-endian halves of 32 bytes */

/* Sponge ids: a segment's is its row. */
enum { BATCH_SPONGE_NODE = 1 << 12, BATCH_SPONGE_PAIRING = 1 << 13 };

/* Halves of the preimages before their lists, and of a list's entries (settlement.md). */
enum batch_halves {
    D_FROM = 8,
    D_STMT = 24,
    D_HALVES = 40,
    STMT_DEP = 8,
    STMT_VERSION = 24,
    STMT_K = 26,
    STMT_BEFORE = 30,
    STMT_AFTER = 46,
    STMT_TIME = 62,
    STMT_CHAINS = 66,
    STMT_PROGRAMS = 82,
    STMT_N = 98,
    STMT_LIST = 99,
    STMT_ENTRY = 20, /* chain id 4, pubdata hash 16 */
    ROOT_K = 8,
    ROOT_N = 12,
    ROOT_LIST = 13,
    ROOT_ENTRY = 20, /* chain id 4, root 16 */
    CHAINS_N = 8,
    CHAINS_LIST = 9,
    CHAINS_ENTRY = 23,   /* index, chain id 4, 6 zeros, address 10, finality 2 */
    CHAINS_ADDRESS = 11, /* of an entry */
    CHAINS_FINALITY = 21,
    TAPE_BLOCK = 32
};

/* log2 of rows, and the first block of each of the five fixed messages; the digest's is block 0.
 * The pubdata preimages lie in the upper half of the blocks. */
struct batch_size {
    uint8_t blocks, sha_rounds_per_row;
    uint8_t absorb, node, pairing;
    uint8_t stmt, before, after, chains;
    uint8_t max_chains; /* that fit the blocks above; <= BATCH_LIST_MAX */
};
enum {
    BATCH_LOG_LIST = 4,
    BATCH_LIST_MAX = 1 << BATCH_LOG_LIST,
    BATCH_LOG_SEGMENTS = 6, /* also the period of the fixed columns with the constants */
    BATCH_LEAVES_MAX = 1 << BATCH_LOG_SEGMENTS
};
/* The product's: 16 chains, 64 segments, 32 pairings, 128 blocks; blob parts of up to 11 chains always
 * fit (BATCH_BLOB_PARTICIPANTS_MAX). */
extern const struct batch_size BATCH_SIZE;
/* For tests: 6 chains, 64 segments (their hashes in 32 blocks), 8 pairings. */
extern const struct batch_size BATCH_SIZE_SMALL;

/* Where the tape of 2^blocks blocks ends: D_k "goes to" the halves from here on, the publics. */
static inline uint32_t batch_tape_end(const struct batch_size *size)
{
    return TAPE_BLOCK << size->blocks;
}

/* Finished; owner: ir_system_free. */
struct ir_system *batch_system_new(const struct batch_size *size);

/* ---- groups of tables ---- */
void batch_add_tape(struct ir_system *s, const struct batch_size *size); /* words, blocks */
void batch_add_facts(struct ir_system *s,
                     const struct batch_size *size); /* node, segment, pairing */
void batch_add_chains(struct ir_system *s, const struct batch_size *size); /* chain, root, batch */

/* HALF at base + offset of xs[0..n). */
void batch_halves(struct ir_table *t, ir_x mult, ir_x pos, const ir_x *xs, uint32_t n,
                  const char *name);
#endif
