#ifndef CORE_RULES_RULES_H
#define CORE_RULES_RULES_H
/* The rules of every operation (REQ-OP): checks an operation against one or two chains of an open
 * batch and applies it, or says which rule it breaks and changes nothing.
 *
 * Threads:   one thread. Deterministic: state, operation and T_k decide, nothing else.
 * Lifetime:  struct rules_chain borrows everything it points to. */
#include "core/batch/chain_trace.h"
#include "core/state/overlay.h"
#include "core/state/preimages.h"

/* name, text for users, capacity (true: the same operation can enter the next batch) */
#define RULE_LIST(X)                                                                               \
    X(RULE_OK, "accepted", false)                                                                  \
    X(RULE_MALFORMED, "a field is out of its range", false)                                        \
    X(RULE_CHAIN, "chain does not take part in this batch", false)                                 \
    X(RULE_ACCOUNT, "no such user account", false)                                                 \
    X(RULE_RECIPIENT, "recipient is not a user account", false)                                    \
    X(RULE_RECIPIENT_OWNER, "recipient account has another owner than the signed one", false)      \
    X(RULE_KEYLESS, "account has no key", false)                                                   \
    X(RULE_LEAF_USED, "key leaf is used up: leaf below the lane's counter", false)                 \
    X(RULE_LEAF_RANGE, "key leaf is outside the lane", false)                                      \
    X(RULE_LAST_LEAF, "the last leaf of a lane signs key changes only", false)                     \
    X(RULE_SIGNATURE_MISSING, "signature missing", false)                                          \
    X(RULE_SIGNATURE, "signature does not verify", false)                                          \
    X(RULE_DEADLINE, "deadline is before the batch's time", false)                                 \
    X(RULE_AMOUNT_ZERO, "amount is zero", false)                                                   \
    X(RULE_AMOUNT_RANGE, "packed amount exceeds 2^112 - 1", false)                                 \
    X(RULE_TOKEN, "token id is not allowed here", false)                                           \
    X(RULE_SLOT, "slot is not a balance slot", false)                                              \
    X(RULE_SLOT_FOREIGN, "slots from 128 on are credited by their owner only", false)              \
    X(RULE_SLOT_TOKEN, "slot holds another token", false)                                          \
    X(RULE_BALANCE, "balance is too small", false)                                                 \
    X(RULE_OVERFLOW, "amount would pass 2^112 - 1", false)                                         \
    X(RULE_FEE_TOKEN, "no fee is taken in this token", false)                                      \
    X(RULE_FEE_BALANCE, "balance is too small for the fee", false)                                 \
    X(RULE_KEY_SAME, "new key equals the old one", false)                                          \
    X(RULE_KEY_INVALID, "new key is not valid", false)                                             \
    X(RULE_KEY_CHANGES, "too many key changes", false)                                             \
    X(RULE_ACCOUNTS_FULL, "all account ids are given out", false)                                  \
    X(RULE_POOL, "no such pool", false)                                                            \
    X(RULE_POOL_TOKEN, "pool does not trade these tokens", false)                                  \
    X(RULE_POOL_PAIR, "the two pool halves do not name each other", false)                         \
    X(RULE_POOL_KIND, "pool parameters are not allowed", false)                                    \
    X(RULE_SIDES, "sides are not in order or equal", false)                                        \
    X(RULE_SHARES_MIN, "first liquidity is below 10^6 shares", false)                              \
    X(RULE_LIMIT, "amount is outside the order's limit", false)                                    \
    X(RULE_MINIMUM, "output is below the order's minimum", false)                                  \
    X(RULE_OUTPUT_ZERO, "input is too small: output would be zero", false)                         \
    X(RULE_RESERVE, "pool reserve is too small", false)                                            \
    X(RULE_OUTFLOW, "daily outflow cap of the pool is reached", false)                             \
    X(RULE_STATE, "state is damaged", false)                                                       \
    X(RULE_TOO_LARGE, "operation fits no batch", false)                                            \
    X(RULE_FULL_RECORDS, "batch is full: records", true)                                           \
    X(RULE_FULL_SIGNATURES, "batch is full: signatures", true)                                     \
    X(RULE_FULL_TUPLES, "batch is full: half operations", true)                                    \
    X(RULE_FULL_ACCESSES, "batch is full: cell accesses", true)                                    \
    X(RULE_FULL_CELLS, "batch is full: cells", true)                                               \
    X(RULE_FULL_TREE, "batch is full: tree rows", true)                                            \
    X(RULE_FULL_POSEIDON, "batch is full: hashes", true)                                           \
    X(RULE_FULL_BYTES, "batch is full: published bytes", true)                                     \
    X(RULE_FULL_PRIORITY, "batch is full: priority requests", true)                                \
    X(RULE_FULL_WITHDRAWALS, "batch is full: withdrawals", true)                                   \
    X(RULE_FULL_PAIRS, "batch is full: pairs of half operations", true)                            \
    X(RULE_FULL_SEGMENTS, "batch is full: segments", true)                                         \
    X(RULE_FULL_CHAINS, "batch is full: no further chain can take part", true)                     \
    X(RULE_FULL_EXECUTION, "batch is full: payments and requests of one transaction on L1", true)  \
    X(RULE_NOMEM, "out of memory", true)

