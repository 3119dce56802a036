#ifndef PROVER_TRACE_LEAF_TRACE_H
#define PROVER_TRACE_LEAF_TRACE_H
/* From what the executor recorded of one chain's segment to the leaf program's trace.
 *
 * Threads: pure, any number at once (each call has its own memory, about 20 MiB).
 * Owner:   *out is the caller's (ir_trace_free). */
#include <stddef.h>

#include "common/base/err.h"
#include "core/batch/chain_trace.h"
#include "prover/ir/ir.h"

/* leaf: the finished leaf system (op tables and infrastructure); one with horner takes traces with
 * blob.on alone. ERR_FULL when a table is too small,
 * ERR_MISMATCH when the trace contradicts itself, ERR_NOMEM; text (may be NULL) then says which. */
MUST_CHECK enum err leaf_trace_fill(struct ir_trace **out, const struct ir_system *leaf,
                                    const struct chain_trace *t, char *text, size_t n);
/* The same trace, filled by `threads` threads (1 .. PARALLEL_MAX). */
MUST_CHECK enum err leaf_trace_fill_threads(struct ir_trace **out, const struct ir_system *leaf,
                                            const struct chain_trace *t, size_t threads,
                                            char *text, size_t n);

#endif
