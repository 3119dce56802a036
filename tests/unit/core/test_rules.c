/* Every reason for a refusal, reached by one change to a request that is accepted; attacks of
 * shared/reference by their numbers. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/op/amount.h"
#include "core/op/order.h"
#include "core/op/packed.h"
#include "core/rules/replay.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

enum { A = 0, B = 1, ALICE = 0, BOB = 1, CAROL = 2 };

static struct world *w;
static struct batch *b;
static struct push_result result;

static enum rule_error push(struct request *r)
{
    enum rule_error e = batch_push(b, r, &result);
    if (e == RULE_OK) world_follow(w, r, &result);
    return e;
}

static enum rule_error sign_push(struct request *r)
{
    world_sign(w, b, r);
    return push(r);
}

#define check_push(r, want)                                                                        \
    do {                                                                                           \
        enum rule_error got_ = sign_push(r);                                                       \
        ck_assert_msg(got_ == (want), "%s, not %s", rule_error_name(got_), #want);                 \
    } while (0)

static struct packed_amount pack(uint64_t v)
{
    return packed_amount_floor(amount_from_u64(v));
}

static struct op_auth auth(uint32_t user, uint16_t chain)
{
    uint32_t lane, leaf;
    ck_assert(world_leaf(w, b, user, chain, &lane, &leaf));
    return (struct op_auth){.account = w->users[user].account[chain], .lane = (uint8_t)lane,
                            .leaf = leaf, .deadline = w->time};
}

static void deposit(uint32_t user, uint16_t chain, uint32_t token, uint64_t amount)
{
    struct request r;
    world_deposit(w, &r, user, chain, token, amount_from_u64(amount));
    ck_assert_int_eq(push(&r), RULE_OK);
    ck_assert_int_eq(result.op[0].u.priority.outcome, OUTCOME_APPLIED);
}

static struct request transfer(uint32_t from, uint32_t to, uint64_t amount)
{
    struct request r;
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_TRANSFER;
    r.chain = A;
    r.u.transfer = (struct op_transfer){.auth = auth(from, A),
                                        .to = w->users[to].account[A],
                                        .to_owner = w->users[to].owner,
                                        .slot_from = 2,
                                        .slot_to = 2,
                                        .token = 1,
                                        .amount = pack(amount)};
    return r;
}

/* Pool of token 1 on A and token 2 on B, 1,000,000 each, by ALICE. */
static struct request create(void)
{
    struct request r;
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_CREATE;
    struct create_order *o = &r.u.create.order;
    for (uint16_t i = 0; i < 2; i++) {
        r.u.create.auth[i] = auth(ALICE, i);
        o->side[i] = (struct create_side){.chain = i,
                                          .account = r.u.create.auth[i].account,
                                          .token = 1u + i,
                                          .slot = (uint8_t)(2 + i),
                                          .share_slot = 20,
                                          .amount = pack(1000000)};
    }
    o->shares = pack(2000000);
    o->fee_bps = 30;
    o->cap_bps = 2000;
    o->deadline = w->time;
    return r;
}

static struct request swap(uint32_t from, uint32_t to, uint64_t amount)
{
    struct request r;
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_SWAP;
    r.chain = A;
    r.u.swap = (struct swap_order){.auth = auth(from, A),
                                   .chain = A,
                                   .slot_in = 2,
                                   .pool_in = w->pools[0].id[0],
                                   .token_in = 1,
                                   .token_out = 2,
                                   .amount = pack(amount),
                                   .to_chain = B,
                                   .to_owner = w->users[to].owner,
                                   .to_account = w->users[to].account[B],
                                   .to_slot = 3};
    return r;
}

static struct request liquidity(uint8_t kind, uint64_t shares)
{
    struct request r;
    memset(&r, 0, sizeof r);
    r.kind = kind;
    struct liquidity_order *o = &r.u.liquidity.order;
    o->kind = kind == REQUEST_ADD ? OP_ADD : OP_REMOVE;
    for (uint16_t i = 0; i < 2; i++) {
        r.u.liquidity.auth[i] = auth(ALICE, i);
        o->side[i] = (struct liquidity_side){.chain = i,
                                             .pool_id = w->pools[0].id[i],
                                             .account = r.u.liquidity.auth[i].account,
                                             .token = 1u + i,
                                             .slot = (uint8_t)(2 + i),
                                             .share_slot = 20,
                                             .limit = kind == REQUEST_ADD ? AMOUNT_MAX
                                                                          : AMOUNT_ZERO};
    }
    o->shares = pack(shares);
    o->deadline = w->time;
    return r;
}

static void next_batch(void)
{
    struct sealed_batch s;
    if (batch_count_all_ops(b) > 0) {
        ck_assert_ok(batch_seal(b, &s));
        sealed_batch_deinit(&s);
    }
    batch_free(b);
    b = world_begin(w);
}

static void setup_with(bool sign)
{
    w = world_new(11, sign);
    b = world_begin(w);
    for (uint32_t u = ALICE; u <= CAROL; u++)
        for (uint16_t c = A; c <= B; c++) {
            deposit(u, c, 1, 10000000);
            deposit(u, c, 2, 10000000);
        }
    next_batch(); /* from here on ALICE's accounts take the fees */
    struct request r = create();
    ck_assert_int_eq(sign_push(&r), RULE_OK);
}

static void setup(void)
{
    setup_with(false);
}

static void setup_signed(void)
{
    setup_with(true);
}

static void teardown(void)
{
    batch_free(b);
    world_free(w);
}

