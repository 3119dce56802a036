#ifndef CORE_OP_REQUEST_H
#define CORE_OP_REQUEST_H
/* What the sequencer is asked to do: the signed content of one operation of a user (of both halves
 * if it is one across chains) or one priority request of an L1. The journal stores these bytes; the
 * API carries them. Nothing in a request is filled in by the sequencer.
 *
 * Threads: pure. Plain data; the `signature` pointers inside auth are ignored: signatures are the
 * array at the end. */
#include <stddef.h>

#include "common/base/err.h"
#include "core/op/op.h"

enum request_kind {
    REQUEST_OPEN = 1,
    REQUEST_TRANSFER = 2,
    REQUEST_WITHDRAW = 3,
    REQUEST_CHANGE_KEY = 4,
    REQUEST_SWAP = 5,
    REQUEST_ADD = 6,
    REQUEST_REMOVE = 7,
    REQUEST_CREATE = 8,
    REQUEST_PRIORITY = 9,
};
enum { REQUEST_VERSION = 1, REQUEST_BYTES_MAX = 4096 };

struct request {
    uint8_t kind;   /* enum request_kind */
    uint16_t chain; /* index; of the input side for a swap; unused for add, remove, create */
    union {
        struct op_open open;
        struct op_transfer transfer;
        struct op_withdraw withdraw;
        struct op_change_key change_key;
        struct swap_order swap; /* chain = swap.chain */
        struct {
            struct liquidity_order order;
            struct op_auth auth[2]; /* account, lane, leaf of each side */
        } liquidity;
        struct {
            struct create_order order;
            struct op_auth auth[2];
        } create;
        struct op_priority priority; /* as requested: outcome and results ignored */
    } u;
    uint8_t n_signatures;             /* 0, 1 or 2 = sides */
    uint8_t signature_height[2];      /* of the signing key: 12 or 18 */
    struct xmss_signature signatures[2];
};

/* Number of signatures the kind needs: 0, 1 or 2. */
uint32_t request_signatures(uint8_t kind);
/* Bytes: version u8, kind u8, chain u16, fields big-endian in the order of the struct (deadline of
 * the common order once), then per signature height u8 and its elements. with_signatures = false
 * writes n_signatures 0 (a pruned journal entry, the operation's identity). ERR_TOO_LARGE never
 * happens for buffers of REQUEST_BYTES_MAX. */
MUST_CHECK enum err request_encode(const struct request *r, bool with_signatures, uint8_t *out,
                                   size_t size, size_t *n);
/* Refuses what is malformed (ERR_PARSE): unknown kind, field out of range, bytes left over; and other
 * versions (ERR_VERSION). */
MUST_CHECK enum err request_decode(struct request *out, const uint8_t *in, size_t n);
/* SHA-256("HAWSER-REQUEST-1" | bytes without signatures): the operation's id for clients. */
void request_id(uint8_t id[32], const struct request *r);
/* The message each side's key signs, given the account's key changes. side 0 or 1 (1 only for the
 * two-sided kinds). */
MUST_CHECK enum err request_digest(struct digest8 *out, const uint32_t dep[8],
                                   const struct request *r, uint32_t side, uint32_t changes);
#endif
