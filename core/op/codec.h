#ifndef CORE_OP_CODEC_H
#define CORE_OP_CODEC_H
/* One published segment of a chain and batch (docs/protocol/state.md section 5): header, priority
 * region, withdrawal region, stream (REQ-PUB). A record holds exactly what is published; orders,
 * owners that are not published and signatures are not in it.
 *
 * Threads: pure. Limits: core/batch/limits.h; a segment past one is refused. */
#include <stddef.h>

#include "common/base/err.h"
#include "core/batch/limits.h"
#include "core/op/op.h"

enum {
    SEGMENT_VERSION = 2,
    SEGMENT_HEADER_BYTES = 44,
    SEGMENTS_MAX = 64, /* of a chain and batch */
    RECORD_DEPOSIT_BYTES = 42,
    RECORD_DEPOSIT_WITH_KEY_BYTES = 62,
    RECORD_SET_KEY_BYTES = 46,
    RECORD_EXIT_BYTES = 42,
    RECORD_WITHDRAW_BYTES = 44,
    RECORD_MARKER_BYTES = 1,
    RECORD_TRANSFER_BYTES = 17,
    RECORD_OPEN_BYTES = 21,
    RECORD_CHANGE_KEY_BYTES = 30,
    RECORD_CREATE_BYTES = 34,
    RECORD_SWAP_IN_BYTES = 16,
    RECORD_LIQUIDITY_BYTES = 17,
    RECORD_ESCAPE_BYTES = 4,
    RECORD_SWAP_OUT_FIXED_BYTES = 8,
    STEP_MAX = 63,
};

struct fee_entry { /* = struct fee_slot of core/batch/chain_trace.h */
    uint32_t token;
    uint8_t slot;
};
struct segment_header {
    uint16_t chain;
    uint32_t k, time;
    uint8_t segment, of; /* number among the chain's segments of the batch; 1..SEGMENTS_MAX */
    uint32_t fee_account; /* 0 = none */
    uint16_t n_priority, n_withdrawals;
    uint32_t priority_bytes, n_ops;
    struct fee_entry fees[BATCH_FEE_TOKENS];
};
/* lane and step as published; step 0 = the leaf was given by an ESCAPE record. */
struct record_auth {
    uint32_t account;
    uint8_t lane, step;
    uint32_t leaf; /* valid iff step = 0 */
};
struct record {
    uint8_t code; /* enum op_code */
    struct record_auth auth; /* WITHDRAW, TRANSFER, CHANGE_KEY, CREATE, SWAP_IN, ADD, REMOVE */
    union {
        struct op_priority priority; /* results as published */
        struct {
            uint8_t slot;
            uint32_t token;
            struct owner to;
            struct amount amount;
            struct packed_fee fee;
        } withdraw;
        struct {
            uint32_t to;
            uint8_t slot_from, slot_to;
            struct packed_amount amount;
            struct packed_fee fee;
        } transfer;
        struct {
            struct owner owner;
        } open;
        struct {
            uint8_t new_auth, new_height;
            struct key_root new_root;
            uint8_t fee_slot;
            struct packed_fee fee;
        } change_key;
        struct {
            uint8_t slot, share_slot;
            uint32_t token;
            struct packed_amount amount, shares;
            uint16_t other_chain;
            uint32_t other_id, other_token;
            uint16_t fee_bps, cap_bps;
            struct packed_fee fee;
        } create;
        struct {
            uint8_t slot;
            uint32_t pool;
            struct packed_amount amount;
            struct packed_fee fee;
        } swap_in;
        struct {
            uint8_t slot, share_slot;
            uint32_t pool;
            struct packed_amount shares;
            struct packed_fee fee;
        } liquidity;
        struct {
            uint32_t pool, to;
            uint8_t slot;
            struct amount amount;
        } swap_out;
    } u;
};
struct segment {
    struct segment_header header;
    uint32_t n_records;
    struct record records[BATCH_RECORDS_MAX]; /* in the order of execution */
};

/* Where and why bytes were refused. */
struct codec_error {
    size_t at;        /* offset in the segment */
    uint32_t record;  /* number of the record, UINT32_MAX outside the stream */
    const char *what; /* static text */
};

/* segment < of <= SEGMENTS_MAX. */
bool segment_number_ok(uint8_t segment, uint8_t of);
/* Writes both into the header of an encoded segment: `of` is known when the batch is sealed. */
void segment_number_write(uint8_t *bytes, uint8_t segment, uint8_t of);
/* What is published of an executed op (its out fields set). */
void record_from_op(struct record *out, uint16_t chain, const struct op *op);
/* Bytes the record takes in its region and in the stream, ESCAPE included. */
uint32_t record_size(const struct record *record);
/* Counts in the header (n_priority, n_withdrawals, priority_bytes, n_ops) are computed here.
 * ERR_TOO_LARGE past BATCH_BYTES_MAX, ERR_RANGE for a field outside its range. */
MUST_CHECK enum err segment_encode(const struct segment *segment, uint8_t out[BATCH_BYTES_MAX],
                                   uint32_t *n_bytes);
/* Accepts exactly what segment_encode can write: everything else is ERR_PARSE (malformed),
 * ERR_VERSION or ERR_TOO_LARGE (a limit), with *why filled. */
MUST_CHECK enum err segment_decode(struct segment *out, const uint8_t *bytes, size_t n,
                                   struct codec_error *why);
/* One priority record alone (also what the contract hashes, with outcome and results masked). */
uint32_t priority_record_size(uint8_t kind); /* 0 for an unknown kind */
void priority_record_write(uint8_t *out, const struct op_priority *p);
MUST_CHECK enum err priority_record_read(struct op_priority *out, const uint8_t *in, size_t n);
#endif
