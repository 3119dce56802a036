/* Compiled once per instruction set, with KERNEL_NAME = the suffix of its table. */
#include "prover/prove/kernels.h"
#include "prover/prove/isa/kernels_isa.h"

#define PASTE_(a, b) a##b
#define PASTE(a, b)  PASTE_(a, b)
#define TEXT_(a)     #a
#define TEXT(a)      TEXT_(a)

KI E at(struct planes v, size_t i)
{
    return e_load(v.p + i, v.stride);
}

KI E e_zero(void)
{
    V z = v_set(0);
    return (E){{z, z, z, z, z}};
}

static void fold(struct planes dst, struct planes src, size_t half, size_t from, size_t to,
                 const kb5 *s)
{
    const F f = f_from(e_set(s));
    for (size_t i = from; i < to; i += LANES) {
        E lo = at(src, i), hi = at(src, half + i);
        e_store(dst.p + i, dst.stride, e_add(lo, e_mulf(e_sub(hi, lo), f)));
    }
}

static void fold_base(struct planes dst, const kb *src, size_t half, size_t from, size_t to,
                      const kb5 *s)
{
    const F f = f_from(e_set(s));
    for (size_t i = from; i < to; i += LANES) {
        V lo = v_load(src + i), hi = v_load(src + half + i);
        E r = e_scale(v_sub(hi, lo), f);
        r.c[0] = v_add(r.c[0], lo);
        e_store(dst.p + i, dst.stride, r);
    }
}

static void gkr_round(const struct planes v[4], struct planes eq, size_t half, size_t from,
                      size_t to, kb5 out[2])
{
    E sum0 = e_zero(), sum2 = sum0;
    for (size_t i = from; i < to; i += LANES) {
        E p0 = at(v[0], i), q1 = at(v[1], i), p1 = at(v[2], i), q0 = at(v[3], i);
        F w = f_from(at(eq, i));
        E g = p5_reduce(p5_add(p5_mul(p0, f_from(q1)), p5_mul(p1, f_from(q0))));
        sum0 = e_add(sum0, e_mulf(g, w));
        p0 = e_sub(at(v[0], half + i), p0);
        q1 = e_sub(at(v[1], half + i), q1);
        p1 = e_sub(at(v[2], half + i), p1);
        q0 = e_sub(at(v[3], half + i), q0);
        g = p5_reduce(p5_add(p5_mul(p0, f_from(q1)), p5_mul(p1, f_from(q0))));
        sum2 = e_add(sum2, e_mulf(g, w));
    }
    out[0] = kb5_add(out[0], e_sum(sum0));
    out[1] = kb5_add(out[1], e_sum(sum2));
}

static void gkr_combine(const struct planes v[4], struct planes p, struct planes q, size_t from,
                        size_t to)
{
    for (size_t i = from; i < to; i += LANES) {
        E p0 = at(v[0], i), p1 = at(v[2], i), q0 = at(v[3], i);
        F q1 = f_from(at(v[1], i));
        e_store(p.p + i, p.stride, p5_reduce(p5_add(p5_mul(p0, q1), p5_mul(p1, f_from(q0)))));
        e_store(q.p + i, q.stride, e_mulf(q0, q1));
    }
}

static void axpy_base(struct planes a, const kb *v, size_t from, size_t to, const kb5 *s)
{
    const F f = f_from(e_set(s));
    for (size_t i = from; i < to; i += LANES)
        e_store(a.p + i, a.stride, e_add(at(a, i), e_scale(v_load(v + i), f)));
}

