/* Audit gate, write-ahead outbox and L1 links with scripted chains, gate and prover around them. */
#include <stdio.h>
#include <stdlib.h>
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

/* ---- gate ---- */

START_TEST(nothing_is_committed_before_the_gate_approves)
{
    struct house *h = house_new(script);
    h->answer.verdict = GATE_CANNOT_SEE;
    (void)snprintf(h->answer.text, sizeof h->answer.text, "alpha does not answer");
    house_open(h);
    house_play(h, 0);
    HOUSE_UNTIL(h, h->n_asked >= 3); /* it goes on asking, it never bypasses */
    ck_assert_uint_eq(mock_tx_count(h->mock[0]) + mock_tx_count(h->mock[1]), 0);
    ck_assert_str_eq(pipeline_gate_text(h->pipeline), "alpha does not answer");
    h->answer.verdict = GATE_APPROVED;
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1 && mock_tx_count(h->mock[1]) == 1);
    house_free(h);
}
END_TEST

START_TEST(a_refused_operation_is_dropped_and_the_batch_without_it_is_committed)
{
    struct house *h = house_new(script);
    house_open(h);
    for (uint32_t b = 0; b < 4; b++)
        house_play(h, b);
    const struct step *bad = NULL;
    for (size_t i = 0; i < script->n; i++) {
        if (script->steps[i].batch == 3 && !script->steps[i].is_priority) bad = &script->steps[i];
    }
    ck_assert_ptr_nonnull(bad);
    uint8_t id[32];
    uint8_t refused_root[32];
    step_id(id, bad);
    memcpy(refused_root, h->rig.seals[3].final_root, 32);
    h->refuse_once = 4;
    h->answer.chain = bad->op_chain[0];
    h->answer.record = bad->record[0];
    (void)snprintf(h->answer.text, sizeof h->answer.text, "the sum does not hold");
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->audit_refusals == 1);
    const struct receipt *r = sequencer_receipt(h->rig.sequencer, id);
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(r->state, RECEIPT_REJECTED);
    ck_assert_str_eq(r->reason, "the sum does not hold");
    ck_assert_ptr_null(sequencer_halted(h->rig.sequencer)); /* service goes on */
    struct request *open = calloc(1, sizeof *open);
    uint8_t bytes[REQUEST_BYTES_MAX];
    size_t n = 0;
    enum rule_error rule = RULE_OK;
    open->kind = REQUEST_OPEN;
    ck_assert_ok(request_encode(open, true, bytes, sizeof bytes, &n));
    ck_assert_ok(rig_submit(&h->rig, bytes, n, &rule));
    free(open);
    /* commits of 1, 2, 3 and then of the new 4 */
    for (unsigned done = 0; done < 4; done++) {
        HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == done + 1);
        house_mine(h, 0);
        const struct mock_tx *tx = mock_tx_at(h->mock[0], done);
        for (size_t i = 0; i + 32 <= tx->data.len; i++)
            ck_assert_msg(memcmp(tx->data.data + i, refused_root, 32) != 0,
                          "the refused batch reached L1");
    }
    house_free(h);
}
END_TEST

START_TEST(a_batch_refused_as_a_whole_stops_the_intake_and_says_why)
{
    struct house *h = house_new(script);
    house_open(h);
    h->answer = (struct gate_answer){.verdict = GATE_REFUSED,
                                     .chain = 0xffff,
                                     .record = UINT32_MAX,
                                     .text = "statement differs"};
    house_play(h, 0);
    HOUSE_UNTIL(h, sequencer_halted(h->rig.sequencer) != NULL);
    ck_assert_ptr_nonnull(strstr(sequencer_halted(h->rig.sequencer), "statement differs"));
    house_rounds(h, 30);
    ck_assert_uint_eq(mock_tx_count(h->mock[0]) + mock_tx_count(h->mock[1]), 0);
    house_free(h);
}
END_TEST

/* ---- outbox ---- */

START_TEST(signed_bytes_are_on_disk_before_the_node_sees_them)
{
    struct house *h = house_new(script);
    house_open(h);
    house_play(h, 0);
    for (int i = 0; mock_tx_count(h->mock[0]) == 0; i++) {
        ck_assert_int_lt(i, 20000);
        house_round(h);
    }
    struct house_outbox *rows = house_outbox_now(h);
    bool found = false;
    for (size_t i = 0; i < rows->n; i++)
        found = found || (rows->row[i].chain == 0 &&
                          memcmp(rows->row[i].hash, mock_tx_at(h->mock[0], 0)->hash, 32) == 0);
    ck_assert(found);
    free(rows);
    house_free(h);
}
END_TEST

/* A new node knows nothing of the first life's signatures. Signing the same content again gives the
 * same bytes (RFC 6979), so the mock can be taught what to take; anything else it refuses. */
