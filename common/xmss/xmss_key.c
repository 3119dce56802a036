/* Key generation and signing. The tree is kept whole: node(level l, index i) lies at
 * nodes[2^(h-l) + i], so the root is nodes[1] and the leaves are nodes[2^h ..]. */
#include "common/xmss/xmss_key.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/secret.h"
#include "common/crypto/sha256.h"
#include "common/field/kb.h"
#include "common/field/poseidon16.h"

enum {
    LANES = 16,          /* leaves made side by side */
    SECRET_BLOCKS = 44,  /* HKDF blocks per leaf: 352 words for 320 elements, 2^-7 are refused */
    TRY_LANES = 16,
};

enum err xmss_key_new(struct xmss_key **out, uint32_t height, const uint8_t seed[XMSS_SEED_SIZE],
                      const uint32_t pp[XMSS_PP])
{
    if (height != XMSS_HEIGHT_SMALL && height != XMSS_HEIGHT_LARGE) return ERR_ARG;
    struct xmss_key *key = calloc(1, sizeof *key);
    if (!key) return ERR_NOMEM;
    key->nodes = calloc((size_t)2 << height, sizeof key->nodes[0]);
    if (!key->nodes) {
        free(key);
        return ERR_NOMEM;
    }
    key->height = height;
    memcpy(key->seed, seed, XMSS_SEED_SIZE);
    memcpy(key->pp, pp, sizeof key->pp);
    *out = key;
    return ERR_OK;
}

void xmss_key_free(struct xmss_key *key)
{
    if (!key) return;
    secret_wipe(key->seed, sizeof key->seed);
    free(key->nodes);
    free(key);
}

/* HKDF-Expand(seed, info = "hawser xmss chains" | key leaf u32), words of 31 bits below p. */
enum err xmss_secrets(uint32_t starts[XMSS_CHAINS][XMSS_DIGEST],
                      const uint8_t seed[XMSS_SEED_SIZE], uint32_t key_leaf)
{
    static const char label[] = "hawser xmss chains";
    enum { INFO = sizeof label - 1 + 4 };
    uint8_t block[SHA256_SIZE + INFO + 1], t[SHA256_SIZE];
    uint32_t *out = &starts[0][0], n = 0;
    for (uint32_t i = 1; i <= SECRET_BLOCKS && n < XMSS_CHAINS * XMSS_DIGEST; i++) {
        size_t at = 0;
        if (i > 1) {
            memcpy(block, t, SHA256_SIZE);
            at = SHA256_SIZE;
        }
        memcpy(block + at, label, sizeof label - 1);
        put_be32(block + at + sizeof label - 1, key_leaf);
        block[at + INFO] = (uint8_t)i;
        hmac_sha256(t, seed, XMSS_SEED_SIZE, block, at + INFO + 1);
        for (int w = 0; w < 8 && n < XMSS_CHAINS * XMSS_DIGEST; w++) {
            uint32_t v = get_be32(t + 4 * w) & 0x7fffffffu;
            if (v < KB_P) out[n++] = v;
        }
    }
    secret_wipe(block, sizeof block);
    secret_wipe(t, sizeof t);
    return n == XMSS_CHAINS * XMSS_DIGEST ? ERR_OK : ERR_INTERNAL;
}

/* 16 leaves at once: every chain of all of them takes one step per call. */
struct leaf_work {
    uint32_t values[LANES][XMSS_CHAINS][XMSS_DIGEST];
    uint32_t pairs[LANES * XMSS_CHAINS][16];
    uint32_t out[LANES * XMSS_CHAINS][8];
};

