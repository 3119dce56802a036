/* The proof jobs of batches of many slices, as a worker gets them: every leaf, pairing and batch states what
 * the orchestrator expects of it, and the batch program accepts the facts. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "core/batch/chain_trace_codec.h"
#include "core/batch/publics.h"
#include "orchestrator/proof_set.h"
#include "prover/worker/prove_job.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

static struct deployment *d;
static struct seq_batch *b;
static struct proof_set set;
static uint8_t programs[32];
static const uint32_t keys_root[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static void deployment_fill(const struct world *w)
{
    memcpy(d->id, w->deployment_id, 32);
    d->n_chains = w->n_chains;
    for (uint16_t c = 0; c < w->n_chains; c++) {
        d->chains[c].index = c;
        d->chains[c].chain_id = 1000 + 3u * c;
        d->chains[c].finality = 12;
        memset(d->chains[c].contract, c + 1, 20);
    }
}

/* What the sequencer writes beside the traces. */
static void statement_fill(const struct world *w)
{
    struct chain_root list[2][WORLD_CHAINS_MAX];
    struct chain_pubdata parts[BATCH_PARTICIPANTS_MAX];
    struct chain_entry entries[WORLD_CHAINS_MAX];
    struct statement st = {.k = b->k, .time = b->time, .participants = parts};
    for (uint16_t c = 0; c < w->n_chains; c++) {
        struct chain_trace *own[BATCH_SEGMENTS_MAX];
        uint8_t hashes[BATCH_SEGMENTS_MAX * 32];
        uint32_t n = sealed_batch_of_chain(&b->sealed, c, own);
        uint64_t id = d->chains[c].chain_id;
        ck_assert_ok(cells_root(w->state[c].cells, &b->roots[c]));
        b->roots_before[c] = n > 0 ? own[0]->root_before : b->roots[c];
        list[0][c] = (struct chain_root){id, b->roots_before[c]};
        list[1][c] = (struct chain_root){id, b->roots[c]};
        entries[c] = (struct chain_entry){.index = c, .chain_id = id, .finality = 12};
        memcpy(entries[c].address, d->chains[c].contract, 20);
        if (n == 0) continue;
        for (uint32_t i = 0; i < n; i++) memcpy(hashes + 32 * i, own[i]->segment_hash, 32);
        parts[st.n_participants].chain_id = id;
        ck_assert_ok(pubdata_hash(parts[st.n_participants++].hash, hashes, n));
    }
    memcpy(st.deployment_id, d->id, 32);
    ck_assert_ok(final_root_hash(st.final_root_before, b->k - 1, list[0], w->n_chains));
    ck_assert_ok(final_root_hash(st.final_root_after, b->k, list[1], w->n_chains));
    ck_assert_ok(chains_digest(st.chains_digest, entries, w->n_chains));
    programs_digest(programs, d->terminal_program);
    memcpy(st.programs_digest, programs, 32);
    ck_assert_ok(statement_hash(b->statement, &st));
    memset(b->digest_before, 0x3c, 32);
    digest_next(b->digest, b->digest_before, b->statement);
}

/* A batch that is as full as the limits let it be. */
static void batch_make(uint64_t seed, uint32_t n_chains, uint32_t slices_max,
                       const struct batch_limits *limits)
{
    struct world *w = world_new_chains(seed, false, n_chains);
    bool full = false;
    world_warm_up(w);
    w->limits = limits;
    w->slices_max = slices_max;
    struct batch *open = world_begin(w);
    b->k = w->k;
    b->time = w->time;
    while (!full) (void)world_push_random(w, open, &full, NULL, NULL);
    ck_assert_ok(batch_seal(open, &b->sealed));
    batch_free(open);
    deployment_fill(w);
    statement_fill(w);
    world_free(w);
    ck_assert_ok(proof_set_batch(&set, b, keys_root));
}

static void setup(void)
{
    d = calloc(1, sizeof *d);
    b = calloc(1, sizeof *b);
    ck_assert(d != NULL && b != NULL);
}

static void teardown(void)
{
    proof_set_deinit(&set);
    sealed_batch_deinit(&b->sealed);
    free(b);
    free(d);
}

/* The job over the wire. */
static struct proof_work *work_of(const struct proof_job *j)
{
    struct proof_work *work = calloc(1, sizeof *work);
    struct bytes_buf body;
    struct job job;
    ck_assert_ptr_nonnull(work);
    bytes_buf_init(&body, 2 * PROOF_BYTES_MAX + 65536);
    ck_assert_ok(proof_job_write(&body, j, d, programs, b));
    ck_assert_ok(job_read(&job, bytes_buf_span(&body)));
    ck_assert_ok(proof_work_init(work, &job, 1));
    bytes_buf_deinit(&body);
    return work;
}

static void work_free(struct proof_work *work)
{
    proof_work_deinit(work);
    free(work);
}

/* The witness states what is expected; checked cell by cell if wanted. */
static void check_witness(const struct proof_job *j, bool whole)
{
    static char text[4096];
    struct proof_work *work = work_of(j);
    struct ir_trace *tr;
    ck_assert_msg(proof_work_witness(work, &tr) == ERR_OK, "%s", work->text);
    ck_assert_uint_eq(work->out.n_publics, j->n_publics);
    ck_assert_mem_eq(work->out.publics, j->publics, 4 * j->n_publics);
    ck_assert_mem_eq(tr->publics, j->publics, 4 * j->n_publics);
    if (whole) ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
    ir_trace_free(tr);
    work_free(work);
}

