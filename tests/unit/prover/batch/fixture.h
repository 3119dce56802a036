#ifndef TESTS_UNIT_PROVER_BATCH_FIXTURE_H
#define TESTS_UNIT_PROVER_BATCH_FIXTURE_H
/* Random valid batches as the batch program sees them: facts of segments and pairings, no leaves
 * behind them. */
#include "common/base/rng.h"
#include "prover/trace/batch_trace.h"

struct batch_case {
    struct batch_input in; /* points into this struct: copy with batch_case_copy */
    struct chain_entry chains[BATCH_LIST_MAX];
    struct digest8 before[BATCH_LIST_MAX], after[BATCH_LIST_MAX];
    struct batch_segment segments[BATCH_LEAVES_MAX];
    struct batch_pairing pairings[32];
    struct batch_tree tree;
};

/* Makes the part of a chain one of blob leaves: a random z, random values after each segment. */
void batch_case_blob(struct batch_case *c, struct rng *rng, uint32_t chain);
/* n_chains chains, up to `slices` slices; in each, every chain takes part with chance 3 of 4, and
 * its segment has tuples with chance 2 of 3. At least one segment. About every other chain's part is a
 * blob, of at most n_chains / 2. */
void batch_case_random(struct batch_case *c, struct rng *rng, uint32_t n_chains, uint32_t slices);
/* What each chain does in each slice: '-' nothing, 'p' a plain segment, 't' one with tuples; a string
 * per slice. */
void batch_case_plan(struct batch_case *c, struct rng *rng, uint32_t n_chains,
                     const char *const *plan, uint32_t slices);
void batch_case_copy(struct batch_case *out, const struct batch_case *c);
/* The segment of a chain by number; NULL if there is none. */
struct batch_segment *batch_case_segment(struct batch_case *c, uint32_t chain, uint32_t number);
#endif
