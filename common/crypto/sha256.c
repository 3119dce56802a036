/* The low-level interface of OpenSSL 3 is marked deprecated in favour of EVP, which allocates, can
 * fail and looks the algorithm up each time; for the many short hashes here that costs more than
 * the hash. The low-level code is the same and uses the CPU's SHA instructions. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "common/crypto/sha256.h"

#include <openssl/sha.h>
#include <string.h>

#include "common/base/require.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct sha256), "struct sha256 holds SHA256_CTX");
_Static_assert(_Alignof(SHA256_CTX) <= _Alignof(struct sha256), "struct sha256 is aligned");

static SHA256_CTX *ctx_of(struct sha256 *s)
{
    return (SHA256_CTX *)(void *)s->opaque;
}

void sha256_init(struct sha256 *s)
{
    REQUIRE(SHA256_Init(ctx_of(s)) == 1);
}

void sha256_update(struct sha256 *s, const void *data, size_t len)
{
    if (len > 0) REQUIRE(SHA256_Update(ctx_of(s), data, len) == 1);
}

void sha256_final(struct sha256 *s, uint8_t out[SHA256_SIZE])
{
    REQUIRE(SHA256_Final(out, ctx_of(s)) == 1);
    explicit_bzero(s, sizeof *s);
}

void sha256(uint8_t out[SHA256_SIZE], const void *data, size_t len)
{
    sha256_two(out, data, len, NULL, 0);
}

void sha256_two(uint8_t out[SHA256_SIZE], const void *a, size_t a_len, const void *b, size_t b_len)
{
    struct sha256 s;
    sha256_init(&s);
    sha256_update(&s, a, a_len);
    sha256_update(&s, b, b_len);
    sha256_final(&s, out);
}

void sha256_compress(uint32_t state[8], const uint8_t block[64])
{
    SHA256_CTX ctx;
    memset(&ctx, 0, sizeof ctx);
    memcpy(ctx.h, state, sizeof ctx.h);
    SHA256_Transform(&ctx, block);
    memcpy(state, ctx.h, sizeof ctx.h);
}

struct hmac_sha256_state {
    struct sha256 inner;
    uint8_t outer_pad[64];
};

static void hmac_begin(struct hmac_sha256_state *h, const void *key, size_t key_len)
{
    uint8_t block[64] = {0};
    if (key_len > sizeof block)
        sha256(block, key, key_len);
    else if (key_len > 0)
        memcpy(block, key, key_len);
    uint8_t inner_pad[64];
    for (size_t i = 0; i < sizeof block; i++) {
        inner_pad[i] = block[i] ^ 0x36;
        h->outer_pad[i] = block[i] ^ 0x5c;
    }
    sha256_init(&h->inner);
    sha256_update(&h->inner, inner_pad, sizeof inner_pad);
    explicit_bzero(block, sizeof block);
    explicit_bzero(inner_pad, sizeof inner_pad);
}

static void hmac_end(struct hmac_sha256_state *h, uint8_t out[SHA256_SIZE])
{
    uint8_t digest[SHA256_SIZE];
    sha256_final(&h->inner, digest);
    sha256_two(out, h->outer_pad, sizeof h->outer_pad, digest, sizeof digest);
    explicit_bzero(h, sizeof *h);
    explicit_bzero(digest, sizeof digest);
}

void hmac_sha256(uint8_t out[SHA256_SIZE], const void *key, size_t key_len, const void *data,
                 size_t len)
{
    struct hmac_sha256_state h;
    hmac_begin(&h, key, key_len);
    sha256_update(&h.inner, data, len);
    hmac_end(&h, out);
}

enum err hkdf_sha256(uint8_t *out, size_t out_len, const struct hkdf_input *in)
{
    if (out_len == 0 || out_len > HKDF_SHA256_OUT_MAX) return ERR_RANGE;
    uint8_t prk[SHA256_SIZE];
    uint8_t t[SHA256_SIZE];
    /* RFC 5869 2.2: no salt means HashLen zeros, which HMAC pads an empty key to anyway. */
    hmac_sha256(prk, in->salt, in->salt_len, in->key, in->key_len);
    size_t t_len = 0;
    for (uint8_t counter = 1; out_len > 0; counter++) {
        struct hmac_sha256_state h;
        hmac_begin(&h, prk, sizeof prk);
        sha256_update(&h.inner, t, t_len);
        sha256_update(&h.inner, in->info, in->info_len);
        sha256_update(&h.inner, &counter, 1);
        hmac_end(&h, t);
        t_len = sizeof t;
        size_t n = out_len < sizeof t ? out_len : sizeof t;
        memcpy(out, t, n);
        out += n;
        out_len -= n;
    }
    explicit_bzero(prk, sizeof prk);
    explicit_bzero(t, sizeof t);
    return ERR_OK;
}
