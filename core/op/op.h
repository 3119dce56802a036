#ifndef CORE_OP_OP_H
#define CORE_OP_OP_H
/* One record of a chain's stream with everything the rules, the published bytes and the witness
 * need: what the user signed plus what the sequencer filled in (ids, amounts, outcomes, x).
 *
 * Plain data, no ownership: copy freely. All field elements canonical (< p). Rules of every kind:
 * docs/protocol/state.md section 4. The executor (core/rules) fills the fields marked (out). */
#include <stdbool.h>
#include <stdint.h>

#include "common/xmss/xmss.h"

#define ACCOUNT_NEW 0xFFFFFFu
#define TOKEN_SHARE_BIT (1u << 24)
#define CHAIN_NONE 0xFFFFu

struct amount { /* < 2^112; two 64-bit words, low first; hi < 2^48 */
    uint64_t lo, hi;
};
struct packed_amount { /* 5 bytes: m * 32 + e, docs/protocol/state.md REQ-AMT-1 */
    uint64_t bits;     /* < 2^40 */
};
struct packed_fee {
    uint16_t bits;
};
struct owner {
    uint8_t bytes[20];
};
struct key_root {
    uint32_t e[XMSS_DIGEST];
};
struct cell {
    uint32_t e[8];
};
struct digest8 {
    uint32_t e[8];
};

enum op_code { /* first byte of the stream record; SWAP_OUT is published as 0x20 + n */
    OP_PRIORITY = 0x01,
    OP_WITHDRAW = 0x02,
    OP_TRANSFER = 0x03,
    OP_OPEN = 0x04,
    OP_CHANGE_KEY = 0x05,
    OP_CREATE = 0x06,
    OP_SWAP_IN = 0x07,
    OP_ADD = 0x08,
    OP_REMOVE = 0x09,
    OP_ESCAPE = 0x0f,
    OP_SWAP_OUT = 0x20,
};
enum priority_kind {
    PRIORITY_DEPOSIT = 1,
    PRIORITY_DEPOSIT_WITH_KEY = 2,
    PRIORITY_SET_KEY = 3,
    PRIORITY_EXIT = 4,
};
enum priority_outcome {
    OUTCOME_APPLIED = 0,
    OUTCOME_NO_ACCOUNT = 1,
    OUTCOME_NOT_OWNER = 2,
    OUTCOME_SLOT = 3,
    OUTCOME_FULL = 4,
    OUTCOME_SAME_KEY = 5,
};

/* The signed part common to all signed kinds. `signature` travels beside the op (it is pruned
 * after execution) and is NULL in ops rebuilt from L1. */
struct op_auth {
    uint32_t account;
    uint32_t changes;  /* (out) key changes before the operation, as signed */
    uint8_t lane;
    uint32_t leaf;     /* within the lane */
    uint32_t next;     /* (out) the lane's counter before the operation */
    uint32_t deadline;
    const struct xmss_signature *signature;
};

struct op_open {
    struct owner owner;
    uint32_t id; /* (out) */
};
struct op_transfer {
    struct op_auth auth;
    uint32_t to;
    struct owner to_owner;
    uint8_t slot_from, slot_to;
    uint32_t token;
    struct packed_amount amount;
    struct packed_fee fee;
};
struct op_withdraw {
    struct op_auth auth;
    uint8_t slot;
    uint32_t token;
    struct owner to; /* L1 address paid */
    struct amount amount;
    struct packed_fee fee;
};
struct op_change_key {
    struct op_auth auth;
    uint8_t new_auth, new_height;
    struct key_root new_root;
    uint8_t fee_slot;
    uint32_t fee_token; /* 0 iff fee.bits' value is 0 */
    struct packed_fee fee;
};

struct pool_half { /* preimage of a pool's slot 0, without the kind */
    uint32_t own_chain, own_id, own_token, other_chain, other_id, other_token;
    uint32_t fee_bps, cap_bps, flags;
};

/* The swap order, as signed on the input chain (44 elements with the preamble). */
struct swap_order {
    struct op_auth auth;
    uint16_t chain;   /* input chain */
    uint8_t slot_in;
    uint32_t pool_in; /* pool's account on the input chain */
    uint32_t token_in, token_out;
    struct packed_amount amount;
    struct packed_fee fee;
    uint16_t to_chain;
    struct owner to_owner;
    uint32_t to_account;
    uint8_t to_slot;
    struct amount minimum;
};
struct op_swap_in {
    struct swap_order order;
    uint32_t x;
    struct pool_half pool;   /* (out) */
    struct amount reserve;   /* (out) before */
};
struct op_swap_out {
    uint32_t pool_id, to, x;
    uint8_t slot;
    struct amount amount;       /* a1 */
    struct digest8 order_hash;  /* free value for this chain's leaf */
    struct pool_half pool;      /* (out) */
    struct owner to_owner;      /* (out) opened from the credited account */
    struct amount reserve;      /* (out) before */
};

struct liquidity_side {
    uint16_t chain;
    uint32_t pool_id, account, token;
    uint8_t slot, share_slot;
    struct packed_fee fee;
    struct amount limit;
};
struct liquidity_order { /* common part of ADD and REMOVE */
    uint8_t kind; /* OP_ADD or OP_REMOVE */
    struct liquidity_side side[2];
    struct packed_amount shares;
    uint32_t deadline;
};
struct create_side {
    uint16_t chain;
    uint32_t account, token;
    uint8_t slot, share_slot;
    struct packed_fee fee;
    struct packed_amount amount;
};
struct create_order {
    struct create_side side[2];
    struct packed_amount shares;
    uint32_t fee_bps, cap_bps, flags;
    uint32_t deadline;
};
struct op_liquidity { /* one half of ADD or REMOVE */
    struct op_auth auth; /* of this chain's account; deadline = the order's */
    uint8_t role;        /* which side of the order lies on this chain */
    uint32_t x;
    struct liquidity_order order;
    struct pool_half pool;          /* (out) */
    struct amount amount;           /* (out) moved */
    struct amount reserve, supply;  /* (out) before */
};
struct op_create {
    struct op_auth auth;
    uint8_t role;
    uint32_t x;
    struct create_order order;
    uint32_t id;       /* (out) own pool account */
    uint32_t other_id; /* the other half's pool account: named by the sequencer, checked by pairing */
};

struct op_priority {
    uint8_t kind, outcome; /* outcome (out) */
    uint32_t id;           /* as requested; ACCOUNT_NEW = create */
    uint32_t new_id;       /* (out) id used when created, else id */
    uint8_t slot;
    uint32_t token;        /* EXIT: (out) */
    struct amount amount;  /* EXIT: (out) */
    struct owner owner;
    uint8_t auth, height;
    struct key_root root;
};

struct op {
    uint8_t code; /* enum op_code */
    union {
        struct op_open open;
        struct op_transfer transfer;
        struct op_withdraw withdraw;
        struct op_change_key change_key;
        struct op_create create;
        struct op_swap_in swap_in;
        struct op_swap_out swap_out;
        struct op_liquidity liquidity; /* OP_ADD, OP_REMOVE */
        struct op_priority priority;
    } u;
};
#endif
