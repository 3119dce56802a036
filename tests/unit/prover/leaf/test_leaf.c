/* The whole leaf program on random batches of the executor. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/batch/publics.h"
#include "prover/programs/programs.h"
#include "tests/support/blob_values.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"
#include "tests/unit/prover/leaf/leaf_fill.h"

static const uint64_t SEED = 20260105;

enum { SIZES = 4 };
static const struct leaf_size *const sizes[SIZES] = {&leaf_size_standard, &leaf_size_blob,
                                                     &leaf_size_large, &leaf_size_large_blob};

START_TEST(leaf_programs_reach_their_target_and_have_this_shape)
{
    const struct program *(*const programs[SIZES])(void) = {
        leaf_recursion_program, leaf_blob_program, leaf_large_program, leaf_large_blob_program};
    const struct program *p = programs[_i]();
    printf("%-12s %6s %8s %12s %11s %9s\n", "table", "log", "columns", "constraints", "messages",
           "cells");
    for (uint32_t i = 0; i < p->system->n_tables; i++) {
        const struct ir_table *t = p->system->tables[i];
        printf("%-12s %6u %8u %12u %11u %9u\n", t->name, (unsigned)t->log_height,
               (unsigned)t->n_columns, (unsigned)t->n_constraints, (unsigned)t->n_messages,
               (unsigned)(t->n_columns << t->log_height));
    }
    printf("%s: %u columns, %u constraints, degree %u, %llu cells of 2^%u, %llu fractions of "
           "2^%u, proof %zu bytes\n",
           p->system->name, (unsigned)p->n_columns, (unsigned)p->n_constraints, (unsigned)p->degree,
           (unsigned long long)p->stack_cells, (unsigned)p->log_stack,
           (unsigned long long)p->fractions, (unsigned)p->log_fractions, p->proof_len);
    for (uint32_t i = 0; i < SECTION_COUNT; i++)
        printf("  %-10s %zu bytes\n", program_section_name(i), program_section_len(p, i));
    fflush(stdout);
    ck_assert_uint_le(p->n_columns, (_i < 2 ? 2200u : 2700u) + (_i % 2 ? 153u : 0));
    ck_assert_uint_le(p->log_stack, _i < 2 ? 22 : 24);
    ck_assert_uint_le(p->log_fractions, _i < 2 ? 19 : 21);
    ck_assert_uint_le(p->degree, 3);
}
END_TEST

/* Limits that follow from one table each; the others are tried with batches (random ones below,
 * core's rules tests). 69 steps: 192 digits less the target sum; 18: the highest key. */
START_TEST(every_limit_fits_the_tables_of_its_size)
{
    for (uint32_t i = 0; i < SIZES; i++) {
        const struct leaf_size *z = sizes[i];
        const struct batch_limits *l = z->limits;
        ck_assert_uint_le(l->records, BATCH_RECORDS_MAX);
        ck_assert_uint_le(l->signatures, 1u << z->transfer);
        ck_assert_uint_le(l->signatures, 1u << z->change_key);
        ck_assert_uint_le(l->signatures, 1u << z->create);
        ck_assert_uint_le(l->signatures, 1u << z->swap_in);
        ck_assert_uint_le(l->signatures, 1u << z->liquidity);
        ck_assert_uint_le(2 * l->signatures, 1u << z->preamble);
        ck_assert_uint_le(2 * l->signatures, 1u << z->muldiv);
        ck_assert_uint_le(l->records, 1u << z->open);
        ck_assert_uint_le(l->records, 1u << z->shares);
        const uint32_t unsigned_records = l->records - l->signatures;
        ck_assert_uint_le(59 * l->signatures + 7 * unsigned_records, 1u << z->sponge);
        ck_assert_uint_le(4 * l->signatures + 2 * unsigned_records, 1u << z->balance);
        ck_assert_uint_le(4 * l->signatures, 1u << z->packed);
        ck_assert_uint_le(l->tuples, BATCH_TUPLES_MAX);
        ck_assert_uint_le(l->tuples, 1u << z->swap_out);
        ck_assert_uint_le(l->signatures, 1u << z->auth);
        ck_assert_uint_le(l->signatures * 8, 1u << z->wots);
        ck_assert_uint_le(l->signatures * (64 * 3 - XMSS_TARGET), 1u << z->step);
        ck_assert_uint_le(l->signatures * XMSS_HEIGHT_MAX, 1u << z->path);
        ck_assert_uint_le(l->signatures, 1u << z->fee);
        ck_assert_uint_le(l->accesses, BATCH_ACCESSES_MAX);
        ck_assert_uint_le(l->accesses, 1u << z->access);
        ck_assert_uint_le(l->cells, BATCH_CELLS_MAX);
        ck_assert_uint_le(l->tree_rows, 1u << z->tree);
        const uint32_t more = z->poseidon_more > 0 ? 1u << z->poseidon_more : 0;
        ck_assert_uint_le(l->poseidon + 8, (1u << z->poseidon) + more);
        ck_assert_uint_le(l->bytes + 9, 64u << z->blocks);
        ck_assert_uint_le(l->bytes, BATCH_BYTES_MAX);
        ck_assert_uint_le(8 * l->bytes, 65535);
        ck_assert_uint_le(l->priority, 1u << z->priority);
        ck_assert_uint_le(l->withdrawals, 1u << z->withdraw);
        if (z->horner == 0) continue;
        ck_assert_uint_le((l->bytes + 30) / 31 + 3, 1u << z->horner);
        ck_assert_uint_le((l->bytes + 30) / 31 * 31, 64u << z->blocks);
    }
}
END_TEST

