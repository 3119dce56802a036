#include "prover/air/leaf.h"

void air_add_infrastructure(struct ir_system *s)
{
    air_add_range16(s);
    air_add_poseidon(s, LEAF_LOG_POSEIDON);
    air_add_sponge(s, LEAF_LOG_SPONGE);
    air_add_tree(s, LEAF_LOG_TREE, LEAF_ROOT_OLD, LEAF_ROOT_NEW);
    air_add_access(s, LEAF_LOG_ACCESS);
    air_add_balance(s, LEAF_LOG_BALANCE);
    air_add_user(s, LEAF_LOG_USER_HASH, LEAF_LOG_USER);
    air_add_pool(s, LEAF_LOG_POOL_HASH, LEAF_LOG_POOL);
    air_add_packed(s, LEAF_LOG_PACKED);
    air_add_auth(s, LEAF_LOG_AUTH);
    air_add_bytes(s, LEAF_LOG_BYTES);
    air_add_sha256(s, LEAF_LOG_BLOCKS, LEAF_SHA_ROUNDS_PER_ROW, LEAF_SHA);
}