START_TEST(transfers_are_refused_for_each_reason)
{
    struct request good = transfer(BOB, CAROL, 100), r;
#define CASE(change, want)                                                                         \
    do {                                                                                           \
        r = good;                                                                                  \
        struct op_transfer *t = &r.u.transfer;                                                     \
        change;                                                                                    \
        (void)t;                                                                                   \
        check_push(&r, want);                                                                      \
    } while (0)
    CASE(r.chain = 7, RULE_CHAIN);
    CASE(r.kind = 0, RULE_MALFORMED);
    CASE(t->to = ACCOUNT_NEW, RULE_MALFORMED);
    CASE(t->auth.account = 0xFFFF00, RULE_ACCOUNT);
    CASE(t->auth.account = 0, RULE_ACCOUNT);
    CASE(t->auth.account = w->pools[0].id[0], RULE_ACCOUNT); /* F26: a pool cannot sign */
    CASE(t->to = w->pools[0].id[0], RULE_RECIPIENT);         /* F26: nor be paid */
    CASE(t->to = 0, RULE_RECIPIENT);
    CASE(t->to_owner = w->users[BOB].owner, RULE_RECIPIENT_OWNER); /* F29 */
    CASE(t->amount.bits = 0, RULE_AMOUNT_ZERO);
    CASE(t->amount.bits = ((uint64_t)1 << 40) - 1, RULE_AMOUNT_RANGE); /* F47 */
    CASE(t->token = 0, RULE_TOKEN);
    CASE(t->token = 2, RULE_SLOT_TOKEN);
    CASE(t->slot_from = 1, RULE_SLOT); /* N9: slot 1 is no balance */
    CASE(t->slot_from = 0, RULE_SLOT);
    CASE(t->slot_to = 1, RULE_SLOT);
    CASE(t->slot_to = 3, RULE_SLOT_TOKEN);
    CASE(t->slot_to = 128, RULE_SLOT_FOREIGN); /* N10 */
    CASE(t->slot_to = 255, RULE_SLOT_FOREIGN);
    CASE(t->amount = pack(10000001), RULE_BALANCE);
    CASE(t->slot_from = 9, RULE_BALANCE);
    CASE((t->amount = pack(10000000), t->fee.bits = 1 << 5), RULE_FEE_BALANCE);
    CASE(t->fee.bits = 0xffff, RULE_AMOUNT_RANGE);
    CASE((t->token = 4, t->slot_from = 5, t->slot_to = 5), RULE_BALANCE);
    CASE(t->auth.deadline = w->time - 1, RULE_DEADLINE);
    CASE(t->auth.lane = 4, RULE_LEAF_RANGE);
    CASE(t->auth.leaf = 1024, RULE_LEAF_RANGE);
    CASE(t->auth.leaf = 1023, RULE_LAST_LEAF); /* F38 */
    CASE((void)0, RULE_OK);
    CASE((void)0, RULE_LEAF_USED); /* F39: the same bytes again */
#undef CASE
    /* To one's own slot from 128 on: allowed. */
    r = transfer(BOB, BOB, 5);
    r.u.transfer.slot_to = 128;
    check_push(&r, RULE_OK);
    /* Fee in a token that is not listed (4), and an account without a key. */
    deposit(BOB, A, 4, 1000);
    r = transfer(BOB, CAROL, 5);
    r.u.transfer.token = 4;
    r.u.transfer.slot_from = r.u.transfer.slot_to = 5;
    r.u.transfer.fee.bits = 1 << 5;
    check_push(&r, RULE_FEE_TOKEN);
    struct request open;
    memset(&open, 0, sizeof open);
    open.kind = REQUEST_OPEN;
    check_push(&open, RULE_OK);
    r.u.transfer.auth.account = result.op[0].u.open.id;
    check_push(&r, RULE_KEYLESS); /* F35: nobody signs for a keyless account */
}
END_TEST

START_TEST(signatures_are_checked)
{
    struct request r = transfer(BOB, CAROL, 100), other;
    world_sign(w, b, &r);
    other = r;
    other.n_signatures = 0;
    ck_assert_int_eq(push(&other), RULE_SIGNATURE_MISSING);
    other = r;
    other.u.transfer.amount = pack(101);
    ck_assert_int_eq(push(&other), RULE_SIGNATURE);
    other = r;
    other.u.transfer.auth.deadline++;
    ck_assert_int_eq(push(&other), RULE_SIGNATURE);
    other = r;
    other.u.transfer.amount.bits = (uint64_t)10 << 5 | 1; /* F47: same value, other bytes */
    ck_assert_int_eq(push(&other), RULE_SIGNATURE);
    other = r;
    other.u.transfer.auth.leaf++; /* a signature is for one leaf */
    ck_assert_int_eq(push(&other), RULE_SIGNATURE);
    other = r;
    other.u.transfer.auth.account = w->users[CAROL].account[A];
    ck_assert_int_eq(push(&other), RULE_SIGNATURE);
    other = r;
    other.chain = B; /* F37: no chain accepts another's; the accounts have the same numbers */
    ck_assert_int_eq(push(&other), RULE_SIGNATURE);
    ck_assert_int_eq(push(&r), RULE_OK);
}
END_TEST

START_TEST(withdrawals_and_key_changes_are_refused_for_each_reason)
{
    struct request r, good;
    memset(&good, 0, sizeof good);
    good.kind = REQUEST_WITHDRAW;
    good.u.withdraw = (struct op_withdraw){.auth = auth(BOB, A), .slot = 2, .token = 1,
                                           .amount = amount_from_u64(7)};
    r = good;
    r.u.withdraw.amount = AMOUNT_ZERO;
    check_push(&r, RULE_AMOUNT_ZERO);
    r = good;
    r.u.withdraw.amount.hi = (uint64_t)1 << 48;
    check_push(&r, RULE_AMOUNT_RANGE);
    r = good;
    r.u.withdraw.token = TOKEN_SHARE_BIT + w->pools[0].id[0]; /* N9a: shares never leave */
    r.u.withdraw.slot = 20;
    check_push(&r, RULE_TOKEN);
    check_push(&good, RULE_OK);

    memset(&good, 0, sizeof good);
    good.kind = REQUEST_CHANGE_KEY;
    good.u.change_key = (struct op_change_key){.auth = auth(BOB, A), .new_auth = 1,
                                               .new_height = 12, .new_root = {{1, 2, 3, 4, 5}}};
    r = good;
    r.u.change_key.new_auth = 0;
    check_push(&r, RULE_KEY_INVALID);
    r = good;
    r.u.change_key.new_height = 13;
    check_push(&r, RULE_KEY_INVALID);
    r = good;
    r.u.change_key.new_root.e[0] = 0x7f000001;
    check_push(&r, RULE_KEY_INVALID);
    r = good;
    r.u.change_key.fee.bits = 1 << 5; /* a fee without its token */
    check_push(&r, RULE_FEE_TOKEN);
    r = good;
    struct user_cell user;
    ck_assert(rules_peek_user(batch_chain(b, A), w->users[BOB].account[A], &user, NULL, NULL));
    r.u.change_key.new_root = user.root;
    check_push(&r, RULE_KEY_SAME); /* F38 */
    r = good;
    r.u.change_key.auth.lane = 3;
    r.u.change_key.auth.leaf = 1023; /* the last leaf signs key changes */
    uint32_t changes, next[4];
    check_push(&r, RULE_OK);
    ck_assert(rules_peek_user(batch_chain(b, A), w->users[BOB].account[A], &user, &changes, next));
    ck_assert_uint_eq(changes, 2 - 1);
    for (int i = 0; i < 4; i++) ck_assert_uint_eq(next[i], 0);
    ck_assert_uint_eq(user.root.e[4], 5);
}
END_TEST

