#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define KW_LANES 4
#define KW_NAME "avx2"
typedef __m256i kw;

static inline kw kw_set1(uint64_t x) { return _mm256_set1_epi64x((long long)x); }
static inline kw kw_xor(kw a, kw b) { return _mm256_xor_si256(a, b); }
static inline kw kw_xor3(kw a, kw b, kw c) { return kw_xor(kw_xor(a, b), c); }
#define kw_rol(a, n) _mm256_or_si256(_mm256_slli_epi64(a, n), _mm256_srli_epi64(a, 64 - (n)))
/* a ^ (~b & c) */
static inline kw kw_chi(kw a, kw b, kw c) { return kw_xor(a, _mm256_andnot_si256(b, c)); }
static inline kw kw_gather(const uint8_t *p, size_t stride)
{
    uint64_t w[KW_LANES];
    for (size_t i = 0; i < KW_LANES; i++)
        __builtin_memcpy(&w[i], p + i * stride, 8);
    return _mm256_loadu_si256((const void *)w);
}
static inline void kw_scatter(uint8_t *p, size_t stride, kw a)
{
    uint64_t w[KW_LANES];
    _mm256_storeu_si256((void *)w, a);
    for (size_t i = 0; i < KW_LANES; i++)
        __builtin_memcpy(p + i * stride, &w[i], 8);
}

#include "prover/prove/keccak_wide_lanes.h"

const struct keccak_wide_ops *keccak_wide_avx2(void)
{
    return &ops;
}
