#ifndef AUDIT_L1_ABI_H
#define AUDIT_L1_ABI_H
/* The part of the Ethereum contract ABI that the auditor reads: words, nested tuples and byte
 * strings of calls and events. Own code, so that a mistake of the chain adapter is not repeated.
 *
 * Threads: pure. Every read is bounded by the given bytes (ERR_PARSE past them). */
#include "audit/blob.h"
#include "audit/statement.h"
#include "common/base/bytes.h"
#include "common/base/err.h"

/* First 4 (selector) or 32 (topic) bytes of keccak256(signature text). */
void l1_abi_selector(uint8_t out[4], const char *signature);
void l1_abi_topic(uint8_t out[32], const char *signature);

/* Word number `at / 32` of a block of words that starts at byte 0 of `data`. */
MUST_CHECK enum err l1_abi_word(uint8_t out[32], struct span data, size_t at);
/* ERR_PARSE if the word does not fit. */
MUST_CHECK enum err l1_abi_u64(uint64_t *out, struct span data, size_t at);
MUST_CHECK enum err l1_abi_u128(unsigned __int128 *out, struct span data, size_t at);
MUST_CHECK enum err l1_abi_address(uint8_t out[20], struct span data, size_t at);
/* The bytes argument whose offset (relative to the start of data) is in the word at `at`. */
MUST_CHECK enum err l1_abi_bytes(struct span *out, struct span data, size_t at);

/* Input of commitBatch(Statement, bytes[], uint64) or of commitBlobBatch(Statement, BlobSegment[], bytes,
 * uint64), selector included; segments and heads borrow from it. The opening is for the contract: who has
 * the blob needs none. */
enum { L1_SEGMENTS_MAX = 64 };
struct l1_commit {
    struct statement_facts statement;
    size_t n_segments;
    struct span segments[L1_SEGMENTS_MAX];
    bool has_blob; /* commitBlobBatch: these stand for segments */
    struct blob_segment blob_segments[BLOB_SEGMENTS_MAX];
    uint64_t epoch;
};
struct l1_abi_fault { /* why not: byte of the input */
    size_t offset;
    const char *what;
};
/* One encoding is taken, the one that every encoder writes: arguments and list elements side by side
 * in their order, no gap, no overlap, zero padding, nothing behind. A contract reads more than that;
 * an operator who commits so is not followed, or two readers could see two batches. */
MUST_CHECK enum err l1_abi_commit_batch(struct l1_commit *out, struct span input,
                                        struct l1_abi_fault *fault);
#endif
