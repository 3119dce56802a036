/* The kernels of kbv.h for one instruction set; included by exactly the kbv_<isa>.c files, after
 * they define KBV_ISA. KBV_TAIL(call) is what finishes the elements that do not fill a register:
 * the portable kernels, or nothing when a register is one element. */
#include <string.h>

#include "common/field/kbv.h"
#include "common/field/kbv_lane.h"

#define FULL(n) ((n) / KBV_LANES * KBV_LANES)

static void axpy_ext(struct kb5v w, kb5 s, struct kb5v t, size_t n)
{
    const size_t full = FULL(n);
    const lv5 sv = lv5_set1(s);
    for (size_t i = 0; i < full; i += KBV_LANES)
        lv5_store(w.c, i, lv5_add(lv5_load(w.c, i), lv5_mul(lv5_load(t.c, i), sv)));
    if (full < n) KBV_TAIL(axpy_ext(kb5v_at(w, full), s, kb5v_at(t, full), n - full));
}

static void axpy_base(struct kb5v w, kb5 s, const kb *t, size_t n)
{
    const size_t full = FULL(n);
    const lv5 sv = lv5_set1(s);
    for (size_t i = 0; i < full; i += KBV_LANES)
        lv5_store(w.c, i, lv5_add(lv5_load(w.c, i), lv5_mul_base(sv, lv_load(t + i))));
    if (full < n) KBV_TAIL(axpy_base(kb5v_at(w, full), s, t + full, n - full));
}

static void scale_ext(struct kb5v w, kb5 s, struct kb5v t, size_t n)
{
    const size_t full = FULL(n);
    const lv5 sv = lv5_set1(s);
    for (size_t i = 0; i < full; i += KBV_LANES)
        lv5_store(w.c, i, lv5_mul(lv5_load(t.c, i), sv));
    if (full < n) KBV_TAIL(scale_ext(kb5v_at(w, full), s, kb5v_at(t, full), n - full));
}

static kb5 dot_base(const kb *f, struct kb5v t, size_t n)
{
    const size_t full = FULL(n);
    la acc[KB5_DEGREE];
    lv5 sum;
    for (int j = 0; j < KB5_DEGREE; j++)
        acc[j] = la_zero();
    for (size_t i = 0; i < full; i += KBV_LANES) {
        lv x = lv_load(f + i);
        for (int j = 0; j < KB5_DEGREE; j++)
            acc[j] = la_trim(la_add(acc[j], la_mul(x, lv_load(t.c[j] + i))));
    }
    for (int j = 0; j < KB5_DEGREE; j++)
        sum.c[j] = lv_reduce(acc[j]);
    kb5 r = lv5_sum(sum);
    if (full < n) r = kb5_add(r, KBV_TAIL(dot_base(f + full, kb5v_at(t, full), n - full)));
    return r;
}

static kb5 dot_ext(struct kb5v f, struct kb5v t, size_t n)
{
    const size_t full = FULL(n);
    lv5 sum = lv5_zero();
    for (size_t i = 0; i < full; i += KBV_LANES)
        sum = lv5_add(sum, lv5_mul(lv5_load(f.c, i), lv5_load(t.c, i)));
    kb5 r = lv5_sum(sum);
    if (full < n)
        r = kb5_add(r, KBV_TAIL(dot_ext(kb5v_at(f, full), kb5v_at(t, full), n - full)));
    return r;
}

/* Elements 2i and 2i+1 of KBV_LANES pairs. */
static inline void load_pairs(lv5 *even, lv5 *odd, struct kb5v v, size_t at)
{
    for (int j = 0; j < KB5_DEGREE; j++) {
        lv a = lv_load(v.c[j] + at), b = lv_load(v.c[j] + at + KBV_LANES);
        even->c[j] = lv_even(a, b);
        odd->c[j] = lv_odd(a, b);
    }
}

