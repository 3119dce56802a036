/* Jobs and workers that die, lie, are slow, deliver twice or are strangers. Scripted chains, gate and
 * prover around the pipeline. */
#include <string.h>

#include "tests/unit/orchestrator/house.h"

enum { BATCHES = 6, PER_BATCH = 10 };

static struct script *script;

static void script_make(void)
{
    struct rng rng;
    check_seed(&rng);
    script = script_new(rng_u64(&rng), BATCHES, PER_BATCH, true);
}

static void script_drop(void)
{
    script_free(script);
}

START_TEST(a_job_is_handed_out_once_until_its_lease_is_over)
{
    struct house *h = house_new(script);
    house_open(h);
    house_worker_ask(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_NONE); /* nothing sealed */
    house_play(h, 0);
    HOUSE_UNTIL(h, h->n_asked > 0 && mock_tx_count(h->mock[0]) == 1);
    house_worker_ask(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    struct job_id first = h->job.id;
    for (;;) { /* the other jobs that need no other */
        house_worker_ask(h);
        if (h->reply_type != JOB_MSG_WORK) break;
        ck_assert(!house_same_job(&h->job.id, &first));
    }
    ck_assert_int_eq(h->reply_type, JOB_MSG_NONE);
    /* the worker was killed: nobody returns a proof */
    manual_clock_advance(&h->rig.clock, HOUSE_LEASE_MS + 1000);
    house_rounds(h, 2);
    house_worker_ask(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    ck_assert(house_same_job(&h->job.id, &first));
    house_free(h);
}
END_TEST

START_TEST(a_worker_that_gives_up_leaves_its_job_to_the_next_at_once)
{
    struct house *h = house_new(script);
    house_open(h);
    house_play(h, 0);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1);
    house_worker_ask(h);
    struct job_id first = h->job.id;
    house_worker_result(h, &first, "", 0); /* "could not" */
    ck_assert_int_eq(h->reply_type, JOB_MSG_TAKEN);
    struct job_id other = first;
    other.from = other.to = 99;
    house_worker_result(h, &other, "x", 1); /* of a batch that does not exist: harmless */
    other = first;
    other.content[0] ^= 1;
    house_worker_result(h, &other, "x", 1); /* of content that is no more: harmless */
    house_worker_ask(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    ck_assert(house_same_job(&h->job.id, &first));
    ck_assert_uint_eq(pipeline_totals(h->pipeline)->refused_proofs, 0);
    house_free(h);
}
END_TEST

static void deliver_garbage(bool late)
{
    struct house *h = house_new(script);
    uint8_t garbage[4096] = {1};
    house_open(h);
    house_play(h, 0);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1);
    house_worker_ask(h);
    struct job_id first = h->job.id;
    if (late) {
        manual_clock_advance(&h->rig.clock, HOUSE_LEASE_MS + 1000);
        house_rounds(h, 2); /* the job is free again */
    }
    house_worker_result(h, &first, garbage, sizeof garbage);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->refused_proofs == 1);
    ck_assert_uint_eq(pipeline_totals(h->pipeline)->proofs, 0);
    /* whoever lied waits, and is not listened to either */
    house_worker_ask(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_NONE);
    house_worker_result(h, &first, garbage, sizeof garbage);
    house_rounds(h, 5);
    ck_assert_uint_eq(pipeline_totals(h->pipeline)->refused_proofs, 1);
    manual_clock_advance(&h->rig.clock, 11000);
    house_worker_ask(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    ck_assert(house_same_job(&h->job.id, &first));
    house_free(h);
}

START_TEST(a_proof_that_does_not_verify_is_refused_and_its_job_given_out_again)
{
    deliver_garbage(false);
}
END_TEST

/* Or a lease that is shorter than a proof takes would stop everything. */
START_TEST(a_proof_that_comes_after_its_lease_is_verified_all_the_same)
{
    deliver_garbage(true);
}
END_TEST

START_TEST(a_proof_delivered_twice_counts_once)
{
    struct house *h = house_with_batches(script, 1);
    uint8_t proof[HOUSE_PROOF_BYTES];
    house_worker_ask(h);
    struct job_id id = h->job.id;
    house_proof(proof, &id);
    for (int i = 0; i < 3; i++)
        house_worker_result(h, &id, proof, sizeof proof);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->proofs == 1);
    house_worker_result(h, &id, proof, sizeof proof);
    house_rounds(h, 10);
    ck_assert_uint_eq(pipeline_totals(h->pipeline)->proofs, 1);
    ck_assert_uint_eq(pipeline_totals(h->pipeline)->refused_proofs, 0);
    house_free(h);
}
END_TEST

