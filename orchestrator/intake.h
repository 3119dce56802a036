#ifndef ORCHESTRATOR_INTAKE_H
#define ORCHESTRATOR_INTAKE_H
/* The door before the sequencer: requests wait here in order, their signatures are checked in groups on
 * pool threads, then they go to the sequencer in the order in which they came.
 *
 * Threads:   every function and callback on the loop's thread; checking on pool threads.
 * Lifetime:  new -> submit ... -> (idle) free. The sequencer outlives it.
 * Limits:    INTAKE_WAITING_MAX requests before the sequencer: then ERR_BUSY. */
#include "common/loop/worker_pool.h"
#include "orchestrator/sequencer.h"

enum { INTAKE_WAITING_MAX = 8192, INTAKE_GROUP_MAX = 32, INTAKE_GROUPS = 2 };

struct intake;
struct intake_answer {
    enum err err; /* as of sequencer_submit; ERR_OK: durable, now or since before */
    enum rule_error rule;
    const struct receipt *receipt; /* of ERR_OK, until the callback returns; NULL: dropped by age */
};
typedef void (*intake_done)(void *ctx, const struct intake_answer *answer);

MUST_CHECK enum err intake_new(struct intake **out, struct loop *loop, struct sequencer *sequencer);
/* Copies the bytes. ERR_OK: done is called once, later. ERR_PARSE, ERR_VERSION (malformed), ERR_BUSY,
 * ERR_NOMEM: done is not called. */
MUST_CHECK enum err intake_submit(struct intake *in, struct span bytes, intake_done done, void *ctx);
/* Nothing waits before the sequencer. */
bool intake_is_idle(const struct intake *in);
/* Only while idle. */
void intake_free(struct intake *in);
#endif
