#include "common/base/clock.h"

#include <stddef.h>
#include <time.h>

#include "common/base/require.h"

static uint64_t read_ms(clockid_t id)
{
    struct timespec now;
    REQUIRE(clock_gettime(id, &now) == 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t system_wall_ms(void *ctx)
{
    (void)ctx;
    return read_ms(CLOCK_REALTIME);
}

static uint64_t system_mono_ms(void *ctx)
{
    (void)ctx;
    return read_ms(CLOCK_MONOTONIC);
}

struct clock clock_system(void)
{
    return (struct clock){system_wall_ms, system_mono_ms, NULL};
}

static uint64_t manual_wall_ms(void *ctx)
{
    return ((struct manual_clock *)ctx)->wall_ms;
}

static uint64_t manual_mono_ms(void *ctx)
{
    return ((struct manual_clock *)ctx)->mono_ms;
}

struct clock clock_manual(struct manual_clock *manual)
{
    return (struct clock){manual_wall_ms, manual_mono_ms, manual};
}

void manual_clock_advance(struct manual_clock *manual, uint64_t by_ms)
{
    manual->wall_ms += by_ms;
    manual->mono_ms += by_ms;
}
