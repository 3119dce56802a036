/* A proof as advice: its elements in the order in which the recording asks for them, which is the
 * order of the proof. */
#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/recursion/rec_transcript.h"
#include "prover/recursion/rec_verify.h"

struct decoder {
    const uint8_t *in; /* NULL: only count */
    size_t at;
    uint32_t *out;
    size_t n;
    enum verify_check failed;
};

static uint32_t word_at(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void emit(struct decoder *d, uint32_t v)
{
    if (d->in != NULL) d->out[d->n] = v;
    d->n++;
}

/* The next element of 4 bytes, `ahead` elements from here. */
static uint32_t element(struct decoder *d, size_t ahead, enum verify_check check)
{
    if (d->in == NULL) return 0;
    uint32_t v = word_at(d->in + d->at + 4 * ahead);
    if (v >= IR_P && d->failed == VERIFY_NONE) d->failed = check;
    return v;
}

static void take_base(struct decoder *d, size_t n, enum verify_check check)
{
    for (size_t i = 0; i < n; i++)
        emit(d, element(d, i, check));
    d->at += 4 * n;
}

/* Coefficient X^0 is the last of the 20 bytes and the first of the advice. */
static void take_ext(struct decoder *d, size_t n, enum verify_check check)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = KB5_DEGREE; k-- > 0;)
            emit(d, element(d, k, check));
        d->at += KB5_BYTES;
    }
}

static void take_nonce(struct decoder *d, uint32_t bits, enum verify_check check)
{
    if (bits == 0) return;
    take_base(d, 1, check);
    emit(d, rec_transcript_mark(LABEL_POW, 1));
    for (int i = 2; i < REC_NONCE_ADVICE; i++)
        emit(d, 0);
}

static void take_commitment(struct decoder *d, const struct whir_round *r, enum verify_check check)
{
    take_base(d, POSEIDON_DIGEST, check);
    take_ext(d, r->ood, check);
}

static void take_queries(struct decoder *d, const struct whir_params *p, uint32_t round)
{
    const size_t path = (size_t)POSEIDON_DIGEST * whir_leaf_log(p, round);
    take_nonce(d, p->rounds[round].query_grind, VERIFY_OPENING);
    for (uint32_t q = 0; q < p->rounds[round].queries; q++) {
        if (round == 0)
            take_base(d, (size_t)1 << whir_stack_lanes(p), VERIFY_OPENING);
        else
            take_ext(d, (size_t)1 << p->rounds[round].fold, VERIFY_OPENING);
        take_base(d, path, VERIFY_OPENING);
        if (round > 0 || p->pre == 0) continue;
        take_base(d, (size_t)1 << (p->pre - 1), VERIFY_OPENING);
        take_base(d, path, VERIFY_OPENING);
    }
}

static void take_opening(struct decoder *d, const struct whir_params *p)
{
    const uint32_t last = p->n_rounds - 1u, vars = whir_round_vars(p, p->n_rounds);
    for (uint32_t i = 0; i < p->n_rounds; i++) {
        for (uint32_t j = 0; j < p->rounds[i].fold; j++) {
            take_ext(d, 2, VERIFY_OPENING);
            take_nonce(d, p->rounds[i].fold_grind, VERIFY_OPENING);
        }
        if (i != last)
            take_commitment(d, &p->rounds[i + 1], VERIFY_OPENING);
        else
            take_ext(d, (size_t)1 << vars, VERIFY_OPENING);
        take_queries(d, p, i);
    }
    take_ext(d, 2 * (size_t)vars, VERIFY_OPENING);
}

static void take_proof(struct decoder *d, const struct program *p)
{
    REQUIRE(p->params.profile == PROFILE_POSEIDON);
    take_commitment(d, &p->params.rounds[0], VERIFY_COMMIT);
    take_nonce(d, p->params.logup_grind, VERIFY_LOGUP_GRIND);
    take_ext(d, (size_t)2 << PROGRAM_TOP_LOG, VERIFY_GKR_CANONICAL);
    for (uint32_t l = PROGRAM_TOP_LOG; l < p->log_fractions; l++)
        take_ext(d, 2 * (size_t)l + 4, VERIFY_GKR_CANONICAL);
    take_ext(d, (size_t)p->log_height * p->degree, VERIFY_ZERO_CANONICAL);
    take_ext(d, p->n_columns, VERIFY_ZERO_CANONICAL);
    take_opening(d, &p->params);
}

size_t rec_advice_len(const struct program *child)
{
    struct decoder d = {.in = NULL};
    take_proof(&d, child);
    REQUIRE(d.at == child->proof_len);
    return d.n;
}

enum err rec_advice_of_proof(const struct program *child, const uint8_t *proof, size_t len,
                             uint32_t *advice, enum verify_check *failed)
{
    struct decoder d = {.in = proof, .out = advice, .failed = VERIFY_LENGTH};
    if (len == child->proof_len) {
        d.failed = VERIFY_NONE;
        take_proof(&d, child);
    }
    if (failed != NULL) *failed = d.failed;
    return d.failed == VERIFY_NONE ? ERR_OK : ERR_PROOF;
}
