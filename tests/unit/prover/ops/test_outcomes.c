/* Outcomes of priority requests: a sequencer can neither refuse what can be applied nor apply what
 * cannot. */
#include <check.h>
#include <stdio.h>

#include "common/base/err.h"
#include "common/field/kb.h"
#include "prover/air/op_row.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/ops/forge.h"

static void outcome(struct spot s, const char *from, const char *to)
{
    set(s, from, 0);
    set(s, to, 1);
}

START_TEST(an_account_that_exists_cannot_be_denied)
{
    forge_load(scenario_refusals);
    struct spot s = spot_find("priority", "exit", 1, "applied", 1, "shares", 0, NULL);
    expect_only(s, NULL);
    outcome(s, "applied", "no_account");
    set(s, "found_user", 0);
    set(s, "found_nothing", 1);
    set(s, "paid", 0);
    set_n(s, "token", (uint32_t[3]){0, 0, 0}, 3);
    set_n(s, "amount", (uint32_t[14]){0}, 14);
    expect_among(s, "nothing is found 0");
    set(s, "found_nothing", 0);
    set(s, "found_pool", 1);
    expect_only(s, NULL); /* then the digest must be that of a pool */
    ck_assert(!bus_balanced(s.tr, BUS_POOL_HASH));
    set(s, "found_pool", 0);
    set(s, "found_user", 1);
    expect_only(s, "code 1 iff no user");
    undo();
    /* the other way round: nothing is there, but the request is applied */
    s = spot_find("priority", "exit", 1, "no_account", 1, "found_nothing", 1, NULL);
    outcome(s, "no_account", "applied");
    set(s, "paid", 1);
    expect_among(s, "code 1 iff no user");
    set(s, "found_nothing", 0);
    set(s, "found_user", 1);
    ck_assert(!bus_balanced(s.tr, BUS_USER_HASH));
}
END_TEST

START_TEST(ownership_cannot_be_denied_or_claimed)
{
    forge_load(scenario_refusals);
    struct spot s = spot_find("priority", "set_key", 1, "same_key", 1, NULL);
    outcome(s, "same_key", "not_owner");
    set(s, "key_due", 0);
    expect_only(s, "code 2: owners differ");
    undo();
    s = spot_find("priority", "exit", 1, "not_owner", 1, NULL);
    outcome(s, "not_owner", "applied");
    set(s, "paid", 1);
    set_n(s, "token", (uint32_t[3]){0, 0, 1}, 3);
    set(s, "held_token", 1);
    expect_among(s, "owners are equal unless code 2 0");
    set_n(s, "found[2]", (uint32_t[10]){0}, 10); /* another owner made up */
    ck_assert(!bus_balanced(s.tr, BUS_USER_HASH));
}
END_TEST

START_TEST(a_new_key_cannot_be_called_the_old_one)
{
    forge_load(scenario_keys);
    struct spot s = spot_find("priority", "set_key", 1, "applied", 1, NULL);
    outcome(s, "applied", "same_key");
    set(s, "key_set", 0);
    expect_among(s, "code 5: same key root 0");
    undo();
    forge_load(scenario_refusals);
    s = spot_find("priority", "set_key", 1, "same_key", 1, NULL);
    outcome(s, "same_key", "applied");
    set(s, "key_set", 1);
    expect_only(s, "key roots differ unless code 5");
    set(s, "key_due", 0); /* applied without writing it */
    set(s, "key_set", 0);
    expect_only(s, "key is compared");
}
END_TEST

