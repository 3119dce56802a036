/* In the place of secp256k1, which would be half of the time: a signature is a hash of key and message,
 * valid iff it was made. One seed in a hundred has the real ones. Users' signatures (XMSS) are always
 * real. */
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/secp256k1_sign.h"
#include "common/crypto/sha256.h"
#include "tests/sim/sim.h"

enum { MADE_MAX = 1 << 17, KEYS_MAX = 32, REAL_EVERY = 100 };

struct made {
    uint8_t signature[ECDSA_SIGNATURE_SIZE], digest[32], address[20];
    bool is_used;
};
static struct made made[MADE_MAX]; /* open addressing by the first bytes of the signature */
static uint32_t n_made;
static struct {
    uint8_t key[32], address[20];
} keys[KEYS_MAX];
static unsigned n_keys;

enum err __real_ecdsa_key_address(uint8_t address[20], const uint8_t key[32]);
enum err __wrap_ecdsa_key_address(uint8_t address[20], const uint8_t key[32]);
enum err __real_ecdsa_sign(uint8_t signature[65], const uint8_t key[32], const uint8_t digest[32]);
enum err __wrap_ecdsa_sign(uint8_t signature[65], const uint8_t key[32], const uint8_t digest[32]);
enum err __real_ecdsa_recover_address(uint8_t address[20], const uint8_t signature[65],
                                      const uint8_t digest[32]);
enum err __wrap_ecdsa_recover_address(uint8_t address[20], const uint8_t signature[65],
                                      const uint8_t digest[32]);
enum err __wrap_ecdsa_check(const uint8_t address[20], const uint8_t signature[65],
                            const uint8_t digest[32]);

static bool is_real(void)
{
    return sim_seed() % REAL_EVERY == 0;
}

enum err __wrap_ecdsa_key_address(uint8_t address[20], const uint8_t key[32])
{
    for (unsigned i = 0; i < n_keys; i++) {
        if (memcmp(keys[i].key, key, 32) != 0) continue;
        memcpy(address, keys[i].address, 20);
        return ERR_OK;
    }
    ERR_TRY(__real_ecdsa_key_address(address, key));
    REQUIRE(n_keys < KEYS_MAX);
    memcpy(keys[n_keys].key, key, 32);
    memcpy(keys[n_keys++].address, address, 20);
    return ERR_OK;
}

static struct made *place(const uint8_t signature[65])
{
    uint32_t at = get_be32(signature) % MADE_MAX;
    while (made[at].is_used && memcmp(made[at].signature, signature, 65) != 0)
        at = (at + 1) % MADE_MAX;
    return &made[at];
}

enum err __wrap_ecdsa_sign(uint8_t signature[65], const uint8_t key[32], const uint8_t digest[32])
{
    uint8_t bytes[65];
    if (is_real()) return __real_ecdsa_sign(signature, key, digest);
    memcpy(bytes, key, 32);
    memcpy(bytes + 32, digest, 32);
    bytes[64] = 0;
    sha256(signature, bytes, sizeof bytes);
    bytes[64] = 1;
    sha256(signature + 32, bytes, sizeof bytes);
    signature[32] &= 0x3f; /* a low s */
    signature[64] = 0;
    struct made *m = place(signature);
    if (m->is_used) return ERR_OK;
    REQUIRE(++n_made < MADE_MAX / 2);
    memcpy(m->signature, signature, 65);
    memcpy(m->digest, digest, 32);
    m->is_used = true;
    return __wrap_ecdsa_key_address(m->address, key);
}

enum err __wrap_ecdsa_recover_address(uint8_t address[20], const uint8_t signature[65],
                                      const uint8_t digest[32])
{
    if (is_real()) return __real_ecdsa_recover_address(address, signature, digest);
    const struct made *m = place(signature);
    if (!m->is_used || memcmp(m->digest, digest, 32) != 0) return ERR_SIGNATURE;
    memcpy(address, m->address, 20);
    return ERR_OK;
}

enum err __wrap_ecdsa_check(const uint8_t address[20], const uint8_t signature[65],
                            const uint8_t digest[32])
{
    uint8_t signer[20];
    ERR_TRY(__wrap_ecdsa_recover_address(signer, signature, digest));
    return memcmp(signer, address, 20) == 0 ? ERR_OK : ERR_SIGNATURE;
}
