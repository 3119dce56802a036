#include "tests/support/test_key.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/field/poseidon16.h"

struct test_key {
    uint32_t height;
    uint8_t seed[XMSS_SEED_SIZE];
    uint32_t pp[XMSS_PP];
    uint32_t (*nodes)[XMSS_DIGEST]; /* heap order as in xmss_key.c */
};

bool test_key_has(const struct test_key *key, uint32_t lane, uint32_t leaf)
{
    if (lane == 0) return leaf < 40;
    if (lane == 1) return leaf < 4 || (leaf >= 100 && leaf < 104);
    return lane == 3 && leaf == (1u << (key->height - 2)) - 1;
}

static void leaf_make(struct test_key *key, uint32_t key_leaf)
{
    uint32_t ends[XMSS_CHAINS][XMSS_DIGEST];
    REQUIRE(xmss_secrets(ends, key->seed, key_leaf) == ERR_OK);
    const uint8_t digits[XMSS_CHAINS] = {0};
    xmss_chains_finish(ends, digits, key_leaf, key->pp);
    xmss_leaf_hash(key->nodes[(1u << key->height) + key_leaf],
                   (const uint32_t(*)[XMSS_DIGEST])ends, key_leaf, key->pp);
}

/* Node at heap number `at` of `level`; true if a real leaf lies below. */
static bool node_make(struct test_key *key, uint32_t at, uint32_t level)
{
    uint32_t h = key->height, lanes = h - 2;
    uint32_t index = at - (1u << (h - level)), first = index << level;
    if (level <= lanes) {
        uint32_t lane = first >> lanes, leaf = first & ((1u << lanes) - 1), n = 1u << level;
        bool any = (lane == 0 && leaf < 40) || (lane == 1 && leaf < 104) ||
                   (lane == 3 && leaf + n == 1u << lanes);
        if (!any) return false;
        if (level == 0) {
            if (!test_key_has(key, lane, leaf)) return false;
            leaf_make(key, first);
            return true;
        }
    }
    bool left = node_make(key, 2 * at, level - 1), right = node_make(key, 2 * at + 1, level - 1);
    if (!left && !right) return false;
    xmss_node_hash(key->nodes[at], key->nodes[2 * at], key->nodes[2 * at + 1], level, index,
                   key->pp);
    return true;
}

struct test_key *test_key_new(uint32_t height, uint64_t seed, const uint32_t pp[XMSS_PP])
{
    struct test_key *key = calloc(1, sizeof *key);
    REQUIRE(key != NULL);
    key->height = height;
    memset(key->seed, 0x5a, sizeof key->seed);
    put_be64(key->seed, seed);
    memcpy(key->pp, pp, sizeof key->pp);
    key->nodes = calloc((size_t)2 << height, sizeof key->nodes[0]);
    REQUIRE(key->nodes != NULL);
    REQUIRE(node_make(key, 1, height));
    return key;
}

struct test_key *test_key_new_hollow(uint32_t height, uint64_t seed)
{
    struct test_key *key = calloc(1, sizeof *key);
    REQUIRE(key != NULL);
    key->height = height;
    put_be64(key->seed, seed);
    return key;
}

void test_key_free(struct test_key *key)
{
    if (!key) return;
    free(key->nodes);
    free(key);
}

void test_key_root(const struct test_key *key, uint32_t root[XMSS_DIGEST])
{
    if (key->nodes) {
        memcpy(root, key->nodes[1], sizeof key->nodes[1]);
        return;
    }
    for (int i = 0; i < XMSS_DIGEST; i++) root[i] = get_be32(key->seed + 4 * (i % 2)) % 0x7f000001u;
    root[4] = 1;
}

uint32_t test_key_height(const struct test_key *key)
{
    return key->height;
}

static void path_write(const struct test_key *key, uint32_t key_leaf, struct xmss_signature *out)
{
    uint32_t at = (1u << key->height) + key_leaf;
    for (uint32_t l = 0; l < key->height; l++, at >>= 1)
        memcpy(out->path[l], key->nodes[at ^ 1], sizeof out->path[l]);
}

void test_key_sign(const struct test_key *key, uint32_t lane, uint32_t leaf,
                   const uint32_t message[XMSS_MESSAGE], struct xmss_signature *out)
{
    REQUIRE(key->nodes != NULL && test_key_has(key, lane, leaf));
    uint32_t key_leaf = lane << (key->height - 2) | leaf;
    REQUIRE(xmss_sign_leaf(key->seed, key_leaf, message, key->pp, out) == ERR_OK);
    path_write(key, key_leaf, out);
}

/* rho = (counter, 0, ..) with a valid encoding; sixteen are tried side by side. */
static void rho_find(uint32_t rho[XMSS_RHO], uint8_t digits[XMSS_CHAINS],
                     const uint32_t message[XMSS_MESSAGE], uint32_t key_leaf,
                     const uint32_t pp[XMSS_PP])
{
    _Alignas(64) uint32_t s[POSEIDON_DIGEST][POSEIDON_LANES];
    _Alignas(64) uint32_t right[POSEIDON_DIGEST][POSEIDON_LANES];
    const uint32_t *in[POSEIDON_DIGEST];
    for (int k = 0; k < POSEIDON_DIGEST; k++)
        in[k] = right[k];
    memset(rho, 0, XMSS_RHO * sizeof rho[0]);
    for (uint32_t counter = 0;; counter += POSEIDON_LANES) {
        memset(right, 0, sizeof right);
        for (uint32_t lane = 0; lane < POSEIDON_LANES; lane++) {
            for (int k = 0; k < POSEIDON_DIGEST; k++)
                s[k][lane] = message[k];
            right[0][lane] = counter + lane;
            right[7][lane] = key_leaf;
        }
        poseidon_compress_lanes(KBV_AVX512, s, in);
        memset(right, 0, sizeof right);
        for (uint32_t lane = 0; lane < POSEIDON_LANES; lane++)
            for (int k = 0; k < XMSS_PP; k++)
                right[k][lane] = pp[k];
        poseidon_compress_lanes(KBV_AVX512, s, in);
        for (uint32_t lane = 0; lane < POSEIDON_LANES; lane++) {
            uint32_t sum = 0;
            for (int k = 0; k < POSEIDON_DIGEST; k++)
                for (int j = 0; j < 16; j += 2)
                    sum += s[k][lane] >> j & 3;
            rho[0] = counter + lane;
            if (sum == XMSS_TARGET && xmss_encode(digits, NULL, message, rho, key_leaf, pp)) return;
        }
    }
}

void test_key_sign_quick(const struct test_key *key, uint32_t lane, uint32_t leaf,
                         const uint32_t message[XMSS_MESSAGE], struct xmss_signature *out)
{
    REQUIRE(key->nodes != NULL && test_key_has(key, lane, leaf));
    uint32_t key_leaf = lane << (key->height - 2) | leaf;
    uint8_t digits[XMSS_CHAINS];
    memset(out, 0, sizeof *out);
    rho_find(out->rho, digits, message, key_leaf, key->pp);
    REQUIRE(xmss_secrets(out->tips, key->seed, key_leaf) == ERR_OK);
    for (uint32_t j = 0; j < XMSS_CHAINS; j++)
        for (uint32_t k = 0; k < digits[j]; k++)
            xmss_chain_step(out->tips[j], out->tips[j], j, k, key_leaf, key->pp);
    path_write(key, key_leaf, out);
}
