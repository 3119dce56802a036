#ifndef PROVER_PROVE_SYSTEM_PROVE_H
#define PROVER_PROVE_SYSTEM_PROVE_H
/* The prover of a program: docs/protocol/proof.md section 4. It trusts its trace: a trace that the
 * mock checker refuses gives a proof that the verifier refuses.
 *
 * Threads:   one caller; loops run on report->threads threads (0: two). The proof depends neither on
 *            their number nor on the CPU.
 * Memory:    the trace, one copy of it, the fraction tree (80 * 2^N bytes), folded columns (up to
 *            10 bytes per cell that a constraint of degree >= 2 uses) and WHIR's code word (4 * 2^m
 *            over the rate); steps free what they used. */
#include <stdbool.h>

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "prover/ir/ir.h"
#include "prover/prove/proving_key.h"
#include "prover/verify/program.h"

struct prove_report {
    /* in, optional */
    unsigned threads;
    bool portable; /* without vector instructions: slow, the same bytes; for tests */
    void (*progress)(void *ctx, enum program_section section); /* before each section */
    void *ctx;
    /* out */
    double seconds[SECTION_COUNT]; /* wall time; the witness copy counts to SECTION_COMMIT */
    double seconds_total;
    size_t bytes[SECTION_COUNT];
};

/* Appends the proof (program->proof_len bytes) to `proof`. The trace must belong to the program's
 * system, which has no preprocessed columns. ERR_RANGE: a cell or public value is not below p.
 * ERR_NOMEM, ERR_TOO_LARGE (proof->max), ERR_INTERNAL (probability 2^-150). report may be NULL. */
MUST_CHECK enum err system_prove(const struct program *p, const struct ir_trace *trace,
                                 struct bytes_buf *proof, struct prove_report *report);
/* The same for a program with preprocessed columns, whose values are the key's: the trace's own are not
 * read. The key was made for this very program; NULL for other programs. */
MUST_CHECK enum err system_prove_key(const struct program *p, const struct proving_key *key,
                                     const struct ir_trace *trace, struct bytes_buf *proof,
                                     struct prove_report *report);

#endif
