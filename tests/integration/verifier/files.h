#ifndef TESTS_INTEGRATION_VERIFIER_FILES_H
#define TESTS_INTEGRATION_VERIFIER_FILES_H
/* The files that the forge tests read. Everything aborts on an error. */
#include <stdbool.h>

#include "common/base/bytes.h"
#include "prover/prove/proving_key.h"
#include "prover/verify/program.h"

/* DIR/CONTRACT.sol, a file for each of its parts and their names in DIR/CONTRACT.parts; when
 * tracing also DIR/CONTRACT.marks. Options: see struct solgen_options. */
struct contract_options {
    uint32_t part_bytes;
    bool trace;
    const char *disabled;
    const struct program_key *key; /* of a program with preprocessed columns */
};
void write_contract(const char *dir, const struct program *p, const char *contract,
                    struct contract_options options);
/* Proves, checks with the C verifier, and writes DIR/NAME.proof, .publics, .states, .layout. */
void write_proof(const char *dir, const char *name, const struct program *p,
                 const struct proving_key *key, const struct ir_trace *trace);

/* DIR/NAME.proof and .publics. */
void write_bytes(const char *dir, const char *name, const struct bytes_buf *proof,
                 const uint32_t *publics, uint32_t n_publics);

#endif
