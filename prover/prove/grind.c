#include "prover/prove/grind.h"

#include <string.h>

#include "common/base/require.h"
#include "prover/prove/keccak_wide.h"

enum { BATCH = 64, CHUNK = 1 << 13, INPUT = 40 };
#define NOT_FOUND UINT64_MAX

struct search {
    const struct transcript *t;
    const struct keccak_wide_ops *keccak;
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

static void search_chunk(void *ctx, size_t chunk)
{
    struct search *s = ctx;
    uint8_t in[BATCH * INPUT], out[BATCH * 32];
    for (int i = 0; i < BATCH; i++)
        memcpy(in + i * INPUT, s->t->state, 32);
    s->found[chunk] = NOT_FOUND;
    const uint64_t first = s->base + chunk * CHUNK;
    for (uint64_t nonce = first; nonce < first + CHUNK; nonce += BATCH) {
        for (uint64_t i = 0; i < BATCH; i++)
            for (uint64_t b = 0; b < 8; b++)
                in[i * INPUT + 32 + b] = (uint8_t)((nonce + i) >> (56 - 8 * b));
        s->keccak->hash(out, in, INPUT, INPUT, BATCH);
        for (uint64_t i = 0; i < BATCH; i++) {
            if (top_word(out + 32 * i) >> (64 - s->bits) != 0) continue;
            s->found[chunk] = nonce + i;
            return;
        }
    }
}

uint64_t grind_search(const struct transcript *t, uint32_t bits, const struct prove_env *env)
{
    REQUIRE(bits > 0 && bits <= TRANSCRIPT_GRIND_BITS_MAX);
    struct search s = {.t = t, .keccak = env->keccak, .bits = bits};
    /* Small searches end within one chunk: threads would cost more than they bring. */
    const size_t n = bits <= 12 ? 1 : parallel_workers(env->threads);
    for (;; s.base += (uint64_t)n * CHUNK) {
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