START_TEST(F38_too_many_key_changes_leave_room_for_L1)
{
    struct cell keys = {{1u << 23}};
    struct request r;
    next_batch();
    batch_free(b);
    ck_assert_ok(cells_set(w->state[A].cells, w->users[BOB].account[A], 1, &keys));
    b = world_begin(w);
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_CHANGE_KEY;
    r.u.change_key = (struct op_change_key){.auth = auth(BOB, A), .new_auth = 1, .new_height = 12};
    check_push(&r, RULE_KEY_CHANGES);
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_PRIORITY;
    r.u.priority = (struct op_priority){.kind = PRIORITY_SET_KEY,
                                        .id = w->users[BOB].account[A],
                                        .owner = w->users[BOB].owner};
    ck_assert_int_eq(push(&r), RULE_OK);
    ck_assert_int_eq(result.op[0].u.priority.outcome, OUTCOME_APPLIED);
}
END_TEST

START_TEST(pools_are_born_under_the_rules)
{
    struct request good = create(), r;
    good.u.create.order.side[0].share_slot = good.u.create.order.side[1].share_slot = 21;
#define CASE(change, want)                                                                         \
    do {                                                                                           \
        r = good;                                                                                  \
        struct create_order *o = &r.u.create.order;                                                \
        change;                                                                                    \
        check_push(&r, want);                                                                      \
    } while (0)
    CASE(o->side[0].account = ACCOUNT_NEW, RULE_MALFORMED);
    CASE(o->side[0].account++, RULE_MALFORMED); /* not the account that signs */
    CASE(o->side[1].token = TOKEN_SHARE_BIT + 4, RULE_TOKEN);
    CASE(o->side[1].token = 0, RULE_TOKEN);
    CASE(o->fee_bps = 10000, RULE_POOL_KIND);
    CASE(o->cap_bps = 0, RULE_POOL_KIND);
    CASE(o->cap_bps = 10000, RULE_POOL_KIND); /* no cap: only within one chain */
    CASE(o->cap_bps = 10001, RULE_POOL_KIND);
    CASE(o->flags = 1, RULE_POOL_KIND);
    CASE((o->side[0].chain = B, o->side[1].chain = A), RULE_SIDES);
    CASE((o->side[1].chain = A, o->side[1].token = 1), RULE_SIDES); /* F25: both sides equal */
    CASE(o->shares = pack(999999), RULE_SHARES_MIN); /* F30 */
    CASE(o->side[1].amount.bits = 0, RULE_AMOUNT_ZERO);
    CASE(o->side[1].amount = pack(20000000), RULE_BALANCE);
    CASE(o->side[1].share_slot = 20, RULE_SLOT_TOKEN); /* holds the first pool's shares */
    CASE((void)o, RULE_OK);
#undef CASE
    ck_assert_uint_eq(w->n_pools, 2);
    struct pool_half a, c;
    ck_assert(rules_peek_pool(batch_chain(b, A), w->pools[1].id[0], &a));
    ck_assert(rules_peek_pool(batch_chain(b, B), w->pools[1].id[1], &c));
    ck_assert_uint_eq(a.other_id, w->pools[1].id[1]);
    ck_assert_uint_eq(c.other_id, w->pools[1].id[0]);
    /* F30: 1,000 shares are nobody's. */
    ck_assert_uint_eq(world_balance(w, b, ALICE, A, 21).lo, 2000000 - 1000);
}
END_TEST

START_TEST(swaps_are_refused_for_each_reason)
{
    struct request good = swap(BOB, CAROL, 1000), r;
#define CASE(change, want)                                                                         \
    do {                                                                                           \
        r = good;                                                                                  \
        struct swap_order *o = &r.u.swap;                                                          \
        change;                                                                                    \
        check_push(&r, want);                                                                      \
    } while (0)
    CASE(o->pool_in = ACCOUNT_NEW, RULE_MALFORMED);
    CASE(o->pool_in = w->users[BOB].account[A], RULE_POOL); /* F25: an account that is no pool */
    CASE(o->pool_in = 0xFFFF00, RULE_POOL);
    CASE(o->token_out = 3, RULE_POOL_TOKEN);
    CASE((o->token_in = 2, o->slot_in = 3), RULE_POOL_TOKEN);
    CASE((o->to_chain = A, o->to_account = w->users[CAROL].account[A]), RULE_POOL_PAIR);
    CASE(o->to_account = w->pools[0].id[1], RULE_RECIPIENT);
    CASE(o->to_owner = w->users[BOB].owner, RULE_RECIPIENT_OWNER);
    CASE(o->to_slot = 200, RULE_SLOT_FOREIGN);
    CASE(o->to_slot = 1, RULE_SLOT);
    CASE(o->to_slot = 2, RULE_SLOT_TOKEN);
    CASE(o->minimum = amount_from_u64(997), RULE_MINIMUM);
    CASE(o->minimum.hi = (uint64_t)1 << 48, RULE_AMOUNT_RANGE);
    CASE(o->amount = pack(1), RULE_OUTPUT_ZERO); /* F34 */
    CASE(o->amount = pack(9000000), RULE_OUTFLOW); /* N11: more than 20 % of the reserve */
    CASE(o->auth.deadline = 0, RULE_DEADLINE);
    CASE(o->minimum = amount_from_u64(996), RULE_OK);
#undef CASE
    /* 1000 in, 997 net: floor(997 * 10^6 / (10^6 + 997)) = 996. */
    ck_assert_uint_eq(result.op[1].u.swap_out.amount.lo, 996);
    ck_assert_uint_eq(result.op[0].u.swap_in.x, 1); /* the create was 0 */
    ck_assert_uint_eq(world_balance(w, b, CAROL, B, 3).lo, 10000996);
    /* To one's own slot on the other chain: same owner, so 128 is allowed. */
    r = swap(BOB, BOB, 1000);
    r.u.swap.to_slot = 128;
    check_push(&r, RULE_OK);
}
END_TEST

