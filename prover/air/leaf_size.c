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

const struct leaf_size leaf_size_large = {
    .limits = &batch_limits_large,
    .poseidon = 16, .sponge = 14, .tree = 14, .access = 12, .balance = 11,
    .user_hash = 10, .user = 10, .pool_hash = 8, .pool = 8, .packed = 10,
    .auth = 8, .wots = 11, .step = 14, .path = 12,
    .blocks = 7, .sha_rounds_per_row = 1,
    .transfer = 8, .withdraw = 8, .open = 8, .change_key = 8, .create = 8,
    .swap_in = 8, .swap_out = 8, .liquidity = 8, .priority = 8,
    .preamble = 9, .fee = 8, .shares = 8, .muldiv = 9};
