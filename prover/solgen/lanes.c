#include "prover/solgen/lanes.h"

#include <stdio.h>

#include "common/base/require.h"

/* Coefficient k of a product of two polynomials of degree 4, reduced by X^5 = 1 - X^2, is a sum of
 * so many products a_i b_j with sign + and with sign - (h_n has min(n + 1, 9 - n) products):
 * c0 = h0 + h5 - h8, c1 = h1 + h6, c2 = h2 - h5 + h7 + h8, c3 = h3 - h6 + h8, c4 = h4 - h7. */
static const uint64_t lane_plus[LANES] = {5, 5, 6, 5, 5}, lane_minus[LANES] = {1, 0, 4, 3, 2};

void lanes_hex(char out[LANE_HEX], const uint64_t lane[LANES])
{
    uint8_t bit[256] = {0};
    for (int i = 0; i < LANES; i++) {
        REQUIRE(lane[i] <= LANE_TOP);
        for (int j = 0; j < LANE_BITS; j++)
            bit[LANE_BITS * i + j] = (uint8_t)(lane[i] >> j & 1);
    }
    char *p = out;
    *p++ = '0';
    *p++ = 'x';
    for (int i = 63; i >= 0; i--) {
        int d = bit[4 * i] + 2 * bit[4 * i + 1] + 4 * bit[4 * i + 2] + 8 * bit[4 * i + 3];
        if (d != 0 || p != out + 2 || i == 0) *p++ = "0123456789abcdef"[d];
    }
    *p = 0;
}

void lanes_hex_all(char out[LANE_HEX], uint64_t lane)
{
    const uint64_t l[LANES] = {lane, lane, lane, lane, lane};
    lanes_hex(out, l);
}

uint64_t lane_multiple(uint64_t bound)
{
    return (bound + LANE_P - 1) / LANE_P * LANE_P;
}

uint32_t lane_cover_log(uint64_t bound)
{
    uint32_t k = 0;
    while (k < LANE_COVERS && LANE_P << k < bound)
        k++;
    return k;
}

uint64_t lane_cover(uint64_t bound)
{
    return LANE_P << lane_cover_log(bound);
}

void lanes_offset(uint64_t lane[LANES])
{
    for (int i = 0; i < LANES; i++)
        lane[i] = lane_multiple(lane_minus[i] * LANE_RED * LANE_HIGH);
}

void lanes_dot_offset(uint64_t lane[LANES])
{
    for (int i = 0; i < LANES; i++)
        lane[i] = lane_multiple(lane_minus[i] * LANE_DOT_MAX * LANE_RED * 2047);
}

void lanes_check(void)
{
    /* f_red: q = floor(c t / 2^30), t = floor(x / 2^24) gives x/p - 1 - 2^24/p - x (2^54 mod p) /
     * (2^54 p) < q <= x/p. The product c t stays in its lane and q in 21 bits. */
    const uint64_t two54 = UINT64_C(1) << 54;
    REQUIRE(LANE_RED_FACTOR == two54 / LANE_P);
    REQUIRE(LANE_P + (UINT64_C(1) << 24) + (two54 % LANE_P) / 8 + 1 <= LANE_RED);
    REQUIRE(LANE_RED_FACTOR * ((UINT64_C(1) << 27) - 1) <= LANE_TOP);
    REQUIRE(LANE_TOP / LANE_P < UINT64_C(1) << 21);
    REQUIRE(LANE_P << (LANE_COVERS - 1) <= LANE_TOP);
    REQUIRE(LANE_P << LANE_COVERS > LANE_TOP);
    /* f_mul: the product with the high half, the product with the low half plus 2^16 times the
     * reduced former plus the summand. Overflow of the checks themselves: all factors < 2^64. */
    uint64_t offset[LANES];
    lanes_offset(offset);
    for (int i = 0; i < LANES; i++) {
        REQUIRE(offset[i] % LANE_P == 0);
        REQUIRE(offset[i] >= lane_minus[i] * LANE_RED * LANE_HIGH);
        REQUIRE(offset[i] + lane_plus[i] * LANE_RED * LANE_HIGH <= LANE_TOP);
        REQUIRE(LANE_HIGH >= 65535);
        REQUIRE(offset[i] + lane_plus[i] * LANE_RED * 65535 + (LANE_RED << 16) + LANE_MULADD_C <=
                LANE_TOP);
    }
    lanes_dot_offset(offset);
    for (int i = 0; i < LANES; i++) {
        REQUIRE(offset[i] >= lane_minus[i] * LANE_DOT_MAX * LANE_RED * 2047);
        REQUIRE(offset[i] + lane_plus[i] * LANE_DOT_MAX * LANE_RED * 2047 + (LANE_RED << 11) <=
                LANE_TOP);
        REQUIRE(LANE_RED >> 22 <= 2047);
    }
    /* f_mul takes a sum of three reduced elements, or reduced + 2p - reduced. */
    REQUIRE(3 * LANE_RED <= LANE_MUL_B);
    REQUIRE(lane_multiple(LANE_RED) == 2 * LANE_P);
    REQUIRE(LANE_RED + 2 * LANE_P <= LANE_MUL_B);
    /* f_scale: both halves of s are < 2^16. */
    REQUIRE(LANE_RED * 65535 + (LANE_RED << 16) <= LANE_TOP);
    /* wide.yul: 2^20 products below 2^31 LANE_RED stay below 2^85 < 2^86, the top lane. */
    REQUIRE(LANE_RED < UINT64_C(1) << 32 && 20 + 31 + 32 <= 85);
    /* f_is_zero: a reduced lane is below 2p, and lane + 2^32 - p reaches bit 32 exactly from p on. */
    REQUIRE(LANE_RED < 2 * LANE_P);
}
