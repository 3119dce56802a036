/* bytes and sha256 against libcrypto, for 1, 2 and 4 rounds per row. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/sha256.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/air/mutants.h"
#include "tests/unit/prover/air/support.h"

static const uint64_t SEED = 20260103;
enum { LOG_BYTES = 6, LOG_BLOCKS = 2, ROOM = (4 << LOG_BYTES) - 9 };

static struct ir_system *make_system(uint32_t rounds_per_row)
{
    struct ir_system *s = ir_system_new("bytes", 1, 16);
    air_add_range16(s);
    air_add_bytes(s, LOG_BYTES);
    air_add_sha256(s, LOG_BLOCKS, rounds_per_row, 0);
    add_asker(s, "ask byte", BUS_BYTE, 2, 8);
    add_lookup(s, "length", BUS_LENGTH, 1);
    ir_system_finish(s);
    return s;
}

/* A clean trace of n random bytes, with libcrypto's digest as public values. */
static struct ir_trace *hash_bytes(const struct ir_system *s, struct rng *rng, uint32_t n)
{
    struct witness *w;
    ck_assert_int_eq(witness_new(&w, s), ERR_OK);
    struct chain_trace *trace = test_trace(NULL, 0);
    trace->n_bytes = n;
    rng_fill(rng, trace->bytes, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t f[2] = {i, trace->bytes[i]};
        ask_row(w, s, "ask byte", f, 2);
    }
    ask_row(w, s, "length", &n, 1);
    uint8_t digest[32];
    sha256(digest, trace->bytes, n);
    for (uint32_t i = 0; i < 16; i++)
        w_public(w, i, (uint32_t)digest[2 * i] << 8 | digest[2 * i + 1]);
    struct ir_trace *tr = clean_trace(w, trace);
    test_trace_free(trace);
    witness_free(w);
    return tr;
}

START_TEST(digest_of_every_length_is_libcryptos)
{
    static const uint32_t per_row[3] = {1, 2, 4};
    struct ir_system *s = make_system(per_row[_i]);
    ck_assert_uint_le(s->max_degree, 3);
    printf("%u rounds per row: %u columns\n", (unsigned)per_row[_i],
           (unsigned)s->tables[ir_table_find(s, "sha256")]->n_columns);
    struct rng rng;
    rng_seed(&rng, SEED);
    for (uint32_t n = 1; n <= ROOM; n += n < 70 || n > ROOM - 3 ? 1 : 13) {
        struct ir_trace *tr = hash_bytes(s, &rng, n);
        ck_assert_msg(tr != NULL, "%u bytes", (unsigned)n);
        ir_trace_free(tr);
    }
    struct ir_trace *tr = hash_bytes(s, &rng, ROOM);
    ck_assert_ptr_nonnull(tr);
    char text[256];
    for (uint32_t i = 0; i < 16; i++) {
        tr->publics[i] ^= 1;
        ck_assert_int_eq(ir_mock_check(tr, text, sizeof text), ERR_PROOF);
        tr->publics[i] ^= 1;
    }
    ir_trace_free(tr);
    ir_system_free(s);
}
END_TEST

START_TEST(more_bytes_than_rows_are_refused)
{
    struct ir_system *s = make_system(1);
    struct witness *w;
    ck_assert_int_eq(witness_new(&w, s), ERR_OK);
    struct chain_trace *trace = test_trace(NULL, 0);
    trace->n_bytes = ROOM + 1;
    ck_assert_int_eq(witness_answer(w, trace), ERR_FULL);
    test_trace_free(trace);
    witness_free(w);
    ir_system_free(s);
}
END_TEST

START_TEST(every_changed_cell_of_a_trace_is_noticed)
{
    static const uint32_t per_row[3] = {1, 2, 4};
    struct ir_system *s = make_system(per_row[_i]);
    struct rng rng;
    rng_seed(&rng, SEED + (uint64_t)_i);
    struct ir_trace *tr = hash_bytes(s, &rng, 90);
    ck_assert_ptr_nonnull(tr);
    static const char *const tables[] = {"bytes", "sha256", "blocks"};
    uint32_t used[3] = {1 << LOG_BYTES, (64u << LOG_BLOCKS) / per_row[_i], 8 << LOG_BLOCKS};
    static const struct mutant_allow allow[] = {
        {"sha256", "sigma0", ROWS_ALL, "schedule input, free in rounds 0..15"},
        {"sha256", "sigma1", ROWS_ALL, "schedule input, free in rounds 0..15"},
        {"sha256", "W7", ROWS_ALL, "schedule input, free in rounds 0..15"},
        {"sha256", "W16", ROWS_ALL, "schedule input, free in rounds 0..15"},
        {"sha256", "W0 carry", ROWS_ALL, "schedule carry, free in rounds 0..15"},
        {"sha256", "W1 carry", ROWS_ALL, "schedule carry, free in rounds 0..15"},
        {"sha256", "W2 carry", ROWS_ALL, "schedule carry, free in rounds 0..15"},
        {"sha256", "W3 carry", ROWS_ALL, "schedule carry, free in rounds 0..15"},
    };
    struct mutant_report r =
        mutants_run(tr, tables, 3, used, 48, allow, ARRAY_LEN(allow), false);
    mutants_print("bytes", &r);
    ck_assert_uint_eq(r.survivors, 0);
    /* with the schedule in force nothing of it is free */
    if (per_row[_i] == 1) {
        uint32_t t = ir_table_find(s, "sha256");
        for (uint32_t c = 0; c < s->tables[t]->n_columns; c++) {
            char text[256];
            uint32_t *cell = &tr->tables[t].columns[c][40], old = *cell;
            *cell = old == 0 ? 1 : old - 1;
            ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_PROOF, "%s",
                          s->tables[t]->column_names[c]);
            *cell = old;
        }
    }
    ir_trace_free(tr);
    ir_system_free(s);
}
END_TEST

