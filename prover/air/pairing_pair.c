/* Table `pair`. Row x is the pair with number x: it takes the two tuples with that x out of the
 * participants' tuple lists, as chunks of the sponges that hash to the lists' digests.
 *
 * Why every tuple is in exactly one pair: a sponge of a side takes each of its chunks once, for the
 * chunk numbers 0 .. 7 count - 1; a pair row takes 7 chunks in a row from 7 index on; numbers are
 * far below p, so rows tile the list from 0 on and every index is an integer below count. A tuple
 * in row x carries x and its role as elements, so each x occurs twice, roles 0 and 1. The rows in use
 * are 0, 1, .. without a gap: X hands on from row to row. */
#include "prover/air/pairing.h"

#include "core/op/op.h"
#include "core/tags.h"
#include "prover/air/op_row.h"

enum {
    ORDER_ELEMENTS = 44,
    OWN_SLOTS = 128, /* slots from here on: the owner's only */
    BPS_ALL = 10000
};

struct half {
    ir_x side, index;                      /* participant, position in its list */
    ir_x chain, id, token;
    ir_x amount[AIR_AMOUNT], read[AIR_AMOUNT];
    ir_x debited[AIR_OWNER], credited[AIR_OWNER];
    ir_x account, slot;                    /* credited */
};
struct pair {
    struct op_row o;
    ir_x swap, create, add, remove, kind;
    ir_x fee, cap, flags, order[AIR_DIGEST];
    struct half half[2];
    ir_x dep[AIR_DIGEST], time[2];
    ir_x x;
};

static void pair_kinds(struct pair *p)
{
    struct ir_table *t = p->o.t;
    p->swap = air_flag(t, "swap");
    p->create = air_flag(t, "create");
    p->add = air_flag(t, "add");
    p->remove = air_flag(t, "remove");
    ir_x all[4] = {p->swap, p->create, p->add, p->remove};
    ir_assert_eq(t, ir_sum(t, all, 4), p->o.on, "one kind");
    ir_x kinds[4] = {ir_scale(t, OP_SWAP_IN, p->swap), ir_scale(t, OP_CREATE, p->create),
                     ir_scale(t, OP_ADD, p->add), ir_scale(t, OP_REMOVE, p->remove)};
    p->kind = ir_sum(t, kinds, 4);
}

static void half_columns(struct pair *p, uint32_t role)
{
    struct ir_table *t = p->o.t;
    struct half *h = &p->half[role];
    const char *const names[2][9] = {
        {"side_0", "index_0", "chain_0", "id_0", "token_0", "amount_0", "read_0", "debited_0",
         "credited_0"},
        {"side_1", "index_1", "chain_1", "id_1", "token_1", "amount_1", "read_1", "debited_1",
         "credited_1"}};
    const char *const *n = names[role];
    h->side = air_col(t, n[0]);
    h->index = air_col(t, n[1]);
    h->chain = air_col(t, n[2]);
    h->id = air_col(t, n[3]);
    h->token = air_col(t, n[4]);
    air_new_cols(t, h->amount, n[5], AIR_AMOUNT);
    air_new_cols(t, h->read, n[6], AIR_AMOUNT);
    air_new_cols(t, h->debited, n[7], AIR_OWNER);
    if (role == 0) { /* only the output side of a swap credits somebody */
        op_zeros(&p->o, h->credited, AIR_OWNER);
        h->account = h->slot = ir_const(t, 0);
        return;
    }
    air_new_cols(t, h->credited, n[8], AIR_OWNER);
    h->account = air_col(t, "credited_account");
    h->slot = air_col(t, "credited_slot");
}

