/* Scheduler of the simulation: a heap of events in virtual time, stacks for the nodes. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "common/base/require.h"
#include "common/crypto/sha256.h"
#include "tests/sim/sim.h"

#ifdef HAWSER_SANITIZE
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

enum { STACK_BYTES = 4 << 20, LINE_MAX_BYTES = 600, DEFER_MS = 1, STACKS_MAX = 64 };

struct fiber {
    ucontext_t context;
    uint8_t *stack;
    void *fake; /* of the sanitizer */
    struct sim_node *node;
    unsigned life;
    void (*fn)(void *arg);
    void *arg;
    bool is_main, in_loop, is_over;
};

struct event {
    uint64_t at, seq;
    struct sim_node *node;
    unsigned life;
    struct fiber *fiber; /* to go on with; else fn(arg) */
    void (*fn)(void *arg);
    void *arg;
};

static struct {
    struct rng rng;
    uint64_t seed, now, seq, steps;
    struct event *heap;
    size_t n, cap;
    struct sim_node nodes[SIM_NODES_MAX];
    struct fiber *mains[SIM_NODES_MAX];
    unsigned n_nodes;
    ucontext_t scheduler;
    void *scheduler_fake;
    const void *scheduler_stack;
    size_t scheduler_size;
    struct fiber *running;
    struct { /* the callback that a loop runs next */
        void (*fn)(void *arg);
        void *arg;
    } call;
    uint8_t *stacks[STACKS_MAX];
    unsigned n_stacks;
    void (*on_death)(struct sim_node *node);
    void (*on_step)(void);
    uint8_t digest[32];
    bool verbose;
} s;

void sim_init(uint64_t seed)
{
    memset(&s, 0, sizeof s);
    s.seed = seed;
    rng_seed(&s.rng, seed);
}

uint64_t sim_seed(void)
{
    return s.seed;
}
uint64_t sim_now_ms(void)
{
    return s.now;
}
uint64_t sim_below(uint64_t n)
{
    return rng_below(&s.rng, n);
}
bool sim_chance(uint64_t per_mille)
{
    return per_mille > 0 && rng_below(&s.rng, 1000) < per_mille;
}
uint64_t sim_events(void)
{
    return s.steps;
}
struct sim_node *sim_current(void)
{
    return s.running == NULL ? NULL : s.running->node;
}
unsigned sim_node_count(void)
{
    return s.n_nodes;
}
struct sim_node *sim_node_at(unsigned i)
{
    return &s.nodes[i];
}
void sim_on_death(void (*cb)(struct sim_node *node))
{
    s.on_death = cb;
}
void sim_on_step(void (*cb)(void))
{
    s.on_step = cb;
}
void sim_set_verbose(bool on)
{
    s.verbose = on;
}
bool sim_verbose(void)
{
    return s.verbose;
}

/* ---- the log ---- */

void sim_note(const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    const char *name = s.running == NULL ? "-" : s.running->node->name;
    int n = snprintf(line, sizeof line, "%9.3f %-8s ", (double)s.now / 1000, name);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line + n, sizeof line - (size_t)n, format, args);
    va_end(args);
    uint8_t both[64];
    memcpy(both, s.digest, 32);
    sha256(both + 32, line, strlen(line));
    sha256(s.digest, both, sizeof both);
    if (s.verbose) printf("%s\n", line);
}

void sim_digest(uint8_t out[32])
{
    memcpy(out, s.digest, 32);
}

_Noreturn void sim_fail(const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    printf("sim: seed %llu at %.3f s: %s\n", (unsigned long long)s.seed, (double)s.now / 1000, line);
    (void)fflush(stdout);
    _Exit(1);
}

/* ---- heap of events, by (time, order of making) ---- */

static bool before(const struct event *a, const struct event *b)
{
    return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void heap_push(struct event e)
{
    if (s.n == s.cap) {
        s.cap = s.cap == 0 ? 1024 : 2 * s.cap;
        s.heap = realloc(s.heap, s.cap * sizeof *s.heap);
        REQUIRE(s.heap != NULL);
    }
    e.seq = s.seq++;
    size_t i = s.n++;
    while (i > 0 && before(&e, &s.heap[(i - 1) / 2])) {
        s.heap[i] = s.heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    s.heap[i] = e;
}

static struct event heap_pop(void)
{
    struct event first = s.heap[0];
    struct event last = s.heap[--s.n];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= s.n) break;
        if (child + 1 < s.n && before(&s.heap[child + 1], &s.heap[child])) child++;
        if (!before(&s.heap[child], &last)) break;
        s.heap[i] = s.heap[child];
        i = child;
    }
    if (s.n > 0) s.heap[i] = last;
    return first;
}

/* ---- stacks ---- */

static void switch_begin(void **fake, const void *bottom, size_t size)
{
#ifdef HAWSER_SANITIZE
    __sanitizer_start_switch_fiber(fake, bottom, size);
#else
    (void)fake;
    (void)bottom;
    (void)size;
#endif
}

static void switch_end(void *fake, const void **bottom, size_t *size)
{
#ifdef HAWSER_SANITIZE
    __sanitizer_finish_switch_fiber(fake, bottom, size);
#else
    (void)fake;
    (void)bottom;
    (void)size;
#endif
}

/* From a fiber back to the scheduler; returns when the fiber is resumed. */
static void yield_now(void)
{
    struct fiber *f = s.running;
    switch_begin(f->is_over ? NULL : &f->fake, s.scheduler_stack, s.scheduler_size);
    REQUIRE(swapcontext(&f->context, &s.scheduler) == 0);
    switch_end(f->fake, NULL, NULL);
}