static enum err leaves_make(struct xmss_key *key, struct leaf_work *w, uint32_t first)
{
    for (uint32_t l = 0; l < LANES; l++) ERR_TRY(xmss_secrets(w->values[l], key->seed, first + l));
    memset(w->pairs, 0, sizeof w->pairs);
    for (uint32_t k = 0; k < XMSS_DIGITS - 1; k++) {
        for (uint32_t l = 0; l < LANES; l++)
            for (uint32_t j = 0; j < XMSS_CHAINS; j++) {
                uint32_t *p = w->pairs[l * XMSS_CHAINS + j];
                memcpy(p, w->values[l][j], sizeof w->values[l][j]);
                p[6] = (1u << 20) + 4 * j + k;
                p[7] = first + l;
                memcpy(p + 8, key->pp, sizeof key->pp);
            }
        poseidon_compress_many(w->out, (const uint32_t(*)[16])w->pairs, LANES * XMSS_CHAINS);
        for (uint32_t l = 0; l < LANES; l++)
            for (uint32_t j = 0; j < XMSS_CHAINS; j++)
                memcpy(w->values[l][j], w->out[l * XMSS_CHAINS + j], sizeof w->values[l][j]);
    }
    for (uint32_t l = 0; l < LANES; l++) {
        uint32_t state[8] = {1u << 21, first + l, key->pp[0], key->pp[1], key->pp[2], key->pp[3],
                             XMSS_CHAINS * XMSS_DIGEST, XMSS_TAG_LEAF};
        memcpy(w->out[l], state, sizeof state);
    }
    for (uint32_t c = 0; c < XMSS_CHAINS * XMSS_DIGEST; c += 8) {
        for (uint32_t l = 0; l < LANES; l++) {
            memcpy(w->pairs[l], w->out[l], 8 * sizeof w->pairs[0][0]);
            memcpy(w->pairs[l] + 8, &w->values[l][0][0] + c, 8 * sizeof w->pairs[0][0]);
        }
        poseidon_compress_many(w->out, (const uint32_t(*)[16])w->pairs, LANES);
    }
    uint32_t base = 1u << key->height;
    for (uint32_t l = 0; l < LANES; l++)
        memcpy(key->nodes[base + first + l], w->out[l], sizeof key->nodes[0]);
    return ERR_OK;
}

static void tree_finish(struct xmss_key *key, struct leaf_work *w)
{
    for (uint32_t level = 1; level <= key->height; level++) {
        uint32_t n = 1u << (key->height - level);
        for (uint32_t i0 = 0; i0 < n; i0 += LANES * XMSS_CHAINS) {
            uint32_t count = n - i0 < LANES * XMSS_CHAINS ? n - i0 : LANES * XMSS_CHAINS;
            for (uint32_t i = 0; i < count; i++) {
                uint32_t *p = w->pairs[i];
                memcpy(p, key->nodes[2 * (n + i0 + i)], 5 * sizeof *p);
                memcpy(p + 5, key->nodes[2 * (n + i0 + i) + 1], 5 * sizeof *p);
                p[10] = (1u << 22) + level;
                p[11] = i0 + i;
                memcpy(p + 12, key->pp, sizeof key->pp);
            }
            poseidon_compress_many(w->out, (const uint32_t(*)[16])w->pairs, count);
            for (uint32_t i = 0; i < count; i++)
                memcpy(key->nodes[n + i0 + i], w->out[i], sizeof key->nodes[0]);
        }
    }
    key->complete = true;
}

enum err xmss_key_build(struct xmss_key *key, uint32_t max_leaves, bool *done)
{
    *done = key->complete;
    if (key->complete) return ERR_OK;
    struct leaf_work *w = malloc(sizeof *w);
    if (!w) return ERR_NOMEM;
    uint32_t total = 1u << key->height;
    enum err err = ERR_OK;
    for (uint32_t n = 0; n < max_leaves && key->leaves_done < total; n += LANES) {
        err = leaves_make(key, w, key->leaves_done);
        if (err != ERR_OK) break;
        key->leaves_done += LANES;
    }
    if (err == ERR_OK && key->leaves_done == total) tree_finish(key, w);
    *done = key->complete;
    secret_wipe(w, sizeof *w);
    free(w);
    return err;
}

uint32_t xmss_key_leaves_done(const struct xmss_key *key)
{
    return key->leaves_done;
}

uint32_t xmss_key_height(const struct xmss_key *key)
{
    return key->height;
}

void xmss_key_root(const struct xmss_key *key, uint32_t root[XMSS_DIGEST])
{
    REQUIRE(key->complete);
    memcpy(root, key->nodes[1], sizeof key->nodes[1]);
}

/* HKDF-Expand(seed, "hawser xmss rho" | M | key leaf | counter): the first 6 words below p. */
static bool rho_make(uint32_t rho[XMSS_RHO], const uint8_t seed[XMSS_SEED_SIZE],
                     const uint32_t message[XMSS_MESSAGE], uint32_t key_leaf, uint32_t counter)
{
    static const char label[] = "hawser xmss rho";
    uint8_t info[sizeof label - 1 + 32 + 8 + 1], t[SHA256_SIZE], *p = info + sizeof label - 1;
    memcpy(info, label, sizeof label - 1);
    for (int i = 0; i < XMSS_MESSAGE; i++) put_be32(p + 4 * i, message[i]);
    put_be32(p + 32, key_leaf);
    put_be32(p + 36, counter);
    p[40] = 1;
    hmac_sha256(t, seed, XMSS_SEED_SIZE, info, sizeof info);
    int n = 0;
    for (int w = 0; w < 8 && n < XMSS_RHO; w++) {
        uint32_t v = get_be32(t + 4 * w) & 0x7fffffffu;
        if (v < KB_P) rho[n++] = v;
    }
    return n == XMSS_RHO;
}

