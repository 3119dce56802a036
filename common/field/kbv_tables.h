#ifndef COMMON_FIELD_KBV_TABLES_H
#define COMMON_FIELD_KBV_TABLES_H
/* Private to common/field: the kernel tables of the instruction sets. The two vector ones exist
 * only in x86-64 builds, and may be called only where the CPU has the instructions. */
#include "common/field/kbv.h"

const struct kbv_ops *kbv_portable_ops(void);
const struct kbv_ops *kbv_avx2_ops(void);
const struct kbv_ops *kbv_avx512_ops(void);

#endif
