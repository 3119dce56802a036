/* Bytes of signatures and of stored trees. */
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/secret.h"
#include "common/crypto/sha256.h"
#include "common/field/kb.h"
#include "common/xmss/xmss_key.h"

static const char store_magic[16] = "HAWSER-XMSS-1";
enum { STORE_HEADER = 16 + 4 + 4 * XMSS_PP };

size_t xmss_signature_size(uint32_t height)
{
    return 4 * (size_t)(XMSS_RHO + XMSS_CHAINS * XMSS_DIGEST + height * XMSS_DIGEST);
}

void xmss_signature_write(uint8_t *out, const struct xmss_signature *sig, uint32_t height)
{
    REQUIRE(height <= XMSS_HEIGHT_MAX);
    for (int i = 0; i < XMSS_RHO; i++, out += 4) put_be32(out, sig->rho[i]);
    const uint32_t *tips = &sig->tips[0][0], *path = &sig->path[0][0];
    for (int i = 0; i < XMSS_CHAINS * XMSS_DIGEST; i++, out += 4) put_be32(out, tips[i]);
    for (uint32_t i = 0; i < height * XMSS_DIGEST; i++, out += 4) put_be32(out, path[i]);
}

static bool elements_read(uint32_t *e, size_t n, const uint8_t *in)
{
    for (size_t i = 0; i < n; i++) {
        e[i] = get_be32(in + 4 * i);
        if (e[i] >= KB_P) return false;
    }
    return true;
}

enum err xmss_signature_read(struct xmss_signature *sig, uint32_t height, const uint8_t *in,
                             size_t len)
{
    struct xmss_signature s;
    if (height > XMSS_HEIGHT_MAX || len != xmss_signature_size(height)) return ERR_PARSE;
    memset(&s, 0, sizeof s);
    size_t tips = XMSS_CHAINS * XMSS_DIGEST;
    if (!elements_read(s.rho, XMSS_RHO, in) ||
        !elements_read(&s.tips[0][0], tips, in + 4 * XMSS_RHO) ||
        !elements_read(&s.path[0][0], (size_t)height * XMSS_DIGEST, in + 4 * (XMSS_RHO + tips)))
        return ERR_PARSE;
    *sig = s;
    return ERR_OK;
}

size_t xmss_key_stored_size(uint32_t height)
{
    return STORE_HEADER + (((size_t)2 << height) - 1) * 4 * XMSS_DIGEST + SHA256_SIZE;
}

enum err xmss_key_store(const struct xmss_key *key, uint8_t *out, size_t size)
{
    if (!key->complete) return ERR_BAD_STATE;
    if (size != xmss_key_stored_size(key->height)) return ERR_ARG;
    uint8_t *p = out;
    memcpy(p, store_magic, sizeof store_magic);
    put_be32(p + 16, key->height);
    for (int i = 0; i < XMSS_PP; i++) put_be32(p + 20 + 4 * i, key->pp[i]);
    p += STORE_HEADER;
    for (uint32_t n = 1; n < 2u << key->height; n++)
        for (int i = 0; i < XMSS_DIGEST; i++, p += 4) put_be32(p, key->nodes[n][i]);
    sha256(p, out, (size_t)(p - out));
    return ERR_OK;
}

/* Whether the leaf and its path hash as the seed says. */
static enum err leaf_check(const struct xmss_key *key, uint32_t key_leaf)
{
    uint32_t ends[XMSS_CHAINS][XMSS_DIGEST], node[XMSS_DIGEST];
    enum err err = xmss_secrets(ends, key->seed, key_leaf);
    if (err != ERR_OK) return err;
    for (uint32_t j = 0; j < XMSS_CHAINS; j++)
        for (uint32_t k = 0; k < XMSS_DIGITS - 1; k++)
            xmss_chain_step(ends[j], ends[j], j, k, key_leaf, key->pp);
    xmss_leaf_hash(node, (const uint32_t(*)[XMSS_DIGEST])ends, key_leaf, key->pp);
    for (uint32_t l = 0, at = (1u << key->height) + key_leaf; l <= key->height; l++, at >>= 1) {
        if (memcmp(node, key->nodes[at], sizeof node) != 0) return ERR_MISMATCH;
        if (at == 1) break;
        xmss_node_hash(node, key->nodes[at & ~1u], key->nodes[at | 1], l + 1,
                       (at >> 1) - (1u << (key->height - l - 1)), key->pp);
    }
    return ERR_OK;
}

enum err xmss_key_load(struct xmss_key **out, const uint8_t seed[XMSS_SEED_SIZE],
                       const uint32_t pp[XMSS_PP], const uint8_t *in, size_t size)
{
    uint8_t sum[SHA256_SIZE];
    uint32_t stored_pp[XMSS_PP];
    if (size < STORE_HEADER || memcmp(in, store_magic, sizeof store_magic) != 0) return ERR_CORRUPT;
    uint32_t height = get_be32(in + 16);
    if (height != XMSS_HEIGHT_SMALL && height != XMSS_HEIGHT_LARGE) return ERR_CORRUPT;
    if (size != xmss_key_stored_size(height)) return ERR_CORRUPT;
    sha256(sum, in, size - SHA256_SIZE);
    if (memcmp(sum, in + size - SHA256_SIZE, SHA256_SIZE) != 0) return ERR_CORRUPT;
    if (!elements_read(stored_pp, XMSS_PP, in + 20)) return ERR_CORRUPT;
    if (memcmp(stored_pp, pp, sizeof stored_pp) != 0) return ERR_MISMATCH;
    struct xmss_key *key;
    ERR_TRY(xmss_key_new(&key, height, seed, pp));
    enum err err = ERR_OK;
    const uint8_t *p = in + STORE_HEADER;
    for (uint32_t n = 1; n < 2u << height && err == ERR_OK; n++, p += 4 * XMSS_DIGEST)
        if (!elements_read(key->nodes[n], XMSS_DIGEST, p)) err = ERR_CORRUPT;
    uint32_t last = (1u << height) - 1;
    if (err == ERR_OK) err = leaf_check(key, 0);
    if (err == ERR_OK) err = leaf_check(key, last / 3);
    if (err == ERR_OK) err = leaf_check(key, last);
    if (err != ERR_OK) {
        xmss_key_free(key);
        return err;
    }
    key->leaves_done = 1u << height;
    key->complete = true;
    *out = key;
    return ERR_OK;
}
