#ifndef CORE_OP_TX_H
#define CORE_OP_TX_H
/* A transaction as a client sends it and as the journal keeps it: the signed fields of one
 * operation (both halves of a cross-chain one) and one or two XMSS signatures, in canonical bytes.
 *
 *   version u8 = 1 | kind u8 (enum op_code) | body | per signature: height u8 | signature bytes
 *
 * Integers big-endian; the field order is the order in tx.c, written once for both directions.
 * Threads: pure. Limits: TX_BYTES_MAX. The tx hash is SHA-256 of all bytes: same bytes, same
 * transaction, so a client may send it again. */
#include <stddef.h>

#include "common/base/bytes.h"
#include "core/op/op.h"

enum { TX_VERSION = 1, TX_BYTES_MAX = 8 * 1024, TX_SIGNATURES_MAX = 2 };

struct tx_liquidity {
    struct liquidity_order order;
    struct op_auth auth[2]; /* side 0, side 1; deadline = the order's */
};
struct tx_create {
    struct create_order order;
    struct op_auth auth[2];
};
struct tx {
    uint8_t kind;   /* OP_OPEN, TRANSFER, WITHDRAW, CHANGE_KEY, CREATE, SWAP_IN (= a swap), ADD, REMOVE */
    uint16_t chain; /* of OPEN, TRANSFER, WITHDRAW, CHANGE_KEY; else unused (0) */
    union {
        struct op_open open;
        struct op_transfer transfer;
        struct op_withdraw withdraw;
        struct op_change_key change_key;
        struct swap_order swap;
        struct tx_liquidity liquidity;
        struct tx_create create;
    } u;
    uint8_t heights[TX_SIGNATURES_MAX];
    struct xmss_signature signatures[TX_SIGNATURES_MAX];
};

/* Signatures the kind carries: 0 (open), 1 or 2; -1 for an unknown kind. */
int tx_signature_count(uint8_t kind);
/* Appends the bytes. ERR_ARG for an unknown kind or height. */
MUST_CHECK enum err tx_encode(struct bytes_buf *out, const struct tx *tx);
/* Accepts exactly what tx_encode writes. *what names the field on ERR_PARSE. The op_auth's point to
 * out->signatures: out must not be copied afterwards without tx_link. */
MUST_CHECK enum err tx_decode(struct tx *out, struct span bytes, const char **what);
/* Points every op_auth of tx to tx's own signatures. */
void tx_link(struct tx *tx);
void tx_hash(uint8_t out[32], struct span bytes);
#endif
