/* Pipeline, L1 links and write-ahead outbox with scripted chains, gate and prover around them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain_adapters/evm/hawser_abi.h"
#include "db/migrations/migrations.h"
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

static struct house *house_new(void)
{
    struct house *h = malloc(sizeof *h);
    ck_assert_ptr_nonnull(h);
    house_init(h, script);
    return h;
}

static void house_free(struct house *h)
{
    house_close(h);
    house_deinit(h);
    free(h);
}

/* ---- outbox as it is on disk ---- */

struct row {
    uint32_t chain;
    uint64_t nonce, k;
    uint8_t stage, state;
    uint8_t hash[32];
    uint8_t raw[64 * 1024];
    size_t len;
};
struct rows {
    struct row row[64];
    size_t n;
};

static enum err take_row(void *ctx, const struct outbox_entry *e)
{
    struct rows *rows = ctx;
    ck_assert_uint_lt(rows->n, 64);
    struct row *r = &rows->row[rows->n++];
    *r = (struct row){.chain = e->chain,
                      .nonce = e->nonce,
                      .k = e->k,
                      .stage = e->stage,
                      .state = e->state,
                      .len = e->raw.len};
    memcpy(r->hash, e->hash, 32);
    ck_assert_uint_le(e->raw.len, sizeof r->raw);
    memcpy(r->raw, e->raw.data, e->raw.len);
    return ERR_OK;
}

/* What a power cut now would leave. */
static struct rows *outbox_now(const struct house *h)
{
    struct rows *rows = calloc(1, sizeof *rows);
    struct rig *cut = malloc(sizeof *cut);
    struct db *db = NULL;
    ck_assert(rows != NULL && cut != NULL);
    rig_init(cut, script);
    rig_copy(cut, &h->rig);
    ck_assert_ok(db_open(&db, &db_driver_sqlite, cut->path));
    ck_assert_ok(outbox_read(db, take_row, rows));
    db_close(db);
    rig_deinit(cut);
    free(cut);
    return rows;
}

/* ---- gate ---- */

START_TEST(nothing_is_committed_before_the_gate_approves)
{
    struct house *h = house_new();
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
    struct house *h = house_new();
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
    struct house *h = house_new();
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
    struct house *h = house_new();
    house_open(h);
    house_play(h, 0);
    for (int i = 0; mock_tx_count(h->mock[0]) == 0; i++) {
        ck_assert_int_lt(i, 20000);
        house_round(h);
    }
    struct rows *rows = outbox_now(h);
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
    struct house *h = house_new();
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
    struct rows *before = outbox_now(h);
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
        struct rows *rows = outbox_now(h);
        ck_assert_mem_eq(rows, before, sizeof *rows);
        free(rows);
    }
    free(before);
    house_free(h);
}
END_TEST

