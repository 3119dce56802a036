#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/trace/batch_trace.h"
#include "prover/verify/labels.h"

struct batch_fact batch_fact_segment(const struct batch_segment *s)
{
    struct batch_fact f;
    if (s->blob)
        poseidon_sponge(TAG_FACT_LEAF_BLOB, s->publics, LEAF_BLOB_PUBLICS, f.e);
    else
        poseidon_sponge(TAG_FACT_LEAF, s->publics, LEAF_PUBLICS, f.e);
    return f;
}

struct batch_fact batch_fact_pairing(const struct batch_pairing *p)
{
    struct batch_fact f;
    uint32_t e[16 + 16 * BATCH_SIDES_MAX] = {0};
    REQUIRE(p->n_sides <= BATCH_SIDES_MAX);
    memcpy(e, p->dep, sizeof p->dep);
    e[8] = p->time & 0xffff;
    e[9] = p->time >> 16;
    e[10] = p->n_sides;
    for (uint32_t s = 0; s < p->n_sides; s++) {
        memcpy(e + 16 + 16 * s, p->sides[s].digest, sizeof p->sides[s].digest);
        e[24 + 16 * s] = p->sides[s].chain;
        e[25 + 16 * s] = p->sides[s].count;
    }
    poseidon_sponge(TAG_FACT_PAIRING, e, 16 + 16 * (size_t)p->n_sides, f.e);
    return f;
}

struct batch_fact batch_fact_node(struct batch_fact left, struct batch_fact right)
{
    struct batch_fact f = {{TAG_FACTS}};
    poseidon_compress(f.e, f.e, left.e);
    poseidon_compress(f.e, f.e, right.e);
    return f;
}

/* Facts first .. first + count - 1; returns the operand that stands for them. */
static uint32_t balanced(struct batch_tree *tree, uint32_t n, uint32_t first, uint32_t count)
{
    if (count == 1) return first;
    uint32_t left = 1;
    while (2 * left < count)
        left *= 2;
    uint32_t l = balanced(tree, n, first, left);
    uint32_t r = balanced(tree, n, first + left, count - left);
    tree->nodes[tree->n_nodes].left = (uint16_t)l;
    tree->nodes[tree->n_nodes].right = (uint16_t)r;
    return n + tree->n_nodes++;
}

void batch_tree_balanced(struct batch_tree *tree, uint32_t n)
{
    REQUIRE(n >= 1 && n <= ARRAY_LEN(tree->nodes) + 1);
    tree->n_nodes = 0;
    (void)balanced(tree, n, 0, n);
}

struct batch_fact batch_facts_root(const struct batch_fact *facts, uint32_t n,
                                   const struct batch_tree *tree)
{
    struct batch_fact node[ARRAY_LEN(tree->nodes)];
    REQUIRE(n >= 1 && tree->n_nodes + 1 == n && n <= ARRAY_LEN(node) + 1);
    for (uint32_t i = 0; i < tree->n_nodes; i++) {
        uint32_t l = tree->nodes[i].left, r = tree->nodes[i].right;
        REQUIRE(l < n + i && r < n + i);
        node[i] = batch_fact_node(l < n ? facts[l] : node[l - n], r < n ? facts[r] : node[r - n]);
    }
    return n == 1 ? facts[0] : node[n - 2];
}
