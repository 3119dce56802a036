#ifndef ORCHESTRATOR_SUBMISSION_H
#define ORCHESTRATOR_SUBMISSION_H
/* A request of a user on its way to the sequencer: read, named, its signatures checked beforehand. What
 * was checked counts only if the rules later ask just that (struct checked_signature), so state that
 * moves in between costs a second check and nothing else.
 *
 * Threads:   pure functions; a submission belongs to one thread at a time.
 * Lifetime:  bytes borrow; `checked` points into `request`, so a submission is not moved or copied.
 * Memory:    4 KB each. */
#include "common/base/bytes.h"
#include "core/op/request.h"
#include "core/rules/rules.h"

struct submission {
    struct span bytes;
    struct request request;
    uint8_t id[32];
    size_t unsigned_len; /* of the bytes: what stands before the number of signatures */
    struct checked_signatures checked;
    uint32_t changes[2]; /* of the accounts that sign, as they stood */
};

/* Decodes and refuses what no user sends: ERR_PARSE, ERR_VERSION. Nothing is checked yet. */
MUST_CHECK enum err submission_read(struct submission *out, struct span bytes);
/* Account whose key signs side `side`, if there is a signature for it. */
bool submission_signer(const struct submission *s, uint32_t side, uint16_t *chain,
                       uint32_t *account);
/* States whose key, as the account stands, side `side` is to be checked with. Sides in order; one that
 * is left out ends the list. */
void submission_claim(struct submission *s, uint32_t side, const struct user_cell *user,
                      uint32_t changes);
/* Name, digests and signatures of n submissions, side by side. For a worker thread. */
void submissions_check(struct submission *const *list, size_t n, const uint32_t dep[8]);
#endif