START_TEST(a_good_proof_of_another_job_is_refused)
{
    struct house *h = house_with_batches(script, 1);
    uint8_t proof[HOUSE_PROOF_BYTES];
    house_worker_ask(h);
    struct job_id one = h->job.id;
    house_worker_ask(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    struct job_id other = h->job.id;
    ck_assert(!house_same_job(&one, &other));
    house_proof(proof, &one);
    house_worker_result(h, &other, proof, sizeof proof);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->refused_proofs == 1);
    ck_assert_uint_eq(pipeline_totals(h->pipeline)->proofs, 0);
    manual_clock_advance(&h->rig.clock, 11000); /* its pause */
    house_worker_result(h, &one, proof, sizeof proof);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->proofs == 1);
    house_proof(proof, &other);
    house_worker_result(h, &other, proof, sizeof proof);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->proofs == 2);
    ck_assert_uint_eq(pipeline_totals(h->pipeline)->refused_proofs, 1);
    house_free(h);
}
END_TEST

/* The slow one is not told; who was given its job afterwards comes too late, and that is harmless too. */
START_TEST(a_slow_worker_is_overtaken_or_wins_and_its_job_counts_once)
{
    struct house *h = house_with_batches(script, 1);
    uint8_t proof[HOUSE_PROOF_BYTES];
    house_worker_ask(h);
    struct job_id slow = h->job.id;
    manual_clock_advance(&h->rig.clock, HOUSE_LEASE_MS + 1000);
    house_rounds(h, 2);
    house_worker_ask(h);
    ck_assert(house_same_job(&h->job.id, &slow)); /* given out again */
    house_proof(proof, &slow);
    house_worker_result(h, &slow, proof, sizeof proof);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->proofs == 1);
    house_worker_result(h, &slow, proof, sizeof proof); /* the other one's */
    ck_assert_int_eq(h->reply_type, JOB_MSG_TAKEN);
    house_rounds(h, 10);
    ck_assert_uint_eq(pipeline_totals(h->pipeline)->proofs, 1);
    ck_assert_uint_eq(pipeline_totals(h->pipeline)->refused_proofs, 0);
    house_worker_ask(h);
    ck_assert(h->reply_type != JOB_MSG_WORK || !house_same_job(&h->job.id, &slow));
    house_free(h);
}
END_TEST

START_TEST(a_lie_about_the_job_of_another_worker_costs_the_liar_only)
{
    struct house *h = house_with_batches(script, 1);
    uint8_t proof[HOUSE_PROOF_BYTES];
    uint8_t garbage[100] = {1};
    uint8_t key[32];
    memset(key, 9, sizeof key);
    house_worker_ask(h);
    struct job_id id = h->job.id;
    struct msg_signer honest = h->worker_signer;
    ck_assert_ok(msg_signer_init(&h->worker_signer, key, 1));
    ck_assert_ok(msg_trust_add(&h->worker_trust, h->worker_signer.address));
    house_worker_result(h, &id, "", 0); /* "cannot prove": not its job */
    house_worker_result(h, &id, garbage, sizeof garbage);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->refused_proofs == 1);
    house_worker_ask(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_NONE); /* paused */
    msg_signer_deinit(&h->worker_signer);
    h->worker_signer = honest;
    house_proof(proof, &id);
    house_worker_result(h, &id, proof, sizeof proof);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->proofs == 1);
    house_worker_ask(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    house_free(h);
}
END_TEST

/* Workers that die, lie, are slow or deliver twice, at random: all batches get proven. */
START_TEST(random_bad_workers_lose_nothing)
{
    struct house *h = house_with_batches(script, BATCHES);
    struct rng rng;
    uint8_t proof[HOUSE_PROOF_BYTES];
    unsigned n = 0;
    struct job_id slow = {.from = 0};
    check_seed(&rng);
    for (int i = 0; l1_link_marks(h->links[1])->proven < BATCHES; i++) {
        ck_assert_int_lt(i, 5000);
        house_mine_proofs(h);
        house_worker_ask(h);
        if (h->reply_type != JOB_MSG_WORK) {
            manual_clock_advance(&h->rig.clock, HOUSE_LEASE_MS / 2); /* leases end, pauses too */
            house_rounds(h, 2);
            continue;
        }
        struct job_id id = h->job.id;
        house_proof(proof, &id);
        uint64_t what = n < 4 ? n : rng_u64(&rng) % 10; /* each at least once */
        n++;
        if (what == 0) continue; /* died */
        if (what == 1) {         /* slow: delivers when the next one is */
            slow = id;
            continue;
        }
        if (what == 2) proof[rng_u64(&rng) % sizeof proof] ^= 1; /* lies */
        house_worker_result(h, &id, proof, sizeof proof);
        if (what == 3) house_worker_result(h, &id, proof, sizeof proof);
        if (slow.from != 0) {
            house_proof(proof, &slow);
            house_worker_result(h, &slow, proof, sizeof proof);
            slow.from = 0;
        }
        house_rounds(h, 1);
    }
    ck_assert_ptr_null(sequencer_halted(h->rig.sequencer));
    ck_assert_uint_gt(pipeline_totals(h->pipeline)->refused_proofs, 0);
    HOUSE_UNTIL(h, pipeline_range_count(h->pipeline) == 0);
    house_free(h);
}
END_TEST

