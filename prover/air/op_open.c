/* OPEN, 21 bytes: code, owner 20. The next account becomes a keyless user of owner. */
#include "core/op/op.h"
#include "prover/air/op_row.h"

void op_new_account(struct op_row *o, ir_x when, uint32_t step, ir_x next, ir_x next_after,
                    const char *name)
{
    ir_x before[8], after[8];
    op_zeros(o, before, 8);
    op_zeros(o, after, 8);
    before[0] = next;
    after[0] = next_after;
    air_cell(o->t, when, op_time(o, step), ir_const(o->t, 0), ir_const(o->t, 2), before, after,
             name);
}

void open_table_build(struct ir_system *s, uint32_t log_height)
{
    struct op_row o;
    op_table(&o, s, "open", log_height);
    struct ir_table *t = o.t;
    op_seq_take(&o);
    ir_x b[21], zero[8];
    b[0] = ir_const(t, OP_OPEN);
    air_new_cols(t, b + 1, "byte", 20);
    air_bytes(t, o.on, o.seq.pos, b, 21, "byte");

    ir_x id = air_col(t, "id");
    op_nonzero(&o, o.on, ir_sub(t, id, ir_const(t, ACCOUNT_NEW)), air_col(t, "id_inverse"),
               "accounts are not full");
    op_new_account(&o, o.on, STEP_A, id, air_plus(t, id, 1), "counter");
    struct air_user u = {.auth = ir_const(t, 0), .height = ir_const(t, 0)};
    op_pairs(&o, b + 1, AIR_OWNER, u.owner);
    op_zeros(&o, u.root, AIR_ROOT);
    op_zeros(&o, zero, 8);
    ir_x digest[8];
    air_new_cols(t, digest, "digest", 8);
    air_user_hash(t, o.on, &u, digest, "new user");
    air_cell(t, o.on, op_time(&o, STEP_B), id, ir_const(t, 0), zero, digest, "new account");

    struct op_seq next = o.seq;
    next.pos = air_plus(t, o.seq.pos, 21);
    op_seq_give(&o, &next);
}
