/* Joins of a toy family from leaf to terminal, and what they refuse. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"
#include "prover/verify/labels.h"
#include "tests/unit/prover/recursion/family_toy.h"

static struct family_toy toy;
static char check[64];

/* A leaf, a pairing and the facts over both; two batches about them, one after the other. */
static struct layer_proof leaf, pairing, lift, pair, facts, batch[2], claim[2], range;
static struct layer_proof leaf_large, pairing_large, lift_large, pair_large; /* the same publics */
static struct layer_proof leaf_blob, leaf_large_blob;                        /* of both sizes too */
static uint32_t d[3][16];

static void publics_fill(uint32_t *v, uint32_t n, uint32_t seed)
{
    for (uint32_t i = 0; i < n; i++)
        v[i] = (seed * 2654435761u + i * 40503u) % IR_P;
}

static void batch_child(uint32_t k, struct layer_proof *out)
{
    uint32_t publics[40];
    memcpy(publics, facts.publics + 8, 8 * sizeof *publics);
    memcpy(publics + 8, d[k], sizeof d[k]);
    memcpy(publics + 24, d[k + 1], sizeof d[k]);
    family_toy_child(&toy, LAYER_BATCH, publics, out);
}

static void setup(void)
{
    uint32_t publics[64];
    family_toy_init(&toy);
    for (uint32_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < 16; i++)
            d[k][i] = (k * 7919 + i * 313) & 0xffff;
    publics_fill(publics, 56, 3);
    family_toy_child(&toy, LAYER_LEAF, publics, &leaf);
    family_toy_child(&toy, LAYER_LEAF_LARGE, publics, &leaf_large);
    publics_fill(publics, 64, 5);
    family_toy_child(&toy, LAYER_LEAF_BLOB, publics, &leaf_blob);
    family_toy_child(&toy, LAYER_LEAF_LARGE_BLOB, publics, &leaf_large_blob);
    publics_fill(publics, 8, 4);
    family_toy_child(&toy, LAYER_PAIRING, publics, &pairing);
    family_toy_child(&toy, LAYER_PAIRING_LARGE, publics, &pairing_large);
    ck_assert_int_eq(family_toy_join(&toy, LAYER_LIFT1, &leaf, NULL, &lift, check), ERR_OK);
    ck_assert_int_eq(family_toy_join(&toy, LAYER_PAIR, &pairing, NULL, &pair, check), ERR_OK);
    ck_assert_int_eq(family_toy_join(&toy, LAYER_LIFT_LARGE, &leaf_large, NULL, &lift_large, check),
                     ERR_OK);
    ck_assert_int_eq(
        family_toy_join(&toy, LAYER_PAIR_LARGE, &pairing_large, NULL, &pair_large, check), ERR_OK);
    ck_assert_int_eq(family_toy_join(&toy, LAYER_FACTS, &lift, &pair, &facts, check), ERR_OK);
    for (uint32_t k = 0; k < 2; k++) {
        batch_child(k, &batch[k]);
        ck_assert_int_eq(
            family_toy_join(&toy, LAYER_JOIN_BATCH, &facts, &batch[k], &claim[k], check), ERR_OK);
    }
    ck_assert_int_eq(family_toy_join(&toy, LAYER_RANGE, &claim[0], &claim[1], &range, check),
                     ERR_OK);
}

static void print_rows(void)
{
    for (int i = LAYER_LIFT1; i < LAYER_COUNT; i++) {
        const struct rec_counts *n = &toy.rows[i];
        printf("%-10d poseidon %u ext %u pow %u fold %u pack %u split %u bits %u constant %u\n", i,
               (unsigned)n->poseidon, (unsigned)n->ext, (unsigned)n->pow, (unsigned)n->fold,
               (unsigned)n->pack, (unsigned)n->split, (unsigned)n->bits, (unsigned)n->constant);
    }
}

