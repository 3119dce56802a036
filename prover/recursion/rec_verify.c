/* The mirror of prover/verify/system_verify.c. */
#include "prover/recursion/rec_verify.h"

#include <stdlib.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/recursion/rec_parts.h"

enum rec_check_place rec_check_where(enum verify_check check)
{
    switch (check) {
    case VERIFY_LENGTH:
    case VERIFY_PUBLIC_CANONICAL:
    case VERIFY_COMMIT:
    case VERIFY_GKR_CANONICAL:
    case VERIFY_ZERO_CANONICAL:
    case VERIFY_END:
        return REC_CHECK_DECODE;
    case VERIFY_LOGUP_GRIND:
    case VERIFY_TOP_DENOMINATOR:
    case VERIFY_PUBLIC_DENOMINATOR:
    case VERIFY_BALANCE:
    case VERIFY_GKR_LAYER:
    case VERIFY_CONSTRAINTS:
    case VERIFY_OPENING:
        return REC_CHECK_ROWS;
    case VERIFY_NONE:
    case VERIFY_CHECK_COUNT:
        break;
    }
    UNREACHABLE("check");
}

void rec_verifier_check(struct rec_verifier *v, enum verify_check check)
{
    REQUIRE(rec_check_where(check) == REC_CHECK_ROWS);
    rec_check(v->r, verify_check_name(check));
}

/* Step 0. */
static void statement_absorb(struct rec_verifier *v)
{
    const uint32_t n = v->p->system->n_public, used = n % POSEIDON_DIGEST;
    rec_transcript_init(&v->t, v->r, v->p->id);
    if (v->p->params.pre > 0) rec_transcript_absorb_words(&v->t, LABEL_KEY, &v->key, 1);
    if (n == 0) return;
    if (used == 0) {
        rec_transcript_absorb_words(&v->t, LABEL_PUBLIC, v->publics, n / POSEIDON_DIGEST);
        return;
    }
    const uint32_t words = n / POSEIDON_DIGEST + 1, mark = rec_transcript_mark(LABEL_PUBLIC, n);
    for (uint32_t i = used; i < POSEIDON_DIGEST; i++)
        rec_assert_eq(v->r, rec_element(v->r, v->publics[words - 1], i),
                      rec_const(v->r, i == used ? mark : 0));
    rec_transcript_absorb_padded(&v->t, v->publics, words);
}

void rec_verify_proof(struct rec *r, const struct program *child, rec_word key,
                      const rec_word *publics)
{
    const struct program *p = child;
    REQUIRE(p->params.profile == PROFILE_POSEIDON);
    struct rec_verifier v = {.r = r, .p = p, .key = key, .publics = publics};
    struct rec_commitment commitment;
    struct rec_bus_challenges bus;
    struct rec_gkr_claim gkr;
    rec_ext s[IR_MAX_LOG_HEIGHT + 1], tau[32];
    rec_ext *columns = calloc(p->n_columns, sizeof *columns);
    struct rec_claim *claims = calloc(p->n_chunks + p->n_pre_chunks, sizeof *claims);
    REQUIRE(columns != NULL && claims != NULL);
    rec_arith_init(&v.a, r);
    statement_absorb(&v);
    rec_whir_commit(&v, &commitment);
    rec_verifier_check(&v, VERIFY_LOGUP_GRIND);
    if (p->params.logup_grind > 0) {
        const rec_base ground = rec_transcript_nonce(&v.t);
        rec_assert_low_bits_zero(r, ground, p->params.logup_grind);
    }
    rec_bus_sample(&v, &bus);
    rec_gkr_verify(&v, &bus, &gkr);
    rec_zero_verify(&v, &bus, &gkr, s, columns);
    rec_chunk_claims(&v, columns, tau, claims);
    rec_whir_open(&v, &commitment, claims, tau, s);
    rec_arith_deinit(&v.a);
    free(columns);
    free(claims);
}
