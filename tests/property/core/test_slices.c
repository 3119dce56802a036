/* Random operations on 2 to 16 chains in batches of many small slices: each slice is, byte for byte, what
 * a batch of its operations alone is; the accepted requests alone give the same batch again; the published
 * segments in order give the same state. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/batch/chain_trace_codec.h"
#include "core/op/codec.h"
#include "core/rules/replay.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

enum { REQUESTS_MAX = 200 };

/* The states of all chains once more, that follow by other ways. */
struct follower {
    struct chain_state state[WORLD_CHAINS_MAX];
};
struct run {
    struct world *w;
    struct batch_limits limits;
    struct batch_config config; /* of the present batch; states not set */
    struct follower by_slice, by_journal, by_segments;
    struct request requests[REQUESTS_MAX];
    uint32_t n_requests;
    uint32_t n_slices, n_segments, n_full;
};

static void follower_init(struct follower *f, uint32_t n)
{
    for (uint16_t c = 0; c < n; c++) ck_assert_ok(chain_state_init(&f->state[c], c));
}

static void follower_deinit(struct follower *f, uint32_t n)
{
    for (uint32_t c = 0; c < n; c++) chain_state_deinit(&f->state[c]);
}

static struct batch *begin_over(struct run *run, struct follower *f, uint32_t slices_max)
{
    struct batch *b;
    for (uint32_t c = 0; c < run->w->n_chains; c++) run->config.chains[c].state = &f->state[c];
    run->config.slices_max = slices_max;
    ck_assert_ok(batch_begin(&b, &run->config));
    return b;
}

static void check_roots(const struct run *run, const struct follower *f)
{
    for (uint32_t c = 0; c < run->w->n_chains; c++) {
        struct digest8 now, want;
        ck_assert_ok(cells_root(f->state[c].cells, &now));
        ck_assert_ok(cells_root(run->w->state[c].cells, &want));
        ck_assert_mem_eq(&now, &want, sizeof now);
    }
}

/* Everything but the numbers of slice and segments. */
static void check_same_trace(struct chain_trace *a, const struct chain_trace *b)
{
    struct bytes_buf x, y;
    a->slice = b->slice;
    a->segment = b->segment;
    a->of = b->of;
    segment_number_write(a->bytes, b->segment, b->of);
    memcpy(a->segment_hash, b->segment_hash, sizeof a->segment_hash);
    bytes_buf_init(&x, CHAIN_TRACE_BYTES_MAX);
    bytes_buf_init(&y, CHAIN_TRACE_BYTES_MAX);
    ck_assert_ok(chain_trace_write(&x, a));
    ck_assert_ok(chain_trace_write(&y, b));
    ck_assert_uint_eq(x.len, y.len);
    ck_assert_mem_eq(x.data, y.data, x.len);
    bytes_buf_deinit(&x);
    bytes_buf_deinit(&y);
}

static uint32_t seal_as_slice(struct batch *b, const struct sealed_batch *s, uint32_t slice)
{
    struct sealed_batch one;
    uint32_t first, n = sealed_batch_of_slice(s, slice, &first);
    ck_assert_ok(batch_seal(b, &one));
    batch_free(b);
    ck_assert_uint_eq(one.n_slices, 1);
    ck_assert_uint_eq(one.n_segments, n);
    for (uint32_t i = 0; i < n; i++) check_same_trace(one.traces[i], s->traces[first + i]);
    sealed_batch_deinit(&one);
    return slice + 1;
}

/* One batch for each slice: it is full exactly where the slice was closed. */
static void follow_by_slice(struct run *run, const struct sealed_batch *s)
{
    struct batch *b = begin_over(run, &run->by_slice, 1);
    uint32_t slice = 0;
    for (uint32_t i = 0; i < run->n_requests; i++) {
        enum rule_error e = batch_push(b, &run->requests[i], NULL);
        if (rule_error_is_capacity(e)) {
            slice = seal_as_slice(b, s, slice);
            b = begin_over(run, &run->by_slice, 1);
            e = batch_push(b, &run->requests[i], NULL);
        }
        ck_assert_int_eq(e, RULE_OK);
    }
    slice = seal_as_slice(b, s, slice);
    ck_assert_uint_eq(slice, s->n_slices);
    check_roots(run, &run->by_slice);
}

