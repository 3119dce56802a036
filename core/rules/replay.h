#ifndef CORE_RULES_REPLAY_H
#define CORE_RULES_REPLAY_H
/* Rebuilds one chain's sub-state from its published segments alone: no signatures, no orders, no
 * other chain's values (F45). Checks everything the published bytes can show.
 *
 * Threads: one thread per state. */
#include "core/op/codec.h"
#include "core/rules/rules.h"

/* Applies a decoded segment: on ERR_OK cells hold the state after and *root its root. Otherwise
 * cells are unchanged, *record is the record that failed, *rule why (ERR_REJECTED), or ERR_NOMEM. */
MUST_CHECK enum err replay_segment(struct cells *cells, struct preimages *preimages,
                                   const struct segment *segment, struct digest8 *root,
                                   uint32_t *record, enum rule_error *rule);
#endif