/* The 56 elements of one half, the other half's fields crosswise, as chunks of its side's list. */
static void half_chunks(struct pair *p, uint32_t role)
{
    struct ir_table *t = p->o.t;
    const struct half *own = &p->half[role], *other = &p->half[1 - role];
    ir_x e[OP_TUPLE] = {p->x, p->kind, ir_const(t, role),
                        own->chain, own->id, own->token, other->chain, other->id, other->token,
                        p->fee, p->cap, p->flags};
    uint32_t n = 12;
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        e[n++] = p->order[i];
    for (uint32_t i = 0; i < AIR_AMOUNT; i++)
        e[n++] = own->amount[i];
    for (uint32_t i = 0; i < AIR_AMOUNT; i++)
        e[n++] = own->read[i];
    for (uint32_t i = 0; i < AIR_OWNER; i++)
        e[n++] = own->debited[i];
    for (uint32_t i = 0; i < AIR_OWNER; i++)
        e[n++] = own->credited[i];
    e[n++] = own->account;
    e[n++] = own->slot;
    op_sponge_chunks(&p->o, p->o.on, air_plus(t, own->side, SPONGE_ID_TUPLES),
                     ir_scale(t, OP_TUPLE_CHUNKS, own->index), e, OP_TUPLE,
                     role == 0 ? "tuple 0" : "tuple 1");
    ir_x f[12] = {own->side, own->chain, p->time[0], p->time[1]};
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        f[4 + i] = p->dep[i];
    ir_send(t, BUS_PAIRING_SIDE, p->o.on, f, 12, role == 0 ? "side of half 0" : "side of half 1");
}

/* Elements of the swap order that are not in the tuples. */
struct order {
    ir_x account, changes, lane, leaf, slot_in, packed[3], fee, minimum[AIR_AMOUNT], deadline[2];
};