START_TEST(a_leaf_becomes_a_terminal_proof)
{
    struct layer_proof shrink, terminal;
    print_rows();
    ck_assert_int_eq(family_toy_join(&toy, LAYER_SHRINK, &range, NULL, &shrink, check), ERR_OK);
    ck_assert_int_eq(family_toy_join(&toy, LAYER_TERMINAL, &shrink, NULL, &terminal, check),
                     ERR_OK);
    ck_assert_mem_eq(terminal.publics, toy.keys.root, sizeof toy.keys.root);
    for (uint32_t i = 0; i < 8; i++)
        ck_assert_uint_eq(terminal.publics[8 + i], 0);
    ck_assert_mem_eq(terminal.publics + 16, d[0], sizeof d[0]);
    ck_assert_mem_eq(terminal.publics + 32, d[2], sizeof d[0]);
    layer_proof_deinit(&shrink);
    layer_proof_deinit(&terminal);
}
END_TEST

/* ---- what joins refuse: recordings alone, nothing is proven ---- */

static void refused(enum layer layer, const struct layer_proof *left,
                    const struct layer_proof *right, const char *want)
{
    const char *got = family_toy_run(&toy, layer, left, right, check);
    ck_assert_msg(strcmp(got, want) == 0, "layer %d: %s, not %s", (int)layer, got, want);
}

/* A proof with other public values; the proof itself is borrowed. */
static struct layer_proof with_public(const struct layer_proof *p, uint32_t i)
{
    struct layer_proof q = *p;
    q.publics[i] = (q.publics[i] + 1) % IR_P;
    return q;
}

START_TEST(good_children_are_accepted)
{
    refused(LAYER_LIFT1, &leaf, NULL, "");
    refused(LAYER_LIFT2, &leaf, &leaf, "");
    refused(LAYER_PAIR, &pairing, NULL, "");
    refused(LAYER_FACTS, &lift, &facts, "");
    refused(LAYER_FACTS, &facts, &pair, "");
    refused(LAYER_JOIN_BATCH, &facts, &batch[1], "");
    refused(LAYER_RANGE, &claim[0], &claim[1], "");
    refused(LAYER_SHRINK, &claim[1], NULL, "");
    refused(LAYER_SHRINK, &range, NULL, "");
}
END_TEST

/* One set of keys takes any mix of sizes: a large leaf with the publics of a standard one is the same
 * fact, wherever it stands in the tree. */
START_TEST(sizes_mix_and_state_the_same_facts)
{
    const struct layer_proof *const lifts[2] = {&lift, &lift_large};
    const struct layer_proof *const pairs[2] = {&pair, &pair_large};
    ck_assert_mem_eq(lift.publics, lift_large.publics, sizeof lift.publics);
    ck_assert_mem_eq(pair.publics, pair_large.publics, sizeof pair.publics);
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++) {
            refused(LAYER_FACTS, lifts[a], lifts[b], "");
            refused(LAYER_FACTS, lifts[a], pairs[b], "");
            refused(LAYER_FACTS, pairs[a], &facts, "");
        }
    struct layer_proof mixed, with_large;
    ck_assert_int_eq(family_toy_join(&toy, LAYER_FACTS, &lift_large, &pair_large, &mixed, check),
                     ERR_OK);
    ck_assert_mem_eq(mixed.publics, facts.publics, sizeof facts.publics);
    ck_assert_int_eq(family_toy_join(&toy, LAYER_JOIN_BATCH, &mixed, &batch[0], &with_large, check),
                     ERR_OK);
    refused(LAYER_RANGE, &with_large, &claim[1], "");
    layer_proof_deinit(&mixed);
    layer_proof_deinit(&with_large);
}
END_TEST

