/* Attempts to prove something false through the joins: programs that are in no K, another K, kinds and slots
 * taken for each other, broken chains of digests, facts of another tree, other publics. And the audit of
 * every slot's key. Linked with recordings whose assertions can be left out (VERIFY_MUTANT_HOOK). */
#define VERIFY_MUTANT_HOOK
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"
#include "key_audit.h"
#include "prover/prove/system_prove.h"
#include "prover/recursion/rec_internal.h"
#include "prover/recursion/slots.h"
#include "tests/unit/prover/recursion/family_toy.h"

static const char *leave_out; /* the check whose assertions are left out */

bool rec_leaves_out(struct rec *r)
{
    return leave_out != NULL && strcmp(r->checks[r->check], leave_out) == 0;
}

/* ---- the honest side ---- */

static struct family_toy toy;
static struct layer_proof leaf, lift, batch[2], claim[2];
static uint32_t d[4][16];
static struct rec *recorded[LAYER_COUNT]; /* the recordings */
static char check[64];

static void batch_child(const uint32_t *facts, uint32_t k, struct layer_proof *out)
{
    uint32_t publics[40];
    memcpy(publics, facts, 8 * sizeof *publics);
    memcpy(publics + 8, d[k], sizeof d[k]);
    memcpy(publics + 24, d[k + 1], sizeof d[k]);
    family_toy_child(&toy, LAYER_BATCH, publics, out);
}

/* ---- the liar: a program of the join's shape that verifies nothing ---- */

static struct rec *liar;
static struct proving_key *liar_key;

static void liar_make(void)
{
    liar = rec_new(&toy.f.join);
    rec_word zero = rec_const_word(liar, (uint32_t[8]){0}), w;
    for (uint32_t i = 0; i < REC_PUBLIC_WORDS; i++) {
        rec_compress_advice(liar, zero, &w);
        rec_public(liar, i, w);
    }
    rec_finish(liar);
    ck_assert_int_eq(
        proving_key_new(toy.f.program[LAYER_FACTS], rec_preprocessed(liar), 2, &liar_key), ERR_OK);
}

/* A proof of any statement, dressed up as one of a layer. */
static void liar_prove(enum layer layer, const uint32_t publics[48], struct layer_proof *out)
{
    struct ir_trace *tr = NULL;
    ck_assert_int_eq(rec_run(liar, publics, 48, &tr, check, sizeof check), ERR_OK);
    layer_proof_init(out, layer);
    out->n_publics = 48;
    memcpy(out->publics, publics, 48 * sizeof *publics);
    ck_assert_int_eq(system_prove_key(toy.f.program[LAYER_FACTS], liar_key, tr, &out->proof, NULL),
                     ERR_OK);
    ck_assert_int_eq(system_verify_key(toy.f.program[LAYER_FACTS], &liar_key->verify, publics,
                                       out->proof.data, out->proof.len, NULL),
                     ERR_OK);
    ir_trace_free(tr);
}

/* The family's keys with the liar in a slot; its K is another one. */
static struct family_keys keys_with_liar(enum layer layer)
{
    struct family_keys k = toy.keys;
    k.key[layer] = liar_key->verify;
    family_keys_root(&k, k.root);
    ck_assert_mem_ne(k.root, toy.keys.root, sizeof k.root);
    return k;
}

static void statement(uint32_t publics[48], const uint32_t *root, const uint32_t *facts,
                      const uint32_t *from, const uint32_t *to)
{
    memset(publics, 0, 48 * sizeof *publics);
    memcpy(publics, root, 8 * sizeof *publics);
    if (facts != NULL) memcpy(publics + 8, facts, 8 * sizeof *publics);
    if (from != NULL) memcpy(publics + 16, from, sizeof d[0]);
    if (to != NULL) memcpy(publics + 32, to, sizeof d[0]);
}

static void setup(void)
{
    uint32_t publics[56];
    family_toy_init(&toy);
    for (uint32_t k = 0; k < 4; k++)
        for (uint32_t i = 0; i < 16; i++)
            d[k][i] = (k * 7919 + i * 313) & 0xffff;
    for (uint32_t i = 0; i < 56; i++)
        publics[i] = (i + 3) * 40503u;
    family_toy_child(&toy, LAYER_LEAF, publics, &leaf);
    ck_assert_int_eq(family_toy_join(&toy, LAYER_LIFT1, &leaf, NULL, &lift, check), ERR_OK);
    for (uint32_t k = 0; k < 2; k++) {
        batch_child(lift.publics + 8, k, &batch[k]);
        ck_assert_int_eq(
            family_toy_join(&toy, LAYER_JOIN_BATCH, &lift, &batch[k], &claim[k], check), ERR_OK);
    }
    liar_make();
    for (int layer = LAYER_LIFT1; layer < LAYER_COUNT; layer++)
        recorded[layer] = slot_record(&toy.f, &toy.keys, (enum layer)layer);
}

