/* Slices: when a batch closes one and opens the next, what its segments say, and where it ends. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/sha256.h"
#include "core/batch/publics.h"
#include "core/op/amount.h"
#include "core/op/codec.h"
#include "core/op/packed.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

enum { SMALL_RECORDS = 4 };

static struct batch_limits limits;
static struct batch_config config;
static struct chain_state states[BATCH_CHAINS_MAX];
static struct batch *b;
static struct sealed_batch sealed;

static void begin(uint32_t n_chains)
{
    config = (struct batch_config){.k = 7, .time = 1000, .n_chains = n_chains, .limits = &limits};
    for (uint16_t i = 0; i < n_chains; i++) {
        if (!states[i].cells) ck_assert_ok(chain_state_init(&states[i], i));
        config.chains[i].state = &states[i];
    }
    ck_assert_ok(batch_begin(&b, &config));
}

static void setup(void)
{
    limits = batch_limits_standard;
    limits.records = SMALL_RECORDS;
    memset(states, 0, sizeof states);
    memset(&sealed, 0, sizeof sealed);
    b = NULL;
}

static void teardown(void)
{
    batch_free(b);
    sealed_batch_deinit(&sealed);
    for (uint32_t i = 0; i < BATCH_CHAINS_MAX; i++)
        if (states[i].cells) chain_state_deinit(&states[i]);
}

static enum rule_error open_account(uint16_t chain, struct push_result *result)
{
    struct request r = {.kind = REQUEST_OPEN, .chain = chain};
    memset(r.u.open.owner.bytes, 7, sizeof r.u.open.owner.bytes);
    return batch_push(b, &r, result);
}

static void open_accounts(uint16_t chain, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) ck_assert_int_eq(open_account(chain, NULL), RULE_OK);
}

static struct digest8 root_of(uint32_t chain)
{
    struct digest8 root;
    ck_assert_ok(cells_root(states[chain].cells, &root));
    return root;
}

static void check_segment(const struct chain_trace *t, uint32_t slice, uint8_t segment, uint8_t of,
                          uint32_t n_ops)
{
    static struct segment s;
    struct codec_error why;
    uint32_t publics[LEAF_PUBLICS];
    ck_assert_uint_eq(t->slice, slice);
    ck_assert_uint_eq(t->segment, segment);
    ck_assert_uint_eq(t->of, of);
    ck_assert_uint_eq(t->n_ops, n_ops);
    ck_assert_ok(segment_decode(&s, t->bytes, t->n_bytes, &why));
    ck_assert_uint_eq(s.header.segment, segment);
    ck_assert_uint_eq(s.header.of, of);
    ck_assert_uint_eq(s.header.k, 7);
    ck_assert_uint_eq(s.n_records, n_ops);
    uint8_t hash[32];
    sha256(hash, t->bytes, t->n_bytes);
    ck_assert_mem_eq(hash, t->segment_hash, sizeof hash);
    leaf_publics(publics, t);
    ck_assert_uint_eq(publics[5], segment);
    ck_assert_uint_eq(publics[6], of);
}

START_TEST(an_operation_past_a_capacity_is_the_first_of_the_next_slice)
{
    struct push_result result;
    const char *limit;
    begin(3);
    open_accounts(2, SMALL_RECORDS);
    open_accounts(0, 2);
    ck_assert_uint_eq(batch_fullness(b, 2, &limit), 1000 / BATCH_SLICES_MAX);
    ck_assert_str_eq(limit, "slices");
    ck_assert_int_eq(open_account(2, &result), RULE_OK); /* chain 0 has its segment in both */
    ck_assert_uint_eq(result.record[0], SMALL_RECORDS);
    ck_assert_int_eq(open_account(0, &result), RULE_OK);
    ck_assert_uint_eq(result.record[0], 2);
    open_accounts(2, SMALL_RECORDS);
    ck_assert_uint_eq(batch_count_ops(b, 2), 2 * SMALL_RECORDS + 1);
    ck_assert_uint_eq(batch_count_all_ops(b), 2 * SMALL_RECORDS + 4);
    struct cell next;
    batch_peek(b, 2, ACCOUNT_SYSTEM, SYSTEM_SLOT_NEXT, &next);
    ck_assert_uint_eq(next.e[0], 2 + 2 * SMALL_RECORDS);
    ck_assert_ok(batch_seal(b, &sealed));
    ck_assert_uint_eq(sealed.n_slices, 3);
    ck_assert_uint_eq(sealed.n_segments, 5);
    check_segment(sealed.traces[0], 0, 0, 2, 2); /* chain 0 */
    check_segment(sealed.traces[1], 0, 0, 3, 4);
    check_segment(sealed.traces[2], 1, 1, 2, 1);
    check_segment(sealed.traces[3], 1, 1, 3, 4);
    check_segment(sealed.traces[4], 2, 2, 3, 1);
    uint16_t chains[BATCH_PARTICIPANTS_MAX];
    ck_assert_uint_eq(sealed_batch_chains(&sealed, chains), 2);
    ck_assert_uint_eq(chains[0], 0);
    ck_assert_uint_eq(chains[1], 2);
    struct chain_trace *own[BATCH_SEGMENTS_MAX];
    ck_assert_uint_eq(sealed_batch_of_chain(&sealed, 2, own), 3);
    ck_assert_ptr_eq(own[1], sealed.traces[3]);
    ck_assert_mem_eq(&own[0]->root_after, &own[1]->root_before, sizeof own[0]->root_after);
    ck_assert_uint_eq(sealed_batch_of_chain(&sealed, 1, own), 0);
    uint32_t first, slices[BATCH_SLICES_MAX];
    ck_assert_uint_eq(sealed_batch_of_slice(&sealed, 1, &first), 2);
    ck_assert_uint_eq(first, 2);
    ck_assert_uint_eq(sealed_batch_pairings(&sealed, slices), 0);
}
END_TEST

