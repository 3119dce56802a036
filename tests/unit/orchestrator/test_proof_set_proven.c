/* Batches proven with the product's programs: two chains and three slices, all leaves and pairings, their
 * facts, the batch program and the claim that joins them; a blob beside calldata, down to the proof for
 * L1. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/recursion/layers.h"
#include "tests/support/check_main.h"
#include "tests/unit/orchestrator/proof_case.h"

enum { SLICES = 3 };

static void job_do(struct proof_job *j)
{
    struct proof_work *work = proof_case_work(j);
    work->threads = 2;
    proof_work_run(work); /* verifies it, too */
    ck_assert_msg(work->err == ERR_OK, "%s: %s", layer_name((enum layer)j->id.layer), work->text);
    ck_assert_uint_eq(work->out.n_publics, j->n_publics);
    ck_assert_mem_eq(work->out.publics, j->publics, 4 * j->n_publics);
    printf("%s %u: %zu bytes in %.1f s\n", layer_name((enum layer)j->id.layer), j->id.index,
           work->out.proof.len, (double)work->ms / 1000);
    fflush(stdout);
    uint8_t *proof = malloc(work->out.proof.len);
    ck_assert_ptr_nonnull(proof);
    memcpy(proof, work->out.proof.data, work->out.proof.len);
    proof_job_done(j, proof, work->out.proof.len, work->ms, NULL, NULL);
    proof_case_work_free(work);
}

START_TEST(two_chains_and_three_slices_become_one_claim)
{
    struct batch_limits limits = batch_limits_standard;
    uint32_t slices[BATCH_SLICES_MAX];
    struct proof_job *j;
    limits.pairs = 2;
    proof_case_make(11, true, 2, SLICES, &limits, layer_keys_root());
    const struct sealed_batch *s = &proof_case->b.sealed;
    ck_assert_uint_eq(s->n_slices, SLICES);
    ck_assert_uint_eq(s->n_segments, 2 * SLICES);
    ck_assert_uint_eq(sealed_batch_pairings(s, slices), SLICES);
    while ((j = proof_set_ready(&proof_case->set)) != NULL) job_do(j);
    const struct proof_job *claim = proof_set_last(&proof_case->set);
    ck_assert_int_eq(claim->state, PROOF_DONE);
    ck_assert_uint_eq(claim->id.layer, LAYER_JOIN_BATCH);
}
END_TEST

/* Leaf-blob, lift-blob, facts with a calldata leaf, batch, join-batch, shrink, terminal. */
START_TEST(a_blob_and_calldata_become_a_proof_for_l1)
{
    struct batch_limits limits = batch_limits_standard;
    struct layer_statement states;
    struct proof_set range;
    struct proof_job *j;
    uint32_t seen[LAYER_COUNT] = {0};
    limits.pairs = 2;
    proof_case_make_blobs(12, true, 2, 1, &limits, layer_keys_root(), 1);
    ck_assert_uint_eq(proof_case->b.sealed.n_segments, 2);
    while ((j = proof_set_ready(&proof_case->set)) != NULL) {
        seen[j->id.layer]++;
        job_do(j);
    }
    ck_assert_uint_eq(seen[LAYER_LEAF_BLOB], 1);
    ck_assert_uint_eq(seen[LAYER_LEAF], 1);
    ck_assert_uint_eq(seen[LAYER_LIFT_BLOB], 1);
    ck_assert_uint_eq(seen[LAYER_LIFT1], 1);
    ck_assert_uint_eq(seen[LAYER_LIFT2], 0);
    struct proof_job *claim = proof_set_last(&proof_case->set);
    ck_assert_int_eq(claim->state, PROOF_DONE);
    ck_assert_ok(proof_set_range(&range, &claim, 1));
    while ((j = proof_set_ready(&range)) != NULL) job_do(j);
    j = proof_set_last(&range);
    ck_assert_int_eq(j->state, PROOF_DONE);
    ck_assert_uint_eq(j->id.layer, LAYER_TERMINAL);
    ck_assert_ok(layer_statement_read(j->publics, &states));
    ck_assert_mem_eq(states.from, proof_case->b.digest_before, 32);
    ck_assert_mem_eq(states.to, proof_case->b.digest, 32);
    proof_set_deinit(&range);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("proven slices");
    TCase *t = tcase_create("proven");
    tcase_add_checked_fixture(t, NULL, proof_case_free);
    tcase_set_timeout(t, 1700);
    tcase_add_test(t, two_chains_and_three_slices_become_one_claim);
    suite_add_tcase(s, t);
    t = tcase_create("blob");
    tcase_add_checked_fixture(t, NULL, proof_case_free);
    tcase_set_timeout(t, 1700);
    tcase_add_test(t, a_blob_and_calldata_become_a_proof_for_l1);
    suite_add_tcase(s, t);
    return check_main(s);
}
