#ifndef TESTS_INTEGRATION_VERIFIER_FILES_H
#define TESTS_INTEGRATION_VERIFIER_FILES_H
/* The files that the forge tests read. Everything aborts on an error. */
#include <stdbool.h>

#include "prover/verify/program.h"

/* DIR/CONTRACT.sol; when tracing also DIR/CONTRACT.marks. disabled: see struct solgen_options. */
void write_contract(const char *dir, const struct program *p, const char *contract, bool trace,
                    const char *disabled);
/* Proves, checks with the C verifier, and writes DIR/NAME.proof, .publics, .states, .layout. */
void write_proof(const char *dir, const char *name, const struct program *p,
                 const struct ir_trace *trace);

#endif