START_TEST(a_batch_ends_with_its_slices)
{
    begin(2);
    batch_free(b);
    config.slices_max = BATCH_SLICES_MAX + 1;
    ck_assert_err(batch_begin(&b, &config), ERR_ARG);
    config.slices_max = 3;
    ck_assert_ok(batch_begin(&b, &config));
    const char *limit;
    open_accounts(1, 3 * SMALL_RECORDS);
    ck_assert_int_eq(open_account(1, NULL), RULE_FULL_RECORDS);
    ck_assert_uint_eq(batch_fullness(b, 1, &limit), 1000);
    ck_assert_str_eq(limit, "records");
    open_accounts(0, SMALL_RECORDS); /* the open slice has room for the other chain */
    ck_assert_int_eq(open_account(0, NULL), RULE_FULL_RECORDS);
    ck_assert_ok(batch_seal(b, &sealed));
    ck_assert_uint_eq(sealed.n_slices, 3);
    ck_assert_uint_eq(sealed.n_segments, 4);
}
END_TEST

START_TEST(a_batch_ends_with_its_segments)
{
    begin(BATCH_CHAINS_MAX);
    limits.records = 1;
    for (uint32_t slice = 0; slice < 4; slice++)
        for (uint16_t c = 0; c < BATCH_CHAINS_MAX; c++) open_accounts(c, 1);
    for (uint16_t c = 0; c < BATCH_CHAINS_MAX; c++)
        ck_assert_int_eq(open_account(c, NULL), RULE_FULL_RECORDS);
    const char *limit;
    ck_assert_uint_eq(batch_fullness(b, 3, &limit), 1000);
    ck_assert_str_eq(limit, "segments");
    ck_assert_ok(batch_seal(b, &sealed));
    ck_assert_uint_eq(sealed.n_segments, BATCH_SEGMENTS_MAX);
    ck_assert_uint_eq(sealed.n_slices, 4);
}
END_TEST

START_TEST(a_new_segment_in_the_open_slice_counts_too)
{
    begin(3);
    limits.records = 1;
    for (uint32_t i = 0; i < 21; i++) /* 63 segments in 21 slices */
        for (uint16_t c = 0; c < 3; c++) open_accounts(c, 1);
    open_accounts(1, 1); /* the 64th opens slice 22 */
    ck_assert_int_eq(open_account(0, NULL), RULE_FULL_SEGMENTS);
    ck_assert(rule_error_is_capacity(RULE_FULL_SEGMENTS));
    ck_assert_ok(batch_seal(b, &sealed));
    ck_assert_uint_eq(sealed.n_segments, BATCH_SEGMENTS_MAX);
}
END_TEST

