/* The proof jobs of batches of many slices, as a worker gets them: every leaf, pairing and batch states what
 * the orchestrator expects of it, and the batch program accepts the facts. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/batch/chain_trace_codec.h"
#include "core/batch/publics.h"
#include "tests/support/check_main.h"
#include "tests/unit/orchestrator/proof_case.h"

static const uint32_t keys_root[8] = {1, 2, 3, 4, 5, 6, 7, 8};

/* The witness states what is expected; checked cell by cell if wanted. */
static void check_witness(const struct proof_job *j, bool whole)
{
    static char text[4096];
    struct proof_work *work = proof_case_work(j);
    struct ir_trace *tr;
    ck_assert_msg(proof_work_witness(work, &tr) == ERR_OK, "%s", work->text);
    ck_assert_uint_eq(work->out.n_publics, j->n_publics);
    ck_assert_mem_eq(work->out.publics, j->publics, 4 * j->n_publics);
    ck_assert_mem_eq(tr->publics, j->publics, 4 * j->n_publics);
    if (whole) ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
    ir_trace_free(tr);
    proof_case_work_free(work);
}

static void check_leaf(const struct proof_job *j, const struct chain_trace *t)
{
    struct proof_work *work = proof_case_work(j);
    struct chain_trace *back;
    uint32_t publics[LEAF_BLOB_PUBLICS];
    ck_assert_uint_eq(work->n_inputs, 1);
    ck_assert_ok(chain_trace_read(&back, bytes_buf_span(&work->inputs[0])));
    ck_assert_int_eq(back->blob.on, t->blob.on);
    if (t->blob.on)
        leaf_blob_publics(publics, back);
    else
        leaf_publics(publics, back);
    ck_assert_uint_eq(j->n_publics, t->blob.on ? LEAF_BLOB_PUBLICS : LEAF_PUBLICS);
    ck_assert_mem_eq(publics, j->publics, 4 * j->n_publics);
    ck_assert_uint_eq(back->slice, t->slice);
    chain_trace_free(back);
    proof_case_work_free(work);
}

static void check_set(uint32_t pairings_checked)
{
    uint32_t leaves = 0, pairings = 0, slices[BATCH_SLICES_MAX];
    for (uint32_t i = 0; i < proof_case->set.n; i++) {
        const struct proof_job *j = &proof_case->set.jobs[i];
        if (j->id.layer <= LAYER_LEAF_LARGE_BLOB) {
            ck_assert_uint_eq(j->id.index, leaves);
            const struct chain_trace *t = proof_case->b.sealed.traces[leaves];
            ck_assert_int_eq(j->id.layer, t->blob.on ? (t->large ? LAYER_LEAF_LARGE_BLOB : LAYER_LEAF_BLOB)
                                          : t->large ? LAYER_LEAF_LARGE
                                                     : LAYER_LEAF);
            check_leaf(j, proof_case->b.sealed.traces[leaves++]);
        } else if (j->id.layer <= LAYER_PAIRING_LARGE) {
            ck_assert_uint_eq(j->id.index, pairings);
            check_witness(j, pairings++ < pairings_checked);
        } else if (j->id.layer == LAYER_BATCH) {
            check_witness(j, true);
        }
    }
    ck_assert_uint_eq(leaves, proof_case->b.sealed.n_segments);
    ck_assert_uint_eq(pairings, sealed_batch_pairings(&proof_case->b.sealed, slices));
    printf("%u slices, %u leaves, %u pairings, %u jobs\n", proof_case->b.sealed.n_slices, leaves, pairings,
           proof_case->set.n);
}

START_TEST(a_random_batch_is_what_the_batch_program_accepts)
{
    struct batch_limits limits;
    struct rng rng;
    check_seed(&rng);
    uint32_t n = 2 + (uint32_t)rng_below(&rng, WORLD_CHAINS_MAX - 1);
    world_limits_random(&rng, &limits);
    proof_case_make(rng_u64(&rng), false, n, 1 + (uint32_t)rng_below(&rng, BATCH_SLICES_MAX), &limits,
                    keys_root);
    check_set(1);
}
END_TEST