START_TEST(N11_the_outflow_cap_counts_the_net_of_a_day)
{
    struct request r;
    uint64_t out = 0;
    for (int i = 0; i < 100; i++) {
        r = swap(BOB, CAROL, 20000);
        if (sign_push(&r) != RULE_OK) break;
        out += result.op[1].u.swap_out.amount.lo;
    }
    ck_assert_uint_le(out, 200000);
    ck_assert_uint_gt(out, 180000);
    check_push(&r, RULE_OUTFLOW);
    /* Inflow makes room again; what counts is what remains. */
    struct request back = swap(BOB, CAROL, 50000);
    back.chain = back.u.swap.chain = B;
    back.u.swap.auth = auth(BOB, B);
    back.u.swap.to_chain = A;
    back.u.swap.to_account = w->users[CAROL].account[A];
    back.u.swap.pool_in = w->pools[0].id[1];
    back.u.swap.token_in = 2;
    back.u.swap.token_out = 1;
    back.u.swap.slot_in = 3;
    back.u.swap.to_slot = 2;
    check_push(&back, RULE_OK);
    r = swap(BOB, CAROL, 20000);
    check_push(&r, RULE_OK);
    /* Removing liquidity is not capped and scales the reference. */
    r = liquidity(REQUEST_REMOVE, 1500000);
    check_push(&r, RULE_OK);
    struct cell cell;
    struct amount ref;
    batch_peek(b, B, w->pools[0].id[1], SLOT_POOL_WINDOW, &cell);
    ck_assert_ok(cell_amount(&ref, &cell));
    ck_assert_uint_eq(ref.lo, 250000); /* ceil(10^6 * 500000 / 2000000) */
    ck_assert_uint_eq(cell.e[0], w->time / 86400);
}
END_TEST

static uint8_t outcome_of(struct op_priority p, uint16_t chain);

START_TEST(N11_exactly_the_cap_may_leave)
{
    /* 250,000 after the fee take 200,000 of 1,000,000; 250,002 would take 200,001. */
    struct request r = swap(BOB, CAROL, 250755);
    check_push(&r, RULE_OUTFLOW);
    r = swap(BOB, CAROL, 250753);
    check_push(&r, RULE_OK);
    ck_assert_uint_eq(result.op[1].u.swap_out.amount.lo, 200000);
}
END_TEST

START_TEST(F43_accesses_are_sequential)
{
    /* To oneself in one slot: nothing moves, also with the whole balance. */
    struct request r = transfer(BOB, BOB, 10000000);
    check_push(&r, RULE_OK);
    ck_assert_uint_eq(world_balance(w, b, BOB, A, 2).lo, 10000000);
    /* The payer is the fee account: fee out and in again. */
    uint64_t before = world_balance(w, b, ALICE, A, 2).lo;
    r = transfer(ALICE, BOB, 100);
    r.u.transfer.fee.bits = 50 << 5;
    check_push(&r, RULE_OK);
    ck_assert_uint_eq(world_balance(w, b, ALICE, A, 2).lo, before - 100);
    /* The recipient is the fee account: amount and fee arrive in one cell. */
    r = transfer(BOB, ALICE, 200);
    r.u.transfer.fee.bits = 50 << 5;
    check_push(&r, RULE_OK);
    ck_assert_uint_eq(world_balance(w, b, ALICE, A, 2).lo, before - 100 + 250);
    /* An emptied cell takes another token. */
    r = transfer(CAROL, BOB, 10000000);
    check_push(&r, RULE_OK);
    struct cell cell;
    batch_peek(b, A, w->users[CAROL].account[A], 2, &cell);
    ck_assert(cell_is_zero(&cell));
    r = transfer(BOB, CAROL, 5);
    r.u.transfer.token = 2;
    r.u.transfer.slot_from = 3;
    check_push(&r, RULE_OK);
}
END_TEST

START_TEST(F41a_addresses_are_two_numbers)
{
    /* 256 * 8323072 + 1 = p: as one field element these two cells would be one. */
    struct cells *c = cells_new();
    struct cell one = {{1}}, two = {{2}}, got;
    struct digest8 r1, r2;
    ck_assert_ok(cells_set(c, 5, 2, &one));
    ck_assert_ok(cells_root(c, &r1));
    ck_assert_ok(cells_set(c, 5 + 8323072, 3, &two));
    ck_assert_ok(cells_root(c, &r2));
    ck_assert(memcmp(&r1, &r2, sizeof r1) != 0);
    cells_get(c, 5, 2, &got);
    ck_assert_uint_eq(got.e[0], 1);
    cells_get(c, 5 + 8323072, 3, &got);
    ck_assert_uint_eq(got.e[0], 2);
    ck_assert_err(cells_set(c, 1u << 24, 2, &one), ERR_RANGE);
    cells_free(c);
}
END_TEST

START_TEST(N5_the_stream_keeps_the_order_of_the_journal)
{
    /* Withdraw with leaf n, then transfer with leaf n + 1 from the slot it emptied halfway. */
    struct request r;
    memset(&r, 0, sizeof r);
    next_batch();
    r.kind = REQUEST_WITHDRAW;
    r.u.withdraw = (struct op_withdraw){.auth = auth(BOB, A), .slot = 2, .token = 1,
                                        .amount = amount_from_u64(7)};
    check_push(&r, RULE_OK);
    struct request t = transfer(BOB, CAROL, 1);
    check_push(&t, RULE_OK);
    deposit(BOB, A, 1, 3);
    struct sealed_batch s;
    ck_assert_ok(batch_seal(b, &s));
    struct segment *segment = malloc(sizeof *segment);
    struct codec_error why;
    ck_assert_ok(segment_decode(segment, s.traces[0]->bytes, s.traces[0]->n_bytes, &why));
    ck_assert_uint_eq(segment->records[0].code, OP_WITHDRAW);
    ck_assert_uint_eq(segment->records[1].code, OP_TRANSFER);
    ck_assert_uint_eq(segment->records[2].code, OP_PRIORITY);
    ck_assert_uint_eq(segment->records[0].auth.step, 1);
    ck_assert_uint_eq(segment->records[1].auth.step, 1);
    free(segment);
    sealed_batch_deinit(&s);
}
END_TEST

