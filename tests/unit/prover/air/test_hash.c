/* range16, poseidon, sponge, userhash, poolhash, packed: pure facts against the plain functions. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"
#include "prover/trace/poseidon_fill.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/air/mutants.h"
#include "tests/unit/prover/air/support.h"

static const uint64_t SEED = 20260101;

START_TEST(numbers_below_2_16_and_pairs_of_bytes_are_answered)
{
    struct ir_system *s = ir_system_new("t", 1, 0);
    air_add_range16(s);
    add_asker(s, "word", BUS_RANGE16, 1, 6);
    add_asker(s, "byte", BUS_BYTE2, 2, 6);
    ir_system_finish(s);
    struct rng rng;
    rng_seed(&rng, SEED);
    struct witness *w;
    ck_assert_int_eq(witness_new(&w, s), ERR_OK);
    uint32_t edge[4] = {0, 1, 0xfffe, 0xffff};
    for (uint32_t i = 0; i < 40; i++) {
        uint32_t v = i < 4 ? edge[i] : (uint32_t)rng_below(&rng, 1 << 16);
        uint32_t b[2] = {v & 0xff, v >> 8};
        ask_row(w, s, "word", &v, 1);
        ask_row(w, s, "byte", b, 2);
    }
    struct chain_trace *none = test_trace(NULL, 0);
    struct ir_trace *tr = clean_trace(w, none);
    ck_assert_ptr_nonnull(tr);
    /* any other number is refused, whatever the multiplicities are */
    uint32_t t = ir_table_find(s, "word");
    uint32_t bad[4] = {1 << 16, IR_P - 1, 1 << 17, IR_P - 65536};
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t old = tr->tables[t].columns[1][0];
        tr->tables[t].columns[1][0] = bad[i];
        char text[256];
        ck_assert_int_eq(ir_mock_check(tr, text, sizeof text), ERR_PROOF);
        tr->tables[t].columns[1][0] = old;
    }
    ir_trace_free(tr);
    witness_free(w);
    test_trace_free(none);
    ir_system_free(s);
}
END_TEST

static void random_elements(struct rng *rng, uint32_t *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        x[i] = (uint32_t)rng_below(rng, IR_P);
}

START_TEST(poseidon_rows_are_compressions_and_nothing_else)
{
    struct ir_system *s = ir_system_new("t", 1, 0);
    air_add_poseidon(s, 5);
    add_asker(s, "ask", BUS_POSEIDON, 24, 5);
    ir_system_finish(s);
    ck_assert_uint_eq(s->tables[0]->n_columns, 149);
    ck_assert_uint_le(s->max_degree, 3);
    struct rng rng;
    rng_seed(&rng, SEED);
    struct witness *w;
    ck_assert_int_eq(witness_new(&w, s), ERR_OK);
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t f[24];
        random_elements(&rng, f, 16);
        for (uint32_t k = 0; k < 16; k++)
            if (i < 3) f[k] = i == 0 ? 0 : i == 1 ? IR_P - 1 : k;
        poseidon_compress(f + 16, f, f + 8);
        /* known answer: prover-note A4, compress of 0..15 */
        if (i == 2) {
            ck_assert_uint_eq(f[16], 610090613);
            ck_assert_uint_eq(f[23], 1215104211);
        }
        ask_row(w, s, "ask", f, 24);
        if (i == 5) ask_row(w, s, "ask", f, 24); /* twice the same: one row, asked twice */
    }
    struct chain_trace *none = test_trace(NULL, 0);
    struct ir_trace *tr = clean_trace(w, none);
    ck_assert_ptr_nonnull(tr);
    const char *tables[2] = {"poseidon", "ask"};
    uint32_t used[2] = {20, 21};
    struct mutant_allow allow[] = {
        {"ask", "f[", ROWS_PADDING, "the asker is off"},
    };
    struct mutant_report r = mutants_run(tr, tables, 2, used, 4, allow, ARRAY_LEN(allow), false);
    mutants_print("poseidon", &r);
    ck_assert_uint_eq(r.survivors, 0);
    ir_trace_free(tr);
    witness_free(w);
    test_trace_free(none);
    ir_system_free(s);
}
END_TEST