static void teardown(void)
{
    layer_proof_deinit(&leaf);
    layer_proof_deinit(&lift);
    for (int k = 0; k < 2; k++) {
        layer_proof_deinit(&batch[k]);
        layer_proof_deinit(&claim[k]);
    }
    for (int layer = LAYER_LIFT1; layer < LAYER_COUNT; layer++)
        rec_free(recorded[layer]);
    proving_key_free(liar_key);
    rec_free(liar);
    family_toy_deinit(&toy);
}

/* ---- attempts ---- */

/* Where the path of the first child of the join's shape lies in the advice, and its length. */
static size_t path_at(enum layer layer)
{
    switch (layer) {
    case LAYER_SHRINK:
        return 32 + 8;
    case LAYER_RANGE:
        return 8 + 32 + 8;
    default: /* FACTS, JOIN_BATCH */
        return 8 + 8 + 8;
    }
}

/* Runs a slot on children that claim what they like; path: NULL, or the path (siblings and free bits) to put
 * instead. "" if nothing refuses. */
static const char *attempt_path(const struct rec *r, enum layer layer,
                                const struct family_keys *keys, const struct layer_proof *left,
                                const struct layer_proof *right, const uint32_t *path,
                                size_t n_path)
{
    const struct layer_proof *c[2] = {left, right};
    uint32_t *advice = NULL;
    size_t n = 0;
    struct ir_trace *tr = NULL;
    char text[256];
    check[0] = 0;
    enum err err = slot_advice(&toy.f, keys, layer, c, &advice, &n, check, sizeof check);
    ck_assert_int_eq(err, ERR_OK);
    if (path != NULL) memcpy(advice + path_at(layer), path, n_path * sizeof *path);
    err = rec_run(r, advice, n, &tr, check, sizeof check);
    ck_assert(err == ERR_OK || err == ERR_PROOF);
    if (err == ERR_OK) ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_OK, "%s", text);
    ir_trace_free(tr);
    free(advice);
    return check;
}

static const char *attempt(enum layer layer, const struct family_keys *keys,
                           const struct layer_proof *left, const struct layer_proof *right)
{
    return attempt_path(recorded[layer], layer, keys, left, right, NULL, 0);
}

static void refused(const char *what, const char *by)
{
    printf("%-60s %s\n", what, by);
    ck_assert_msg(by[0] != 0, "%s: accepted", what);
}

static void refused_by(const char *what, const char *by, const char *want)
{
    refused(what, by);
    ck_assert_str_eq(by, want);
}

START_TEST(honest_children_are_taken)
{
    ck_assert_str_eq(attempt(LAYER_RANGE, &toy.keys, &claim[0], &claim[1]), "");
    ck_assert_str_eq(attempt(LAYER_SHRINK, &toy.keys, &claim[0], NULL), "");
    ck_assert_str_eq(attempt(LAYER_FACTS, &toy.keys, &lift, &lift), "");
    ck_assert_str_eq(attempt(LAYER_JOIN_BATCH, &toy.keys, &lift, &batch[0]), "");
}
END_TEST

