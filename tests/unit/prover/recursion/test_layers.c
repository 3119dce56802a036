/* Joins of a toy family from leaf to terminal, and what they refuse. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/prover/recursion/family_toy.h"

static struct family_toy toy;
static char check[64];

/* A leaf, a pairing and the facts over both; two batches about them, one after the other. */
static struct layer_proof leaf, pairing, lift, pair, facts, batch[2], claim[2], range;
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
    uint32_t publics[56];
    family_toy_init(&toy);
    for (uint32_t k = 0; k < 3; k++)
        for (uint32_t i = 0; i < 16; i++)
            d[k][i] = (k * 7919 + i * 313) & 0xffff;
    publics_fill(publics, 56, 3);
    family_toy_child(&toy, LAYER_LEAF, publics, &leaf);
    publics_fill(publics, 8, 4);
    family_toy_child(&toy, LAYER_PAIRING, publics, &pairing);
    ck_assert_int_eq(family_toy_join(&toy, LAYER_LIFT1, &leaf, NULL, &lift, check), ERR_OK);
    ck_assert_int_eq(family_toy_join(&toy, LAYER_PAIR, &pairing, NULL, &pair, check), ERR_OK);
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

int main(void)
{
    Suite *suite = suite_create("prover/recursion/layers");
    TCase *tc = tcase_create("layers");
    tcase_set_timeout(tc, 280);
    tcase_add_unchecked_fixture(tc, setup, NULL);
    tcase_add_test(tc, a_leaf_becomes_a_terminal_proof);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
