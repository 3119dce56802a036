#ifndef PROVER_DUMP_DUMP_H
#define PROVER_DUMP_DUMP_H
/* The annotated transcript of one proof: what its verifier absorbs, samples, grinds, opens and computes,
 * in order, with the bytes of the proof that each step reads. Stable text that can be diffed; two dumps
 * part at the first step that differs.
 *
 * Text:      a step a line, numbered from 0; its values indented below, one a line:
 *              N absorb LABEL @OFFSET+BYTES -> STATE     (KEY, PUBLIC, POW: not bytes of the proof)
 *              N sample after LABEL -> STATE
 *              N grind BITS bits @OFFSET+BYTES -> STATE  (state before the nonce is absorbed)
 *              N open round R query Q index I @OFFSET+BYTES   (SHA-256 of each leaf and path)
 *              N value NAME
 *            `## SECTION @OFFSET` before the first step of a section; a table of sections and the result
 *            at the end. Values are hexadecimal as in the proof.
 * JSON:      one object with `steps`, each with `step`, `kind`, `section` and the numbers above.
 * Threads:   one caller per stream. Trust: publics and proof come from outside.
 * Source:    docs/protocol/proof.md sections 3 to 5, recursion.md sections 1, 2. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/base/err.h"
#include "prover/verify/program.h"
#include "prover/verify/system_verify.h"

struct dump_request {
    const char *layer; /* a name for the head of the dump */
    const struct program *program;
    const struct program_key *key; /* NULL without preprocessed columns */
    const uint32_t *publics;
    uint32_t n_publics; /* the program's */
    const uint8_t *proof;
    size_t len;
    bool json;
};

/* Writes the dump up to the first check that fails. ERR_OK: the proof verifies. ERR_PROOF: it does not,
 * *failed says why. ERR_NOMEM. Errors of the stream stay in it (ferror). */
MUST_CHECK enum err proof_dump(const struct dump_request *q, FILE *out,
                               enum verify_check *failed);
#endif
