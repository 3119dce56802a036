#ifndef CORE_STATE_PREIMAGES_H
#define CORE_STATE_PREIMAGES_H
/* What the digests in slots 0 stand for: users and pool halves, found by digest. Content-addressed:
 * entries are never changed or removed, so reverting a batch needs no work here.
 *
 * Threads:  as core/state/cells.h. Memory: 150 bytes an entry. */
#include <stddef.h>

#include "common/base/err.h"
#include "core/batch/chain_trace.h"

struct preimages;
struct preimages *preimages_new(void);
void preimages_free(struct preimages *p);
/* Computes the digest, adds the entry (no error if it is there). ERR_RANGE for fields that no rule
 * lets into the state; ERR_NOMEM. digest may be NULL. */
MUST_CHECK enum err preimages_add_user(struct preimages *p, const struct user_cell *user,
                                       struct cell *digest);
MUST_CHECK enum err preimages_add_pool(struct preimages *p, const struct pool_half *pool,
                                       struct cell *digest);
/* NULL if the digest is of neither kind (the zero cell, or not added). Valid until the next add. */
const struct slot0_preimage *preimages_find(const struct preimages *p, const struct cell *digest);
size_t preimages_count(const struct preimages *p);
/* Entry i < count in the order of adding: for storing them. */
const struct slot0_preimage *preimages_at(const struct preimages *p, size_t i);
#endif