START_TEST(a_chain_of_a_closed_slice_takes_part)
{
    begin(3);
    batch_free(b);
    config.participants_max = 2;
    ck_assert_ok(batch_begin(&b, &config));
    limits.records = 1;
    open_accounts(0, 2);
    open_accounts(1, 2); /* the open slice is of chain 1 alone */
    ck_assert_int_eq(open_account(2, NULL), RULE_FULL_CHAINS);
    open_accounts(0, 1);
    ck_assert_ok(batch_seal(b, &sealed));
    ck_assert_uint_eq(sealed.n_segments, 5);
    for (uint32_t i = 0; i < 5; i++) ck_assert_uint_lt(sealed.traces[i]->chain, 2);
}
END_TEST

START_TEST(a_batch_ends_before_a_chain_passes_its_bytes)
{
    enum { OPEN_BYTES = 21 };
    uint32_t n = 0, total = 0;
    enum rule_error e = RULE_OK;
    begin(2);
    limits = batch_limits_large;
    while ((e = open_account(1, NULL)) == RULE_OK) n++;
    ck_assert_int_eq(e, RULE_FULL_BYTES);
    open_accounts(0, 1); /* the other chain has room */
    ck_assert_ok(batch_seal(b, &sealed));
    for (uint32_t i = 0; i < sealed.n_segments; i++)
        if (sealed.traces[i]->chain == 1) total += sealed.traces[i]->n_bytes;
    ck_assert_uint_le(total, BATCH_CHAIN_BYTES_MAX);
    ck_assert_uint_gt(total + OPEN_BYTES + SEGMENT_HEADER_BYTES, BATCH_CHAIN_BYTES_MAX);
    struct chain_trace *own[BATCH_SEGMENTS_MAX];
    ck_assert_uint_eq(total, n * OPEN_BYTES +
                                 sealed_batch_of_chain(&sealed, 1, own) * SEGMENT_HEADER_BYTES);
}
END_TEST

START_TEST(freeing_without_seal_puts_all_slices_back)
{
    begin(3);
    open_accounts(1, 2);
    ck_assert_ok(batch_seal(b, &sealed));
    batch_free(b);
    struct digest8 before[3] = {root_of(0), root_of(1), root_of(2)};
    begin(3);
    open_accounts(0, 5);
    open_accounts(2, 9);
    open_accounts(0, 9);
    batch_free(b);
    b = NULL;
    for (uint32_t i = 0; i < 3; i++) {
        struct digest8 now = root_of(i);
        ck_assert_mem_eq(&now, &before[i], sizeof now);
    }
}
END_TEST

START_TEST(sealed_segments_are_taken_back_and_applied_in_order)
{
    begin(3);
    struct digest8 before[3] = {root_of(0), root_of(1), root_of(2)}, after[3];
    open_accounts(0, 9);
    open_accounts(2, 6);
    ck_assert_ok(batch_seal(b, &sealed));
    ck_assert_uint_eq(sealed.n_slices, 4);
    for (uint32_t i = 0; i < 3; i++) after[i] = root_of(i);
    ck_assert_err(sealed_batch_revert(&sealed, states, 2), ERR_ARG);
    struct digest8 now = root_of(0);
    ck_assert_mem_eq(&now, &after[0], sizeof now); /* nothing is changed */
    ck_assert_err(chain_state_revert(&states[0], sealed.traces[0]), ERR_MISMATCH);
    ck_assert_err(sealed_batch_advance(&sealed, states, 3), ERR_MISMATCH);
    ck_assert_ok(sealed_batch_revert(&sealed, states, 3));
    ck_assert_err(sealed_batch_revert(&sealed, states, 3), ERR_MISMATCH);
    for (uint32_t i = 0; i < 3; i++) {
        now = root_of(i);
        ck_assert_mem_eq(&now, &before[i], sizeof now);
    }
    ck_assert_ok(sealed_batch_advance(&sealed, states, 3));
    for (uint32_t i = 0; i < 3; i++) {
        now = root_of(i);
        ck_assert_mem_eq(&now, &after[i], sizeof now);
    }
    /* the last segment belongs to another state: those before are taken back again */
    ck_assert_ok(sealed_batch_revert(&sealed, states, 3));
    ck_assert_ok(chain_state_advance(&states[2], sealed.traces[3]));
    now = root_of(0);
    ck_assert_err(sealed_batch_advance(&sealed, states, 3), ERR_MISMATCH);
    struct digest8 again = root_of(0);
    ck_assert_mem_eq(&now, &again, sizeof now);
}
END_TEST

/* ---- with money ---- */
static struct world *money(void)
{
    struct world *w = world_new(99, false);
    w->slices_max = 8;
    world_warm_up(w);
    return w;
}

