#ifndef CORE_BATCH_TUPLE_H
#define CORE_BATCH_TUPLE_H
/* The tuple a half operation appends (REQ-PAIR-1).
 *
 * Threads: pure. */
#include "core/batch/chain_trace.h"

enum {
    TUPLE_LEN = 56,
    TUPLE_X = 0,
    TUPLE_KIND = 1,
    TUPLE_ROLE = 2,
    TUPLE_OWN = 3,   /* chain, id, token */
    TUPLE_OTHER = 6, /* chain, id, token */
    TUPLE_FEE = 9,
    TUPLE_CAP = 10,
    TUPLE_FLAGS = 11,
    TUPLE_ORDER = 12,   /* 8 */
    TUPLE_AMOUNT = 20,  /* 7 */
    TUPLE_READ = 27,    /* 7 */
    TUPLE_DEBITED = 34, /* owner 10 */
    TUPLE_CREDITED = 44, /* owner 10, account, slot */
    TUPLE_CREDITED_ACCOUNT = 54,
    TUPLE_CREDITED_SLOT = 55,
};

struct tuple {
    uint32_t e[TUPLE_LEN];
};
bool op_has_tuple(uint8_t code);
/* owner: of the signing account (all kinds but SWAP_OUT, where it is not used). */
void tuple_from_op(struct tuple *out, const uint32_t dep[8], uint16_t chain, const struct op *op,
                   const struct owner *signer);
/* All tuples of a chain's batch in order; returns their number. Signers' owners are found through
 * the trace's cells and preimages. */
uint32_t tuples_of_trace(struct tuple out[BATCH_TUPLES_MAX], const struct chain_trace *trace);
/* H_TUPLES over all of them (REQ-PAIR-2). */
void tuples_digest(struct digest8 *out, const struct tuple *tuples, uint32_t n);
#endif
