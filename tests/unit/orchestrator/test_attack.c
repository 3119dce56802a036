/* Attacks on durability and on the way of batches: crashes and neighbours at the worst moment. */
#include <stdlib.h>
#include <string.h>

#include "db/stores/outbox_store.h"
#include "tests/unit/orchestrator/house.h"

static struct script *script;

static void script_make(void)
{
    struct rng rng;
    check_seed(&rng);
    script = script_new(rng_u64(&rng), 8, 12, true);
}

static void script_drop(void) { script_free(script); }

static void times_of(struct rig *r, uint32_t batch)
{
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        sequencer_set_chain_time(r->sequencer, c, script->times[batch]);
}

static bool is_signed(const struct step *t) { return !t->is_priority && t->kind != REQUEST_OPEN; }

/* ---- restarts ---- */

/* The last batch of the script in which a signed request is not the first one. */
static uint32_t batch_of_a_late_signature(void)
{
    uint32_t found = 0;
    for (size_t i = 1; i < script->n; i++) {
        const struct step *t = &script->steps[i];
        if (is_signed(t) && t[-1].batch == t->batch) found = t->batch;
    }
    ck_assert_uint_gt(found, 0);
    return found;
}

/* The batch that is open at a crash is opened by the replay, which trusts its own journal. */
START_TEST(after_a_restart_signatures_are_checked_in_the_batch_that_was_open)
{
    struct rig *r = calloc(1, sizeof *r);
    const uint32_t batch = batch_of_a_late_signature();
    rig_init(r, script);
    rig_must_open(r, script);
    rig_play(r, script, 0, batch);
    times_of(r, batch);
    const struct step *first = NULL;
    const struct step *forged = NULL;
    for (size_t i = 0; i < script->n && forged == NULL; i++) {
        const struct step *t = &script->steps[i];
        if (t->batch != batch) continue;
        if (first != NULL && is_signed(t)) {
            forged = t;
            break;
        }
        rig_step(r, t);
        first = t;
    }
    ck_assert_ptr_nonnull(forged);
    rig_close(r);
    rig_must_open(r, script);
    times_of(r, batch);
    ck_assert_uint_gt(sequencer_open_operations(r->sequencer), 0);
    enum rule_error rule = RULE_OK;
    uint8_t *bytes = malloc(forged->len);
    memcpy(bytes, forged->bytes, forged->len);
    bytes[forged->len - 1] ^= 1; /* signatures come last */
    ck_assert_err(rig_submit(r, bytes, forged->len, &rule), ERR_REJECTED);
    ck_assert_int_eq(rule, RULE_SIGNATURE);
    ck_assert_ok(rig_submit(r, forged->bytes, forged->len, &rule));
    free(bytes);
    rig_close(r);
    rig_deinit(r);
    free(r);
}
END_TEST

/* ---- batches taken back ---- */

static const struct step *last_of(uint32_t batch)
{
    const struct step *found = NULL;
    for (size_t i = 0; i < script->n; i++) {
        if (script->steps[i].batch == batch && !script->steps[i].is_priority)
            found = &script->steps[i];
    }
    ck_assert_ptr_nonnull(found);
    return found;
}

/* Acknowledged requests of the batch that are not accepted now, but for the refused one. */
static unsigned count_lost(const struct rig *r, uint32_t batch, const struct step *bad)
{
    unsigned lost = 0;
    for (size_t i = 0; i < script->n; i++) {
        const struct step *t = &script->steps[i];
        uint8_t id[32];
        if (t->batch != batch || t->is_priority || t == bad) continue;
        step_id(id, t);
        const struct receipt *receipt = sequencer_receipt(r->sequencer, id);
        ck_assert_ptr_nonnull(receipt);
        if (receipt->state != RECEIPT_ACCEPTED) lost++;
    }
    return lost;
}

static struct rig *played(uint32_t batches)
{
    struct rig *r = calloc(1, sizeof *r);
    ck_assert_ptr_nonnull(r);
    rig_init(r, script);
    rig_must_open(r, script);
    rig_play(r, script, 0, batches);
    return r;
}

static void dismiss(struct rig *r)
{
    rig_close(r);
    rig_deinit(r);
    free(r);
}

