#include <string.h>

#include "core/tags.h"
#include "prover/air/leaf.h"

static void user_cols(struct ir_table *t, struct air_user *u)
{
    u->auth = air_col(t, "auth");
    u->height = air_col(t, "height");
    air_new_cols(t, u->owner, "owner", AIR_OWNER);
    air_new_cols(t, u->root, "root", AIR_ROOT);
}

static uint32_t user_fields(const struct air_user *u, ir_x *f)
{
    f[0] = u->auth;
    f[1] = u->height;
    memcpy(f + 2, u->owner, sizeof u->owner);
    memcpy(f + 2 + AIR_OWNER, u->root, sizeof u->root);
    return 2 + AIR_OWNER + AIR_ROOT;
}

/* ---- userhash: digest = H_USER(1, auth, height, owner, root), REQ-CELL-3 ----
 * Every row is a true and valid statement, used or not (padding: the keyless user of owner 0), so
 * `asked` is advice. Determinacy: the content is free, the three states follow by POSEIDON. */
static void add_user_hash(struct ir_system *s, uint32_t log_height)
{
    static const char *const keyless[AIR_ROOT] = {"keyless root 0", "keyless root 1",
                                                  "keyless root 2", "keyless root 3",
                                                  "keyless root 4"};
    struct ir_table *t = ir_table_new(s, "userhash", log_height);
    struct air_user u;
    user_cols(t, &u);
    ir_x one = ir_const(t, 1), zero = ir_const(t, 0), f[AIR_DIGEST + 17], mid[2][8], digest[8];
    air_new_cols(t, mid[0], "state 1", 8);
    air_new_cols(t, mid[1], "state 2", 8);
    air_new_cols(t, digest, "digest", 8);
    ir_x asked = air_col(t, "asked");

    ir_assert_bool(t, u.auth, "auth is 0 or 1");
    ir_x no_key = air_not(t, u.auth);
    air_when_zero(t, no_key, u.height, "keyless height");
    for (uint32_t i = 0; i < AIR_ROOT; i++)
        air_when_zero(t, no_key, u.root[i], keyless[i]);
    air_when_zero(t, ir_mul(t, u.auth, ir_sub(t, u.height, ir_const(t, 12))),
                  ir_sub(t, u.height, ir_const(t, 18)), "height is 12 or 18");
    air_range16_n(t, one, u.owner, AIR_OWNER, "owner limb");

    ir_x start[8] = {ir_const(t, TAG_USER), ir_const(t, 18), one, zero, zero, zero, zero, zero};
    ir_x x[24];
    for (uint32_t i = 0; i < 24; i++)
        x[i] = zero;
    x[0] = one;
    user_fields(&u, x + 1);
    air_poseidon(t, one, start, x, mid[0], "chunk 0");
    air_poseidon(t, one, mid[0], x + 8, mid[1], "chunk 1");
    air_poseidon(t, one, mid[1], x + 16, digest, "chunk 2");
    uint32_t n = user_fields(&u, f);
    memcpy(f + n, digest, sizeof digest);
    ir_receive(t, BUS_USER_HASH, asked, f, n + 8, "user hash");
}

/* ---- user: slot 0 of an account is read and opened as a user ----
 * Determinacy: t, account by the asker; digest by the memory; content by the hash (the asker takes
 * it from here: collision resistance makes it the account's). */
void air_add_user(struct ir_system *s, uint32_t log_hash, uint32_t log_height)
{
    add_user_hash(s, log_hash);
    struct ir_table *t = ir_table_new(s, "user", log_height);
    ir_x active = air_flag(t, "active"), time = air_col(t, "t"), account = air_col(t, "account");
    struct air_user u;
    user_cols(t, &u);
    ir_x digest[8], f[2 + 17];
    air_new_cols(t, digest, "digest", 8);
    f[0] = time;
    f[1] = account;
    ir_receive(t, BUS_USER, active, f, 2 + user_fields(&u, f + 2), "user");
    air_user_hash(t, active, &u, digest, "hash");
    air_cell(t, active, time, account, ir_const(t, 0), digest, digest, "cell");
}

/* ---- poolhash: digest = H_POOL(2, half 9), REQ-CELL-4; as userhash ---- */
static void add_pool_hash(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "poolhash", log_height);
    ir_x half[9], mid[8], digest[8], f[17], x[16];
    air_new_cols(t, half, "half", 9);
    air_new_cols(t, mid, "state 1", 8);
    air_new_cols(t, digest, "digest", 8);
    ir_x asked = air_col(t, "asked"), one = ir_const(t, 1), zero = ir_const(t, 0);
    ir_x start[8] = {ir_const(t, TAG_POOL), ir_const(t, 10), one, zero, zero, zero, zero, zero};
    for (uint32_t i = 0; i < 16; i++)
        x[i] = zero;
    x[0] = ir_const(t, 2);
    memcpy(x + 1, half, sizeof half);
    air_poseidon(t, one, start, x, mid, "chunk 0");
    air_poseidon(t, one, mid, x + 8, digest, "chunk 1");
    memcpy(f, half, sizeof half);
    memcpy(f + 9, digest, sizeof digest);
    ir_receive(t, BUS_POOL_HASH, asked, f, 17, "pool hash");
}

/* ---- pool: slot 0 of an account is read and opened as a pool half with own id = account ---- */
void air_add_pool(struct ir_system *s, uint32_t log_hash, uint32_t log_height)
{
    add_pool_hash(s, log_hash);
    struct ir_table *t = ir_table_new(s, "pool", log_height);
    ir_x active = air_flag(t, "active"), time = air_col(t, "t"), account = air_col(t, "account");
    ir_x rest[8], digest[8], f[10]; /* own chain, own token, other chain, .., flags */
    air_new_cols(t, rest, "half", 8);
    air_new_cols(t, digest, "digest", 8);
    f[0] = time;
    f[1] = account;
    memcpy(f + 2, rest, sizeof rest);
    ir_receive(t, BUS_POOL, active, f, 10, "pool");
    struct air_pool p = {.own_chain = rest[0], .own_id = account, .own_token = rest[1],
                         .other_chain = rest[2], .other_id = rest[3], .other_token = rest[4],
                         .fee = rest[5], .cap = rest[6], .flags = rest[7]};
    air_pool_hash(t, active, &p, digest, "hash");
    air_cell(t, active, time, account, ir_const(t, 0), digest, digest, "cell");
}
