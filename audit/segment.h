#ifndef AUDIT_SEGMENT_H
#define AUDIT_SEGMENT_H
/* Reads one published segment of a chain (docs/protocol/state.md section 5) and applies it to that
 * chain's ledger, record by record. The auditor's own codec. */
#include "audit/intent.h"
#include "common/base/bytes.h"

/* No leaf program has more. Which program is in use, and with it what fits a proof, only provers
 * know: an auditor must read whatever could be proven. */
enum { SEGMENT_BYTES_MAX = 8183, SEGMENT_RECORDS_MAX = 512 };

struct segment_claim { /* what the statement and the segments before say of this one */
    uint16_t chain;
    uint8_t segment, of; /* number, and how many the chain has in the batch */
    uint64_t k, time;
    uint32_t first_record; /* records of the segments before */
    /* The L1's own request of that queue index, NULL: there is none. Not asked if NULL itself. */
    const struct span *(*request_at)(void *ctx, uint16_t chain, uint64_t index);
    void *request_ctx;
};
/* Where and why it was refused: record in the chain's part, -1 outside the streams; byte of the
 * segment. */
struct segment_fault {
    int64_t record;
    size_t offset;
    char text[LEDGER_TEXT];
};
struct segment_region {
    const uint8_t *data;
    size_t len, at;
};
/* Record by record. Zeroed by segment_begin; borrows everything. */
struct segment_reader {
    struct ledger *l;
    struct segment_fault *fault;
    const struct segment_claim *claim;
    const struct intent *intent; /* of the record under way */
    const uint8_t *start;
    struct segment_region stream, priority, withdrawals;
    uint32_t n_priority, n_withdrawals; /* left */
    uint32_t n_records, next;
    bool bad;
    bool has_escape;
    uint32_t escape_leaf;
};
/* Header. The functions return ERR_AUDIT with *fault or ERR_NOMEM. */
MUST_CHECK enum err segment_begin(struct segment_reader *r, struct ledger *l, struct span bytes,
                                  const struct segment_claim *claim, struct segment_fault *fault);
/* The next record; intent: what it must be, NULL: not compared. */
MUST_CHECK enum err segment_next(struct segment_reader *r, const struct intent *intent);
/* Everything was used up. */
MUST_CHECK enum err segment_end(struct segment_reader *r);
#endif
