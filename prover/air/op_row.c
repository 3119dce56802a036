#include "prover/air/op_row.h"

#include <stdio.h>

#include "common/base/require.h"

void op_name_number(char *out, size_t size, const char *name, uint32_t i)
{
    int n = snprintf(out, size, "%s", air_name_number(name, i).text);
    REQUIRE(n > 0 && (size_t)n < size);
}

/* ---- rows ---- */

void op_table(struct op_row *o, struct ir_system *s, const char *name, uint32_t log_height)
{
    *o = (struct op_row){.t = ir_table_new(s, name, log_height)};
    o->on = air_flag(o->t, "on");
}

void op_seq_fields(const struct op_seq *s, ir_x out[8])
{
    ir_x f[8] = {
        s->j,    s->pos,     s->n_priority, s->priority_pos, s->n_withdrawals, s->withdrawal_pos,
        s->last, s->n_tuples};
    for (uint32_t i = 0; i < 8; i++)
        out[i] = f[i];
}

void op_seq_take(struct op_row *o)
{
    struct ir_table *t = o->t;
    struct op_seq *s = &o->seq;
    s->j = air_col(t, "j");
    s->pos = air_col(t, "pos");
    s->n_priority = air_col(t, "n_priority");
    s->priority_pos = air_col(t, "priority_pos");
    s->n_withdrawals = air_col(t, "n_withdrawals");
    s->withdrawal_pos = air_col(t, "withdrawal_pos");
    s->last = air_col(t, "last");
    s->n_tuples = air_col(t, "n_tuples");
    ir_x f[8];
    op_seq_fields(s, f);
    ir_receive(t, BUS_SEQ, o->on, f, 8, "sequence before");
}

void op_seq_give(struct op_row *o, const struct op_seq *next)
{
    ir_x f[8];
    op_seq_fields(next, f);
    f[0] = air_plus(o->t, o->seq.j, 1);
    ir_send(o->t, BUS_SEQ, o->on, f, 8, "sequence after");
}

/* ---- expressions ---- */

ir_x op_be(struct op_row *o, const ir_x *bytes, uint32_t n)
{
    REQUIRE(n >= 1 && n <= 4);
    ir_x x = bytes[0];
    for (uint32_t i = 1; i < n; i++)
        x = ir_add(o->t, ir_scale(o->t, 256, x), bytes[i]);
    return x;
}

void op_limbs_be(struct op_row *o, const ir_x *bytes, uint32_t n, ir_x *limbs)
{
    for (uint32_t i = 0; i < n; i++)
        limbs[i] = op_be(o, bytes + 2 * (n - 1 - i), 2);
}

void op_pairs(struct op_row *o, const ir_x *bytes, uint32_t n, ir_x *out)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = op_be(o, bytes + 2 * i, 2);
}

void op_packed_limbs(struct op_row *o, const ir_x bytes[5], ir_x out[3])
{
    out[0] = op_be(o, bytes + 3, 2);
    out[1] = op_be(o, bytes + 1, 2);
    out[2] = bytes[0];
}

void op_words(struct op_row *o, const ir_x *bytes, uint32_t n, ir_x *out)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = op_be(o, bytes + 4 * i, 4);
}

ir_x op_time(struct op_row *o, uint32_t step)
{
    return air_plus(o->t, ir_scale(o->t, 16, o->seq.j), step);
}

void op_zeros(struct op_row *o, ir_x *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = ir_const(o->t, 0);
}

void op_amount_cell(ir_x first, const ir_x limbs[AIR_AMOUNT], ir_x out[8])
{
    out[0] = first;
    for (uint32_t i = 0; i < AIR_AMOUNT; i++)
        out[1 + i] = limbs[i];
}

/* ---- constraints ---- */

void op_nonzero(struct op_row *o, ir_x when, ir_x x, ir_x inverse, const char *name)
{
    ir_x not_inverse = air_not(o->t, ir_mul(o->t, x, inverse));
    ir_assert_zero(o->t, ir_mul(o->t, when, not_inverse), name);
}

