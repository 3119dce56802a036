/* Sequencer and store on a real SQLite file: what is acknowledged is there after any restart, and the
 * journal gives the same states, or is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "core/op/amount.h"
#include "core/op/codec.h"
#include "db/migrations/migrations.h"
#include "tests/unit/orchestrator/rig.h"

enum { BATCHES = 10, PER_BATCH = 12 };

static uint64_t fresh_seed(void)
{
    struct rng rng;
    check_seed(&rng);
    return rng_u64(&rng);
}

static void expect_same_seals(const struct rig *a, const struct rig *b)
{
    ck_assert_uint_eq(a->n_seals, b->n_seals);
    for (size_t i = 0; i < a->n_seals; i++)
        ck_assert_mem_eq(&a->seals[i], &b->seals[i], sizeof a->seals[i]);
}

START_TEST(sealed_roots_are_those_of_core_over_the_same_requests)
{
    struct script *s = script_new(fresh_seed(), BATCHES, PER_BATCH, false);
    struct rig r;
    rig_init(&r, s);
    rig_must_open(&r, s);
    /* the script's signatures are hollow: the live path must refuse them */
    ck_assert_uint_gt(s->n, BATCHES);
    size_t i = 0;
    while (i < s->n && s->steps[i].is_priority)
        i++;
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        sequencer_set_chain_time(r.sequencer, c, 1);
    enum rule_error rule = RULE_OK;
    enum err err = rig_submit(&r, s->steps[i].bytes, s->steps[i].len, &rule);
    if (s->steps[i].kind == REQUEST_OPEN)
        ck_assert_ok(err);
    else
        ck_assert_err(err, ERR_REJECTED);
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);

    s = script_new(fresh_seed(), BATCHES, PER_BATCH, true);
    rig_init(&r, s);
    rig_must_open(&r, s);
    rig_play(&r, s, 0, BATCHES);
    ck_assert_uint_eq(r.n_seals, BATCHES);
    for (uint32_t b = 0; b < BATCHES; b++) {
        ck_assert_uint_eq(r.seals[b].k, b + 1);
        ck_assert_mem_eq(r.seals[b].roots, s->roots[b], sizeof s->roots[b]);
    }
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

START_TEST(replay_gives_the_same_roots_statements_and_digests)
{
    struct script *s = script_new(fresh_seed(), BATCHES, PER_BATCH, true);
    struct rig *r = calloc(2, sizeof *r);
    rig_init(&r[0], s);
    rig_must_open(&r[0], s);
    rig_play(&r[0], s, 0, BATCHES / 2);
    r[1] = r[0]; /* the seals of the first run */
    rig_close(&r[0]);
    rig_must_open(&r[0], s);
    expect_same_seals(&r[1], &r[0]);
    /* and it goes on as if nothing had happened */
    rig_play(&r[0], s, BATCHES / 2, BATCHES);
    ck_assert_mem_eq(r[0].seals[BATCHES - 1].roots, s->roots[BATCHES - 1],
                     sizeof s->roots[BATCHES - 1]);
    rig_close(&r[0]);
    rig_must_open(&r[0], s);
    ck_assert_mem_eq(r[0].seals[BATCHES - 1].roots, s->roots[BATCHES - 1],
                     sizeof s->roots[BATCHES - 1]);
    rig_close(&r[0]);
    rig_deinit(&r[0]);
    free(r);
    script_free(s);
}
END_TEST

struct ack {
    struct rig *cut;
    const struct rig *live;
    bool done;
};
/* The moment a client hears "accepted" the power goes: what is on disk now must hold it. */
static void cut_power(void *ctx)
{
    struct ack *a = ctx;
    a->done = true;
    rig_copy(a->cut, a->live);
}