/* Requests that the refused one's absence makes impossible are refused by rules: the measure. */
static unsigned count_lost_by_rules(void)
{
    struct rig *r = played(5);
    const struct step *bad = last_of(3);
    ck_assert_ok(sequencer_reject(r->sequencer, 4, bad->op_chain[0], bad->record[0], "refused"));
    unsigned lost = count_lost(r, 3, bad) + count_lost(r, 4, bad);
    dismiss(r);
    return lost;
}

START_TEST(a_power_cut_during_a_refusal_loses_no_acknowledged_request)
{
    struct rig *r = played(5);
    const struct step *bad = last_of(3);
    unsigned by_rules = count_lost_by_rules();
    ck_assert_ok(sequencer_reject(r->sequencer, 4, bad->op_chain[0], bad->record[0], "refused"));
    for (bool idle = false; !idle;) {
        struct rig *cut = calloc(1, sizeof *cut);
        (void)loop_run_once(&r->loop);
        idle = store_is_idle(r->store);
        rig_init(cut, script);
        rig_copy(cut, r);
        rig_must_open(cut, script);
        ck_assert_uint_le(count_lost(cut, 3, bad) + count_lost(cut, 4, bad), by_rules);
        dismiss(cut);
    }
    dismiss(r);
}
END_TEST

START_TEST(a_refusal_while_intake_is_closed_drops_nothing_else)
{
    unsigned by_rules = count_lost_by_rules();
    struct rig *r = played(5);
    const struct step *bad = last_of(3);
    rig_close(r);
    rig_must_open(r, script); /* no chain was seen since the restart */
    sequencer_set_halted(r->sequencer, "a link has halted");
    ck_assert_ok(sequencer_reject(r->sequencer, 4, bad->op_chain[0], bad->record[0], "refused"));
    ck_assert_uint_eq(count_lost(r, 3, bad) + count_lost(r, 4, bad), by_rules);
    dismiss(r);
}
END_TEST

/* ---- time ---- */

static enum err submit_open(struct rig *r, uint8_t fill)
{
    struct request *q = calloc(1, sizeof *q);
    uint8_t bytes[REQUEST_BYTES_MAX];
    size_t n = 0;
    enum rule_error rule = RULE_OK;
    q->kind = REQUEST_OPEN;
    memset(q->u.open.owner.bytes, fill, 20);
    ck_assert_ok(request_encode(q, true, bytes, sizeof bytes, &n));
    free(q);
    return rig_submit(r, bytes, n, &rule);
}

/* The contract takes no T an hour behind its block. */
START_TEST(a_batch_that_met_only_refused_requests_does_not_keep_its_old_time)
{
    struct rig *r = played(6);
    times_of(r, 6);
    const struct step *t = NULL;
    for (size_t i = 0; i < script->n && t == NULL; i++) {
        if (script->steps[i].batch == 6 && is_signed(&script->steps[i])) t = &script->steps[i];
    }
    ck_assert_ptr_nonnull(t);
    enum rule_error rule = RULE_OK;
    uint8_t *bytes = malloc(t->len);
    memcpy(bytes, t->bytes, t->len);
    bytes[t->len - 1] ^= 1;
    ck_assert_err(rig_submit(r, bytes, t->len, &rule), ERR_REJECTED);
    free(bytes);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        sequencer_set_chain_time(r->sequencer, c, script->times[6] + 7200);
    ck_assert_ok(submit_open(r, 1));
    ck_assert_uint_eq(sequencer_time(r->sequencer), script->times[6] + 7200);
    rig_seal(r);
    struct seal want = r->seals[r->n_seals - 1];
    rig_close(r);
    rig_must_open(r, script);
    ck_assert_mem_eq(&r->seals[r->n_seals - 1], &want, sizeof want);
    dismiss(r);
}
END_TEST

START_TEST(nothing_is_accepted_while_a_chain_stands_still)
{
    struct rig *r = played(1);
    sequencer_set_chain_time(r->sequencer, 0, script->times[0] + 3000);
    sequencer_set_chain_time(r->sequencer, 1, script->times[0]);
    ck_assert_err(submit_open(r, 1), ERR_UNAVAILABLE);
    sequencer_set_chain_time(r->sequencer, 1, script->times[0] + 2000);
    ck_assert_ok(submit_open(r, 1));
    dismiss(r);
}
END_TEST

/* ---- links ---- */

