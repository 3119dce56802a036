/* PRIORITY: marker 0x01 in the stream and one record of the priority region. A request is
 * applied or refused with a code; each outcome is proven together with the negation of all
 * others, so neither a request that can be applied is refused nor the other way round.
 *
 *   new account (a deposit to id FFFFFF):  slot < 2 -> 3; accounts full -> 4; else applied
 *   otherwise:  (id, 0) empty or a pool -> 1; other owner -> 2; same key -> 5 (kinds 2, 3);
 *               slot < 2 -> 3 (kinds 1, 2, 4); another token in the slot -> 3 (kinds 1, 2); applied
 *
 * Byte columns are shared by the four kinds; their positions depend on the kind. */
#include "core/op/op.h"
#include "prover/air/op_row.h"

enum { KINDS = 4, OUTCOMES = 6, FOUND = 2 + AIR_OWNER + AIR_ROOT };

struct priority {
    struct op_row o;
    ir_x kind[KINDS + 1], out[OUTCOMES]; /* one-hot; kind[0] is not used */
    ir_x deposit, keyed_kind, slot_kind; /* kinds 1, 2; 2, 3; 1, 2, 4 */
    ir_x id, a /* slot or auth */, height, token, amount[AIR_AMOUNT], owner[AIR_OWNER];
    ir_x root[AIR_ROOT];
    ir_x fresh, low_slot, full_inverse;
    ir_x none, user, pool; /* what (id, 0) holds, when it is looked at */
    ir_x old[8], found[FOUND], weight[AIR_OWNER];
    ir_x key_due, key_set; /* the key is compared; the key is replaced */
    ir_x counted, created, next;
    ir_x made[8]; /* digest of the new slot 0; pool fields of an exit of shares */
    ir_x held, held_token, taken[AIR_AMOUNT];
    ir_x paid, shares;
    ir_x account;
};

/* position of a field that starts at one of three offsets */
static ir_x position(struct priority *p, uint32_t deposit, uint32_t set_key, uint32_t exit)
{
    struct ir_table *t = p->o.t;
    ir_x sum = ir_add(t, p->o.seq.priority_pos, ir_scale(t, deposit, p->deposit));
    sum = ir_add(t, sum, ir_scale(t, set_key, p->kind[PRIORITY_SET_KEY]));
    return ir_add(t, sum, ir_scale(t, exit, p->kind[PRIORITY_EXIT]));
}

static void priority_kinds(struct priority *p)
{
    struct ir_table *t = p->o.t;
    static const char *const kinds[KINDS + 1] = {"", "deposit", "deposit_with_key", "set_key",
                                                 "exit"};
    static const char *const outs[OUTCOMES] = {"applied",    "no_account", "not_owner",
                                               "wrong_slot", "full",       "same_key"};
    ir_x kinds_sum = ir_const(t, 0), code = ir_const(t, 0);
    for (uint32_t i = 1; i <= KINDS; i++) {
        p->kind[i] = air_flag(t, kinds[i]);
        kinds_sum = ir_add(t, kinds_sum, p->kind[i]);
        code = ir_add(t, code, ir_scale(t, 16 * i, p->kind[i]));
    }
    for (uint32_t i = 0; i < OUTCOMES; i++) {
        p->out[i] = air_flag(t, outs[i]);
        code = ir_add(t, code, ir_scale(t, i, p->out[i]));
    }
    ir_assert_eq(t, kinds_sum, p->o.on, "one kind");
    ir_assert_eq(t, ir_sum(t, p->out, OUTCOMES), p->o.on, "one outcome");
    p->deposit = ir_add(t, p->kind[PRIORITY_DEPOSIT], p->kind[PRIORITY_DEPOSIT_WITH_KEY]);
    p->keyed_kind = ir_add(t, p->kind[PRIORITY_DEPOSIT_WITH_KEY], p->kind[PRIORITY_SET_KEY]);
    p->slot_kind = ir_add(t, p->deposit, p->kind[PRIORITY_EXIT]);
    air_byte(t, p->o.on, p->o.seq.pos, ir_const(t, OP_PRIORITY), "marker");
    air_byte(t, p->o.on, p->o.seq.priority_pos, code, "kind and outcome");
}

