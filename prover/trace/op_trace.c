#include "prover/trace/op_trace.h"

#include <string.h>

#include "common/base/require.h"
#include "common/field/kb.h"
#include "core/op/amount.h"
#include "core/op/order.h"
#include "core/op/packed.h"
#include "core/state/cells.h"
#include "prover/air/op_row.h"

/* ---- rows ---- */

struct op_line op_line_new(struct op_fill *f, const char *table)
{
    struct op_line l = {.f = f, .table = ir_table_find(f->system, table)};
    REQUIRE(l.table != UINT32_MAX);
    l.row = w_row(f->w, l.table);
    op_put(&l, "on", 1);
    return l;
}

struct op_line op_line_record(struct op_fill *f, const char *table)
{
    struct op_line l = op_line_new(f, table);
    op_put(&l, "j", f->j);
    op_put(&l, "pos", f->pos);
    op_put(&l, "n_priority", f->n_priority);
    op_put(&l, "priority_pos", f->priority_pos);
    op_put(&l, "n_withdrawals", f->n_withdrawals);
    op_put(&l, "withdrawal_pos", f->withdrawal_pos);
    op_put(&l, "last", f->last);
    op_put(&l, "n_tuples", f->n_tuples);
    return l;
}

void op_put(struct op_line *l, const char *column, uint32_t value)
{
    w_put(l->f->w, l->table, l->row, column, value);
}

void op_put_n(struct op_line *l, const char *column, const uint32_t *values, uint32_t n)
{
    w_put_n(l->f->w, l->table, l->row, column, values, n);
}

void op_put_amount(struct op_line *l, const char *column, struct amount a)
{
    uint32_t limbs[AMOUNT_LIMBS];
    amount_to_limbs(limbs, a);
    op_put_n(l, column, limbs, AMOUNT_LIMBS);
}

void op_put_owner(struct op_line *l, const char *column, const struct owner *owner)
{
    uint32_t e[10];
    owner_elements(e, owner);
    op_put_n(l, column, e, 10);
}

void op_put_root(struct op_line *l, const char *column, const struct key_root *root)
{
    op_put_n(l, column, root->e, XMSS_DIGEST);
}

void op_put_bytes(struct op_line *l, const char *column, uint32_t pos, uint32_t n)
{
    uint32_t v[64] = {0};
    REQUIRE(n <= 64);
    for (uint32_t i = 0; i < n; i++)
        if (pos + i < l->f->trace->n_bytes) v[i] = l->f->trace->bytes[pos + i];
    op_put_n(l, column, v, n);
}

uint32_t field_sub(uint32_t a, uint32_t b)
{
    return kb_to_u32(kb_sub(kb_from_u32(a), kb_from_u32(b)));
}

uint32_t field_inverse(uint32_t a)
{
    return kb_to_u32(kb_inv(kb_from_u32(a)));
}

void op_put_inverse(struct op_line *l, const char *column, uint32_t v)
{
    op_put(l, column, field_inverse(v));
}

void op_put_amount_inverse(struct op_line *l, const char *column, struct amount a)
{
    uint32_t limbs[AMOUNT_LIMBS], sum = 0;
    amount_to_limbs(limbs, a);
    for (uint32_t i = 0; i < AMOUNT_LIMBS; i++)
        sum += limbs[i];
    op_put_inverse(l, column, sum);
}

void op_put_carries(struct op_line *l, const char *column, struct amount a, struct amount b,
                    bool subtract)
{
    uint32_t x[AMOUNT_LIMBS], y[AMOUNT_LIMBS], carry[AMOUNT_LIMBS], c = 0;
    amount_to_limbs(x, a);
    amount_to_limbs(y, b);
    for (uint32_t i = 0; i < AMOUNT_LIMBS; i++) {
        c = subtract ? x[i] < y[i] + c : (x[i] + y[i] + c) >> 16;
        carry[i] = c;
    }
    op_put_n(l, column, carry, AMOUNT_LIMBS - 1);
}

void op_put_weights(struct op_line *l, const char *column, const uint32_t *a, const uint32_t *b,
                    uint32_t n)
{
    uint32_t w[16] = {0};
    REQUIRE(n <= 16);
    for (uint32_t i = 0; i < n; i++)
        if (a[i] != b[i]) {
            w[i] = field_inverse(field_sub(a[i], b[i]));
            break;
        }
    op_put_n(l, column, w, n);
}