static void eq_double(struct planes dst, struct planes src, size_t len, const kb5 *r)
{
    const F f = f_from(e_set(r));
    if (len < LANES) {
        /* the halves would share a register */
        for (size_t i = 0; i < len; i++) {
            kb5 x;
            for (size_t k = 0; k < 5; k++)
                x.c[k] = src.p[k * src.stride + i];
            kb5 hi = kb5_mul(x, *r), lo = kb5_sub(x, hi);
            for (size_t k = 0; k < 5; k++) {
                dst.p[k * dst.stride + i] = lo.c[k];
                dst.p[k * dst.stride + len + i] = hi.c[k];
            }
        }
        return;
    }
    for (size_t i = 0; i < len; i += LANES) {
        E x = at(src, i), hi = e_mulf(x, f);
        e_store(dst.p + i, dst.stride, e_sub(x, hi));
        e_store(dst.p + len + i, dst.stride, hi);
    }
}

static void dot(struct planes a, struct planes eq, size_t from, size_t to, kb5 *out)
{
    E sum = e_zero();
    for (size_t i = from; i < to; i += LANES)
        sum = e_add(sum, e_mul(at(a, i), at(eq, i)));
    *out = kb5_add(*out, e_sum(sum));
}

/* Five sums of products, each kept below p 2^32. */
KI P5 p5_zero(void)
{
    S z = s_split(v_set(0));
    W w = w_mul(z, z);
    return (P5){{w, w, w, w, w}};
}

KI P5 p5_add_scaled(P5 sum, S x, const S b[5])
{
    return (P5){{w_cut(w_add(sum.c[0], w_mul(x, b[0]))), w_cut(w_add(sum.c[1], w_mul(x, b[1]))),
                 w_cut(w_add(sum.c[2], w_mul(x, b[2]))), w_cut(w_add(sum.c[3], w_mul(x, b[3]))),
                 w_cut(w_add(sum.c[4], w_mul(x, b[4])))}};
}

static void dot_base(const kb *a, struct planes eq, size_t from, size_t to, kb5 *out)
{
    P5 sum = p5_zero();
    for (size_t i = from; i < to; i += LANES) {
        E e = at(eq, i);
        S b[5] = {s_split(e.c[0]), s_split(e.c[1]), s_split(e.c[2]), s_split(e.c[3]),
                  s_split(e.c[4])};
        sum = p5_add_scaled(sum, s_split(v_load(a + i)), b);
    }
    *out = kb5_add(*out, e_sum(p5_reduce(sum)));
}

static void fold_quarters(struct planes dst, const kb *src, size_t quarter, size_t from, size_t to,
                          const kb5 s[4])
{
    S b[4][5];
    for (int k = 0; k < 4; k++)
        for (int j = 0; j < 5; j++)
            b[k][j] = s_split(v_set(s[k].c[j]));
    for (size_t i = from; i < to; i += LANES) {
        P5 sum = p5_zero();
        for (size_t k = 0; k < 4; k++)
            sum = p5_add_scaled(sum, s_split(v_load(src + k * quarter + i)), b[k]);
        e_store(dst.p + i, dst.stride, p5_reduce(sum));
    }
}

static void combine(const struct planes_in *v, const kb5 *coef, size_t n_v, struct planes eq,
                    size_t n, kb5 *out)
{
    E sum = e_zero();
    for (size_t i = 0; i < n; i += LANES) {
        P5 acc = p5_zero();
        for (size_t k = 0; k < n_v; k++)
            acc = p5_add(acc, p5_mul(e_load(v[k].p + i, v[k].stride), f_from(e_set(&coef[k]))));
        sum = e_add(sum, e_mul(p5_reduce(acc), at(eq, i)));
    }
    *out = kb5_add(*out, e_sum(sum));
}

static void combine_base(const kb *const *v, const kb5 *coef, size_t n_v, struct planes eq,
                         size_t n, kb5 *out)
{
    E sum = e_zero();
    for (size_t i = 0; i < n; i += LANES) {
        P5 acc = p5_zero();
        for (size_t k = 0; k < n_v; k++) {
            S b[5] = {s_split(v_set(coef[k].c[0])), s_split(v_set(coef[k].c[1])),
                      s_split(v_set(coef[k].c[2])), s_split(v_set(coef[k].c[3])),
                      s_split(v_set(coef[k].c[4]))};
            acc = p5_add_scaled(acc, s_split(v_load(v[k] + i)), b);
        }
        sum = e_add(sum, e_mul(p5_reduce(acc), at(eq, i)));
    }
    *out = kb5_add(*out, e_sum(sum));
}

