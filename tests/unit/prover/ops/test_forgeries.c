/* What a cheating sequencer would like to write into the record tables: each lie, made as
 * consistent as it can be, is caught by the one constraint, lookup or bus that the rule is
 * written in. */
#include <check.h>
#include <stdio.h>

#include "common/base/err.h"
#include "common/field/kb.h"
#include "prover/air/op_row.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/ops/forge.h"

/* ---- signed records ---- */

START_TEST(a_deadline_before_the_batch_is_refused)
{
    forge_load(scenario_payments);
    struct spot s = spot_find("preamble", NULL);
    uint32_t lo = get(s, "time[0]"), hi = get(s, "time[1]"), limbs[2] = {lo, hi};
    set_n(s, "deadline", limbs, 2);
    set(s, "borrow", 0);
    expect_only(s, NULL); /* deadline = T */
    ck_assert(lo > 0);
    limbs[0] = lo - 1; /* deadline = T - 1 */
    set_n(s, "deadline", limbs, 2);
    expect_only(s, "deadline is not before T, low");
    set(s, "borrow", 1);
    expect_only(s, "deadline is not before T, high");
    limbs[1] = hi - 1; /* far before */
    limbs[0] = 0xffff;
    set_n(s, "deadline", limbs, 2);
    set(s, "borrow", 0);
    expect_only(s, "deadline is not before T, high");
    undo();
    set(s, "deadline[0]", 0x10000 + lo); /* another form of a later time */
    expect_among(s, "deadline limb 0");
    undo();
    set(s, "chain", 1); /* an order of another chain */
    ck_assert(!bus_balanced(s.tr, BUS_DEP));
    undo();
    ck_assert(bus_balanced(s.tr, BUS_DEP));
    set(s, "dep[3]", 5);
    ck_assert(!bus_balanced(s.tr, BUS_DEP));
}
END_TEST

START_TEST(a_transfer_reaches_only_the_signed_owner_and_his_slots)
{
    forge_load(scenario_payments);
    struct spot s = spot_find("transfer", "guarded", 0, NULL);
    set(s, "byte[8]", 127); /* slot to */
    expect_only(s, NULL);
    set(s, "byte[8]", 128);
    expect_only(s, "slot below 128, or guarded");
    set(s, "guarded", 1);
    expect_among(s, "guarded slot of the same owner 0");
    undo();
    set(s, "to_owner[9]", minus(get(s, "to_owner[9]"), 1));
    ck_assert(!bus_balanced(s.tr, BUS_USER));
    ck_assert(!bus_balanced(s.tr, BUS_SPONGE_IN));
    undo();
    ck_assert(bus_balanced(s.tr, BUS_USER));
    set_amount(s, "amount", 0);
    expect_only(s, "amount is not 0");
    ck_assert(!bus_balanced(s.tr, BUS_PACKED));
    undo();
    struct spot own = spot_find("transfer", "guarded", 1, NULL);
    set(own, "guarded", 0);
    expect_only(own, "slot below 128, or guarded");
}
END_TEST

START_TEST(a_record_is_read_where_the_stream_says_and_only_there)
{
    forge_load(scenario_payments);
    struct spot s = spot_find("withdraw", NULL);
    set(s, "withdrawal_pos", get(s, "pos") + 1); /* bytes outside the region */
    ck_assert(!bus_balanced(s.tr, BUS_SEQ));
    ck_assert(!bus_balanced(s.tr, BUS_BYTE));
    undo();
    set(s, "n_withdrawals", get(s, "n_withdrawals") + 1);
    ck_assert(!bus_balanced(s.tr, BUS_SEQ));
    undo();
    set(s, "on", 0); /* a record left out */
    ck_assert(!bus_balanced(s.tr, BUS_SEQ));
    ck_assert(!bus_balanced(s.tr, BUS_BYTE));
    undo();
    ck_assert(bus_balanced(s.tr, BUS_SEQ));
    struct spot free_row = s;
    free_row.row = 63; /* the same record twice */
    const struct ir_table *t = s.tr->system->tables[s.table];
    for (uint32_t c = 0; c < t->n_columns; c++)
        set(free_row, t->column_names[c], get(s, t->column_names[c]));
    ck_assert(!bus_balanced(s.tr, BUS_SEQ));
    ck_assert(!bus_balanced(s.tr, BUS_BYTE));
    ck_assert(!bus_balanced(s.tr, BUS_BALANCE));
    undo();

    forge_load(scenario_refusals);
    s = spot_find("priority", "applied", 1, NULL);
    set(s, "priority_pos", get(s, "priority_pos") - 42); /* a deposit twice */
    ck_assert(!bus_balanced(s.tr, BUS_SEQ));
    ck_assert(!bus_balanced(s.tr, BUS_BYTE));
    undo();
    set(s, "n_priority", 0);
    ck_assert(!bus_balanced(s.tr, BUS_SEQ));
}
END_TEST