static void stack_give(struct fiber *f)
{
    if (s.n_stacks == STACKS_MAX) {
        (void)munmap(f->stack, STACK_BYTES);
    } else {
#ifdef HAWSER_SANITIZE
        __asan_unpoison_memory_region(f->stack, STACK_BYTES);
#endif
        s.stacks[s.n_stacks++] = f->stack;
    }
    f->stack = NULL;
}

static void resume(struct fiber *f)
{
    s.running = f;
    switch_begin(&s.scheduler_fake, f->stack, STACK_BYTES);
    REQUIRE(swapcontext(&s.scheduler, &f->context) == 0);
    switch_end(s.scheduler_fake, NULL, NULL);
    s.running = NULL;
    if (f->is_over && !f->is_main) {
        stack_give(f);
        free(f);
    }
}

static void fiber_main(void)
{
    switch_end(NULL, &s.scheduler_stack, &s.scheduler_size);
    struct fiber *f = s.running;
    f->fn(f->arg);
    f->is_over = true;
    yield_now();
}

static struct fiber *fiber_new(struct sim_node *node, void (*fn)(void *arg), void *arg)
{
    struct fiber *f = calloc(1, sizeof *f);
    REQUIRE(f != NULL);
    *f = (struct fiber){.node = node, .life = node->life, .fn = fn, .arg = arg};
    if (s.n_stacks > 0) {
        f->stack = s.stacks[--s.n_stacks];
    } else {
        f->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        REQUIRE(f->stack != MAP_FAILED);
    }
    REQUIRE(getcontext(&f->context) == 0);
    f->context.uc_stack.ss_sp = f->stack;
    f->context.uc_stack.ss_size = STACK_BYTES;
    f->context.uc_link = NULL;
    makecontext(&f->context, fiber_main, 0);
    return f;
}

/* ---- nodes ---- */

struct sim_node *sim_node_new(const char *name, int (*run)(void *arg), void *arg)
{
    REQUIRE(s.n_nodes < SIM_NODES_MAX);
    struct sim_node *node = &s.nodes[s.n_nodes];
    *node = (struct sim_node){.id = s.n_nodes, .run = run, .arg = arg};
    (void)snprintf(node->name, sizeof node->name, "%s", name);
    s.n_nodes++;
    return node;
}

static void death(struct sim_node *node, int status)
{
    node->is_up = false;
    node->life++;
    node->exit_status = status;
    node->died_ms = s.now;
    sim_note("%s is down, status %d", node->name, status);
    if (s.on_death != NULL) s.on_death(node);
}

static void node_main(void *arg)
{
    struct sim_node *node = arg;
    int status = node->run(node->arg);
    death(node, status);
}

void sim_node_start(struct sim_node *node)
{
    REQUIRE(!node->is_up);
    node->life++;
    node->is_up = true;
    sim_note("%s starts", node->name);
    struct fiber *f = fiber_new(node, node_main, node);
    f->is_main = true;
    s.mains[node->id] = f;
    heap_push((struct event){.at = s.now, .node = node, .life = node->life, .fiber = f});
}

void sim_node_kill(struct sim_node *node)
{
    if (!node->is_up) return;
    death(node, -1);
    if (sim_current() != node) return;
    s.running->is_over = true;
    s.running->is_main = true; /* its stack is not given to another: frames of the dead lie there */
    yield_now();
    abort();
}

/* exit() of a node ends the node. */
_Noreturn void __real_exit(int status);
_Noreturn void __wrap_exit(int status);
_Noreturn void __wrap_exit(int status)
{
    if (s.running == NULL) __real_exit(status);
    death(s.running->node, status);
    s.running->is_over = true;
    s.running->is_main = true;
    yield_now();
    abort();
}

void sim_at(struct sim_node *node, uint64_t delay_ms, void (*fn)(void *arg), void *arg)
{
    heap_push((struct event){.at = s.now + delay_ms,
                             .node = node,
                             .life = node == NULL ? 0 : node->life,
                             .fn = fn,
                             .arg = arg});
}

void sim_thread(void (*fn)(void *arg), void *arg, uint64_t delay_ms)
{
    struct sim_node *node = sim_current();
    struct fiber *f = fiber_new(node, fn, arg);
    heap_push((struct event){.at = s.now + delay_ms, .node = node, .life = node->life, .fiber = f});
}

void sim_sleep_ms(uint64_t ms)
{
    struct fiber *f = s.running;
    if (f == NULL) return; /* the world does not wait */
    heap_push((struct event){.at = s.now + ms, .node = f->node, .life = f->life, .fiber = f});
    yield_now();
}

void sim_loop_wait(void)
{
    struct fiber *f = s.running;
    REQUIRE(f->is_main);
    f->in_loop = true;
    yield_now();
    f->in_loop = false;
    s.call.fn(s.call.arg);
}

static void dispatch(const struct event *e)
{
    if (e->node != NULL && e->node->life != e->life) return;
    if (e->fiber != NULL) {
        resume(e->fiber);
    } else if (e->node == NULL) {
        e->fn(e->arg);
    } else if (s.mains[e->node->id]->in_loop) {
        s.call.fn = e->fn;
        s.call.arg = e->arg;
        resume(s.mains[e->node->id]);
    } else { /* its loop does not run: starting, or blocked */
        struct event later = *e;
        later.at = s.now + DEFER_MS;
        heap_push(later);
    }
}

bool sim_run(bool (*done)(void *ctx), void *ctx, uint64_t until_ms)
{
    while (!done(ctx)) {
        if (s.n == 0 || s.heap[0].at > until_ms) return false;
        struct event e = heap_pop();
        s.now = e.at;
        dispatch(&e);
        s.steps++;
        if (s.on_step != NULL) s.on_step();
    }
    return true;
}