static void run_ext(const struct ir_prog *p, const struct planes_in *in, kb *regs, size_t n)
{
    enum { REG = 5 * KERNEL_BLOCK };
    for (uint32_t k = 0; k < p->n_ops; k++) {
        const struct ir_prog_op o = p->ops[k];
        kb *d = regs + (size_t)o.dst * REG;
        const kb *a, *b = NULL;
        size_t as = KERNEL_BLOCK, bs = KERNEL_BLOCK;
        if (o.a < p->n_inputs) {
            a = in[o.a].p;
            as = in[o.a].stride;
        } else {
            a = regs + (size_t)(o.a - p->n_inputs) * REG;
        }
        if (o.code < IRP_ADDC) {
            if (o.b < p->n_inputs) {
                b = in[o.b].p;
                bs = in[o.b].stride;
            } else {
                b = regs + (size_t)(o.b - p->n_inputs) * REG;
            }
        }
        const kb c = o.code >= IRP_ADDC ? kb_from_u32(o.b) : 0;
        const S cs = s_split(v_set(c));
        switch ((enum ir_prog_code)o.code) {
        case IRP_ADD:
            for (size_t i = 0; i < n; i += LANES)
                e_store(d + i, KERNEL_BLOCK, e_add(e_load(a + i, as), e_load(b + i, bs)));
            break;
        case IRP_SUB:
            for (size_t i = 0; i < n; i += LANES)
                e_store(d + i, KERNEL_BLOCK, e_sub(e_load(a + i, as), e_load(b + i, bs)));
            break;
        case IRP_MUL:
            for (size_t i = 0; i < n; i += LANES)
                e_store(d + i, KERNEL_BLOCK, e_mul(e_load(a + i, as), e_load(b + i, bs)));
            break;
        case IRP_ADDC:
            for (size_t i = 0; i < n; i += LANES) {
                E x = e_load(a + i, as);
                x.c[0] = v_add(x.c[0], v_set(c));
                e_store(d + i, KERNEL_BLOCK, x);
            }
            break;
        case IRP_RSUBC:
            for (size_t i = 0; i < n; i += LANES) {
                E x = e_load(a + i, as);
                x.c[0] = v_sub(v_set(c), x.c[0]);
                for (int j = 1; j < 5; j++)
                    x.c[j] = v_sub(v_set(0), x.c[j]);
                e_store(d + i, KERNEL_BLOCK, x);
            }
            break;
        case IRP_MULC:
            for (size_t i = 0; i < n; i += LANES) {
                E x = e_load(a + i, as);
                for (int j = 0; j < 5; j++)
                    x.c[j] = w_reduce(w_mul(s_split(x.c[j]), cs));
                e_store(d + i, KERNEL_BLOCK, x);
            }
            break;
        }
    }
}

static void line(kb *out, const kb *lo, const kb *hi, uint32_t x, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        V a = v_load(lo + i), v = v_load(hi + i), d = v_sub(v, a);
        for (uint32_t k = 1; k < x; k++)
            v = v_add(v, d);
        v_store(out + i, v);
    }
}

extern const struct kernels PASTE(kernels_, KERNEL_NAME);
const struct kernels PASTE(kernels_, KERNEL_NAME) = {
    .name = TEXT(KERNEL_NAME),
    .fold = fold,
    .fold_base = fold_base,
    .fold_quarters = fold_quarters,
    .gkr_round = gkr_round,
    .gkr_combine = gkr_combine,
    .axpy_base = axpy_base,
    .eq_double = eq_double,
    .dot = dot,
    .dot_base = dot_base,
    .combine = combine,
    .combine_base = combine_base,
    .run_ext = run_ext,
    .line = line,
};
