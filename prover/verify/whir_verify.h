#ifndef PROVER_VERIFY_WHIR_VERIFY_H
#define PROVER_VERIFY_WHIR_VERIFY_H
/* The verifier of the polynomial commitment: WHIR (ePrint 2024/1586, construction 5.1) over
 * interleaved Reed-Solomon codes with Merkle trees. The transcript's profile is the parameters'.
 *
 * Use:       whir_verify_commit where the proof commits, other steps of the system, then
 *            whir_verify_open with all claims about the committed polynomial.
 * Threads:   pure apart from the objects passed in. Memory: one scratch block of < 100 KB.
 * Source:    docs/protocol/proof.md section 5. */
#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/field/kb5.h"
#include "prover/verify/proof_codec.h"
#include "prover/verify/transcript.h"
#include "prover/verify/whir_params.h"

/* f(prefix bits, point) = value for the committed multilinear polynomial f of n_vars variables (with
 * preprocessed columns: whir_stack_vars, below called n_vars too):
 * the first prefix_len coordinates are the bits of prefix, most significant first; the other
 * n_vars - prefix_len are `point`. */
struct whir_claim {
    bool pre;            /* about g, the preprocessed columns, which has whir_pre_vars variables */
    uint32_t prefix_len; /* <= n_vars, <= 32 */
    uint32_t prefix;     /* < 2^prefix_len */
    const kb5 *point;    /* n_vars - prefix_len coordinates, borrowed */
    kb5 value;
};

struct whir_commitment {
    uint8_t cap[(size_t)32 << WHIR_MAX_CAP_LOG]; /* 2^cap_log nodes */
    kb5 ood_point[WHIR_MAX_OOD], ood_answer[WHIR_MAX_OOD];
    const uint8_t *key; /* the cap of g's tree, borrowed; NULL without preprocessed columns */
};

/* Reads and absorbs the cap of f, samples the OOD points, reads and absorbs their answers. key: the cap
 * of g (2^pre_cap nodes, absorbed by the caller), NULL without preprocessed columns. ERR_PROOF. */
MUST_CHECK enum err whir_verify_commit(const struct whir_params *p, const uint8_t *key,
                                       struct transcript *t, struct proof_reader *r,
                                       struct whir_commitment *out);

/* Reads the opening; ERR_OK exactly when it proves all claims and the OOD answers of c.
 * ERR_PROOF, ERR_NOMEM. */
MUST_CHECK enum err whir_verify_open(const struct whir_params *p, const struct whir_commitment *c,
                                     const struct whir_claim *claims, size_t n_claims,
                                     struct transcript *t, struct proof_reader *r);

#endif
