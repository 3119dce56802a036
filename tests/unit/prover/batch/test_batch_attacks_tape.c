/* Attacks on the batch program: limbs, messages and blocks of the tape. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/base/require.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/batch/forge.h"

enum { K = 7, TIME = 0x12345678 };

/* ---- limbs: numbers in another form than the statement's 16-bit halves ---- */

static void long_time(struct witness *w)
{
    *forge_cell(w, "batch", "time[0]", 0) -= 1;
    *forge_cell(w, "batch", "time[1]", 0) += 65536;
}
static void long_k(struct witness *w)
{
    *forge_cell(w, "batch", "k[0]", 0) -= 1;
    *forge_cell(w, "batch", "k[1]", 0) += 65536;
    *forge_cell(w, "batch", "borrow", 0) = 0;
}
static void long_dep(struct witness *w)
{
    *forge_cell(w, "batch", "low[2]", 0) += 65536;
    *forge_cell(w, "batch", "low14[2]", 0) -= 1;
    *forge_cell(w, "batch", "high[2]", 0) -= 1;
}
static void long_root(struct witness *w)
{
    uint32_t row = 0;
    while (*forge_cell(w, "root", "half[0]", row) < 2)
        row++;
    *forge_cell(w, "root", "half[0]", row) -= 1;
    *forge_cell(w, "root", "half[1]", row) += 65536;
    *forge_cell(w, "root", "inverse", row) = f_inv(0x7f00 - *forge_cell(w, "root", "half[0]", row));
}

START_TEST(limbs_are_halves_of_the_tape)
{
    forge_case.in.k = 0x70000 + K;
    forge_case.in.time = TIME;
    for (uint32_t i = 0; i < forge_case.in.n_segments; i++) {
        uint32_t *p = forge_case.segments[i].publics;
        p[LEAF_K] = 65536 + K;
        p[LEAF_K + 1] = 6;
        p[LEAF_TIME] = TIME & 0xffff;
        p[LEAF_TIME + 1] = TIME >> 16;
    }
    for (uint32_t i = 0; i < forge_case.in.n_pairings; i++)
        forge_case.pairings[i].time = TIME;
    /* leaves with the number 65536 + 7, 6 for k; pairings do not name k, their rows do */
    forge_fill(long_k);
    uint32_t *k0 = forge_column("pairing", "k[0]"), *k1 = forge_column("pairing", "k[1]");
    for (uint32_t i = 0; i < forge_case.in.n_pairings; i++) {
        k0[i] = 65536 + K;
        k1[i] = 6;
    }
    forge_only("k in other limbs", NULL, BUS_HALF, 0);

    batch_case_copy(&forge_case, &forge_honest);
    forge_fill(long_dep);
    forge_only("a word of the deployment in other halves", NULL, BUS_HALF, 0);
    forge_fill(long_root);
    forge_only("a root element in other halves", NULL, BUS_HALF, 0);
    forge_case.in.time =
        TIME; /* all say TIME but for the statement: its leaves have T in other limbs */
    for (uint32_t i = 0; i < forge_case.in.n_segments; i++) {
        forge_case.segments[i].publics[LEAF_TIME] = 65536 + (TIME & 0xffff);
        forge_case.segments[i].publics[LEAF_TIME + 1] = (TIME >> 16) - 1;
    }
    forge_case.in.n_pairings = 0;
    for (uint32_t i = 0; i < forge_case.in.n_segments; i++)
        forge_case.segments[i].publics[LEAF_TUPLE_COUNT] = 0;
    forge_fill(long_time);
    forge_only("T in other limbs", NULL, BUS_HALF, 0);
}
END_TEST

/* ---- the tape ---- */

static void low_pubdata(struct witness *w)
{
    const uint32_t block = (1u << (forge_size->blocks - 1)) - 4;
    for (uint32_t i = 0; i < 2; i++)
        *forge_cell(w, "segment", "start", forge_row_of(1, i)) = block;
    *forge_cell(w, "chain", "start", 1) = block;
}

static void unused_block(uint32_t block)
{
    for (uint32_t row = 8 * block; row < 8 * block + 8; row++) {
        forge_column("blocks", "used")[row] = forge_column("blocks", "first")[row] = 0;
        forge_column("blocks", "last")[row] = 0;
        forge_column("blocks", "end")[row] = 32 * block + 32;
    }
    for (uint32_t row = 16 * block; row < 16 * block + 16; row++) {
        forge_column("words", "end")[row] = 32 * block + 32;
        forge_column("words", "full")[row] = 1;
        forge_column("words", "end 0")[row] = forge_column("words", "end 1")[row] = 0;
        forge_column("words", "length")[row] = 0;
        forge_column("words", "take 0")[row] = forge_column("words", "take 1")[row] = 0;
    }
}

START_TEST(pubdata_has_blocks_of_its_own)
{
    forge_fill(low_pubdata); /* where messages end with another padding */
    forge_only("pubdata among the statement's blocks", NULL, BUS_HALF, 0);

    /* two chains whose hashes are one and the same use the same blocks */
    for (uint32_t i = 0; i < 2; i++)
        memcpy(forge_seg(2, i) + LEAF_SHA, forge_seg(1, i) + LEAF_SHA, 16 * sizeof(uint32_t));
    forge_fill(NULL);
    uint32_t *start = forge_column("chain", "start"), old = start[2];
    start[2] = start[1];
    for (uint32_t i = 0; i < 2; i++)
        forge_column("segment", "start")[forge_row_of(2, i)] = start[1];
    for (uint32_t b = old; b < old + 2; b++)
        unused_block(b);
    const uint32_t digest = 32u * forge_size->stmt + STMT_LIST + 2 * STMT_ENTRY + 4;
    for (uint32_t pos = digest; pos < digest + 16; pos++)
        forge_column("words", pos % 2 == 0 ? "take 0" : "take 1")[pos / 2] = 0;
    forge_only("one message for two chains", NULL, BUS_HASH, BUS_HALF, 0);
}
END_TEST

