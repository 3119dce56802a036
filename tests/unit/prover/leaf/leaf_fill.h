#ifndef TESTS_UNIT_PROVER_LEAF_FILL_H
#define TESTS_UNIT_PROVER_LEAF_FILL_H
/* Shared by the leaf tests. */
#include <stdbool.h>
#include <stdio.h>

#include "common/base/require.h"
#include "core/state/cells.h"
#include "prover/air/leaf.h"
#include "prover/trace/leaf_trace.h"
#include "tests/support/blob_values.h"
#include "tests/support/random_batch.h"

/* The trace, or NULL with the reason printed. */
static inline struct ir_trace *leaf_fill(const struct ir_system *s, const struct chain_trace *t)
{
    struct ir_trace *tr = NULL;
    char text[512];
    enum err err = leaf_trace_fill(&tr, s, t, text, sizeof text);
    if (err != ERR_OK) {
        printf("batch %u chain %u: %s: %s\n", (unsigned)t->k, t->chain, err_name(err), text);
        fflush(stdout);
    }
    return tr;
}

static inline bool leaf_is_clean(const struct ir_trace *tr)
{
    char text[512];
    if (ir_mock_check(tr, text, sizeof text) == ERR_OK) return true;
    printf("%s\n", text);
    fflush(stdout);
    return false;
}

/* Some head and values before, and what follows from them. */
static inline void leaf_set_blob(struct chain_trace *t, struct rng *rng)
{
    uint8_t z[32], a[32], b[32];
    blob_random(z, rng, false);
    blob_random(a, rng, false);
    blob_random(b, rng, false);
    blob_values_set(t, (uint32_t)rng_below(rng, blob_elements(t) + 1), z, a, b);
}

/* Gives the reserves of all pools between the chains a random value on chain 0: for chain 1's leaf a lie
 * about the other side, so that swaps move amounts that no honest pool would give. */
static inline void leaf_lie_about_chain_0(struct world *w)
{
    struct digest8 root;
    for (uint32_t i = 0; i < w->n_pools; i++) {
        const struct world_pool *pool = &w->pools[i];
        if (pool->chain[0] == pool->chain[1]) continue;
        struct cell c;
        struct amount r = {.lo = 1 + rng_below(&w->rng, 1ull << (10 + rng_below(&w->rng, 50)))};
        cells_get(w->state[0].cells, pool->id[0], SLOT_POOL_RESERVE, &c);
        cell_of_amount(&c, c.e[0], r);
        REQUIRE(cells_set(w->state[0].cells, pool->id[0], SLOT_POOL_RESERVE, &c) == ERR_OK);
    }
    REQUIRE(cells_root(w->state[0].cells, &root) == ERR_OK);
}

/* Swap outputs of the trace whose other half lies on chain 0. */
static inline uint32_t leaf_outputs_from_chain_0(const struct chain_trace *t)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_ops; i++)
        n += t->ops[i].code == OP_SWAP_OUT && t->ops[i].u.swap_out.pool.other_chain == 0;
    return n;
}
#endif
