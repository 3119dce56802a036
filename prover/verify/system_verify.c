#include "prover/verify/system_verify.h"

#include <stdlib.h>

#include "common/base/require.h"
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
    if (v->key != NULL)
        transcript_absorb_digests(&v->t, LABEL_KEY, v->key->cap, v->key->len / 32);
    kb values[IR_MAX_PUBLIC];
    uint32_t n = v->p->system->n_public;
    for (uint32_t i = 0; i < n; i++) {
        VERIFY_TRY(v, VERIFY_PUBLIC_CANONICAL, kb_is_canonical(v->publics[i]));
        values[i] = kb_from_u32(v->publics[i]);
    }
    if (n > 0) transcript_absorb_base(&v->t, LABEL_PUBLIC, values, n);
    return ERR_OK;
}

static void chunk_claim(const struct program *p, const struct program_chunk *k, bool pre,
                        const kb5 *tau, const kb5 *s, const kb5 *columns, kb5 *scratch, kb5 *point,
                        struct whir_claim *out)
{
    const uint32_t g = k->log_columns, h = k->log_height;
    const uint32_t first = p->first_column[k->table] + k->first_column +
                           (pre ? p->system->tables[k->table]->n_columns : 0);
    for (uint32_t j = 0; j < g; j++)
        point[j] = tau[p->log_columns - g + j];
    for (uint32_t j = 0; j < h; j++)
        point[g + j] = s[p->log_height - h + j];
    for (uint32_t j = 0; j < 1u << g; j++)
        scratch[j] = columns[first + j];
    *out = (struct whir_claim){.pre = pre,
                               .prefix_len = (pre ? p->log_pre : p->log_stack) - g - h,
                               .prefix = k->offset >> (g + h),
                               .point = point,
                               .value = mle_eval(scratch, point, g)};
}

void chunk_claims(const struct program *p, struct transcript *t, const kb5 *s, const kb5 *columns,
                  kb5 *scratch, kb5 *points, struct whir_claim *claims)
{
    kb5 tau[32];
    for (uint32_t i = 0; i < p->log_columns; i++)
        tau[i] = transcript_sample_ext(t);
    for (uint32_t i = 0; i < p->n_chunks + p->n_pre_chunks; i++) {
        const bool pre = i >= p->n_chunks;
        chunk_claim(p, pre ? &p->pre_chunks[i - p->n_chunks] : &p->chunks[i], pre, tau, s, columns,
                    scratch, points + (size_t)i * p->log_stack, &claims[i]);
    }
}

/* Steps 2 to 8, given memory: columns and scratch of n_columns each, points of m for each claim. */
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
    const uint32_t n_claims = p->n_chunks + p->n_pre_chunks;
    chunk_claims(p, &v->t, s, columns, scratch, points, claims);
    for (uint32_t i = 0; i < n_claims; i++)
        verify_show(v, "chunk.claim", &claims[i].value, 1);
    enum err err = whir_verify_open(&p->params, commitment, claims, n_claims, &v->t, &v->r);
    if (err == ERR_NOMEM) return err;
    VERIFY_TRY(v, VERIFY_OPENING, err == ERR_OK);
    VERIFY_TRY(v, VERIFY_END, proof_reader_end(&v->r) == ERR_OK);
    return ERR_OK;
}

enum err system_verify(const struct program *p, const uint32_t *publics, const uint8_t *proof,
                       size_t len, struct verify_report *report)
{
    return system_verify_key(p, NULL, publics, proof, len, report);
}

enum err system_verify_key(const struct program *p, const struct program_key *key,
                           const uint32_t *publics, const uint8_t *proof, size_t len,
                           struct verify_report *report)
{
    struct verify_report own = {0};
    struct verifier v = {
        .p = p, .key = key, .publics = publics, .report = report == NULL ? &own : report};
    REQUIRE((key == NULL ? 0 : key->len) == program_key_len(p));
    const size_t n_claims = (size_t)p->n_chunks + p->n_pre_chunks;
    v.report->failed = VERIFY_NONE;
    VERIFY_TRY(&v, VERIFY_LENGTH, len == p->proof_len);
    /* the reader's own test of the length is the same check */
    VERIFY_TRY(&v, VERIFY_LENGTH, proof_reader_init(&v.r, proof, len, len) == ERR_OK);
    transcript_init(&v.t, (enum proof_profile)p->params.profile, p->id);
    v.t.observer = v.report->observer;
    ERR_TRY(publics_absorb(&v));
    struct whir_commitment *commitment = malloc(sizeof *commitment);
    kb5 *columns = malloc(2 * (size_t)p->n_columns * sizeof *columns);
    kb5 *points = malloc(n_claims * p->log_stack * sizeof *points);
    struct whir_claim *claims = malloc(n_claims * sizeof *claims);
    enum err err = ERR_NOMEM;
    if (commitment != NULL && columns != NULL && points != NULL && claims != NULL) {
        err = whir_verify_commit(&p->params, key == NULL ? NULL : key->cap, &v.t, &v.r, commitment);
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
