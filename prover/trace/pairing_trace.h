#ifndef PROVER_TRACE_PAIRING_TRACE_H
#define PROVER_TRACE_PAIRING_TRACE_H
/* From the chains' traces of one slice to the trace of the pairing program.
 *
 * Threads: pure, any number at once. Owner: *out is the caller's (ir_trace_free). */
#include <stddef.h>

#include "common/base/err.h"
#include "core/batch/chain_trace.h"
#include "core/batch/tuple.h"
#include "prover/ir/ir.h"
#include "prover/trace/batch_trace.h"

/* One participant's list and the orders its inputs opened, for callers without traces. */
struct pairing_side {
    uint16_t chain;
    uint32_t n_tuples;
    struct tuple tuples[BATCH_TUPLES_MAX];
    struct digest8 digest;
    struct swap_order orders[BATCH_TUPLES_MAX]; /* of the tuples that are swap inputs */
};
struct pairing_slice {
    uint32_t dep[8], time, n_sides;
    const struct pairing_side *sides; /* ascending by chain, n_tuples > 0 */
};
void pairing_side_from_trace(struct pairing_side *out, const struct chain_trace *trace);
/* What the program states of the slice; its public S is batch_fact_pairing of it. */
void pairing_slice_pairing(struct batch_pairing *out, const struct pairing_slice *in);
/* pairing: pairing2_system_new of any size. ERR_ARG for more than 16 sides or none; ERR_RANGE for
 * elements not below p; ERR_MISMATCH when a half has no partner or a pair number is too large;
 * ERR_FULL, ERR_NOMEM; text (may be NULL) says which. Values that break the pairing rules are put as
 * they are: the checker or the prover finds them. */
MUST_CHECK enum err pairing_slice_fill(struct ir_trace **out, const struct ir_system *pairing,
                                       const struct pairing_slice *in, char *text, size_t n);
#endif