START_TEST(a_program_outside_of_k_proves_nothing)
{
    uint32_t publics[48];
    struct layer_proof lie, lie_facts;
    statement(publics, toy.keys.root, NULL, d[0], d[3]);
    liar_prove(LAYER_JOIN_BATCH, publics, &lie);
    statement(publics, toy.keys.root, d[2], NULL, NULL);
    liar_prove(LAYER_LIFT1, publics, &lie_facts);
    const struct family_keys bad = keys_with_liar(LAYER_JOIN_BATCH);
    struct family_keys facts = keys_with_liar(LAYER_LIFT1);
    /* the statement names the true K, the key is the liar's */
    refused_by("shrink, a liar's key", attempt(LAYER_SHRINK, &bad, &lie, NULL), "SLOT_KEY");
    refused("shrink, a liar's proof under a true key",
            attempt(LAYER_SHRINK, &toy.keys, &lie, NULL));
    memcpy(facts.root, toy.keys.root, sizeof facts.root);
    refused_by("facts, a liar's key", attempt(LAYER_FACTS, &facts, &lie_facts, &lie_facts),
               "SLOT_KEY");
    refused("facts, a liar's proof under a true key",
            attempt(LAYER_FACTS, &toy.keys, &lie_facts, &lift));
    refused_by("batch, a liar's key", attempt(LAYER_JOIN_BATCH, &facts, &lie_facts, &batch[0]),
               "SLOT_KEY");
    struct family_keys named = bad;
    memcpy(named.root, toy.keys.root, sizeof named.root);
    refused_by("range, a liar's key", attempt(LAYER_RANGE, &named, &lie, &claim[1]), "SLOT_KEY");
    refused("range, a liar's proof under a true key",
            attempt(LAYER_RANGE, &toy.keys, &claim[0], &lie));
    /* the check is what refuses: a shrink without it takes the lie */
    leave_out = "SLOT_KEY";
    struct rec *r = slot_record(&toy.f, &toy.keys, LAYER_SHRINK);
    leave_out = NULL;
    ck_assert_str_eq(attempt_path(r, LAYER_SHRINK, &bad, &lie, NULL, NULL, 0), "");
    printf("SLOT_KEY left out of shrink: a liar's claim is accepted; 1 mutant, 1 killed\n");
    rec_free(r);
    layer_proof_deinit(&lie);
    layer_proof_deinit(&lie_facts);
}
END_TEST

/* Under another K everything goes, but shrink knows its own. */
START_TEST(another_k_is_refused_by_shrink_and_never_mixes)
{
    uint32_t publics[48];
    struct layer_proof lie, false_batch, under, lie_claim;
    const struct family_keys evil = keys_with_liar(LAYER_LIFT1);
    statement(publics, evil.root, d[2], NULL, NULL);
    liar_prove(LAYER_LIFT1, publics, &lie);
    batch_child(d[2], 0, &false_batch);
    const struct layer_proof *c[2] = {&lie, &false_batch};
    ck_assert_int_eq(slot_join(&toy.f, &evil, family_toy_slot(&toy, LAYER_JOIN_BATCH),
                               LAYER_JOIN_BATCH, c, 2, &under, check, sizeof check),
                     ERR_OK);
    ck_assert_int_eq(system_verify_key(toy.f.program[LAYER_JOIN_BATCH],
                                       &toy.keys.key[LAYER_JOIN_BATCH], under.publics,
                                       under.proof.data, under.proof.len, NULL),
                     ERR_OK);
    ck_assert_int_eq(family_verify(&toy.f, &toy.keys, &under, NULL), ERR_PROOF);
    refused("shrink, a true program's proof about another K",
            attempt(LAYER_SHRINK, &toy.keys, &under, NULL));
    refused_by("shrink, the same with the other K's path",
               attempt(LAYER_SHRINK, &evil, &under, NULL), "SLOT_KEY");
    refused("range under K, left about another K",
            attempt(LAYER_RANGE, &toy.keys, &under, &claim[1]));
    refused("range under another K, right about K", attempt(LAYER_RANGE, &evil, &under, &claim[1]));
    refused("facts under another K, child about K", attempt(LAYER_FACTS, &evil, &lie, &lift));
    /* a liar in the range slot's sibling */
    statement(publics, evil.root, NULL, d[1], d[3]);
    liar_prove(LAYER_RANGE, publics, &lie_claim);
    refused_by("range under another K, a liar that is not in it",
               attempt(LAYER_RANGE, &evil, &under, &lie_claim), "VERIFY_BALANCE");
    layer_proof_deinit(&lie);
    layer_proof_deinit(&false_batch);
    layer_proof_deinit(&under);
    layer_proof_deinit(&lie_claim);
}
END_TEST

static void path_of(const struct family_keys *k, uint32_t slot, uint32_t n_free, uint32_t *out,
                    size_t *n)
{
    uint32_t siblings[FAMILY_SLOTS_LOG][8];
    family_slot_path(k, slot, siblings);
    *n = 0;
    for (uint32_t s = 0; s < FAMILY_SLOTS_LOG; s++) {
        memcpy(out + *n, siblings[s], sizeof siblings[s]);
        *n += 8;
        if (s < n_free) out[(*n)++] = slot >> s & 1;
    }
}