void op_put_pool(struct op_line *l, const struct pool_half *pool)
{
    op_put(l, "own_token", pool->own_token);
    op_put(l, "other_chain", pool->other_chain);
    op_put(l, "other_id", pool->other_id);
    op_put(l, "other_token", pool->other_token);
    op_put(l, "pool_fee", pool->fee_bps);
    op_put(l, "pool_cap", pool->cap_bps);
}

void op_put_digest(struct op_line *l, const char *column, const uint32_t digest[8])
{
    op_put_n(l, column, digest, 8);
}

/* ---- running memory ---- */

struct cell op_cell(struct op_fill *f, uint32_t account, uint32_t slot)
{
    struct cell c;
    w_mem_get(f->w, account, slot, c.e);
    return c;
}

void op_cell_set(struct op_fill *f, uint32_t account, uint32_t slot, const struct cell *value)
{
    w_mem_set(f->w, account, slot, value->e);
}

struct amount op_cell_amount(const struct cell *c)
{
    struct amount a = AMOUNT_ZERO;
    return amount_from_limbs(&a, c->e + 1) == ERR_OK ? a : AMOUNT_ZERO;
}

struct cell op_cell_of(uint32_t first, struct amount a)
{
    struct cell c = {{first}};
    amount_to_limbs(c.e + 1, a);
    return c;
}

void op_credit(struct op_fill *f, uint32_t account, uint32_t slot, uint32_t token, struct amount a)
{
    struct cell c = op_cell(f, account, slot);
    struct amount sum;
    if (amount_add(&sum, op_cell_amount(&c), a) != ERR_OK) {
        w_fail(f->w, ERR_MISMATCH, "operation %u: credit of (%u, %u) overflows", f->j, account,
               slot);
        return;
    }
    if (amount_is_zero(sum)) return;
    c = op_cell_of(token, sum);
    op_cell_set(f, account, slot, &c);
}

void op_debit(struct op_fill *f, uint32_t account, uint32_t slot, struct amount a)
{
    struct cell c = op_cell(f, account, slot);
    struct amount left;
    if (amount_sub(&left, op_cell_amount(&c), a) != ERR_OK) {
        w_fail(f->w, ERR_MISMATCH, "operation %u: debit of (%u, %u) below 0", f->j, account, slot);
        return;
    }
    c = amount_is_zero(left) ? (struct cell){{0}} : op_cell_of(c.e[0], left);
    op_cell_set(f, account, slot, &c);
}

const struct slot0_preimage *op_preimage(struct op_fill *f, uint32_t account)
{
    struct cell c = op_cell(f, account, SLOT_IDENTITY);
    const struct chain_trace *t = f->trace;
    for (uint32_t i = 0; i < t->n_preimages; i++)
        if (memcmp(t->preimages[i].digest.e, c.e, sizeof c.e) == 0) return &t->preimages[i];
    return NULL;
}

struct user_cell op_user(struct op_fill *f, uint32_t account)
{
    const struct slot0_preimage *p = op_preimage(f, account);
    if (p != NULL && p->kind == PREIMAGE_USER) return p->user;
    w_fail(f->w, ERR_MISMATCH, "operation %u: account %u is no user", f->j, account);
    return (struct user_cell){.auth = 0};
}

uint32_t op_new_id(struct op_fill *f, const uint32_t digest[8])
{
    struct cell c = op_cell(f, ACCOUNT_SYSTEM, SYSTEM_SLOT_NEXT), identity;
    uint32_t id = c.e[0];
    memcpy(identity.e, digest, sizeof identity.e);
    op_cell_set(f, id, SLOT_IDENTITY, &identity);
    c.e[0]++;
    op_cell_set(f, ACCOUNT_SYSTEM, SYSTEM_SLOT_NEXT, &c);
    return id;
}

/* ---- parts of records ---- */

void op_fill_preamble(struct op_fill *f, uint32_t k, uint32_t deadline)
{
    const struct chain_trace *t = f->trace;
    struct op_line l = op_line_new(f, "preamble");
    uint32_t d[2] = {deadline & 0xffff, deadline >> 16};
    uint32_t now[2] = {t->time & 0xffff, t->time >> 16};
    op_put(&l, "id", SPONGE_IDS_PER_OP * f->j + k);
    op_put(&l, "chain", t->chain);
    op_put(&l, "fee_account", t->fee_account);
    op_put_n(&l, "deadline", d, 2);
    op_put_n(&l, "time", now, 2);
    op_put_n(&l, "dep", f->dep, 8);
    op_put(&l, "borrow", d[0] < now[0]);
}

