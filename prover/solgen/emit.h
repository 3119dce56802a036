#ifndef PROVER_SOLGEN_EMIT_H
#define PROVER_SOLGEN_EMIT_H
/* What the parts of the generator share while one contract is written.
 *
 * Memory of the contract: every value has a fixed address, handed out by emit_memory; the transcript
 * buffer lies behind everything else because the data of an absorb is of different lengths. */
#include "prover/solgen/plan.h"
#include "prover/solgen/solgen.h"
#include "prover/solgen/text.h"

/* m_add makes c - sum non-negative with p 2^this in every lane. */
enum { MESSAGE_COVER_LOG = 17 };

enum { EMIT_MAX_PARTS = 12, EMIT_NAME_SIZE = 64, EMIT_MAX_MARKS = 127 };

/* A contract while it is written: the whole verifier, or a part of it. */
enum emit_kind { EMIT_ENTRY, EMIT_TABLES, EMIT_OPENING, EMIT_KEY };
struct emit_part {
    enum emit_kind kind;
    char name[EMIT_NAME_SIZE];
    struct text body; /* the steps, in order */
    struct text defs; /* functions */
};

struct emit {
    const struct plan *p;
    const struct solgen_options *options;
    struct text *body; /* of the part that is being written */
    struct text *defs;
    struct emit_part part[EMIT_MAX_PARTS]; /* [0] is the entry */
    uint32_t n_parts;
    uint32_t memory;   /* next free address */
    uint32_t position; /* bytes of the proof consumed so far */
    uint32_t max_absorb;
    uint32_t n_marks;
    uint32_t part_marks; /* of the part that is being written: its first */
    size_t sized;        /* of defs: how far emit_code_size has counted, and what it found */
    uint32_t code_size;
    struct text *marks; /* their names, one a line; NULL = not wanted */
    /* Memory handed over: tables_from .. values_end to a part with tables, which gives
     * back_from .. back_end back; values_from .. values_end and the proof to the opening. */
    uint32_t tables_from, back_from, back_end, values_from, values_end, trace_from;
    /* the parts' addresses; the transcript's state and the key's address on their way to a part */
    uint32_t part_addresses, state, key;
    /* addresses */
    uint32_t covers, pv, w, r, top, fold, cp, cq, pubp, pubq, eu, beta, a, s, v, tau, acc, msum;
    uint32_t claims, c, gamma0, ood[WHIR_MAX_ROUNDS], gamma[WHIR_MAX_ROUNDS], y[WHIR_MAX_ROUNDS], z,
        ix;
    uint32_t eq, eq_wide, eq_pre_wide, leaf, final, wide, zg, points;
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

/* Empty state for a plan and options, which it borrows; n_temps words for the tables' intermediate
 * values. emit_free. */
struct emit *emit_new(const struct plan *p, const struct solgen_options *options, uint32_t n_temps);
void emit_free(struct emit *e);
/* Writes all steps and functions of the plan's verifier (proof.md section 4). */
void emit_verifier(struct emit *e);
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

/* Steps and functions go to a new part named <contract><suffix> / to the entry again. */
void emit_part_begin(struct emit *e, enum emit_kind kind, const char *suffix);
void emit_part_end(struct emit *e);
/* The entry's functions that call its parts; when all else is written. */
void emit_calls(struct emit *e);
/* Bytes of code of the part with tables that is being written, estimated from its text; the compile
 * step refuses a contract that is larger than the chain allows. */
uint32_t emit_code_size(struct emit *e);

/* Reserves the memory of IDX and FIXED. Before emit_leaves. */
void emit_leaves_memory(struct emit *e);
/* The function row_values: IDX and FIXED at the point. Before emit_tables. */
void emit_leaves(struct emit *e);
/* Functions table_0 .. : the constraints and messages of each table at the column values; and the
 * steps that call them, in parts where the verifier is split. */
void emit_tables(struct emit *e);
/* The function publics_sum: the fractions of the public messages. */
void emit_publics_sum(struct emit *e);
/* Steps 7 and 8 of proof.md section 4. `ood` = place of the answers of round 0, `cap` of its cap.
 * Written into the current part. */
void emit_whir(struct emit *e, uint32_t cap, uint32_t ood);

/* ---- queries of WHIR, emit_query.c ---- */
/* The weights of the leaves of round i (a step) and the functions that check and read a leaf;
 * `vars` is the number of coordinates still free. Returns the bytes of a query in the proof. */
uint32_t emit_queries(struct emit *e, uint32_t i, uint32_t vars);
/* The function w_final_at: the final polynomial of n coefficients at a point of the base field. */
void emit_final(struct emit *e, uint32_t n);
/* The function w_pow_all_<i>: the weights of the points opened in round i. */
void emit_powers(struct emit *e, uint32_t i);

#endif
