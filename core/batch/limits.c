#include "core/batch/limits.h"

const struct batch_limits batch_limits_standard = {
    .records = 64, .signatures = 48, .tuples = 64, .pairs = 64, .accesses = 512, .cells = 256,
    .tree_rows = 8192, .poseidon = 16376, .bytes = 2039, .priority = 32, .withdrawals = 24};

const struct batch_limits batch_limits_large = {
    .records = 512, .signatures = 455, .tuples = 512, .pairs = 512, .accesses = 4096,
    .cells = 2048, .tree_rows = 16384, .poseidon = 73720, .bytes = 8183, .priority = 96,
    .withdrawals = 80};
