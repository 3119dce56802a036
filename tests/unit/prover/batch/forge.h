#ifndef TESTS_UNIT_PROVER_BATCH_FORGE_H
#define TESTS_UNIT_PROVER_BATCH_FORGE_H
/* Forged traces of the batch program that are right but for one rule: their faults are that rule's
 * constraint or bus and nothing else, so without the rule they would be accepted. One test at a time. */
#include "prover/trace/batch_internal.h"
#include "tests/unit/prover/air/faults.h"
#include "tests/unit/prover/batch/fixture.h"

extern const struct batch_size *const forge_size; /* BATCH_SIZE_SMALL */
extern struct ir_system *forge_sys;
/* Four chains: 0 has segments in three pairings, 3 takes no part. forge_case begins as a copy. */
extern struct batch_case forge_honest, forge_case;
extern struct ir_trace *forge_trace;

void forge_setup(void);
void forge_teardown(void);
/* forge_trace = the case's rows with `edit` (may be NULL) applied to them, then all that follows from
 * them, also when the witness could not answer every lookup. */
void forge_fill(void (*edit)(struct witness *));
/* Public values of a segment of the case; its row in table segment. */
uint32_t *forge_seg(uint32_t chain, uint32_t number);
uint32_t forge_row_of(uint32_t chain, uint32_t number);
/* Cells, in `edit` and afterwards. */
uint32_t *forge_cell(struct witness *w, const char *table, const char *name, uint32_t row);
uint32_t *forge_column(const char *table, const char *name);
uint32_t *forge_half(uint32_t pos); /* of the tape */
/* All messages from the tape as it is; digests to where they go. */
void forge_hash_again(void);
void forge_hash_block(const struct sha_fill *s, uint32_t block, uint32_t hash[8]);
/* The faults are a constraint "table: name" (or NULL) and these buses (ended by 0), nothing else. */
void forge_only(const char *what, const char *constraint, ...);
#endif