START_TEST(fees_go_to_the_listed_slot_of_the_listed_token)
{
    forge_load(scenario_payments);
    struct spot s = spot_find("fee", "some", 1, NULL);
    ck_assert(bus_balanced(s.tr, BUS_FEE_SLOT));
    set(s, "token", 9);
    ck_assert(!bus_balanced(s.tr, BUS_FEE_SLOT));
    undo();
    set(s, "fee_slot", 4);
    ck_assert(!bus_balanced(s.tr, BUS_FEE_SLOT));
    undo();
    set(s, "fee_account", 2);
    ck_assert(!bus_balanced(s.tr, BUS_FEE_SLOT));
    undo();
    set(s, "some", 0); /* a fee is signed but not taken */
    expect_among(s, "some is x * inverse");
    set(s, "some inverse", 0);
    expect_only(s, "some or x is zero");
    undo();
    set_amount(s, "value", 0);
    set(s, "some", 0);
    set(s, "some inverse", 0);
    expect_only(s, NULL);
    ck_assert(!bus_balanced(s.tr, BUS_PACKED));
    undo();
    set(s, "slot", 3);
    ck_assert(!bus_balanced(s.tr, BUS_FEE));
}
END_TEST

/* ---- header ---- */

/* The whole check, public values included, finds something and says `what`. */
static bool faulty(const struct ir_trace *tr, const char *what)
{
    char text[4096] = "";
    return ir_mock_check(tr, text, sizeof text) != ERR_OK && strstr(text, what) != NULL;
}

START_TEST(the_header_says_what_happened)
{
    forge_load(scenario_payments);
    struct spot s = spot_find("header", NULL);
    expect_only(s, NULL);
    set(s, "byte[19]", get(s, "byte[19]") + 1); /* one withdrawal more */
    ck_assert(!bus_balanced(s.tr, BUS_SEQ));
    undo();
    set(s, "byte[23]", 42); /* bytes of the priority region */
    ck_assert(!bus_balanced(s.tr, BUS_SEQ));
    undo();
    set(s, "byte[27]", get(s, "byte[27]") + 1); /* records */
    ck_assert(!bus_balanced(s.tr, BUS_SEQ));
    undo();
    set(s, "byte[24]", 0x7f); /* the same element in another form */
    expect_only(s, "records below 2^24");
    undo();
    set(s, "byte[20]", 0x7f);
    expect_only(s, "bytes of the priority region below 2^24");
    undo();
    set(s, "byte[17]", 33);
    expect_only(s, "priority records within the limit");
    undo();
    set(s, "byte[0]", 1);
    expect_only(s, "version is 2");
    undo();
    for (uint32_t i = 0; i < 2; i++) { /* segment and of are public as they are published */
        const char *byte = i == 0 ? "byte[7]" : "byte[8]";
        uint32_t *public = &s.tr->publics[LEAF_SEGMENT + i];
        ck_assert_uint_eq(*public, get(s, byte));
        ++*public; /* another number is told */
        ck_assert(faulty(s.tr, "header as public"));
        set(s, byte, *public); /* the header row tells it too: it is not what is published */
        expect_only(s, NULL);
        ck_assert(!bus_balanced(s.tr, BUS_BYTE));
        ck_assert(!faulty(s.tr, "header as public"));
        --*public;
        undo();
        ck_assert(!faulty(s.tr, "header"));
    }
    set(s, "day", get(s, "day") - 1);
    expect_among(s, "time is day and seconds");
    undo();
    uint32_t sec = get(s, "seconds_lo") + 65536 * get(s, "seconds_hi") + 86400;
    set(s, "day", get(s, "day") - 1); /* a day of two days */
    set(s, "seconds_hi", 1);
    set(s, "seconds_lo", sec - 65536);
    expect_among(s, "less than a day of seconds");
    undo();
    set(s, "byte[31]", 128); /* fee slot */
    expect_only(s, "fee slot 0 is in 2 .. 127");
    undo();
    set(s, "byte[31]", 1);
    expect_only(s, "fee slot 0 is in 2 .. 127");
    undo();
    for (uint32_t i = 0; i < 3; i++) { /* the same token with two slots */
        char a[16], b[16];
        snprintf(a, sizeof a, "byte[%u]", (unsigned)(32 + i));
        snprintf(b, sizeof b, "byte[%u]", (unsigned)(28 + i));
        set(s, a, get(s, b));
    }
    set(s, "fee_used_1 inverse", get(s, "fee_used_0 inverse"));
    expect_only(s, "fee tokens 0 and 1 differ");
    undo();
    set(s, "header_asked", get(s, "header_asked") + 1);
    ck_assert(!bus_balanced(s.tr, BUS_HEADER));
    undo();
    struct spot other = s;
    other.row = s.row + 1; /* a second header with other facts */
    set(other, "header_asked", 1);
    expect_only(other, "header_asked only in the header row");
    undo();
    set(other, "dep_asked", 1);
    expect_only(other, "dep_asked only in the header row");
    undo();
    set(other, "day_asked", 1);
    expect_only(other, "day_asked only in the header row");
    undo();
    set(other, "fee_asked_0", 1);
    expect_only(other, "unused fee token 0 answers nothing");
}
END_TEST

