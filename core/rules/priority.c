/* Requests from L1: each has an outcome in every state (F19, N13). */
#include <string.h>

#include "core/op/amount.h"
#include "core/rules/halves.h"
#include "core/rules/rules.h"

/* What no correct contract lets through: REQ-L1-2. */
static bool request_is_valid(const struct op_priority *p)
{
    bool deposit = p->kind == PRIORITY_DEPOSIT || p->kind == PRIORITY_DEPOSIT_WITH_KEY;
    if (p->kind < PRIORITY_DEPOSIT || p->kind > PRIORITY_EXIT || p->id > ACCOUNT_NEW) return false;
    if (deposit && (p->token == 0 || p->token >= TOKEN_SHARE_BIT ||
                    !amount_is_valid(p->amount) || amount_is_zero(p->amount)))
        return false;
    if (p->kind == PRIORITY_DEPOSIT_WITH_KEY)
        return key_is_valid(1, XMSS_HEIGHT_SMALL, &p->root);
    if (p->kind == PRIORITY_SET_KEY) return key_is_valid(p->auth, p->height, &p->root);
    return true;
}

/* Codes 1 and 2. */
static enum rule_error account_check(struct rules_chain *c, struct op_priority *p,
                                     struct user_cell *user)
{
    enum rule_error e = user_open(c, p->id, RULE_ACCOUNT, user);
    p->outcome = OUTCOME_APPLIED;
    if (e == RULE_ACCOUNT) {
        p->outcome = OUTCOME_NO_ACCOUNT;
        return RULE_OK;
    }
    RULE_TRY(e);
    if (!owner_equal(&user->owner, &p->owner)) p->outcome = OUTCOME_NOT_OWNER;
    return RULE_OK;
}

/* Code 3: the slot cannot take the token. Counts as an access only where the circuit makes one. */
static enum rule_error slot_check(struct rules_chain *c, struct op_priority *p)
{
    struct cell cell;
    if (p->slot < SLOT_BALANCE_MIN) {
        p->outcome = OUTCOME_SLOT;
        return RULE_OK;
    }
    overlay_peek(c->overlay, p->id, p->slot, &cell);
    if (cell_is_zero(&cell) || cell.e[0] == p->token) return RULE_OK;
    p->outcome = OUTCOME_SLOT;
    return access_get(c, p->id, p->slot, &cell);
}

static enum rule_error deposit_new(struct rules_chain *c, struct op_priority *p)
{
    struct user_cell user = {.owner = p->owner};
    struct cell digest;
    uint32_t next;
    if (p->slot < SLOT_BALANCE_MIN) {
        p->outcome = OUTCOME_SLOT;
        return RULE_OK;
    }
    if (!account_next_peek(c, &next)) {
        p->outcome = OUTCOME_FULL;
        return access_get(c, ACCOUNT_SYSTEM, SYSTEM_SLOT_NEXT, &digest);
    }
    if (p->kind == PRIORITY_DEPOSIT_WITH_KEY) {
        user.auth = 1;
        user.height = XMSS_HEIGHT_SMALL;
        user.root = p->root;
    }
    if (preimages_add_user(c->preimages, &user, &digest) != ERR_OK) return RULE_NOMEM;
    c->count.poseidon += POSEIDON_USER;
    RULE_TRY(account_create(c, &digest, &p->new_id));
    return balance_credit(c, p->new_id, p->slot, p->token, p->amount, true);
}

static enum rule_error apply_deposit(struct rules_chain *c, struct op_priority *p)
{
    struct user_cell user;
    bool keyed = p->kind == PRIORITY_DEPOSIT_WITH_KEY;
    if (p->id == ACCOUNT_NEW) return deposit_new(c, p);
    RULE_TRY(account_check(c, p, &user));
    if (p->outcome != OUTCOME_APPLIED) return RULE_OK;
    if (keyed && key_root_equal(&user.root, &p->root)) {
        p->outcome = OUTCOME_SAME_KEY;
        return RULE_OK;
    }
    RULE_TRY(slot_check(c, p));
    if (p->outcome != OUTCOME_APPLIED) return RULE_OK;
    if (keyed) {
        user.auth = 1;
        user.height = XMSS_HEIGHT_SMALL;
        user.root = p->root;
        RULE_TRY(key_replace(c, p->id, &user));
    }
    /* The contract lets only the owner deposit into slots from 128 on. */
    return balance_credit(c, p->id, p->slot, p->token, p->amount, true);
}

static enum rule_error apply_set_key(struct rules_chain *c, struct op_priority *p)
{
    struct user_cell user;
    RULE_TRY(account_check(c, p, &user));
    if (p->outcome != OUTCOME_APPLIED) return RULE_OK;
    if (key_root_equal(&user.root, &p->root)) {
        p->outcome = OUTCOME_SAME_KEY;
        return RULE_OK;
    }
    user.auth = p->auth;
    user.height = p->height;
    user.root = p->root;
    return key_replace(c, p->id, &user);
}

static enum rule_error apply_exit(struct rules_chain *c, struct op_priority *p)
{
    struct user_cell user;
    struct pool_half pool;
    struct cell cell, zero = {{0}};
    p->token = 0;
    p->amount = AMOUNT_ZERO;
    RULE_TRY(account_check(c, p, &user));
    if (p->outcome != OUTCOME_APPLIED) return RULE_OK;
    if (p->slot < SLOT_BALANCE_MIN) {
        p->outcome = OUTCOME_SLOT;
        return RULE_OK;
    }
    overlay_peek(c->overlay, p->id, p->slot, &cell);
    RULE_TRY(access_update(c, p->id, p->slot, &zero));
    if (cell_is_zero(&cell)) return RULE_OK;
    if (cell_amount(&p->amount, &cell) != ERR_OK) return RULE_STATE;
    p->token = cell.e[0];
    if (p->token < TOKEN_SHARE_BIT) return RULE_OK;
    uint32_t pool_id = p->token - TOKEN_SHARE_BIT;
    RULE_TRY(pool_open(c, pool_id, &pool));
    p->token = pool.own_token;
    return half_burn(c, pool_id, &pool, p->amount, &p->amount);
}

enum rule_error rules_apply_priority(struct rules_chain *c, struct op_priority *p)
{
    struct rules_mark mark = rules_mark(c);
    struct op_priority work = *p;
    enum rule_error e = RULE_MALFORMED;
    if (!request_is_valid(p)) return RULE_MALFORMED;
    work.outcome = OUTCOME_APPLIED;
    work.new_id = work.id;
    switch (work.kind) {
    case PRIORITY_DEPOSIT:
    case PRIORITY_DEPOSIT_WITH_KEY: e = apply_deposit(c, &work); break;
    case PRIORITY_SET_KEY: e = apply_set_key(c, &work); break;
    case PRIORITY_EXIT: e = apply_exit(c, &work); break;
    default: break;
    }
    if (e == RULE_OK) *p = work;
    else rules_rollback(c, mark);
    return e;
}
