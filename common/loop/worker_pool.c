#include "common/loop/worker_pool.h"

#include <stdlib.h>

#include "common/base/require.h"

struct task {
    uv_work_t request;
    struct worker_pool *pool;
    void (*work)(void *ctx);
    void (*done)(void *ctx);
    void *ctx;
};

void worker_pool_init(struct worker_pool *pool, struct loop *loop, size_t in_flight_max)
{
    REQUIRE(in_flight_max > 0);
    *pool = (struct worker_pool){.loop = loop, .in_flight_max = in_flight_max};
}

static void task_work(uv_work_t *request)
{
    struct task *task = request->data;
    task->work(task->ctx);
}

static void task_done(uv_work_t *request, int status)
{
    struct task *task = request->data;
    REQUIRE(status == 0); /* nothing here cancels work */
    void (*done)(void *ctx) = task->done;
    void *ctx = task->ctx;
    task->pool->in_flight--;
    free(task);
    done(ctx);
}

enum err worker_pool_submit(struct worker_pool *pool, void (*work)(void *ctx),
                            void (*done)(void *ctx), void *ctx)
{
    if (pool->in_flight >= pool->in_flight_max) return ERR_FULL;
    struct task *task = malloc(sizeof *task);
    if (task == NULL) return ERR_NOMEM;
    *task = (struct task){.pool = pool, .work = work, .done = done, .ctx = ctx};
    task->request.data = task;
    if (uv_queue_work(&pool->loop->uv, &task->request, task_work, task_done) != 0) {
        free(task);
        return ERR_NOMEM;
    }
    pool->in_flight++;
    return ERR_OK;
}

void worker_pool_deinit(struct worker_pool *pool)
{
    REQUIRE(pool->in_flight == 0);
}
