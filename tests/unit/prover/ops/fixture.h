#ifndef TESTS_UNIT_PROVER_OPS_FIXTURE_H
#define TESTS_UNIT_PROVER_OPS_FIXTURE_H
/* A small world for the record tables: two chains, users with small keys, and batches made by the
 * executor (core/batch) from requests written here. */
#include "core/batch/batch.h"
#include "core/op/amount.h"
#include "core/op/packed.h"
#include "tests/unit/prover/ops/leaf_check.h"

enum {
    WORLD_CHAINS = 2,
    WORLD_USERS = 8,
    KEY_LEAVES = 128,
    KEY_LEVELS = 7,
    KEY_FAR = 80,
    WORLD_TIME = 1800000000
};

/* A key of height 12 of which only the first 128 leaves of lane 0 exist; all other nodes are made
 * up. One user may have it on several chains (pp differs, so roots differ). */
struct small_key {
    uint8_t seed[32];
    uint32_t pp[4], root[5], nodes[2 * KEY_LEAVES][5];
    uint32_t next; /* leaf to use */
};
struct world_user {
    struct owner owner;
    uint32_t account;
    uint32_t changes;
    struct small_key key;
};
struct world {
    uint8_t deployment_id[32];
    uint32_t dep[8];
    struct chain_state state[WORLD_CHAINS];
    struct world_user user[WORLD_CHAINS][WORLD_USERS]; /* user i has the same owner on all chains */
    uint32_t fee_account[WORLD_CHAINS];
    struct fee_slot fees[BATCH_FEE_TOKENS];
    uint32_t k, time;
    struct batch *batch;
    struct sealed_batch sealed;
};

/* Genesis, no users. */
void world_init(struct world *w);
void world_deinit(struct world *w);
void world_begin(struct world *w);
/* Seals; world_traces below. Aborts if there is nothing. */
void world_seal(struct world *w);
/* The sealed trace of a chain, NULL if it took no part. */
struct chain_trace *world_trace(struct world *w, uint16_t chain);

/* New key for user i of a chain (round: number of the key). */
void key_make(struct small_key *key, const struct world *w, uint16_t chain,
              const struct owner *owner, uint8_t name);
/* Signs all sides of the request with the accounts' keys, leaves taken in order. */
void request_sign(struct world *w, struct request *r);
/* Pushes, aborts with the rule's name unless it is the expected one. */
struct push_result push(struct world *w, struct request *r, enum rule_error expected);

/* ---- requests, signed and pushed at once ---- */
struct packed_amount packed(uint64_t v);
struct packed_fee fee_of(uint32_t v); /* v * 10^3 */
void do_deposit(struct world *w, uint16_t chain, uint32_t id, uint32_t slot, uint32_t token,
                uint64_t amount, uint32_t user, uint8_t expected_outcome);
/* Creates account of user i with a key, or replaces the key of `id`. */
void do_deposit_with_key(struct world *w, uint16_t chain, uint32_t id, uint32_t slot,
                         uint32_t token, uint64_t amount, uint32_t user, uint8_t key_name,
                         uint8_t expected_outcome);
void do_set_key(struct world *w, uint16_t chain, uint32_t id, uint32_t user, uint8_t key_name,
                uint8_t expected_outcome);
void do_exit(struct world *w, uint16_t chain, uint32_t id, uint32_t slot, uint32_t user,
             uint8_t expected_outcome);
void do_open(struct world *w, uint16_t chain, uint32_t user);
void do_transfer(struct world *w, uint16_t chain, uint32_t from, uint32_t to, uint32_t slot_from,
                 uint32_t slot_to, uint32_t token, uint64_t amount, uint32_t fee);
void do_withdraw(struct world *w, uint16_t chain, uint32_t user, uint32_t slot, uint32_t token,
                 uint64_t amount, uint32_t fee);
void do_change_key(struct world *w, uint16_t chain, uint32_t user, uint8_t key_name,
                   uint32_t fee_token, uint32_t fee);
struct pool_ids {
    uint32_t id[2];
    uint16_t chain[2];
    uint32_t token[2];
};
struct pool_ids do_create(struct world *w, uint16_t chain_a, uint16_t chain_b, uint32_t token_a,
                          uint32_t token_b, uint32_t user, uint64_t amount, uint64_t shares,
                          uint32_t cap);
/* Swaps from side `in` to the other side for the same owner. */
void do_swap(struct world *w, const struct pool_ids *pool, uint32_t in, uint32_t user,
             uint32_t slot_in, uint32_t slot_out, uint64_t amount);
void do_liquidity(struct world *w, const struct pool_ids *pool, uint8_t kind, uint32_t user,
                  uint64_t shares);

#endif
