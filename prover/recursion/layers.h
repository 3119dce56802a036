#ifndef PROVER_RECURSION_LAYERS_H
#define PROVER_RECURSION_LAYERS_H
/* The layers of the recursion as seen from outside: what each proves, how proofs are verified, passed
 * on and joined until one is left for L1.
 *
 * Linking:   hawser_layers (this header without layer_join) verifies and knows the keys as constants;
 *            hawser_recursion adds layer_join and everything that proves.
 * Threads:   all functions may be called from any thread; programs are built on first use.
 * Trust:     a decoded proof is untrusted until layer_verify says ERR_OK.
 * Source:    docs/protocol/recursion.md. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "prover/verify/program.h"
#include "prover/verify/system_verify.h"

/* The numbers are those of the wire; other sizes are other layers. */
enum layer {
    LAYER_LEAF = 0,       /* one segment of one chain, within batch_limits_standard */
    LAYER_LEAF_LARGE = 1, /* the same statement, within batch_limits_large */
    LAYER_LEAF_BLOB = 2,  /* a segment in a blob and its values (blobs.md), otherwise as LEAF */
    LAYER_LEAF_LARGE_BLOB = 3,  /* the same statement, otherwise as LEAF_LARGE */
    LAYER_PAIRING = 4,          /* the tuples of one slice, up to 64 pairs */
    LAYER_PAIRING_LARGE = 5,    /* the same statement, up to 512 pairs */
    LAYER_BATCH = 6,            /* statement, roots and order of one batch */
    LAYER_LIFT1 = 7,            /* facts: one LEAF */
    LAYER_LIFT2 = 8,            /* facts: two LEAFs */
    LAYER_LIFT_LARGE = 9,       /* facts: one LEAF_LARGE */
    LAYER_LIFT_BLOB = 10,       /* facts: one LEAF_BLOB */
    LAYER_LIFT_LARGE_BLOB = 11, /* facts: one LEAF_LARGE_BLOB */
    LAYER_PAIR = 12,            /* facts: one PAIRING */
    LAYER_PAIR_LARGE = 13,      /* facts: one PAIRING_LARGE */
    LAYER_FACTS = 14,           /* facts: two of LIFT1 .. FACTS */
    LAYER_JOIN_BATCH = 15,      /* claim: one of LIFT1 .. FACTS, then one BATCH */
    LAYER_RANGE = 16,           /* claim: two of JOIN_BATCH, RANGE, consecutive */
    LAYER_SHRINK = 17,          /* claim: one of JOIN_BATCH, RANGE */
    LAYER_TERMINAL = 18,        /* claim: one SHRINK; what L1 verifies */
    LAYER_COUNT
};
enum { LAYER_CHILDREN_MAX = 2 };

const char *layer_name(enum layer layer);
/* The program of a layer; LIFT1 .. RANGE share one and differ in their keys. */
const struct program *layer_program(enum layer layer);
/* Its key, a constant of the build; NULL for LEAF .. BATCH. */
const struct program_key *layer_key(enum layer layer);
/* K: the root over the keys of LIFT1 .. RANGE; the first word of every statement. */
const uint32_t *layer_keys_root(void); /* 8 elements */
/* How many children a layer joins (0 for LEAF .. BATCH), and whether child number i may be of
 * layer `child`. */
uint32_t layer_children(enum layer layer);
bool layer_takes(enum layer layer, uint32_t i, enum layer child);

struct layer_proof {
    enum layer layer;
    uint32_t n_publics;
    uint32_t publics[IR_MAX_PUBLIC];
    struct bytes_buf proof; /* owned */
};
void layer_proof_init(struct layer_proof *p, enum layer layer);
void layer_proof_deinit(struct layer_proof *p);

/* ERR_OK: the proof convinces of its public values under the layer's key, and, from LIFT1 on, the
 * statement names this build's K and is of the layer's kind. ERR_PROOF, *failed set (may be NULL;
 * VERIFY_NONE when the statement itself is at fault); ERR_NOMEM. */
MUST_CHECK enum err layer_verify(const struct layer_proof *p, enum verify_check *failed);

/* ---- wire: layer u8 | n_publics u16 | publics u32 each | proof, all big-endian; the layer fixes the
 * length ---- */
size_t layer_proof_wire_len(enum layer layer);
MUST_CHECK enum err layer_proof_encode(const struct layer_proof *p, struct bytes_buf *out);
/* ERR_PARSE: unknown layer, wrong length, a public value not below p. *out is initialised in any case. */
MUST_CHECK enum err layer_proof_decode(struct layer_proof *out, const uint8_t *data, size_t len);

/* ---- statements of LIFT1 .. TERMINAL ---- */
struct layer_statement {
    uint32_t keys_root[8];    /* K */
    uint32_t facts[8];        /* zero in claims */
    uint8_t from[32], to[32]; /* batch digests; zero in facts */
};
/* ERR_PROOF: a limb is not below 2^16. */
MUST_CHECK enum err layer_statement_read(const uint32_t publics[48], struct layer_statement *out);
void layer_statement_write(const struct layer_statement *s, uint32_t publics[48]);

/* ---- facts ---- */
/* The fact of a leaf (its public values; its layer says whether it is a blob's) and of a pairing (its
 * digest), of either size. */
void layer_fact(const struct layer_proof *leaf_or_pairing, uint32_t fact[8]);
void layer_fact_of_leaf(enum layer leaf, const uint32_t *publics, uint32_t n, uint32_t fact[8]);
/* The node above two facts or nodes. */
void layer_facts_node(const uint32_t left[8], const uint32_t right[8], uint32_t node[8]);

/* How n_leaves leaf proofs (items 0 ..) and n_pairings pairing proofs (items n_leaves ..) become one
 * tree of facts. Step k makes item n_leaves + n_pairings + k from the items left and right (right ==
 * UINT32_MAX: from left alone). Any order of leaves and pairings is fine for the batch program.
 * items: the layer of each, LEAF .. PAIRING_LARGE (NULL: LEAF and PAIRING). Sizes and blobs change the
 * steps, not the tree: leaves 0 and 1, 2 and 3, .. stand under one node by LIFT2, or FACTS of two lifts. */
struct layer_step {
    enum layer layer;
    uint32_t left, right;
};
/* Steps written (the last one makes the root); steps has room for 2 (n_leaves + n_pairings). */
enum { LAYER_FACTS_ITEMS_MAX = 128 };
uint32_t layer_facts_plan(const enum layer *items, uint32_t n_leaves, uint32_t n_pairings,
                          struct layer_step *steps);

/* ---- proving (hawser_recursion) ---- */
/* Joins `n` verified children into a proof of `layer`. A child that does not verify, is of a layer that
 * does not belong there, or names another K: ERR_PROOF, with the check that failed in `check` (>= 64
 * bytes, may be NULL). ERR_ARG: wrong number of children; ERR_NOMEM. threads 0: two. */
MUST_CHECK enum err layer_join(enum layer layer, const struct layer_proof *const *children,
                               uint32_t n, unsigned threads, struct layer_proof *out, char *check);

#endif