/* A message that ends a half later, in the words, the blocks and their link: the asker says where. */
START_TEST(messages_end_where_their_askers_say)
{
    forge_fill(NULL);
    const uint32_t block = forge_column("chain", "start")[0],
                   n = forge_column("chain", "segments")[0];
    const uint32_t end = 32 * block + 16 * n;
    ck_assert_uint_eq(forge_column("blocks", "end")[8 * block], end);
    uint32_t blocks = (16 * n + 5 + 31) / 32;
    for (uint32_t row = 8 * block; row < 8 * (block + blocks); row++)
        forge_column("blocks", "to")[row] += 1;
    struct faults f;
    faults_find(&f, forge_trace);
    ck_assert_uint_eq(f.n_buses, 2); /* HASH, and HALF of the digest */
    forge_fill(NULL);
    for (uint32_t row = 8 * block; row < 8 * (block + blocks); row++)
        forge_column("blocks", "start")[row] += 1;
    faults_find(&f, forge_trace);
    ck_assert_uint_eq(f.n_constraints, 1); /* the message starts here */
    ck_assert_uint_eq(f.n_buses, 1);       /* and has another length */
    ck_assert_uint_eq(f.bus[0], BUS_SHA_LENGTH);
}
END_TEST

START_TEST(what_lies_behind_a_message_is_its_padding)
{
    const uint32_t row = D_HALVES / 2;
    /* end and beyond at once: twice the padding is 0x8000 */
    forge_fill(NULL);
    forge_column("words", "full")[row] = IR_P - 1;
    *forge_half(D_HALVES) = 0x4000;
    forge_hash_again();
    forge_only("0x40 as padding", "words: full is boolean", 0);
    /* data behind the end */
    forge_fill(NULL);
    forge_column("words", "full")[row + 1] = 1;
    *forge_half(D_HALVES + 2) = 0x1234;
    forge_hash_again();
    forge_only("more behind the end", NULL, BUS_RANGE16, 0);
    /* one more block of zeros, and the length in there */
    forge_fill(NULL);
    uint32_t b = forge_size->chains, end = forge_column("blocks", "end")[8 * b];
    while (!forge_column("blocks", "last")[8 * b])
        b++;
    ck_assert(!forge_column("blocks", "used")[8 * (b + 1)]);
    const char *const same[4] = {"used", "last", "start", "to"};
    for (uint32_t k = 8 * b; k < 8 * b + 8; k++) {
        for (uint32_t i = 0; i < 4; i++)
            forge_column("blocks", same[i])[k + 8] = forge_column("blocks", same[i])[k];
        forge_column("blocks", "last")[k] = 0;
        forge_column("blocks", "end")[k + 8] = end;
    }
    for (uint32_t k = 16 * b + 16; k < 16 * b + 32; k++) {
        forge_column("words", "end")[k] = end;
        forge_column("words", "full")[k] = forge_column("words", "end 0")[k] =
            forge_column("words", "end 1")[k] = 0;
    }
    forge_column("words", "length")[16 * b + 15] = 0;
    forge_column("words", "length")[16 * b + 31] = 1;
    *forge_half(32 * b + 63) = *forge_half(32 * b + 31);
    *forge_half(32 * b + 31) = 0;
    forge_hash_again();
    forge_only("a block of zeros more", NULL, BUS_RANGE16, 0);
}
END_TEST

START_TEST(blocks_are_their_messages)
{
    /* words end a half later than the blocks: one more half that is free */
    forge_fill(NULL);
    for (uint32_t row = 16; row < 32; row++) /* block 1 holds the end of D's preimage */
        forge_column("words", "end")[row] += 1;
    forge_column("words", "end 0")[D_HALVES / 2] = 0;
    forge_column("words", "end 1")[D_HALVES / 2] = 1;
    *forge_half(D_HALVES) = 77;
    *forge_half(D_HALVES + 1) = 0x8000;
    forge_hash_again();
    forge_only("one half more in the words", NULL, BUS_FRAME, 0);
    /* the second block does not go on from the first */
    forge_fill(NULL);
    struct witness w = {.system = forge_sys, .tr = forge_trace};
    struct sha_fill s;
    uint32_t hash[8];
    ck_assert(sha_fill_init(&s, &w));
    sha_fill_initial(hash);
    forge_hash_block(&s, 1, hash);
    for (uint32_t i = 0; i < 16; i++)
        forge_trace->publics[BATCH_PUBLIC_D_TO + i] =
            i % 2 == 0 ? hash[i / 2] >> 16 : hash[i / 2] & 0xffff;
    forge_only("D is the hash of its last block", NULL, BUS_HASH_CHAIN, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch attacks on the tape");
    TCase *tc = tcase_create("attacks");
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, forge_setup, forge_teardown);
    tcase_add_test(tc, limbs_are_halves_of_the_tape);
    tcase_add_test(tc, pubdata_has_blocks_of_its_own);
    tcase_add_test(tc, messages_end_where_their_askers_say);
    tcase_add_test(tc, what_lies_behind_a_message_is_its_padding);
    tcase_add_test(tc, blocks_are_their_messages);
    suite_add_tcase(s, tc);
    return check_main(s);
}
