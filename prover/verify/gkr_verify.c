/* Steps 3 and 4 of docs/protocol/proof.md: the sum of all fractions by a tree of additions. */
#include "prover/verify/system_parts.h"

void bus_weights(struct bus_challenges *b, const kb5 alpha[PROGRAM_ALPHAS])
{
    b->weight[0] = kb5_one();
    for (uint32_t i = 0; i < PROGRAM_ALPHAS; i++)
        for (uint32_t j = 0; j < 1u << i; j++)
            b->weight[(1u << i) + j] = kb5_mul(b->weight[j], alpha[i]);
}

void bus_sample(struct transcript *t, struct bus_challenges *b)
{
    kb5 alpha[PROGRAM_ALPHAS];
    b->c = transcript_sample_ext(t);
    for (uint32_t i = 0; i < PROGRAM_ALPHAS; i++)
        alpha[i] = transcript_sample_ext(t);
    bus_weights(b, alpha);
}

static void fraction_add(kb5 *num, kb5 *den, kb5 num2, kb5 den2)
{
    *num = kb5_add(kb5_mul(*num, den2), kb5_mul(num2, *den));
    *den = kb5_mul(*den, den2);
}

void public_fraction(const struct ir_system *s, const uint32_t *publics,
                     const struct bus_challenges *b, kb5 *num, kb5 *den)
{
    *num = kb5_zero();
    *den = kb5_one();
    for (uint32_t i = 0; i < s->n_public_messages; i++) {
        const struct ir_public_message *m = &s->public_messages[i];
        kb5 d = kb5_sub(b->c, kb5_mul_base(b->weight[0], kb_from_u32(m->tag)));
        for (uint32_t j = 0; j < m->n_fields; j++) {
            uint32_t v = m->fields[j].is_const ? m->fields[j].value : publics[m->fields[j].value];
            d = kb5_sub(d, kb5_mul_base(b->weight[1 + j], kb_from_u32(v)));
        }
        fraction_add(num, den, m->sign > 0 ? kb5_one() : kb5_neg(kb5_one()), d);
    }
}

kb5 poly_eval(const kb5 *c, uint32_t degree, kb5 x)
{
    kb5 v = c[degree];
    for (uint32_t i = degree; i-- > 0;)
        v = kb5_add(kb5_mul(v, x), c[i]);
    return v;
}

kb5 mle_eval(kb5 *values, const kb5 *point, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t half = 1u << (n - 1 - i);
        for (uint32_t x = 0; x < half; x++)
            values[x] = kb5_lerp(values[x], values[half + x], point[i]);
    }
    return values[0];
}

/* Step 3: the top layer; its sum and that of the public messages cancel. */
static enum err top_verify(struct verifier *v, const struct bus_challenges *b,
                           struct gkr_claim *claim)
{
    enum { TOP = 1 << PROGRAM_TOP_LOG };
    kb5 top[2 * TOP], *num = top, *den = top + TOP;
    VERIFY_TRY(v, VERIFY_GKR_CANONICAL,
               proof_absorb_ext(&v->r, &v->t, LABEL_GKR_TOP, top, 2 * TOP) == ERR_OK);
    verify_show(v, "gkr.top", top, 2 * TOP);
    kb5 p = num[0], q = den[0], pub_p, pub_q;
    for (uint32_t i = 1; i < TOP; i++)
        fraction_add(&p, &q, num[i], den[i]);
    public_fraction(v->p->system, v->publics, b, &pub_p, &pub_q);
    VERIFY_TRY(v, VERIFY_TOP_DENOMINATOR, !kb5_is_zero(q));
    VERIFY_TRY(v, VERIFY_PUBLIC_DENOMINATOR, !kb5_is_zero(pub_q));
    VERIFY_TRY(v, VERIFY_BALANCE, kb5_is_zero(kb5_add(kb5_mul(p, pub_q), kb5_mul(pub_p, q))));
    for (uint32_t i = 0; i < PROGRAM_TOP_LOG; i++)
        claim->point[i] = transcript_sample_ext(&v->t);
    claim->num = mle_eval(num, claim->point, PROGRAM_TOP_LOG);
    claim->den = mle_eval(den, claim->point, PROGRAM_TOP_LOG);
    return ERR_OK;
}

/* Step 4 for one layer: from a claim about layer l to one about layer l + 1. */
static enum err layer_verify(struct verifier *v, uint32_t l, struct gkr_claim *claim)
{
    kb5 lambda = transcript_sample_ext(&v->t);
    kb5 sum = kb5_add(claim->num, kb5_mul(lambda, claim->den));
    for (uint32_t j = 0; j < l; j++) {
        kb5 c[3];
        VERIFY_TRY(v, VERIFY_GKR_CANONICAL,
                   proof_absorb_ext(&v->r, &v->t, LABEL_GKR_ROUND, c + 1, 2) == ERR_OK);
        c[0] = kb5_sub(sum, kb5_mul(claim->point[j], kb5_add(c[1], c[2])));
        claim->point[j] = transcript_sample_ext(&v->t);
        sum = poly_eval(c, 2, claim->point[j]);
    }
    kb5 e[4]; /* p0, p1, q0, q1 */
    VERIFY_TRY(v, VERIFY_GKR_CANONICAL,
               proof_absorb_ext(&v->r, &v->t, LABEL_GKR_LAYER, e, 4) == ERR_OK);
    kb5 want = kb5_add(kb5_mul(e[0], e[3]), kb5_mul(e[1], e[2]));
    want = kb5_add(want, kb5_mul(lambda, kb5_mul(e[2], e[3])));
    VERIFY_TRY(v, VERIFY_GKR_LAYER, kb5_eq(sum, want));
    kb5 last = transcript_sample_ext(&v->t);
    claim->num = kb5_lerp(e[0], e[1], last);
    claim->den = kb5_lerp(e[2], e[3], last);
    claim->point[l] = last;
    return ERR_OK;
}

enum err gkr_verify(struct verifier *v, const struct bus_challenges *b, struct gkr_claim *out)
{
    ERR_TRY(top_verify(v, b, out));
    for (uint32_t l = PROGRAM_TOP_LOG; l < v->p->log_fractions; l++)
        ERR_TRY(layer_verify(v, l, out));
    verify_show(v, "gkr.point", out->point, v->p->log_fractions);
    verify_show(v, "gkr.num", &out->num, 1);
    verify_show(v, "gkr.den", &out->den, 1);
    return ERR_OK;
}
