#ifndef PROVER_TRACE_BATCH_TRACE_H
#define PROVER_TRACE_BATCH_TRACE_H
/* From one batch's statement, segments and pairings to the batch program's trace, and the facts tree
 * that the layers join along (docs/protocol/recursion.md sections 4 and 6).
 *
 * Threads: pure, any number at once. Owner: *out is the caller's (ir_trace_free). */
#include <stddef.h>

#include "common/base/err.h"
#include "core/batch/publics.h"
#include "core/batch/statement.h"
#include "prover/air/batch.h"
#include "prover/ir/ir.h"

/* ---- facts ---- */
enum { BATCH_SIDES_MAX = 16 };
struct batch_fact {
    uint32_t e[8];
};
struct batch_side {
    uint32_t chain, count, digest[8];
};
struct batch_pairing {
    uint32_t dep[8], time, n_sides;
    struct batch_side sides[BATCH_SIDES_MAX]; /* ascending by chain */
};
struct batch_segment {
    bool blob;                           /* of a blob leaf: all publics; else the first LEAF_PUBLICS */
    uint32_t publics[LEAF_BLOB_PUBLICS];
};
struct batch_fact batch_fact_segment(const struct batch_segment *s);
struct batch_fact batch_fact_pairing(const struct batch_pairing *p); /* n_sides <= 16 (REQUIRE) */
struct batch_fact batch_fact_node(struct batch_fact left, struct batch_fact right);

/* A tree over n facts: operand < n is a fact, n + i the node i, which comes before its parent; the last
 * node is the root. n - 1 nodes. */
struct batch_tree {
    uint32_t n_nodes;
    struct {
        uint16_t left, right;
    } nodes[BATCH_LEAVES_MAX + 32 - 1];
};
/* The usual shape: over n facts, the left part holds the greatest power of two below n. So neighbours
 * 2 i and 2 i + 1 are joined first. 1 <= n <= 96 (REQUIRE). */
void batch_tree_balanced(struct batch_tree *tree, uint32_t n);
struct batch_fact batch_facts_root(const struct batch_fact *facts, uint32_t n,
                                   const struct batch_tree *tree);

/* ---- the batch ---- */
struct batch_input {
    uint8_t deployment_id[32], programs_digest[32], d_from[32];
    uint32_t k, time;
    uint32_t n_chains, n_segments, n_pairings;
    const struct chain_entry *chains;                 /* ascending by chain id */
    const struct digest8 *roots_before, *roots_after; /* n_chains */
    const struct batch_segment *segments; /* of each chain in order; chains in any order */
    const struct batch_pairing *pairings; /* in an order that every chain's segments follow */
    const struct batch_tree *tree;        /* over segments, then pairings; NULL: balanced */
};
/* The 40 public values, by core's statement code. ERR_ARG for lists out of order or too long, for a chain
 * with both forms of segments; ERR_RANGE for elements not below p. */
MUST_CHECK enum err batch_publics(uint32_t out[BATCH_N_PUBLIC], const struct batch_input *in);

/* system: batch_system_new(size). ERR_FULL (text says which limit): more chains, segments, pairings
 * or SHA-256 blocks than the size holds; ERR_ARG: lists out of order; ERR_RANGE:
 * elements not below p; ERR_NOMEM. What contradicts
 * the statement is put as it is: the checker or the prover finds it. */
MUST_CHECK enum err batch_trace_fill(struct ir_trace **out, const struct ir_system *system,
                                     const struct batch_size *size, const struct batch_input *in,
                                     char *text, size_t n);
#endif
