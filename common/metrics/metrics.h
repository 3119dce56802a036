#ifndef COMMON_METRICS_METRICS_H
#define COMMON_METRICS_METRICS_H
/* Counters, gauges and histograms with Prometheus' text exposition.
 *
 * Threads:   registration before the threads start or on one thread; updates from any thread.
 * Lifetime:  a metric lives as long as its registry.
 * Limits:    METRICS_MAX per registry; METRIC_BUCKETS_MAX buckets.
 * Names:     hawser_<component>_<what>_<unit>, counters end in _total. */

#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"

#define METRICS_MAX        512
#define METRIC_BUCKETS_MAX 16

struct metrics;
struct metric;

MUST_CHECK enum err metrics_new(struct metrics **out);
void metrics_free(struct metrics *metrics);

/* labels: "" or text such as chain="1",kind="swap" that goes between the braces. The same name and
 * labels give the same metric again. Never fails for valid names below the limits (REQUIRE). */
struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *labels,
                               const char *help);
struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *labels,
                             const char *help);
/* bounds: ascending upper limits of the buckets, in the metric's unit. */
struct metric *metrics_histogram(struct metrics *metrics, const char *name, const char *labels,
                                 const char *help, const uint64_t *bounds, size_t bound_count);

void metric_add(struct metric *counter, uint64_t n);
void metric_set(struct metric *gauge, int64_t value);
void metric_observe(struct metric *histogram, uint64_t value);
/* Counter's or gauge's value; for tests. */
int64_t metric_value(const struct metric *metric);

/* The exposition text, version 0.0.4. */
MUST_CHECK enum err metrics_write(const struct metrics *metrics, struct bytes_buf *out);

#endif
