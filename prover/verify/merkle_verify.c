#include "prover/verify/merkle_verify.h"

#include <string.h>

#include "common/base/require.h"
#include "common/crypto/keccak256.h"

bool merkle_verify(const uint8_t *leaf, size_t leaf_len, uint32_t index, uint32_t leaf_log,
                   const uint8_t *path, const uint8_t *cap, uint32_t cap_log)
{
    uint8_t node[64], hash[32];
    REQUIRE(cap_log <= leaf_log);
    REQUIRE(leaf_log < 32);
    REQUIRE(index >> leaf_log == 0);
    REQUIRE(leaf_len != 64);
    keccak256(hash, leaf, leaf_len);
    for (uint32_t level = cap_log; level < leaf_log; level++) {
        uint32_t side = index & 1;
        memcpy(node + 32 * side, hash, 32);
        memcpy(node + 32 * (1 - side), path, 32);
        keccak256(hash, node, 64);
        path += 32;
        index >>= 1;
    }
    return memcmp(hash, cap + 32 * (size_t)index, 32) == 0;
}
