#ifndef PROVER_PROVE_PARALLEL_H
#define PROVER_PROVE_PARALLEL_H
/* Splits a loop over a fixed number of threads, the caller's among them. The split depends on the
 * range and the number of workers alone, and results are combined in worker order, so a proof does
 * not depend on timing.
 *
 * Threads:   one caller at a time. Lifetime: parallel_new starts the threads, parallel_free joins
 *            them. Not for use across fork.
 * Limits:    PARALLEL_MAX workers. */
#include <stddef.h>

enum { PARALLEL_MAX = 8 };

struct parallel;

/* [from, to) of the loop, on worker 0 .. n_workers-1; ranges are disjoint and cover [0, n). */
typedef void (*parallel_fn)(void *ctx, size_t worker, size_t from, size_t to);

/* workers in 1 .. PARALLEL_MAX (clamped). With fewer threads than asked for when the system gives
 * no more. NULL only when memory is short. */
struct parallel *parallel_new(size_t workers);
void parallel_free(struct parallel *p);
size_t parallel_workers(const struct parallel *p);

/* Runs fn over [0, n), boundaries at multiples of `grain` (> 0); in the caller alone when n is below
 * two grains. Returns when all is done. */
void parallel_run(struct parallel *p, size_t n, size_t grain, parallel_fn fn, void *ctx);

#endif