START_TEST(N6_F27_pairs_have_one_global_order)
{
    /* A pool with both halves on chain A, and cross-chain swaps between. */
    struct request r = create();
    struct create_order *o = &r.u.create.order;
    o->side[1] = o->side[0];
    o->side[1].token = 2;
    o->side[1].slot = 3;
    o->side[0].share_slot = 30;
    o->side[1].share_slot = 31;
    r.u.create.auth[1] = r.u.create.auth[0];
    r.u.create.auth[1].leaf++;
    o->cap_bps = 10000;
    check_push(&r, RULE_OK);
    r = swap(BOB, CAROL, 1000);
    check_push(&r, RULE_OK);
    r = swap(BOB, CAROL, 1000);
    r.u.swap.to_chain = A;
    r.u.swap.to_account = w->users[CAROL].account[A];
    r.u.swap.pool_in = w->pools[1].id[0];
    check_push(&r, RULE_OK);
    ck_assert_uint_eq(result.record[1], result.record[0] + 1); /* the output half at once */
    ck_assert_uint_eq(result.op[0].u.swap_in.x, result.op[1].u.swap_out.x);
    struct sealed_batch s;
    ck_assert_ok(batch_seal(b, &s));
    uint32_t seen[64] = {0};
    for (uint32_t p = 0; p < s.n_segments; p++) {
        struct tuple tuples[BATCH_TUPLES_MAX];
        uint32_t n = tuples_of_trace(tuples, s.traces[p]), last = 0;
        ck_assert_uint_eq(n, s.traces[p]->n_tuples);
        struct digest8 digest;
        tuples_digest(&digest, tuples, n);
        ck_assert_mem_eq(&digest, &s.traces[p]->tuple_digest, sizeof digest);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t order = 2 * tuples[i].e[TUPLE_X] + tuples[i].e[TUPLE_ROLE];
            if (i > 0) ck_assert_uint_gt(order, last);
            last = order;
            seen[tuples[i].e[TUPLE_X]] |= 1u << tuples[i].e[TUPLE_ROLE];
        }
    }
    for (uint32_t x = 0; x < 4; x++) ck_assert_uint_eq(seen[x], 3);
    sealed_batch_deinit(&s);
}
END_TEST

START_TEST(far_leaves_are_published_by_escape_and_rebuilt)
{
    struct chain_state copy;
    struct sealed_batch s;
    struct digest8 root;
    next_batch();
    const uint32_t leaves[] = {62, 63 + 63, 127, 191 + 1000 - 255, 1022};
    const uint8_t steps[] = {63, 0, 1, 0, 0};
    for (int i = 0; i < 5; i++) {
        struct request t = transfer(BOB, CAROL, 1);
        t.u.transfer.auth.lane = 2;
        t.u.transfer.auth.leaf = leaves[i];
        check_push(&t, RULE_OK);
    }
    /* The state before, for the replay. */
    ck_assert_ok(batch_seal(b, &s));
    ck_assert_ok(chain_state_revert(&w->state[A], s.traces[0]));
    copy = w->state[A];
    struct segment *segment = malloc(sizeof *segment);
    struct codec_error why;
    uint32_t record;
    enum rule_error rule;
    ck_assert_ok(segment_decode(segment, s.traces[0]->bytes, s.traces[0]->n_bytes, &why));
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(segment->records[i].auth.step, steps[i]);
        ck_assert_uint_eq(segment->records[i].auth.lane, 2);
        if (steps[i] == 0) ck_assert_uint_eq(segment->records[i].auth.leaf, leaves[i]);
    }
    ck_assert_uint_eq(s.traces[0]->n_bytes, 44 + 5 * 17 + 3 * 4);
    ck_assert_ok(replay_segment(copy.cells, copy.preimages, segment, &root, &record, &rule));
    ck_assert_mem_eq(&root, &s.traces[0]->root_after, sizeof root);
    /* The same segment again: its leaves are used up. Nothing changes. */
    ck_assert_err(replay_segment(copy.cells, copy.preimages, segment, &root, &record, &rule),
                  ERR_REJECTED);
    ck_assert_uint_eq(record, 0);
    ck_assert_ok(cells_root(copy.cells, &root));
    ck_assert_mem_eq(&root, &s.traces[0]->root_after, sizeof root);
    free(segment);
    sealed_batch_deinit(&s);
}
END_TEST

START_TEST(F35_a_deposit_for_somebody_sets_no_key)
{
    struct op_priority d = {.kind = PRIORITY_DEPOSIT, .id = w->users[BOB].account[A], .slot = 2,
                            .token = 1, .amount = {1, 0}, .owner = w->users[BOB].owner,
                            .auth = 1, .height = 12, .root = {{6, 6, 6, 6, 6}}};
    struct user_cell before, after;
    ck_assert(rules_peek_user(batch_chain(b, A), d.id, &before, NULL, NULL));
    ck_assert_uint_eq(outcome_of(d, A), OUTCOME_APPLIED);
    ck_assert(rules_peek_user(batch_chain(b, A), d.id, &after, NULL, NULL));
    ck_assert_mem_eq(&before, &after, sizeof before);
    d.id = ACCOUNT_NEW;
    memset(d.owner.bytes, 0x77, 20);
    ck_assert_uint_eq(outcome_of(d, A), OUTCOME_APPLIED);
    ck_assert(rules_peek_user(batch_chain(b, A), result.op[0].u.priority.new_id, &after, NULL, NULL));
    ck_assert_uint_eq(after.auth, 0);
}
END_TEST

