#include "prover/recursion/rec_value.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

static uint32_t add_p(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}

static uint32_t neg_p(uint32_t a)
{
    return a == 0 ? 0 : IR_P - a;
}

static uint32_t mul_p(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % IR_P);
}

void rec_arith_init(struct rec_arith *a, struct rec *r)
{
    *a = (struct rec_arith){.r = r};
}

void rec_arith_deinit(struct rec_arith *a)
{
    free(a->negative);
    *a = (struct rec_arith){0};
}

static void negative_grow(struct rec_arith *a, uint32_t at)
{
    if (at < a->n_negative) return;
    uint32_t n = a->n_negative == 0 ? 1u << 16 : a->n_negative;
    while (n <= at)
        n *= 2;
    a->negative = realloc(a->negative, (size_t)n * sizeof *a->negative);
    REQUIRE(a->negative != NULL);
    memset(a->negative + a->n_negative, 0, (size_t)(n - a->n_negative) * sizeof *a->negative);
    a->n_negative = n;
}

static bool has_negative(const struct rec_arith *a, rec_ext h)
{
    return h.a < a->n_negative && a->negative[h.a] != 0;
}

rec_ext rec_arith_negative(struct rec_arith *a, rec_ext h)
{
    if (!has_negative(a, h)) {
        rec_ext n = rec_mul(a->r, h, rec_const(a->r, IR_P - 1));
        negative_grow(a, h.a > n.a ? h.a : n.a);
        a->negative[h.a] = n.a + 1;
        a->negative[n.a] = h.a + 1;
    }
    return (rec_ext){a->negative[h.a] - 1};
}

rec_val rec_val_neg(rec_val v)
{
    if (v.is_const)
        v.k = neg_p(v.k);
    else
        v.negated = !v.negated;
    return v;
}

rec_ext rec_val_handle(struct rec_arith *a, rec_val v)
{
    if (v.is_const) return rec_const(a->r, v.k);
    return v.negated ? rec_arith_negative(a, v.h) : v.h;
}

/* The handle of v with the given sign, when that costs nothing. */
static bool with_sign(struct rec_arith *a, rec_val v, bool negated, rec_ext *out)
{
    if (v.is_const) {
        *out = rec_const(a->r, negated ? neg_p(v.k) : v.k);
        return true;
    }
    if (v.negated == negated) {
        *out = v.h;
        return true;
    }
    if (!has_negative(a, v.h)) return false;
    *out = rec_arith_negative(a, v.h);
    return true;
}

rec_val rec_val_add(struct rec_arith *a, rec_val x, rec_val y)
{
    if (x.is_const && y.is_const) return rec_val_const(add_p(x.k, y.k));
    if (rec_val_is(x, 0)) return y;
    if (rec_val_is(y, 0)) return x;
    const bool sign = x.is_const ? y.negated : x.negated;
    rec_ext hx, hy;
    if (with_sign(a, x, sign, &hx) && with_sign(a, y, sign, &hy))
        return (rec_val){.negated = sign, .h = rec_add(a->r, hx, hy)};
    /* opposite signs: neither is a constant */
    if (x.negated) return rec_val_ext(rec_sub(a->r, y.h, x.h));
    return rec_val_ext(rec_sub(a->r, x.h, y.h));
}

rec_val rec_val_sub(struct rec_arith *a, rec_val x, rec_val y)
{
    return rec_val_add(a, x, rec_val_neg(y));
}

rec_val rec_val_mul(struct rec_arith *a, rec_val x, rec_val y)
{
    if (x.is_const && y.is_const) return rec_val_const(mul_p(x.k, y.k));
    if (y.is_const) {
        rec_val t = x;
        x = y;
        y = t;
    }
    if (rec_val_is(x, 0) || rec_val_is(x, 1)) return x.k == 0 ? x : y;
    if (rec_val_is(x, IR_P - 1)) return rec_val_neg(y);
    rec_ext hx = x.is_const ? rec_const(a->r, x.k) : x.h;
    const bool negated = (!x.is_const && x.negated) != y.negated;
    return (rec_val){.negated = negated, .h = rec_mul(a->r, hx, y.h)};
}

/* x y + d with three handles: signs differ, so one of the three takes a row of its own. */
static rec_val mac_handles(struct rec_arith *a, rec_val x, rec_val y, rec_val d)
{
    rec_ext hx, hy, hd;
    for (int sign = 0; sign < 2; sign++) {
        const bool s = (sign == 1) != d.negated; /* d as it is first */
        if (!with_sign(a, d, s, &hd)) continue;
        for (int flip = 0; flip < 2; flip++)
            if (with_sign(a, x, flip == 1, &hx) && with_sign(a, y, (flip == 1) != s, &hy))
                return (rec_val){.negated = s, .h = rec_mac(a->r, hx, hy, hd)};
    }
    hx = rec_arith_negative(a, x.h);
    return (rec_val){.negated = d.negated, .h = rec_mac(a->r, hx, y.h, d.h)};
}

rec_val rec_val_mac(struct rec_arith *a, rec_val x, rec_val y, rec_val d)
{
    if (rec_val_is(d, 0)) return rec_val_mul(a, x, y);
    if (x.is_const && y.is_const) return rec_val_add(a, rec_val_const(mul_p(x.k, y.k)), d);
    if (y.is_const) {
        rec_val t = x;
        x = y;
        y = t;
    }
    if (x.is_const && (x.k == 0 || x.k == 1 || x.k == IR_P - 1))
        return rec_val_add(a, rec_val_mul(a, x, y), d);
    return mac_handles(a, x, y, d);
}

rec_val rec_val_lerp(struct rec_arith *a, rec_val at0, rec_val at1, rec_val x)
{
    if (x.is_const || (at0.is_const && at1.is_const))
        return rec_val_mac(a, rec_val_sub(a, at1, at0), x, at0);
    const bool sign = at0.is_const ? at1.negated : at0.negated;
    rec_ext h0, h1;
    if (with_sign(a, at0, sign, &h0) && with_sign(a, at1, sign, &h1))
        return (rec_val){.negated = sign, .h = rec_lerp(a->r, h0, h1, rec_val_handle(a, x))};
    return rec_val_mac(a, rec_val_sub(a, at1, at0), x, at0);
}