static void order_open(struct pair *p, struct order *d)
{
    struct ir_table *t = p->o.t;
    const struct half *in = &p->half[0], *out = &p->half[1];
    d->account = air_col(t, "order_account");
    d->changes = air_col(t, "order_changes");
    d->lane = air_col(t, "order_lane");
    d->leaf = air_col(t, "order_leaf");
    d->slot_in = air_col(t, "order_slot_in");
    air_new_cols(t, d->packed, "order_amount", 3);
    d->fee = air_col(t, "order_fee");
    air_new_cols(t, d->minimum, "order_minimum", AIR_AMOUNT);
    air_new_cols(t, d->deadline, "order_deadline", 2);
    ir_x e[ORDER_ELEMENTS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        e[n++] = p->dep[i];
    e[n++] = in->chain;
    e[n++] = d->account;
    e[n++] = d->changes;
    e[n++] = d->lane;
    e[n++] = d->leaf;
    e[n++] = ir_const(t, OP_SWAP_IN);
    e[n++] = d->slot_in;
    e[n++] = in->id;
    e[n++] = in->token;
    e[n++] = out->token;
    for (uint32_t i = 0; i < 3; i++)
        e[n++] = d->packed[i];
    e[n++] = d->fee;
    e[n++] = out->chain;
    for (uint32_t i = 0; i < AIR_OWNER; i++)
        e[n++] = out->credited[i];
    e[n++] = out->account;
    e[n++] = out->slot;
    for (uint32_t i = 0; i < AIR_AMOUNT; i++)
        e[n++] = d->minimum[i];
    e[n++] = d->deadline[0];
    e[n++] = d->deadline[1];
    air_sponge(t, p->swap, p->x, TAG_ORDER_SWAP, e, n, p->order, "order");
}

/* Deadline, minimum, slot: what only the two halves together show. */
static void order_rules(struct pair *p, const struct order *d)
{
    struct op_row *o = &p->o;
    struct ir_table *t = o->t;
    const struct half *in = &p->half[0], *out = &p->half[1];
    air_packed(t, p->swap, d->packed, in->amount, "amount is the order's");
    air_range16_n(t, p->swap, d->minimum, AIR_AMOUNT, "minimum");
    op_limbs_order(o, p->swap, out->amount, d->minimum, ir_const(t, 1), "minimum_borrow");

    ir_x borrow = air_flag(t, "deadline_borrow");
    ir_x lo = ir_add(t, ir_sub(t, d->deadline[0], p->time[0]), ir_scale(t, 1u << 16, borrow));
    ir_x hi = ir_sub(t, ir_sub(t, d->deadline[1], p->time[1]), borrow);
    air_range16_n(t, p->swap, d->deadline, 2, "deadline");
    air_range16(t, p->swap, lo, "deadline is not past, low");
    air_range16(t, p->swap, hi, "deadline is not past, high");

    ir_x own_only = air_flag(t, "slot_of_owner");
    air_when_zero(t, air_not(t, p->swap), own_only, "slot rule is the swap's");
    ir_x low = ir_sub(t, out->slot, ir_scale(t, OWN_SLOTS, own_only));
    air_byte2(t, p->swap, low, ir_scale(t, 2, low), "slot below 128 or of the owner");
    op_equal_n(o, own_only, in->debited, out->credited, AIR_OWNER, "owner of both sides");
}

/* a0 (10000 - fee) = 10000 a0' + .. ; a0' r1 = a1 (r0 + a0') + .. ; a0', a1 > 0. */
static void product_rule(struct pair *p)
{
    struct op_row *o = &p->o;
    struct ir_table *t = o->t;
    const struct half *in = &p->half[0], *out = &p->half[1];
    ir_x zero = ir_const(t, 0), net[AIR_AMOUNT], sum[AIR_AMOUNT], keep[AIR_AMOUNT],
         all[AIR_AMOUNT];
    air_new_cols(t, net, "net", AIR_AMOUNT);
    op_zeros(o, keep, AIR_AMOUNT);
    op_zeros(o, all, AIR_AMOUNT);
    keep[0] = ir_sub(t, ir_const(t, BPS_ALL), p->fee);
    all[0] = ir_const(t, BPS_ALL);
    op_muldiv(o, p->swap, zero, in->amount, keep, all, net, "fee");
    op_nonzero(o, p->swap, ir_sum(t, net, AIR_AMOUNT), air_col(t, "net_inverse"),
               "something is left after the fee");
    air_range16_n(t, p->swap, in->read, AIR_AMOUNT, "reserve in");
    op_limbs_move(o, p->swap, in->read, net, ir_const(t, 1), "sum_carry", sum);
    op_muldiv(o, p->swap, zero, net, out->read, sum, out->amount, "product");
    op_nonzero(o, p->swap, ir_sum(t, out->amount, AIR_AMOUNT), air_col(t, "out_inverse"),
               "something comes out");
}

void pair_table_build(struct ir_system *s, uint32_t log_pairs)
{
    struct pair p;
    struct order d;
    op_table(&p.o, s, "pair", log_pairs);
    struct ir_table *t = p.o.t;
    p.x = ir_idx(t, 0, log_pairs);
    pair_kinds(&p);
    p.fee = air_col(t, "fee");
    p.cap = air_col(t, "cap");
    p.flags = air_col(t, "flags");
    air_new_cols(t, p.order, "order", AIR_DIGEST);
    air_new_cols(t, p.dep, "dep", AIR_DIGEST);
    air_new_cols(t, p.time, "time", 2);
    half_columns(&p, 0);
    half_columns(&p, 1);
    half_chunks(&p, 0);
    half_chunks(&p, 1);
    op_equal_n(&p.o, ir_sub(t, p.o.on, p.swap), p.half[0].read, p.half[1].read, AIR_AMOUNT,
               "the same shares on both sides");
    order_open(&p, &d);
    order_rules(&p, &d);
    product_rule(&p);
    ir_x next = air_plus(t, p.x, 1);
    ir_receive(t, BUS_PAIRING_X, p.o.on, &p.x, 1, "x");
    ir_send(t, BUS_PAIRING_X, p.o.on, &next, 1, "next x");
}
