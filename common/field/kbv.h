#ifndef COMMON_FIELD_KBV_H
#define COMMON_FIELD_KBV_H
/* Kernels over long vectors of KoalaBear words and of extension elements, chosen at run time for
 * the CPU; every choice gives the same words.
 *
 * An extension vector is five planes: plane i holds the coefficients of X^i. All words are in
 * Montgomery form. Lengths may be any number; multiples of 16 are fastest. Unless said otherwise,
 * outputs do not overlap inputs. No alignment is required.
 *
 * Threads: pure functions of their arguments; the tables are constants. */
#include "common/field/kb5.h"

struct kb5v {
    kb *c[KB5_DEGREE];
};

/* The vector from element `at` on. */
static inline struct kb5v kb5v_at(struct kb5v v, size_t at)
{
    for (int i = 0; i < KB5_DEGREE; i++)
        v.c[i] += at;
    return v;
}

static inline kb5 kb5v_get(struct kb5v v, size_t i)
{
    return (kb5){{v.c[0][i], v.c[1][i], v.c[2][i], v.c[3][i], v.c[4][i]}};
}

static inline void kb5v_set(struct kb5v v, size_t i, kb5 x)
{
    for (int j = 0; j < KB5_DEGREE; j++)
        v.c[j][i] = x.c[j];
}

struct kbv_ops {
    const char *name; /* "portable", "avx2", "avx512" */
    /* w[i] += s * t[i] */
    void (*axpy_ext)(struct kb5v w, kb5 s, struct kb5v t, size_t n);
    void (*axpy_base)(struct kb5v w, kb5 s, const kb *t, size_t n);
    /* w[i] = s * t[i]; w may be t. */
    void (*scale_ext)(struct kb5v w, kb5 s, struct kb5v t, size_t n);
    /* sum f[i] * t[i] */
    kb5 (*dot_base)(const kb *f, struct kb5v t, size_t n);
    kb5 (*dot_ext)(struct kb5v f, struct kb5v t, size_t n);
    /* out[0] = sum f[2i] w[2i]; out[1] = sum (f[2i+1] - f[2i]) (w[2i+1] - w[2i]); i < pairs:
     * the coefficients of degree 0 and 2 of a sumcheck round on the last variable. */
    void (*pair_base)(const kb *f, struct kb5v w, size_t pairs, kb5 out[2]);
    void (*pair_ext)(struct kb5v f, struct kb5v w, size_t pairs, kb5 out[2]);
    /* out[i] = f[2i] + r (f[2i+1] - f[2i]); out may be f itself in fold_ext. */
    void (*fold_base)(struct kb5v out, const kb *f, kb5 r, size_t pairs);
    void (*fold_ext)(struct kb5v out, struct kb5v f, kb5 r, size_t pairs);
    /* out[i] = s * in[i]; out may be in. */
    void (*scale)(kb *out, const kb *in, kb s, size_t n);
    /* Each column of a matrix of 2^log_rows rows of `stride` words: coefficients to values at the
     * powers of the root w of order 2^log_rows, row r getting the value at w^bitreverse(r).
     * tw[j] = w^j for j < 2^log_rows / 2 (at least one entry). In place. */
    void (*ntt)(kb *rows, uint32_t log_rows, size_t stride, const kb *tw);
    /* Canonical big-endian bytes (4 n) of words in Montgomery form. */
    void (*to_bytes)(uint8_t *out, const kb *in, size_t n);
    /* Canonical numbers to Montgomery form and back; in place allowed. */
    void (*from_u32)(kb *out, const uint32_t *in, size_t n);
    void (*to_u32)(uint32_t *out, const kb *in, size_t n);
};

enum kbv_isa { KBV_PORTABLE, KBV_AVX2, KBV_AVX512, KBV_N_ISA };

/* NULL when this build or this CPU lacks the instructions. */
const struct kbv_ops *kbv_ops_for(enum kbv_isa isa);
/* The fastest that works here. */
const struct kbv_ops *kbv_ops_best(void);

#endif
