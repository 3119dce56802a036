#ifndef COMMON_KZG_KZG_SETUP_H
#define COMMON_KZG_KZG_SETUP_H
/* Ethereum's KZG setup, loaded from arrays in the program (embed_setup.py).
 *
 * Two stages, because the second takes seconds: kzg_setup has what commitments, openings and
 * transforms need (about 0.1 s once), kzg_setup_cells all of it (about 3 s once), for cell proofs.
 *
 * Threads:   any; the first caller of a stage loads it, others wait.
 * Lifetime:  until the process ends. */
#include <ckzg.h>
#include <common/utils.h> /* c-kzg: bit_reversal_permutation */
#include <eip7594/fft.h>

/* Never NULL. */
const KZGSettings *kzg_setup(void);
/* NULL: out of memory. */
const KZGSettings *kzg_setup_cells(void);
#endif
