#ifndef COMMON_CRYPTO_KECCAK256_H
#define COMMON_CRYPTO_KECCAK256_H
/* Keccak-256 as Ethereum uses it (padding 0x01, not SHA3's 0x06). Own code; tests compare it with
 * nettle and with published vectors.
 *
 * Threads:   one thread per object; the functions are pure.
 * Source:    The Keccak reference, version 3.0 (2011), rate 1088, capacity 512. */

#include <stddef.h>
#include <stdint.h>

#define KECCAK256_SIZE 32
#define KECCAK256_RATE 136

struct keccak256 {
    uint64_t lane[25];
    size_t pos; /* bytes absorbed into the current block, < KECCAK256_RATE */
};

void keccak256_init(struct keccak256 *k);
void keccak256_update(struct keccak256 *k, const void *data, size_t len);
/* The object is wiped; init starts a new one. */
void keccak256_final(struct keccak256 *k, uint8_t out[KECCAK256_SIZE]);
/* data may be NULL iff len is 0. out may overlap data. */
void keccak256(uint8_t out[KECCAK256_SIZE], const void *data, size_t len);
/* The permutation Keccak-f[1600]; lane[x + 5*y]. */
void keccak_f1600(uint64_t lane[25]);

#endif
