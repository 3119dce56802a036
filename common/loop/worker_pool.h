#ifndef COMMON_LOOP_WORKER_POOL_H
#define COMMON_LOOP_WORKER_POOL_H
/* Work that must leave the loop (CPU, database, proofs), on libuv's threads.
 *
 * Threads:   submit and done on the loop's thread, work on a pool thread.
 * Lifetime:  deinit only with nothing in flight; ctx lives until done was called.
 * Limits:    at most in_flight_max tasks queued or running (ERR_FULL). The number of threads is
 *            libuv's: 4, or UV_THREADPOOL_SIZE set before the first use. */

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/loop/loop.h"

struct worker_pool {
    struct loop *loop;
    size_t in_flight;
    size_t in_flight_max;
};

void worker_pool_init(struct worker_pool *pool, struct loop *loop, size_t in_flight_max);
/* work(ctx) on a thread, then done(ctx) on the loop, exactly once. After an error neither is
 * called. ERR_FULL, ERR_NOMEM. */
MUST_CHECK enum err worker_pool_submit(struct worker_pool *pool, void (*work)(void *ctx),
                                       void (*done)(void *ctx), void *ctx);
void worker_pool_deinit(struct worker_pool *pool);

#endif
