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

void layer_fact_of_leaf(const uint32_t *publics, uint32_t n, uint32_t fact[8])
{
    poseidon_sponge(TAG_FACT_LEAF, publics, n, fact);
}

void layer_fact(const struct layer_proof *p, uint32_t fact[8])
{
    REQUIRE(p->layer == LAYER_LEAF || p->layer == LAYER_PAIRING);
    if (p->layer == LAYER_LEAF) {
        layer_fact_of_leaf(p->publics, p->n_publics, fact);
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

/* Leaves in pairs (the last one alone if their number is odd), every pairing on its own; then
 * neighbours join, level by level, an odd one waits. */
uint32_t layer_facts_plan(uint32_t n_leaves, uint32_t n_pairings, struct layer_step *steps)
{
    const uint32_t first = n_leaves + n_pairings;
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_leaves; i += 2) {
        const bool two = i + 1 < n_leaves;
        steps[n++] =
            (struct layer_step){two ? LAYER_LIFT2 : LAYER_LIFT1, i, two ? i + 1 : UINT32_MAX};
    }
    for (uint32_t i = 0; i < n_pairings; i++)
        steps[n++] = (struct layer_step){LAYER_PAIR, n_leaves + i, UINT32_MAX};
    /* a queue of items that wait to be joined, as a run of steps: [begin, n) */
    for (uint32_t begin = 0; begin + 1 < n; begin += 2)
        steps[n++] = (struct layer_step){LAYER_FACTS, first + begin, first + begin + 1};
    return n;
}