/* A small swap of somebody. */
static bool swap(struct world *w, struct batch *open, struct request *r, bool cross)
{
    memset(r, 0, sizeof *r);
    r->kind = REQUEST_SWAP;
    for (uint32_t i = 0; i < w->n_pools; i++) {
        const struct world_pool *p = &w->pools[i];
        if ((p->chain[0] != p->chain[1]) != cross) continue;
        for (uint32_t u = 0; u < WORLD_USERS; u++) {
            struct swap_order *o = &r->u.swap;
            uint32_t lane, leaf;
            if (!world_leaf(w, open, u, p->chain[0], &lane, &leaf)) continue;
            if (w->users[u].account[p->chain[1]] == 0) continue;
            o->auth = (struct op_auth){.account = w->users[u].account[p->chain[0]],
                                       .lane = (uint8_t)lane,
                                       .leaf = leaf,
                                       .deadline = UINT32_MAX};
            o->chain = r->chain = p->chain[0];
            o->to_chain = p->chain[1];
            o->pool_in = p->id[0];
            o->token_in = p->token[0];
            o->token_out = p->token[1];
            o->slot_in = world_token_slot(o->token_in);
            o->to_account = w->users[u].account[o->to_chain];
            o->to_owner = w->users[u].owner;
            o->to_slot = world_token_slot(o->token_out);
            struct amount part;
            struct cell cell;
            batch_peek(open, o->chain, o->pool_in, SLOT_POOL_RESERVE, &cell);
            ck_assert_ok(cell_amount(&part, &cell));
            part = (struct amount){part.lo >> 8 | part.hi << 56, part.hi >> 8};
            o->amount = packed_amount_floor(part);
            struct push_result result;
            if (batch_push(open, r, &result) == RULE_OK) {
                world_follow(w, r, &result);
                return true;
            }
        }
    }
    return false;
}

START_TEST(pairs_are_counted_over_all_chains_and_from_0_in_each_slice)
{
    enum { PAIRS = 3 };
    struct world *w = money();
    struct batch_limits few = batch_limits_standard;
    struct push_result *result = malloc(sizeof *result);
    bool full = false;
    uint32_t pairs = 0, counted = 0;
    few.pairs = PAIRS;
    w->limits = &few;
    struct batch *open = world_begin(w);
    while (pairs < 4 * PAIRS && !full)
        pairs += world_push_random(w, open, &full, NULL, result) && result->n_ops == 2;
    ck_assert(!full);
    ck_assert_ok(batch_seal(open, &sealed));
    batch_free(open);
    static struct tuple tuples[BATCH_TUPLES_MAX];
    uint32_t slices[BATCH_SLICES_MAX];
    uint32_t n_pairings = sealed_batch_pairings(&sealed, slices);
    ck_assert_uint_ge(n_pairings, 4);
    for (uint32_t i = 0; i < n_pairings; i++) {
        uint32_t first, seen[PAIRS] = {0}, n = sealed_batch_of_slice(&sealed, slices[i], &first);
        for (uint32_t k = first; k < first + n; k++) {
            uint32_t count = tuples_of_trace(tuples, sealed.traces[k]);
            for (uint32_t t = 0; t < count; t++) {
                ck_assert_uint_lt(tuples[t].e[TUPLE_X], PAIRS);
                seen[tuples[t].e[TUPLE_X]]++;
            }
        }
        ck_assert_uint_eq(seen[0], 2);
        for (uint32_t x = 1; x < PAIRS; x++) ck_assert(seen[x] == 2 || (seen[x] == 0 && i > 2));
        for (uint32_t x = 0; x < PAIRS; x++) counted += seen[x] / 2;
    }
    ck_assert_uint_eq(counted, pairs);
    free(result);
    world_free(w);
}
END_TEST

START_TEST(what_fits_no_slice_is_refused_and_nothing_is_closed_for_it)
{
    struct world *w = money();
    struct batch_limits few = batch_limits_standard;
    struct request r;
    struct push_result result;
    w->limits = &few;
    few.records = 2;
    struct batch *open = world_begin(w);
    ck_assert(swap(w, open, &r, false)); /* both records in one segment */
    few.records = 1;
    r.u.swap.auth.leaf++;
    ck_assert_int_eq(batch_push(open, &r, &result), RULE_TOO_LARGE);
    ck_assert_int_eq(result.rule, RULE_TOO_LARGE);
    ck_assert(!rule_error_is_capacity(RULE_TOO_LARGE));
    few.records = 2;
    ck_assert_ok(batch_seal(open, &sealed));
    ck_assert_uint_eq(sealed.n_slices, 1);
    batch_free(open);
    open = world_begin(w);
    few.records = 1;
    ck_assert_int_eq(batch_push(open, &r, &result), RULE_TOO_LARGE);
    batch_free(open);
    few.records = 2;
    few.pairs = 0;
    open = world_begin(w);
    ck_assert_int_eq(batch_push(open, &r, &result), RULE_TOO_LARGE);
    batch_free(open);
    world_free(w);
}
END_TEST