/* Many rows at once, with and without vector instructions, against one permutation after the other. */
START_TEST(rows_filled_together_are_those_filled_alone)
{
    enum { COLUMNS = POSEIDON_STATE + POSEIDON_STEPS + POSEIDON_DIGEST, MOST = 130 };
    static uint32_t cells[2][COLUMNS][MOST];
    static const size_t sizes[] = {1, 63, 64, MOST};
    struct rng rng;
    rng_seed(&rng, SEED);
    for (uint32_t c = 0; c < POSEIDON_STATE; c++)
        for (uint32_t r = 0; r < MOST; r++)
            cells[0][c][r] = cells[1][c][r] =
                r == 0 ? 0 : r == 1 ? IR_P - 1 : (uint32_t)rng_below(&rng, IR_P);
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (uint32_t k = 0; k < 2; k++) {
            uint32_t *at[COLUMNS];
            for (uint32_t c = 0; c < COLUMNS; c++)
                at[c] = cells[k][c];
            memset(cells[k][POSEIDON_STATE], 0xff, sizeof cells[k] - sizeof cells[k][0] * POSEIDON_STATE);
            (k == 0 ? poseidon_fill : poseidon_fill_portable)(
                (const uint32_t *const *)at, at + POSEIDON_STATE,
                at + POSEIDON_STATE + POSEIDON_STEPS, sizes[s]);
            for (uint32_t r = 0; r < MOST; r++) {
                uint32_t state[POSEIDON_STATE], steps[POSEIDON_STEPS], digest[POSEIDON_DIGEST];
                for (uint32_t c = 0; c < POSEIDON_STATE; c++)
                    state[c] = cells[k][c][r];
                poseidon_compress(digest, state, state + 8);
                poseidon16_permute_steps(state, steps);
                for (uint32_t c = 0; c < POSEIDON_STEPS + POSEIDON_DIGEST; c++) {
                    const uint32_t want = r >= sizes[s]         ? UINT32_MAX
                                          : c < POSEIDON_STEPS ? steps[c]
                                                               : digest[c - POSEIDON_STEPS];
                    ck_assert_uint_eq(cells[k][POSEIDON_STATE + c][r], want);
                }
            }
        }
}
END_TEST

/* An op-like table that hashes a list of n elements. */
static void add_lister(struct ir_system *s, const char *name, uint32_t tag, uint32_t n)
{
    struct ir_table *t = ir_table_new(s, name, 3);
    ir_x on = air_flag(t, "on"), f[64];
    air_new_cols(t, f, "f", 1 + n + 8);
    air_sponge(t, on, f[0], tag, f + 1, n, f + 1 + n, "list");
}

START_TEST(sponge_gives_the_digest_of_the_list_with_its_tag_and_length)
{
    static const struct {
        const char *name;
        uint32_t tag, n;
    } list[] = {{"one", 16, 1}, {"eight", 17, 8}, {"nine", 18, 9}, {"forty", 19, 44}};
    struct ir_system *s = ir_system_new("t", 1, 0);
    air_add_poseidon(s, 7);
    air_add_sponge(s, 7);
    for (uint32_t i = 0; i < ARRAY_LEN(list); i++)
        add_lister(s, list[i].name, list[i].tag, list[i].n);
    ir_system_finish(s);
    struct rng rng;
    rng_seed(&rng, SEED);
    struct witness *w;
    ck_assert_int_eq(witness_new(&w, s), ERR_OK);
    for (uint32_t k = 0; k < 5; k++)
        for (uint32_t i = 0; i < ARRAY_LEN(list); i++) {
            uint32_t f[64];
            f[0] = 64 * k + i;
            random_elements(&rng, f + 1, list[i].n);
            poseidon_sponge(list[i].tag, f + 1, list[i].n, f + 1 + list[i].n);
            ask_row(w, s, list[i].name, f, 1 + list[i].n + 8);
        }
    struct chain_trace *none = test_trace(NULL, 0);
    struct ir_trace *tr = clean_trace(w, none);
    ck_assert_ptr_nonnull(tr);
    const char *tables[2] = {"sponge", "nine"};
    uint32_t used[2] = {50, 5};
    struct mutant_allow allow[] = {
        {"sponge", "", ROWS_PADDING, "an inactive row says nothing"},
        {"nine", "f[", ROWS_PADDING, "the asker is off"},
    };
    struct mutant_report r = mutants_run(tr, tables, 2, used, 50, allow, ARRAY_LEN(allow), true);
    mutants_print("sponge", &r);
    ck_assert_uint_eq(r.survivors, 0);
    ir_trace_free(tr);
    witness_free(w);
    test_trace_free(none);
    ir_system_free(s);
}
END_TEST