/* Once given up half way, then whole: without the refused requests. */
static void follow_by_journal(struct run *run, const struct sealed_batch *s, uint32_t slices_max)
{
    struct digest8 before[WORLD_CHAINS_MAX], now;
    struct sealed_batch again;
    for (uint32_t c = 0; c < run->w->n_chains; c++)
        ck_assert_ok(cells_root(run->by_journal.state[c].cells, &before[c]));
    for (uint32_t part = 0; part < 2; part++) {
        struct batch *b = begin_over(run, &run->by_journal, slices_max);
        uint32_t n = part == 0 ? run->n_requests / 2 : run->n_requests;
        for (uint32_t i = 0; i < n; i++)
            ck_assert_int_eq(batch_push(b, &run->requests[i], NULL), RULE_OK);
        if (part == 1) ck_assert_ok(batch_seal(b, &again));
        batch_free(b);
        for (uint32_t c = 0; c < run->w->n_chains && part == 0; c++) {
            ck_assert_ok(cells_root(run->by_journal.state[c].cells, &now));
            ck_assert_mem_eq(&now, &before[c], sizeof now);
        }
    }
    ck_assert_uint_eq(again.n_segments, s->n_segments);
    for (uint32_t i = 0; i < s->n_segments; i++) {
        ck_assert_uint_eq(again.traces[i]->slice, s->traces[i]->slice);
        ck_assert_mem_eq(again.traces[i]->segment_hash, s->traces[i]->segment_hash, 32);
        check_same_trace(again.traces[i], s->traces[i]);
    }
    check_roots(run, &run->by_journal);
    ck_assert_ok(sealed_batch_revert(&again, run->by_journal.state, run->w->n_chains));
    ck_assert_ok(sealed_batch_advance(s, run->by_journal.state, run->w->n_chains));
    sealed_batch_deinit(&again);
}

/* The published bytes of each chain, in order. */
static void follow_by_segments(struct run *run, const struct sealed_batch *s)
{
    static struct segment segment;
    for (uint16_t c = 0; c < run->w->n_chains; c++) {
        struct chain_trace *own[BATCH_SEGMENTS_MAX];
        struct chain_state *state = &run->by_segments.state[c];
        struct digest8 root;
        uint32_t n = sealed_batch_of_chain(s, c, own), bytes = 0, record;
        for (uint32_t i = 0; i < n; i++) {
            struct codec_error why;
            enum rule_error rule;
            ck_assert_ok(segment_decode(&segment, own[i]->bytes, own[i]->n_bytes, &why));
            ck_assert_uint_eq(segment.header.segment, i);
            ck_assert_uint_eq(segment.header.of, n);
            ck_assert(i == 0 || own[i]->slice > own[i - 1]->slice);
            bytes += own[i]->n_bytes;
            ck_assert_ok(
                replay_segment(state->cells, state->preimages, &segment, &root, &record, &rule));
            ck_assert_mem_eq(&root, &own[i]->root_after, sizeof root);
        }
        ck_assert_uint_le(bytes, BATCH_CHAIN_BYTES_MAX);
    }
    check_roots(run, &run->by_segments);
}

static void check_limits(const struct run *run, const struct sealed_batch *s)
{
    uint16_t chains[BATCH_PARTICIPANTS_MAX];
    const struct batch_limits *l = &run->limits;
    ck_assert_uint_le(s->n_segments, BATCH_SEGMENTS_MAX);
    if (run->w->participants_max)
        ck_assert_uint_le(sealed_batch_chains(s, chains), run->w->participants_max);
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const struct chain_trace *t = s->traces[i];
        ck_assert(t->n_ops >= 1 && t->n_ops <= l->records && t->n_cells <= l->cells);
        ck_assert(t->n_tuples <= l->tuples && t->n_bytes <= l->bytes);
        ck_assert(t->n_tree_rows <= l->tree_rows && t->n_signatures <= l->signatures);
        if (i == 0) continue;
        const struct chain_trace *p = s->traces[i - 1];
        ck_assert(t->slice == p->slice ? t->chain > p->chain : t->slice == p->slice + 1);
    }
}

