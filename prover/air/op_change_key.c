/* CHANGE_KEY, 30 bytes: code, account 3, step, auth, height, root 20, fee slot, fee 2. Signed
 * with the old key; AUTH writes slots 0 and 1. */
#include "core/op/op.h"
#include "core/tags.h"
#include "prover/air/op_row.h"

/* Four bytes hold an element in its only form: below p = 2^31 - 2^24 + 1. */
static void canonical_word(struct op_row *o, const ir_x b[4], uint32_t i)
{
    struct ir_table *t = o->t;
    char name[48];
    ir_x high = ir_mul(t, o->on, ir_sub(t, b[0], ir_const(t, 127))); /* 0 in rows that are off */
    op_name_number(name, sizeof name, "root_below_top", i);
    ir_x below = air_nonzero(t, high, name); /* top byte is not 127 */
    op_name_number(name, sizeof name, "root top byte below 128", i);
    air_byte2(t, o->on, b[0], ir_scale(t, 2, b[0]), name);
    op_name_number(name, sizeof name, "root below p", i);
    air_when_zero(t, air_not(t, below), op_be(o, b + 1, 3), name);
}

void change_key_table_build(struct ir_system *s, uint32_t log_height)
{
    struct op_row o;
    op_table(&o, s, "change_key", log_height);
    struct ir_table *t = o.t;
    op_seq_take(&o);
    ir_x b[30];
    b[0] = ir_const(t, OP_CHANGE_KEY);
    air_new_cols(t, b + 1, "byte", 29);
    ir_x account = op_be(&o, b + 1, 3), fee_slot = b[27], pf = op_be(&o, b + 28, 2);

    struct op_signed g;
    op_signed_begin(&o, &g, ir_const(t, OP_CHANGE_KEY), true, account, b[4]);
    air_bytes(t, o.on, g.pos, b, 30, "byte");
    air_when_eq(t, o.on, b[5], ir_const(t, 1), "the new key is a key");
    /* L2 key changes stop at 2^23, L1 has as many again */
    ir_x high = air_col(t, "changes_hi");
    air_byte2(t, o.on, high, ir_scale(t, 2, high), "key changes below 2^23");
    air_range16(t, o.on, ir_sub(t, g.changes, ir_scale(t, 1u << 16, high)), "key changes, low");
    struct air_user u = {.auth = b[5], .height = b[6]};
    for (uint32_t i = 0; i < AIR_OWNER; i++)
        u.owner[i] = g.owner[i];
    op_words(&o, b + 7, AIR_ROOT, u.root);
    for (uint32_t i = 0; i < AIR_ROOT; i++)
        canonical_word(&o, b + 7 + 4 * i, i);
    ir_x digest[8];
    air_new_cols(t, digest, "digest", 8);
    air_user_hash(t, o.on, &u, digest, "new key");
    ir_x old_root[AIR_ROOT], weight[AIR_ROOT];
    air_new_cols(t, old_root, "old_root", AIR_ROOT);
    air_new_cols(t, weight, "root_weight", AIR_ROOT);
    op_differ(&o, o.on, u.root, old_root, weight, AIR_ROOT, "root is new");
    air_auth_new_key(t, o.on, o.seq.j, old_root, digest, "key is replaced");

    ir_x token = air_col(t, "fee_token");
    op_fee(&o, account, fee_slot, token, pf);
    ir_x rest[12] = {b[5], b[6]};
    for (uint32_t i = 0; i < AIR_ROOT; i++)
        rest[2 + i] = u.root[i];
    ir_x end[5] = {fee_slot, token, pf, g.deadline[0], g.deadline[1]};
    for (uint32_t i = 0; i < 5; i++)
        rest[7 + i] = end[i];
    op_signed_order(&o, &g, TAG_ORDER_CHANGE_KEY, rest, 12);

    struct op_seq next = o.seq;
    next.pos = air_plus(t, g.pos, 30);
    op_seq_give(&o, &next);
}
