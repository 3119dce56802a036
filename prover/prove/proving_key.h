#ifndef PROVER_PROVE_PROVING_KEY_H
#define PROVER_PROVE_PROVING_KEY_H
/* The preprocessed columns of a program, encoded and committed once, for all its proofs.
 *
 * Threads:   immutable after proving_key_new; any number of proofs may share one.
 * Lifetime:  borrows the program; the values given to proving_key_new are copied.
 * Memory:    4 * 2^m_g bytes (twice that with fewer than 16 lanes) and 64 bytes per leaf.
 * Source:    docs/protocol/recursion.md section 2. */
#include "common/base/err.h"
#include "prover/prove/whir_pre.h"
#include "prover/verify/program.h"

struct proving_key {
    const struct program *program;
    kb *cells; /* g: 2^m_g values in Montgomery form and KERNEL_LANES of padding */
    struct whir_key code;
    struct program_key verify; /* all that a verifier needs */
};

/* pre[table][column][row]: canonical values; the entries of tables without preprocessed columns are
 * not read. threads: 0 means two. ERR_ARG: the program has no such columns; ERR_RANGE: a value is not
 * below p; ERR_TOO_LARGE: multiplicities could add up to p; ERR_NOMEM. */
MUST_CHECK enum err proving_key_new(const struct program *p, const uint32_t *const *const *pre,
                                    unsigned threads, struct proving_key **out);
/* The same with the kernels and threads of env; the key depends on neither. */
MUST_CHECK enum err proving_key_new_env(const struct program *p, const uint32_t *const *const *pre,
                                        const struct prove_env *env, struct proving_key **out);
void proving_key_free(struct proving_key *k);

#endif
