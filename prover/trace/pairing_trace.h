#ifndef PROVER_TRACE_PAIRING_TRACE_H
#define PROVER_TRACE_PAIRING_TRACE_H
/* From the chains' traces of one batch to the trace of the pairing program, version 1 (two
 * participants) or 2 (a slice of up to 16).
 *
 * Threads: pure, any number at once. Owner: *out is the caller's (ir_trace_free). */
#include <stddef.h>

#include "common/base/err.h"
#include "core/batch/chain_trace.h"
#include "core/batch/tuple.h"
#include "prover/ir/ir.h"
#include "prover/trace/batch_trace.h"

/* b NULL: one participant. ERR_ARG for traces of different batches; ERR_MISMATCH when a half has no
 * partner or a pair number is not below 64; ERR_FULL, ERR_NOMEM; text (may be NULL) says which.
 * Values that break the pairing rules are put as they are: the checker or the prover finds them. */
MUST_CHECK enum err pairing_trace_fill(struct ir_trace **out, const struct ir_system *pairing,
                                       const struct chain_trace *a, const struct chain_trace *b,
                                       char *text, size_t n);

/* One participant's list and the orders its inputs opened, for callers without traces. */
struct pairing_side {
    uint16_t chain;
    uint32_t n_tuples;
    struct tuple tuples[BATCH_TUPLES_MAX];
    struct digest8 digest;
    struct swap_order orders[BATCH_TUPLES_MAX]; /* of the tuples that are swap inputs */
};
struct pairing_input {
    uint32_t dep[8], time;
    struct pairing_side side[2];
};
MUST_CHECK enum err pairing_trace_fill_input(struct ir_trace **out,
                                             const struct ir_system *pairing,
                                             const struct pairing_input *in, char *text, size_t n);
/* What pairing_trace_fill makes of traces. */
void pairing_input_from_traces(struct pairing_input *out, const struct chain_trace *a,
                               const struct chain_trace *b);

/* ---- version 2 ---- */
struct pairing_slice {
    uint32_t dep[8], time, n_sides;
    const struct pairing_side *sides; /* ascending by chain, n_tuples > 0 */
};
void pairing_side_from_trace(struct pairing_side *out, const struct chain_trace *trace);
/* What the program states of the slice; its public S is batch_fact_pairing of it. */
void pairing_slice_pairing(struct batch_pairing *out, const struct pairing_slice *in);
/* pairing: pairing2_system_new of any size. Errors as pairing_trace_fill; ERR_ARG for more than 16
 * sides or none; ERR_RANGE for elements not below p. */
MUST_CHECK enum err pairing_slice_fill(struct ir_trace **out, const struct ir_system *pairing,
                                       const struct pairing_slice *in, char *text, size_t n);
#endif