enum rule_error {
#define RULE_ENUM_(name, text, capacity) name,
    RULE_LIST(RULE_ENUM_)
#undef RULE_ENUM_
    RULE_COUNT
};
/* "RULE_BALANCE"; static text. */
const char *rule_error_name(enum rule_error e);
const char *rule_error_text(enum rule_error e);
/* The batch, not the operation, is the reason. */
bool rule_error_is_capacity(enum rule_error e);

/* What the leaf program spends on the operations so far, beside cells and bytes: an upper bound for
 * Poseidon calls without the tree (equal calls are not merged). */
struct rules_count {
    uint32_t poseidon, signatures, tuples;
};
/* A signature that was checked before the operation came to the rules: what was asked, and the answer.
 * It counts when the rules ask just that; else they check themselves. */
struct checked_signature {
    const struct xmss_signature *signature; /* the object the operation points to, not changed since */
    uint16_t chain;
    struct user_cell user; /* whose key, as the account stood */
    uint32_t key_leaf;
    struct digest8 digest; /* what is signed */
    bool good;
};
struct checked_signatures {
    uint32_t n;
    struct checked_signature of[2];
};
struct rules_chain {
    uint16_t chain;
    uint32_t time;   /* T_k */
    uint32_t dep[8]; /* deployment_elements */
    uint32_t fee_account;
    struct fee_slot fee_slots[BATCH_FEE_TOKENS];
    struct overlay *overlay;
    struct preimages *preimages;
    /* Replay of a journal whose signatures are pruned: every other check stays. False for anything
     * that comes from outside. */
    bool trust_signatures;
    const struct checked_signatures *checked; /* NULL: none are */
    struct rules_count count;
};

/* OPEN, TRANSFER, WITHDRAW, CHANGE_KEY: fills the (out) fields of op. */
enum rule_error rules_apply_local(struct rules_chain *c, struct op *op);
/* Priority request: sets outcome, new_id and (EXIT) token and amount; only a request that no
 * contract lets through (RULE_MALFORMED) or a capacity gives an error. */
enum rule_error rules_apply_priority(struct rules_chain *c, struct op_priority *p);
/* Both halves at once; a and b may be the same chain. x: the pair's number. in and out are filled
 * completely; out->u.swap_out.amount = a1. */
enum rule_error rules_apply_swap(struct rules_chain *a, struct rules_chain *b,
                                 const struct swap_order *order, uint32_t x, struct op *in,
                                 struct op *out);
/* ADD or REMOVE: halves[i] is side i's record, on chains[i]. auth[i]: account, lane, leaf,
 * signature of side i. */
enum rule_error rules_apply_liquidity(struct rules_chain *const chains[2],
                                      const struct liquidity_order *order,
                                      const struct op_auth auth[2], uint32_t x,
                                      struct op halves[2]);
enum rule_error rules_apply_create(struct rules_chain *const chains[2],
                                   const struct create_order *order,
                                   const struct op_auth auth[2], uint32_t x, struct op halves[2]);
/* A user's opened slot 0 and key counters without an access; false if it is no user. For services
 * that answer questions about accounts. changes, next[4] may be NULL. */
bool rules_peek_user(const struct rules_chain *c, uint32_t account, struct user_cell *user,
                     uint32_t *changes, uint32_t next[XMSS_LANES]);
bool rules_peek_pool(const struct rules_chain *c, uint32_t account, struct pool_half *pool);
#endif
