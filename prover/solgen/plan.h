#ifndef PROVER_SOLGEN_PLAN_H
#define PROVER_SOLGEN_PLAN_H
/* The layout of a program as docs/protocol/proof.md section 4 and recursion.md section 2 fix it,
 * worked out from the system and the parameters alone: stacking of the columns, order of the fractions.
 *
 * Written apart from prover/verify on purpose: that a proof of the C prover passes the generated
 * verifier shows that both read the text in the same way.
 *
 * Threads: plain values. Lifetime: plan_init .. plan_free; the system must outlive the plan. */
#include <stdbool.h>
#include <stdint.h>

#include "prover/ir/ir.h"
#include "prover/verify/whir_params.h"

struct plan_chunk {
    uint32_t table, first_column;
    uint32_t g, h;   /* 2^g columns of 2^h rows */
    uint32_t offset; /* in its stack */
    bool pre;        /* of preprocessed columns (recursion.md section 2), in the stack of g */
};

struct plan_block { /* the fractions of one message on all rows */
    uint32_t table, message;
    uint32_t h, offset;
};

struct plan {
    const struct ir_system *system;
    struct whir_params whir;
    uint8_t program_id[32];
    const uint8_t *key;      /* the cap of g's tree, 2^pre_cap digests; NULL without such columns */
    uint32_t n_columns;      /* of all tables, preprocessed ones among them */
    uint32_t *first_column;  /* per table, in the order of the column claims: its committed columns,
                                then the preprocessed ones */
    uint32_t *first_message; /* per table: number of its first message among all */
    uint32_t n_messages, n_constraints;
    uint32_t n_chunks, n_blocks;
    struct plan_chunk *chunks; /* those of f in stack order, then those of g */
    struct plan_block *blocks; /* order of the fractions */
    uint32_t *block_of;        /* number of the block of each message, see first_message */
    uint32_t log_fractions;    /* N */
    uint32_t log_height;       /* H */
    uint32_t log_chunk;        /* G */
};

/* The program has the Keccak profile. `key` (32 << pre_cap bytes, borrowed) is NULL for a program
 * without preprocessed columns. */
void plan_init(struct plan *p, const struct ir_system *s, const struct whir_params *w,
               const uint8_t program_id[32], const uint8_t *key);
void plan_free(struct plan *p);

#endif
