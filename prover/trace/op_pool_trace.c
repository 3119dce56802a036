/* SWAP_IN, SWAP_OUT, CREATE, ADD and REMOVE. */
#include "core/op/amount.h"
#include "core/op/codec.h"
#include "core/op/order.h"
#include "core/op/packed.h"
#include "core/state/cells.h"
#include "prover/air/op_row.h"
#include "prover/trace/op_trace.h"

enum { CAP_NONE = 10000, DAY_SECONDS = 86400, CREATE_LOCKED = 1000, CREATE_MIN = 1000000 };

static struct amount packed_value(struct op_fill *f, struct packed_amount p)
{
    struct amount a = AMOUNT_ZERO;
    if (packed_amount_value(&a, p) != ERR_OK)
        w_fail(f->w, ERR_MISMATCH, "operation %u: packed amount out of range", f->j);
    return a;
}

static struct amount sum_of(struct op_fill *f, struct amount a, struct amount b, bool subtract)
{
    struct amount r = AMOUNT_ZERO;
    if ((subtract ? amount_sub(&r, a, b) : amount_add(&r, a, b)) != ERR_OK)
        w_fail(f->w, ERR_MISMATCH, "operation %u: reserve out of range", f->j);
    return r;
}

void op_fill_swap_in(struct op_fill *f, const struct op_swap_in *op)
{
    struct op_line l = op_line_record(f, "swap_in");
    const struct swap_order *o = &op->order;
    struct digest8 order;
    order_swap_digest(&order, f->dep, o);
    op_put_signed(&l, &o->auth, &order);
    op_put_bytes(&l, "byte", f->pos + 1, RECORD_SWAP_IN_BYTES - 1);
    struct amount amount = packed_value(f, o->amount);
    struct cell cell = op_cell(f, o->pool_in, SLOT_POOL_RESERVE);
    struct amount reserve = op_cell_amount(&cell);
    op_put_amount(&l, "amount", amount);
    op_put_amount_inverse(&l, "amount_inverse", amount);
    op_put_pool(&l, &op->pool);
    op_put_amount(&l, "reserve", reserve);
    op_put_carries(&l, "reserve_carry", reserve, amount, false);
    uint32_t to[12];
    owner_elements(to, &o->to_owner);
    to[10] = o->to_account;
    to[11] = o->to_slot;
    op_put_n(&l, "recipient", to, 12);
    op_put_amount(&l, "minimum", o->minimum);
    op_debit(f, o->auth.account, o->slot_in, amount);
    cell = op_cell_of(op->pool.own_token, sum_of(f, reserve, amount, false));
    op_cell_set(f, o->pool_in, SLOT_POOL_RESERVE, &cell);
    op_fill_fee(f, o->auth.account, o->slot_in, op->pool.own_token, o->fee);
    op_put_x(&l, op->x, 0);
    f->pos += RECORD_SWAP_IN_BYTES;
}

/* 10000 after - keep ref in limbs, with floor carries. */
static void put_cap_carries(struct op_line *l, struct amount after, struct amount ref,
                            uint32_t keep)
{
    uint32_t a[AMOUNT_LIMBS], r[AMOUNT_LIMBS], carry[AMOUNT_LIMBS];
    int64_t sum = 0;
    amount_to_limbs(a, after);
    amount_to_limbs(r, ref);
    for (uint32_t i = 0; i < AMOUNT_LIMBS; i++) {
        sum += 10000 * (int64_t)a[i] - (int64_t)keep * r[i];
        int64_t digit = sum & 0xffff;
        sum = (sum - digit) / 65536;
        carry[i] = sum < 0 ? field_sub(0, (uint32_t)-sum) : (uint32_t)sum;
    }
    op_put_n(l, "cap_carry", carry, AMOUNT_LIMBS);
}

static void put_window(struct op_line *l, const struct op_swap_out *op, struct amount reserve,
                       struct amount after)
{
    struct op_fill *f = l->f;
    uint32_t cap = op->pool.cap_bps, day = f->trace->time / DAY_SECONDS;
    if (cap == CAP_NONE) return;
    struct cell cell = op_cell(f, op->pool_id, SLOT_POOL_WINDOW);
    bool today = cell.e[0] == day;
    struct amount ref = op_cell_amount(&cell);
    op_put(l, "capped", 1);
    op_put_inverse(l, "cap_inverse", field_sub(cap, CAP_NONE));
    op_put(l, "window_day", cell.e[0]);
    op_put_amount(l, "window_ref", ref);
    op_put(l, "window_of_today", today);
    op_put_inverse(l, "day_inverse", field_sub(cell.e[0], day));
    if (!today) ref = reserve;
    put_cap_carries(l, after, ref, CAP_NONE - cap);
    cell = op_cell_of(day, ref);
    op_cell_set(f, op->pool_id, SLOT_POOL_WINDOW, &cell);
}

