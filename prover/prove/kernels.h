#ifndef PROVER_PROVE_KERNELS_H
#define PROVER_PROVE_KERNELS_H
/* The inner loops of the fraction tree and the zerocheck, over vectors of extension elements in
 * planes: coefficient k of element i lies at p[k * stride + i]. One source compiled for several
 * instruction sets; all give the same words.
 *
 * Threads:   pure functions; callers split index ranges.
 * Numbers:   Montgomery form, fully reduced.
 * Padding:   every vector has room for KERNEL_LANES elements past its end and holds reduced
 *            elements there; loops may read and write up to KERNEL_LANES - 1 elements past n.
 *            Sums are over n elements rounded up to KERNEL_LANES: the weights (eq) must be 0 there. */
#include <stddef.h>

#include "common/field/kb5.h"
#include "prover/ir/ir_prog.h"

enum {
    KERNEL_LANES = 16,
    KERNEL_BLOCK = 64, /* rows per call of run_ext; a multiple of KERNEL_LANES */
};

/* A vector of extension elements in planes. */
struct planes {
    kb *p;
    size_t stride;
};

/* A vector that is only read. */
struct planes_in {
    const kb *p;
    size_t stride;
};

struct kernels {
    const char *name;
    /* dst[i] = src[i] + s (src[half + i] - src[i]) for i in [from, to); dst may be src when the
     * range is [0, half). */
    void (*fold)(struct planes dst, struct planes src, size_t half, size_t from, size_t to,
                 const kb5 *s);
    /* the same from base-field elements */
    void (*fold_base)(struct planes dst, const kb *src, size_t half, size_t from, size_t to,
                      const kb5 *s);
    /* dst[i] = sum over k < 4 of s[k] src[k quarter + i] for i in [from, to). */
    void (*fold_quarters)(struct planes dst, const kb *src, size_t quarter, size_t from, size_t to,
                          const kb5 s[4]);
    /* With G(X, i) = p0 q1 + p1 q0 at the point X between i and half + i: out[0] += sum eq[i]
     * G(0, i), out[1] += sum eq[i] (coefficient of X^2 of G). v = {p0, q1, p1, q0}. */
    void (*gkr_round)(const struct planes v[4], struct planes eq, size_t half, size_t from,
                      size_t to, kb5 out[2]);
    /* p[i] = p0 q1 + p1 q0, q[i] = q0 q1. v = {p0, q1, p1, q0}. */
    void (*gkr_combine)(const struct planes v[4], struct planes p, struct planes q, size_t from,
                        size_t to);
    /* a[i] += s v[i], v in the base field */
    void (*axpy_base)(struct planes a, const kb *v, size_t from, size_t to, const kb5 *s);
    /* One step of an eq table: dst[len + i] = r src[i], dst[i] = src[i] - dst[len + i]. */
    void (*eq_double)(struct planes dst, struct planes src, size_t len, const kb5 *r);
    /* *out += sum over [from, to) of a[i] eq[i] */
    void (*dot)(struct planes a, struct planes eq, size_t from, size_t to, kb5 *out);
    /* the same, a in the base field */
    void (*dot_base)(const kb *a, struct planes eq, size_t from, size_t to, kb5 *out);
    /* *out += sum_i eq[i] sum_k coef[k] v[k][i], i < n */
    void (*combine)(const struct planes_in *v, const kb5 *coef, size_t n_v, struct planes eq,
                    size_t n, kb5 *out);
    /* the same, v in the base field */
    void (*combine_base)(const kb *const *v, const kb5 *coef, size_t n_v, struct planes eq,
                         size_t n, kb5 *out);
    /* The program over n <= KERNEL_BLOCK extension rows; registers are planes of KERNEL_BLOCK with
     * stride KERNEL_BLOCK, one after the other. */
    void (*run_ext)(const struct ir_prog *p, const struct planes_in *in, kb *regs, size_t n);
    /* out[i] = the value at x of the line through lo[i] (at 0) and hi[i] (at 1); x >= 1 */
    void (*line)(kb *out, const kb *lo, const kb *hi, uint32_t x, size_t n);
};

/* The fastest set for this CPU. */
const struct kernels *kernels_best(void);
/* All sets this CPU can run, portable first, NULL-terminated; for tests. */
const struct kernels *const *kernels_all(void);

#endif
