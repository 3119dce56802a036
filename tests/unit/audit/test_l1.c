/* The auditor's reading of an L1, the gate and the report, against nodes that are made up. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/gate.h"
#include "audit/report.h"
#include "common/log/log.h"
#include "tests/support/check_main.h"
#include "tests/unit/audit/fake_l1.h"

enum { TIMEOUT_MS = 5000 };

struct scene {
    struct pair pair;
    struct fake_l1 *l1[WORLD_CHAINS_MAX];
    struct l1_source sources[WORLD_CHAINS_MAX];
    uint16_t n; /* chains */
    struct published last;
    char text[600];
};

static void scene_open_chains(struct scene *s, uint64_t seed, uint16_t n, uint32_t slices_max)
{
    memset(s, 0, sizeof *s);
    log_set_level(LOG_LEVEL_BROKEN);
    pair_init_chains(&s->pair, seed, n, slices_max);
    s->n = n;
    for (uint16_t c = 0; c < n; c++) {
        s->l1[c] = calloc(1, sizeof *s->l1[c]);
        ck_assert_ptr_nonnull(s->l1[c]);
        fake_l1_start(s->l1[c], &s->pair.deployment, c);
        s->sources[c] = (struct l1_source){.rpc_url = s->l1[c]->url};
    }
}

static void scene_open(struct scene *s, uint64_t seed)
{
    scene_open_chains(s, seed, WORLD_CHAINS, 1);
}

static void scene_close(struct scene *s)
{
    for (uint16_t c = 0; c < s->n; c++) {
        fake_l1_stop(s->l1[c]);
        free(s->l1[c]);
    }
    published_free(&s->last);
    pair_free(&s->pair);
}

/* Publishes the next batch on the first n chains only. */
static void publish(struct scene *s, size_t n_chains)
{
    published_free(&s->last);
    pair_publish(&s->pair, 15, &s->last);
    for (size_t c = 0; c < n_chains; c++)
        fake_l1_commit(s->l1[c], &s->last);
}

static void settle(struct scene *s, bool refuse)
{
    for (uint16_t c = 0; c < s->n; c++) {
        while (s->l1[c]->proven < s->l1[c]->committed)
            fake_l1_prove(s->l1[c]);
        fake_l1_agree(s->l1[c]);
        while (s->l1[c]->executed < s->l1[c]->agreed)
            fake_l1_execute(s->l1[c], refuse);
    }
}

static struct report *report_open(struct scene *s)
{
    struct report *r = NULL;
    ck_assert_ok(report_new(&r, &s->pair.deployment, s->sources, TIMEOUT_MS, s->text, sizeof s->text));
    return r;
}

static void must_be(struct report *r, enum report_outcome outcome, const char *why)
{
    enum report_outcome got = report_look(r);
    ck_assert_msg(got == outcome, "outcome %d: %s", (int)got, report_reason(r));
    if (why != NULL) ck_assert_msg(strstr(report_reason(r), why) != NULL, "%s", report_reason(r));
}

START_TEST(report_accounts_for_every_unit)
{
    struct rng rng;
    struct scene s;
    check_seed(&rng);
    scene_open(&s, rng_u64(&rng));
    struct report *r = report_open(&s);
    must_be(r, REPORT_OK, NULL);
    for (int i = 0; i < 8; i++) {
        publish(&s, WORLD_CHAINS);
        must_be(r, REPORT_OK, NULL); /* committed only: nothing moved yet */
        if (i % 2 == 1) settle(&s, i % 4 == 1);
        must_be(r, REPORT_OK, NULL);
    }
    json_t *j = report_json(r);
    ck_assert_int_eq(json_integer_value(json_object_get(j, "batches")), 8);
    ck_assert(json_is_true(json_object_get(j, "ok")));
    ck_assert_uint_eq(json_array_size(json_object_get(j, "tokens")), WORLD_CHAINS * WORLD_TOKENS);
    json_decref(j);
    report_free(r);
    struct report *fresh = report_open(&s); /* from nothing, in one go */
    must_be(fresh, REPORT_OK, NULL);
    report_free(fresh);
    scene_close(&s);
}
END_TEST

