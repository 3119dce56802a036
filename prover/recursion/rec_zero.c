/* The mirror of prover/verify/zero_verify.c: steps 5 and 6 of docs/protocol/proof.md. */
#include <stdlib.h>

#include "common/base/require.h"
#include "prover/recursion/rec_parts.h"

/* The rounds of step 5: from the claim about the sum to one about the value at s. */
static rec_ext rounds_verify(struct rec_verifier *v, const rec_ext *eq_point, rec_ext claim,
                             rec_ext *s)
{
    const struct program *p = v->p;
    struct rec *r = v->r;
    for (uint32_t j = 0; j < p->log_height; j++) {
        rec_ext c[IR_MAX_DEGREE + 1];
        rec_transcript_absorb_ext(&v->t, LABEL_ZERO_ROUND, c + 1, p->degree);
        rec_ext rest = c[1];
        for (uint32_t i = 2; i <= p->degree; i++)
            rest = rec_add(r, rest, c[i]);
        c[0] = rec_mac(r, rec_arith_negative(&v->a, eq_point[j]), rest, claim);
        s[j] = rec_transcript_sample(&v->t);
        claim = c[p->degree];
        for (uint32_t i = p->degree; i-- > 0;)
            claim = rec_mac(r, s[j], claim, c[i]);
    }
    return claim;
}

/* What all messages share: beta (c - tag - sum w_j m_j) = base[tag] + sum weight[j] m_j. */
struct message_terms {
    rec_ext beta, neg_beta, beta_c;
    rec_val weight[PROGRAM_WEIGHTS]; /* -beta w_j, made when first used */
    bool has_weight[PROGRAM_WEIGHTS];
    rec_val *base; /* by tag */
    bool *has_base;
    uint32_t n_tags;
};

static void terms_init(struct rec_verifier *v, const struct rec_bus_challenges *b, rec_ext beta,
                       struct message_terms *m)
{
    const struct ir_system *s = v->p->system;
    *m = (struct message_terms){.beta = beta,
                                .neg_beta = rec_arith_negative(&v->a, beta),
                                .beta_c = rec_mul(v->r, beta, b->c)};
    for (uint32_t t = 0; t < s->n_tables; t++)
        for (uint32_t i = 0; i < s->tables[t]->n_messages; i++)
            if (s->tables[t]->messages[i].tag >= m->n_tags)
                m->n_tags = s->tables[t]->messages[i].tag + 1u;
    m->base = calloc(m->n_tags + 1u, sizeof *m->base);
    m->has_base = calloc(m->n_tags + 1u, sizeof *m->has_base);
    REQUIRE(m->base != NULL && m->has_base != NULL);
}

static void terms_deinit(struct message_terms *m)
{
    free(m->base);
    free(m->has_base);
}

/* num + beta den of one message at the nodes' values. */
static rec_val message_value(struct rec_verifier *v, const struct rec_bus_challenges *b,
                             struct message_terms *terms, struct rec_nodes *nodes,
                             const struct ir_message *m)
{
    struct rec_arith *a = &v->a;
    if (!terms->has_base[m->tag]) {
        terms->base[m->tag] = rec_val_mac(a, rec_val_const(m->tag), rec_val_ext(terms->neg_beta),
                                          rec_val_ext(terms->beta_c));
        terms->has_base[m->tag] = true;
    }
    rec_val sum = terms->base[m->tag];
    for (uint32_t j = 0; j < m->n_fields; j++) {
        if (!terms->has_weight[1 + j]) {
            terms->weight[1 + j] =
                rec_val_mul(a, rec_val_ext(terms->neg_beta), rec_val_ext(b->weight[1 + j]));
            terms->has_weight[1 + j] = true;
        }
        sum = rec_val_mac(a, terms->weight[1 + j], rec_nodes_value(nodes, m->fields[j]), sum);
    }
    return rec_nodes_add(nodes, sum, m->mult, m->sign < 0);
}

/* sum over all tables of A_t: the messages with their blocks' weights, then the constraints by Horner
 * from the last one, a^(1+i) for constraint i. */
static rec_val tables_value(struct rec_verifier *v, const struct rec_bus_challenges *b,
                            struct rec_nodes *const *nodes, const rec_val *e, rec_ext beta,
                            rec_ext alpha)
{
    const struct program *p = v->p;
    struct message_terms terms;
    terms_init(v, b, beta, &terms);
    rec_val sum = rec_val_const(0);
    for (uint32_t u = 0; u < p->n_blocks; u++) {
        const uint32_t t = p->blocks[u].table;
        const struct ir_message *m = &p->system->tables[t]->messages[p->blocks[u].message];
        sum = rec_val_mac(&v->a, e[u], message_value(v, b, &terms, nodes[t], m), sum);
    }
    terms_deinit(&terms);
    rec_val horner = rec_val_const(0);
    for (uint32_t t = p->system->n_tables; t-- > 0;) {
        const struct ir_table *table = p->system->tables[t];
        for (uint32_t i = table->n_constraints; i-- > 0;)
            horner = rec_val_mac(&v->a, rec_val_ext(alpha), horner,
                                 rec_nodes_value(nodes[t], table->constraints[i].x));
    }
    return rec_val_mac(&v->a, rec_val_ext(alpha), horner, sum);
}

void rec_zero_verify(struct rec_verifier *v, const struct rec_bus_challenges *b,
                     const struct rec_gkr_claim *gkr, rec_ext *point, rec_ext *columns)
{
    const struct program *p = v->p;
    const uint32_t n_tables = p->system->n_tables;
    rec_ext beta = rec_transcript_sample(&v->t), alpha = rec_transcript_sample(&v->t);
    rec_val *e = calloc(p->n_blocks + 1u, sizeof *e);
    struct rec_nodes **nodes = calloc(n_tables, sizeof *nodes);
    REQUIRE(e != NULL && nodes != NULL);
    /* the padding fractions are 0/1: their denominators are 1 minus the blocks' weights, and the
     * blocks lie one after the other from 0 on */
    struct rec_prefix *prefix = rec_prefix_new(&v->a, gkr->point);
    for (uint32_t u = 0; u < p->n_blocks; u++)
        e[u] = rec_prefix_eq(prefix, p->blocks[u].offset >> p->blocks[u].log_height,
                             p->log_fractions - p->blocks[u].log_height);
    rec_val den = rec_val_add(&v->a, rec_prefix_below(prefix, p->fractions, p->log_fractions),
                              rec_val_const(IR_P - 1));
    rec_prefix_free(prefix);
    den = rec_val_add(&v->a, rec_val_ext(gkr->den), den);
    rec_val claim = rec_val_mac(&v->a, rec_val_ext(beta), den, rec_val_ext(gkr->num));
    const rec_ext *eq_point = gkr->point + (p->log_fractions - p->log_height);
    rec_ext end = rounds_verify(v, eq_point, rec_val_handle(&v->a, claim), point);
    rec_transcript_absorb_ext(&v->t, LABEL_COLUMNS, columns, p->n_columns);
    for (uint32_t t = 0; t < n_tables; t++)
        nodes[t] = rec_nodes_new(&v->a, p->system->tables[t], columns + p->first_column[t],
                                 point + (p->log_height - p->system->tables[t]->log_height));
    rec_val sum = tables_value(v, b, nodes, e, beta, alpha);
    rec_verifier_check(v, VERIFY_CONSTRAINTS);
    rec_assert_eq(v->r, end, rec_val_handle(&v->a, sum));
    for (uint32_t t = 0; t < n_tables; t++)
        rec_nodes_free(nodes[t]);
    free(nodes);
    free(e);
}