/* A lift takes the size its key is of, whatever the proof is called. */
START_TEST(a_child_of_the_wrong_size_is_refused)
{
    const struct layer_proof *const right[6] = {&leaf,          &leaf_large, &pairing,
                                                &pairing_large, &leaf_blob,  &leaf_large_blob};
    static const enum layer join[6] = {LAYER_LIFT1,      LAYER_LIFT_LARGE, LAYER_PAIR,
                                       LAYER_PAIR_LARGE, LAYER_LIFT_BLOB,  LAYER_LIFT_LARGE_BLOB};
    for (uint32_t i = 0; i < 6; i++) {
        struct layer_proof q = *right[i ^ 1], out;
        const struct layer_proof *c[2] = {&q, NULL};
        ck_assert(!family_takes(join[i], 0, q.layer));
        /* under the right name the proof is none: it has another length or does not verify */
        q.layer = right[i]->layer;
        ck_assert_int_eq(family_verify(&toy.f, &toy.keys, &q, NULL), ERR_PROOF);
        ck_assert_int_eq(slot_join(&toy.f, &toy.keys, family_toy_slot(&toy, join[i]), join[i], c, 2,
                                   &out, check, sizeof check),
                         ERR_PROOF);
        ck_assert_str_ne(check, "");
    }
    struct layer_proof q = lift; /* and a lift's proof under the other lift's key */
    q.layer = LAYER_LIFT_LARGE;
    ck_assert_str_ne(family_toy_run(&toy, LAYER_FACTS, &q, &pair, check), "");
    ck_assert_int_eq(family_verify(&toy.f, &toy.keys, &q, NULL), ERR_PROOF);
}
END_TEST

/* A blob leaf is another fact than a leaf with the same values, and stands in the same trees. */
START_TEST(blob_leaves_are_facts_of_their_own)
{
    struct layer_proof blob, large, q = leaf_blob;
    uint32_t fact[8], other[8];
    ck_assert_int_eq(family_toy_join(&toy, LAYER_LIFT_BLOB, &leaf_blob, NULL, &blob, check),
                     ERR_OK);
    ck_assert_int_eq(
        family_toy_join(&toy, LAYER_LIFT_LARGE_BLOB, &leaf_large_blob, NULL, &large, check),
        ERR_OK);
    layer_fact(&leaf_blob, fact);
    ck_assert_mem_eq(blob.publics + 8, fact, sizeof fact);
    ck_assert_mem_eq(large.publics, blob.publics, sizeof blob.publics);
    poseidon_sponge(TAG_FACT_LEAF_BLOB, leaf_blob.publics, 64, other);
    ck_assert_mem_eq(other, fact, sizeof fact);
    poseidon_sponge(TAG_FACT_LEAF, leaf_blob.publics, 64, other);
    ck_assert_mem_ne(other, fact, sizeof fact);
    const struct layer_proof *const all[4] = {&blob, &large, &lift, &pair};
    for (uint32_t i = 0; i < 4; i++) {
        refused(LAYER_FACTS, &blob, all[i], "");
        refused(LAYER_FACTS, all[i], &large, "");
        refused(LAYER_FACTS, all[i], &facts, "");
    }
    refused(LAYER_JOIN_BATCH, &blob, &batch[0], "VERIFY_BALANCE"); /* of other facts */
    ck_assert_int_eq(family_verify(&toy.f, &toy.keys, &blob, NULL), ERR_OK);
    blob.layer = LAYER_LIFT_LARGE_BLOB; /* another key */
    ck_assert_int_eq(family_verify(&toy.f, &toy.keys, &blob, NULL), ERR_PROOF);
    blob.layer = LAYER_LIFT1;
    ck_assert_int_eq(family_verify(&toy.f, &toy.keys, &blob, NULL), ERR_PROOF);
    for (uint32_t i = 0; i < 64; i += 21) {
        q = with_public(&leaf_blob, i);
        refused(LAYER_LIFT_BLOB, &q, NULL, "VERIFY_BALANCE");
    }
    ck_assert(!family_takes(LAYER_LIFT1, 0, LAYER_LEAF_BLOB));
    ck_assert(!family_takes(LAYER_LIFT_BLOB, 0, LAYER_LEAF));
    ck_assert(!family_takes(LAYER_LIFT2, 1, LAYER_LEAF_BLOB));
    layer_proof_deinit(&blob);
    layer_proof_deinit(&large);
}
END_TEST

