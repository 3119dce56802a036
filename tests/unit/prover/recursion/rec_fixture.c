#include "rec_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"

const struct rec_shape FX_SHAPE = {.poseidon = 8,
                                   .ext = 9,
                                   .pow = 7,
                                   .fold = 5,
                                   .pack = 8,
                                   .split = 7,
                                   .bits = 5,
                                   .constant = 9};
const struct rec_shape FX_TINY = {
    .poseidon = 6, .ext = 4, .pow = 3, .fold = 1, .pack = 4, .split = 3, .bits = 2, .constant = 6};

void fx_init(struct fx *f, const struct rec_shape *shape, uint64_t seed)
{
    memset(f, 0, sizeof *f);
    f->r = rec_new(shape);
    f->seed = seed;
}

void fx_deinit(struct fx *f)
{
    rec_free(f->r);
    free(f->advice);
}

uint32_t fx_random(struct fx *f)
{
    f->seed = f->seed * 6364136223846793005u + 1442695040888963407u;
    uint64_t z = f->seed ^ (f->seed >> 29);
    return (uint32_t)((z * 0xbf58476d1ce4e5b9u >> 33) % IR_P);
}

kb5 fx_random_ext(struct fx *f)
{
    kb5 x;
    for (int i = 0; i < 5; i++)
        x.c[i] = kb_from_u32(fx_random(f));
    return x;
}

void fx_random_word(struct fx *f, uint32_t w[8])
{
    for (int i = 0; i < 8; i++)
        w[i] = fx_random(f);
}

void fx_put(struct fx *f, const uint32_t *v, size_t n)
{
    if (f->n + n > f->cap) {
        f->cap = 2 * (f->n + n);
        f->advice = realloc(f->advice, f->cap * sizeof *f->advice);
        REQUIRE(f->advice != NULL);
    }
    memcpy(f->advice + f->n, v, n * sizeof *v);
    f->n += n;
}

static void put_ext(struct fx *f, kb5 v)
{
    uint32_t c[5];
    for (int i = 0; i < 5; i++)
        c[i] = kb_to_u32(v.c[i]);
    fx_put(f, c, 5);
}

rec_ext fx_ext(struct fx *f, kb5 v)
{
    rec_ext zero = rec_const(f->r, 0), e[3] = {zero, zero, zero};
    rec_word out[2];
    rec_pack(f->r, e, (bool[3]){true, false, false}, 0, out);
    put_ext(f, v);
    return e[0];
}

rec_word fx_word(struct fx *f, const uint32_t w[8])
{
    rec_word right;
    rec_compress_advice(f->r, rec_const_word(f->r, (uint32_t[8]){0}), &right);
    fx_put(f, w, 8);
    return right;
}

rec_base fx_base(struct fx *f, uint32_t v, uint32_t i)
{
    uint32_t w[8];
    fx_random_word(f, w);
    w[i] = v;
    return rec_element_base(f->r, fx_word(f, w), i);
}

void fx_expect_ext(struct fx *f, rec_ext e, kb5 v)
{
    rec_assert_eq(f->r, e, fx_ext(f, v));
}

void fx_expect_word(struct fx *f, rec_word w, const uint32_t v[8])
{
    rec_assert_word_eq(f->r, w, fx_word(f, v));
}

void fx_finish(struct fx *f)
{
    for (uint32_t i = 0; i < REC_PUBLIC_WORDS; i++)
        if (!f->public_done[i]) rec_public(f->r, i, rec_const_word(f->r, (uint32_t[8]){0}));
    rec_finish(f->r);
    REQUIRE(rec_rows(f->r).advice == f->n);
}

enum err fx_run(struct fx *f, struct ir_trace **out)
{
    struct ir_trace *tr = NULL;
    f->check[0] = 0;
    enum err err = rec_run(f->r, f->advice, f->n, &tr, f->check, sizeof f->check);
    if (err != ERR_OK) return err;
    if (out != NULL) {
        *out = tr;
        return ERR_OK;
    }
    char text[512];
    err = ir_mock_check(tr, text, sizeof text);
    if (err != ERR_OK) {
        printf("mock: %s\n", text);
        memcpy(f->check, "mock", sizeof "mock");
    }
    ir_trace_free(tr);
    return err;
}

uint32_t (*fx_tree(struct fx *f, uint32_t depth))[8]
{
    uint32_t(*nodes)[8] = calloc(2u << depth, sizeof *nodes);
    REQUIRE(nodes != NULL);
    for (uint32_t i = 1u << depth; i < 2u << depth; i++)
        fx_random_word(f, nodes[i]);
    for (uint32_t i = (1u << depth) - 1; i > 0; i--)
        poseidon_compress(nodes[i], nodes[2 * i], nodes[2 * i + 1]);
    return nodes;
}

void fx_put_path(struct fx *f, uint32_t (*nodes)[8], uint32_t depth, uint32_t index)
{
    for (uint32_t at = (1u << depth) + index; at > 1; at /= 2)
        fx_put(f, nodes[at ^ 1], 8);
}
