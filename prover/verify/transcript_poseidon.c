#include "prover/verify/transcript_poseidon.h"

#include <string.h>

#include "common/base/require.h"

/* Base elements one at a time into chunks of 8. */
struct feed {
    struct transcript *t;
    uint32_t chunk[POSEIDON_DIGEST];
    uint32_t fill;
};

static void feed_put(struct feed *f, uint32_t x)
{
    f->chunk[f->fill++] = x;
    if (f->fill < POSEIDON_DIGEST) return;
    poseidon_compress(f->t->s, f->t->s, f->chunk);
    f->fill = 0;
}

/* What was absorbed, and how much: the last element of an absorb of base elements. */
static uint32_t mark(uint32_t label, size_t n)
{
    REQUIRE(n > 0);
    REQUIRE(n < (size_t)1 << 16);
    REQUIRE(label < 1u << 14);
    return label << 16 | (uint32_t)n;
}

static void feed_end(struct feed *f, uint32_t label, size_t n)
{
    feed_put(f, mark(label, n));
    while (f->fill != 0)
        feed_put(f, 0);
    f->t->fresh = true;
}

void transcript_poseidon_init(struct transcript *t, const uint8_t program_id[32])
{
    static const uint32_t tag[POSEIDON_DIGEST] = {TAG_TRANSCRIPT};
    uint32_t id[POSEIDON_DIGEST];
    for (int i = 0; i < POSEIDON_DIGEST; i++) {
        const uint8_t *b = program_id + 4 * i;
        id[i] = ((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]) &
                0x3fffffff;
    }
    poseidon_compress(t->s, id, tag);
    t->fresh = false;
}

void transcript_poseidon_digests(struct transcript *t, uint32_t label, const uint8_t *data,
                                 size_t n)
{
    struct feed f = {.t = t};
    REQUIRE(n > 0);
    for (size_t i = 0; i < n; i++) {
        uint32_t digest[POSEIDON_DIGEST];
        REQUIRE(poseidon_digest_read(digest, data + 32 * i));
        for (int j = 0; j < POSEIDON_DIGEST; j++)
            feed_put(&f, digest[j]);
    }
    feed_end(&f, label, POSEIDON_DIGEST * n);
}

void transcript_poseidon_base(struct transcript *t, uint32_t label, const kb *v, size_t n)
{
    struct feed f = {.t = t};
    for (size_t i = 0; i < n; i++)
        feed_put(&f, kb_to_u32(v[i]));
    feed_end(&f, label, n);
}

void transcript_poseidon_ext(struct transcript *t, uint32_t label, const kb5 *v, size_t n)
{
    poseidon_chain_ext(t->s, v, n, mark(label, n));
    t->fresh = true;
}

static void step(struct transcript *t)
{
    static const uint32_t squeeze[POSEIDON_DIGEST] = {(uint32_t)LABEL_SQUEEZE << 16};
    poseidon_compress(t->s, t->s, squeeze);
}

/* A state that nothing was drawn from yet. */
static void draw(struct transcript *t)
{
    if (!t->fresh) step(t);
    t->fresh = false;
}

kb5 transcript_poseidon_sample(struct transcript *t)
{
    kb5 r;
    draw(t);
    for (int i = 0; i < KB5_DEGREE; i++)
        r.c[i] = kb_from_u32(t->s[i]);
    return r;
}

void transcript_poseidon_indices(struct transcript *t, uint32_t bits, uint32_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i % POSEIDON_DIGEST == 0) draw(t); /* a step from the second time on */
        out[i] = t->s[i % POSEIDON_DIGEST] & (((uint32_t)1 << bits) - 1);
    }
}

bool transcript_poseidon_grind(struct transcript *t, uint32_t bits, uint32_t nonce)
{
    struct feed f = {.t = t};
    REQUIRE(nonce < KB_P);
    feed_put(&f, nonce);
    feed_end(&f, LABEL_POW, 1);
    t->fresh = false;
    return (t->s[POSEIDON_DIGEST - 1] & (((uint32_t)1 << bits) - 1)) == 0;
}
