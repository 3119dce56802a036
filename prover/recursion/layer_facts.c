/* Statements, facts and the shape of a tree of facts. */
#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/recursion/layers.h"
#include "prover/verify/labels.h"

/* ---- statements ---- */

static enum err digest_read(const uint32_t limbs[16], uint8_t out[32])
{
    for (int i = 0; i < 16; i++) {
        if (limbs[i] > UINT16_MAX) return ERR_PROOF;
        out[2 * i] = (uint8_t)(limbs[i] >> 8);
        out[2 * i + 1] = (uint8_t)limbs[i];
    }
    return ERR_OK;
}

static void digest_write(const uint8_t in[32], uint32_t limbs[16])
{
    for (int i = 0; i < 16; i++)
        limbs[i] = (uint32_t)in[2 * i] << 8 | in[2 * i + 1];
}

enum err layer_statement_read(const uint32_t publics[48], struct layer_statement *out)
{
    memcpy(out->keys_root, publics, sizeof out->keys_root);
    memcpy(out->facts, publics + 8, sizeof out->facts);
    ERR_TRY(digest_read(publics + 16, out->from));
    return digest_read(publics + 32, out->to);
}

void layer_statement_write(const struct layer_statement *s, uint32_t publics[48])
{
    memcpy(publics, s->keys_root, sizeof s->keys_root);
    memcpy(publics + 8, s->facts, sizeof s->facts);
    digest_write(s->from, publics + 16);
    digest_write(s->to, publics + 32);
}

/* ---- facts ---- */

static bool is_blob(enum layer leaf)
{
    return leaf == LAYER_LEAF_BLOB || leaf == LAYER_LEAF_LARGE_BLOB;
}

void layer_fact_of_leaf(enum layer leaf, const uint32_t *publics, uint32_t n, uint32_t fact[8])
{
    REQUIRE(leaf <= LAYER_LEAF_LARGE_BLOB);
    poseidon_sponge(is_blob(leaf) ? TAG_FACT_LEAF_BLOB : TAG_FACT_LEAF, publics, n, fact);
}

void layer_fact(const struct layer_proof *p, uint32_t fact[8])
{
    REQUIRE(p->layer <= LAYER_PAIRING_LARGE);
    if (p->layer <= LAYER_LEAF_LARGE_BLOB) {
        layer_fact_of_leaf(p->layer, p->publics, p->n_publics, fact);
        return;
    }
    REQUIRE(p->n_publics == POSEIDON_DIGEST);
    memcpy(fact, p->publics, POSEIDON_DIGEST * sizeof *fact);
}

void layer_facts_node(const uint32_t left[8], const uint32_t right[8], uint32_t node[8])
{
    uint32_t s[POSEIDON_DIGEST] = {TAG_FACTS};
    poseidon_compress(s, s, left);
    poseidon_compress(node, s, right);
}

static enum layer lift_of(enum layer item)
{
    static const uint8_t lift[LAYER_PAIRING_LARGE + 1] = {
        [LAYER_LEAF] = LAYER_LIFT1,          [LAYER_LEAF_LARGE] = LAYER_LIFT_LARGE,
        [LAYER_LEAF_BLOB] = LAYER_LIFT_BLOB, [LAYER_LEAF_LARGE_BLOB] = LAYER_LIFT_LARGE_BLOB,
        [LAYER_PAIRING] = LAYER_PAIR,        [LAYER_PAIRING_LARGE] = LAYER_PAIR_LARGE};
    return (enum layer)lift[item];
}

/* Leaves in pairs (the last one alone if their number is odd), every pairing on its own; then
 * those that have waited longest join, two at a time. */
uint32_t layer_facts_plan(const enum layer *items, uint32_t n_leaves, uint32_t n_pairings,
                          struct layer_step *steps)
{
    const uint32_t first = n_leaves + n_pairings;
    uint32_t wait[2 * LAYER_FACTS_ITEMS_MAX], n_wait = 0, n = 0; /* a queue */
    REQUIRE(first <= LAYER_FACTS_ITEMS_MAX);
    for (uint32_t i = 0; i < first; i++) {
        const bool leaf = i < n_leaves;
        const enum layer item = items != NULL ? items[i] : leaf ? LAYER_LEAF : LAYER_PAIRING;
        const bool first_of_two = i % 2 == 0 && i + 1 < n_leaves;
        REQUIRE(item <= LAYER_PAIRING_LARGE && leaf == (item <= LAYER_LEAF_LARGE_BLOB));
        if (first_of_two && item == LAYER_LEAF && (items == NULL || items[i + 1] == LAYER_LEAF)) {
            steps[n] = (struct layer_step){LAYER_LIFT2, i, i + 1};
            i++;
        } else {
            steps[n] = (struct layer_step){lift_of(item), i, UINT32_MAX};
            if (leaf && i % 2 == 1) { /* its neighbour is the step before */
                n++;
                n_wait--;
                steps[n] = (struct layer_step){LAYER_FACTS, first + n - 2, first + n - 1};
            }
        }
        wait[n_wait++] = first + n++;
    }
    for (uint32_t i = 0; i + 1 < n_wait; i += 2) {
        steps[n] = (struct layer_step){LAYER_FACTS, wait[i], wait[i + 1]};
        wait[n_wait++] = first + n++;
    }
    return n;
}