START_TEST(no_nonce_is_ever_signed_for_two_payloads_and_none_is_skipped)
{
    struct house *h = house_new();
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
    struct rows *rows = outbox_now(h);
    ck_assert_uint_eq(rows->n, 2 * BATCHES);
    for (size_t i = 0; i < rows->n; i++) {
        const struct row *r = &rows->row[i];
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
    struct house *h = house_new();
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
    struct house *h = house_new();
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
    struct house *h = house_new();
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
    struct house *h = house_new();
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
    struct house *h = house_new();
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
    struct house *h = house_new();
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
    struct house *h = house_new();
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
    struct house *h = l->h = house_new();
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
    struct rows *before = outbox_now(h);
    house_close(h);
    history = &l;
    h->before_start = show_history;
    house_open(h);
    HOUSE_UNTIL(h, l1_link_marks(h->links[l.had])->final_block == 3);
    house_rounds(h, 30);
    ck_assert_ptr_null(l1_link_halted(h->links[l.had]));
    ck_assert_uint_eq(l1_link_marks(h->links[l.had])->committed, 0);
    ck_assert_mem_eq(pipeline_at(h->pipeline, 0)->batch->statement, again, 32);
    struct rows *after = outbox_now(h); /* nothing was signed a second time */
    ck_assert_uint_eq(after->n, before->n);
    ck_assert_uint_eq(l1_link_sent(h->links[l.had], OUTBOX_COMMIT), 1);
    free(before);
    free(after);
    house_free(h);
}
END_TEST

/* ---- provers ---- */

static bool same_job(const struct job_id *a, const struct job_id *b)
{
    return a->from == b->from && a->to == b->to && a->layer == b->layer && a->index == b->index &&
           memcmp(a->content, b->content, sizeof a->content) == 0;
}

static struct house *house_with_batches(uint32_t n)
{
    struct house *h = house_new();
    house_open(h);
    for (uint32_t b = 0; b < n; b++)
        house_play(h, b);
    house_commit(h, 1, n);
    return h;
}

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
    struct house *h = house_with_batches(1);
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
    struct house *h = house_with_batches(5);
    struct job_id held[5];
    unsigned n = 0;
    uint8_t proof[HOUSE_PROOF_BYTES];
    /* Everything but the batches' last joins, so that no range begins. */
    for (;;) {
        house_worker_ask(h);
        if (h->reply_type != JOB_MSG_WORK) break;
        struct job_id id = h->job.id;
        if (id.layer == LAYER_JOIN_BATCH) {
            held[n++] = id;
            continue;
        }
        house_proof(proof, &id);
        house_worker_result(h, &id, proof, sizeof proof);
        house_rounds(h, 3);
    }
    ck_assert_uint_eq(n, 5);
    for (unsigned i = 5; i > 0; i--) { /* the first batch last */
        ck_assert_uint_eq(pipeline_range_count(h->pipeline), 0);
        house_proof(proof, &held[i - 1]);
        house_worker_result(h, &held[i - 1], proof, sizeof proof);
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
    uint8_t proof[HOUSE_PROOF_BYTES];
    for (;;) {
        house_worker_ask(h);
        if (h->reply_type != JOB_MSG_WORK) break;
        struct job_id id = h->job.id;
        if (id.layer == LAYER_JOIN_BATCH && id.from == k) {
            held = id;
            continue;
        }
        house_proof(proof, &id);
        house_worker_result(h, &id, proof, sizeof proof);
        house_rounds(h, 3);
    }
    ck_assert_uint_eq(held.from, k);
    return held;
}

START_TEST(a_ready_batch_waits_for_the_next_one_but_not_for_ever)
{
    struct house *h = house_with_batches(3);
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
    struct house *h = house_with_batches(3);
    uint8_t proof[HOUSE_PROOF_BYTES];
    struct job_id join = prove_without_join(h, 2);
    manual_clock_advance(&h->rig.clock, 21000);
    house_rounds(h, 2); /* batch 1 goes alone */
    house_proof(proof, &join);
    house_worker_result(h, &join, proof, sizeof proof);
    struct job_id terminal = {.from = 0};
    for (;;) { /* its terminal is held back */
        house_worker_ask(h);
        if (h->reply_type != JOB_MSG_WORK) break;
        struct job_id id = h->job.id;
        if (id.layer == LAYER_TERMINAL) {
            terminal = id;
            continue;
        }
        house_proof(proof, &id);
        house_worker_result(h, &id, proof, sizeof proof);
        house_rounds(h, 3);
    }
    ck_assert_uint_eq(terminal.to, 1);
    ck_assert_uint_eq(pipeline_range_count(h->pipeline), 1);
    house_proof(proof, &terminal);
    house_worker_result(h, &terminal, proof, sizeof proof);
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
    struct house *h = house_with_batches(3);
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

START_TEST(finished_proofs_and_leases_outlive_the_orchestrator)
{
    struct house *h = house_with_batches(2);
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
        ck_assert(!same_job(&h->job.id, &first)); /* done */
        ck_assert(!same_job(&h->job.id, &out));   /* somebody is at it */
    }
    ck_assert_uint_ge(seen, 1);
    house_proof(proof, &out); /* and may deliver to the new process */
    uint64_t before = pipeline_totals(h->pipeline)->proofs;
    house_worker_result(h, &out, proof, sizeof proof);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->proofs == before + 1);
    house_free(h);
}
END_TEST

START_TEST(a_job_is_handed_out_once_until_its_lease_is_over)
{
    struct house *h = house_new();
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
        ck_assert(!same_job(&h->job.id, &first));
    }
    ck_assert_int_eq(h->reply_type, JOB_MSG_NONE);
    /* the worker was killed: nobody returns a proof */
    manual_clock_advance(&h->rig.clock, 61000);
    house_rounds(h, 2);
    house_worker_ask(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    ck_assert(same_job(&h->job.id, &first));
    house_free(h);
}
END_TEST

