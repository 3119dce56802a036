#ifndef TESTS_TRANSCRIPT_MODEL_H
#define TESTS_TRANSCRIPT_MODEL_H
/* The Poseidon profile written once more from docs/protocol/recursion.md section 1, slowly and on
 * its own: textbook permutation, canonical numbers, whole inputs as arrays. Shares nothing with the
 * code under test but the constants of the permutation. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model {
    uint32_t s[8];
    bool fresh;
};

void model_compress(uint32_t out[8], const uint32_t left[8], const uint32_t right[8]);

void model_init(struct model *m, const uint8_t id[32]);
void model_absorb_base(struct model *m, uint32_t label, const uint32_t *v, size_t n);
/* v: 5 n coefficients, X^0 first */
void model_absorb_ext(struct model *m, uint32_t label, const uint32_t *v, size_t n);
void model_sample(struct model *m, uint32_t out[5]);
void model_indices(struct model *m, uint32_t bits, uint32_t *out, size_t n);
bool model_grind(struct model *m, uint32_t bits, uint32_t nonce);

/* Digests of leaves; ext: 5 n coefficients. */
void model_leaf_base(uint32_t out[8], const uint32_t *v, size_t n);
void model_leaf_ext(uint32_t out[8], const uint32_t *v, size_t n);

#endif
