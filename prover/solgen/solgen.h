#ifndef PROVER_SOLGEN_SOLGEN_H
#define PROVER_SOLGEN_SOLGEN_H
/* Writes Solidity contracts: the verifier of one program, and a harness that exposes the field and
 * transcript functions of the verifiers to tests.
 *
 * Everything a verifier does is laid out at generation time: the place of every element of the
 * proof, every loop bound, every constraint. Normative text: docs/protocol/proof.md.
 *
 * Threads: one thread. Errors: a program the generator cannot serve aborts (REQUIRE). */
#include "prover/solgen/plan.h"
#include "prover/solgen/text.h"

/* Names of the arithmetic ($P, $M, ...), of the errors and of the labels; see solgen_names.c. */
void solgen_names(struct text *t);
/* The functions f_* and t_* at the current indent. t_* use $TS. */
void solgen_prelude(struct text *t);
/* Writes the contract `FieldHarness` (contracts/test/verifier). */
void solgen_harness(struct text *t);

/* A part with tables is cut at so many bytes of code by the generator's estimate, which is within 3 % of
 * what the compiler makes of it: below the chain's limit of 24,576 (EIP-170). Whether it is below,
 * contracts/tools/compile.cjs checks. */
enum { SOLGEN_PART_BYTES = 23000 };

struct solgen_options {
    const char *contract;       /* name of the contract */
    const char *interface_path; /* of IProofVerifier.sol, as the contract imports it */
    /* Of a program whose key and statement are constants (the terminal): the contract is an
     * ITerminalVerifier then, which says both. NULL: an IProofVerifier. 32 bytes each. */
    const uint8_t *key_id, *key_set;
    uint32_t part_bytes;        /* estimated bytes of code in one contract; > 0 */
    /* for tests only: */
    bool trace;           /* hand out gas marks and transcript states instead of the answer */
    struct text *marks;   /* gets the names of the gas marks, one a line; may be NULL */
    const char *disabled; /* leave out the checks of this error; NULL = none */
};

/* The contracts of a verifier: [0] is the entry <contract>, whose constructor takes the
 * addresses of the others in their order. It imports <contract>Hashes.sol, a library with the code
 * hash of each part that the compile step writes (contracts/tools/verifiers.cjs). */
enum { SOLGEN_MAX_FILES = 14, SOLGEN_NAME_SIZE = 64 };
struct solgen_files {
    uint32_t n;
    struct {
        char name[SOLGEN_NAME_SIZE]; /* of the contract; the file is <name>.sol */
        struct text text;
    } file[SOLGEN_MAX_FILES];
};
/* Returns the length of a proof in bytes; solgen_files_free. */
uint32_t solgen_contracts(const struct plan *p, const struct solgen_options *options,
                          struct solgen_files *files);
void solgen_files_free(struct solgen_files *files);

#endif
