#include "prover/prove/keccak_wide.h"

#include "common/crypto/keccak256.h"
#include "prover/prove/keccak_wide_tables.h"

static void hash(uint8_t *out, const uint8_t *in, size_t stride, size_t len, size_t n)
{
    for (size_t i = 0; i < n; i++)
        keccak256(out + 32 * i, in + i * stride, len);
}

static const struct keccak_wide_ops portable_ops = {"portable", hash};

const struct keccak_wide_ops *keccak_wide_portable(void)
{
    return &portable_ops;
}

const struct keccak_wide_ops *keccak_wide_for(enum kbv_isa isa)
{
    switch (isa) {
    case KBV_PORTABLE:
        return keccak_wide_portable();
#ifdef KBV_X86
    case KBV_AVX2:
        return __builtin_cpu_supports("avx2") ? keccak_wide_avx2() : NULL;
    case KBV_AVX512:
        return __builtin_cpu_supports("avx512f") ? keccak_wide_avx512() : NULL;
#endif
    default:
        return NULL;
    }
}

const struct keccak_wide_ops *keccak_wide_best(void)
{
    const struct keccak_wide_ops *ops = NULL;
    for (int isa = KBV_N_ISA - 1; ops == NULL && isa >= 0; isa--)
        ops = keccak_wide_for((enum kbv_isa)isa);
    return ops;
}