START_TEST(liquidity_is_refused_for_each_reason)
{
    struct request good = liquidity(REQUEST_ADD, 1001), r;
#define CASE(change, want)                                                                         \
    do {                                                                                           \
        r = good;                                                                                  \
        struct liquidity_order *o = &r.u.liquidity.order;                                          \
        (void)o;                                                                                   \
        change;                                                                                    \
        check_push(&r, want);                                                                      \
    } while (0)
    CASE(o->side[0].pool_id = ACCOUNT_NEW, RULE_MALFORMED);
    CASE(o->side[0].pool_id = 1, RULE_POOL);
    CASE(o->side[0].token = 3, RULE_POOL_TOKEN);
    CASE(o->side[1].token = 0, RULE_TOKEN);
    CASE((o->side[0].chain = B, o->side[1].chain = A), RULE_SIDES);
    CASE(o->side[1].limit.hi = (uint64_t)1 << 48, RULE_AMOUNT_RANGE);
    CASE(o->side[1].limit = amount_from_u64(500), RULE_LIMIT); /* ceil(1001 / 2) = 501 */
    CASE(o->side[0].limit = amount_from_u64(500), RULE_LIMIT);
    CASE(o->shares.bits = 0, RULE_AMOUNT_ZERO);
    CASE(o->shares = pack(30000000), RULE_BALANCE);
    CASE((o->side[0].limit = o->side[1].limit = amount_from_u64(501)), RULE_OK);
    good = liquidity(REQUEST_REMOVE, 1001);
    CASE(o->side[0].limit = amount_from_u64(501), RULE_LIMIT); /* floor: 500 */
    CASE(o->shares = pack(2000002), RULE_BALANCE); /* the locked 1,000 cannot be burnt */
    CASE(o->shares = pack(1), RULE_OUTPUT_ZERO);
    CASE((void)0, RULE_OK);
#undef CASE
    /* F30: in and out again gains nothing. */
    ck_assert_uint_eq(world_balance(w, b, ALICE, A, 2).lo, 9000000 - 501 + 500);
    ck_assert_uint_eq(world_balance(w, b, ALICE, B, 3).lo, 9000000 - 501 + 500);
}
END_TEST

START_TEST(N9_supply_stays_below_2_112)
{
    struct cell supply;
    struct amount nearly;
    ck_assert_ok(amount_sub(&nearly, AMOUNT_MAX, amount_from_u64(999)));
    uint32_t pool = w->pools[0].id[1];
    next_batch();
    batch_free(b);
    cell_of_amount(&supply, TOKEN_SHARE_BIT + pool, nearly);
    ck_assert_ok(cells_set(w->state[B].cells, pool, SLOT_POOL_SUPPLY, &supply));
    b = world_begin(w);
    struct request r = liquidity(REQUEST_ADD, 1000);
    check_push(&r, RULE_OVERFLOW);
    r = liquidity(REQUEST_ADD, 999);
    check_push(&r, RULE_OK);
}
END_TEST

/* The two pool halves of different pools do not go together. */
START_TEST(F25_halves_of_two_pools_do_not_pair)
{
    struct request r = create();
    r.u.create.order.side[0].share_slot = r.u.create.order.side[1].share_slot = 22;
    check_push(&r, RULE_OK);
    r = liquidity(REQUEST_ADD, 1000);
    r.u.liquidity.order.side[1].pool_id = w->pools[1].id[1];
    r.u.liquidity.order.side[1].share_slot = 22;
    check_push(&r, RULE_POOL_PAIR);
}
END_TEST

static uint8_t outcome_of(struct op_priority p, uint16_t chain)
{
    struct request r;
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_PRIORITY;
    r.chain = chain;
    r.u.priority = p;
    ck_assert_int_eq(push(&r), RULE_OK);
    return result.op[0].u.priority.outcome;
}

START_TEST(F19_every_priority_request_has_an_outcome)
{
    const struct owner bob = w->users[BOB].owner, carol = w->users[CAROL].owner;
    uint32_t id = w->users[BOB].account[A], pool = w->pools[0].id[0];
    struct op_priority d = {.kind = PRIORITY_DEPOSIT, .id = id, .slot = 2, .token = 1,
                            .amount = {5, 0}, .owner = bob}, p;
    ck_assert_uint_eq(outcome_of(d, A), OUTCOME_APPLIED);
#define CASE(from, change, want)                                                                   \
    do {                                                                                           \
        p = from;                                                                                  \
        change;                                                                                    \
        ck_assert_uint_eq(outcome_of(p, A), want);                                                 \
    } while (0)
    CASE(d, p.id = 0xFFFF00, OUTCOME_NO_ACCOUNT);
    CASE(d, p.id = 0, OUTCOME_NO_ACCOUNT);
    CASE(d, p.id = pool, OUTCOME_NO_ACCOUNT); /* F26: no donation to a pool */
    CASE(d, p.owner = carol, OUTCOME_NOT_OWNER);
    CASE(d, p.slot = 1, OUTCOME_SLOT);
    CASE(d, p.slot = 3, OUTCOME_SLOT);
    CASE(d, (p.id = ACCOUNT_NEW, p.slot = 0), OUTCOME_SLOT);
    struct op_priority k = d;
    struct user_cell user;
    k.kind = PRIORITY_DEPOSIT_WITH_KEY;
    k.root.e[0] = 9;
    ck_assert(rules_peek_user(batch_chain(b, A), id, &user, NULL, NULL));
    CASE(k, (p.root = user.root, p.slot = 3), OUTCOME_SAME_KEY); /* 5 before 3 */
    CASE(k, (p.owner = carol, p.root = user.root), OUTCOME_NOT_OWNER);
    CASE(k, p.slot = 3, OUTCOME_SLOT);
    struct user_cell after;
    ck_assert(rules_peek_user(batch_chain(b, A), id, &after, NULL, NULL));
    ck_assert_mem_eq(&after, &user, sizeof user); /* a refusal changes nothing */
    struct op_priority s = {.kind = PRIORITY_SET_KEY, .id = id, .owner = bob};
    CASE(s, (p.auth = 1, p.height = 12, p.root = user.root), OUTCOME_SAME_KEY);
    CASE(s, p.owner = carol, OUTCOME_NOT_OWNER);
    CASE(s, (void)0, OUTCOME_APPLIED);      /* keyless now */
    CASE(s, (void)0, OUTCOME_SAME_KEY);
    struct op_priority e = {.kind = PRIORITY_EXIT, .id = id, .slot = 2, .owner = bob};
    CASE(e, p.owner = carol, OUTCOME_NOT_OWNER); /* F36 */
    CASE(e, p.slot = 1, OUTCOME_SLOT);
    CASE(e, p.id = pool, OUTCOME_NO_ACCOUNT);
    CASE(e, (void)0, OUTCOME_APPLIED);
    ck_assert_uint_eq(result.op[0].u.priority.amount.lo, 10000005);
    ck_assert_uint_eq(result.op[0].u.priority.token, 1);
    CASE(e, (void)0, OUTCOME_APPLIED); /* empty: applied with nothing */
    ck_assert(amount_is_zero(result.op[0].u.priority.amount));
#undef CASE
    /* What no contract lets through is an error, not an outcome. */
    struct request r;
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_PRIORITY;
    r.u.priority = d;
    r.u.priority.amount = AMOUNT_ZERO;
    check_push(&r, RULE_MALFORMED);
    r.u.priority = d;
    r.u.priority.token = TOKEN_SHARE_BIT; /* N9a */
    check_push(&r, RULE_MALFORMED);
    r.u.priority = d;
    r.u.priority.kind = 5;
    check_push(&r, RULE_MALFORMED);
    r.u.priority = d;
    r.u.priority.amount = AMOUNT_MAX;
    r.u.priority.slot = 2;
    check_push(&r, RULE_OK);
    check_push(&r, RULE_OVERFLOW);
}
END_TEST

