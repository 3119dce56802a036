/* From committed batches to one proof for every chain, and back: batches that a chain cannot take in
 * time, ranges, what outlives a restart. Scripted chains, gate and prover around it. */
#include <string.h>

#include "chain_adapters/evm/hawser_abi.h"
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

/* ---- a batch that a chain cannot take in time ---- */

enum { HOUR = 3600 };

static bool calls(const struct mock_tx *tx, struct bytes_buf *expected)
{
    bool same = bytes_buf_span(expected).len == tx->data.len &&
                memcmp(expected->data, tx->data.data, tx->data.len) == 0;
    bytes_buf_deinit(expected);
    return same;
}

static bool is_revert_of(const struct mock_tx *tx, uint64_t k)
{
    struct bytes_buf data;
    bytes_buf_init(&data, 64);
    ck_assert_ok(hawser_encode_revert_batches(&data, k));
    return calls(tx, &data);
}

struct late { /* one chain took batches 1 and 2, a participant of 1 has refused it for its T */
    struct house *h;
    uint16_t had, lacks;
    uint64_t time;
    uint8_t statement[32];
    struct seq_batch old[2]; /* k, statement, roots, digest: what the events say */
};

static void late_make(struct late *l)
{
    struct house *h = l->h = house_new(script);
    house_open(h);
    house_play(h, 0);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1 && mock_tx_count(h->mock[1]) == 1);
    const struct seq_batch *b = pipeline_at(h->pipeline, 0)->batch;
    l->lacks = b->sealed.traces[0]->chain;
    l->had = (uint16_t)(1 - l->lacks);
    l->time = b->time;
    l->old[0] = *b;
    memcpy(l->statement, b->statement, 32);
    house_play(h, 1);
    house_rounds(h, 10);
    (void)mock_push_block(h->mock[l->had], l->time + 1);
    mock_mine_tx(h->mock[l->had], 0, true, span_make(NULL, 0));
    house_commit_event(h, l->had, b);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[l->had]) == 2);
    l->old[1] = *pipeline_at(h->pipeline, 1)->batch;
    (void)mock_push_block(h->mock[l->had], l->time + 2);
    mock_mine_tx(h->mock[l->had], 1, true, span_make(NULL, 0));
    house_commit_event(h, l->had, &l->old[1]);
    HOUSE_UNTIL(h, l1_link_marks(h->links[l->had])->committed == 2);
}

/* The hour is over everywhere, and the commit that came too late has failed. */
static void late_refuse(struct late *l)
{
    struct house *h = l->h;
    (void)mock_push_block(h->mock[l->had], l->time + HOUR + 1);
    (void)mock_push_block(h->mock[l->lacks], l->time + HOUR + 1);
    mock_mine_tx(h->mock[l->lacks], 0, false, span_make("\xde\xad\xbe\xef", 4));
}

static void late_reverted(struct late *l)
{
    struct house *h = l->h;
    HOUSE_UNTIL(h, mock_tx_count(h->mock[l->had]) == 3);
    ck_assert(is_revert_of(mock_tx_at(h->mock[l->had], 2), 1));
    house_rounds(h, 20);
    ck_assert_uint_eq(mock_tx_count(h->mock[l->had]), 3); /* once */
    ck_assert_uint_eq(mock_tx_count(h->mock[l->lacks]), 1);
    ck_assert_mem_eq(pipeline_at(h->pipeline, 0)->batch->statement, l->statement, 32);
    (void)mock_push_block(h->mock[l->had], l->time + HOUR + 2);
    mock_mine_tx(h->mock[l->had], 2, true, span_make(NULL, 0));
    house_event(h, l->had, "BatchReverted(uint64)", 2, span_make(NULL, 0));
    house_event(h, l->had, "BatchReverted(uint64)", 1, span_make(NULL, 0));
}

