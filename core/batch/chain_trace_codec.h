#ifndef CORE_BATCH_CHAIN_TRACE_CODEC_H
#define CORE_BATCH_CHAIN_TRACE_CODEC_H
/* A chain_trace as bytes: the job that a prover worker receives. Same program version on both
 * sides (the version byte is checked); integers big-endian.
 *
 * Threads: pure. Limits: counts are those of core/batch/limits.h; CHAIN_TRACE_BYTES_MAX. */
#include "common/base/bytes.h"
#include "core/batch/chain_trace.h"

enum { CHAIN_TRACE_CODEC_VERSION = 4, CHAIN_TRACE_BYTES_MAX = 8 * 1024 * 1024 };

MUST_CHECK enum err chain_trace_write(struct bytes_buf *out, const struct chain_trace *trace);
/* The same without what the pairing program does not look at: a trace whose operations are those with
 * tuples, without signatures, tree rows, bytes and blob. So all sides of a slice fit one message. */
MUST_CHECK enum err chain_trace_write_halves(struct bytes_buf *out,
                                             const struct chain_trace *trace);
/* *out is the caller's: chain_trace_free. ERR_PARSE for anything malformed or past a limit. */
MUST_CHECK enum err chain_trace_read(struct chain_trace **out, struct span bytes);
#endif
