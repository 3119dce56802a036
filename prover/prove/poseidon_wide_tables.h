#ifndef PROVER_PROVE_POSEIDON_WIDE_TABLES_H
#define PROVER_PROVE_POSEIDON_WIDE_TABLES_H
/* The tables of single instruction sets; poseidon_wide.c chooses. Threads: constants. */
#include "prover/prove/poseidon_wide.h"

const struct poseidon_wide_ops *poseidon_wide_avx512(void);

#endif
