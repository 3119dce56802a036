#include "common/base/rng.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/endian.h"
#include "common/base/require.h"

/* Both generators as published at prng.di.unimi.it (splitmix64.c, xoshiro256starstar.c). */
static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotl64(uint64_t x, unsigned k)
{
    return (x << k) | (x >> (64 - k));
}

void rng_seed(struct rng *rng, uint64_t seed)
{
    for (size_t i = 0; i < ARRAY_LEN(rng->s); i++)
        rng->s[i] = splitmix64(&seed);
}

uint64_t rng_u64(struct rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotl64(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl64(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    REQUIRE(bound > 0);
    /* Values below 2^64 mod bound would be too frequent; they are drawn again. */
    uint64_t low = (0 - bound) % bound;
    uint64_t v;
    do {
        v = rng_u64(rng);
    } while (v < low);
    return v % bound;
}

void rng_fill(struct rng *rng, void *out, size_t len)
{
    uint8_t *p = out;
    while (len > 0) {
        uint8_t word[8];
        put_le64(word, rng_u64(rng));
        size_t n = len < sizeof word ? len : sizeof word;
        memcpy(p, word, n);
        p += n;
        len -= n;
    }
}

enum err random_secure(void *out, size_t len)
{
    uint8_t *p = out;
    while (len > 0) {
        ssize_t got = getrandom(p, len < 256 ? len : 256, 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            return ERR_IO;
        }
        p += got;
        len -= (size_t)got;
    }
    return ERR_OK;
}

static enum err fill_system(void *ctx, void *out, size_t len)
{
    (void)ctx;
    return random_secure(out, len);
}

static enum err fill_seeded(void *ctx, void *out, size_t len)
{
    rng_fill(ctx, out, len);
    return ERR_OK;
}

struct random_source random_source_system(void)
{
    return (struct random_source){fill_system, NULL};
}

struct random_source random_source_seeded(struct rng *rng)
{
    return (struct random_source){fill_seeded, rng};
}

enum err random_source_fill(const struct random_source *source, void *out, size_t len)
{
    return source->fill(source->ctx, out, len);
}
