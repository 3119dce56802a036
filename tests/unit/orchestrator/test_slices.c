/* Batches of several slices, and of more than two chains: the same states and statements as core's,
 * after a restart too; what the contract, the gate and the receipts see counts through all segments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain_adapters/evm/hawser_abi.h"
#include "common/base/endian.h"
#include "common/base/require.h"
#include "core/op/amount.h"
#include "core/op/codec.h"
#include "tests/unit/orchestrator/house.h"

/* Small slices: a batch of some dozen operations has many. */
static const struct batch_limits small = {.records = 6,
                                          .signatures = 5,
                                          .tuples = 4,
                                          .pairs = 4,
                                          .accesses = 128,
                                          .cells = 64,
                                          .tree_rows = 2048,
                                          .poseidon = 16376,
                                          .bytes = 1024,
                                          .priority = 4,
                                          .withdrawals = 2};

static uint64_t fresh_seed(void)
{
    struct rng rng;
    check_seed(&rng);
    return rng_u64(&rng);
}

struct seen { /* of the batches as they were sealed */
    unsigned n, most_slices, most_segments;
    uint32_t n_requests[16], slices[16];
};
static void on_sealed(void *ctx, struct seq_batch *b)
{
    struct seen *s = ctx;
    REQUIRE(s->n < 16);
    s->n_requests[s->n] = (uint32_t)b->n_requests;
    s->slices[s->n++] = b->sealed.n_slices;
    if (b->sealed.n_slices > s->most_slices) s->most_slices = b->sealed.n_slices;
    if (b->sealed.n_segments > s->most_segments) s->most_segments = b->sealed.n_segments;
}