static void pair_base(const kb *f, struct kb5v w, size_t pairs, kb5 out[2])
{
    const size_t full = FULL(pairs);
    lv5 s0 = lv5_zero(), s2 = lv5_zero();
    for (size_t i = 0; i < full; i += KBV_LANES) {
        lv a = lv_load(f + 2 * i), b = lv_load(f + 2 * i + KBV_LANES);
        lv f0 = lv_even(a, b), df = lv_sub(lv_odd(a, b), f0);
        lv5 w0, w1;
        load_pairs(&w0, &w1, w, 2 * i);
        s0 = lv5_add(s0, lv5_mul_base(w0, f0));
        s2 = lv5_add(s2, lv5_mul_base(lv5_sub(w1, w0), df));
    }
    out[0] = lv5_sum(s0);
    out[1] = lv5_sum(s2);
    if (full < pairs) {
        kb5 rest[2] = {kb5_zero(), kb5_zero()};
        KBV_TAIL(pair_base(f + 2 * full, kb5v_at(w, 2 * full), pairs - full, rest));
        out[0] = kb5_add(out[0], rest[0]);
        out[1] = kb5_add(out[1], rest[1]);
    }
}

static void pair_ext(struct kb5v f, struct kb5v w, size_t pairs, kb5 out[2])
{
    const size_t full = FULL(pairs);
    lv5 s0 = lv5_zero(), s2 = lv5_zero();
    for (size_t i = 0; i < full; i += KBV_LANES) {
        lv5 f0, f1, w0, w1;
        load_pairs(&f0, &f1, f, 2 * i);
        load_pairs(&w0, &w1, w, 2 * i);
        s0 = lv5_add(s0, lv5_mul(f0, w0));
        s2 = lv5_add(s2, lv5_mul(lv5_sub(f1, f0), lv5_sub(w1, w0)));
    }
    out[0] = lv5_sum(s0);
    out[1] = lv5_sum(s2);
    if (full < pairs) {
        kb5 rest[2] = {kb5_zero(), kb5_zero()};
        KBV_TAIL(pair_ext(kb5v_at(f, 2 * full), kb5v_at(w, 2 * full), pairs - full, rest));
        out[0] = kb5_add(out[0], rest[0]);
        out[1] = kb5_add(out[1], rest[1]);
    }
}

static void fold_base(struct kb5v out, const kb *f, kb5 r, size_t pairs)
{
    const size_t full = FULL(pairs);
    const lv5 rv = lv5_set1(r);
    for (size_t i = 0; i < full; i += KBV_LANES) {
        lv a = lv_load(f + 2 * i), b = lv_load(f + 2 * i + KBV_LANES);
        lv f0 = lv_even(a, b);
        lv5 v = lv5_mul_base(rv, lv_sub(lv_odd(a, b), f0));
        v.c[0] = lv_add(v.c[0], f0);
        lv5_store(out.c, i, v);
    }
    if (full < pairs) KBV_TAIL(fold_base(kb5v_at(out, full), f + 2 * full, r, pairs - full));
}

static void fold_ext(struct kb5v out, struct kb5v f, kb5 r, size_t pairs)
{
    const size_t full = FULL(pairs);
    const lv5 rv = lv5_set1(r);
    for (size_t i = 0; i < full; i += KBV_LANES) {
        lv5 f0, f1;
        load_pairs(&f0, &f1, f, 2 * i);
        lv5_store(out.c, i, lv5_add(f0, lv5_mul(lv5_sub(f1, f0), rv)));
    }
    if (full < pairs)
        KBV_TAIL(fold_ext(kb5v_at(out, full), kb5v_at(f, 2 * full), r, pairs - full));
}

static void scale(kb *out, const kb *in, kb s, size_t n)
{
    const size_t full = FULL(n);
    const lv sv = lv_set1(s);
    for (size_t i = 0; i < full; i += KBV_LANES)
        lv_store(out + i, lv_mul(lv_load(in + i), sv));
    if (full < n) KBV_TAIL(scale(out + full, in + full, s, n - full));
}

