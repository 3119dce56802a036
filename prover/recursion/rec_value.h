#ifndef PROVER_RECURSION_REC_VALUE_H
#define PROVER_RECURSION_REC_VALUE_H
/* Arithmetic over values of a recording that may be constants or carry a sign: constants fold, a
 * negation costs a row only where no neighbouring row can take it over, and then only once.
 *
 * Threads:   as the recording. Lifetime: an object belongs to one recording (rec.h).
 * Limits:    constants are base elements.
 * Source:    docs/protocol/recursion.md section 3 (table ext). */
#include "prover/recursion/rec.h"

typedef struct {
    bool is_const;
    bool negated; /* not for constants */
    uint32_t k;   /* the constant */
    rec_ext h;    /* otherwise: the value, or its negative */
} rec_val;

struct rec_arith {
    struct rec *r;
    uint32_t *negative; /* by address: address of the negative + 1, 0 if there is none yet */
    uint32_t n_negative;
};

void rec_arith_init(struct rec_arith *a, struct rec *r);
void rec_arith_deinit(struct rec_arith *a);

static inline rec_val rec_val_const(uint32_t k)
{
    return (rec_val){.is_const = true, .k = k};
}
static inline rec_val rec_val_ext(rec_ext h)
{
    return (rec_val){.h = h};
}
static inline bool rec_val_is(rec_val v, uint32_t k)
{
    return v.is_const && v.k == k;
}
rec_val rec_val_neg(rec_val v);

/* -h; made once per handle. */
rec_ext rec_arith_negative(struct rec_arith *a, rec_ext h);
/* The value as a handle. */
rec_ext rec_val_handle(struct rec_arith *a, rec_val v);

rec_val rec_val_add(struct rec_arith *a, rec_val x, rec_val y);
rec_val rec_val_sub(struct rec_arith *a, rec_val x, rec_val y);
rec_val rec_val_mul(struct rec_arith *a, rec_val x, rec_val y);
/* x y + d. Where a sign is in the way, x is negated: pass the more often used factor first. */
rec_val rec_val_mac(struct rec_arith *a, rec_val x, rec_val y, rec_val d);
/* at0 + x (at1 - at0) */
rec_val rec_val_lerp(struct rec_arith *a, rec_val at0, rec_val at1, rec_val x);

#endif