static uint32_t digit_sum(const uint32_t d[8])
{
    uint32_t sum = 0;
    for (int i = 0; i < 8; i++) {
        uint32_t v = d[i] & 0xffff;
        v = (v & 0x3333) + (v >> 2 & 0x3333);
        v = (v & 0x0f0f) + (v >> 4 & 0x0f0f);
        sum += (v & 0xff) + (v >> 8);
    }
    return sum;
}

/* Finds the first counter whose rho encodes M validly. Sixteen at a time. */
static enum err rho_search(uint32_t rho[XMSS_RHO], const uint8_t seed[XMSS_SEED_SIZE],
                           const uint32_t message[XMSS_MESSAGE], uint32_t key_leaf,
                           const uint32_t pp[XMSS_PP])
{
    uint32_t pairs[TRY_LANES][16], out[TRY_LANES][8], tries[TRY_LANES][XMSS_RHO];
    for (uint32_t counter = 0; counter < XMSS_TRIES_MAX; counter += TRY_LANES) {
        bool usable[TRY_LANES];
        memset(pairs, 0, sizeof pairs);
        for (uint32_t l = 0; l < TRY_LANES; l++) {
            usable[l] = rho_make(tries[l], seed, message, key_leaf, counter + l);
            memcpy(pairs[l], message, 8 * sizeof message[0]);
            if (usable[l]) memcpy(pairs[l] + 8, tries[l], sizeof tries[l]);
            pairs[l][15] = key_leaf;
        }
        poseidon_compress_many(out, (const uint32_t(*)[16])pairs, TRY_LANES);
        for (uint32_t l = 0; l < TRY_LANES; l++) {
            memcpy(pairs[l], out[l], sizeof out[l]);
            memset(pairs[l] + 8, 0, 8 * sizeof pairs[0][0]);
            memcpy(pairs[l] + 8, pp, XMSS_PP * sizeof pp[0]);
        }
        poseidon_compress_many(out, (const uint32_t(*)[16])pairs, TRY_LANES);
        for (uint32_t l = 0; l < TRY_LANES; l++) {
            uint8_t digits[XMSS_CHAINS];
            if (!usable[l] || digit_sum(out[l]) != XMSS_TARGET) continue;
            if (!xmss_encode(digits, NULL, message, tries[l], key_leaf, pp)) continue;
            memcpy(rho, tries[l], sizeof tries[l]);
            return ERR_OK;
        }
    }
    return ERR_INTERNAL;
}

enum err xmss_sign_leaf(const uint8_t seed[XMSS_SEED_SIZE], uint32_t key_leaf,
                        const uint32_t message[XMSS_MESSAGE], const uint32_t pp[XMSS_PP],
                        struct xmss_signature *out)
{
    uint32_t starts[XMSS_CHAINS][XMSS_DIGEST];
    uint8_t digits[XMSS_CHAINS];
    struct xmss_signature sig;
    memset(&sig, 0, sizeof sig);
    ERR_TRY(rho_search(sig.rho, seed, message, key_leaf, pp));
    REQUIRE(xmss_encode(digits, NULL, message, sig.rho, key_leaf, pp));
    enum err err = xmss_secrets(starts, seed, key_leaf);
    if (err == ERR_OK) {
        for (uint32_t j = 0; j < XMSS_CHAINS; j++) {
            memcpy(sig.tips[j], starts[j], sizeof sig.tips[j]);
            for (uint32_t k = 0; k < digits[j]; k++)
                xmss_chain_step(sig.tips[j], sig.tips[j], j, k, key_leaf, pp);
        }
        *out = sig;
    }
    secret_wipe(starts, sizeof starts);
    return err;
}

enum err xmss_sign(const struct xmss_key *key, uint32_t lane, uint32_t leaf,
                   const uint32_t message[XMSS_MESSAGE], struct xmss_signature *out)
{
    if (!key->complete) return ERR_BAD_STATE;
    uint32_t per_lane = 1u << (key->height - 2);
    if (lane >= XMSS_LANES || leaf >= per_lane) return ERR_RANGE;
    uint32_t key_leaf = lane * per_lane + leaf;
    ERR_TRY(xmss_sign_leaf(key->seed, key_leaf, message, key->pp, out));
    uint32_t node = (1u << key->height) + key_leaf;
    for (uint32_t l = 0; l < key->height; l++, node >>= 1)
        memcpy(out->path[l], key->nodes[node ^ 1], sizeof out->path[l]);
    return ERR_OK;
}
