#ifndef COMMON_BASE_RNG_H
#define COMMON_BASE_RNG_H
/* Randomness: a seeded generator for tests and simulation, the kernel's for secrets, and one
 * interface over both.
 *
 * Threads:   struct rng: one thread each. random_secure: any. */

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

/* xoshiro256** (Blackman, Vigna), seeded by splitmix64: reproducible, NOT for secrets. */
struct rng {
    uint64_t s[4];
};

void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_u64(struct rng *rng);
/* Uniform in [0, bound). bound > 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);
void rng_fill(struct rng *rng, void *out, size_t len);

/* len bytes of the kernel's random pool (getrandom). ERR_IO if the kernel refuses. */
MUST_CHECK enum err random_secure(void *out, size_t len);

/* Where a component takes its random bytes from; the simulator hands in a seeded one. */
struct random_source {
    enum err (*fill)(void *ctx, void *out, size_t len);
    void *ctx;
};

struct random_source random_source_system(void);
/* Borrows rng. */
struct random_source random_source_seeded(struct rng *rng);
MUST_CHECK enum err random_source_fill(const struct random_source *source, void *out, size_t len);

#endif