START_TEST(a_worker_that_gives_up_leaves_its_job_to_the_next_at_once)
{
    struct house *h = house_new();
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
    ck_assert(same_job(&h->job.id, &first));
    ck_assert_uint_eq(pipeline_totals(h->pipeline)->refused_proofs, 0);
    house_free(h);
}
END_TEST

static void deliver_garbage(bool late)
{
    struct house *h = house_new();
    uint8_t garbage[4096] = {1};
    house_open(h);
    house_play(h, 0);
    HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == 1);
    house_worker_ask(h);
    struct job_id first = h->job.id;
    if (late) {
        manual_clock_advance(&h->rig.clock, 61000);
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
    ck_assert(same_job(&h->job.id, &first));
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
    struct house *h = house_with_batches(1);
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

/* Workers that die, lie, are slow or deliver twice, at random: all batches get proven. */
START_TEST(random_bad_workers_lose_nothing)
{
    struct house *h = house_with_batches(BATCHES);
    struct rng rng;
    uint8_t proof[HOUSE_PROOF_BYTES];
    struct job_id slow = {.from = 0};
    check_seed(&rng);
    for (int i = 0; l1_link_marks(h->links[1])->proven < BATCHES; i++) {
        ck_assert_int_lt(i, 5000);
        house_mine_proofs(h);
        house_worker_ask(h);
        if (h->reply_type != JOB_MSG_WORK) {
            manual_clock_advance(&h->rig.clock, 30000); /* leases end, pauses too */
            house_rounds(h, 2);
            continue;
        }
        struct job_id id = h->job.id;
        house_proof(proof, &id);
        uint64_t what = rng_u64(&rng) % 10;
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
    struct house *h = house_with_batches(1);
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
    struct house *h = house_with_batches(1);
    house_worker_ask_idle(h);
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    struct job_id first = h->job.id;
    house_worker_ask_idle(h); /* it was killed and started again */
    ck_assert_int_eq(h->reply_type, JOB_MSG_WORK);
    ck_assert(same_job(&h->job.id, &first));
    house_worker_ask(h); /* it says that it is still at the first one */
    ck_assert(h->reply_type != JOB_MSG_WORK || !same_job(&h->job.id, &first));
    house_free(h);
}
END_TEST

START_TEST(strangers_get_no_job)
{
    struct house *h = house_new();
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
    tcase_add_test(t, a_batch_that_a_chain_cannot_take_in_time_is_reverted_and_sealed_again);
    tcase_add_test(t, before_the_hour_is_over_nothing_is_taken_back);
    tcase_add_test(t, a_restart_knows_what_was_taken_back_and_goes_on);
    tcase_add_test(t, a_batch_becomes_one_terminal_proof_that_goes_to_every_chain_in_turn);
    tcase_add_test(t, all_batches_that_are_ready_go_into_one_range);
    tcase_add_test(t, a_ready_batch_waits_for_the_next_one_but_not_for_ever);
    tcase_add_test(t, a_range_waits_until_the_terminal_before_it_is_made);
    tcase_add_test(t, a_range_that_somebody_else_proved_in_part_is_planned_anew_and_halts_nothing);
    tcase_add_test(t, finished_proofs_and_leases_outlive_the_orchestrator);
    tcase_add_test(t, a_job_is_handed_out_once_until_its_lease_is_over);
    tcase_add_test(t, a_worker_that_gives_up_leaves_its_job_to_the_next_at_once);
    tcase_add_test(t, a_proof_that_does_not_verify_is_refused_and_its_job_given_out_again);
    tcase_add_test(t, a_proof_that_comes_after_its_lease_is_verified_all_the_same);
    tcase_add_test(t, a_proof_delivered_twice_counts_once);
    tcase_add_test(t, random_bad_workers_lose_nothing);
    tcase_add_test(t, a_request_is_acted_on_once_and_never_in_another_run);
    tcase_add_test(t, a_worker_that_comes_back_with_empty_hands_gets_its_job_again_at_once);
    tcase_add_test(t, strangers_get_no_job);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
