/* Steps 5 and 6 of docs/protocol/proof.md on the proving side: one sumcheck over all tables. */
#include <stdlib.h>

#include "common/base/require.h"
#include "prover/prove/zero_table.h"

struct zero {
    struct prover *pr;
    struct zero_table *tables; /* n_tables */
    struct eq_tower eq;        /* of the last H coordinates of the GKR point */
    kb5 *weights;              /* of the message blocks */
};

static enum err zero_rounds(struct zero *z, const kb5 *r, kb5 *point)
{
    struct prover *pr = z->pr;
    uint32_t n_tables = pr->p->system->n_tables, big = pr->p->log_height, degree = pr->p->degree;
    for (uint32_t j = 0; j < big; j++) {
        kb5 sum[IR_MAX_DEGREE + 1], each[IR_MAX_TABLES][IR_MAX_DEGREE + 1];
        for (uint32_t i = 0; i <= degree; i++)
            sum[i] = kb5_zero();
        for (uint32_t t = 0; t < n_tables; t++) {
            struct zero_table *zt = &z->tables[t];
            if (j < big - zt->h) {
                sum[0] = kb5_add(sum[0], zt->claim); /* does not depend on this variable */
                continue;
            }
            ERR_TRY(zero_table_round(zt, &z->eq, r[j], each[t]));
            for (uint32_t i = 0; i <= zt->degree; i++)
                sum[i] = kb5_add(sum[i], each[t][i]);
        }
        proof_say_ext(&pr->w, &pr->t, LABEL_ZERO_ROUND, sum + 1, degree);
        point[j] = transcript_sample_ext(&pr->t);
        for (uint32_t t = 0; t < n_tables; t++)
            if (j >= big - z->tables[t].h)
                ERR_TRY(zero_table_bind(&z->tables[t], each[t], point[j]));
    }
    return ERR_OK;
}

static enum err zero_steps(struct zero *z, const struct bus_challenges *b,
                           const struct gkr_claim *claim, kb5 *point, kb5 *columns)
{
    struct prover *pr = z->pr;
    const struct program *p = pr->p;
    kb5 beta = transcript_sample_ext(&pr->t), a = transcript_sample_ext(&pr->t);
    for (uint32_t u = 0; u < p->n_blocks; u++)
        z->weights[u] = block_weight(p, u, claim->point);
    const kb5 *r = claim->point + (p->log_fractions - p->log_height);
    ERR_TRY(eq_tower_init(&z->eq, pr->k, r, p->log_height, p->log_height));
    for (uint32_t t = 0; t < p->system->n_tables; t++) {
        uint32_t h = p->system->tables[t]->log_height;
        ERR_TRY(zero_table_init(&z->tables[t], pr, t, b, z->weights, beta, a, &z->eq,
                                r + (p->log_height - h)));
    }
    ERR_TRY(zero_rounds(z, r, point));
    for (uint32_t t = 0; t < p->system->n_tables; t++) {
        const kb5 *y = point + (p->log_height - z->tables[t].h);
        ERR_TRY(zero_table_columns(&z->tables[t], y, columns + p->first_column[t]));
    }
    proof_say_ext(&pr->w, &pr->t, LABEL_COLUMNS, columns, p->n_columns);
    return ERR_OK;
}

enum err zero_prove(struct prover *pr, const struct bus_challenges *b,
                    const struct gkr_claim *claim, kb5 *point, kb5 *columns)
{
    struct zero z = {.pr = pr};
    z.tables = calloc(pr->p->system->n_tables, sizeof *z.tables);
    z.weights = malloc((pr->p->n_blocks + 1u) * sizeof *z.weights);
    enum err err = ERR_NOMEM;
    if (z.tables != NULL && z.weights != NULL) err = zero_steps(&z, b, claim, point, columns);
    for (uint32_t t = 0; z.tables != NULL && t < pr->p->system->n_tables; t++)
        zero_table_deinit(&z.tables[t]);
    eq_tower_deinit(&z.eq);
    free(z.tables);
    free(z.weights);
    return err;
}
