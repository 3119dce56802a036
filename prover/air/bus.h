#ifndef PROVER_AIR_BUS_H
#define PROVER_AIR_BUS_H
/* The buses of the leaf and pairing systems: tags and the exact order of message fields.
 *
 * "asks" sends (+), "answers" receives (-) the same message: as multisets they must be equal.
 * Table authors use the helpers of prover/air/build.h, which keep to these layouts.
 *
 * j = operation index: header 0, records of the stream 1, 2, ..; t = 16 j + step is the time of a
 * memory access, 0 < t < 2^11. Steps of an operation: 0, 1 = AUTH; 12, 13 = FEE; 2..11, 14, 15 are
 * the operation's own. Limbs are 16-bit, least significant first. */

enum air_bus {
    /* ---- lookups: pure facts, asked any number of times (advice multiplicity on the table) ---- */
    BUS_RANGE16 = 1,   /* v: 0 <= v < 2^16                                             range16 */
    BUS_BYTE2 = 2,     /* lo, hi: two bytes                                            range16 */
    BUS_POSEIDON = 3,  /* in 16, out 8: out = compress(in[0..8), in[8..16))            poseidon */
    BUS_USER_HASH = 4, /* auth, height, owner 10, root 5, digest 8: H_USER; owner limbs and
                          (auth, height, root) are valid                              userhash */
    BUS_POOL_HASH = 5, /* own chain, own id, own token, other chain, other id, other token, fee,
                          cap, flags, digest 8: H_POOL                                poolhash */
    BUS_PACKED = 6,    /* packed 3 limbs, value 7 limbs: REQ-AMT-1; a packed fee is (pf, 0, 0)
                                                                                      packed */
    BUS_POW10 = 7,     /* e, 13 bytes of 10^e, e < 32                                  pow10 */
    BUS_HEADER = 8,    /* T lo, T hi, chain, fee account                              header */
    BUS_FEE_SLOT = 9,  /* token, fee account, slot: listed in the header              header */
    BUS_DEP = 10,      /* dep 8, chain                                                header */
    BUS_LENGTH = 11,   /* L: bytes of the segment                                     header */

    /* ---- hashing of lists: each id is used by one asker ---- */
    BUS_SPONGE = 16,    /* id, i, state 8: the asker sends (id, 0, start state) and receives
                           (id, number of chunks, digest); sponge rows turn i into i + 1.
                           id = 64 j + k, k = 0..62 of the operation, 63 of AUTH; 2^20: tuples */
    BUS_SPONGE_IN = 17, /* id, i, chunk 8: the i-th chunk; asked once per chunk       sponge */

    /* ---- memory ---- */
    BUS_TREE = 24, /* slot phase, level, account prefix, slot prefix, old 8, new 8: parent -> child */
    BUS_MEM = 25,  /* account, slot, value 8, time */
    BUS_CELL = 26, /* t, account, slot, old 8, new 8: one access to a raw cell         access */
    BUS_BALANCE = 27, /* t, account, slot, token, mode, delta 7: REQ-CELL-6; mode 0 credit, 1 debit,
                         2 take all (delta = the whole amount, token as found; both 0 if the cell is
                         empty). Checks delta's limbs and slot >= 2                   balance */
    BUS_USER = 28, /* t, account, auth, height, owner 10, root 5: (account, 0) read    user */
    BUS_POOL = 29, /* t, account, own chain, own token, other chain, other id, other token, fee, cap,
                      flags: (account, 0) read as pool with own id = account          pool */

    /* ---- signatures ---- */
    BUS_AUTH = 32, /* j, account, change key (1 for op CHANGE_KEY, else 0), changes, lane, leaf,
                      digest 8, owner 10, step byte, pos before, pos after            auth */
    BUS_AUTH_NEW_KEY = 33, /* j, old root 5, new slot-0 digest 8: asked exactly by CHANGE_KEY, who
                              checks that the root changes                            auth */
    BUS_WOTS = 34,  /* j, group g, sum of the digits before, key leaf, pp 4: auth -> group 0 ..
                       group 7 -> auth */
    BUS_LIMB = 35,  /* j, g, limb g of the message hash: auth -> wots */
    BUS_CHAIN = 36, /* j, key leaf, pp 4, chain, digit, value 5 */
    BUS_PATH = 37,  /* j, level, index, pp 4, node 5 */

