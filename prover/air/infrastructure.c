#include "prover/air/leaf.h"

void air_add_infrastructure(struct ir_system *s, const struct leaf_size *size)
{
    air_add_range16(s);
    air_add_poseidon(s, size->poseidon);
    if (size->poseidon_more > 0) air_add_poseidon_more(s, size->poseidon_more);
    air_add_sponge(s, size->sponge);
    air_add_tree(s, size->tree, LEAF_ROOT_OLD, LEAF_ROOT_NEW);
    air_add_access(s, size->access);
    air_add_balance(s, size->balance);
    air_add_user(s, size->user_hash, size->user);
    air_add_pool(s, size->pool_hash, size->pool);
    air_add_packed(s, size->packed);
    air_add_auth(s, size->auth, size->wots, size->step, size->path);
    if (size->horner > 0) {
        air_add_bytes_read(s, size->blocks + 4);
        air_add_horner(s, size->horner, LEAF_BLOB_Z);
    } else {
        air_add_bytes(s, size->blocks + 4);
    }
    air_add_sha256(s, size->blocks, size->sha_rounds_per_row, LEAF_SHA);
}
