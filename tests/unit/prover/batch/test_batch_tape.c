/* Halves of the tape are what the protocol says: each kind of half is changed in turn, all hashes are
 * made again from there up to D_k, and the checker still refuses; halves that are free it accepts. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/trace/batch_internal.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/batch/fixture.h"

static const struct batch_size *const SIZE = &BATCH_SIZE_SMALL;
static struct ir_system *sys;
static struct ir_trace *tr;
static struct batch_case c;

static void setup(void)
{
    static const char *const plan[3] = {"ttp-", "tt--", "t-t-"};
    struct rng rng;
    char text[512];
    rng_seed(&rng, 20261124);
    sys = batch_system_new(SIZE);
    batch_case_plan(&c, &rng, 4, plan, 3);
    batch_case_blob(&c, &rng, 1);
    REQUIRE(batch_trace_fill(&tr, sys, SIZE, &c.in, text, sizeof text) == ERR_OK);
}

static void teardown(void)
{
    ir_trace_free(tr);
    ir_system_free(sys);
}

static uint32_t *column(const char *table, const char *name)
{
    uint32_t t = ir_table_find(sys, table);
    REQUIRE(t != UINT32_MAX && ir_column_find(sys->tables[t], name) != UINT32_MAX);
    return tr->tables[t].columns[ir_column_find(sys->tables[t], name)];
}

static uint32_t *half(uint32_t pos)
{
    return &column("words", pos % 2 == 0 ? "half[0]" : "half[1]")[pos / 2];
}

static uint32_t *take(uint32_t pos)
{
    return &column("words", pos % 2 == 0 ? "take 0" : "take 1")[pos / 2];
}

/* The range checks of a block's sums, counted once more or less. */
static void count_sums(uint32_t block, uint32_t by)
{
    static const char *const names[2][3] = {{"before lo", "after lo", "carry lo"},
                                            {"before hi", "after hi", "carry hi"}};
    uint32_t *asked = column("range16", "asked");
    for (uint32_t row = 8 * block; row < 8 * block + 8; row++)
        for (uint32_t i = 0; i < 2; i++) {
            uint32_t carry = column("blocks", names[i][2])[row];
            uint32_t sum = column("blocks", names[i][0])[row] + column("blocks", names[i][1])[row];
            if (i == 1) sum += column("blocks", names[0][2])[row];
            uint32_t *cell = &asked[sum - 65536 * carry];
            *cell = f_add(*cell, by);
        }
}

/* All hashes from the tape as it is; digests to where they go. */
static void hash_again(void)
{
    struct witness w = {.system = sys, .tr = tr};
    struct sha_fill s;
    ck_assert(sha_fill_init(&s, &w));
    const uint32_t *first = column("blocks", "first"), *last = column("blocks", "last");
    for (uint32_t b = s.n_blocks; b-- > 0;) {
        if (!first[8 * b]) continue;
        uint32_t hash[8], words[16], to = column("blocks", "to")[8 * b], at = b;
        sha_fill_initial(hash);
        for (;; at++) {
            for (uint32_t i = 0; i < 16; i++)
                words[i] = *half(32 * at + 2 * i) << 16 | *half(32 * at + 2 * i + 1);
            count_sums(at, IR_P - 1);
            sha_fill_block(&s, at, words, hash);
            count_sums(at, 1);
            if (last[8 * at]) break;
        }
        for (uint32_t i = 0; i < 16; i++) {
            uint32_t v = i % 2 == 0 ? hash[i / 2] >> 16 : hash[i / 2] & 0xffff;
            if (to == batch_tape_end(SIZE))
                tr->publics[BATCH_PUBLIC_D_TO + i] = v;
            else
                *half(to + i) = v;
        }
    }
}

static void expect_refusal(uint32_t pos, bool taken, const char *what, const char *reason)
{
    char text[4096];
    uint32_t was = *half(pos), was_taken = *take(pos);
    *half(pos) = was ^ 1;
    *take(pos) = taken && was_taken;
    hash_again();
    ck_assert_msg(ir_mock_check(tr, text, sizeof text) != ERR_OK, "%s is accepted", what);
    ck_assert_msg(strstr(text, reason) != NULL, "%s: %s", what, text);
    *half(pos) = was;
    *take(pos) = was_taken;
    hash_again();
}

