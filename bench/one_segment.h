#ifndef BENCH_ONE_SEGMENT_H
#define BENCH_ONE_SEGMENT_H
/* The trace of the batch program for a batch of one segment on chain 0 (chain 1 is in the list and takes
 * no part), of the product's size. Threads: pure. */
#include "core/batch/chain_trace.h"
#include "prover/ir/ir.h"

/* Owner of the trace: ir_trace_free. Aborts, with the reason on stderr, when there is none. */
struct ir_trace *one_segment_batch(const struct chain_trace *t);

#endif