START_TEST(a_batch_that_a_chain_cannot_take_in_time_is_reverted_and_sealed_again)
{
    struct late l;
    late_make(&l);
    struct house *h = l.h;
    late_refuse(&l);
    late_reverted(&l);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[l.lacks]) == 2 && mock_tx_count(h->mock[l.had]) == 4);
    ck_assert_ptr_null(l1_link_halted(h->links[l.lacks]));
    ck_assert_ptr_null(sequencer_halted(h->rig.sequencer));
    const struct seq_batch *again = pipeline_at(h->pipeline, 0)->batch;
    ck_assert_uint_eq(again->k, 1);
    ck_assert_uint_ge(again->time, l.time + HOUR);
    ck_assert(memcmp(again->statement, l.statement, 32) != 0);
    ck_assert(sequencer_was_taken_back(h->rig.sequencer, 1, l.statement));
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        (void)mock_push_block(h->mock[c], l.time + HOUR + 3);
        mock_mine_tx(h->mock[c], mock_tx_count(h->mock[c]) - 1, true, span_make(NULL, 0));
        house_commit_event(h, c, again);
        HOUSE_UNTIL(h, l1_link_marks(h->links[c])->committed == 1);
    }
    house_rounds(h, 20);
    ck_assert_ptr_null(sequencer_halted(h->rig.sequencer));
    house_free(h);
}
END_TEST

START_TEST(before_the_hour_is_over_nothing_is_taken_back)
{
    struct late l;
    late_make(&l);
    struct house *h = l.h;
    (void)mock_push_block(h->mock[l.had], l.time + HOUR);
    (void)mock_push_block(h->mock[l.lacks], l.time + HOUR);
    house_rounds(h, 30);
    ck_assert_uint_eq(mock_tx_count(h->mock[l.had]), 2);
    ck_assert_mem_eq(pipeline_at(h->pipeline, 0)->batch->statement, l.statement, 32);
    house_free(h);
}
END_TEST

static const struct late *history; /* what the chain that had it shows a new process */

static void show_history(struct house *h)
{
    const struct late *l = history;
    (void)mock_push_block(h->mock[l->had], l->time + 1);
    house_commit_event(h, l->had, &l->old[0]);
    (void)mock_push_block(h->mock[l->had], l->time + 2);
    house_commit_event(h, l->had, &l->old[1]);
    (void)mock_push_block(h->mock[l->had], l->time + HOUR + 2);
    house_event(h, l->had, "BatchReverted(uint64)", 2, span_make(NULL, 0));
    house_event(h, l->had, "BatchReverted(uint64)", 1, span_make(NULL, 0));
    (void)mock_push_block(h->mock[l->lacks], l->time + HOUR + 2);
}

START_TEST(a_restart_knows_what_was_taken_back_and_goes_on)
{
    struct late l;
    late_make(&l);
    struct house *h = l.h;
    late_refuse(&l);
    late_reverted(&l);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[l.lacks]) == 2 && mock_tx_count(h->mock[l.had]) == 4);
    uint8_t again[32];
    memcpy(again, pipeline_at(h->pipeline, 0)->batch->statement, 32);
    struct house_outbox *before = house_outbox_now(h);
    house_close(h);
    history = &l;
    h->before_start = show_history;
    house_open(h);
    HOUSE_UNTIL(h, l1_link_marks(h->links[l.had])->final_block == 3);
    house_rounds(h, 30);
    ck_assert_ptr_null(l1_link_halted(h->links[l.had]));
    ck_assert_uint_eq(l1_link_marks(h->links[l.had])->committed, 0);
    ck_assert_mem_eq(pipeline_at(h->pipeline, 0)->batch->statement, again, 32);
    struct house_outbox *after = house_outbox_now(h); /* nothing was signed a second time */
    ck_assert_uint_eq(after->n, before->n);
    ck_assert_uint_eq(l1_link_sent(h->links[l.had], OUTBOX_COMMIT), 1);
    free(before);
    free(after);
    house_free(h);
}
END_TEST

/* ---- ranges ---- */

