/* A negative twin for each statement of docs/protocol/recursion.md section 6: inputs or rows are
 * forged so that everything else stays right (hashes, facts tree, tape, lookups are made anew), and
 * the checker refuses, naming what the rule lives in. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/trace/batch_internal.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/batch/fixture.h"

enum { TEXT = 4096 };

static const struct batch_size *const SIZE = &BATCH_SIZE_SMALL;
static struct ir_system *sys;
/* Chain 0 has segments in three pairings, chain 3 takes no part. */
static const char *const PLAN[3] = {"ttp-", "tt--", "t-t-"};
static struct batch_case honest;
static uint32_t honest_publics[BATCH_N_PUBLIC];

static void setup(void)
{
    struct rng rng;
    rng_seed(&rng, 20261121);
    sys = batch_system_new(SIZE);
    batch_case_plan(&honest, &rng, 4, PLAN, 3);
    REQUIRE(honest.in.n_pairings == 3 && honest.in.n_segments == 7);
    REQUIRE(batch_publics(honest_publics, &honest.in) == ERR_OK);
}

static void teardown(void)
{
    ir_system_free(sys);
}

/* The case's rows with `edit` applied to them, then everything that follows. NULL: the witness said
 * no, why is in text. */
static struct ir_trace *forge(const struct batch_case *c, void (*edit)(struct witness *),
                              char *text)
{
    struct ir_trace *tr = NULL;
    struct witness *w;
    uint16_t *halves = batch_free_halves(SIZE, &c->in);
    REQUIRE(halves != NULL && witness_new(&w, sys) == ERR_OK);
    batch_fill_rows(w, SIZE, &c->in);
    if (edit) edit(w);
    batch_fill_tape(w, SIZE, halves);
    if (batch_fill_answers(w, &tr) != ERR_OK) snprintf(text, TEXT, "%s", witness_error_text(w));
    witness_free(w);
    free(halves);
    return tr;
}

static void expect_refusal(const char *what, const struct batch_case *c,
                           void (*edit)(struct witness *), const char *reason)
{
    char text[TEXT] = "";
    struct ir_trace *tr = forge(c, edit, text);
    if (tr != NULL) {
        ck_assert_msg(ir_mock_check(tr, text, TEXT) != ERR_OK, "%s is accepted", what);
        ir_trace_free(tr);
    }
    ck_assert_msg(strstr(text, reason) != NULL, "%s: expected \"%s\", refused by: %s", what, reason,
                  text);
}

START_TEST(the_honest_batch_is_accepted)
{
    char text[TEXT] = "";
    struct ir_trace *tr = forge(&honest, NULL, text);
    ck_assert_msg(tr != NULL, "%s", text);
    ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
    ck_assert_mem_eq(tr->publics, honest_publics, sizeof honest_publics);
    ir_trace_free(tr);
}
END_TEST

/* ---- forged inputs ---- */
static struct batch_case c;
static uint32_t *seg(uint32_t chain, uint32_t number)
{
    struct batch_segment *s = batch_case_segment(&c, chain, number);
    REQUIRE(s != NULL);
    return s->publics;
}
static struct batch_side *side(uint32_t pairing, uint32_t chain)
{
    for (uint32_t i = 0; i < c.pairings[pairing].n_sides; i++)
        if (c.pairings[pairing].sides[i].chain == c.chains[chain].index)
            return &c.pairings[pairing].sides[i];
    REQUIRE(false);
    return NULL;
}
static void remove_segment(uint32_t chain, uint32_t number)
{
    struct batch_segment *s = batch_case_segment(&c, chain, number);
    memmove(s, s + 1, (size_t)(c.segments + --c.in.n_segments - s) * sizeof *s);
}
static void remove_side(uint32_t pairing, uint32_t chain)
{
    struct batch_side *s = side(pairing, chain), *end;
    end = c.pairings[pairing].sides + --c.pairings[pairing].n_sides;
    memmove(s, s + 1, (size_t)(end - s) * sizeof *s);
}
static void swap_u32(uint32_t *a, uint32_t *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t v = a[i];
        a[i] = b[i];
        b[i] = v;
    }
}

