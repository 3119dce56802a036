#include "prover/prove/prove_env.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/base/require.h"
#include "prover/prove/keccak_wide.h"
#include "prover/prove/poseidon_wide.h"

struct prove_env prove_env_isa(enum kbv_isa isa, struct parallel *threads)
{
    return (struct prove_env){.field = kbv_ops_for(isa), .keccak = keccak_wide_for(isa),
                              .poseidon = poseidon_wide_for(isa), .threads = threads};
}

struct prove_env prove_env_best(struct parallel *threads)
{
    return (struct prove_env){.field = kbv_ops_best(), .keccak = keccak_wide_best(),
                              .poseidon = poseidon_wide_best(), .threads = threads};
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

/* ---- blocks between two uses ---- */

/* Smaller blocks are the allocator's own business. Sanitizers see every block come and go. */
enum { KEEP_BYTES = 1 << 16, KEEP_MAX = 512 };
#ifdef HAWSER_SANITIZE
enum { KEEP = 0 };
#else
enum { KEEP = 1 };
#endif

static struct {
    pthread_mutex_t lock;
    size_t holders, n;
    void *block[KEEP_MAX];
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

void prove_pool_hold(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.holders++;
    pthread_mutex_unlock(&pool.lock);
}

void prove_pool_release(void)
{
    pthread_mutex_lock(&pool.lock);
    REQUIRE(pool.holders > 0);
    if (--pool.holders == 0)
        while (pool.n > 0)
            free(pool.block[--pool.n]);
    pthread_mutex_unlock(&pool.lock);
}

/* The smallest kept block that fits without wasting more than half of it. */
static void *pool_take(size_t bytes)
{
    size_t best = KEEP_MAX, best_size = SIZE_MAX;
    void *p = NULL;
    pthread_mutex_lock(&pool.lock);
    for (size_t i = 0; i < pool.n; i++) {
        const size_t size = malloc_usable_size(pool.block[i]);
        if (size < bytes || size / 2 > bytes || size >= best_size) continue;
        best = i;
        best_size = size;
    }
    if (best < KEEP_MAX) {
        p = pool.block[best];
        pool.block[best] = pool.block[--pool.n];
    }
    pthread_mutex_unlock(&pool.lock);
    return p;
}

void prove_free(void *p)
{
    bool kept = false;
    if (KEEP && p != NULL && malloc_usable_size(p) >= KEEP_BYTES) {
        pthread_mutex_lock(&pool.lock);
        kept = pool.holders > 0 && pool.n < KEEP_MAX;
        if (kept) pool.block[pool.n++] = p;
        pthread_mutex_unlock(&pool.lock);
    }
    if (!kept) free(p);
}

void *prove_alloc(size_t bytes)
{
    const size_t align = bytes >= HUGE_PAGE ? HUGE_PAGE : 64;
    if (bytes > SIZE_MAX - align) return NULL;
    const size_t size = (bytes + align - 1) / align * align;
    if (KEEP && size >= KEEP_BYTES) {
        void *kept = pool_take(size);
        if (kept != NULL) return kept;
    }
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
