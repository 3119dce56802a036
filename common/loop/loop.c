#include "common/loop/loop.h"

#include <signal.h>
#include <stddef.h>

#include "common/base/require.h"

enum err loop_init(struct loop *loop)
{
    *loop = (struct loop){.signal_count = 0};
    return uv_loop_init(&loop->uv) == 0 ? ERR_OK : ERR_NOMEM;
}

static void signal_arrived(uv_signal_t *handle, int signum)
{
    struct loop *loop = handle->data;
    loop->on_signal(loop->signal_ctx, signum);
}

enum err loop_open_signals(struct loop *loop, void (*cb)(void *ctx, int signum), void *ctx)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    REQUIRE(loop->signal_count == 0);
    loop->on_signal = cb;
    loop->signal_ctx = ctx;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (sigaction(SIGPIPE, &ignore, NULL) != 0) return ERR_IO;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        uv_signal_t *handle = &loop->signals[i];
        int rc = uv_signal_init(&loop->uv, handle);
        if (rc == 0) {
            handle->data = loop;
            loop->signal_count++;
            rc = uv_signal_start(handle, signal_arrived, numbers[i]);
        }
        if (rc != 0) {
            loop_close_signals(loop);
            return ERR_IO;
        }
    }
    return ERR_OK;
}

void loop_close_signals(struct loop *loop)
{
    for (unsigned i = 0; i < loop->signal_count; i++) {
        uv_close((uv_handle_t *)&loop->signals[i], NULL);
    }
    loop->signal_count = 0;
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

bool loop_run_once(struct loop *loop)
{
    return uv_run(&loop->uv, UV_RUN_NOWAIT) != 0;
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

enum err loop_deinit(struct loop *loop)
{
    loop_close_signals(loop);
    /* Close callbacks run here; a few rounds are enough for handles closed in close callbacks. */
    for (int round = 0; round < 16; round++) {
        if (uv_loop_close(&loop->uv) == 0) return ERR_OK;
        uv_run(&loop->uv, UV_RUN_NOWAIT);
    }
    return ERR_BUSY;
}

void loop_timer_open(struct loop_timer *timer, struct loop *loop, void (*cb)(void *ctx), void *ctx)
{
    *timer = (struct loop_timer){.cb = cb, .ctx = ctx, .is_open = true};
    REQUIRE(uv_timer_init(&loop->uv, &timer->handle) == 0);
    timer->handle.data = timer;
}

static void timer_fired(uv_timer_t *handle)
{
    struct loop_timer *timer = handle->data;
    timer->cb(timer->ctx);
}

void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms, uint64_t repeat_ms)
{
    REQUIRE(timer->is_open);
    /* libuv counts from the time the loop last looked, which may be long ago in a busy callback. */
    uv_update_time(timer->handle.loop);
    REQUIRE(uv_timer_start(&timer->handle, timer_fired, delay_ms, repeat_ms) == 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
    if (timer->is_open) REQUIRE(uv_timer_stop(&timer->handle) == 0);
}

static void timer_closed(uv_handle_t *handle)
{
    struct loop_timer *timer = handle->data;
    if (timer->closed != NULL) timer->closed(timer->closed_ctx);
}

void loop_timer_close(struct loop_timer *timer, void (*closed)(void *ctx), void *ctx)
{
    if (!timer->is_open) return;
    timer->is_open = false;
    timer->closed = closed;
    timer->closed_ctx = ctx;
    uv_close((uv_handle_t *)&timer->handle, timer_closed);
}