static struct first_life {
    uint8_t data[64 * 1024];
    size_t len;
    uint8_t hash[32];
} first_life[WORLD_CHAINS];

static void signed_again(void *ctx, enum err err, const struct chain_signed_tx *tx,
                         const struct chain_fault *fault)
{
    (void)fault;
    ck_assert_ok(err);
    ck_assert_mem_eq(tx->hash, ((struct first_life *)ctx)->hash, 32);
}

static void teach(struct house *h)
{
    for (int c = 0; c < WORLD_CHAINS; c++) {
        struct first_life *f = &first_life[c];
        struct chain_tx tx = {.data = span_make(f->data, f->len), .has_nonce = true};
        memcpy(tx.to, h->rig.deployment.chains[c].contract, 20);
        ck_assert_ok(chain_adapter_sign(mock_adapter_base(h->mock[c]), &tx, signed_again, f));
    }
}

START_TEST(a_restart_sends_the_same_bytes_again_and_signs_nothing_twice)
{
    struct house *h = house_new(script);
    house_open(h);
    house_play(h, 0);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1 && mock_tx_count(h->mock[1]) == 1);
    for (int c = 0; c < WORLD_CHAINS; c++) {
        const struct mock_tx *tx = mock_tx_at(h->mock[c], 0);
        ck_assert_uint_eq(tx->nonce, 0);
        ck_assert_uint_le(tx->data.len, sizeof first_life[c].data);
        first_life[c].len = tx->data.len;
        memcpy(first_life[c].data, tx->data.data, tx->data.len);
        memcpy(first_life[c].hash, tx->hash, 32);
    }
    struct house_outbox *before = house_outbox_now(h);
    ck_assert_uint_eq(before->n, 2);
    h->before_start = teach;
    for (int life = 0; life < 3; life++) {
        house_close(h);
        house_open(h);
        HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1 && mock_tx_count(h->mock[1]) == 1);
        house_rounds(h, 20);
        for (int c = 0; c < WORLD_CHAINS; c++) {
            ck_assert_uint_eq(mock_tx_count(h->mock[c]), 1);
            ck_assert_mem_eq(mock_tx_at(h->mock[c], 0)->hash, first_life[c].hash, 32);
        }
        struct house_outbox *rows = house_outbox_now(h);
        ck_assert_mem_eq(rows, before, sizeof *rows);
        free(rows);
    }
    free(before);
    house_free(h);
}
END_TEST

START_TEST(no_nonce_is_ever_signed_for_two_payloads_and_none_is_skipped)
{
    struct house *h = house_new(script);
    house_open(h);
    for (uint32_t b = 0; b < BATCHES; b++)
        house_play(h, b);
    for (unsigned done = 0; done < BATCHES; done++) {
        HOUSE_UNTIL(h,
                    mock_tx_count(h->mock[0]) == done + 1 && mock_tx_count(h->mock[1]) == done + 1);
        house_rounds(h, 3); /* one that is not mined stops the next */
        ck_assert_uint_eq(mock_tx_count(h->mock[0]), done + 1);
        house_mine(h, 0);
        house_mine(h, 1);
    }
    house_rounds(h, 10);
    rig_wait(&h->rig);
    struct house_outbox *rows = house_outbox_now(h);
    ck_assert_uint_eq(rows->n, 2 * BATCHES);
    for (size_t i = 0; i < rows->n; i++) {
        const struct house_outbox_row *r = &rows->row[i];
        ck_assert_uint_eq(r->nonce, i % BATCHES); /* by chain, nonce */
        ck_assert_uint_eq(r->k, r->nonce + 1);
        ck_assert_int_eq(r->stage, OUTBOX_COMMIT);
        ck_assert_int_eq(r->state, OUTBOX_FINAL);
    }
    free(rows);
    house_free(h);
}
END_TEST

START_TEST(a_transaction_that_the_node_forgot_is_sent_again_with_the_same_bytes)
{
    struct house *h = house_new(script);
    house_open(h);
    house_play(h, 0);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1);
    unsigned before = mock_tx_at(h->mock[0], 0)->submissions;
    mock_drop_tx(h->mock[0], 0);
    HOUSE_UNTIL(h, mock_tx_at(h->mock[0], 0)->submissions > before);
    ck_assert_uint_eq(mock_tx_count(h->mock[0]), 1);
    house_free(h);
}
END_TEST

/* ---- doubt halts ---- */