/* PriorityRequest(index, kind, record, payer, expiresAt) in a new block of chain c. */
static void request_event(struct house *h, uint16_t c, uint64_t index, const struct step *t)
{
    uint8_t data[7 * 32] = {0};
    ck_assert_uint_le(t->len, 64);
    data[31] = t->bytes[0] >> 4;
    data[63] = 0x80;
    data[4 * 32 + 31] = (uint8_t)t->len;
    memcpy(data + 5 * 32, t->bytes, t->len);
    (void)mock_push_block(h->mock[c], script->times[0]);
    house_event(h, c, "PriorityRequest(uint64,uint8,bytes,address,uint64)", index,
                span_make(data, sizeof data));
}

static void commit_event(struct house *h, uint16_t c, const struct seal *s)
{
    uint8_t words[96];
    memcpy(words, s->statement, 32);
    memcpy(words + 32, s->final_root, 32);
    memcpy(words + 64, s->digest, 32);
    house_event(h, c, "BatchCommitted(uint64,bytes32,bytes32,bytes32)", s->k,
                span_make(words, sizeof words));
}

static uint16_t away_chain;
static void one_is_away(struct house *h) { mock_set_trouble(h->mock[away_chain], ERR_NET); }

START_TEST(a_request_waits_while_another_chain_is_away)
{
    struct house *h = house_new(script);
    const struct step *t = &script->steps[0];
    ck_assert(t->is_priority);
    away_chain = (uint16_t)(1 - t->chain);
    h->before_start = one_is_away;
    house_open(h);
    request_event(h, t->chain, 0, t);
    HOUSE_UNTIL(h, l1_link_marks(h->links[t->chain])->final_block >= 1);
    house_rounds(h, 10);
    ck_assert_ptr_null(l1_link_halted(h->links[t->chain]));
    ck_assert_uint_eq(sequencer_priority_next(h->rig.sequencer, t->chain), 0);
    mock_set_trouble(h->mock[away_chain], ERR_OK);
    (void)mock_push_block(h->mock[away_chain], script->times[0]);
    HOUSE_UNTIL(h, sequencer_priority_next(h->rig.sequencer, t->chain) == 1);
    ck_assert_ptr_null(l1_link_halted(h->links[t->chain]));
    house_free(h);
}
END_TEST

static enum err add_open_nonce(void *ctx, const struct outbox_entry *e)
{
    uint64_t *sum = ctx;
    if (e->state != OUTBOX_FINAL) *sum += e->nonce;
    return ERR_OK;
}

START_TEST(a_transaction_that_came_second_does_not_halt_now_or_after_a_restart)
{
    struct house *h = house_new(script);
    house_open(h);
    house_play(h, 0);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1 && mock_tx_count(h->mock[1]) == 1);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        (void)mock_push_block(h->mock[c], script->times[0]);
        commit_event(h, c, &h->rig.seals[0]);
        mock_mine_tx(h->mock[c], 0, false, span_make("\xde\xad\xbe\xef", 4));
    }
    house_rounds(h, 50);
    ck_assert_ptr_null(l1_link_halted(h->links[0]));
    ck_assert_ptr_null(l1_link_halted(h->links[1]));
    house_play(h, 1);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 2);
    ck_assert_uint_eq(mock_tx_at(h->mock[0], 1)->nonce, mock_tx_at(h->mock[0], 0)->nonce + 1);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[1]) == 2);
    /* what a restart reads back: only the second one is still to be sent */
    struct db *db = NULL;
    uint64_t open_nonces = 0;
    rig_wait(&h->rig);
    char text[200];
    ck_assert_ok(db_open(&db, &db_driver_sqlite, h->rig.path, text, sizeof text));
    ck_assert_ok(outbox_read(db, add_open_nonce, &open_nonces));
    db_close(db);
    ck_assert_uint_eq(open_nonces, 1 + 1);
    house_free(h);
}
END_TEST