static void check_leaf(const struct proof_job *j, const struct chain_trace *t)
{
    struct proof_work *work = work_of(j);
    struct chain_trace *back;
    uint32_t publics[LEAF_PUBLICS];
    ck_assert_uint_eq(work->n_inputs, 1);
    ck_assert_ok(chain_trace_read(&back, bytes_buf_span(&work->inputs[0])));
    leaf_publics(publics, back);
    ck_assert_mem_eq(publics, j->publics, sizeof publics);
    ck_assert_uint_eq(back->slice, t->slice);
    chain_trace_free(back);
    work_free(work);
}

static void check_set(uint32_t pairings_checked)
{
    uint32_t leaves = 0, pairings = 0, slices[BATCH_SLICES_MAX];
    for (uint32_t i = 0; i < set.n; i++) {
        const struct proof_job *j = &set.jobs[i];
        if (j->id.layer <= LAYER_LEAF_LARGE) {
            ck_assert_uint_eq(j->id.index, leaves);
            ck_assert_int_eq(j->id.layer == LAYER_LEAF_LARGE, b->sealed.traces[leaves]->large);
            check_leaf(j, b->sealed.traces[leaves++]);
        } else if (j->id.layer <= LAYER_PAIRING_LARGE) {
            ck_assert_uint_eq(j->id.index, pairings);
            check_witness(j, pairings++ < pairings_checked);
        } else if (j->id.layer == LAYER_BATCH) {
            check_witness(j, true);
        }
    }
    ck_assert_uint_eq(leaves, b->sealed.n_segments);
    ck_assert_uint_eq(pairings, sealed_batch_pairings(&b->sealed, slices));
    printf("%u slices, %u leaves, %u pairings, %u jobs\n", b->sealed.n_slices, leaves, pairings,
           set.n);
}

START_TEST(a_random_batch_is_what_the_batch_program_accepts)
{
    struct batch_limits limits;
    struct rng rng;
    check_seed(&rng);
    uint32_t n = 2 + (uint32_t)rng_below(&rng, WORLD_CHAINS_MAX - 1);
    world_limits_random(&rng, &limits);
    batch_make(rng_u64(&rng), n, 1 + (uint32_t)rng_below(&rng, BATCH_SLICES_MAX), &limits);
    check_set(1);
}
END_TEST

/* 64 segments of 16 chains. */
START_TEST(the_greatest_batch_is_accepted)
{
    struct batch_limits limits = batch_limits_standard;
    limits.pairs = 4;
    batch_make(5, WORLD_CHAINS_MAX, BATCH_SLICES_MAX, &limits);
    ck_assert_uint_ge(b->sealed.n_segments, BATCH_SEGMENTS_MAX - 1);
    check_set(0);
}
END_TEST

/* 32 slices with a pairing each. */
START_TEST(the_longest_batch_is_accepted)
{
    struct batch_limits limits = batch_limits_standard;
    uint32_t slices[BATCH_SLICES_MAX];
    limits.pairs = 1;
    batch_make(6, 2, BATCH_SLICES_MAX, &limits);
    ck_assert_uint_eq(b->sealed.n_slices, BATCH_SLICES_MAX);
    ck_assert_uint_eq(sealed_batch_pairings(&b->sealed, slices), BATCH_SLICES_MAX);
    check_set(0);
}
END_TEST

/* Full slices take the large programs; the tree that the batch program opens has the same shape. */
START_TEST(a_batch_of_large_slices_is_accepted)
{
    uint32_t leaves[2] = {0}, pairings[2] = {0};
    batch_make(8, 3, 2, &batch_limits_large);
    for (uint32_t i = 0; i < set.n; i++) {
        const enum layer layer = (enum layer)set.jobs[i].id.layer;
        if (layer <= LAYER_LEAF_LARGE) leaves[layer - LAYER_LEAF]++;
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
    batch_make(7, WORLD_CHAINS_MAX, 1, _i == 0 ? &batch_limits_standard : &batch_limits_large);
    for (uint32_t i = 0; i < set.n; i++) {
        const struct proof_job *j = &set.jobs[i];
        if (j->id.layer != LAYER_PAIRING && j->id.layer != LAYER_PAIRING_LARGE) continue;
        struct proof_work *work = work_of(j);
        size_t len = 0;
        for (uint32_t k = 0; k < work->n_inputs; k++) len += work->inputs[k].len;
        printf("%u sides, %zu bytes\n", work->n_inputs, len);
        ck_assert_uint_le(len, PROOF_BYTES_MAX);
        work_free(work);
    }
    check_set(0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("proof jobs of a batch");
    TCase *t = tcase_create("proof set");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 200);
    tcase_add_test(t, a_random_batch_is_what_the_batch_program_accepts);
    tcase_add_test(t, the_greatest_batch_is_accepted);
    tcase_add_test(t, the_longest_batch_is_accepted);
    tcase_add_test(t, a_batch_of_large_slices_is_accepted);
    tcase_add_loop_test(t, all_sides_of_a_slice_fit_one_message, 0, 2);
    suite_add_tcase(s, t);
    return check_main(s);
}