/* The last transaction of the chain proves up to `to` with the house's terminal of from..to. */
static void check_prove_tx(struct house *h, uint16_t c, uint64_t from, uint64_t to)
{
    struct bytes_buf expected;
    uint8_t proof[HOUSE_PROOF_BYTES];
    const struct proof_set *range = NULL;
    for (size_t i = 0; i < pipeline_range_count(h->pipeline); i++) {
        const struct proof_set *r = pipeline_range_at(h->pipeline, i);
        if (r->from == from && r->to == to) range = r;
    }
    ck_assert_ptr_nonnull(range);
    ck_assert_int_eq(proof_set_last(range)->id.layer, LAYER_TERMINAL);
    house_proof(proof, &proof_set_last(range)->id);
    bytes_buf_init(&expected, 4096);
    ck_assert_ok(hawser_encode_prove_batches(&expected, to, span_make(proof, sizeof proof)));
    ck_assert(calls(mock_tx_at(h->mock[c], mock_tx_count(h->mock[c]) - 1), &expected));
}

/* The proof up to `to` lies with the node, not mined. */
static void await_proof(struct house *h, uint16_t c, uint64_t to)
{
    HOUSE_UNTIL(h, l1_link_sent(h->links[c], OUTBOX_PROVE) == to &&
                       mock_tx_at(h->mock[c], mock_tx_count(h->mock[c]) - 1)->state ==
                           CHAIN_TX_PENDING);
}

START_TEST(a_batch_becomes_one_terminal_proof_that_goes_to_every_chain_in_turn)
{
    struct house *h = house_with_batches(script, 1);
    size_t before = mock_tx_count(h->mock[1]);
    unsigned made = house_prove_all(h);
    const struct pipeline_layer_totals *t = pipeline_totals(h->pipeline)->layers;
    ck_assert_uint_ge(made, 6);
    ck_assert_uint_eq(t[LAYER_BATCH].proofs, 1);
    ck_assert_uint_eq(t[LAYER_JOIN_BATCH].proofs, 1);
    ck_assert_uint_eq(t[LAYER_RANGE].proofs, 0);
    ck_assert_uint_eq(t[LAYER_SHRINK].proofs, 1);
    ck_assert_uint_eq(t[LAYER_TERMINAL].proofs, 1);
    await_proof(h, 0, 1);
    check_prove_tx(h, 0, 1, 1);
    house_rounds(h, 20);
    ck_assert_uint_eq(mock_tx_count(h->mock[1]), before); /* the weaker chain first */
    house_mine_proof(h, 0, 1, 1);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[1]) == before + 1);
    check_prove_tx(h, 1, 1, 1);
    house_mine_proof(h, 1, 1, 1);
    HOUSE_UNTIL(h, pipeline_range_count(h->pipeline) == 0);
    house_free(h);
}
END_TEST

START_TEST(all_batches_that_are_ready_go_into_one_range)
{
    struct house *h = house_with_batches(script, 5);
    struct job_id held[5];
    unsigned n = 0;
    /* Everything but the batches' last joins, so that no range begins. */
    for (;;) {
        house_worker_ask(h);
        if (h->reply_type != JOB_MSG_WORK) break;
        struct job_id id = h->job.id;
        if (id.layer == LAYER_JOIN_BATCH) {
            held[n++] = id;
            continue;
        }
        house_worker_prove(h, &id);
        house_rounds(h, 3);
    }
    ck_assert_uint_eq(n, 5);
    for (unsigned i = 5; i > 0; i--) { /* the first batch last */
        ck_assert_uint_eq(pipeline_range_count(h->pipeline), 0);
        house_worker_prove(h, &held[i - 1]);
        house_rounds(h, 3);
    }
    ck_assert_uint_eq(pipeline_range_count(h->pipeline), 1);
    ck_assert_uint_eq(pipeline_range_at(h->pipeline, 0)->from, 1);
    ck_assert_uint_eq(pipeline_range_at(h->pipeline, 0)->to, 5);
    ck_assert_uint_eq(house_prove_all(h), 4 + 2);
    await_proof(h, 0, 5);
    check_prove_tx(h, 0, 1, 5);
    house_mine_proof(h, 0, 1, 5);
    await_proof(h, 1, 5);
    house_mine_proof(h, 1, 1, 5);
    HOUSE_UNTIL(h, pipeline_range_count(h->pipeline) == 0);
    house_free(h);
}
END_TEST

