#ifndef AUDIT_PAIRING_H
#define AUDIT_PAIRING_H
/* Do the half operations of all chains fit together (docs/protocol/state.md section 6), as far as
 * published bytes show it? There, halves carry a number x that rises along every chain and occurs
 * exactly twice; so halves within one chain stand side by side, those between two chains come in the
 * same order on both (pairs go by rank, decision 0010), and one order of all halves is that of every
 * chain (no loop in time over three or more). Slices are not published and not needed: they cut that
 * order, and no pair crosses a cut.
 *
 * Threads: pure. Limits: 16 chains; as many halves as the ledgers hold. */
#include "audit/ledger.h"

struct pairing_fault {
    uint16_t chain;
    uint32_t record; /* of the half that is wrong */
    const char *text;
};
/* The half that a names as its other one is b. */
bool pairing_names(const struct identity *a, const struct identity *b);
/* The two halves of one swap. */
bool pairing_swap_fits(const struct half *in, const struct half *out, struct pairing_fault *fault);
/* chains: all of the deployment; halves of the batch under way. false with *fault. */
bool pairing_check(struct ledger *const *chains, size_t n_chains, struct pairing_fault *fault);
#endif
