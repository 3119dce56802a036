#ifndef AUDIT_ASSEMBLE_H
#define AUDIT_ASSEMBLE_H
/* Puts batch k together from the views of all chains and applies it to a replica: the step that the
 * audit program and every oracle repeat. Threads: as its arguments. */
#include "audit/l1_view.h"

/* views: one per chain of the deployment. ERR_NOT_FOUND: k is not committed on every chain yet;
 * ERR_AUDIT with *finding (also when the chains show different statements: text names them);
 * ERR_OK: the replica stands at k. */
MUST_CHECK enum err assemble_apply(struct replica *r, struct l1_view *const *views, size_t n_views,
                                   uint64_t k, struct replica_finding *finding);
#endif