START_TEST(a_batch_of_many_slices_is_the_one_of_core_before_and_after_a_restart)
{
    enum { BATCHES = 4, PER_BATCH = 30 };
    struct script *s = script_new_sliced(fresh_seed(), BATCHES, PER_BATCH, true, 0, &small);
    struct seen seen = {0};
    struct rig r;
    rig_init(&r, s);
    r.sealed = on_sealed;
    r.ctx = &seen;
    rig_must_open(&r, s);
    rig_play(&r, s, 0, BATCHES);
    ck_assert_uint_eq(r.n_seals, BATCHES);
    ck_assert_uint_gt(seen.most_slices, 2);
    ck_assert_uint_gt(seen.most_segments, seen.most_slices);
    for (uint32_t b = 0; b < BATCHES; b++)
        ck_assert_mem_eq(r.seals[b].roots, s->roots[b], sizeof s->roots[b]);
    uint32_t highest = 0;
    for (int run = 0; run < 2; run++) {
        for (size_t i = 0; i < s->n; i++) {
            const struct step *t = &s->steps[i];
            uint8_t id[32];
            if (t->is_priority) continue;
            step_id(id, t);
            const struct receipt *receipt = sequencer_receipt(r.sequencer, id);
            ck_assert_ptr_nonnull(receipt);
            ck_assert_uint_eq(receipt->k, t->batch + 1);
            ck_assert_uint_eq(receipt->n_ops, t->n_ops);
            ck_assert_mem_eq(receipt->chain, t->op_chain, sizeof t->op_chain);
            ck_assert_mem_eq(receipt->record, t->record, sizeof t->record);
            if (t->record[0] > highest) highest = t->record[0];
        }
        ck_assert_uint_gt(highest, small.records); /* behind the first segment */
        struct seal last = r.seals[BATCHES - 1];
        rig_close(&r);
        memset(&seen, 0, sizeof seen);
        r.seal_slices = 1; /* whatever the limits are now: the journal says what was sealed */
        rig_must_open(&r, s);
        ck_assert_uint_eq(r.n_seals, BATCHES);
        ck_assert_mem_eq(&r.seals[BATCHES - 1], &last, sizeof last);
    }
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

START_TEST(a_batch_has_at_most_the_slices_that_the_operator_wants)
{
    struct script *s = script_new_sliced(fresh_seed(), 1, 40, false, 0, &small);
    struct seen seen = {0};
    struct rig r;
    rig_init(&r, s);
    r.sealed = on_sealed;
    r.ctx = &seen;
    r.seal_slices = 2;
    rig_must_open(&r, s);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        sequencer_set_chain_time(r.sequencer, c, 1000);
    /* deposits of new accounts, on both chains in turn */
    struct op_priority p = {.kind = PRIORITY_DEPOSIT, .id = ACCOUNT_NEW, .slot = 2, .token = 1};
    p.amount = amount_from_u64(5);
    uint8_t record[64];
    priority_record_write(record, &p);
    for (unsigned i = 0; i < 40; i++)
        ck_assert_ok(sequencer_priority(r.sequencer, i % 2, i / 2,
                                        span_make(record, priority_record_size(p.kind))));
    rig_seal(&r);
    ck_assert_uint_eq(seen.most_slices, 2);
    ck_assert_uint_eq(seen.n, 3); /* 2 slices x 2 chains x 4 requests each */
    ck_assert_uint_eq(seen.n_requests[0], 16);
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

START_TEST(a_batch_asks_no_more_than_one_transaction_can_execute)
{
    static const struct {
        uint8_t kind;
        uint32_t fit; /* in one batch */
    } rows[] = {{PRIORITY_DEPOSIT, BATCH_EXECUTION_MAX},
                {PRIORITY_EXIT, BATCH_EXECUTION_MAX / BATCH_EXECUTION_PAYMENT}};
    struct script *s = script_new(fresh_seed(), 1, 1, false);
    for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
        struct seen seen = {0};
        struct rig r;
        rig_init(&r, s);
        r.sealed = on_sealed;
        r.ctx = &seen;
        rig_must_open(&r, s);
        for (uint16_t c = 0; c < WORLD_CHAINS; c++)
            sequencer_set_chain_time(r.sequencer, c, 1000);
        struct op_priority p = {.kind = rows[row].kind, .id = 5, .slot = 2};
        if (p.kind == PRIORITY_DEPOSIT) {
            p.token = 1;
            p.amount = amount_from_u64(7);
        }
        uint8_t record[64];
        priority_record_write(record, &p);
        for (unsigned i = 0; i <= rows[row].fit; i++) {
            ck_assert_ok(sequencer_priority(r.sequencer, 0, i,
                                            span_make(record, priority_record_size(p.kind))));
            /* the other chain has its own transaction */
            ck_assert_ok(sequencer_priority(r.sequencer, 1, i,
                                            span_make(record, priority_record_size(p.kind))));
            /* and a restart forgets nothing of what the open batch asks */
            if (i != rows[row].fit / 2) continue;
            rig_close(&r);
            rig_must_open(&r, s);
            for (uint16_t c = 0; c < WORLD_CHAINS; c++)
                sequencer_set_chain_time(r.sequencer, c, 1000);
        }
        rig_seal(&r);
        ck_assert_uint_eq(seen.n, 2);
        ck_assert_uint_eq(seen.n_requests[0], 2 * rows[row].fit);
        ck_assert_uint_eq(seen.n_requests[1], 2);
        rig_close(&r);
        rig_deinit(&r);
    }
    script_free(s);
}
END_TEST

/* ---- three chains ---- */

struct three {
    const struct deployment *deployment;
    const struct sequencer *sequencer;
    unsigned n;
    uint8_t digest[2][32];
};
static void on_three(void *ctx, struct seq_batch *b)
{
    struct three *t = ctx;
    ck_assert_uint_lt(t->n, 2);
    ck_assert_uint_eq(b->n_chains, 3);
    struct chain_pubdata parts[3];
    struct chain_root roots[3];
    for (uint16_t c = 0; c < 3; c++) {
        struct chain_trace *traces[BATCH_SEGMENTS_MAX];
        uint8_t hashes[BATCH_SEGMENTS_MAX][32];
        ck_assert_uint_eq(b->chains[c], c);
        uint32_t n = sealed_batch_of_chain(&b->sealed, c, traces);
        ck_assert_uint_gt(n, 1);
        for (uint32_t i = 0; i < n; i++)
            memcpy(hashes[i], traces[i]->segment_hash, 32);
        parts[c].chain_id = roots[c].chain_id = t->deployment->chains[c].chain_id;
        ck_assert_ok(pubdata_hash(parts[c].hash, hashes[0], n));
        roots[c].root = traces[n - 1]->root_after;
        ck_assert_mem_eq(&b->roots[c], &roots[c].root, sizeof roots[c].root);
        ck_assert_mem_eq(&b->roots_before[c], &traces[0]->root_before, sizeof roots[c].root);
    }
    uint8_t final_root[32];
    uint8_t statement[32];
    ck_assert_ok(final_root_hash(final_root, b->k, roots, 3));
    ck_assert_mem_eq(b->final_root, final_root, 32);
    struct statement st = {
        .k = b->k, .time = b->time, .participants = parts, .n_participants = 3};
    struct chain_entry list[3];
    for (uint16_t c = 0; c < 3; c++) {
        const struct deployment_chain *d = &t->deployment->chains[c];
        list[c] = (struct chain_entry){.index = c, .chain_id = d->chain_id, .finality = d->finality};
        memcpy(list[c].address, d->contract, 20);
    }
    memcpy(st.deployment_id, t->deployment->id, 32);
    memcpy(st.final_root_before, b->final_root_before, 32);
    memcpy(st.final_root_after, final_root, 32);
    ck_assert_ok(chains_digest(st.chains_digest, list, 3));
    programs_digest(st.programs_digest, t->deployment->terminal_program);
    ck_assert_ok(statement_hash(statement, &st));
    ck_assert_mem_eq(b->statement, statement, 32);
    memcpy(t->digest[t->n++], b->digest, 32);
}

START_TEST(three_chains_take_part_in_one_batch)
{
    struct script *s = script_new_sliced(fresh_seed(), 1, 1, false, 0, &small);
    struct rig r;
    rig_init(&r, s);
    r.deployment.n_chains = 3;
    r.deployment.chains[2] = r.deployment.chains[1];
    r.deployment.chains[2].index = 2;
    r.deployment.chains[2].chain_id = 31009;
    struct three three = {.deployment = &r.deployment};
    r.sealed = on_three;
    r.ctx = &three;
    rig_must_open(&r, s);
    for (uint16_t c = 0; c < 3; c++)
        sequencer_set_chain_time(r.sequencer, c, 1000);
    struct op_priority p = {.kind = PRIORITY_DEPOSIT, .id = ACCOUNT_NEW, .slot = 2, .token = 1};
    p.amount = amount_from_u64(11);
    uint8_t record[64];
    priority_record_write(record, &p);
    for (unsigned i = 0; i < 48; i++) {
        ck_assert_ok(sequencer_priority(r.sequencer, (uint16_t)(i % 3), i / 3,
                                        span_make(record, priority_record_size(p.kind))));
        if (i == 23) rig_seal(&r);
    }
    rig_seal(&r);
    ck_assert_uint_eq(three.n, 2);
    struct three again = {.deployment = &r.deployment};
    r.ctx = &again;
    rig_close(&r);
    rig_must_open(&r, s);
    ck_assert_uint_eq(again.n, 2);
    ck_assert_mem_eq(again.digest, three.digest, sizeof three.digest);
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

/* ---- taken back ---- */

START_TEST(a_record_behind_the_first_segment_is_found_and_dropped)
{
    enum { BATCHES = 4 };
    struct script *s = script_new_sliced(fresh_seed(), BATCHES, 24, true, 0, &small);
    struct rig r;
    rig_init(&r, s);
    rig_must_open(&r, s);
    rig_play(&r, s, 0, BATCHES);
    const struct step *bad = NULL;
    for (size_t i = 0; i < s->n; i++) {
        const struct step *t = &s->steps[i];
        if (t->batch + 1 == BATCHES && !t->is_priority && t->record[0] >= small.records) bad = t;
    }
    ck_assert_ptr_nonnull(bad);
    ck_assert_ok(
        sequencer_reject(r.sequencer, BATCHES, bad->op_chain[0], bad->record[0], "refused"));
    rig_wait(&r);
    uint8_t id[32];
    step_id(id, bad);
    ck_assert_int_eq(sequencer_receipt(r.sequencer, id)->state, RECEIPT_REJECTED);
    unsigned dropped = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->steps[i].batch + 1 != BATCHES || s->steps[i].is_priority) continue;
        step_id(id, &s->steps[i]);
        dropped += sequencer_receipt(r.sequencer, id)->state == RECEIPT_REJECTED;
    }
    printf("dropped with the refused one: %u\n", dropped - 1);
    struct seal last = r.seals[r.n_seals - 1];
    ck_assert_uint_eq(last.k, BATCHES);
    rig_close(&r);
    rig_must_open(&r, s);
    ck_assert_mem_eq(&r.seals[r.n_seals - 1], &last, sizeof last);
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

/* ---- what the chains get ---- */

/* The regions of a chain's part as settlement.md says, from the decoded segments. */
static void regions_expect(struct bytes_buf *out, struct chain_trace *const *traces, uint32_t n)
{
    bytes_buf_clear(out);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < n; i++) {
            const uint8_t *p = traces[i]->bytes;
            size_t priority = get_be32(p + 20);
            size_t withdrawals = 44u * get_be16(p + 18);
            if (pass == 0)
                ck_assert_ok(bytes_buf_append(out, p + 44, priority));
            else
                ck_assert_ok(bytes_buf_append(out, p + 44 + priority, withdrawals));
        }
    }
}