    /* ---- published bytes ---- */
    BUS_BYTE = 40,   /* pos, value: the byte at pos < L; asked once for every position  bytes */
    BUS_WORD = 41,   /* word number, lo, hi: big-endian 32-bit words of the padded message; bytes
                        asks, sha256 answers */
    BUS_LAST_BLOCK = 42, /* block number: the block with the message length, 8 times */
    BUS_SHA_STATE = 43,  /* row, a..h as lo, hi: working variables */
    BUS_SHA_BEGIN = 44,  /* 8 block + w, lo, hi */
    BUS_SHA_END = 45,    /* 8 block + w, lo, hi */
    BUS_SHA_CHAIN = 46,  /* 8 block + w, lo, hi: hash value before a block */
    BUS_SHA_W7 = 47,     /* round number over all blocks, lo, hi: W */
    BUS_SHA_W16 = 48,
    BUS_SHA_SIGMA0 = 49, /* round number, sigma0(W) lo, hi */
    BUS_SHA_SIGMA1 = 50,
    BUS_SHA_DIGEST = 51, /* w, hi, lo: word w of the digest; to the public values */

    /* ---- a blob's values (leaf-blob programs; limbs of 16 bits, least significant first) ---- */
    BUS_SEGMENT_BYTE = 52,  /* pos, value: the byte at pos < L, 0 from L on; any multiplicity bytes */
    BUS_HORNER_Z = 53,      /* z 16: public -> horner's first row */
    BUS_HORNER_BEFORE = 54, /* chain (0 a, 1 b), value 16: public -> first row of the chain */
    BUS_HORNER_AFTER = 55,  /* chain, value 16: closing row of the chain -> public */
    BUS_HORNER_LINK = 57,   /* row, z 16: row - 1 -> row */
    BUS_HORNER_VALUE = 59,  /* row, chain, value 16: row - 1 -> row of the same chain */

    /* ---- operations (tables of the op kinds) ---- */
    BUS_SEQ = 56,   /* j, pos, priority records so far, their pos, withdrawals so far, their pos,
                       last (2x + role) + 1 */
    BUS_FEE = 58,   /* j, account, slot, token, pf: REQ FEE at times 16 j + 12, 16 j + 13 */
    BUS_HEADER_PUBLIC = 61, /* chain, k lo, k hi, T lo, T hi, segment, of: public -> header */
    BUS_DEP_PUBLIC = 62,    /* dep 8, chain: public -> header */
    BUS_TUPLES_PUBLIC = 63, /* digest 8, count: tuples -> public */
    BUS_FREE = 64 /* first tag of later tables; their authors list them in their own header */
};

enum air_balance_mode { BALANCE_CREDIT = 0, BALANCE_DEBIT = 1, BALANCE_TAKE_ALL = 2 };

/* Sponge ids: 64 j + k. */
enum { SPONGE_IDS_PER_OP = 64, SPONGE_K_AUTH = 63, SPONGE_ID_TUPLES = 1 << 20 };

/* Public values of the leaf, in this order (docs/protocol/state.md section 8). */
enum leaf_public {
    LEAF_CHAIN = 0,
    LEAF_K = 1,       /* lo, hi */
    LEAF_TIME = 3,    /* lo, hi */
    LEAF_SEGMENT = 5,
    LEAF_OF = 6,
    LEAF_DEP = 7,
    LEAF_ROOT_OLD = 15,
    LEAF_ROOT_NEW = 23,
    LEAF_SHA = 31,    /* 16 big-endian u16 */
    LEAF_TUPLE_DIGEST = 47,
    LEAF_TUPLE_COUNT = 55,
    LEAF_N_PUBLIC = 56,
    /* of the leaf-blob programs: 16 big-endian u16 each (docs/protocol/blobs.md section 3) */
    LEAF_BLOB_Z = 56,
    LEAF_BLOB_A_BEFORE = 72,
    LEAF_BLOB_B_BEFORE = 88,
    LEAF_BLOB_A_AFTER = 104,
    LEAF_BLOB_B_AFTER = 120,
    LEAF_BLOB_N_PUBLIC = 136
};
#endif