START_TEST(no_half_of_a_preimage_can_be_another)
{
    const uint32_t stmt = 32 * SIZE->stmt, before = 32 * SIZE->before, after = 32 * SIZE->after,
                   chains = 32 * SIZE->chains, pubdata = 32u << (SIZE->blocks - 1);
    const struct {
        uint32_t pos;
        const char *what, *reason;
    } halves[] = {
        {0, "tag of D", "constants"},
        {5, "tag of D", "constants"},
        {D_FROM + 3, "D before", "D from 3"},
        {stmt + 2, "tag of stmt", "constants"},
        {stmt + STMT_DEP, "deployment", "deployment 0"},
        {stmt + STMT_DEP + 15, "deployment", "deployment 15"},
        {stmt + STMT_VERSION, "version", "constants"},
        {stmt + STMT_VERSION + 1, "version", "constants"},
        {stmt + STMT_K, "k", "constants"},
        {stmt + STMT_K + 1, "k", "constants"},
        {stmt + STMT_K + 2, "k", "k 0"},
        {stmt + STMT_K + 3, "k", "k 1"},
        {stmt + STMT_TIME + 1, "time", "constants"},
        {stmt + STMT_TIME + 3, "time", "time 1"},
        {stmt + STMT_N, "participants", "participants 0"},
        {stmt + STMT_LIST, "id", "id of a participant 0"},
        {stmt + STMT_LIST + 2 * STMT_ENTRY + 3, "id", "id of a participant 3"},
        {before + 7, "tag of roots", "constants"},
        {before + ROOT_K + 1, "k of the roots before", "constants"},
        {before + ROOT_K + 3, "k of the roots before", "k before 1"},
        {before + ROOT_N, "n of the roots before", "chains before 0"},
        {before + ROOT_LIST + 2, "id", "id before 2"},
        {before + ROOT_LIST + ROOT_ENTRY + 5, "root", "root 1"},
        {after, "tag of roots", "constants"},
        {after + ROOT_K + 2, "k of the roots after", "k after 0"},
        {after + ROOT_N, "n of the roots after", "chains after 0"},
        {after + ROOT_LIST + 3 * ROOT_ENTRY, "id", "id after 0"},
        {after + ROOT_LIST + 3 * ROOT_ENTRY + 19, "root", "root 1"},
        {chains + 6, "tag of chains", "constants"},
        {chains + CHAINS_N, "n of chains", "chains 0"},
        {chains + CHAINS_LIST, "index", "list 0"},
        {chains + CHAINS_LIST + CHAINS_ENTRY + 4, "id", "list 4"},
        {chains + CHAINS_LIST + CHAINS_ENTRY + 5, "zero before an address", "padding 0"},
        {chains + CHAINS_LIST + 3 * CHAINS_ENTRY + 10, "zero before an address", "padding 0"},
        {pubdata, "count of segments", "pubdata 0"},
        {pubdata + 17, "segment hash", "pubdata 1"},
        {pubdata + 48, "last byte", "end of pubdata"},
        {pubdata + 64, "count of a blob's segments", "pubdata 0"},
        {pubdata + 64 + 32, "z", "z, a, b 0"},
        {pubdata + 64 + 48 + 3, "a", "z, a, b 19"},
        {pubdata + 64 + 79, "b", "z, a, b 47"},
        {pubdata + 64 + 80, "last byte of b", "end of pubdata"},
        /* what is no data */
        {D_HALVES, "0x80", "padding"},
        {D_HALVES + 1, "0 behind it", "padding"},
        {63 - 1, "upper half of the length", "padding"},
        {63 - 2, "upper half of the length", "padding"},
        {63, "length", "length in bits"},
    };
    for (size_t i = 0; i < ARRAY_LEN(halves); i++)
        expect_refusal(halves[i].pos, i % 2 == 0, halves[i].what, halves[i].reason);
    char text[4096];
    ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
}
END_TEST

START_TEST(digests_come_from_their_own_messages)
{
    char text[4096];
    const uint32_t stmt = 32 * SIZE->stmt;
    const uint32_t at[] = {D_STMT + 4, stmt + STMT_BEFORE, stmt + STMT_AFTER + 15,
                           stmt + STMT_CHAINS + 1, stmt + STMT_LIST + 4};
    struct witness w = {.system = sys, .tr = tr};
    struct sha_fill s;
    ck_assert(sha_fill_init(&s, &w));
    for (size_t i = 0; i < ARRAY_LEN(at); i++) { /* here only the message above is hashed again */
        uint32_t was = *half(at[i]), block = at[i] / 32, from = 0;
        *half(at[i]) = was ^ 1;
        for (uint32_t b = block + 1; b-- > 0 && from == 0;)
            if (column("blocks", "first")[8 * b]) from = b + 1;
        uint32_t hash[8], words[16];
        sha_fill_initial(hash);
        for (uint32_t b = from - 1;; b++) {
            for (uint32_t k = 0; k < 16; k++)
                words[k] = *half(32 * b + 2 * k) << 16 | *half(32 * b + 2 * k + 1);
            count_sums(b, IR_P - 1);
            sha_fill_block(&s, b, words, hash);
            count_sums(b, 1);
            if (column("blocks", "last")[8 * b]) break;
        }
        ck_assert(ir_mock_check(tr, text, sizeof text) != ERR_OK);
        ck_assert_msg(strstr(text, "blocks digest") != NULL, "%s", text);
        *half(at[i]) = was;
        hash_again();
    }
    ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
}
END_TEST

START_TEST(free_halves_are_the_programs_addresses_and_finality)
{
    char text[4096];
    uint32_t n = 0;
    for (uint32_t pos = 0; pos < batch_tape_end(SIZE); pos++) {
        const uint32_t entry = pos - 32 * SIZE->chains - CHAINS_LIST;
        bool programs = pos >= 32u * SIZE->stmt + STMT_PROGRAMS && pos < 32u * SIZE->stmt + STMT_N;
        bool list = entry < c.in.n_chains * CHAINS_ENTRY && entry % CHAINS_ENTRY >= CHAINS_ADDRESS;
        bool data =
            column("words", "full")[pos / 2] || (column("words", "end 1")[pos / 2] && pos % 2 == 0);
        if (!data || *take(pos)) continue;
        n++;
        ck_assert_msg(programs || list, "half %u is free", (unsigned)pos);
        if (n % 16 != 1) continue;
        *half(pos) ^= 1;
        hash_again();
        ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
    }
    ck_assert_uint_eq(n, 16 + 12 * c.in.n_chains);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch tape");
    TCase *tc = tcase_create("tape");
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, no_half_of_a_preimage_can_be_another);
    tcase_add_test(tc, digests_come_from_their_own_messages);
    tcase_add_test(tc, free_halves_are_the_programs_addresses_and_finality);
    suite_add_tcase(s, tc);
    return check_main(s);
}