/* Everything but the last join of batch k, which is handed out to nobody. */
static struct job_id prove_without_join(struct house *h, uint64_t k)
{
    struct job_id held = {.from = 0};
    for (;;) {
        house_worker_ask(h);
        if (h->reply_type != JOB_MSG_WORK) break;
        struct job_id id = h->job.id;
        if (id.layer == LAYER_JOIN_BATCH && id.from == k) {
            held = id;
            continue;
        }
        house_worker_prove(h, &id);
        house_rounds(h, 3);
    }
    ck_assert_uint_eq(held.from, k);
    return held;
}

START_TEST(a_ready_batch_waits_for_the_next_one_but_not_for_ever)
{
    struct house *h = house_with_batches(script, 3);
    (void)prove_without_join(h, 2);
    ck_assert_uint_eq(pipeline_range_count(h->pipeline), 0);
    manual_clock_advance(&h->rig.clock, 21000);
    house_rounds(h, 2);
    ck_assert_uint_eq(pipeline_range_count(h->pipeline), 1);
    ck_assert_uint_eq(pipeline_range_at(h->pipeline, 0)->from, 1);
    ck_assert_uint_eq(pipeline_range_at(h->pipeline, 0)->to, 1);
    house_free(h);
}
END_TEST

START_TEST(a_range_waits_until_the_terminal_before_it_is_made)
{
    struct house *h = house_with_batches(script, 3);
    struct job_id join = prove_without_join(h, 2);
    manual_clock_advance(&h->rig.clock, 21000);
    house_rounds(h, 2); /* batch 1 goes alone */
    house_worker_prove(h, &join);
    struct job_id terminal = {.from = 0};
    for (;;) { /* its terminal is held back */
        house_worker_ask(h);
        if (h->reply_type != JOB_MSG_WORK) break;
        struct job_id id = h->job.id;
        if (id.layer == LAYER_TERMINAL) {
            terminal = id;
            continue;
        }
        house_worker_prove(h, &id);
        house_rounds(h, 3);
    }
    ck_assert_uint_eq(terminal.to, 1);
    ck_assert_uint_eq(pipeline_range_count(h->pipeline), 1);
    house_worker_prove(h, &terminal);
    house_rounds(h, 5);
    ck_assert_uint_eq(pipeline_range_count(h->pipeline), 2);
    ck_assert_uint_eq(pipeline_range_at(h->pipeline, 1)->from, 2);
    ck_assert_uint_eq(pipeline_range_at(h->pipeline, 1)->to, 3);
    house_free(h);
}
END_TEST

/* Anyone may prove; whoever proves a part of our range first makes our transaction fail. */
START_TEST(a_range_that_somebody_else_proved_in_part_is_planned_anew_and_halts_nothing)
{
    struct house *h = house_with_batches(script, 3);
    struct job_id join = prove_without_join(h, 2);
    uint8_t proof[HOUSE_PROOF_BYTES];
    manual_clock_advance(&h->rig.clock, 21000);
    house_rounds(h, 2); /* range 1, then 2..3 */
    house_proof(proof, &join);
    uint64_t proofs = pipeline_totals(h->pipeline)->proofs;
    house_worker_result(h, &join, proof, sizeof proof);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->proofs > proofs);
    ck_assert_uint_eq(house_prove_all(h), 2 + 3);
    await_proof(h, 0, 1);
    house_mine_proof(h, 0, 1, 1);
    await_proof(h, 0, 3);
    check_prove_tx(h, 0, 2, 3);
    (void)mock_push_block(h->mock[0], l1_link_marks(h->links[0])->latest_time + 1);
    house_proven_events(h, 0, 2, 2); /* somebody else's */
    mock_mine_tx(h->mock[0], mock_tx_count(h->mock[0]) - 1, false, span_make("\xde\xad\xbe\xef", 4));
    HOUSE_UNTIL(h, l1_link_marks(h->links[0])->proven == 2);
    HOUSE_UNTIL(h, l1_link_sent(h->links[0], OUTBOX_PROVE) == 2);
    ck_assert_ptr_null(l1_link_halted(h->links[0]));
    house_rounds(h, 5);
    ck_assert_uint_eq(house_prove_all(h), 2); /* 3..3: shrink and terminal */
    await_proof(h, 0, 3);
    check_prove_tx(h, 0, 3, 3);
    house_free(h);
}
END_TEST

