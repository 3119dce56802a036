/* Record tables against the executor: every kind of record and outcome gives a clean trace. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/check_main.h"
#include "tests/unit/prover/ops/fixture.h"

static void expect_clean(struct world *w)
{
    world_seal(w);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        struct chain_trace *t = world_trace(w, c);
        if (t == NULL) continue;
        struct ir_trace *tr = leaf_fill(t);
        ck_assert_msg(leaf_clean(tr, true), "chain %u, batch %u", c, t->k);
        ir_trace_free(tr);
    }
}

/* Users 0 and 1 with keys on both chains, token 1 in slot 2 and token 2 in slot 3; 2 is keyless and
 * takes fees. */
static void populate(struct world *w)
{
    world_init(w);
    world_begin(w);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        for (uint32_t u = 0; u < 2; u++) {
            do_deposit_with_key(w, c, ACCOUNT_NEW, 2, 1, 1000000000000, u, (uint8_t)(u + 1),
                                OUTCOME_APPLIED);
            do_deposit(w, c, w->user[c][u].account, 3, 2, 2000000000000, u, OUTCOME_APPLIED);
        }
        do_deposit(w, c, ACCOUNT_NEW, 2, 1, 5, 2, OUTCOME_APPLIED);
        w->fee_account[c] = w->user[c][2].account;
    }
    w->fees[0] = (struct fee_slot){.token = 1, .slot = 2};
    w->fees[1] = (struct fee_slot){.token = 2, .slot = 3};
}

START_TEST(deposits_make_a_clean_trace)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    expect_clean(w);
    world_deinit(w);
    free(w);
}
END_TEST

START_TEST(payments_make_a_clean_trace)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    expect_clean(w);
    world_begin(w);
    do_open(w, 0, 3);
    do_transfer(w, 0, 0, 1, 2, 2, 1, 1000000, 7);
    do_transfer(w, 0, 0, 3, 3, 5, 2, 1000, 0);
    do_transfer(w, 0, 0, 0, 2, 200, 1, 12345, 1); /* own slot from 128 on */
    do_withdraw(w, 0, 1, 2, 1, 777777, 9);
    do_withdraw(w, 0, 1, 3, 2, 2000000000000 - 3000, 3); /* empties the slot */
    expect_clean(w);
    world_deinit(w);
    free(w);
}
END_TEST

START_TEST(pools_and_swaps_make_clean_traces)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    expect_clean(w);
    world_begin(w);
    struct pool_ids cross = do_create(w, 0, 1, 1, 2, 0, 50000000, 2000000, 5000);
    struct pool_ids local = do_create(w, 0, 0, 1, 2, 1, 100000000, 70000000, 10000);
    expect_clean(w);
    world_begin(w);
    do_swap(w, &cross, 0, 0, 2, 3, 1000000);
    do_swap(w, &cross, 1, 1, 3, 2, 123456);
    do_swap(w, &local, 0, 0, 2, 3, 1000000);
    do_swap(w, &cross, 0, 0, 2, 3, 900000);
    expect_clean(w);
    w->time += 100000; /* another day */
    world_begin(w);
    do_swap(w, &cross, 0, 1, 2, 3, 5000);
    do_swap(w, &local, 1, 1, 3, 2, 5000);
    expect_clean(w);
    world_deinit(w);
    free(w);
}
END_TEST

START_TEST(liquidity_makes_clean_traces)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    expect_clean(w);
    world_begin(w);
    struct pool_ids cross = do_create(w, 0, 1, 1, 2, 0, 50000000, 2000000, 5000);
    do_liquidity(w, &cross, OP_ADD, 0, 333333); /* before the first swap: empty window */
    expect_clean(w);
    world_begin(w);
    do_swap(w, &cross, 0, 0, 2, 3, 1000007);
    do_liquidity(w, &cross, OP_ADD, 0, 777777);
    do_liquidity(w, &cross, OP_REMOVE, 0, 100001);
    expect_clean(w);
    world_begin(w);
    do_exit(w, 0, w->user[0][0].account, 130, 0, OUTCOME_APPLIED);
    do_exit(w, 1, w->user[1][0].account, 131, 0, OUTCOME_APPLIED);
    do_exit(w, 1, w->user[1][0].account, 131, 0, OUTCOME_APPLIED); /* empty now */
    expect_clean(w);
    world_deinit(w);
    free(w);
}
END_TEST

