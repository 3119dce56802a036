#define KBV_ISA 0
#define KBV_NAME "portable"
#define KBV_TAIL(call) (call) /* never reached: every length is full */
#include "common/field/kbv_kernels.h"
#include "common/field/kbv_tables.h"

const struct kbv_ops *kbv_portable_ops(void)
{
    return &ops;
}
