#ifndef PROVER_VERIFY_WHIR_PARAMS_H
#define PROVER_VERIFY_WHIR_PARAMS_H
/* The parameters of one WHIR opening: everything the verifier needs to know besides the proof.
 * They are part of the program id; soundness.c computes the security from the same struct.
 *
 * Threads: plain values. Source: docs/protocol/proof.md section 5. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "prover/verify/labels.h"

enum {
    WHIR_MAX_VARS = 28,
    WHIR_MAX_ROUNDS = 8,
    WHIR_MAX_FOLD = 8,
    WHIR_MAX_FINAL_VARS = 8,
    WHIR_MAX_QUERIES = 320,
    WHIR_MAX_OOD = 4,
    WHIR_MAX_CAP_LOG = 8,
    WHIR_MAX_PRE_CAP_LOG = 9, /* of a key: its nodes are the code of one contract on L1 */
    WHIR_MAX_LOG_INV_RATE = 20,
    WHIR_MAX_GRIND = 30,
    WHIR_MIN_PRE_LANES = 3, /* k_g at least */
    WHIR_MAX_GRIND_POSEIDON = 24,
    WHIR_MIN_FOLD_POSEIDON = 3, /* of the first round: leaves are hashed 8 elements at a time */
    /* Of whir_params_recursion: grinding before queries, and the most before a folding challenge. */
    WHIR_RECURSION_TARGET = 128,
    WHIR_RECURSION_QUERY_GRIND = 16,
    WHIR_TERMINAL_QUERY_GRIND = 20,
    WHIR_RECURSION_FOLD_GRIND = 14,
    WHIR_TERMINAL_FOLD_GRIND = 16,
    WHIR_PARAMS_HEAD_BYTES = 9,
    WHIR_PARAMS_ROUND_BYTES = 8,
    WHIR_PARAMS_BYTES_MAX = WHIR_PARAMS_HEAD_BYTES + WHIR_MAX_ROUNDS * WHIR_PARAMS_ROUND_BYTES,
};

enum whir_regime {
    WHIR_UNIQUE = 0,  /* up to half the distance; BCHKS25 Cor 1.4 */
    WHIR_JOHNSON = 1, /* up to the Johnson bound; BCHKS25 Thm 4.2 */
};

struct whir_round {
    uint8_t fold;         /* k_i >= 1: variables folded in this round */
    uint8_t log_inv_rate; /* l_i >= 1 */
    uint8_t cap_log;      /* the Merkle cap of f_i has 2^cap_log nodes */
    uint8_t ood;          /* out-of-domain samples after the commitment of f_i */
    uint16_t queries;     /* t_i >= 1 */
    uint8_t query_grind;  /* bits ground before the queries of f_i */
    uint8_t fold_grind;   /* bits ground before each of the k_i folding challenges */
};

struct whir_params {
    uint8_t n_vars; /* m; with preprocessed columns m + 1 (recursion.md section 2) */
    uint8_t n_rounds;
    uint8_t regime;      /* enum whir_regime: what the security claim rests on */
    uint8_t target_bits; /* the claim; soundness_check refuses parameters that miss it */
    uint8_t logup_grind; /* bits ground before the LogUp challenges (system, not WHIR) */
    uint8_t profile;     /* enum proof_profile (labels.h) */
    /* Preprocessed columns: 0, or k_g + 1; then WHIR opens F with the side s as its last variable,
     * and rounds[0].fold is k_0 + 1. */
    uint8_t pre;
    uint8_t pre_cap; /* the key is a Merkle cap of 2^pre_cap nodes */
    struct whir_round rounds[WHIR_MAX_ROUNDS];
};

/* Limits, two-adicity, leaf sizes, shrinking domains; says nothing of security. ERR_ARG. */
MUST_CHECK enum err whir_params_check(const struct whir_params *p);

/* m_i for i = 0 .. n_rounds; m_{n_rounds} is the number of variables of the final polynomial. */
uint32_t whir_round_vars(const struct whir_params *p, uint32_t i);
/* log2 of the number of leaves of round i: m_i - k_i + l_i. */
uint32_t whir_leaf_log(const struct whir_params *p, uint32_t i);
/* m, the variables of f; k_0, its lanes in round 0; m_g, the variables of g (needs pre > 0). */
uint32_t whir_stack_vars(const struct whir_params *p);
uint32_t whir_stack_lanes(const struct whir_params *p);
uint32_t whir_pre_vars(const struct whir_params *p);
/* Bytes of one leaf of the key's tree (needs pre > 0). */
size_t whir_pre_leaf_bytes(const struct whir_params *p);
/* Bytes of one leaf of round i; in round 0 of f alone. */
size_t whir_leaf_bytes(const struct whir_params *p, uint32_t i);
/* Bytes in the proof of the commitment (cap, OOD answers) and of the opening. */
size_t whir_commit_size(const struct whir_params *p);
size_t whir_open_size(const struct whir_params *p);

/* Bytes of a nonce in the proof. */
size_t whir_nonce_size(const struct whir_params *p);

/* Canonical serialisation: version 2, n_vars, n_rounds, regime, target_bits, logup_grind, profile,
 * pre, pre_cap, then fold, log_inv_rate, cap_log, ood, queries (u16 big-endian), query_grind,
 * fold_grind for each round. Returns the number of bytes. */
size_t whir_params_bytes(const struct whir_params *p, uint8_t out[WHIR_PARAMS_BYTES_MAX]);

/* The parameters for the same f together with preprocessed columns of 2^lanes lanes: one variable
 * more, folded in round 0. p must have none so far. ERR_ARG. */
MUST_CHECK enum err whir_params_add_pre(struct whir_params *p, uint32_t lanes, uint32_t pre_cap);

/* ---- named sets ---- */

/* Verified on L1: 100 bits, Johnson, first rate 1/8, query grinding 16, fold grinding <= 8.
 * n_vars 18 .. 24. ERR_RANGE. */
MUST_CHECK enum err whir_params_l1(uint32_t n_vars, struct whir_params *out);
/* 100 bits by unique decoding, rate 1/8, no OOD samples, no fold grinding; n_vars 18 .. 24.
 * ERR_RANGE. */
MUST_CHECK enum err whir_params_unique(uint32_t n_vars, struct whir_params *out);
/* 128 bits. Rates 1/2 .. 1/16 (log_inv_rate 1 .. 4) in the Poseidon profile, query grinding 16; rate
 * 1/64 (6) in the Keccak profile, query grinding 20, with the caps of the shortest proof. Fold
 * grinding <= 14 and 16. pre: the set keeps its bits after whir_params_add_pre. n_vars 18 .. 25; ERR_RANGE
 * for other numbers and where 128 bits cannot be had (Johnson at 1/16 and 1/64, large n_vars). */
MUST_CHECK enum err whir_params_recursion(uint32_t n_vars, uint32_t log_inv_rate,
                                          enum proof_profile profile, enum whir_regime regime,
                                          bool pre, struct whir_params *out);
/* For tests only: three rounds, 3/2/2 queries, no grinding, a proof below 6 KB, and a target of 0
 * bits, so that no product program can be built with it; n_vars 10 .. 16. ERR_RANGE. */
MUST_CHECK enum err whir_params_test(uint32_t n_vars, struct whir_params *out);
/* The same in the Poseidon profile (cap 0). ERR_RANGE. */
MUST_CHECK enum err whir_params_test_poseidon(uint32_t n_vars, struct whir_params *out);

#endif
