#ifndef PROVER_TRACE_PAIRING_INTERNAL_H
#define PROVER_TRACE_PAIRING_INTERNAL_H
/* The two steps of pairing_slice_fill, which tests take one by one to forge what lies between. */
#include "prover/trace/pairing_trace.h"
#include "prover/trace/witness_internal.h"

/* pair, sides, muldiv; publics. n_sides <= 16 (REQUIRE). */
void pairing_fill_rows(struct witness *w, const struct pairing_slice *in);
/* Everything else. */
MUST_CHECK enum err pairing_fill_answers(struct witness *w);
#endif
