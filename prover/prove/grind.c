#include "prover/prove/grind.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "common/base/require.h"
#include "prover/prove/keccak_wide.h"
#include "prover/prove/poseidon_wide.h"

/* A worker takes every n-th STRIP of nonces; none goes past the lowest that anyone has found. */
enum { BATCH = 64, STRIP = 256, INPUT = 40, ALONE_BITS = 10 };
#define NOT_FOUND UINT64_MAX

struct search {
    const struct transcript *t;
    const struct prove_env *env;
    uint32_t bits;
    size_t workers;
    _Atomic uint64_t lowest; /* found so far, or NOT_FOUND */
};

static uint64_t top_word(const uint8_t *p)
{
    uint64_t x = 0;
    for (int i = 0; i < 8; i++)
        x = x << 8 | p[i];
    return x;
}

/* The lowest of the nonces first .. first + STRIP - 1, all of them elements; or NOT_FOUND. */
static uint64_t strip_poseidon(const struct search *s, uint64_t first)
{
    const uint32_t mask = ((uint32_t)1 << s->bits) - 1;
    REQUIRE(first + STRIP <= KB_P); /* 2^31 elements miss 24 bits with probability e^-127 */
    for (uint64_t nonce = first; nonce < first + STRIP; nonce += POSEIDON_LANES) {
        uint32_t last[POSEIDON_LANES];
        poseidon_wide_grind(s->env->poseidon, s->t->s, (uint32_t)nonce, last);
        for (uint32_t i = 0; i < POSEIDON_LANES; i++)
            if ((last[i] & mask) == 0) return nonce + i;
    }
    return NOT_FOUND;
}

static uint64_t strip_keccak(const struct search *s, uint64_t first)
{
    uint8_t in[BATCH * INPUT], out[BATCH * 32];
    for (int i = 0; i < BATCH; i++)
        memcpy(in + i * INPUT, s->t->state, 32);
    for (uint64_t nonce = first; nonce < first + STRIP; nonce += BATCH) {
        for (uint64_t i = 0; i < BATCH; i++)
            for (uint64_t b = 0; b < 8; b++)
                in[i * INPUT + 32 + b] = (uint8_t)((nonce + i) >> (56 - 8 * b));
        s->env->keccak->hash(out, in, INPUT, INPUT, BATCH);
        for (uint64_t i = 0; i < BATCH; i++)
            if (top_word(out + 32 * i) >> (64 - s->bits) == 0) return nonce + i;
    }
    return NOT_FOUND;
}

static void search_strips(void *ctx, size_t worker)
{
    struct search *s = ctx;
    uint64_t first = worker * STRIP, found = NOT_FOUND;
    for (; found == NOT_FOUND && first < atomic_load_explicit(&s->lowest, memory_order_relaxed);
         first += s->workers * STRIP)
        found = s->t->profile == PROFILE_POSEIDON ? strip_poseidon(s, first)
                                                  : strip_keccak(s, first);
    uint64_t lowest = atomic_load_explicit(&s->lowest, memory_order_relaxed);
    while (found < lowest && !atomic_compare_exchange_weak(&s->lowest, &lowest, found))
        continue;
}

uint64_t grind_search(const struct transcript *t, uint32_t bits, const struct prove_env *env)
{
    REQUIRE(bits > 0 && bits <= (t->profile == PROFILE_POSEIDON ? TRANSCRIPT_GRIND_BITS_MAX_POSEIDON
                                                                : TRANSCRIPT_GRIND_BITS_MAX));
    /* In small searches threads would cost more than they bring. */
    struct search s = {.t = t, .env = env, .bits = bits,
                       .workers = bits <= ALONE_BITS ? 1 : parallel_workers(env->threads)};
    atomic_init(&s.lowest, NOT_FOUND);
    prove_tasks(env, s.workers, search_strips, &s);
    return atomic_load(&s.lowest);
}

/* ---- steps ---- */

static _Atomic uint64_t spent[GRIND_KINDS]; /* nanoseconds */

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double grind_seconds(enum grind_kind kind)
{
    return 1e-9 * (double)atomic_load(&spent[kind]);
}

void grind_step(struct transcript *t, struct proof_writer *w, enum grind_kind kind, uint32_t bits,
                const struct prove_env *env)
{
    if (bits == 0) return;
    const uint64_t start = now();
    const uint64_t nonce = grind_search(t, bits, env);
    atomic_fetch_add(&spent[kind], now() - start);
    proof_write_nonce(w, t, nonce);
    REQUIRE(transcript_grind_verify(t, bits, nonce));
}
