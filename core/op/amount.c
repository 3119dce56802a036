#include "core/op/amount.h"

#include <string.h>

#include "common/base/require.h"
#include "common/base/u256.h"

typedef unsigned __int128 u128;

static const u128 amount_limit = (u128)1 << 112;

static struct amount amount_of(u128 v)
{
    return (struct amount){(uint64_t)v, (uint64_t)(v >> 64)};
}

enum err amount_from_u128(struct amount *out, u128 v)
{
    if (v >= amount_limit) return ERR_OVERFLOW;
    *out = amount_of(v);
    return ERR_OK;
}

bool amount_is_valid(struct amount a)
{
    return a.hi >> 48 == 0;
}

int amount_cmp(struct amount a, struct amount b)
{
    u128 x = amount_value(a), y = amount_value(b);
    return x < y ? -1 : x > y;
}

enum err amount_add(struct amount *r, struct amount a, struct amount b)
{
    return amount_from_u128(r, amount_value(a) + amount_value(b)); /* both < 2^112 */
}

enum err amount_sub(struct amount *r, struct amount a, struct amount b)
{
    if (amount_cmp(a, b) < 0) return ERR_OVERFLOW;
    *r = amount_of(amount_value(a) - amount_value(b));
    return ERR_OK;
}

enum err amount_mul_div_floor(struct amount *q, struct amount *rem, struct amount a,
                              struct amount b, struct amount c)
{
    struct u256 x = u256_from_u128(amount_value(a)), y = u256_from_u128(amount_value(b)),
                z = u256_from_u128(amount_value(c)), product, quotient, remainder;
    u128 q128, rem128;
    ERR_TRY(u256_mul(&product, &x, &y));
    ERR_TRY(u256_divmod(&quotient, &remainder, &product, &z));
    if (u256_to_u128(&q128, &quotient) != ERR_OK || q128 >= amount_limit) return ERR_OVERFLOW;
    ERR_TRY(u256_to_u128(&rem128, &remainder));
    *q = amount_of(q128);
    if (rem) *rem = amount_of(rem128);
    return ERR_OK;
}

enum err amount_mul_div_ceil(struct amount *q, struct amount a, struct amount b, struct amount c)
{
    struct amount floor, rem;
    ERR_TRY(amount_mul_div_floor(&floor, &rem, a, b, c));
    return amount_from_u128(q, amount_value(floor) + (amount_is_zero(rem) ? 0 : 1));
}

void amount_to_limbs(uint32_t limbs[AMOUNT_LIMBS], struct amount a)
{
    u128 v = amount_value(a);
    for (int i = 0; i < AMOUNT_LIMBS; i++, v >>= 16) limbs[i] = (uint32_t)(v & 0xffff);
}

enum err amount_from_limbs(struct amount *out, const uint32_t limbs[AMOUNT_LIMBS])
{
    u128 v = 0;
    for (int i = AMOUNT_LIMBS - 1; i >= 0; i--) {
        if (limbs[i] >> 16) return ERR_RANGE;
        v = v << 16 | limbs[i];
    }
    *out = amount_of(v);
    return ERR_OK;
}

void amount_to_be(uint8_t out[AMOUNT_BYTES], struct amount a)
{
    u128 v = amount_value(a);
    for (int i = AMOUNT_BYTES - 1; i >= 0; i--, v >>= 8) out[i] = (uint8_t)v;
}

void amount_from_be(struct amount *out, const uint8_t in[AMOUNT_BYTES])
{
    u128 v = 0;
    for (int i = 0; i < AMOUNT_BYTES; i++) v = v << 8 | in[i];
    *out = amount_of(v);
}

uint32_t amount_to_le(uint8_t out[AMOUNT_BYTES], struct amount a)
{
    u128 v = amount_value(a);
    uint32_t n = 1;
    for (uint32_t i = 0; i < AMOUNT_BYTES; i++, v >>= 8) {
        out[i] = (uint8_t)v;
        if (out[i]) n = i + 1;
    }
    return n;
}

void amount_from_le(struct amount *out, const uint8_t *in, uint32_t n)
{
    u128 v = 0;
    REQUIRE(n <= AMOUNT_BYTES);
    for (uint32_t i = n; i > 0; i--) v = v << 8 | in[i - 1];
    *out = amount_of(v);
}

void amount_to_decimal(char out[AMOUNT_DECIMAL_MAX + 1], struct amount a)
{
    char text[U256_DECIMAL_MAX + 1];
    struct u256 v = u256_from_u128(amount_value(a));
    size_t n = u256_to_decimal(text, &v);
    REQUIRE(n <= AMOUNT_DECIMAL_MAX);
    memcpy(out, text, n + 1);
}

enum err amm_swap(struct amm_result *out, struct amount a0, uint32_t fee_bps, struct amount r0,
                  struct amount r1)
{
    struct amm_result r;
    struct amount sum, fee_rem;
    if (fee_bps >= 10000) return ERR_RANGE;
    ERR_TRY(amount_mul_div_floor(&r.a0_net, &fee_rem, a0, amount_from_u64(10000 - fee_bps),
                                 amount_from_u64(10000)));
    r.fee_rem = (uint32_t)fee_rem.lo;
    ERR_TRY(amount_add(&sum, r0, r.a0_net));
    ERR_TRY(amount_mul_div_floor(&r.a1, &r.rem, r.a0_net, r1, sum));
    *out = r;
    return ERR_OK;
}
