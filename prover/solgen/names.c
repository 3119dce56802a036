/* The values behind the $NAMES of the templates. */
#include <stdio.h>

#include "common/base/require.h"
#include "common/crypto/keccak256.h"
#include "prover/solgen/checks.h"
#include "prover/solgen/lanes.h"
#include "prover/solgen/solgen.h"
#include "prover/solgen/templates.h"
#include "prover/verify/labels.h"

static void set_lanes(struct text *t, const char *name, uint64_t lane)
{
    char hex[LANE_HEX];
    lanes_hex_all(hex, lane);
    text_set(t, name, "%s", hex);
}

static void set_error(struct text *t, const char *name)
{
    char signature[64], key[TEXT_NAME_SIZE];
    uint8_t h[32];
    int n = snprintf(signature, sizeof signature, "%s()", name);
    keccak256(h, signature, (size_t)n);
    snprintf(key, sizeof key, "E_%s", name);
    text_set(t, key, "0x%02x%02x%02x%02x", h[0], h[1], h[2], h[3]);
}

void solgen_names(struct text *t)
{
    lanes_check();
    char hex[LANE_HEX];
    text_set(t, "P", "0x%llx", (unsigned long long)LANE_P);
    text_set(t, "C", "%llu", (unsigned long long)LANE_RED_FACTOR);
    text_set(t, "RB_DEC", "%llu", (unsigned long long)LANE_RED);
    text_set(t, "BMAX_DEC", "%llu", (unsigned long long)LANE_MUL_B);
    text_set(t, "CMAX_DEC", "%llu", (unsigned long long)LANE_MULADD_C);
    /* B^5 + B^2 - 1, B = 2^51: lanes -1 + B^2, and B^5 = 2^255 beyond the lanes. */
    const uint64_t b2_minus_1[LANES] = {LANE_TOP, LANE_TOP, 0, 0, 0};
    lanes_hex(hex, b2_minus_1);
    char m[TEXT_VALUE_SIZE];
    int n = snprintf(m, sizeof m, "0x8%0*d%s", 63 - (102 + 3) / 4, 0, hex + 2);
    REQUIRE(n == 66);
    text_set(t, "M", "%s", m);
    uint64_t offset[LANES];
    lanes_offset(offset);
    lanes_hex(hex, offset);
    text_set(t, "K", "%s", hex);
    lanes_dot_offset(offset);
    lanes_hex(hex, offset);
    text_set(t, "K_DOT", "%s", hex);
    text_set(t, "DOT_MAX", "%llu", (unsigned long long)LANE_DOT_MAX);
    text_set(t, "DOT_BYTES", "%llu", (unsigned long long)LANE_DOT_MAX * 32);
    set_lanes(t, "M11", (1u << 11) - 1);
    set_lanes(t, "M29", (1u << 29) - 1);
    set_lanes(t, "M16", (1u << 16) - 1);
    set_lanes(t, "M21", (1u << 21) - 1);
    set_lanes(t, "M27", (1u << 27) - 1);
    set_lanes(t, "M35", (UINT64_C(1) << 35) - 1);
    set_lanes(t, "ONES", 1);
    set_lanes(t, "B32", UINT64_C(1) << 32);
    set_lanes(t, "G32", (UINT64_C(1) << 32) - LANE_P);
    set_lanes(t, "M255", LANE_TOP);
    set_lanes(t, "PP", LANE_P);      /* p in every lane: >= a canonical element */
    set_lanes(t, "PP2", 2 * LANE_P); /* >= a reduced element */
    /* 1 + 2p in lane 0, 2p in the others: 1 - x for a reduced x without borrow. */
    const uint64_t one_pp2[LANES] = {1 + 2 * LANE_P, 2 * LANE_P, 2 * LANE_P, 2 * LANE_P,
                                     2 * LANE_P};
    lanes_hex(hex, one_pp2);
    text_set(t, "ONE_PP2", "%s", hex);

    set_lanes(t, "PP3", 3 * LANE_P); /* >= three canonical elements */
    const uint64_t one_pp4[LANES] = {1 + 4 * LANE_P, 4 * LANE_P, 4 * LANE_P, 4 * LANE_P,
                                     4 * LANE_P};
    lanes_hex(hex, one_pp4);
    text_set(t, "ONE_PP4", "%s", hex);
    text_set(t, "P_MINUS_1", "0x%llx", (unsigned long long)LANE_P - 1);
    /* Eight base elements in a word: x >= p shows in bit 31 of x or of x + 2^31 - p. */
    text_set(t, "GAP8", "0x00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff00ffffff");
    text_set(t, "TOP8", "0x8000000080000000800000008000000080000000800000008000000080000000");
    REQUIRE((UINT64_C(1) << 31) - LANE_P == 0xffffff);
    text_set(t, "GAP5", "0x00ffffff00ffffff00ffffff00ffffff00ffffff");
    text_set(t, "TOP5", "0x8000000080000000800000008000000080000000");
    const uint64_t lane0[LANES] = {LANE_TOP}, lane1[LANES] = {0, LANE_TOP},
                   lane2[LANES] = {0, 0, LANE_TOP};
    lanes_hex(hex, lane0);
    text_set(t, "M51", "%s", hex);
    lanes_hex(hex, lane1);
    text_set(t, "M51_1", "%s", hex);
    lanes_hex(hex, lane2);
    text_set(t, "M51_2", "%s", hex);
    text_set(t, "M85", "0x1fffffffffffffffffffff");

    for (size_t i = 0; solgen_errors[i] != NULL; i++)
        set_error(t, solgen_errors[i]);

    text_set(t, "L_PUBLIC", "%d", LABEL_PUBLIC);
    text_set(t, "L_ROOT", "%d", LABEL_ROOT);
    text_set(t, "L_OOD", "%d", LABEL_OOD);
    text_set(t, "L_GKR_TOP", "%d", LABEL_GKR_TOP);
    text_set(t, "L_GKR_ROUND", "%d", LABEL_GKR_ROUND);
    text_set(t, "L_GKR_LAYER", "%d", LABEL_GKR_LAYER);
    text_set(t, "L_ZERO_ROUND", "%d", LABEL_ZERO_ROUND);
    text_set(t, "L_COLUMNS", "%d", LABEL_COLUMNS);
    text_set(t, "L_WHIR_ROUND", "%d", LABEL_WHIR_ROUND);
    text_set(t, "L_FINAL_POLY", "%d", LABEL_FINAL_POLY);
    text_set(t, "L_POW", "%d", LABEL_POW);
}

void solgen_prelude(struct text *t)
{
    text_template(t, (const char *)yul_field, yul_field_size);
    text_template(t, (const char *)yul_transcript, yul_transcript_size);
}

void solgen_harness(struct text *t)
{
    text_set(t, "TS", "0x200");
    text_template(t, (const char *)yul_harness, yul_harness_size);
    t->indent = 12;
    solgen_prelude(t);
    text_template(t, (const char *)yul_wide, yul_wide_size);
    t->indent = 0;
    text_line(t, "        }");
    text_line(t, "    }");
    text_line(t, "}");
}
