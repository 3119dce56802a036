#ifndef COMMON_XMSS_XMSS_H
#define COMMON_XMSS_XMSS_H
/* XMSS over WOTS-TW over Poseidon: the signature of layer 2 (docs/protocol/signatures.md, REQ-SIG-1
 * and -2 of docs/protocol/state.md).
 *
 * A key of height h signs 2^h messages, each with its own leaf; two different messages under one
 * leaf give the key away, so the caller persists "leaf used" before a signature leaves the process.
 * The leaves are split into four lanes: key leaf = lane * 2^(h-2) + leaf.
 *
 * Threads:   pure functions; a struct xmss_key is built by one thread and may be shared read-only
 *            once complete.
 * Lifetime:  xmss_key_free wipes the seed. Memory of a key: 20 * 2^(h+1) bytes.
 * Numbers:   all field elements canonical (< p). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/field/kbv.h"

enum {
    XMSS_CHAINS = 64,        /* v */
    XMSS_DIGITS = 4,         /* w: digits 0..3 */
    XMSS_TARGET = 123,       /* sum of the 64 digits of a valid encoding */
    XMSS_DIGEST = 5,         /* elements of a chain value, leaf or node */
    XMSS_RHO = 6,
    XMSS_PP = 4,
    XMSS_MESSAGE = 8,
    XMSS_LANES = 4,
    XMSS_HEIGHT_SMALL = 12,
    XMSS_HEIGHT_LARGE = 18,
    XMSS_HEIGHT_MAX = 18,
    XMSS_SEED_SIZE = 32,
    XMSS_TRIES_MAX = 1 << 17, /* of the signer; 2197 are expected, failure below 2^-80 */
    XMSS_TAG_PP = 3,          /* = TAG_PP, TAG_XMSS_LEAF of core/tags.h */
    XMSS_TAG_LEAF = 4,
    /* a signature as bytes: every element u32 big-endian */
    XMSS_SIGNATURE_SIZE_MAX = 4 * (XMSS_RHO + XMSS_CHAINS * XMSS_DIGEST +
                                   XMSS_HEIGHT_MAX * XMSS_DIGEST),
};

struct xmss_signature {
    uint32_t rho[XMSS_RHO];
    uint32_t tips[XMSS_CHAINS][XMSS_DIGEST];
    uint32_t path[XMSS_HEIGHT_MAX][XMSS_DIGEST]; /* the first `height` entries */
};

/* Public parameter of an account's key: which deployment, chain and owner it serves. */
void xmss_public_parameter(uint32_t pp[XMSS_PP], const uint32_t dep[8], uint32_t chain,
                           const uint8_t owner[20]);

/* ---- seed derivation, REQ-SIG-2 ---- */
enum { XMSS_ORIGIN_L1 = 0, XMSS_ORIGIN_L2 = 1 };
struct xmss_seed_input {
    const uint8_t *wallet_signature; /* 65 bytes r | s | v: the wallet's EIP-712 signature */
    const uint8_t *deployment_id;    /* 32 bytes */
    uint16_t chain;
    uint8_t origin;  /* XMSS_ORIGIN_* */
    uint64_t number; /* L1: keyNonce[owner]; L2: account * 2^24 + changes + 1 */
};
MUST_CHECK enum err xmss_seed_derive(uint8_t seed[XMSS_SEED_SIZE],
                                     const struct xmss_seed_input *in);

/* ---- keys ---- */
struct xmss_key;
/* height 12 or 18 (ERR_ARG); NULL tree yet: call xmss_key_build until complete. ERR_NOMEM. */
MUST_CHECK enum err xmss_key_new(struct xmss_key **out, uint32_t height,
                                 const uint8_t seed[XMSS_SEED_SIZE], const uint32_t pp[XMSS_PP]);
/* Computes up to max_leaves further leaves (16 at a time) and, with the last, the tree. *done is
 * true once the key is complete. For background generation: 2^12 in one call, 2^18 in slices. */
MUST_CHECK enum err xmss_key_build(struct xmss_key *key, uint32_t max_leaves, bool *done);
uint32_t xmss_key_leaves_done(const struct xmss_key *key);
uint32_t xmss_key_height(const struct xmss_key *key);
/* Root of a complete key. */
void xmss_key_root(const struct xmss_key *key, uint32_t root[XMSS_DIGEST]);
/* Signs M with (lane, leaf): deterministic. ERR_RANGE for a lane or leaf outside the key,
 * ERR_BAD_STATE if the key is not complete, ERR_INTERNAL past XMSS_TRIES_MAX. */
MUST_CHECK enum err xmss_sign(const struct xmss_key *key, uint32_t lane, uint32_t leaf,
                              const uint32_t message[XMSS_MESSAGE], struct xmss_signature *out);
void xmss_key_free(struct xmss_key *key);

