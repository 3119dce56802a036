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
    uint32_t log_fractions; /* N */
    uint32_t log_height;    /* H, the greatest table height */
    uint32_t log_columns;   /* G, the greatest chunk */
    uint32_t degree;        /* D = system->max_degree */
    uint64_t stack_cells;   /* cells used of the 2^m */
    uint64_t fractions;     /* fractions used of the 2^N */
    uint32_t n_chunks, n_blocks, n_columns, n_constraints;
    struct program_chunk *chunks; /* in stack order */
    struct program_block *blocks; /* in fraction order */
    uint32_t *first_column;       /* of each table among all columns */
    uint32_t *first_constraint;   /* of each table among all constraints */
    size_t proof_len;
    uint8_t id[32];
};

/* Variables that the stacked polynomial of a finished system needs (params->n_vars at least). */
uint32_t program_stack_log(const struct ir_system *s);

/* ERR_ARG: bad parameters or fewer variables than needed; ERR_REJECTED: the soundness calculator
 * (soundness.h) finds the parameters short of their target; ERR_TOO_LARGE: a limit, or multiplicities
 * that could add up to p (columns taken as flags: ir_lint shows that they are); ERR_NOMEM. */
MUST_CHECK enum err program_new(const struct ir_system *s, const struct whir_params *params,
                                struct program **out);
/* With whir_params_l1 for the smallest m it allows; the LogUp grinding is the least that reaches the
 * target. */
MUST_CHECK enum err program_new_l1(const struct ir_system *s, struct program **out);
/* For tests: with whir_params_test for the smallest m it allows. */
MUST_CHECK enum err program_new_test(const struct ir_system *s, struct program **out);
/* For tests: with parameters that claim nothing (target 0 bits, ERR_ARG for any other), and with any
 * multiplicities. */
MUST_CHECK enum err program_new_untargeted(const struct ir_system *s,
                                           const struct whir_params *params, struct program **out);
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