/* ---- pools ---- */

START_TEST(the_daily_cap_holds_to_the_unit)
{
    forge_load(scenario_pools_and_swaps);
    struct spot s = spot_find("swap_out", "capped", 1, "window_of_today", 1, NULL);
    uint32_t cap = get(s, "pool_cap"), keep = 10000 - cap, carry[7] = {0};
    ck_assert_uint_eq(cap, 5000);
    uint64_t a1 = 0;
    for (uint32_t i = 0; i < 8; i++) {
        char name[24];
        snprintf(name, sizeof name, "amount_byte[%u]", (unsigned)i);
        a1 |= (uint64_t)get(s, name) << 8 * i;
    }
    for (uint64_t ref = 1000; ref <= 1001; ref++) { /* 500 are left */
        set_amount(s, "reserve", 500 + a1);
        set_carries(s, "reserve_borrow", 500 + a1, a1, true);
        set_inverse(s, "reserve_inverse", 500);
        set_amount(s, "window_ref", ref);
        int64_t sum = 10000 * 500 - (int64_t)keep * (int64_t)ref;
        for (uint32_t i = 0; i < 7; i++) {
            int64_t digit = sum & 0xffff;
            sum = (sum - digit) / 65536;
            carry[i] = kb_to_u32(kb_from_i64(sum));
        }
        set_n(s, "cap_carry", carry, 7);
        if (ref == 1000)
            expect_only(s, NULL);
        else
            expect_only(s, "cap is kept");
        undo();
    }
    set(s, "capped", 0); /* the window is not looked at */
    set(s, "window_of_today", 0);
    expect_only(s, "cap is none unless capped");
    undo();
    set(s, "window_of_today", 0); /* a new window each time */
    expect_among(s, "window is of another day");
    undo();
    set(s, "window_day", get(s, "window_day") - 1); /* yesterday's window */
    expect_among(s, "window is of today");
    undo();
    set(s, "day", get(s, "day") + 1);
    ck_assert(!bus_balanced(s.tr, BUS_DAY));
}
END_TEST

