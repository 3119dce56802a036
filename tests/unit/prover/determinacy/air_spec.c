/* Leaf, pairing and batch: what the buses fix for whom, and the columns that are given, and why. */
#include "prover/air/batch.h"
#include "prover/air/op_row.h"
#include "prover/air/pairing.h"
#include "tests/unit/prover/determinacy/specs.h"

static const struct determinacy_bus AIR_BUSES[] = {
    /* functions */
    {NULL, BUS_POSEIDON, 1, -1, 0, DET_FS(0, 16), DET_FS(16, 24), "compress"},
    {"tree", BUS_POSEIDON, 1, -1, 0, DET_FS(16, 24), DET_FS(0, 16), "collision resistance"},
    {NULL, BUS_USER_HASH, 1, -1, 0, DET_FS(0, 17), DET_FS(17, 25), "H_USER"},
    {NULL, BUS_USER_HASH, 1, -1, 0, DET_FS(17, 25), DET_FS(0, 17), "collision resistance"},
    {NULL, BUS_POOL_HASH, 1, -1, 0, DET_FS(0, 9), DET_FS(9, 17), "H_POOL"},
    {NULL, BUS_POOL_HASH, 1, -1, 0, DET_FS(9, 17), DET_FS(0, 9), "collision resistance"},
    {NULL, BUS_PACKED, 1, -1, 0, DET_FS(0, 3), DET_FS(3, 10), "REQ-AMT-1"},
    {NULL, BUS_POW10, 1, -1, 0, DET_F(0), DET_FS(1, 14), "10^e"},
    {NULL, BUS_MULDIV, 1, -1, 0, DET_FS(0, 22), DET_FS(22, 29), "division"},
    {NULL, BUS_MULDIV, -1, -1, 0, 0, DET_FS(0, 22), "asked"},
    /* facts of the header */
    {NULL, BUS_HEADER, 1, -1, 0, 0, DET_FS(0, 4), "header"},
    {NULL, BUS_DEP, 1, -1, 0, 0, DET_FS(0, 9), "header"},
    {NULL, BUS_DAY, 1, -1, 0, 0, DET_FS(0, 2), "header"},
    {NULL, BUS_LENGTH, 1, -1, 0, 0, DET_F(0), "header"},
    {NULL, BUS_FEE_SLOT, 1, -1, 0, DET_F(0), DET_FS(1, 3), "listed in the header, tokens distinct"},
    {NULL, BUS_HEADER_PUBLIC, -1, -1, 0, 0, DET_FS(0, 7), "public"},
    {NULL, BUS_DEP_PUBLIC, -1, -1, 0, 0, DET_FS(0, 9), "public"},
    {"header", BUS_SPONGE, -1, -1, 0, DET_FS(0, 2), DET_FS(2, 10), "digest of all tuples"},
    /* hashing */
    {"sponge", BUS_SPONGE, -1, -1, 0, 0, DET_FS(0, 10), "row before"},
    {"sponge", BUS_SPONGE_IN, -1, -1, 0, 0, DET_FS(0, 10), "asked"},
    {"absorb", BUS_SPONGE, -1, -1, 0, 0, DET_FS(0, 10), "row before"},
    {"absorb", BUS_SPONGE_IN, -1, -1, 0, 0, DET_FS(0, 10), "asked"},
    {"auth", BUS_SPONGE, -1, -1, 0, DET_FS(0, 2), DET_FS(2, 10), "leaf digest, chunks by wots"},
    /* memory */
    {NULL, BUS_TREE, -1, -1, 0, 0, DET_FS(0, 20), "parent"},
    {NULL, BUS_MEM, -1, -1, 0, DET_FS(0, 2), DET_FS(2, 11), "the access before, or the tree"},
    {NULL, BUS_CELL, -1, -1, 0, 0, DET_FS(0, 19), "asked"},
    {NULL, BUS_CELL, 1, -1, 0, DET_FS(0, 3), DET_FS(3, 11), "what the cell held"},
    {NULL, BUS_BALANCE, -1, -1, 0, 0, DET_FS(0, 3) | DET_F(4), "asked"},
    {NULL, BUS_BALANCE, -1, 4, 0, 0, DET_F(3) | DET_FS(5, 12), "asked"},
    {NULL, BUS_BALANCE, -1, 4, 1, 0, DET_F(3) | DET_FS(5, 12), "asked"},
    {NULL, BUS_BALANCE, 1, 4, 2, DET_FS(0, 3), DET_F(3) | DET_FS(5, 12), "what the cell held"},
    {NULL, BUS_USER, -1, -1, 0, 0, DET_FS(0, 2), "asked"},
    {NULL, BUS_USER, 1, -1, 0, DET_FS(0, 2), DET_FS(2, 19), "what the cell held"},
    {NULL, BUS_POOL, -1, -1, 0, 0, DET_FS(0, 2), "asked"},
    {NULL, BUS_POOL, 1, -1, 0, DET_FS(0, 2), DET_FS(2, 10), "what the cell held"},
    /* signatures */
    {NULL, BUS_AUTH, -1, -1, 0, 0, DET_FS(0, 3) | DET_FS(6, 14) | DET_FS(24, 26), "asked"},
    {NULL, BUS_AUTH, 1, -1, 0, DET_FS(0, 2) | DET_FS(24, 26),
     DET_FS(3, 6) | DET_FS(14, 24) | DET_F(26), "the account's key and counters"},
    {NULL, BUS_AUTH_NEW_KEY, -1, -1, 0, 0, DET_F(0) | DET_FS(6, 14), "asked"},
    {NULL, BUS_AUTH_NEW_KEY, 1, -1, 0, DET_F(0), DET_FS(1, 6), "the account's key"},
    {"wots", BUS_WOTS, -1, -1, 0, 0, DET_FS(0, 8), "group before"},
    {"wots", BUS_LIMB, -1, -1, 0, 0, DET_FS(0, 3), "asked"},
    {"step", BUS_CHAIN, -1, -1, 0, 0, DET_FS(0, 13), "step before"},
    {"wots", BUS_CHAIN, -1, -1, 0, DET_FS(0, 8), DET_FS(8, 13), "end of the chain"},
    {"path", BUS_PATH, -1, -1, 0, 0, DET_FS(0, 12), "node below"},
    {"auth", BUS_PATH, -1, -1, 0, DET_FS(0, 2), DET_FS(2, 12), "the path's end"},
    /* bytes */
    {NULL, BUS_BYTE, 1, -1, 0, DET_F(0), DET_F(1), "published"},
    {NULL, BUS_BYTE, -1, -1, 0, 0, DET_FS(0, 2), "published"},
    {NULL, BUS_WORD, -1, -1, 0, 0, DET_FS(0, 3), "bytes"},
    {NULL, BUS_SHA_STATE, -1, -1, 0, 0, DET_FS(0, 17), "row before"},
    {NULL, BUS_SHA_BEGIN, -1, -1, 0, 0, DET_FS(0, 3), "blocks"},
    {NULL, BUS_SHA_END, -1, -1, 0, 0, DET_FS(0, 3), "last round"},
    {NULL, BUS_SHA_CHAIN, -1, -1, 0, 0, DET_FS(0, 3), "block before"},
    {NULL, BUS_SHA_W7, -1, -1, 0, DET_F(0), DET_FS(1, 3), "round before"},
    {NULL, BUS_SHA_W16, -1, -1, 0, DET_F(0), DET_FS(1, 3), "round before"},
    {NULL, BUS_SHA_SIGMA0, -1, -1, 0, DET_F(0), DET_FS(1, 3), "round before"},
    {NULL, BUS_SHA_SIGMA1, -1, -1, 0, DET_F(0), DET_FS(1, 3), "round before"},
    {NULL, BUS_SEGMENT_BYTE, 1, -1, 0, DET_F(0), DET_F(1), "published"},
    {NULL, BUS_HORNER_Z, -1, -1, 0, 0, DET_FS(0, 16), "public"},
    {NULL, BUS_HORNER_LINK, -1, -1, 0, 0, DET_FS(0, 17), "row before"},
    {NULL, BUS_HORNER_BEFORE, -1, -1, 0, DET_F(0), DET_FS(1, 17), "public"},
    {NULL, BUS_HORNER_VALUE, -1, -1, 0, DET_FS(0, 2), DET_FS(2, 18), "row before"},
    /* records */
    {NULL, BUS_SEQ, -1, -1, 0, 0, DET_FS(0, 8), "record before"},
    {NULL, BUS_FEE, -1, -1, 0, 0, DET_FS(0, 5), "asked"},
    {NULL, BUS_PREAMBLE, -1, -1, 0, 0, DET_F(0) | DET_FS(2, 4), "asked"},
    {NULL, BUS_PREAMBLE, 1, -1, 0, DET_F(0), DET_F(1), "header"},
    {NULL, BUS_SHARES, -1, -1, 0, 0, DET_FS(0, 2) | DET_F(3) | DET_FS(10, 17), "asked"},
    {NULL, BUS_SHARES, 1, -1, 0, DET_FS(0, 2) | DET_F(3) | DET_FS(10, 17),
     DET_F(2) | DET_FS(4, 10) | DET_FS(17, 24), "the pool and the division"},
    /* pairing */
    {NULL, BUS_PAIRING_FACT, -1, -1, 0, 0, DET_FS(0, 8), "public"},
    {NULL, BUS_PAIRING_LINK, -1, -1, 0, 0, DET_FS(0, 12), "side before"},
    {NULL, BUS_PAIRING_LAST, -1, -1, 0, 0, DET_F(0), "last side"},
    {NULL, BUS_PAIRING_X, -1, -1, 0, 0, DET_F(0), "pair before"},
    {NULL, BUS_PAIRING_SIDE, 1, -1, 0, DET_F(0), DET_FS(1, 12), "sides"},
    {"sides", BUS_SPONGE_IN, 1, -1, 0, DET_FS(0, 2), DET_FS(2, 10), "the public digest, opened"},
    {"pair", BUS_SPONGE_IN, 1, -1, 0, DET_FS(0, 2), DET_FS(2, 10), "a side's digest, opened"},
    /* batch */
    {NULL, BUS_FACT, -1, -1, 0, 0, DET_FS(0, 8), "parent"},
    {NULL, BUS_SAME, 1, -1, 0, 0, DET_FS(0, 12), "batch"},
    {NULL, BUS_HALF, 1, -1, 0, DET_F(0), DET_F(1), "the preimages of D_k"},
    {NULL, BUS_HALF, -1, -1, 0, 0, DET_FS(0, 2), "the preimages of D_k"},
    {NULL, BUS_HASH, -1, -1, 0, 0, DET_FS(0, 3), "asked"},
    {NULL, BUS_HASH_CHAIN, -1, -1, 0, 0, DET_FS(0, 6), "block before"},
    {NULL, BUS_FRAME, 1, -1, 0, DET_F(0), DET_F(1), "blocks"},
    {"segment", BUS_SEGMENT, -1, -1, 0, 0, DET_FS(0, 14), "segment before"},
    {"chain", BUS_SEGMENT, -1, -1, 0, DET_F(0), DET_F(1) | DET_FS(4, 14), "last segment"},
    {NULL, BUS_BLOB, -1, -1, 0, DET_FS(0, 3), DET_FS(3, 19), "segment before, or the last"},
    {NULL, BUS_CHAIN_LINK, -1, -1, 0, 0, DET_FS(0, 7), "chain before"},
    {NULL, BUS_CHAIN_LAST, -1, -1, 0, 0, DET_FS(0, 2), "last chain"},
    {NULL, BUS_ROOT, -1, -1, 0, DET_F(0), DET_F(1), "root"},
    {"pairing", BUS_SPONGE_IN, 1, -1, 0, DET_FS(0, 2), DET_FS(2, 10), "the fact, opened"},
};
#define SHA_STATE_RANGES(first)                                                                    \
    {BUS_SHA_STATE, first, 1u << 16}, {BUS_SHA_STATE, (first) + 1, 1u << 16},                      \
        {BUS_SHA_STATE, (first) + 2, 1u << 16}, {BUS_SHA_STATE, (first) + 3, 1u << 16},            \
        {BUS_SHA_STATE, (first) + 4, 1u << 16},                                                    \
    {                                                                                              \
        BUS_SHA_STATE, (first) + 5, 1u << 16                                                       \
    }