START_TEST(keys_make_clean_traces)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    expect_clean(w);
    world_begin(w);
    do_change_key(w, 0, 0, 11, 0, 0);
    do_transfer(w, 0, 0, 1, 2, 2, 1, 1000000, 7);
    do_change_key(w, 0, 1, 12, 1, 5);
    do_set_key(w, 0, w->user[0][0].account, 0, 13, OUTCOME_APPLIED);
    do_transfer(w, 0, 0, 1, 2, 2, 1, 1000000, 0);
    do_set_key(w, 0, w->user[0][1].account, 1, 0, OUTCOME_APPLIED); /* keyless */
    do_deposit_with_key(w, 0, w->user[0][1].account, 2, 1, 55, 1, 14, OUTCOME_APPLIED);
    do_transfer(w, 0, 1, 0, 2, 2, 1, 1000000, 0);
    expect_clean(w);
    world_deinit(w);
    free(w);
}
END_TEST

START_TEST(every_refusal_of_a_request_makes_a_clean_trace)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    expect_clean(w);
    world_begin(w);
    struct pool_ids local = do_create(w, 0, 0, 1, 2, 1, 100000000, 70000000, 10000);
    uint32_t own = w->user[0][0].account, other = w->user[0][1].account;
    do_deposit(w, 0, ACCOUNT_NEW, 1, 1, 5, 4, OUTCOME_SLOT);
    do_deposit(w, 0, 5000, 2, 1, 5, 4, OUTCOME_NO_ACCOUNT);
    do_deposit(w, 0, local.id[0], 2, 1, 5, 4, OUTCOME_NO_ACCOUNT); /* a pool */
    do_deposit(w, 0, 0, 2, 1, 5, 4, OUTCOME_NO_ACCOUNT);           /* the system account */
    do_deposit(w, 0, other, 2, 1, 5, 0, OUTCOME_NOT_OWNER);
    do_deposit(w, 0, own, 0, 1, 5, 0, OUTCOME_SLOT);
    do_deposit(w, 0, own, 2, 2, 5, 0, OUTCOME_SLOT); /* holds token 1 */
    do_deposit_with_key(w, 0, ACCOUNT_NEW, 0, 1, 5, 4, 20, OUTCOME_SLOT);
    do_deposit_with_key(w, 0, 5000, 2, 1, 5, 4, 20, OUTCOME_NO_ACCOUNT);
    do_deposit_with_key(w, 0, other, 2, 1, 5, 0, 20, OUTCOME_NOT_OWNER);
    do_deposit_with_key(w, 0, own, 2, 1, 5, 0, 1, OUTCOME_SAME_KEY);
    do_deposit_with_key(w, 0, own, 2, 2, 5, 0, 20, OUTCOME_SLOT);
    do_deposit_with_key(w, 0, own, 1, 2, 5, 0, 20, OUTCOME_SLOT);
    do_set_key(w, 0, ACCOUNT_NEW, 0, 20, OUTCOME_NO_ACCOUNT);
    do_set_key(w, 0, local.id[1], 0, 20, OUTCOME_NO_ACCOUNT);
    do_set_key(w, 0, other, 0, 20, OUTCOME_NOT_OWNER);
    do_set_key(w, 0, own, 0, 1, OUTCOME_SAME_KEY);
    do_exit(w, 0, ACCOUNT_NEW, 2, 0, OUTCOME_NO_ACCOUNT);
    do_exit(w, 0, local.id[1], 2, 0, OUTCOME_NO_ACCOUNT);
    do_exit(w, 0, other, 2, 0, OUTCOME_NOT_OWNER);
    do_exit(w, 0, own, 1, 0, OUTCOME_SLOT);
    do_exit(w, 0, own, 77, 0, OUTCOME_APPLIED); /* empty */
    do_exit(w, 0, own, 2, 0, OUTCOME_APPLIED);
    expect_clean(w);
    world_deinit(w);
    free(w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops");
    TCase *tc = tcase_create("clean");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, deposits_make_a_clean_trace);
    tcase_add_test(tc, payments_make_a_clean_trace);
    tcase_add_test(tc, pools_and_swaps_make_clean_traces);
    tcase_add_test(tc, liquidity_makes_clean_traces);
    tcase_add_test(tc, keys_make_clean_traces);
    tcase_add_test(tc, every_refusal_of_a_request_makes_a_clean_trace);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}