static const struct ir_lint_allow lint_allow[] = {
#include "tests/unit/prover/leaf/lint_allow.inc"
};
static const struct ir_lint_allow allow_large = {"poseidon2", "poseidon"};
/* counts askers of a fact of the row */
static const struct ir_lint_allow allow_blob[] = {
    {"bytes", "read 0"}, {"bytes", "read 1"}, {"bytes", "read 2"}, {"bytes", "read 3"}};

START_TEST(every_multiplicity_is_boolean_or_listed)
{
    static char text[65536];
    struct ir_system *s = leaf_system_sized(sizes[_i]);
    struct ir_lint_allow allow[ARRAY_LEN(lint_allow) + 1 + ARRAY_LEN(allow_blob)];
    uint32_t n_allow = ARRAY_LEN(lint_allow);
    memcpy(allow, lint_allow, sizeof lint_allow);
    if (sizes[_i]->poseidon_more > 0) allow[n_allow++] = allow_large;
    for (uint32_t i = 0; i < ARRAY_LEN(allow_blob) && sizes[_i]->horner > 0; i++)
        allow[n_allow++] = allow_blob[i];
    uint32_t n = ir_lint(s, allow, n_allow, text, sizeof text);
    ck_assert_msg(n == 0, "%s", text);
    ir_system_free(s);
}
END_TEST

START_TEST(random_batches_have_clean_traces)
{
    struct ir_system *s = leaf_system_new();
    struct world *w = world_new(SEED + (uint64_t)_i, true);
    struct batch_limits few = batch_limits_standard;
    uint32_t later = 0; /* segments that are not a chain's first */
    few.records = 5;
    for (uint32_t k = 0; k < 6; k++) {
        struct sealed_batch b;
        w->slices_max = k % 2 ? 8 : 1;
        w->limits = k % 2 ? &few : NULL;
        if (!world_seal_random(w, 24, &b)) continue;
        for (uint32_t c = 0; c < b.n_segments; c++) {
            struct ir_trace *tr = leaf_fill(s, b.traces[c]);
            ck_assert_msg(tr != NULL, "batch %u", k);
            ck_assert_msg(leaf_is_clean(tr), "batch %u", k);
            uint32_t want[LEAF_PUBLICS];
            leaf_publics(want, b.traces[c]);
            ck_assert_mem_eq(tr->publics, want, sizeof want);
            ir_trace_free(tr);
            later += b.traces[c]->segment > 0;
        }
        sealed_batch_deinit(&b);
    }
    ck_assert_uint_gt(later, 3);
    world_free(w);
    ir_system_free(s);
}
END_TEST

/* The same segment in the large leaf: a clean trace, the same publics. */
START_TEST(a_large_leaf_states_the_same)
{
    struct ir_system *s = leaf_system_sized(&leaf_size_large);
    struct world *w = world_new(SEED + 5, true);
    struct sealed_batch b;
    uint32_t tries = 0;
    while (!world_seal_random(w, 40, &b))
        ck_assert_uint_lt(tries++, 20);
    uint32_t want[LEAF_PUBLICS];
    struct ir_trace *tr = leaf_fill(s, b.traces[0]);
    ck_assert_ptr_nonnull(tr);
    ck_assert(leaf_is_clean(tr));
    leaf_publics(want, b.traces[0]);
    ck_assert_mem_eq(tr->publics, want, sizeof want);
    ir_trace_free(tr);
    sealed_batch_deinit(&b);
    world_free(w);
    ir_system_free(s);
}
END_TEST

