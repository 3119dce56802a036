#ifndef PROVER_TRACE_BATCH_INTERNAL_H
#define PROVER_TRACE_BATCH_INTERNAL_H
/* The two steps of batch_trace_fill, which tests take one by one to forge what lies between. */
#include "prover/trace/batch_trace.h"
#include "prover/trace/witness_internal.h"

/* node, segment, pairing, chain, root, batch; publics but D_k. Aborts for counts beyond the size. */
void batch_fill_rows(struct witness *w, const struct batch_size *size,
                     const struct batch_input *in);
/* words, blocks, sha256: the tape from what those rows send on HALF and HASH; halves that nobody
 * sends from `free_halves` (2^blocks * 32 of them). Sets the public D_k. */
void batch_fill_tape(struct witness *w, const struct batch_size *size, const uint16_t *free_halves);
/* Programs digest, addresses and finality at their places; all else 0. malloc'd, NULL: no memory. */
uint16_t *batch_free_halves(const struct batch_size *size, const struct batch_input *in);
/* Everything else; takes the trace. */
MUST_CHECK enum err batch_fill_answers(struct witness *w, struct ir_trace **out);
#endif
