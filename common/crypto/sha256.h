#ifndef COMMON_CRYPTO_SHA256_H
#define COMMON_CRYPTO_SHA256_H
/* SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869) over OpenSSL's compression function,
 * without allocation, globals or failure.
 *
 * Threads:   one thread per object; the one-shot functions are pure. */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define SHA256_SIZE         32
#define HKDF_SHA256_OUT_MAX (255 * SHA256_SIZE)

/* Holds OpenSSL's context; sha256.c checks that it fits. */
struct sha256 {
    uint64_t opaque[16];
};

void sha256_init(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *data, size_t len);
void sha256_final(struct sha256 *s, uint8_t out[SHA256_SIZE]);
/* data may be NULL iff len is 0. out may overlap data. */
void sha256(uint8_t out[SHA256_SIZE], const void *data, size_t len);
/* SHA-256 of a followed by b. */
void sha256_two(uint8_t out[SHA256_SIZE], const void *a, size_t a_len, const void *b, size_t b_len);
/* One compression: state (8 words) after absorbing one 64-byte block. For the prover's tables. */
void sha256_compress(uint32_t state[8], const uint8_t block[64]);

void hmac_sha256(uint8_t out[SHA256_SIZE], const void *key, size_t key_len, const void *data,
                 size_t len);

struct hkdf_input {
    const void *key; /* input keying material */
    size_t key_len;
    const void *salt; /* may be NULL iff salt_len is 0 */
    size_t salt_len;
    const void *info; /* may be NULL iff info_len is 0 */
    size_t info_len;
};

/* Extract and expand. ERR_RANGE if out_len is 0 or above HKDF_SHA256_OUT_MAX. */
MUST_CHECK enum err hkdf_sha256(uint8_t *out, size_t out_len, const struct hkdf_input *in);

#endif
