#ifndef COMMON_BASE_U256_H
#define COMMON_BASE_U256_H
/* Unsigned 256-bit integers with checked arithmetic.
 *
 * Threads:   pure.
 * Use:       every operation that can leave the range says so (ERR_OVERFLOW, ERR_DIV_ZERO) and then
 *            writes nothing. Results may alias operands. Not constant time: no secrets. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

/* limb[0] is the least significant. */
struct u256 {
    uint64_t limb[4];
};

#define U256_ZERO        ((struct u256){{0, 0, 0, 0}})
#define U256_DECIMAL_MAX 78 /* digits of 2^256 - 1 */

static inline struct u256 u256_from_u64(uint64_t v)
{
    return (struct u256){{v, 0, 0, 0}};
}

static inline struct u256 u256_from_u128(unsigned __int128 v)
{
    return (struct u256){{(uint64_t)v, (uint64_t)(v >> 64), 0, 0}};
}

/* -1, 0 or 1 as a <, =, > b. */
int u256_cmp(const struct u256 *a, const struct u256 *b);
bool u256_is_zero(const struct u256 *a);
/* Number of the highest set bit plus one; 0 for zero. */
unsigned u256_bit_length(const struct u256 *a);

MUST_CHECK enum err u256_add(struct u256 *r, const struct u256 *a, const struct u256 *b);
MUST_CHECK enum err u256_sub(struct u256 *r, const struct u256 *a, const struct u256 *b);
MUST_CHECK enum err u256_mul(struct u256 *r, const struct u256 *a, const struct u256 *b);
/* a = q*b + rem, rem < b. q or rem may be NULL. */
MUST_CHECK enum err u256_divmod(struct u256 *q, struct u256 *rem, const struct u256 *a,
                                const struct u256 *b);
/* floor(a*b/c) and ceil(a*b/c) with the product taken in 512 bits. */
MUST_CHECK enum err u256_mul_div_floor(struct u256 *r, const struct u256 *a, const struct u256 *b,
                                       const struct u256 *c);
MUST_CHECK enum err u256_mul_div_ceil(struct u256 *r, const struct u256 *a, const struct u256 *b,
                                      const struct u256 *c);
/* Bits shifted out are lost. n < 256. */
void u256_shl(struct u256 *r, const struct u256 *a, unsigned n);
void u256_shr(struct u256 *r, const struct u256 *a, unsigned n);

/* ERR_RANGE when it does not fit. */
MUST_CHECK enum err u256_to_u64(uint64_t *out, const struct u256 *a);
MUST_CHECK enum err u256_to_u128(unsigned __int128 *out, const struct u256 *a);
void u256_to_be(uint8_t out[32], const struct u256 *a);
/* len <= 32 bytes, shorter ones are extended with zeros on the left; else ERR_RANGE. */
MUST_CHECK enum err u256_from_be(struct u256 *out, const uint8_t *in, size_t len);

/* Digits and a zero byte; returns the number of digits. */
size_t u256_to_decimal(char out[U256_DECIMAL_MAX + 1], const struct u256 *a);
/* Digits only, at least one, no leading zero except "0"; ERR_PARSE, ERR_OVERFLOW. */
MUST_CHECK enum err u256_from_decimal(struct u256 *out, const char *text, size_t len);
/* "0x" and the shortest lower-case hex, "0x0" for zero (an Ethereum quantity). 67 bytes. */
size_t u256_to_quantity(char out[67], const struct u256 *a);
/* "0x" and 1..64 hex digits of either case; leading zeros are accepted. */
MUST_CHECK enum err u256_from_quantity(struct u256 *out, const char *text, size_t len);

#endif
