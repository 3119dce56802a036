#ifndef AUDIT_LEDGER_H
#define AUDIT_LEDGER_H
/* One chain as the auditor re-executes it: tree of cells, contents of slot 0 of every account, and
 * the rules of docs/protocol/state.md section 4 as seen from the published bytes.
 *
 * Every change is recorded, so that a batch can be taken back. Threads: one per ledger. */
#include "audit/tree.h"
#include "common/base/u256.h"

typedef unsigned __int128 units; /* < 2^112 */
#define UNITS_LIMIT ((units)1 << 112)

enum { LEDGER_TEXT = 200, LEDGER_HALVES_MAX = 1 << 16, LEDGER_FEES = 4 };
#define ACCOUNT_FRESH 0xFFFFFFu
#define SHARE_TOKEN   0x1000000u

enum identity_kind { IDENTITY_NONE, IDENTITY_USER, IDENTITY_POOL };
struct identity {
    enum identity_kind kind;
    /* user */
    uint8_t auth, height;
    uint8_t owner[20];
    uint32_t root[5];
    /* pool half */
    uint32_t own_chain, own_id, own_token, other_chain, other_id, other_token;
    uint32_t fee_bps, cap_bps;
};

/* A half operation, for the pairing of all chains. */
struct half {
    uint8_t code;    /* 6 create, 7 swap in, 0x20 swap out, 8 add, 9 remove */
    uint32_t record; /* in the chain's part of the batch, through all segments */
    struct identity pool;
    units amount, read; /* reserve before (swap) or shares */
    uint8_t owner[20];  /* of the account debited (swap in) or credited (swap out) */
    uint8_t slot;       /* credited (swap out) */
};
struct change; /* what it was before */

struct ledger {
    uint16_t chain;
    struct tree *tree;
    struct identity_entry *identities;      /* by account */
    uint64_t n_requests, n_requests_before; /* of the L1's queue, served so far; before the batch */
    /* the batch under way */
    uint32_t time;
    uint32_t fee_account;
    struct {
        uint32_t token;
        uint8_t slot;
    } fees[LEDGER_FEES];
    struct half *halves; /* of all segments, in order; owned */
    uint32_t n_halves, cap_halves;
    uint8_t last_lane; /* of the key leaf that was used last */
    uint32_t last_leaf;
    struct change *changes; /* of the last batch, newest first */
    char text[LEDGER_TEXT]; /* why an operation is refused */
    bool no_memory;
};

struct ledger *ledger_new(uint16_t chain); /* genesis */
void ledger_free(struct ledger *l);
/* Starts a batch: forgets what was recorded of the last one. */
void ledger_begin(struct ledger *l);
/* Undoes everything since ledger_begin. */
void ledger_rollback(struct ledger *l);

bool ledger_identity(const struct ledger *l, uint32_t account, struct identity *out);

/* The operations. false: refused, l->text says why (l->no_memory: not the operation's fault).
 * record: number in the chain's part, for the halves. */
struct auth_fields {
    uint32_t account;
    uint8_t lane, step;
    uint32_t leaf; /* iff step is 0 */
};
bool op_auth(struct ledger *l, const struct auth_fields *a, bool key_change);
bool ledger_fee(struct ledger *l, uint32_t account, uint8_t slot, uint32_t token, units fee);
bool op_open(struct ledger *l, const uint8_t owner[20]);
bool op_transfer(struct ledger *l, const struct auth_fields *a, uint32_t to, uint8_t slot_from,
                 uint8_t slot_to, units amount, units fee);
bool op_withdraw(struct ledger *l, const struct auth_fields *a, uint8_t slot, uint32_t token,
                 units amount, units fee);
bool op_change_key(struct ledger *l, const struct auth_fields *a, uint8_t auth, uint8_t height,
                   const uint32_t root[5], uint8_t fee_slot, units fee);
struct create_fields {
    struct auth_fields auth;
    uint8_t slot, share_slot;
    uint32_t token, other_chain, other_id, other_token, fee_bps, cap_bps;
    units amount, shares, fee;
};
bool op_create(struct ledger *l, const struct create_fields *c, uint32_t record);
bool op_swap_in(struct ledger *l, const struct auth_fields *a, uint8_t slot, uint32_t pool,
                units amount, units fee, uint32_t record);
bool op_swap_out(struct ledger *l, uint32_t pool, uint32_t to, uint8_t slot, units amount,
                 uint32_t record);
struct liquidity_fields {
    struct auth_fields auth;
    bool add;
    uint8_t slot, share_slot;
    uint32_t pool;
    units shares, fee;
};
bool op_liquidity(struct ledger *l, const struct liquidity_fields *f, uint32_t record);
struct priority_fields {
    uint8_t kind, outcome;
    uint32_t id;
    uint8_t slot;
    uint32_t token;
    units amount;
    uint8_t owner[20];
    uint8_t auth, height;
    uint32_t root[5];
};
bool op_priority(struct ledger *l, const struct priority_fields *p);
#endif