START_TEST(one_unit_too_few_or_too_many_is_a_mismatch)
{
    struct scene s;
    scene_open(&s, 11);
    struct report *r = report_open(&s);
    for (int i = 0; i < 4; i++)
        publish(&s, WORLD_CHAINS);
    settle(&s, true);
    must_be(r, REPORT_OK, NULL);
    for (uint32_t t = 1; t <= WORLD_TOKENS; t++) {
        s.l1[1]->held[t]++;
        must_be(r, REPORT_MISMATCH, "not what is held");
        s.l1[1]->held[t]--;
        s.l1[0]->balance[t]--;
        must_be(r, REPORT_MISMATCH, "has less than it holds");
        s.l1[0]->balance[t] += 5; /* a donation is no error */
        must_be(r, REPORT_OK, NULL);
    }
    if (s.l1[0]->n_owed > 0) {
        s.l1[0]->owed[0].amount++;
        must_be(r, REPORT_MISMATCH, "pending");
        s.l1[0]->owed[0].amount--;
    }
    s.l1[1]->batches[2].digest[5] ^= 1;
    struct report *fresh = report_open(&s);
    must_be(fresh, REPORT_MISMATCH, "digest of batch 2");
    s.l1[1]->batches[2].digest[5] ^= 1;
    must_be(fresh, REPORT_OK, NULL);
    report_free(fresh);
    report_free(r);
    scene_close(&s);
}
END_TEST

/* Migration: a contract that proves batch by batch (version 1) is not followed by mistake. */
START_TEST(a_contract_of_statement_version_1_is_refused)
{
    struct scene s;
    scene_open(&s, 12);
    struct report *r = report_open(&s);
    s.l1[1]->version = 1;
    must_be(r, REPORT_CANNOT_SEE, "does not make statements of version 4");
    s.l1[1]->version = 3;
    must_be(r, REPORT_CANNOT_SEE, "does not make statements of version 4");
    s.l1[1]->version = 4;
    must_be(r, REPORT_OK, NULL);
    report_free(r);
    scene_close(&s);
}
END_TEST

START_TEST(what_cannot_be_read_is_said_not_guessed)
{
    struct scene s;
    scene_open(&s, 12);
    struct report *r = report_open(&s);
    s.l1[1]->down = true;
    must_be(r, REPORT_CANNOT_SEE, "fake-1");
    s.l1[1]->down = false;
    s.l1[1]->wrong_chain_id = 5;
    must_be(r, REPORT_CANNOT_SEE, "chain id");
    s.l1[1]->wrong_chain_id = 0;
    publish(&s, WORLD_CHAINS);
    publish(&s, WORLD_CHAINS);
    settle(&s, false);
    for (size_t i = 0; i < s.l1[0]->n_logs; i++) { /* the node keeps the last commit back */
        if (s.l1[0]->logs[i].input != NULL) s.l1[0]->hidden_log = i + 1;
    }
    must_be(r, REPORT_MISMATCH, "not committed");
    struct report *blind = report_open(&s);
    s.l1[0]->hidden_log = 1; /* a token */
    must_be(blind, REPORT_MISMATCH, "token registration");
    report_free(blind);
    s.l1[0]->hidden_log = 0;
    must_be(r, REPORT_OK, NULL);
    s.l1[0]->fork = 1;
    must_be(r, REPORT_CANNOT_SEE, "was final");
    s.l1[0]->fork = 0;
    must_be(r, REPORT_OK, NULL);
    report_free(r);
    scene_close(&s);
}
END_TEST

START_TEST(only_final_blocks_count)
{
    struct scene s;
    scene_open(&s, 13);
    struct report *r = report_open(&s);
    publish(&s, WORLD_CHAINS);
    uint64_t before = s.l1[0]->block;
    publish(&s, WORLD_CHAINS);
    s.l1[0]->final_lag = s.l1[0]->block - before;
    /* counters are those of the last block in this fake, so the view notices the difference */
    must_be(r, REPORT_CANNOT_SEE, "the events tell 1");
    s.l1[0]->final_lag = 0;
    must_be(r, REPORT_OK, NULL);
    report_free(r);
    scene_close(&s);
}
END_TEST

START_TEST(batches_taken_back_are_followed)
{
    struct scene s;
    scene_open(&s, 14);
    struct report *r = report_open(&s);
    publish(&s, WORLD_CHAINS);
    settle(&s, false);
    publish(&s, WORLD_CHAINS);
    must_be(r, REPORT_OK, NULL);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        fake_l1_revert(s.l1[c], 2);
    must_be(r, REPORT_OK, NULL);
    json_t *j = report_json(r);
    ck_assert_int_eq(json_integer_value(json_object_get(j, "batches")), 1);
    json_decref(j);
    report_free(r);
    scene_close(&s);
}
END_TEST

