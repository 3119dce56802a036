#ifndef TESTS_WHIR_FIXTURE_H
#define TESTS_WHIR_FIXTURE_H
/* A committed random polynomial with claims, proved and verified; shared by the WHIR tests. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prover/prove/whir_prove.h"
#include "prover/verify/whir_verify.h"

enum { FIX_MAX_CLAIMS = 8 };

struct fixture {
    struct whir_params params;
    uint64_t seed;
    kb *cells;     /* of f */
    kb *pre_cells; /* of g; NULL without preprocessed columns */
    uint8_t key[(size_t)32 << WHIR_MAX_PRE_CAP_LOG]; /* its cap, of the latest proof */
    size_t n_claims;
    struct whir_claim claims[FIX_MAX_CLAIMS];
    kb5 points[FIX_MAX_CLAIMS][WHIR_MAX_VARS];
    uint8_t program_id[32];
    uint8_t *proof;
    size_t proof_len;
};

/* Random cells and claims of mixed prefix lengths, with values by direct summation; with preprocessed
 * columns every other claim is about g. */
void fixture_init(struct fixture *f, const struct whir_params *p, size_t n_claims, uint64_t seed);
/* Proves into f->proof (replacing it) with the kernels and number of threads given. */
void fixture_prove(struct fixture *f, enum kbv_isa isa, size_t threads,
                   const struct transcript_observer *observer);
/* Verifies `len` bytes against f's claims; checks the end of the proof. */
enum err fixture_verify(const struct fixture *f, const uint8_t *proof, size_t len,
                        const struct transcript_observer *observer);
void fixture_free(struct fixture *f);

/* f(prefix, point) by the definition: sum over the cells with that prefix of cell * eq. */
kb5 fixture_eval(const kb *cells, uint32_t n_vars, const struct whir_claim *c);

/* A small deterministic generator, not the code under test. */
uint64_t fixture_random(uint64_t *state);
kb fixture_random_kb(uint64_t *state);
kb5 fixture_random_kb5(uint64_t *state);

#endif
