#include "core/op/packed.h"

#include "core/op/amount.h"

typedef unsigned __int128 u128;

enum { AMOUNT_MANTISSA_BITS = 35, FEE_MANTISSA_BITS = 11, EXPONENTS = 32 };

static const u128 value_max = ((u128)1 << 112) - 1;

static enum err unpack(struct amount *out, uint64_t bits)
{
    u128 v = bits >> 5;
    for (uint64_t e = bits & 31; e > 0 && v > 0; e--) {
        if (v > value_max / 10) return ERR_OVERFLOW;
        v *= 10;
    }
    return amount_from_u128(out, v);
}

enum err packed_amount_value(struct amount *out, struct packed_amount p)
{
    if (p.bits >> (AMOUNT_MANTISSA_BITS + 5)) return ERR_RANGE;
    return unpack(out, p.bits);
}

enum err packed_fee_value(struct amount *out, struct packed_fee f)
{
    return unpack(out, f.bits);
}

/* 10^31 * 2^11 > 2^112, so an exponent below 32 always suffices. */
static uint64_t pack_floor(struct amount a, unsigned mantissa_bits)
{
    u128 v = amount_value(a);
    uint64_t e = 0;
    while (v >> mantissa_bits) {
        v /= 10;
        e++;
    }
    return (uint64_t)v << 5 | e;
}

struct packed_amount packed_amount_floor(struct amount a)
{
    return (struct packed_amount){pack_floor(a, AMOUNT_MANTISSA_BITS)};
}

struct packed_fee packed_fee_floor(struct amount a)
{
    return (struct packed_fee){(uint16_t)pack_floor(a, FEE_MANTISSA_BITS)};
}

enum err packed_amount_exact(struct packed_amount *out, struct amount a)
{
    struct packed_amount p = packed_amount_floor(a);
    struct amount back;
    ERR_TRY(packed_amount_value(&back, p));
    if (amount_cmp(a, back) != 0) return ERR_RANGE;
    *out = p;
    return ERR_OK;
}

enum err packed_fee_exact(struct packed_fee *out, struct amount a)
{
    struct packed_fee f = packed_fee_floor(a);
    struct amount back;
    ERR_TRY(packed_fee_value(&back, f));
    if (amount_cmp(a, back) != 0) return ERR_RANGE;
    *out = f;
    return ERR_OK;
}
