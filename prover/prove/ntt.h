#ifndef PROVER_PROVE_NTT_H
#define PROVER_PROVE_NTT_H
/* Interleaved Reed-Solomon code words with their Merkle trees: the columns ("lanes") of a matrix
 * are coefficient vectors, a leaf is the values of all lanes at one point.
 *
 * The code word is computed coset by coset: coset c holds the points w^(c + 2^l i), so each is a
 * transform of the message's own length, hashed at once. The whole code word is kept: evaluating the
 * leaves that are opened from the message again was a sixth of a proof.
 *
 * Threads: rs_encode uses env's threads; a finished code is immutable.
 * Memory:  per leaf 4 * stride bytes and 64 for the tree.
 * Source:  docs/protocol/proof.md section 5. */
#include <stdbool.h>
#include <stdint.h>

#include "prover/prove/merkle.h"
#include "prover/prove/prove_env.h"

struct rs_code {
    uint32_t log_rows;     /* of the message */
    uint32_t log_inv_rate;
    size_t width, stride;  /* words of a leaf; words from row to row, a multiple of 16 */
    const kb *message;     /* borrowed while encoding */
    kb *rows;              /* the code word, coset by coset; owned */
    enum proof_profile profile;
    bool ext;              /* words are coefficients of extension elements, X^4 first */
    struct merkle_tree tree;
};

/* Encodes 2^log_rows rows of `width` words, `stride` apart (a multiple of 16, >= width; the words
 * between are encoded but not hashed). width <= RS_MAX_WIDTH; in the Poseidon profile a multiple of 8
 * (ext: of 5). False when memory is short. */
enum { RS_MAX_WIDTH = KB5_DEGREE << 8 };
bool rs_encode(struct rs_code *code, const kb *message, uint32_t log_rows, uint32_t log_inv_rate,
               size_t width, size_t stride, enum proof_profile profile, bool ext,
               const struct prove_env *env);
void rs_free(struct rs_code *code);

/* The 4 * width bytes of leaf n: its words, canonical big-endian. */
void rs_leaf(const struct rs_code *code, uint32_t n, uint8_t *out, const struct prove_env *env);

#endif