START_TEST(what_is_acknowledged_survives_a_power_cut_at_that_moment)
{
    struct script *s = script_new(fresh_seed(), 6, PER_BATCH, true);
    struct rig *r = calloc(2, sizeof *r);
    rig_init(&r[0], s);
    rig_must_open(&r[0], s);
    rig_play(&r[0], s, 0, 5);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        sequencer_set_chain_time(r[0].sequencer, c, s->times[5]);
    unsigned cuts = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->steps[i].batch != 5) continue;
        if (s->steps[i].is_priority) {
            rig_step(&r[0], &s->steps[i]);
            continue;
        }
        rig_init(&r[1], s);
        struct ack ack = {&r[1], &r[0], false};
        const struct receipt *receipt = NULL;
        bool known = false;
        enum rule_error rule = RULE_OK;
        uint8_t id[32];
        ck_assert_ok(sequencer_submit(r[0].sequencer, span_make(s->steps[i].bytes, s->steps[i].len),
                                      &receipt, &known, &rule, cut_power, &ack));
        memcpy(id, receipt->id, 32);
        ck_assert(!receipt->durable);
        ck_assert(!ack.done); /* never before the journal holds it */
        rig_wait(&r[0]);
        ck_assert(ack.done);
        rig_must_open(&r[1], s);
        const struct receipt *after = sequencer_receipt(r[1].sequencer, id);
        ck_assert_ptr_nonnull(after);
        ck_assert_int_eq(after->state, RECEIPT_ACCEPTED);
        rig_close(&r[1]);
        rig_deinit(&r[1]);
        cuts++;
    }
    ck_assert_uint_gt(cuts, 0);
    rig_close(&r[0]);
    rig_deinit(&r[0]);
    free(r);
    script_free(s);
}
END_TEST

