#ifndef PROVER_PROVE_PROVE_ENV_H
#define PROVER_PROVE_PROVE_ENV_H
/* What a prover runs on: kernels and threads. Neither changes a byte of any proof.
 *
 * Threads: a plain constant value; the pool it names serves one caller at a time. Large memory comes
 * from prove_alloc. */
#include <stddef.h>

#include "common/field/kbv.h"
#include "prover/prove/parallel.h"

struct keccak_wide_ops;
struct poseidon_wide_ops;

struct prove_env {
    const struct kbv_ops *field;          /* vector kernels */
    const struct keccak_wide_ops *keccak; /* many hashes at a time */
    const struct poseidon_wide_ops *poseidon;
    struct parallel *threads; /* borrowed */
};

/* The fastest kernels of this machine. */
struct prove_env prove_env_best(struct parallel *threads);
/* Kernels of one instruction set (enum kbv_isa); field = NULL when it does not work here. */
struct prove_env prove_env_isa(enum kbv_isa isa, struct parallel *threads);

/* Runs task(ctx, i) for i = 0 .. n_tasks - 1, each once, on the pool's workers in equal shares. A task
 * writes only what belongs to its number, so results do not depend on the number of workers. */
void prove_tasks(const struct prove_env *env, size_t n_tasks, void (*task)(void *ctx, size_t i),
                 void *ctx);

/* Uninitialised memory, 64-byte aligned, huge pages for large blocks; release with prove_free.
 * NULL when memory is short. */
void *prove_alloc(size_t bytes);
void prove_free(void *p);
/* While anyone holds the pool, released blocks are kept for the next step or proof instead of being
 * given back: the kernel's zeroing of fresh pages would cost a quarter of a proof. A proof holds it
 * while it runs; a process that proves again and again holds it throughout. The last release gives
 * everything back. Any thread. */
void prove_pool_hold(void);
void prove_pool_release(void);
/* An extension vector in one block: prove_free(v.c[0]). False when memory is short. */
bool prove_alloc_ext(struct kb5v *v, size_t n);

#endif
