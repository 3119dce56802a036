#define KBV_ISA 2
#define KBV_NAME "avx512"
#define KBV_TAIL(call) (kbv_portable_ops()->call)
#include "common/field/kbv_tables.h"

#include "common/field/kbv_kernels.h"

const struct kbv_ops *kbv_avx512_ops(void)
{
    return &ops;
}