/* A prover may name another length: the trace is built honestly for it, but bytes and digest are
 * those of the true one. */
START_TEST(another_length_than_the_headers_is_refused)
{
    struct ir_system *s = make_system(1);
    struct rng rng;
    rng_seed(&rng, SEED);
    struct ir_trace *tr = hash_bytes(s, &rng, 70);
    ck_assert_ptr_nonnull(tr);
    uint32_t t = ir_table_find(s, "length"), b = ir_table_find(s, "bytes");
    char text[256];
    tr->tables[t].columns[1][0] = 71;
    ck_assert_int_eq(ir_mock_check(tr, text, sizeof text), ERR_PROOF);
    uint32_t total = ir_column_find(s->tables[b], "L");
    for (uint32_t row = 0; row < 1u << LOG_BYTES; row++)
        tr->tables[b].columns[total][row] = 71;
    ck_assert_int_eq(ir_mock_check(tr, text, sizeof text), ERR_PROOF);
    ir_trace_free(tr);
    ir_system_free(s);
}
END_TEST

static const struct ir_message *message_of(const struct ir_table *t, const char *name)
{
    for (uint32_t i = 0; i < t->n_messages; i++)
        if (strcmp(t->messages[i].name, name) == 0) return &t->messages[i];
    ck_abort_msg("no message %s", name);
}

/* The layout rules of one row alone: constraints that speak of L, and both range lookups. */
static bool layout_holds(const struct ir_table *t, const struct ir_trace_table *tt, uint32_t row)
{
    static const char *const rules[] = {"one case", "length only beyond the data",
                                        "length in the last word", "the end lies here"};
    for (uint32_t i = 0; i < t->n_constraints; i++)
        for (uint32_t k = 0; k < ARRAY_LEN(rules); k++)
            if (strcmp(t->constraints[i].name, rules[k]) == 0 &&
                ir_eval_row(t, tt, t->constraints[i].x, row) != 0)
                return false;
    const struct ir_message *by_l = message_of(t, "case by L");
    const struct ir_message *last = message_of(t, "length in the last block");
    if (ir_eval_row(t, tt, by_l->fields[0], row) > 0xffff) return false;
    return ir_eval_row(t, tt, last->mult, row) == 0 ||
           ir_eval_row(t, tt, last->fields[0], row) <= 0xffff;
}

/* All lengths, rows and flags: full, end 0..3, none, each with and without the message length. */
START_TEST(every_row_has_exactly_one_layout_for_a_length)
{
    struct ir_system *s = make_system(1);
    const struct ir_table *t = s->tables[ir_table_find(s, "bytes")];
    struct ir_trace *tr = ir_trace_new(s);
    ck_assert_ptr_nonnull(tr);
    struct ir_trace_table *tt = &tr->tables[ir_table_find(s, "bytes")];
    uint32_t total = ir_column_find(t, "L"), full = ir_column_find(t, "full");
    uint32_t end = ir_column_find(t, "end 0"), length = ir_column_find(t, "length");
    for (uint32_t n = 1; n <= ROOM; n += 1 + n / 80)
        for (uint32_t row = 0; row < 1u << LOG_BYTES; row++)
            for (uint32_t c = 0; c < 12; c++) {
                uint32_t form = c / 2, is_length = c % 2; /* form 0: full, 1..4: end, 5: none */
                tt->columns[total][row] = n;
                tt->columns[full][row] = form == 0;
                for (uint32_t k = 0; k < 4; k++)
                    tt->columns[end + k][row] = form == 1 + k;
                tt->columns[length][row] = is_length;
                uint32_t want = 4 * row + 4 <= n ? 0 : 4 * row > n ? 5 : 1 + n - 4 * row;
                bool may_be_length = row == 16 * ((n + 8) / 64) + 15;
                bool right = form == want && (!is_length || may_be_length);
                ck_assert_msg(layout_holds(t, tt, row) == right, "L %u row %u form %u length %u",
                              (unsigned)n, (unsigned)row, (unsigned)form, (unsigned)is_length);
            }
    ir_trace_free(tr);
    ir_system_free(s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("air_bytes");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 60);
    printf("seed %llu\n", (unsigned long long)SEED);
    tcase_add_loop_test(c, digest_of_every_length_is_libcryptos, 0, 3);
    tcase_add_test(c, more_bytes_than_rows_are_refused);
    tcase_add_loop_test(c, every_changed_cell_of_a_trace_is_noticed, 0, 3);
    tcase_add_test(c, another_length_than_the_headers_is_refused);
    tcase_add_test(c, every_row_has_exactly_one_layout_for_a_length);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return check_main(suite());
}