/* Proves, agrees on and executes all; looks at what executeBatch is called with. */
static void execute_all(struct house *h, uint32_t batches)
{
    struct bytes_buf regions;
    struct bytes_buf call;
    unsigned with_regions = 0;
    bytes_buf_init(&regions, 1 << 20);
    bytes_buf_init(&call, 1 << 20);
    ck_assert_uint_gt(house_prove_all(h), batches);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        HOUSE_UNTIL(h, mock_tx_count(h->mock[c]) == batches + 1 || house_prove_all(h) > 1000);
        house_mine_proof(h, c, 1, batches);
    }
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        uint8_t digest[32] = {0};
        (void)mock_push_block(h->mock[c], l1_link_marks(h->links[c])->latest_time + 1);
        house_event(h, c, "BatchAgreed(uint64,bytes32)", batches, span_make(digest, 32));
    }
    for (uint32_t k = 1; k <= batches; k++) {
        const struct seq_batch *b = pipeline_at(h->pipeline, k - 1)->batch;
        for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
            struct chain_trace *traces[BATCH_SEGMENTS_MAX];
            HOUSE_UNTIL(h, mock_tx_count(h->mock[c]) == batches + 1 + k);
            const struct mock_tx *tx = mock_tx_at(h->mock[c], batches + k);
            uint32_t n = sealed_batch_of_chain(&b->sealed, c, traces);
            regions_expect(&regions, traces, n);
            bytes_buf_clear(&call);
            ck_assert_ok(hawser_encode_execute_batch(&call, k, bytes_buf_span(&regions)));
            ck_assert_uint_eq(tx->data.len, call.len);
            ck_assert_mem_eq(tx->data.data, call.data, call.len);
            with_regions += regions.len > 0;
            (void)mock_push_block(h->mock[c], l1_link_marks(h->links[c])->latest_time + 1);
            mock_mine_tx(h->mock[c], batches + k, true, span_make(NULL, 0));
        }
    }
    ck_assert_uint_gt(with_regions, 0);
    bytes_buf_deinit(&regions);
    bytes_buf_deinit(&call);
}

