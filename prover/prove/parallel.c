#include "prover/prove/parallel.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/base/require.h"

struct helper {
    struct parallel *p;
    size_t index; /* worker number, from 1 */
    pthread_t thread;
};

struct parallel {
    size_t workers;
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    size_t round;   /* number of the loop the helpers may run */
    size_t pending; /* helpers still running */
    bool stop;
    parallel_fn fn;
    void *ctx;
    size_t n, chunk;
    struct helper helpers[PARALLEL_MAX];
};

static void run_share(struct parallel *p, size_t worker)
{
    size_t from = worker * p->chunk, to = from + p->chunk;
    if (to > p->n) to = p->n;
    if (from < to) p->fn(p->ctx, worker, from, to);
}

static void *helper_main(void *arg)
{
    struct helper *h = arg;
    struct parallel *p = h->p;
    size_t seen = 0;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->round == seen && !p->stop)
            pthread_cond_wait(&p->start, &p->lock);
        if (p->stop) break;
        seen = p->round;
        pthread_mutex_unlock(&p->lock);
        run_share(p, h->index);
        pthread_mutex_lock(&p->lock);
        if (--p->pending == 0) pthread_cond_signal(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct parallel *parallel_new(size_t workers)
{
    struct parallel *p = calloc(1, sizeof *p);
    if (p == NULL) return NULL;
    if (workers < 1) workers = 1;
    if (workers > PARALLEL_MAX) workers = PARALLEL_MAX;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->start, NULL);
    pthread_cond_init(&p->done, NULL);
    p->workers = 1;
    while (p->workers < workers) {
        struct helper *h = &p->helpers[p->workers];
        h->p = p;
        h->index = p->workers;
        if (pthread_create(&h->thread, NULL, helper_main, h) != 0) break;
        p->workers++;
    }
    return p;
}

void parallel_free(struct parallel *p)
{
    if (p == NULL) return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->start);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 1; i < p->workers; i++)
        pthread_join(p->helpers[i].thread, NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->start);
    pthread_cond_destroy(&p->done);
    free(p);
}

size_t parallel_workers(const struct parallel *p)
{
    return p->workers;
}

void parallel_run(struct parallel *p, size_t n, size_t grain, parallel_fn fn, void *ctx)
{
    REQUIRE(grain > 0);
    if (p->workers == 1 || n < 2 * grain) {
        if (n > 0) fn(ctx, 0, 0, n);
        return;
    }
    size_t share = (n + p->workers - 1) / p->workers;
    share = (share + grain - 1) / grain * grain;
    pthread_mutex_lock(&p->lock);
    p->fn = fn;
    p->ctx = ctx;
    p->n = n;
    p->chunk = share;
    p->pending = p->workers - 1;
    p->round++;
    pthread_cond_broadcast(&p->start);
    pthread_mutex_unlock(&p->lock);
    run_share(p, 0);
    pthread_mutex_lock(&p->lock);
    while (p->pending > 0)
        pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}
