/* The hash calls of XMSS and verification. Layout of every call: REQ-SIG-1. */
#include <string.h>

#include "common/base/require.h"
#include "common/crypto/sha256.h"
#include "common/base/endian.h"
#include "common/field/kb.h"
#include "common/field/poseidon16.h"
#include "common/xmss/xmss_key.h"

enum { ENCODING_LIMBS = 8 }; /* digits come from the low 16 bits of each element of D */

void xmss_public_parameter(uint32_t pp[XMSS_PP], const uint32_t dep[8], uint32_t chain,
                           const uint8_t owner[20])
{
    uint32_t right[8] = {XMSS_TAG_PP, chain}, out[8];
    for (int i = 0; i < 5; i++) {
        uint64_t lo = get_be16(owner + 4 * i), hi = get_be16(owner + 4 * i + 2);
        right[2 + i] = (uint32_t)((lo + (hi << 16)) % KB_P);
    }
    poseidon_compress(out, dep, right);
    memcpy(pp, out, XMSS_PP * sizeof pp[0]);
}

enum err xmss_seed_derive(uint8_t seed[XMSS_SEED_SIZE], const struct xmss_seed_input *in)
{
    static const char label[] = "hawser xmss 1";
    uint8_t info[sizeof label - 1 + 2 + 1 + 8];
    if (in->origin > XMSS_ORIGIN_L2) return ERR_ARG;
    memcpy(info, label, sizeof label - 1);
    put_be16(info + sizeof label - 1, in->chain);
    info[sizeof label + 1] = in->origin;
    put_be64(info + sizeof label + 2, in->number);
    struct hkdf_input hkdf = {.key = in->wallet_signature, .key_len = 65,
                              .salt = in->deployment_id, .salt_len = 32,
                              .info = info, .info_len = sizeof info};
    return hkdf_sha256(seed, XMSS_SEED_SIZE, &hkdf);
}

bool xmss_digits(uint8_t digits[XMSS_CHAINS], const uint32_t d[8])
{
    uint32_t sum = 0;
    bool ok = true;
    for (int i = 0; i < ENCODING_LIMBS; i++) {
        if (d[i] == KB_P - 1) ok = false;
        for (int j = 0; j < 8; j++) {
            uint8_t digit = (uint8_t)(d[i] >> (2 * j) & 3);
            digits[8 * i + j] = digit;
            sum += digit;
        }
    }
    return ok && sum == XMSS_TARGET;
}

bool xmss_encode(uint8_t digits[XMSS_CHAINS], uint32_t digest[8],
                 const uint32_t message[XMSS_MESSAGE], const uint32_t rho[XMSS_RHO],
                 uint32_t key_leaf, const uint32_t pp[XMSS_PP])
{
    uint32_t right[8], d[8];
    memcpy(right, rho, XMSS_RHO * sizeof rho[0]);
    right[6] = TWEAK_MESSAGE;
    right[7] = key_leaf;
    poseidon_compress(d, message, right);
    memset(right, 0, sizeof right);
    memcpy(right, pp, XMSS_PP * sizeof pp[0]);
    poseidon_compress(d, d, right);
    if (digest) memcpy(digest, d, sizeof d);
    return xmss_digits(digits, d);
}

void xmss_chain_step(uint32_t out[XMSS_DIGEST], const uint32_t value[XMSS_DIGEST], uint32_t chain,
                     uint32_t k, uint32_t key_leaf, const uint32_t pp[XMSS_PP])
{
    uint32_t left[8], right[8] = {0}, r[8];
    memcpy(left, value, XMSS_DIGEST * sizeof left[0]);
    left[5] = 0;
    left[6] = TWEAK_STEP + 4 * chain + k;
    left[7] = key_leaf;
    memcpy(right, pp, XMSS_PP * sizeof pp[0]);
    poseidon_compress(r, left, right);
    memcpy(out, r, XMSS_DIGEST * sizeof out[0]);
}