struct owner op_put_signed(struct op_line *l, const struct op_auth *auth,
                           const struct digest8 *order)
{
    struct op_fill *f = l->f;
    struct user_cell user = op_user(f, auth->account);
    bool escape = auth->leaf - auth->next + 1 > 63;
    uint32_t deadline[2] = {auth->deadline & 0xffff, auth->deadline >> 16};
    if (escape) f->pos += 4;
    op_put(l, "record_pos", f->pos);
    op_put(l, "chain", f->trace->chain);
    op_put(l, "changes", auth->changes);
    op_put(l, "lane", auth->lane);
    op_put(l, "leaf", auth->leaf);
    op_put_n(l, "deadline", deadline, 2);
    op_put_digest(l, "order", order->e);
    op_put_owner(l, "owner", &user.owner);
    op_fill_preamble(f, OP_SPONGE_ORDER, auth->deadline);
    if (auth->signature != NULL) w_signature(f->w, f->j, auth->signature);
    struct cell keys = op_cell(f, auth->account, SLOT_KEYS);
    keys.e[1 + auth->lane % XMSS_LANES] = auth->leaf + 1;
    op_cell_set(f, auth->account, SLOT_KEYS, &keys);
    return user.owner;
}

void op_fill_fee(struct op_fill *f, uint32_t account, uint32_t slot, uint32_t token,
                 struct packed_fee fee)
{
    const struct chain_trace *t = f->trace;
    struct op_line l = op_line_new(f, "fee");
    struct amount value = AMOUNT_ZERO;
    if (packed_fee_value(&value, fee) != ERR_OK)
        w_fail(f->w, ERR_MISMATCH, "operation %u: packed fee out of range", f->j);
    uint32_t fee_slot = 0;
    for (uint32_t i = 0; i < BATCH_FEE_TOKENS; i++)
        if (t->fee_slots[i].token == token) fee_slot = t->fee_slots[i].slot;
    op_put(&l, "j", f->j);
    op_put(&l, "account", account);
    op_put(&l, "slot", slot);
    op_put(&l, "token", token);
    op_put(&l, "packed", fee.bits);
    op_put_amount(&l, "value", value);
    op_put(&l, "some", !amount_is_zero(value));
    op_put_amount_inverse(&l, "some inverse", value);
    if (amount_is_zero(value)) return;
    op_put(&l, "fee_account", t->fee_account);
    op_put(&l, "fee_slot", fee_slot);
    op_debit(f, account, slot, value);
    op_credit(f, t->fee_account, fee_slot, token, value);
}

/* ---- muldiv ---- */

static void number_bytes(uint32_t out[14], struct amount a)
{
    uint32_t limbs[AMOUNT_LIMBS];
    amount_to_limbs(limbs, a);
    for (uint32_t i = 0; i < 14; i++)
        out[i] = limbs[i / 2] >> 8 * (i % 2) & 0xff;
}

/* a b - q c at bytes 2 u and 2 u + 1 */
static int64_t product_at(const uint32_t *x, const uint32_t *y, uint32_t u)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < 14; i++) {
        if (2 * u >= i && 2 * u - i < 14) sum += (int64_t)x[i] * y[2 * u - i];
        if (2 * u + 1 >= i && 2 * u + 1 - i < 14) sum += 256 * (int64_t)x[i] * y[2 * u + 1 - i];
    }
    return sum;
}

void op_fill_muldiv(struct op_fill *f, bool ceil, struct amount a, struct amount b, struct amount c,
                    struct amount q)
{
    struct op_line l = op_line_new(f, "muldiv");
    /* the remainder is below 2^112, so it is right modulo 2^128 */
    unsigned __int128 rem = amount_value(a) * amount_value(b) - amount_value(q) * amount_value(c);
    if (ceil) rem = 0 - rem;
    struct amount r = {.lo = (uint64_t)rem, .hi = (uint64_t)(rem >> 64) & 0xffffffffffff};
    uint32_t v[5][14], carry[13];
    struct amount n[5] = {a, b, c, q, r};
    static const char *const names[5] = {"a", "b", "c", "q", "rem"};
    for (uint32_t i = 0; i < 5; i++) {
        number_bytes(v[i], n[i]);
        op_put_n(&l, names[i], v[i], 14);
    }
    op_put(&l, "ceil", ceil);
    int64_t sum = 0;
    for (uint32_t u = 0; u < 13; u++) {
        sum += product_at(v[0], v[1], u) - product_at(v[3], v[2], u);
        int64_t limb = u < 7 ? (int64_t)(v[4][2 * u] + 256 * v[4][2 * u + 1]) : 0;
        sum += ceil ? limb : -limb;
        sum /= 65536; /* exact for right values */
        carry[u] = kb_to_u32(kb_from_i64(sum));
    }
    op_put_n(&l, "carry", carry, 13);
    /* borrows of c - (rem + 1), the 1 added to the lowest limb only */
    uint32_t x[7], y[7], borrow[7], k = 0;
    amount_to_limbs(x, c);
    amount_to_limbs(y, r);
    y[0]++;
    for (uint32_t i = 0; i < 7; i++) {
        k = x[i] < y[i] + k;
        borrow[i] = k;
    }
    op_put_n(&l, "rem_borrow", borrow, 6);
}

