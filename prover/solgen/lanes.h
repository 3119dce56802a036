#ifndef PROVER_SOLGEN_LANES_H
#define PROVER_SOLGEN_LANES_H
/* Numbers of the packed field arithmetic of the generated verifiers: an element of
 * F = F_p[X]/(X^5 + X^2 - 1) is one 256-bit word, sum e_i 2^(51 i), lanes e_i < 2^51 that stand for
 * e_i mod p. Sums and products with small numbers need no reduction as long as no lane reaches 2^51;
 * lane_* below are the bounds by which the generator decides, and solgen_lanes_check proves them.
 *
 * Threads: pure functions. */
#include <stdbool.h>
#include <stdint.h>

#define LANE_P    UINT64_C(2130706433)
#define LANE_BITS 51
#define LANE_TOP  ((UINT64_C(1) << LANE_BITS) - 1)
/* f_red leaves x - p floor(c floor(x / 2^24) / 2^30), c = floor(2^54 / p): less than
 * p + 2^24 + 2^51 (2^54 mod p) / 2^54 < LANE_RED + 1. */
#define LANE_RED        (UINT64_C(0x80000000) + UINT64_C(0x800000))
#define LANE_RED_FACTOR UINT64_C(8454660)
/* Greatest lane of the second factor of f_mul, whose high part (b >> 16) is < LANE_HIGH + 1. */
#define LANE_HIGH  UINT64_C(104000)
#define LANE_MUL_B (LANE_HIGH * 65536 + 65535)
/* Greatest lane of the summand of f_muladd. */
#define LANE_MULADD_C (UINT64_C(1) << 48)

/* f_dot adds up that many products of reduced elements, one factor in parts of 11 bits. */
#define LANE_DOT_MAX UINT64_C(32)

enum { LANE_COVERS = 21 }; /* p 2^20 < 2^51 < p 2^21 */

enum { LANES = 5, LANE_HEX = 2 + 64 + 1 };

/* 0x... of sum lane[i] 2^(51 i); every lane <= LANE_TOP. */
void lanes_hex(char out[LANE_HEX], const uint64_t lane[LANES]);
/* The same with five equal lanes. */
void lanes_hex_all(char out[LANE_HEX], uint64_t lane);
/* The multiples of p, lane by lane, that make a product of f_mul non-negative. */
void lanes_offset(uint64_t lane[LANES]);
/* The same for the sums of f_dot. */
void lanes_dot_offset(uint64_t lane[LANES]);
/* The least multiple of p that is >= bound. */
uint64_t lane_multiple(uint64_t bound);
/* The least k with p 2^k >= bound, at most LANE_COVERS (which does not fit a lane any more). */
uint32_t lane_cover_log(uint64_t bound);
/* p 2^k for that k: multiples of p that differences are made non-negative with. */
uint64_t lane_cover(uint64_t bound);
/* Aborts (REQUIRE) unless every bound stated above follows from the formulas. */
void lanes_check(void);

#endif