#define FORGED(change, reason)                                                                     \
    do {                                                                                           \
        batch_case_copy(&c, &honest);                                                              \
        change;                                                                                    \
        expect_refusal(#change, &c, NULL, reason);                                                 \
    } while (0)

START_TEST(segments_of_another_batch_are_refused)
{
    const uint32_t fields[] = {LEAF_K, LEAF_K + 1, LEAF_TIME, LEAF_TIME + 1};
    for (uint32_t i = 0; i < 7; i++) {
        uint32_t field = i < 4 ? fields[i] : LEAF_DEP + 2 * (i - 4);
        FORGED(c.segments[i].publics[field] += 1, "k, time, deployment");
    }
    FORGED(seg(2, 1)[LEAF_DEP + 7] += 1, "k, time, deployment");
    FORGED(seg(2, 1)[LEAF_DEP + 7] |= 1u << 30, "k, time, deployment");
    for (uint32_t y = 0; y < 3; y++) {
        FORGED(c.pairings[y].time += y == 0 ? 1 : 65536, "time, deployment");
        FORGED(c.pairings[y].dep[3 * y] += 1, "time, deployment");
    }
}
END_TEST

START_TEST(segments_out_of_order_missing_or_doubled_are_refused)
{
    FORGED(seg(0, 2)[LEAF_SEGMENT] = 3, "segment");
    FORGED(seg(0, 0)[LEAF_SEGMENT] = 1, "segment");
    FORGED(swap_u32(&seg(0, 0)[LEAF_SEGMENT], &seg(0, 1)[LEAF_SEGMENT], 1), "segment");
    FORGED(swap_u32(seg(0, 0), seg(0, 1), LEAF_PUBLICS), "segment");
    FORGED(seg(1, 0)[LEAF_OF] = 3, "segment");
    FORGED(seg(1, 1)[LEAF_OF] = 1, "segment");
    FORGED((remove_segment(2, 0)), "segment"); /* the plain one: no pairing misses it */
    FORGED((remove_segment(2, 0), seg(2, 1)[LEAF_SEGMENT] = 0), "segment"); /* of 2 */
    FORGED((remove_segment(2, 0), seg(2, 1)[LEAF_OF] = 1), "segment");      /* number 1 */
    /* as if it had never been: the roots do not meet */
    FORGED((remove_segment(2, 0), seg(2, 1)[LEAF_OF] = 1, seg(2, 1)[LEAF_SEGMENT] = 0), "segment");
    FORGED(c.segments[c.in.n_segments++] = *batch_case_segment(&c, 2, 0), "segment");
    /* doubled and renumbered */
    FORGED((c.segments[c.in.n_segments++] = *batch_case_segment(&c, 2, 0),
            c.segments[c.in.n_segments - 1].publics[LEAF_SEGMENT] = 2),
           "segment");
    /* a chain that is not in the list; one that is, but for another's segment */
    FORGED(seg(0, 2)[LEAF_CHAIN] ^= 1, "segment");
    FORGED((seg(1, 0)[LEAF_CHAIN] ^= 1, seg(1, 1)[LEAF_CHAIN] ^= 1), "segment");
    FORGED(seg(2, 0)[LEAF_CHAIN] = c.chains[3].index, "segment");
    FORGED(c.chains[2].index ^= 1, "segment");
}
END_TEST

START_TEST(roots_that_do_not_chain_are_refused)
{
    for (uint32_t i = 0; i < 8; i += 5) {
        FORGED(c.before[1].e[i] = (c.before[1].e[i] + 1) % IR_P, "segment");
        FORGED(c.after[1].e[i] = (c.after[1].e[i] + 1) % IR_P, "segment");
        FORGED(seg(0, 0)[LEAF_ROOT_NEW + i] = 5, "segment");
        FORGED(seg(0, 1)[LEAF_ROOT_OLD + i] = 5, "segment");
        char reason[64];
        snprintf(reason, sizeof reason, "root stays without segments %u", (unsigned)i);
        FORGED(c.after[3].e[i] = (c.after[3].e[i] + 1) % IR_P, reason);
    }
    FORGED(swap_u32(c.before[0].e, c.before[1].e, 8), "segment");
    FORGED((swap_u32(c.before[0].e, c.before[1].e, 8), swap_u32(c.after[0].e, c.after[1].e, 8)),
           "segment");
}
END_TEST

START_TEST(segments_and_sides_match_one_to_one)
{
    FORGED(side(0, 1)->count += 1, "absorb");
    FORGED(side(0, 1)->count = 0, "absorb");
    FORGED(seg(0, 1)[LEAF_TUPLE_COUNT] += 1, "absorb");
    FORGED(seg(0, 1)[LEAF_TUPLE_COUNT] = IR_P - 1, "absorb");
    for (uint32_t i = 0; i < 8; i += 7)
        FORGED(side(1, 0)->digest[i] ^= 1, "absorb");
    FORGED(side(1, 0)->chain = c.chains[2].index, "absorb");
    FORGED(side(2, 2)->chain = c.chains[1].index, "absorb");
    /* digest or count mixed between chains */
    FORGED(swap_u32(side(0, 0)->digest, side(0, 1)->digest, 8), "absorb");
    FORGED((side(0, 0)->count = 3, side(0, 1)->count = 5), "absorb");
    FORGED(swap_u32(side(0, 0)->digest, side(1, 0)->digest, 8), "absorb");
    /* a leaf that belongs to none, a side that is no leaf */
    FORGED(remove_side(2, 2), "absorb");
    FORGED(remove_side(0, 0), "absorb");
    FORGED((c.pairings[0].sides[2] = *side(0, 1), c.pairings[0].sides[2].chain += 1,
            c.pairings[0].n_sides = 3),
           "absorb");
    FORGED((seg(2, 1)[LEAF_TUPLE_COUNT] = 0), "absorb");
    /* count 0 with the leaf's own digest as a side */
    FORGED((c.pairings[1].sides[c.pairings[1].n_sides].chain = c.chains[2].index,
            memcpy(c.pairings[1].sides[c.pairings[1].n_sides].digest, seg(2, 0) + LEAF_TUPLE_DIGEST,
                   32),
            c.pairings[1].n_sides++),
           "absorb");
    FORGED(seg(2, 0)[LEAF_TUPLE_COUNT] = 7, "absorb");
    /* a pairing twice, or one of nothing */
    FORGED(c.pairings[c.in.n_pairings++] = c.pairings[0], "absorb");
    FORGED((c.pairings[c.in.n_pairings] = c.pairings[0], c.pairings[c.in.n_pairings++].n_sides = 0),
           "a pairing has sides");
    FORGED((c.in.n_pairings = 2), "absorb");
}
END_TEST

START_TEST(pairings_follow_each_other_along_every_chain)
{
    /* chain 1 sees the pairings in the other order: a causal loop */
    FORGED(swap_u32((uint32_t *)side(0, 1), (uint32_t *)side(1, 1), 10), "16-bit number");
    FORGED(swap_u32((uint32_t *)side(0, 0), (uint32_t *)side(2, 0), 10), "16-bit number");
    /* both segments of chain 1 in one pairing */
    FORGED((c.pairings[0].sides[c.pairings[0].n_sides++] = *side(1, 1), remove_side(1, 1)),
           "16-bit number");
}
END_TEST

/* ---- forged rows ---- */
static uint32_t *cell(struct witness *w, const char *table, const char *column, uint32_t row)
{
    uint32_t t = w_table(w, table);
    return &w->tr->tables[t].columns[w_column(w, t, column)][row];
}
static void add(struct witness *w, const char *table, const char *column, uint32_t row, uint32_t by)
{
    uint32_t *v = cell(w, table, column, row);
    *v = f_add(*v, by);
}

static void one_more_participant(struct witness *w)
{
    add(w, "batch", "participants", 0, 1);
}
static void one_participant_less(struct witness *w)
{
    add(w, "batch", "participants", 0, IR_P - 1);
}
static void one_more_chain(struct witness *w)
{
    add(w, "batch", "chains", 0, 1);
}
static void one_chain_less(struct witness *w)
{
    add(w, "batch", "chains", 0, IR_P - 1);
}
static void list_ends_early(struct witness *w)
{
    add(w, "chain", "last", 2, 1);
    add(w, "batch", "chains", 0, IR_P - 1);
}
static void no_last_chain(struct witness *w)
{
    add(w, "chain", "last", 3, IR_P - 1);
}
static void other_place_in_statement(struct witness *w)
{
    *cell(w, "chain", "participants before", 0) = 1;
    *cell(w, "chain", "participants before", 1) = 0;
}
static void idle_chain_takes_part(struct witness *w)
{
    *cell(w, "chain", "participant", 3) = 1;
    *cell(w, "chain", "start", 3) = 60;
    add(w, "batch", "participants", 0, 1);
}
static void hidden_participant(struct witness *w)
{
    *cell(w, "chain", "participant", 2) = 0;
    add(w, "batch", "participants", 0, IR_P - 1);
}
static void segment_is_off(struct witness *w)
{
    *cell(w, "segment", "on", 2) = 0;
} /* plain */
static void pairing_is_off(struct witness *w)
{
    *cell(w, "pairing", "on", 1) = 0;
}
static void segment_with_tuples_is_off(struct witness *w)
{
    *cell(w, "segment", "on", 0) = 0;
}
static void node_is_off(struct witness *w)
{
    *cell(w, "node", "on", 0) = 0;
}
static void wrong_k_before(struct witness *w)
{
    *cell(w, "batch", "borrow", 0) ^= 1;
}
static void same_chain_id(struct witness *w)
{
    for (uint32_t i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "id[%u]", (unsigned)i);
        uint32_t v = *cell(w, "chain", name, 2);
        *cell(w, "chain", name, 3) = v;
    }
}
static void other_number_of_segments(struct witness *w)
{
    add(w, "chain", "segments", 1, 1);
}
static void bytes_of_another_form(struct witness *w)
{
    add(w, "segment", "byte[4]", 1, IR_P - 1);
    add(w, "segment", "byte[5]", 1, 256);
}
/* The element of a row plus p, another number of 32 bits for it. */
static void root_plus_p(struct witness *w, uint32_t least)
{
    uint32_t row = 0;
    while (*cell(w, "root", "half[0]", row) < least || *cell(w, "root", "half[1]", row) == 0xffff)
        row++;
    uint32_t *hi = cell(w, "root", "half[0]", row), *lo = cell(w, "root", "half[1]", row);
    *hi += 0x7f00;
    *lo += 1;
    *cell(w, "root", "inverse", row) = f_inv(f_add(0x7f00, IR_P - *hi));
}
static void root_just_above_p(struct witness *w)
{
    uint32_t row = 0;
    while (*cell(w, "root", "half[0]", row) != 0)
        row++;
    *cell(w, "root", "half[0]", row) = 0x7f00;
    *cell(w, "root", "half[1]", row) += 1;
}
static void root_above_p(struct witness *w)
{
    root_plus_p(w, 1);
}
static void foreign_fact(struct witness *w)
{
    struct batch_fact root, other = {{1, 2, 3, 4, 5, 6, 7, 8}}, top;
    uint32_t table = w_table(w, "node"), row = w_row(w, table);
    memcpy(root.e, w->tr->publics, sizeof root.e);
    top = batch_fact_node(root, other);
    w_put(w, table, row, "on", 1);
    w_put_n(w, table, row, "left", root.e, 8);
    w_put_n(w, table, row, "right", other.e, 8);
    w_put_n(w, table, row, "digest", top.e, 8);
    for (uint32_t i = 0; i < 8; i++)
        w_public(w, BATCH_PUBLIC_FACTS + i, top.e[i]);
}
static void part_of_the_tree(struct witness *w)
{
    for (uint32_t i = 0; i < 8; i++) { /* the root's left child as the root */
        char name[16];
        snprintf(name, sizeof name, "left[%u]", (unsigned)i);
        w_public(w, i, *cell(w, "node", name, w_rows_used(w, w_table(w, "node")) - 1));
    }
}
static void deployment_of_another_form(struct witness *w)
{
    add(w, "batch", "low14[3]", 0, 1u << 14);
}

