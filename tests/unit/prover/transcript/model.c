#include "model.h"

#include <check.h>
#include <string.h>

#include "common/field/poseidon16.h"

#define P 0x7f000001u

void model_compress(uint32_t out[8], const uint32_t left[8], const uint32_t right[8])
{
    uint32_t state[16], feed[8];
    for (int i = 0; i < 8; i++) {
        state[i] = feed[i] = left[i];
        state[8 + i] = right[i];
    }
    poseidon16_permute_textbook(state);
    for (int i = 0; i < 8; i++)
        out[i] = (uint32_t)(((uint64_t)state[i] + feed[i]) % P);
}

static void chain(uint32_t s[8], const uint32_t *in, size_t n)
{
    ck_assert_uint_eq(n % 8, 0);
    for (size_t i = 0; i < n; i += 8)
        model_compress(s, s, in + i);
}

void model_init(struct model *m, const uint8_t id[32])
{
    uint32_t words[8], tag[8] = {1048576};
    for (int i = 0; i < 8; i++)
        words[i] = (id[4 * i] * 0x1000000u + id[4 * i + 1] * 0x10000u + id[4 * i + 2] * 0x100u +
                    id[4 * i + 3]) %
                   0x40000000u;
    model_compress(m->s, words, tag);
    m->fresh = false;
}

void model_absorb_base(struct model *m, uint32_t label, const uint32_t *v, size_t n)
{
    uint32_t all[4096] = {0};
    ck_assert_uint_lt(n, 4000);
    memcpy(all, v, n * sizeof *v);
    all[n] = label * 65536 + (uint32_t)n;
    chain(m->s, all, (n + 1 + 7) / 8 * 8);
    m->fresh = true;
}

static void chain_ext(uint32_t s[8], const uint32_t *v, size_t n, uint32_t last)
{
    for (size_t group = 0; 3 * group < n; group++) {
        uint32_t e[16] = {0};
        for (size_t i = 0; i < 15; i++)
            if (15 * group + i < 5 * n) e[i] = v[15 * group + i];
        e[15] = last;
        chain(s, e, 16);
    }
}

void model_absorb_ext(struct model *m, uint32_t label, const uint32_t *v, size_t n)
{
    chain_ext(m->s, v, n, label * 65536 + (uint32_t)n);
    m->fresh = true;
}

static void step(struct model *m)
{
    uint32_t chunk[8] = {13 * 65536};
    chain(m->s, chunk, 8);
}

void model_sample(struct model *m, uint32_t out[5])
{
    if (!m->fresh) step(m);
    m->fresh = false;
    memcpy(out, m->s, 5 * sizeof *out);
}

void model_indices(struct model *m, uint32_t bits, uint32_t *out, size_t n)
{
    if (!m->fresh) step(m);
    for (size_t done = 0;;) {
        for (size_t j = 0; j < 8 && done < n; j++)
            out[done++] = m->s[j] % ((uint32_t)1 << bits);
        if (done == n) break;
        step(m);
    }
    m->fresh = false;
}

bool model_grind(struct model *m, uint32_t bits, uint32_t nonce)
{
    model_absorb_base(m, 11, &nonce, 1);
    m->fresh = false;
    return m->s[7] % ((uint32_t)1 << bits) == 0;
}

void model_leaf_base(uint32_t out[8], const uint32_t *v, size_t n)
{
    const uint32_t start[8] = {1048577, (uint32_t)n};
    memcpy(out, start, sizeof start);
    chain(out, v, n);
}

void model_leaf_ext(uint32_t out[8], const uint32_t *v, size_t n)
{
    const uint32_t start[8] = {1048578, (uint32_t)n};
    memcpy(out, start, sizeof start);
    chain_ext(out, v, n, 0);
}