START_TEST(F22_an_exit_of_shares_burns_one_half_alone)
{
    struct op_priority e = {.kind = PRIORITY_EXIT, .id = w->users[ALICE].account[A], .slot = 20,
                            .owner = w->users[ALICE].owner};
    struct cell before, after;
    batch_peek(b, B, w->pools[0].id[1], SLOT_POOL_SUPPLY, &before);
    ck_assert_uint_eq(outcome_of(e, A), OUTCOME_APPLIED);
    /* floor(1999000 * 1000000 / 2000000) */
    ck_assert_uint_eq(result.op[0].u.priority.amount.lo, 999500);
    ck_assert_uint_eq(result.op[0].u.priority.token, 1);
    batch_peek(b, B, w->pools[0].id[1], SLOT_POOL_SUPPLY, &after);
    ck_assert_mem_eq(&before, &after, sizeof before);
    struct amount s;
    batch_peek(b, A, w->pools[0].id[0], SLOT_POOL_SUPPLY, &after);
    ck_assert_ok(cell_amount(&s, &after));
    ck_assert_uint_eq(s.lo, 1000);
    /* The other half goes on with its own supply. */
    struct request r = swap(BOB, CAROL, 100);
    check_push(&r, RULE_OK);
}
END_TEST

START_TEST(accounts_run_out_with_a_code_and_not_with_a_dead_chain)
{
    struct cell full = {{ACCOUNT_NEW}};
    struct request r;
    next_batch();
    batch_free(b);
    ck_assert_ok(cells_set(w->state[A].cells, 0, 2, &full));
    b = world_begin(w);
    struct op_priority d = {.kind = PRIORITY_DEPOSIT, .id = ACCOUNT_NEW, .slot = 2, .token = 1,
                            .amount = {5, 0}};
    ck_assert_uint_eq(outcome_of(d, A), OUTCOME_FULL);
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_OPEN;
    check_push(&r, RULE_ACCOUNTS_FULL);
    r = create();
    r.u.create.order.side[0].share_slot = r.u.create.order.side[1].share_slot = 23;
    check_push(&r, RULE_ACCOUNTS_FULL);
    /* The last id is given out, FFFFFF never. */
    batch_free(b);
    full.e[0] = ACCOUNT_NEW - 1;
    ck_assert_ok(cells_set(w->state[A].cells, 0, 2, &full));
    b = world_begin(w);
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_OPEN;
    check_push(&r, RULE_OK);
    ck_assert_uint_eq(result.op[0].u.open.id, ACCOUNT_NEW - 1);
    check_push(&r, RULE_ACCOUNTS_FULL);
}
END_TEST

/* Fills a batch with copies of one request until it is refused. */
static enum rule_error fill(struct request (*make)(void))
{
    next_batch();
    for (int i = 0; i < 600; i++) {
        struct request r = make();
        enum rule_error e = sign_push(&r);
        if (e != RULE_OK) return e;
    }
    return RULE_OK;
}

static struct request make_open(void)
{
    struct request r;
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_OPEN;
    rng_fill(&w->rng, r.u.open.owner.bytes, 20);
    return r;
}

static struct request make_deposit(void)
{
    struct request r;
    world_deposit(w, &r, BOB, A, 1, amount_from_u64(1));
    return r;
}

static uint32_t turn;

static struct request make_withdraw(void)
{
    struct request r;
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_WITHDRAW;
    r.u.withdraw = (struct op_withdraw){.auth = auth(turn++ % 3, A), .slot = 2, .token = 1,
                                        .amount = amount_from_u64(1)};
    return r;
}

static struct request make_transfer(void)
{
    uint32_t from = turn++ % 3;
    return transfer(from, (from + 1) % 3, 1);
}

/* A transfer to an account that no other in the batch touches. */
static struct request make_spread(void)
{
    struct request r = transfer(turn++ % 3, BOB, 1);
    r.u.transfer.to = 100 + turn * 1000;
    memset(&r.u.transfer.to_owner, 0, sizeof r.u.transfer.to_owner);
    return r;
}

START_TEST(each_limit_closes_the_batch_before_it_is_passed)
{
    const char *limit;
    ck_assert_int_eq(fill(make_open), RULE_FULL_RECORDS);
    ck_assert_uint_eq(batch_fullness(b, A, &limit), 1000);
    ck_assert_int_eq(fill(make_deposit), RULE_FULL_PRIORITY);
    ck_assert_uint_eq(batch_count_ops(b, A), batch_limits_standard.priority);
    ck_assert_int_eq(fill(make_withdraw), RULE_FULL_WITHDRAWALS);
    ck_assert_str_eq((batch_fullness(b, A, &limit), limit), "withdrawals");
    ck_assert_int_eq(fill(make_transfer), RULE_FULL_SIGNATURES);
    ck_assert_uint_eq(batch_count_ops(b, A), batch_limits_standard.signatures);
    /* Far-apart accounts: the hashes of the tree are the limit. */
    next_batch();
    batch_free(b);
    struct user_cell nobody = {0};
    struct cell digest;
    ck_assert_ok(preimages_add_user(w->state[A].preimages, &nobody, &digest));
    for (uint32_t i = 0; i < 200; i++)
        ck_assert_ok(cells_set(w->state[A].cells, 100 + i * 1000, 0, &digest));
    b = world_begin(w);
    turn = 0;
    enum rule_error e = RULE_OK;
    for (int i = 0; i < 48 && e == RULE_OK; i++) {
        struct request r = make_spread();
        e = sign_push(&r);
    }
    ck_assert(e == RULE_OK || rule_error_is_capacity(e));
    struct sealed_batch s;
    ck_assert_ok(batch_seal(b, &s)); /* what was accepted seals */
    ck_assert_uint_le(s.traces[0]->n_tree_rows, batch_limits_standard.tree_rows);
    ck_assert_uint_le(s.traces[0]->n_bytes, batch_limits_standard.bytes);
    sealed_batch_deinit(&s);
}
END_TEST

