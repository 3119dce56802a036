#ifndef PROVER_PROVE_KECCAK_WIDE_H
#define PROVER_PROVE_KECCAK_WIDE_H
/* Keccak-256 of many messages of one length, several in one register set; the same digests as
 * common/crypto/keccak256.h.
 *
 * Threads: pure functions; the tables are constants. */
#include <stddef.h>
#include <stdint.h>

#include "common/field/kbv.h"

struct keccak_wide_ops {
    const char *name;
    /* out[32 i ..] = keccak256 of the len bytes at in + i * stride, i < n. */
    void (*hash)(uint8_t *out, const uint8_t *in, size_t stride, size_t len, size_t n);
};

/* NULL when this build or this CPU lacks the instructions. */
const struct keccak_wide_ops *keccak_wide_for(enum kbv_isa isa);
const struct keccak_wide_ops *keccak_wide_best(void);

#endif
