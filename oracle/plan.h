#ifndef ORACLE_PLAN_H
#define ORACLE_PLAN_H
/* What an oracle does after a look: which batches it signs, which agreement is ready to be sent.
 *
 * A new head is signed only after the last signature is agreed on every chain (settlement.md
 * section 4). Oracles look at different moments, so they may pick different heads; whoever cannot
 * sign a peer's higher one signs the peer's lower one, which its own head implies. So the lowest
 * always gets its quorum. Threads: pure but for the book's own state. */
#include "oracle/attest.h"
#include "oracle/watch.h"

/* Fills ks with batches (at most WATCH_DIGESTS_MAX) whose D the oracle signs now, ascending, those it
 * signed before included; their number. The digest of k is look->digests[k - look->least_agreed - 1]. */
size_t plan_signatures(const struct attest_book *b, const struct watch_result *look,
                       uint64_t ks[WATCH_DIGESTS_MAX]);
/* The highest batch with a quorum on our digest, 0 if there is none. */
uint64_t plan_agreement(const struct attest_book *b, const struct watch_result *look,
                        size_t members);
#endif