/* The statement of a child enters its transcript: with any other the rest falls apart. */
START_TEST(every_public_value_of_every_child_counts)
{
    for (uint32_t i = 0; i < 56; i += 11) {
        struct layer_proof q = with_public(&leaf, i);
        refused(LAYER_LIFT1, &q, NULL, "VERIFY_BALANCE");
        refused(LAYER_LIFT2, &q, &leaf, "VERIFY_BALANCE");
        refused(LAYER_LIFT2, &leaf, &q, "VERIFY_BALANCE");
    }
    for (uint32_t i = 0; i < 8; i += 3) {
        struct layer_proof q = with_public(&pairing, i);
        refused(LAYER_PAIR, &q, NULL, "VERIFY_BALANCE");
        q = with_public(&facts, 8 + i);
        refused(LAYER_FACTS, &q, &lift, "VERIFY_BALANCE");
        refused(LAYER_FACTS, &lift, &q, "VERIFY_BALANCE");
        refused(LAYER_JOIN_BATCH, &q, &batch[0], "VERIFY_BALANCE");
    }
    for (uint32_t i = 0; i < 32; i += 5) {
        struct layer_proof q = with_public(&batch[0], 8 + i);
        refused(LAYER_JOIN_BATCH, &facts, &q, "VERIFY_BALANCE");
        q = with_public(&range, 16 + i);
        refused(LAYER_SHRINK, &q, NULL, "VERIFY_BALANCE");
        q = with_public(&claim[1], 16 + i);
        /* what a right child says it begins with is not asked: it is where the left one ends */
        refused(LAYER_RANGE, &claim[0], &q, i < 16 ? "" : "VERIFY_BALANCE");
        q = with_public(&claim[0], 16 + i);
        refused(LAYER_RANGE, &q, &claim[1], "VERIFY_BALANCE");
    }
}
END_TEST

START_TEST(a_batch_needs_its_own_facts)
{
    refused(LAYER_JOIN_BATCH, &lift, &batch[0], "VERIFY_BALANCE");
    refused(LAYER_JOIN_BATCH, &pair, &batch[0], "VERIFY_BALANCE");
}
END_TEST

START_TEST(claims_out_of_order_twice_or_with_a_gap_are_refused)
{
    refused(LAYER_RANGE, &claim[1], &claim[0], "VERIFY_BALANCE");
    refused(LAYER_RANGE, &claim[0], &claim[0], "VERIFY_BALANCE");
    refused(LAYER_RANGE, &range, &claim[1], "VERIFY_BALANCE");
    refused(LAYER_RANGE, &range, &range, "VERIFY_BALANCE");
}
END_TEST

/* The advice says which slot a child's key is in; the bits that are not free keep kinds apart. */
START_TEST(a_child_of_a_slot_that_is_not_allowed_is_refused)
{
    struct layer_proof q = claim[0];
    for (int as = LAYER_LIFT1; as <= LAYER_FACTS; as++) { /* a claim as facts */
        q.layer = (enum layer)as;
        ck_assert_str_ne(family_toy_run(&toy, LAYER_FACTS, &q, &lift, check), "");
        ck_assert_str_ne(family_toy_run(&toy, LAYER_FACTS, &lift, &q, check), "");
        ck_assert_str_ne(family_toy_run(&toy, LAYER_JOIN_BATCH, &q, &batch[0], check), "");
    }
    q = facts;
    for (int as = LAYER_JOIN_BATCH; as <= LAYER_RANGE; as++) { /* facts as a claim */
        q.layer = (enum layer)as;
        ck_assert_str_ne(family_toy_run(&toy, LAYER_RANGE, &q, &claim[1], check), "");
        ck_assert_str_ne(family_toy_run(&toy, LAYER_SHRINK, &q, NULL, check), "");
    }
    for (int as = LAYER_LIFT1; as <= LAYER_FACTS; as++) { /* another key than the proof's */
        q = facts;
        q.layer = (enum layer)as;
        const char *got = family_toy_run(&toy, LAYER_FACTS, &q, &lift, check);
        ck_assert_int_eq(got[0] == 0, as == LAYER_FACTS);
    }
}
END_TEST

