#ifndef TESTS_UNIT_PROVER_SYSTEM_TOY_PRE_H
#define TESTS_UNIT_PROVER_SYSTEM_TOY_PRE_H
/* A toy machine of preprocessed columns: "ops" rows read two values by address, make a third one of
 * them and send it with as many copies as there are reads; "rom" has preprocessed columns only and
 * sends constants; "wide" holds a row of preprocessed weights; "plain" has none. Programs of one
 * shape differ in the seed. */
#include "prover/ir/ir.h"

struct toy_pre_shape {
    uint32_t log_ops, log_rom;
    uint32_t log_wide, n_wide; /* preprocessed columns of "wide" */
    uint32_t log_plain,
        n_plain; /* committed columns of "plain", products of each other, the rest 0 */
};

enum { TOY_PRE_OPS, TOY_PRE_ROM, TOY_PRE_WIDE, TOY_PRE_PLAIN, TOY_PRE_TABLES };

struct toy_pre {
    struct toy_pre_shape shape;
    struct ir_system *s;
    uint32_t **values[TOY_PRE_TABLES]; /* [table][preprocessed column][row], owned */
    const uint32_t *const *pre[TOY_PRE_TABLES];
    struct ir_trace *tr; /* honest */
};

/* One public value: the result of the last operation. n_wide >= 1; operations use half of "ops". */
void toy_pre_init(struct toy_pre *y, const struct toy_pre_shape *shape, uint32_t seed);
void toy_pre_free(struct toy_pre *y);

#endif