START_TEST(a_request_is_acted_on_once_and_never_in_another_run)
{
    struct house *h = house_with_batches(script, 1);
    struct bytes_buf ask;
    struct bytes_buf deliver;
    struct bytes_buf body;
    uint8_t holds = 1;
    uint8_t garbage[100] = {1};
    house_worker_ask(h); /* learns the session */
    struct job_id first = h->job.id;
    house_worker_frame(h, &ask, JOB_MSG_ASK, span_make(&holds, 1));
    house_worker_send(h, bytes_buf_span(&ask));
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    unsigned replies = h->n_replies;
    house_worker_send(h, bytes_buf_span(&ask)); /* somebody who listened */
    ck_assert_uint_eq(h->n_replies, replies);
    ck_assert_uint_eq(h->n_failures, 1);
    struct job_result lie = {.id = first, .ok = 1, .proof = span_make(garbage, sizeof garbage)};
    bytes_buf_init(&body, 4096);
    ck_assert_ok(job_result_write(&body, &lie));
    house_worker_frame(h, &deliver, JOB_MSG_RESULT, bytes_buf_span(&body));
    house_close(h);
    house_open(h);
    HOUSE_UNTIL(h, pipeline_count(h->pipeline) == 1 && pipeline_at(h->pipeline, 0)->is_audited);
    uint8_t old[JOB_SESSION_BYTES];
    memcpy(old, h->session, sizeof old);
    house_worker_send(h, bytes_buf_span(&deliver));
    ck_assert_int_eq(h->reply_type, JOB_MSG_SESSION);
    ck_assert(memcmp(old, h->session, sizeof old) != 0);
    house_rounds(h, 5);
    ck_assert_uint_eq(pipeline_totals(h->pipeline)->refused_proofs, 0);
    bytes_buf_deinit(&ask);
    bytes_buf_deinit(&deliver);
    bytes_buf_deinit(&body);
    house_free(h);
}
END_TEST

START_TEST(a_worker_that_comes_back_with_empty_hands_gets_its_job_again_at_once)
{
    struct house *h = house_with_batches(script, 1);
    house_worker_ask_idle(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    struct job_id first = h->job.id;
    house_worker_ask_idle(h); /* it was killed and started again */
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    ck_assert(house_same_job(&h->job.id, &first));
    house_worker_ask(h); /* it says that it is still at the first one */
    ck_assert(h->reply_type != JOB_MSG_WORK || !house_same_job(&h->job.id, &first));
    house_free(h);
}
END_TEST

START_TEST(strangers_get_no_job)
{
    struct house *h = house_new(script);
    house_open(h);
    house_play(h, 0);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1);
    struct msg_signer own = h->worker_signer;
    uint8_t key[32];
    memset(key, 9, sizeof key);
    ck_assert_ok(msg_signer_init(&h->worker_signer, key, 1));
    house_worker_ask(h);
    ck_assert_uint_eq(h->n_replies, 0);
    ck_assert_uint_eq(h->n_failures, 1);
    msg_signer_deinit(&h->worker_signer);
    h->worker_signer = own;
    house_worker_ask(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    house_free(h);
}
END_TEST
int main(void)
{
    Suite *suite = suite_create("pipeline_jobs");
    TCase *t = tcase_create("pipeline_jobs");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, script_make, script_drop);
    tcase_add_test(t, a_job_is_handed_out_once_until_its_lease_is_over);
    tcase_add_test(t, a_worker_that_gives_up_leaves_its_job_to_the_next_at_once);
    tcase_add_test(t, a_proof_that_does_not_verify_is_refused_and_its_job_given_out_again);
    tcase_add_test(t, a_proof_that_comes_after_its_lease_is_verified_all_the_same);
    tcase_add_test(t, a_proof_delivered_twice_counts_once);
    tcase_add_test(t, a_good_proof_of_another_job_is_refused);
    tcase_add_test(t, a_slow_worker_is_overtaken_or_wins_and_its_job_counts_once);
    tcase_add_test(t, a_lie_about_the_job_of_another_worker_costs_the_liar_only);
    tcase_add_test(t, random_bad_workers_lose_nothing);
    tcase_add_test(t, a_request_is_acted_on_once_and_never_in_another_run);
    tcase_add_test(t, a_worker_that_comes_back_with_empty_hands_gets_its_job_again_at_once);
    tcase_add_test(t, strangers_get_no_job);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
