/* PRIORITY: the outcome is the executor's, the advice that proves it is found here. */
#include <string.h>

#include "core/op/amount.h"
#include "core/op/codec.h"
#include "core/op/order.h"
#include "core/state/cells.h"
#include "prover/trace/op_trace.h"

enum { FOUND = 17, ROOT_AT = 12 };

struct layout { /* offsets in the record; 0 = not there */
    uint32_t token, amount, owner, root, length;
};

static struct layout layout_of(uint8_t kind)
{
    switch (kind) {
    case PRIORITY_DEPOSIT:
        return (struct layout){5, 8, 22, 0, RECORD_DEPOSIT_BYTES};
    case PRIORITY_DEPOSIT_WITH_KEY:
        return (struct layout){5, 8, 22, 42, RECORD_DEPOSIT_WITH_KEY_BYTES};
    case PRIORITY_SET_KEY:
        return (struct layout){0, 0, 6, 26, RECORD_SET_KEY_BYTES};
    default:
        return (struct layout){25, 28, 5, 0, RECORD_EXIT_BYTES};
    }
}

static void put_published(struct op_line *l, const struct op_priority *p, const struct layout *at)
{
    struct op_fill *f = l->f;
    uint32_t pos = f->priority_pos;
    static const char *const kinds[5] = {"", "deposit", "deposit_with_key", "set_key", "exit"};
    static const char *const outs[6] = {"applied",    "no_account", "not_owner",
                                        "wrong_slot", "full",       "same_key"};
    if (p->kind < 1 || p->kind > 4 || p->outcome > OUTCOME_SAME_KEY) {
        w_fail(f->w, ERR_MISMATCH, "operation %u: priority kind or outcome", f->j);
        return;
    }
    op_put(l, kinds[p->kind], 1);
    op_put(l, outs[p->outcome], 1);
    op_put_bytes(l, "id", pos + 1, 3);
    op_put(l, "slot_or_auth", p->kind == PRIORITY_SET_KEY ? p->auth : p->slot);
    if (p->kind == PRIORITY_SET_KEY) op_put(l, "height", p->height);
    if (at->token != 0) op_put_bytes(l, "token", pos + at->token, 3);
    if (at->amount != 0) op_put_bytes(l, "amount", pos + at->amount, 14);
    op_put_bytes(l, "owner", pos + at->owner, 20);
    if (at->root != 0) op_put_bytes(l, "root", pos + at->root, 20);
}

/* The account's slot 0 as found; false unless it is a user. */
static bool put_found(struct op_line *l, const struct op_priority *p, uint32_t found[FOUND])
{
    struct op_fill *f = l->f;
    struct cell old = op_cell(f, p->id, SLOT_IDENTITY);
    const struct slot0_preimage *pre = op_preimage(f, p->id);
    memset(found, 0, FOUND * sizeof *found);
    op_put_digest(l, "old", old.e);
    if (cell_is_zero(&old)) {
        op_put(l, "found_nothing", 1);
        return false;
    }
    if (pre == NULL) {
        w_fail(f->w, ERR_MISMATCH, "operation %u: no preimage of account %u", f->j, p->id);
        return false;
    }
    bool user = pre->kind == PREIMAGE_USER;
    if (user) {
        found[0] = pre->user.auth;
        found[1] = pre->user.height;
        owner_elements(found + 2, &pre->user.owner);
        memcpy(found + ROOT_AT, pre->user.root.e, sizeof pre->user.root.e);
    } else {
        const struct pool_half *h = &pre->pool;
        uint32_t half[7] = {h->own_chain,   h->own_token, h->other_chain, h->other_id,
                            h->other_token, h->fee_bps,   h->cap_bps};
        memcpy(found, half, sizeof half);
    }
    op_put(l, user ? "found_user" : "found_pool", 1);
    op_put_n(l, "found", found, FOUND);
    return user;
}

/* Digest of the user that is made (new account or new key). */
static struct cell put_made(struct op_line *l, const struct op_priority *p)
{
    struct user_cell user = {.owner = p->owner};
    struct cell digest;
    if (p->kind == PRIORITY_DEPOSIT_WITH_KEY) {
        user.auth = 1;
        user.height = 12;
    } else if (p->kind == PRIORITY_SET_KEY) {
        user.auth = p->auth;
        user.height = p->height;
    }
    if (p->kind != PRIORITY_DEPOSIT) user.root = p->root;
    user_cell_digest(&digest, &user);
    op_put_digest(l, "made", digest.e);
    return digest;
}

