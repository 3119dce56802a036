#ifndef PROVER_PROVE_PROVE_PARTS_H
#define PROVER_PROVE_PROVE_PARTS_H
/* The parts of system_prove.c: the witness in Montgomery form, the fraction tree, the zerocheck.
 *
 * Threads:   one proof per `prover`; loops run on its workers.
 * Memory:    large vectors from prove_alloc, freed as soon as their step is over. */
#include "common/field/kb5.h"
#include "prover/prove/kernels.h"
#include "prover/prove/parallel.h"
#include "prover/prove/proving_key.h"
#include "prover/prove/prove_env.h"
#include "prover/verify/proof_codec.h"
#include "prover/verify/system_parts.h"

/* One table as the prover sees it. */
struct prover_table {
    const struct ir_table *t;
    const kb **columns; /* into the stack, then n_pre into the key; Montgomery */
    kb **leaf;          /* by node: the values of an IDX or FIXED node, else NULL; owned */
};

struct prover {
    const struct program *p;
    const struct ir_trace *trace;
    const struct proving_key *key; /* NULL without preprocessed columns */
    const struct kernels *k;
    const struct kbv_ops *field;
    void (*run_base)(const struct ir_prog *p, const uint32_t *const *in, uint32_t *regs,
                     uint32_t n); /* ir_prog_run or its portable form */
    struct parallel *par;
    struct prover_table *tables;
    kb *stack; /* 2^m cells in Montgomery form and KERNEL_LANES of padding */
    struct transcript t;
    struct proof_writer w;
};

/* Planes for n elements with the padding that kernels.h asks for, all zero. p == NULL when memory is
 * short. Release with prove_free(v.p). */
struct planes planes_new(size_t n);
/* The same, only the padding zero. */
struct planes planes_raw(size_t n);
static inline kb5 planes_get(struct planes v, size_t i)
{
    return (kb5){{v.p[i], v.p[v.stride + i], v.p[2 * v.stride + i], v.p[3 * v.stride + i],
                  v.p[4 * v.stride + i]}};
}
static inline void planes_set(struct planes v, size_t i, const kb5 *x)
{
    for (size_t k = 0; k < 5; k++)
        v.p[k * v.stride + i] = x->c[k];
}
static inline struct planes planes_at(struct planes v, size_t i)
{
    return (struct planes){v.p + i, v.stride};
}

/* eq tables of all suffixes of a point: level k has the 2^k values eq(last k coordinates, x). */
struct eq_tower {
    struct planes level[PROGRAM_MAX_LOG_FRACTIONS + 1];
    kb *memory;
};
/* Tables of the last 0 .. n coordinates of point[0..len). ERR_NOMEM. */
MUST_CHECK enum err eq_tower_init(struct eq_tower *e, const struct kernels *k, const kb5 *point,
                                  uint32_t len, uint32_t n);
void eq_tower_deinit(struct eq_tower *e);

/* Steps 3 and 4: builds the tree of fractions and proves its layers. ERR_NOMEM, ERR_INTERNAL. */
MUST_CHECK enum err gkr_prove(struct prover *pr, const struct bus_challenges *b,
                              struct gkr_claim *out);
/* Steps 5 and 6. point: s_1 .. s_H; columns: n_columns values. */
MUST_CHECK enum err zero_prove(struct prover *pr, const struct bus_challenges *b,
                               const struct gkr_claim *claim, kb5 *point, kb5 *columns);

#endif