START_TEST(the_same_bytes_again_are_answered_but_not_executed_again)
{
    struct script *s = script_new(fresh_seed(), 5, PER_BATCH, true);
    struct rig r;
    rig_init(&r, s);
    rig_must_open(&r, s);
    rig_play(&r, s, 0, 5);
    uint64_t accepted = sequencer_accepted(r.sequencer);
    for (int round = 0; round < 2; round++) { /* live, then after a restart */
        unsigned tried = 0;
        for (size_t i = 0; i < s->n; i++) {
            const struct step *t = &s->steps[i];
            const struct receipt *receipt = NULL;
            bool known = false;
            enum rule_error rule = RULE_OK;
            if (t->is_priority) continue;
            ck_assert_ok(sequencer_submit(r.sequencer, span_make(t->bytes, t->len), &receipt,
                                          &known, &rule, NULL, NULL));
            ck_assert(known);
            tried++;
        }
        ck_assert_uint_gt(tried, 10);
        ck_assert_uint_eq(sequencer_accepted(r.sequencer), accepted);
        ck_assert_uint_eq(sequencer_open_operations(r.sequencer), 0);
        rig_close(&r);
        rig_must_open(&r, s);
    }
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

/* ---- damage ---- */

struct rewrite {
    struct db *db;
    struct journal_head head;
    uint64_t alter_seq;
    size_t alter_byte;
    uint16_t kind; /* of the record altered */
    size_t len;
    uint8_t priority, request; /* kind */
};

static enum err rewrite_record(void *ctx, const struct journal_record *record)
{
    struct rewrite *w = ctx;
    uint8_t body[JOURNAL_BODY_MAX];
    memcpy(body, record->body.data, record->body.len);
    if (record->seq == w->alter_seq) {
        w->kind = record->kind;
        w->len = record->body.len;
        if (w->kind == JOURNAL_PRIORITY) w->priority = body[10] >> 4;
        if (w->kind == JOURNAL_REQUEST) w->request = body[1];
        if (w->alter_byte < w->len) body[w->alter_byte] ^= 0x01;
    }
    return journal_append(w->db, &w->head, record->kind, span_make(body, record->body.len));
}

static struct db *db_at(const char *path)
{
    struct db *db = NULL;
    char text[200];
    ck_assert_ok(db_open(&db, &db_driver_sqlite, path, text, sizeof text));
    ck_assert_ok(
        db_migrate(db, orchestrator_migrations, orchestrator_migration_count, text, sizeof text));
    return db;
}

/* Writes from's journal to `to` with one bit changed and every hash right again. */
static void journal_rewrite(const struct rig *to, const struct rig *from, struct rewrite *w)
{
    struct db *in = db_at(from->path);
    struct journal_head head = {0};
    char text[200];
    w->db = db_at(to->path);
    ck_assert_ok(db_begin(w->db));
    ck_assert_ok(journal_read(in, &head, rewrite_record, w, text, sizeof text));
    ck_assert_ok(db_commit(w->db));
    db_close(in);
    db_close(w->db);
}

START_TEST(a_journal_with_a_changed_byte_is_refused_and_the_record_named)
{
    struct script *s = script_new(fresh_seed(), 3, PER_BATCH, true);
    struct rig r;
    rig_init(&r, s);
    rig_must_open(&r, s);
    rig_play(&r, s, 0, 3);
    rig_close(&r);
    struct db *db = db_at(r.path);
    ck_assert_ok(db_exec(db, "UPDATE journal SET body = body || x'00' WHERE seq = 7"));
    db_close(db);
    ck_assert_err(rig_open(&r, s), ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(r.text, "7"));
    rig_deinit(&r);
    script_free(s);
}
END_TEST

/* Even somebody who recomputes the hash chain cannot change what was sealed. */
START_TEST(a_forged_journal_does_not_replay)
{
    uint64_t seed = fresh_seed();
    struct rng rng;
    rng_seed(&rng, seed);
    struct script *s = script_new(seed, 4, PER_BATCH, true);
    struct rig *r = calloc(2, sizeof *r);
    rig_init(&r[0], s);
    rig_must_open(&r[0], s);
    rig_play(&r[0], s, 0, 4);
    uint64_t last = store_next_seq(r[0].store) - 1;
    rig_close(&r[0]);
    unsigned refused[16] = {0};
    for (int i = 0; i < 60; i++) {
        /* OPEN: k, T; REQUEST: kind, chain and the signed fields; PRIORITY; SEAL: all of it */
        struct rewrite w = {.alter_seq = 1 + rng_below(&rng, last), .alter_byte = SIZE_MAX};
        rig_init(&r[1], s);
        journal_rewrite(&r[1], &r[0], &w); /* unchanged: to learn kind and length */
        rig_must_open(&r[1], s);
        rig_close(&r[1]);
        rig_deinit(&r[1]);
        size_t most = w.kind == JOURNAL_OPEN ? 8 : w.len;
        /* What is signed but not published (deadlines) is protected by the hash chain alone. */
        bool simple = w.request == REQUEST_TRANSFER || w.request == REQUEST_WITHDRAW;
        if (w.kind == JOURNAL_REQUEST)
            most = simple ? 9 : 2; /* version, kind, chain, account, lane */
        /* the results of a request are computed, whatever the record says: outcome, paid amount */
        if (w.kind == JOURNAL_PRIORITY && w.priority == PRIORITY_EXIT) most = 10 + 25;
        uint16_t kind = w.kind;
        w = (struct rewrite){.alter_seq = w.alter_seq, .alter_byte = rng_below(&rng, most)};
        if (kind == JOURNAL_PRIORITY && w.alter_byte == 10) w.alter_byte = 11;
        if (kind == JOURNAL_REQUEST && w.alter_byte >= 2 && w.alter_byte < 4)
            w.alter_byte = 0; /* the chain is not used by every kind */
        rig_init(&r[1], s);
        journal_rewrite(&r[1], &r[0], &w);
        enum err err = rig_open(&r[1], s);
        ck_assert_msg(err != ERR_OK, "record %llu (kind %u) byte %zu changed and nobody noticed",
                      (unsigned long long)w.alter_seq, w.kind, w.alter_byte);
        ck_assert_uint_gt(strlen(r[1].text), 10);
        refused[w.kind]++;
        rig_deinit(&r[1]);
    }
    printf("refused forgeries: open %u, request %u, priority %u, seal %u\n", refused[JOURNAL_OPEN],
           refused[JOURNAL_REQUEST], refused[JOURNAL_PRIORITY], refused[JOURNAL_SEAL]);
    rig_deinit(&r[0]);
    free(r);
    script_free(s);
}
END_TEST

/* ---- refusal by the audit ---- */

/* The last user request of batch b whose absence hurts no later one of the same batch. */
static const struct step *last_of(const struct script *s, uint32_t b)
{
    const struct step *found = NULL;
    for (size_t i = 0; i < s->n; i++) {
        if (s->steps[i].batch == b && !s->steps[i].is_priority) found = &s->steps[i];
    }
    return found;
}

START_TEST(a_refused_operation_is_dropped_with_its_reason_and_the_rest_goes_on)
{
    struct script *s = script_new(fresh_seed(), 7, PER_BATCH, true);
    struct rig *r = calloc(2, sizeof *r);
    rig_init(&r[0], s);
    rig_must_open(&r[0], s);
    rig_play(&r[0], s, 0, 6);
    const struct step *bad = last_of(s, 5);
    ck_assert_ptr_nonnull(bad);
    uint8_t id[32];
    step_id(id, bad);
    uint32_t before = r[0].seals[5].n_requests;
    ck_assert_err(sequencer_reject(r[0].sequencer, 99, bad->op_chain[0], bad->record[0], "no"),
                  ERR_NOT_FOUND);
    ck_assert_ok(sequencer_reject(r[0].sequencer, 6, bad->op_chain[0], bad->record[0],
                                  "audit: amounts do not add up"));
    rig_wait(&r[0]);
    const struct receipt *receipt = sequencer_receipt(r[0].sequencer, id);
    ck_assert_ptr_nonnull(receipt);
    ck_assert_int_eq(receipt->state, RECEIPT_REJECTED);
    ck_assert_str_eq(receipt->reason, "audit: amounts do not add up");
    if (before > 1) {
        ck_assert_uint_eq(r[0].n_seals, 7);
        ck_assert_uint_eq(r[0].seals[6].k, 6);
    }

    /* what stands now is what a sequencer that never saw it has */
    rig_init(&r[1], s);
    rig_must_open(&r[1], s);
    rig_play(&r[1], s, 0, 5);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        sequencer_set_chain_time(r[1].sequencer, c, s->times[5]);
    unsigned dropped = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct step *t = &s->steps[i];
        if (t->batch != 5 || t == bad) continue;
        if (t->is_priority) {
            rig_step(&r[1], t);
            continue;
        }
        enum rule_error rule = RULE_OK;
        if (rig_submit(&r[1], t->bytes, t->len, &rule) != ERR_OK) dropped++;
    }
    rig_seal(&r[1]);
    if (before > 1) {
        ck_assert_uint_eq(r[0].seals[6].n_requests, before - 1 - dropped);
        ck_assert_mem_eq(r[0].seals[6].digest, r[1].seals[5].digest, 32);
        ck_assert_mem_eq(r[0].seals[6].roots, r[1].seals[5].roots, sizeof r[1].seals[5].roots);
    }

    /* and so it stands after a restart */
    struct seal want = r[0].seals[r[0].n_seals - 1];
    rig_close(&r[0]);
    rig_must_open(&r[0], s);
    ck_assert_mem_eq(&r[0].seals[r[0].n_seals - 1], &want, sizeof want);
    receipt = sequencer_receipt(r[0].sequencer, id);
    ck_assert_ptr_nonnull(receipt);
    ck_assert_int_eq(receipt->state, RECEIPT_REJECTED);
    ck_assert_str_eq(receipt->reason, "audit: amounts do not add up");
    rig_close(&r[0]);
    rig_close(&r[1]);
    rig_deinit(&r[0]);
    rig_deinit(&r[1]);
    free(r);
    script_free(s);
}
END_TEST

