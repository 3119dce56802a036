#include "prover/prove/prove_env.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "prover/prove/keccak_wide.h"

struct prove_env prove_env_isa(enum kbv_isa isa, struct parallel *threads)
{
    return (struct prove_env){
        .field = kbv_ops_for(isa), .keccak = keccak_wide_for(isa), .threads = threads};
}

struct prove_env prove_env_best(struct parallel *threads)
{
    return (struct prove_env){
        .field = kbv_ops_best(), .keccak = keccak_wide_best(), .threads = threads};
}

struct tasks {
    void (*task)(void *ctx, size_t i);
    void *ctx;
};

static void run_tasks(void *ctx, size_t worker, size_t from, size_t to)
{
    const struct tasks *t = ctx;
    (void)worker;
    for (size_t i = from; i < to; i++)
        t->task(t->ctx, i);
}

void prove_tasks(const struct prove_env *env, size_t n_tasks, void (*task)(void *ctx, size_t i),
                 void *ctx)
{
    struct tasks t = {task, ctx};
    parallel_run(env->threads, n_tasks, 1, run_tasks, &t);
}

#define HUGE_PAGE ((size_t)2 << 20)

void *prove_alloc(size_t bytes)
{
    const size_t align = bytes >= HUGE_PAGE ? HUGE_PAGE : 64;
    if (bytes > SIZE_MAX - align) return NULL;
    const size_t size = (bytes + align - 1) / align * align;
    void *p = aligned_alloc(align, size == 0 ? align : size);
    /* Advice only: without huge pages everything works, slower. */
    if (p != NULL && align == HUGE_PAGE) (void)madvise(p, size, MADV_HUGEPAGE);
    return p;
}

bool prove_alloc_ext(struct kb5v *v, size_t n)
{
    const size_t plane = (n + 15) / 16 * 16;
    if (plane > SIZE_MAX / (KB5_DEGREE * sizeof(kb))) return false;
    kb *p = prove_alloc(plane * KB5_DEGREE * sizeof(kb));
    if (p == NULL) return false;
    for (int i = 0; i < KB5_DEGREE; i++)
        v->c[i] = p + (size_t)i * plane;
    return true;
}
