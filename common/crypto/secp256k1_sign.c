#include "common/crypto/secp256k1_sign.h"

#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/require.h"
#include "common/base/rng.h"
#include "common/codec/hex.h"
#include "common/crypto/keccak256.h"

/* Half of the group order n: SEC 2, section 2.4.1. A signature with s above it is malleable. */
static const uint8_t half_order[32] = {
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
};

/* A context whose multiplication is blinded with fresh randomness against side channels. */
static enum err context_open(secp256k1_context **out)
{
    uint8_t seed[32];
    ERR_TRY(random_secure(seed, sizeof seed));
    secp256k1_context *ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    REQUIRE(ctx != NULL);
    REQUIRE(secp256k1_context_randomize(ctx, seed) == 1);
    explicit_bzero(seed, sizeof seed);
    *out = ctx;
    return ERR_OK;
}

static void public_bytes(uint8_t out[64], const secp256k1_pubkey *public_key)
{
    uint8_t full[65];
    size_t len = sizeof full;
    REQUIRE(secp256k1_ec_pubkey_serialize(secp256k1_context_static, full, &len, public_key,
                                          SECP256K1_EC_UNCOMPRESSED) == 1);
    REQUIRE(len == sizeof full);
    memcpy(out, full + 1, 64);
}

static void address_of(uint8_t address[ETH_ADDRESS_SIZE], const secp256k1_pubkey *public_key)
{
    uint8_t xy[64];
    uint8_t digest[32];
    public_bytes(xy, public_key);
    keccak256(digest, xy, sizeof xy);
    memcpy(address, digest + 12, ETH_ADDRESS_SIZE);
}

enum err ecdsa_key_generate(uint8_t key[ECDSA_KEY_SIZE])
{
    uint8_t candidate[ECDSA_KEY_SIZE];
    /* A candidate is refused with probability below 2^-127: the second try never happens. */
    for (int tries = 0; tries < 4; tries++) {
        ERR_TRY(random_secure(candidate, sizeof candidate));
        if (secp256k1_ec_seckey_verify(secp256k1_context_static, candidate) == 1) {
            memcpy(key, candidate, sizeof candidate);
            explicit_bzero(candidate, sizeof candidate);
            return ERR_OK;
        }
    }
    return ERR_IO;
}

static enum err public_of(secp256k1_pubkey *out, const uint8_t key[ECDSA_KEY_SIZE])
{
    secp256k1_context *ctx;
    ERR_TRY(context_open(&ctx));
    int ok = secp256k1_ec_pubkey_create(ctx, out, key);
    secp256k1_context_destroy(ctx);
    return ok == 1 ? ERR_OK : ERR_RANGE;
}

enum err ecdsa_key_address(uint8_t address[ETH_ADDRESS_SIZE], const uint8_t key[ECDSA_KEY_SIZE])
{
    secp256k1_pubkey public_key;
    ERR_TRY(public_of(&public_key, key));
    address_of(address, &public_key);
    return ERR_OK;
}

enum err ecdsa_key_public(uint8_t out[64], const uint8_t key[ECDSA_KEY_SIZE])
{
    secp256k1_pubkey public_key;
    ERR_TRY(public_of(&public_key, key));
    public_bytes(out, &public_key);
    return ERR_OK;
}

enum err ecdsa_sign(uint8_t signature[ECDSA_SIGNATURE_SIZE], const uint8_t key[ECDSA_KEY_SIZE],
                    const uint8_t digest[32])
{
    secp256k1_context *ctx;
    ERR_TRY(context_open(&ctx));
    secp256k1_ecdsa_recoverable_signature sig;
    int ok = secp256k1_ecdsa_sign_recoverable(ctx, &sig, digest, key, NULL, NULL);
    secp256k1_context_destroy(ctx);
    if (ok != 1) return ERR_RANGE;
    int id;
    REQUIRE(secp256k1_ecdsa_recoverable_signature_serialize_compact(secp256k1_context_static,
                                                                    signature, &id, &sig) == 1);
    /* Ids 2 and 3 mean r overflowed the order: probability 2^-127, Ethereum has no such v. */
    REQUIRE(id == 0 || id == 1);
    signature[64] = (uint8_t)id;
    return ERR_OK;
}

enum err ecdsa_recover_address(uint8_t address[ETH_ADDRESS_SIZE],
                               const uint8_t signature[ECDSA_SIGNATURE_SIZE],
                               const uint8_t digest[32])
{
    int id = signature[64];
    if (id == 27 || id == 28) id -= 27;
    if (id != 0 && id != 1) return ERR_SIGNATURE;
    if (memcmp(signature + 32, half_order, sizeof half_order) > 0) return ERR_SIGNATURE;
    secp256k1_ecdsa_recoverable_signature sig;
    secp256k1_pubkey public_key;
    const secp256k1_context *ctx = secp256k1_context_static;
    if (secp256k1_ecdsa_recoverable_signature_parse_compact(ctx, &sig, signature, id) != 1 ||
        secp256k1_ecdsa_recover(ctx, &public_key, &sig, digest) != 1) {
        return ERR_SIGNATURE;
    }
    address_of(address, &public_key);
    return ERR_OK;
}

enum err ecdsa_check(const uint8_t address[ETH_ADDRESS_SIZE],
                     const uint8_t signature[ECDSA_SIGNATURE_SIZE], const uint8_t digest[32])
{
    uint8_t signer[ETH_ADDRESS_SIZE];
    ERR_TRY(ecdsa_recover_address(signer, signature, digest));
    return memcmp(signer, address, sizeof signer) == 0 ? ERR_OK : ERR_SIGNATURE;
}

void eth_address_format(char out[43], const uint8_t address[ETH_ADDRESS_SIZE])
{
    uint8_t digest[32];
    hex_encode_0x(out, address, ETH_ADDRESS_SIZE);
    keccak256(digest, out + 2, 40);
    for (size_t i = 0; i < 40; i++) {
        unsigned nibble = (unsigned)digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;
        char *c = &out[i + 2];
        if (nibble >= 8 && *c >= 'a' && *c <= 'f') *c = (char)(*c - 'a' + 'A');
    }
}