static void priority_bytes(struct priority *p)
{
    struct op_row *o = &p->o;
    struct ir_table *t = o->t;
    ir_x id[3], token[3], amount[14], owner[20], root[20];
    air_new_cols(t, id, "id", 3);
    p->a = air_col(t, "slot_or_auth");
    p->height = air_col(t, "height");
    air_new_cols(t, token, "token", 3);
    air_new_cols(t, amount, "amount", 14);
    air_new_cols(t, owner, "owner", 20);
    air_new_cols(t, root, "root", 20);
    air_bytes(t, o->on, position(p, 1, 1, 1), id, 3, "id byte");
    air_byte(t, o->on, position(p, 4, 4, 4), p->a, "slot or auth byte");
    air_byte(t, p->kind[PRIORITY_SET_KEY], position(p, 0, 5, 0), p->height, "height byte");
    air_bytes(t, p->slot_kind, position(p, 5, 0, 25), token, 3, "token byte");
    air_bytes(t, p->slot_kind, position(p, 8, 0, 28), amount, 14, "amount byte");
    air_bytes(t, o->on, position(p, 22, 6, 5), owner, 20, "owner byte");
    air_bytes(t, p->keyed_kind, position(p, 42, 26, 0), root, 20, "root byte");
    p->id = op_be(o, id, 3);
    p->token = op_be(o, token, 3);
    op_limbs_be(o, amount, AIR_AMOUNT, p->amount);
    op_pairs(o, owner, AIR_OWNER, p->owner);
    op_words(o, root, AIR_ROOT, p->root);
}

/* fresh = deposit to FFFFFF; low_slot = slot < 2. */
static void priority_request(struct priority *p)
{
    struct op_row *o = &p->o;
    struct ir_table *t = o->t;
    p->fresh = air_flag(t, "fresh");
    p->full_inverse = air_col(t, "top_inverse");
    ir_x top = ir_const(t, ACCOUNT_NEW), id_off = ir_sub(t, p->id, top);
    air_when_zero(t, p->fresh, air_not(t, p->deposit), "only a deposit opens an account");
    air_when_zero(t, p->fresh, id_off, "a new account is asked for");
    op_nonzero(o, ir_sub(t, p->deposit, p->fresh), id_off, p->full_inverse,
               "an existing account is named");
    p->low_slot = air_flag(t, "low_slot");
    ir_x one_less = ir_sub(t, p->a, ir_const(t, 1)), two_less = ir_sub(t, p->a, ir_const(t, 2));
    air_when_zero(t, p->low_slot, air_not(t, p->slot_kind), "low slot of a kind with a slot");
    ir_assert_zero(t, ir_mul(t, p->low_slot, ir_mul(t, p->a, one_less)), "low slot is 0 or 1");
    air_byte2(t, ir_sub(t, p->slot_kind, p->low_slot), two_less, two_less, "other slots from 2");
}

/* Codes 1 and 2: what (id, 0) holds and whose it is. */
static void priority_account(struct priority *p)
{
    struct op_row *o = &p->o;
    struct ir_table *t = o->t;
    p->none = air_flag(t, "found_nothing");
    p->user = air_flag(t, "found_user");
    p->pool = air_flag(t, "found_pool");
    ir_x existing = ir_sub(t, o->on, p->fresh);
    ir_assert_eq(t, ir_add(t, p->none, ir_add(t, p->user, p->pool)), existing,
                 "one thing is found");
    air_new_cols(t, p->old, "old", 8);
    air_new_cols(t, p->found, "found", FOUND);
    air_new_cols(t, p->weight, "weight", AIR_OWNER);
    ir_x zero[8];
    op_zeros(o, zero, 8);
    op_equal_n(o, p->none, p->old, zero, 8, "nothing is found");
    struct air_user u = {.auth = p->found[0], .height = p->found[1]};
    for (uint32_t i = 0; i < AIR_OWNER; i++)
        u.owner[i] = p->found[2 + i];
    for (uint32_t i = 0; i < AIR_ROOT; i++)
        u.root[i] = p->found[2 + AIR_OWNER + i];
    air_user_hash(t, p->user, &u, p->old, "user is found");
    struct air_pool pool = {.own_chain = p->found[0],
                            .own_id = p->id,
                            .own_token = p->found[1],
                            .other_chain = p->found[2],
                            .other_id = p->found[3],
                            .other_token = p->found[4],
                            .fee = p->found[5],
                            .cap = p->found[6],
                            .flags = ir_const(t, 0)};
    air_pool_hash(t, p->pool, &pool, p->old, "pool is found");
    ir_assert_eq(t, p->out[OUTCOME_NO_ACCOUNT], ir_add(t, p->none, p->pool), "code 1 iff no user");

    ir_x differs = p->out[OUTCOME_NOT_OWNER];
    air_when_zero(t, differs, air_not(t, p->user), "code 2 needs a user");
    op_differ(o, differs, u.owner, p->owner, p->weight, AIR_OWNER, "code 2: owners differ");
    op_equal_n(o, ir_sub(t, p->user, differs), u.owner, p->owner, AIR_OWNER,
               "owners are equal unless code 2");
}

