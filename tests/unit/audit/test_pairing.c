/* Halves that do not belong together are refused, each for its own reason. */
#include <stdlib.h>
#include <string.h>

#include "audit/pairing.h"
#include "tests/support/check_main.h"

enum { IN = 7, OUT = 0x20, CREATE = 6, ADD = 8, REMOVE = 9 };

enum { CHAINS = 16, HALVES = 256 };
static struct ledger *chains[CHAINS];

static void setup(void)
{
    for (uint16_t c = 0; c < CHAINS; c++) {
        chains[c] = calloc(1, sizeof *chains[c]);
        ck_assert_ptr_nonnull(chains[c]);
        chains[c]->chain = c;
        chains[c]->halves = calloc(HALVES, sizeof *chains[c]->halves);
        ck_assert_ptr_nonnull(chains[c]->halves);
    }
}

static void teardown(void)
{
    for (int c = 0; c < CHAINS; c++) {
        free(chains[c]->halves);
        free(chains[c]);
    }
}

/* Pool 50 of token 1 on chain 0 with pool 60 of token 2 on chain 1; fee 30 bps. */
static struct identity half_of(uint16_t chain)
{
    return (struct identity){.kind = IDENTITY_POOL,
                             .own_chain = chain,
                             .own_id = chain == 0 ? 50 : 60,
                             .own_token = chain == 0 ? 1 : 2,
                             .other_chain = 1u - chain,
                             .other_id = chain == 0 ? 60 : 50,
                             .other_token = chain == 0 ? 2 : 1,
                             .fee_bps = 30,
                             .cap_bps = 2000};
}

static struct half *push(uint16_t chain, uint8_t code, units amount, units read)
{
    struct ledger *l = chains[chain];
    struct half *h = &l->halves[l->n_halves];
    *h = (struct half){.code = code,
                       .record = l->n_halves,
                       .pool = half_of(chain),
                       .amount = amount,
                       .read = read};
    l->n_halves++;
    return h;
}

/* floor(997000 * 2e9 / (1e9 + 997000)) = 1992013, computed by hand: 1994000000000000 / 1000997000. */
static void good_swap(void)
{
    (void)push(0, IN, 1000000, 1000000000);
    (void)push(1, OUT, 1992013, 2000000000);
}

static void must_refuse(uint16_t chain, uint32_t record, const char *text)
{
    struct pairing_fault f = {0};
    ck_assert(!pairing_check(chains, 2, &f));
    ck_assert_msg(strstr(f.text, text) != NULL && f.chain == chain && f.record == record,
                  "chain %u record %u: %s", f.chain, f.record, f.text);
}

static void must_fit(void)
{
    struct pairing_fault f = {0};
    ck_assert_msg(pairing_check(chains, 2, &f), "%s", f.text);
}

START_TEST(a_swap_pays_exactly_what_the_product_gives)
{
    good_swap();
    must_fit();
    chains[1]->halves[0].amount++;
    must_refuse(1, 0, "product");
    chains[1]->halves[0].amount -= 2;
    must_refuse(1, 0, "product");
}
END_TEST

START_TEST(forged_inputs_and_reserves_are_noticed)
{
    good_swap();
    chains[0]->halves[0].amount += 1000;
    must_refuse(1, 0, "product");
    chains[0]->halves[0].amount -= 1000;
    chains[0]->halves[0].read += 1000000;
    must_refuse(1, 0, "product");
    chains[0]->halves[0].read -= 1000000;
    chains[1]->halves[0].read += 1000000;
    must_refuse(1, 0, "product");
    chains[1]->halves[0].read -= 1000000;
    must_fit();
}
END_TEST

START_TEST(dust_that_buys_nothing_is_refused)
{
    (void)push(0, IN, 1, 1000000000);
    (void)push(1, OUT, 0, 2000000000);
    must_refuse(1, 0, "product");
}
END_TEST

START_TEST(a_dropped_half_is_noticed_on_either_chain)
{
    good_swap();
    chains[1]->n_halves = 0;
    must_refuse(0, 0, "without its other half");
    chains[1]->n_halves = 1;
    chains[0]->n_halves = 0;
    must_refuse(1, 0, "without its other half");
}
END_TEST

START_TEST(halves_in_another_order_than_on_the_other_chain_are_refused)
{
    good_swap();
    (void)push(0, ADD, 10, 500);
    (void)push(1, ADD, 20, 500);
    must_fit();
    struct half first = chains[1]->halves[0];
    chains[1]->halves[0] = chains[1]->halves[1];
    chains[1]->halves[1] = first;
    must_refuse(0, 0, "one input and one output");
}
END_TEST