void op_differ(struct op_row *o, ir_x when, const ir_x *a, const ir_x *b, const ir_x *w, uint32_t n,
               const char *name)
{
    ir_x sum = ir_const(o->t, 0);
    for (uint32_t i = 0; i < n; i++)
        sum = ir_add(o->t, sum, ir_mul(o->t, w[i], ir_sub(o->t, a[i], b[i])));
    ir_assert_zero(o->t, ir_mul(o->t, when, air_not(o->t, sum)), name);
}

void op_equal_n(struct op_row *o, ir_x when, const ir_x *a, const ir_x *b, uint32_t n,
                const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        air_when_eq(o->t, when, a[i], b[i], air_name_number(name, i).text);
}

void op_limbs_move(struct op_row *o, ir_x when, const ir_x *a, const ir_x *b, ir_x sign,
                   const char *name, ir_x out[AIR_AMOUNT])
{
    struct ir_table *t = o->t;
    ir_x carry[AIR_AMOUNT - 1];
    air_new_cols(t, carry, name, AIR_AMOUNT - 1);
    for (uint32_t i = 0; i < AIR_AMOUNT; i++) {
        ir_x step = b[i]; /* b_i + carry in - 2^16 carry out, of the sign of b */
        if (i > 0) step = ir_add(t, step, carry[i - 1]);
        if (i + 1 < AIR_AMOUNT) {
            ir_assert_bool(t, carry[i], air_name_number(air_name(name, "is boolean").text, i).text);
            step = ir_sub(t, step, ir_scale(t, 1u << 16, carry[i]));
        }
        out[i] = ir_add(t, a[i], ir_mul(t, sign, step));
    }
    air_range16_n(t, when, out, AIR_AMOUNT, air_name(name, "result limb").text);
}

void op_limbs_order(struct op_row *o, ir_x when, const ir_x *a, const ir_x *b, ir_x sign,
                    const char *name)
{
    struct ir_table *t = o->t;
    ir_x borrow[AIR_AMOUNT - 1], limb[AIR_AMOUNT];
    air_new_cols(t, borrow, name, AIR_AMOUNT - 1);
    for (uint32_t i = 0; i < AIR_AMOUNT; i++) {
        limb[i] = ir_mul(t, sign, ir_sub(t, a[i], b[i]));
        if (i > 0) limb[i] = ir_sub(t, limb[i], borrow[i - 1]);
        if (i + 1 < AIR_AMOUNT) {
            ir_assert_bool(t, borrow[i], air_name_number(air_name(name, "is boolean").text, i).text);
            limb[i] = ir_add(t, limb[i], ir_scale(t, 1u << 16, borrow[i]));
        }
    }
    air_range16_n(t, when, limb, AIR_AMOUNT, air_name(name, "difference limb").text);
}

/* ---- messages ---- */

void op_sponge_chunks(struct op_row *o, ir_x when, ir_x id, ir_x first, const ir_x *xs, uint32_t n,
                      const char *name)
{
    for (uint32_t c = 0; c < (n + 7) / 8; c++) {
        ir_x f[10] = {id, air_plus(o->t, first, c)};
        for (uint32_t i = 0; i < 8; i++)
            f[2 + i] = 8 * c + i < n ? xs[8 * c + i] : ir_const(o->t, 0);
        ir_send(o->t, BUS_SPONGE_IN, when, f, 10, air_name_number(name, c).text);
    }
}

void op_sponge_ends(struct op_row *o, ir_x when, ir_x id, uint32_t tag, uint32_t length,
                    const ir_x digest[AIR_DIGEST], const char *name)
{
    struct ir_table *t = o->t;
    ir_x f[10] = {id, ir_const(t, 0), ir_const(t, tag), ir_const(t, length), ir_const(t, 1)};
    op_zeros(o, f + 5, 5);
    ir_send(t, BUS_SPONGE, when, f, 10, air_name(name, "start").text);
    f[1] = ir_const(t, (length + 7) / 8);
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        f[2 + i] = digest[i];
    ir_receive(t, BUS_SPONGE, when, f, 10, air_name(name, "digest").text);
}