/* Blobs beside calldata; a leaf's job is for the program of its form and no other. */
START_TEST(a_batch_with_blobs_is_what_the_batch_program_accepts)
{
    struct batch_limits limits = batch_limits_standard;
    uint32_t blobs = 0;
    limits.pairs = 4;
    proof_case_make_blobs(9, true, 3, 2, &limits, keys_root, 2);
    check_set(0);
    for (uint32_t i = 0; i < proof_case->set.n; i++) {
        struct proof_job other = proof_case->set.jobs[i];
        struct ir_trace *tr = NULL;
        if (other.id.layer > LAYER_LEAF_LARGE_BLOB) continue;
        if (other.id.layer >= LAYER_LEAF_BLOB && blobs++ == 0) check_witness(&other, true);
        other.id.layer ^= LAYER_LEAF_BLOB;
        struct proof_work *work = proof_case_work(&other);
        ck_assert_err(proof_work_witness(work, &tr), ERR_PARSE);
        proof_case_work_free(work);
    }
    ck_assert_uint_ge(blobs, 2);
}
END_TEST

/* 64 segments of 16 chains. */
START_TEST(the_greatest_batch_is_accepted)
{
    struct batch_limits limits = batch_limits_standard;
    limits.pairs = 4;
    proof_case_make(5, false, WORLD_CHAINS_MAX, BATCH_SLICES_MAX, &limits, keys_root);
    ck_assert_uint_ge(proof_case->b.sealed.n_segments, BATCH_SEGMENTS_MAX - 1);
    check_set(0);
}
END_TEST

/* 32 slices with a pairing each. */
START_TEST(the_longest_batch_is_accepted)
{
    struct batch_limits limits = batch_limits_standard;
    uint32_t slices[BATCH_SLICES_MAX];
    limits.pairs = 1;
    proof_case_make(6, false, 2, BATCH_SLICES_MAX, &limits, keys_root);
    ck_assert_uint_eq(proof_case->b.sealed.n_slices, BATCH_SLICES_MAX);
    ck_assert_uint_eq(sealed_batch_pairings(&proof_case->b.sealed, slices), BATCH_SLICES_MAX);
    check_set(0);
}
END_TEST

/* Full slices take the large programs; the tree that the batch program opens has the same shape. */
START_TEST(a_batch_of_large_slices_is_accepted)
{
    uint32_t leaves[4] = {0}, pairings[2] = {0};
    proof_case_make(8, false, 3, 2, &batch_limits_large, keys_root);
    for (uint32_t i = 0; i < proof_case->set.n; i++) {
        const enum layer layer = (enum layer)proof_case->set.jobs[i].id.layer;
        if (layer <= LAYER_LEAF_LARGE_BLOB) leaves[layer - LAYER_LEAF]++;
        else if (layer <= LAYER_PAIRING_LARGE) pairings[layer - LAYER_PAIRING]++;
    }
    printf("%u and %u leaves, %u and %u pairings\n", leaves[0], leaves[1], pairings[0], pairings[1]);
    ck_assert_uint_ge(leaves[1], 1);
    check_set(0);
}
END_TEST

/* One job per leaf and pairing that the message can hold: 16 sides, each with as many halves as fit. */
START_TEST(all_sides_of_a_slice_fit_one_message)
{
    proof_case_make(7, false, WORLD_CHAINS_MAX, 1,
                    _i == 0 ? &batch_limits_standard : &batch_limits_large, keys_root);
    for (uint32_t i = 0; i < proof_case->set.n; i++) {
        const struct proof_job *j = &proof_case->set.jobs[i];
        if (j->id.layer != LAYER_PAIRING && j->id.layer != LAYER_PAIRING_LARGE) continue;
        struct proof_work *work = proof_case_work(j);
        size_t len = 0;
        for (uint32_t k = 0; k < work->n_inputs; k++) len += work->inputs[k].len;
        printf("%u sides, %zu bytes\n", work->n_inputs, len);
        ck_assert_uint_le(len, PROOF_BYTES_MAX);
        proof_case_work_free(work);
    }
    check_set(0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("proof jobs of a batch");
    TCase *t = tcase_create("proof set");
    tcase_add_checked_fixture(t, NULL, proof_case_free);
    tcase_set_timeout(t, 200);
    tcase_add_test(t, a_random_batch_is_what_the_batch_program_accepts);
    tcase_add_test(t, a_batch_with_blobs_is_what_the_batch_program_accepts);
    tcase_add_test(t, the_greatest_batch_is_accepted);
    tcase_add_test(t, the_longest_batch_is_accepted);
    tcase_add_test(t, a_batch_of_large_slices_is_accepted);
    tcase_add_loop_test(t, all_sides_of_a_slice_fit_one_message, 0, 2);
    suite_add_tcase(s, t);
    return check_main(s);
}
