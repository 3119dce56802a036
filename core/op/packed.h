#ifndef CORE_OP_PACKED_H
#define CORE_OP_PACKED_H
/* Packed amounts and fees: m * 32 + e stands for m * 10^e (REQ-AMT-1). Several encodings may stand
 * for one value; users sign the bytes.
 *
 * Threads: pure. */
#include "common/base/err.h"
#include "core/op/op.h"

/* ERR_RANGE for bits >= 2^40, ERR_OVERFLOW for a value above 2^112 - 1. */
MUST_CHECK enum err packed_amount_value(struct amount *out, struct packed_amount p);
MUST_CHECK enum err packed_fee_value(struct amount *out, struct packed_fee f);
/* The greatest value not above `a` that can be packed, with the least exponent that does it. */
struct packed_amount packed_amount_floor(struct amount a);
/* Same for a fee (11 bits of mantissa). */
struct packed_fee packed_fee_floor(struct amount a);
/* ERR_RANGE unless the value can be packed exactly. */
MUST_CHECK enum err packed_amount_exact(struct packed_amount *out, struct amount a);
MUST_CHECK enum err packed_fee_exact(struct packed_fee *out, struct amount a);
#endif
