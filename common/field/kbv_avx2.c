#define KBV_ISA 1
#define KBV_NAME "avx2"
#define KBV_TAIL(call) (kbv_portable_ops()->call)
#include "common/field/kbv_tables.h"

#include "common/field/kbv_kernels.h"

const struct kbv_ops *kbv_avx2_ops(void)
{
    return &ops;
}