START_TEST(a_refused_request_does_not_close_a_slice)
{
    begin(2);
    open_accounts(0, SMALL_RECORDS);
    struct request bad = {.kind = REQUEST_TRANSFER, .chain = 0}; /* of nobody */
    enum rule_error e = batch_push(b, &bad, NULL);
    ck_assert(e != RULE_OK && !rule_error_is_capacity(e));
    limits.records = SMALL_RECORDS + 1; /* had it closed the slice, this would lie in the next */
    open_accounts(0, 1);
    ck_assert_ok(batch_seal(b, &sealed));
    ck_assert_uint_eq(sealed.n_slices, 1);
    ck_assert_uint_eq(sealed.traces[0]->n_ops, SMALL_RECORDS + 1);
}
END_TEST

static enum rule_error push_request(uint16_t chain, uint8_t kind)
{
    struct request r = {.kind = REQUEST_PRIORITY, .chain = chain};
    r.u.priority = (struct op_priority){.kind = kind, .id = 9, .slot = 2}; /* nobody's account */
    if (kind == PRIORITY_DEPOSIT) {
        r.u.priority.token = 1;
        r.u.priority.amount = amount_from_u64(1);
    }
    return batch_push(b, &r, NULL);
}

/* REQ-L1-3: a batch that a chain's contract could not execute in one transaction is never sealed. */
START_TEST(a_batch_ends_before_a_chain_has_too_much_to_execute)
{
    const char *limit;
    limits.records = 32;
    begin(2);
    for (uint32_t i = 0; i < 71; i++) ck_assert_int_eq(push_request(0, PRIORITY_EXIT), RULE_OK);
    ck_assert_uint_eq(batch_fullness(b, 0, &limit), 1000 * 355 / BATCH_EXECUTION_MAX);
    ck_assert_str_eq(limit, "execution on L1");
    for (uint32_t i = 0; i < 2; i++) ck_assert_int_eq(push_request(0, PRIORITY_DEPOSIT), RULE_OK);
    ck_assert_int_eq(push_request(0, PRIORITY_EXIT), RULE_FULL_EXECUTION);
    for (uint32_t i = 0; i < 3; i++) ck_assert_int_eq(push_request(0, PRIORITY_DEPOSIT), RULE_OK);
    ck_assert_int_eq(push_request(0, PRIORITY_DEPOSIT), RULE_FULL_EXECUTION);
    ck_assert(rule_error_is_capacity(RULE_FULL_EXECUTION));
    open_accounts(0, 1); /* costs nothing there */
    ck_assert_int_eq(push_request(1, PRIORITY_EXIT), RULE_OK);
    ck_assert_ok(batch_seal(b, &sealed));
    ck_assert_uint_eq(sealed.n_slices, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slices of a batch");
    TCase *t = tcase_create("slices");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, an_operation_past_a_capacity_is_the_first_of_the_next_slice);
    tcase_add_test(t, a_batch_ends_with_its_slices);
    tcase_add_test(t, a_batch_ends_with_its_segments);
    tcase_add_test(t, a_new_segment_in_the_open_slice_counts_too);
    tcase_add_test(t, a_chain_of_a_closed_slice_takes_part);
    tcase_add_test(t, a_batch_ends_before_a_chain_passes_its_bytes);
    tcase_add_test(t, freeing_without_seal_puts_all_slices_back);
    tcase_add_test(t, sealed_segments_are_taken_back_and_applied_in_order);
    tcase_add_test(t, pairs_are_counted_over_all_chains_and_from_0_in_each_slice);
    tcase_add_test(t, what_fits_no_slice_is_refused_and_nothing_is_closed_for_it);
    tcase_add_test(t, a_refused_request_does_not_close_a_slice);
    tcase_add_test(t, a_batch_ends_before_a_chain_has_too_much_to_execute);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