/* The tree (not the seed) as bytes, so that a 2^18 key is made once: header, pp, all nodes,
 * SHA-256 over all of it. size bytes of xmss_key_stored_size(height). */
size_t xmss_key_stored_size(uint32_t height);
MUST_CHECK enum err xmss_key_store(const struct xmss_key *key, uint8_t *out, size_t size);
/* Checks sum, parameters, pp and that three spot leaves follow from the seed. ERR_CORRUPT,
 * ERR_MISMATCH. */
MUST_CHECK enum err xmss_key_load(struct xmss_key **out, const uint8_t seed[XMSS_SEED_SIZE],
                                  const uint32_t pp[XMSS_PP], const uint8_t *in, size_t size);

/* ---- verification: at most 130 permutations ---- */
struct xmss_public {
    uint32_t root[XMSS_DIGEST];
    uint32_t height; /* 12 or 18, else nothing verifies */
    uint32_t pp[XMSS_PP];
};
/* key_leaf = lane * 2^(h-2) + leaf. False for any non-canonical element too. */
bool xmss_verify(const struct xmss_public *pub, uint32_t key_leaf,
                 const uint32_t message[XMSS_MESSAGE], const struct xmss_signature *sig);
/* Same; *calls counts Poseidon calls. */
bool xmss_verify_counted(const struct xmss_public *pub, uint32_t key_leaf,
                         const uint32_t message[XMSS_MESSAGE], const struct xmss_signature *sig,
                         uint32_t *calls);

/* One of many signatures; ok comes out. The pointers borrow. */
struct xmss_check {
    struct xmss_public pub;
    uint32_t key_leaf;
    uint32_t message[XMSS_MESSAGE];
    const struct xmss_signature *sig;
    bool ok;
};
/* Sets ok of each to what xmss_verify says of it. With AVX-512 the hashes of sixteen signatures run side
 * by side, ten times as fast as one by one; isa: KBV_AVX512 takes the fastest that this CPU has. */
void xmss_verify_many(enum kbv_isa isa, struct xmss_check *checks, size_t n);

/* ---- building blocks, for the prover's trace and for tests ---- */
/* Digits of the encoding of (message, rho); false if the encoding is invalid (sum, or an element
 * p - 1). digest = D, may be NULL. */
bool xmss_encode(uint8_t digits[XMSS_CHAINS], uint32_t digest[8],
                 const uint32_t message[XMSS_MESSAGE], const uint32_t rho[XMSS_RHO],
                 uint32_t key_leaf, const uint32_t pp[XMSS_PP]);
/* Step of chain `chain` (0..63) from digit k to k + 1 (k 0..2). out may alias value. */
void xmss_chain_step(uint32_t out[XMSS_DIGEST], const uint32_t value[XMSS_DIGEST], uint32_t chain,
                     uint32_t k, uint32_t key_leaf, const uint32_t pp[XMSS_PP]);
/* Takes every chain from its digit to its end, in place; returns the number of steps. */
uint32_t xmss_chains_finish(uint32_t values[XMSS_CHAINS][XMSS_DIGEST],
                            const uint8_t digits[XMSS_CHAINS], uint32_t key_leaf,
                            const uint32_t pp[XMSS_PP]);
/* Leaf digest of 64 chain ends. */
void xmss_leaf_hash(uint32_t out[XMSS_DIGEST],
                    const uint32_t ends[XMSS_CHAINS][XMSS_DIGEST], uint32_t key_leaf,
                    const uint32_t pp[XMSS_PP]);
/* Node of level 1..18 and index from its children. out may alias either. */
void xmss_node_hash(uint32_t out[XMSS_DIGEST], const uint32_t left[XMSS_DIGEST],
                    const uint32_t right[XMSS_DIGEST], uint32_t level, uint32_t index,
                    const uint32_t pp[XMSS_PP]);
/* The 64 secret chain starts of a leaf. Wipe them after use. */
MUST_CHECK enum err xmss_secrets(uint32_t starts[XMSS_CHAINS][XMSS_DIGEST],
                                 const uint8_t seed[XMSS_SEED_SIZE], uint32_t key_leaf);
/* Signature without a tree: rho and tips; the caller adds the path. */
MUST_CHECK enum err xmss_sign_leaf(const uint8_t seed[XMSS_SEED_SIZE], uint32_t key_leaf,
                                   const uint32_t message[XMSS_MESSAGE],
                                   const uint32_t pp[XMSS_PP], struct xmss_signature *out);

/* ---- bytes: rho, tips, the first `height` path entries; u32 big-endian ---- */
size_t xmss_signature_size(uint32_t height);
void xmss_signature_write(uint8_t *out, const struct xmss_signature *sig, uint32_t height);
/* ERR_PARSE for a wrong length or an element >= p; entries past height are zeroed. */
MUST_CHECK enum err xmss_signature_read(struct xmss_signature *sig, uint32_t height,
                                        const uint8_t *in, size_t len);
#endif
