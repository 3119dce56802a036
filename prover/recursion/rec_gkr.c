/* The mirror of prover/verify/gkr_verify.c: steps 3 and 4 of docs/protocol/proof.md. */
#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/recursion/rec_parts.h"

void rec_bus_sample(struct rec_verifier *v, struct rec_bus_challenges *b)
{
    b->c = rec_transcript_sample(&v->t);
    b->weight[0] = rec_const(v->r, 1);
    for (uint32_t i = 0; i < PROGRAM_ALPHAS; i++) {
        rec_ext alpha = rec_transcript_sample(&v->t);
        b->weight[1u << i] = alpha;
        for (uint32_t j = 1; j < 1u << i; j++)
            b->weight[(1u << i) + j] = rec_mul(v->r, b->weight[j], alpha);
    }
}

struct fraction {
    rec_val num, den;
};

static void fraction_add(struct rec_verifier *v, struct fraction *f, struct fraction g)
{
    rec_val cross = rec_val_mul(&v->a, g.num, f->den);
    f->num = rec_val_mac(&v->a, f->num, g.den, cross);
    f->den = rec_val_mul(&v->a, f->den, g.den);
}

/* The sum of the fractions of all public messages. */
static struct fraction public_sum(struct rec_verifier *v, const struct rec_bus_challenges *b)
{
    const struct ir_system *s = v->p->system;
    struct fraction sum = {rec_val_const(0), rec_val_const(1)};
    for (uint32_t i = 0; i < s->n_public_messages; i++) {
        const struct ir_public_message *m = &s->public_messages[i];
        rec_val print = rec_val_const(m->tag);
        for (uint32_t j = 0; j < m->n_fields; j++) {
            const uint32_t x = m->fields[j].value;
            rec_val field = m->fields[j].is_const
                                ? rec_val_const(x)
                                : rec_val_ext(rec_element(v->r, v->publics[x / POSEIDON_DIGEST],
                                                          x % POSEIDON_DIGEST));
            print = rec_val_mac(&v->a, rec_val_ext(b->weight[1 + j]), field, print);
        }
        rec_val one = rec_val_const(1);
        fraction_add(v, &sum,
                     (struct fraction){m->sign > 0 ? one : rec_val_neg(one),
                                       rec_val_sub(&v->a, rec_val_ext(b->c), print)});
    }
    return sum;
}

rec_ext rec_mle_eval(struct rec *r, rec_ext *values, const rec_ext *point, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t half = 1u << (n - 1 - i);
        for (uint32_t x = 0; x < half; x++)
            values[x] = rec_lerp(r, values[x], values[half + x], point[i]);
    }
    return values[0];
}

/* Step 3: the top layer; its sum and that of the public messages cancel. */
static void top_verify(struct rec_verifier *v, const struct rec_bus_challenges *b,
                       struct rec_gkr_claim *claim)
{
    enum { TOP = 1 << PROGRAM_TOP_LOG };
    rec_ext top[2 * TOP], *num = top, *den = top + TOP;
    rec_transcript_absorb_ext(&v->t, LABEL_GKR_TOP, top, 2 * TOP);
    struct fraction sum = {rec_val_ext(num[0]), rec_val_ext(den[0])};
    for (uint32_t i = 1; i < TOP; i++)
        fraction_add(v, &sum, (struct fraction){rec_val_ext(num[i]), rec_val_ext(den[i])});
    struct fraction pub = public_sum(v, b);
    rec_verifier_check(v, VERIFY_TOP_DENOMINATOR);
    rec_inverse(v->r, rec_val_handle(&v->a, sum.den));
    rec_verifier_check(v, VERIFY_PUBLIC_DENOMINATOR);
    rec_inverse(v->r, rec_val_handle(&v->a, pub.den));
    rec_verifier_check(v, VERIFY_BALANCE);
    rec_val cross = rec_val_mul(&v->a, pub.num, sum.den);
    rec_val all = rec_val_mac(&v->a, sum.num, pub.den, cross);
    rec_assert_zero(v->r, all.is_const ? rec_const(v->r, all.k) : all.h); /* zero whatever its sign */
    for (uint32_t i = 0; i < PROGRAM_TOP_LOG; i++)
        claim->point[i] = rec_transcript_sample(&v->t);
    claim->num = rec_mle_eval(v->r, num, claim->point, PROGRAM_TOP_LOG);
    claim->den = rec_mle_eval(v->r, den, claim->point, PROGRAM_TOP_LOG);
}

/* Step 4 for one layer: from a claim about layer l to one about layer l + 1. */
static void layer_verify(struct rec_verifier *v, uint32_t l, struct rec_gkr_claim *claim)
{
    struct rec *r = v->r;
    rec_ext lambda = rec_transcript_sample(&v->t);
    rec_ext sum = rec_mac(r, lambda, claim->den, claim->num);
    for (uint32_t j = 0; j < l; j++) {
        rec_ext c[2]; /* of degree 1 and 2 */
        rec_transcript_absorb_ext(&v->t, LABEL_GKR_ROUND, c, 2);
        rec_ext c0 =
            rec_mac(r, rec_arith_negative(&v->a, claim->point[j]), rec_add(r, c[0], c[1]), sum);
        rec_ext s = rec_transcript_sample(&v->t);
        sum = rec_mac(r, s, rec_mac(r, s, c[1], c[0]), c0);
        claim->point[j] = s;
    }
    rec_ext e[4]; /* p0, p1, q0, q1 */
    rec_transcript_absorb_ext(&v->t, LABEL_GKR_LAYER, e, 4);
    rec_verifier_check(v, VERIFY_GKR_LAYER);
    rec_ext want = rec_mac(r, e[2], rec_mac(r, lambda, e[3], e[1]), rec_mul(r, e[0], e[3]));
    rec_assert_eq(r, sum, want);
    rec_ext last = rec_transcript_sample(&v->t);
    claim->num = rec_lerp(r, e[0], e[1], last);
    claim->den = rec_lerp(r, e[2], e[3], last);
    claim->point[l] = last;
}

void rec_gkr_verify(struct rec_verifier *v, const struct rec_bus_challenges *b,
                    struct rec_gkr_claim *out)
{
    top_verify(v, b, out);
    for (uint32_t l = PROGRAM_TOP_LOG; l < v->p->log_fractions; l++)
        layer_verify(v, l, out);
}