START_TEST(altered_calldata_is_a_mismatch)
{
    struct scene s;
    scene_open(&s, 15);
    publish(&s, WORLD_CHAINS);
    struct fake_l1 *f = s.l1[0];
    size_t last = 0;
    for (size_t i = 0; i < f->n_logs; i++) {
        if (f->logs[i].input != NULL) last = i;
    }
    ck_assert(f->logs[last].input_len > 500);
    for (size_t at = 4; at < f->logs[last].input_len; at += 13) {
        struct report *r = report_open(&s);
        f->logs[last].input[at] ^= 0x20;
        enum report_outcome got = report_look(r);
        bool unbound = at >= 4 + 88 && at < 4 + 96; /* the epoch, a u64, is bound by nothing */
        ck_assert_msg(unbound || got == REPORT_MISMATCH, "byte %zu: %s", at, report_reason(r));
        f->logs[last].input[at] ^= 0x20;
        report_free(r);
    }
    scene_close(&s);
}
END_TEST

/* ---- blobs (REQ-BLOB-6) ---- */

/* Batches of which chain 0 publishes at least one in a blob. */
static void publish_blobs(struct scene *s, char archive[64])
{
    bool any = false;
    (void)snprintf(archive, 64, "/tmp/hawser-test-blobs-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(archive));
    s->pair.blobs[0] = true;
    for (int i = 0; i < 3 || (!any && i < 20); i++) {
        publish(s, WORLD_CHAINS);
        for (size_t j = 0; j < s->last.batch.n_parts; j++)
            any = any || s->last.batch.parts[j].pubdata != NULL;
    }
    ck_assert(any);
}

static void archive_remove(const char *archive, unsigned *files)
{
    DIR *d = opendir(archive);
    struct dirent *e = NULL;
    *files = 0;
    while (d != NULL && (e = readdir(d)) != NULL) {
        char path[400];
        if (e->d_name[0] == '.') continue;
        ck_assert_uint_eq(strlen(e->d_name), 66); /* nothing but versioned hashes */
        (void)snprintf(path, sizeof path, "%s/%s", archive, e->d_name);
        ck_assert_int_eq(unlink(path), 0);
        (*files)++;
    }
    (void)closedir(d);
    ck_assert_int_eq(rmdir(archive), 0);
}

static void must_look(struct scene *s, enum report_outcome outcome, const char *why)
{
    struct report *r = report_open(s);
    must_be(r, outcome, why);
    report_free(r);
}

START_TEST(blobs_are_read_from_the_node_and_kept_and_later_from_the_archive_alone)
{
    struct rng rng;
    struct scene s;
    char archive[64];
    unsigned files = 0;
    check_seed(&rng);
    scene_open(&s, rng_u64(&rng));
    publish_blobs(&s, archive);
    must_look(&s, REPORT_OK, NULL); /* no archive */
    s.sources[0].blob_archive = archive;
    must_look(&s, REPORT_OK, NULL);
    s.l1[0]->blobs_gone = true;
    must_look(&s, REPORT_OK, NULL);
    s.sources[0].blob_archive = NULL;
    must_look(&s, REPORT_CANNOT_SEE, "no source has it");
    must_look(&s, REPORT_CANNOT_SEE, "blob 0x01");
    s.l1[0]->blobs_gone = false;
    s.l1[0]->blobs_wrong = true;
    must_look(&s, REPORT_CANNOT_SEE, "not in the answer");
    s.sources[0].blob_url = "http://127.0.0.1:9"; /* nobody */
    must_look(&s, REPORT_CANNOT_SEE, "blob 0x01");
    archive_remove(archive, &files);
    ck_assert_uint_gt(files, 0);
    scene_close(&s);
}
END_TEST

START_TEST(every_changed_byte_of_a_blob_commit_is_noticed)
{
    struct scene s;
    char archive[64];
    unsigned files = 0;
    scene_open(&s, 33);
    publish_blobs(&s, archive);
    s.sources[0].blob_archive = archive;
    must_look(&s, REPORT_OK, NULL);
    struct fake_l1 *f = s.l1[0];
    size_t at = 0;
    while (f->logs[at].blob == NULL) at++;
    struct fake_log *log = &f->logs[at];
    for (size_t i = 4; i + 160 < log->input_len; i += 83) { /* the opening is the contract's matter */
        bool unbound = i >= 4 + 120 && i < 4 + 128; /* so is the epoch */
        log->input[i] ^= 0x20;
        if (!unbound) must_look(&s, REPORT_MISMATCH, NULL);
        log->input[i] ^= 0x20;
    }
    log->blob_hash[9] ^= 1; /* a transaction with another blob, which nobody has */
    must_look(&s, REPORT_CANNOT_SEE, "no source has it");
    archive_remove(archive, &files);
    scene_close(&s);
}
END_TEST

/* ---- the gate ---- */

static struct gate *gate_open(struct scene *s)
{
    struct gate *g = NULL;
    ck_assert_ok(gate_new(&g, &s->pair.deployment, s->sources, TIMEOUT_MS, s->text, sizeof s->text));
    return g;
}

static void must_judge(struct gate *g, const struct published *p, enum gate_verdict v, uint64_t k)
{
    struct gate_ask ask;
    struct gate_answer a;
    published_ask(p, &ask);
    gate_judge(g, &ask, &a);
    gate_ask_deinit(&ask);
    ck_assert_msg(a.verdict == v, "batch %llu: verdict %u: %s", (unsigned long long)ask.k,
                  a.verdict, a.text);
    ck_assert_uint_eq(a.k, k);
}

/* The L1s show the requests that the batch serves, but not the batch. */
static void show_requests(struct scene *s, const struct published *p)
{
    struct published copy = *p;
    for (size_t c = 0; c < s->n; c++) {
        fake_l1_commit(s->l1[c], &copy);
        fake_l1_revert(s->l1[c], p->batch.k);
    }
}

START_TEST(gate_computes_the_hash_of_a_blob_part_itself)
{
    struct rng rng;
    struct scene s;
    bool done = false;
    check_seed(&rng);
    scene_open(&s, rng_u64(&rng));
    s.pair.blobs[0] = s.pair.blobs[1] = true;
    struct gate *g = gate_open(&s);
    for (int i = 0; i < 12 && !done; i++) {
        struct gate_ask ask;
        struct gate_answer a;
        published_free(&s.last);
        pair_publish(&s.pair, 15, &s.last);
        show_requests(&s, &s.last);
        published_ask(&s.last, &ask);
        done = ask.n_parts == 2 && ask.parts[0].blob && ask.parts[1].blob;
        for (uint32_t j = 0; j < ask.n_parts; j++) { /* told to be the other form */
            ask.parts[j].blob = !ask.parts[j].blob;
            gate_judge(g, &ask, &a);
            ck_assert_uint_eq(a.verdict, GATE_REFUSED);
            ask.parts[j].blob = !ask.parts[j].blob;
        }
        gate_ask_deinit(&ask);
        must_judge(g, &s.last, GATE_APPROVED, s.last.batch.k);
        for (size_t c = 0; c < WORLD_CHAINS; c++) {
            s.l1[c]->requests_shown = true;
            fake_l1_commit(s.l1[c], &s.last);
            s.l1[c]->requests_shown = false;
        }
    }
    ck_assert(done);
    gate_free(g);
    scene_close(&s);
}
END_TEST

START_TEST(gate_approves_and_goes_on_after_its_restart)
{
    struct scene s;
    scene_open(&s, 21);
    struct gate *g = gate_open(&s);
    struct published b[4];
    for (int i = 0; i < 4; i++) {
        pair_publish(&s.pair, 15, &b[i]);
        for (size_t c = 0; c < WORLD_CHAINS; c++) { /* only requests, the commit is taken back */
            fake_l1_commit(s.l1[c], &b[i]);
            if (i == 3) fake_l1_revert(s.l1[c], 4);
        }
        must_judge(g, &b[i], GATE_APPROVED, b[i].batch.k);
        must_judge(g, &b[i], GATE_APPROVED, b[i].batch.k);
    }
    gate_free(g);
    g = gate_open(&s);
    must_judge(g, &b[1], GATE_APPROVED, 2);
    must_judge(g, &b[3], GATE_APPROVED, 4);
    gate_free(g);
    for (size_t c = 0; c < WORLD_CHAINS; c++)
        fake_l1_revert(s.l1[c], 3);
    g = gate_open(&s);
    must_judge(g, &b[3], GATE_EXPECTS, 3);
    must_judge(g, &b[2], GATE_APPROVED, 3);
    must_judge(g, &b[3], GATE_APPROVED, 4);
    gate_free(g);
    for (int i = 0; i < 4; i++)
        published_free(&b[i]);
    scene_close(&s);
}
END_TEST

START_TEST(gate_waits_when_it_cannot_see)
{
    struct scene s;
    scene_open(&s, 22);
    struct gate *g = gate_open(&s);
    pair_publish(&s.pair, 15, &s.last);
    must_judge(g, &s.last, GATE_CANNOT_SEE, 1); /* serves requests that no L1 shows */
    s.l1[0]->down = true;
    must_judge(g, &s.last, GATE_CANNOT_SEE, 1);
    s.l1[0]->down = false;
    show_requests(&s, &s.last);
    must_judge(g, &s.last, GATE_APPROVED, 1);
    gate_free(g);
    scene_close(&s);
}
END_TEST

START_TEST(gate_refuses_wrong_batches_and_then_takes_the_right_one)
{
    struct scene s;
    scene_open(&s, 23);
    struct gate *g = gate_open(&s);
    pair_publish(&s.pair, 15, &s.last);
    show_requests(&s, &s.last);
    struct published wrong = s.last;
    wrong.statement[0] ^= 1;
    must_judge(g, &wrong, GATE_REFUSED, 1);
    struct gate_ask ask;
    struct gate_answer a;
    uint8_t segment[BATCH_BYTES_MAX];
    published_ask(&s.last, &ask);
    struct span *bytes = &ask.parts[0].segments[0].bytes;
    memcpy(segment, bytes->data, bytes->len);
    segment[44] ^= 1; /* outcome of the first request */
    bytes->data = segment;
    gate_judge(g, &ask, &a);
    gate_ask_deinit(&ask);
    ck_assert_uint_eq(a.verdict, GATE_REFUSED); /* the statement does not cover it */
    must_judge(g, &s.last, GATE_APPROVED, 1);
    gate_free(g);
    scene_close(&s);
}
END_TEST

START_TEST(gate_follows_a_batch_that_is_sealed_again_with_other_content)
{
    struct scene s;
    struct published first;
    struct published again;
    scene_open(&s, 24);
    pair_publish(&s.pair, 15, &s.last);
    show_requests(&s, &s.last);
    for (size_t c = 0; c < WORLD_CHAINS; c++)
        s.l1[c]->committed = 0;
    struct gate *g = gate_open(&s);
    must_judge(g, &s.last, GATE_APPROVED, 1);
    gate_free(g);
    scene_close(&s);

    /* the same batch and a shorter twin of it */
    scene_open(&s, 24);
    pair_publish(&s.pair, 15, &first);
    struct pair twin;
    pair_init(&twin, 24);
    pair_publish(&twin, 12, &again);
    show_requests(&s, &first);
    g = gate_open(&s);
    must_judge(g, &first, GATE_APPROVED, 1);
    must_judge(g, &again, GATE_APPROVED, 1);
    must_judge(g, &first, GATE_APPROVED, 1);
    fake_l1_commit(s.l1[0], &again); /* somebody commits the twin on one chain */
    must_judge(g, &first, GATE_CANNOT_SEE, 1);
    must_judge(g, &again, GATE_APPROVED, 1);
    gate_free(g);
    published_free(&first);
    published_free(&again);
    pair_free(&twin);
    scene_close(&s);
}
END_TEST

/* ---- several segments ---- */

static struct batch_limits few_records;

/* Three chains, slices of a few records. */
static void scene_open_slices(struct scene *s, uint64_t seed)
{
    scene_open_chains(s, seed, 3, BATCH_SLICES_MAX);
    few_records = batch_limits_standard;
    few_records.records = 5;
    s->pair.world->limits = &few_records;
}

static void publish_n(struct scene *s, uint32_t n)
{
    published_free(&s->last);
    pair_publish(&s->pair, n, &s->last);
    for (size_t c = 0; c < s->n; c++)
        fake_l1_commit(s->l1[c], &s->last);
}

START_TEST(report_and_gate_follow_batches_of_many_segments_on_three_chains)
{
    struct rng rng;
    struct scene s;
    check_seed(&rng);
    scene_open_slices(&s, rng_u64(&rng));
    struct report *r = report_open(&s);
    struct gate *g = gate_open(&s);
    uint32_t most = 0;
    for (int i = 0; i < 8; i++) {
        published_free(&s.last);
        pair_publish(&s.pair, 40, &s.last);
        show_requests(&s, &s.last);
        must_judge(g, &s.last, GATE_APPROVED, s.last.batch.k);
        for (size_t c = 0; c < s.n; c++) { /* the requests are there already */
            s.l1[c]->requests_shown = true;
            fake_l1_commit(s.l1[c], &s.last);
            s.l1[c]->requests_shown = false;
        }
        must_judge(g, &s.last, GATE_APPROVED, s.last.batch.k);
        must_be(r, REPORT_OK, NULL);
        if (i % 2 == 1) settle(&s, i % 4 == 1);
        must_be(r, REPORT_OK, NULL);
        if (s.last.sealed.n_segments > most) most = s.last.sealed.n_segments;
    }
    ck_assert_uint_ge(most, 6);
    report_free(r);
    gate_free(g);
    scene_close(&s);
}
END_TEST

START_TEST(gate_refuses_what_could_not_be_proven_or_executed)
{
    struct scene s;
    struct gate_ask ask;
    struct gate_answer a;
    scene_open_slices(&s, 31);
    struct gate *g = gate_open(&s);
    pair_publish(&s.pair, 40, &s.last);
    show_requests(&s, &s.last);
    published_ask(&s.last, &ask);
    ck_assert_uint_ge(ask.parts[0].n_segments, 2);
    ask.parts[0].segments[1].slice = ask.parts[0].segments[0].slice;
    gate_judge(g, &ask, &a);
    ck_assert_uint_eq(a.verdict, GATE_REFUSED);
    ck_assert_uint_eq(a.chain, ask.parts[0].chain);
    ck_assert_ptr_nonnull(strstr(a.text, "slices go back"));
    gate_ask_deinit(&ask);
    must_judge(g, &s.last, GATE_APPROVED, 1);
    gate_free(g);
    scene_close(&s);
}
END_TEST

/* The bytes of a commit of several segments: whatever is altered is noticed. */
START_TEST(altered_calldata_of_many_segments_is_a_mismatch)
{
    struct scene s;
    scene_open_slices(&s, 16);
    publish_n(&s, 40);
    struct fake_l1 *f = s.l1[0];
    size_t last = 0;
    for (size_t i = 0; i < f->n_logs; i++) {
        if (f->logs[i].input != NULL) last = i;
    }
    ck_assert_uint_ge(f->batches[1].n_segments, 3);
    struct report *r = report_open(&s);
    must_be(r, REPORT_OK, NULL);
    report_free(r);
    for (size_t at = 4; at < f->logs[last].input_len; at += 37) {
        bool unbound = at >= 4 + 88 && at < 4 + 96; /* the epoch */
        r = report_open(&s);
        f->logs[last].input[at] ^= 0x20;
        must_be(r, unbound ? REPORT_OK : REPORT_MISMATCH, NULL);
        f->logs[last].input[at] ^= 0x20;
        report_free(r);
    }
    scene_close(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("audit l1");
    TCase *t = tcase_create("l1");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, blobs_are_read_from_the_node_and_kept_and_later_from_the_archive_alone);
    tcase_add_test(t, every_changed_byte_of_a_blob_commit_is_noticed);
    tcase_add_test(t, gate_computes_the_hash_of_a_blob_part_itself);
    tcase_add_test(t, report_accounts_for_every_unit);
    tcase_add_test(t, one_unit_too_few_or_too_many_is_a_mismatch);
    tcase_add_test(t, a_contract_of_statement_version_1_is_refused);
    tcase_add_test(t, what_cannot_be_read_is_said_not_guessed);
    tcase_add_test(t, only_final_blocks_count);
    tcase_add_test(t, batches_taken_back_are_followed);
    tcase_add_test(t, altered_calldata_is_a_mismatch);
    tcase_add_test(t, gate_approves_and_goes_on_after_its_restart);
    tcase_add_test(t, gate_waits_when_it_cannot_see);
    tcase_add_test(t, gate_refuses_wrong_batches_and_then_takes_the_right_one);
    tcase_add_test(t, gate_follows_a_batch_that_is_sealed_again_with_other_content);
    tcase_add_test(t, report_and_gate_follow_batches_of_many_segments_on_three_chains);
    tcase_add_test(t, gate_refuses_what_could_not_be_proven_or_executed);
    tcase_add_test(t, altered_calldata_of_many_segments_is_a_mismatch);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