/* The running values go from segment to segment of a chain, heads are free. */
START_TEST(blob_leaves_of_random_batches_are_clean)
{
    struct ir_system *s = leaf_system_sized(_i == 0 ? &leaf_size_blob : &leaf_size_large_blob);
    struct world *w = world_new(SEED + 9, true);
    struct batch_limits few = batch_limits_standard;
    struct rng rng;
    const uint32_t most = _i == 0 ? 8 : 1; /* segments; a large one is slow */
    uint32_t n = 0, later = 0;
    few.records = 5;
    w->limits = &few;
    w->slices_max = 8;
    rng_seed(&rng, SEED);
    for (uint32_t k = 0; k < 20 && n < most; k++) {
        struct sealed_batch b;
        if (!world_seal_random(w, 24, &b)) continue;
        uint8_t z[32], a[32] = {0}, v[32] = {0};
        blob_random(z, &rng, false);
        for (uint32_t c = 0; c < b.n_segments && n < most; c++) {
            struct chain_trace *t = b.traces[c];
            if (t->segment == 0) memset(a, 0, sizeof a), memset(v, 0, sizeof v);
            blob_values_set(t, 2 + (uint32_t)rng_below(&rng, blob_elements(t) - 1), z, a, v);
            memcpy(a, t->blob.a_after, sizeof a);
            memcpy(v, t->blob.b_after, sizeof v);
            struct ir_trace *tr = leaf_fill(s, t);
            ck_assert_ptr_nonnull(tr);
            ck_assert(leaf_is_clean(tr));
            uint32_t want[LEAF_BLOB_PUBLICS];
            leaf_blob_publics(want, t);
            ck_assert_mem_eq(tr->publics, want, sizeof want);
            ir_trace_free(tr);
            later += t->segment > 0;
            n++;
        }
        sealed_batch_deinit(&b);
    }
    ck_assert(n > 0 && (_i > 0 || later > 0));
    world_free(w);
    ir_system_free(s);
}
END_TEST

/* Every cell; the small leaf for 2, 3 and 5 threads, the large one for 2. */
START_TEST(a_trace_does_not_depend_on_the_number_of_threads)
{
    struct ir_system *s =
        _i == 0 ? leaf_system_new() : leaf_system_sized(&leaf_size_large);
    struct world *w = world_new(SEED + 9, true);
    struct sealed_batch b;
    uint32_t tries = 0;
    while (!world_seal_random(w, 40, &b))
        ck_assert_uint_lt(tries++, 20);
    struct ir_trace *one = leaf_fill(s, b.traces[0]);
    ck_assert_ptr_nonnull(one);
    for (size_t threads = 2; threads < (_i == 0 ? 6 : 3); threads += threads - 1) {
        struct ir_trace *tr;
        char text[256];
        ck_assert_int_eq(
            leaf_trace_fill_threads(&tr, s, b.traces[0], threads, text, sizeof text), ERR_OK);
        for (uint32_t i = 0; i < s->n_tables; i++)
            for (uint32_t c = 0; c < s->tables[i]->n_columns; c++)
                ck_assert_msg(memcmp(tr->tables[i].columns[c], one->tables[i].columns[c],
                                     sizeof(uint32_t) << s->tables[i]->log_height) == 0,
                              "%u threads: table %s column %u", (unsigned)threads,
                              s->tables[i]->name, c);
        ck_assert_mem_eq(tr->publics, one->publics, LEAF_PUBLICS * sizeof(uint32_t));
        ir_trace_free(tr);
    }
    ir_trace_free(one);
    sealed_batch_deinit(&b);
    world_free(w);
    ir_system_free(s);
}
END_TEST

/* A leaf states nothing about the other chain: with any reserve there, and so any a1 here, this chain's
 * leaf is proven all the same. Only the pairing enforces the product. */
START_TEST(a_leaf_accepts_any_amount_of_a_swap_out)
{
    struct ir_system *s = leaf_system_new();
    struct world *w = world_new(SEED + 77, true);
    world_warm_up(w);
    uint32_t outputs = 0;
    for (uint32_t k = 0; k < 6; k++) {
        leaf_lie_about_chain_0(w);
        struct sealed_batch b;
        if (!world_seal_random(w, 40, &b)) continue;
        for (uint32_t c = 0; c < b.n_segments; c++) {
            const struct chain_trace *t = b.traces[c];
            if (t->chain != 1) continue;
            outputs += leaf_outputs_from_chain_0(t);
            struct ir_trace *tr = leaf_fill(s, t);
            ck_assert_ptr_nonnull(tr);
            ck_assert(leaf_is_clean(tr));
            ir_trace_free(tr);
        }
        sealed_batch_deinit(&b);
    }
    printf("%u swap outputs from a reserve that is a lie\n", (unsigned)outputs);
    fflush(stdout);
    ck_assert_uint_gt(outputs, 0);
    world_free(w);
    ir_system_free(s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("leaf");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 100);
    printf("seed %llu\n", (unsigned long long)SEED);
    fflush(stdout);
    tcase_add_loop_test(c, leaf_programs_reach_their_target_and_have_this_shape, 0, SIZES);
    tcase_add_test(c, every_limit_fits_the_tables_of_its_size);
    tcase_add_loop_test(c, every_multiplicity_is_boolean_or_listed, 0, SIZES);
    tcase_add_loop_test(c, random_batches_have_clean_traces, 0, 2);
    tcase_add_test(c, a_large_leaf_states_the_same);
    tcase_add_loop_test(c, blob_leaves_of_random_batches_are_clean, 0, 2);
    tcase_add_loop_test(c, a_trace_does_not_depend_on_the_number_of_threads, 0, 2);
    tcase_add_test(c, a_leaf_accepts_any_amount_of_a_swap_out);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return check_main(suite());
}