START_TEST(two_inputs_or_two_outputs_are_no_swap)
{
    good_swap();
    chains[1]->halves[0].code = IN;
    must_refuse(0, 0, "one input and one output");
    chains[0]->halves[0].code = OUT;
    chains[1]->halves[0].code = OUT;
    must_refuse(1, 0, "one input and one output");
}
END_TEST

START_TEST(halves_of_strangers_are_refused)
{
    uint32_t *const fields[] = {
        &chains[1]->halves[0].pool.own_id,      &chains[1]->halves[0].pool.own_token,
        &chains[1]->halves[0].pool.other_id,    &chains[1]->halves[0].pool.other_token,
        &chains[1]->halves[0].pool.fee_bps,     &chains[1]->halves[0].pool.cap_bps,
        &chains[0]->halves[0].pool.other_token, &chains[0]->halves[0].pool.other_id};
    good_swap();
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        (*fields[i])++;
        must_refuse(0, 0, "do not name each other");
        (*fields[i])--;
    }
    chains[0]->halves[0].pool.other_chain = 7;
    must_refuse(0, 0, "without its other half");
}
END_TEST

START_TEST(liquidity_moves_the_same_shares_on_both_sides)
{
    static const uint8_t codes[] = {CREATE, ADD, REMOVE};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        chains[0]->n_halves = chains[1]->n_halves = 0;
        (void)push(0, codes[i], 10, 5000000);
        (void)push(1, codes[i], 20, 5000000);
        must_fit();
        chains[1]->halves[0].read++;
        must_refuse(0, 0, "different shares");
        chains[1]->halves[0].read--;
        chains[1]->halves[0].code = codes[(i + 1) % ARRAY_LEN(codes)];
        must_refuse(0, 0, "different kinds");
    }
}
END_TEST

START_TEST(slots_from_128_are_credited_by_their_owner_only)
{
    good_swap();
    chains[1]->halves[0].slot = 128;
    must_fit();
    chains[1]->halves[0].owner[19] = 1;
    must_refuse(1, 0, "only its owner");
    chains[1]->halves[0].slot = 127;
    must_fit();
}
END_TEST

static void on_one_chain(struct half *a, struct half *b)
{
    struct half *const both[] = {a, b};
    for (uint32_t i = 0; i < 2; i++) {
        both[i]->pool.own_chain = both[i]->pool.other_chain = 0;
        both[i]->pool.own_id = 50 + 10 * i;
        both[i]->pool.own_token = 1 + i;
        both[i]->pool.other_id = 60 - 10 * i;
        both[i]->pool.other_token = 2 - i;
        both[i]->record = 4 + i;
    }
}

/* The proofs fix the order of the halves, not that no other record stands between them: what they
 * accept an oracle must not refuse, or a proven batch would never be agreed on. */
START_TEST(a_swap_within_one_chain_goes_in_before_it_comes_out)
{
    struct half *in = push(0, IN, 1000000, 1000000000);
    struct half *out = push(0, OUT, 1992013, 2000000000);
    on_one_chain(in, out);
    must_fit();
    out->record++; /* a transfer in between */
    must_fit();
    out->record--;
    struct half first = *in;
    *in = *out;
    *out = first;
    must_refuse(0, 5, "wrong order");
}
END_TEST

/* The leaf checks which side comes first for CREATE alone. */
START_TEST(on_one_chain_the_smaller_token_of_a_new_pool_comes_first)
{
    struct half *a = push(0, CREATE, 10, 5000000);
    struct half *b = push(0, CREATE, 20, 5000000);
    on_one_chain(a, b);
    must_fit();
    struct half first = *a;
    *a = *b;
    *b = first;
    must_refuse(0, 5, "wrong order");
    a->code = b->code = ADD;
    must_fit();
    a->code = b->code = REMOVE;
    must_fit();
    chains[0]->n_halves = 1;
    must_refuse(0, 5, "without its other half");
}
END_TEST

/* ---- more than two chains ---- */

/* The halves of an ADD between pools of two chains (or of one), as the leaf of each writes them. */
static void add_between(uint16_t a, uint16_t b, units shares)
{
    const uint16_t c[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        struct half *h = push(c[i], ADD, 10, shares);
        uint32_t own = c[i];
        uint32_t other = c[1 - i];
        h->pool.own_chain = own;
        h->pool.other_chain = other;
        h->pool.own_id = 100 + (uint32_t)i;
        h->pool.other_id = 101 - (uint32_t)i;
        h->pool.own_token = 1 + (uint32_t)i;
        h->pool.other_token = 2 - (uint32_t)i;
    }
}

