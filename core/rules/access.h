#ifndef CORE_RULES_ACCESS_H
#define CORE_RULES_ACCESS_H
/* The steps operations are made of, inside core/rules only: opening accounts, balances, fees, key
 * counters. Each returns the rule it breaks; callers roll the overlay back.
 *
 * Threads: as core/rules/rules.h. */
#include "core/rules/rules.h"

#define RULE_TRY(expr)                                                                             \
    do {                                                                                           \
        enum rule_error rule_try_ = (expr);                                                        \
        if (rule_try_ != RULE_OK) return rule_try_;                                                \
    } while (0)

enum {
    KEY_CHANGES_MAX = 1 << 23, /* L2 key changes stop here; L1 has as many again */
    ACCOUNT_MAX = 0xFFFFFE,
    SHARES_LOCKED = 1000,
    SHARES_FIRST_MIN = 1000000,
    BPS = 10000,
    DAY_SECONDS = 86400,
    POSEIDON_USER = 3, /* calls for a user's slot 0, a pool's, a tuple */
    POSEIDON_POOL = 2,
    POSEIDON_TUPLE = 7,
    POSEIDON_SIGNATURE = 2 + 69 + 40 + 1, /* and the key's height */
};

enum rule_error access_get(struct rules_chain *c, uint32_t account, uint8_t slot,
                           struct cell *out);
enum rule_error access_update(struct rules_chain *c, uint32_t account, uint8_t slot,
                              const struct cell *value);
/* otherwise: the error if the account is not of the kind. */
enum rule_error user_open(struct rules_chain *c, uint32_t account, enum rule_error otherwise,
                          struct user_cell *out);
enum rule_error pool_open(struct rules_chain *c, uint32_t account, struct pool_half *out);
/* amount > 0. credit: own = the authorising owner is the account's owner. */
enum rule_error balance_debit(struct rules_chain *c, uint32_t account, uint8_t slot,
                              uint32_t token, struct amount amount);
enum rule_error balance_credit(struct rules_chain *c, uint32_t account, uint8_t slot,
                               uint32_t token, struct amount amount, bool own);
enum rule_error fee_take(struct rules_chain *c, uint32_t account, uint8_t slot, uint32_t token,
                         struct packed_fee fee);
/* Reads or writes a pool's (first element, amount) cell. */
enum rule_error pool_amount_get(struct rules_chain *c, uint32_t pool, uint8_t slot,
                                struct amount *out);
enum rule_error pool_amount_set(struct rules_chain *c, uint32_t pool, uint8_t slot,
                                uint32_t first, struct amount amount);
/* Next id from the counter, without and with taking it for an account with this slot 0. */
bool account_next_peek(const struct rules_chain *c, uint32_t *id);
enum rule_error account_create(struct rules_chain *c, const struct cell *identity, uint32_t *id);

/* AUTH of section 4: opens the account, advances the lane. Sets auth->changes and auth->next. The
 * caller then computes the digest and calls auth_verify. For CHANGE_KEY the cells are written by
 * key_replace instead. */
enum rule_error auth_open(struct rules_chain *c, struct op_auth *auth, uint8_t kind,
                          struct user_cell *user);
/* order_calls: Poseidon calls of the digest. */
enum rule_error auth_verify(struct rules_chain *c, const struct op_auth *auth,
                            const struct user_cell *user, const struct digest8 *digest,
                            uint32_t order_calls);
bool key_is_valid(uint8_t auth, uint8_t height, const struct key_root *root);
bool key_root_equal(const struct key_root *a, const struct key_root *b);
/* Writes the new slot 0 and (changes + 1, 0 ..) into slot 1. */
enum rule_error key_replace(struct rules_chain *c, uint32_t account, const struct user_cell *user);
bool owner_equal(const struct owner *a, const struct owner *b);
/* Deadline and amounts that every order needs. */
enum rule_error packed_positive(struct packed_amount p, struct amount *out);

/* Undo of everything since the mark, counts included. */
struct rules_mark {
    struct overlay_mark overlay;
    struct rules_count count;
};
struct rules_mark rules_mark(const struct rules_chain *c);
void rules_rollback(struct rules_chain *c, struct rules_mark mark);
#endif
