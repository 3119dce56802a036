#ifndef TESTS_UNIT_PROVER_RECURSION_REC_FIXTURE_H
#define TESTS_UNIT_PROVER_RECURSION_REC_FIXTURE_H
/* A program under construction beside the advice that it will be run with. */
#include "prover/recursion/rec.h"

struct fx {
    struct rec *r;
    uint32_t *advice;
    size_t n, cap;
    uint64_t seed;
    bool public_done[REC_PUBLIC_WORDS];
    char check[64];
};

/* 2^8 compressions and elements, few of the others. */
extern const struct rec_shape FX_SHAPE;
/* The least shape that holds one of everything. */
extern const struct rec_shape FX_TINY;

void fx_init(struct fx *f, const struct rec_shape *shape, uint64_t seed);
void fx_deinit(struct fx *f);

uint32_t fx_random(struct fx *f); /* < p */
kb5 fx_random_ext(struct fx *f);
void fx_random_word(struct fx *f, uint32_t w[8]);

/* An element or a word from advice. */
void fx_put(struct fx *f, const uint32_t *v, size_t n);
rec_ext fx_ext(struct fx *f, kb5 v);
rec_word fx_word(struct fx *f, const uint32_t w[8]);
/* A base element: element i of a word from advice. */
rec_base fx_base(struct fx *f, uint32_t v, uint32_t i);
void fx_expect_ext(struct fx *f, rec_ext e, kb5 v);
void fx_expect_word(struct fx *f, rec_word w, const uint32_t v[8]);

/* Publishes zeros where nothing is published, and finishes. */
void fx_finish(struct fx *f);
/* Runs; *out may be NULL: then the trace goes through the mock checker (a failure is printed). */
enum err fx_run(struct fx *f, struct ir_trace **out);

/* A Merkle tree of 2^depth random words; nodes[1] is the root, nodes[2^depth + i] a leaf. */
uint32_t (*fx_tree(struct fx *f, uint32_t depth))[8];
/* The siblings of leaf `index` into the advice. */
void fx_put_path(struct fx *f, uint32_t (*nodes)[8], uint32_t depth, uint32_t index);
#endif
