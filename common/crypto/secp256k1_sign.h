#ifndef COMMON_CRYPTO_SECP256K1_SIGN_H
#define COMMON_CRYPTO_SECP256K1_SIGN_H
/* Ethereum's signatures: recoverable ECDSA over secp256k1 with low s, and addresses.
 *
 * Threads:   any; no shared state (a signing context is made and blinded per call).
 * Secrets:   keys are read from the caller's memory and never copied out; callers wipe theirs. */

#include <stdint.h>

#include "common/base/err.h"

#define ECDSA_KEY_SIZE       32
#define ECDSA_SIGNATURE_SIZE 65 /* r (32) || s (32) || recovery id (1) */
#define ETH_ADDRESS_SIZE     20

/* A fresh valid private key. ERR_IO without randomness. */
MUST_CHECK enum err ecdsa_key_generate(uint8_t key[ECDSA_KEY_SIZE]);
/* Address of a private key. ERR_RANGE if it is 0 or not below the group order. */
MUST_CHECK enum err ecdsa_key_address(uint8_t address[ETH_ADDRESS_SIZE],
                                      const uint8_t key[ECDSA_KEY_SIZE]);
/* Uncompressed public key without its 0x04: x || y. */
MUST_CHECK enum err ecdsa_key_public(uint8_t public_key[64], const uint8_t key[ECDSA_KEY_SIZE]);
/* Deterministic (RFC 6979) signature of a 32-byte digest; recovery id 0 or 1, s in the lower half.
 * ERR_RANGE as above. */
MUST_CHECK enum err ecdsa_sign(uint8_t signature[ECDSA_SIGNATURE_SIZE],
                               const uint8_t key[ECDSA_KEY_SIZE], const uint8_t digest[32]);
/* Address that signed. Recovery id 0, 1, 27 or 28. ERR_SIGNATURE on any other, on high s, on r or s
 * out of range, or if no key fits. */
MUST_CHECK enum err ecdsa_recover_address(uint8_t address[ETH_ADDRESS_SIZE],
                                          const uint8_t signature[ECDSA_SIGNATURE_SIZE],
                                          const uint8_t digest[32]);
/* ERR_OK iff the signature is `address`'s. ERR_SIGNATURE otherwise. */
MUST_CHECK enum err ecdsa_check(const uint8_t address[ETH_ADDRESS_SIZE],
                                const uint8_t signature[ECDSA_SIGNATURE_SIZE],
                                const uint8_t digest[32]);
/* EIP-55 text "0x..." with 42 characters and a zero byte. */
void eth_address_format(char out[43], const uint8_t address[ETH_ADDRESS_SIZE]);

#endif