void op_fill_swap_out(struct op_fill *f, const struct op_swap_out *op)
{
    struct op_line l = op_line_record(f, "swap_out");
    const struct chain_trace *t = f->trace;
    struct user_cell to = op_user(f, op->to);
    struct cell cell = op_cell(f, op->pool_id, SLOT_POOL_RESERVE);
    struct amount reserve = op_cell_amount(&cell), after = sum_of(f, reserve, op->amount, true);
    uint32_t used[14] = {0}, low[14] = {0};
    uint32_t n = f->pos < t->n_bytes ? t->bytes[f->pos] - (uint32_t)OP_SWAP_OUT : 1;
    if (n < 1 || n > 14 || f->pos + RECORD_SWAP_OUT_FIXED_BYTES + n > t->n_bytes) {
        w_fail(f->w, ERR_MISMATCH, "operation %u: code of SWAP_OUT", f->j);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        used[i] = 1;
        low[i] = t->bytes[f->pos + RECORD_SWAP_OUT_FIXED_BYTES + i];
    }
    op_put_bytes(&l, "byte", f->pos + 1, RECORD_SWAP_OUT_FIXED_BYTES - 1);
    op_put_n(&l, "amount_byte", low, 14);
    op_put_n(&l, "used", used + 1, 13);
    op_put_inverse(&l, "top_inverse", low[n - 1]);
    op_put(&l, "chain", t->chain);
    op_put(&l, "day", t->time / DAY_SECONDS);
    op_put_pool(&l, &op->pool);
    op_put(&l, "to_auth", to.auth);
    op_put(&l, "to_height", to.height);
    op_put_owner(&l, "to_owner", &to.owner);
    op_put_root(&l, "to_root", &to.root);
    op_put_amount(&l, "reserve", reserve);
    op_put_carries(&l, "reserve_borrow", reserve, op->amount, true);
    op_put_amount_inverse(&l, "reserve_inverse", after);
    cell = op_cell_of(op->pool.own_token, after);
    op_cell_set(f, op->pool_id, SLOT_POOL_RESERVE, &cell);
    put_window(&l, op, reserve, after);
    op_credit(f, op->to, op->slot, op->pool.own_token, op->amount);
    op_put_digest(&l, "order", op->order_hash.e);
    op_put_x(&l, op->x, 1);
    f->pos += RECORD_SWAP_OUT_FIXED_BYTES + n;
}

