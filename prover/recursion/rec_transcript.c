#include "prover/recursion/rec_transcript.h"

#include "common/base/require.h"
#include "common/field/poseidon16.h"

uint32_t rec_transcript_mark(uint32_t label, size_t n)
{
    REQUIRE(n > 0);
    REQUIRE(n < (size_t)1 << 16);
    REQUIRE(label < 1u << 14);
    return label << 16 | (uint32_t)n;
}

/* [first, 0 x7] */
static rec_word padded(struct rec *r, uint32_t first)
{
    const uint32_t v[POSEIDON_DIGEST] = {first};
    return rec_const_word(r, v);
}

void rec_transcript_init(struct rec_transcript *t, struct rec *r, const uint8_t program_id[32])
{
    static const uint32_t tag[POSEIDON_DIGEST] = {TAG_TRANSCRIPT};
    uint32_t id[POSEIDON_DIGEST];
    for (int i = 0; i < POSEIDON_DIGEST; i++) {
        const uint8_t *b = program_id + 4 * i;
        id[i] =
            ((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]) & 0x3fffffff;
    }
    poseidon_compress(id, id, tag);
    *t = (struct rec_transcript){.r = r, .s = rec_const_word(r, id)};
}

void rec_transcript_absorb_words(struct rec_transcript *t, uint32_t label, const rec_word *w,
                                 uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        t->s = rec_compress(t->r, t->s, w[i]);
    uint32_t mark = rec_transcript_mark(label, (size_t)POSEIDON_DIGEST * n);
    t->s = rec_compress(t->r, t->s, padded(t->r, mark));
    t->fresh = true;
}

void rec_transcript_absorb_padded(struct rec_transcript *t, const rec_word *w, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        t->s = rec_compress(t->r, t->s, w[i]);
    t->fresh = true;
}

rec_word rec_transcript_absorb_digest(struct rec_transcript *t, uint32_t label)
{
    rec_word digest;
    t->s = rec_compress_advice(t->r, t->s, &digest);
    t->s = rec_compress(t->r, t->s, padded(t->r, rec_transcript_mark(label, POSEIDON_DIGEST)));
    t->fresh = true;
    return digest;
}

rec_word rec_chain_ext(struct rec *r, rec_word s, rec_ext *out, size_t n, uint32_t last)
{
    for (size_t i = 0; i < n; i += 3) {
        rec_ext e[3];
        bool advice[3];
        rec_word chunk[2];
        for (size_t j = 0; j < 3; j++) {
            advice[j] = i + j < n;
            if (!advice[j]) e[j] = rec_const(r, 0);
        }
        rec_pack(r, e, advice, last, chunk);
        s = rec_compress(r, s, chunk[0]);
        s = rec_compress(r, s, chunk[1]);
        for (size_t j = 0; j < 3 && i + j < n; j++)
            out[i + j] = e[j];
    }
    return s;
}

void rec_transcript_absorb_ext(struct rec_transcript *t, uint32_t label, rec_ext *out, size_t n)
{
    t->s = rec_chain_ext(t->r, t->s, out, n, rec_transcript_mark(label, n));
    t->fresh = true;
}

/* A state that nothing was drawn from yet. */
static void draw(struct rec_transcript *t)
{
    if (!t->fresh) t->s = rec_compress(t->r, t->s, padded(t->r, (uint32_t)LABEL_SQUEEZE << 16));
    t->fresh = false;
}

rec_ext rec_transcript_sample(struct rec_transcript *t)
{
    draw(t);
    return rec_challenge(t->r, t->s);
}

void rec_transcript_indices(struct rec_transcript *t, uint32_t bits, rec_index *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t j = i % POSEIDON_DIGEST;
        if (j == 0) draw(t); /* a step from the second time on */
        out[i] = rec_index_of(t->r, rec_element_base(t->r, t->s, j), bits);
    }
}

/* The chunk [nonce, mark, 0 x6]: a pack whose first element is nonce + mark X, the others zero. */
rec_base rec_transcript_nonce(struct rec_transcript *t)
{
    const uint32_t mark[POSEIDON_DIGEST] = {0, rec_transcript_mark(LABEL_POW, 1)};
    const bool advice[3] = {true, false, false};
    rec_ext e[3];
    rec_word chunk[2];
    e[1] = e[2] = rec_const(t->r, 0);
    rec_pack(t->r, e, advice, 0, chunk);
    rec_ext nonce = rec_element(t->r, chunk[0], 0);
    rec_ext mark_x = rec_challenge(t->r, rec_const_word(t->r, mark));
    rec_assert_eq(t->r, e[0], rec_add(t->r, nonce, mark_x));
    t->s = rec_compress(t->r, t->s, chunk[0]);
    t->fresh = false;
    return rec_element_base(t->r, t->s, POSEIDON_DIGEST - 1);
}

void rec_transcript_grind(struct rec_transcript *t, uint32_t bits)
{
    if (bits > 0) rec_assert_low_bits_zero(t->r, rec_transcript_nonce(t), bits);
}