static const struct determinacy_range AIR_RANGES[] = {
    {BUS_RANGE16, 0, 1u << 16},
    {BUS_BYTE2, 0, 256},
    {BUS_BYTE2, 1, 256},
    {BUS_BYTE, 1, 256},
    {BUS_SEGMENT_BYTE, 1, 256},
    {BUS_POW10, 0, 32},
    /* who receives them holds a, b, c and e, f, g as bits */
    SHA_STATE_RANGES(1),
    SHA_STATE_RANGES(9),
};
static const struct determinacy_split LEAF_SPLITS[] = {
    {"auth", "short key"},   {"auth", "lane*"},
    {"balance", "debit"},    {"balance", "take all"},
    {"balance", "filled"},   {"shares", "remove"},
    {"liquidity", "remove"}, {"swap_out", "window_of_today"},
    {"create", "role"},      {"liquidity", "role"},
    {"priority", "fresh"},
};

#define ROW    "which rows are used is the prover's choice; what a used row takes was sent once"
#define COUNT  "as often as it is asked: every row that answers is a true statement by itself"
#define SIGNED "what the user signed: AUTH holds it against the account's key"
#define BEHIND "pos, or pos + 4 behind an ESCAPE record: its code 0x0f is no other record's"
#define PAIRED "the pairing fixes it: the tuple is in the digest of all tuples, a public value"
static const struct determinacy_given LEAF_GIVEN[] = {
    {"range16", "asked*", COUNT, 0},
    {"poseidon", "in",
     "every row is a true compression; who asks is answered by a row with his input", 0},
    {"poseidon", "asked", COUNT, 0},
    {"sponge", "active", ROW, 0},
    {"tree", "active", ROW, 0},
    {"tree", "left touched",
     "a child that is not touched keeps its value; one that is, is taken by a row "
     "or the memory",
     0},
    {"tree", "right touched", "the same", 0},
    {"tree", "turn",
     "needs level 23; a path that misses it reaches no cell, for bottom needs phase 1", 0},
    {"tree", "bottom", "needs level 31 and phase 1; a path that goes deeper reaches no cell", 0},
    {"access", "active", ROW, 0},
    {"balance", "active", ROW, 0},
    {"balance", "filled",
     "filled * token and old are what the cell holds: only for token 0 may it be either, and "
     "then an empty cell has old = 0 anyway",
     0},
    {"userhash", "auth", "every row is a true hash of a valid user", 0},
    {"userhash", "height", "the same", 0},
    {"userhash", "owner", "the same", 0},
    {"userhash", "root", "the same", 0},
    {"userhash", "asked", COUNT, 0},
    {"user", "active", ROW, 0},
    {"poolhash", "half", "every row is a true hash", 0},
    {"poolhash", "asked", COUNT, 0},
    {"pool", "active", ROW, 0},
    {"pow10", "asked", COUNT, 0},
    {"packed", "packed", "every row is a true statement about its own number", 0},
    {"packed", "asked", COUNT, 0},
    {"packed", "value",
     "32 value = the product as an integer: limbs are 16-bit, carries below 2^12, nothing is "
     "carried out of the top, no equation wraps",
     0},
    {"auth", "active", ROW, 0},
    {"auth", "escape",
     "the step byte is 64 lane + step with 1 <= step <= 63, or 64 lane with escape", 0},
    {"auth", "lane*", "the same", 0},
    {"auth", "rho", "the signature's salt: any that makes the digits add up to 123", 0},
    {"wots", "active", ROW, 0},
    {"wots", "tip", "the signature's; hashed to the chain's end", 0},
    {"step", "active", ROW, 0},
    {"path", "active", ROW, 0},
    {"path", "sibling", "the signature's; hashed to the key's root", 0},
    {"path", "index",
     "2 index + bit = the index below, which is the key leaf < 2^height and 0 after height "
     "levels: its bits",
     0},
    {"bytes", "full", "by L: the three cases exclude one another (tests/unit/prover/air)", 0},
    {"bytes", "end*", "the same", 0},
    {"bytes", "length", "one row only can have it, and LAST_BLOCK needs one", 0},
    {"sha256", "E0 carry*", "after the last round blocks takes the word modulo 2^32", 64},
    {"sha256", "A0 carry*", "the same", 64},
    {"blocks", "before*",
     "a used block's by the chain; another starts from any value and nobody hears of it", 0},
    {"blocks", "used", "the chain of hash values starts at block 0 and ends at the last block", 0},
    {"blocks", "last", "named by bytes", 0},
    {"header", "on", "one row, since one header is public", 0},
    {"header", "header_asked", COUNT, 0},
    {"header", "day_asked", COUNT, 0},
    {"header", "dep_asked", COUNT, 0},
    {"header", "length_asked", COUNT, 0},
    {"header", "fee_asked*", COUNT, 0},
    {"header", "day", "T = 86400 day + seconds, seconds < 86400, no wrap", 0},
    {"transfer", "on", ROW, 0},
    {"transfer", "record_pos", BEHIND, 0},
    {"transfer", "order", SIGNED, 0},
    {"withdraw", "on", ROW, 0},
    {"withdraw", "order", SIGNED, 0},
    {"open", "on", ROW, 0},
    {"change_key", "on", ROW, 0},
    {"change_key", "record_pos", BEHIND, 0},
    {"change_key", "order", SIGNED, 0},
    {"create", "on", ROW, 0},
    {"create", "record_pos", BEHIND, 0},
    {"create", "order", SIGNED, 0},
    {"create", "role", "role 0 has the smaller (chain, token), and they differ", 0},
    {"create", "one_chain", "with equal chains and one_chain = 0 the gap would be -1", 0},
    {"create", "x", PAIRED, 0},
    {"swap_in", "on", ROW, 0},
    {"swap_in", "record_pos", BEHIND, 0},
    {"swap_in", "order", SIGNED, 0},
    {"swap_in", "x", PAIRED, 0},
    {"swap_out", "on", ROW, 0},
    {"swap_out", "order", PAIRED, 0},
    {"swap_out", "used", "a prefix as long as the code says", 0},
    {"swap_out", "x", PAIRED, 0},
    {"liquidity", "on", ROW, 0},
    {"liquidity", "record_pos", BEHIND, 0},
    {"liquidity", "order", SIGNED, 0},
    {"liquidity", "role", "the order names both sides", 0},
    {"liquidity", "x", PAIRED, 0},
    {"priority", "on", ROW, 0},
    {"priority", "low_slot", "0 or 1, or looked up from 2 on", 0},
    {"priority", "found_*", "the cell is 0, a user's hash or a pool's hash", 0},
    {"priority", "shares", "the token has 3 bytes, shares have bit 24", 0},
    {"preamble", "on", ROW, 0},
    {"fee", "on", ROW, 0},
    {"shares", "on", ROW, 0},
    {"muldiv", "on", ROW, 0},
    {"muldiv", "q", "division with remainder below the divisor: one quotient", 0},
    {"muldiv", "rem", "the same", 0},
};

