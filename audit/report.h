#ifndef AUDIT_REPORT_H
#define AUDIT_REPORT_H
/* `hawser-audit run`: everything re-executed from L1 data alone and compared with what the
 * contracts show, down to the money: for every chain and token,
 *   cells at the last executed root + pending + deposits not executed = held <= balance.
 *
 * Threads: one; report_look blocks on the network. Memory: as replica.h and l1_view.h, plus 128
 * bytes and a root per chain for every batch. */
#include <jansson.h>

#include "audit/l1_blob.h"
#include "common/deployment/deployment.h"

enum report_outcome { REPORT_OK = 0, REPORT_MISMATCH = 1, REPORT_CANNOT_SEE = 3 };

struct report;
/* sources: one per chain, borrowed. */
MUST_CHECK enum err report_new(struct report **out, const struct deployment *d,
                               const struct l1_source *sources, uint64_t timeout_ms, char *text,
                               size_t text_size);
void report_free(struct report *r);
/* Reads on, re-executes, compares. What was found stays until the next look. */
enum report_outcome report_look(struct report *r);
/* Why the outcome is not REPORT_OK; else "". */
const char *report_reason(const struct report *r);
/* {ok, outcome, reason, batches, chains: [..], tokens: [..]}; the caller's. NULL without memory. */
json_t *report_json(const struct report *r);
#endif
