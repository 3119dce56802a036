#include "tests/unit/prover/ops/scenarios.h"

#include <stdlib.h>

#include "common/base/require.h"
#include "core/state/cells.h"

static void seal_and_fill(struct world *w, each_trace each)
{
    world_seal(w);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        struct chain_trace *t = world_trace(w, c);
        if (t != NULL) each(leaf_fill(t), t);
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

void scenario_deposits(each_trace each)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    seal_and_fill(w, each);
    world_deinit(w);
    free(w);
}

void scenario_payments(each_trace each)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    seal_and_fill(w, each);
    world_begin(w);
    do_open(w, 0, 3);
    do_transfer(w, 0, 0, 1, 2, 2, 1, 1000000, 7);
    do_transfer(w, 0, 0, 3, 3, 5, 2, 1000, 0);
    do_transfer(w, 0, 0, 0, 2, 200, 1, 12345, 1); /* own slot from 128 on */
    do_withdraw(w, 0, 1, 2, 1, 777777, 9);
    do_withdraw(w, 0, 1, 3, 2, 2000000000000 - 3000, 3); /* empties the slot */
    seal_and_fill(w, each);
    world_deinit(w);
    free(w);
}

void scenario_pools_and_swaps(each_trace each)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    seal_and_fill(w, each);
    world_begin(w);
    struct pool_ids cross = do_create(w, 0, 1, 1, 2, 0, 50000000, 2000000, 5000);
    struct pool_ids local = do_create(w, 0, 0, 1, 2, 1, 100000000, 70000000, 10000);
    seal_and_fill(w, each);
    world_begin(w);
    do_swap(w, &cross, 0, 0, 2, 3, 1000000);
    do_swap(w, &cross, 1, 1, 3, 2, 123456);
    do_swap(w, &local, 0, 0, 2, 3, 1000000);
    do_swap(w, &cross, 0, 0, 2, 3, 900000);
    seal_and_fill(w, each);
    w->time += 100000; /* another day */
    world_begin(w);
    do_swap(w, &cross, 0, 1, 2, 3, 5000);
    do_swap(w, &local, 1, 1, 3, 2, 5000);
    seal_and_fill(w, each);
    world_deinit(w);
    free(w);
}

void scenario_liquidity(each_trace each)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    seal_and_fill(w, each);
    world_begin(w);
    struct pool_ids cross = do_create(w, 0, 1, 1, 2, 0, 50000000, 2000000, 5000);
    do_liquidity(w, &cross, OP_ADD, 0, 333333); /* before the first swap: empty window */
    seal_and_fill(w, each);
    world_begin(w);
    do_swap(w, &cross, 0, 0, 2, 3, 1000007);
    do_liquidity(w, &cross, OP_ADD, 0, 777777);
    do_liquidity(w, &cross, OP_REMOVE, 0, 100001);
    seal_and_fill(w, each);
    world_begin(w);
    do_exit(w, 0, w->user[0][0].account, 130, 0, OUTCOME_APPLIED);
    do_exit(w, 1, w->user[1][0].account, 131, 0, OUTCOME_APPLIED);
    do_exit(w, 1, w->user[1][0].account, 131, 0, OUTCOME_APPLIED); /* empty now */
    seal_and_fill(w, each);
    world_deinit(w);
    free(w);
}

void scenario_keys(each_trace each)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    seal_and_fill(w, each);
    world_begin(w);
    do_change_key(w, 0, 0, 11, 0, 0);
    do_transfer(w, 0, 0, 1, 2, 2, 1, 1000000, 7);
    do_change_key(w, 0, 1, 12, 1, 5);
    do_set_key(w, 0, w->user[0][0].account, 0, 13, OUTCOME_APPLIED);
    do_transfer(w, 0, 0, 1, 2, 2, 1, 1000000, 0);
    do_set_key(w, 0, w->user[0][1].account, 1, 0, OUTCOME_APPLIED); /* keyless */
    do_deposit_with_key(w, 0, w->user[0][1].account, 2, 1, 55, 1, 14, OUTCOME_APPLIED);
    do_transfer(w, 0, 1, 0, 2, 2, 1, 1000000, 0);
    seal_and_fill(w, each);
    world_deinit(w);
    free(w);
}

void scenario_refusals(each_trace each)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    seal_and_fill(w, each);
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
    seal_and_fill(w, each);
    world_deinit(w);
    free(w);
}

/* Accounts used up (code 4), and a leaf far ahead (ESCAPE). */
void scenario_full(each_trace each)
{
    struct world *w = malloc(sizeof *w);
    populate(w);
    seal_and_fill(w, each);
    struct cell counter = {{ACCOUNT_NEW - 1}};
    REQUIRE(cells_set(w->state[0].cells, 0, SYSTEM_SLOT_NEXT, &counter) == ERR_OK);
    struct digest8 root;
    REQUIRE(cells_root(w->state[0].cells, &root) == ERR_OK);
    world_begin(w);
    do_deposit(w, 0, ACCOUNT_NEW, 2, 1, 5, 4, OUTCOME_APPLIED);
    do_deposit(w, 0, ACCOUNT_NEW, 2, 1, 5, 5, OUTCOME_FULL);
    do_deposit_with_key(w, 0, ACCOUNT_NEW, 2, 1, 5, 5, 9, OUTCOME_FULL);
    do_deposit(w, 0, ACCOUNT_NEW, 1, 1, 5, 5, OUTCOME_SLOT);
    w->user[0][0].key.next = KEY_FAR; /* more than 63 leaves ahead */
    do_transfer(w, 0, 0, 1, 2, 2, 1, 1000000, 7);
    do_transfer(w, 0, 0, 1, 2, 2, 1, 1000000, 7);
    w->user[0][1].key.next = 5;
    do_withdraw(w, 0, 1, 2, 1, 777777, 9);
    w->user[0][1].key.next = KEY_FAR;
    do_withdraw(w, 0, 1, 2, 1, 777777, 9);
    seal_and_fill(w, each);
    world_deinit(w);
    free(w);
}
