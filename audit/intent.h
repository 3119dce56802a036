#ifndef AUDIT_INTENT_H
#define AUDIT_INTENT_H
/* What was signed or asked for, against what is published: each request gives the records that must
 * stand for it, byte by byte where the request decides, with limits where the state decides. The
 * auditor's own reader of the journal's request format:
 *
 *   version u8 = 1 | kind u8 | chain u16 | fields big-endian | signatures (not looked at: the leaf
 *   proof binds them)
 *   auth = account u24, lane u8, leaf u24, deadline u32 (the halves of 6, 7, 8 have no own deadline)
 *   1 open: owner 20
 *   2 transfer: auth, to u24, to owner 20, slot from, slot to, token u32, amount 5, fee 2
 *   3 withdraw: auth, slot, token u32, to 20, amount 14, fee 2
 *   4 change key: auth, auth u8, height u8, root 20, fee slot, fee token u32, fee 2
 *   5 swap: auth, slot, pool u24, token in u32, token out u32, amount 5, fee 2, to chain u16,
 *     to owner 20, to account u24, to slot, minimum 14
 *   6 add, 7 remove: twice (chain u16, pool u24, account u24, token u32, slot, share slot, fee 2,
 *     limit 14, account u24, lane, leaf u24), shares 5, deadline u32
 *   8 create: twice (chain u16, account u24, token u32, slot, share slot, fee 2, amount 5,
 *     account u24, lane, leaf u24), shares 5, fee bps u32, cap bps u32, flags u32, deadline u32
 *   9 priority: the record of REQ-PUB-2 with outcome 0 and, for EXIT, zero results
 *
 * Threads: pure. */
#include "audit/ledger.h"
#include "common/base/bytes.h"

enum { INTENT_RECORD_MAX = 64, INTENT_REQUESTS_MAX = 128 };

/* One record that must stand for (a half of) a request. */
struct intent {
    uint16_t chain;
    uint32_t record;                     /* where the sequencer says it stands */
    uint8_t code;                        /* 0x20 for every SWAP_OUT */
    uint8_t expected[INTENT_RECORD_MAX]; /* body: what follows the code, or the region's record */
    bool decided[INTENT_RECORD_MAX];     /* false: the state decides this byte */
    size_t len;
    bool is_signed;
    uint32_t account, leaf, deadline;
    uint8_t lane;
    bool has_recipient; /* account with that owner */
    uint32_t recipient;
    uint8_t owner[20];
    bool has_token; /* slot of the account holds it */
    uint8_t token_slot;
    uint32_t token;
    bool has_pool_token; /* own token of the pool half */
    uint32_t pool_token;
    bool has_least, has_most; /* amount that the half moves */
    units least, most;
};
struct intent_request {
    size_t n; /* 1 or 2 */
    struct intent records[2];
    bool is_swap;
};
/* ERR_PARSE: *why says what is wrong. n, chain, record: as the sequencer tells. */
MUST_CHECK enum err intent_read(struct intent_request *out, struct span bytes, size_t n,
                                const uint16_t chain[2], const uint32_t record[2],
                                const char **why);
/* Before the record is applied: code and body (len bytes are there) are what was asked for, and the
 * state is what the signer named. false: l->text says why. */
bool intent_fits(const struct intent *i, struct ledger *l, uint8_t code, const uint8_t *body,
                 size_t len);
/* After: key leaf, limits. */
bool intent_kept(const struct intent *i, struct ledger *l);
#endif
