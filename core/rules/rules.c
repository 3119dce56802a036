/* Operations that concern one chain and come from its users: OPEN, TRANSFER, WITHDRAW,
 * CHANGE_KEY. */
#include "core/rules/rules.h"

#include <string.h>

#include "core/op/amount.h"
#include "core/op/order.h"
#include "core/op/packed.h"
#include "core/rules/access.h"

static enum rule_error apply_open(struct rules_chain *c, struct op_open *op)
{
    struct user_cell user = {.owner = op->owner};
    struct cell digest;
    if (preimages_add_user(c->preimages, &user, &digest) != ERR_OK) return RULE_NOMEM;
    c->count.poseidon += POSEIDON_USER;
    return account_create(c, &digest, &op->id);
}

static enum rule_error apply_transfer(struct rules_chain *c, struct op_transfer *op)
{
    struct user_cell from, to;
    struct amount amount;
    struct digest8 digest;
    if (op->to > ACCOUNT_MAX || op->token >= 2 * TOKEN_SHARE_BIT) return RULE_MALFORMED;
    RULE_TRY(packed_positive(op->amount, &amount));
    RULE_TRY(auth_open(c, &op->auth, OP_TRANSFER, &from));
    order_transfer_digest(&digest, c->dep, c->chain, op);
    RULE_TRY(auth_verify(c, &op->auth, &from, &digest, (ORDER_TRANSFER_LEN + 7) / 8));
    RULE_TRY(user_open(c, op->to, RULE_RECIPIENT, &to));
    if (!owner_equal(&to.owner, &op->to_owner)) return RULE_RECIPIENT_OWNER;
    RULE_TRY(balance_debit(c, op->auth.account, op->slot_from, op->token, amount));
    RULE_TRY(balance_credit(c, op->to, op->slot_to, op->token, amount,
                            owner_equal(&from.owner, &to.owner)));
    return fee_take(c, op->auth.account, op->slot_from, op->token, op->fee);
}

static enum rule_error apply_withdraw(struct rules_chain *c, struct op_withdraw *op)
{
    struct user_cell user;
    struct digest8 digest;
    if (!amount_is_valid(op->amount)) return RULE_AMOUNT_RANGE;
    if (amount_is_zero(op->amount)) return RULE_AMOUNT_ZERO;
    if (op->token == 0 || op->token >= TOKEN_SHARE_BIT) return RULE_TOKEN;
    RULE_TRY(auth_open(c, &op->auth, OP_WITHDRAW, &user));
    order_withdraw_digest(&digest, c->dep, c->chain, op);
    RULE_TRY(auth_verify(c, &op->auth, &user, &digest, (ORDER_WITHDRAW_LEN + 7) / 8));
    RULE_TRY(balance_debit(c, op->auth.account, op->slot, op->token, op->amount));
    return fee_take(c, op->auth.account, op->slot, op->token, op->fee);
}

static enum rule_error apply_change_key(struct rules_chain *c, struct op_change_key *op)
{
    struct user_cell user;
    struct digest8 digest;
    struct amount fee;
    if (packed_fee_value(&fee, op->fee) != ERR_OK) return RULE_AMOUNT_RANGE;
    if (op->fee_token >= TOKEN_SHARE_BIT) return RULE_TOKEN;
    if (amount_is_zero(fee) != (op->fee_token == 0)) return RULE_FEE_TOKEN;
    if (op->new_auth != 1 || !key_is_valid(op->new_auth, op->new_height, &op->new_root))
        return RULE_KEY_INVALID;
    RULE_TRY(auth_open(c, &op->auth, OP_CHANGE_KEY, &user));
    if (op->auth.changes >= KEY_CHANGES_MAX) return RULE_KEY_CHANGES;
    order_change_key_digest(&digest, c->dep, c->chain, op);
    RULE_TRY(auth_verify(c, &op->auth, &user, &digest, (ORDER_CHANGE_KEY_LEN + 7) / 8));
    if (key_root_equal(&user.root, &op->new_root)) return RULE_KEY_SAME;
    user.auth = op->new_auth;
    user.height = op->new_height;
    user.root = op->new_root;
    RULE_TRY(key_replace(c, op->auth.account, &user));
    return fee_take(c, op->auth.account, op->fee_slot, op->fee_token, op->fee);
}

enum rule_error rules_apply_local(struct rules_chain *c, struct op *op)
{
    struct rules_mark mark = rules_mark(c);
    struct op work = *op;
    enum rule_error e = RULE_MALFORMED;
    switch (op->code) {
    case OP_OPEN: e = apply_open(c, &work.u.open); break;
    case OP_TRANSFER: e = apply_transfer(c, &work.u.transfer); break;
    case OP_WITHDRAW: e = apply_withdraw(c, &work.u.withdraw); break;
    case OP_CHANGE_KEY: e = apply_change_key(c, &work.u.change_key); break;
    default: break;
    }
    if (e == RULE_OK) *op = work;
    else rules_rollback(c, mark);
    return e;
}