START_TEST(a_slot_cannot_be_called_wrong_or_right)
{
    forge_load(scenario_refusals);
    struct spot s = spot_find("priority", "exit", 1, "applied", 1, NULL);
    outcome(s, "applied", "wrong_slot");
    set(s, "paid", 0);
    set_n(s, "token", (uint32_t[3]){0, 0, 0}, 3);
    set_n(s, "amount", (uint32_t[14]){0}, 14);
    expect_only(s, "code 3 iff the slot is low, or held");
    set(s, "low_slot", 1);
    expect_only(s, "low slot is 0 or 1");
    set(s, "low_slot", 0);
    set(s, "held", 1);
    set_inverse(s, "held_inverse", get(s, "held_token"));
    set_inverse(s, "held_inverse[1]", get(s, "held_token"));
    expect_among(s, "held: only for a deposit");
    undo();
    s = spot_find("priority", "deposit", 1, "wrong_slot", 1, "held", 1, NULL);
    set(s, "held_token", 2); /* the deposited token itself */
    set_inverse(s, "held_inverse", 2);
    expect_only(s, "held: another token");
    undo();
    set(s, "held_token", 0); /* an empty slot */
    set_inverse(s, "held_inverse[1]", minus(0, 2));
    expect_only(s, "held: the slot is not empty");
    undo();
    set(s, "held_token", 77); /* a token made up */
    set_inverse(s, "held_inverse", 77);
    set_inverse(s, "held_inverse[1]", 75);
    expect_only(s, NULL);
    ck_assert(!bus_balanced(s.tr, BUS_CELL));
    undo();
    s = spot_find("priority", "deposit", 1, "wrong_slot", 1, "low_slot", 1, "fresh", 0, NULL);
    outcome(s, "wrong_slot", "applied");
    expect_only(s, "code 3 iff the slot is low, or held");
    set(s, "low_slot", 0);
    expect_only(s, "other slots from 2");
    undo();
    s = spot_find("priority", "deposit_with_key", 1, "wrong_slot", 1, "fresh", 1, NULL);
    outcome(s, "wrong_slot", "applied");
    set(s, "counted", 1);
    set_inverse(s, "top_inverse", minus(0, ACCOUNT_NEW));
    expect_only(s, "code 3 iff the slot is low, or held");
}
END_TEST

START_TEST(room_for_accounts_cannot_be_denied_or_claimed)
{
    forge_load(scenario_full);
    struct spot s = spot_find("priority", "fresh", 1, "full", 1, NULL);
    outcome(s, "full", "applied");
    expect_only(s, "accounts are not full unless code 4");
    undo();
    s = spot_find("priority", "fresh", 1, "applied", 1, NULL);
    outcome(s, "applied", "full");
    expect_only(s, "code 4: accounts are full");
    undo();
    outcome(s, "applied", "no_account"); /* any other refusal of a first deposit */
    expect_only(s, "code 1 iff no user");
    undo();
    outcome(s, "applied", "not_owner");
    expect_among(s, "code 2 needs a user");
    undo();
    outcome(s, "applied", "same_key");
    expect_among(s, "code 5 needs a key to compare");
    undo();
    set(s, "fresh", 0); /* the request names an account */
    set(s, "found_nothing", 1);
    outcome(s, "applied", "no_account");
    set(s, "counted", 0);
    expect_among(s, "an existing account is named");
    undo();
    set(s, "no_account", 1); /* two outcomes */
    expect_among(s, "one outcome");
    undo();
    set(s, "exit", 1); /* two kinds */
    expect_among(s, "one kind");
}
END_TEST

START_TEST(an_exit_pays_what_was_there)
{
    forge_load(scenario_liquidity);
    struct spot s = spot_find("priority", "exit", 1, "shares", 1, NULL);
    set(s, "shares", 0); /* shares paid as a token */
    expect_among(s, "token as found");
    undo();
    set(s, "amount[13]", (get(s, "amount[13]") + 1) & 0xff);
    ck_assert(!bus_balanced(s.tr, BUS_SHARES));
    undo();
    set(s, "token[2]", 9); /* another pool's token */
    ck_assert(!bus_balanced(s.tr, BUS_SHARES));
    undo();
    set(s, "held_token", get(s, "held_token") + 1);
    ck_assert(!bus_balanced(s.tr, BUS_BALANCE));
    undo();
    forge_load(scenario_refusals);
    s = spot_find("priority", "exit", 1, "applied", 1, NULL);
    set(s, "paid", 0);
    expect_among(s, "exit is applied");
    undo();
    s = spot_find("priority", "exit", 1, "not_owner", 1, NULL);
    set(s, "amount[13]", 1); /* refused, but paid on L1 */
    expect_only(s, "refused exit pays nothing");
    undo();
    set(s, "token[2]", 1);
    expect_only(s, "refused exit has no token");
}
END_TEST

/* Advice as good as a cheat can choose it: true memory, weights and inverses that fit the claim. */
struct claim {
    uint32_t outcome, bits; /* fresh, low_slot, held, key_due, key_set, counted, paid, shares */
};
static const char *const outcomes[6] = {"applied",    "no_account", "not_owner",
                                        "wrong_slot", "full",       "same_key"};
static const char *const claim_bits[8] = {"fresh",   "low_slot", "held", "key_due",
                                          "key_set", "counted",  "paid", "shares"};

static void limbs_from(struct spot s, const char *column, uint32_t bytes, uint32_t n, uint32_t *out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = 0;
        for (uint32_t k = 0; k < bytes; k++) {
            char name[24];
            snprintf(name, sizeof name, "%s[%u]", column, (unsigned)(bytes * i + k));
            out[i] = (uint32_t)((256 * (uint64_t)out[i] + get(s, name)) % KB_P);
        }
    }
}

