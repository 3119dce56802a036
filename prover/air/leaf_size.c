#include "prover/air/leaf.h"

const struct leaf_size leaf_size_standard = {
    .limits = &batch_limits_standard,
    .poseidon = 14, .sponge = 12, .tree = 13, .access = 10, .balance = 9,
    .user_hash = 8, .user = 8, .pool_hash = 6, .pool = 6, .packed = 8,
    .auth = 6, .wots = 9, .step = 12, .path = 10,
    .blocks = 5, .sha_rounds_per_row = 1,
    .transfer = 6, .withdraw = 6, .open = 6, .change_key = 6, .create = 6,
    .swap_in = 6, .swap_out = 6, .liquidity = 6, .priority = 6,
    .preamble = 7, .fee = 6, .shares = 6, .muldiv = 7};

/* Bounds beside those of tests/unit/prover/leaf: at most 59 sponge rows for a signed record and 7 for
 * another, 4 balance changes and 4 packed numbers for a signed one, 2 of each for another. */
const struct leaf_size leaf_size_large = {
    .limits = &batch_limits_large,
    .poseidon = 15, .sponge = 14, .tree = 13, .access = 11, .balance = 11,
    .user_hash = 10, .user = 9, .pool_hash = 9, .pool = 9, .packed = 10,
    .auth = 8, .wots = 11, .step = 14, .path = 12,
    .blocks = 6, .sha_rounds_per_row = 1,
    .transfer = 8, .withdraw = 8, .open = 9, .change_key = 8, .create = 8,
    .swap_in = 8, .swap_out = 9, .liquidity = 8, .priority = 7,
    .preamble = 9, .fee = 8, .shares = 9, .muldiv = 9};