START_TEST(refused_requests_leave_no_trace)
{
    /* Two worlds, one of which also sees refused requests: the same bytes and roots. */
    uint8_t bytes[2][BATCH_BYTES_MAX];
    uint32_t n[2], rows[2];
    struct digest8 root[2];
    for (int i = 0; i < 2; i++) {
        if (i == 1) {
            teardown();
            setup();
        }
        struct request r = swap(BOB, CAROL, 1000), bad = r;
        if (i == 1) {
            bad.u.swap.to_slot = 2; /* fails in the last step of the second half */
            check_push(&bad, RULE_SLOT_TOKEN);
            bad = transfer(BOB, CAROL, 10000000);
            bad.u.transfer.fee.bits = 1 << 5;
            check_push(&bad, RULE_FEE_BALANCE);
            bad = create();
            check_push(&bad, RULE_SLOT_TOKEN);
        }
        check_push(&r, RULE_OK);
        struct sealed_batch s;
        ck_assert_ok(batch_seal(b, &s));
        n[i] = s.traces[1]->n_bytes;
        memcpy(bytes[i], s.traces[1]->bytes, n[i]);
        root[i] = s.traces[0]->root_after;
        rows[i] = s.traces[0]->n_tree_rows;
        sealed_batch_deinit(&s);
    }
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], n[0]);
    ck_assert_mem_eq(&root[0], &root[1], sizeof root[0]);
    ck_assert_uint_eq(rows[0], rows[1]);
}
END_TEST

START_TEST(a_sealed_batch_can_be_taken_back_and_applied_again)
{
    struct sealed_batch s;
    struct digest8 root;
    ck_assert_ok(batch_seal(b, &s));
    ck_assert_ok(chain_state_revert(&w->state[A], s.traces[0]));
    ck_assert_ok(cells_root(w->state[A].cells, &root));
    ck_assert_mem_eq(&root, &s.traces[0]->root_before, sizeof root);
    ck_assert_err(chain_state_revert(&w->state[A], s.traces[0]), ERR_MISMATCH);
    ck_assert_err(chain_state_advance(&w->state[A], s.traces[1]), ERR_MISMATCH);
    ck_assert_ok(chain_state_advance(&w->state[A], s.traces[0]));
    ck_assert_ok(cells_root(w->state[A].cells, &root));
    ck_assert_mem_eq(&root, &s.traces[0]->root_after, sizeof root);
    sealed_batch_deinit(&s);
}
END_TEST

START_TEST(F36_F42_two_accounts_of_one_owner_stand_apart)
{
    struct op_priority d = {.kind = PRIORITY_DEPOSIT, .id = ACCOUNT_NEW, .slot = 9, .token = 3,
                            .amount = {5, 0}, .owner = w->users[BOB].owner};
    uint32_t first = w->users[BOB].account[A];
    ck_assert_uint_eq(outcome_of(d, A), OUTCOME_APPLIED);
    uint32_t second = result.op[0].u.priority.new_id;
    ck_assert_uint_ne(second, first);
    /* An exit names its account: the other one is not touched. */
    struct op_priority e = {.kind = PRIORITY_EXIT, .id = second, .slot = 2,
                            .owner = w->users[BOB].owner};
    ck_assert_uint_eq(outcome_of(e, A), OUTCOME_APPLIED);
    ck_assert(amount_is_zero(result.op[0].u.priority.amount));
    w->users[BOB].account[A] = first;
    ck_assert_uint_eq(world_balance(w, b, BOB, A, 2).lo, 10000000);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core rules");
    TCase *tc = tcase_create("rules");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, transfers_are_refused_for_each_reason);
    tcase_add_test(tc, withdrawals_and_key_changes_are_refused_for_each_reason);
    tcase_add_test(tc, F38_too_many_key_changes_leave_room_for_L1);
    tcase_add_test(tc, pools_are_born_under_the_rules);
    tcase_add_test(tc, swaps_are_refused_for_each_reason);
    tcase_add_test(tc, N11_the_outflow_cap_counts_the_net_of_a_day);
    tcase_add_test(tc, N11_exactly_the_cap_may_leave);
    tcase_add_test(tc, F43_accesses_are_sequential);
    tcase_add_test(tc, F41a_addresses_are_two_numbers);
    tcase_add_test(tc, N5_the_stream_keeps_the_order_of_the_journal);
    tcase_add_test(tc, N6_F27_pairs_have_one_global_order);
    tcase_add_test(tc, far_leaves_are_published_by_escape_and_rebuilt);
    tcase_add_test(tc, F35_a_deposit_for_somebody_sets_no_key);
    tcase_add_test(tc, liquidity_is_refused_for_each_reason);
    tcase_add_test(tc, N9_supply_stays_below_2_112);
    tcase_add_test(tc, F25_halves_of_two_pools_do_not_pair);
    tcase_add_test(tc, F19_every_priority_request_has_an_outcome);
    tcase_add_test(tc, F22_an_exit_of_shares_burns_one_half_alone);
    tcase_add_test(tc, accounts_run_out_with_a_code_and_not_with_a_dead_chain);
    tcase_add_test(tc, each_limit_closes_the_batch_before_it_is_passed);
    tcase_add_test(tc, refused_requests_leave_no_trace);
    tcase_add_test(tc, a_sealed_batch_can_be_taken_back_and_applied_again);
    tcase_add_test(tc, F36_F42_two_accounts_of_one_owner_stand_apart);
    suite_add_tcase(s, tc);
    TCase *signatures = tcase_create("signatures");
    tcase_set_timeout(signatures, 60);
    tcase_add_checked_fixture(signatures, setup_signed, teardown);
    tcase_add_test(signatures, signatures_are_checked);
    suite_add_tcase(s, signatures);
    return check_main(s);
}