void op_fill_create(struct op_fill *f, const struct op_create *op)
{
    struct op_line l = op_line_record(f, "create");
    const struct create_order *o = &op->order;
    const struct create_side *own = &o->side[op->role & 1], *other = &o->side[1 - (op->role & 1)];
    struct digest8 common, order;
    order_create_digest(&common, f->dep, o);
    order_half_digest(&order, f->dep, f->trace->chain, &op->auth, OP_CREATE, &common);
    op_put_signed(&l, &op->auth, &order);
    op_fill_preamble(f, OP_SPONGE_COMMON, op->auth.deadline);
    op_put_digest(&l, "common", common.e);
    op_put_bytes(&l, "byte", f->pos + 1, RECORD_CREATE_BYTES - 1);
    op_put(&l, "role", op->role);

    bool one_chain = own->chain == other->chain;
    uint32_t a = one_chain ? own->token : own->chain, b = one_chain ? other->token : other->chain;
    uint32_t gap = (op->role == 0 ? b - a : a - b) - 1;
    op_put(&l, "one_chain", one_chain);
    op_put(&l, "side_gap_hi", gap >> 16 & 0xff);
    struct amount amount = packed_value(f, own->amount), shares = packed_value(f, o->shares);
    uint32_t s[AMOUNT_LIMBS], upper = 0;
    amount_to_limbs(s, shares);
    for (uint32_t i = 2; i < AMOUNT_LIMBS; i++)
        upper += s[i];
    uint32_t b0 = s[0] < CREATE_MIN % 65536, b1 = s[1] < CREATE_MIN / 65536 + b0;
    op_put_amount(&l, "amount", amount);
    op_put_amount_inverse(&l, "amount_inverse", amount);
    op_put_amount(&l, "shares", shares);
    op_put(&l, "shares_borrow_0", b0);
    op_put(&l, "shares_borrow_1", b1);
    op_put_inverse(&l, "shares_inverse", upper);
    op_put_carries(&l, "kept_borrow", shares, amount_from_u64(CREATE_LOCKED), true);

    struct cell next = op_cell(f, ACCOUNT_SYSTEM, SYSTEM_SLOT_NEXT), digest, cell;
    struct pool_half pool = {.own_chain = f->trace->chain,
                             .own_id = next.e[0],
                             .own_token = own->token,
                             .other_chain = other->chain,
                             .other_id = op->other_id,
                             .other_token = other->token,
                             .fee_bps = o->fee_bps,
                             .cap_bps = o->cap_bps,
                             .flags = o->flags};
    pool_cell_digest(&digest, &pool);
    uint32_t id = op_new_id(f, digest.e);
    op_put(&l, "id", id);
    op_put_inverse(&l, "id_inverse", field_sub(id, ACCOUNT_NEW));
    op_put_digest(&l, "digest", digest.e);
    op_debit(f, op->auth.account, own->slot, amount);
    cell = op_cell_of(own->token, amount);
    op_cell_set(f, id, SLOT_POOL_RESERVE, &cell);
    cell = op_cell_of(TOKEN_SHARE_BIT + id, shares);
    op_cell_set(f, id, SLOT_POOL_SUPPLY, &cell);
    op_credit(f, op->auth.account, own->share_slot, TOKEN_SHARE_BIT + id,
              sum_of(f, shares, amount_from_u64(CREATE_LOCKED), true));
    op_fill_fee(f, op->auth.account, own->slot, own->token, own->fee);
    uint32_t side[7] = {other->account,
                        other->slot,
                        other->share_slot,
                        other->fee.bits,
                        (uint32_t)other->amount.bits & 0xffff,
                        (uint32_t)(other->amount.bits >> 16) & 0xffff,
                        (uint32_t)(other->amount.bits >> 32)};
    op_put_n(&l, "other_side", side, 7);
    op_put_x(&l, op->x, op->role);
    f->pos += RECORD_CREATE_BYTES;
}

void op_fill_liquidity(struct op_fill *f, uint8_t code, const struct op_liquidity *op)
{
    struct op_line l = op_line_record(f, "liquidity");
    const struct liquidity_order *o = &op->order;
    const struct liquidity_side *own = &o->side[op->role & 1];
    const struct liquidity_side *other = &o->side[1 - (op->role & 1)];
    bool remove = code == OP_REMOVE;
    struct digest8 common, order;
    order_liquidity_digest(&common, f->dep, o);
    order_half_digest(&order, f->dep, f->trace->chain, &op->auth, code, &common);
    op_put(&l, "remove", remove);
    op_put_signed(&l, &op->auth, &order);
    op_fill_preamble(f, OP_SPONGE_COMMON, op->auth.deadline);
    op_put_digest(&l, "common", common.e);
    op_put_bytes(&l, "byte", f->pos + 1, RECORD_LIQUIDITY_BYTES - 1);
    op_put(&l, "role", op->role);
    op_put_pool(&l, &op->pool);
    struct amount shares = packed_value(f, o->shares);
    struct amount amount = op_fill_shares(f, remove, &op->pool, shares);
    op_put_amount(&l, "shares", shares);
    op_put_amount(&l, "amount", amount);
    op_put_amount_inverse(&l, "amount_inverse", amount);
    op_put_amount(&l, "limit", own->limit);
    if (remove)
        op_put_carries(&l, "limit_borrow", amount, own->limit, true);
    else
        op_put_carries(&l, "limit_borrow", own->limit, amount, true);
    uint32_t share = TOKEN_SHARE_BIT + op->pool.own_id, account = op->auth.account;
    op_debit(f, account, remove ? own->share_slot : own->slot, remove ? shares : amount);
    if (remove)
        op_credit(f, account, own->slot, op->pool.own_token, amount);
    else
        op_credit(f, account, own->share_slot, share, shares);
    op_fill_fee(f, account, own->slot, op->pool.own_token, own->fee);
    uint32_t side[4 + AMOUNT_LIMBS] = {other->account, other->slot, other->share_slot,
                                       other->fee.bits};
    amount_to_limbs(side + 4, other->limit);
    op_put_n(&l, "other_side", side, 4 + AMOUNT_LIMBS);
    op_put_x(&l, op->x, op->role);
    f->pos += RECORD_LIQUIDITY_BYTES;
}
