#ifndef PROVER_SOLGEN_EMIT_H
#define PROVER_SOLGEN_EMIT_H
/* What the parts of the generator share while one contract is written.
 *
 * Memory of the contract: every value has a fixed address, handed out by emit_memory; the transcript
 * buffer lies behind everything else because the data of an absorb is of different lengths. */
#include "prover/solgen/plan.h"
#include "prover/solgen/text.h"

/* m_add makes c - sum non-negative with p 2^this in every lane. */
enum { MESSAGE_COVER_LOG = 17 };

struct emit {
    const struct plan *p;
    struct text *body; /* the steps of verify, in order */
    struct text *defs; /* functions */
    uint32_t memory;   /* next free address */
    uint32_t position; /* bytes of the proof consumed so far */
    uint32_t max_absorb;
    uint32_t n_marks;
    struct text *marks; /* their names, one a line; NULL = not wanted */
    /* addresses */
    uint32_t covers, pv, w, r, top, fold, cp, cq, pubp, pubq, eu, beta, a, s, v, tau, acc, msum;
    uint32_t claims, c, gamma0, ood[WHIR_MAX_ROUNDS], gamma[WHIR_MAX_ROUNDS], y[WHIR_MAX_ROUNDS], z,
        ix;
    uint32_t eq, leaf, final;
    uint32_t temps, n_temps; /* reserved for the tables' intermediate values */
    uint32_t max_temps;      /* needed; the caller goes again when n_temps is less */
    uint32_t fixed_eq[IR_MAX_FIXED_LOG + 1], fixed, first_fixed[IR_MAX_TABLES];
    uint32_t idx[IR_MAX_LOG_HEIGHT + 1][IR_MAX_LOG_HEIGHT + 1]; /* of IDX(lo, n); 0 = not used */
};

/* Products along a path of bits: products[d] = prod over the first d coordinates of
 * (bit ? z : 1 - z); what two successive paths share is not computed again. */
struct emit_path {
    uint32_t products, point; /* addresses; products[0] is 1 */
    uint32_t bits, len;       /* the path whose products are in memory */
};
/* Makes products[len] that of the path `bits` (most significant first). */
void emit_path(struct text *out, struct emit_path *path, uint32_t bits, uint32_t len);

/* Empty state for a plan, which it borrows; emit_free. */
struct emit *emit_new(const struct plan *p);
void emit_free(struct emit *e);
/* n words; the address. */
uint32_t emit_memory(struct emit *e, uint32_t words);
/* Address of the word with lane_cover(bound), which must fit, in every lane. */
uint32_t emit_cover(const struct emit *e, uint64_t bound);
/* The expression `add(proof, position)`, and the position moves on by n bytes. The text is valid
 * until the fourth next call. */
const char *emit_read(struct emit *e, uint32_t n);
/* Absorbs the next n bytes of the proof under the label constant `label` ("$L_ROOT"). */
void emit_absorb(struct emit *e, const char *label, uint32_t n);
/* Absorbs and checks a nonce; nothing for bits = 0. */
void emit_grind(struct emit *e, uint32_t bits);
/* Gas mark, written in tracing contracts only. */
void emit_mark(struct emit *e, const char *name);

/* The function row_values: IDX and FIXED at the point. Before emit_tables. */
void emit_leaves(struct emit *e);
/* Functions table_0 .. : the constraints and messages of each table at the column values. */
void emit_tables(struct emit *e);
/* The function publics_sum: the fractions of the public messages. */
void emit_publics_sum(struct emit *e);
/* Steps 7 and 8 of proof.md section 4. `ood` = place of the answers of round 0, `cap` of its cap. */
void emit_whir(struct emit *e, uint32_t cap, uint32_t ood);

#endif
