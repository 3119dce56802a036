#ifndef PROVER_TRACE_WITNESS_H
#define PROVER_TRACE_WITNESS_H
/* Filling a leaf trace. The authors of op tables fill only their own tables, row by row; then
 * witness_answer evaluates every message those rows send and fills all tables that answer:
 * range16, poseidon, sponge, tree, access, balance, userhash, user, poolhash, pool, packed, pow10,
 * auth, wots, step, path, bytes, sha256, horner. Multiplicities of lookups are counted there too, also for
 * the header's (BUS_HEADER, BUS_FEE_SLOT, BUS_DEP, BUS_LENGTH) and every bus named to
 * witness_count: a table answers by a receive message whose multiplicity is an advice column.
 *
 *   witness_new -> { w_row, w_set ... } -> witness_answer -> witness_take -> prove
 *
 * Works with partial systems: a table that is not in the system is skipped.
 *
 * Errors:    sticky: the first one is kept with a text that names table and capacity (ERR_FULL), or
 *            what contradicts what (ERR_MISMATCH); later calls do nothing harmful. witness_answer
 *            and witness_take return it.
 * Threads:   one thread per witness; witness_answer lets the workers of witness_threads help. What
 *            they fill does not depend on their number.
 * Values:    canonical field elements (REQUIREd). */
#include "common/base/err.h"
#include "core/batch/chain_trace.h"
#include "prover/ir/ir.h"
#include "prover/prove/parallel.h"

struct witness;

/* The system must be finished and outlive the witness. ERR_NOMEM. */
MUST_CHECK enum err witness_new(struct witness **out, const struct ir_system *system);
void witness_free(struct witness *w);
/* Workers for witness_answer, borrowed until witness_free; none unless called. */
void witness_threads(struct witness *w, struct parallel *threads);

/* ---- own tables: `table` = its number in the system (ir_table_find) ---- */
/* The next unused row; past the table's height: ERR_FULL and row 0. */
uint32_t w_row(struct witness *w, uint32_t table);
void w_set(struct witness *w, uint32_t table, uint32_t row, uint32_t column, uint32_t value);
void w_set_n(struct witness *w, uint32_t table, uint32_t row, uint32_t first_column,
             const uint32_t *values, uint32_t n);
uint32_t w_rows_used(const struct witness *w, uint32_t table);
void w_public(struct witness *w, uint32_t index, uint32_t value);
/* By name, for tables with many columns (slower; aborts for a name that does not exist). */
void w_put(struct witness *w, uint32_t table, uint32_t row, const char *column, uint32_t value);
void w_put_n(struct witness *w, uint32_t table, uint32_t row, const char *column,
             const uint32_t *values, uint32_t n); /* column[0], column[1], .. */
/* Records an error (the first is kept). */
void w_fail(struct witness *w, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool w_failed(const struct witness *w);
const char *witness_error_text(const struct witness *w);

/* ---- running memory for fillers that need cell values between operations ----
 * Starts at the trace's `before` values; only what fillers store changes it; witness_answer does
 * not use it (it replays all accesses in the order of their times by itself). */
void w_mem_load(struct witness *w, const struct chain_trace *trace);
void w_mem_get(struct witness *w, uint32_t account, uint32_t slot, uint32_t value[8]);
void w_mem_set(struct witness *w, uint32_t account, uint32_t slot, const uint32_t value[8]);

/* ---- facts that no message carries ---- */
/* The signature of operation j (copied). */
void w_signature(struct witness *w, uint32_t j, const struct xmss_signature *signature);
/* A further bus whose answering table's multiplicity column is to be counted. */
void witness_count(struct witness *w, uint16_t bus);

/* Fills everything that answers. trace: cells before, tree rows, preimages, bytes. */
MUST_CHECK enum err witness_answer(struct witness *w, const struct chain_trace *trace);
/* Hands the trace over to the caller (ir_trace_free); the witness is empty afterwards. */
MUST_CHECK enum err witness_take(struct witness *w, struct ir_trace **out);
#endif