/* What a leaf-blob has beside them: of bytes and horner. */
static const struct determinacy_given BLOB_GIVEN[] = {
    {"bytes", "asked*", COUNT, 0},
    {"bytes", "full", "as in the leaf", 0},
    {"bytes", "end*", "as in the leaf", 0},
    {"bytes", "length", "as in the leaf", 0},
    {"horner", "on", ROW, 0},
    {"horner", "b", "rows are chain a and then chain b, without gap (air/test_horner_forgeries)", 0},
    {"horner", "closes", "where chain a closes (the head) is free; b closes behind element L", 0},
    {"horner", "begins", "one row of each chain takes BEFORE: row 0, and the one behind a's end", 0},
    {"horner", "q",
     "v z + d = q r + v', carries and v' in their ranges: at most three q, all with the same v' "
     "modulo r",
     0},
    {"horner", "carry", "the same", 0},
};

/* The tables that pairing and batch have in common with the leaf, for the same reasons. */
#define RANGE16_GIVEN                                                                              \
    {                                                                                              \
        "range16", "asked*", COUNT, 0                                                              \
    }
static const struct determinacy_split PAIRING_SPLITS[] = {{"pair", "slot_of_owner"}};
static const struct determinacy_given PAIRING_GIVEN[] = {
    RANGE16_GIVEN,
    {"absorb", "active", ROW, 0},
    {"pow10", "asked", COUNT, 0},
    {"packed", "packed", "every row is a true statement about its own number", 0},
    {"packed", "asked", COUNT, 0},
    {"packed", "value", "as in the leaf", 0},
    {"muldiv", "on", ROW, 0},
    {"muldiv", "q", "as in the leaf", 0},
    {"muldiv", "rem", "the same", 0},
    {"sides", "on",
     "row 0 by `first`; the others in a row by LINK; their number n is in the public digest", 0},
    {"sides", "last", "the row with the number n, by LAST", 0},
    {"sides", "asked", COUNT, 0},
    {"pair", "on", "rows 0, 1, .. without gap by X; every tuple of every side is in one", 0},
    {"pair", "side_*",
     "whose list the tuple is in: the tuple carries x, role and its chain, and every chunk "
     "is taken once",
     0},
    {"pair", "index_*", "where in the list: the same", 0},
};
static const struct determinacy_split BATCH_SPLITS[] = {{"words", "end *"}};
static const struct determinacy_given BATCH_GIVEN[] = {
    RANGE16_GIVEN,
    {"absorb", "active", ROW, 0},
    {"node", "on", ROW, 0},
    {"segment", "on", ROW, 0},
    {"segment", "pairing",
     "the pairing that has this side's digest, chain and count among its chunks", 0},
    {"segment", "place", "the chunk's number there, taken once", 0},
    {"segment", "blob", "the fact says it: another first state and length", 0},
    {"pairing", "on", ROW, 0},
    {"chain", "on", "rows 0 .. n - 1 by LINK", 0},
    {"chain", "last", "row n - 1, n is in the chains digest", 0},
    {"chain", "participant", "its id is in the statement's list, and equal roots otherwise", 0},
    {"chain", "blob", "bit 7 of its pubdata preimage, and BLOB needs it where its segments are", 0},
    {"chain", "start", "where its pubdata lies on the tape: HASH gives each block to one message",
     0},
    {"chain", "sorted", "the indices once more, ascending, by INDEX", 0},
    {"root", "on", "the chain is on, by ROOT", 0},
    {"batch", "asked", COUNT, 0},
    {"words", "half",
     "the preimages of D_k, and what no table sends (recursion.md section 6: free)", 0},
    {"words", "full", "by `end`: the three cases exclude one another", 0},
    {"words", "end *", "the same", 0},
    {"words", "length", "one row only can have it, and LENGTH needs one", 0},
    {"words", "take *", "what a table sends must be taken", 0},
    {"blocks", "used", "from a block that HASH names to the block that the padding names", 0},
    {"blocks", "first", "HASH names it 8 times", 0},
    {"blocks", "last", "the padding names it 8 times", 0},
    {"blocks", "before*",
     "a used block's by the chain; another starts from any value and nobody hears of it", 0},
    {"blocks", "end", "a used block's by HASH; in another it says only what words may hold there",
     0},
    {"sha256", "E1 carry*", "after the last round blocks takes the word modulo 2^32", 32},
    {"sha256", "A1 carry*", "the same", 32},
};

#define AIR_SPEC(p) DETERMINACY_SPEC(p, AIR, BUS_SPONGE_IN, BUS_SPONGE)
const struct determinacy_spec DETERMINACY_LEAF = AIR_SPEC(LEAF);
#define BLOB_SPLITS LEAF_SPLITS
const struct determinacy_spec DETERMINACY_BLOB = AIR_SPEC(BLOB);
const struct determinacy_spec DETERMINACY_PAIRING = AIR_SPEC(PAIRING);
const struct determinacy_spec DETERMINACY_BATCH = AIR_SPEC(BATCH);
