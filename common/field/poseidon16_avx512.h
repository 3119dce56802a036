#ifndef COMMON_FIELD_POSEIDON16_AVX512_H
#define COMMON_FIELD_POSEIDON16_AVX512_H
/* Sixteen Poseidon permutations at once. Only poseidon16.c includes this file.
 *
 * Threads: pure functions. */
#include <stdbool.h>
#include <stdint.h>

/* Whether this CPU has AVX-512 F, DQ and IFMA. */
bool poseidon16_avx512_usable(void);
/* s[i][lane] = element i of permutation `lane`, canonical in and out, 64-byte aligned. */
void poseidon16_permute_lanes(uint32_t s[16][16]);
/* s = compress(s, in) in every lane; in[k] = sixteen words, 64-byte aligned. */
void poseidon16_compress_lanes(uint32_t s[8][16], const uint32_t *const in[8]);

#endif