uint32_t xmss_chains_finish(uint32_t values[XMSS_CHAINS][XMSS_DIGEST],
                            const uint8_t digits[XMSS_CHAINS], uint32_t key_leaf,
                            const uint32_t pp[XMSS_PP])
{
    uint32_t pairs[XMSS_CHAINS][16], out[XMSS_CHAINS][8], n_steps = 0;
    uint8_t chain[XMSS_CHAINS];
    for (uint32_t k = 0; k < XMSS_DIGITS - 1; k++) { /* all chains that take step k, side by side */
        uint32_t n = 0;
        for (uint32_t j = 0; j < XMSS_CHAINS; j++) {
            if (digits[j] > k) continue;
            uint32_t *p = pairs[n];
            memset(p, 0, sizeof pairs[0]);
            memcpy(p, values[j], sizeof values[j]);
            p[6] = TWEAK_STEP + 4 * j + k;
            p[7] = key_leaf;
            memcpy(p + 8, pp, XMSS_PP * sizeof pp[0]);
            chain[n++] = (uint8_t)j;
        }
        poseidon_compress_many(out, (const uint32_t(*)[16])pairs, n);
        for (uint32_t i = 0; i < n; i++) memcpy(values[chain[i]], out[i], sizeof values[0]);
        n_steps += n;
    }
    return n_steps;
}

void xmss_leaf_hash(uint32_t out[XMSS_DIGEST], const uint32_t ends[XMSS_CHAINS][XMSS_DIGEST],
                    uint32_t key_leaf, const uint32_t pp[XMSS_PP])
{
    uint32_t state[8] = {TWEAK_LEAF, key_leaf, pp[0], pp[1], pp[2], pp[3],
                         XMSS_CHAINS * XMSS_DIGEST, XMSS_TAG_LEAF};
    const uint32_t *in = &ends[0][0];
    for (int i = 0; i < XMSS_CHAINS * XMSS_DIGEST; i += 8) poseidon_compress(state, state, in + i);
    memcpy(out, state, XMSS_DIGEST * sizeof out[0]);
}

void xmss_node_hash(uint32_t out[XMSS_DIGEST], const uint32_t left[XMSS_DIGEST],
                    const uint32_t right[XMSS_DIGEST], uint32_t level, uint32_t index,
                    const uint32_t pp[XMSS_PP])
{
    uint32_t in[16], r[8];
    memcpy(in, left, 5 * sizeof in[0]);
    memcpy(in + 5, right, 5 * sizeof in[0]);
    in[10] = TWEAK_NODE + level;
    in[11] = index;
    memcpy(in + 12, pp, XMSS_PP * sizeof in[0]);
    poseidon_compress(r, in, in + 8);
    memcpy(out, r, XMSS_DIGEST * sizeof out[0]);
}

static bool all_canonical(const uint32_t *e, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (e[i] >= KB_P) return false;
    return true;
}

bool xmss_verify_counted(const struct xmss_public *pub, uint32_t key_leaf,
                         const uint32_t message[XMSS_MESSAGE], const struct xmss_signature *sig,
                         uint32_t *calls)
{
    uint32_t h = pub->height;
    *calls = 0;
    if (h != XMSS_HEIGHT_SMALL && h != XMSS_HEIGHT_LARGE) return false;
    if (key_leaf >> h) return false;
    if (!all_canonical(sig->rho, XMSS_RHO) || !all_canonical(message, XMSS_MESSAGE) ||
        !all_canonical(&sig->tips[0][0], XMSS_CHAINS * XMSS_DIGEST) ||
        !all_canonical(&sig->path[0][0], (size_t)h * XMSS_DIGEST) ||
        !all_canonical(pub->root, XMSS_DIGEST))
        return false;
    uint8_t digits[XMSS_CHAINS];
    *calls += 2;
    if (!xmss_encode(digits, NULL, message, sig->rho, key_leaf, pub->pp)) return false;
    uint32_t ends[XMSS_CHAINS][XMSS_DIGEST], node[XMSS_DIGEST];
    memcpy(ends, sig->tips, sizeof ends);
    *calls += xmss_chains_finish(ends, digits, key_leaf, pub->pp);
    xmss_leaf_hash(node, (const uint32_t(*)[XMSS_DIGEST])ends, key_leaf, pub->pp);
    *calls += XMSS_CHAINS * XMSS_DIGEST / 8;
    for (uint32_t l = 0; l < h; l++, ++*calls) {
        bool is_right = (key_leaf >> l & 1) != 0;
        xmss_node_hash(node, is_right ? sig->path[l] : node, is_right ? node : sig->path[l], l + 1,
                       key_leaf >> (l + 1), pub->pp);
    }
    return memcmp(node, pub->root, sizeof node) == 0;
}

bool xmss_verify(const struct xmss_public *pub, uint32_t key_leaf,
                 const uint32_t message[XMSS_MESSAGE], const struct xmss_signature *sig)
{
    uint32_t calls;
    return xmss_verify_counted(pub, key_leaf, message, sig, &calls);
}
