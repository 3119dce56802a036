#ifndef COMMON_KZG_KZG_H
#define COMMON_KZG_KZG_H
/* Blobs of EIP-4844 and arithmetic modulo r, the order of BLS12-381's scalar field: c-kzg-4844 and blst
 * (sources of the npm package c-kzg) behind our own names. Elements are 32 bytes big-endian below r.
 *
 * Threads:   any; Ethereum's setup (part of the program) is loaded by the first call that needs it.
 * Time:      0.1 s once; commit and open 0.1 s each, check 2 ms; cell proofs 3 s once and 0.5 s each.
 * Lifetime:  the setup lives until the process ends.
 * Limits:    4096 elements a blob. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

enum { KZG_ELEMENTS = 4096, KZG_BLOB_BYTES = 4096 * 32, KZG_CELLS = 128 };

extern const uint8_t KZG_MODULUS[32]; /* r */

/* Loads what commitments and openings need, so that no later call has to. */
void kzg_warm_up(void);

/* x mod r of any 32 bytes. */
void kzg_reduce(uint8_t out[32], const uint8_t in[32]);
/* acc := acc z + v mod r; v may be any 32 bytes below 2^256. */
void kzg_horner(uint8_t acc[32], const uint8_t z[32], const uint8_t v[32]);

/* Blob of the polynomial whose coefficient of X^i is coefficients[i], i < n <= 4096; and back (all
 * 4096). ERR_ARG for an element >= r. */
MUST_CHECK enum err kzg_blob_from_coefficients(uint8_t blob[KZG_BLOB_BYTES],
                                               const uint8_t (*coefficients)[32], size_t n);
MUST_CHECK enum err kzg_coefficients_from_blob(uint8_t (*coefficients)[32],
                                               const uint8_t blob[KZG_BLOB_BYTES]);
/* ERR_ARG for an element >= r, ERR_NOMEM; so the next ones. */
MUST_CHECK enum err kzg_commit(uint8_t commitment[48], const uint8_t blob[KZG_BLOB_BYTES]);
void kzg_versioned_hash(uint8_t out[32], const uint8_t commitment[48]);
/* Opening at z: proof and value y. */
MUST_CHECK enum err kzg_open(uint8_t proof[48], uint8_t y[32], const uint8_t blob[KZG_BLOB_BYTES],
                             const uint8_t z[32]);
/* What the precompile 0x0a checks. ERR_MISMATCH, ERR_ARG for points or elements in no valid form. */
MUST_CHECK enum err kzg_check(const uint8_t commitment[48], const uint8_t z[32],
                              const uint8_t y[32], const uint8_t proof[48]);
/* KZG_CELLS cell proofs of EIP-7594, as a type 3 transaction carries them. */
MUST_CHECK enum err kzg_cell_proofs(uint8_t (*proofs)[48], const uint8_t blob[KZG_BLOB_BYTES]);
#endif