/* Or the shrink of a long range, which is all but done, would be for nothing. */
START_TEST(a_range_that_was_begun_is_the_same_one_after_a_restart)
{
    struct house *h = house_with_batches(script, 3);
    for (;;) {
        house_worker_ask(h);
        ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
        struct job_id id = h->job.id;
        if (id.layer == LAYER_TERMINAL) break; /* this one is under way */
        house_worker_prove(h, &id);
        house_rounds(h, 3);
    }
    ck_assert_uint_eq(pipeline_range_count(h->pipeline), 1);
    ck_assert_uint_eq(pipeline_range_at(h->pipeline, 0)->to, 3);
    house_close(h);
    house_open(h);
    house_rounds(h, 3);
    ck_assert_uint_eq(pipeline_range_count(h->pipeline), 1);
    const struct proof_set *r = pipeline_range_at(h->pipeline, 0);
    ck_assert_uint_eq(r->from, 1);
    ck_assert_uint_eq(r->to, 3);
    ck_assert_int_eq(proof_set_last(r)->state, PROOF_OUT);
    ck_assert_int_eq(proof_set_last(r)->children[0]->state, PROOF_DONE); /* its shrink */
    house_free(h);
}
END_TEST

START_TEST(finished_proofs_and_leases_outlive_the_orchestrator)
{
    struct house *h = house_with_batches(script, 2);
    uint8_t proof[HOUSE_PROOF_BYTES];
    house_worker_ask(h);
    struct job_id first = h->job.id;
    house_proof(proof, &first);
    house_worker_result(h, &first, proof, sizeof proof);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->proofs == 1);
    house_worker_ask(h);
    struct job_id out = h->job.id;
    house_close(h);
    house_open(h);
    HOUSE_UNTIL(h, pipeline_count(h->pipeline) == 2 && pipeline_at(h->pipeline, 1)->is_audited);
    unsigned seen = 0;
    for (;; seen++) {
        house_worker_ask(h);
        if (h->reply_type != JOB_MSG_WORK) break;
        ck_assert(!house_same_job(&h->job.id, &first)); /* done */
        ck_assert(!house_same_job(&h->job.id, &out));   /* somebody is at it */
    }
    ck_assert_uint_ge(seen, 1);
    house_proof(proof, &out); /* and may deliver to the new process */
    uint64_t before = pipeline_totals(h->pipeline)->proofs;
    house_worker_result(h, &out, proof, sizeof proof);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->proofs == before + 1);
    house_free(h);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pipeline_ranges");
    TCase *t = tcase_create("pipeline_ranges");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, script_make, script_drop);
    tcase_add_test(t, a_batch_that_a_chain_cannot_take_in_time_is_reverted_and_sealed_again);
    tcase_add_test(t, before_the_hour_is_over_nothing_is_taken_back);
    tcase_add_test(t, a_restart_knows_what_was_taken_back_and_goes_on);
    tcase_add_test(t, a_batch_becomes_one_terminal_proof_that_goes_to_every_chain_in_turn);
    tcase_add_test(t, all_batches_that_are_ready_go_into_one_range);
    tcase_add_test(t, a_ready_batch_waits_for_the_next_one_but_not_for_ever);
    tcase_add_test(t, a_range_waits_until_the_terminal_before_it_is_made);
    tcase_add_test(t, a_range_that_somebody_else_proved_in_part_is_planned_anew_and_halts_nothing);
    tcase_add_test(t, a_range_that_was_begun_is_the_same_one_after_a_restart);
    tcase_add_test(t, finished_proofs_and_leases_outlive_the_orchestrator);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
