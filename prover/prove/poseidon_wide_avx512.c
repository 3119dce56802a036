#include <immintrin.h>
#include <string.h>

#include "common/field/kb.h"
#include "prover/prove/poseidon_wide_tables.h"

typedef __m512i V;

/* Montgomery form to canonical: x 2^-32 mod p, sixteen words. */
static inline V canonical(V x)
{
    const V p = _mm512_set1_epi32((int)KB_P), inv = _mm512_set1_epi32((int)KB_P_INV);
    V q = _mm512_mullo_epi32(x, inv);
    V even = _mm512_mul_epu32(q, p), odd = _mm512_mul_epu32(_mm512_srli_epi64(q, 32), p);
    V m = _mm512_mask_mov_epi32(_mm512_srli_epi64(even, 32), 0xaaaa, odd); /* high words */
    V r = _mm512_sub_epi32(_mm512_setzero_si512(), m); /* 0 - m, plus p unless m = 0 */
    return _mm512_min_epu32(r, _mm512_add_epi32(r, p));
}

static inline V swap_bytes(V x)
{
    const V mask = _mm512_set1_epi32(0x00ff00ff);
    V a = _mm512_and_si512(_mm512_rol_epi32(x, 8), mask);
    V b = _mm512_andnot_si512(mask, _mm512_ror_epi32(x, 8));
    return _mm512_or_si512(a, b);
}

/* r[l] = words of lane l  ->  out[w] = word w of all lanes */
static inline void transpose(poseidon_tile out, V r[16])
{
    V t[16];
    for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 4; i++) {
        r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    /* r[4 i + j]: in 128-bit part q, word 4 q + j of lanes 4 i .. 4 i + 3 */
    for (int j = 0; j < 4; j++) {
        V a = _mm512_shuffle_i32x4(r[j], r[4 + j], 0x88), b = _mm512_shuffle_i32x4(r[j], r[4 + j], 0xdd);
        V c = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0x88);
        V d = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0xdd);
        _mm512_store_si512(out[j], _mm512_shuffle_i32x4(a, c, 0x88));
        _mm512_store_si512(out[4 + j], _mm512_shuffle_i32x4(b, d, 0x88));
        _mm512_store_si512(out[8 + j], _mm512_shuffle_i32x4(a, c, 0xdd));
        _mm512_store_si512(out[12 + j], _mm512_shuffle_i32x4(b, d, 0xdd));
    }
}

static void tile(poseidon_tile out, const kb *rows, size_t stride, size_t count)
{
    const __mmask16 mask = (__mmask16)((1u << count) - 1);
    V r[16];
    for (size_t i = 0; i < 16; i++)
        r[i] = canonical(_mm512_maskz_loadu_epi32(mask, rows + i * stride));
    transpose(out, r);
}

static void tile_nodes(poseidon_tile out, const uint8_t *in)
{
    V r[16];
    for (size_t i = 0; i < 16; i++)
        r[i] = swap_bytes(_mm512_loadu_si512((const void *)(in + 64 * i)));
    transpose(out, r);
}

static void digests(uint8_t out[32 * POSEIDON_LANES], uint32_t s[POSEIDON_DIGEST][POSEIDON_LANES])
{
    _Alignas(64) poseidon_tile lane; /* lane[l] = the elements of lane l, then zeros */
    V r[16];
    for (int i = 0; i < 8; i++) {
        r[i] = swap_bytes(_mm512_load_si512(s[i]));
        r[8 + i] = _mm512_setzero_si512();
    }
    transpose(lane, r);
    for (size_t i = 0; i < 16; i++)
        memcpy(out + 32 * i, lane[i], 32);
}

const struct poseidon_wide_ops *poseidon_wide_avx512(void)
{
    static const struct poseidon_wide_ops ops = {"avx512", KBV_AVX512, tile, tile_nodes,
                                                   digests};
    return &ops;
}