void op_pool_columns(struct op_row *o, ir_x own_chain, ir_x own_id, struct air_pool *pool)
{
    struct ir_table *t = o->t;
    pool->own_chain = own_chain;
    pool->own_id = own_id;
    pool->own_token = air_col(t, "own_token");
    pool->other_chain = air_col(t, "other_chain");
    pool->other_id = air_col(t, "other_id");
    pool->other_token = air_col(t, "other_token");
    pool->fee = air_col(t, "pool_fee");
    pool->cap = air_col(t, "pool_cap");
    pool->flags = ir_const(t, 0);
}

static ir_x sponge_id(struct op_row *o, uint32_t k)
{
    return air_plus(o->t, ir_scale(o->t, SPONGE_IDS_PER_OP, o->seq.j), k);
}

static void ask_preamble(struct op_row *o, const struct op_signed *g, uint32_t k, const char *name)
{
    ir_x f[4] = {sponge_id(o, k), g->chain, g->deadline[0], g->deadline[1]};
    ir_send(o->t, BUS_PREAMBLE, o->on, f, 4, name);
}

void op_signed_begin(struct op_row *o, struct op_signed *g, ir_x kind, bool change_key,
                     ir_x account, ir_x step)
{
    struct ir_table *t = o->t;
    g->kind = kind;
    g->account = account;
    g->step = step;
    g->pos = air_col(t, "record_pos");
    g->chain = air_col(t, "chain");
    g->changes = air_col(t, "changes");
    g->lane = air_col(t, "lane");
    g->leaf = air_col(t, "leaf");
    air_new_cols(t, g->deadline, "deadline", 2);
    air_new_cols(t, g->digest, "order", AIR_DIGEST);
    air_new_cols(t, g->owner, "owner", AIR_OWNER);
    struct air_auth a = {.j = o->seq.j,
                         .account = account,
                         .change_key = ir_const(t, change_key ? 1 : 0),
                         .changes = g->changes,
                         .lane = g->lane,
                         .leaf = g->leaf,
                         .step_byte = step,
                         .pos_before = o->seq.pos,
                         .pos_after = g->pos};
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        a.digest[i] = g->digest[i];
    for (uint32_t i = 0; i < AIR_OWNER; i++)
        a.owner[i] = g->owner[i];
    air_auth(t, o->on, &a, "signature");
    ask_preamble(o, g, OP_SPONGE_ORDER, "order preamble");
}

void op_signed_order(struct op_row *o, const struct op_signed *g, uint32_t tag, const ir_x *rest,
                     uint32_t n)
{
    enum { MAX = 48 };
    REQUIRE(n + 6 <= MAX);
    ir_x xs[MAX] = {g->chain, g->account, g->changes, g->lane, g->leaf, g->kind};
    for (uint32_t i = 0; i < n; i++)
        xs[6 + i] = rest[i];
    ir_x id = sponge_id(o, OP_SPONGE_ORDER);
    op_sponge_chunks(o, o->on, id, ir_const(o->t, 1), xs, n + 6, "order chunk");
    op_sponge_ends(o, o->on, id, tag, 8 + 6 + n, g->digest, "order");
}

void op_common_order(struct op_row *o, const struct op_signed *g, uint32_t tag, const ir_x *rest,
                     uint32_t n, ir_x digest[AIR_DIGEST])
{
    air_new_cols(o->t, digest, "common", AIR_DIGEST);
    ir_x id = sponge_id(o, OP_SPONGE_COMMON);
    ask_preamble(o, g, OP_SPONGE_COMMON, "common preamble");
    op_sponge_chunks(o, o->on, id, ir_const(o->t, 1), rest, n, "common chunk");
    op_sponge_ends(o, o->on, id, tag, 8 + n, digest, "common");
}

