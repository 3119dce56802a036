#ifndef CORE_OP_AMOUNT_H
#define CORE_OP_AMOUNT_H
/* Amounts below 2^112 and the arithmetic of the rules on them. The rounding is in the name.
 *
 * Threads: pure. Errors: every operation that can leave 0 .. 2^112-1 says so and writes nothing. */
#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "core/op/op.h"

#define AMOUNT_ZERO ((struct amount){0, 0})
#define AMOUNT_MAX ((struct amount){UINT64_MAX, ((uint64_t)1 << 48) - 1})
#define AMOUNT_LIMBS 7
#define AMOUNT_BYTES 14
#define AMOUNT_DECIMAL_MAX 34

static inline struct amount amount_from_u64(uint64_t v)
{
    return (struct amount){v, 0};
}
static inline unsigned __int128 amount_value(struct amount a)
{
    return (unsigned __int128)a.hi << 64 | a.lo;
}
static inline bool amount_is_zero(struct amount a)
{
    return a.lo == 0 && a.hi == 0;
}
/* ERR_OVERFLOW from 2^112 on. */
MUST_CHECK enum err amount_from_u128(struct amount *out, unsigned __int128 v);
/* hi < 2^48. */
bool amount_is_valid(struct amount a);
int amount_cmp(struct amount a, struct amount b);
MUST_CHECK enum err amount_add(struct amount *r, struct amount a, struct amount b);
MUST_CHECK enum err amount_sub(struct amount *r, struct amount a, struct amount b);
/* a * b / c with the exact product; ERR_DIV_ZERO, ERR_OVERFLOW. rem (may be NULL) of the floor. */
MUST_CHECK enum err amount_mul_div_floor(struct amount *q, struct amount *rem, struct amount a,
                                         struct amount b, struct amount c);
MUST_CHECK enum err amount_mul_div_ceil(struct amount *q, struct amount a, struct amount b,
                                        struct amount c);
/* 16-bit limbs, least significant first. */
void amount_to_limbs(uint32_t limbs[AMOUNT_LIMBS], struct amount a);
/* ERR_RANGE if a limb is >= 2^16. */
MUST_CHECK enum err amount_from_limbs(struct amount *out, const uint32_t limbs[AMOUNT_LIMBS]);
void amount_to_be(uint8_t out[AMOUNT_BYTES], struct amount a);
void amount_from_be(struct amount *out, const uint8_t in[AMOUNT_BYTES]);
/* Shortest little-endian form: returns n = 1..14 (1 for zero). */
uint32_t amount_to_le(uint8_t out[AMOUNT_BYTES], struct amount a);
void amount_from_le(struct amount *out, const uint8_t *in, uint32_t n);
/* Digits and a zero byte. */
void amount_to_decimal(char out[AMOUNT_DECIMAL_MAX + 1], struct amount a);

/* The swap formula (REQ-OP, "Swap, as a pair"): a0' and a1 with their remainders. ERR_OVERFLOW if
 * r0 + a0' leaves 2^112, ERR_DIV_ZERO if it is 0. fee_bps < 10000. */
struct amm_result {
    struct amount a0_net;   /* floor(a0 (10000 - fee) / 10000) */
    uint32_t fee_rem;       /* < 10000 */
    struct amount a1, rem;  /* a0' r1 = a1 (r0 + a0') + rem */
};
MUST_CHECK enum err amm_swap(struct amm_result *out, struct amount a0, uint32_t fee_bps,
                             struct amount r0, struct amount r1);
#endif
