#ifndef TESTS_PROPERTY_CORE_MODEL_H
#define TESTS_PROPERTY_CORE_MODEL_H
/* A second, slow executor: plain accounts in arrays, products and quotients by GMP, written from
 * docs/protocol/state.md section 4. It shares no code with core (types of requests aside). */
#include <stdbool.h>
#include <stdint.h>

#include "core/op/request.h"

typedef unsigned __int128 u128;

enum { MODEL_ACCOUNTS = 700, MODEL_SLOTS = 24, MODEL_CHAINS = 2, MODEL_FEE_TOKENS = 4 };

struct model_slot {
    uint8_t slot;
    uint32_t token;
    u128 amount;
};
struct model_account {
    int kind; /* 0 none, 1 user, 2 pool */
    uint8_t owner[20], auth, height;
    uint32_t root[5], changes, next[4];
    /* pool */
    uint32_t token, other_chain, other_id, other_token, fee, cap;
    u128 r, s, ref;
    uint32_t day;
    bool window;
    uint32_t n;
    struct model_slot slots[MODEL_SLOTS];
};
struct model_chain {
    uint32_t next;
    uint32_t fee_account;
    struct {
        uint32_t token;
        uint8_t slot;
    } fees[MODEL_FEE_TOKENS];
    struct model_account account[MODEL_ACCOUNTS];
};
struct model {
    uint32_t time;
    struct model_chain chain[MODEL_CHAINS];
    /* of the last operation */
    uint8_t outcome;
    bool k_fell, was_swap;
};

struct model *model_new(void);
/* Whether the rules allow the request; if so it is applied. */
bool model_apply(struct model *m, const struct request *r);
/* Everything a chain holds of a token: user slots and reserves. */
u128 model_total(const struct model *m, uint16_t chain, uint32_t token);
/* No pool's r0 r1 / (S0 S1) is smaller than before: what a holder's shares stand for never falls, by
 * whatever operations, one-sided exits included (docs/decisions/state-and-keys.md). */
bool model_values_kept(const struct model *before, const struct model *after);
/* Root of the chain by a tree built from scratch. */
void model_root(const struct model *m, uint16_t chain, uint32_t root[8]);
#endif