START_TEST(two_askers_of_one_sponge_id_are_refused)
{
    struct ir_system *s = ir_system_new("t", 1, 0);
    air_add_poseidon(s, 5);
    air_add_sponge(s, 5);
    add_lister(s, "one", 16, 1);
    ir_system_finish(s);
    struct witness *w;
    ck_assert_int_eq(witness_new(&w, s), ERR_OK);
    uint32_t f[10] = {7, 1};
    poseidon_sponge(16, f + 1, 1, f + 2);
    ask_row(w, s, "one", f, 10);
    ask_row(w, s, "one", f, 10);
    struct chain_trace *none = test_trace(NULL, 0);
    ck_assert_int_eq(witness_answer(w, none), ERR_MISMATCH);
    witness_free(w);
    test_trace_free(none);
    ir_system_free(s);
}
END_TEST

START_TEST(packed_amounts_have_the_value_m_times_10_to_the_e)
{
    struct ir_system *s = ir_system_new("t", 1, 0);
    air_add_range16(s);
    air_add_packed(s, 8);
    add_asker(s, "ask", BUS_PACKED, 10, 8);
    ir_system_finish(s);
    struct rng rng;
    rng_seed(&rng, SEED);
    struct witness *w;
    ck_assert_int_eq(witness_new(&w, s), ERR_OK);
    uint32_t n = 0;
    const unsigned __int128 max = ((unsigned __int128)1 << 112) - 1;
    for (uint32_t k = 0; n < 200; k++) {
        uint64_t m = rng_below(&rng, 1ull << (1 + rng_below(&rng, 35))), e = rng_below(&rng, 32);
        if (k == 0) m = 0, e = 31;
        if (k == 1) m = 1, e = 31;
        if (k == 2) m = 519, e = 31; /* 519 * 10^31 < 2^112 < 520 * 10^31 */
        if (k == 3) m = (1ull << 35) - 1, e = 0;
        if (k == 4) m = (1ull << 35) - 1, e = 23;
        unsigned __int128 v = m;
        bool fits = true;
        for (uint32_t i = 0; i < e && fits; i++) {
            fits = v <= max / 10;
            if (fits) v *= 10;
        }
        if (k == 2) ck_assert(fits);
        if (!fits) continue;
        uint64_t bits = m * 32 + e;
        uint32_t f[10] = {bits & 0xffff, bits >> 16 & 0xffff, (uint32_t)(bits >> 32)};
        for (uint32_t i = 0; i < 7; i++)
            f[3 + i] = (uint32_t)(v >> (16 * i)) & 0xffff;
        ask_row(w, s, "ask", f, 10);
        n++;
    }
    struct chain_trace *none = test_trace(NULL, 0);
    struct ir_trace *tr = clean_trace(w, none);
    ck_assert_ptr_nonnull(tr);
    const char *tables[1] = {"packed"};
    uint32_t used[1] = {190};
    struct mutant_report r = mutants_run(tr, tables, 1, used, 60, NULL, 0, true);
    mutants_print("packed", &r);
    ck_assert_uint_eq(r.survivors, 0);
    ir_trace_free(tr);
    witness_free(w);
    test_trace_free(none);
    ir_system_free(s);
}
END_TEST

START_TEST(packed_amounts_of_2_112_and_more_are_refused)
{
    struct ir_system *s = ir_system_new("t", 1, 0);
    air_add_range16(s);
    air_add_packed(s, 2);
    add_asker(s, "ask", BUS_PACKED, 10, 2);
    ir_system_finish(s);
    struct witness *w;
    ck_assert_int_eq(witness_new(&w, s), ERR_OK);
    uint32_t bits = 520 * 32 + 31;
    uint32_t f[10] = {bits & 0xffff, bits >> 16, 0};
    ask_row(w, s, "ask", f, 10);
    struct chain_trace *none = test_trace(NULL, 0);
    ck_assert_int_eq(witness_answer(w, none), ERR_OVERFLOW);
    witness_free(w);
    test_trace_free(none);
    ir_system_free(s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("air_hash");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 60);
    printf("seed %llu\n", (unsigned long long)SEED);
    tcase_add_test(c, numbers_below_2_16_and_pairs_of_bytes_are_answered);
    tcase_add_test(c, poseidon_rows_are_compressions_and_nothing_else);
    tcase_add_test(c, rows_filled_together_are_those_filled_alone);
    tcase_add_test(c, sponge_gives_the_digest_of_the_list_with_its_tag_and_length);
    tcase_add_test(c, two_askers_of_one_sponge_id_are_refused);
    tcase_add_test(c, packed_amounts_have_the_value_m_times_10_to_the_e);
    tcase_add_test(c, packed_amounts_of_2_112_and_more_are_refused);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return check_main(suite());
}
