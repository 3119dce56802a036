#include "prover/air/leaf.h"

#define STANDARD                                                           \
    .limits = &batch_limits_standard,                                      \
    .poseidon = 14, .sponge = 12, .tree = 13, .access = 10, .balance = 9,  \
    .user_hash = 8, .user = 8, .pool_hash = 6, .pool = 6, .packed = 8,     \
    .auth = 6, .wots = 9, .step = 12, .path = 10,                          \
    .blocks = 5, .sha_rounds_per_row = 1,                                  \
    .transfer = 6, .withdraw = 6, .open = 6, .change_key = 6, .create = 6, \
    .swap_in = 6, .swap_out = 6, .liquidity = 6, .priority = 6,            \
    .preamble = 7, .fee = 6, .shares = 6, .muldiv = 7
const struct leaf_size leaf_size_standard = {STANDARD};
const struct leaf_size leaf_size_blob = {STANDARD, .horner = 7};

/* Bounds beside those of tests/unit/prover/leaf: at most 59 sponge rows for a signed record and 7 for
 * another, 4 balance changes and 4 packed numbers for a signed one, 2 of each for another. */
#define LARGE                                                                                   \
    .limits = &batch_limits_large,                                                              \
    .poseidon = 16, .poseidon_more = 13, .sponge = 15, .tree = 14, .access = 12, .balance = 12, \
    .user_hash = 11, .user = 11, .pool_hash = 10, .pool = 10, .packed = 11,                     \
    .auth = 9, .wots = 12, .step = 15, .path = 13,                                              \
    .blocks = 7, .sha_rounds_per_row = 4,                                                       \
    .transfer = 9, .withdraw = 7, .open = 9, .change_key = 9, .create = 9,                      \
    .swap_in = 9, .swap_out = 9, .liquidity = 9, .priority = 7,                                 \
    .preamble = 10, .fee = 9, .shares = 9, .muldiv = 10
const struct leaf_size leaf_size_large = {LARGE};
const struct leaf_size leaf_size_large_blob = {LARGE, .horner = 9};
