#include "core/batch/limits.h"

const struct batch_limits batch_limits_standard = {
    .records = 64, .signatures = 48, .tuples = 64, .pairs = 64, .accesses = 512, .cells = 256,
    .tree_rows = 8192, .poseidon = 16376, .bytes = 2039, .priority = 32, .withdrawals = 24};

const struct batch_limits batch_limits_large = {
    .records = 384, .signatures = 224, .tuples = 384, .pairs = 64, .accesses = 2048, .cells = 1024,
    .tree_rows = 8192, .poseidon = 32760, .bytes = 4087, .priority = 96, .withdrawals = 80};
