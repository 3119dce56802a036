#ifndef AUDIT_SEGMENT_H
#define AUDIT_SEGMENT_H
/* Reads one chain's published segment (docs/protocol/state.md section 5) and applies it to that
 * chain's ledger, record by record. The auditor's own codec. */
#include "audit/ledger.h"
#include "common/base/bytes.h"

struct segment_claim { /* what the statement says of the segment */
    uint16_t chain;
    uint64_t k, time;
    /* The L1's own request of that queue index, NULL: there is none. Not asked if NULL itself. */
    const struct span *(*request_at)(void *ctx, uint16_t chain, uint64_t index);
    void *request_ctx;
};
/* Where and why it was refused: record = -1 outside the stream. */
struct segment_fault {
    int64_t record;
    size_t offset;
    char text[LEDGER_TEXT];
};
/* ERR_AUDIT with *fault (the ledger then holds the records before it: roll back), ERR_NOMEM. */
MUST_CHECK enum err segment_apply(struct ledger *l, struct span bytes,
                                  const struct segment_claim *claim, struct segment_fault *fault);
#endif