START_TEST(forged_rows_are_refused)
{
    static const struct {
        const char *what;
        void (*edit)(struct witness *);
        const char *reason;
    } forgeries[] = {
#define ROWS(edit, reason) {#edit, edit, reason}
        ROWS(one_more_participant, "last chain"),
        ROWS(one_participant_less, "last chain"),
        ROWS(one_more_chain, "last chain"),
        ROWS(one_chain_less, "last chain"),
        ROWS(list_ends_early, "chain before"),
        ROWS(no_last_chain, "chain after"),
        ROWS(other_place_in_statement, "chain"),
        ROWS(idle_chain_takes_part, "a participant has segments"),
        ROWS(hidden_participant, "root stays without segments"),
        ROWS(segment_is_off, "segment before"),
        ROWS(segment_with_tuples_is_off, "tuples only in a segment"),
        ROWS(pairing_is_off, "segment side digest"),
        ROWS(node_is_off, "node"),
        ROWS(wrong_k_before, "k before"),
        ROWS(same_chain_id, "chain"),
        ROWS(other_number_of_segments, "segment"),
        ROWS(bytes_of_another_form, "byte"),
        ROWS(root_above_p, "16-bit number"),
        ROWS(root_just_above_p, "below p"),
        ROWS(foreign_fact, "node"),
        ROWS(part_of_the_tree, "facts"),
        ROWS(deployment_of_another_form, "16-bit number"),
#undef ROWS
    };
    for (size_t i = 0; i < ARRAY_LEN(forgeries); i++)
        expect_refusal(forgeries[i].what, &honest, forgeries[i].edit, forgeries[i].reason);
}
END_TEST