START_TEST(our_own_reverted_transaction_halts_the_chain_with_its_reason)
{
    struct house *h = house_new(script);
    house_open(h);
    house_play(h, 0);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[1]) == 1);
    (void)mock_push_block(h->mock[1], 1);
    mock_mine_tx(h->mock[1], 0, false, span_make("\xde\xad\xbe\xef", 4));
    HOUSE_UNTIL(h, l1_link_halted(h->links[1]) != NULL);
    ck_assert_ptr_nonnull(strstr(l1_link_halted(h->links[1]), "reverted"));
    HOUSE_UNTIL(h, sequencer_halted(h->rig.sequencer) != NULL);
    house_free(h);
}
END_TEST

START_TEST(a_final_commit_that_is_not_ours_halts)
{
    struct house *h = house_new(script);
    uint8_t words[96];
    house_open(h);
    house_play(h, 0);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1);
    memset(words, 7, sizeof words);
    (void)mock_push_block(h->mock[0], 1);
    house_event(h, 0, "BatchCommitted(uint64,bytes32,bytes32,bytes32)", 1, span_make(words, 96));
    HOUSE_UNTIL(h, l1_link_halted(h->links[0]) != NULL);
    ck_assert_ptr_nonnull(strstr(l1_link_halted(h->links[0]), "final event does not fit"));
    house_free(h);
}
END_TEST

START_TEST(a_gap_in_a_queue_halts)
{
    struct house *h = house_new(script);
    house_open(h);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        (void)mock_push_block(h->mock[c], 1000);
        sequencer_set_chain_time(h->rig.sequencer, c, 1000);
    }
    ck_assert_err(sequencer_priority(h->rig.sequencer, 0, 5, span_make("", 0)), ERR_PROTOCOL);
    house_free(h);
}
END_TEST

START_TEST(final_blocks_that_vanish_halt)
{
    struct house *h = house_new(script);
    house_open(h);
    for (int i = 0; i < 5; i++)
        (void)mock_push_block(h->mock[0], 1000 + (uint64_t)i);
    HOUSE_UNTIL(h, l1_link_marks(h->links[0])->final_block == 5);
    mock_reorg(h->mock[0], 3);
    for (int i = 0; i < 5; i++)
        (void)mock_push_block(h->mock[0], 2000 + (uint64_t)i);
    HOUSE_UNTIL(h, l1_link_halted(h->links[0]) != NULL);
    house_free(h);
}
END_TEST

static void wrong_chain(struct house *h)
{
    mock_set_trouble(h->mock[1], ERR_CHAIN);
}

START_TEST(an_endpoint_of_another_chain_halts_before_anything_is_sent)
{
    struct house *h = house_new(script);
    h->before_start = wrong_chain;
    house_open(h);
    HOUSE_UNTIL(h, l1_link_halted(h->links[1]) != NULL);
    ck_assert_ptr_nonnull(strstr(l1_link_halted(h->links[1]), "wrong chain"));
    HOUSE_UNTIL(h, sequencer_halted(h->rig.sequencer) != NULL);
    house_free(h);
}
END_TEST

static void away(struct house *h)
{
    mock_set_trouble(h->mock[0], ERR_NET);
}

START_TEST(a_node_that_is_away_at_the_start_is_waited_for)
{
    struct house *h = house_new(script);
    h->before_start = away;
    house_open(h);
    house_rounds(h, 30);
    ck_assert_ptr_null(l1_link_halted(h->links[0]));
    ck_assert_uint_gt(strlen(l1_link_trouble(h->links[0])), 0);
    mock_set_trouble(h->mock[0], ERR_OK);
    house_play(h, 0);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1);
    house_free(h);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pipeline");
    TCase *t = tcase_create("pipeline");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, script_make, script_drop);
    tcase_add_test(t, nothing_is_committed_before_the_gate_approves);
    tcase_add_test(t, a_refused_operation_is_dropped_and_the_batch_without_it_is_committed);
    tcase_add_test(t, a_batch_refused_as_a_whole_stops_the_intake_and_says_why);
    tcase_add_test(t, signed_bytes_are_on_disk_before_the_node_sees_them);
    tcase_add_test(t, a_restart_sends_the_same_bytes_again_and_signs_nothing_twice);
    tcase_add_test(t, no_nonce_is_ever_signed_for_two_payloads_and_none_is_skipped);
    tcase_add_test(t, a_transaction_that_the_node_forgot_is_sent_again_with_the_same_bytes);
    tcase_add_test(t, our_own_reverted_transaction_halts_the_chain_with_its_reason);
    tcase_add_test(t, a_final_commit_that_is_not_ours_halts);
    tcase_add_test(t, a_gap_in_a_queue_halts);
    tcase_add_test(t, final_blocks_that_vanish_halt);
    tcase_add_test(t, an_endpoint_of_another_chain_halts_before_anything_is_sent);
    tcase_add_test(t, a_node_that_is_away_at_the_start_is_waited_for);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
