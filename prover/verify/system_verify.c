#include "prover/verify/system_verify.h"

#include <stdlib.h>

#include "prover/verify/system_parts.h"
#include "prover/verify/whir_verify.h"

const char *verify_check_name(enum verify_check check)
{
    static const char *const names[] = {"VERIFY_NONE",
#define NAME_(name, text) #name,
                                        VERIFY_CHECKS(NAME_)
#undef NAME_
    };
    return (unsigned)check < VERIFY_CHECK_COUNT ? names[check] : "VERIFY_?";
}

const char *verify_check_text(enum verify_check check)
{
    static const char *const texts[] = {"nothing failed",
#define TEXT_(name, text) text,
                                        VERIFY_CHECKS(TEXT_)
#undef TEXT_
    };
    return (unsigned)check < VERIFY_CHECK_COUNT ? texts[check] : "unknown check";
}

enum err verify_fail(struct verifier *v, enum verify_check check)
{
    if (v->report->failed == VERIFY_NONE) v->report->failed = check;
    return ERR_PROOF;
}

void verify_show(struct verifier *v, const char *label, const kb5 *values, size_t n)
{
    if (v->report->value != NULL) v->report->value(v->report->ctx, label, values, n);
}

/* Step 0. */
static enum err publics_absorb(struct verifier *v)
{
    kb values[IR_MAX_PUBLIC];
    uint32_t n = v->p->system->n_public;
    for (uint32_t i = 0; i < n; i++) {
        VERIFY_TRY(v, VERIFY_PUBLIC_CANONICAL, kb_is_canonical(v->publics[i]));
        values[i] = kb_from_u32(v->publics[i]);
    }
    if (n > 0) transcript_absorb_base(&v->t, LABEL_PUBLIC, values, n);
    return ERR_OK;
}

/* Step 7: one claim about the stacked polynomial per chunk. points: n_chunks rows of m elements. */
static void chunk_claims(struct verifier *v, const kb5 *s, const kb5 *columns, kb5 *scratch,
                         kb5 *points, struct whir_claim *claims)
{
    const struct program *p = v->p;
    kb5 tau[32];
    for (uint32_t i = 0; i < p->log_columns; i++)
        tau[i] = transcript_sample_ext(&v->t);
    verify_show(v, "tau", tau, p->log_columns);
    for (uint32_t i = 0; i < p->n_chunks; i++) {
        const struct program_chunk *k = &p->chunks[i];
        uint32_t g = k->log_columns, h = k->log_height;
        kb5 *point = points + (size_t)i * p->log_stack;
        for (uint32_t j = 0; j < g; j++)
            point[j] = tau[p->log_columns - g + j];
        for (uint32_t j = 0; j < h; j++)
            point[g + j] = s[p->log_height - h + j];
        for (uint32_t j = 0; j < 1u << g; j++)
            scratch[j] = columns[p->first_column[k->table] + k->first_column + j];
        claims[i] = (struct whir_claim){.prefix_len = p->log_stack - g - h,
                                        .prefix = k->offset >> (g + h),
                                        .point = point,
                                        .value = mle_eval(scratch, point, g)};
        verify_show(v, "chunk.claim", &claims[i].value, 1);
    }
}

/* Steps 2 to 8, given memory: columns and scratch of n_columns each, points of n_chunks * m. */
static enum err steps_verify(struct verifier *v, const struct whir_commitment *commitment,
                             kb5 *columns, kb5 *scratch, kb5 *points, struct whir_claim *claims)
{
    const struct program *p = v->p;
    VERIFY_TRY(v, VERIFY_LOGUP_GRIND, proof_grind(&v->r, &v->t, p->params.logup_grind) == ERR_OK);
    struct bus_challenges bus;
    bus_sample(&v->t, &bus);
    verify_show(v, "bus.c", &bus.c, 1);
    verify_show(v, "bus.weights", bus.weight, PROGRAM_WEIGHTS);
    struct gkr_claim gkr;
    ERR_TRY(gkr_verify(v, &bus, &gkr));
    kb5 s[IR_MAX_LOG_HEIGHT + 1];
    ERR_TRY(zero_verify(v, &bus, &gkr, s, columns));
    chunk_claims(v, s, columns, scratch, points, claims);
    enum err err = whir_verify_open(&p->params, commitment, claims, p->n_chunks, &v->t, &v->r);
    if (err == ERR_NOMEM) return err;
    VERIFY_TRY(v, VERIFY_OPENING, err == ERR_OK);
    VERIFY_TRY(v, VERIFY_END, proof_reader_end(&v->r) == ERR_OK);
    return ERR_OK;
}

enum err system_verify(const struct program *p, const uint32_t *publics, const uint8_t *proof,
                       size_t len, struct verify_report *report)
{
    struct verify_report own = {0};
    struct verifier v = {.p = p, .publics = publics, .report = report == NULL ? &own : report};
    v.report->failed = VERIFY_NONE;
    VERIFY_TRY(&v, VERIFY_LENGTH, len == p->proof_len);
    /* the reader's own test of the length is the same check */
    VERIFY_TRY(&v, VERIFY_LENGTH, proof_reader_init(&v.r, proof, len, len) == ERR_OK);
    transcript_init(&v.t, (enum proof_profile)p->params.profile, p->id);
    v.t.observer = v.report->observer;
    ERR_TRY(publics_absorb(&v));
    struct whir_commitment *commitment = malloc(sizeof *commitment);
    kb5 *columns = malloc(2 * (size_t)p->n_columns * sizeof *columns);
    kb5 *points = malloc((size_t)p->n_chunks * p->log_stack * sizeof *points);
    struct whir_claim *claims = malloc(p->n_chunks * sizeof *claims);
    enum err err = ERR_NOMEM;
    if (commitment != NULL && columns != NULL && points != NULL && claims != NULL) {
        err = whir_verify_commit(&p->params, &v.t, &v.r, commitment);
        if (!VERIFY_HOLDS(VERIFY_COMMIT, err == ERR_OK))
            err = verify_fail(&v, VERIFY_COMMIT);
        else
            err = steps_verify(&v, commitment, columns, columns + p->n_columns, points, claims);
    }
    free(commitment);
    free(columns);
    free(points);
    free(claims);
    return err;
}