/* Code 5 and the replacement of the key: slot 0 and slot 1. */
static void priority_key(struct priority *p)
{
    struct op_row *o = &p->o;
    struct ir_table *t = o->t;
    ir_x same = p->out[OUTCOME_SAME_KEY], existing = ir_sub(t, o->on, p->fresh);
    ir_x right_owner = ir_sub(t, p->user, p->out[OUTCOME_NOT_OWNER]);
    p->key_due = air_col(t, "key_due");
    p->key_set = air_col(t, "key_set");
    ir_assert_eq(t, p->key_due, ir_mul(t, right_owner, p->keyed_kind), "key is compared");
    ir_assert_eq(t, p->key_set, ir_mul(t, p->key_due, p->out[OUTCOME_APPLIED]), "key is set");
    const ir_x *was = p->found + 2 + AIR_OWNER;
    air_when_zero(t, same, air_not(t, p->key_due), "code 5 needs a key to compare");
    op_equal_n(o, same, was, p->root, AIR_ROOT, "code 5: same key root");
    op_differ(o, ir_sub(t, p->key_due, same), was, p->root, p->weight, AIR_ROOT,
              "key roots differ unless code 5");

    air_new_cols(t, p->made, "made", 8);
    ir_x after[8], changes[5], slot1[2][8];
    for (uint32_t i = 0; i < 8; i++)
        after[i] = air_select(t, p->key_set, p->made[i], p->old[i]);
    air_cell(t, existing, op_time(o, STEP_A), p->id, ir_const(t, 0), p->old, after, "account");
    air_new_cols(t, changes, "changes", 5); /* and the four lanes */
    op_zeros(o, slot1[0], 8);
    op_zeros(o, slot1[1], 8);
    for (uint32_t i = 0; i < 5; i++)
        slot1[0][i] = changes[i];
    slot1[1][0] = air_plus(t, changes[0], 1);
    air_cell(t, p->key_set, op_time(o, STEP_B), p->id, ir_const(t, 1), slot1[0], slot1[1],
             "key counters");
}

/* Code 4 and a new account. */
static void priority_create(struct priority *p, ir_x auth, ir_x height, const ir_x root[AIR_ROOT])
{
    struct op_row *o = &p->o;
    struct ir_table *t = o->t;
    ir_x full = p->out[OUTCOME_FULL];
    p->counted = air_col(t, "counted");
    p->next = air_col(t, "next");
    ir_assert_eq(t, p->counted, ir_mul(t, p->fresh, air_not(t, p->out[OUTCOME_SLOT])),
                 "counter is looked at");
    p->created = ir_sub(t, p->counted, full);
    ir_x off = ir_sub(t, p->next, ir_const(t, ACCOUNT_NEW));
    air_when_zero(t, full, air_not(t, p->counted), "code 4 needs the counter");
    air_when_zero(t, full, off, "code 4: accounts are full");
    op_nonzero(o, p->created, off, p->full_inverse, "accounts are not full unless code 4");
    op_new_account(o, p->counted, STEP_A, p->next, ir_add(t, p->next, p->created), "counter");

    struct air_user u = {.auth = auth, .height = height};
    for (uint32_t i = 0; i < AIR_OWNER; i++)
        u.owner[i] = p->owner[i];
    for (uint32_t i = 0; i < AIR_ROOT; i++)
        u.root[i] = root[i];
    air_user_hash(t, ir_add(t, p->created, p->key_set), &u, p->made, "user is made");
    ir_x zero[8];
    op_zeros(o, zero, 8);
    air_cell(t, p->created, op_time(o, STEP_B), p->next, ir_const(t, 0), zero, p->made,
             "new account");
    p->account = air_select(t, p->fresh, p->next, p->id);
}

/* Code 3 and the credit of a deposit. */
static void priority_credit(struct priority *p)
{
    struct op_row *o = &p->o;
    struct ir_table *t = o->t;
    p->held = air_flag(t, "held");
    p->held_token = air_col(t, "held_token");
    air_new_cols(t, p->taken, "taken", AIR_AMOUNT);
    ir_x inverse[2];
    air_new_cols(t, inverse, "held_inverse", 2);
    /* the slot is looked at: fresh, or the owner is right and the key is new */
    ir_x reached = ir_sub(t, ir_add(t, p->fresh, p->user),
                          ir_add(t, p->out[OUTCOME_NOT_OWNER], p->out[OUTCOME_SAME_KEY]));
    ir_assert_eq(t, ir_sub(t, p->out[OUTCOME_SLOT], p->held), ir_mul(t, reached, p->low_slot),
                 "code 3 iff the slot is low, or held");
    air_when_zero(t, p->held, air_not(t, p->deposit), "held: only for a deposit");
    air_when_zero(t, p->held, p->fresh, "held: only in an existing account");
    air_when_zero(t, p->held, p->low_slot, "held: only a balance slot");
    op_nonzero(o, p->held, p->held_token, inverse[0], "held: the slot is not empty");
    op_nonzero(o, p->held, ir_sub(t, p->held_token, p->token), inverse[1], "held: another token");
    ir_x cell[8];
    op_amount_cell(p->held_token, p->taken, cell);
    air_cell(t, p->held, op_time(o, STEP_D), p->id, p->a, cell, cell, "held slot");
    ir_x applied = ir_mul(t, p->deposit, p->out[OUTCOME_APPLIED]);
    air_balance(t, applied, op_time(o, STEP_E), p->account, p->a, p->token,
                ir_const(t, BALANCE_CREDIT), p->amount, "deposit");
}

