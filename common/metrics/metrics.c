#include "common/metrics/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

#define NAME_MAX_LEN   96
#define LABELS_MAX_LEN 160

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric {
    char name[NAME_MAX_LEN + 1];
    char labels[LABELS_MAX_LEN + 1];
    const char *help;
    enum metric_kind kind;
    _Atomic uint64_t value; /* counter; gauge as two's complement; histogram: sum */
    _Atomic uint64_t count; /* histogram */
    _Atomic uint64_t buckets[METRIC_BUCKETS_MAX];
    uint64_t bounds[METRIC_BUCKETS_MAX];
    size_t bound_count;
};

struct metrics {
    pthread_mutex_t mutex; /* guards count and registration */
    size_t count;
    struct metric *list[METRICS_MAX];
};

enum err metrics_new(struct metrics **out)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics == NULL) return ERR_NOMEM;
    REQUIRE(pthread_mutex_init(&metrics->mutex, NULL) == 0);
    *out = metrics;
    return ERR_OK;
}

void metrics_free(struct metrics *metrics)
{
    for (size_t i = 0; i < metrics->count; i++)
        free(metrics->list[i]);
    pthread_mutex_destroy(&metrics->mutex);
    free(metrics);
}

static bool is_name(const char *name)
{
    size_t len = strlen(name);
    static const char first[] = "abcdefghijklmnopqrstuvwxyz";
    static const char other[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    return len > 0 && len <= NAME_MAX_LEN && strchr(first, name[0]) != NULL &&
           strspn(name, other) == len;
}

static struct metric *register_metric(struct metrics *metrics, const char *name, const char *labels,
                                      const char *help, enum metric_kind kind)
{
    REQUIRE(is_name(name));
    REQUIRE(strlen(labels) <= LABELS_MAX_LEN);
    REQUIRE(strpbrk(labels, "{}\n") == NULL);
    pthread_mutex_lock(&metrics->mutex);
    struct metric *found = NULL;
    for (size_t i = 0; i < metrics->count && found == NULL; i++) {
        struct metric *m = metrics->list[i];
        if (strcmp(m->name, name) != 0) continue;
        REQUIRE(m->kind == kind);
        if (strcmp(m->labels, labels) == 0) found = m;
    }
    if (found == NULL) {
        REQUIRE(metrics->count < METRICS_MAX);
        found = calloc(1, sizeof *found);
        REQUIRE(found != NULL);
        memcpy(found->name, name, strlen(name) + 1);
        memcpy(found->labels, labels, strlen(labels) + 1);
        found->help = help;
        found->kind = kind;
        metrics->list[metrics->count++] = found;
    }
    pthread_mutex_unlock(&metrics->mutex);
    return found;
}

struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *labels,
                               const char *help)
{
    return register_metric(metrics, name, labels, help, METRIC_COUNTER);
}

struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *labels,
                             const char *help)
{
    return register_metric(metrics, name, labels, help, METRIC_GAUGE);
}

struct metric *metrics_histogram(struct metrics *metrics, const char *name, const char *labels,
                                 const char *help, const uint64_t *bounds, size_t bound_count)
{
    REQUIRE(bound_count > 0 && bound_count <= METRIC_BUCKETS_MAX);
    for (size_t i = 1; i < bound_count; i++)
        REQUIRE(bounds[i - 1] < bounds[i]);
    struct metric *m = register_metric(metrics, name, labels, help, METRIC_HISTOGRAM);
    if (m->bound_count == 0) {
        memcpy(m->bounds, bounds, bound_count * sizeof bounds[0]);
        m->bound_count = bound_count;
    }
    return m;
}

void metric_add(struct metric *counter, uint64_t n)
{
    REQUIRE(counter->kind == METRIC_COUNTER);
    atomic_fetch_add_explicit(&counter->value, n, memory_order_relaxed);
}

void metric_set(struct metric *gauge, int64_t value)
{
    REQUIRE(gauge->kind == METRIC_GAUGE);
    atomic_store_explicit(&gauge->value, (uint64_t)value, memory_order_relaxed);
}

void metric_observe(struct metric *histogram, uint64_t value)
{
    REQUIRE(histogram->kind == METRIC_HISTOGRAM);
    for (size_t i = 0; i < histogram->bound_count; i++) {
        if (value <= histogram->bounds[i]) {
            atomic_fetch_add_explicit(&histogram->buckets[i], 1, memory_order_relaxed);
            break;
        }
    }
    atomic_fetch_add_explicit(&histogram->value, value, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->count, 1, memory_order_relaxed);
}

int64_t metric_value(const struct metric *metric)
{
    return (int64_t)atomic_load_explicit(&metric->value, memory_order_relaxed);
}

static enum err write_histogram(const struct metric *m, struct bytes_buf *out)
{
    const char *comma = m->labels[0] != '\0' ? "," : "";
    uint64_t below = 0;
    for (size_t i = 0; i < m->bound_count; i++) {
        below += atomic_load_explicit(&m->buckets[i], memory_order_relaxed);
        ERR_TRY(bytes_buf_printf(out, "%s_bucket{%s%sle=\"%" PRIu64 "\"} %" PRIu64 "\n", m->name,
                                 m->labels, comma, m->bounds[i], below));
    }
    uint64_t count = atomic_load_explicit(&m->count, memory_order_relaxed);
    uint64_t sum = atomic_load_explicit(&m->value, memory_order_relaxed);
    /* An observation between the two reads must not make the last bucket smaller than one before. */
    if (count < below) count = below;
    const char *open = m->labels[0] != '\0' ? "{" : "";
    const char *close = m->labels[0] != '\0' ? "}" : "";
    ERR_TRY(bytes_buf_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", m->name, m->labels,
                             comma, count));
    ERR_TRY(
        bytes_buf_printf(out, "%s_sum%s%s%s %" PRIu64 "\n", m->name, open, m->labels, close, sum));
    return bytes_buf_printf(out, "%s_count%s%s%s %" PRIu64 "\n", m->name, open, m->labels, close,
                            count);
}

static enum err write_one(const struct metric *m, struct bytes_buf *out)
{
    if (m->kind == METRIC_HISTOGRAM) return write_histogram(m, out);
    const char *open = m->labels[0] != '\0' ? "{" : "";
    const char *close = m->labels[0] != '\0' ? "}" : "";
    uint64_t value = atomic_load_explicit(&m->value, memory_order_relaxed);
    if (m->kind == METRIC_GAUGE) {
        return bytes_buf_printf(out, "%s%s%s%s %" PRId64 "\n", m->name, open, m->labels, close,
                                (int64_t)value);
    }
    return bytes_buf_printf(out, "%s%s%s%s %" PRIu64 "\n", m->name, open, m->labels, close, value);
}

static bool is_first_of_name(const struct metrics *metrics, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(metrics->list[i]->name, metrics->list[index]->name) == 0) return false;
    }
    return true;
}

/* The format wants all lines of one name together: the first of a name writes its family. */
enum err metrics_write(const struct metrics *metrics, struct bytes_buf *out)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    for (size_t i = 0; i < metrics->count; i++) {
        const struct metric *first = metrics->list[i];
        if (!is_first_of_name(metrics, i)) continue;
        ERR_TRY(bytes_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", first->name, first->help,
                                 first->name, types[first->kind]));
        for (size_t j = i; j < metrics->count; j++) {
            if (strcmp(metrics->list[j]->name, first->name) != 0) continue;
            ERR_TRY(write_one(metrics->list[j], out));
        }
    }
    return ERR_OK;
}