START_TEST(a_swap_leaves_a_reserve_and_moves_forward_in_x)
{
    forge_load(scenario_pools_and_swaps);
    struct spot s = spot_find("swap_out", "capped", 0, NULL);
    uint64_t a1 = 0;
    for (uint32_t i = 0; i < 8; i++) {
        char name[24];
        snprintf(name, sizeof name, "amount_byte[%u]", (unsigned)i);
        a1 |= (uint64_t)get(s, name) << 8 * i;
    }
    set_amount(s, "reserve", a1); /* all of it goes */
    set_carries(s, "reserve_borrow", a1, a1, true);
    expect_only(s, "a reserve is left");
    set_amount(s, "reserve", a1 - 1);
    set_carries(s, "reserve_borrow", a1 - 1, a1, true);
    expect_among(s, "reserve_borrow result limb 6");
    undo();
    set(s, "x[0]", get(s, "x[0]") + 1);
    expect_only(s, NULL);
    set(s, "last", 2 * get(s, "x[0]") + 1 + 1); /* the pair before had this x already */
    expect_only(s, "x gap");
    undo();
    set(s, "x[1]", 256);
    expect_among(s, "x high byte");
    undo();
    set(s, "own_token", 7);
    ck_assert(!bus_balanced(s.tr, BUS_POOL));
    undo();
    set(s, "used[12]", 1);
    expect_among(s, "used is a prefix 13");
    undo();
    s = spot_find("swap_in", NULL);
    set(s, "other_token", 9); /* signed: token out = the pool's other token */
    ck_assert(!bus_balanced(s.tr, BUS_POOL));
    ck_assert(!bus_balanced(s.tr, BUS_SPONGE_IN));
    undo();
    set(s, "chain", 1);
    ck_assert(!bus_balanced(s.tr, BUS_PREAMBLE));
    ck_assert(!bus_balanced(s.tr, BUS_POOL));
}
END_TEST

