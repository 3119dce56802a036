/* SWAP_OUT, 8 + n bytes: code 0x20 + n, pool 3, recipient 3, slot, amount n bytes little-endian
 * with a last byte above 0. Tuple role 1. Amount, x and order hash are free here: the pairing
 * proof relates them to the other half. */
#include "core/op/op.h"
#include "prover/air/op_row.h"

enum { AMOUNT_BYTES_MAX = 14, CAP_NONE = 10000, CAP_UNIT = 10000 };

struct swap_out {
    struct op_row o;
    ir_x b[7], low[AMOUNT_BYTES_MAX], used[AMOUNT_BYTES_MAX], n; /* low: amount bytes */
    ir_x amount[AIR_AMOUNT], reserve[AIR_AMOUNT], after[AIR_AMOUNT];
    struct air_pool pool;
    ir_x capped, day;
};

/* Bytes of the amount: used[i] = 1 for i < n. */
static void swap_out_bytes(struct swap_out *x)
{
    struct op_row *o = &x->o;
    struct ir_table *t = o->t;
    air_new_cols(t, x->b, "byte", 7);
    air_new_cols(t, x->low, "amount_byte", AMOUNT_BYTES_MAX);
    x->used[0] = o->on;
    air_new_cols(t, x->used + 1, "used", AMOUNT_BYTES_MAX - 1);
    ir_x top = ir_const(t, 0);
    for (uint32_t i = 0; i < AMOUNT_BYTES_MAX; i++) {
        char name[48];
        if (i > 0) {
            op_name_number(name, sizeof name, "used is boolean", i);
            ir_assert_bool(t, x->used[i], name);
            op_name_number(name, sizeof name, "used is a prefix", i);
            air_when_zero(t, air_not(t, x->used[i - 1]), x->used[i], name);
        }
        op_name_number(name, sizeof name, "unused byte is 0", i);
        air_when_zero(t, air_not(t, x->used[i]), x->low[i], name);
        ir_x last = x->used[i];
        if (i + 1 < AMOUNT_BYTES_MAX) last = ir_sub(t, last, x->used[i + 1]);
        top = ir_add(t, top, ir_mul(t, last, x->low[i]));
    }
    ir_x inverse = air_col(t, "top_inverse");
    /* off rows have top = 0 */
    ir_assert_eq(t, ir_mul(t, top, inverse), o->on, "last amount byte is not 0");
    x->n = ir_sum(t, x->used, AMOUNT_BYTES_MAX);
    air_byte(t, o->on, o->seq.pos, air_plus(t, x->n, OP_SWAP_OUT), "code");
    air_bytes(t, o->on, air_plus(t, o->seq.pos, 1), x->b, 7, "byte");
    for (uint32_t i = 0; i < AMOUNT_BYTES_MAX; i++) {
        char name[48];
        op_name_number(name, sizeof name, "amount byte", i);
        air_byte(t, x->used[i], air_plus(t, o->seq.pos, 8 + i), x->low[i], name);
    }
    for (uint32_t i = 0; i < AIR_AMOUNT; i++)
        x->amount[i] = ir_pack(t, x->low + 2 * i, 2, 8);
}

/* Sets capped = (cap is not 10000). */
static void swap_out_capped(struct swap_out *x)
{
    struct ir_table *t = x->o.t;
    ir_x off = ir_sub(t, x->pool.cap, ir_const(t, CAP_NONE));
    ir_x inverse = air_col(t, "cap_inverse");
    x->capped = air_flag(t, "capped");
    air_when_zero(t, air_not(t, x->o.on), x->capped, "capped only in a row that is on");
    air_when_zero(t, ir_sub(t, x->o.on, x->capped), off, "cap is none unless capped");
    op_nonzero(&x->o, x->capped, off, inverse, "cap is set if capped");
}

/* 10000 (r - a1) >= (10000 - cap) ref. Limb i: 10000 after_i - k ref_i + carry_(i-1) = d_i +
 * 2^16 carry_i with 0 <= d_i < 2^16, |carry| <= 10001, last carry >= 0: below p / 2 throughout. */
static void swap_out_cap(struct swap_out *x, const ir_x ref[AIR_AMOUNT])
{
    enum { CARRY_MAX = CAP_UNIT + 1 };
    struct ir_table *t = x->o.t;
    ir_x carry[AIR_AMOUNT], digit[AIR_AMOUNT], low[AIR_AMOUNT], high[AIR_AMOUNT];
    air_new_cols(t, carry, "cap_carry", AIR_AMOUNT);
    ir_x keep = ir_sub(t, ir_const(t, CAP_UNIT), x->pool.cap);
    for (uint32_t i = 0; i < AIR_AMOUNT; i++) {
        digit[i] = ir_sub(t, ir_scale(t, CAP_UNIT, x->after[i]), ir_mul(t, keep, ref[i]));
        if (i > 0) digit[i] = ir_add(t, digit[i], carry[i - 1]);
        digit[i] = ir_sub(t, digit[i], ir_scale(t, 1u << 16, carry[i]));
        low[i] = air_plus(t, carry[i], CARRY_MAX);
        high[i] = air_plus(t, carry[i], 65535 - CARRY_MAX);
    }
    air_range16_n(t, x->capped, digit, AIR_AMOUNT, "cap digit");
    air_range16_n(t, x->capped, low, AIR_AMOUNT - 1, "cap carry from below");
    air_range16_n(t, x->capped, high, AIR_AMOUNT - 1, "cap carry from above");
    air_range16(t, x->capped, carry[AIR_AMOUNT - 1], "cap is kept");
    air_range16(t, x->capped, high[AIR_AMOUNT - 1], "cap's last carry is small");
}