static void one_batch(struct run *run)
{
    struct world *w = run->w;
    struct push_result *result = malloc(sizeof *result);
    uint32_t count[WORLD_CHAINS_MAX] = {0};
    bool full = false;
    struct batch *b = world_begin(w);
    run->config = (struct batch_config){.k = w->k, .time = w->time, .trust_signatures = true,
                                        .limits = &run->limits, .n_chains = w->n_chains,
                                        .participants_max = w->participants_max};
    memcpy(run->config.deployment_id, w->deployment_id, 32);
    for (uint16_t c = 0; c < w->n_chains; c++) {
        const struct rules_chain *rules = batch_chain(b, c);
        run->config.chains[c].fee_account = rules->fee_account;
        memcpy(run->config.chains[c].fees, rules->fee_slots, sizeof rules->fee_slots);
    }
    run->n_requests = 0;
    while (run->n_requests < REQUESTS_MAX && !full) {
        struct request *r = &run->requests[run->n_requests];
        bool ok = world_push_random(w, b, &full, r, result);
        ck_assert_int_ne(result->rule, RULE_TOO_LARGE);
        if (!ok) continue;
        run->n_requests++;
        for (uint32_t i = 0; i < result->n_ops; i++)
            ck_assert_uint_eq(result->record[i], count[result->chain[i]]++);
    }
    for (uint16_t c = 0; c < w->n_chains; c++)
        ck_assert_uint_eq(batch_count_ops(b, c), count[c]);
    struct sealed_batch s;
    uint32_t slices_max = w->slices_max;
    ck_assert_ok(batch_seal(b, &s));
    batch_free(b);
    ck_assert_uint_le(s.n_slices, slices_max);
    run->n_slices += s.n_slices;
    run->n_segments += s.n_segments;
    run->n_full += full;
    check_limits(run, &s);
    follow_by_slice(run, &s);
    follow_by_journal(run, &s, slices_max);
    follow_by_segments(run, &s);
    sealed_batch_deinit(&s);
    free(result);
}

static void one_world(uint64_t seed, uint32_t n_batches)
{
    struct run *run = calloc(1, sizeof *run);
    struct rng rng;
    ck_assert_ptr_nonnull(run);
    rng_seed(&rng, seed);
    uint32_t n = rng_below(&rng, 2) ? 2 : 2 + (uint32_t)rng_below(&rng, WORLD_CHAINS_MAX - 1);
    world_limits_random(&rng, &run->limits);
    run->w = world_new_chains(seed, false, n);
    run->w->limits = &run->limits;
    run->w->slices_max = 1 + (uint32_t)rng_below(&rng, BATCH_SLICES_MAX);
    if (rng_below(&rng, 3) == 0)
        run->w->participants_max = 2 + (uint32_t)rng_below(&rng, BATCH_PARTICIPANTS_MAX - 1);
    follower_init(&run->by_slice, n);
    follower_init(&run->by_journal, n);
    follower_init(&run->by_segments, n);
    for (uint32_t i = 0; i < n_batches; i++) one_batch(run);
    printf("seed %llu: %u chains, %u batches, %u slices, %u segments, %u full\n",
           (unsigned long long)seed, n, n_batches, run->n_slices, run->n_segments, run->n_full);
    follower_deinit(&run->by_slice, n);
    follower_deinit(&run->by_journal, n);
    follower_deinit(&run->by_segments, n);
    world_free(run->w);
    free(run);
}

START_TEST(a_slice_is_a_batch_of_its_operations)
{
    struct rng rng;
    check_seed(&rng);
    for (int i = 0; i < 4; i++) one_world(rng_u64(&rng), 3);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core slices");
    TCase *tc = tcase_create("slices");
    tcase_set_timeout(tc, 110);
    tcase_add_test(tc, a_slice_is_a_batch_of_its_operations);
    suite_add_tcase(s, tc);
    return check_main(s);
}
