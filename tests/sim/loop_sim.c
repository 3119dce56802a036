/* In the places of common/loop/loop.c, worker_pool.c and common/base/clock.c, and of the kernel's random
 * bytes: timers and threads of the simulation. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/require.h"
#include "common/loop/loop.h"
#include "common/loop/worker_pool.h"
#include "tests/sim/faults.h"
#include "tests/sim/sim.h"

enum { TIMERS_MAX = 512 };

/* ---- time ---- */

static uint64_t wall(void *ctx)
{
    (void)ctx;
    const struct sim_node *node = sim_current();
    int64_t skew = node == NULL ? 0 : node->skew_ms;
    return (uint64_t)((int64_t)(SIM_EPOCH_MS + sim_now_ms()) + skew);
}

static uint64_t mono(void *ctx)
{
    (void)ctx;
    return sim_now_ms() + 1000;
}

struct clock clock_system(void)
{
    return (struct clock){wall, mono, NULL};
}

int __wrap_nanosleep(const struct timespec *t, struct timespec *left);
int __wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
    (void)left;
    uint64_t ms = (uint64_t)t->tv_sec * 1000 + (uint64_t)t->tv_nsec / 1000000;
    sim_sleep_ms(ms < 200 ? 200 : ms); /* polling of what takes seconds */
    return 0;
}

enum err __wrap_random_secure(void *out, size_t len);
enum err __wrap_random_secure(void *out, size_t len)
{
    uint8_t *p = out;
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)sim_below(256);
    return ERR_OK;
}

static uint64_t manual_wall(void *ctx)
{
    return ((struct manual_clock *)ctx)->wall_ms;
}

static uint64_t manual_mono(void *ctx)
{
    return ((struct manual_clock *)ctx)->mono_ms;
}

struct clock clock_manual(struct manual_clock *manual)
{
    return (struct clock){manual_wall, manual_mono, manual};
}

void manual_clock_advance(struct manual_clock *manual, uint64_t by_ms)
{
    manual->wall_ms += by_ms;
    manual->mono_ms += by_ms;
}

/* ---- loop ---- */

enum err loop_init(struct loop *loop)
{
    memset(loop, 0, sizeof *loop);
    return ERR_OK;
}

enum err loop_open_signals(struct loop *loop, void (*cb)(void *ctx, int signum), void *ctx)
{
    loop->on_signal = cb;
    loop->signal_ctx = ctx;
    loop->signal_count = 2;
    return ERR_OK;
}

void loop_close_signals(struct loop *loop)
{
    loop->signal_count = 0;
}

/* A node is ended by killing it, so its loop runs for ever. */
void loop_run(struct loop *loop)
{
    (void)loop;
    for (;;)
        sim_loop_wait();
}

bool loop_run_once(struct loop *loop)
{
    (void)loop;
    sim_loop_wait();
    return true;
}

void loop_stop(struct loop *loop)
{
    (void)loop;
    sim_fail("a node stops its loop: not simulated, nodes are killed");
}

enum err loop_deinit(struct loop *loop)
{
    (void)loop;
    return ERR_OK;
}

/* ---- timers: an event names its timer by number, because the timer may be gone ---- */

static struct {
    uint64_t number;
    struct loop_timer *timer;
    struct sim_node *node;
    unsigned life;
    uint64_t repeat;
} timers[TIMERS_MAX];
static uint64_t last_number;

static size_t timer_find(uint64_t number)
{
    for (size_t i = 0; i < TIMERS_MAX; i++) {
        if (timers[i].number == number) return i;
    }
    return TIMERS_MAX;
}

void sim_timers_of_dead(const struct sim_node *node)
{
    for (size_t i = 0; i < TIMERS_MAX; i++) {
        if (timers[i].node == node) timers[i].number = 0;
    }
}

void loop_timer_open(struct loop_timer *timer, struct loop *loop, void (*cb)(void *ctx), void *ctx)
{
    (void)loop;
    *timer = (struct loop_timer){.cb = cb, .ctx = ctx, .is_open = true};
}

void loop_timer_stop(struct loop_timer *timer)
{
    if (!timer->is_open || timer->handle.start_id == 0) return;
    size_t i = timer_find(timer->handle.start_id);
    if (i < TIMERS_MAX) timers[i].number = 0;
    timer->handle.start_id = 0;
}

static void timer_fired(void *arg)
{
    uint64_t number = (uint64_t)(uintptr_t)arg;
    size_t i = timer_find(number);
    if (i == TIMERS_MAX) return;
    struct loop_timer *timer = timers[i].timer;
    if (timers[i].repeat > 0) {
        sim_at(timers[i].node, timers[i].repeat, timer_fired, arg);
    } else {
        timers[i].number = 0;
        timer->handle.start_id = 0;
    }
    timer->cb(timer->ctx);
}

void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms, uint64_t repeat_ms)
{
    REQUIRE(timer->is_open);
    loop_timer_stop(timer);
    size_t i = timer_find(0);
    REQUIRE(i < TIMERS_MAX);
    timers[i].number = ++last_number;
    timers[i].timer = timer;
    timers[i].node = sim_current();
    timers[i].repeat = repeat_ms;
    timer->handle.start_id = last_number;
    sim_at(timers[i].node, delay_ms, timer_fired, (void *)(uintptr_t)last_number);
}

struct closing {
    void (*closed)(void *ctx);
    void *ctx;
};

static void closing_run(void *arg)
{
    struct closing *c = arg;
    if (c->closed != NULL) c->closed(c->ctx);
    free(c);
}

void loop_timer_close(struct loop_timer *timer, void (*closed)(void *ctx), void *ctx)
{
    if (!timer->is_open) return;
    loop_timer_stop(timer);
    timer->is_open = false;
    struct closing *c = malloc(sizeof *c);
    REQUIRE(c != NULL);
    *c = (struct closing){closed, ctx};
    sim_at(sim_current(), 0, closing_run, c);
}

/* ---- threads ---- */

struct task {
    struct sim_node *node;
    struct worker_pool *pool;
    void (*work)(void *ctx);
    void (*done)(void *ctx);
    void *ctx;
};

void worker_pool_init(struct worker_pool *pool, struct loop *loop, size_t in_flight_max)
{
    *pool = (struct worker_pool){.loop = loop, .in_flight_max = in_flight_max};
}

static void task_done(void *arg)
{
    struct task t = *(struct task *)arg;
    free(arg);
    t.pool->in_flight--;
    t.done(t.ctx);
}

static void task_run(void *arg)
{
    struct task *t = arg;
    t->work(t->ctx);
    sim_at(t->node, sim_below(3), task_done, t);
}

enum err worker_pool_submit(struct worker_pool *pool, void (*work)(void *ctx),
                            void (*done)(void *ctx), void *ctx)
{
    if (pool->in_flight >= pool->in_flight_max) return ERR_FULL;
    struct task *t = malloc(sizeof *t);
    if (t == NULL) return ERR_NOMEM;
    *t = (struct task){sim_current(), pool, work, done, ctx};
    pool->in_flight++;
    sim_thread(task_run, t, sim_below(3));
    return ERR_OK;
}

void worker_pool_deinit(struct worker_pool *pool)
{
    REQUIRE(pool->in_flight == 0);
}