/* The advice of a join: its first words, then a child's key and its path in K. */
static const char *run_advice(enum layer layer, const struct layer_proof *left,
                              const struct layer_proof *right, size_t at, uint32_t change,
                              const uint32_t *word)
{
    const struct layer_proof *c[2] = {left, right};
    uint32_t *advice = NULL;
    size_t n = 0;
    struct ir_trace *tr = NULL;
    check[0] = 0;
    ck_assert_int_eq(slot_advice(&toy.f, &toy.keys, layer, c, &advice, &n, check, sizeof check),
                     ERR_OK);
    if (word != NULL)
        memcpy(advice + at, word, 8 * sizeof *word);
    else
        advice[at] = (advice[at] + change) % IR_P;
    enum err err = rec_run(family_toy_slot(&toy, layer)->r, advice, n, &tr, check, sizeof check);
    ck_assert(err == ERR_OK || err == ERR_PROOF || err == ERR_RANGE);
    ck_assert_int_eq(err == ERR_PROOF, check[0] != 0);
    if (err == ERR_RANGE) snprintf(check, sizeof check, "a bit that is none");
    ir_trace_free(tr);
    free(advice);
    return check;
}

enum { KEY_WORDS = 8 + 4 * 8 }; /* a key and its siblings; free bits among them */

START_TEST(another_K_another_key_and_another_path_are_refused)
{
    uint32_t word[8];
    for (uint32_t i = 0; i < 8; i += 3) {
        /* K is the first word of FACTS, RANGE and JOIN_BATCH */
        ck_assert_str_eq(run_advice(LAYER_FACTS, &lift, &pair, i, 1, NULL), "SLOT_KEY");
        ck_assert_str_eq(run_advice(LAYER_RANGE, &claim[0], &claim[1], i, 1, NULL), "SLOT_KEY");
        ck_assert_str_eq(run_advice(LAYER_JOIN_BATCH, &facts, &batch[0], i, 1, NULL), "SLOT_KEY");
    }
    for (uint32_t i = 0; i < KEY_WORDS + 3; i += 3) /* lift is in slot 0 */
        ck_assert_str_eq(run_advice(LAYER_FACTS, &lift, &pair, 16 + i, 1, NULL), "SLOT_KEY");
    for (uint32_t i = 0; i < KEY_WORDS + 1; i += 4) /* range is in slot 9 = 1001 */
        ck_assert_str_eq(run_advice(LAYER_SHRINK, &range, NULL, 32 + i, 1, NULL),
                         i == 16 ? "a bit that is none" : "SLOT_KEY");
    ck_assert_str_eq(run_advice(LAYER_SHRINK, &range, NULL, 32 + 16, IR_P - 1, NULL), "SLOT_KEY");
    /* a key of K, but not the one at this place */
    family_key_word(&toy.keys.key[LAYER_FACTS], word);
    ck_assert_str_eq(run_advice(LAYER_FACTS, &lift, &pair, 16, 0, word), "SLOT_KEY");
}
END_TEST

/* A key that is not in K, with a K of its own that it is in: the join goes through, as it must; the
 * shrink, which has K as a constant, does not take it. */
START_TEST(a_foreign_family_ends_at_the_shrink)
{
    struct family_keys foreign = toy.keys;
    foreign.key[LAYER_RANGE].cap[31] ^= 1;
    family_keys_root(&foreign, foreign.root);
    const struct layer_proof *c[2] = {&claim[0], &claim[1]};
    struct layer_proof out, as_claim;
    /* claims that name another K do not verify under it */
    ck_assert_int_eq(slot_join(&toy.f, &foreign, family_toy_slot(&toy, LAYER_RANGE), LAYER_RANGE, c,
                               2, &out, check, sizeof check),
                     ERR_PROOF);
    ck_assert_str_eq(check, "VERIFY_BALANCE");
    /* a lift names any K */
    c[0] = &leaf;
    ck_assert_int_eq(slot_join(&toy.f, &foreign, family_toy_slot(&toy, LAYER_LIFT1), LAYER_LIFT1, c,
                               2, &out, check, sizeof check),
                     ERR_OK);
    ck_assert_int_eq(family_verify(&toy.f, &toy.keys, &out, NULL), ERR_PROOF);
    ck_assert_int_eq(family_verify(&toy.f, &foreign, &out, NULL), ERR_OK);
    refused(LAYER_FACTS, &out, &pair, "VERIFY_BALANCE");
    as_claim = range;
    memcpy(as_claim.publics, foreign.root, sizeof foreign.root);
    ck_assert_int_eq(family_verify(&toy.f, &foreign, &as_claim, NULL), ERR_PROOF);
    layer_proof_deinit(&out);
}
END_TEST