/* ---- pool side of shares ---- */

static struct amount muldiv(struct op_fill *f, bool ceil, struct amount a, struct amount b,
                            struct amount c)
{
    struct amount q = AMOUNT_ZERO;
    enum err err =
        ceil ? amount_mul_div_ceil(&q, a, b, c) : amount_mul_div_floor(&q, NULL, a, b, c);
    if (err != ERR_OK) w_fail(f->w, ERR_MISMATCH, "operation %u: quotient out of range", f->j);
    op_fill_muldiv(f, ceil, a, b, c, q);
    return q;
}

static struct amount moved(struct op_fill *f, struct amount a, struct amount b, bool subtract)
{
    struct amount r = AMOUNT_ZERO;
    if ((subtract ? amount_sub(&r, a, b) : amount_add(&r, a, b)) != ERR_OK)
        w_fail(f->w, ERR_MISMATCH, "operation %u: pool amount out of range", f->j);
    return r;
}

struct amount op_fill_shares(struct op_fill *f, bool remove, const struct pool_half *pool,
                             struct amount shares)
{
    struct op_line l = op_line_new(f, "shares");
    uint32_t id = pool->own_id;
    struct cell cell = op_cell(f, id, SLOT_POOL_SUPPLY);
    struct amount supply = op_cell_amount(&cell);
    cell = op_cell(f, id, SLOT_POOL_RESERVE);
    struct amount reserve = op_cell_amount(&cell);
    struct amount amount = muldiv(f, !remove, shares, reserve, supply);
    struct amount supply_after = moved(f, supply, shares, remove);
    struct amount reserve_after = moved(f, reserve, amount, remove);
    op_put(&l, "t", 16 * f->j + STEP_SHARES);
    op_put(&l, "remove", remove);
    op_put(&l, "own_chain", pool->own_chain);
    op_put(&l, "own_id", id);
    op_put_pool(&l, pool);
    op_put_amount(&l, "shares", shares);
    op_put_amount(&l, "amount", amount);
    op_put_amount(&l, "supply", supply);
    op_put_amount(&l, "reserve", reserve);
    op_put_carries(&l, "supply_carry", supply, shares, remove);
    op_put_carries(&l, "reserve_carry", reserve, amount, remove);
    cell = op_cell_of(TOKEN_SHARE_BIT + id, supply_after);
    op_cell_set(f, id, SLOT_POOL_SUPPLY, &cell);
    cell = op_cell_of(pool->own_token, reserve_after);
    op_cell_set(f, id, SLOT_POOL_RESERVE, &cell);
    if (pool->cap_bps == 10000) return amount;
    op_put(&l, "capped", 1);
    op_put_inverse(&l, "cap_inverse", field_sub(pool->cap_bps, 10000));
    cell = op_cell(f, id, SLOT_POOL_WINDOW);
    struct amount ref = op_cell_amount(&cell);
    struct amount ref_after = muldiv(f, true, ref, supply_after, supply);
    op_put(&l, "window_day", cell.e[0]);
    op_put_amount(&l, "window_ref", ref);
    op_put_amount(&l, "window_ref_after", ref_after);
    cell = op_cell_of(cell.e[0], ref_after);
    op_cell_set(f, id, SLOT_POOL_WINDOW, &cell);
    return amount;
}

void op_put_x(struct op_line *l, uint32_t x, uint32_t role)
{
    struct op_fill *f = l->f;
    uint32_t limb[2] = {x & 0xffff, x >> 16}, key = 2 * x + role;
    op_put_n(l, "x", limb, 2);
    op_put(l, "x_gap_hi", key < f->last ? 0 : (key - f->last) >> 16);
    f->last = key + 1;
    f->n_tuples++;
}
