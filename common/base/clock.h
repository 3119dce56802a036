#ifndef COMMON_BASE_CLOCK_H
#define COMMON_BASE_CLOCK_H
/* Time as an interface, so that a simulation can own it.
 *
 * Threads:   the system clock is usable from any thread; others say so themselves.
 * Lifetime:  a struct clock is a value that borrows ctx. */

#include <stdint.h>

struct clock {
    /* Milliseconds since 1970-01-01 UTC; may jump. For protocol times and for people. */
    uint64_t (*wall_ms)(void *ctx);
    /* Milliseconds since some start; never goes back. For timeouts and durations. */
    uint64_t (*mono_ms)(void *ctx);
    void *ctx;
};

struct clock clock_system(void);

static inline uint64_t clock_wall_ms(const struct clock *clock)
{
    return clock->wall_ms(clock->ctx);
}

static inline uint64_t clock_mono_ms(const struct clock *clock)
{
    return clock->mono_ms(clock->ctx);
}

/* A clock that moves only when told to. clock_manual() borrows it. One thread. */
struct manual_clock {
    uint64_t wall_ms;
    uint64_t mono_ms;
};

struct clock clock_manual(struct manual_clock *manual);
void manual_clock_advance(struct manual_clock *manual, uint64_t by_ms);

#endif