/* A proof of one kind where the other is asked, with every slot's path. */
START_TEST(facts_and_claims_are_not_taken_for_each_other)
{
    uint32_t path[9 * FAMILY_SLOTS_LOG], taken = 0;
    size_t n;
    struct layer_proof as_claim = lift, as_facts = claim[0];
    as_claim.layer = LAYER_JOIN_BATCH;
    as_facts.layer = LAYER_LIFT1;
    struct family_keys k = toy.keys;
    for (uint32_t slot = 0; slot < FAMILY_SLOTS; slot++) {
        k.key[LAYER_JOIN_BATCH] = toy.keys.key[LAYER_LIFT1];
        path_of(&toy.keys, slot, 1, path, &n);
        const char *by =
            attempt_path(recorded[LAYER_SHRINK], LAYER_SHRINK, &k, &as_claim, NULL, path, n);
        taken += strcmp(by, "SLOT_KEY") != 0;
        k = toy.keys;
        k.key[LAYER_LIFT1] = toy.keys.key[LAYER_JOIN_BATCH];
        path_of(&toy.keys, slot, 3, path, &n);
        by = attempt_path(recorded[LAYER_FACTS], LAYER_FACTS, &k, &as_facts, &lift, path, n);
        taken += strcmp(by, "SLOT_KEY") != 0;
        /* the zero word of the unused slots as a key */
        k = toy.keys;
        memset(k.key[LAYER_JOIN_BATCH].cap, 0, 32);
        path_of(&toy.keys, slot, 1, path, &n);
        by = attempt_path(recorded[LAYER_SHRINK], LAYER_SHRINK, &k, &claim[0], NULL, path, n);
        taken += strcmp(by, "SLOT_KEY") != 0;
    }
    ck_assert_uint_eq(taken, 0);
}
END_TEST

START_TEST(chains_and_facts_do_not_come_apart)
{
    struct layer_proof other, moved;
    refused("range, the same claim twice", attempt(LAYER_RANGE, &toy.keys, &claim[0], &claim[0]));
    refused("range, in the wrong order", attempt(LAYER_RANGE, &toy.keys, &claim[1], &claim[0]));
    batch_child(d[3], 0, &other);
    refused("batch about other facts", attempt(LAYER_JOIN_BATCH, &toy.keys, &lift, &other));
    moved = claim[0];
    memcpy(moved.publics + 32, d[3], sizeof d[3]);
    refused("shrink, another D_to", attempt(LAYER_SHRINK, &toy.keys, &moved, NULL));
    moved = claim[0];
    memcpy(moved.publics + 16, d[3], sizeof d[3]);
    refused("shrink, another D_from", attempt(LAYER_SHRINK, &toy.keys, &moved, NULL));
    moved = lift;
    memcpy(moved.publics + 8, d[3], 8 * sizeof d[3][0]);
    refused("facts, another fact", attempt(LAYER_FACTS, &toy.keys, &moved, &lift));
    layer_proof_deinit(&other);
}
END_TEST

/* K, keys, paths, facts and digests: every element of the advice that is no proof. */
START_TEST(every_element_outside_of_the_proofs_is_bound)
{
    enum { FACTS_PATH = 4 * 8 + 3, CLAIM_PATH = 4 * 8 + 1 };
    static const struct {
        enum layer layer;
        uint32_t head;
    } slots[] = {{LAYER_SHRINK, 32 + 8 + CLAIM_PATH},
                 {LAYER_FACTS, 8 + 8 + 8 + FACTS_PATH},
                 {LAYER_JOIN_BATCH, 8 + 8 + 8 + FACTS_PATH},
                 {LAYER_RANGE, 8 + 32 + 8 + CLAIM_PATH},
                 {LAYER_LIFT1, 8 + 56}};
    uint32_t changed = 0;
    for (uint32_t s = 0; s < ARRAY_LEN(slots); s++) {
        const struct layer_proof *c[2] = {&claim[0], &claim[1]};
        if (slots[s].layer == LAYER_FACTS) c[0] = c[1] = &lift;
        if (slots[s].layer == LAYER_LIFT1) c[0] = &leaf;
        if (slots[s].layer == LAYER_JOIN_BATCH) c[0] = &lift, c[1] = &batch[0];
        uint32_t *advice = NULL;
        size_t n = 0;
        ck_assert_int_eq(
            slot_advice(&toy.f, &toy.keys, slots[s].layer, c, &advice, &n, check, sizeof check),
            ERR_OK);
        const struct rec *r = recorded[slots[s].layer];
        for (uint32_t i = 0; i < slots[s].head; i++) {
            struct ir_trace *tr = NULL;
            const uint32_t old = advice[i];
            if (slots[s].layer == LAYER_LIFT1 && i < 8) continue; /* K: any, it is only stated */
            advice[i] = (old + 1) % IR_P;
            enum err err = rec_run(r, advice, n, &tr, check, sizeof check);
            ck_assert_msg(err == ERR_PROOF || err == ERR_RANGE, "%s: element %u",
                          layer_name(slots[s].layer), (unsigned)i);
            advice[i] = old;
            changed++;
        }
        free(advice);
    }
    printf("%u elements of keys, paths and statements changed, all refused\n", (unsigned)changed);
}
END_TEST

