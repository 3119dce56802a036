#include "common/field/kbv.h"

#include "common/field/kbv_tables.h"

const struct kbv_ops *kbv_ops_for(enum kbv_isa isa)
{
    switch (isa) {
    case KBV_PORTABLE:
        return kbv_portable_ops();
#ifdef KBV_X86
    case KBV_AVX2:
        return __builtin_cpu_supports("avx2") ? kbv_avx2_ops() : NULL;
    case KBV_AVX512:
        return __builtin_cpu_supports("avx512f") ? kbv_avx512_ops() : NULL;
#endif
    default:
        return NULL;
    }
}

const struct kbv_ops *kbv_ops_best(void)
{
    const struct kbv_ops *ops = NULL;
    for (int isa = KBV_N_ISA - 1; ops == NULL && isa >= 0; isa--)
        ops = kbv_ops_for((enum kbv_isa)isa);
    return ops;
}
