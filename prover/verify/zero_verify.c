/* Steps 5 and 6 of docs/protocol/proof.md: constraints and message columns at one random point. */
#include <stdlib.h>

#include "common/base/require.h"
#include "prover/verify/system_parts.h"

kb5 eq_bits(uint32_t bits, const kb5 *point, uint32_t n)
{
    kb5 e = kb5_one();
    for (uint32_t i = 0; i < n; i++) {
        bool one = bits >> (n - 1 - i) & 1;
        e = kb5_mul(e, one ? point[i] : kb5_sub(kb5_one(), point[i]));
    }
    return e;
}

kb5 block_weight(const struct program *p, uint32_t block, const kb5 *r)
{
    const struct program_block *u = &p->blocks[block];
    return eq_bits(u->offset >> u->log_height, r, p->log_fractions - u->log_height);
}

/* IDX(lo, n) at the point y of height h: sum_{i<n} 2^i y_{h-lo-i}, coordinates from 1. */
static kb5 idx_value(uint32_t lo, uint32_t n, const kb5 *y, uint32_t h)
{
    kb5 v = kb5_zero();
    for (uint32_t i = n; i-- > 0;)
        v = kb5_add(kb5_double(v), y[h - lo - i - 1]);
    return v;
}

static kb5 fixed_value(const struct ir_fixed *f, const kb5 *y, uint32_t h)
{
    kb5 values[1 << IR_MAX_FIXED_LOG];
    for (uint32_t i = 0; i < 1u << f->log_period; i++)
        values[i] = kb5_from_u32(f->values[i]);
    return mle_eval(values, y + (h - f->log_period), f->log_period);
}

void table_nodes(const struct ir_table *t, const kb5 *columns, const kb5 *y, kb5 *out)
{
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *n = &t->nodes[i];
        switch (n->op) {
        case IR_CONST:
            out[i] = kb5_from_u32(n->a);
            break;
        case IR_COL:
            out[i] = columns[n->a];
            break;
        case IR_PRE:
            out[i] = columns[t->n_columns + n->a];
            break;
        case IR_IDX:
            out[i] = idx_value(n->a, n->b, y, t->log_height);
            break;
        case IR_FIXED:
            out[i] = fixed_value(&t->fixed[n->a], y, t->log_height);
            break;
        case IR_ADD:
            out[i] = kb5_add(out[n->a], out[n->b]);
            break;
        case IR_SUB:
            out[i] = kb5_sub(out[n->a], out[n->b]);
            break;
        case IR_MUL:
            out[i] = kb5_mul(out[n->a], out[n->b]);
            break;
        default:
            UNREACHABLE("op");
        }
    }
}

enum err table_value(const struct program *p, uint32_t table, const kb5 *columns, const kb5 *y,
                     const struct bus_challenges *b, const kb5 *e, kb5 beta, kb5 a, kb5 *out)
{
    const struct ir_table *t = p->system->tables[table];
    kb5 *node = malloc((t->n_nodes + 1u) * sizeof *node);
    if (node == NULL) return ERR_NOMEM;
    table_nodes(t, columns, y, node);
    kb5 sum = kb5_zero();
    for (uint32_t u = 0; u < p->n_blocks; u++) {
        if (p->blocks[u].table != table) continue;
        const struct ir_message *m = &t->messages[p->blocks[u].message];
        kb5 num = m->sign > 0 ? node[m->mult] : kb5_neg(node[m->mult]);
        kb5 den = kb5_sub(b->c, kb5_mul_base(b->weight[0], kb_from_u32(m->tag)));
        for (uint32_t j = 0; j < m->n_fields; j++)
            den = kb5_sub(den, kb5_mul(b->weight[1 + j], node[m->fields[j]]));
        sum = kb5_add(sum, kb5_mul(e[u], kb5_add(num, kb5_mul(beta, den))));
    }
    kb5 power = kb5_pow(a, 1 + (uint64_t)p->first_constraint[table]);
    for (uint32_t i = 0; i < t->n_constraints; i++) {
        sum = kb5_add(sum, kb5_mul(power, node[t->constraints[i].x]));
        power = kb5_mul(power, a);
    }
    free(node);
    *out = sum;
    return ERR_OK;
}

/* The rounds of step 5: from the claim about the sum to one about the value at s. */
static enum err rounds_verify(struct verifier *v, const kb5 *eq_point, kb5 *claim, kb5 *s)
{
    const struct program *p = v->p;
    for (uint32_t j = 0; j < p->log_height; j++) {
        kb5 c[IR_MAX_DEGREE + 1], rest = kb5_zero();
        VERIFY_TRY(v, VERIFY_ZERO_CANONICAL,
                   proof_absorb_ext(&v->r, &v->t, LABEL_ZERO_ROUND, c + 1, p->degree) == ERR_OK);
        for (uint32_t i = 1; i <= p->degree; i++)
            rest = kb5_add(rest, c[i]);
        c[0] = kb5_sub(*claim, kb5_mul(eq_point[j], rest));
        s[j] = transcript_sample_ext(&v->t);
        *claim = poly_eval(c, p->degree, s[j]);
    }
    return ERR_OK;
}

static enum err weighted_verify(struct verifier *v, const struct bus_challenges *b,
                                const struct gkr_claim *gkr, kb5 *s, kb5 *columns, kb5 *e)
{
    const struct program *p = v->p;
    kb5 beta = transcript_sample_ext(&v->t), a = transcript_sample_ext(&v->t);
    verify_show(v, "zero.beta", &beta, 1);
    verify_show(v, "zero.a", &a, 1);
    /* the padding fractions are 0/1: their denominators are 1 minus the blocks' weights */
    kb5 den = kb5_sub(gkr->den, kb5_one());
    for (uint32_t u = 0; u < p->n_blocks; u++) {
        e[u] = block_weight(p, u, gkr->point);
        den = kb5_add(den, e[u]);
    }
    kb5 claim = kb5_add(gkr->num, kb5_mul(beta, den));
    verify_show(v, "zero.claim", &claim, 1);
    ERR_TRY(rounds_verify(v, gkr->point + (p->log_fractions - p->log_height), &claim, s));
    verify_show(v, "zero.point", s, p->log_height);
    VERIFY_TRY(v, VERIFY_ZERO_CANONICAL,
               proof_absorb_ext(&v->r, &v->t, LABEL_COLUMNS, columns, p->n_columns) == ERR_OK);
    kb5 sum = kb5_zero();
    for (uint32_t t = 0; t < p->system->n_tables; t++) {
        kb5 value;
        uint32_t h = p->system->tables[t]->log_height;
        ERR_TRY(table_value(p, t, columns + p->first_column[t], s + (p->log_height - h), b, e, beta,
                            a, &value));
        verify_show(v, p->system->tables[t]->name, &value, 1);
        sum = kb5_add(sum, value);
    }
    VERIFY_TRY(v, VERIFY_CONSTRAINTS, kb5_eq(claim, sum));
    return ERR_OK;
}

enum err zero_verify(struct verifier *v, const struct bus_challenges *b,
                     const struct gkr_claim *claim, kb5 *point, kb5 *columns)
{
    kb5 *e = malloc((v->p->n_blocks + 1u) * sizeof *e);
    if (e == NULL) return ERR_NOMEM;
    enum err err = weighted_verify(v, b, claim, point, columns, e);
    free(e);
    return err;
}
