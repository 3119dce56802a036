#ifndef ORACLE_WATCH_H
#define ORACLE_WATCH_H
/* What this oracle knows by itself: its own reading of every chain and its own re-execution.
 *
 * Threads: one thread (the oracle's worker thread); every call may block on the network. */
#include "audit/assemble.h"

enum { WATCH_TEXT_MAX = 500, WATCH_DIGESTS_MAX = 64 };

/* Outcome of one look, handed to the loop by value. */
struct watch_result {
    bool can_sign; /* batch k is proven everywhere with our own D_k */
    uint64_t k;
    uint64_t agreed[DEPLOYMENT_CHAINS_MAX]; /* final, per chain */
    uint64_t least_agreed;
    uint64_t audited; /* our replica stands here */
    /* D of the batches least_agreed + 1 .. by our own execution, as far as proven everywhere */
    uint8_t digests[WATCH_DIGESTS_MAX][32];
    size_t n_digests;
    bool cannot_see, refuses; /* why not: text */
    char text[WATCH_TEXT_MAX];
};
struct watch;
/* sources: one per chain, borrowed. */
MUST_CHECK enum err watch_open(struct watch **out, const struct deployment *d,
                               const struct l1_source *sources, char *text, size_t text_size);
void watch_close(struct watch *w);
/* Reads on, re-executes what is committed everywhere, says what can be signed. */
void watch_look(struct watch *w, struct watch_result *out);
#endif
