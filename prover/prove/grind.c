#include "prover/prove/grind.h"

#include <string.h>

#include "common/base/require.h"
#include "prover/prove/keccak_wide.h"
#include "prover/prove/poseidon_wide.h"

enum { BATCH = 64, CHUNK = 1 << 13, INPUT = 40 };
#define NOT_FOUND UINT64_MAX

struct search {
    const struct transcript *t;
    const struct prove_env *env;
    uint32_t bits;
    uint64_t base;
    uint64_t found[PARALLEL_MAX]; /* lowest of chunk i, or NOT_FOUND */
};

static uint64_t top_word(const uint8_t *p)
{
    uint64_t x = 0;
    for (int i = 0; i < 8; i++)
        x = x << 8 | p[i];
    return x;
}

/* The lowest of the nonces [first, first + CHUNK), all of them elements. */
static uint64_t search_poseidon(const struct search *s, uint64_t first)
{
    const uint32_t mask = ((uint32_t)1 << s->bits) - 1;
    for (uint64_t nonce = first; nonce < first + CHUNK; nonce += POSEIDON_LANES) {
        uint32_t last[POSEIDON_LANES];
        poseidon_wide_grind(s->env->poseidon, s->t->s, (uint32_t)nonce, last);
        for (uint32_t i = 0; i < POSEIDON_LANES; i++)
            if ((last[i] & mask) == 0) return nonce + i;
    }
    return NOT_FOUND;
}

static void search_chunk(void *ctx, size_t chunk)
{
    struct search *s = ctx;
    if (s->t->profile == PROFILE_POSEIDON) {
        s->found[chunk] = search_poseidon(s, s->base + chunk * CHUNK);
        return;
    }
    uint8_t in[BATCH * INPUT], out[BATCH * 32];
    for (int i = 0; i < BATCH; i++)
        memcpy(in + i * INPUT, s->t->state, 32);
    s->found[chunk] = NOT_FOUND;
    const uint64_t first = s->base + chunk * CHUNK;
    for (uint64_t nonce = first; nonce < first + CHUNK; nonce += BATCH) {
        for (uint64_t i = 0; i < BATCH; i++)
            for (uint64_t b = 0; b < 8; b++)
                in[i * INPUT + 32 + b] = (uint8_t)((nonce + i) >> (56 - 8 * b));
        s->env->keccak->hash(out, in, INPUT, INPUT, BATCH);
        for (uint64_t i = 0; i < BATCH; i++) {
            if (top_word(out + 32 * i) >> (64 - s->bits) != 0) continue;
            s->found[chunk] = nonce + i;
            return;
        }
    }
}

uint64_t grind_search(const struct transcript *t, uint32_t bits, const struct prove_env *env)
{
    const bool poseidon = t->profile == PROFILE_POSEIDON;
    REQUIRE(bits > 0 &&
            bits <= (poseidon ? TRANSCRIPT_GRIND_BITS_MAX_POSEIDON : TRANSCRIPT_GRIND_BITS_MAX));
    struct search s = {.t = t, .env = env, .bits = bits};
    /* Small searches end within one chunk: threads would cost more than they bring. */
    const size_t n = bits <= 12 ? 1 : parallel_workers(env->threads);
    for (;; s.base += (uint64_t)n * CHUNK) {
        /* 2^31 elements miss 24 bits with probability e^-127. */
        REQUIRE(!poseidon || s.base + (uint64_t)n * CHUNK <= KB_P);
        prove_tasks(env, n, search_chunk, &s);
        for (size_t i = 0; i < n; i++)
            if (s.found[i] != NOT_FOUND) return s.found[i];
    }
}

void grind_step(struct transcript *t, struct proof_writer *w, uint32_t bits,
                const struct prove_env *env)
{
    if (bits == 0) return;
    const uint64_t nonce = grind_search(t, bits, env);
    proof_write_nonce(w, t, nonce);
    REQUIRE(transcript_grind_verify(t, bits, nonce));
}