START_TEST(damaged_child_proofs_are_refused)
{
    uint32_t n = 0;
    for (size_t i = 0; i < range.proof.len; i += 1 + range.proof.len / 20, n++) {
        range.proof.data[i] ^= 1;
        ck_assert_str_ne(family_toy_run(&toy, LAYER_SHRINK, &range, NULL, check), "");
        range.proof.data[i] ^= 1;
    }
    printf("%u damaged proofs\n", (unsigned)n);
}
END_TEST

START_TEST(statements_of_the_wrong_kind_do_not_verify)
{
    struct layer_proof q = facts;
    ck_assert_int_eq(family_verify(&toy.f, &toy.keys, &facts, NULL), ERR_OK);
    for (int as = LAYER_LIFT1; as < LAYER_COUNT; as++) {
        q.layer = (enum layer)as;
        ck_assert_int_eq(family_verify(&toy.f, &toy.keys, &q, NULL) == ERR_OK, as == LAYER_FACTS);
    }
    q = facts;
    q.n_publics = 47;
    ck_assert_int_eq(family_verify(&toy.f, &toy.keys, &q, NULL), ERR_PROOF);
}
END_TEST

/* ---- facts and statements ---- */

enum { LEAVES_MAX = 9, PAIRINGS_MAX = 5, ITEMS_MAX = LEAVES_MAX + PAIRINGS_MAX };

/* Whether a layer takes what stands at item i of a plan. */
static bool plan_takes(const struct layer_step *s, uint32_t child, uint32_t i,
                       const enum layer *layers)
{
    return i < layer_children(s->layer) ? layer_takes(s->layer, i, layers[child])
                                        : child == UINT32_MAX;
}

/* A word for the shape of the tree under each item: lifts of one are the fact itself. */
static uint64_t plan_root(const struct layer_step *steps, uint32_t n, uint32_t items)
{
    uint64_t at[3 * ITEMS_MAX];
    for (uint32_t i = 0; i < items; i++)
        at[i] = i + 1;
    for (uint32_t k = 0; k < n; k++) {
        const struct layer_step *s = &steps[k];
        at[items + k] = at[s->left];
        if (s->right == UINT32_MAX) continue;
        at[items + k] = (at[s->left] * 0x9e3779b97f4a7c15u ^ at[s->right] >> 7) + at[s->right] * 31;
    }
    return at[items + n - 1];
}

static uint64_t plan_is_whole(const enum layer *items, uint32_t leaves, uint32_t pairings)
{
    struct layer_step steps[2 * ITEMS_MAX];
    enum layer layers[3 * ITEMS_MAX];
    uint32_t used[3 * ITEMS_MAX] = {0};
    const uint32_t all = leaves + pairings, n = layer_facts_plan(items, leaves, pairings, steps);
    ck_assert_uint_le(n, 2 * all);
    for (uint32_t i = 0; i < all; i++)
        layers[i] = items != NULL ? items[i] : i < leaves ? LAYER_LEAF : LAYER_PAIRING;
    for (uint32_t k = 0; k < n; k++) {
        layers[all + k] = steps[k].layer;
        ck_assert_uint_lt(steps[k].left, all + k);
        used[steps[k].left]++;
        if (steps[k].right != UINT32_MAX) {
            ck_assert_uint_lt(steps[k].right, all + k);
            used[steps[k].right]++;
        }
        ck_assert(plan_takes(&steps[k], steps[k].left, 0, layers));
        ck_assert(plan_takes(&steps[k], steps[k].right, 1, layers));
    }
    for (uint32_t i = 0; i + 1 < all + n; i++)
        ck_assert_uint_eq(used[i], 1);
    ck_assert_uint_eq(used[all + n - 1], 0);
    return plan_root(steps, n, all);
}

