#ifndef PROVER_VERIFY_PROGRAM_H
#define PROVER_VERIFY_PROGRAM_H
/* A program: a system of tables with the parameters of its proofs, and all that follows from the
 * two: where columns lie in the stacked polynomial, where messages lie among the fractions, how
 * long a proof is, the program id. Prover, verifier and Solidity generator read it from here.
 *
 * Threads:   immutable after program_new.
 * Lifetime:  borrows the system, which must outlive it. program_free frees the rest.
 * Source:    docs/protocol/proof.md sections 1, 2, 4. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "prover/ir/ir.h"
#include "prover/verify/soundness.h"
#include "prover/verify/whir_params.h"

enum {
    PROGRAM_TOP_LOG = 5,            /* the GKR layer that is sent in clear has 2^5 fractions */
    PROGRAM_MIN_LOG_FRACTIONS = 6,  /* N at least */
    PROGRAM_MAX_LOG_FRACTIONS = 26, /* N at most */
    PROGRAM_WEIGHTS = 32,           /* values of a message: tag and at most 31 fields */
    PROGRAM_ALPHAS = 5,             /* log2 of PROGRAM_WEIGHTS */
};

/* 2^log_columns consecutive columns of one table; cell (column c, row x) of the chunk lies at
 * offset + (c << log_height) + x. */
struct program_chunk {
    uint32_t table, first_column;
    uint32_t log_columns, log_height;
    uint32_t offset; /* a multiple of the chunk's size */
};

/* The fractions of one message: row x lies at offset + x. */
struct program_block {
    uint32_t table, message;
    uint32_t log_height;
    uint32_t offset; /* a multiple of 2^log_height */
};

struct program {
    const struct ir_system *system;
    struct whir_params params;
    uint32_t log_stack;     /* m */
    uint32_t log_pre;       /* m_g; 0 without preprocessed columns */
    uint32_t log_fractions; /* N */
    uint32_t log_height;    /* H, the greatest table height */
    uint32_t log_columns;   /* G, the greatest chunk of both polynomials */
    uint32_t degree;        /* D = system->max_degree */
    uint64_t stack_cells;   /* cells used of the 2^m */
    uint64_t pre_cells;     /* cells used of the 2^m_g */
    uint64_t fractions;     /* fractions used of the 2^N */
    uint32_t n_chunks, n_pre_chunks, n_blocks, n_constraints;
    uint32_t n_columns; /* committed and preprocessed */
    struct program_chunk *chunks;     /* of f, in stack order */
    struct program_chunk *pre_chunks; /* of g; first_column and offset are its own */
    struct program_block *blocks; /* in fraction order */
    uint32_t *first_column;       /* of each table among all; its preprocessed ones come last */
    uint32_t *first_constraint;   /* of each table among all constraints */
    size_t proof_len;
    uint8_t id[32];
};

/* Variables that the stacked polynomial of a finished system needs (params->n_vars at least). */
uint32_t program_stack_log(const struct ir_system *s);

/* ERR_ARG: bad parameters or fewer variables than needed; ERR_REJECTED: the soundness calculator
 * (soundness.h) finds the parameters short of their target; ERR_TOO_LARGE: a limit, or multiplicities
 * that could add up to p (columns taken as flags: ir_lint shows that they are; preprocessed ones are
 * looked at when a key is made); ERR_NOMEM. */
MUST_CHECK enum err program_new(const struct ir_system *s, const struct whir_params *params,
                                struct program **out);
/* With whir_params_l1 for the smallest m it allows; the LogUp grinding is the least that reaches the
 * target. */
MUST_CHECK enum err program_new_l1(const struct ir_system *s, struct program **out);
/* With whir_params_recursion (Johnson) for the smallest m from n_vars on, and the least LogUp grinding
 * that reaches the target. */
MUST_CHECK enum err program_new_recursion(const struct ir_system *s, uint32_t n_vars,
                                          uint32_t log_inv_rate, enum proof_profile profile,
                                          struct program **out);
/* For tests: with whir_params_test for the smallest m it allows. */
MUST_CHECK enum err program_new_test(const struct ir_system *s, struct program **out);
MUST_CHECK enum err program_new_test_poseidon(const struct ir_system *s, struct program **out);
/* For tests: with parameters that claim nothing (target 0 bits, ERR_ARG for any other), and with any
 * multiplicities. */
MUST_CHECK enum err program_new_untargeted(const struct ir_system *s,
                                           const struct whir_params *params, struct program **out);
/* Adds to the parameters of f what the system's preprocessed columns need, with the fewest lanes;
 * nothing without such columns. ERR_ARG: they do not fit beside f. */
MUST_CHECK enum err program_params_add_pre(const struct ir_system *s, struct whir_params *p,
                                           uint32_t pre_cap);

/* The key of a program with preprocessed columns: all that a verifier knows of their values. Programs
 * of one shape differ in it. */
struct program_key {
    size_t len; /* program_key_len */
    uint8_t cap[(size_t)32 << WHIR_MAX_PRE_CAP_LOG];
};
/* 0 without preprocessed columns. */
size_t program_key_len(const struct program *p);
/* ERR_ARG: not the program's length, or (Poseidon profile) an element that is not canonical. */
MUST_CHECK enum err program_key_set(const struct program *p, const uint8_t *bytes, size_t len,
                                    struct program_key *key);
void program_key_id(const struct program *p, const struct program_key *key, uint8_t id[32]);

/* Whether all multiplicities together stay below p: ERR_TOO_LARGE if not, ERR_NOMEM. Those with
 * preprocessed columns count by the values pre[table][column][row], or not at all if that is NULL. */
MUST_CHECK enum err program_multiplicities(const struct ir_system *s,
                                           const uint32_t *const *const *pre);

/* What the soundness calculator needs to know of a program. */
struct soundness_input program_soundness(const struct program *p);
void program_free(struct program *p);

/* Bytes of the proof by section, in proof order. */
enum program_section {
    SECTION_COMMIT, /* cap and OOD answers */
    SECTION_LOGUP,  /* the grinding nonce, if any */
    SECTION_GKR,    /* top layer and all layers below */
    SECTION_ZERO,   /* rounds of the zerocheck */
    SECTION_COLUMNS,
    SECTION_WHIR,
    SECTION_COUNT,
};
size_t program_section_len(const struct program *p, enum program_section section);
const char *program_section_name(enum program_section section);

#endif