START_TEST(the_delay_of_a_batch_runs_from_the_first_agreement_on_it)
{
    struct house *h = house_new(script);
    uint8_t digest[32] = {0};
    house_open(h);
    for (uint64_t k = 1; k <= 5; k += 2) {
        (void)mock_push_block(h->mock[0], 1000 * k);
        house_event(h, 0, "BatchAgreed(uint64,bytes32)", k, span_make(digest, 32));
    }
    HOUSE_UNTIL(h, l1_link_marks(h->links[0])->agreed == 5);
    ck_assert_uint_eq(l1_link_agreed_time(h->links[0], 1), 1000);
    ck_assert_uint_eq(l1_link_agreed_time(h->links[0], 2), 3000);
    ck_assert_uint_eq(l1_link_agreed_time(h->links[0], 3), 3000);
    ck_assert_uint_eq(l1_link_agreed_time(h->links[0], 5), 5000);
    ck_assert_uint_eq(l1_link_agreed_time(h->links[0], 6), UINT64_MAX);
    house_free(h);
}
END_TEST

START_TEST(a_batch_that_was_sent_is_never_taken_back)
{
    struct house *h = house_new(script);
    house_open(h);
    house_play(h, 0);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1 && mock_tx_count(h->mock[1]) == 1);
    h->refuse_once = 1; /* the gate restarts, wants batch 1 again, and refuses it now */
    h->answer.chain = 0;
    h->answer.record = 0;
    h->expects_once = 1;
    house_play(h, 1);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->audit_refusals == 1);
    ck_assert_ptr_nonnull(sequencer_halted(h->rig.sequencer));
    ck_assert_uint_eq(sequencer_sealed_batch(h->rig.sequencer), 2);
    house_rounds(h, 20);
    ck_assert_uint_eq(h->rig.n_seals, 2);
    house_free(h);
}
END_TEST

START_TEST(a_batch_sets_out_only_while_every_chain_answers)
{
    struct house *h = house_new(script);
    house_open(h);
    house_rounds(h, 20);
    mock_set_trouble(h->mock[1], ERR_NET);
    HOUSE_UNTIL(h, !l1_link_is_well(h->links[1]));
    house_play(h, 0);
    HOUSE_UNTIL(h, h->n_asked >= 1);
    house_rounds(h, 50);
    ck_assert_uint_eq(mock_tx_count(h->mock[0]), 0);
    mock_set_trouble(h->mock[1], ERR_OK);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1 && mock_tx_count(h->mock[1]) == 1);
    house_free(h);
}
END_TEST

START_TEST(batches_that_waited_too_long_are_sealed_again_with_a_new_time)
{
    struct house *h = house_new(script);
    h->answer.verdict = GATE_CANNOT_SEE;
    house_open(h);
    house_play(h, 0);
    house_play(h, 1);
    HOUSE_UNTIL(h, h->n_asked >= 2);
    uint64_t now = (uint64_t)script->times[1] + 4000;
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) (void)mock_push_block(h->mock[c], now);
    HOUSE_UNTIL(h, h->rig.n_seals > 2);
    ck_assert_uint_eq(h->rig.seals[2].k, 1);
    h->answer.verdict = GATE_APPROVED;
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        (void)mock_push_block(h->mock[c], now);
        commit_event(h, c, &h->rig.seals[2]);
    }
    HOUSE_UNTIL(h, l1_link_marks(h->links[0])->committed == 1);
    ck_assert_ptr_null(l1_link_halted(h->links[0]));
    house_free(h);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("attack");
    TCase *tc = tcase_create("restart");
    tcase_add_unchecked_fixture(tc, script_make, script_drop);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, after_a_restart_signatures_are_checked_in_the_batch_that_was_open);
    tcase_add_test(tc, a_power_cut_during_a_refusal_loses_no_acknowledged_request);
    tcase_add_test(tc, a_refusal_while_intake_is_closed_drops_nothing_else);
    tcase_add_test(tc, a_batch_that_met_only_refused_requests_does_not_keep_its_old_time);
    tcase_add_test(tc, nothing_is_accepted_while_a_chain_stands_still);
    suite_add_tcase(suite, tc);
    tc = tcase_create("links");
    tcase_add_checked_fixture(tc, script_make, script_drop);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_request_waits_while_another_chain_is_away);
    tcase_add_test(tc, a_transaction_that_came_second_does_not_halt_now_or_after_a_restart);
    tcase_add_test(tc, the_delay_of_a_batch_runs_from_the_first_agreement_on_it);
    tcase_add_test(tc, a_batch_that_was_sent_is_never_taken_back);
    tcase_add_test(tc, a_batch_sets_out_only_while_every_chain_answers);
    tcase_add_test(tc, batches_that_waited_too_long_are_sealed_again_with_a_new_time);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}