/* The exit: the slot is emptied; shares are burnt on this chain alone. */
static void priority_exit(struct priority *p)
{
    struct op_row *o = &p->o;
    struct ir_table *t = o->t;
    ir_x exit = p->kind[PRIORITY_EXIT];
    p->paid = air_col(t, "paid");
    p->shares = air_flag(t, "shares");
    ir_assert_eq(t, p->paid, ir_mul(t, exit, p->out[OUTCOME_APPLIED]), "exit is applied");
    air_when_zero(t, p->shares, air_not(t, p->paid), "shares only of an exit");
    air_balance(t, p->paid, op_time(o, STEP_C), p->id, p->a, p->held_token,
                ir_const(t, BALANCE_TAKE_ALL), p->taken, "slot is emptied");
    ir_x plain = ir_sub(t, p->paid, p->shares), refused = ir_sub(t, exit, p->paid);
    air_when_eq(t, plain, p->token, p->held_token, "token as found");
    op_equal_n(o, plain, p->amount, p->taken, AIR_AMOUNT, "amount as found");
    air_when_zero(t, refused, p->token, "refused exit has no token");
    air_when_zero(t, refused, ir_sum(t, p->amount, AIR_AMOUNT), "refused exit pays nothing");
    struct air_pool pool = {.own_chain = p->made[0],
                            .own_id = ir_sub(t, p->held_token, ir_const(t, TOKEN_SHARE_BIT)),
                            .own_token = p->token,
                            .other_chain = p->made[1],
                            .other_id = p->made[2],
                            .other_token = p->made[3],
                            .fee = p->made[4],
                            .cap = p->made[5]};
    op_shares(o, p->shares, op_time(o, STEP_SHARES), ir_const(t, 1), &pool, p->taken, p->amount,
              "shares are burnt");
}

/* Outcomes that a kind does not know. Full and wrong slot need no more: full only for fresh, slot
 * only for kinds with a slot. */
static void priority_codes(struct priority *p)
{
    struct ir_table *t = p->o.t;
    ir_x set_key = p->kind[PRIORITY_SET_KEY], exit = p->kind[PRIORITY_EXIT];
    air_when_zero(t, set_key, ir_add(t, p->out[OUTCOME_SLOT], p->out[OUTCOME_FULL]),
                  "codes of set key");
    air_when_zero(t, exit, ir_add(t, p->out[OUTCOME_FULL], p->out[OUTCOME_SAME_KEY]),
                  "codes of exit");
    air_when_zero(t, p->kind[PRIORITY_DEPOSIT], p->out[OUTCOME_SAME_KEY], "codes of deposit");
}

void priority_table_build(struct ir_system *s, uint32_t log_height)
{
    struct priority p;
    struct op_row *o = &p.o;
    op_table(o, s, "priority", log_height);
    struct ir_table *t = o->t;
    op_seq_take(o);
    priority_kinds(&p);
    priority_bytes(&p);
    priority_request(&p);
    priority_account(&p);
    /* the key asked for; keyless for kind 1 */
    ir_x with_key = p.kind[PRIORITY_DEPOSIT_WITH_KEY], set_key = p.kind[PRIORITY_SET_KEY];
    ir_x auth = ir_add(t, with_key, ir_mul(t, set_key, p.a));
    ir_x height = ir_add(t, ir_scale(t, 12, with_key), ir_mul(t, set_key, p.height));
    ir_x root[AIR_ROOT];
    for (uint32_t i = 0; i < AIR_ROOT; i++)
        root[i] = ir_mul(t, p.keyed_kind, p.root[i]);
    priority_key(&p);
    priority_create(&p, auth, height, root);
    priority_credit(&p);
    priority_exit(&p);
    priority_codes(&p);

    struct op_seq next = o->seq;
    next.pos = air_plus(t, o->seq.pos, 1);
    next.n_priority = air_plus(t, o->seq.n_priority, 1);
    ir_x length = ir_scale(t, 42, p.kind[PRIORITY_DEPOSIT]);
    length = ir_add(t, length, ir_scale(t, 62, with_key));
    length = ir_add(t, length, ir_scale(t, 46, set_key));
    length = ir_add(t, length, ir_scale(t, 42, p.kind[PRIORITY_EXIT]));
    next.priority_pos = ir_add(t, o->seq.priority_pos, length);
    op_seq_give(o, &next);
}
