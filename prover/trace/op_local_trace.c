/* OPEN, TRANSFER, WITHDRAW, CHANGE_KEY and the header. */
#include <stdio.h>
#include <string.h>

#include "core/op/amount.h"
#include "core/op/codec.h"
#include "core/op/order.h"
#include "core/op/packed.h"
#include "core/state/cells.h"
#include "prover/trace/op_trace.h"

void op_fill_open(struct op_fill *f, const struct op_open *op)
{
    struct op_line l = op_line_record(f, "open");
    struct user_cell user = {.owner = op->owner};
    struct cell digest;
    op_put_bytes(&l, "byte", f->pos + 1, 20);
    user_cell_digest(&digest, &user);
    uint32_t id = op_new_id(f, digest.e);
    op_put(&l, "id", id);
    op_put_inverse(&l, "id_inverse", field_sub(id, ACCOUNT_NEW));
    op_put_digest(&l, "digest", digest.e);
    f->pos += RECORD_OPEN_BYTES;
}

static struct amount packed_value(struct op_fill *f, struct packed_amount p)
{
    struct amount a = AMOUNT_ZERO;
    if (packed_amount_value(&a, p) != ERR_OK)
        w_fail(f->w, ERR_MISMATCH, "operation %u: packed amount out of range", f->j);
    return a;
}

void op_fill_transfer(struct op_fill *f, const struct op_transfer *op)
{
    struct op_line l = op_line_record(f, "transfer");
    struct digest8 order;
    order_transfer_digest(&order, f->dep, f->trace->chain, op);
    op_put_signed(&l, &op->auth, &order);
    op_put_bytes(&l, "byte", f->pos + 1, RECORD_TRANSFER_BYTES - 1);
    struct amount amount = packed_value(f, op->amount);
    struct user_cell to = op_user(f, op->to);
    op_put(&l, "token", op->token);
    op_put_amount(&l, "amount", amount);
    op_put_amount_inverse(&l, "amount_inverse", amount);
    op_put(&l, "to_auth", to.auth);
    op_put(&l, "to_height", to.height);
    op_put_owner(&l, "to_owner", &to.owner);
    op_put_root(&l, "to_root", &to.root);
    op_put(&l, "guarded", op->slot_to >= SLOT_OWN_ONLY);
    op_debit(f, op->auth.account, op->slot_from, amount);
    op_credit(f, op->to, op->slot_to, op->token, amount);
    op_fill_fee(f, op->auth.account, op->slot_from, op->token, op->fee);
    f->pos += RECORD_TRANSFER_BYTES;
}

void op_fill_withdraw(struct op_fill *f, const struct op_withdraw *op)
{
    struct op_line l = op_line_record(f, "withdraw");
    struct digest8 order;
    order_withdraw_digest(&order, f->dep, f->trace->chain, op);
    op_put_signed(&l, &op->auth, &order);
    op_put_bytes(&l, "byte", f->withdrawal_pos, RECORD_WITHDRAW_BYTES);
    op_put_amount_inverse(&l, "amount_inverse", op->amount);
    op_debit(f, op->auth.account, op->slot, op->amount);
    op_fill_fee(f, op->auth.account, op->slot, op->token, op->fee);
    f->pos += RECORD_MARKER_BYTES;
    f->n_withdrawals++;
    f->withdrawal_pos += RECORD_WITHDRAW_BYTES;
}

void op_fill_change_key(struct op_fill *f, const struct op_change_key *op)
{
    struct op_line l = op_line_record(f, "change_key");
    struct user_cell user = op_user(f, op->auth.account);
    struct key_root old = user.root;
    struct digest8 order;
    struct cell digest, keys = {{op->auth.changes + 1}};
    order_change_key_digest(&order, f->dep, f->trace->chain, op);
    op_put_signed(&l, &op->auth, &order);
    op_put_bytes(&l, "byte", f->pos + 1, RECORD_CHANGE_KEY_BYTES - 1);
    user.auth = op->new_auth;
    user.height = op->new_height;
    user.root = op->new_root;
    user_cell_digest(&digest, &user);
    op_put(&l, "changes_hi", op->auth.changes >> 16);
    op_put_digest(&l, "digest", digest.e);
    op_put_root(&l, "old_root", &old);
    op_put_weights(&l, "root_weight", op->new_root.e, old.e, XMSS_DIGEST);
    for (uint32_t i = 0; i < XMSS_DIGEST; i++) {
        char name[48];
        uint32_t top = op->new_root.e[i] >> 24;
        snprintf(name, sizeof name, "root_below_top %u", (unsigned)i);
        op_put(&l, name, top != 127);
        snprintf(name, sizeof name, "root_below_top %u inverse", (unsigned)i);
        op_put_inverse(&l, name, field_sub(top, 127));
    }
    op_put(&l, "fee_token", op->fee_token);
    op_cell_set(f, op->auth.account, SLOT_IDENTITY, &digest);
    op_cell_set(f, op->auth.account, SLOT_KEYS, &keys);
    op_fill_fee(f, op->auth.account, op->fee_slot, op->fee_token, op->fee);
    f->pos += RECORD_CHANGE_KEY_BYTES;
}

static void header_fees(struct op_line *l)
{
    const struct chain_trace *t = l->f->trace;
    char name[48];
    op_put(l, "has_fee_account", t->fee_account != 0);
    op_put_inverse(l, "has_fee_account inverse", t->fee_account);
    for (uint32_t i = 0; i < BATCH_FEE_TOKENS; i++) {
        uint32_t token = t->fee_slots[i].token;
        snprintf(name, sizeof name, "fee_used_%u", (unsigned)i);
        op_put(l, name, token != 0);
        snprintf(name, sizeof name, "fee_used_%u inverse", (unsigned)i);
        op_put_inverse(l, name, token);
        for (uint32_t k = i + 1; k < BATCH_FEE_TOKENS; k++) {
            uint32_t other = t->fee_slots[k].token;
            snprintf(name, sizeof name, "fee_inverse_%u_%u", (unsigned)i, (unsigned)k);
            if (token != 0 && other != 0) op_put_inverse(l, name, field_sub(token, other));
        }
    }
}

void op_fill_header(struct op_fill *f)
{
    const struct chain_trace *t = f->trace;
    struct op_line l = op_line_new(f, "header");
    op_put_bytes(&l, "byte", 0, SEGMENT_HEADER_BYTES);
    op_put_n(&l, "dep", f->dep, 8);
    op_put_digest(&l, "tuple_digest", t->tuple_digest.e);
    op_put(&l, "n_tuples", t->n_tuples);
    op_put(&l, "last", f->last);
    op_put(&l, "end", f->pos);
    uint32_t day = t->time / 86400, seconds = t->time % 86400;
    op_put(&l, "day", day);
    op_put(&l, "seconds_lo", seconds & 0xffff);
    op_put(&l, "seconds_hi", seconds >> 16);
    header_fees(&l);
    if (t->fee_account == 0) return;
    struct user_cell user = {.auth = 0};
    for (uint32_t i = 0; i < t->n_cells; i++) /* before the batch */
        for (uint32_t k = 0; k < t->n_preimages; k++)
            if (t->cells[i].account == t->fee_account && t->cells[i].slot == SLOT_IDENTITY &&
                memcmp(t->cells[i].before.e, t->preimages[k].digest.e, 32) == 0)
                user = t->preimages[k].user;
    op_put(&l, "fee_auth", user.auth);
    op_put(&l, "fee_height", user.height);
    op_put_owner(&l, "fee_owner", &user.owner);
    op_put_root(&l, "fee_root", &user.root);
}