START_TEST(a_refusal_takes_back_later_batches_and_requests_of_the_queues_stay)
{
    struct script *s = script_new(fresh_seed(), 8, PER_BATCH, true);
    struct rig r;
    rig_init(&r, s);
    rig_must_open(&r, s);
    rig_play(&r, s, 0, 8);
    uint64_t next[WORLD_CHAINS];
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        next[c] = sequencer_priority_next(r.sequencer, c);
    const struct step *bad = last_of(s, 4);
    ck_assert_ptr_nonnull(bad);
    sequencer_settled(r.sequencer, 3);
    ck_assert_ok(sequencer_reject(r.sequencer, 5, bad->op_chain[0], bad->record[0], "refused"));
    rig_wait(&r);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        ck_assert_uint_eq(sequencer_priority_next(r.sequencer, c), next[c]);
    ck_assert_uint_gt(r.n_seals, 8);
    ck_assert_uint_eq(r.seals[8].k, 5);
    struct seal last = r.seals[r.n_seals - 1];
    uint32_t sealed = sequencer_sealed_batch(r.sequencer);
    rig_close(&r);
    rig_must_open(&r, s);
    ck_assert_uint_eq(sequencer_sealed_batch(r.sequencer), sealed);
    ck_assert_uint_eq(r.seals[0].k, 4); /* up to 3 is settled */
    ck_assert_mem_eq(&r.seals[r.n_seals - 1], &last, sizeof last);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        ck_assert_uint_eq(sequencer_priority_next(r.sequencer, c), next[c]);
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

START_TEST(a_request_of_a_queue_cannot_be_rejected)
{
    struct script *s = script_new(fresh_seed(), 1, 6, true);
    struct rig r;
    rig_init(&r, s);
    rig_must_open(&r, s);
    rig_play(&r, s, 0, 1);
    ck_assert(s->steps[0].is_priority); /* worlds begin with deposits */
    ck_assert_err(
        sequencer_reject(r.sequencer, 1, s->steps[0].op_chain[0], s->steps[0].record[0], "no"),
        ERR_NOT_FOUND);
    ck_assert_uint_eq(sequencer_sealed_batch(r.sequencer), 1);
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

/* ---- intake ---- */

START_TEST(queues_are_taken_in_order_without_gaps)
{
    struct script *s = script_new(fresh_seed(), 1, 6, true);
    struct rig r;
    rig_init(&r, s);
    rig_must_open(&r, s);
    const struct step *t = &s->steps[0];
    struct span bytes = span_make(t->bytes, t->len);
    ck_assert_err(sequencer_priority(r.sequencer, t->chain, 0, bytes), ERR_UNAVAILABLE); /* no T */
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        sequencer_set_chain_time(r.sequencer, c, 1000);
    ck_assert_err(sequencer_priority(r.sequencer, t->chain, 1, bytes), ERR_PROTOCOL);
    ck_assert_ok(sequencer_priority(r.sequencer, t->chain, 0, bytes));
    ck_assert_ok(sequencer_priority(r.sequencer, t->chain, 0, bytes)); /* again: nothing */
    ck_assert_uint_eq(sequencer_open_operations(r.sequencer), 1);
    ck_assert_uint_eq(sequencer_priority_next(r.sequencer, t->chain), 1);
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

START_TEST(intake_stops_while_halted_and_at_the_limit_of_unsettled_batches)
{
    struct script *s = script_new(fresh_seed(), 1, 6, true);
    struct rig r;
    rig_init(&r, s);
    rig_must_open(&r, s);
    struct request *q = calloc(1, sizeof *q);
    uint8_t bytes[REQUEST_BYTES_MAX];
    size_t n = 0;
    enum rule_error rule = RULE_OK;
    q->kind = REQUEST_OPEN;
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        sequencer_set_chain_time(r.sequencer, c, 1000);
    for (uint32_t i = 0; i <= SEQUENCER_UNSETTLED_MAX; i++) {
        memset(q->u.open.owner.bytes, (int)i, 20);
        ck_assert_ok(request_encode(q, true, bytes, sizeof bytes, &n));
        if (i == 0) {
            sequencer_set_halted(r.sequencer, "test");
            ck_assert_err(rig_submit(&r, bytes, n, &rule), ERR_UNAVAILABLE);
            sequencer_set_halted(r.sequencer, NULL);
        }
        enum err err = rig_submit(&r, bytes, n, &rule);
        ck_assert_err(err, i < SEQUENCER_UNSETTLED_MAX ? ERR_OK : ERR_BUSY);
        rig_seal(&r);
    }
    sequencer_settled(r.sequencer, 1);
    ck_assert_ok(rig_submit(&r, bytes, n, &rule));
    free(q);
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

START_TEST(malformed_bytes_and_requests_that_come_from_l1_only_are_refused)
{
    struct script *s = script_new(fresh_seed(), 5, PER_BATCH, true);
    struct rig r;
    rig_init(&r, s);
    rig_must_open(&r, s);
    rig_play(&r, s, 0, 4);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        sequencer_set_chain_time(r.sequencer, c, s->times[4]);
    uint64_t accepted = sequencer_accepted(r.sequencer);
    enum rule_error rule = RULE_OK;
    const struct step *t = last_of(s, 4);
    ck_assert_ptr_nonnull(t);
    for (size_t n = 0; n < t->len; n++) /* every prefix */
        ck_assert_err(rig_submit(&r, t->bytes, n, &rule), ERR_PARSE);
    struct request *q = calloc(1, sizeof *q);
    uint8_t bytes[REQUEST_BYTES_MAX];
    size_t n = 0;
    q->kind = REQUEST_PRIORITY;
    q->u.priority.kind = PRIORITY_DEPOSIT;
    q->u.priority.id = ACCOUNT_NEW;
    q->u.priority.token = 1;
    q->u.priority.slot = 2;
    q->u.priority.amount = amount_from_u64(1);
    if (request_encode(q, true, bytes, sizeof bytes, &n) == ERR_OK)
        ck_assert_err(rig_submit(&r, bytes, n, &rule), ERR_PARSE);
    free(q);
    ck_assert_uint_eq(sequencer_accepted(r.sequencer), accepted);
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

/* ---- store ---- */

struct order {
    unsigned at, next;
    bool *wrong;
    unsigned *count;
};
static void in_order(void *ctx)
{
    struct order *o = ctx;
    if (*o->count != o->at) *o->wrong = true;
    ++*o->count;
}

START_TEST(many_writes_share_transactions_and_are_acknowledged_in_order)
{
    struct script *s = script_new(1, 1, 6, false);
    struct rig r;
    rig_init(&r, s);
    rig_must_open(&r, s);
    enum { N = 5000 };
    struct order *orders = calloc(N, sizeof *orders);
    bool wrong = false;
    unsigned count = 0;
    for (unsigned i = 0; i < N; i++) {
        orders[i] = (struct order){i, 0, &wrong, &count};
        ck_assert_ok(store_journal(r.store, JOURNAL_SETTLED, span_make("\0\0\0\0", 4), in_order,
                                   &orders[i]));
    }
    ck_assert_uint_eq(count, 0); /* never inside the call */
    ck_assert_uint_eq(store_next_seq(r.store), N + 1);
    rig_wait(&r);
    ck_assert_uint_eq(count, N);
    ck_assert(!wrong);
    free(orders);
    rig_close(&r);
    rig_must_open(&r, s);
    ck_assert_uint_eq(store_next_seq(r.store), N + 1);
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

START_TEST(a_full_queue_of_writes_refuses_and_loses_nothing)
{
    struct script *s = script_new(1, 1, 6, false);
    struct rig r;
    rig_init(&r, s);
    rig_must_open(&r, s);
    unsigned taken = 0;
    enum err err = ERR_OK;
    while (taken <= STORE_QUEUE_MAX + STORE_GROUP_MAX) {
        err = store_journal(r.store, JOURNAL_SETTLED, span_make("\0\0\0\0", 4), NULL, NULL);
        if (err != ERR_OK) break;
        taken++;
    }
    ck_assert_err(err, ERR_FULL);
    rig_close(&r);
    rig_must_open(&r, s);
    ck_assert_uint_eq(store_next_seq(r.store), taken + 1);
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sequencer");
    TCase *t = tcase_create("sequencer");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, sealed_roots_are_those_of_core_over_the_same_requests);
    tcase_add_test(t, replay_gives_the_same_roots_statements_and_digests);
    tcase_add_test(t, what_is_acknowledged_survives_a_power_cut_at_that_moment);
    tcase_add_test(t, the_same_bytes_again_are_answered_but_not_executed_again);
    tcase_add_test(t, a_journal_with_a_changed_byte_is_refused_and_the_record_named);
    tcase_add_test(t, a_forged_journal_does_not_replay);
    tcase_add_test(t, a_refused_operation_is_dropped_with_its_reason_and_the_rest_goes_on);
    tcase_add_test(t, a_refusal_takes_back_later_batches_and_requests_of_the_queues_stay);
    tcase_add_test(t, a_request_of_a_queue_cannot_be_rejected);
    tcase_add_test(t, queues_are_taken_in_order_without_gaps);
    tcase_add_test(t, intake_stops_while_halted_and_at_the_limit_of_unsettled_batches);
    tcase_add_test(t, malformed_bytes_and_requests_that_come_from_l1_only_are_refused);
    tcase_add_test(t, many_writes_share_transactions_and_are_acknowledged_in_order);
    tcase_add_test(t, a_full_queue_of_writes_refuses_and_loses_nothing);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