static void zero_k(void)
{
    c.in.k = 0;
    for (uint32_t i = 0; i < c.in.n_segments; i++)
        c.segments[i].publics[LEAF_K] = c.segments[i].publics[LEAF_K + 1] = 0;
}

START_TEST(lists_out_of_order_are_refused)
{
    struct chain_entry e;
    FORGED((e = c.chains[2], c.chains[2] = c.chains[3], c.chains[3] = e), "16-bit number");
    FORGED(c.chains[3].index = c.chains[0].index, "16-bit number");
    FORGED(zero_k(), "k before");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch forgeries");
    TCase *tc = tcase_create("forgeries");
    tcase_set_timeout(tc, 100);
    tcase_add_unchecked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_honest_batch_is_accepted);
    tcase_add_test(tc, segments_of_another_batch_are_refused);
    tcase_add_test(tc, segments_out_of_order_missing_or_doubled_are_refused);
    tcase_add_test(tc, roots_that_do_not_chain_are_refused);
    tcase_add_test(tc, segments_and_sides_match_one_to_one);
    tcase_add_test(tc, pairings_follow_each_other_along_every_chain);
    tcase_add_test(tc, forged_rows_are_refused);
    tcase_add_test(tc, lists_out_of_order_are_refused);
    suite_add_tcase(s, tc);
    return check_main(s);
}