static bool check_all(struct pairing_fault *f)
{
    memset(f, 0, sizeof *f);
    return pairing_check(chains, CHAINS, f);
}

START_TEST(pairs_of_any_two_of_16_chains_go_by_rank)
{
    struct rng rng;
    struct pairing_fault f;
    check_seed(&rng);
    for (int round = 0; round < 50; round++) {
        for (int c = 0; c < CHAINS; c++)
            chains[c]->n_halves = 0;
        for (units i = 1; i <= 120;
             i++) /* in the order of the sequencer, one chain with itself too */
            add_between((uint16_t)rng_below(&rng, CHAINS), (uint16_t)rng_below(&rng, CHAINS), i);
        ck_assert_msg(check_all(&f), "%s", f.text);
        /* two pairs of the same chains exchanged on one side only */
        uint16_t c = (uint16_t)rng_below(&rng, CHAINS);
        struct ledger *l = chains[c];
        for (uint32_t i = 0; i < l->n_halves; i++) {
            uint32_t j = i + 1;
            while (j < l->n_halves &&
                   l->halves[j].pool.other_chain != l->halves[i].pool.other_chain)
                j++;
            if (j == l->n_halves || l->halves[i].pool.other_chain == c) continue;
            struct half x = l->halves[i];
            l->halves[i] = l->halves[j];
            l->halves[j] = x;
            ck_assert(!check_all(&f));
            l->halves[j] = l->halves[i];
            l->halves[i] = x;
        }
        /* one half less anywhere, or one once more */
        l = chains[rng_below(&rng, CHAINS)];
        if (l->n_halves == 0) continue;
        struct half last = l->halves[l->n_halves - 1];
        l->n_halves--;
        ck_assert(!check_all(&f));
        l->halves[l->n_halves++] = last;
        l->halves[l->n_halves++] = last;
        ck_assert(!check_all(&f));
    }
}
END_TEST

/* Every two chains agree on the order of their pairs, and yet no order of all of them exists: what
 * the x of the proofs exclude (F27). */
START_TEST(a_loop_in_time_over_three_chains_is_refused)
{
    struct pairing_fault f;
    add_between(0, 1, 5);
    add_between(1, 2, 6);
    add_between(2, 0, 7);
    ck_assert_msg(check_all(&f), "%s", f.text);
    for (int c = 0; c < 3; c++) { /* chain 0: 2 then 1; chain 1: 0 then 2; chain 2: 1 then 0 */
        struct half *h = chains[c]->halves;
        uint32_t first = (uint32_t)(c + 2) % 3;
        if (h[0].pool.other_chain == first) continue;
        struct half x = h[0];
        h[0] = h[1];
        h[1] = x;
    }
    ck_assert(!check_all(&f));
    ck_assert_msg(strstr(f.text, "no common order") != NULL, "%s", f.text);
}
END_TEST

START_TEST(a_half_that_waits_for_ever_is_named)
{
    struct pairing_fault f;
    add_between(0, 1, 5);
    add_between(1, 2, 6);
    chains[2]->n_halves = 0;
    add_between(2, 3, 7);
    ck_assert(!check_all(&f));
    ck_assert_uint_eq(f.chain, 1);
    ck_assert_msg(strstr(f.text, "without its other half") != NULL, "%s", f.text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("audit pairing");
    TCase *t = tcase_create("pairing");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_swap_pays_exactly_what_the_product_gives);
    tcase_add_test(t, forged_inputs_and_reserves_are_noticed);
    tcase_add_test(t, dust_that_buys_nothing_is_refused);
    tcase_add_test(t, a_dropped_half_is_noticed_on_either_chain);
    tcase_add_test(t, halves_in_another_order_than_on_the_other_chain_are_refused);
    tcase_add_test(t, two_inputs_or_two_outputs_are_no_swap);
    tcase_add_test(t, halves_of_strangers_are_refused);
    tcase_add_test(t, liquidity_moves_the_same_shares_on_both_sides);
    tcase_add_test(t, slots_from_128_are_credited_by_their_owner_only);
    tcase_add_test(t, a_swap_within_one_chain_goes_in_before_it_comes_out);
    tcase_add_test(t, on_one_chain_the_smaller_token_of_a_new_pool_comes_first);
    tcase_add_test(t, pairs_of_any_two_of_16_chains_go_by_rank);
    tcase_add_test(t, a_loop_in_time_over_three_chains_is_refused);
    tcase_add_test(t, a_half_that_waits_for_ever_is_named);
    suite_add_tcase(s, t);
    return check_main(s);
}
