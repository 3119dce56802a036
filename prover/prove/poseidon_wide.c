#include "prover/prove/poseidon_wide.h"

#include <string.h>

#include "common/base/require.h"
#include "prover/prove/poseidon_wide_tables.h"
#include "prover/verify/labels.h"
#include "prover/verify/poseidon_chain.h"

#define ALIGNED _Alignas(64)
enum { LANES = POSEIDON_LANES, DIGEST = POSEIDON_DIGEST };

static void tile(poseidon_tile out, const kb *rows, size_t stride, size_t count)
{
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t w = 0; w < POSEIDON_STATE; w++)
            out[w][lane] = w < count ? kb_to_u32(rows[lane * stride + w]) : 0;
}

static void tile_nodes(poseidon_tile out, const uint8_t *in)
{
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t w = 0; w < POSEIDON_STATE; w++) {
            const uint8_t *b = in + 64 * lane + 4 * w;
            out[w][lane] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        }
}

static void digests(uint8_t out[32 * LANES], uint32_t s[DIGEST][LANES])
{
    for (size_t lane = 0; lane < LANES; lane++) {
        uint32_t digest[DIGEST];
        for (size_t k = 0; k < DIGEST; k++)
            digest[k] = s[k][lane];
        poseidon_digest_write(out + 32 * lane, digest);
    }
}

static const struct poseidon_wide_ops portable_ops = {"portable", KBV_PORTABLE, tile, tile_nodes,
                                                      digests};
#ifdef KBV_X86
static const struct poseidon_wide_ops avx2_ops = {"avx2", KBV_AVX2, tile, tile_nodes, digests};
#endif

const struct poseidon_wide_ops *poseidon_wide_for(enum kbv_isa isa)
{
    switch (isa) {
    case KBV_PORTABLE:
        return &portable_ops;
#ifdef KBV_X86
    case KBV_AVX2:
        return __builtin_cpu_supports("avx2") ? &avx2_ops : NULL;
    case KBV_AVX512:
        return __builtin_cpu_supports("avx512f") ? poseidon_wide_avx512() : NULL;
#endif
    default:
        return NULL;
    }
}

const struct poseidon_wide_ops *poseidon_wide_best(void)
{
    const struct poseidon_wide_ops *ops = NULL;
    for (int isa = KBV_N_ISA - 1; ops == NULL && isa >= 0; isa--)
        ops = poseidon_wide_for((enum kbv_isa)isa);
    return ops;
}

static void broadcast(uint32_t row[LANES], uint32_t x)
{
    for (size_t lane = 0; lane < LANES; lane++)
        row[lane] = x;
}

/* The first n <= LANES digests. */
static void write_digests(const struct poseidon_wide_ops *ops, uint8_t *out,
                          uint32_t s[DIGEST][LANES], size_t n)
{
    uint8_t all[32 * LANES];
    if (n == LANES) {
        ops->digests(out, s);
        return;
    }
    ops->digests(all, s);
    memcpy(out, all, 32 * n);
}

/* Sixteen whole rows. */
static void leaves(const struct poseidon_wide_ops *ops, uint8_t *out, const kb *rows, size_t stride,
                   size_t width, bool ext, size_t n)
{
    /* Row of the tile for each of the sixteen words of two chunks; coefficients from X^0. */
    static const uint8_t base_word[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint8_t ext_word[16] = {4, 3, 2, 1, 0, 9, 8, 7, 6, 5, 14, 13, 12, 11, 10, 15};
    const uint8_t *word = ext ? ext_word : base_word;
    const size_t group = ext ? 3 * KB5_DEGREE : 16;
    ALIGNED poseidon_tile t;
    ALIGNED uint32_t s[DIGEST][LANES];
    memset(s, 0, sizeof s);
    broadcast(s[0], ext ? TAG_MERKLE_LEAF_EXT : TAG_MERKLE_LEAF);
    broadcast(s[1], (uint32_t)(ext ? width / KB5_DEGREE : width));
    for (size_t at = 0; at < width; at += group) {
        const size_t left = width - at, count = left < group ? left : group;
        const size_t chunks = ext || count > DIGEST ? 2 : 1;
        ops->tile(t, rows + at, stride, count);
        for (size_t c = 0; c < chunks; c++) {
            const uint32_t *in[DIGEST];
            for (size_t k = 0; k < DIGEST; k++)
                in[k] = t[word[DIGEST * c + k]];
            poseidon_compress_lanes(ops->isa, s, in);
        }
    }
    write_digests(ops, out, s, n);
}

void poseidon_wide_leaves(const struct poseidon_wide_ops *ops, uint8_t *out, const kb *rows,
                          size_t stride, size_t width, bool ext, size_t n)
{
    REQUIRE(n <= LANES);
    REQUIRE(width % (ext ? KB5_DEGREE : DIGEST) == 0);
    if (n == LANES) {
        leaves(ops, out, rows, stride, width, ext, n);
        return;
    }
    for (size_t i = 0; i < n; i++) /* stride 0: one row in all lanes; tiny trees only */
        leaves(ops, out + 32 * i, rows + i * stride, 0, width, ext, 1);
}

static void nodes(const struct poseidon_wide_ops *ops, uint8_t *out, const uint8_t *in, size_t n)
{
    ALIGNED poseidon_tile t;
    const uint32_t *right[DIGEST];
    ops->tile_nodes(t, in);
    for (size_t k = 0; k < DIGEST; k++)
        right[k] = t[DIGEST + k];
    poseidon_compress_lanes(ops->isa, t, right);
    write_digests(ops, out, t, n);
}

void poseidon_wide_nodes(const struct poseidon_wide_ops *ops, uint8_t *out, const uint8_t *in,
                         size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        nodes(ops, out + 32 * i, in + 64 * i, LANES);
    if (i < n) {
        uint8_t rest[64 * LANES] = {0};
        memcpy(rest, in + 64 * i, 64 * (n - i));
        nodes(ops, out + 32 * i, rest, n - i);
    }
}

void poseidon_wide_grind(const struct poseidon_wide_ops *ops, const uint32_t s[POSEIDON_DIGEST],
                         uint32_t nonce, uint32_t last[POSEIDON_LANES])
{
    ALIGNED uint32_t state[DIGEST][LANES], chunk[DIGEST][LANES] = {{0}};
    const uint32_t *in[DIGEST];
    for (size_t k = 0; k < DIGEST; k++) {
        broadcast(state[k], s[k]);
        in[k] = chunk[k];
    }
    for (uint32_t lane = 0; lane < LANES; lane++)
        chunk[0][lane] = nonce + lane;
    broadcast(chunk[1], (uint32_t)LABEL_POW << 16 | 1);
    poseidon_compress_lanes(ops->isa, state, in);
    memcpy(last, state[DIGEST - 1], sizeof state[0]);
}
