#ifndef PROVER_PROVE_KECCAK_WIDE_TABLES_H
#define PROVER_PROVE_KECCAK_WIDE_TABLES_H
/* Private to keccak_wide*.c: the tables of the instruction sets. */
#include "prover/prove/keccak_wide.h"

const struct keccak_wide_ops *keccak_wide_portable(void);
const struct keccak_wide_ops *keccak_wide_avx2(void);
const struct keccak_wide_ops *keccak_wide_avx512(void);

#endif