/* Cell (pool, 4): of today, or it becomes (today, reserve before). */
static void swap_out_window(struct swap_out *x)
{
    struct op_row *o = &x->o;
    struct ir_table *t = o->t;
    ir_x old_day = air_col(t, "window_day"), old[AIR_AMOUNT], ref[AIR_AMOUNT];
    air_new_cols(t, old, "window_ref", AIR_AMOUNT);
    ir_x today = air_flag(t, "window_of_today"), inverse = air_col(t, "day_inverse");
    ir_x apart = ir_sub(t, old_day, x->day);
    air_when_zero(t, air_not(t, x->capped), today, "no window unless capped");
    air_when_zero(t, today, apart, "window is of today");
    op_nonzero(o, ir_sub(t, x->capped, today), apart, inverse, "window is of another day");
    for (uint32_t i = 0; i < AIR_AMOUNT; i++)
        ref[i] = air_select(t, today, old[i], x->reserve[i]);
    ir_x before[8], after[8];
    op_amount_cell(old_day, old, before);
    op_amount_cell(x->day, ref, after);
    air_cell(t, x->capped, op_time(o, STEP_D), x->pool.own_id, ir_const(t, 4), before, after,
             "window");
    swap_out_cap(x, ref);
}

void swap_out_table_build(struct ir_system *s, uint32_t log_height)
{
    struct swap_out x;
    struct op_row *o = &x.o;
    op_table(o, s, "swap_out", log_height);
    struct ir_table *t = o->t;
    op_seq_take(o);
    swap_out_bytes(&x);
    ir_x to = op_be(o, x.b + 3, 3), slot = x.b[6];
    ir_x chain = air_col(t, "chain");
    x.day = air_col(t, "day");
    ir_x today[2] = {chain, x.day};
    ir_send(t, BUS_DAY, o->on, today, 2, "chain and day");

    op_pool_columns(o, chain, op_be(o, x.b, 3), &x.pool);
    air_pool(t, o->on, op_time(o, STEP_A), &x.pool, "pool");
    struct air_user u = {.auth = air_col(t, "to_auth"), .height = air_col(t, "to_height")};
    air_new_cols(t, u.owner, "to_owner", AIR_OWNER);
    air_new_cols(t, u.root, "to_root", AIR_ROOT);
    air_user(t, o->on, op_time(o, STEP_B), to, &u, "recipient is a user");

    air_new_cols(t, x.reserve, "reserve", AIR_AMOUNT);
    op_limbs_move(o, o->on, x.reserve, x.amount, ir_const_neg(t, 1), "reserve_borrow", x.after);
    op_nonzero(o, o->on, ir_sum(t, x.after, AIR_AMOUNT), air_col(t, "reserve_inverse"),
               "a reserve is left");
    ir_x cell[2][8];
    op_amount_cell(x.pool.own_token, x.reserve, cell[0]);
    op_amount_cell(x.pool.own_token, x.after, cell[1]);
    air_cell(t, o->on, op_time(o, STEP_C), x.pool.own_id, ir_const(t, 2), cell[0], cell[1],
             "reserve");
    swap_out_capped(&x);
    swap_out_window(&x);
    air_balance(t, o->on, op_time(o, STEP_E), to, slot, x.pool.own_token,
                ir_const(t, BALANCE_CREDIT), x.amount, "credit");

    ir_x order[AIR_DIGEST];
    air_new_cols(t, order, "order", AIR_DIGEST);
    struct op_seq next = o->seq;
    struct op_tuple v = {.kind = ir_const(t, OP_SWAP_IN),
                         .role = ir_const(t, 1),
                         .pool = x.pool,
                         .order = order,
                         .amount = x.amount,
                         .read = x.reserve,
                         .credited = u.owner,
                         .account = to,
                         .slot = slot};
    v.x = op_tuple_x(o, v.role, &next.last);
    op_tuple_send(o, &v);
    next.pos = air_plus(t, ir_add(t, o->seq.pos, x.n), 8);
    next.n_tuples = air_plus(t, o->seq.n_tuples, 1);
    op_seq_give(o, &next);
}