static void to_bytes(uint8_t *out, const kb *in, size_t n)
{
    const size_t full = FULL(n);
    const lv one = lv_set1(1); /* not Montgomery: a product with 1 divides by 2^32 */
    for (size_t i = 0; i < full; i += KBV_LANES) {
        kb words[KBV_LANES];
        lv_store(words, lv_swap_bytes(lv_mul(lv_load(in + i), one)));
        memcpy(out + 4 * i, words, sizeof words);
    }
    if (full < n) KBV_TAIL(to_bytes(out + 4 * full, in + full, n - full));
}

static void from_u32(kb *out, const uint32_t *in, size_t n)
{
    scale(out, in, KB_R2, n);
}

static void to_u32(uint32_t *out, const kb *in, size_t n)
{
    scale(out, in, 1, n);
}

/* ---- decimation in frequency, radix 4, depth first: a block that fits a cache stays there ---- */

struct ntt {
    const kb *tw;
    size_t n; /* of the whole transform: tw has n/2 entries */
    size_t stride;
    kb quarter; /* w^(n/4), a square root of -1 */
};

static kb root_power(const struct ntt *t, size_t j)
{
    return j < t->n / 2 ? t->tw[j] : kb_neg(t->tw[j - t->n / 2]);
}

static void butterflies_4(const struct ntt *t, kb *x, size_t size)
{
    const size_t q = size / 4, step = t->n / size, row = t->stride;
    const lv im = lv_set1(t->quarter);
    for (size_t j = 0; j < q; j++) {
        const lv w1 = lv_set1(t->tw[j * step]), w2 = lv_set1(t->tw[2 * j * step]);
        const lv w3 = lv_set1(root_power(t, 3 * j * step));
        kb *x0 = x + j * row, *x1 = x0 + q * row, *x2 = x1 + q * row, *x3 = x2 + q * row;
        for (size_t i = 0; i < row; i += KBV_LANES) {
            lv a = lv_load(x0 + i), b = lv_load(x1 + i), c = lv_load(x2 + i), d = lv_load(x3 + i);
            lv ac = lv_add(a, c), am = lv_sub(a, c);
            lv bd = lv_add(b, d), bm = lv_mul(lv_sub(b, d), im);
            lv_store(x0 + i, lv_add(ac, bd));
            lv_store(x1 + i, lv_mul(lv_sub(ac, bd), w2));
            lv_store(x2 + i, lv_mul(lv_add(am, bm), w1));
            lv_store(x3 + i, lv_mul(lv_sub(am, bm), w3));
        }
    }
}

static void butterflies_2(const struct ntt *t, kb *x)
{
    for (size_t i = 0; i < t->stride; i += KBV_LANES) {
        lv a = lv_load(x + i), b = lv_load(x + t->stride + i);
        lv_store(x + i, lv_add(a, b));
        lv_store(x + t->stride + i, lv_sub(a, b));
    }
}

static void ntt_block(const struct ntt *t, kb *x, size_t size)
{
    if (size == 1) return;
    if (size == 2) {
        butterflies_2(t, x);
        return;
    }
    butterflies_4(t, x, size);
    for (size_t i = 0; i < 4; i++)
        ntt_block(t, x + i * (size / 4) * t->stride, size / 4);
}

static void ntt(kb *rows, uint32_t log_rows, size_t stride, const kb *tw)
{
    const size_t n = (size_t)1 << log_rows;
    if (stride % KBV_LANES != 0) {
        KBV_TAIL(ntt(rows, log_rows, stride, tw));
        return;
    }
    const struct ntt t = {tw, n, stride, log_rows >= 2 ? tw[n / 4] : kb_one};
    ntt_block(&t, rows, n);
}

static const struct kbv_ops ops = {
    KBV_NAME, axpy_ext, axpy_base, scale_ext, dot_base,  dot_ext,  pair_base, pair_ext,
    fold_base, fold_ext, scale,    ntt,       to_bytes, from_u32, to_u32,
};
