#include "prover/verify/merkle_verify.h"

#include <string.h>

#include "common/base/require.h"
#include "common/crypto/keccak256.h"
#include "prover/verify/poseidon_chain.h"

static bool poseidon_leaf(bool ext, const uint8_t *leaf, size_t n, uint32_t s[POSEIDON_DIGEST])
{
    memset(s, 0, POSEIDON_DIGEST * sizeof *s);
    s[0] = ext ? TAG_MERKLE_LEAF_EXT : TAG_MERKLE_LEAF;
    s[1] = (uint32_t)n;
    if (ext) {
        kb5 v[MERKLE_LEAF_MAX];
        for (size_t i = 0; i < n; i++)
            if (!kb5_from_bytes(&v[i], leaf + KB5_BYTES * i)) return false;
        poseidon_chain_ext(s, v, n, 0);
        return true;
    }
    REQUIRE(n % POSEIDON_DIGEST == 0);
    for (size_t i = 0; i < n; i += POSEIDON_DIGEST) {
        uint32_t chunk[POSEIDON_DIGEST]; /* encoded as a digest is */
        if (!poseidon_digest_read(chunk, leaf + 4 * i)) return false;
        poseidon_compress(s, s, chunk);
    }
    return true;
}

bool merkle_hash_leaf(enum proof_profile profile, bool ext, const uint8_t *leaf, size_t n,
                      uint8_t out[32])
{
    const size_t bytes = n * (ext ? KB5_BYTES : 4);
    uint32_t s[POSEIDON_DIGEST];
    REQUIRE(n > 0 && n <= MERKLE_LEAF_MAX);
    if (profile == PROFILE_KECCAK) {
        REQUIRE(bytes != 64);
        keccak256(out, leaf, bytes);
        return true;
    }
    if (!poseidon_leaf(ext, leaf, n, s)) return false;
    poseidon_digest_write(out, s);
    return true;
}

/* out = the node above two digests; out may be one of them. False when one is not canonical. */
static bool node_above(enum proof_profile profile, const uint8_t *left, const uint8_t *right,
                       uint8_t out[32])
{
    if (profile == PROFILE_KECCAK) {
        uint8_t node[64];
        memcpy(node, left, 32);
        memcpy(node + 32, right, 32);
        keccak256(out, node, 64);
        return true;
    }
    uint32_t l[POSEIDON_DIGEST], r[POSEIDON_DIGEST];
    if (!poseidon_digest_read(l, left) || !poseidon_digest_read(r, right)) return false;
    poseidon_compress(l, l, r);
    poseidon_digest_write(out, l);
    return true;
}

bool merkle_verify(enum proof_profile profile, bool ext, const uint8_t *leaf, size_t n,
                   uint32_t index, uint32_t leaf_log, const uint8_t *path, const uint8_t *cap,
                   uint32_t cap_log)
{
    uint8_t hash[32];
    REQUIRE(cap_log <= leaf_log);
    REQUIRE(leaf_log < 32);
    REQUIRE(index >> leaf_log == 0);
    if (!merkle_hash_leaf(profile, ext, leaf, n, hash)) return false;
    for (uint32_t level = cap_log; level < leaf_log; level++) {
        const bool right = index & 1; /* this node is the right one */
        if (!node_above(profile, right ? path : hash, right ? hash : path, hash)) return false;
        path += 32;
        index >>= 1;
    }
    return memcmp(hash, cap + 32 * (size_t)index, 32) == 0;
}