void op_fee(struct op_row *o, ir_x account, ir_x slot, ir_x token, ir_x pf)
{
    ir_x f[5] = {o->seq.j, account, slot, token, pf};
    ir_send(o->t, BUS_FEE, o->on, f, 5, "fee");
}

void op_muldiv(struct op_row *o, ir_x when, ir_x ceil, const ir_x *a, const ir_x *b, const ir_x *c,
               const ir_x *q, const char *name)
{
    const ir_x *part[4] = {a, b, c, q};
    ir_x f[1 + 4 * AIR_AMOUNT] = {ceil};
    for (uint32_t i = 0; i < 4 * AIR_AMOUNT; i++)
        f[1 + i] = part[i / AIR_AMOUNT][i % AIR_AMOUNT];
    ir_send(o->t, BUS_MULDIV, when, f, 1 + 4 * AIR_AMOUNT, name);
}

void op_shares(struct op_row *o, ir_x when, ir_x time, ir_x remove, const struct air_pool *p,
               const ir_x *s, const ir_x *amount, const char *name)
{
    ir_x f[10 + 2 * AIR_AMOUNT] = {time,         remove,         p->own_chain, p->own_id,
                                   p->own_token, p->other_chain, p->other_id,  p->other_token,
                                   p->fee,       p->cap};
    for (uint32_t i = 0; i < AIR_AMOUNT; i++) {
        f[10 + i] = s[i];
        f[10 + AIR_AMOUNT + i] = amount[i];
    }
    ir_send(o->t, BUS_SHARES, when, f, 10 + 2 * AIR_AMOUNT, name);
}

/* ---- tuples ---- */

ir_x op_tuple_x(struct op_row *o, ir_x role, ir_x *next_last)
{
    struct ir_table *t = o->t;
    ir_x limb[2], gap_hi = air_col(t, "x_gap_hi");
    air_new_cols(t, limb, "x", 2);
    air_range16(t, o->on, limb[0], "x low limb");
    air_byte2(t, o->on, limb[1], gap_hi, "x high byte");
    ir_x x = ir_pack(t, limb, 2, 16);
    ir_x key = ir_add(t, ir_scale(t, 2, x), role);
    ir_x gap = ir_sub(t, key, o->seq.last); /* 0 .. 2^24 - 1: no step back */
    air_range16(t, o->on, ir_sub(t, gap, ir_scale(t, 1u << 16, gap_hi)), "x gap");
    *next_last = air_plus(t, key, 1);
    return x;
}

void op_tuple_send(struct op_row *o, const struct op_tuple *u)
{
    struct ir_table *t = o->t;
    ir_x f[OP_TUPLE] = {u->x,
                        u->kind,
                        u->role,
                        u->pool.own_chain,
                        u->pool.own_id,
                        u->pool.own_token,
                        u->pool.other_chain,
                        u->pool.other_id,
                        u->pool.other_token,
                        u->pool.fee,
                        u->pool.cap,
                        u->pool.flags};
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        f[12 + i] = u->order[i];
    for (uint32_t i = 0; i < AIR_AMOUNT; i++) {
        f[20 + i] = u->amount[i];
        f[27 + i] = u->read[i];
    }
    op_zeros(o, f + 34, 22);
    for (uint32_t i = 0; u->debited != NULL && i < AIR_OWNER; i++)
        f[34 + i] = u->debited[i];
    if (u->credited != NULL) {
        for (uint32_t i = 0; i < AIR_OWNER; i++)
            f[44 + i] = u->credited[i];
        f[54] = u->account;
        f[55] = u->slot;
    }
    ir_x first = ir_scale(t, OP_TUPLE_CHUNKS, o->seq.n_tuples);
    op_sponge_chunks(o, o->on, ir_const(t, SPONGE_ID_TUPLES), first, f, OP_TUPLE, "tuple chunk");
}
