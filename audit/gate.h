#ifndef AUDIT_GATE_H
#define AUDIT_GATE_H
/* The audit gate: re-executes every sealed batch before it may be committed. Its state comes from
 * its own reading of the L1s plus the batches that it approved itself; of what it is told it uses
 * nothing that it has not recomputed.
 *
 * Threads:   one; gate_judge blocks on the network.
 * Failure:   whatever it cannot read is GATE_CANNOT_SEE: the operator waits. It never approves what
 *            it has not executed. */
#include "audit/l1_blob.h"
#include "common/deployment/deployment.h"
#include "common/msg/gate.h"

struct gate;
/* sources: one per chain, borrowed. ERR_MISMATCH: the deployment's id does not follow from its own
 * facts. Reads nothing yet. */
MUST_CHECK enum err gate_new(struct gate **out, const struct deployment *d,
                             const struct l1_source *sources, uint64_t timeout_ms, char *text,
                             size_t text_size);
void gate_free(struct gate *g);
/* Reads the L1s on; the batch that the gate stands at, for the start and for logs. */
MUST_CHECK enum err gate_catch_up(struct gate *g, uint64_t *k, char *text, size_t text_size);
void gate_judge(struct gate *g, const struct gate_ask *ask, struct gate_answer *answer);
#endif
