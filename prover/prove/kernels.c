#include "prover/prove/kernels.h"

extern const struct kernels kernels_portable;
#if defined(__x86_64__)
extern const struct kernels kernels_avx2, kernels_avx512;
#endif

static const struct kernels *const *choose(void)
{
#if defined(__x86_64__)
    static const struct kernels *const all[4] = {&kernels_portable, &kernels_avx2, &kernels_avx512,
                                                 NULL};
    static const struct kernels *const middle[3] = {&kernels_portable, &kernels_avx2, NULL};
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return all;
    if (__builtin_cpu_supports("avx2")) return middle;
#endif
    static const struct kernels *const plain[2] = {&kernels_portable, NULL};
    return plain;
}

const struct kernels *const *kernels_all(void)
{
    return choose();
}

const struct kernels *kernels_best(void)
{
    const struct kernels *const *all = choose();
    size_t n = 0;
    while (all[n + 1] != NULL)
        n++;
    return all[n];
}