/* ---- the outer statement ---- */

static enum err mock(const struct ir_trace *tr)
{
    char text[256];
    return ir_mock_check(tr, text, sizeof text);
}

/* A trace whose publics are others: alone, and with the row that reads them in step, whatever its R. */
START_TEST(publics_are_those_of_the_trace)
{
    const struct layer_proof *c[2] = {&claim[0], NULL};
    const struct rec *r = recorded[LAYER_SHRINK];
    const uint32_t *const *pre = rec_preprocessed(r)[REC_POSEIDON];
    uint32_t *advice = NULL, forged = 0;
    size_t n = 0;
    struct ir_trace *tr = NULL;
    ck_assert_int_eq(
        slot_advice(&toy.f, &toy.keys, LAYER_SHRINK, c, &advice, &n, check, sizeof check), ERR_OK);
    ck_assert_int_eq(rec_run(r, advice, n, &tr, check, sizeof check), ERR_OK);
    ck_assert_int_eq(mock(tr), ERR_OK);
    for (uint32_t i = 0; i < 8 * REC_PUBLIC_WORDS; i += 9) {
        tr->publics[i] ^= 1;
        ck_assert_int_eq(mock(tr), ERR_PROOF);
        for (uint32_t row = 0; row < 1u << r->shape.poseidon; row++) {
            if (pre[POSEIDON_LEFT_AT][row] != i / 8 + 1) continue;
            uint32_t **col = tr->tables[REC_POSEIDON].columns, in[16], steps[POSEIDON_STEPS];
            uint32_t kept[POSEIDON_TURN];
            for (uint32_t k = 0; k < POSEIDON_TURN; k++)
                kept[k] = col[k][row];
            memcpy(in, kept, sizeof in);
            in[i % 8] ^= 1;
            in[15] = (in[15] + i) % IR_P;
            for (uint32_t k = 0; k < 16; k++)
                col[k][row] = in[k];
            poseidon16_permute_steps(in, steps);
            for (uint32_t k = 0; k < POSEIDON_STEPS; k++)
                col[16 + k][row] = steps[k];
            ck_assert_int_eq(mock(tr), ERR_PROOF);
            for (uint32_t k = 0; k < POSEIDON_TURN; k++)
                col[k][row] = kept[k];
            forged++;
        }
        tr->publics[i] ^= 1;
    }
    ck_assert_int_eq(mock(tr), ERR_OK);
    ck_assert_uint_eq(forged, REC_PUBLIC_WORDS);
    ir_trace_free(tr);
    free(advice);
}
END_TEST

/* ---- keys ---- */

START_TEST(every_slot_has_a_sound_key)
{
    for (int layer = LAYER_LIFT1; layer < LAYER_COUNT; layer++)
        key_audit_layer(recorded[layer], (enum layer)layer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/recursion/attacks");
    TCase *tc = tcase_create("attacks");
    tcase_set_timeout(tc, 280);
    tcase_add_unchecked_fixture(tc, setup, teardown);
    tcase_add_test(tc, honest_children_are_taken);
    tcase_add_test(tc, a_program_outside_of_k_proves_nothing);
    tcase_add_test(tc, another_k_is_refused_by_shrink_and_never_mixes);
    tcase_add_test(tc, facts_and_claims_are_not_taken_for_each_other);
    tcase_add_test(tc, chains_and_facts_do_not_come_apart);
    tcase_add_test(tc, every_element_outside_of_the_proofs_is_bound);
    tcase_add_test(tc, publics_are_those_of_the_trace);
    tcase_add_test(tc, every_slot_has_a_sound_key);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