START_TEST(a_leaf_accepts_any_amount_and_any_order_of_the_other_side)
{
    forge_load(scenario_pools_and_swaps);
    struct spot s = spot_find("swap_out", NULL);
    uint32_t any[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    set_n(s, "order", any, 8);
    set(s, "x[0]", get(s, "x[0]") + 3);
    expect_only(s, NULL); /* only the tuples' digest, which is public, changes with it */
}
END_TEST

START_TEST(a_pool_is_made_by_the_rules)
{
    forge_load(scenario_liquidity);
    struct spot s = spot_find("create", NULL);
    uint32_t role = get(s, "role");
    expect_only(s, NULL);
    set(s, "role", 1 - role); /* sides exchanged */
    expect_among(s, "sides are in order, low");
    undo();
    set_amount(s, "shares", 1000000);
    set(s, "shares_borrow_0", 0);
    set(s, "shares_borrow_1", 0);
    set_carries(s, "kept_borrow", 1000000, 1000, true);
    expect_only(s, NULL);
    set_amount(s, "shares", 999999);
    set_carries(s, "kept_borrow", 999999, 1000, true);
    expect_only(s, "at least 10^6 shares, low");
    set(s, "shares_borrow_0", 1);
    expect_only(s, "at least 10^6 shares, high");
    set(s, "shares_borrow_1", 1);
    expect_only(s, "at least 10^6 shares, upper limbs");
    undo();
    ck_assert_uint_eq(get(s, "one_chain"), 0);
    set(s, "byte[29]", 10000 >> 8); /* cap, high and low byte */
    set(s, "byte[30]", 10000 & 0xff);
    expect_only(s, "no cap only on one chain");
    set(s, "byte[29]", 0);
    set(s, "byte[30]", 0);
    expect_only(s, "cap is at least 1");
    undo();
    set(s, "byte[27]", 10000 >> 8); /* fee */
    set(s, "byte[28]", 10000 & 0xff);
    expect_only(s, "fee below 10000");
    undo();
    set(s, "one_chain", 1);
    expect_among(s, "one chain");
    undo();
    set(s, "id", ACCOUNT_NEW);
    expect_among(s, "accounts are not full");
}
END_TEST

START_TEST(limits_of_liquidity_hold_to_the_unit)
{
    forge_load(scenario_liquidity);
    struct spot add = spot_find("liquidity", "remove", 0, NULL);
    struct spot rem = spot_find("liquidity", "remove", 1, NULL);
    uint64_t a = get_amount(add, "amount"), r = get_amount(rem, "amount");
    set_amount(add, "limit", a);
    set_carries(add, "limit_borrow", a, a, true);
    expect_only(add, NULL);
    set_amount(add, "limit", a - 1);
    set_carries(add, "limit_borrow", a - 1, a, true);
    expect_among(add, "limit_borrow difference limb 6");
    undo();
    set_amount(rem, "limit", r);
    set_carries(rem, "limit_borrow", r, r, true);
    expect_only(rem, NULL);
    set_amount(rem, "limit", r + 1);
    set_carries(rem, "limit_borrow", r, r + 1, true);
    expect_among(rem, "limit_borrow difference limb 6");
    undo();
    set(rem, "remove", 0); /* a withdrawal booked as an addition */
    ck_assert(!bus_balanced(rem.tr, BUS_SHARES));
    ck_assert(!bus_balanced(rem.tr, BUS_BYTE));
    undo();
    set_amount(add, "amount", a - 1); /* paying one unit less */
    ck_assert(!bus_balanced(add.tr, BUS_SHARES));
    undo();
    struct spot s = spot_find("shares", "remove", 0, NULL);
    set_amount(s, "amount", get_amount(s, "amount") - 1);
    ck_assert(!bus_balanced(s.tr, BUS_MULDIV));
    undo();
    s = spot_find("shares", "capped", 1, NULL);
    set(s, "capped", 0); /* the window stays behind */
    expect_only(s, "cap is none unless capped");
    undo();
    set_amount(s, "window_ref_after", get_amount(s, "window_ref_after") - 1);
    ck_assert(!bus_balanced(s.tr, BUS_MULDIV));
}
END_TEST

/* Quotient and remainder of a row set to q and rem by schoolbook over bytes. */
static void set_quotient(struct spot s, unsigned __int128 a, unsigned __int128 b,
                         unsigned __int128 c, unsigned __int128 q, unsigned __int128 rem)
{
    unsigned __int128 n[5] = {a, b, c, q, rem};
    static const char *const names[5] = {"a", "b", "c", "q", "rem"};
    uint32_t byte[5][14], carry[13], x[7], y[7], borrow[6], k = 0;
    for (uint32_t i = 0; i < 5; i++) {
        for (uint32_t l = 0; l < 14; l++)
            byte[i][l] = (uint32_t)(n[i] >> 8 * l) & 0xff;
        set_n(s, names[i], byte[i], 14);
    }
    int64_t sum = 0;
    for (uint32_t at = 0; at < 26; at++) {
        int64_t here = 0;
        for (uint32_t i = 0; i <= at; i++)
            if (i < 14 && at - i < 14)
                here +=
                    (int64_t)byte[0][i] * byte[1][at - i] - (int64_t)byte[3][i] * byte[2][at - i];
        if (at < 14) here -= byte[4][at];
        sum += at % 2 == 0 ? here : 256 * here;
        if (at % 2 == 0) continue;
        sum = sum / 65536;
        carry[at / 2] = kb_to_u32(kb_from_i64(sum));
    }
    set(s, "ceil", 0);
    set_n(s, "carry", carry, 13);
    for (uint32_t i = 0; i < 7; i++) {
        x[i] = (uint32_t)(c >> 16 * i) & 0xffff;
        y[i] = ((uint32_t)(rem >> 16 * i) & 0xffff) + (i == 0);
    }
    for (uint32_t i = 0; i < 6; i++) {
        k = x[i] < y[i] + k;
        borrow[i] = k;
    }
    set_n(s, "rem_borrow", borrow, 6);
}

START_TEST(a_quotient_is_the_right_one)
{
    forge_load(scenario_liquidity);
    struct spot s = spot_find("muldiv", NULL);
    const unsigned __int128 one = 1, max = (one << 112) - 1;
    static const uint32_t small[][3] = {{7, 9, 5}, {0, 9, 5}, {65535, 65537, 3}, {1, 1, 1}};
    for (uint32_t i = 0; i < ARRAY_LEN(small); i++) {
        unsigned __int128 a = small[i][0], b = small[i][1], c = small[i][2], q = a * b / c;
        set_quotient(s, a, b, c, q, a * b - q * c);
        expect_only(s, NULL);
        undo();
        if (q == 0) continue;
        set_quotient(s, a, b, c, q - 1, a * b - (q - 1) * c); /* remainder not below c */
        expect_among(s, "rem_borrow difference limb 6");
        undo();
    }
    set_quotient(s, max, max, max, max, 0);
    expect_only(s, NULL);
    undo();
    set_quotient(s, max, max - 5, max, max - 5, 0);
    expect_only(s, NULL);
    undo();
    set_quotient(s, 0, max, 0, 12345, 0); /* c = 0 */
    expect_among(s, "rem_borrow difference limb 6");
    undo();
    set_quotient(s, max, 2, max - 1, 2, 2);
    expect_only(s, NULL);
    set(s, "carry[3]", get(s, "carry[3]") + 1);
    expect_among(s, "product 3");
    undo();
    set(s, "q[13]", 256);
    expect_among(s, "q 6");
    undo();
    set(s, "carry[0]", 32512); /* 2^16 carry would wrap around p */
    expect_among(s, "carry from above 0");
}
END_TEST

/* ---- keys ---- */

START_TEST(a_new_key_is_new_and_has_one_form)
{
    forge_load(scenario_keys);
    struct spot s = spot_find("change_key", NULL);
    uint32_t zero[5] = {0}, word[4];
    for (uint32_t i = 0; i < 5; i++) {
        uint32_t v = 0;
        for (uint32_t k = 0; k < 4; k++) {
            char name[16];
            snprintf(name, sizeof name, "byte[%u]", (unsigned)(6 + 4 * i + k));
            v = (uint32_t)(((uint64_t)v * 256 + get(s, name)) % KB_P);
        }
        zero[i] = v;
    }
    set_n(s, "old_root", zero, 5);
    expect_only(s, "root is new");
    ck_assert(!bus_balanced(s.tr, BUS_AUTH_NEW_KEY));
    undo();
    for (uint32_t i = 0; i < 4; i++) /* v + p of the first word */
        word[i] = (zero[0] + KB_P) >> (24 - 8 * i) & 0xff;
    set_n(s, "byte[6]", word, 4);
    set_inverse(s, "root_below_top 0 inverse", minus(word[0], 127));
    expect_only(s, "root top byte below 128 0");
    undo();
    uint32_t p_word[4] = {0x7f, 0, 0, 1}; /* p itself */
    set_n(s, "byte[6]", p_word, 4);
    set(s, "root_below_top 0", 0);
    set(s, "root_below_top 0 inverse", 0);
    expect_among(s, "root below p 0");
    undo();
    set(s, "byte[4]", 0); /* keyless */
    expect_only(s, "the new key is a key");
    undo();
    set(s, "changes", 1u << 23);
    set(s, "changes_hi", 128);
    expect_only(s, "key changes below 2^23");
}
END_TEST

START_TEST(a_row_that_is_off_says_nothing)
{
    static const char *const tables[] = {
        "header",   "transfer",  "withdraw", "open",     "change_key", "create", "swap_in",
        "swap_out", "liquidity", "priority", "preamble", "fee",        "shares", "muldiv"};
    forge_load(scenario_payments);
    for (uint32_t i = 0; i < ARRAY_LEN(tables); i++) {
        struct spot s = spot_at(0, tables[i], spot_rows(0, tables[i]));
        const struct ir_table *t = s.tr->system->tables[s.table];
        ck_assert(!row_speaks(s));
        for (uint32_t a = 1; a < t->n_columns; a++) /* column 0 is `on` */
            for (uint32_t b = a; b < t->n_columns; b++) {
                if (i == 13 && b != a) continue; /* muldiv: no flags beside on */
                set(s, t->column_names[a], 1);
                set(s, t->column_names[b], 1);
                bool silent = !row_speaks(s) || !row_holds(s);
                undo();
                ck_assert_msg(silent, "%s: %s, %s", t->name, t->column_names[a],
                              t->column_names[b]);
            }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forgeries");
    TCase *tc = tcase_create("forgeries");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_deadline_before_the_batch_is_refused);
    tcase_add_test(tc, a_transfer_reaches_only_the_signed_owner_and_his_slots);
    tcase_add_test(tc, a_record_is_read_where_the_stream_says_and_only_there);
    tcase_add_test(tc, fees_go_to_the_listed_slot_of_the_listed_token);
    tcase_add_test(tc, the_header_says_what_happened);
    tcase_add_test(tc, the_daily_cap_holds_to_the_unit);
    tcase_add_test(tc, a_swap_leaves_a_reserve_and_moves_forward_in_x);
    tcase_add_test(tc, a_leaf_accepts_any_amount_and_any_order_of_the_other_side);
    tcase_add_test(tc, a_pool_is_made_by_the_rules);
    tcase_add_test(tc, limits_of_liquidity_hold_to_the_unit);
    tcase_add_test(tc, a_quotient_is_the_right_one);
    tcase_add_test(tc, a_new_key_is_new_and_has_one_form);
    tcase_add_test(tc, a_row_that_is_off_says_nothing);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}