static void weights_for(struct spot s, uint32_t found_at, const uint32_t *now, uint32_t n)
{
    uint32_t zero[10] = {0};
    set_n(s, "weight", zero, 10);
    for (uint32_t i = 0; i < n; i++) {
        char name[24];
        snprintf(name, sizeof name, "found[%u]", (unsigned)(found_at + i));
        if (get(s, name) == now[i]) continue;
        set_weight(s, "weight", 10, i, minus(get(s, name), now[i]));
        return;
    }
}

static bool claim_holds(struct spot s, struct claim c, uint32_t held_token, uint32_t next)
{
    uint32_t owner[10], root[5], id[1], token[1], amount[7], taken[7];
    limbs_from(s, "owner", 2, 10, owner);
    limbs_from(s, "root", 4, 5, root);
    limbs_from(s, "id", 3, 1, id);
    limbs_from(s, "token", 3, 1, token);
    limbs_from(s, "amount", 2, 7, amount);
    for (uint32_t i = 0; i < 6; i++)
        set(s, outcomes[i], i == c.outcome);
    for (uint32_t i = 0; i < 8; i++)
        set(s, claim_bits[i], c.bits >> i & 1);
    bool fresh = c.bits & 1;
    set(s, "held_token", held_token);
    for (uint32_t i = 0; i < 7; i++)
        taken[i] = amount[6 - i];
    set_n(s, "taken", taken, 7);
    set(s, "next", next);
    set_inverse(s, "top_inverse", minus(fresh ? next : id[0], ACCOUNT_NEW));
    set_inverse(s, "held_inverse", held_token);
    set_inverse(s, "held_inverse[1]", minus(held_token, token[0]));
    if (c.outcome == OUTCOME_NOT_OWNER)
        weights_for(s, 2, owner, 10);
    else
        weights_for(s, 12, root, 5);
    bool holds = row_holds(s);
    undo();
    return holds;
}

/* What slot of users 0 and 1 holds in scenario_refusals; exits of slot 2 come last. */
static uint32_t token_in(uint32_t slot)
{
    return slot == 2 ? 1 : slot == 3 ? 2 : 0;
}

static void check_outcomes(uint32_t next_of_full)
{
    for (uint32_t trace = 0; trace < spot_traces(); trace++) {
        uint32_t rows = spot_rows(trace, "priority");
        for (uint32_t row = 0; row < rows; row++) {
            struct spot s = spot_at(trace, "priority", row);
            bool possible[6] = {false};
            uint32_t n = 0, honest = 6;
            uint32_t next = get(s, "counted") ? get(s, "next") : next_of_full;
            uint32_t held = get(s, "exit") && get(s, "applied") ? get(s, "held_token")
                                                                : token_in(get(s, "slot_or_auth"));
            uint32_t token[1];
            limbs_from(s, "token", 3, 1, token);
            bool deposit = get(s, "deposit") || get(s, "deposit_with_key");
            bool clash = deposit && !get(s, "fresh") && held != 0 && held != token[0];
            for (uint32_t i = 0; i < 6; i++)
                if (get(s, outcomes[i])) honest = i;
            for (uint32_t i = 0; i < 6 * 256; i++) {
                struct claim c = {.outcome = i / 256, .bits = i % 256};
                /* the balance table lets no other token into the slot */
                if (c.outcome == OUTCOME_APPLIED && clash) continue;
                if (claim_holds(s, c, held, next)) possible[c.outcome] = true;
            }
            for (uint32_t i = 0; i < 6; i++)
                n += possible[i];
            ck_assert_msg(n == 1 && possible[honest], "trace %u row %u: %u outcomes of %s", trace,
                          row, n, outcomes[honest]);
        }
    }
}

START_TEST(the_state_leaves_a_request_one_outcome)
{
    forge_load(scenario_refusals);
    check_outcomes(500);
    forge_load(scenario_full);
    check_outcomes(ACCOUNT_NEW);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outcomes");
    TCase *tc = tcase_create("outcomes");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, an_account_that_exists_cannot_be_denied);
    tcase_add_test(tc, ownership_cannot_be_denied_or_claimed);
    tcase_add_test(tc, a_new_key_cannot_be_called_the_old_one);
    tcase_add_test(tc, a_slot_cannot_be_called_wrong_or_right);
    tcase_add_test(tc, room_for_accounts_cannot_be_denied_or_claimed);
    tcase_add_test(tc, an_exit_pays_what_was_there);
    tcase_add_test(tc, the_state_leaves_a_request_one_outcome);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}
