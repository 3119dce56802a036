#ifndef COMMON_LOOP_LOOP_H
#define COMMON_LOOP_LOOP_H
/* One libuv loop per process, its timers and its stop signals.
 *
 * Threads:   everything here runs on the thread that runs the loop.
 * Lifetime:  init -> (open things) -> run -> (close things) -> deinit. Objects with handles live
 *            until their closed callback. */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/base/err.h"

struct loop {
    uv_loop_t uv;
    uv_signal_t signals[2];
    unsigned signal_count; /* signal handles open */
    void (*on_signal)(void *ctx, int signum);
    void *signal_ctx;
};

MUST_CHECK enum err loop_init(struct loop *loop);
/* Calls cb on the loop for SIGINT and SIGTERM until loop_close_signals. Also ignores SIGPIPE. */
MUST_CHECK enum err loop_open_signals(struct loop *loop, void (*cb)(void *ctx, int signum),
                                      void *ctx);
void loop_close_signals(struct loop *loop);
/* Runs until no handle is active or loop_stop is called. */
void loop_run(struct loop *loop);
/* Runs what is ready without waiting; true if there is more to come. For tests and shutdown. */
bool loop_run_once(struct loop *loop);
void loop_stop(struct loop *loop);
/* Runs the remaining close callbacks, then closes. ERR_BUSY if some handle was left open: a bug of
 * its owner, which tests assert on. */
MUST_CHECK enum err loop_deinit(struct loop *loop);

/* A timer embedded in its owner. */
struct loop_timer {
    uv_timer_t handle;
    void (*cb)(void *ctx);
    void *ctx;
    void (*closed)(void *ctx);
    void *closed_ctx;
    bool is_open;
};

void loop_timer_open(struct loop_timer *timer, struct loop *loop, void (*cb)(void *ctx), void *ctx);
/* First call after delay_ms, then every repeat_ms (0: once). Restarts a running timer. */
void loop_timer_start(struct loop_timer *timer, uint64_t delay_ms, uint64_t repeat_ms);
void loop_timer_stop(struct loop_timer *timer);
/* No callback after it; closed (may be NULL) is called once, from the loop, then the memory is the
 * owner's again. A second close does nothing. */
void loop_timer_close(struct loop_timer *timer, void (*closed)(void *ctx), void *ctx);

#endif
