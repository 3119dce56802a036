#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define KW_LANES 8
#define KW_NAME "avx512"
typedef __m512i kw;

static inline kw kw_set1(uint64_t x) { return _mm512_set1_epi64((long long)x); }
static inline kw kw_xor(kw a, kw b) { return _mm512_xor_si512(a, b); }
static inline kw kw_xor3(kw a, kw b, kw c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
#define kw_rol(a, n) _mm512_rol_epi64(a, n)
/* a ^ (~b & c) */
static inline kw kw_chi(kw a, kw b, kw c) { return _mm512_ternarylogic_epi64(a, b, c, 0xd2); }
static inline kw kw_gather(const uint8_t *p, size_t stride)
{
    const __m512i step = _mm512_mul_epu32(_mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7),
                                          _mm512_set1_epi64((long long)stride));
    return _mm512_i64gather_epi64(step, (const void *)p, 1);
}
static inline void kw_scatter(uint8_t *p, size_t stride, kw a)
{
    uint64_t w[KW_LANES];
    _mm512_storeu_si512((void *)w, a);
    for (size_t i = 0; i < KW_LANES; i++)
        __builtin_memcpy(p + i * stride, &w[i], 8);
}

#include "prover/prove/keccak_wide_lanes.h"

const struct keccak_wide_ops *keccak_wide_avx512(void)
{
    return &ops;
}