START_TEST(plans_of_facts_use_every_item_once_and_end_in_one_root)
{
    static const enum layer other[3] = {LAYER_LEAF_LARGE, LAYER_LEAF_BLOB, LAYER_LEAF_LARGE_BLOB};
    for (uint32_t leaves = 1; leaves <= LEAVES_MAX; leaves++)
        for (uint32_t pairings = 0; pairings <= PAIRINGS_MAX; pairings++) {
            const uint64_t root = plan_is_whole(NULL, leaves, pairings);
            for (uint32_t sizes = 0; sizes < 1u << leaves; sizes++) {
                enum layer items[ITEMS_MAX];
                for (uint32_t i = 0; i < leaves; i++)
                    items[i] = sizes >> i & 1 ? other[(sizes + i) % 3] : LAYER_LEAF;
                for (uint32_t i = 0; i < pairings; i++)
                    items[leaves + i] = (sizes + i) % 3 == 0 ? LAYER_PAIRING_LARGE : LAYER_PAIRING;
                /* the tree that the batch program opens, whatever the sizes and forms */
                ck_assert_uint_eq(plan_is_whole(items, leaves, pairings), root);
            }
        }
}
END_TEST

START_TEST(facts_are_what_the_joins_compute)
{
    uint32_t fact[2][8], node[8];
    layer_fact(&leaf, fact[0]);
    layer_fact(&pairing, fact[1]);
    ck_assert_mem_eq(lift.publics + 8, fact[0], sizeof fact[0]);
    ck_assert_mem_eq(pair.publics + 8, fact[1], sizeof fact[1]);
    layer_facts_node(fact[0], fact[1], node);
    ck_assert_mem_eq(facts.publics + 8, node, sizeof node);
}
END_TEST

START_TEST(statements_are_read_as_they_are_written)
{
    struct layer_statement s;
    uint32_t again[48], bad[48];
    ck_assert_int_eq(layer_statement_read(range.publics, &s), ERR_OK);
    layer_statement_write(&s, again);
    ck_assert_mem_eq(again, range.publics, sizeof again);
    ck_assert_uint_eq((uint32_t)s.from[0] << 8 | s.from[1], d[0][0]);
    ck_assert_uint_eq((uint32_t)s.to[30] << 8 | s.to[31], d[2][15]);
    memcpy(bad, range.publics, sizeof bad);
    bad[40] = 1u << 16;
    ck_assert_int_eq(layer_statement_read(bad, &s), ERR_PROOF);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/recursion/layers");
    TCase *tc = tcase_create("layers");
    tcase_set_timeout(tc, 280);
    tcase_add_unchecked_fixture(tc, setup, NULL);
    tcase_add_test(tc, a_leaf_becomes_a_terminal_proof);
    tcase_add_test(tc, good_children_are_accepted);
    tcase_add_test(tc, blob_leaves_are_facts_of_their_own);
    tcase_add_test(tc, sizes_mix_and_state_the_same_facts);
    tcase_add_test(tc, a_child_of_the_wrong_size_is_refused);
    tcase_add_test(tc, every_public_value_of_every_child_counts);
    tcase_add_test(tc, a_batch_needs_its_own_facts);
    tcase_add_test(tc, claims_out_of_order_twice_or_with_a_gap_are_refused);
    tcase_add_test(tc, a_child_of_a_slot_that_is_not_allowed_is_refused);
    tcase_add_test(tc, another_K_another_key_and_another_path_are_refused);
    tcase_add_test(tc, a_foreign_family_ends_at_the_shrink);
    tcase_add_test(tc, damaged_child_proofs_are_refused);
    tcase_add_test(tc, statements_of_the_wrong_kind_do_not_verify);
    tcase_add_test(tc, plans_of_facts_use_every_item_once_and_end_in_one_root);
    tcase_add_test(tc, facts_are_what_the_joins_compute);
    tcase_add_test(tc, statements_are_read_as_they_are_written);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