START_TEST(commit_carries_all_segments_and_execute_all_regions)
{
    enum { BATCHES = 3 };
    struct script *s = script_new_sliced(fresh_seed(), BATCHES, 30, true, 0, &small);
    struct house *h = house_with_batches(s, BATCHES);
    unsigned several = 0;
    for (size_t i = 0; i < pipeline_count(h->pipeline); i++) {
        const struct seq_batch *b = pipeline_at(h->pipeline, i)->batch;
        for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
            struct hawser_statement statement;
            struct span segments[HAWSER_SEGMENTS_MAX];
            size_t n = 0;
            uint64_t epoch = 0;
            struct chain_trace *traces[BATCH_SEGMENTS_MAX];
            const struct mock_tx *tx = mock_tx_at(h->mock[c], i);
            ck_assert_ok(hawser_decode_commit_batch(&statement, segments, &n, &epoch, tx->data));
            ck_assert_uint_eq(statement.k, b->k);
            ck_assert_uint_eq(statement.participant_count, b->n_chains);
            ck_assert_uint_eq(n, sealed_batch_of_chain(&b->sealed, c, traces));
            several += n > 1;
            for (size_t j = 0; j < n; j++) {
                ck_assert_uint_eq(segments[j].len, traces[j]->n_bytes);
                ck_assert_mem_eq(segments[j].data, traces[j]->bytes, segments[j].len);
            }
        }
    }
    ck_assert_uint_gt(several, 0);
    execute_all(h, BATCHES);
    house_free(h);
    script_free(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("orchestrator/slices");
    TCase *t = tcase_create("slices");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, a_batch_of_many_slices_is_the_one_of_core_before_and_after_a_restart);
    tcase_add_test(t, a_batch_has_at_most_the_slices_that_the_operator_wants);
    tcase_add_test(t, a_batch_asks_no_more_than_one_transaction_can_execute);
    tcase_add_test(t, three_chains_take_part_in_one_batch);
    tcase_add_test(t, a_record_behind_the_first_segment_is_found_and_dropped);
    tcase_add_test(t, commit_carries_all_segments_and_execute_all_regions);
    suite_add_tcase(s, t);
    return check_main(s);
}