static void fill_key(struct op_line *l, const struct op_priority *p)
{
    struct op_fill *f = l->f;
    struct cell made = put_made(l, p), keys = op_cell(f, p->id, SLOT_KEYS);
    struct cell fresh = {{keys.e[0] + 1}};
    op_put(l, "key_set", 1);
    op_put_n(l, "changes", keys.e, 5);
    op_cell_set(f, p->id, SLOT_IDENTITY, &made);
    op_cell_set(f, p->id, SLOT_KEYS, &fresh);
}

static void fill_exit(struct op_line *l, const struct op_priority *p)
{
    struct op_fill *f = l->f;
    struct cell cell = op_cell(f, p->id, p->slot), zero = {{0}};
    struct amount taken = op_cell_amount(&cell);
    op_put(l, "paid", 1);
    op_put(l, "held_token", cell.e[0]);
    op_put_amount(l, "taken", taken);
    op_cell_set(f, p->id, p->slot, &zero);
    if (cell.e[0] < TOKEN_SHARE_BIT) return;
    const struct slot0_preimage *pre = op_preimage(f, cell.e[0] - TOKEN_SHARE_BIT);
    if (pre == NULL || pre->kind != PREIMAGE_POOL) {
        w_fail(f->w, ERR_MISMATCH, "operation %u: shares of no pool", f->j);
        return;
    }
    const struct pool_half *h = &pre->pool;
    uint32_t made[8] = {h->own_chain,   h->other_chain, h->other_id,
                        h->other_token, h->fee_bps,     h->cap_bps};
    op_put(l, "shares", 1);
    op_put_n(l, "made", made, 8);
    op_fill_shares(f, true, h, taken);
}

static void fill_new(struct op_line *l, const struct op_priority *p)
{
    struct op_fill *f = l->f;
    op_put(l, "fresh", 1);
    if (p->outcome == OUTCOME_SLOT) return;
    uint32_t next = op_cell(f, ACCOUNT_SYSTEM, SYSTEM_SLOT_NEXT).e[0];
    op_put(l, "counted", 1);
    op_put(l, "next", next);
    if (p->outcome != OUTCOME_APPLIED) return;
    op_put_inverse(l, "top_inverse", field_sub(next, ACCOUNT_NEW));
    struct cell made = put_made(l, p);
    op_new_id(f, made.e);
    op_credit(f, next, p->slot, p->token, p->amount);
}

static void fill_existing(struct op_line *l, const struct op_priority *p)
{
    struct op_fill *f = l->f;
    uint32_t found[FOUND], owner[10];
    bool deposit = p->kind == PRIORITY_DEPOSIT || p->kind == PRIORITY_DEPOSIT_WITH_KEY;
    bool keyed = p->kind == PRIORITY_DEPOSIT_WITH_KEY || p->kind == PRIORITY_SET_KEY;
    if (deposit) op_put_inverse(l, "top_inverse", field_sub(p->id, ACCOUNT_NEW));
    if (!put_found(l, p, found)) return;
    owner_elements(owner, &p->owner);
    if (p->outcome == OUTCOME_NOT_OWNER) {
        op_put_weights(l, "weight", found + 2, owner, 10);
        return;
    }
    op_put(l, "key_due", keyed);
    if (p->outcome == OUTCOME_SAME_KEY) return;
    if (keyed) op_put_weights(l, "weight", found + ROOT_AT, p->root.e, XMSS_DIGEST);
    if (p->outcome == OUTCOME_SLOT) {
        if (p->slot < SLOT_BALANCE_MIN) return;
        struct cell cell = op_cell(f, p->id, p->slot);
        uint32_t inverse[2] = {field_inverse(cell.e[0]),
                               field_inverse(field_sub(cell.e[0], p->token))};
        op_put(l, "held", 1);
        op_put(l, "held_token", cell.e[0]);
        op_put_n(l, "taken", cell.e + 1, 7);
        op_put_n(l, "held_inverse", inverse, 2);
        return;
    }
    if (keyed) fill_key(l, p);
    if (deposit) op_credit(f, p->id, p->slot, p->token, p->amount);
    if (p->kind == PRIORITY_EXIT) fill_exit(l, p);
}

void op_fill_priority(struct op_fill *f, const struct op_priority *p)
{
    struct op_line l = op_line_record(f, "priority");
    struct layout at = layout_of(p->kind);
    bool slotted = p->kind != PRIORITY_SET_KEY;
    bool deposit = p->kind == PRIORITY_DEPOSIT || p->kind == PRIORITY_DEPOSIT_WITH_KEY;
    put_published(&l, p, &at);
    op_put(&l, "low_slot", slotted && p->slot < SLOT_BALANCE_MIN);
    if (deposit && p->id == ACCOUNT_NEW)
        fill_new(&l, p);
    else
        fill_existing(&l, p);
    f->pos += RECORD_MARKER_BYTES;
    f->n_priority++;
    f->priority_pos += at.length;
}
